/*
 * sync-worker - bundles from local-store into Postgres
 *
 *	in      bundles   from local-store
 *	out     receipts  to the gateway the bundle came from; alerts when a person is needed;
 *	                  a hello to each gateway that joins
 *	owns    nothing: stateless, run as many as wanted
 *
 * Promise: a receipt is sent only after the commit it speaks of, and the same bundle again
 * changes nothing.
 *
 * A bundle is one session's row, its changed records and some of its readings.  It is opened
 * and checked (bundle.h) and written in one transaction together with its receipt
 * (statements.h, out_postgres.h): fresh readings by COPY straight into the month's partition,
 * and when one of them is there already, or the bundle was sent before, by an insert that
 * leaves alone what is there.  Then the receipt goes out: applied, duplicate (the whole bundle
 * was here), quarantined (all but the rows it names is in) or refused (it will not be taken
 * like this, and why).
 *
 * While more bundles wait, up to 16 of them share one wait for the disk (docs/decisions/0017).
 *
 * One bundle is in hand at a time; more wait in the socket, and those of a crate (proto/crate.h,
 * over tcp) in memory, each for a transaction and a receipt of its own.  While Postgres is away
 * the bundle is kept and tried again (backoff.h), the beat says `waiting` and why.  A worker
 * that is stopped or killed forgets its bundles: the next one says hello, and local-store sends
 * what has no receipt again, to whichever worker is there.
 */
#include <czmq.h>
#include <errno.h>
#include <unistd.h>

#include "common/clock.h"
#include "common/fault.h"
#include "common/log.h"
#include "common/pg.h"
#include "common/sig.h"
#include "proto/crate.h"
#include "services/sync-worker/answers.h"
#include "services/sync-worker/out_postgres.h"

#define TELL_US (60 * CLOCK_SECOND)

static const struct conf_key keys[] = {
	{"instances", CONF_NUMBER, "1", 1, 64, NULL, "how many of it run side by side"},
	{"prepare", CONF_WORD, "yes", 0, 0, "yes|no",
	 "no when a transaction pooler stands before Postgres (port 6543 of Supabase)"},
	{"timeout-ms", CONF_NUMBER, "30000", 100, 600000, NULL,
	 "Postgres answers within this, or the worker connects anew"},
	{"retry-first-ms", CONF_NUMBER, "1000", 1, 60000, NULL,
	 "after a failure wait anything up to this, after each further one twice that"},
	{"retry-most-ms", CONF_NUMBER, "300000", 1, 3600000, NULL, "but never more than this"},
	{"breaker-failures", CONF_NUMBER, "5", 1, 1000, NULL,
	 "after so many failures in a row Postgres is left alone"},
	{"breaker-ms", CONF_NUMBER, "10000", 1, 3600000, NULL,
	 "for at least this, before one try decides; at most retry-most-ms"},
};

static const struct process_manual manual = {
	"sync-worker",
	"Writes bundles from local-store into Postgres, each in one transaction and each once,\n"
	"and tells the gateway. Run as many as wanted.",
	keys, sizeof(keys) / sizeof(keys[0])};

struct sync_worker {
	int signals;
	struct process *process;
	struct link *bundles;
	struct answers answers;
	struct crate_opener *crate;      /* the crate in hand: its next bundle goes before any other */
	struct bundle_opener *opener;
	struct bundle_content content;   /* the bundle in hand */
	struct sink *sink;
	uint64_t n_forgotten;            /* as the sink has counted it */
	char conninfo[1024];
	struct log_often bad;
	char gateway[80];                /* the last one heard of: who is told */
	int64_t told_us;                 /* when it was, that a person is needed; 0: it is not */
	uint64_t n_bad, n_crates;
};

static int
attach(struct sync_worker *me, struct err *err)
{
	const struct conf *conf = me->process->conf;
	int64_t most_ms = conf_number(conf, "retry-most-ms"), rest_ms = conf_number(conf, "breaker-ms");
	struct sink_settings settings = {
		.conninfo = me->conninfo,
		.prepare = !strcmp(conf_text(conf, "prepare"), "yes"),
		.timeout_ms = conf_number(conf, "timeout-ms"),
		.breaker = {.most_failures = conf_number(conf, "breaker-failures"),
			    .rest_ms = rest_ms < most_ms ? rest_ms : most_ms},
		.backoff = {conf_number(conf, "retry-first-ms"), most_ms, 0, (uint64_t)me->process->run ^ (uint64_t)getpid() << 32},
	};

	pg_conninfo(conf, me->process->run_dir, "sync-worker", "ihht_sync", me->conninfo,
		    sizeof(me->conninfo));
	me->sink = sink_open(&settings);
	me->opener = bundle_opener_new();
	me->crate = crate_opener_new();
	me->answers.instance = me->process->instance;
	me->answers.since_us = me->process->run;
	if (!(me->answers.receipts = link_open(me->process, "receipts", LINK_OUT, err)) ||
	    !(me->bundles = link_open(me->process, "bundles", LINK_IN, err)))
		return -1;
	return 0;
}

static void
detach(struct sync_worker *me)
{
	link_close(&me->bundles);
	link_close(&me->answers.receipts);
	crate_opener_free(&me->crate);
	bundle_opener_free(&me->opener);
	sink_close(&me->sink);
}

static int
refuse(struct sync_worker *me, const char *gateway, const struct bundle *bundle,
       const char *why, struct err *err)
{
	struct receipt receipt;

	msg_clear(&msg_receipt, &receipt);
	memcpy(receipt.id, bundle->id, sizeof(receipt.id));
	memcpy(receipt.session_id, bundle->session_id, sizeof(receipt.session_id));
	receipt.outcome = OUTCOME_REFUSED;
	(void)snprintf(receipt.text, sizeof(receipt.text), "%.290s", why);
	return answers_give(&me->answers, gateway, &receipt, err);
}

static void
drop(struct sync_worker *me, const struct err *err)
{
	me->n_bad++;
	if (!log_often(&me->bad, clock_mono_us()))
		return;
	log_warn("frame_dropped", "why=\"%s\" more=%llu", err->text, (unsigned long long)me->bad.n);
	me->bad.n = 0;
}

static bool
more_waits(const struct sync_worker *me)
{
	size_t size = sizeof(int);
	int events = 0;

	(void)zmq_getsockopt(link_socket(me->bundles), ZMQ_EVENTS, &events, &size);
	return crate_left(me->crate) || events & ZMQ_POLLIN;
}

/* In hand, or refused at once. */
static int
take_bundle(struct sync_worker *me, const struct bundle *bundle, struct err *err)
{
	if (bundle_open(me->opener, bundle, me->gateway, clock_utc_us(), &me->content, err) < 0)
		return refuse(me, me->gateway, bundle, err->text, err);
	FAULT("sync-worker.received");
	sink_put(me->sink, &me->content, me->answers.n_held + 1 < ANSWERS_MOST && more_waits(me));
	return 0;
}

/* One that cannot be named is sent again, by itself, and so refused. */
static int
take_of_crate(struct sync_worker *me, struct err *err)
{
	const struct bundle *bundle;
	int r = crate_next(me->crate, me->gateway, &bundle, err);

	if (r < 0)
		drop(me, err);
	return r > 0 ? take_bundle(me, bundle, err) : 0;
}

static int
take_frame(struct sync_worker *me, struct err *err)
{
	struct link_frame frame;
	int r = link_recv(me->bundles, &frame, err);

	if (r > 0) {
		(void)snprintf(me->gateway, sizeof(me->gateway), "%.*s",
			       (int)strcspn(frame.gateway, "/"), frame.gateway);
		if (frame.message == &msg_bundle)
			return take_bundle(me, frame.msg, err);
		r = crate_open(me->crate, frame.msg, err);
		me->n_crates += r == 0;
	}
	if (r < 0 && err->code == EBADMSG)
		drop(me, err);
	return r < 0 && err->code != EBADMSG ? -1 : 0;
}

static int
step(struct sync_worker *me, struct err *err)
{
	static struct receipt receipt;

	if (sink_step(me->sink, &receipt)) {
		FAULT("sync-worker.committed");
		answers_hold(&me->answers, me->content.bundle->gateway, &receipt);
	}
	if (me->n_forgotten != sink_counts(me->sink)->n_forgotten) {
		me->n_forgotten = sink_counts(me->sink)->n_forgotten;
		return answers_forget(&me->answers, err);
	}
	return sink_is_on_disk(me->sink) ? answers_release(&me->answers, err) : 0;
}

/* Nothing follows that would bring it to the disk. */
static void
sync_held(struct sync_worker *me)
{
	size_t n = me->answers.n_held;

	if (sink_is_free(me->sink) && n && (n == ANSWERS_MOST || !more_waits(me)))
		sink_sync(me->sink);
}

/* The gateway's people hear what is to be put right, once a minute, and when it is. */
static int
tell(struct sync_worker *me, struct err *err)
{
	int wrong = sink_counts(me->sink)->needs_person;
	int64_t now = clock_mono_us();
	struct alert alert;

	if (wrong ? me->told_us && now - me->told_us < TELL_US : !me->told_us)
		return 0;
	me->told_us = wrong ? now : 0;
	msg_clear(&msg_alert, &alert);
	(void)snprintf(alert.name, sizeof(alert.name), "postgres_setup");
	(void)snprintf(alert.text, sizeof(alert.text), "%s",
		       wrong ? sink_why(me->sink) : "Postgres takes bundles again");
	alert.level = wrong ? LEVEL_CRITICAL : LEVEL_INFO;
	alert.at_us = clock_utc_us();
	return link_send_to(me->answers.receipts, &msg_alert, *me->gateway ? me->gateway : me->process->gateway,
			    alert.name, &alert, err) < 0 ? -1 : 0;
}

/* Who comes later hears what is wrong, too. */
static int
welcome(struct sync_worker *me, struct err *err)
{
	char prefix[80], gateway[80];

	while (link_joined(me->answers.receipts, prefix, sizeof(prefix))) {
		me->told_us = me->told_us ? 1 : 0;
		if (sscanf(prefix, "hello/%79[^/]/", gateway) == 1 &&
		    answers_greet(&me->answers, gateway, err) < 0)
			return -1;
	}
	return 0;
}

static void
beat(struct sync_worker *me)
{
	const struct sink_counts *c = sink_counts(me->sink);
	const struct breaker *breaker = sink_breaker(me->sink);
	const char *why = sink_why(me->sink);

	process_beat(me->process, *why ? PROCESS_WAITING : PROCESS_READY, why,
		     "bundles_applied=%llu bundles_duplicate=%llu bundles_quarantined=%llu "
		     "bundles_refused=%llu crates=%llu frames_bad=%llu readings_added=%llu "
		     "readings_seen=%llu retries=%llu copy_fallbacks=%llu postgres_up=%d "
		     "failures_in_a_row=%lld breaker_open=%d breaker_trying=%d breaker_opened=%llu",
		     (unsigned long long)me->answers.n_applied, (unsigned long long)me->answers.n_duplicate,
		     (unsigned long long)me->answers.n_quarantined, (unsigned long long)me->answers.n_refused,
		     (unsigned long long)me->n_crates, (unsigned long long)me->n_bad,
		     (unsigned long long)me->answers.n_added,
		     (unsigned long long)me->answers.n_seen,
		     (unsigned long long)c->n_retries, (unsigned long long)c->n_copy_fallbacks,
		     c->postgres_up, (long long)breaker->n_failed, breaker->state == BREAKER_OPEN,
		     breaker->state == BREAKER_TRYING, (unsigned long long)breaker->n_opened);
}

static int
loop(struct sync_worker *me, struct err *err)
{
	enum { SIGNAL, BUNDLES, RECEIPTS, POSTGRES, N };
	zmq_pollitem_t on[N] = {
		[SIGNAL] = {.fd = me->signals, .events = ZMQ_POLLIN},
		[BUNDLES] = {.socket = link_socket(me->bundles)},
		[RECEIPTS] = {.socket = link_socket(me->answers.receipts), .events = ZMQ_POLLIN},
	};

	while (!on[SIGNAL].revents) {
		on[BUNDLES].events = sink_is_free(me->sink) ? ZMQ_POLLIN : 0;
		on[POSTGRES].fd = sink_fd(me->sink);  /* poll() passes over -1 */
		on[POSTGRES].events = sink_events(me->sink);
		if (zmq_poll(on, N, clock_until_ms(sink_wake_us(me->sink), clock_mono_us(),
						   process_beat_in_ms(me->process))) < 0 &&
		    errno != EINTR)
			return err_set(err, errno, "poll: %s", zmq_strerror(errno));
		if (((on[BUNDLES].revents & ZMQ_POLLIN) && take_frame(me, err) < 0) || step(me, err) < 0)
			return -1;
		while (sink_is_free(me->sink) && crate_left(me->crate) && me->answers.n_held < ANSWERS_MOST)
			if (take_of_crate(me, err) < 0 || step(me, err) < 0)
				return -1;
		sync_held(me);
		if (welcome(me, err) < 0 || tell(me, err) < 0)
			return -1;
		beat(me);
	}
	return 0;
}

int
main(int argc, char **argv)
{
	static struct sync_worker me;
	int exit_code = PROCESS_TRY_AGAIN;
	struct err err;

	me.signals = sig_open(&err);
	if (!(me.process = process_open(&manual, argc, argv, &exit_code)))
		return exit_code;
	if (me.signals >= 0 && attach(&me, &err) == 0) {
		log_info("ready", "instance=%d", me.process->instance);
		exit_code = loop(&me, &err) == 0 ? 0 : PROCESS_TRY_AGAIN;
	}
	if (exit_code)
		log_error("stopping", "why=\"%s\"", err.text);
	detach(&me);
	log_info("stopped", "bundles_applied=%llu bundles_duplicate=%llu bundles_refused=%llu "
		 "readings_added=%llu readings_seen=%llu", (unsigned long long)me.answers.n_applied,
		 (unsigned long long)me.answers.n_duplicate, (unsigned long long)me.answers.n_refused,
		 (unsigned long long)me.answers.n_added, (unsigned long long)me.answers.n_seen);
	process_close(&me.process);
	return exit_code;
}
