#include "services/http-api/requests/routes.h"
#include "tests/unit/test.h"

TEST(every_route_is_found)
{
	static const struct {
		const char *method, *path;
		enum route_kind kind;
		const struct message *message;
		const char *key;
	} t[] = {
		{"GET", "/api/health", ROUTE_HEALTH, NULL, ""},
		{"HEAD", "/api/health", ROUTE_HEALTH, NULL, ""},
		{"GET", "/api/sessions", ROUTE_READ, NULL, ""},
		{"POST", "/api/sessions", ROUTE_COMMAND, &msg_session_start, ""},
		{"GET", "/api/sessions/IHHT_1732340000000_ab", ROUTE_READ, NULL, "IHHT_1732340000000_ab"},
		{"GET", "/api/sessions/a-b/readings", ROUTE_READ, NULL, "a-b"},
		{"GET", "/api/sessions/a/surveys", ROUTE_READ, NULL, "a"},
		{"GET", "/api/people/a/progression", ROUTE_READ, NULL, "a"},
		{"GET", "/api/openapi.json", ROUTE_OPENAPI, NULL, ""},
		{"POST", "/api/sessions/a/phase", ROUTE_COMMAND, &msg_session_phase, "a"},
		{"POST", "/api/sessions/a/pause", ROUTE_COMMAND, &msg_session_phase, "a"},
		{"POST", "/api/sessions/a/stop", ROUTE_COMMAND, &msg_session_stop, "a"},
		{"POST", "/api/sessions/a/surveys", ROUTE_COMMAND, &msg_survey, "a"},
		{"POST", "/api/sessions/a/events", ROUTE_COMMAND, &msg_event, "a"},
		{"POST", "/api/sessions/a/phase-stats", ROUTE_COMMAND, &msg_phase_stats, "a"},
		{"POST", "/api/sessions/a/progression", ROUTE_COMMAND, &msg_progression, "a"},
		{"POST", "/api/sync/batch", ROUTE_BATCH, NULL, ""},
		{"GET", "/api/sessions/1234567890123456789012345678901234567890123456789012345678901234",
		 ROUTE_READ, NULL, "1234567890123456789012345678901234567890123456789012345678901234"},
	};
	struct problem problem;
	const struct route *route;
	char key[ROUTE_KEY];
	size_t i;

	for (i = 0; i < sizeof(t) / sizeof(t[0]); i++) {
		if (!ok(route_find(t[i].method, t[i].path, &route, key, &problem) == 0, "%s", t[i].path))
			continue;
		ok(route->kind == t[i].kind && route->message == t[i].message, "%s", t[i].path);
		is_str(key, t[i].key);
	}
}

TEST(everything_else_is_not_found_or_not_allowed)
{
	static const struct {
		const char *method, *path;
		int status;
		const char *allow;
	} t[] = {
		{"GET", "/", 404, ""},
		{"GET", "", 404, ""},
		{"GET", "/api", 404, ""},
		{"GET", "/api/health/", 404, ""},
		{"GET", "/api/healthy", 404, ""},
		{"GET", "/API/health", 404, ""},
		{"GET", "//api/health", 404, ""},
		{"GET", "/api/sessions/", 404, ""},
		{"GET", "/api/sessions//readings", 404, ""},
		{"GET", "/api/sessions/a/", 404, ""},
		{"GET", "/api/sessions/a/reading", 404, ""},
		{"GET", "/api/sessions/a/readings/x", 404, ""},
		{"GET", "/api/sessions/../health", 404, ""},
		{"GET", "/api/sessions/a b", 404, ""},
		{"GET", "/api/sessions/a'--", 404, ""},
		{"GET", "/api/sessions/{id}", 404, ""},
		{"GET", "/api/sessions/12345678901234567890123456789012345678901234567890123456789012345",
		 404, ""},
		{"POST", "/api/health", 405, "GET, HEAD"},
		{"DELETE", "/api/sessions", 405, "GET, HEAD, POST"},
		{"OPTIONS", "/api/sessions", 405, "GET, HEAD, POST"},
		{"get", "/api/sessions", 405, "GET, HEAD, POST"},
		{"PUT", "/api/sessions/a", 405, "GET, HEAD"},
		{"HEAD", "/api/sync/batch", 405, "POST"},
		{"GET", "/api/sync/batch", 405, "POST"},
		{"GET", "/api/sessions/a/stop", 405, "POST"},
	};
	struct problem problem;
	const struct route *route;
	char key[ROUTE_KEY];
	size_t i;

	for (i = 0; i < sizeof(t) / sizeof(t[0]); i++) {
		if (!ok(route_find(t[i].method, t[i].path, &route, key, &problem) == -1, "%s", t[i].path))
			continue;
		ok(problem.status == t[i].status, "%s: %d", t[i].path, problem.status);
		is_str(problem.allow, t[i].allow);
	}
}

TEST(only_a_routes_own_arguments_are_taken)
{
	struct problem problem;
	const struct route *route;
	char key[ROUTE_KEY];

	route_find("GET", "/api/sessions/a/readings", &route, key, &problem);
	ok(route_param(route, "from") && route_param(route, "to") && route_param(route, "limit") &&
	   route_param(route, "after"));
	ok(!route_param(route, "before") && !route_param(route, "") && !route_param(route, "fro") &&
	   !route_param(route, "rom") && !route_param(route, "from to") && !route_param(route, " "));
	route_find("GET", "/api/health", &route, key, &problem);
	ok(!route_param(route, "from") && !route_param(route, ""));
}

int
main(void)
{
	RUN(every_route_is_found);
	RUN(everything_else_is_not_found_or_not_allowed);
	RUN(only_a_routes_own_arguments_are_taken);
	return test_done();
}
