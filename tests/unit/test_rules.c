/* One test a rule, and one an edge case of the old data. */
#include "tests/unit/legacy.h"

#define L1 "IHHT_1754000000000_abc123"
#define L1_ID "b9e3b674-ec3c-53f5-8aaa-70db7dfea326"         /* ids_session(L1) */
#define L2 "IHHT_1754000003000_def456"
#define UUID_A "0b8d6c1e-4f3a-4a51-9a55-0123456789ab"

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

TEST(readings_beyond_one_planned_span_are_two_sessions)
{
	struct legacy_session *a = cloud("a", NULL, 0), *b;

	a->total_cycles = 1;                    /* 100 + 100 + 20 s */
	a->hypoxic_s = a->hyperoxic_s = 100;
	a->end_us = AT(200);
	b = open_cloud("b", NULL, 4);
	b->total_cycles = 1;
	b->hypoxic_s = b->hyperoxic_s = 100;
	readings(0, "a", 1, 100);
	readings(0, "b", 150, 300);
	is_plan_why("recompute recount a\nrecompute recount b\n"
		    "leave same-start sessions: a b\n", "do not fit into one session's span");
}

TEST(a_row_between_two_sessions_with_local_ids_is_left)
{
	cloud("a", L1, 0);
	cloud("c", L2, 3);
	open_cloud("b", NULL, 2);
	is_plan_why("leave same-start sessions: b\n", "two sessions with different local ids");
}

TEST(a_chain_of_starts_is_no_one_moment)
{
	cloud("a", NULL, 0);
	open_cloud("b", NULL, 8);
	open_cloud("c", NULL, 16);
	is_plan_why("leave same-start sessions: a b c\n", "a chain of starts");
}

TEST(a_row_beside_an_undecided_session_is_left)
{
	cloud("a", L1, 0);
	cloud("b", L1, 0)->user_id = "v";
	open_cloud("c", NULL, 2)->user_id = NULL;
	is_plan("leave same-local-id sessions: a b\n"
		"leave same-start sessions: c\n");
}

/* ---- two local ids */

TEST(two_local_ids_are_never_merged_on_time_alone)
{
	/* as in the app's own notes: sessions of 6 s and 9 s, started seconds apart */
	cloud("a", L1, 0)->end_us = AT(6);
	cloud("b", L2, 3)->end_us = AT(12);
	readings(0, "a", 0, 5);
	readings(0, "b", 4, 8);
	options.empty_twins = 1;
	is_plan("recompute recount a\nrecompute recount b\n");
}

TEST(an_empty_twin_is_reported_and_merged_when_asked)
{
	int asked;

	for (asked = 0; asked < 2; asked++) {
		states(cloud("a", L1, 0), 5);
		open_cloud("b", L2, 5);
		readings(0, "a", 6, 5);
		options.empty_twins = asked;
		is_plan(asked ? "merge empty-twin a: b\nrecompute recount a\n"
			      : "leave empty-twin sessions: b\n");
	}
}

TEST(what_makes_an_empty_twin)
{
	static const struct {
		const char *what;
		double start;
		int child, ended, cycles;
		const char *want;
	} rows[] = {
		{"5.001 s apart", 5.001, 0, 0, 3, "leave abandon sessions b: b\n"},
		{"has an event", 5, 1, 0, 3, "leave abandon sessions b: b\n"},
		{"both ended", 5, 0, 1, 3, ""},
		{"planned otherwise", 5, 0, 0, 5, "leave abandon sessions b: b\n"},
	};
	struct legacy_session *b;
	size_t i;

	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		states(cloud("a", L1, 0), 5);
		legacy.sessions[0].total_cycles = 3;
		readings(0, "a", 6, 5);
		b = rows[i].ended ? cloud("b", L2, rows[i].start)
				  : open_cloud("b", L2, rows[i].start);
		b->total_cycles = rows[i].cycles;
		if (rows[i].child)
			add_child(LEGACY_EVENTS, 0, "e", L2, 10)->type = EVENT_MASK_LIFT;
		options.empty_twins = 1;
		if (rows[i].child)
			ok(check_plan("adopt by-local-id session_adaptive_events b: e\n"
				      "leave abandon sessions b: b\n", NULL, __FILE__, __LINE__),
			   "%s", rows[i].what);
		else
			ok(is_plan(rows[i].want), "%s", rows[i].what);
	}
}

TEST(an_empty_row_between_two_sessions_is_left)
{
	states(cloud("a", L1, 0), 5);
	states(cloud("c", L2, 4), 5);
	readings(0, "a", 6, 5);
	readings(0, "c", 6, 5);
	open_cloud("b", "IHHT_1754000002000_b", 2);
	options.empty_twins = 1;
	is_plan_why("leave empty-twin sessions: b\n", "two sessions start within 5 s");
}

/* ---- phones */

TEST(a_phones_row_is_the_clouds_session_by_its_local_id)
{
	open_cloud("a", L1, 0);
	phone(1, L1, 0);
	is_plan("settle settle a: status=completed end=600\n");
}

TEST(a_reimported_row_says_nothing_about_times)
{
	struct legacy_session *s;

	cloud(UUID_A, L1, 0);
	s = phone(1, UUID_A, 90000);            /* start = end = the moment of the import */
	s->end_us = s->start_us;
	is_plan("");
}

TEST(a_reimported_row_of_a_merged_session_is_found_by_its_alias)
{
	static const char *const ids[] = {UUID_A}, *const into[] = {"a"};

	cloud("a", L1, 0);
	phone(1, UUID_A, 90000);
	add_child(LEGACY_SURVEYS, 1, "7", UUID_A, 700);
	options.alias_ids = ids;
	options.alias_into = into;
	options.n_aliases = 1;
	is_plan("adopt on-phone session_surveys a: 7\n");
}

TEST(a_reimported_row_of_nothing_is_left)
{
	phone(1, UUID_A, 0);
	is_plan_why("leave re-imported sessions: " UUID_A "\n", "is not there");
}

TEST(a_session_only_a_phone_has_is_adopted_with_its_own_id)
{
	phone(1, L1, 0);
	readings(1, L1, 1, 5);
	is_plan("adopt only-on-phone sessions " L1_ID ": " L1 "\n"
		"adopt on-phone readings " L1_ID ": " L1 "\n");
}

TEST(a_phones_session_is_of_whom_its_other_sessions_are)
{
	cloud("b", L2, 3);
	phone(1, L2, 3);
	phone(1, L1, 0);
	is_plan("adopt only-on-phone sessions " L1_ID ": " L1 "\n");
}

TEST(a_phones_session_of_nobody_is_left)
{
	phone(1, L1, 0);
	is_plan_why("leave only-on-phone sessions " L1_ID ": " L1 "\n", "nothing says whose it is");
}

TEST(a_phone_of_two_persons_tells_nobodys)
{
	cloud("b", L2, 3);
	cloud("c", "IHHT_1754009003000_c", 9003)->user_id = "v";
	phone(1, L2, 3);
	phone(1, "IHHT_1754009003000_c", 9003);
	phone(1, L1, 0);
	is_plan_why("leave only-on-phone sessions " L1_ID ": " L1 "\n", "nothing says whose it is");
}

TEST(a_phones_session_without_an_id_of_its_own_is_left)
{
	phone(1, "IHHT_TRAINING", 0);
	readings(1, "IHHT_TRAINING", 0, 3);
	is_plan_why("leave only-on-phone sessions: IHHT_TRAINING\n", "does not tell it from others");
}

TEST(a_phones_session_beside_a_nameless_one_is_left)
{
	cloud("a", NULL, 10)->user_id = NULL;
	phone(1, L1, 0);
	readings(1, L1, 1, 5);
	is_plan("leave only-on-phone sessions " L1_ID ": " L1 "\n"
		"leave settle sessions a: a\n");
}

/* ---- all of it */

TEST(the_plan_does_not_depend_on_the_order_of_rows)
{
	static const int orders[][4] = {{0, 1, 2, 3}, {3, 2, 1, 0}, {2, 0, 3, 1}, {1, 3, 0, 2}};
	size_t i, j;

	for (i = 0; i < 4; i++) {
		for (j = 0; j < 4; j++)
			if (orders[i][j] == 0)
				open_cloud("b", L1, 0);
			else if (orders[i][j] == 1)
				cloud("a", L1, 0);
			else if (orders[i][j] == 2)
				open_cloud("d", NULL, 5000);
			else
				cloud("c", NULL, 5000);
		is_plan("merge same-local-id a: b\nrecompute recount a\n"
			"merge same-start c: d\nrecompute recount c\n");
	}
}

TEST(a_clean_database_gives_an_empty_plan)
{
	states(cloud("a", L1, 0), 100);
	readings(0, "a", 1, 100);
	add_child(LEGACY_SURVEYS, 0, "s", "a", 700);
	is_plan("");
}

TEST(ids_of_any_length_and_kind_are_only_ids)
{
	struct plan plan = {0};
	char id[5000];

	memset(id, 'x', sizeof(id) - 1);
	id[sizeof(id) - 1] = 0;
	memcpy(id, "IHHT_1754000000000_", 19);
	phone(1, id, 0)->user_id = "u";
	cloud("a", id, 0);
	rules_plan(&legacy, &options, &plan);
	is_int(plan.n, 1);
	is_str(plan.entries[0].rule, "only-on-phone");
	plan_clear(&plan);
	legacy_clear(&legacy);
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
	RUN(readings_beyond_one_planned_span_are_two_sessions);
	RUN(a_row_between_two_sessions_with_local_ids_is_left);
	RUN(a_chain_of_starts_is_no_one_moment);
	RUN(a_row_beside_an_undecided_session_is_left);
	RUN(two_local_ids_are_never_merged_on_time_alone);
	RUN(an_empty_twin_is_reported_and_merged_when_asked);
	RUN(what_makes_an_empty_twin);
	RUN(an_empty_row_between_two_sessions_is_left);
	RUN(a_phones_row_is_the_clouds_session_by_its_local_id);
	RUN(a_reimported_row_says_nothing_about_times);
	RUN(a_reimported_row_of_a_merged_session_is_found_by_its_alias);
	RUN(a_reimported_row_of_nothing_is_left);
	RUN(a_session_only_a_phone_has_is_adopted_with_its_own_id);
	RUN(a_phones_session_is_of_whom_its_other_sessions_are);
	RUN(a_phones_session_of_nobody_is_left);
	RUN(a_phone_of_two_persons_tells_nobodys);
	RUN(a_phones_session_without_an_id_of_its_own_is_left);
	RUN(a_phones_session_beside_a_nameless_one_is_left);
	RUN(the_plan_does_not_depend_on_the_order_of_rows);
	RUN(a_clean_database_gives_an_empty_plan);
	RUN(ids_of_any_length_and_kind_are_only_ids);
	return test_done();
}
