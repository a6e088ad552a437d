#include "services/http-api/requests/routes.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include "services/http-api/export/export_words.h"
#include "services/http-api/reads/catalog.h"

/* ---- arguments */

#define LIMIT(most, fallback) \
	{"limit", PARAM_NUMBER, 1, most, fallback, NULL, NULL, "rows of a page"}
#define CURSOR(name, parts) \
	{name, PARAM_CURSOR, 0, 0, NULL, NULL, parts, "`next` of the page before this one"}
#define FROM_TO                                                                              \
	{"from", PARAM_TIME, 0, 0, NULL, NULL, NULL, "not before: ISO 8601, or s, ms or us since 1970"}, \
	{"to", PARAM_TIME, 0, 0, NULL, NULL, NULL, "before: ISO 8601, or s, ms or us since 1970"}
#define MOCK(fallback) \
	{"include_mock", PARAM_FLAG, 0, 0, fallback, NULL, NULL, "made-up data too"}
#define END {NULL, 0, 0, 0, NULL, NULL, NULL, NULL}

static const struct param of_sessions[] = {
	{"status", PARAM_WORD, 0, 0, NULL, &words_session_status, NULL, "where it is in its life"},
	{"user_id", PARAM_UUID, 0, 0, NULL, NULL, NULL, "of this person"},
	{"device_id", PARAM_TEXT, 1, 64, NULL, NULL, NULL, "of this oximeter"},
	{"data_source", PARAM_WORD, 0, 0, NULL, &words_data_source, NULL, "mock: made up"},
	FROM_TO, LIMIT(500, "50"), CURSOR("before", "tu"), MOCK("true"), END};
static const struct param of_readings[] = {
	FROM_TO, LIMIT(10000, "1000"), CURSOR("after", "tnn"),
	{"points", PARAM_NUMBER, 12, 10000, NULL, NULL, NULL,
	 "thin it to about so many, keeping extremes and what borders on gaps"}, MOCK("true"), END};
static const struct param of_people[] = {LIMIT(500, "100"), CURSOR("after", "u"), END};
static const struct param of_devices[] = {LIMIT(500, "100"), CURSOR("after", "xx"), END};
static const struct param of_next_level[] = {
	MOCK("false"), END};

static const struct param of_export[] = {
	{"format", PARAM_WORD, 0, 0, "csv", &export_formats, NULL, "how it is written: docs/export.md"},
	{"table", PARAM_WORD, 0, 0, NULL, &export_tables, NULL, "csv and parquet: which rows; else readings"},
	{"session_id", PARAM_TEXT, 1, 64, NULL, NULL, NULL, "only this session: its UUID or local id"},
	{"user_id", PARAM_UUID, 0, 0, NULL, NULL, NULL, "only of this person"},
	{"from", PARAM_TIME, 0, 0, NULL, NULL, NULL, "sessions that began then or later"},
	{"to", PARAM_TIME, 0, 0, NULL, NULL, NULL, "sessions that began before"},
	MOCK("false"), END};

/* ---- paths */

#define READ(path, name, summary, read, params) \
	{"GET", path, ROUTE_READ, name, summary, NULL, 0, &read, params, 0}
#define COMMAND(path, name, summary, message, phase) \
	{"POST", path, ROUTE_COMMAND, name, summary, &message, phase, NULL, NULL, 0}
#define OWN(method, path, kind, name, summary) \
	{method, path, kind, name, summary, NULL, 0, NULL, NULL, 0}
#define OPEN(method, path, kind, name, summary) \
	{method, path, kind, name, summary, NULL, 0, NULL, NULL, 1}

const struct route routes[] = {
	OPEN("GET", "/api/health", ROUTE_HEALTH, "health", "How the pipeline is"),
	OWN("GET", "/api/doctor", ROUTE_DOCTOR, "doctor", "Hop by hop what works; the first that does not, "
	    "what shows it, and the cure"),
	OPEN("GET", "/metrics", ROUTE_METRICS, "metrics", "Every process in figures, for Prometheus"),
	OPEN("GET", "/api/openapi.json", ROUTE_OPENAPI, "openapi", "This description"),
	OWN("GET", "/api/me", ROUTE_ME, "whoAmI", "Whom the token names, and what they may see"),
	OPEN("POST", "/api/sign-in", ROUTE_SIGN_IN, "signIn", "A browser's token becomes a cookie"),
	OPEN("POST", "/api/sign-out", ROUTE_SIGN_OUT, "signOut", "The cookie goes"),
	READ("/api/sessions", "listSessions", "Sessions, newest first", read_sessions, of_sessions),
	COMMAND("/api/sessions", "startSession", "Begin a session, or get the running one",
		msg_session_start, 0),
	READ("/api/sessions/{id}", "getSession", "One session with all that belongs to it, and its "
	     "figures computed from its readings", read_session, NULL),
	READ("/api/sessions/{id}/readings", "listReadings", "Readings in order of time", read_readings,
	     of_readings),
	READ("/api/sessions/{id}/surveys", "getSurveys", "What the person felt", read_surveys, NULL),
	READ("/api/sessions/{id}/events", "listEvents", "Mask lifts, dial adjustments and so on",
	     read_events, NULL),
	READ("/api/people", "listPeople", "People with sessions", read_people, of_people),
	READ("/api/people/{person}/progression", "getProgression", "The dial for the next session",
	     read_next_level, of_next_level),
	READ("/api/devices", "listDevices", "Oximeters that sessions were recorded with", read_devices,
	     of_devices),
	READ("/api/sync", "listSyncState", "How far each person's data has come", read_sync, of_people),
	OWN("GET", "/api/quarantine", ROUTE_QUARANTINE, "listQuarantine", "Rows that Postgres or the "
	    "parser of batches would not take; for admins"),
	OWN("GET", "/api/audit", ROUTE_AUDIT, "listAudit", "What the auditor found and did; for admins"),
	COMMAND("/api/sessions/{id}/phase", "beginPhase", "Begin the next phase", msg_session_phase, 0),
	COMMAND("/api/sessions/{id}/pause", "pauseSession", "Pause; the next phase ends it",
		msg_session_phase, PHASE_PAUSED),
	COMMAND("/api/sessions/{id}/stop", "stopSession", "End it", msg_session_stop, 0),
	COMMAND("/api/sessions/{id}/surveys", "addSurvey", "Answers before, during or after",
		msg_survey, 0),
	COMMAND("/api/sessions/{id}/events", "addEvent", "A mask lift, a dial adjustment and so on",
		msg_event, 0),
	COMMAND("/api/sessions/{id}/phase-stats", "addPhaseStats", "One phase in figures, as the app has "
		"it", msg_phase_stats, 0),
	COMMAND("/api/sessions/{id}/progression", "addProgression", "The dial decided for the next one",
		msg_progression, 0),
	{"GET", "/api/export", ROUTE_EXPORT, "export", "Sessions in the format of your tool", NULL, 0, NULL,
	 of_export, 0},
	OPEN("GET", "/api/export/csv-metadata.json", ROUTE_DICTIONARY, "exportDictionary", "What the columns "
	     "of exported tables mean (CSV on the Web)"),
	OWN("POST", MCP_PATH, ROUTE_MCP, "mcp", "For AI agents: the Model Context Protocol describes itself"),
	OPEN("GET", MCP_TOKENS_PATH, ROUTE_MCP_TOKENS, "mcpTokens", "Who gives tokens for " MCP_PATH),
	OPEN("GET", MCP_TOKENS_PATH MCP_PATH, ROUTE_MCP_TOKENS, "mcpTokensHere", "The same"),
	OWN("POST", "/api/sync/batch", ROUTE_BATCH, "syncBatch", "Rows of an app that keeps its own store"),
	{NULL, NULL, 0, NULL, NULL, NULL, 0, NULL, NULL, 0},
};

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
	const struct route *r;
	size_t used = 0;

	for (r = routes; r->method; r++) {
		if (!path_matches(r->path, path, key))
			continue;
		if (method_is(r->method, method)) {
			*route = r;
			return 0;
		}
		used += (size_t)snprintf(allow + used, sizeof(allow) - used, "%s%s%s",
					 used ? ", " : "", r->method,
					 !strcmp(r->method, "GET") ? ", HEAD" : "");
	}
	if (!used)
		return problem_set(problem, 404, "", "there is nothing here; /api/openapi.json lists "
				   "what is");
	(void)problem_set(problem, 405, "", "allowed here: %s", allow);
	memcpy(problem->allow, allow, sizeof(allow));
	return -1;
}

const struct param *
route_param(const struct route *route, const char *name)
{
	const struct param *p = route->params;

	for (; p && p->name; p++)
		if (!strcmp(p->name, name))
			return p;
	return NULL;
}

const char *
route_params(const struct route *route, char *text, size_t size)
{
	const struct param *p = route->params;
	size_t used = 0;

	(void)snprintf(text, size, "none");
	for (; p && p->name && used < size; p++)
		used += (size_t)snprintf(text + used, size - used, "%s%s", used ? ", " : "", p->name);
	return text;
}
