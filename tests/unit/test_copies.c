/* One thing told several times. */
#include "tests/unit/legacy.h"

#define L1 "IHHT_1754000000000_abc123"

static struct legacy_child *
event(int source, const char *id, double at_s, int64_t spo2)
{
	struct legacy_child *c = add_child(LEGACY_EVENTS, source, id, source ? L1 : "a", at_s);

	c->type = EVENT_MASK_LIFT;
	c->at_us = AT(at_s);
	c->spo2 = spo2;
	return c;
}

TEST(an_event_told_five_times_is_one)
{
	cloud("a", L1, 0);
	event(0, "e1", 10, 82);
	event(0, "e2", 10.004, 82)->set = 7;    /* says most: trusted most */
	event(0, "e3", 10.3, 82);
	event(0, "e4", 10.999, 82);
	event(0, "e5", 10.5, MSG_NONE);
	is_plan("fold copies session_adaptive_events a: e2* e1 e3 e5 e4\n");
}

TEST(what_makes_two_events)
{
	static const struct {
		const char *what;
		double at;
		int64_t spo2, altitude, recovery, type;
	} rows[] = {
		{"a second later", 11, 82, 1, MSG_NONE, EVENT_MASK_LIFT},
		{"another value", 10, 81, 1, MSG_NONE, EVENT_MASK_LIFT},
		{"another phase", 10, 82, 2, MSG_NONE, EVENT_MASK_LIFT},
		{"another kind", 10, 82, 1, MSG_NONE, EVENT_DIAL_ADJUSTMENT},
	};
	struct legacy_child *c;
	size_t i;

	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		cloud("a", L1, 0);
		event(0, "e1", 10, 82)->altitude_phase = 1;
		c = event(0, "e2", rows[i].at, rows[i].spo2);
		c->altitude_phase = rows[i].altitude;
		c->recovery_phase = rows[i].recovery;
		c->type = rows[i].type;
		ok(is_plan(""), "%s", rows[i].what);
	}
}

TEST(emergencies_of_a_second_each_are_not_copies)
{
	cloud("a", L1, 0);
	event(0, "e1", 10, 74);
	event(0, "e2", 10.01, 74);
	event(0, "e3", 10.98, 74);
	event(0, "e4", 10.99, 74);
	is_plan("fold copies session_adaptive_events a: e1* e2\n"
		"fold copies session_adaptive_events a: e3* e4\n");
}

TEST(copies_are_found_among_other_events_of_that_second)
{
	cloud("a", L1, 0);
	event(0, "e1", 10, 82);
	event(0, "f1", 10.2, 81);
	event(0, "e2", 10.4, 82);
	event(0, "f2", 10.6, 81);
	is_plan("fold copies session_adaptive_events a: e1* e2\n"
		"fold copies session_adaptive_events a: f1* f2\n");
}

TEST(a_value_left_out_does_not_join_two_events)
{
	cloud("a", L1, 0);
	event(0, "e1", 10, MSG_NONE);
	event(0, "e2", 10.1, 82);
	event(0, "e3", 10.2, 81);
	is_plan("fold copies session_adaptive_events a: e1* e2\n");
}

TEST(surveys_of_twins_become_one_the_newest_first)
{
	struct legacy_child *c;

	cloud("a", L1, 0);
	open_cloud("b", L1, 0);
	add_child(LEGACY_SURVEYS, 0, "s1", "a", 10);
	c = add_child(LEGACY_SURVEYS, 0, "s2", "b", 20);
	c->has_post = 1;
	is_plan("merge same-local-id a: b\n"
		"fold copies session_surveys a: s2 s1*\n"        /* s1 is under a already */
		"recompute recount a\n");
}

TEST(answers_of_one_phase_are_one_and_of_two_phases_two)
{
	cloud("a", L1, 0);
	add_child(LEGACY_RESPONSES, 0, "r1", "a", 10)->number = 1;
	add_child(LEGACY_RESPONSES, 0, "r2", "a", 20)->number = 2;
	add_child(LEGACY_RESPONSES, 0, "r3", "a", 30)->number = 1;
	is_plan("fold copies intra_session_responses a: r3* r1\n");
}

TEST(phase_stats_keep_the_fullest_row_whatever_word_its_phase_has)
{
	struct legacy_child *c;

	cloud("a", L1, 0);
	c = add_child(LEGACY_PHASE_STATS, 0, "p1", "a", 10);
	c->type = PHASE_ALTITUDE;       /* "altitude" */
	c->number = 1;
	c = add_child(LEGACY_PHASE_STATS, 0, "p2", "a", 20);
	c->type = PHASE_ALTITUDE;       /* "HYPOXIC" */
	c->number = 1;
	c->set = 0xff;
	c = add_child(LEGACY_PHASE_STATS, 0, "p3", "a", 20);
	c->type = PHASE_RECOVERY;
	c->number = 1;
	is_plan("fold copies session_phase_stats a: p2* p1\n");
}

TEST(rows_without_a_number_are_not_compared)
{
	cloud("a", L1, 0);
	add_child(LEGACY_PHASE_STATS, 0, "p1", "a", 10);
	add_child(LEGACY_PHASE_STATS, 0, "p2", "a", 10);
	add_child(LEGACY_CYCLE_METRICS, 0, "m1", "a", 10);
	add_child(LEGACY_CYCLE_METRICS, 0, "m2", "a", 10);
	is_plan("");
}

TEST(metrics_of_a_session_are_one_row_and_of_a_cycle_one)
{
	cloud("a", L1, 0);
	add_child(LEGACY_CYCLE_METRICS, 0, "m1", "a", 10)->number = 1;
	add_child(LEGACY_CYCLE_METRICS, 0, "m2", "a", 11)->number = 1;
	add_child(LEGACY_ADAPTATION_METRICS, 0, "n1", "a", 10);
	add_child(LEGACY_ADAPTATION_METRICS, 0, "n2", "a", 11);
	is_plan("fold copies session_cycle_metrics a: m1* m2\n"
		"fold copies session_adaptation_metrics a: n1* n2\n");
}

TEST(a_phones_row_is_taken_only_for_what_the_cloud_does_not_say)
{
	static const struct {
		const char *what;
		uint64_t set, digest;
		double made;
		const char *want;
	} rows[] = {
		{"the same", 3, 5, 10, ""},
		{"less", 1, 4, 10, ""},
		{"older and other", 3, 6, 9, ""},
		{"newer and the same", 3, 5, 11, ""},
		{"newer and other", 3, 6, 11, "fold copies session_surveys a: 1 s*\n"},
		{"older, with one more", 7, 9, 9, "fold copies session_surveys a: s* 1\n"},
	};
	struct legacy_child *c;
	size_t i;

	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		cloud("a", L1, 0);
		phone(1, L1, 0);
		c = add_child(LEGACY_SURVEYS, 0, "s", "a", 10);
		c->set = 3;
		c->digest = 5;
		c = add_child(LEGACY_SURVEYS, 1, "1", L1, rows[i].made);
		c->set = rows[i].set;
		c->digest = rows[i].digest;
		ok(is_plan(rows[i].want), "%s", rows[i].what);
	}
}

TEST(events_of_a_phone_go_to_the_cloud_once)
{
	cloud("a", L1, 0);
	phone(1, L1, 0);
	phone(2, L1, 0);        /* a backup of the same phone */
	event(1, "e1", 10, 82);
	event(1, "e2", 10.01, 82);
	event(2, "e1", 10, 82);
	event(0, "c", 50, 81);
	event(1, "f", 50.01, 81);
	is_plan("adopt on-phone session_adaptive_events a: e1\n");
}

int
main(void)
{
	LEGACY_TEST();
	RUN(an_event_told_five_times_is_one);
	RUN(what_makes_two_events);
	RUN(emergencies_of_a_second_each_are_not_copies);
	RUN(copies_are_found_among_other_events_of_that_second);
	RUN(a_value_left_out_does_not_join_two_events);
	RUN(surveys_of_twins_become_one_the_newest_first);
	RUN(answers_of_one_phase_are_one_and_of_two_phases_two);
	RUN(phase_stats_keep_the_fullest_row_whatever_word_its_phase_has);
	RUN(rows_without_a_number_are_not_compared);
	RUN(metrics_of_a_session_are_one_row_and_of_a_cycle_one);
	RUN(a_phones_row_is_taken_only_for_what_the_cloud_does_not_say);
	RUN(events_of_a_phone_go_to_the_cloud_once);
	return test_done();
}
