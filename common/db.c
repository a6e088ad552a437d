#include "common/db.h"

#include <errno.h>
#include <stddef.h>

static int
errno_of(int code)
{
	switch (code & 0xff) {
	case SQLITE_BUSY:
	case SQLITE_LOCKED:
		return EAGAIN;
	case SQLITE_FULL:
		return ENOSPC;
	case SQLITE_READONLY:
		return EROFS;
	case SQLITE_CONSTRAINT:
		return EEXIST;
	default:
		return EIO;
	}
}

int
db_err(sqlite3 *db, struct err *err)
{
	const char *path = sqlite3_db_filename(db, "main");

	return err_set(err, errno_of(sqlite3_extended_errcode(db)), "%s: %s", path ? path : "database",
		       sqlite3_errmsg(db));
}

static sqlite3 *
open_with(const char *path, int flags, const char *pragmas, struct err *err)
{
	sqlite3 *db = NULL;

	/* only before the first open of a process: later they are refused, and in force already */
	(void)sqlite3_config(SQLITE_CONFIG_SINGLETHREAD);
	(void)sqlite3_config(SQLITE_CONFIG_MEMSTATUS, 0);
	if (sqlite3_open_v2(path, &db, flags | SQLITE_OPEN_NOMUTEX, NULL) != SQLITE_OK) {
		err_set(err, db ? errno_of(sqlite3_extended_errcode(db)) : ENOMEM, "%s: %s", path,
			db ? sqlite3_errmsg(db) : "out of memory");
		db_close(&db);
		return NULL;
	}
	/* SQLite opens a protected file all the same, and complains at the first write only */
	if (flags & SQLITE_OPEN_READWRITE && sqlite3_db_readonly(db, "main") == 1) {
		err_set(err, EROFS, "%s: read-only; give it to the user this runs as", path);
		db_close(&db);
		return NULL;
	}
	sqlite3_extended_result_codes(db, 1);
	sqlite3_busy_timeout(db, 2000);
	if (db_exec(db, pragmas, err) < 0)
		db_close(&db);
	return db;
}

sqlite3 *
db_open(const char *path, struct err *err)
{
	return open_with(path, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE,
			 "PRAGMA auto_vacuum=INCREMENTAL; PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA foreign_keys=ON;",
			 err);
}

sqlite3 *
db_open_readonly(const char *path, struct err *err)
{
	return open_with(path, SQLITE_OPEN_READONLY, "PRAGMA query_only=ON;", err);
}

void
db_close(sqlite3 **db)
{
	(void)sqlite3_close(*db);
	*db = NULL;
}

int
db_exec(sqlite3 *db, const char *sql, struct err *err)
{
	return sqlite3_exec(db, sql, NULL, NULL, NULL) == SQLITE_OK ? 0 : db_err(db, err);
}

sqlite3_stmt *
db_prepare(sqlite3 *db, const char *sql, struct err *err)
{
	sqlite3_stmt *statement = NULL;

	if (sqlite3_prepare_v3(db, sql, -1, SQLITE_PREPARE_PERSISTENT, &statement, NULL) != SQLITE_OK)
		(void)db_err(db, err);
	return statement;
}

void
db_finalize(sqlite3_stmt **statement)
{
	(void)sqlite3_finalize(*statement);
	*statement = NULL;
}

int
db_step(sqlite3_stmt *statement, struct err *err)
{
	int r = sqlite3_step(statement);

	if (r == SQLITE_ROW)
		return 1;
	if (r != SQLITE_DONE)
		(void)db_err(sqlite3_db_handle(statement), err);
	(void)sqlite3_reset(statement);
	return r == SQLITE_DONE ? 0 : -1;
}

int
db_run(sqlite3_stmt *statement, struct err *err)
{
	int r = db_step(statement, err);

	if (r > 0)
		(void)sqlite3_reset(statement);
	return r < 0 ? -1 : 0;
}
