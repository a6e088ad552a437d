/*
 * What a query string becomes, and what of it is refused.  The SQL itself is for the flow
 * tests, which have a Postgres.
 */
#include <stdlib.h>

#include "services/http-api/reads/reads.h"
#include "tests/unit/test.h"

#define UUID "3ebd7d88-dfdd-55f6-aacf-2ea5aef85bf0"

static struct reads *reads;

static int
ask_for(const char *path, const char *name, const char *value, struct query *query,
	struct problem *problem)
{
	struct ask ask = {.args = {{name, value}}, .n_args = name != NULL};

	*problem = (struct problem){0};
	ok(route_find("GET", path, &ask.route, ask.key, problem) == 0, "%s", path);
	return reads_query(reads, &ask, query, problem);
}

TEST(arguments_become_parameters)
{
	static const struct {
		const char *path, *name, *value;
		int param;
		const char *text;
	} t[] = {
		{"/api/sessions", NULL, NULL, 6, "50"},
		{"/api/sessions", "limit", "1", 6, "1"},
		{"/api/sessions", "limit", "500", 6, "500"},
		{"/api/sessions", "status", "active", 0, "active"},
		{"/api/sessions", "user_id", UUID, 1, UUID},
		{"/api/sessions", "user_id", "3EBD7D88-DFDD-55F6-AACF-2EA5AEF85BF0", 1, UUID},
		{"/api/sessions", "device_id", "mock-1", 2, "mock-1"},
		{"/api/sessions", "data_source", "mock", 3, "mock"},
		{"/api/sessions", "from", "1732340000", 4, "2024-11-23T05:33:20.000000Z"},
		{"/api/sessions", "before", "1732340000000001." UUID, 7, "1732340000000001." UUID},
		{"/api/sessions/" UUID, NULL, NULL, 0, UUID},
		{"/api/sessions/3EBD7D88-DFDD-55F6-AACF-2EA5AEF85BF0", NULL, NULL, 0, UUID},
		{"/api/sessions/IHHT_1732340000000_abc123", NULL, NULL, 0, UUID},
		{"/api/sessions/a/readings", "from", "1732340000", 1, "2024-11-23T05:33:20.000000Z"},
		{"/api/sessions/a/readings", "to", "2024-11-23T05:33:20.5Z", 2, "2024-11-23T05:33:20.500000Z"},
		{"/api/sessions/a/readings", "limit", "10000", 3, "10000"},
		{"/api/sessions/a/readings", NULL, NULL, 3, "1000"},
		{"/api/sessions/a/readings", "after", "0.9007199254740992.1", 4, "0.9007199254740992.1"},
		{"/api/sessions/a/readings", "points", "300", 5, "300"},
		{"/api/sessions", NULL, NULL, 8, "true"},
		{"/api/sessions", "include_mock", "false", 8, "false"},
		{"/api/sessions/a/readings", "include_mock", "false", 6, "false"},
		{"/api/people", "after", UUID, 1, UUID},
		{"/api/people/" UUID "/progression", NULL, NULL, 1, "false"},
		{"/api/people/" UUID "/progression", "include_mock", "true", 1, "true"},
		{"/api/devices", "after", "6d6f636b.", 1, "6d6f636b."},
	};
	struct problem problem;
	struct query query;
	size_t i;

	for (i = 0; i < sizeof(t) / sizeof(t[0]); i++) {
		if (!ok(ask_for(t[i].path, t[i].name, t[i].value, &query, &problem) == 0, "%s %s: %s",
			t[i].path, t[i].name, problem.detail))
			continue;
		ok(query.given[t[i].param], "%s %s", t[i].path, t[i].name);
		is_str(query.text[t[i].param], t[i].text);
	}
}

TEST(what_is_not_asked_for_stays_null)
{
	struct problem problem;
	struct query query;
	int i;

	ask_for("/api/sessions", NULL, NULL, &query, &problem);
	is_int(query.n, 9);
	for (i = 0; i < 9; i++)
		is_int(query.given[i], i == 6 || i == 8);  /* the limit and include_mock have a default */
}

TEST(wrong_arguments_are_refused_by_name)
{
	static const struct {
		const char *path, *name, *value;
	} t[] = {
		{"/api/sessions", "limit", "0"},
		{"/api/sessions", "limit", "501"},
		{"/api/sessions", "limit", ""},
		{"/api/sessions", "limit", "-1"},
		{"/api/sessions", "limit", "1x"},
		{"/api/sessions", "limit", " 1"},
		{"/api/sessions", "limit", "99999999999"},
		{"/api/sessions", "status", ""},
		{"/api/sessions", "status", "ACTIVE"},
		{"/api/sessions", "status", "active'--"},
		{"/api/sessions", "user_id", "me"},
		{"/api/sessions", "user_id", ""},
		{"/api/sessions", "user_id", "IHHT_1732340000000_abc123_a_long_id_"},
		{"/api/sessions", "device_id", ""},
		{"/api/sessions", "device_id",
		 "12345678901234567890123456789012345678901234567890123456789012345"},
		{"/api/sessions", "before", ""},
		{"/api/sessions", "before", "1"},
		{"/api/sessions", "before", "1."},
		{"/api/sessions", "before", "." UUID},
		{"/api/sessions", "before", "x." UUID},
		{"/api/sessions", "before", "12345678901234567." UUID},
		{"/api/sessions", "before", "1." UUID "0"},
		{"/api/sessions", "before", "1.3EBD7D88-dfdd-55f6-aacf-2ea5aef85bf0"},
		{"/api/sessions", "before", "1.3ebd7d88-dfdd-55f6-aacf-2ea5aef85b-0"},
		{"/api/sessions/a/readings", "limit", "10001"},
		{"/api/sessions/a/readings", "from", "noon"},
		{"/api/sessions/a/readings", "from", ""},
		{"/api/sessions/a/readings", "from", "-5"},
		{"/api/sessions/a/readings", "to", "2101-01-01"},
		{"/api/sessions/a/readings", "after", "1.2"},
		{"/api/sessions/a/readings", "after", "1.2.3.4"},
		{"/api/sessions/a/readings", "after", "1..3"},
		{"/api/sessions/a/readings", "after", "1.2."},
		{"/api/sessions/a/readings", "after", "1.123456789012345678.1"},
		{"/api/sessions/a/readings", "after", "1.1.123456789012345678"},
		{"/api/sessions/a/readings", "after", "1.2.x"},
		{"/api/sessions/a/readings", "points", "11"},
		{"/api/sessions/a/readings", "points", "10001"},
		{"/api/sessions", "data_source", "made up"},
		{"/api/people", "after", "x"},
		{"/api/people/" UUID "/progression", "include_mock", "1"},
		{"/api/devices", "after", "6d'.00"},
		{"/api/devices", "after", "6d"},
	};
	struct problem problem;
	struct query query;
	size_t i;

	for (i = 0; i < sizeof(t) / sizeof(t[0]); i++) {
		ok(ask_for(t[i].path, t[i].name, t[i].value, &query, &problem) == -1, "%s=%s", t[i].name,
		   t[i].value);
		is_int(problem.status, 400);
		is_str(problem.field, t[i].name);
	}
}

TEST(a_refused_word_brings_those_that_are_allowed)
{
	struct problem problem;
	struct query query;
	size_t len;
	char *text;

	ask_for("/api/sessions", "status", "x", &query, &problem);
	text = problem_text(&problem, &len);
	has_str(text, "\"allowed\":[\"active\",\"completed\",\"abandoned\",\"force_ended\",\"terminated\"]");
	free(text);
}

TEST(what_cannot_be_a_key_is_not_found)
{
	struct problem problem;
	struct query query;

	is_int(ask_for("/api/people/IHHT_1/progression", NULL, NULL, &query, &problem), -1);
	is_int(problem.status, 404);
	is_str(problem.field, "person");
}

int
main(void)
{
	reads = reads_new();
	RUN(a_refused_word_brings_those_that_are_allowed);
	RUN(what_cannot_be_a_key_is_not_found);
	RUN(arguments_become_parameters);
	RUN(what_is_not_asked_for_stays_null);
	RUN(wrong_arguments_are_refused_by_name);
	reads_free(&reads);
	return test_done();
}
