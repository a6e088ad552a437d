#include <stdio.h>
#include <string.h>

#include "services/http-api/mcp/tool.h"
#include "services/http-api/reads/catalog.h"

/* ---- reads that only agents ask; the others are routes of the HTTP interface */

#define SESSIONS(least) {"session_ids", PARAM_SESSIONS, least, 8, NULL, NULL, NULL, ""}
#define USER            {"user_id", PARAM_UUID, 0, 0, NULL, NULL, NULL, ""}
#define FROM_TO         {"from", PARAM_TIME, 0, 0, NULL, NULL, NULL, ""}, \
			{"to", PARAM_TIME, 0, 0, NULL, NULL, NULL, ""}
#define LIMIT           {"limit", PARAM_NUMBER, 1, 100, "30", NULL, NULL, ""}
#define CURSOR(parts)   {"cursor", PARAM_CURSOR, 0, 0, NULL, NULL, parts, ""}
#define MOCK            {"include_mock", PARAM_FLAG, 0, 0, "false", NULL, NULL, ""}
#define END             {NULL, 0, 0, 0, NULL, NULL, NULL, NULL}

static const struct param of_basis[] = {SESSIONS(1), FROM_TO, MOCK, END};
static const struct param of_chosen[] = {SESSIONS(1), USER, FROM_TO, LIMIT, CURSOR("tu"), MOCK, END};
static const struct param of_weeks[] = {USER, FROM_TO, MOCK, END};
static const struct param of_silences[] = {FROM_TO, LIMIT, CURSOR("tt"), MOCK, END};

#define READ(path, name, read, params) \
	{"GET", path, ROUTE_READ, name, "", NULL, 0, &read, params, 0}
static const struct route own[] = {
	READ("", "basis", read_basis, of_basis),
	READ("", "quality", read_quality, of_chosen),
	READ("", "summaries", read_summaries, of_chosen),
	READ("", "weeks", read_weeks, of_weeks),
	READ("{id}", "silences", read_silences, of_silences),
	{NULL, NULL, 0, NULL, NULL, NULL, 0, NULL, NULL, 0},
};

static const struct route *
named(const struct route *list, const char *name)
{
	for (; list->method; list++)
		if (!strcmp(list->name, name))
			return list;
	return NULL;
}

/* ---- the question */

static const char *
value_for(const struct call *call, const struct tool_step *step, const struct param *p)
{
	const struct arguments *a = &call->arguments;
	const char *text;

	if (p->kind == PARAM_CURSOR)
		return step->keeps_cursor ? NULL : argument(a, "cursor");
	text = argument(a, p->name);
	return !text && p->kind == PARAM_SESSIONS ? argument(a, "session_id") : text;
}

int
step_query(const struct call *call, size_t i, const struct reads *reads, struct ask *ask,
	   struct query *query, struct problem *problem)
{
	const struct tool_step *step = &call->tool->steps[i];
	const struct param *p;
	const char *value;

	memset(ask, 0, sizeof(*ask));
	if (!(ask->route = named(own, step->read)))
		ask->route = named(routes, step->read);
	ASSERT(ask->route && ask->route->read);
	if (step->key)
		(void)snprintf(ask->key, sizeof(ask->key), "%s", argument(&call->arguments, step->key));
	for (p = ask->route->params; p && p->name; p++)
		if ((value = value_for(call, step, p))) {
			ASSERT(ask->n_args < ASK_ARGS);
			ask->args[ask->n_args++] = (struct ask_arg){p->name, value};
		}
	ask->caller.claims = call->caller->claims;
	if (reads_query(reads, ask, query, problem) == 0)
		return 0;
	if (!strcmp(problem->field, "session_ids") && argument(&call->arguments, "session_id"))
		(void)problem_set(problem, 404, "session_id", "no such session: must be a UUID or a local id");
	return -1;
}

/* ---- sessions by name */

static size_t
n_wanted(const struct call *call)
{
	const char *list = argument(&call->arguments, "session_ids");
	size_t n = 1;

	for (; list && *list; list++)
		n += *list == ',';
	return n;
}

int
step_check(const struct call *call, struct problem *problem)
{
	const json_t *rows = json_object_get(call->answers[0], "sessions"), *row;
	const char *mock = argument(&call->arguments, "include_mock"), *source;
	const char *field = argument(&call->arguments, "session_ids") ? "session_ids" : "session_id";
	size_t i;

	if (strcmp(call->tool->steps[0].read, "basis"))
		return 0;
	if (json_array_size(rows) < n_wanted(call))
		return problem_set(problem, 404, field, "no such session, or none that you may see (a new "
				   "one is here after its first sync); list_sessions names those there are. "
				   "Name each only once");
	json_array_foreach(rows, i, row) {
		source = json_string_value(json_object_get(row, "data_source"));
		if (source && !strcmp(source, "mock") && (!mock || strcmp(mock, "true")))
			return problem_set(problem, 400, "include_mock", "must be true to see session %.64s: "
					   "its data are made up",
					   json_string_value(json_object_get(row, "local_session_id")));
	}
	return 0;
}
