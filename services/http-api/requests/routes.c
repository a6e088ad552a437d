#include "services/http-api/requests/routes.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

static const struct route routes[] = {
	{"GET", "/api/health", ROUTE_HEALTH, NULL, ""},
	{"GET", "/metrics", ROUTE_METRICS, NULL, ""},
	{"GET", "/api/sessions", ROUTE_LIST, NULL, " status user_id device_id limit before "},
	{"POST", "/api/sessions", ROUTE_COMMAND, &msg_session_start, ""},
	{"GET", "/api/sessions/{id}", ROUTE_DETAIL, NULL, ""},
	{"GET", "/api/sessions/{id}/readings", ROUTE_READINGS, NULL, " from to limit after "},
	{"POST", "/api/sessions/{id}/phase", ROUTE_COMMAND, &msg_session_phase, ""},
	{"POST", "/api/sessions/{id}/stop", ROUTE_COMMAND, &msg_session_stop, ""},
	{"POST", "/api/sessions/{id}/surveys", ROUTE_COMMAND, &msg_survey, ""},
	{"POST", "/api/sessions/{id}/events", ROUTE_COMMAND, &msg_event, ""},
	{"POST", "/api/sessions/{id}/phase-stats", ROUTE_COMMAND, &msg_phase_stats, ""},
	{"POST", "/api/sessions/{id}/progression", ROUTE_COMMAND, &msg_progression, ""},
	{"POST", "/api/sync/batch", ROUTE_BATCH, NULL, ""},
};
#define N_ROUTES (sizeof(routes) / sizeof(routes[0]))

/* "IHHT_1732340000000_ab12cd", a UUID: nothing that could mean more than itself. */
static size_t
key_len(const char *path)
{
	size_t n = 0;

	while (isalnum((unsigned char)path[n]) || path[n] == '_' || path[n] == '-')
		n++;
	return n;
}

static int
path_matches(const char *pattern, const char *path, char key[ROUTE_KEY])
{
	const char *hole = strchr(pattern, '{');
	size_t before = hole ? (size_t)(hole - pattern) : 0, n;

	key[0] = 0;
	if (!hole)
		return !strcmp(pattern, path);
	if (strncmp(pattern, path, before))
		return 0;
	n = key_len(path + before);
	if (!n || n >= ROUTE_KEY || strcmp(strchr(hole, '}') + 1, path + before + n))
		return 0;
	memcpy(key, path + before, n);
	key[n] = 0;
	return 1;
}

static int
method_is(const char *allowed, const char *method)
{
	return !strcmp(allowed, method) || (!strcmp(allowed, "GET") && !strcmp(method, "HEAD"));
}

int
route_find(const char *method, const char *path, const struct route **route,
	   char key[ROUTE_KEY], struct problem *problem)
{
	char allow[sizeof(problem->allow)] = "";
	size_t i, used = 0;

	for (i = 0; i < N_ROUTES; i++) {
		if (!path_matches(routes[i].path, path, key))
			continue;
		if (method_is(routes[i].method, method)) {
			*route = &routes[i];
			return 0;
		}
		used += (size_t)snprintf(allow + used, sizeof(allow) - used, "%s%s%s",
					 used ? ", " : "", routes[i].method,
					 !strcmp(routes[i].method, "GET") ? ", HEAD" : "");
	}
	if (!used)
		return problem_set(problem, 404, "", "there is nothing here; http-api --help "
				   "lists what is");
	(void)problem_set(problem, 405, "", "allowed here: %s", allow);
	memcpy(problem->allow, allow, sizeof(allow));
	return -1;
}

int
route_takes(const struct route *route, const char *name)
{
	size_t n = strlen(name);
	const char *p = route->args;

	while (n && !strchr(name, ' ') && (p = strstr(p, name))) {
		if (p > route->args && p[-1] == ' ' && p[n] == ' ')
			return 1;
		p++;
	}
	return 0;
}
