/*
 * reads - what a GET asks Postgres, and the answer as JSON
 *
 * Rows are made JSON by Postgres itself; field names are its columns'.  Lists come in pages: `next`
 * of one answer is `before` (sessions, newest first) or `after` (readings, oldest first) of
 * the next request, so that a page is as quick at the end of a million rows as at its start.
 */
#ifndef READS_H
#define READS_H

#include <stddef.h>
#include <libpq-fe.h>

#include "services/http-api/requests/in_http.h"

#define READS_PARAMS    6
#define READS_PARAM_MAX 80

struct query {
	const char *sql;
	int n;
	char text[READS_PARAMS][READS_PARAM_MAX];
	int given[READS_PARAMS];         /* else NULL */
};

/* -1: an argument is wrong. */
int reads_query(const struct ask *ask, struct query *query, struct problem *problem);

/* malloc'ed JSON; NULL and a problem: there is no such session. *n: rows in it. */
char *reads_answer(const struct ask *ask, const PGresult *result, size_t *len, size_t *n,
		   struct problem *problem);

#endif
