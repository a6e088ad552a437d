/*
 * out_sqlite: a file that an earlier version wrote is opened, keeps what it has, and takes what came
 * later.
 */
#include "tests/unit/store.h"

static int64_t
put(struct rig *rig, const struct reading *r)
{
	struct entry entry = {.no = 1};
	struct kept row = {.entry = &entry, .reading = *r};

	is_int(store_put_readings(rig->store, &row, 1, &rig->err), 0);
	return row.id;
}

TEST(a_file_from_before_intervals_were_kept_gains_their_column)
{
	struct reading r;
	struct rig rig;
	struct sqlite3_stmt *query;
	int64_t id, no;

	rig_open(&rig);
	msg_clear(&msg_reading, &r);
	r.taken_us = NOW_US;
	r.epoch = r.seq = 1;
	ok(put(&rig, &r) > 0, "%s", rig.err.text);
	store_close(&rig.store);
	(void)rig_sql(&rig, "ALTER TABLE readings DROP COLUMN rr");
	rig_reload(&rig);
	r.seq = 2;
	r.rr = 812 | 813 << 16;
	ok(put(&rig, &r) > 0, "%s", rig.err.text);
	r.seq = 3;
	r.rr = 0;
	ok(put(&rig, &r) > 0, "%s", rig.err.text);
	is_int(rig_sql(&rig, "SELECT count(*) FROM readings"), 3);
	is_int(rig_sql(&rig, "SELECT count(*) FROM readings WHERE rr IS NULL"), 2);
	is_int(rig_sql(&rig, "SELECT rr FROM readings WHERE seq = 2"), 812 | 813 << 16);
	query = store_log(rig.store, 0);
	while (store_next(query, &id, &no, &r, &rig.err) > 0)
		is_int(r.rr, r.seq == 2 ? 812 | 813 << 16 : MSG_NONE);
	rig_reload(&rig);
	is_int(rig_sql(&rig, "SELECT count(*) FROM readings"), 3);
	rig_close(&rig);
}

int
main(void)
{
	RUN(a_file_from_before_intervals_were_kept_gains_their_column);
	return test_done();
}
