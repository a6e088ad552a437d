/* Live readings overtake those that are behind, and what is told of progress stays true. */
#include "tests/unit/store.h"

#include "proto/columns.h"
#include "services/local-store/outbox/outbox.h"

#define S        1000000LL
#define T        (1000 * S)
#define SESSIONS 4
#define MOST     20000
#define FLYING   40

static const struct outbox_limits slow = {.rows = 10, .open_rows = 100, .in_flight = 4,
					  .wait_us = 30 * S, .resend_us = 600 * S, .rows_per_s = 10};

/* A bundle that was sent: which readings, by their number; they are numbered as the log is. */
struct flown {
	struct receipt receipt;
	int64_t seqs[10];
	size_t n;
};

struct bench {
	struct rig rig;
	struct outbox *o;
	struct outbox_limits limits;
	char ids[SESSIONS][37];
	struct flown flying[FLYING];
	size_t n_flying;
	int64_t now, last;              /* the reading put last */
	int of[MOST], times[MOST];      /* by number: whose it is, how often it has arrived */
	bool sent[MOST];
	int n_fresh;                    /* readings */
};

static void
bench_start(struct bench *b)
{
	b->o = outbox_open(b->rig.store, b->rig.sessions, "here", &b->limits, false, &b->rig.err);
	ok(b->o != NULL, "%s", b->rig.err.text);
}

static void
bench_open(struct bench *b, const struct outbox_limits *with)
{
	char device[20];
	int i;

	memset(b, 0, sizeof(*b));
	b->limits = *with;
	b->now = T;
	rig_open(&b->rig);
	for (i = 0; i < SESSIONS; i++) {
		(void)snprintf(device, sizeof(device), "ring-%d", i);
		strcpy(b->ids[i], rig_start(&b->rig, i + 1, device));
	}
	bench_start(b);
}

static void
bench_close(struct bench *b)
{
	outbox_close(&b->o);
	rig_close(&b->rig);
}

/* What is in flight is lost with it, and so is what had no receipt. */
static void
restart(struct bench *b)
{
	outbox_close(&b->o);
	rig_reload(&b->rig);
	bench_start(b);
	b->n_flying = 0;
}

/* n readings of that session in one transaction, and to the outbox at once or by the disk. */
static void
put(struct bench *b, int session, int n, bool at_once)
{
	struct kept rows[500];
	int i;

	is_int(store_begin(b->rig.store, &b->rig.err), 0);
	for (i = 0; i < n; i++) {
		b->of[++b->last] = session;
		rows[i].entry = store_load_id(b->rig.store, b->rig.sessions, b->ids[session], &b->rig.err);
		rows[i].reading = rig_reading(NOW_US + b->last * S, b->last, 90);
	}
	is_int(store_put_readings(b->rig.store, rows, (size_t)n, &b->rig.err), 0);
	is_int(store_commit(b->rig.store, &b->rig.err), 0);
	if (at_once)
		is_int(outbox_take(b->o, rows, (size_t)n, b->now, &b->rig.err), 0);
	outbox_head(b->o, store_last_reading(b->rig.store));
}

/* The next one that may leave; NULL when none. */
static struct flown *
send(struct bench *b)
{
	struct flown *f = &b->flying[b->n_flying];
	const struct message *message;
	const struct bundle *bundle;
	struct reading rows[10];
	size_t i;

	ok(outbox_work(b->o, b->now, &b->rig.err) >= 0, "%s", b->rig.err.text);
	bundle = b->n_flying < FLYING ? outbox_next(b->o, b->now, &message) : NULL;
	if (!bundle)
		return NULL;
	msg_clear(&msg_receipt, &f->receipt);
	strcpy(f->receipt.id, bundle->id);
	strcpy(f->receipt.session_id, bundle->session_id);
	f->n = 0;
	if (bundle->columns.len)
		is_int(columns_unpack(&msg_reading, bundle->columns.bytes, bundle->columns.len, rows, 10, &f->n,
				      &b->rig.err), 0);
	for (i = 0; i < f->n; i++) {
		f->seqs[i] = rows[i].seq;
		ok(!bundle->fresh || !b->sent[rows[i].seq], "%lld was sent before", (long long)rows[i].seq);
		b->sent[rows[i].seq] = true;
	}
	b->n_fresh += bundle->fresh ? (int)f->n : 0;
	outbox_sent(b->o, b->now);
	b->n_flying++;
	return f;
}

/* All that the disk says is in Postgres is there. */
static void
is_true(struct bench *b)
{
	int64_t synced[SESSIONS], floor, seq;
	char sql[200];
	int i;

	for (i = 0; i < SESSIONS; i++) {
		(void)snprintf(sql, sizeof(sql), "SELECT synced_reading FROM session WHERE id = '%s'", b->ids[i]);
		synced[i] = rig_sql(&b->rig, sql);
	}
	floor = rig_sql(&b->rig, "SELECT value FROM settings WHERE name = 'synced_floor'");
	for (seq = 1; seq <= b->last; seq++)
		ok(b->times[seq] || (seq > synced[b->of[seq]] && seq > floor),
		   "%lld is not there: synced %lld, floor %lld", (long long)seq,
		   (long long)synced[b->of[seq]], (long long)floor);
}

static void
answer(struct bench *b, struct flown *f, int64_t outcome)
{
	struct flown was = *f;
	struct entry *entry;
	size_t i;

	*f = b->flying[--b->n_flying];
	was.receipt.outcome = outcome;
	for (i = 0; i < was.n && outcome == OUTCOME_APPLIED; i++)
		b->times[was.seqs[i]]++;
	is_int(store_begin(b->rig.store, &b->rig.err), 0);
	ok(outbox_receipt(b->o, &was.receipt, b->now, &entry, &b->rig.err) >= 0, "%s", b->rig.err.text);
	is_int(outbox_save(b->o, &b->rig.err), 0);
	is_int(store_commit(b->rig.store, &b->rig.err), 0);
}

/* Everything there is, second by second, until nothing waits. */
static void
drain(struct bench *b)
{
	struct outbox_counts counts;
	int seconds;

	for (seconds = 0; seconds < 5000; seconds++, b->now += S) {
		while (send(b))
			answer(b, &b->flying[b->n_flying - 1], OUTCOME_APPLIED);
		while (b->n_flying)
			answer(b, b->flying, OUTCOME_APPLIED);
		outbox_counts(b->o, &counts);
		if (!counts.pending && !counts.in_flight && !counts.open_rows)
			return;
	}
	ok(0, "%lld wait for ever", (long long)counts.pending);
}

TEST(live_readings_overtake_a_backlog)
{
	struct outbox_counts counts;
	struct bench b;
	struct flown *f;
	int64_t live, synced;
	int i;

	bench_open(&b, &slow);
	for (i = 0; i < 4; i++)
		put(&b, i % 2, 500, false);
	restart(&b);
	for (i = 0; i < 8; i++, b.now += S)  /* until it is known to be slow */
		while ((f = send(&b)))
			answer(&b, f, OUTCOME_APPLIED);
	live = b.last + 1;
	put(&b, 1, 10, true);
	while (!(f = send(&b)) && b.now < T + 60 * S)
		b.now += S;
	ok(f && f->n == 10 && f->seqs[0] == live, "they are next, of the same session and in one bundle");
	answer(&b, f, OUTCOME_APPLIED);
	synced = sessions_by_id(b.rig.sessions, b.ids[1])->synced;
	ok(synced < 1500, "progress does not jump over the backlog: %lld", (long long)synced);
	is_true(&b);
	outbox_counts(b.o, &counts);
	ok(counts.pending > 1800, "%lld wait", (long long)counts.pending);
	drain(&b);
	is_true(&b);
	for (i = 1; i <= b.last; i++)
		is_int(b.times[i], 1);
	is_int(sessions_by_id(b.rig.sessions, b.ids[1])->synced, b.last);
	bench_close(&b);
}

TEST(live_readings_of_a_trickle_leave_by_their_age)
{
	struct bench b;
	struct flown *f;
	int64_t live = 0;
	int i;

	bench_open(&b, &slow);
	put(&b, 0, 500, false);
	put(&b, 0, 500, false);
	restart(&b);
	for (i = 0; i < 45 && !live; i++, b.now += S) {
		put(&b, 1, 1, true);
		while ((f = send(&b))) {
			if (f->n && b.of[f->seqs[0]] == 1)
				live = f->seqs[0];
			answer(&b, f, OUTCOME_APPLIED);
		}
	}
	ok(live, "the first ones of a session that runs are there within the policy and what it took to see");
	ok(b.now < T + 40 * S);
	drain(&b);
	for (i = 1; i <= b.last; i++)
		is_int(b.times[i], 1);
	bench_close(&b);
}

TEST(what_ended_while_a_backlog_drained_is_completed_after_it)
{
	struct bench b;
	struct flown *f;
	int i;

	bench_open(&b, &slow);
	put(&b, 0, 500, false);
	restart(&b);
	for (i = 0; i < 8; i++, b.now += S)
		while ((f = send(&b)))
			answer(&b, f, OUTCOME_APPLIED);
	put(&b, 1, 5, true);
	b.rig.now_us += 600 * S;
	rig_stop(&b.rig, b.ids[1]);
	outbox_due(b.o, sessions_by_id(b.rig.sessions, b.ids[1]));
	f = send(&b);
	ok(f && f->n == 5, "its last readings go along at once");
	answer(&b, f, OUTCOME_APPLIED);
	is_int(rig_sql(&b.rig, "SELECT count(*) FROM session WHERE sync_status = 'completed'"), 0);
	drain(&b);
	is_int(rig_sql(&b.rig, "SELECT count(*) FROM session WHERE sync_status = 'completed'"), 1);
	bench_close(&b);
}

/* What a restart knows of what nobody was sent; whether what is late stays late, with live readings. */
static void
restart_behind(struct bench *b, bool live)
{
	static const struct outbox_limits quick = {.rows = 10, .open_rows = 160, .in_flight = 4,
						   .wait_us = 30 * S, .resend_us = 600 * S};
	int i;

	bench_open(b, &quick);
	(void)send(b);
	for (i = 0; i < 200; i++)
		put(b, i % SESSIONS, 10, false);
	while (send(b))
		;
	if (live) {
		b->now += 10 * S;
		answer(b, b->flying, OUTCOME_APPLIED);
		for (i = 0; i < 20; i++) {
			put(b, i % SESSIONS, 10, false);
			while (send(b))
				answer(b, b->flying, OUTCOME_APPLIED);
		}
	}
	restart(b);
	b->n_fresh = 0;
}

TEST(what_no_run_has_read_is_fresh_after_a_restart_too)
{
	static struct bench b;
	int n_left, i, live;

	for (live = 0; live < 2; live++) {
		restart_behind(&b, live);
		for (n_left = 0, i = 1; i <= b.last; i++)
			n_left += !b.sent[i];
		ok(n_left > 1000, "%d", n_left);
		drain(&b);
		ok(b.n_fresh > n_left - 200, "%s: %d of %d", live ? "live" : "none", b.n_fresh, n_left);
		bench_close(&b);
	}
}

static void
repair(struct bench *b, int session)
{
	struct entry *entry = store_load_id(b->rig.store, b->rig.sessions, b->ids[session], &b->rig.err);

	is_int(store_begin(b->rig.store, &b->rig.err), 0);
	is_int(outbox_repair(b->o, entry, NOW_US + b->last / 2 * S, MSG_TIME_MAX, &b->rig.err), 0);
	is_int(store_commit(b->rig.store, &b->rig.err), 0);
}

/* What may come, in any order; `seed` brings it back. */
static void
live_through(struct bench *b, unsigned seed)
{
	int step, n;

	srandom(seed);
	for (step = 0; step < 400; step++)
		switch (n = (int)random() % 16, n) {
		case 0: case 1: case 2:
			if (b->last < MOST - 500)
				put(b, (int)random() % SESSIONS, 1 + (int)random() % (n ? 20 : 200), random() % 4);
			break;
		case 3: case 4:
			b->now += random() % 3 * S;
			break;
		case 5:
			b->now += random() % 40 * S;
			break;
		case 6:
			if (random() % 10 == 0)
				restart(b);
			else if (random() % 20 == 0)
				repair(b, (int)random() % SESSIONS);
			break;
		case 7: case 8: case 9: case 10:
			(void)send(b);
			break;
		default:
			if (b->n_flying)
				answer(b, &b->flying[(size_t)random() % b->n_flying],
				       random() % 60 ? OUTCOME_APPLIED : OUTCOME_REFUSED);
			if (step % 32 == 0)
				is_true(b);
		}
}

TEST(whatever_comes_in_whatever_order_progress_is_true_and_all_arrives)
{
	static struct bench b;
	struct outbox_limits with = slow;
	unsigned seed;
	int i;

	for (seed = 1; seed <= 4; seed++) {
		with.rows_per_s = seed % 3 * 15;
		with.in_flight = 1 + seed % 5;
		bench_open(&b, &with);
		live_through(&b, seed);
		drain(&b);
		b.now += 3600 * S;  /* who is held is not for ever */
		drain(&b);
		is_true(&b);
		for (i = 1; i <= b.last; i++)
			ok(b.times[i] >= 1, "seed %u: %d is missing", seed, i);
		is_int(rig_sql(&b.rig, "SELECT value FROM settings WHERE name = 'synced_floor'"), b.last);
		bench_close(&b);
	}
}

int
main(void)
{
	RUN(live_readings_overtake_a_backlog);
	RUN(live_readings_of_a_trickle_leave_by_their_age);
	RUN(what_ended_while_a_backlog_drained_is_completed_after_it);
	RUN(what_no_run_has_read_is_fresh_after_a_restart_too);
	RUN(whatever_comes_in_whatever_order_progress_is_true_and_all_arrives);
	return test_done();
}
