#include "tests/unit/store.h"

#include "proto/columns.h"
#include "proto/records.h"
#include "services/local-store/outbox/outbox.h"

#define S 1000000LL
#define T (1000 * S)  /* when a test begins */

static const struct outbox_limits limits = {.rows = 10, .open_rows = 100, .in_flight = 4,
					    .wait_us = 30 * S, .resend_us = 5 * S};

static struct outbox *
open_outbox(struct rig *rig, const struct outbox_limits *with)
{
	struct outbox *o = outbox_open(rig->store, rig->sessions, "here", with, false, &rig->err);

	ok(o != NULL, "%s", rig->err.text);
	return o;
}

static void
put_rows(struct rig *rig, struct outbox *o, const char *session, int from, int to)
{
	int i;

	for (i = from; i <= to; i++)
		rig_put(rig, session, NOW_US + i * S, i, 90);
	if (o)
		outbox_head(o, store_last_reading(rig->store));
}

/* Works and hands over the next bundle as sent; NULL when there is none. */
static const struct bundle *
next_bundle(struct rig *rig, struct outbox *o, int64_t now)
{
	const struct message *message;
	const struct bundle *b;

	ok(outbox_work(o, now, &rig->err) >= 0, "%s", rig->err.text);
	b = outbox_next(o, now, &message);
	if (b)
		outbox_sent(o, now);
	return b;
}

static struct receipt
receipt_for(const struct bundle *b, int64_t outcome)
{
	struct receipt r;

	msg_clear(&msg_receipt, &r);
	strcpy(r.id, b->id);
	strcpy(r.session_id, b->session_id);
	r.outcome = outcome;
	r.added = b->readings;
	return r;
}

static void
give_receipt(struct rig *rig, struct outbox *o, const struct receipt *r, int64_t now, int known)
{
	struct entry *entry;

	is_int(store_begin(rig->store, &rig->err), 0);
	is_int(outbox_receipt(o, r, now, &entry, &rig->err), known);
	is_int(outbox_save(o, &rig->err), 0);
	is_int(store_commit(rig->store, &rig->err), 0);
}

/* The session's own row goes first; take it out of the way. */
static void
settle_session(struct rig *rig, struct outbox *o)
{
	const struct bundle *b = next_bundle(rig, o, T);
	struct receipt r;

	if (!ok(b != NULL))
		return;
	is_int(b->readings, 0);
	r = receipt_for(b, OUTCOME_APPLIED);
	give_receipt(rig, o, &r, T, 1);
}

TEST(a_changed_session_goes_at_once_and_first)
{
	struct rig rig;
	struct outbox *o;
	const struct bundle *b;
	struct records in;
	const struct message *m;
	char id[37], record[RECORDS_MAX];

	rig_open(&rig);
	strcpy(id, rig_start(&rig, 1, "ring"));
	o = open_outbox(&rig, &limits);
	put_rows(&rig, o, id, 1, 10);
	b = next_bundle(&rig, o, T);
	ok(b != NULL);
	is_int(b->readings, 0);
	in = (struct records){b->records.bytes, b->records.bytes + b->records.len};
	is_int(records_next(&in, &m, record, &rig.err), 1);
	ok(m == &msg_session);
	is_str(((struct session *)record)->id, id);
	b = next_bundle(&rig, o, T);
	is_int(b->readings, 10);
	outbox_close(&o);
	rig_close(&rig);
}

TEST(a_bundle_leaves_when_full_or_when_it_has_waited)
{
	struct rig rig;
	struct outbox *o;
	struct reading rows[10];
	const struct bundle *b;
	struct receipt r;
	char id[37];
	size_t n;

	rig_open(&rig);
	strcpy(id, rig_start(&rig, 1, "ring"));
	o = open_outbox(&rig, &limits);
	settle_session(&rig, o);
	put_rows(&rig, o, id, 1, 9);
	ok(!next_bundle(&rig, o, T), "nine of ten, and no time has passed");
	is_int(outbox_wake_us(o, T), T + 30 * S);
	put_rows(&rig, o, id, 10, 13);
	b = next_bundle(&rig, o, T + 1 * S);
	ok(b && b->readings == 10 && b->fresh == 1);
	is_int(columns_unpack(&msg_reading, b->columns.bytes, b->columns.len, rows, 10, &n, &rig.err), 0);
	is_int((int64_t)n, 10);
	is_int(rows[9].seq, 10);
	r = receipt_for(b, OUTCOME_APPLIED);
	give_receipt(&rig, o, &r, T + 1 * S, 1);
	ok(!next_bundle(&rig, o, T + 30 * S));
	b = next_bundle(&rig, o, T + 31 * S);
	ok(b && b->readings == 3);
	outbox_close(&o);
	rig_close(&rig);
}

TEST(after_a_long_time_changes_go_first_and_the_newest_of_them)
{
	struct rig rig;
	struct outbox *o;
	const struct bundle *b;
	char ids[30][37], device[20];
	int i, sent;

	rig_open(&rig);
	for (i = 0; i < 30; i++) {  /* more than one page of them */
		(void)snprintf(device, sizeof(device), "ring%d", i);
		strcpy(ids[i], rig_start(&rig, i + 1, device));
		put_rows(&rig, NULL, ids[i], 1, 20);
	}
	rig_reload(&rig);
	o = open_outbox(&rig, &limits);
	for (sent = 0; sent < 30; sent++) {
		struct receipt r;

		if (!ok((b = next_bundle(&rig, o, T)) != NULL))
			break;
		is_int(b->readings, 0);
		is_str(b->session_id, ids[29 - sent]);
		r = receipt_for(b, OUTCOME_APPLIED);
		give_receipt(&rig, o, &r, T, 1);
	}
	b = next_bundle(&rig, o, T);
	ok(b && b->readings == 10, "then readings");
	/* and what changes now goes before the readings that wait */
	rig_stop(&rig, ids[3]);
	rig_stop(&rig, ids[7]);
	outbox_due(o, store_load_id(rig.store, rig.sessions, ids[3], &rig.err));
	outbox_due(o, store_load_id(rig.store, rig.sessions, ids[7], &rig.err));
	b = next_bundle(&rig, o, T);
	is_str(b->session_id, ids[7]);
	b = next_bundle(&rig, o, T);
	is_str(b->session_id, ids[3]);
	outbox_close(&o);
	rig_close(&rig);
}

TEST(so_many_readings_a_second_and_no_more_leave_and_changes_do_not_wait)
{
	struct outbox_limits few = limits;
	struct outbox_counts counts;
	struct rig rig;
	struct outbox *o;
	const struct bundle *b;
	char id[37];

	few.rows_per_s = 10;
	rig_open(&rig);
	strcpy(id, rig_start(&rig, 1, "ring"));
	o = open_outbox(&rig, &few);
	settle_session(&rig, o);
	put_rows(&rig, o, id, 1, 40);
	b = next_bundle(&rig, o, T);
	ok(b && b->readings == 10, "one second's worth");
	ok(!next_bundle(&rig, o, T), "no more of them now");
	outbox_counts(o, &counts);
	ok(counts.limited);
	is_int(outbox_wake_us(o, T), T + 1);
	b = next_bundle(&rig, o, T + 1);
	ok(b && b->readings == 10);
	ok(!next_bundle(&rig, o, T + S));
	is_int(outbox_wake_us(o, T + S), T + S + 1);
	rig_stop(&rig, id);
	outbox_due(o, store_load_id(rig.store, rig.sessions, id, &rig.err));
	b = next_bundle(&rig, o, T + 1);
	ok(b && b->readings == 0, "the session's end does not wait");
	outbox_close(&o);
	rig_close(&rig);
}

TEST(so_many_bytes_a_second_and_no_more_leave)
{
	struct outbox_limits few = limits;
	struct outbox_counts counts;
	struct rig rig;
	struct outbox *o;
	char id[37];
	int64_t wake;

	few.bytes_per_s = 100;
	rig_open(&rig);
	strcpy(id, rig_start(&rig, 1, "ring"));
	o = open_outbox(&rig, &few);
	settle_session(&rig, o);
	outbox_counts(o, &counts);
	wake = T + (int64_t)counts.n_bytes * S / 100 + S;  /* the session's own bundle has been paid for by then */
	put_rows(&rig, o, id, 1, 40);
	ok(next_bundle(&rig, o, wake) != NULL);
	ok(!next_bundle(&rig, o, wake), "it was more than a second's worth");
	outbox_counts(o, &counts);
	ok(counts.limited);
	ok(outbox_wake_us(o, wake) > wake);
	ok(next_bundle(&rig, o, outbox_wake_us(o, wake)) != NULL, "it leaves when its time has come");
	outbox_close(&o);
	rig_close(&rig);
}

TEST(without_receipt_it_goes_again_and_is_no_longer_fresh)
{
	struct rig rig;
	struct outbox *o;
	const struct bundle *b;
	char id[37], bundle_id[37];

	rig_open(&rig);
	strcpy(id, rig_start(&rig, 1, "ring"));
	o = open_outbox(&rig, &limits);
	settle_session(&rig, o);
	put_rows(&rig, o, id, 1, 10);
	b = next_bundle(&rig, o, T);
	ok(b && b->fresh == 1);
	strcpy(bundle_id, b->id);
	ok(!next_bundle(&rig, o, T + 4 * S));
	b = next_bundle(&rig, o, T + 5 * S);
	ok(b != NULL);
	is_str(b->id, bundle_id);
	is_int(b->fresh, 0);
	outbox_close(&o);
	rig_close(&rig);
}

TEST(what_is_in_flight_goes_again_to_a_worker_that_was_not_there_before)
{
	struct hello first = {.instance = 1, .started_us = 1000}, other = {.instance = 2, .started_us = 1000},
		     next = {.instance = 1, .started_us = 2000};
	struct rig rig;
	struct outbox *o;
	const struct bundle *b;
	struct outbox_counts counts;
	char id[37], sent[37];

	rig_open(&rig);
	strcpy(id, rig_start(&rig, 1, "ring"));
	o = open_outbox(&rig, &limits);
	settle_session(&rig, o);
	outbox_hello(o, &first);
	put_rows(&rig, o, id, 1, 10);
	b = next_bundle(&rig, o, T);
	strcpy(sent, b->id);
	outbox_hello(o, &first);
	ok(!next_bundle(&rig, o, T), "it has only joined again");
	outbox_hello(o, &next);
	b = next_bundle(&rig, o, T);
	ok(b && b->readings == 10);
	is_str(b->id, sent);
	is_int(b->fresh, 0);
	ok(!next_bundle(&rig, o, T), "once");
	outbox_hello(o, &other);
	b = next_bundle(&rig, o, T);
	ok(b && !strcmp(b->id, sent), "nobody knows which of them has it");
	outbox_counts(o, &counts);
	is_int((int64_t)counts.n_resent, 2);
	ok(!next_bundle(&rig, o, T + 4 * S));
	ok(next_bundle(&rig, o, T + 5 * S) != NULL, "the clock goes on from when it was last sent");
	outbox_close(&o);
	rig_close(&rig);
}

TEST(progress_never_jumps_over_a_bundle_without_receipt)
{
	struct rig rig;
	struct outbox *o;
	struct receipt first, second;
	struct entry *entry;
	char id[37];

	rig_open(&rig);
	strcpy(id, rig_start(&rig, 1, "ring"));
	o = open_outbox(&rig, &limits);
	settle_session(&rig, o);
	put_rows(&rig, o, id, 1, 20);
	first = receipt_for(next_bundle(&rig, o, T), OUTCOME_APPLIED);
	second = receipt_for(next_bundle(&rig, o, T), OUTCOME_APPLIED);
	entry = sessions_by_id(rig.sessions, id);
	give_receipt(&rig, o, &second, T, 1);
	is_int(entry->synced, 0);
	give_receipt(&rig, o, &second, T, 0);
	give_receipt(&rig, o, &first, T, 1);
	is_int(entry->synced, 20);
	give_receipt(&rig, o, &first, T, 0);
	outbox_close(&o);
	rig_close(&rig);
}

TEST(a_restart_sends_what_has_no_receipt_and_nothing_else)
{
	struct rig rig;
	struct outbox *o;
	const struct bundle *b;
	struct receipt first;
	struct reading rows[10];
	char id[37];
	size_t n;

	rig_open(&rig);
	strcpy(id, rig_start(&rig, 1, "ring"));
	o = open_outbox(&rig, &limits);
	settle_session(&rig, o);
	put_rows(&rig, o, id, 1, 20);
	first = receipt_for(next_bundle(&rig, o, T), OUTCOME_APPLIED);
	(void)next_bundle(&rig, o, T);
	give_receipt(&rig, o, &first, T, 1);
	outbox_close(&o);
	rig_reload(&rig);
	o = open_outbox(&rig, &limits);
	b = next_bundle(&rig, o, T);
	ok(b && b->readings == 10);
	is_int(b->fresh, 0);
	is_int(columns_unpack(&msg_reading, b->columns.bytes, b->columns.len, rows, 10, &n, &rig.err), 0);
	is_int(rows[0].seq, 11);
	ok(!next_bundle(&rig, o, T));
	outbox_close(&o);
	rig_close(&rig);
}

TEST(what_is_gathered_and_in_flight_is_bounded)
{
	struct rig rig;
	struct outbox *o;
	struct outbox_counts counts;
	char id[37];
	int sent;

	rig_open(&rig);
	strcpy(id, rig_start(&rig, 1, "ring"));
	o = open_outbox(&rig, &limits);
	settle_session(&rig, o);
	put_rows(&rig, o, id, 1, 100);
	for (sent = 0; next_bundle(&rig, o, T); sent++)
		;
	is_int(sent, 4);
	outbox_counts(o, &counts);
	is_int((int64_t)counts.in_flight, 4);
	is_int(counts.pending, 100);
	outbox_close(&o);
	rig_close(&rig);
}

TEST(an_ended_session_does_not_wait)
{
	struct rig rig;
	struct outbox *o;
	const struct bundle *b;
	struct session_stop stop;
	char id[37];

	rig_open(&rig);
	strcpy(id, rig_start(&rig, 1, "ring"));
	o = open_outbox(&rig, &limits);
	settle_session(&rig, o);
	put_rows(&rig, o, id, 1, 3);
	ok(!next_bundle(&rig, o, T));
	msg_clear(&msg_session_stop, &stop);
	ids_random(stop.request_id);
	strcpy(stop.session_id, id);
	rig.now_us += 60 * S;
	(void)rig_apply(&rig, &msg_session_stop, &stop);
	outbox_due(o, sessions_by_id(rig.sessions, id));
	b = next_bundle(&rig, o, T);
	ok(b && b->readings == 3);
	outbox_close(&o);
	rig_close(&rig);
}

TEST(a_refused_session_waits_and_starts_again_while_others_go_on)
{
	struct rig rig;
	struct outbox *o;
	const struct bundle *b;
	struct receipt r;
	char bad[37], good[37];

	rig_open(&rig);
	strcpy(bad, rig_start(&rig, 1, "ring"));
	strcpy(good, rig_start(&rig, 2, "other"));
	o = open_outbox(&rig, &limits);
	settle_session(&rig, o);
	settle_session(&rig, o);
	put_rows(&rig, o, bad, 1, 10);
	b = next_bundle(&rig, o, T);
	r = receipt_for(b, OUTCOME_REFUSED);
	give_receipt(&rig, o, &r, T, 1);
	put_rows(&rig, o, good, 1, 10);
	b = next_bundle(&rig, o, T + 1 * S);
	ok(b && b->readings == 10);
	is_str(b->session_id, good);
	r = receipt_for(b, OUTCOME_APPLIED);
	give_receipt(&rig, o, &r, T + 1 * S, 1);
	ok(!next_bundle(&rig, o, T + 59 * S), "the refused one waits a minute");
	while ((b = next_bundle(&rig, o, T + 61 * S)) && !b->readings)
		;
	ok(b && b->readings == 10);
	is_str(b->session_id, bad);
	outbox_close(&o);
	rig_close(&rig);
}

TEST(a_repair_sends_the_span_again)
{
	struct rig rig;
	struct outbox *o;
	const struct bundle *b;
	struct reading rows[10];
	struct receipt r;
	char id[37];
	size_t n;

	rig_open(&rig);
	strcpy(id, rig_start(&rig, 1, "ring"));
	o = open_outbox(&rig, &limits);
	settle_session(&rig, o);
	put_rows(&rig, o, id, 1, 10);
	r = receipt_for(next_bundle(&rig, o, T), OUTCOME_APPLIED);
	give_receipt(&rig, o, &r, T, 1);
	is_int(outbox_repair(o, sessions_by_id(rig.sessions, id), NOW_US + 3 * S, NOW_US + 5 * S,
			     &rig.err), 0);
	b = next_bundle(&rig, o, T);
	ok(b && b->readings == 3 && !b->fresh);
	is_int(columns_unpack(&msg_reading, b->columns.bytes, b->columns.len, rows, 10, &n, &rig.err), 0);
	is_int(rows[0].seq, 3);
	is_int(rows[2].seq, 5);
	ok(!next_bundle(&rig, o, T));
	outbox_close(&o);
	rig_close(&rig);
}

/* A survey of that cycle, as a command. */
static void
put_survey(struct rig *rig, const char *session, int cycle)
{
	struct survey m;

	msg_clear(&msg_survey, &m);
	ids_random(m.request_id);
	(void)snprintf(m.session_id, sizeof(m.session_id), "%s", session);
	m.kind = SURVEY_INTRA;
	m.phase_number = cycle;
	m.clarity = 3;
	ok(rig_apply(rig, &msg_survey, &m).ok);
}

static int
count_records(const struct bundle *b, const struct message *wanted)
{
	struct records in = {b->records.bytes, b->records.bytes + b->records.len};
	const struct message *m;
	char record[RECORDS_MAX];
	struct err err;
	int n = 0;

	while (records_next(&in, &m, record, &err) > 0)
		n += m == wanted;
	return n;
}

/* Receipts for all there is; how many bundles it was, and their readings. */
static int
send_all(struct rig *rig, struct outbox *o, int64_t now, int64_t *readings)
{
	const struct bundle *b;
	struct receipt r;
	int n;

	for (n = 0, *readings = 0; n < 1000 && (b = next_bundle(rig, o, now)); n++) {
		*readings += b->readings;
		r = receipt_for(b, OUTCOME_APPLIED);
		give_receipt(rig, o, &r, now, 1);
	}
	return n;
}

TEST(all_that_an_earlier_run_has_left_goes)
{
	struct rig rig;
	struct outbox *o;
	char device[20];
	int64_t readings;
	int i, sent;

	rig_open(&rig);
	for (i = 0; i < 40; i++) {
		(void)snprintf(device, sizeof(device), "ring %d", i);
		(void)rig_start(&rig, i, device);
	}
	rig_reload(&rig);
	o = open_outbox(&rig, &limits);
	for (sent = 0; sent < 100 && next_bundle(&rig, o, T); sent++)
		;
	is_int(sent, 4 + 16);
	outbox_close(&o);
	rig_reload(&rig);
	o = open_outbox(&rig, &limits);
	is_int(send_all(&rig, o, T, &readings), 40);
	is_int(rig_sql(&rig, "SELECT count(*) FROM session WHERE synced_hlc < hlc"), 0);
	outbox_close(&o);
	rig_close(&rig);
}

TEST(more_records_than_a_bundle_holds_wait_for_its_receipt)
{
	struct rig rig;
	struct outbox *o;
	const struct bundle *b;
	struct receipt r;
	struct event e;
	char id[37];
	int i;

	rig_open(&rig);
	strcpy(id, rig_start(&rig, 1, "ring"));
	msg_clear(&msg_event, &e);
	strcpy(e.session_id, id);
	e.event_type = EVENT_MASK_LIFT;
	for (i = 0; i < 201; i++) {
		ids_random(e.request_id);
		ok(rig_apply(&rig, &msg_event, &e).ok);
	}
	o = open_outbox(&rig, &limits);
	b = next_bundle(&rig, o, T);
	is_int(count_records(b, &msg_event), 200);
	r = receipt_for(b, OUTCOME_APPLIED);
	ok(!next_bundle(&rig, o, T), "the same 200 need not go twice");
	give_receipt(&rig, o, &r, T, 1);
	b = next_bundle(&rig, o, T);
	ok(b && count_records(b, &msg_event) == 1);
	ok(!next_bundle(&rig, o, T));
	outbox_close(&o);
	rig_close(&rig);
}

TEST(a_damaged_row_does_not_hold_the_others)
{
	static const struct { const char *sql; int readings, surveys; } rows[] = {
		{"UPDATE session SET status = 'odd' WHERE device_id = 'bad'", 10, 0},
		{"UPDATE survey SET clarity = 99 WHERE phase_number = 1", 20, 1},
		{"UPDATE survey SET sensations = '' WHERE phase_number = 2", 20, 1},
		{"UPDATE readings SET seq = 0 WHERE id = 3", 10, 0},
		{"UPDATE readings SET spo2 = 9e9 WHERE id = 3", 10, 0},
	};
	struct rig rig;
	struct outbox *o;
	const struct bundle *b;
	struct receipt r;
	int64_t readings;
	char bad[37], good[37];
	int surveys;
	size_t i;

	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		rig_open(&rig);
		strcpy(bad, rig_start(&rig, 1, "bad"));
		strcpy(good, rig_start(&rig, 2, "good"));
		put_rows(&rig, NULL, bad, 1, 10);
		put_rows(&rig, NULL, good, 1, 10);
		put_survey(&rig, bad, 1);
		put_survey(&rig, bad, 2);
		rig_stop(&rig, bad);
		(void)rig_sql(&rig, rows[i].sql);
		rig_reload(&rig);
		o = open_outbox(&rig, &limits);
		for (readings = surveys = 0; (b = next_bundle(&rig, o, T));) {
			readings += b->readings;
			if (!strcmp(b->session_id, bad) && !surveys)
				surveys = count_records(b, &msg_survey);
			r = receipt_for(b, OUTCOME_APPLIED);
			give_receipt(&rig, o, &r, T, 1);
		}
		ok(readings == rows[i].readings, "row %zu: %lld readings", i, (long long)readings);
		ok(surveys == rows[i].surveys, "row %zu: %d surveys", i, surveys);
		outbox_close(&o);
		rig_close(&rig);
	}
}

TEST(a_store_that_cannot_be_read_loses_no_reading)
{
	struct rig rig;
	struct outbox *o;
	int64_t readings;
	char id[37];

	rig_open(&rig);
	strcpy(id, rig_start(&rig, 1, "ring"));
	put_rows(&rig, NULL, id, 1, 10);
	rig_stop(&rig, id);
	rig_reload(&rig);
	o = open_outbox(&rig, &limits);
	(void)rig_sql(&rig, "ALTER TABLE session RENAME gateway TO gone");
	is_int(outbox_work(o, T, &rig.err), -1);
	(void)rig_sql(&rig, "ALTER TABLE session RENAME gone TO gateway");
	outbox_close(&o);
	rig_reload(&rig);
	o = open_outbox(&rig, &limits);
	(void)send_all(&rig, o, T, &readings);
	is_int(readings, 10);
	outbox_close(&o);
	rig_close(&rig);
}

TEST(a_repair_sends_all_that_was_taken_at_one_time)
{
	static const struct { int before, same, after; } rows[] = {
		{0, 25, 0}, {5, 25, 3}, {5, 15, 0}, {9, 2, 1}, {10, 10, 1}, {0, 30, 1}};
	struct rig rig;
	struct outbox *o;
	int64_t readings, t;
	char id[37];
	size_t i;
	int k, n;

	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		rig_open(&rig);
		strcpy(id, rig_start(&rig, 1, "ring"));
		o = open_outbox(&rig, &limits);
		settle_session(&rig, o);
		n = rows[i].before + rows[i].same + rows[i].after;
		for (k = 1; k <= n; k++) {
			t = NOW_US + (k <= rows[i].before ? k : k <= n - rows[i].after ? 100 : k + 100) * S;
			rig_put(&rig, id, t, k, 90);
		}
		outbox_head(o, store_last_reading(rig.store));
		(void)send_all(&rig, o, T, &readings);
		(void)send_all(&rig, o, T + 30 * S, &readings);
		is_int(sessions_by_id(rig.sessions, id)->synced, n);
		is_int(outbox_repair(o, sessions_by_id(rig.sessions, id), 0, MSG_TIME_MAX, &rig.err), 0);
		is_int(outbox_repair(o, sessions_by_id(rig.sessions, id), 0, MSG_TIME_MAX, &rig.err), 0);
		(void)send_all(&rig, o, T + 31 * S, &readings);
		ok(readings == n, "row %zu: %lld of %d", i, (long long)readings, n);
		outbox_close(&o);
		rig_close(&rig);
	}
}

TEST(only_what_never_went_is_fresh)
{
	struct rig rig;
	struct outbox *o;
	const struct bundle *b;
	struct receipt r;
	char id[37];

	rig_open(&rig);
	strcpy(id, rig_start(&rig, 1, "ring"));
	o = open_outbox(&rig, &limits);
	settle_session(&rig, o);
	put_rows(&rig, o, id, 1, 20);
	b = next_bundle(&rig, o, T);
	ok(b && b->fresh);
	r = receipt_for(b, OUTCOME_REFUSED);
	(void)next_bundle(&rig, o, T);
	give_receipt(&rig, o, &r, T, 1);
	while ((b = next_bundle(&rig, o, T + 61 * S)) && !b->readings)
		;
	ok(b && b->readings == 10 && !b->fresh, "a worker may still have the one that followed");
	outbox_close(&o);
	rig_close(&rig);
}

TEST(what_a_repair_took_along_is_not_fresh_either)
{
	struct rig rig;
	struct outbox *o;
	const struct bundle *b;
	char id[37];

	rig_open(&rig);
	strcpy(id, rig_start(&rig, 1, "ring"));
	o = open_outbox(&rig, &limits);
	settle_session(&rig, o);
	put_rows(&rig, o, id, 1, 5);
	is_int(outbox_repair(o, sessions_by_id(rig.sessions, id), 0, MSG_TIME_MAX, &rig.err), 0);
	b = next_bundle(&rig, o, T);
	ok(b && b->readings == 5 && !b->fresh);
	put_rows(&rig, o, id, 6, 10);
	b = next_bundle(&rig, o, T);
	ok(b && b->readings == 10 && !b->fresh);
	outbox_close(&o);
	rig_close(&rig);
}

TEST(completed_is_said_when_the_last_of_it_is_there)
{
	static const struct outbox_limits one = {.rows = 10, .open_rows = 100, .in_flight = 1,
						 .wait_us = 30 * S, .resend_us = 5 * S};
	struct rig rig;
	struct outbox *o;
	struct receipt r;
	char id[37];

	rig_open(&rig);
	strcpy(id, rig_start(&rig, 1, "ring"));
	o = open_outbox(&rig, &one);
	settle_session(&rig, o);
	rig.now_us += 60 * S;
	rig_stop(&rig, id);
	put_rows(&rig, o, id, 1, 20);
	r = receipt_for(next_bundle(&rig, o, T), OUTCOME_APPLIED);
	give_receipt(&rig, o, &r, T, 1);
	is_int(rig_sql(&rig, "SELECT sync_status = 'completed' FROM session"), 0);
	r = receipt_for(next_bundle(&rig, o, T), OUTCOME_APPLIED);
	give_receipt(&rig, o, &r, T, 1);
	is_int(rig_sql(&rig, "SELECT sync_status = 'completed' FROM session"), 1);
	outbox_close(&o);
	rig_close(&rig);
}

TEST(a_session_refused_again_waits_longer)
{
	struct rig rig;
	struct outbox *o;
	const struct bundle *b;
	struct receipt r;
	int64_t now = T;
	int i;

	rig_open(&rig);
	(void)rig_start(&rig, 1, "ring");
	o = open_outbox(&rig, &limits);
	for (i = 0; i < 7; i++) {
		b = next_bundle(&rig, o, now);
		if (!ok(b != NULL, "round %d", i))
			break;
		r = receipt_for(b, OUTCOME_REFUSED);
		give_receipt(&rig, o, &r, now, 1);
		now += (60LL << (i < 4 ? i : 4)) * S;
		ok(!next_bundle(&rig, o, now - 1), "round %d", i);
	}
	outbox_close(&o);
	rig_close(&rig);
}

TEST(a_crowd_that_began_together_does_not_leave_together)
{
	static const struct outbox_limits wide = {.rows = 500, .open_rows = 10000, .in_flight = 500,
						  .wait_us = 30 * S, .resend_us = 600 * S};
	struct rig rig;
	struct outbox *o;
	char device[20];
	int i, at, left[4] = {0};

	rig_open(&rig);
	o = open_outbox(&rig, &wide);
	for (i = 0; i < 200; i++) {
		(void)snprintf(device, sizeof(device), "ring-%d", i);
		rig_put(&rig, rig_start(&rig, i + 1, device), NOW_US + 1000 * S, 1, 90);
	}
	outbox_head(o, store_last_reading(rig.store));
	while (next_bundle(&rig, o, T))
		;  /* the sessions themselves, and who has waited long enough already */
	for (at = 0; at < 4; at++)
		while (next_bundle(&rig, o, T + (at + 1) * 15 * S / 2))
			left[at]++;
	for (at = 0; at < 4; at++)
		ok(left[at] >= 20 && left[at] <= 90, "%d in quarter %d", left[at], at);
	ok(!next_bundle(&rig, o, T + 31 * S), "nobody waits longer than he should");
	outbox_close(&o);
	rig_close(&rig);
}

/* Readings into one transaction, of two sessions in turns, as samples.c keeps them. */
static size_t
put_kept(struct rig *rig, struct kept *rows, const char *const *ids, int from, int to)
{
	size_t n = 0;
	int i;

	is_int(store_begin(rig->store, &rig->err), 0);
	for (i = from; i <= to; i++) {
		rows[n].entry = sessions_by_id(rig->sessions, ids[i % 2]);
		rows[n++].reading = rig_reading(NOW_US + i * S, i, 90);
	}
	is_int(store_put_readings(rig->store, rows, n, &rig->err), 0);
	is_int(store_commit(rig->store, &rig->err), 0);
	return n;
}

/* All readings that bundles hold, as one sum that no order changes; each is counted once. */
static int64_t
sum_all(struct rig *rig, struct outbox *o, int64_t now, int64_t *count)
{
	const struct bundle *b;
	struct reading rows[10];
	struct receipt r;
	int64_t sum = 0;
	size_t n, i;

	for (*count = 0; (b = next_bundle(rig, o, now)); *count += b->readings) {
		n = 0;
		if (b->columns.len)
			is_int(columns_unpack(&msg_reading, b->columns.bytes, b->columns.len, rows, 10, &n,
					      &rig->err), 0);
		for (i = 0; i < n; i++)
			sum += rows[i].seq * rows[i].seq;
		r = receipt_for(b, OUTCOME_APPLIED);
		give_receipt(rig, o, &r, now, 1);
	}
	return sum;
}

TEST(what_is_given_at_once_and_what_is_read_from_disk_is_each_sent_once)
{
	/* given to the outbox: '+', only on disk: '-', given but some were there before: '=' */
	static const char *const rows[] = {"+", "++++", "+-+", "-+", "+-", "=+", "+=", "+=-+", "-=+-"};
	struct rig rig;
	struct outbox *o;
	struct kept kept[40];
	char a[37], b[37];
	const char *const ids[] = {a, b}, *how;
	int64_t sum, want, count;
	size_t i, n;
	int at, k;

	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		rig_open(&rig);
		strcpy(a, rig_start(&rig, 1, "ring"));
		strcpy(b, rig_start(&rig, 2, "other"));
		o = open_outbox(&rig, &limits);
		(void)sum_all(&rig, o, T, &count);
		for (at = 0, how = rows[i]; *how; how++, at += 25) {
			if (*how == '=')
				(void)put_kept(&rig, kept, ids, at + 7, at + 9);
			n = put_kept(&rig, kept, ids, at + 1, at + 25);
			if (*how != '-')
				is_int(outbox_take(o, kept, n, T, &rig.err), 0);
			outbox_head(o, store_last_reading(rig.store));
			ok(outbox_work(o, T, &rig.err) >= 0);
		}
		sum = sum_all(&rig, o, T, &count);
		sum += sum_all(&rig, o, T + 31 * S, &want);
		ok(count + want == at, "row %zu: %d of %d", i, (int)(count + want), at);
		for (want = 0, k = 1; k <= at; k++)
			want += (int64_t)k * k;
		ok(sum == want, "row %zu", i);
		is_int(rig_sql(&rig, "SELECT value FROM settings WHERE name = 'synced_floor'"), at);
		outbox_close(&o);
		rig_close(&rig);
	}
}

TEST(a_restart_finds_what_was_only_gathered)
{
	struct rig rig;
	struct outbox *o;
	struct receipt r;
	int64_t readings;
	char id[37];

	rig_open(&rig);
	strcpy(id, rig_start(&rig, 1, "ring"));
	o = open_outbox(&rig, &limits);
	settle_session(&rig, o);
	put_rows(&rig, o, id, 1, 15);
	r = receipt_for(next_bundle(&rig, o, T), OUTCOME_APPLIED);
	give_receipt(&rig, o, &r, T, 1);
	is_int(rig_sql(&rig, "SELECT value FROM settings WHERE name = 'synced_floor'"), 10);
	outbox_close(&o);
	rig_reload(&rig);
	o = open_outbox(&rig, &limits);
	outbox_head(o, store_last_reading(rig.store));
	(void)send_all(&rig, o, T, &readings);
	is_int(readings, 0);
	(void)send_all(&rig, o, T + 31 * S, &readings);
	is_int(readings, 5);
	outbox_close(&o);
	rig_close(&rig);
}

TEST(an_ended_session_with_a_full_bundle_waiting_is_sent_in_order)
{
	static const struct outbox_limits two = {.rows = 10, .open_rows = 100, .in_flight = 2,
						 .wait_us = 30 * S, .resend_us = 600 * S};
	struct rig rig;
	struct outbox *o;
	const struct bundle *bundle;
	struct receipt first, second, r;
	struct entry *entry;
	int64_t readings;
	char id[37];

	rig_open(&rig);
	strcpy(id, rig_start(&rig, 1, "ring"));
	o = open_outbox(&rig, &two);
	settle_session(&rig, o);
	entry = sessions_by_id(rig.sessions, id);
	put_rows(&rig, o, id, 1, 20);
	first = receipt_for(next_bundle(&rig, o, T), OUTCOME_APPLIED);
	second = receipt_for(next_bundle(&rig, o, T), OUTCOME_APPLIED);
	put_rows(&rig, o, id, 21, 32);
	ok(!next_bundle(&rig, o, T), "two are in flight");
	is_int(entry->n_heaps, 2);
	rig.now_us += 60 * S;
	rig_stop(&rig, id);
	outbox_due(o, entry);
	bundle = next_bundle(&rig, o, T);
	ok(bundle && !bundle->readings, "that it has ended goes at once");
	r = receipt_for(bundle, OUTCOME_APPLIED);
	give_receipt(&rig, o, &r, T, 1);
	is_int(entry->synced, 0);
	give_receipt(&rig, o, &first, T, 1);
	give_receipt(&rig, o, &second, T, 1);
	is_int(entry->synced, 20);
	is_int(rig_sql(&rig, "SELECT sync_status = 'completed' FROM session"), 0);
	is_int(send_all(&rig, o, T, &readings), 2);
	is_int(readings, 12);
	is_int(entry->synced, 32);
	is_int(rig_sql(&rig, "SELECT sync_status = 'completed' FROM session"), 1);
	outbox_close(&o);
	rig_close(&rig);
}

int
main(void)
{
	RUN(a_changed_session_goes_at_once_and_first);
	RUN(a_bundle_leaves_when_full_or_when_it_has_waited);
	RUN(after_a_long_time_changes_go_first_and_the_newest_of_them);
	RUN(so_many_readings_a_second_and_no_more_leave_and_changes_do_not_wait);
	RUN(so_many_bytes_a_second_and_no_more_leave);
	RUN(without_receipt_it_goes_again_and_is_no_longer_fresh);
	RUN(what_is_in_flight_goes_again_to_a_worker_that_was_not_there_before);
	RUN(progress_never_jumps_over_a_bundle_without_receipt);
	RUN(a_restart_sends_what_has_no_receipt_and_nothing_else);
	RUN(what_is_gathered_and_in_flight_is_bounded);
	RUN(an_ended_session_does_not_wait);
	RUN(a_refused_session_waits_and_starts_again_while_others_go_on);
	RUN(a_repair_sends_the_span_again);
	RUN(all_that_an_earlier_run_has_left_goes);
	RUN(more_records_than_a_bundle_holds_wait_for_its_receipt);
	RUN(a_damaged_row_does_not_hold_the_others);
	RUN(a_store_that_cannot_be_read_loses_no_reading);
	RUN(a_repair_sends_all_that_was_taken_at_one_time);
	RUN(only_what_never_went_is_fresh);
	RUN(what_a_repair_took_along_is_not_fresh_either);
	RUN(completed_is_said_when_the_last_of_it_is_there);
	RUN(a_session_refused_again_waits_longer);
	RUN(a_crowd_that_began_together_does_not_leave_together);
	RUN(what_is_given_at_once_and_what_is_read_from_disk_is_each_sent_once);
	RUN(a_restart_finds_what_was_only_gathered);
	RUN(an_ended_session_with_a_full_bundle_waiting_is_sent_in_order);
	return test_done();
}
