#include "services/local-store/quarantine/misfits.h"

#include "common/db.h"

static const char put_sql[] =
	"INSERT INTO misfits (at_us, session_id, kind, row, field, why)"
	" SELECT ?1, ?2, ?3, ?4, ?5, ?6 WHERE (SELECT count(*) FROM misfits) < ?7"
	" ON CONFLICT (kind, row, session_id) DO UPDATE SET at_us = at_us";

int
misfits_take(struct store *store, const struct misfit *m, int64_t now_us, struct effects *fx,
	     struct err *err)
{
	sqlite3_stmt *s = db_prepare(store_db(store), put_sql, err);
	int r;

	if (!s)
		return -1;
	(void)sqlite3_bind_int64(s, 1, now_us);
	(void)sqlite3_bind_text(s, 2, m->session_id, -1, SQLITE_STATIC);
	(void)sqlite3_bind_text(s, 3, m->kind, -1, SQLITE_STATIC);
	(void)sqlite3_bind_text(s, 4, m->row, -1, SQLITE_STATIC);
	(void)sqlite3_bind_text(s, 5, m->field, -1, SQLITE_STATIC);
	(void)sqlite3_bind_text(s, 6, m->why, -1, SQLITE_STATIC);
	(void)sqlite3_bind_int64(s, 7, MISFITS_MOST);
	r = db_step(s, err);
	db_finalize(&s);
	if (r < 0)
		return -1;
	if (!sqlite3_changes(store_db(store)))
		return effects_refuse(fx, "data", "has bad rows, and of such there are %d already",
				      MISFITS_MOST);
	return effects_accept(fx, m->session_id, false, "set apart");
}
