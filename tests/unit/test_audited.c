#include <stdlib.h>

#include "services/dedupe-auditor/audit.h"
#include "tests/unit/test.h"

static void
add_rows(struct digest *digest, int64_t from, int64_t to)
{
	struct row row = {.is_valid = 1};

	msg_clear(&msg_reading, &row.reading);
	for (row.reading.seq = from; row.reading.seq <= to; row.reading.seq++)
		digest_add(digest, &row);
}

/* SQLite has rows 1 ... 10, receipts up to `settled`; Postgres has 1 ... cloud. */
static struct audited
session(uint64_t settled, int64_t cloud)
{
	struct audited a = {.no = 1, .n_settled = settled};

	add_rows(&a.local, 1, 10);
	add_rows(&a.local_then, 1, cloud);
	add_rows(&a.cloud, 1, cloud);
	return a;
}

TEST(the_same_digests_are_equal)
{
	struct audited a = session(10, 10);

	ok(audited_digests_agree(&a));
	is_int(audited_verdict(&a), EQUAL);
}

TEST(the_first_rows_of_sqlite_and_all_with_receipt_are_pending)
{
	struct audited a = session(6, 8);

	ok(audited_digests_agree(&a));
	is_int(audited_verdict(&a), PENDING);
	is_int(audited_pending(&a), 2);
	a = session(8, 8);
	ok(audited_digests_agree(&a));
	a = session(9, 8);
	ok(!audited_digests_agree(&a), "one with receipt is not there");
}

TEST(its_span_is_of_all_that_was_seen)
{
	struct audited a = {.no = 1};

	audited_span(&a, 40, 50);
	is_int(a.from_us, 40);
	is_int(a.to_us, 50);
	audited_span(&a, 30, 45);
	audited_span(&a, 45, 60);
	is_int(a.from_us, 30);
	is_int(a.to_us, 60);
}

TEST(a_session_with_rows_in_quarantine_is_looked_at_closely_and_is_not_equal)
{
	struct audited a = {.no = 1, .n_quarantined = 1};

	ok(!audited_digests_agree(&a));
	audited_finding(&a)->quarantined = 1;
	is_int(audited_verdict(&a), QUARANTINED);
	a.finding->pending = 1;
	is_int(audited_verdict(&a), QUARANTINED);
	a.finding->n[MISSING] = 1;
	is_int(audited_verdict(&a), DIFFERENT);
	a.finding->n[MISSING] = a.finding->pending = a.finding->quarantined = 0;
	a.finding->dropped = 1;
	is_int(audited_verdict(&a), EQUAL);
	free(a.finding);
}

TEST(as_many_rows_but_others_do_not_agree)
{
	struct audited a = session(10, 10);

	memset(&a.cloud, 0, sizeof(a.cloud));
	add_rows(&a.cloud, 2, 11);
	ok(!audited_digests_agree(&a));
}

TEST(a_session_that_sqlite_lacks_does_not_agree)
{
	struct audited a = {0};

	ok(!audited_digests_agree(&a));
}

TEST(records_agree_with_or_without_those_on_their_way)
{
	struct audited a = session(10, 10);

	digest_add_record(&a.local_records, "session", 7, 5);
	digest_add_record(&a.local_records, "progression", 11, 6);
	digest_add_record(&a.settled_records, "session", 7, 5);
	ok(!audited_digests_agree(&a));
	digest_add_record(&a.cloud_records, "session", 7, 5);
	ok(audited_digests_agree(&a));
	is_int(audited_verdict(&a), PENDING);
	digest_add_record(&a.cloud_records, "progression", 11, 6);
	ok(audited_digests_agree(&a));
	is_int(audited_verdict(&a), EQUAL);
	digest_add_record(&a.cloud_records, "progression", 11, 6);
	ok(!audited_digests_agree(&a));
}

TEST(sessions_are_found_by_id_and_by_number)
{
	struct list list = {0};
	uint8_t id[16] = {0};
	int i;

	ok(!list_find(&list, id));
	ok(!list_find_no(&list, 1));
	for (i = 1; i <= 200; i++) {
		id[3] = (uint8_t)(i * 37);
		id[9] = (uint8_t)i;
		list_add(&list, id)->no = i % 2 ? 1000 - i : 0;
	}
	list_sort(&list);
	for (i = 1; i <= 200; i++) {
		id[3] = (uint8_t)(i * 37);
		id[9] = (uint8_t)i;
		ok(list_find(&list, id) && list_find(&list, id)->id[9] == i, "%d", i);
		ok(!list_find_no(&list, 1000 - i) == !(i % 2), "%d", i);
	}
	ok(!list_find_no(&list, 0), "0 is no number");
	id[0] = 1;
	ok(!list_find(&list, id));
	list_clear(&list);
}

static struct finding *
new_session(struct audit *audit, uint8_t n, int64_t no)
{
	uint8_t id[16] = {n};
	struct audited *a = list_add(&audit->sessions, id);

	a->no = no;
	return audited_finding(a);
}

TEST(only_what_is_missing_or_old_is_repaired)
{
	struct audit audit = {0};
	struct repairs at = {0, 0};
	struct repair repair;
	struct finding *f;

	(void)new_session(&audit, 1, 1);
	f = new_session(&audit, 2, 2);
	f->n_ranges[MISSING] = 2;
	f->ranges[MISSING][0] = (struct range){.from_us = 5, .to_us = 7, .count = 2};
	f->ranges[MISSING][1] = (struct range){.from_us = 9, .to_us = 9, .count = 1};
	f->n_records[MISSING] = 1;  /* comes with the readings */
	f = new_session(&audit, 3, 3);
	f->n_ranges[EXTRA] = f->n_ranges[CHANGED] = f->n_ranges[DOUBLED] = 1;
	f->n_records[EXTRA] = 1;
	f = new_session(&audit, 4, 4);
	f->n_records[CHANGED] = 1;
	f = new_session(&audit, 5, 0);  /* only in Postgres */
	f->n_records[MISSING] = 1;

	is_int(audit_next_repair(&audit, &at, &repair), 1);
	is_str(repair.session_id, "02000000-0000-0000-0000-000000000000");
	is_int(repair.from_us, 5);
	is_int(repair.to_us, 7);
	is_int(audit_next_repair(&audit, &at, &repair), 1);
	is_int(repair.from_us, 9);
	is_int(audit_next_repair(&audit, &at, &repair), 1);
	is_str(repair.session_id, "04000000-0000-0000-0000-000000000000");
	is_int(repair.from_us, 0);
	is_int(repair.to_us, 0);
	is_int(audit_next_repair(&audit, &at, &repair), 0);
	audit_clear(&audit);
}

TEST(a_row_that_is_nobodys_is_a_difference)
{
	struct audit audit = {.n_wrong = 1};

	ok(audit_differs(&audit));
	audit_clear(&audit);
	ok(!audit_differs(&audit));
}

int
main(void)
{
	RUN(the_same_digests_are_equal);
	RUN(the_first_rows_of_sqlite_and_all_with_receipt_are_pending);
	RUN(its_span_is_of_all_that_was_seen);
	RUN(a_session_with_rows_in_quarantine_is_looked_at_closely_and_is_not_equal);
	RUN(as_many_rows_but_others_do_not_agree);
	RUN(a_session_that_sqlite_lacks_does_not_agree);
	RUN(records_agree_with_or_without_those_on_their_way);
	RUN(sessions_are_found_by_id_and_by_number);
	RUN(only_what_is_missing_or_old_is_repaired);
	RUN(a_row_that_is_nobodys_is_a_difference);
	return test_done();
}
