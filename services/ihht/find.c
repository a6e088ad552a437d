#include "services/ihht/find.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "common/db.h"

/* At most two rows: enough to know that the name is not enough. */
static int
look_up(sqlite3 *db, const char *name, ids_uuid id, struct err *err)
{
	sqlite3_stmt *s = db_prepare(db, "SELECT id FROM session WHERE local_session_id = ?1 "
				     "OR (device_id = ?1 AND status = 'active') "
				     "OR (length(?1) >= 4 AND substr(id, 1, length(?1)) = ?1) "
				     "LIMIT 2", err);
	int r, n = 0;

	if (!s)
		return -1;
	sqlite3_bind_text(s, 1, name, -1, SQLITE_STATIC);
	while ((r = db_step(s, err)) > 0 && ++n)
		(void)snprintf(id, sizeof(ids_uuid), "%s", (const char *)sqlite3_column_text(s, 0));
	db_finalize(&s);
	if (r < 0)
		return -1;
	if (n == 1)
		return 0;
	return n ? err_set(err, EINVAL, "%s: more than one session; give more of its id", name)
		 : err_set(err, ENOENT, "%s: no such session; `ihht session list` shows them", name);
}

int
find_session(const struct process *process, const char *name, ids_uuid id, struct err *err)
{
	sqlite3 *db;
	int r;

	if (ids_valid(name)) {
		memcpy(id, name, sizeof(ids_uuid));
		return 0;
	}
	if (!strncmp(name, "IHHT_", 5)) {
		ids_session(name, id);
		return 0;
	}
	if (!(db = db_open_readonly(process->database, err)))
		return -1;
	r = look_up(db, name, id, err);
	db_close(&db);
	return r;
}
