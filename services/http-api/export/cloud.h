/*
 * cloud - what an export asks Postgres, and its answers as rows
 *
 * Session by session and page by page, each a question of its own: a caller who takes an hour
 * holds neither a connection nor a transaction.  Readings never change, so that the pages are
 * of one piece; what comes late behind the page at hand is in the next export.
 */
#ifndef CLOUD_H
#define CLOUD_H

#include "services/http-api/export/tables.h"
#include "services/http-api/reads/reads.h"

#define CLOUD_PAGE 4000  /* readings */

/* Which sessions: "" where it does not matter; values as SQL takes them. */
struct cloud_wish {
	char session[37], user[37], from[PARAM_MAX], to[PARAM_MAX];
	int mock;
};

/* The session after this one (NULL: the first) in order of person and time, and its records if
 * they are wanted. */
void cloud_ask_session(const struct cloud_wish *wish, const struct session *after, int with_records,
		       struct query *query);

/* The readings after this one (NULL: the first). */
void cloud_ask_readings(const struct cloud_wish *wish, const struct session *session,
			const struct reading *after, struct query *query);

/* Row i of an answer to the first: which message and it, in `row` (RECORDS_MAX bytes); the
 * session comes first.  -1: Postgres holds what cannot be there, and err says what. */
int cloud_record(const PGresult *result, int i, const struct message **message, void *row,
		 struct err *err);

/* Row i of an answer to the second. */
int cloud_reading(const PGresult *result, int i, struct reading *reading, struct err *err);

#endif
