/*
 * reads - what a GET asks Postgres, and the answer as JSON
 *
 * Rows are made JSON by Postgres itself, with the names of shapes.c.  Lists come in pages:
 * `next` of one answer is `before` (newest first) or `after` (oldest first) of the next request,
 * so that a page is as quick at the end of a million rows as at its start.
 *
 * A query is one statement that only reads: whose rows it sees is for the connection it is run on.
 */
#ifndef READS_H
#define READS_H

#include <stddef.h>
#include <libpq-fe.h>

#include "services/http-api/requests/in_http.h"

#define READS_PARAMS 9

struct query {
	const char *sql;
	int n;
	char text[READS_PARAMS][PARAM_MAX];
	int given[READS_PARAMS];         /* else NULL */
	const char *claims;              /* as whom it asks; the request's */
	int binary;                      /* how values come back */
	int include_mock;                /* also through the views */
};

struct reads;
struct reads *reads_new(void);
void reads_free(struct reads **reads);

/* -1: an argument is wrong. The query lives as long as *reads. */
int reads_query(const struct reads *reads, const struct ask *ask, struct query *query,
		struct problem *problem);

/* malloc'ed JSON; NULL and a problem: there is no such thing. *n: rows in it. */
char *reads_answer(const struct ask *ask, const PGresult *result, int64_t now_us, size_t *len,
		   size_t *n, struct problem *problem);

#endif
