/*
 * in_sqlite_parts - what the files of in_sqlite share
 */
#ifndef IN_SQLITE_PARTS_H
#define IN_SQLITE_PARTS_H

#include "common/db.h"
#include "services/dedupe-auditor/in_sqlite.h"

struct in_sqlite {
	sqlite3 *db;
	int64_t since_us;        /* when it was opened, UTC */
	struct pause *pause;
	sqlite3_stmt *stream;
};

/* Columns that may hold anything: 1 and the value, 2 and err. */
int column_uuid(sqlite3_stmt *s, int i, uint8_t id[16], struct err *err);
int column_int(sqlite3_stmt *s, int i, int64_t *v, int optional, struct err *err);
int column_real(sqlite3_stmt *s, int i, double *v, struct err *err);

#endif
