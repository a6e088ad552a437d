/*
 * table - one SQLite table for one kind of record, made from messages.def
 *
 * A column per field with the field's name (words as text, sets as JSON arrays, absent as
 * NULL), without request_id, and besides them `no` (row number) and `synced_hlc`: what
 * Postgres is known to have.  A field that messages.def has gained is added to an old file.
 */
#ifndef TABLE_H
#define TABLE_H

#include <sqlite3.h>

#include "proto/msg.h"

struct table;

/* `key` are the fields that make a record one, NULL-terminated.  `extra` is SQL for further
 * columns, or "".  NULL: see err. */
struct table *table_open(sqlite3 *db, const struct message *message, const char *const *key,
			 const char *extra, struct err *err);
void table_close(struct table **table);

const struct message *table_message(const struct table *table);

/* 1 and *no, 0 when there is none with msg's key.  If `found` is given it gets the record, all
 * fields absent when the row is damaged: put a good one over it. */
int table_find(struct table *table, const void *msg, int64_t *no, void *found,
	       struct err *err);

/* New or over the one with the same key; *no may be NULL. */
int table_put(struct table *table, const void *msg, int64_t *no, struct err *err);

/* By row number: 1 and *msg, 0 none, -1 and EBADMSG: a damaged row. */
int table_get(struct table *table, int64_t no, void *msg, struct err *err);

/* The session's next record after row `after` that Postgres does not have: 1, *no and *msg;
 * 0 when there is none; -1 and EBADMSG: *no is damaged. */
int table_unsynced(struct table *table, const char *session_id, int64_t after, int64_t *no,
		   void *msg, struct err *err);

/* All of a session's records, for db_step(), table_read(…, 0, …) and db_finalize().  NULL: see err. */
sqlite3_stmt *table_all(struct table *table, const char *session_id, struct err *err);

/* Which version of its row that is; 0 of a kind that never changes. */
int64_t table_version(const struct table *table, const void *msg);

/* Postgres has that row as it was at `hlc`. */
int table_synced(struct table *table, int64_t no, int64_t hlc, struct err *err);
int table_unsync(struct table *table, int64_t no, struct err *err);  /* or has nothing of it */

/* Reads the columns of table_columns() starting at `first` of a row of another query. */
int table_read(const struct table *table, sqlite3_stmt *row, int first, void *msg,
	       struct err *err);
const char *table_columns(const struct table *table);

#endif
