#include "services/sync-worker/wire.h"

#include <stdlib.h>
#include <zmq.h>

#include "common/pg.h"

/* $1 to $5 of a record's statement: uuid, uuid, bigint, text, uuid. */
static const Oid record_types[] = {2950, 2950, 20, 25, 2950};

static int
n_types(enum statement statement)
{
	return statement >= DO_SESSION && statement <= DO_GAP ? 5 : 0;
}

static void
forget_results(struct wire *w)
{
	PQclear(w->error);
	w->error = NULL;
	w->n_results = 0;
	w->wants_rows = 0;
}

/* What is queued goes out; the rest when the socket takes more. */
static int
flush(struct wire *w)
{
	int r = PQflush(w->pg);

	w->events = r > 0 ? ZMQ_POLLIN | ZMQ_POLLOUT : ZMQ_POLLIN;
	return r < 0 ? -1 : 0;
}

int
wire_open(struct wire *w, const char *conninfo)
{
	const char *keys[] = {"keepalives_idle", "keepalives_interval", "keepalives_count",
			      "fallback_application_name", "dbname", NULL};
	const char *values[] = {"10", "5", "3", "ihht sync-worker", conninfo, NULL};

	forget_results(w);
	w->pg = PQconnectStartParams(keys, values, 1);
	ASSERT(w->pg);
	w->events = ZMQ_POLLOUT;
	return PQstatus(w->pg) == CONNECTION_BAD ? -1 : 0;
}

void
wire_close(struct wire *w)
{
	forget_results(w);
	if (w->pg)
		pg_close(&w->pg);
	w->events = 0;
}

static void
quiet(void *arg, const PGresult *result)
{
	(void)arg;
	(void)result;
}

int
wire_connecting(struct wire *w)
{
	switch (PQconnectPoll(w->pg)) {
	case PGRES_POLLING_READING:
		w->events = ZMQ_POLLIN;
		return 0;
	case PGRES_POLLING_WRITING:
		w->events = ZMQ_POLLOUT;
		return 0;
	case PGRES_POLLING_OK:
		(void)PQsetNoticeReceiver(w->pg, quiet, NULL);
		return PQsetnonblocking(w->pg, 1) < 0 ? -1 : 1;
	case PGRES_POLLING_FAILED:
	case PGRES_POLLING_ACTIVE:
		break;
	}
	return -1;
}

/* ---- sending: a failure shows when it is flushed or in the answers */

void
wire_pipeline(struct wire *w)
{
	forget_results(w);
	(void)PQenterPipelineMode(w->pg);
}

void
wire_sql(struct wire *w, const char *sql)
{
	(void)PQsendQueryParams(w->pg, sql, 0, NULL, NULL, NULL, NULL, 0);
}

void
wire_prepare(struct wire *w, enum statement statement)
{
	(void)PQsendPrepare(w->pg, statement_name(statement), statement_sql(statement),
			    n_types(statement), n_types(statement) ? record_types : NULL);
}

void
wire_statement(struct wire *w, enum statement statement, const struct values *v)
{
	if (w->prepared)
		(void)PQsendQueryPrepared(w->pg, statement_name(statement), v->n, v->p, v->lengths,
					  v->binary, 1);
	else
		(void)PQsendQueryParams(w->pg, statement_sql(statement), v->n,
					n_types(statement) ? record_types : NULL, v->p, v->lengths,
					v->binary, 1);
}

int
wire_pipeline_end(struct wire *w)
{
	return PQpipelineSync(w->pg) ? flush(w) : -1;
}

int
wire_query(struct wire *w, const char *sql)
{
	forget_results(w);
	return PQsendQuery(w->pg, sql) ? flush(w) : -1;
}

int
wire_copy(struct wire *w, const void *bytes, size_t len)
{
	w->wants_rows = bytes != NULL;
	if ((bytes ? PQputCopyData(w->pg, bytes, (int)len) : PQputCopyEnd(w->pg, NULL)) != 1)
		return -1;
	return flush(w);
}

/* ---- receiving */

static void
take_result(struct wire *w, PGresult *result)
{
	ExecStatusType status = PQresultStatus(result);

	if (status == PGRES_COMMAND_OK || status == PGRES_TUPLES_OK) {
		if (w->n_results < WIRE_RESULTS)
			w->rows[w->n_results] = atoll(PQcmdTuples(result));
		w->n_results++;
	} else if (status != PGRES_PIPELINE_ABORTED && !w->error) {
		w->error = result;
		return;
	}
	PQclear(result);
}

/* NULL stands between two statements of a pipeline, and else at the end. */
static int
take_results(struct wire *w)
{
	int pipelined = PQpipelineStatus(w->pg) != PQ_PIPELINE_OFF;
	ExecStatusType status;
	PGresult *result;

	while (!PQisBusy(w->pg)) {
		result = PQgetResult(w->pg);
		if (!result && !pipelined)
			return 1;
		if (!result)
			continue;
		status = PQresultStatus(result);
		if (status == PGRES_PIPELINE_SYNC || status == PGRES_COPY_IN) {
			PQclear(result);
			w->wants_rows = status == PGRES_COPY_IN;
			return !pipelined || PQexitPipelineMode(w->pg) ? 1 : -1;
		}
		take_result(w, result);
		if (PQstatus(w->pg) != CONNECTION_OK)
			return -1;
	}
	return 0;
}

int
wire_receive(struct wire *w)
{
	if (!PQconsumeInput(w->pg) || flush(w) < 0)
		return -1;
	return w->wants_rows ? 1 : take_results(w);
}

int
wire_in_transaction(const struct wire *w)
{
	return PQtransactionStatus(w->pg) == PQTRANS_INERROR ||
	       PQtransactionStatus(w->pg) == PQTRANS_INTRANS;
}
