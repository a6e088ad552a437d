/*
 * in_store - a gateway's SQLite file as rows for an export
 *
 * All between in_store_open() and in_store_close() is one moment; the file is only read.
 */
#ifndef IN_STORE_H
#define IN_STORE_H

#include "common/db.h"
#include "proto/ids.h"
#include "services/http-api/export/tables.h"

/* Which sessions: "" and MSG_NONE where it does not matter. */
struct in_store_wish {
	ids_uuid session, user;
	int64_t from_us, to_us;   /* began in [from, to) */
	int mock;                 /* made-up ones too */
};

struct in_store;
struct in_store *in_store_open(const char *path, const struct in_store_wish *wish, struct err *err);
void in_store_close(struct in_store **store);

/* How many there are, and how many are left out as mock. */
int in_store_count(struct in_store *store, int64_t *n, int64_t *n_mock, struct err *err);

/* Each person's together, oldest first: 1 and the next one, 0 after the last, -1 and err. */
int in_store_session(struct in_store *store, struct session *session, struct err *err);

/* Rows of that session's table, readings in order of time, into `row` (its message's struct):
 * begin, then 1 a row, 0 the end, -1 and err. */
void in_store_begin(struct in_store *store, const struct table *table,
		    const struct session *session);
int in_store_next(struct in_store *store, void *row, struct err *err);

#endif
