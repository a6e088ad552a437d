#include <stdlib.h>

#include "services/dedupe-auditor/compare.h"
#include "tests/unit/test.h"

#define ALL 1000000  /* as `synced`: every row has its receipt */

static struct row
row_at(int64_t seq)
{
	struct row row = {.id = seq, .is_valid = 1};

	msg_clear(&msg_reading, &row.reading);
	row.reading.taken_us = seq * 1000;
	row.reading.seq = seq;
	row.reading.spo2 = 90;
	return row;
}

/* Rows seq = 1 ... n. */
static void
fill(struct row *rows, size_t n)
{
	size_t i;

	for (i = 0; i < n; i++)
		rows[i] = row_at((int64_t)i + 1);
}

static struct finding
merge(int64_t synced, const struct row *local, size_t n_local, const struct row *cloud,
      size_t n_cloud)
{
	struct finding f = {0};
	size_t i = 0, k = 0;
	int take;

	while (i < n_local || k < n_cloud) {
		take = compare_step(&f, synced, i < n_local ? &local[i] : NULL,
				    k < n_cloud ? &cloud[k] : NULL);
		i += (take & TAKE_LOCAL) != 0;
		k += (take & TAKE_CLOUD) != 0;
		if (!ok(take && i <= n_local && k <= n_cloud))
			break;
	}
	return f;
}

static void
is_finding(const struct finding *f, uint64_t missing, uint64_t extra, uint64_t changed,
	   uint64_t doubled, uint64_t pending)
{
	is_int(f->n[MISSING], missing);
	is_int(f->n[EXTRA], extra);
	is_int(f->n[CHANGED], changed);
	is_int(f->n[DOUBLED], doubled);
	is_int(f->pending, pending);
}

static void
is_range(const struct range *range, int64_t from, int64_t to, uint64_t count)
{
	is_int(range->from_us, from * 1000);
	is_int(range->to_us, to * 1000);
	is_int(range->count, count);
}

TEST(the_same_rows_are_no_difference)
{
	struct row rows[10];
	struct finding f;

	fill(rows, 10);
	f = merge(ALL, rows, 10, rows, 10);
	is_finding(&f, 0, 0, 0, 0, 0);
	ok(!finding_differs(&f));
}

TEST(what_is_missing_is_named_as_ranges)
{
	struct row local[10], cloud[10];
	struct finding f;

	fill(local, 10);
	fill(cloud, 10);
	memmove(&cloud[2], &cloud[5], 5 * sizeof(cloud[0]));  /* 3, 4, 5 are gone */
	f = merge(ALL, local, 10, cloud, 6);                  /* and so is 10 */
	is_finding(&f, 4, 0, 0, 0, 0);
	is_int(f.n_ranges[MISSING], 2);
	is_range(&f.ranges[MISSING][0], 3, 5, 3);
	is_range(&f.ranges[MISSING][1], 10, 10, 1);
	ok(finding_differs(&f));
}

TEST(all_missing_is_one_range)
{
	struct row rows[10];
	struct finding f;

	fill(rows, 10);
	f = merge(ALL, rows, 10, NULL, 0);
	is_finding(&f, 10, 0, 0, 0, 0);
	is_range(&f.ranges[MISSING][0], 1, 10, 10);
}

TEST(a_row_without_receipt_is_pending_and_not_missing)
{
	struct row rows[10];
	struct finding f;

	fill(rows, 10);
	f = merge(7, rows, 10, rows, 7);
	is_finding(&f, 0, 0, 0, 0, 3);
	ok(!finding_differs(&f));
	f = merge(8, rows, 10, rows, 7);
	is_finding(&f, 1, 0, 0, 0, 2);
	is_range(&f.ranges[MISSING][0], 8, 8, 1);
	f = merge(7, rows, 10, rows, 10);  /* arrived, its receipt has not */
	is_finding(&f, 0, 0, 0, 0, 0);
}

TEST(a_row_in_quarantine_is_neither_missing_nor_pending)
{
	struct row local[5], cloud[5];
	struct finding f;

	fill(local, 5);
	cloud[0] = local[0];
	cloud[1] = local[3];
	local[1].quarantine = 1;
	local[2].quarantine = 2;
	local[3].quarantine = 1;  /* but Postgres has it */
	local[4].quarantine = 1;  /* and would be pending */
	f = merge(4, local, 5, cloud, 2);
	is_finding(&f, 0, 0, 0, 0, 0);
	is_int(f.quarantined, 2);
	is_int(f.dropped, 1);
	ok(!finding_differs(&f));
}

TEST(what_only_postgres_has_is_extra)
{
	struct row rows[10];
	struct finding f;

	fill(rows, 10);
	f = merge(ALL, rows + 1, 8, rows, 10);
	is_finding(&f, 0, 2, 0, 0, 0);
	is_int(f.n_ranges[EXTRA], 2);
	is_range(&f.ranges[EXTRA][1], 10, 10, 1);
}

TEST(a_changed_value_is_named_with_its_column)
{
	struct row local[10], cloud[10];
	struct finding f;
	unsigned i;

	fill(local, 10);
	fill(cloud, 10);
	cloud[3].reading.spo2 = 91;
	cloud[4].reading.spo2 = 92;
	f = merge(ALL, local, 10, cloud, 10);
	is_finding(&f, 0, 0, 2, 0, 0);
	is_int(f.n_ranges[CHANGED], 1);
	is_range(&f.ranges[CHANGED][0], 4, 5, 2);
	for (i = 0; digest_column(i); i++)
		is_int(f.ranges[CHANGED][0].columns >> i & 1, !strcmp(digest_column(i), "spo2"));
}

/* Even before its receipt a row that is there must be the same row. */
TEST(a_changed_row_without_receipt_is_changed)
{
	struct row local = row_at(5), cloud = row_at(5);
	struct finding f;

	cloud.reading.battery = 5;
	f = merge(0, &local, 1, &cloud, 1);
	is_finding(&f, 0, 0, 1, 0, 0);
}

TEST(a_doubled_row_is_seen_on_either_side)
{
	struct row rows[4] = {row_at(1), row_at(2), row_at(2), row_at(3)};
	struct row once[3] = {row_at(1), row_at(2), row_at(3)};
	struct row last[2] = {row_at(1), row_at(1)};
	struct finding f = merge(ALL, once, 3, rows, 4);

	is_finding(&f, 0, 0, 0, 1, 0);
	is_range(&f.ranges[DOUBLED][0], 2, 2, 1);
	f = merge(ALL, rows, 4, once, 3);
	is_finding(&f, 0, 0, 0, 1, 0);
	has_str(f.wrong, "SQLite");
	f = merge(ALL, last, 1, last, 2);
	is_finding(&f, 0, 0, 0, 1, 0);
	f = merge(ALL, NULL, 0, last, 2);
	is_finding(&f, 0, 1, 0, 1, 0);
}

TEST(rows_of_one_microsecond_are_told_apart_by_epoch_and_seq)
{
	struct row local[3] = {row_at(1), row_at(1), row_at(1)}, cloud[2];
	struct finding f;

	local[1].reading.seq = 2;
	local[2].reading.epoch = 1;
	cloud[0] = local[0];
	cloud[1] = local[2];
	f = merge(ALL, local, 3, cloud, 2);
	is_finding(&f, 1, 0, 0, 0, 0);
	f = merge(ALL, cloud, 2, local, 3);
	is_finding(&f, 0, 1, 0, 0, 0);
}

/* Memory does not grow with the damage, and a repair of the ranges covers all of it. */
TEST(many_holes_are_few_ranges_that_cover_them_all)
{
	struct row local[100], cloud[50];
	struct finding f;
	uint64_t sum = 0;
	int i;

	fill(local, 100);
	for (i = 0; i < 50; i++)
		cloud[i] = local[i * 2];
	f = merge(ALL, local, 100, cloud, 50);
	is_finding(&f, 50, 0, 0, 0, 0);
	is_int(f.n_ranges[MISSING], FINDING_RANGES);
	for (i = 0; i < FINDING_RANGES; i++)
		sum += f.ranges[MISSING][i].count;
	is_int(sum, 50);
	is_range(&f.ranges[MISSING][FINDING_RANGES - 1], 10, 100, 46);
}

/* Any damage: the counts are those of the damage. */
TEST(random_damage_is_counted_exactly)
{
	struct row local[200], cloud[400];
	uint64_t missing, extra, changed, doubled, pending;
	size_t n_local, n_cloud;
	struct finding f;
	int round, i;

	srand(2);
	for (round = 0; round < 500; round++) {
		missing = extra = changed = doubled = pending = n_local = n_cloud = 0;
		for (i = 1; i <= 200; i++) {
			struct row row = row_at(i);
			int fate = rand() % 12;

			if (fate != 1)
				local[n_local++] = row;
			if (fate != 0)
				cloud[n_cloud++] = row;
			missing += fate == 0 && i <= 150;
			pending += fate == 0 && i > 150;
			extra += fate == 1;
			if (fate == 2)
				cloud[n_cloud++] = row;
			doubled += fate == 2;
			if (fate == 3)
				cloud[n_cloud - 1].reading.phase_type = 2;
			changed += fate == 3;
		}
		f = merge(150, local, n_local, cloud, n_cloud);
		is_finding(&f, missing, extra, changed, doubled, pending);
	}
}

TEST(a_record_is_judged_by_what_sqlite_had_before_and_after)
{
	static const struct {
		const char *what;
		struct record_states s;
		int difference, pending;  /* -1: none */
		int quarantined, dropped;
	} rows[] = {
		{"the same", {5, 5, 5, 1, 0}, -1, 0, 0, 0},
		{"the same, its receipt on the way", {5, 5, 5, 0, 0}, -1, 0, 0, 0},
		{"missing", {5, -1, 5, 1, 0}, MISSING, 0, 0, 0},
		{"not sent yet", {5, -1, 5, 0, 0}, -1, 1, 0, 0},
		{"made while we looked", {-1, -1, 5, 0, 0}, -1, 1, 0, 0},
		{"made and sent while we looked", {-1, 5, 5, 0, 0}, -1, 0, 0, 0},
		{"not ours", {-1, 5, -1, 0, 0}, EXTRA, 0, 0, 0},
		{"older than its receipt says", {5, 4, 5, 1, 0}, CHANGED, 0, 0, 0},
		{"older, the change not sent yet", {5, 4, 5, 0, 0}, -1, 1, 0, 0},
		{"changed and sent while we looked", {5, 6, 6, 1, 0}, -1, 0, 0, 0},
		{"changed and not sent while we looked", {5, 5, 6, 1, 0}, -1, 1, 0, 0},
		{"held in quarantine", {5, -1, 5, 0, 1}, -1, 0, 1, 0},
		{"dropped there", {5, -1, 5, 0, 2}, -1, 0, 0, 1},
		{"an older one is there", {5, 4, 5, 0, 1}, -1, 0, 1, 0},
		{"held, and changed since", {5, -1, 6, 0, 1}, -1, 0, 1, 0},
		{"held, and it landed while we looked", {5, 5, 5, 0, 1}, -1, 0, 0, 0},
		{"newer than ours", {5, 7, 5, 1, 0}, CHANGED, 0, 0, 0},
	};
	struct finding f;
	size_t i;
	int d;

	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		memset(&f, 0, sizeof(f));
		compare_record(&f, "survey pre", &rows[i].s);
		for (d = 0; d < N_DIFFERENCES; d++)
			ok(f.n_records[d] == (d == rows[i].difference), "%s: %s", rows[i].what,
			   difference_text((enum difference)d));
		ok(f.pending_records == (uint64_t)rows[i].pending, "%s", rows[i].what);
		ok(f.quarantined == (uint64_t)rows[i].quarantined, "%s", rows[i].what);
		ok(f.dropped == (uint64_t)rows[i].dropped, "%s", rows[i].what);
		ok(finding_differs(&f) == (rows[i].difference >= 0), "%s", rows[i].what);
		if (rows[i].difference >= 0)
			is_str(f.records[0].key, "survey pre");
	}
}

TEST(only_some_records_are_named_but_all_are_counted_and_the_session_is_named)
{
	struct record_states gone = {5, -1, 5, 1, 0};
	struct finding f = {0};
	int i;

	for (i = 0; i < 100; i++)
		compare_record(&f, "event", &gone);
	is_int(f.n_records[MISSING], 100);
	is_int(f.n_record_notes, FINDING_RECORDS);
	compare_record(&f, RECORD_SESSION, &gone);
	is_int(f.n_record_notes, FINDING_RECORDS);
	is_str(f.records[FINDING_RECORDS - 1].key, RECORD_SESSION);
}

TEST(a_wrong_row_is_a_difference_and_the_first_is_told)
{
	struct finding f = {0};

	finding_wrong(&f, "epoch is NULL");
	finding_wrong(&f, "seq is NULL");
	ok(finding_differs(&f));
	is_int(f.n_wrong, 2);
	is_str(f.wrong, "epoch is NULL");
}

int
main(void)
{
	RUN(the_same_rows_are_no_difference);
	RUN(what_is_missing_is_named_as_ranges);
	RUN(all_missing_is_one_range);
	RUN(a_row_without_receipt_is_pending_and_not_missing);
	RUN(a_row_in_quarantine_is_neither_missing_nor_pending);
	RUN(what_only_postgres_has_is_extra);
	RUN(a_changed_value_is_named_with_its_column);
	RUN(a_changed_row_without_receipt_is_changed);
	RUN(a_doubled_row_is_seen_on_either_side);
	RUN(rows_of_one_microsecond_are_told_apart_by_epoch_and_seq);
	RUN(many_holes_are_few_ranges_that_cover_them_all);
	RUN(random_damage_is_counted_exactly);
	RUN(a_record_is_judged_by_what_sqlite_had_before_and_after);
	RUN(only_some_records_are_named_but_all_are_counted_and_the_session_is_named);
	RUN(a_wrong_row_is_a_difference_and_the_first_is_told);
	return test_done();
}
