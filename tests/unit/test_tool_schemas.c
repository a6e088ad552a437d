/*
 * The table of tools: what it says of each holds together, whatever Postgres answers.  And their
 * arguments: what becomes a question, and what is refused by name.
 */
#include <stdlib.h>
#include <string.h>

#include "services/http-api/mcp/tool.h"
#include "tests/unit/test.h"

#define UUID "3ebd7d88-dfdd-55f6-aacf-2ea5aef85bf0"

/* Each $ref of `schema` is of its own $defs. */
static int
refs_hold(const json_t *schema, const json_t *defs)
{
	const char *ref = json_string_value(json_object_get(schema, "$ref")), *name;
	json_t *part;
	size_t i;

	if (ref && (strncmp(ref, "#/$defs/", 8) || !json_object_get(defs, ref + 8)))
		return 0;
	json_object_foreach((json_t *)schema, name, part)
		if (!refs_hold(part, defs))
			return 0;
	json_array_foreach(schema, i, part)
		if (!refs_hold(part, defs))
			return 0;
	return 1;
}

TEST(each_tool_says_all_that_a_client_needs)
{
	json_t *list = tools_list(), *tool, *out;
	const char *const common[] = {"units", "provenance"};
	size_t i, k;

	is_int((long long)json_array_size(list), TOOLS);
	json_array_foreach(list, i, tool) {
		out = json_object_get(tool, "outputSchema");
		is_str(json_string_value(json_object_get(tool, "name")), tools[i].name);
		ok(refs_hold(out, json_object_get(out, "$defs")), "%s", tools[i].name);
		ok(json_is_false(json_object_get(out, "additionalProperties")), "%s", tools[i].name);
		ok(json_array_size(json_object_get(out, "required")) ==
		   json_object_size(json_object_get(out, "properties")), "%s", tools[i].name);
		for (k = 0; k < 2; k++)
			ok(json_object_get(json_object_get(out, "properties"), common[k]) != NULL, "%s: %s",
			   tools[i].name, common[k]);
		ok(json_is_true(json_object_get(json_object_get(tool, "annotations"), "readOnlyHint")), "%s",
		   tools[i].name);
	}
	json_decref(list);
}

TEST(each_step_asks_a_read_that_there_is)
{
	struct caller caller = {.claims = (char *)"{}"};
	json_t *arguments = json_pack("{s:s}", "session_id", UUID), *pair;
	json_t *ids = json_pack("{s:[s,s]}", "session_ids", UUID, "IHHT_2"), *user;
	struct reads *reads = reads_new();
	const struct tool *t;
	struct problem problem;
	struct query query;
	struct ask ask;
	size_t i;

	user = json_pack("{s:s}", "user_id", UUID);
	for (t = tools; t->name; t++) {
		struct call call = {.tool = t, .caller = &caller};

		pair = !strcmp(t->required, "session_id") ? arguments
		     : !strcmp(t->required, "session_ids") ? ids : strcmp(t->name, "trend") ? NULL : user;
		problem = (struct problem){0};
		ok(arguments_read(t->params, t->required, pair, &call.arguments, &problem) == 0, "%s: %s %s",
		   t->name, problem.field, problem.detail);
		for (i = 0; i < TOOL_STEPS && t->steps[i].read; i++)
			ok(step_query(&call, i, reads, &ask, &query, &problem) == 0 && query.sql &&
			   !query.include_mock && query.claims == caller.claims, "%s %s", t->name,
			   t->steps[i].read);
	}
	json_decref(arguments);
	json_decref(ids);
	json_decref(user);
	reads_free(&reads);
}

TEST(wrong_arguments_are_refused_by_name)
{
	static const struct {
		const char *tool, *json, *field;
	} t[] = {
		{"list_sessions", "[]", "arguments"},
		{"list_sessions", "{\"colour\":1}", "colour"},
		{"list_sessions", "{\"limit\":0}", "limit"},
		{"list_sessions", "{\"limit\":101}", "limit"},
		{"list_sessions", "{\"limit\":1.5}", "limit"},
		{"list_sessions", "{\"limit\":99999999999999999}", "limit"},
		{"list_sessions", "{\"limit\":true}", "limit"},
		{"list_sessions", "{\"status\":\"running\"}", "status"},
		{"list_sessions", "{\"status\":7}", "status"},
		{"list_sessions", "{\"user_id\":\"x\"}", "user_id"},
		{"list_sessions", "{\"from\":\"noon\"}", "from"},
		{"list_sessions", "{\"include_mock\":1}", "include_mock"},
		{"list_sessions", "{\"include_mock\":\"yes\"}", "include_mock"},
		{"list_sessions", "{\"cursor\":\"1.2\"}", "cursor"},
		{"list_sessions", "{\"cursor\":7}", "cursor"},
		{"get_session", "{}", "session_id"},
		{"get_session", "{\"session_id\":null}", "session_id"},
		{"get_session", "{\"session_id\":\"\"}", "session_id"},
		{"get_session", "{\"session_id\":[\"a\"]}", "session_id"},
		{"get_session", "{\"session_id\":\"12345678901234567890123456789012345678901234567890123456789012345\"}", "session_id"},
		{"get_session", "{\"session_id\":\"a\",\"cursor\":\"-1\"}", "cursor"},
		{"compare_sessions", "{\"session_ids\":[\"a\"]}", "session_ids"},
		{"compare_sessions", "{\"session_ids\":[\"a\",\"b\",\"c\",\"d\",\"e\",\"f\",\"g\",\"h\",\"i\"]}", "session_ids"},
		{"compare_sessions", "{\"session_ids\":[\"a\",7]}", "session_ids"},
		{"compare_sessions", "{\"session_ids\":[\"a,b\",\"c\"]}", "session_ids"},
		{"compare_sessions", "{\"session_ids\":[\"a\",\"b'--\"]}", "session_ids"},
		{"compare_sessions", "{\"session_ids\":[\"a\",\"\"]}", "session_ids"},
		{"compare_sessions", "{\"session_ids\":[\"a\",\"b\",\"\"]}", "session_ids"},
		{"get_readings", "{\"session_id\":\"a\",\"points\":11}", "points"},
	};
	struct arguments arguments;
	struct problem problem;
	json_t *json;
	size_t i;

	for (i = 0; i < sizeof(t) / sizeof(t[0]); i++) {
		const struct tool *tool = tool_find(t[i].tool);

		json = json_loads(t[i].json, 0, NULL);
		problem = (struct problem){0};
		ok(json && arguments_read(tool->params, tool->required, json, &arguments, &problem) == -1,
		   "%s %s", t[i].tool, t[i].json);
		is_str(problem.field, t[i].field);
		json_decref(json);
	}
}

TEST(what_agents_send_for_not_given_is_not_given)
{
	const struct tool *tool = tool_find("list_sessions");
	json_t *json = json_pack("{s:n, s:s, s:b}", "status", "limit", "5", "include_mock", 1);
	struct arguments arguments;
	struct problem problem;

	ok(arguments_read(tool->params, "", json, &arguments, &problem) == 0);
	ok(!argument(&arguments, "status"));
	is_str(argument(&arguments, "limit"), "5");
	is_str(argument(&arguments, "include_mock"), "true");
	json_decref(json);
	ok(arguments_read(tool->params, "", NULL, &arguments, &problem) == 0);
	is_str(argument(&arguments, "limit"), "30");
	is_str(argument(&arguments, "include_mock"), "false");
}

int
main(void)
{
	RUN(each_tool_says_all_that_a_client_needs);
	RUN(each_step_asks_a_read_that_there_is);
	RUN(wrong_arguments_are_refused_by_name);
	RUN(what_agents_send_for_not_given_is_not_given);
	return test_done();
}
