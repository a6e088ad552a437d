#include "services/local-store/quarantine/misfits.h"

#include "common/db.h"

static const char put_sql[] =
	"INSERT INTO misfits (at_us, session_id, kind, row, field, why)"
	" SELECT ?1, ?2, ?3, ?4, ?5, ?6 WHERE (SELECT count(*) FROM misfits m WHERE NOT EXISTS"
	" (SELECT 1 FROM quarantine_log WHERE kind = 'misfit' AND row = m.no)) < ?7"
	" ON CONFLICT (kind, row, session_id) DO UPDATE SET at_us = at_us";

static const char log_sql[] =
	"INSERT INTO quarantine_log (at_us, who, action, entry, kind, row, session, sqlstate, reason,"
	" before, after) SELECT ?1, ?2, ?3, no, 'misfit', no, 0, '', nullif(?4, ''), row, nullif(?5, '')"
	" FROM misfits WHERE no = ?6";

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

int
misfits_release(struct store *store, const struct release *m, int64_t now_us, struct effects *fx,
		struct err *err)
{
	sqlite3_stmt *s = db_prepare(store_db(store), log_sql, err);
	int r;

	if (!s)
		return -1;
	(void)sqlite3_bind_int64(s, 1, now_us);
	(void)sqlite3_bind_text(s, 2, m->who, -1, SQLITE_STATIC);
	(void)sqlite3_bind_text(s, 3, words_text(&words_quarantine_action, m->action), -1, SQLITE_STATIC);
	(void)sqlite3_bind_text(s, 4, m->reason, -1, SQLITE_STATIC);
	(void)sqlite3_bind_text(s, 5, m->changes, -1, SQLITE_STATIC);
	(void)sqlite3_bind_int64(s, 6, m->misfit);
	r = db_run(s, err);
	db_finalize(&s);
	if (r < 0)
		return -1;
	if (!sqlite3_changes(store_db(store)))
		return effects_refuse(fx, "misfit", "there is no b%lld in quarantine; see ihht quarantine list",
				      (long long)m->misfit);
	return effects_accept(fx, "", true, m->action == QUARANTINE_DROP ? "dropped: it stays on this "
			      "gateway and is not taken" : "taken, and goes to Postgres");
}
