/*
 * dedupe-auditor - do both stores hold the same rows, and can it be proved?
 *
 *	in	the SQLite file (read only), Postgres (as a role that only reads)
 *	out	repairs  to local-store: ranges that Postgres lacks, to be sent again; alerts
 *	owns	its audit log: what it found and did, each entry vouching for those before
 *
 * Every `interval` seconds, and soon after its start, it compares count and digest of each
 * session's readings and records (digest.h has the layout, verify.h how live traffic raises
 * no false alarm).  What Postgres lacks is sent again; what it has too much, changed or
 * doubled is reported and never touched.  It rests at least RESTS times as long as it
 * worked, however short the interval.
 *
 * Where there is an old database of the app (postgres/migrate), it looks there too, by the rules
 * of `ihht migrate`: see record/old.h.
 *
 *	dedupe-auditor verify   the same at once, for people: see command.c, or ihht verify
 *	dedupe-auditor migrate  repairs the app's old database: see ihht migrate, and the rooms
 *		rules/   what of the old data is one thing, and whose: pure, shared with ihht import
 *		plan/    what is there, whatever its shape, and a plan as text
 *		change/  the statements that carry it out, and back
 *		migrate/ the verbs
 *		record/  the audit log; watch/ the look at an old database that is still written to
 *
 * Promise: a session is called equal only if no row of it is missing, extra, changed or
 * doubled on either side.
 */
#include <czmq.h>
#include <errno.h>
#include <stdarg.h>
#include <unistd.h>

#include "common/clock.h"
#include "common/fault.h"
#include "common/log.h"
#include "common/sig.h"
#include "proto/link.h"
#include "services/dedupe-auditor/command.h"
#include "services/dedupe-auditor/migrate/migrate.h"
#include "services/dedupe-auditor/verify.h"
#include "services/dedupe-auditor/watch/command_audit.h"
#include "services/dedupe-auditor/watch/watch.h"

#define RESTS      20                   /* at most 5 % of a core, whatever there is to read */
#define RETRY      (5 * CLOCK_SECOND)   /* a store is not there */
#define LOOK_AGAIN (30 * CLOCK_SECOND)  /* after repairs: have they helped? */

static const struct conf_key keys[] = {
	{"interval", CONF_NUMBER, "300", 1, 86400, NULL,
	 "seconds from one comparison of both stores to the next"},
	{"audit-log", CONF_PATH, "", 0, 400, NULL,
	 "what was found and done, for ihht audit; empty: audit.log beside the SQLite file"},
	{"old-interval", CONF_NUMBER, "300", 5, 86400, NULL,
	 "seconds from one look at the app's old database (postgres/migrate) to the next"},
	{"old-repair", CONF_WORD, "certain", 0, 0, "never|certain",
	 "certain: once a person applied a plan there, what ids and equal values show is repaired "
	 "at once, with backup and undo"},
};

static const struct process_manual manual = {
	.name = "dedupe-auditor",
	.text = "Compares SQLite and Postgres, session by session, and has what Postgres lacks\n"
		"sent again.  `dedupe-auditor verify --help` does it once and prints the answer.",
	.keys = keys,
	.n_keys = sizeof(keys) / sizeof(keys[0]),
};

struct auditor {
	struct process *process;
	int signals;
	struct link *repairs;
	struct verify_of of;
	char conninfo[1024];
	struct pause pause;
	int64_t next_us, last_us;        /* clock_mono_us(); last_us 0: never yet */
	char why[300];                   /* what it waits for, "" nothing */
	struct log_often away, unsent, differ;  /* each repeats as long as it lasts */
	int differed;

	/* the last comparison's */
	size_t n_checked;
	uint64_t n_different, n_pending, n_missing, n_quarantined;
	double seconds;
	uint64_t n_repairs;              /* since the start */

	struct record *record;
	char record_path[500];
	int unrecorded;                  /* something could not be put on record */
	struct watch watch;              /* over the app's old database */
};

static void
beat(struct auditor *me)
{
	int64_t age = me->last_us ? (clock_mono_us() - me->last_us) / CLOCK_SECOND : -1;

	process_beat(me->process, *me->why ? PROCESS_WAITING : PROCESS_READY, me->why,
		     "sessions_checked=%zu sessions_different=%llu readings_pending=%llu "
		     "readings_missing=%llu rows_quarantined=%llu repairs_sent=%llu last_verify_age_s=%lld "
		     "verify_seconds=%.3f old_findings=%lld old_left=%lld old_repaired=%lld "
		     "audit_entries=%lld", me->n_checked, (unsigned long long)me->n_different,
		     (unsigned long long)me->n_pending, (unsigned long long)me->n_missing,
		     (unsigned long long)me->n_quarantined,
		     (unsigned long long)me->n_repairs, (long long)age, me->seconds,
		     (long long)me->watch.old.found.n_sessions, (long long)me->watch.old.found.n_left,
		     (long long)me->watch.old.n_applied,
		     (long long)(me->record ? record_head(me->record)->n : 0));
}

/* What it did must be on record; without one it does nothing more. */
__attribute__((format(printf, 3, 4)))
static void
note(struct auditor *me, const char *what, const char *format, ...)
{
	char text[CHAIN_LINE];
	struct err err;
	va_list args;

	va_start(args, format);
	(void)vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	if (record_add(me->record, &err, what, "%s", text) == 0)
		return;
	log_error("audit_log_refused", "why=\"%s\"", err.text);
	me->unrecorded = me->pause.stopped = 1;
}

/* Beats go on and a signal is heard while a store is read. */
static int
breathe(void *arg, int fd)
{
	struct auditor *me = arg;
	zmq_pollitem_t on[] = {
		{.fd = me->signals, .events = ZMQ_POLLIN},
		{.fd = fd, .events = ZMQ_POLLIN},
	};

	(void)zmq_poll(on, fd < 0 ? 1 : 2, fd < 0 ? 0 : process_beat_in_ms(me->process));
	if (!process_beat_in_ms(me->process))
		beat(me);
	return on[0].revents ? -1 : 0;
}

/* How many went out.  What does not go now is found missing again. */
static uint64_t
send_repairs(struct auditor *me, const struct audit *audit)
{
	struct repairs at = {0, 0};
	struct repair repair;
	uint64_t n = 0;
	struct err err;
	int r = 1;

	while (r > 0 && audit_next_repair(audit, &at, &repair))
		if ((r = link_send(me->repairs, &msg_repair, repair.session_id, &repair, &err)) > 0)
			n++;
	if (r == 0)
		(void)err_set(&err, EAGAIN, "local-store does not take it now");
	if (r <= 0 && log_often(&me->unsent, clock_mono_us())) {
		log_warn("repair_not_sent", "why=\"%s\" before=%llu", err.text,
			 (unsigned long long)me->unsent.n);
		me->unsent.n = 0;
	}
	return n;
}

/* Ids and counts only: what a person's values are belongs in no log. */
static void
say(struct auditor *me, const struct audit *audit, uint64_t n_sent)
{
	const uint64_t *n = audit->n, *records = audit->n_records;
	uint64_t n_records = records[MISSING] + records[EXTRA] + records[CHANGED];

	if (!me->differed)
		me->differ.said_us = 0;  /* news */
	if (audit_differs(audit) && log_often(&me->differ, clock_mono_us()))
		log_warn("stores_differ", "sessions=%zu different=%llu missing=%llu extra=%llu "
			 "changed=%llu doubled=%llu records=%llu repairs_sent=%llu "
			 "cure=\"ihht verify names them\"", audit->sessions.n,
			 (unsigned long long)me->n_different, (unsigned long long)n[MISSING],
			 (unsigned long long)n[EXTRA], (unsigned long long)n[CHANGED],
			 (unsigned long long)n[DOUBLED], (unsigned long long)n_records,
			 (unsigned long long)n_sent);
	if (!audit_differs(audit) && (me->differed || !me->last_us))
		log_info("stores_equal", "sessions=%zu readings=%llu pending=%llu seconds=%.3f",
			 audit->sessions.n, (unsigned long long)audit->n_local,
			 (unsigned long long)audit->n_pending, me->seconds);
	if (n_sent || audit_differs(audit) != me->differed || !me->last_us)
		note(me, "compared", "sessions=%zu different=%llu missing=%llu extra=%llu changed=%llu "
		     "doubled=%llu records=%llu repairs_sent=%llu", audit->sessions.n,
		     (unsigned long long)me->n_different, (unsigned long long)n[MISSING],
		     (unsigned long long)n[EXTRA], (unsigned long long)n[CHANGED],
		     (unsigned long long)n[DOUBLED], (unsigned long long)n_records,
		     (unsigned long long)n_sent);
	me->differed = audit_differs(audit);
}

static void
plan(struct auditor *me, const struct audit *audit, uint64_t n_sent)
{
	int64_t pause_us = conf_number(me->process->conf, "interval") * CLOCK_SECOND;

	if (n_sent && pause_us > LOOK_AGAIN)
		pause_us = LOOK_AGAIN;
	if (pause_us < RESTS * audit->took_us)
		pause_us = RESTS * audit->took_us;
	me->next_us = clock_mono_us() + pause_us;
}

static void
cannot_tell(struct auditor *me, const struct err *err)
{
	int64_t now = clock_mono_us();

	me->next_us = now + RETRY;
	if (me->pause.stopped)
		return;
	(void)snprintf(me->why, sizeof(me->why), "%s", err->text);
	if (log_often(&me->away, now)) {
		log_warn("cannot_compare", "why=\"%s\" before=%llu", err->text,
			 (unsigned long long)me->away.n);
		me->away.n = 0;
	}
}

static void
compare(struct auditor *me)
{
	struct audit audit = {0};
	struct err err;
	uint64_t n_sent;

	if (verify_run(&me->of, &me->pause, &audit, &err) < 0) {
		cannot_tell(me, &err);
	} else {
		me->why[0] = 0;
		me->n_checked = audit.sessions.n;
		me->n_different = audit.n_sessions[DIFFERENT];
		me->n_pending = audit.n_pending;
		me->n_missing = audit.n[MISSING];
		me->n_quarantined = audit.n_quarantined;
		me->seconds = (double)audit.took_us / 1e6;
		FAULT("dedupe-auditor.compared");
		n_sent = send_repairs(me, &audit);
		if (n_sent)
			FAULT("dedupe-auditor.repaired");
		me->n_repairs += n_sent;
		say(me, &audit, n_sent);
		me->last_us = clock_mono_us();
		plan(me, &audit, n_sent);
	}
	audit_clear(&audit);
}

static int64_t
next_us(const struct auditor *me)
{
	return me->watch.on && me->watch.next_us < me->next_us ? me->watch.next_us : me->next_us;
}

static int
loop(struct auditor *me, struct err *err)
{
	zmq_pollitem_t on[] = {{.fd = me->signals, .events = ZMQ_POLLIN}};
	long beat_ms, next_ms;

	while (!on[0].revents && !me->pause.stopped) {
		if (clock_mono_us() >= me->next_us)
			compare(me);
		if (!me->pause.stopped)
			watch_look(&me->watch, &me->pause);
		beat(me);
		beat_ms = process_beat_in_ms(me->process);
		next_ms = clock_until_ms(next_us(me), clock_mono_us(), 1000);
		if (zmq_poll(on, 1, beat_ms < next_ms ? beat_ms : next_ms) < 0 && errno != EINTR)
			return err_set(err, errno, "poll: %s", zmq_strerror(errno));
	}
	return 0;
}

static const char *
config_of(int argc, char **argv)
{
	int i;

	for (i = 1; i + 1 < argc; i++)
		if (!strcmp(argv[i], "--config"))
			return argv[i + 1];
	return NULL;
}

/* -1: what has to be fixed first. */
static int
open_record(struct auditor *me, struct err *err)
{
	record_path(me->process, me->record_path, sizeof(me->record_path));
	if (!(me->record = record_open(me->record_path, err)))
		return -1;
	note(me, "started", "version=%s pid=%d", VERSION, (int)getpid());
	return 0;
}

int
main(int argc, char **argv)
{
	struct auditor me = {.signals = -1, .pause = {.wait = breathe}};
	struct err err;
	int exit_code, r;

	if (argc > 1 && !strcmp(argv[1], "verify"))
		return command_verify(&manual, argc - 1, argv + 1);
	if (argc > 1 && !strcmp(argv[1], "migrate"))
		return command_migrate(&manual, argc - 1, argv + 1);
	if (argc > 1 && !strcmp(argv[1], "audit"))
		return command_audit(&manual, argc - 1, argv + 1);
	me.signals = sig_open(&err);
	if (!(me.process = process_open(&manual, argc, argv, &exit_code)))
		return exit_code;
	me.pause.arg = &me;
	if (open_record(&me, &err) < 0) {
		log_error("stopping", "why=\"%s\" cure=\"move it away, or set dedupe-auditor/audit-log\"",
			  err.text);
		process_close(&me.process);
		return err.code == EAGAIN ? PROCESS_TRY_AGAIN : PROCESS_FIX_CONFIG;
	}
	command_stores(me.process, me.conninfo, sizeof(me.conninfo), &me.of);
	me.repairs = link_open(me.process, "repairs", LINK_OUT, &err);
	r = me.signals < 0 || !me.repairs ? -1 : 0;
	if (r == 0) {
		watch_init(&me.watch, me.process, config_of(argc, argv), me.record_path, me.record,
			   me.repairs);
		log_info("ready", "interval_s=%lld",
			 (long long)conf_number(me.process->conf, "interval"));
		r = loop(&me, &err);
	}
	if (r < 0)
		log_error("stopping", "why=\"%s\"", err.text);
	log_info("stopped", "sessions_checked=%zu sessions_different=%llu repairs_sent=%llu",
		 me.n_checked, (unsigned long long)me.n_different,
		 (unsigned long long)me.n_repairs);
	if (!me.unrecorded)
		note(&me, "stopped", "compared=%zu repairs_sent=%llu", me.n_checked,
		     (unsigned long long)me.n_repairs);
	record_close(&me.record);
	link_close(&me.repairs);
	process_close(&me.process);
	return r < 0 || me.unrecorded ? PROCESS_TRY_AGAIN : 0;
}
