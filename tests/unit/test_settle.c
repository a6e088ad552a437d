/* What the one row that stays has to say. */
#include "tests/unit/legacy.h"

#define L1 "IHHT_1754000000000_abc123"

TEST(completed_beats_ended_beats_active)
{
	static const struct {
		int64_t a, b;
		const char *want;
	} rows[] = {
		{SESSION_ACTIVE, SESSION_COMPLETED, " status=completed"},
		{SESSION_ACTIVE, SESSION_ABANDONED, " status=abandoned"},
		{SESSION_TERMINATED, SESSION_COMPLETED, " status=completed"},
		{SESSION_FORCE_ENDED, SESSION_ACTIVE, ""},
		{SESSION_COMPLETED, SESSION_ACTIVE, ""},
		{SESSION_NONE, SESSION_FORCE_ENDED, " status=force_ended"},
		{SESSION_ABANDONED, SESSION_TERMINATED, " status=terminated"},   /* said later */
	};
	struct legacy_session *s;
	char want[300];
	size_t i;

	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		s = cloud("a", L1, 0);
		s->status = rows[i].a;
		s = cloud("b", L1, 0);
		s->status = rows[i].b;
		s->updated_us = AT(700);
		(void)snprintf(want, sizeof(want), "merge same-local-id a: b\n%s%s%s"
			       "recompute recount a\n", *rows[i].want ? "settle settle a:" : "",
			       rows[i].want, *rows[i].want ? "\n" : "");
		ok(is_plan(want), "row %zu", i);
	}
}

TEST(the_latest_end_and_the_earliest_start_count)
{
	cloud("a", L1, 5)->end_us = AT(600);
	cloud("b", L1, 0)->end_us = AT(605);
	cloud("c", L1, 3)->end_us = MSG_NONE;
	legacy.sessions[0].created_us = AT(-1);
	is_plan("merge same-local-id a: b c\n"
		"settle settle a: start=0 end=605\n"
		"recompute recount a\n");
}

TEST(a_session_starts_no_later_than_its_first_reading)
{
	states(cloud("a", L1, 10), 100);
	readings(0, "a", 4, 100);
	is_plan("settle settle a: start=4\n");
}

TEST(readings_hours_before_the_start_are_reported)
{
	states(cloud("a", L1, 7300), 100);
	readings(0, "a", 99, 100);
	is_plan_why("leave inside-span readings a: a\n", "begin long before");
}

TEST(an_active_session_is_never_completed_silently)
{
	open_cloud("a", L1, 0);
	is_plan_why("leave abandon sessions a: a\n", "active, and nothing has come for hours");
}

TEST(a_running_session_is_no_finding)
{
	open_cloud("a", L1, 0);
	options.now_us = AT(7200);
	is_plan("");
	open_cloud("a", L1, 0);
	options.now_us = AT(7200.001);
	is_plan("leave abandon sessions a: a\n");
}

TEST(nothing_of_a_running_session_is_moved)
{
	int i;

	/* its figures, copies and end are still on their way, and no finding */
	for (i = 0; i < 2; i++) {
		states(open_cloud("a", L1, 0), 4);
		readings(0, "a", 4, 100)->n_again = 3;
		open_cloud("b", L1, 1);
		readings(0, L1, 100, 50);
		options.now_us = i ? AT(150 + 7200) : AT(149);
		is_plan(i ? "merge same-local-id a: b\n"
			    "adopt by-local-id readings a: " L1 "\n"
			    "fold sent-again readings a: a\n"
			    "recompute recount a\n"
			    "leave abandon sessions a: a\n"
			  : "leave running sessions a: b\n"
			    "leave running readings a: " L1 "\n");
	}
	/* one twin has its end already, the other may be the one the app goes on with */
	open_cloud("a", L1, 0);
	cloud("b", L1, 1);
	options.now_us = AT(700);
	is_plan("leave running sessions a: b\n");
	/* a phone whose clock is years ahead does not run for years */
	open_cloud("a", L1, 90000);
	open_cloud("b", L1, 90001);
	options.now_us = AT(700);
	is_plan("merge same-local-id a: b\nrecompute recount a\nleave abandon sessions a: a\n");
}

TEST(an_active_session_is_abandoned_when_asked)
{
	states(open_cloud("a", L1, 0), 100);
	readings(0, "a", 4, 100);
	options.abandon_us = AT(104);
	is_plan("settle abandon a: status=abandoned end=103\n");

	states(open_cloud("a", L1, 0), 100);
	readings(0, "a", 4, 100);
	options.abandon_us = AT(103);
	is_plan("leave abandon sessions a: a\n");
}

TEST(an_active_session_with_an_end_is_left)
{
	open_cloud("a", L1, 0)->end_us = AT(600);
	is_plan_why("leave settle sessions a: a\n", "active, and yet it has an end");
}

TEST(an_end_before_the_start_is_that_of_the_last_reading)
{
	struct legacy_session *s = cloud("a", L1, 0);

	s->end_us = AT(-100);
	states(s, 100);
	readings(0, "a", 4, 100);
	is_plan("settle settle a: end=103\n");
}

TEST(an_end_before_the_start_without_readings_is_left)
{
	cloud("a", L1, 0)->end_us = AT(-100);
	is_plan_why("leave settle sessions a: a\n", "ends before it starts");
}

TEST(an_end_before_the_start_gives_way_to_a_good_one)
{
	cloud("a", L1, 0)->end_us = AT(-100);
	cloud("b", L1, 0);
	is_plan("merge same-local-id a: b\n"
		"settle settle a: end=600\n"
		"recompute recount a\n");
}

TEST(a_person_on_one_row_is_the_sessions)
{
	cloud("a", L1, 0)->user_id = NULL;
	cloud("b", L1, 0);
	is_plan("merge same-local-id a: b\n"
		"settle settle a: user=u\n"
		"recompute recount a\n");
}

TEST(figures_are_those_of_the_readings)
{
	static const struct {
		const char *what;
		double n, avg, min, max, pulse, duration;
		int wrong;
	} rows[] = {
		{"all right", 100, 95, 95, 95, 60, 600, 0},
		{"nearly", 100, 95.009, 95, 95, 60, 601, 0},
		{"count", 99, 95, 95, 95, 60, 600, 1},
		{"the hard-coded 72", 100, 95, 95, 95, 72, 600, 1},
		{"average", 100, 95.011, 95, 95, 60, 600, 1},
		{"lowest", 100, 95, 94, 95, 60, 600, 1},
		{"highest", 100, 95, 95, 96, 60, 600, 1},
		{"null", 100, NAN, 95, 95, 60, 600, 1},
		{"duration", 100, 95, 95, 95, 60, 602, 1},
	};
	struct legacy_session *s;
	size_t i;

	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		s = cloud("a", L1, 0);
		states(s, (int)rows[i].n);
		s->stated_avg_spo2 = rows[i].avg;
		s->stated_min_spo2 = rows[i].min;
		s->stated_max_spo2 = rows[i].max;
		s->stated_avg_heart_rate = rows[i].pulse;
		s->stated_duration_s = (int64_t)rows[i].duration;
		readings(0, "a", 1, 100);
		ok(is_plan(rows[i].wrong ? "recompute recount a\n" : ""), "%s", rows[i].what);
	}
}

TEST(what_was_left_keeps_its_times_and_is_counted_by_them)
{
	struct legacy_session *s = cloud("a", L1, 10);

	states(s, 100);
	s->stated_duration_s = 600;             /* from its own start, not from the reading's */
	readings(0, "a", 4, 100);
	cloud("b", L1, 0)->user_id = "v";
	is_plan("leave same-local-id sessions: b a\n");
}

TEST(figures_of_a_session_without_readings_are_null)
{
	cloud("a", L1, 0);
	is_plan("");
	cloud("a", L1, 0)->stated_avg_spo2 = 95;
	is_plan("recompute recount a\n");
}

TEST(an_unknown_status_is_reported)
{
	cloud("a", L1, 0)->status = SESSION_NONE;
	is_plan_why("leave settle sessions a: a\n", "a word the app never had");
}

TEST(doubled_readings_fold_and_suspicious_ones_are_reported)
{
	struct legacy_readings *r;

	states(cloud("a", L1, 0), 100);
	r = readings(0, "a", 1, 100);
	r->n_again = 3;
	r->n_twice = 2;
	is_plan("fold sent-again readings a: a\n"
		"recompute recount a\n");

	states(cloud("a", L1, 0), 100);
	readings(0, "a", 1, 100)->n_clash = 2;
	is_plan_why("leave sent-again readings a: a\n", "different values");

	states(cloud("a", L1, 0), 100);
	readings(0, "a", 1, 100)->n_dense = 9;
	is_plan_why("leave sent-again readings a: a\n", "so close together");
}

int
main(void)
{
	LEGACY_TEST();
	RUN(completed_beats_ended_beats_active);
	RUN(the_latest_end_and_the_earliest_start_count);
	RUN(a_session_starts_no_later_than_its_first_reading);
	RUN(readings_hours_before_the_start_are_reported);
	RUN(an_active_session_is_never_completed_silently);
	RUN(a_running_session_is_no_finding);
	RUN(nothing_of_a_running_session_is_moved);
	RUN(an_active_session_is_abandoned_when_asked);
	RUN(an_active_session_with_an_end_is_left);
	RUN(an_end_before_the_start_is_that_of_the_last_reading);
	RUN(an_end_before_the_start_without_readings_is_left);
	RUN(an_end_before_the_start_gives_way_to_a_good_one);
	RUN(a_person_on_one_row_is_the_sessions);
	RUN(figures_are_those_of_the_readings);
	RUN(what_was_left_keeps_its_times_and_is_counted_by_them);
	RUN(figures_of_a_session_without_readings_are_null);
	RUN(an_unknown_status_is_reported);
	RUN(doubled_readings_fold_and_suspicious_ones_are_reported);
	return test_done();
}
