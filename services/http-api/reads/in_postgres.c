#include "services/http-api/reads/in_postgres.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/queue.h>

#include "common/clock.h"
#include "common/log.h"
#include "common/pg.h"

#define CONNECT_US (5 * CLOCK_SECOND)
#define AGAIN_US   (1 * CLOCK_SECOND)
#define ANSWER_US  (8 * CLOCK_SECOND)  /* waiting in line and for the answer; then it is too late */

static const char setup_sql[] =
	"SET TIME ZONE 'UTC'; SET statement_timeout = '5s'; SET default_transaction_read_only = on;"
	"SELECT 1";

/* Until the end of the transaction we are the caller, and policies decide what there is.  Where a
 * hosted Postgres keeps the role to itself, ours has the same policies (006_rights.sql). */
static const char become_sql[] =
	"SELECT set_config('request.jwt.claims', $1, true), set_config('ihht.include_mock', $2, true),"
	" CASE WHEN pg_has_role(session_user, 'authenticated', 'MEMBER')"
	" THEN set_config('role', 'authenticated', true) END";

enum state { OFF, CONNECTING, SETUP, IDLE, BUSY };

struct question {
	TAILQ_ENTRY(question) line;
	struct query query;
	void *owner;
	int64_t until_us;
	int tries;
	struct postgres_answer answer;
};
TAILQ_HEAD(questions, question);

struct connection {
	PGconn *pg;
	enum state state;
	int64_t until_us;         /* OFF: try then; CONNECTING, SETUP: give up then */
	PostgresPollingStatusType wants;
	struct question *question;
	PGresult *result;
};

struct postgres {
	char conninfo[1000];
	struct connection connections[POSTGRES_MOST];
	int n;
	int is_up;                /* as last logged */
	struct questions waiting, done;
};

struct postgres *
postgres_open(const char *conninfo, int connections)
{
	struct postgres *p = calloc(1, sizeof(*p));

	ASSERT(p && connections <= POSTGRES_MOST);
	(void)snprintf(p->conninfo, sizeof(p->conninfo), "%s", conninfo);
	p->n = connections;
	TAILQ_INIT(&p->waiting);
	TAILQ_INIT(&p->done);
	return p;
}

int
postgres_is_up(const struct postgres *p)
{
	int i;

	for (i = 0; i < p->n; i++)
		if (p->connections[i].state >= IDLE)
			return 1;
	return 0;
}

/* ---- questions */

static void
finish(struct postgres *p, struct question *q, PGresult *result, const struct err *err)
{
	q->answer.owner = q->owner;
	q->answer.result = result;
	if (!result)
		q->answer.err = *err;
	TAILQ_INSERT_TAIL(&p->done, q, line);
}

static void
finish_away(struct postgres *p, struct question *q, const char *why)
{
	struct err err;

	(void)err_set(&err, EAGAIN, "%s", why);
	finish(p, q, NULL, &err);
}

void
postgres_ask(struct postgres *p, const struct query *query, void *owner, int64_t now_us)
{
	struct question *q = calloc(1, sizeof(*q));

	ASSERT(q);
	q->query = *query;
	q->owner = owner;
	q->until_us = now_us + ANSWER_US;
	if (postgres_is_up(p))
		TAILQ_INSERT_TAIL(&p->waiting, q, line);
	else
		finish_away(p, q, "Postgres is away; commands are taken all the same");
}

int
postgres_answered(struct postgres *p, struct postgres_answer *answer)
{
	struct question *q = TAILQ_FIRST(&p->done);

	if (!q)
		return 0;
	TAILQ_REMOVE(&p->done, q, line);
	*answer = q->answer;
	free(q);
	return 1;
}

/* ---- one connection */

/* A question whose connection broke is asked once more: it only reads. */
static void
drop(struct postgres *p, struct connection *c, int64_t now_us)
{
	struct question *q = c->question;

	PQclear(c->result);
	PQfinish(c->pg);
	*c = (struct connection){.state = OFF, .until_us = now_us + AGAIN_US};
	if (!q)
		return;
	if (!q->tries++ && now_us < q->until_us && postgres_is_up(p))
		TAILQ_INSERT_HEAD(&p->waiting, q, line);
	else
		finish_away(p, q, "Postgres went away or took too long");
}

static void
be_silent(void *arg, const PGresult *result)
{
	(void)arg;
	(void)result;
}

static void
begin_connect(struct postgres *p, struct connection *c, int64_t now_us)
{
	const char *keys[] = {"fallback_application_name", "dbname", NULL};
	const char *values[] = {"http-api", p->conninfo, NULL};

	c->pg = PQconnectStartParams(keys, values, 1);
	c->state = CONNECTING;
	c->until_us = now_us + CONNECT_US;
	c->wants = PGRES_POLLING_WRITING;
	if (!c->pg || PQstatus(c->pg) == CONNECTION_BAD)
		drop(p, c, now_us);
}

static void
go_on_connecting(struct postgres *p, struct connection *c, int64_t now_us)
{
	c->wants = PQconnectPoll(c->pg);
	if (c->wants == PGRES_POLLING_FAILED) {
		drop(p, c, now_us);
		return;
	}
	if (c->wants != PGRES_POLLING_OK)
		return;
	PQsetNoticeReceiver(c->pg, be_silent, NULL);
	c->state = SETUP;
	if (PQsetnonblocking(c->pg, 1) < 0 || !PQsendQuery(c->pg, setup_sql))
		drop(p, c, now_us);
}

static int
send_question(struct connection *c)
{
	const struct query *q = &c->question->query;
	const char *as[] = {q->claims, q->include_mock ? "on" : "off"}, *values[READS_PARAMS];
	int i;

	for (i = 0; i < q->n; i++)
		values[i] = q->given[i] ? q->text[i] : NULL;
	/* all up to the sync is one transaction */
	return PQsendQueryParams(c->pg, become_sql, 2, NULL, as, NULL, NULL, 0) &&
	       PQsendQueryParams(c->pg, q->sql, q->n, NULL, values, NULL, NULL, q->binary) &&
	       PQpipelineSync(c->pg);
}

/* All of the answer is here. */
static void
end_question(struct postgres *p, struct connection *c, int64_t now_us)
{
	struct question *q = c->question;
	PGresult *result = c->result;
	struct err err;

	c->result = NULL;
	c->question = NULL;
	if (PQresultStatus(result) == PGRES_TUPLES_OK && (q || PQenterPipelineMode(c->pg))) {
		c->state = IDLE;
		if (q)
			finish(p, q, result, NULL);
		else
			PQclear(result);  /* of the setup */
		return;
	}
	(void)pg_err(c->pg, result, NULL, &err);
	PQclear(result);
	if (!q || PQstatus(c->pg) == CONNECTION_BAD) {
		c->question = q;
		drop(p, c, now_us);
		return;
	}
	c->state = IDLE;
	finish(p, q, NULL, &err);
}

/* Of the setup's one text NULL is the end, of a pipeline its sync. */
static int
is_end(const struct connection *c, const PGresult *result)
{
	if (c->state == SETUP)
		return !result && c->result;
	return PQresultStatus(result) == PGRES_PIPELINE_SYNC;
}

/* The last of several counts, or the first that failed: after that one none is carried out. */
static void
take_result(struct connection *c, PGresult *result)
{
	if (!result)
		return;
	if (c->result && PQresultStatus(c->result) != PGRES_TUPLES_OK &&
	    PQresultStatus(c->result) != PGRES_COMMAND_OK) {
		PQclear(result);
		return;
	}
	PQclear(c->result);
	c->result = result;
}

static void
read_answer(struct postgres *p, struct connection *c, int64_t now_us)
{
	PGresult *result;

	if (!PQconsumeInput(c->pg) || PQflush(c->pg) < 0) {
		drop(p, c, now_us);
		return;
	}
	while (c->state >= SETUP && c->state != IDLE && !PQisBusy(c->pg)) {
		result = PQgetResult(c->pg);
		if (is_end(c, result)) {
			PQclear(result);
			end_question(p, c, now_us);
			return;
		}
		take_result(c, result);
	}
}

/* ---- all connections */

int
postgres_poll(struct postgres *p, zmq_pollitem_t *items)
{
	const struct connection *c;
	int i, writes;

	for (i = 0; i < p->n; i++) {
		c = &p->connections[i];
		items[i] = (zmq_pollitem_t){.fd = c->pg ? PQsocket(c->pg) : -1};
		if (!c->pg || PQsocket(c->pg) < 0)
			continue;
		writes = c->state == CONNECTING ? c->wants == PGRES_POLLING_WRITING
						: PQflush(c->pg) > 0;
		items[i].events = (short)(writes ? ZMQ_POLLOUT : 0);
		if (c->state != CONNECTING || !writes)
			items[i].events |= ZMQ_POLLIN;
	}
	return p->n;
}

static void
take_next(struct postgres *p, struct connection *c, int64_t now_us)
{
	struct question *q = TAILQ_FIRST(&p->waiting);

	if (!q)
		return;
	TAILQ_REMOVE(&p->waiting, q, line);
	c->question = q;
	c->state = BUSY;
	c->until_us = q->until_us;
	if (!send_question(c))
		drop(p, c, now_us);
}

static void
run_one(struct postgres *p, struct connection *c, int is_ready, int64_t now_us)
{
	if (c->state == OFF && now_us >= c->until_us)
		begin_connect(p, c, now_us);
	else if (c->state == CONNECTING && is_ready)
		go_on_connecting(p, c, now_us);
	else if (c->state >= SETUP && is_ready)
		read_answer(p, c, now_us);
	if ((c->state == CONNECTING || c->state == SETUP || c->state == BUSY) &&
	    now_us >= c->until_us)
		drop(p, c, now_us);
	if (c->state == IDLE && PQstatus(c->pg) == CONNECTION_BAD)
		drop(p, c, now_us);
	if (c->state == IDLE)
		take_next(p, c, now_us);
}

static void
end_late_questions(struct postgres *p, int64_t now_us)
{
	struct question *q;

	while ((q = TAILQ_FIRST(&p->waiting)) && (now_us >= q->until_us || !postgres_is_up(p))) {
		TAILQ_REMOVE(&p->waiting, q, line);
		finish_away(p, q, postgres_is_up(p) ? "Postgres is busy" : "Postgres went away");
	}
}

void
postgres_run(struct postgres *p, const zmq_pollitem_t *items, int64_t now_us)
{
	int i, up;

	for (i = 0; i < p->n; i++)
		run_one(p, &p->connections[i], items[i].revents != 0, now_us);
	end_late_questions(p, now_us);
	up = postgres_is_up(p);
	if (up != p->is_up)
		log_info(up ? "postgres_up" : "postgres_down", "connections=%d", p->n);
	p->is_up = up;
}

int64_t
postgres_next_us(const struct postgres *p)
{
	const struct question *first = TAILQ_FIRST(&p->waiting);
	int64_t next = first ? first->until_us : INT64_MAX;
	int i;

	if (!TAILQ_EMPTY(&p->done))
		return 0;
	for (i = 0; i < p->n; i++) {
		if (first && p->connections[i].state == IDLE)
			return 0;
		if (p->connections[i].state != IDLE && p->connections[i].until_us < next)
			next = p->connections[i].until_us;
	}
	return next;
}

void
postgres_close(struct postgres **postgres)
{
	struct postgres *p = *postgres;
	struct postgres_answer answer;
	struct question *q;
	int i;

	if (!p)
		return;
	for (i = 0; i < p->n; i++) {
		PQclear(p->connections[i].result);
		free(p->connections[i].question);
		PQfinish(p->connections[i].pg);
	}
	while ((q = TAILQ_FIRST(&p->waiting))) {
		TAILQ_REMOVE(&p->waiting, q, line);
		free(q);
	}
	while (postgres_answered(p, &answer))
		PQclear(answer.result);
	free(p);
	*postgres = NULL;
}
