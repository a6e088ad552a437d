#include <errno.h>
#include <math.h>
#include <string.h>
#include <uuid/uuid.h>

#include "services/dedupe-auditor/in_sqlite_parts.h"

static int
wrong_column(sqlite3_stmt *s, int i, const char *why, struct err *err)
{
	(void)err_set(err, EBADMSG, "%s %s", sqlite3_column_name(s, i), why);
	return 2;
}

int
column_uuid(sqlite3_stmt *s, int i, uint8_t id[16], struct err *err)
{
	const char *text = (const char *)sqlite3_column_text(s, i);

	if (!text || sqlite3_column_bytes(s, i) != 36 || uuid_parse(text, id) < 0) {
		memset(id, 0, 16);
		return wrong_column(s, i, "is not a UUID", err);
	}
	return 1;
}

int
column_int(sqlite3_stmt *s, int i, int64_t *v, int optional, struct err *err)
{
	switch (sqlite3_column_type(s, i)) {
	case SQLITE_INTEGER:
		*v = sqlite3_column_int64(s, i);
		return 1;
	case SQLITE_NULL:
		*v = MSG_NONE;
		return optional ? 1 : wrong_column(s, i, "is NULL", err);
	default:
		*v = MSG_NONE;
		return wrong_column(s, i, "is not an integer", err);
	}
}

int
column_real(sqlite3_stmt *s, int i, double *v, struct err *err)
{
	int type = sqlite3_column_type(s, i);

	*v = NAN;
	if (type == SQLITE_FLOAT || type == SQLITE_INTEGER)
		*v = sqlite3_column_double(s, i);
	else if (type != SQLITE_NULL)
		return wrong_column(s, i, "is not a number", err);
	return 1;
}
