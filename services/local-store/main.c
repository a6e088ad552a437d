/*
 * local-store - every reading, session and survey on disk at once, and on its way to Postgres
 *
 *	in      samples   from ble-ingest: readings and gaps, in order, sent again until stored
 *	        commands  from http-api, ihht: sessions, surveys, events, imports
 *	        receipts  from sync-worker: what has been committed in Postgres; its alerts; that it
 *	                  is another one than before
 *	        repairs   from dedupe-auditor: what Postgres lacks
 *	out     news      stored, reply, session and records as they become true
 *	        bundles   to sync-worker: one session's rows each
 *	owns    the SQLite file, as its only writer; the folder of what has left it
 *
 * Promise: what it announces as stored is on disk (WAL, synchronous=FULL), and one session
 * is one row.  All that arrives within `gather-ms` shares one commit; nothing is said before
 * that commit has returned.  When the disk refuses, nothing is said and nothing forgotten:
 * the senders keep what they have, and local-store tries again every second.
 */
#include <czmq.h>
#include <errno.h>

#include "common/clock.h"
#include "common/fault.h"
#include "common/sig.h"
#include "services/local-store/drain.h"
#include "services/local-store/recount.h"
#include "services/local-store/status.h"
#include "services/local-store/transaction.h"

#define SLICE_US      (CLOCK_SECOND / 20)  /* bundles are made so long, then samples are taken */
#define RECOUNT_US    (CLOCK_SECOND / 5)   /* between two recounts, and … */
#define RECOUNT_RESTS 9                   /* … so many times as long as the last one took */

static const struct conf_key keys[] = {
	{"gather-ms", CONF_NUMBER, "20", 0, 1000, NULL, "what arrives within it shares a commit"},
	{"commit-rows", CONF_NUMBER, "5000", 1, 100000, NULL, "a commit has no more samples than this"},
	{"bundle-rows", CONF_NUMBER, "500", 1, 1500, NULL, "a session's bundle leaves with so many readings"},
	{"bundle-seconds", CONF_NUMBER, "30", 0, 3600, NULL, "or when its oldest has waited so long"},
	{"outbox-rows", CONF_NUMBER, "300000", 1500, 10000000, NULL, "readings gathered in memory"},
	{"in-flight", CONF_NUMBER, "64", 1, 1000, NULL, "bundles without receipt"},
	{"rows-per-second", CONF_NUMBER, "0", 0, 1000000000, NULL,
	 "so many readings leave for Postgres; 0: as many as it takes"},
	{"bytes-per-second", CONF_NUMBER, "0", 0, 100000000000, NULL, "the same in bytes, as they are sent"},
	{"resend-seconds", CONF_NUMBER, "30", 1, 3600, NULL, "a bundle without receipt goes again"},
	{"keep-days", CONF_NUMBER, "30", 0, 36500, NULL,
	 "what is over and in Postgres so long leaves for gateway/archive"},
	{"database-most-mb", CONF_NUMBER, "4096", 8, 100000000, NULL,
	 "the database is never larger; what is in Postgres leaves early for it"},
	{"alert-unsynced-seconds", CONF_NUMBER, "300", 1, 604800, NULL,
	 "alert when a row has waited for Postgres so long"},
	{"alert-critical-seconds", CONF_NUMBER, "1800", 1, 2592000, NULL, "and a louder one after so long"},
	{"alert-failing-percent", CONF_NUMBER, "5", 0, 100, NULL,
	 "alert when more of the bundles of 10 minutes fail"},
	{"alert-clock-seconds", CONF_NUMBER, "2", 1, 3600, NULL, "alert when the clock was set by more"},
	{"alert-disk-percent", CONF_NUMBER, "80", 1, 100, NULL,
	 "alert when more of the disk is used, of the database or of the archive"},
	{"alert-archive-mb", CONF_NUMBER, "4096", 0, 100000000, NULL,
	 "alert at 50, 80, 95 and 100 % of so much in gateway/archive; 0: never"},
};
static const struct process_manual manual = {
	"local-store", "keeps every reading, session and survey in SQLite and sends them on", keys,
	sizeof(keys) / sizeof(keys[0])};

/* ---- out: bundles; figures of sessions whose readings came late */

/* 1 there may be another one; 0 no, or nobody takes it. */
static int
send_bundle(struct local_store *me, int64_t now, struct err *err)
{
	const struct message *message;
	const void *msg = outbox_next(me->outbox, now, &message);
	int sent = msg ? link_send(me->bundles, message, "", msg, err) : 0;

	if (sent > 0)
		FAULT("local-store.sent");
	me->blocked = msg && !sent;
	if (sent < 0 && log_often(&me->unsent_often, now)) {
		log_warn("bundle_not_sent", "why=\"%s\" count=%llu", err->text,
			 (unsigned long long)me->unsent_often.n);
		me->unsent_often.n = 0;
	}
	if (sent)
		outbox_sent(me->outbox, now);  /* also one that never will be: the others go on */
	return sent != 0;
}

/* A bundle that is made holds only what is committed: it may leave at any time. */
static void
send_ready(struct local_store *me, int64_t now, struct err *err)
{
	while (!me->blocked && send_bundle(me, now, err))
		;
}

static int
send_bundles(struct local_store *me, struct err *err)
{
	int64_t now = clock_mono_us();
	int more;

	if (samples_ship(&me->intake, me->outbox, err) < 0)
		return -1;
	do {
		outbox_head(me->outbox, store_last_reading(me->store));
		if ((more = outbox_work(me->outbox, now, err)) < 0)
			return -1;
		FAULT("local-store.bundled");
		send_ready(me, now, err);
		me->more = more && !me->blocked;
	} while (me->more && clock_mono_us() - now < SLICE_US);
	return 0;
}

static int
recount(struct local_store *me, struct err *err)
{
	int64_t now = clock_mono_us();
	struct entry *entry = now < me->recount_us ? NULL : sessions_take_stale(me->sessions);

	if (!entry)
		return 0;
	outbox_due(me->outbox, entry);
	if (store_begin(me->store, err) < 0 ||
	    recount_session(&me->life, entry, clock_utc_us(), err) < 0 || transaction_commit(me, err) < 0)
		return -1;
	news_session(me->news, entry);
	now += RECOUNT_RESTS * (clock_mono_us() - now);
	me->recount_us = now + RECOUNT_US;
	return 0;
}

/* Rows that may leave the store, a slice at a time. */
static int
retain(struct local_store *me, struct err *err)
{
	int done = retention_work(me->retention, me->percent, clock_mono_us(), clock_utc_us(), err);

	return done <= 0 ? done : transaction_measure(me, err);
}

/* ---- the loop */

static int64_t
commit_due_us(const struct local_store *me)
{
	if (!me->begun_us)
		return INT64_MAX;
	if (me->n_effects || transaction_is_full(me))
		return 0;
	return me->begun_us + conf_number(me->process->conf, "gather-ms") * 1000;
}

static long
wait_ms(const struct local_store *me)
{
	int64_t now = clock_mono_us(), wake = INT64_MAX;
	long beat_ms = process_beat_in_ms(me->process);

	if (me->trouble.code)
		return clock_until_ms(me->retry_us, now, beat_ms);
	/* what must wait for the commit or for a worker must not keep the loop awake */
	if (me->begun_us)
		wake = commit_due_us(me);
	else if (!me->blocked)
		wake = me->more ? now : outbox_wake_us(me->outbox, now);
	if (!me->begun_us && sessions_have_stale(me->sessions) && me->recount_us < wake)
		wake = me->recount_us;
	if (!me->begun_us && retention_wake_us(me->retention) < wake)
		wake = retention_wake_us(me->retention);
	return clock_until_ms(wake, now, beat_ms);
}

static int
turn(struct local_store *me, struct err *err)
{
	if (drain_commands(me, err) < 0 ||
	    drain_receipts(me, err) < 0 ||
	    drain_samples(me, err) < 0 ||
	    drain_repairs(me, err) < 0)
		return -1;
	send_ready(me, clock_mono_us(), err);
	if (clock_mono_us() >= commit_due_us(me) && transaction_commit(me, err) < 0)
		return -1;
	if (me->begun_us)
		return 0;  /* no bundles from what is not committed */
	news_greet(me->news, me->sessions, &me->standing);
	return send_bundles(me, err) < 0 || recount(me, err) < 0 || retain(me, err) < 0 ? -1 : 0;
}

static int
loop(struct local_store *me, struct err *err)
{
	enum { SIGNAL, SAMPLES, COMMANDS, RECEIPTS, REPAIRS, NEWS, BUNDLES, N };
	zmq_pollitem_t on[N] = {
		[SIGNAL] = {.fd = me->signals, .events = ZMQ_POLLIN},
		[SAMPLES] = {.socket = link_socket(me->samples), .events = ZMQ_POLLIN},
		[COMMANDS] = {.socket = link_socket(me->commands), .events = ZMQ_POLLIN},
		[RECEIPTS] = {.socket = link_socket(me->receipts), .events = ZMQ_POLLIN},
		[REPAIRS] = {.socket = link_socket(me->repairs), .events = ZMQ_POLLIN},
		[NEWS] = {.socket = link_socket(me->news), .events = ZMQ_POLLIN},
		[BUNDLES] = {.socket = link_socket(me->bundles)},
	};

	while (!on[SIGNAL].revents) {
		status_beat(me);
		status_watch(me);
		on[NEWS].events = me->begun_us ? 0 : ZMQ_POLLIN;
		on[SAMPLES].events = me->life.room ? ZMQ_POLLIN : 0;
		on[BUNDLES].events = me->blocked ? ZMQ_POLLOUT : 0;
		if (zmq_poll(on, me->trouble.code ? 1 : N, wait_ms(me)) < 0 && errno != EINTR)
			return err_set(err, errno, "poll: %s", zmq_strerror(errno));
		me->blocked &= !on[BUNDLES].revents;
		if (me->trouble.code && clock_mono_us() >= me->retry_us)
			transaction_recover(me);
		if (me->trouble.code)
			continue;
		if (turn(me, err) < 0)
			transaction_fail(me, err);
	}
	if (!me->trouble.code && (drain_samples(me, err) < 0 ||
				  transaction_commit(me, err) < 0))
		transaction_fail(me, err);
	return 0;
}

/* ---- start and stop */

static int
attach(struct local_store *me, struct err *err)
{
	const struct conf *conf = me->process->conf;
	struct watchdog_limits limits = {
		.unsynced_warn_s = conf_number(conf, "alert-unsynced-seconds"),
		.unsynced_critical_s = conf_number(conf, "alert-critical-seconds"),
		.failing_percent = conf_number(conf, "alert-failing-percent"),
		.clock_s = conf_number(conf, "alert-clock-seconds"),
		.disk_percent = conf_number(conf, "alert-disk-percent"),
		.archive_bytes = conf_number(conf, "alert-archive-mb") * 1000000,
	};
	struct watchdog_facts facts = {.mono_us = clock_mono_us(), .utc_us = clock_utc_us()};

	me->commit_rows = (size_t)conf_number(me->process->conf, "commit-rows");
	me->shares = policy_shares(conf_number(conf, "database-most-mb") * 1000000);
	if (!(me->store = store_open(me->process->database, err)) ||
	    store_limit(me->store, me->shares.file, me->shares.log, err) < 0 || transaction_recall(me, err) < 0)
		return -1;
	watchdog_init(&me->watchdog, &limits, &facts);
	return (me->news = link_open(me->process, "news", LINK_OUT, err)) &&
			       (me->bundles = link_open(me->process, "bundles", LINK_OUT, err)) &&
			       (me->receipts = link_open(me->process, "receipts", LINK_IN, err)) &&
			       (me->repairs = link_open(me->process, "repairs", LINK_IN, err)) &&
			       (me->commands = link_open(me->process, "commands", LINK_IN, err)) &&
			       (me->samples = link_open(me->process, "samples", LINK_IN, err))
		       ? 0 : -1;
}

static void
detach(struct local_store *me)
{
	link_close(&me->samples);
	link_close(&me->commands);
	link_close(&me->repairs);
	link_close(&me->receipts);
	link_close(&me->bundles);
	link_close(&me->news);
	transaction_forget(me);
	free(me->effects);
	store_close(&me->store);
	process_close(&me->process);
}

int
main(int argc, char **argv)
{
	static struct local_store me;
	char prefix[100];
	struct err err;
	int code;

	if ((me.signals = sig_open(&err)) < 0 || !(me.process = process_open(&manual, argc, argv, &code)))
		return me.signals < 0 ? PROCESS_TRY_AGAIN : code;
	code = PROCESS_TRY_AGAIN;
	if (attach(&me, &err) < 0)
		log_error("cannot_start", "why=\"%s\"", err.text);
	else {
		log_info("ready", "readings=%lld", (long long)store_last_reading(me.store));
		(void)snprintf(prefix, sizeof(prefix), "receipt/%s/", me.process->gateway);
		link_subscribe(me.receipts, prefix);
		(void)snprintf(prefix, sizeof(prefix), "alert/%s/", me.process->gateway);
		link_subscribe(me.receipts, prefix);
		(void)snprintf(prefix, sizeof(prefix), "hello/%s/", me.process->gateway);
		link_subscribe(me.receipts, prefix);
		if (loop(&me, &err) < 0)
			log_error("stopped", "why=\"%s\"", err.text);
		else
			code = 0;
		log_info("stopped", "stored=%llu seen=%llu outside=%llu commits=%llu",
			 (unsigned long long)me.intake.n_stored, (unsigned long long)me.intake.n_seen,
			 (unsigned long long)me.intake.n_outside, (unsigned long long)me.n_commits);
	}
	detach(&me);
	return code;
}
