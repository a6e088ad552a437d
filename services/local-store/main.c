/*
 * local-store - every reading, session and survey on disk at once, and on its way to Postgres
 *
 *	in      samples   from ble-ingest: readings and gaps, in order, sent again until stored
 *	        commands  from http-api, ihht: sessions, surveys, events, imports
 *	        receipts  from sync-worker: what has been committed in Postgres; its alerts
 *	        repairs   from dedupe-auditor: what Postgres lacks
 *	out     news      stored, reply, session and records as they become true
 *	        bundles   to sync-worker: one session's rows each
 *	owns    the SQLite file, as its only writer
 *
 * Promise: what it announces as stored is on disk (WAL, synchronous=FULL), and one session
 * is one row.  All that arrives within `gather-ms` shares one commit; nothing is said before
 * that commit has returned.  When the disk refuses, nothing is said and nothing forgotten:
 * the senders keep what they have, and local-store tries again every second.
 */
#include <czmq.h>
#include <errno.h>
#include <sys/statvfs.h>

#include "common/clock.h"
#include "common/log.h"
#include "common/sig.h"
#include "proto/link.h"
#include "services/local-store/commands.h"
#include "services/local-store/news.h"
#include "services/local-store/outbox/outbox.h"
#include "services/local-store/quarantine/release.h"
#include "services/local-store/recount.h"
#include "services/local-store/samples.h"
#include "services/local-store/watchdog.h"

#define MAX_EFFECTS  64
#define MAX_FRAMES   10000                /* of one link, before the others have their turn */
#define RETRY_US     CLOCK_SECOND
#define SLICE_US     (CLOCK_SECOND / 20)  /* bundles are made so long, then samples are taken */
#define WATCH_US     (5 * CLOCK_SECOND)
#define RECOUNT_US   (CLOCK_SECOND / 5)   /* between two recounts, and … */
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
	{"alert-unsynced-seconds", CONF_NUMBER, "300", 1, 604800, NULL,
	 "alert when a row has waited for Postgres so long"},
	{"alert-critical-seconds", CONF_NUMBER, "1800", 1, 2592000, NULL, "and a louder one after so long"},
	{"alert-failing-percent", CONF_NUMBER, "5", 0, 100, NULL,
	 "alert when more of the bundles of 10 minutes fail"},
	{"alert-clock-seconds", CONF_NUMBER, "2", 1, 3600, NULL, "alert when the clock was set by more"},
	{"alert-disk-percent", CONF_NUMBER, "80", 1, 100, NULL, "alert when more of the disk is used"},
};
static const struct process_manual manual = {
	"local-store", "keeps every reading, session and survey in SQLite and sends them on", keys,
	sizeof(keys) / sizeof(keys[0])};

struct local_store {
	int signals;
	struct process *process;
	struct link *samples, *commands, *receipts, *repairs, *news, *bundles;
	struct store *store;
	struct sessions *sessions;
	struct lifecycle life;
	struct outbox *outbox;
	struct samples intake;
	struct effects effects[MAX_EFFECTS];    /* to be said after the commit */
	size_t n_effects;
	bool blocked, more;                     /* no worker takes bundles; there are more to make */
	size_t commit_rows;
	int64_t utc_us;                         /* when this link's frames are taken */
	int64_t begun_us, retry_us, recount_us; /* begun_us 0: nothing waits for a commit */
	struct err trouble;                     /* why the disk refuses; code 0: it does not */
	struct log_often bad_often, unsent_often;
	uint64_t n_commands, n_refused, n_commits, n_failures;
	int64_t n_quarantined;                  /* as was told last */
	uint64_t n_synced;                      /* bundles in Postgres, at the last beat */
	int64_t synced_us;                      /* when these became more, or nothing waited */
	struct watchdog watchdog;
	struct standing standing;
	int64_t watch_us;
};

/* ---- memory as the disk has it */

static void
forget(struct local_store *me)
{
	outbox_close(&me->outbox);
	sessions_free(&me->sessions);
	samples_forget(&me->intake);
	me->n_effects = 0;
	me->begun_us = 0;
}

static int
recall(struct local_store *me, struct err *err)
{
	const struct process *p = me->process;
	const char *bundles = conf_find(p->conf, "links", "bundles");
	struct outbox_limits limits = {
		.rows = (size_t)conf_number(p->conf, "bundle-rows"),
		.open_rows = (size_t)conf_number(p->conf, "outbox-rows"),
		.in_flight = (size_t)conf_number(p->conf, "in-flight"),
		.wait_us = conf_number(p->conf, "bundle-seconds") * CLOCK_SECOND,
		.rows_per_s = conf_number(p->conf, "rows-per-second"),
		.bytes_per_s = conf_number(p->conf, "bytes-per-second"),
		.resend_us = conf_number(p->conf, "resend-seconds") * CLOCK_SECOND,
	};
	bool pack = bundles && strstr(bundles, "tcp://");

	me->sessions = sessions_new();
	me->life = (struct lifecycle){me->store, me->sessions, p->gateway, 0};
	if (store_setting(me->store, "hlc", 0, &me->life.hlc, err) < 0 ||
	    store_load_active(me->store, me->sessions, err) < 0 || recount_running(&me->life, err) < 0 ||
	    store_load_stale(me->store, me->sessions, err) < 0)
		return -1;
	me->outbox = outbox_open(me->store, me->sessions, p->gateway, &limits, pack, err);
	return me->outbox ? release_resume(&me->life, me->outbox, err) : -1;
}

/* ---- the transaction */

/* The disk refuses: answer so, go back to what it has, and try again later. */
static void
fail(struct local_store *me, const struct err *err)
{
	struct err again;
	size_t i;

	if (!me->n_failures++ || !me->trouble.code)
		log_warn("cannot_store", "why=\"%s\"", err->text);
	me->trouble = *err;
	me->trouble.code = err->code ? err->code : EIO;
	me->retry_us = clock_mono_us() + RETRY_US;
	store_rollback(me->store);
	for (i = 0; i < me->n_effects; i++) {
		me->effects[i].reply.ok = 0;
		(void)snprintf(me->effects[i].reply.text, sizeof(me->effects[i].reply.text),
			       "not stored: %.200s", err->text);
		me->effects[i].record = NULL;
		me->effects[i].entry = NULL;
		news_effects(me->news, &me->effects[i]);
	}
	forget(me);
	if (recall(me, &again) < 0)
		me->trouble = again;
	news_warn(me->news, &me->standing, "cannot_store", LEVEL_CRITICAL, me->trouble.text);
}

static void
recover(struct local_store *me)
{
	struct err err;

	me->retry_us = clock_mono_us() + RETRY_US;
	if (!me->outbox) {
		forget(me);
		if (recall(me, &err) < 0) {
			me->trouble = err;
			return;
		}
	}
	/* a write that changes nothing: does the disk take it again? */
	if (store_begin(me->store, &err) < 0 ||
	    store_put_setting(me->store, "hlc", me->life.hlc, &err) < 0 ||
	    store_commit(me->store, &err) < 0) {
		store_rollback(me->store);
		me->trouble = err;
		return;
	}
	log_info("stores_again", "failures=%llu", (unsigned long long)me->n_failures);
	me->trouble = (struct err){0};
	news_warn(me->news, &me->standing, "cannot_store", LEVEL_INFO, "the disk takes data again");
}

/* Rows have come into quarantine, or the last one has left it. */
static void
tell_quarantine(struct local_store *me)
{
	const struct quarantine_counts *c = quarantine_counts(outbox_quarantine(me->outbox));
	char text[120];

	if (c->held > me->n_quarantined) {
		(void)snprintf(text, sizeof(text), "rows in quarantine: %lld; Postgres refuses them; see ihht "
			       "quarantine list", (long long)c->held);
		log_warn("quarantined", "rows=%lld", (long long)c->held);
		news_warn(me->news, &me->standing, "quarantine", LEVEL_WARN, text);
	} else if (!c->held && me->n_quarantined) {
		news_warn(me->news, &me->standing, "quarantine", LEVEL_INFO, "nothing is held in quarantine any more");
	}
	me->n_quarantined = c->held;
}

/* All of it has become true. */
static void
announce(struct local_store *me)
{
	struct heard *h;
	struct effects *fx;
	size_t i;

	for (h = me->intake.heard; h < me->intake.heard + me->intake.n_heard; h++) {
		if (h->touched)
			news_stored(me->news, h);
		intake_told(h);
	}
	for (i = 0; i < me->intake.n_started; i++)
		news_session(me->news, me->intake.started[i]);
	for (fx = me->effects; fx < me->effects + me->n_effects; fx++) {
		news_effects(me->news, fx);
		if (fx->entry)
			sessions_trim(me->sessions, fx->entry->row.device_id);
	}
	me->intake.n_started = me->intake.n_taken = me->n_effects = 0;
	tell_quarantine(me);
}

static int
settle(struct local_store *me, struct err *err)
{
	return samples_settle(&me->intake, &me->life, me->outbox, clock_utc_us(), err);
}

static int
commit(struct local_store *me, struct err *err)
{
	if (settle(me, err) < 0 || samples_save(&me->intake, me->store, err) < 0 ||
	    outbox_save(me->outbox, err) < 0 || store_commit(me->store, err) < 0)
		return -1;
	me->n_commits++;
	me->begun_us = 0;
	announce(me);
	return 0;
}

static bool
is_full(const struct local_store *me)
{
	return me->intake.n_taken >= me->commit_rows ||
	       me->intake.n_started == SAMPLES_STARTED || me->n_effects == MAX_EFFECTS;
}

/* ---- in */

/* A frame that is not ours costs nothing but itself. */
static void
complain(struct local_store *me, const struct err *err)
{
	if (!log_often(&me->bad_often, clock_mono_us()))
		return;
	log_warn("bad_frame", "why=\"%s\" count=%llu", err->text,
		 (unsigned long long)me->bad_often.n);
	me->bad_often.n = 0;
}

typedef int take_fn(struct local_store *me, const struct link_frame *frame, struct err *err);

/* What is there, until the transaction is full. -1 only when the store fails. */
static int
drain(struct local_store *me, struct link *link, take_fn *take, struct err *err)
{
	struct link_frame frame;
	int n, r;

	me->utc_us = clock_utc_us();
	for (n = 0; n < MAX_FRAMES && !is_full(me); n++) {
		r = link_recv(link, &frame, err);
		if (r < 0 && err->code != EBADMSG)
			return -1;
		if (r < 0)
			complain(me, err);
		else if (r == 0)
			break;
		else if (take(me, &frame, err) < 0)
			return -1;
		else if (!me->begun_us)
			me->begun_us = clock_mono_us();
	}
	return 0;
}

static int
take_sample(struct local_store *me, const struct link_frame *frame, struct err *err)
{
	return samples_take(&me->intake, &me->life, me->outbox, frame->message, frame->msg,
			    me->utc_us, err);
}

static int
take_command(struct local_store *me, const struct link_frame *frame, struct err *err)
{
	struct effects *fx = &me->effects[me->n_effects++];

	me->n_commands++;
	effects_clear(fx, msg_str(&frame->message->fields[0], frame->msg));
	if (settle(me, err) < 0 || store_begin(me->store, err) < 0)
		return -1;
	if ((frame->message == &msg_release
		     ? release_apply(&me->life, me->outbox, frame->msg, me->utc_us, fx, err)
		     : commands_apply(&me->life, frame->message, frame->msg, me->utc_us, fx, err)) < 0)
		return -1;
	me->n_refused += !fx->reply.ok;
	if (fx->entry)
		outbox_due(me->outbox, fx->entry);  /* which also keeps it in hand until then */
	return 0;
}

static int
take_receipt(struct local_store *me, const struct link_frame *frame, struct err *err)
{
	const struct receipt *receipt = frame->msg;
	struct outbox_counts counts;
	struct entry *entry;
	int known;

	if (frame->message == &msg_alert) {
		news_alert(me->news, &me->standing, frame->msg);
		return 0;
	}
	/* who is let go of below must not be named by readings that wait */
	if (settle(me, err) < 0 || store_begin(me->store, err) < 0)
		return -1;
	known = outbox_receipt(me->outbox, receipt, clock_mono_us(), &entry, err);
	if (known <= 0)
		return known;
	if (receipt->outcome == OUTCOME_REFUSED) {
		/* Postgres' own words may quote values of people */
		log_warn("bundle_refused", "session=%s sqlstate=\"%s\" why=\"%s\"", receipt->session_id,
			 receipt->sqlstate, *receipt->sqlstate ? "see the alert" : receipt->text);
		news_warn(me->news, &me->standing, "bundle_refused", LEVEL_WARN, receipt->text);
	} else {
		if (standing_has(&me->standing, "bundle_refused"))
			news_warn(me->news, &me->standing, "bundle_refused", LEVEL_INFO, "bundles arrive again");
		outbox_counts(me->outbox, &counts);
		news_synced(me->news, receipt, counts.pending);
	}
	sessions_trim(me->sessions, entry->row.device_id);
	return 0;
}

static int
take_repair(struct local_store *me, const struct link_frame *frame, struct err *err)
{
	const struct repair *repair = frame->msg;
	struct entry *entry;

	if (frame->message == &msg_alert) {
		news_say(me->news, &msg_alert, ((const struct alert *)frame->msg)->name, frame->msg);
		return 0;
	}
	entry = store_load_id(me->store, me->sessions, repair->session_id, err);

	if (!entry && err->code != ENOENT)
		return -1;
	if (!entry)
		return 0;  /* not of this gateway */
	if (store_begin(me->store, err) < 0)
		return -1;
	if (outbox_repair(me->outbox, entry, repair->from_us, repair->to_us, err) < 0)
		return err->code == ENOBUFS ? 0 : -1;  /* the auditor asks again */
	return 0;
}

/* ---- out: bundles; figures of sessions whose readings came late */

/* 1 there may be another one; 0 no, or nobody takes it. */
static int
send_bundle(struct local_store *me, int64_t now, struct err *err)
{
	const struct bundle *bundle = outbox_next(me->outbox, now, err);
	/* of a PUSH nobody selects by topic: the session in it would be a fifteenth of the wire */
	int sent = bundle ? link_send(me->bundles, &msg_bundle, "", bundle, err) : 0;

	me->blocked = bundle && !sent;
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
	    recount_session(&me->life, entry, clock_utc_us(), err) < 0 || commit(me, err) < 0)
		return -1;
	news_session(me->news, entry);
	now += RECOUNT_RESTS * (clock_mono_us() - now);
	me->recount_us = now + RECOUNT_US;
	return 0;
}

/* ---- the loop */

/* Work waiting and none done: for how many seconds. */
static double
sync_wait_s(struct local_store *me, const struct outbox_counts *c)
{
	uint64_t done = c->n_applied + c->n_duplicate + c->n_quarantined;
	int64_t now = clock_mono_us();

	if (!c->pending || done != me->n_synced)
		me->synced_us = now;
	me->n_synced = done;
	return (double)(now - me->synced_us) / (double)CLOCK_SECOND;
}

static void
beat(struct local_store *me)
{
	struct quarantine_counts q = {0};
	struct outbox_counts c = {0};

	if (me->outbox) {
		outbox_counts(me->outbox, &c);
		q = *quarantine_counts(outbox_quarantine(me->outbox));
	}
	process_beat(me->process, me->trouble.code ? PROCESS_WAITING : PROCESS_READY,
		     me->trouble.text,
		     "readings_stored=%llu readings_seen=%llu readings_outside=%llu gaps=%llu "
		     "holes=%llu positions_skipped=%llu commits=%llu store_failures=%llu "
		     "sessions_active=%zu commands=%llu commands_refused=%llu bad_frames=%llu "
		     "readings_pending=%lld sync_wait_s=%.3f bundles_in_flight=%zu bundles_sent=%llu "
		     "bundles_resent=%llu bundles_applied=%llu bundles_duplicate=%llu "
		     "bundles_quarantined=%llu bundles_refused=%llu quarantine_held=%lld "
		     "quarantine_replaying=%lld quarantine_dropped=%lld bundle_bytes=%llu "
		     "bundle_bytes_raw=%llu pack_ratio=%.2f rate_limited=%d",
		     (unsigned long long)me->intake.n_stored, (unsigned long long)me->intake.n_seen,
		     (unsigned long long)me->intake.n_outside, (unsigned long long)me->intake.n_gaps,
		     (unsigned long long)me->intake.n_holes, (unsigned long long)me->intake.n_skipped,
		     (unsigned long long)me->n_commits, (unsigned long long)me->n_failures,
		     me->sessions ? sessions_active(me->sessions) : 0,
		     (unsigned long long)me->n_commands, (unsigned long long)me->n_refused,
		     (unsigned long long)(link_counts(me->samples)->n_bad +
					  link_counts(me->commands)->n_bad),
		     (long long)c.pending, sync_wait_s(me, &c), c.in_flight, (unsigned long long)c.n_sent,
		     (unsigned long long)c.n_resent, (unsigned long long)c.n_applied,
		     (unsigned long long)c.n_duplicate, (unsigned long long)c.n_quarantined,
		     (unsigned long long)c.n_refused, (long long)q.held, (long long)q.replaying,
		     (long long)q.dropped, (unsigned long long)c.n_bytes,
		     (unsigned long long)c.n_raw_bytes,
		     c.n_bytes ? (double)c.n_raw_bytes / (double)c.n_bytes : 1.0, c.limited);
}

/* ---- what somebody should look at */

static struct watchdog_facts
look_around(struct local_store *me)
{
	struct watchdog_facts facts = {.mono_us = clock_mono_us(), .utc_us = clock_utc_us(), .disk_used = -1};
	struct outbox_counts c = {0};
	struct statvfs disk;
	struct err err;

	if (me->outbox) {
		outbox_counts(me->outbox, &c);
		(void)store_oldest_unsynced(me->store, &facts.oldest_us, &err);
	}
	facts.pending = c.pending;
	facts.n_arrived = c.n_applied + c.n_duplicate + c.n_quarantined;
	facts.n_failed = c.n_refused + c.n_resent;
	if (statvfs(me->process->database, &disk) == 0 && disk.f_blocks)
		facts.disk_used = 1 - (double)disk.f_bavail / (double)disk.f_blocks;
	return facts;
}

static void
watch(struct local_store *me)
{
	struct watchdog_facts facts;
	struct alert told[N_RULES];
	size_t i, n;

	if (clock_mono_us() < me->watch_us)
		return;
	me->watch_us = clock_mono_us() + WATCH_US;
	facts = look_around(me);
	n = watchdog_look(&me->watchdog, &facts, told);
	for (i = 0; i < n; i++)
		news_alert(me->news, &me->standing, &told[i]);
}

static int64_t
commit_due_us(const struct local_store *me)
{
	if (!me->begun_us)
		return INT64_MAX;
	if (me->n_effects || is_full(me))
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
	return clock_until_ms(wake, now, beat_ms);
}

static int
turn(struct local_store *me, struct err *err)
{
	if (drain(me, me->commands, take_command, err) < 0 ||
	    drain(me, me->receipts, take_receipt, err) < 0 ||
	    drain(me, me->samples, take_sample, err) < 0 ||
	    drain(me, me->repairs, take_repair, err) < 0)
		return -1;
	send_ready(me, clock_mono_us(), err);
	if (clock_mono_us() >= commit_due_us(me) && commit(me, err) < 0)
		return -1;
	if (me->begun_us)
		return 0;  /* no bundles from what is not committed */
	news_greet(me->news, me->sessions, &me->standing);
	return send_bundles(me, err) < 0 || recount(me, err) < 0 ? -1 : 0;
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
		beat(me);
		watch(me);
		on[NEWS].events = me->begun_us ? 0 : ZMQ_POLLIN;
		on[BUNDLES].events = me->blocked ? ZMQ_POLLOUT : 0;
		if (zmq_poll(on, me->trouble.code ? 1 : N, wait_ms(me)) < 0 && errno != EINTR)
			return err_set(err, errno, "poll: %s", zmq_strerror(errno));
		me->blocked &= !on[BUNDLES].revents;
		if (me->trouble.code && clock_mono_us() >= me->retry_us)
			recover(me);
		if (me->trouble.code)
			continue;
		if (turn(me, err) < 0)
			fail(me, err);
	}
	if (!me->trouble.code && (drain(me, me->samples, take_sample, err) < 0 ||
				  commit(me, err) < 0))
		fail(me, err);
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
	};
	struct watchdog_facts facts = {.mono_us = clock_mono_us(), .utc_us = clock_utc_us()};

	me->commit_rows = (size_t)conf_number(me->process->conf, "commit-rows");
	if (!(me->store = store_open(me->process->database, err)) || recall(me, err) < 0)
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
	forget(me);
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
