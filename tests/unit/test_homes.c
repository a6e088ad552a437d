/* Children and readings whose session is not where they say. */
#include "tests/unit/legacy.h"

#define L1 "IHHT_1754000000000_abc123"
#define LOST "0b8d6c1e-4f3a-4a51-9a55-0123456789ab"

static struct legacy_child *
post_survey(int source, const char *id, const char *session_id, double at_s)
{
	struct legacy_child *c = add_child(LEGACY_SURVEYS, source, id, session_id, at_s);

	c->has_post = 1;
	c->user_id = source ? NULL : "u";
	return c;
}

/* "session_<ms>" of so many seconds after T0. */
static const char *
session_at(double s)
{
	static char text[40];

	(void)snprintf(text, sizeof(text), "session_%lld", T0_MS + (long long)(s * 1000));
	return text;
}

TEST(readings_under_a_local_id_go_to_its_session)
{
	cloud("a", L1, 0);
	readings(0, L1, 1, 20);
	is_plan("adopt by-local-id readings a: " L1 "\n"
		"recompute recount a\n");
}

TEST(readings_under_the_local_id_of_twins_go_to_the_one_that_stays)
{
	cloud("a", L1, 0);
	open_cloud("b", L1, 0);
	readings(0, L1, 1, 20);
	is_plan("merge same-local-id a: b\n"
		"adopt by-local-id readings a: " L1 "\n"
		"recompute recount a\n");
}

TEST(readings_under_a_local_id_of_undecided_sessions_are_left)
{
	cloud("a", L1, 0);
	cloud("b", L1, 0)->user_id = "v";
	readings(0, L1, 1, 20);
	is_plan_why("leave same-local-id sessions: a b\n"
		    "leave by-local-id readings: " L1 "\n", "that several sessions have");
}

TEST(rows_of_a_session_that_was_merged_before_follow_its_alias)
{
	static const char *const ids[] = {LOST, "older"}, *const into[] = {"older", "a"};

	cloud("a", L1, 0);
	readings(0, LOST, 1, 20);
	options.alias_ids = ids;
	options.alias_into = into;
	options.n_aliases = 2;
	is_plan("adopt by-alias readings a: " LOST "\n"
		"recompute recount a\n");
}

TEST(readings_of_an_unknown_session_inside_one_span_go_there)
{
	static const struct {
		const char *what;
		double from;
		int n;
		const char *user, *want, *why;
	} rows[] = {
		{"all inside", 10, 100, "u", "adopt inside-span readings a: " LOST "\n"
					     "recompute recount a\n", NULL},
		{"still on their way at the end", 601, 60, "u",
		 "adopt inside-span readings a: " LOST "\nrecompute recount a\n", NULL},
		{"one second further", 602, 60, "u", "leave inside-span readings: " LOST "\n",
		 "not all inside one"},
		{"begins before", -1, 10, "u", "leave inside-span readings: " LOST "\n",
		 "not all inside one"},
		{"nobody's", 10, 100, NULL, "leave inside-span readings: " LOST "\n",
		 "of no one person"},
		{"another's", 10, 100, "v", "leave inside-span readings: " LOST "\n",
		 "the person had none then"},
		{"the next day", 90000, 100, "u", "leave inside-span readings: " LOST "\n",
		 "the person had none then"},
	};
	size_t i;

	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		cloud("a", L1, 0);
		readings(0, LOST, rows[i].from, rows[i].n)->user_id = rows[i].user;
		ok(check_plan(rows[i].want, rows[i].why, __FILE__, __LINE__), "%s", rows[i].what);
	}
}

TEST(readings_inside_two_sessions_are_left)
{
	cloud("a", L1, 0);
	cloud("b", "IHHT_1754000300000_b", 300);
	readings(0, LOST, 310, 20);
	is_plan_why("leave inside-span readings: " LOST "\n", "the person had several then");
}

TEST(children_of_an_unknown_session_go_with_its_readings)
{
	cloud("a", L1, 0);
	readings(0, LOST, 10, 100);
	add_child(LEGACY_PHASE_STATS, 0, "p", LOST, 100)->number = 1;
	add_child(LEGACY_PHASE_STATS, 0, "q", "0b8d6c1e-0000-4a51-9a55-0123456789ab", 100);
	is_plan_why("adopt inside-span readings a: " LOST "\n"
		    "adopt inside-span session_phase_stats a: p\n"
		    "recompute recount a\n"
		    "leave by-local-id session_phase_stats: q\n", "under a session that is nowhere");
}

TEST(a_survey_of_no_session_goes_to_the_one_that_ended_before)
{
	static const struct {
		const char *what;
		double at;
		const char *want;
	} rows[] = {
		{"at its end", 600, "adopt survey-after-end session_surveys a: s\n"},
		{"30 min later", 2400, "adopt survey-after-end session_surveys a: s\n"},
		{"a millisecond more", 2400.001, "leave survey-after-end session_surveys: s\n"},
		{"before its end", 599.999, "leave survey-after-end session_surveys: s\n"},
	};
	size_t i;

	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		cloud("a", L1, 0);
		post_survey(0, "s", session_at(rows[i].at), rows[i].at);
		ok(is_plan(rows[i].want), "%s", rows[i].what);
	}
}

TEST(a_survey_of_no_session_is_left_where_it_could_be_wrong)
{
	cloud("a", L1, 0);
	cloud("b", "IHHT_1754000700000_b", 700);
	post_survey(0, "s", session_at(1400), 1400);
	is_plan_why("leave survey-after-end session_surveys: s\n", "of more than one session");

	cloud("a", L1, 0);
	post_survey(0, "t", "a", 610);
	post_survey(0, "s", session_at(700), 700);
	is_plan_why("leave survey-after-end session_surveys: s\n", "no session of that person");

	cloud("a", L1, 0);
	post_survey(0, "s", session_at(700), 700)->user_id = NULL;
	is_plan_why("leave survey-after-end session_surveys: s\n", "no session and no person");

	cloud("a", L1, 0)->user_id = "v";
	post_survey(0, "s", session_at(700), 700);
	is_plan_why("leave survey-after-end session_surveys: s\n", "no session of that person");

	cloud("a", L1, 0);
	post_survey(0, "s", session_at(700), 700)->digest = 1;
	post_survey(0, "t", session_at(800), 800)->digest = 2;
	is_plan_why("leave survey-after-end session_surveys: s\n"
		    "leave survey-after-end session_surveys: t\n", "another one that differs");
}

TEST(the_same_survey_twice_is_one)
{
	cloud("a", L1, 0);
	post_survey(0, "s", session_at(700), 700)->digest = 1;
	post_survey(0, "t", session_at(701), 701)->digest = 1;
	is_plan("adopt survey-after-end session_surveys a: t s\n"
		"fold copies session_surveys a: t* s\n");
}

TEST(a_survey_joins_the_one_taken_before_the_session)
{
	cloud("a", L1, 0);
	add_child(LEGACY_SURVEYS, 0, "p", "a", -60)->has_pre = 1;
	post_survey(0, "s", session_at(700), 700)->set = 6;
	is_plan("adopt survey-after-end session_surveys a: s\n"
		"fold copies session_surveys a: s p*\n");
}

TEST(a_phones_survey_of_no_session_is_of_one_of_its_own)
{
	cloud("a", L1, 0);
	cloud("b", "IHHT_1754000100000_b", 100);        /* not on that phone */
	phone(1, L1, 0);
	post_survey(1, "s", session_at(750), 750);
	is_plan("adopt survey-after-end session_surveys a: s\n");
}

TEST(a_phones_rows_may_name_the_clouds_id)
{
	cloud(LOST, L1, 0);
	add_child(LEGACY_SURVEYS, 1, "s", LOST, 10);
	is_plan("adopt by-id session_surveys " LOST ": s\n");
}

TEST(a_row_that_names_no_session_is_left)
{
	add_child(LEGACY_EVENTS, 0, "e", NULL, 0);
	readings(0, NULL, 0, 1);
	is_plan_why("leave inside-span readings: (null)\n"
		    "leave by-local-id session_adaptive_events: e\n", "names no session");
}

TEST(readings_that_go_on_after_the_end_are_reported)
{
	struct legacy_session *a = cloud("a", L1, 0);

	readings(0, "a", 10, 651);
	states(a, 651);
	is_plan("");

	a = cloud("a", L1, 0);
	readings(0, "a", 10, 652);
	states(a, 652);
	is_plan_why("leave inside-span readings a: a\n", "may be another's");
}

int
main(void)
{
	LEGACY_TEST();
	RUN(readings_under_a_local_id_go_to_its_session);
	RUN(readings_under_the_local_id_of_twins_go_to_the_one_that_stays);
	RUN(readings_under_a_local_id_of_undecided_sessions_are_left);
	RUN(rows_of_a_session_that_was_merged_before_follow_its_alias);
	RUN(readings_of_an_unknown_session_inside_one_span_go_there);
	RUN(readings_inside_two_sessions_are_left);
	RUN(children_of_an_unknown_session_go_with_its_readings);
	RUN(a_survey_of_no_session_goes_to_the_one_that_ended_before);
	RUN(a_survey_of_no_session_is_left_where_it_could_be_wrong);
	RUN(the_same_survey_twice_is_one);
	RUN(a_survey_joins_the_one_taken_before_the_session);
	RUN(a_phones_survey_of_no_session_is_of_one_of_its_own);
	RUN(a_phones_rows_may_name_the_clouds_id);
	RUN(a_row_that_names_no_session_is_left);
	RUN(readings_that_go_on_after_the_end_are_reported);
	return test_done();
}
