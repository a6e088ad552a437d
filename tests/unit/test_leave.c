/* What leaves together where bytes on the wire cost. */
#include "tests/unit/store.h"

#include "proto/crate.h"
#include "services/local-store/outbox/outbox.h"

#define S 1000000LL
#define T (1000 * S)

static const struct outbox_limits limits = {.rows = 10, .open_rows = 100, .in_flight = 8,
					    .wait_us = 30 * S, .resend_us = 5 * S};

struct bench {
	struct rig rig;
	struct outbox *o;
	char ids[20][37];
	struct crate_opener *opener;
	const struct message *message;  /* of what outbox_next() gave last */
};

static void
bench_open(struct bench *b, const struct outbox_limits *with, int n_sessions)
{
	char device[20];
	int i;

	rig_open(&b->rig);
	b->opener = crate_opener_new();
	for (i = 0; i < n_sessions; i++) {
		(void)snprintf(device, sizeof(device), "ring-%d", i);
		strcpy(b->ids[i], rig_start(&b->rig, i + 1, device));
	}
	b->o = outbox_open(b->rig.store, b->rig.sessions, "here", with, true, &b->rig.err);
	ok(b->o != NULL, "%s", b->rig.err.text);
}

static void
bench_close(struct bench *b)
{
	outbox_close(&b->o);
	crate_opener_free(&b->opener);
	rig_close(&b->rig);
}

static void
put_rows(struct bench *b, int session, int from, int to)
{
	int i;

	for (i = from; i <= to; i++)
		rig_put(&b->rig, b->ids[session], NOW_US + i * S, i, 90);
	outbox_head(b->o, store_last_reading(b->rig.store));
}

static const void *
next(struct bench *b, int64_t now)
{
	ok(outbox_work(b->o, now, &b->rig.err) >= 0, "%s", b->rig.err.text);
	return outbox_next(b->o, now, &b->message);
}

static void
receipt(struct bench *b, const struct bundle *bundle, int64_t outcome, int64_t now)
{
	struct entry *entry;
	struct receipt r;

	msg_clear(&msg_receipt, &r);
	strcpy(r.id, bundle->id);
	strcpy(r.session_id, bundle->session_id);
	r.outcome = outcome;
	is_int(store_begin(b->rig.store, &b->rig.err), 0);
	is_int(outbox_receipt(b->o, &r, now, &entry, &b->rig.err), 1);
	is_int(store_commit(b->rig.store, &b->rig.err), 0);
}

/* Sends what is next, which must be a crate, and gives its receipts; -1 when none, else how
 * many bundles with readings were in it. */
static int
send_crate(struct bench *b, int64_t now, int *bundles)
{
	const struct crate *crate = next(b, now);
	const struct bundle *bundle;
	int n = 0;

	*bundles = 0;
	if (!crate)
		return -1;
	if (!ok(b->message == &msg_crate))
		return -1;
	is_int(crate_open(b->opener, crate, &b->rig.err), 0);
	outbox_sent(b->o, now);
	for (; crate_next(b->opener, "here", &bundle, &b->rig.err) > 0; ++*bundles) {
		n += bundle->readings > 0;
		receipt(b, bundle, OUTCOME_APPLIED, now);
	}
	return n;
}

TEST(all_that_is_ready_leaves_in_one_crate)
{
	struct outbox_counts counts;
	struct bench b;
	int i, n;

	bench_open(&b, &limits, 5);
	is_int(send_crate(&b, T, &n), 0);
	is_int(n, 5);  /* the sessions */
	for (i = 0; i < 5; i++)
		put_rows(&b, i, 1, 10);
	is_int(send_crate(&b, T + S, &n), 5);
	is_int(send_crate(&b, T + S, &n), -1);
	outbox_counts(b.o, &counts);
	is_int(counts.n_crates, 2);
	is_int(counts.n_sent, 10);
	is_int(counts.in_flight, 0);
	ok(counts.n_bytes < counts.n_raw_bytes / 3, "%llu of %llu", (unsigned long long)counts.n_bytes,
	   (unsigned long long)counts.n_raw_bytes);
	bench_close(&b);
}

TEST(who_would_follow_within_a_second_goes_along)
{
	struct bench b;
	int i, n;

	bench_open(&b, &limits, 3);
	is_int(send_crate(&b, T, &n), 0);
	for (i = 0; i < 3; i++) {
		put_rows(&b, i, 1, 5);
		ok(!next(&b, T + i * S * 3 / 4), "it is gathered");
	}
	ok(!next(&b, T + 30 * S - 1), "none has waited for 30 s");
	is_int(send_crate(&b, T + 30 * S, &n), 2);
	is_int(n, 2);
	ok(!next(&b, T + 31 * S), "the third has not");
	is_int(send_crate(&b, T + 32 * S, &n), 1);
	bench_close(&b);
}

TEST(what_is_sent_again_goes_by_itself)
{
	const struct bundle *bundle;
	struct bench b;

	bench_open(&b, &limits, 2);
	ok(next(&b, T) && b.message == &msg_crate);
	outbox_sent(b.o, T);
	ok(!next(&b, T + 4 * S));
	ok((bundle = next(&b, T + 5 * S)) && b.message == &msg_bundle);
	is_int(bundle->packing, PACKING_ZSTD);
	outbox_sent(b.o, T + 5 * S);
	ok((bundle = next(&b, T + 5 * S)) && b.message == &msg_bundle);
	outbox_sent(b.o, T + 5 * S);
	ok(!next(&b, T + 5 * S));
	bench_close(&b);
}

TEST(a_crate_keeps_to_the_rate)
{
	struct outbox_limits few = limits;
	struct bench b;
	int i, n;

	few.rows_per_s = 20;
	bench_open(&b, &few, 5);
	is_int(send_crate(&b, T, &n), 0);
	for (i = 0; i < 5; i++)
		put_rows(&b, i, 1, 10);
	is_int(send_crate(&b, T, &n), 2);  /* a second's worth */
	is_int(send_crate(&b, T, &n), -1);
	is_int(send_crate(&b, T + S, &n), 2);
	is_int(send_crate(&b, T + 2 * S, &n), 1);
	bench_close(&b);
}

/* What nobody took is chosen anew: one of it may have gone. */
TEST(a_crate_that_did_not_leave_may_lose_a_bundle)
{
	const struct crate *crate;
	const struct bundle *bundle;
	struct bench b;
	int n;

	bench_open(&b, &limits, 2);
	ok(next(&b, T) && b.message == &msg_crate);
	outbox_sent(b.o, T);
	put_rows(&b, 0, 1, 10);
	put_rows(&b, 1, 1, 10);
	ok((crate = next(&b, T)) != NULL);
	is_int(crate->bundles, 2);
	is_int(crate_open(b.opener, crate, &b.rig.err), 0);
	is_int(crate_next(b.opener, "here", &bundle, &b.rig.err), 1);
	receipt(&b, bundle, OUTCOME_REFUSED, T);
	is_int(send_crate(&b, T, &n), 1);
	is_int(n, 1);
	bench_close(&b);
}

TEST(a_crate_has_an_end)
{
	struct outbox_limits large = limits;
	struct bench b;
	int n, sent;

	large.rows = 1500;
	large.open_rows = 10000;
	bench_open(&b, &large, 6);
	is_int(send_crate(&b, T, &n), 0);
	outbox_close(&b.o);
	/* no decimals: eight bytes each */
	(void)rig_sql(&b.rig, "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 9000) "
		"INSERT INTO readings (taken_us, session, epoch, seq, spo2, heart_rate, invalid, data_source, phase_type) "
		"SELECT 1800000000000000 + i, 1 + i % 6, 1, i, 100.0 / (i * 7919 % 9973 + 2), 60, 0, 1, 1 FROM n");
	rig_reload(&b.rig);
	b.o = outbox_open(b.rig.store, b.rig.sessions, "here", &large, true, &b.rig.err);
	while (outbox_work(b.o, T, &b.rig.err) > 0)
		;
	sent = send_crate(&b, T, &n);
	ok(sent > 1 && sent < 6, "%d in one", sent);
	is_int(send_crate(&b, T, &n), 6 - sent);
	bench_close(&b);
}

int
main(void)
{
	RUN(all_that_is_ready_leaves_in_one_crate);
	RUN(who_would_follow_within_a_second_goes_along);
	RUN(what_is_sent_again_goes_by_itself);
	RUN(a_crate_keeps_to_the_rate);
	RUN(a_crate_that_did_not_leave_may_lose_a_bundle);
	RUN(a_crate_has_an_end);
	return test_done();
}
