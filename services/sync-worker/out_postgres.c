#include "services/sync-worker/out_postgres.h"

#include <stdlib.h>
#include <string.h>
#include <zmq.h>

#include "common/clock.h"
#include "common/log.h"
#include "common/pg.h"
#include "services/sync-worker/encode.h"
#include "services/sync-worker/faults.h"
#include "services/sync-worker/months.h"
#include "services/sync-worker/statements.h"

#define MAX_RESULTS 8         /* whose row counts are kept */
#define COPY_CHUNK  (64 * 1024)
#define SETUP_MOST_MS 30000   /* a person is about to put it right */

/*
 * What is under way.  A bundle goes
 *	MONTHS   when a partition of it is not known to be there
 *	HEAD     begin, receipt, session, records; without readings also commit
 *	COPY     fresh readings straight into their partition, and commit
 *	UPSERT   other readings: those that are not there yet, and commit
 * A COPY that is refused (a reading was there already) is rolled back (UNDO) and the bundle
 * begun again as one that is not fresh.  A bundle that is not fresh is written also when its
 * receipt is there: it may be a repair, of rows that Postgres has lost since.
 */
enum step { AWAY, CONNECTING, SETUP, FREE, MONTHS, HEAD, COPY_ASK, COPY_DATA, COPY_END, UPSERT, UNDO };

struct sink {
	struct sink_settings settings;
	PGconn *pg;
	enum step step;
	short events;
	int64_t wake_us;                  /* AWAY: try again; else: give up waiting */
	char why[300];
	struct sink_counts counts;
	uint8_t months[MONTHS_MAX];       /* 1: its partition is there */

	const struct bundle_content *content;  /* NULL: none in hand */
	int copy;                         /* this bundle may go by COPY */
	int known;                        /* its receipt was there before */
	int over;                         /* and is settled after UNDO; receipt says how */
	size_t copied;
	struct receipt receipt;

	PGresult *error;                  /* the first one of this step */
	int64_t rows[MAX_RESULTS];        /* changed by its n-th statement */
	int n_results;
	struct values values;
};

/* ---- the connection */

static void
forget_results(struct sink *s)
{
	PQclear(s->error);
	s->error = NULL;
	s->n_results = 0;
}

static void
disconnect(struct sink *s)
{
	forget_results(s);
	if (s->pg)
		pg_close(&s->pg);
	s->counts.postgres_up = 0;
	memset(s->months, 0, sizeof(s->months));
	s->events = 0;
}

/* Leave off and try again later; `sqlstate` "" when the connection is gone. */
static void
back_off(struct sink *s, const char *sqlstate, const char *text)
{
	int64_t ms = backoff_next_ms(&s->settings.backoff);

	if (fault_of(sqlstate, "") == FAULT_SETUP) {
		ms = ms < SETUP_MOST_MS ? ms : SETUP_MOST_MS;
		(void)snprintf(s->why, sizeof(s->why), "%.230s; %s", text, fault_cure(sqlstate));
	} else {
		(void)snprintf(s->why, sizeof(s->why), "%s", text);
	}
	if (s->counts.postgres_up || s->settings.backoff.n_failed == 1)
		log_warn("postgres_away", "retry_ms=%lld why=\"%s\"", (long long)ms, s->why);
	s->counts.n_retries++;
	disconnect(s);
	s->step = AWAY;
	s->wake_us = clock_mono_us() + ms * 1000;
}

static void
lost(struct sink *s)
{
	struct err err;

	(void)pg_err(s->pg, NULL, NULL, &err);
	/* libpq keeps the SQLSTATE of a refused log-in to itself: role or database is missing */
	back_off(s, s->step == CONNECTING && strstr(err.text, "does not exist") ? "3D000" : "",
		 err.text);
}

static void
go(struct sink *s, enum step step)
{
	forget_results(s);
	s->step = step;
	s->wake_us = clock_mono_us() + s->settings.timeout_ms * 1000;
}

/* What is queued goes out; the rest when the socket takes more. */
static void
flush(struct sink *s)
{
	int r = PQflush(s->pg);

	if (r < 0)
		lost(s);
	else
		s->events = r ? ZMQ_POLLIN | ZMQ_POLLOUT : ZMQ_POLLIN;
}

static void
connect_start(struct sink *s)
{
	const char *keys[] = {"keepalives_idle", "keepalives_interval", "keepalives_count",
			      "fallback_application_name", "dbname", NULL};
	const char *values[] = {"10", "5", "3", "ihht sync-worker", s->settings.conninfo, NULL};

	go(s, CONNECTING);
	s->pg = PQconnectStartParams(keys, values, 1);
	ASSERT(s->pg);
	s->events = ZMQ_POLLOUT;
	if (PQstatus(s->pg) == CONNECTION_BAD)
		lost(s);
}

/* ---- sending */

static void
quiet(void *arg, const PGresult *result)
{
	(void)arg;
	(void)result;
}

static void
send_sql(struct sink *s, const char *sql)
{
	(void)PQsendQueryParams(s->pg, sql, 0, NULL, NULL, NULL, NULL, 0);
}

/* $1 to $5 of a record's statement. */
static const Oid record_types[] = {2950, 2950, 20, 25, 2950};

static int
n_types(enum statement statement)
{
	return statement >= DO_SESSION && statement <= DO_GAP ? 5 : 0;
}

static void
send_statement(struct sink *s, enum statement statement)
{
	const struct values *v = &s->values;

	if (s->settings.prepare)
		(void)PQsendQueryPrepared(s->pg, statement_name(statement), v->n, v->p, v->lengths,
					  v->binary, 1);
	else
		(void)PQsendQueryParams(s->pg, statement_sql(statement), v->n,
					n_types(statement) ? record_types : NULL, v->p, v->lengths,
					v->binary, 1);
}

static void
pipeline(struct sink *s, enum step step)
{
	go(s, step);
	(void)PQenterPipelineMode(s->pg);
}

static void
pipeline_end(struct sink *s)
{
	(void)PQpipelineSync(s->pg);
	flush(s);
}

/* What one session of the server keeps; a pooler shares sessions, so there none of it. */
static void
prepare_all(struct sink *s)
{
	char text[80];
	int i;

	(void)snprintf(text, sizeof(text), "SET statement_timeout = %lld",
		       (long long)s->settings.timeout_ms);
	send_sql(s, text);
	send_sql(s, "SET jit = off");
	send_sql(s, "SET plan_cache_mode = force_generic_plan");
	/* a receipt promises a commit that is on disk */
	send_sql(s, "SELECT set_config('synchronous_commit', 'on', false)"
		    " WHERE current_setting('synchronous_commit') = 'off'");
	for (i = 0; i < N_STATEMENTS; i++)
		(void)PQsendPrepare(s->pg, statement_name(i), statement_sql(i), n_types(i),
				    n_types(i) ? record_types : NULL);
}

static void
send_setup(struct sink *s)
{
	(void)PQsetnonblocking(s->pg, 1);
	(void)PQsetNoticeReceiver(s->pg, quiet, NULL);
	pipeline(s, SETUP);
	if (s->settings.prepare)
		prepare_all(s);
	/* before they are needed, and to see that the tables are there */
	send_sql(s, "SELECT ihht.readings_month(now()), ihht.readings_month(now() + interval '1 month')");
	pipeline_end(s);
}

static void
send_records(struct sink *s)
{
	struct records records = s->content->records;
	const struct message *message;
	union bundle_record record;

	if (s->content->session.status == SESSION_ACTIVE) {
		values_supersede(&s->values, s->content);
		send_statement(s, DO_SUPERSEDE);
	}
	record.session = s->content->session;
	send_statement(s, values_record(&s->values, s->content, &msg_session, &record));
	while (bundle_next(&records, &message, &record))
		send_statement(s, values_record(&s->values, s->content, message, &record));
}

static void
send_head(struct sink *s)
{
	pipeline(s, HEAD);
	send_sql(s, "BEGIN");
	values_receipt(&s->values, s->content);
	send_statement(s, DO_RECEIPT);
	if (!s->settings.prepare)
		send_sql(s, "SET LOCAL synchronous_commit = on");
	send_records(s);
	if (!s->content->n_rows)
		send_sql(s, "COMMIT");
	pipeline_end(s);
}

static void
send_upsert(struct sink *s)
{
	pipeline(s, UPSERT);
	values_readings(&s->values, s->content);
	send_statement(s, DO_READINGS);
	send_sql(s, "COMMIT");
	pipeline_end(s);
}

static void
send_undo(struct sink *s)
{
	go(s, UNDO);
	(void)PQsendQuery(s->pg, "ROLLBACK");
	flush(s);
}

static void
send_copy(struct sink *s)
{
	char sql[400], table[MONTH_TABLE];

	go(s, COPY_ASK);
	s->copied = 0;
	(void)snprintf(sql, sizeof(sql), "COPY %s %s FROM STDIN (FORMAT binary); COMMIT",
		       month_table(month_of(s->content->rows[0].taken_us), table),
		       statement_copy_columns());
	(void)PQsendQuery(s->pg, sql);
	flush(s);
}

/* As much as the socket takes; 1 when all of it is on its way. */
static int
copy_some(struct sink *s)
{
	static uint8_t chunk[COPY_CHUNK];
	const struct bundle_content *c = s->content;
	size_t n;

	while (s->copied < c->n_rows && !(s->events & ZMQ_POLLOUT)) {
		n = s->copied ? 0 : encode_copy_head(chunk);
		while (s->copied < c->n_rows && n + ENCODE_ROW <= sizeof(chunk))
			n += encode_copy_row(c->user_id, c->session_id, &c->rows[s->copied++],
					     chunk + n);
		if (PQputCopyData(s->pg, (char *)chunk, (int)n) != 1) {
			lost(s);
			return 0;
		}
		flush(s);
		if (s->step == AWAY)
			return 0;
	}
	return s->copied == c->n_rows;
}

/* ---- a bundle's way */

/* The first month of the bundle whose partition may be missing, -1 when none. */
static int64_t
unknown_month(const struct sink *s)
{
	const struct bundle_content *c = s->content;
	int64_t until = -1;
	size_t i;
	int month;

	for (i = 0; i < c->n_rows; i++) {
		if (c->rows[i].taken_us < until)
			continue;
		month = month_of(c->rows[i].taken_us);
		if (!s->months[month])
			return c->rows[i].taken_us;
		until = month_start_us(month + 1);
		if (c->rows[c->n_rows - 1].taken_us < until)
			break;
	}
	return -1;
}

static int
is_one_month(const struct bundle_content *c)
{
	return month_of(c->rows[0].taken_us) == month_of(c->rows[c->n_rows - 1].taken_us);
}

static void
begin(struct sink *s)
{
	int64_t at = unknown_month(s);

	s->over = 0;
	if (at < 0) {
		send_head(s);
		return;
	}
	pipeline(s, MONTHS);
	values_month(&s->values, at);
	send_statement(s, DO_MONTH);
	pipeline_end(s);
}

static void
set_outcome(struct sink *s, enum outcome outcome, int64_t added)
{
	const struct bundle *b = s->content->bundle;

	msg_clear(&msg_receipt, &s->receipt);
	memcpy(s->receipt.id, b->id, sizeof(b->id));
	memcpy(s->receipt.session_id, b->session_id, sizeof(b->session_id));
	s->receipt.outcome = outcome;
	s->receipt.added = added;
	s->receipt.seen = outcome == OUTCOME_REFUSED ? 0 : b->readings - added;
}

/* The bundle's fate is known, and with Postgres: the next one may come. */
static void
settle(struct sink *s)
{
	go(s, FREE);
	s->wake_us = INT64_MAX;
	s->content = NULL;
	s->settings.backoff.n_failed = 0;
	s->why[0] = 0;
}

static void
after_head(struct sink *s)
{
	s->known = s->rows[1] == 0;
	if (!s->content->n_rows) {
		set_outcome(s, s->known ? OUTCOME_DUPLICATE : OUTCOME_APPLIED, 0);
		settle(s);
	} else if (s->known && s->content->bundle->fresh) {
		set_outcome(s, OUTCOME_DUPLICATE, 0);
		s->over = 1;
		send_undo(s);
	} else if (s->copy) {
		send_copy(s);
	} else {
		send_upsert(s);
	}
}

static void
after_undo(struct sink *s)
{
	if (s->over)
		settle(s);
	else
		begin(s);
}

/* Postgres has said no to something. */
static void
failed(struct sink *s)
{
	const char *constraint = PQresultErrorField(s->error, PG_DIAG_CONSTRAINT_NAME);
	struct err err;
	char state[6];

	(void)pg_err(s->pg, s->error, state, &err);
	if (!*state || PQstatus(s->pg) != CONNECTION_OK) {
		lost(s);
	} else if (s->step == COPY_ASK || s->step == COPY_END) {
		s->counts.n_copy_fallbacks++;  /* the long way decides what was wrong */
		s->copy = 0;
		send_undo(s);
	} else if (s->step == SETUP || s->step == UNDO ||
		   fault_of(state, constraint ? constraint : "") != FAULT_REFUSE) {
		back_off(s, state, err.text);
	} else {
		set_outcome(s, OUTCOME_REFUSED, 0);
		memcpy(s->receipt.sqlstate, state, sizeof(state));
		(void)snprintf(s->receipt.text, sizeof(s->receipt.text), "%s", err.text);
		s->over = 1;
		send_undo(s);
	}
}

/* All results of the step have come. */
static void
advance(struct sink *s)
{
	if (PQpipelineStatus(s->pg) != PQ_PIPELINE_OFF)
		(void)PQexitPipelineMode(s->pg);
	if (s->error) {
		failed(s);
		return;
	}
	switch (s->step) {
	case SETUP:
		s->counts.postgres_up = 1;
		s->why[0] = 0;
		log_info("connected", "retries=%llu", (unsigned long long)s->counts.n_retries);
		if (s->content)
			begin(s);
		else
			settle(s);
		break;
	case MONTHS:
		s->months[month_of(unknown_month(s))] = 1;
		begin(s);
		break;
	case HEAD:
		after_head(s);
		break;
	case COPY_END:
		set_outcome(s, OUTCOME_APPLIED, s->rows[0]);
		settle(s);
		break;
	case UPSERT:
		set_outcome(s, s->known && !s->rows[0] ? OUTCOME_DUPLICATE : OUTCOME_APPLIED,
			    s->rows[0]);
		settle(s);
		break;
	case UNDO:
		after_undo(s);
		break;
	case AWAY:
	case CONNECTING:
	case FREE:
	case COPY_ASK:
	case COPY_DATA:
		break;
	}
}

/* ---- receiving */

static void
take_result(struct sink *s, PGresult *result)
{
	switch (PQresultStatus(result)) {
	case PGRES_COMMAND_OK:
	case PGRES_TUPLES_OK:
		if (s->n_results < MAX_RESULTS)
			s->rows[s->n_results++] = atoll(PQcmdTuples(result));
		break;
	case PGRES_PIPELINE_ABORTED:
		break;
	case PGRES_FATAL_ERROR:
	case PGRES_BAD_RESPONSE:
	case PGRES_NONFATAL_ERROR:
	case PGRES_EMPTY_QUERY:
	case PGRES_COPY_OUT:
	case PGRES_COPY_IN:
	case PGRES_COPY_BOTH:
	case PGRES_SINGLE_TUPLE:
	case PGRES_PIPELINE_SYNC:
		if (!s->error) {
			s->error = result;
			return;
		}
		break;
	}
	PQclear(result);
}

/* 1 when the step has all its results, or wants the rows for COPY. */
static int
take_results(struct sink *s)
{
	int pipelined = PQpipelineStatus(s->pg) != PQ_PIPELINE_OFF;
	PGresult *result;

	while (!PQisBusy(s->pg)) {
		result = PQgetResult(s->pg);
		if (!result && !pipelined)
			return 1;
		if (!result)
			continue;
		if (PQresultStatus(result) == PGRES_PIPELINE_SYNC ||
		    PQresultStatus(result) == PGRES_COPY_IN) {
			PQclear(result);
			return 1;
		}
		take_result(s, result);
		if (PQstatus(s->pg) != CONNECTION_OK)
			return 1;
	}
	return 0;
}

static void
poll_connect(struct sink *s)
{
	switch (PQconnectPoll(s->pg)) {
	case PGRES_POLLING_READING:
		s->events = ZMQ_POLLIN;
		break;
	case PGRES_POLLING_WRITING:
		s->events = ZMQ_POLLOUT;
		break;
	case PGRES_POLLING_OK:
		send_setup(s);
		break;
	case PGRES_POLLING_FAILED:
	case PGRES_POLLING_ACTIVE:
		lost(s);
		break;
	}
}

/* Rows while the socket takes them; then the end, after which the answer comes. */
static void
feed_copy(struct sink *s)
{
	s->step = COPY_DATA;
	if (!copy_some(s))
		return;
	if (PQputCopyEnd(s->pg, NULL) != 1) {
		lost(s);
		return;
	}
	s->step = COPY_END;
	flush(s);
}

static void
poll_answer(struct sink *s)
{
	if (!PQconsumeInput(s->pg)) {
		lost(s);
		return;
	}
	flush(s);
	if (s->step == AWAY)
		return;
	if (s->step == COPY_DATA) {
		feed_copy(s);
		return;
	}
	if (!take_results(s))
		return;
	if (PQstatus(s->pg) != CONNECTION_OK)
		lost(s);
	else if (s->step == COPY_ASK && !s->error && PQtransactionStatus(s->pg) == PQTRANS_ACTIVE)
		feed_copy(s);
	else
		advance(s);
}

int
sink_step(struct sink *s, struct receipt *receipt)
{
	int had = s->content != NULL;

	if (s->step == AWAY && clock_mono_us() >= s->wake_us)
		connect_start(s);
	else if (s->step == CONNECTING)
		poll_connect(s);
	else if (s->step != AWAY)
		poll_answer(s);
	if (s->step != AWAY && s->step != FREE && clock_mono_us() >= s->wake_us)
		back_off(s, "", "Postgres: no answer in time");
	if (!had || s->content)
		return 0;
	*receipt = s->receipt;
	return 1;
}

/* ---- the caller's side */

struct sink *
sink_open(const struct sink_settings *settings)
{
	struct sink *s = calloc(1, sizeof(*s));

	ASSERT(s);
	s->settings = *settings;
	s->step = AWAY;
	(void)snprintf(s->why, sizeof(s->why), "Postgres: not connected yet");
	return s;
}

void
sink_close(struct sink **sink)
{
	if (!*sink)
		return;
	disconnect(*sink);
	values_release(&(*sink)->values);
	free(*sink);
	*sink = NULL;
}

int
sink_fd(const struct sink *s)
{
	return s->pg ? PQsocket(s->pg) : -1;
}

short
sink_events(const struct sink *s)
{
	return s->events;
}

int64_t
sink_wake_us(const struct sink *s)
{
	return s->wake_us;
}

int
sink_is_free(const struct sink *s)
{
	return s->step == FREE;
}

void
sink_put(struct sink *s, const struct bundle_content *content)
{
	ASSERT(s->step == FREE);
	s->content = content;
	s->copy = content->bundle->fresh && content->n_rows && is_one_month(content);
	begin(s);
}

const char *
sink_why(const struct sink *s)
{
	return s->why;
}

const struct sink_counts *
sink_counts(const struct sink *s)
{
	return &s->counts;
}
