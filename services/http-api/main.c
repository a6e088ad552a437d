/*
 * http-api - ask and command over HTTP
 *
 *	in      requests  from nginx or any program of this host
 *	        news      from local-store: the reply to each command; alerts, for /metrics
 *	        beats     from every process, for /api/health, /api/doctor and /metrics
 *	out     commands  to local-store
 *	reads   Postgres, read only; for admins the SQLite file's quarantine and the auditor's log;
 *	        whether that file can be read, and the room on its disk
 *	owns    nothing
 *
 * Its paths are the table of requests/routes.c; GET /api/openapi.json describes them, and so does
 * docs/api.md.  {id} is a session's UUID or its local id.
 *
 * All but those that are open want a token (proto/access.h): Authorization: Bearer, or the cookie
 * of sign_in.h.  Postgres is asked as that caller, so its policies decide what there is; whether
 * a command is the caller's to give is asked of local-store (commands/guard.h).
 *
 * A body has the fields of its message (docs/reference.md).  A request_id may be given, so that
 * a caller who heard no answer can ask again; else one is made.  Refusals are
 * application/problem+json (problem.h): 401 no token or one that does not hold, 403 not yours to
 * ask for, 404 no such session, 409 in the way of a running session, 422 a field is wrong, 503 a
 * neighbour is away.
 *
 * POST /mcp is for AI agents: the Model Context Protocol, read only (mcp/mcp.h, docs/agent.md).
 *
 * Promise: 200 or 201 to a command is sent only after local-store has said that it is on disk.
 * No request waits for another: connections sleep until their answer is there.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <zmq.h>

#include "common/clock.h"
#include "common/log.h"
#include "common/pg.h"
#include "common/sig.h"
#include "proto/link.h"
#include "services/http-api/commands/http_command.h"
#include "services/http-api/doctor.h"
#include "services/http-api/export/exports.h"
#include "services/http-api/health.h"
#include "services/http-api/mcp/mcp.h"
#include "services/http-api/metrics.h"
#include "services/http-api/openapi/openapi.h"
#include "services/http-api/requests/in_http.h"
#include "services/http-api/reads/in_gateway.h"
#include "services/http-api/reads/in_postgres.h"
#include "services/http-api/commands/pending.h"
#include "services/http-api/commands/guard.h"
#include "services/http-api/reads/reads.h"
#include "services/http-api/sign_in.h"

static const struct conf_key keys[] = {
	{"listen", CONF_WORD, "127.0.0.1", 0, 0, "127.0.0.1|::1",
	 "address; only this host's own: nginx stands in front"},
	{"port", CONF_NUMBER, "8081", 1, 65535, NULL, "TCP port"},
	{"hosts", CONF_TEXT, "", 0, 1000, NULL,
	 "names, with spaces between, that Host and Origin may have besides localhost; nginx takes them too"},
	{"body-bytes", CONF_NUMBER, "2000000", 1000, 16000000, NULL, "longest body of a request"},
	{"connections", CONF_NUMBER, "256", 1, 10000, NULL, "callers at once; more wait"},
	{"exports", CONF_NUMBER, "4", 1, 64, NULL, "exports at once; more are told to come later"},
	{"postgres-connections", CONF_NUMBER, "2", 1, POSTGRES_MOST, NULL, "questions at once"},
};
static const struct process_manual manual = {
	"http-api",
	"ask and command over HTTP; reads Postgres, commands go to local-store.\n\n"
	"GET /api/openapi.json describes every path; docs/api.md has examples.\n"
	"{id} is a session's UUID or local id; a body has the fields of its message\n"
	"(docs/reference.md).",
	keys, sizeof(keys) / sizeof(keys[0])};

struct http_api {
	struct process *process;
	int signals;
	struct link *commands, *news, *beats;
	struct http *http;
	struct postgres *postgres;
	struct reads *reads;
	char *description;
	struct exports *exports;
	struct mcp *mcp;
	struct access *access;
	struct pending *pending;
	struct health health;
	unsigned long long n_commands, n_timed_out, n_rows, n_bad;
	struct log_often bad_often;
};

/* ---- requests */

static void
say_health(struct http_api *me, struct ask *ask, int64_t now)
{
	size_t len;
	int status;
	char *text = health_text(&me->health, postgres_is_up(me->postgres), now, &status, &len);

	http_answer(ask, status, text, len, NULL);
}

static void
say_doctor(struct http_api *me, struct ask *ask, int64_t now)
{
	size_t len;
	char *text = doctor_text(&me->health, me->process, now, &len);

	http_answer(ask, 200, text, len, NULL);
}

static void
say_metrics(struct http_api *me, struct ask *ask, int64_t now)
{
	size_t len = 0;
	char *text = metrics_text(&me->health, me->process->gateway, now, &len);

	http_say(ask, text, len, METRICS_TYPE);
}

static void
say_openapi(struct http_api *me, struct ask *ask)
{
	char *text = strdup(me->description);

	http_answer(ask, 200, text, text ? strlen(text) : 0, NULL);
}

static void
say_gateway(struct http_api *me, struct ask *ask)
{
	const char *database = me->process->database;
	struct problem problem;
	size_t len;
	char *text = ask->route->kind == ROUTE_AUDIT
			     ? gateway_audit(database, &ask->caller, &len, &problem)
			     : gateway_quarantine(database, &ask->caller, &len, &problem);

	if (text)
		http_answer(ask, 200, text, len, NULL);
	else
		http_refuse(ask, &problem);
}

static void
read_rows(struct http_api *me, struct ask *ask, int64_t now)
{
	struct problem problem;
	struct query query;

	if (reads_query(me->reads, ask, &query, &problem) < 0)
		http_refuse(ask, &problem);
	else
		postgres_ask(me->postgres, &query, ask, now);
}

static void
command(struct http_api *me, struct ask *ask, int64_t now)
{
	struct problem problem;
	struct plan plan = {0};
	size_t len;
	char *text;

	if (command_plan(ask, &plan, &problem) < 0 ||
	    guard_plan(ask, &plan, &problem) < 0) {
		http_refuse(ask, &problem);
	} else if (plan_pack(&plan) < 0) {
		plan_release(&plan);
		(void)problem_set(&problem, 413, "data", PLAN_TOO_LARGE);
		http_refuse(ask, &problem);
	} else if (!plan.n) {  /* an empty batch */
		text = command_nothing_new(&len);
		http_answer(ask, 200, text, len, NULL);
	} else {
		me->n_commands++;
		pending_add(me->pending, &plan, ask, now);
	}
}

static void
serve_one(struct http_api *me, struct ask *ask, int64_t now)
{
	switch (ask->route->kind) {
	case ROUTE_HEALTH:
		say_health(me, ask, now);
		break;
	case ROUTE_DOCTOR:
		say_doctor(me, ask, now);
		break;
	case ROUTE_METRICS:
		say_metrics(me, ask, now);
		break;
	case ROUTE_OPENAPI:
		say_openapi(me, ask);
		break;
	case ROUTE_QUARANTINE:
	case ROUTE_AUDIT:
		say_gateway(me, ask);
		break;
	case ROUTE_ME:
		sign_in_tell(ask, &ask->caller);
		break;
	case ROUTE_SIGN_IN:
		sign_in(ask, me->access, clock_utc_us());
		break;
	case ROUTE_SIGN_OUT:
		sign_out(ask);
		break;
	case ROUTE_READ:
		read_rows(me, ask, now);
		break;
	case ROUTE_EXPORT:
		exports_begin(me->exports, ask, now);
		break;
	case ROUTE_DICTIONARY:
		exports_dictionary(ask, clock_utc_us());
		break;
	case ROUTE_MCP:
		mcp_begin(me->mcp, ask, now);
		break;
	case ROUTE_MCP_TOKENS:
		mcp_tell_resource(ask, access_issuer(me->access));
		break;
	case ROUTE_COMMAND:
	case ROUTE_BATCH:
		command(me, ask, now);
		break;
	}
}

static void
serve(struct http_api *me, int64_t now)
{
	struct ask *ask;

	while ((ask = http_next(me->http)))
		serve_one(me, ask, now);
}

/* ---- answers */

static void
answer_reads(struct http_api *me)
{
	struct postgres_answer a;
	struct problem problem;
	size_t len, n;
	char *text;

	while (postgres_answered(me->postgres, &a)) {
		if (((const struct ask *)a.owner)->route->kind == ROUTE_EXPORT)
			exports_answered(me->exports, &a, clock_mono_us());
		else if (((const struct ask *)a.owner)->route->kind == ROUTE_MCP)
			mcp_answered(me->mcp, &a, clock_mono_us());
		else if (a.result && (text = reads_answer(a.owner, a.result, clock_utc_us(), &len, &n,
						   &problem))) {
			me->n_rows += n;
			http_answer(a.owner, 200, text, len, NULL);
		} else {
			if (!a.result)
				(void)problem_set(&problem, a.err.code == EAGAIN ? 503 : 500, "", "%s",
						  a.err.text);
			http_refuse(a.owner, &problem);
		}
		PQclear(a.result);
	}
}

static void
send_commands(struct http_api *me, int64_t now)
{
	const struct step *step;
	struct err err;

	while ((step = pending_due(me->pending, now)))
		if (link_send(me->commands, step->message, step->msg, step->msg, &err) < 0) {
			me->n_bad++;
			if (log_often(&me->bad_often, now))
				log_warn("command_not_sent", "why=\"%s\"", err.text);
		}
}

static void
answer_commands(struct http_api *me, int64_t now)
{
	struct problem problem;
	struct result result;
	char location[80], *text;
	size_t len;
	int status;

	while (pending_ended(me->pending, now, &result)) {
		me->n_timed_out += result.outcome == PENDING_TIMED_OUT;
		text = command_answer(&result, &status, &len, location, sizeof(location), &problem);
		json_decref(result.misfits);
		if (text)
			http_answer(result.owner, status, text, len, *location ? location : NULL);
		else
			http_refuse(result.owner, &problem);
	}
}

static void
take_frames(struct http_api *me, struct link *link, int64_t now)
{
	struct link_frame frame;
	struct err err;
	int r;

	while ((r = link_recv(link, &frame, &err)) != 0) {
		if (r < 0) {
			me->n_bad++;
			if (log_often(&me->bad_often, now))
				log_warn("frame_dropped", "why=\"%s\" n=%llu", err.text, me->n_bad);
			if (err.code != EBADMSG)
				return;
		} else if (frame.message == &msg_reply) {
			(void)pending_reply(me->pending, frame.msg, now);
		} else if (frame.message == &msg_alert) {
			health_alert(&me->health, frame.msg);
		} else if (frame.message == &msg_beat) {
			health_beat(&me->health, frame.msg, now);
		}
	}
}

/* ---- life */

static void
beat(struct http_api *me, int64_t now)
{
	const struct http_counts *c = http_counts(me->http);
	int up = postgres_is_up(me->postgres), store = health_has(&me->health, "local-store", now);
	char mcp[500];

	process_beat(me->process, up && store ? PROCESS_READY : PROCESS_WAITING,
		     up ? store ? "" : "no beat of local-store: commands would time out"
			: "Postgres is away: no reads",
		     "requests=%llu requests_refused=%llu requests_failed=%llu commands=%llu "
		     "commands_timed_out=%llu postgres_up=%d rows_read=%llu frames_bad=%llu %s",
		     c->n_requests, c->n_refused, c->n_failed, me->n_commands, me->n_timed_out, up,
		     me->n_rows, me->n_bad, mcp_counts(me->mcp, mcp, sizeof(mcp)));
}

static long
timeout_ms(const struct http_api *me)
{
	int64_t now = clock_mono_us(), next = pending_next_us(me->pending);
	int64_t postgres = postgres_next_us(me->postgres);

	next = postgres < next ? postgres : next;
	return http_timeout_ms(me->http, clock_until_ms(next, now, process_beat_in_ms(me->process)));
}

static int
loop(struct http_api *me, struct err *err)
{
	enum { SIGNAL, HTTP, NEWS, BEATS, POSTGRES, N = POSTGRES + POSTGRES_MOST };
	zmq_pollitem_t on[N] = {
		[SIGNAL] = {.fd = me->signals, .events = ZMQ_POLLIN},
		[HTTP]   = {.fd = http_fd(me->http), .events = ZMQ_POLLIN},
		[NEWS]   = {.socket = link_socket(me->news), .events = ZMQ_POLLIN},
		[BEATS]  = {.socket = link_socket(me->beats), .events = ZMQ_POLLIN},
	};
	int64_t now;
	int n;

	while (!on[SIGNAL].revents) {
		n = POSTGRES + postgres_poll(me->postgres, on + POSTGRES);
		if (zmq_poll(on, n, timeout_ms(me)) < 0 && errno != EINTR)
			return err_set(err, errno, "poll: %s", zmq_strerror(errno));
		now = clock_mono_us();
		http_run(me->http);
		take_frames(me, me->news, now);
		take_frames(me, me->beats, now);
		serve(me, now);
		postgres_run(me->postgres, on + POSTGRES, now);
		send_commands(me, now);
		answer_reads(me);
		answer_commands(me, now);
		beat(me, now);
	}
	return 0;
}

static int
attach(struct http_api *me, struct err *err)
{
	const struct conf *conf = me->process->conf;
	struct http_limits limits = {
		conf_text(conf, "listen"), (int)conf_number(conf, "port"), conf_text(conf, "hosts"), NULL,
		(size_t)conf_number(conf, "body-bytes"), (int)conf_number(conf, "connections")};
	char conninfo[1000];

	if (!(me->access = limits.access = access_open(me->process->access, err)))
		return -1;
	me->pending = pending_new();
	me->reads = reads_new();
	me->description = openapi_text(me->process->gateway);
	pg_conninfo(conf, me->process->run_dir, "http-api", "ihht_api", conninfo, sizeof(conninfo));
	me->postgres = postgres_open(conninfo, (int)conf_number(conf, "postgres-connections"));
	me->exports = exports_new(me->postgres, (int)conf_number(conf, "exports"));
	me->mcp = mcp_new(&(struct mcp_around){me->postgres, me->reads, &me->health,
					       me->process->database});
	if (!(me->commands = link_open(me->process, "commands", LINK_OUT, err)) ||
	    !(me->news = link_open(me->process, "news", LINK_IN, err)) ||
	    !(me->beats = link_open(me->process, "beats", LINK_IN, err)))
		return -1;
	link_subscribe(me->news, "reply/");
	link_subscribe(me->news, "alert/");
	link_subscribe(me->beats, "beat/");
	me->http = http_open(&limits, err);
	return me->http ? 0 : -1;
}

static void
detach(struct http_api *me)
{
	http_close(&me->http);
	link_close(&me->beats);
	link_close(&me->news);
	link_close(&me->commands);
	postgres_close(&me->postgres);
	pending_free(&me->pending);
	mcp_free(&me->mcp);
	exports_free(&me->exports);
	reads_free(&me->reads);
	free(me->description);
	access_close(&me->access);
	process_close(&me->process);
}

int
main(int argc, char **argv)
{
	struct http_api me = {.signals = -1};
	struct err err = {0};
	int exit_code = PROCESS_TRY_AGAIN;

	me.signals = sig_open(&err);
	if (me.signals < 0 || !(me.process = process_open(&manual, argc, argv, &exit_code))) {
		if (me.signals < 0)
			log_error("cannot_start", "why=\"%s\"", err.text);
		return exit_code;
	}
	if (attach(&me, &err) < 0) {
		log_error("cannot_start", "why=\"%s\"", err.text);
		detach(&me);
		return PROCESS_TRY_AGAIN;
	}
	log_info("ready", "listen=%s port=%lld", conf_text(me.process->conf, "listen"),
		 (long long)conf_number(me.process->conf, "port"));
	exit_code = loop(&me, &err) < 0 ? PROCESS_TRY_AGAIN : 0;
	if (exit_code)
		log_error("stopped", "why=\"%s\"", err.text);
	else
		log_info("stopped", "requests=%llu commands=%llu commands_timed_out=%llu rows_read=%llu",
			 http_counts(me.http)->n_requests, me.n_commands, me.n_timed_out, me.n_rows);
	detach(&me);
	return exit_code;
}
