#include "services/ihht/lag.h"

#include "common/db.h"

/* Only what is newer than the least that any unfinished session has in Postgres can be
 * waiting: the log is read from there, not from its beginning. */
static const char waiting[] =
	"SELECT count(*), min(taken_us) FROM readings r "
	"WHERE r.id > (SELECT min(coalesce(synced_reading, 0)) FROM session "
	"	       WHERE status = 'active' OR sync_status <> 'completed') "
	"AND r.id > (SELECT coalesce(synced_reading, 0) FROM session s WHERE s.no = r.session)";

static const char records[] =
	"SELECT (SELECT count(*) FROM session WHERE hlc > coalesce(synced_hlc, 0))"
	" + (SELECT count(*) FROM survey WHERE hlc > coalesce(synced_hlc, 0))"
	" + (SELECT count(*) FROM event WHERE hlc > coalesce(synced_hlc, 0))"
	" + (SELECT count(*) FROM phase_stats WHERE hlc > coalesce(synced_hlc, 0))"
	" + (SELECT count(*) FROM progression WHERE hlc > coalesce(synced_hlc, 0))";

static int
ask(sqlite3 *db, const char *sql, int64_t *first, int64_t *second, struct err *err)
{
	sqlite3_stmt *s = db_prepare(db, sql, err);
	int r = s ? db_step(s, err) : -1;

	if (r > 0) {
		*first = sqlite3_column_int64(s, 0);
		if (second)
			*second = sqlite3_column_int64(s, 1);
	}
	db_finalize(&s);
	return r < 0 ? -1 : 0;
}

int
lag_read(const struct process *process, struct lag *lag, struct err *err)
{
	sqlite3 *db = db_open_readonly(process->database, err);
	int r;

	*lag = (struct lag){0};
	if (!db)
		return -1;
	/* ids are dense, and how many have left is kept: no scan */
	r = ask(db, "SELECT coalesce(max(id), 0) - coalesce((SELECT value FROM settings "
		"WHERE name = 'readings_removed'), 0) FROM readings", &lag->readings, NULL, err);
	/* a local-store of before it had one: then there is none */
	(void)ask(db, "SELECT coalesce(sum(gone), 0), count(*) FROM archive WHERE state <> 'back'",
		  &lag->archived, &lag->files, NULL);
	if (r == 0)
		r = ask(db, waiting, &lag->waiting, &lag->oldest_us, err);
	if (r == 0)
		r = ask(db, records, &lag->records, NULL, err);
	if (r == 0)
		r = ask(db, "SELECT count(*) FROM session WHERE status = 'active'", &lag->active, NULL,
			err);
	db_close(&db);
	return r;
}
