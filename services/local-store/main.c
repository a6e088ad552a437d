/*
 * local-store - every reading, session and survey on disk at once, and on its way to Postgres
 *
 *	in      samples   from ble-ingest: readings and gaps, in order, sent again until stored
 *	        commands  from http-api, ihht: sessions, surveys, events, imports
 *	        receipts  from sync-worker: what has been committed in Postgres
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

#include "common/clock.h"
#include "common/log.h"
#include "common/sig.h"
#include "proto/link.h"
#include "services/local-store/commands.h"
#include "services/local-store/intake.h"
#include "services/local-store/outbox.h"

#define MAX_SPOOLS  64
#define MAX_EFFECTS 64
#define RETRY_US    CLOCK_SECOND
#define RECOUNT_US  (2 * CLOCK_SECOND)

static const struct conf_key keys[] = {
	{"gather-ms", CONF_NUMBER, "20", 0, 1000, NULL, "what arrives within it shares a commit"},
	{"commit-rows", CONF_NUMBER, "5000", 1, 100000, NULL, "a commit has no more samples than this"},
	{"bundle-rows", CONF_NUMBER, "500", 1, 1500, NULL, "a session's bundle leaves with so many readings"},
	{"bundle-seconds", CONF_NUMBER, "30", 0, 3600, NULL, "or when its oldest has waited so long"},
	{"outbox-rows", CONF_NUMBER, "60000", 1500, 10000000, NULL, "readings gathered in memory"},
	{"in-flight", CONF_NUMBER, "64", 1, 1000, NULL, "bundles without receipt"},
	{"resend-seconds", CONF_NUMBER, "30", 1, 3600, NULL, "a bundle without receipt goes again"},
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
	struct heard heard[MAX_SPOOLS];
	size_t n_heard;
	struct effects effects[MAX_EFFECTS];    /* to be said after the commit */
	size_t n_effects;
	struct entry *started[MAX_EFFECTS];     /* learnt their data_source from a reading */
	size_t n_started, n_rows;               /* in the open transaction */
	int64_t begun_us, retry_us, recount_us;
	struct err trouble;                     /* why the disk refuses; code 0: it does not */
	struct log_often bad_often;
	uint64_t n_stored, n_seen, n_outside, n_holes, n_skipped, n_gaps, n_commands, n_refused,
		n_commits, n_failures;
};

/* ---- memory as the disk has it */

/* Figures of running sessions, counted again from their readings. */
static int
count_running(struct local_store *me, struct err *err)
{
	int64_t from_us = INT64_MAX, id, no;
	struct sqlite3_stmt *rows;
	struct reading reading;
	struct entry *entry;
	int r;

	for (entry = NULL; (entry = sessions_next(me->sessions, entry));)
		if (entry_active(entry) && entry->row.start_us < from_us)
			from_us = entry->row.start_us;
	if (from_us == INT64_MAX)
		return 0;
	rows = store_since(me->store, from_us);
	while ((r = store_next(rows, &id, &no, &reading, err)) > 0) {
		entry = sessions_by_no(me->sessions, no);
		if (!entry)
			continue;
		totals_add(&entry->whole, &reading);
		if (entry->n_spans && reading.taken_us >= entry->spans[entry->n_spans - 1].from_us)
			totals_add(&entry->phase, &reading);
	}
	return r;
}

static void
forget(struct local_store *me)
{
	outbox_close(&me->outbox);
	sessions_free(&me->sessions);
	me->n_heard = me->n_effects = me->n_started = me->n_rows = 0;
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
		.resend_us = conf_number(p->conf, "resend-seconds") * CLOCK_SECOND,
	};
	bool pack = bundles && strstr(bundles, "tcp://");

	me->sessions = sessions_new();
	me->life = (struct lifecycle){me->store, me->sessions, p->gateway, 0};
	if (store_setting(me->store, "hlc", 0, &me->life.hlc, err) < 0 ||
	    store_load_active(me->store, me->sessions, err) < 0 || count_running(me, err) < 0)
		return -1;
	me->outbox = outbox_open(me->store, me->sessions, p->gateway, &limits, pack, err);
	return me->outbox ? 0 : -1;
}

/* ---- what is said, once it is true */

static void
say(struct local_store *me, const struct message *message, const char *key, const void *msg)
{
	struct err err;

	if (link_send(me->news, message, key, msg, &err) < 0)
		log_warn("news_not_sent", "why=\"%s\"", err.text);
}

static void
say_alert(struct local_store *me, const char *name, int64_t level, const char *text)
{
	struct alert alert;

	msg_clear(&msg_alert, &alert);
	(void)snprintf(alert.name, sizeof(alert.name), "%s", name);
	(void)snprintf(alert.text, sizeof(alert.text), "%s", text);
	alert.level = level;
	alert.at_us = clock_utc_us();
	say(me, &msg_alert, name, &alert);
}

static void
say_stored(struct local_store *me)
{
	struct heard *h;
	char key[24];

	for (h = me->heard; h < me->heard + me->n_heard; h++) {
		h->saved = h->upto;
		if (!h->touched)
			continue;
		(void)snprintf(key, sizeof(key), "%lld", (long long)h->spool);
		say(me, &msg_stored, key, &(struct stored){h->spool, h->upto, h->hole});
		h->told |= h->hole;
		h->hole = h->touched = false;
	}
}

static void
say_effects(struct local_store *me)
{
	struct effects *fx;

	for (fx = me->effects; fx < me->effects + me->n_effects; fx++) {
		say(me, &msg_reply, fx->reply.request_id, &fx->reply);
		if (fx->record)
			say(me, fx->record, fx->reply.session_id, &fx->as);
		if (!fx->entry)
			continue;
		say(me, &msg_session, fx->entry->row.id, &fx->entry->row);
		outbox_due(me->outbox, fx->entry);
		sessions_trim(me->sessions, fx->entry->row.device_id);
	}
	me->n_effects = 0;
}

static void
say_started(struct local_store *me)
{
	while (me->n_started) {
		struct entry *entry = me->started[--me->n_started];

		say(me, &msg_session, entry->row.id, &entry->row);
		outbox_due(me->outbox, entry);
	}
}

/* Somebody new listens to sessions: all that run, as they are. */
static void
greet(struct local_store *me)
{
	char prefix[80];
	struct entry *entry;

	while (link_joined(me->news, prefix, sizeof(prefix)))
		if (!strncmp(prefix, "session/", strlen(prefix) < 8 ? strlen(prefix) : 8))
			for (entry = NULL; (entry = sessions_next(me->sessions, entry));)
				if (entry_active(entry))
					say(me, &msg_session, entry->row.id, &entry->row);
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
		say(me, &msg_reply, me->effects[i].reply.request_id, &me->effects[i].reply);
	}
	forget(me);
	if (recall(me, &again) < 0)
		me->trouble = again;
	say_alert(me, "cannot_store", LEVEL_CRITICAL, me->trouble.text);
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
	say_alert(me, "cannot_store", LEVEL_INFO, "the disk takes data again");
}

static int
begin(struct local_store *me, struct err *err)
{
	if (!me->begun_us)
		me->begun_us = clock_mono_us();
	return store_begin(me->store, err);
}

static int
commit(struct local_store *me, struct err *err)
{
	struct heard *h;

	for (h = me->heard; h < me->heard + me->n_heard; h++)
		if (h->upto != h->saved && (store_begin(me->store, err) < 0 ||
		    store_put_spool(me->store, h->spool, h->upto, err) < 0))
			return -1;
	if (store_commit(me->store, err) < 0)
		return -1;
	me->n_commits++;
	me->begun_us = 0;
	me->n_rows = 0;
	say_stored(me);
	say_effects(me);
	say_started(me);
	return 0;
}

/* ---- in: samples */

static struct heard *
heard_of(struct local_store *me, int64_t spool, struct err *err)
{
	struct heard *h;
	int r;

	for (h = me->heard; h < me->heard + me->n_heard; h++)
		if (h->spool == spool)
			return h;
	if (me->n_heard == MAX_SPOOLS)
		h = me->heard;  /* the oldest spool gives way: the disk remembers it */
	else
		me->n_heard++;
	memset(h, 0, sizeof(*h));
	h->spool = spool;
	if ((r = store_spool(me->store, spool, &h->upto, err)) < 0)
		return NULL;
	h->known = r;
	h->saved = h->upto;
	return h;
}

static int
session_at(struct local_store *me, const char *device_id, int64_t taken_us,
	   struct entry **entry, struct err *err)
{
	*entry = sessions_at(me->sessions, device_id, taken_us);
	if (*entry || sessions_know(me->sessions, device_id, taken_us))
		return 0;
	if (store_load_device(me->store, me->sessions, device_id, taken_us, err) < 0)
		return -1;
	*entry = sessions_at(me->sessions, device_id, taken_us);
	return 0;
}

/* The first reading of a session tells what kind of data it is. */
static int
learn_source(struct local_store *me, struct entry *entry, int64_t data_source, struct err *err)
{
	if (entry->row.data_source != DATA_SOURCE_UNKNOWN || data_source == DATA_SOURCE_UNKNOWN ||
	    me->n_started == MAX_EFFECTS)
		return 0;
	entry->row.data_source = data_source;
	me->started[me->n_started++] = entry;
	return lifecycle_touch(&me->life, entry, clock_utc_us(), err);
}

static int
store_sample(struct local_store *me, const struct sample *sample, struct err *err)
{
	struct reading reading;
	struct entry *entry;
	int new;

	if (session_at(me, sample->device_id, sample->taken_us, &entry, err) < 0)
		return -1;
	if (!entry) {
		me->n_outside++;
		return 0;
	}
	intake_reading(sample, entry, &reading);
	if (begin(me, err) < 0 ||
	    (new = store_put_reading(me->store, entry->no, &reading, err)) < 0)
		return -1;
	me->n_stored += (uint64_t)new;
	me->n_seen += !new;
	if (!new)
		return 0;
	totals_add(&entry->whole, &reading);
	if (entry->n_spans && sample->taken_us >= entry->spans[entry->n_spans - 1].from_us)
		totals_add(&entry->phase, &reading);
	entry->stale |= !entry_active(entry) || (entry->n_spans && reading.taken_us <
						 entry->spans[entry->n_spans - 1].from_us);
	return learn_source(me, entry, sample->data_source, err);
}

static int
store_gap(struct local_store *me, const struct gap *gap, struct err *err)
{
	struct table *table = store_records(me->store, RECORD_GAP);
	struct gap kept = *gap;
	struct entry *entry;
	int64_t no;
	int seen;

	if (session_at(me, gap->device_id, gap->to_us, &entry, err) < 0 ||
	    (!entry && session_at(me, gap->device_id, gap->from_us, &entry, err) < 0))
		return -1;
	if (!entry)
		return 0;
	memcpy(kept.session_id, entry->row.id, sizeof(kept.session_id));
	if ((seen = table_find(table, &kept, &no, NULL, err)) != 0)
		return seen < 0 ? -1 : 0;
	me->n_gaps++;
	if (begin(me, err) < 0 || table_put(table, &kept, NULL, err) < 0)
		return -1;
	outbox_due(me->outbox, entry);
	return 0;
}

static int
take_sample(struct local_store *me, const struct link_frame *frame, struct err *err)
{
	const struct sample *sample = frame->msg;  /* gap begins with the same two fields */
	struct heard *heard = heard_of(me, sample->spool, err);

	if (!heard)
		return -1;
	if (frame->message == &msg_resume) {
		me->n_skipped += (uint64_t)intake_resume(heard, ((const struct resume *)frame->msg)->from);
		return 0;
	}
	switch (intake_pos(heard, sample->pos)) {
	case INTAKE_SEEN:
		me->n_seen++;
		return 0;
	case INTAKE_HOLE:
		me->n_holes++;
		return 0;
	case INTAKE_NEW:
		break;
	}
	me->n_rows++;
	return frame->message == &msg_gap ? store_gap(me, frame->msg, err)
					  : store_sample(me, sample, err);
}

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

/* All that is there, until the transaction is full. -1 only when the store fails. */
static int
drain(struct local_store *me, struct link *link, take_fn *take, struct err *err)
{
	size_t most = (size_t)conf_number(me->process->conf, "commit-rows");
	struct link_frame frame;
	int r;

	while (me->n_rows < most && me->n_effects < MAX_EFFECTS) {
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

/* ---- in: commands, receipts, repairs */

static int
take_command(struct local_store *me, const struct link_frame *frame, struct err *err)
{
	struct effects *fx = &me->effects[me->n_effects++];

	me->n_commands++;
	if (begin(me, err) < 0 || commands_apply(&me->life, frame->message, frame->msg,
						  clock_utc_us(), fx, err) < 0)
		return -1;
	me->n_refused += !fx->reply.ok;
	return 0;
}

static int
take_receipt(struct local_store *me, const struct link_frame *frame, struct err *err)
{
	const struct receipt *receipt = frame->msg;
	struct outbox_counts counts;
	struct entry *entry;
	int known;

	if (begin(me, err) < 0)
		return -1;
	known = outbox_receipt(me->outbox, receipt, clock_mono_us(), &entry, err);
	if (known <= 0)
		return known;
	outbox_counts(me->outbox, &counts);
	if (receipt->outcome == OUTCOME_REFUSED) {
		log_warn("bundle_refused", "session=%s sqlstate=%s why=\"%s\"", receipt->session_id,
			 receipt->sqlstate, receipt->text);
		say_alert(me, "bundle_refused", LEVEL_WARN, receipt->text);
	} else {
		struct synced synced = {.readings = receipt->added + receipt->seen,
					.pending = counts.pending};

		memcpy(synced.session_id, receipt->session_id, sizeof(synced.session_id));
		say(me, &msg_synced, synced.session_id, &synced);
	}
	sessions_trim(me->sessions, entry->row.device_id);
	return 0;
}

static int
take_repair(struct local_store *me, const struct link_frame *frame, struct err *err)
{
	const struct repair *repair = frame->msg;
	struct entry *entry = store_load_id(me->store, me->sessions, repair->session_id, err);

	if (!entry && err->code != ENOENT)
		return -1;
	if (!entry)
		return 0;  /* not of this gateway */
	if (begin(me, err) < 0)
		return -1;
	if (outbox_repair(me->outbox, entry, repair->from_us, repair->to_us, err) < 0)
		return err->code == EAGAIN ? 0 : -1;  /* the auditor asks again */
	return 0;
}

/* ---- out: bundles; figures of sessions whose readings came late */

static int
send_bundles(struct local_store *me, struct err *err)
{
	int64_t now = clock_mono_us();
	const struct bundle *bundle;
	int more, sent;

	do {
		outbox_head(me->outbox, store_last_reading(me->store));
		if ((more = outbox_work(me->outbox, now, err)) < 0)
			return -1;
		while ((bundle = outbox_next(me->outbox, now, err))) {
			sent = link_send(me->bundles, &msg_bundle, bundle->session_id, bundle, err);
			if (sent < 0)
				log_warn("bundle_not_sent", "why=\"%s\"", err->text);
			if (sent <= 0)
				return 0;
			outbox_sent(me->outbox, now);
		}
	} while (more && me->n_rows == 0);
	return 0;
}

static int
recount(struct local_store *me, struct err *err)
{
	struct entry *entry = NULL;

	if (clock_mono_us() < me->recount_us)
		return 0;
	me->recount_us = clock_mono_us() + RECOUNT_US;
	while ((entry = sessions_next(me->sessions, entry)) && !entry->stale)
		;
	if (!entry)
		return 0;
	if (begin(me, err) < 0 || lifecycle_recount(&me->life, entry, clock_utc_us(), err) < 0 ||
	    commit(me, err) < 0)
		return -1;
	say(me, &msg_session, entry->row.id, &entry->row);
	outbox_due(me->outbox, entry);
	return 0;
}

/* ---- the loop */

static void
beat(struct local_store *me)
{
	struct outbox_counts c = {0};

	if (me->outbox)
		outbox_counts(me->outbox, &c);
	process_beat(me->process, me->trouble.code ? PROCESS_WAITING : PROCESS_READY,
		     me->trouble.text,
		     "readings_stored=%llu readings_seen=%llu readings_outside=%llu gaps=%llu "
		     "holes=%llu positions_skipped=%llu commits=%llu store_failures=%llu "
		     "sessions_active=%zu commands=%llu commands_refused=%llu bad_frames=%llu "
		     "readings_pending=%lld bundles_in_flight=%zu bundles_sent=%llu "
		     "bundles_resent=%llu bundles_applied=%llu bundles_duplicate=%llu "
		     "bundles_refused=%llu",
		     (unsigned long long)me->n_stored, (unsigned long long)me->n_seen,
		     (unsigned long long)me->n_outside, (unsigned long long)me->n_gaps,
		     (unsigned long long)me->n_holes, (unsigned long long)me->n_skipped,
		     (unsigned long long)me->n_commits, (unsigned long long)me->n_failures,
		     me->sessions ? sessions_active(me->sessions) : 0,
		     (unsigned long long)me->n_commands, (unsigned long long)me->n_refused,
		     (unsigned long long)(link_counts(me->samples)->n_bad +
					  link_counts(me->commands)->n_bad),
		     (long long)c.pending, c.in_flight, (unsigned long long)c.n_sent,
		     (unsigned long long)c.n_resent, (unsigned long long)c.n_applied,
		     (unsigned long long)c.n_duplicate, (unsigned long long)c.n_refused);
}

static int64_t
commit_due_us(const struct local_store *me)
{
	if (!me->begun_us)
		return INT64_MAX;
	if (me->n_effects || me->n_rows >= (size_t)conf_number(me->process->conf, "commit-rows"))
		return 0;
	return me->begun_us + conf_number(me->process->conf, "gather-ms") * 1000;
}

static long
wait_ms(const struct local_store *me)
{
	int64_t now = clock_mono_us(), wake = me->retry_us;
	long beat_ms = process_beat_in_ms(me->process);

	if (!me->trouble.code) {
		wake = outbox_wake_us(me->outbox, now);
		if (commit_due_us(me) < wake)
			wake = commit_due_us(me);
	}
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
	if (clock_mono_us() >= commit_due_us(me) && commit(me, err) < 0)
		return -1;
	if (me->begun_us)
		return 0;  /* what is not committed must not leave */
	return send_bundles(me, err) < 0 || recount(me, err) < 0 ? -1 : 0;
}

static int
loop(struct local_store *me, struct err *err)
{
	enum { SIGNAL, SAMPLES, COMMANDS, RECEIPTS, REPAIRS, NEWS, N };
	zmq_pollitem_t on[N] = {
		[SIGNAL] = {.fd = me->signals, .events = ZMQ_POLLIN},
		[SAMPLES] = {.socket = link_socket(me->samples), .events = ZMQ_POLLIN},
		[COMMANDS] = {.socket = link_socket(me->commands), .events = ZMQ_POLLIN},
		[RECEIPTS] = {.socket = link_socket(me->receipts), .events = ZMQ_POLLIN},
		[REPAIRS] = {.socket = link_socket(me->repairs), .events = ZMQ_POLLIN},
		[NEWS] = {.socket = link_socket(me->news), .events = ZMQ_POLLIN},
	};

	while (!on[SIGNAL].revents) {
		beat(me);
		if (zmq_poll(on, me->trouble.code ? 1 : N, wait_ms(me)) < 0 && errno != EINTR)
			return err_set(err, errno, "poll: %s", zmq_strerror(errno));
		if (me->trouble.code && clock_mono_us() >= me->retry_us)
			recover(me);
		if (me->trouble.code)
			continue;
		greet(me);
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
	if (!(me->store = store_open(me->process->database, err)) || recall(me, err) < 0)
		return -1;
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
		log_info("ready", "pending=%lld", (long long)store_last_reading(me.store));
		(void)snprintf(prefix, sizeof(prefix), "receipt/%s/", me.process->gateway);
		link_subscribe(me.receipts, prefix);
		if (loop(&me, &err) < 0)
			log_error("stopped", "why=\"%s\"", err.text);
		else
			code = 0;
		log_info("stopped", "stored=%llu seen=%llu outside=%llu commits=%llu",
			 (unsigned long long)me.n_stored, (unsigned long long)me.n_seen,
			 (unsigned long long)me.n_outside, (unsigned long long)me.n_commits);
	}
	detach(&me);
	return code;
}
