/* One test a rule, and one an edge case of the old data. */
#include "tests/unit/legacy.h"

#define L1 "IHHT_1754000000000_abc123"
#define L2 "IHHT_1754000003000_def456"

/* ---- same-local-id */

TEST(two_rows_of_one_local_id_are_one_session)
{
	cloud("a", L1, 0);
	cloud("b", L1, 0.4);
	readings(0, "b", 1, 10);
	is_plan("merge same-local-id b: a\n"
		"settle settle b: start=0\n"             /* its end is the later one already */
		"recompute recount b\n");
}

TEST(three_rows_of_one_local_id_are_one_session)
{
	cloud("a", L1, 0);
	open_cloud("b", L1, 0.4);
	open_cloud("c", L1, 0.4)->created_us = AT(90);   /* D3: replayed later */
	is_plan("merge same-local-id a: b c\n"
		"recompute recount a\n");
}

TEST(a_reinstalled_phone_has_another_device_id_and_the_same_person)
{
	cloud("a", L1, 0);
	cloud("b", L1, 0)->device_id = "d2";
	is_plan("merge same-local-id a: b\n"
		"recompute recount a\n");
}

TEST(one_local_id_on_two_devices_without_a_person_is_left)
{
	cloud("a", L1, 0)->user_id = NULL;
	cloud("b", L1, 0)->device_id = "d2";
	is_plan_why("leave same-local-id sessions: a b\n",
		    "one local id on two devices, and nothing says that it is one person");
}

TEST(one_local_id_of_two_persons_is_left)
{
	cloud("a", L1, 0);
	cloud("b", L1, 0)->user_id = "v";
	is_plan_why("leave same-local-id sessions: a b\n", "rows of two persons");
}

TEST(one_local_id_with_starts_hours_apart_is_left)
{
	cloud("a", L1, 0);
	cloud("b", L1, 3 * 3600);
	is_plan_why("leave same-local-id sessions: a b\n", "starts 180 min apart");
}

TEST(a_local_id_that_names_no_one_session_is_as_none)
{
	cloud("a", "IHHT_TRAINING", 0);
	cloud("b", "IHHT_TRAINING", 700);
	is_plan("");
}

TEST(a_local_id_with_underscores_in_its_prefix_is_one)
{
	cloud("a", "HRV_CALIBRATION_1754000000000_x1", 0);
	cloud("b", "HRV_CALIBRATION_1754000000000_x1", 0);
	is_plan("merge same-local-id a: b\n"
		"recompute recount a\n");
}

/* ---- which row stays */

TEST(the_row_with_most_readings_stays_then_the_first_made_then_the_smallest_id)
{
	static const struct {
		int a_readings, b_readings;
		double a_made, b_made;
		const char *want;
	} rows[] = {
		{5, 6, 1, 2, "merge same-local-id b: a\nrecompute recount b\n"},
		{6, 5, 2, 1, "merge same-local-id a: b\nrecompute recount a\n"},
		{5, 5, 2, 1, "merge same-local-id b: a\nrecompute recount b\n"},
		{5, 5, 1, 2, "merge same-local-id a: b\nrecompute recount a\n"},
		{0, 0, 1, 1, "merge same-local-id a: b\nrecompute recount a\n"},
	};
	size_t i;

	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		cloud("b", L1, 0)->created_us = AT(rows[i].b_made);
		cloud("a", L1, 0)->created_us = AT(rows[i].a_made);
		if (rows[i].a_readings)
			readings(0, "a", 10, rows[i].a_readings);
		if (rows[i].b_readings)
			readings(0, "b", 20, rows[i].b_readings);
		ok(is_plan(rows[i].want), "row %zu", i);
	}
}

/* ---- same-start */

TEST(anonymous_twins_are_one_session_by_their_start)
{
	cloud("a", NULL, 0)->user_id = NULL;
	open_cloud("b", NULL, 4)->user_id = NULL;
	is_plan_why("merge same-start a: b\n"
		    "recompute recount a\n"
		    "leave settle sessions a: a\n", "nobody's");
}

TEST(a_row_without_local_id_joins_the_one_beside_it)
{
	cloud("a", L1, 0);
	open_cloud("b", NULL, 4);
	readings(0, "b", 5, 10);
	is_plan("merge same-start b: a\n"
		"settle settle b: status=completed start=0 end=600 local=" L1 "\n"
		"recompute recount b\n");
}

TEST(halves_of_the_readings_under_each_twin_are_one_session)
{
	struct legacy_session *b;

	cloud("a", NULL, 0);
	b = open_cloud("b", NULL, 2);
	b->user_id = NULL;
	readings(0, "a", 1, 300);
	readings(0, "b", 301, 200);
	is_plan("merge same-start a: b\n"
		"recompute recount a\n");
}

TEST(each_condition_of_same_start_is_needed)
{
	static const struct {
		const char *what;
		double start, made;
		int ended, cycles;
		const char *device, *user, *want, *why;
	} rows[] = {
		{"all hold", 10, 31, 0, 3, "d", "u",
		 "merge same-start a: b\nrecompute recount a\n", NULL},
		{"start 10.001 s later", 10.001, 31, 0, 3, "d", "u",
		 "leave abandon sessions b: b\n", "active"},
		{"made 30.001 s later", 10, 31.001, 0, 3, "d", "u",
		 "leave same-start sessions: a b\n", "not created within 30 s"},
		{"both ended", 10, 31, 1, 3, "d", "u",
		 "leave same-start sessions: a b\n", "more than one has an end"},
		{"planned otherwise", 10, 31, 0, 5, "d", "u",
		 "leave same-start sessions: a b\n", "planned differently"},
		{"another device, same person", 10, 31, 0, 3, "d2", "u",
		 "merge same-start a: b\nrecompute recount a\n", NULL},
		{"another device, no person", 10, 31, 0, 3, "d2", NULL,
		 "leave abandon sessions b: b\nleave settle sessions b: b\n", NULL},
		{"same device, another person", 10, 31, 0, 3, "d", "v",
		 "leave abandon sessions b: b\n", NULL},
	};
	struct legacy_session *b;
	size_t i;

	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		cloud("a", NULL, 0)->total_cycles = 3;
		b = rows[i].ended ? cloud("b", NULL, rows[i].start)
				  : open_cloud("b", NULL, rows[i].start);
		b->created_us = AT(rows[i].made);
		b->total_cycles = rows[i].cycles;
		b->device_id = rows[i].device;
		b->user_id = rows[i].user;
		ok(check_plan(rows[i].want, rows[i].why, __FILE__, __LINE__), "%s", rows[i].what);
	}
}

int
main(void)
{
	LEGACY_TEST();
	RUN(two_rows_of_one_local_id_are_one_session);
	RUN(three_rows_of_one_local_id_are_one_session);
	RUN(a_reinstalled_phone_has_another_device_id_and_the_same_person);
	RUN(one_local_id_on_two_devices_without_a_person_is_left);
	RUN(one_local_id_of_two_persons_is_left);
	RUN(one_local_id_with_starts_hours_apart_is_left);
	RUN(a_local_id_that_names_no_one_session_is_as_none);
	RUN(a_local_id_with_underscores_in_its_prefix_is_one);
	RUN(the_row_with_most_readings_stays_then_the_first_made_then_the_smallest_id);
	RUN(anonymous_twins_are_one_session_by_their_start);
	RUN(a_row_without_local_id_joins_the_one_beside_it);
	RUN(halves_of_the_readings_under_each_twin_are_one_session);
	RUN(each_condition_of_same_start_is_needed);
	return test_done();
}
