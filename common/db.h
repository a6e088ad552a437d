/*
 * db - SQLite with our error idiom
 *
 * No threads, so no mutexes.  Every statement is prepared once and reset after use.  Errors
 * carry SQLite's words and the file's name; a locked file is EAGAIN, a full disk ENOSPC, a
 * read-only file EROFS.
 */
#ifndef DB_H
#define DB_H

#include <sqlite3.h>
#include <stdint.h>

#include "common/err.h"

/* WAL, synchronous=FULL, foreign keys on; made when absent, so that free pages can be given
 * back (incremental_vacuum).  NULL: see err. */
sqlite3 *db_open(const char *path, struct err *err);
sqlite3 *db_open_readonly(const char *path, struct err *err);
void db_close(sqlite3 **db);

int db_exec(sqlite3 *db, const char *sql, struct err *err);
sqlite3_stmt *db_prepare(sqlite3 *db, const char *sql, struct err *err);
void db_finalize(sqlite3_stmt **statement);

/* 1 a row, 0 done (and reset), -1 and err (and reset). */
int db_step(sqlite3_stmt *statement, struct err *err);

/* For statements without rows: steps and resets. 0, or -1 and err. */
int db_run(sqlite3_stmt *statement, struct err *err);

/* -1 with SQLite's words for the last call. */
int db_err(sqlite3 *db, struct err *err);

#endif
