/*
 * wire - libpq without waiting
 *
 * Statements are queued and go out together; wire_receive() is called whenever the socket has
 * something, until all answers are here.  -1 anywhere: the connection is gone, close it.
 */
#ifndef WIRE_H
#define WIRE_H

#include <libpq-fe.h>

#include "services/sync-worker/statements.h"

#define WIRE_RESULTS 8  /* whose row counts are kept */

struct wire {
	PGconn *pg;                   /* NULL: closed */
	short events;                 /* what to poll for: ZMQ_POLLIN, ZMQ_POLLOUT */
	int prepared;                 /* statements are known to the server by name */

	/* since the last wire_pipeline() or wire_query() */
	PGresult *error;              /* the first one, or NULL */
	int64_t rows[WIRE_RESULTS];   /* changed by the n-th statement */
	int n_results;                /* statements that went well; the next one is the error's */
	int wants_rows;               /* a COPY waits for wire_copy() */
};

int wire_open(struct wire *wire, const char *conninfo);
void wire_close(struct wire *wire);

/* 1 connected, 0 not yet. */
int wire_connecting(struct wire *wire);

/* Several statements with one answer: begin, statements, end. */
void wire_pipeline(struct wire *wire);
void wire_sql(struct wire *wire, const char *sql);
void wire_prepare(struct wire *wire, enum statement statement);
void wire_statement(struct wire *wire, enum statement statement, const struct values *values);
int wire_pipeline_end(struct wire *wire);

/* One query, of which COPY may be a part. */
int wire_query(struct wire *wire, const char *sql);

/* Takes the bytes, all of them, though not all may be on their way yet: give no more while
 * events has ZMQ_POLLOUT.  NULL is the end of the rows. */
int wire_copy(struct wire *wire, const void *bytes, size_t len);

/* 1 all answers are here, or rows are wanted; 0 not yet. */
int wire_receive(struct wire *wire);

/* Whether there is one to roll back: a COMMIT that is refused leaves none. */
int wire_in_transaction(const struct wire *wire);

#endif
