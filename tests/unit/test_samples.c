#include "tests/unit/store.h"

#include "services/local-store/samples.h"

static const struct outbox_limits limits = {.rows = 10, .open_rows = 100, .in_flight = 4,
					    .wait_us = 30000000, .resend_us = 5000000};

struct bench {
	struct rig rig;
	struct outbox *outbox;
	struct samples samples;
};

static void
bench_open(struct bench *b)
{
	memset(&b->samples, 0, sizeof(b->samples));
	rig_open(&b->rig);
	b->outbox = outbox_open(b->rig.store, b->rig.sessions, "here", &limits, false, &b->rig.err);
	ok(b->outbox != NULL);
}

static void
bench_close(struct bench *b)
{
	outbox_close(&b->outbox);
	rig_close(&b->rig);
}

static void
take(struct bench *b, const struct message *m, const void *msg)
{
	ok(samples_take(&b->samples, &b->rig.life, b->outbox, m, msg, b->rig.now_us, &b->rig.err) == 0,
	   "%s", b->rig.err.text);
}

static void
settle(struct bench *b)
{
	is_int(samples_settle(&b->samples, &b->rig.life, b->outbox, b->rig.now_us, &b->rig.err), 0);
}

static void
save(struct bench *b)
{
	size_t i;

	settle(b);
	is_int(samples_save(&b->samples, b->rig.store, &b->rig.err), 0);
	is_int(store_commit(b->rig.store, &b->rig.err), 0);
	for (i = 0; i < b->samples.n_heard; i++)
		intake_told(&b->samples.heard[i]);
}

static void
resume(struct bench *b, int64_t spool, int64_t from)
{
	take(b, &msg_resume, &(struct resume){spool, from});
}

static void
sample(struct bench *b, int64_t spool, int64_t pos, const char *device, int64_t taken_us)
{
	struct sample m;

	msg_clear(&msg_sample, &m);
	m.spool = m.epoch = spool;
	m.pos = m.seq = pos;
	(void)snprintf(m.device_id, sizeof(m.device_id), "%s", device);
	m.taken_us = taken_us;
	m.spo2 = 91;
	m.data_source = DATA_SOURCE_MOCK;
	take(b, &msg_sample, &m);
}

/* The n-th value of "ring" at that pos. */
static void
sample_again(struct bench *b, int64_t spool, int64_t pos, int64_t n)
{
	struct sample m;

	msg_clear(&msg_sample, &m);
	m.spool = spool;
	m.pos = pos;
	m.epoch = 1;
	m.seq = n;
	strcpy(m.device_id, "ring");
	m.taken_us = NOW_US + n;
	m.spo2 = 91;
	m.data_source = DATA_SOURCE_MOCK;
	take(b, &msg_sample, &m);
}

TEST(each_is_stored_once_and_those_of_nobody_are_heard)
{
	struct bench b;
	struct entry *entry;

	bench_open(&b);
	entry = sessions_by_id(b.rig.sessions, rig_start(&b.rig, 1, "ring"));
	resume(&b, 7, 1);
	sample(&b, 7, 1, "ring", NOW_US + 1);
	sample(&b, 7, 1, "ring", NOW_US + 1);
	sample(&b, 7, 3, "ring", NOW_US + 3);
	sample(&b, 7, 2, "ring", NOW_US - 1);
	sample(&b, 7, 3, "other", NOW_US + 3);
	save(&b);
	is_int((int64_t)b.samples.n_stored, 1);
	is_int((int64_t)b.samples.n_seen, 1);
	is_int((int64_t)b.samples.n_holes, 1);
	is_int((int64_t)b.samples.n_outside, 2);
	is_int(b.samples.heard[0].upto, 3);
	is_int(rig_sql(&b.rig, "SELECT count(*) FROM readings"), 1);
	is_int(rig_sql(&b.rig, "SELECT upto FROM spools"), 3);
	is_int(entry->row.data_source, DATA_SOURCE_MOCK);
	is_int(entry->whole.n, 1);
	ok(entry->due, "its row has changed");
	is_int((int64_t)b.samples.n_started, 1);
	bench_close(&b);
}

TEST(after_a_failure_what_stands_on_disk_counts)
{
	struct bench b;

	bench_open(&b);
	(void)rig_start(&b.rig, 1, "ring");
	resume(&b, 7, 1);
	sample(&b, 7, 1, "ring", NOW_US + 1);
	save(&b);
	sample(&b, 7, 2, "ring", NOW_US + 2);
	store_rollback(b.rig.store);
	samples_forget(&b.samples);
	sample(&b, 7, 3, "ring", NOW_US + 3);
	ok(b.samples.heard[0].hole, "2 must come again");
	sample(&b, 7, 2, "ring", NOW_US + 2);
	sample(&b, 7, 3, "ring", NOW_US + 3);
	save(&b);
	is_int(rig_sql(&b.rig, "SELECT count(*) FROM readings"), 3);
	bench_close(&b);
}

TEST(more_spools_than_places_take_turns)
{
	struct bench b;
	int i;

	bench_open(&b);
	(void)rig_start(&b.rig, 1, "ring");
	for (i = 1; i <= SAMPLES_SPOOLS; i++) {
		resume(&b, i, 1);
		sample(&b, i, 1, "ring", NOW_US + i);
	}
	resume(&b, 1000, 1);
	is_int((int64_t)b.samples.n_holes, 1);
	ok(b.samples.heard[0].spool == 1 && b.samples.heard[0].upto == 1, "who is owed is not forgotten");
	save(&b);
	for (i = 1001; i <= 1000 + 2 * SAMPLES_SPOOLS; i++) {
		resume(&b, i, 1);
		sample(&b, i, 1, "ring", NOW_US + i);
		save(&b);
	}
	sample(&b, 1, 1, "ring", NOW_US + 1);
	sample(&b, 1, 2, "ring", NOW_US + 2);
	save(&b);
	is_int(rig_sql(&b.rig, "SELECT count(*) FROM spools WHERE upto = 1"), 3 * SAMPLES_SPOOLS - 1);
	is_int(rig_sql(&b.rig, "SELECT upto FROM spools WHERE spool = 1"), 2);
	bench_close(&b);
}

TEST(a_gap_belongs_to_the_session_it_touches_and_is_one_row)
{
	static const struct { int64_t from, to; int kept; } rows[] = {
		{-10, -5, 0}, {-10, 5, 1}, {5, 10, 1}, {9999998, 20000000, 1}, {10000000, 20000000, 0}};
	struct bench b;
	struct gap gap;
	char id[37];
	size_t i;

	bench_open(&b);
	strcpy(id, rig_start(&b.rig, 1, "ring"));
	b.rig.now_us = NOW_US + 10000000;
	rig_stop(&b.rig, id);
	outbox_close(&b.outbox);
	rig_reload(&b.rig);
	b.outbox = outbox_open(b.rig.store, b.rig.sessions, "here", &limits, false, &b.rig.err);
	resume(&b, 7, 1);
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		msg_clear(&msg_gap, &gap);
		gap.spool = 7;
		gap.epoch = 1;
		gap.pos = (int64_t)i + 1;
		gap.seq = (int64_t)i + 1;
		strcpy(gap.device_id, "ring");
		gap.from_us = NOW_US + rows[i].from;
		gap.to_us = NOW_US + rows[i].to;
		b.samples.n_gaps = 0;
		take(&b, &msg_gap, &gap);
		ok((int)b.samples.n_gaps == rows[i].kept, "row %zu", i);
	}
	gap.pos++;
	gap.seq = 2;
	gap.from_us = gap.to_us = NOW_US + 5;
	take(&b, &msg_gap, &gap);
	save(&b);
	is_int(rig_sql(&b.rig, "SELECT count(*) FROM gap"), 3);
	ok(sessions_by_id(b.rig.sessions, id)->due);
	bench_close(&b);
}

/* A power cut takes what a spool knew to be stored: the next one brings it again. */
TEST(a_step_of_the_clock_counts_once)
{
	struct bench b;
	struct entry *entry;
	struct gap gap;
	int64_t spool;

	bench_open(&b);
	entry = sessions_by_id(b.rig.sessions, rig_start(&b.rig, 1, "ring"));
	msg_clear(&msg_gap, &gap);
	gap.epoch = 7;
	gap.pos = gap.seq = 1;
	strcpy(gap.device_id, "ring");
	gap.from_us = NOW_US + 20000000;
	gap.to_us = NOW_US + 10000000;
	gap.reason = GAP_CLOCK_STEP;
	for (spool = 7; spool <= 8; spool++) {
		resume(&b, spool, 1);
		gap.spool = spool;
		take(&b, &msg_gap, &gap);
		save(&b);
	}
	is_int(entry->behind_us, 10000000);
	is_int(rig_sql(&b.rig, "SELECT count(*) FROM gap"), 1);
	bench_close(&b);
}

TEST(a_late_reading_is_counted_later)
{
	struct bench b;
	struct entry *entry;
	char id[37];

	bench_open(&b);
	strcpy(id, rig_start(&b.rig, 1, "ring"));
	b.rig.now_us = NOW_US + 10000000;
	rig_stop(&b.rig, id);
	resume(&b, 7, 1);
	sample(&b, 7, 1, "ring", NOW_US + 5);
	sample(&b, 7, 2, "ring", NOW_US + 10000000);
	save(&b);
	entry = sessions_take_stale(b.rig.sessions);
	ok(entry && !strcmp(entry->row.id, id));
	is_int(rig_sql(&b.rig, "SELECT count(*) FROM stale"), 1);
	is_int((int64_t)b.samples.n_outside, 1);
	bench_close(&b);
}

TEST(a_transaction_learns_of_so_many_sources_and_the_next_of_the_rest)
{
	struct bench b;
	char device[20];
	int i;

	bench_open(&b);
	for (i = 0; i <= SAMPLES_STARTED; i++) {
		(void)snprintf(device, sizeof(device), "ring %d", i);
		(void)rig_start(&b.rig, i, device);
	}
	resume(&b, 7, 1);
	for (i = 0; i <= SAMPLES_STARTED; i++) {
		(void)snprintf(device, sizeof(device), "ring %d", i);
		sample(&b, 7, i + 1, device, NOW_US + 100000000);
	}
	settle(&b);
	is_int((int64_t)b.samples.n_started, SAMPLES_STARTED);
	save(&b);
	b.samples.n_started = 0;
	sample(&b, 7, SAMPLES_STARTED + 2, device, NOW_US + 100000001);
	settle(&b);
	is_int((int64_t)b.samples.n_started, 1);
	bench_close(&b);
}

/* Those that are known are told from those that are new, wherever they stand in a block. */
TEST(of_many_at_once_each_is_stored_once)
{
	static const struct { int before_every, twice_every; } rows[] = {
		{1000, 1000}, {1, 1000}, {2, 1000}, {3, 1000}, {1000, 1}, {1000, 5}, {7, 3}, {64, 1000}};
	struct bench b;
	struct entry *entry;
	int i, pos, new, before;
	size_t row;

	for (row = 0; row < sizeof(rows) / sizeof(rows[0]); row++) {
		bench_open(&b);
		entry = sessions_by_id(b.rig.sessions, rig_start(&b.rig, 1, "ring"));
		for (before = 0, i = 1; i <= 200; i++)
			if (i % rows[row].before_every == 0) {
				rig_put(&b.rig, entry->row.id, NOW_US + i, i, 90);
				before++;
			}
		is_int(store_begin(b.rig.store, &b.rig.err), 0);
		resume(&b, 1, 1);
		for (pos = 0, i = 1; i <= 200; i++) {
			sample_again(&b, 1, ++pos, i);
			if (i % rows[row].twice_every == 0)
				sample_again(&b, 1, ++pos, i);
		}
		save(&b);
		new = (int)b.samples.n_stored;
		ok(new == 200 - before, "row %zu: %d new", row, new);
		ok((int)b.samples.n_seen == pos - new, "row %zu", row);
		ok(entry->whole.n == 200, "row %zu: %d counted", row, (int)entry->whole.n);
		is_int(rig_sql(&b.rig, "SELECT count(*) FROM readings"), 200);
		is_int(rig_sql(&b.rig, "SELECT max(id) FROM readings"), 200);
		bench_close(&b);
	}
}

TEST(a_transaction_may_be_larger_than_what_is_kept_for_the_outbox)
{
	static const int most = 2 * SAMPLES_ROWS + 10;
	struct outbox_counts counts;
	struct bench b;
	int i;

	bench_open(&b);
	(void)rig_start(&b.rig, 1, "ring");
	resume(&b, 1, 1);
	for (i = 1; i <= most; i++)
		sample_again(&b, 1, i, i);
	save(&b);
	is_int(rig_sql(&b.rig, "SELECT count(*) FROM readings"), most);
	is_int(samples_ship(&b.samples, b.outbox, &b.rig.err), 0);
	outbox_counts(b.outbox, &counts);
	is_int((int64_t)counts.open_rows, 0);
	sample_again(&b, 1, most + 1, most + 1);
	save(&b);
	is_int((int64_t)b.samples.n_rows, 1);
	bench_close(&b);
}

TEST(every_value_comes_back_as_it_went)
{
	static const double reals[] = {0, 1.5, NAN, 97, 100};
	struct kept rows[150];
	struct reading back;
	struct sqlite3_stmt *log;
	struct rig rig;
	int64_t id, no;
	size_t i, k;

	rig_open(&rig);
	rows[0].entry = sessions_by_id(rig.sessions, rig_start(&rig, 1, "ring"));
	for (i = 0; i < 150; i++) {
		struct reading *r = &rows[i].reading;

		rows[i].entry = rows[0].entry;
		*r = rig_reading(NOW_US + (int64_t)i, (int64_t)i + 1, reals[i % 5]);
		r->heart_rate = reals[(i + 1) % 5];
		r->perfusion_index = reals[(i + 2) % 5];
		r->motion = reals[i / 64 % 5];
		r->device_us = i % 3 ? MSG_NONE : NOW_US;
		r->signal_strength = i / 64 ? 5 : MSG_NONE;
		r->battery = i / 64 ? MSG_NONE : 5;
		r->status = i % 2 ? 1LL << 39 : MSG_NONE;
		r->invalid = (int64_t)i % 3;
		r->phase_type = (int64_t)i / 64;
		r->cycle_number = i % 7 ? (int64_t)i % 7 : MSG_NONE;
		r->altitude_level = (int64_t)i % 12;
		r->rr = i % 2 ? (int64_t)i : MSG_NONE;
	}
	is_int(store_begin(rig.store, &rig.err), 0);
	rows[100].reading.rr = 0;
	is_int(store_put_readings(rig.store, rows, 150, &rig.err), 0);
	rows[100].reading.rr = MSG_NONE;
	is_int(store_commit(rig.store, &rig.err), 0);
	log = store_log(rig.store, 0);
	for (i = 0; store_next(log, &id, &no, &back, &rig.err) > 0; i++) {
		is_int(id, rows[i].id);
		is_int(no, rows[i].entry->no);
		for (k = 0; k < (size_t)msg_reading.n_fields; k++)
			if (msg_absent(&msg_reading.fields[k], &back) !=
				    msg_absent(&msg_reading.fields[k], &rows[i].reading) ||
			    (!msg_absent(&msg_reading.fields[k], &back) &&
			     msg_int(&msg_reading.fields[k], &back) !=
				     msg_int(&msg_reading.fields[k], &rows[i].reading)))
				ok(false, "row %zu: %s", i, msg_reading.fields[k].name);
	}
	is_int((int64_t)i, 150);
	rig_close(&rig);
}

int
main(void)
{
	RUN(each_is_stored_once_and_those_of_nobody_are_heard);
	RUN(after_a_failure_what_stands_on_disk_counts);
	RUN(more_spools_than_places_take_turns);
	RUN(a_gap_belongs_to_the_session_it_touches_and_is_one_row);
	RUN(a_step_of_the_clock_counts_once);
	RUN(a_late_reading_is_counted_later);
	RUN(a_transaction_learns_of_so_many_sources_and_the_next_of_the_rest);
	RUN(of_many_at_once_each_is_stored_once);
	RUN(a_transaction_may_be_larger_than_what_is_kept_for_the_outbox);
	RUN(every_value_comes_back_as_it_went);
	return test_done();
}
