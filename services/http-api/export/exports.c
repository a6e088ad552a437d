#include "services/http-api/export/exports.h"

#include <stdio.h>
#include <stdlib.h>

#include "common/clock.h"
#include "common/log.h"
#include "proto/records.h"
#include "services/http-api/commands/sync_batch.h"
#include "services/http-api/export/cloud.h"
#include "services/http-api/export/export.h"
#include "services/http-api/export/thrift.h"

#define SOURCE     "Postgres"
#define ENOUGH     SINK_PIECE  /* bytes that are worth a wake */
#define FULL_RETRY 10          /* s */

enum state { SESSIONS, READINGS, WHOLE, BROKEN };

struct exports {
	struct postgres *postgres;
	int n, most;
};

struct exporting {
	struct exports *all;
	struct ask *ask;
	struct cloud_wish wish;
	struct export *x;
	struct sink sink;
	struct bytes out;           /* made and not yet taken */
	size_t taken;               /* of it */
	enum state state;
	int has_begun;              /* the answer's head is out */
	struct session session;     /* the one at hand; start_us MSG_NONE: none yet */
	struct reading last;        /* the last one of the page before; seq 0: none */
};

struct exports *
exports_new(struct postgres *postgres, int most)
{
	struct exports *all = calloc(1, sizeof(*all));

	ASSERT(all);
	all->postgres = postgres;
	all->most = most;
	return all;
}

void
exports_free(struct exports **exports)
{
	free(*exports);
	*exports = NULL;
}

/* ---- one export */

static int
keep_bytes(void *arg, const void *bytes, size_t n, struct err *err)
{
	struct exporting *e = arg;

	(void)err;
	bytes_add(&e->out, bytes, n);
	return 0;
}

static void
release(void *work)
{
	struct exporting *e = work;

	e->all->n--;
	export_free(&e->x);
	bytes_release(&e->out);
	free(e);
}

static int
wants_records(const struct exporting *e)
{
	int i;

	for (i = 1; i < N_TABLES; i++)
		if (tables[i].message != &msg_reading && export_wants(e->x, &tables[i]))
			return 1;
	return 0;
}

static void
ask_more(struct exporting *e, int64_t now_us)
{
	struct query query;

	if (e->state == READINGS)
		cloud_ask_readings(&e->wish, &e->session, e->last.seq ? &e->last : NULL, &query);
	else
		cloud_ask_session(&e->wish, e->session.start_us == MSG_NONE ? NULL : &e->session,
				  wants_records(e), &query);
	query.claims = e->ask->caller.claims;
	postgres_ask(e->all->postgres, &query, e->ask, now_us);
}

/* What is made leaves; when there is none the next question is asked.  The stream is paused
 * then, so nobody takes anything before the answer is there. */
static long
take(void *work, char *to, size_t room)
{
	struct exporting *e = work;
	size_t n = e->out.n - e->taken;

	if (!n && e->state == WHOLE)
		return HTTP_STREAM_END;
	if (!n && e->state == BROKEN)
		return HTTP_STREAM_BROKEN;
	if (!n) {
		e->out.n = e->taken = 0;
		ask_more(e, clock_mono_us());
		return 0;
	}
	n = n > room ? room : n;
	memcpy(to, e->out.at + e->taken, n);
	e->taken += n;
	return (long)n;
}

/* ---- what is asked for */

static const char *
arg(const struct ask *ask, const char *name)
{
	size_t i;

	for (i = 0; i < ask->n_args; i++)
		if (!strcmp(ask->args[i].name, name))
			return ask->args[i].value;
	return NULL;
}

static int
read_arg(const struct ask *ask, const char *name, char value[PARAM_MAX], struct problem *problem)
{
	const struct param *param = route_param(ask->route, name);
	const char *text = arg(ask, name);

	value[0] = 0;
	if (!text && !param->fallback)
		return 0;
	return param_read(param, text ? text : param->fallback, value, problem);
}

static int
read_wish(const struct ask *ask, struct cloud_wish *wish, struct problem *problem)
{
	const char *session = arg(ask, "session_id");
	char value[PARAM_MAX];

	if (session && sync_batch_session(session, wish->session) < 0)
		return problem_set(problem, 400, "session_id", "must be a UUID or a local id");
	if (read_arg(ask, "user_id", value, problem) < 0 || read_arg(ask, "from", wish->from, problem) < 0 ||
	    read_arg(ask, "to", wish->to, problem) < 0)
		return -1;
	(void)snprintf(wish->user, sizeof(wish->user), "%.36s", value);
	if (read_arg(ask, "include_mock", value, problem) < 0)
		return -1;
	wish->mock = !strcmp(value, "true");
	return 0;
}

static int
read_format(const struct ask *ask, const struct format **format, const struct table **table,
	    struct problem *problem)
{
	char value[PARAM_MAX];

	if (read_arg(ask, "format", value, problem) < 0)
		return -1;
	*format = export_format(value);
	if (read_arg(ask, "table", value, problem) < 0)
		return -1;
	*table = (*format)->shape == SHAPE_TABLES ? table_find(*value ? value : "readings") : NULL;
	if (*value && !*table)
		return problem_set(problem, 400, "table", "is for csv and parquet: %s holds all", (*format)->name);
	if ((*format)->shape == SHAPE_SESSION && !arg(ask, "session_id"))
		return problem_set(problem, 400, "session_id", "must be given: %s holds one session", (*format)->name);
	return 0;
}

void
exports_begin(struct exports *all, struct ask *ask, int64_t now_us)
{
	const struct format *format;
	const struct table *table;
	struct cloud_wish wish = {0};
	struct problem problem = {0};
	struct export_about about = {clock_utc_us(), SOURCE, MSG_NONE, MSG_NONE, 0};
	struct exporting *e;

	if (read_format(ask, &format, &table, &problem) < 0 || read_wish(ask, &wish, &problem) < 0) {
		http_refuse(ask, &problem);
		return;
	}
	if (all->n >= all->most) {
		(void)problem_set(&problem, 503, "", "%d exports are running, as many as may; later, please", all->n);
		problem.retry_after_s = FULL_RETRY;
		http_refuse(ask, &problem);
		return;
	}
	e = calloc(1, sizeof(*e));
	ASSERT(e);
	all->n++;
	e->all = all;
	e->ask = ask;
	e->wish = wish;
	e->session.start_us = MSG_NONE;
	about.mock = wish.mock;
	sink_init(&e->sink, keep_bytes, e);
	e->x = export_new(format, table, &about, &e->sink);
	ask->work = e;
	ask->release = release;
	ask_more(e, now_us);
}

/* ---- answers */

static void
end_of_sessions(struct exporting *e)
{
	struct err err;

	if (export_again(e->x)) {
		e->session.start_us = MSG_NONE;
		return;
	}
	e->state = WHOLE;
	if (export_end(e->x, &err) == 0)
		return;
	e->state = BROKEN;
	log_warn("export_broken", "format=%s why=\"%s\"", e->x->format->name, err.text);
}

static int
take_session(struct exporting *e, const PGresult *result, struct err *err)
{
	uint64_t row[RECORDS_MAX / sizeof(uint64_t)];
	const struct message *message;
	int i;

	for (i = 0; i < PQntuples(result); i++) {
		if (cloud_record(result, i, &message, row, err) < 0)
			return -1;
		if (message != &msg_session) {
			export_row(e->x, message, row);
			continue;
		}
		memcpy(&e->session, row, sizeof(e->session));
		export_session(e->x, &e->session);
	}
	msg_clear(&msg_reading, &e->last);
	if (!PQntuples(result))
		end_of_sessions(e);
	else if (export_wants(e->x, table_of(&msg_reading)))
		e->state = READINGS;
	return 0;
}

static int
take_readings(struct exporting *e, const PGresult *result, struct err *err)
{
	int i, n = PQntuples(result);

	for (i = 0; i < n; i++) {
		if (cloud_reading(result, i, &e->last, err) < 0)
			return -1;
		export_row(e->x, &msg_reading, &e->last);
	}
	if (n < CLOUD_PAGE)
		e->state = SESSIONS;
	return 0;
}

/* Before the first byte a refusal is an answer; after it only the end can tell. */
static void
fail(struct exporting *e, int status, const struct err *err)
{
	struct problem problem = {0};

	if (e->has_begun) {
		log_warn("export_broken", "format=%s why=\"%s\"", e->x->format->name, err->text);
		e->state = BROKEN;
		http_stream_go_on(e->ask);
		return;
	}
	(void)problem_set(&problem, status, "", "%s", err->text);
	http_refuse(e->ask, &problem);
}

static void
begin_answer(struct exporting *e)
{
	char filename[100];

	(void)snprintf(filename, sizeof(filename), "%s%s", e->x->table ? e->x->table->name : "ihht",
		       e->x->format->suffix);
	e->has_begun = 1;
	http_stream(e->ask, e->x->format->type, filename, take);
}

static int
is_not_there(const struct exporting *e, const PGresult *result)
{
	return !e->has_begun && e->state == SESSIONS && *e->wish.session && !e->x->rounds &&
	       e->session.start_us == MSG_NONE && PQntuples(result) == 0;
}

void
exports_answered(struct exports *all, struct postgres_answer *answer, int64_t now_us)
{
	struct exporting *e = ((struct ask *)answer->owner)->work;
	struct err err;

	(void)all;
	if (!answer->result) {
		fail(e, answer->err.code == EAGAIN ? 503 : 500, &answer->err);
		return;
	}
	if (is_not_there(e, answer->result)) {
		(void)err_set(&err, ENOENT, "no such session in Postgres, or it is mock data: include_mock=true");
		fail(e, 404, &err);
		return;
	}
	if ((e->state == READINGS ? take_readings(e, answer->result, &err)
				  : take_session(e, answer->result, &err)) < 0) {
		fail(e, 500, &err);
		return;
	}
	if (e->state == READINGS || e->state == SESSIONS) {
		if (e->out.n < ENOUGH) {
			ask_more(e, now_us);
			return;
		}
	}
	if (e->has_begun)
		http_stream_go_on(e->ask);
	else
		begin_answer(e);
}

/* ---- the dictionary */

void
exports_dictionary(struct ask *ask, int64_t utc_us)
{
	struct export_about about = {utc_us, SOURCE, MSG_NONE, MSG_NONE, 0};
	struct exporting e = {0};

	sink_init(&e.sink, keep_bytes, &e);
	export_dictionary(&e.sink, &about);
	(void)sink_flush(&e.sink, NULL);
	http_say(ask, (char *)e.out.at, e.out.n, "application/csvm+json");
}
