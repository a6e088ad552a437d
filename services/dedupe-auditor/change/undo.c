#include "services/dedupe-auditor/change/undo.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>

#include "common/clock.h"
#include "common/pg.h"
#include "services/dedupe-auditor/change/undo_rows.h"
#include "services/dedupe-auditor/plan/sql.h"

#define FIRST_BATCH 20             /* and the least: what a batch costs does not halve below */
#define MOST_BATCH  1000
#define QUICK_US    (CLOCK_SECOND / 3)
#define SLOW_US     CLOCK_SECOND
#define TRIES       6

/* ---- which */

int
undo_find(struct undo *u, struct err *err)
{
	char *wanted = sql_array(u->pg, u->sessions, (size_t)u->n_sessions), *sql;
	const char *values[] = {u->plan};

	/* the newest first: a later entry may stand on an earlier one */
	ASSERT(asprintf(&sql, "SELECT session FROM ihht_migration.entries e WHERE plan = $1 AND "
			"state = 'applied'%s%s%s ORDER BY at DESC, session", u->n_sessions ?
			" AND EXISTS (SELECT FROM unnest(" : "", u->n_sessions ? wanted : "",
			u->n_sessions ? ") w(id) WHERE w.id = e.session OR EXISTS (SELECT FROM "
			"ihht_migration.aliases a WHERE a.old_id = w.id AND a.plan = e.plan AND "
			"a.entry = e.session))" : "") > 0);
	u->entries = PQexecParams(u->pg, sql, 1, NULL, values, NULL, NULL, 0);
	free(wanted);
	free(sql);
	if (PQresultStatus(u->entries) != PGRES_TUPLES_OK)
		return pg_err(u->pg, u->entries, NULL, err);
	u->n_entries = PQntuples(u->entries);
	return 0;
}

/* ---- one transaction */

static int
begin(struct undo *u, int from, int n, struct err *err)
{
	struct sql_rows rows;
	int i, r;

	r = pg_exec(u->pg, "BEGIN; SET LOCAL lock_timeout = '2s'; SET LOCAL random_page_cost = 1.1", err);
	if (r == 0 && *u->quiet->begin)
		r = pg_exec(u->pg, u->quiet->begin, err);
	if (r == 0)
		r = pg_exec(u->pg, "CREATE TEMP TABLE u_entry (entry text) ON COMMIT DROP", err);
	sql_rows_open(&rows);
	for (i = from; i < from + n; i++) {
		sql_cell(&rows, PQgetvalue(u->entries, i, 0));
		sql_rows_next(&rows);
	}
	if (r == 0)
		r = sql_rows_send(&rows, u->pg, "u_entry", err);
	sql_rows_close(&rows);
	if (r == 0)
		r = pg_exec(u->pg, "ANALYZE u_entry", err);
	/* first, or our own triggers would lead the rows that come back to where they were */
	if (r == 0)
		r = sql_run(u->pg, NULL, err, "DELETE FROM ihht_migration.aliases a USING u_entry u WHERE "
			    "a.plan = '%s' AND a.entry = u.entry", u->plan);
	return r;
}

/* A session of which a row was left is not undone: the same undo may take it later. */
static int
journal(struct undo *u, int64_t *n, struct err *err)
{
	if (sql_run(u->pg, NULL, err, "UPDATE ihht_migration.entries e SET why = 'rows were changed since, "
		    "and left by undo' FROM u_left l WHERE e.plan = '%s' AND e.session = l.entry", u->plan) < 0)
		return -1;
	return sql_run(u->pg, n, err, "UPDATE ihht_migration.entries e SET state = 'undone', at = now(), "
		       "why = NULL FROM u_entry u WHERE e.plan = '%s' AND e.session = u.entry AND NOT EXISTS "
		       "(SELECT FROM u_left l WHERE l.entry = u.entry)", u->plan);
}

static int
try_batch(struct undo *u, int from, int n, struct err *err)
{
	struct undone undone = {.pg = u->pg, .shape = u->shape, .plan = u->plan};
	int64_t n_undone = 0;
	int r = begin(u, from, n, err), i;

	if (r == 0)
		r = undo_rows(&undone, err);
	if (r == 0)
		r = journal(u, &n_undone, err);
	if (r == 0 && *u->quiet->end)
		r = pg_exec(u->pg, u->quiet->end, err);
	if (r == 0)
		r = pg_exec(u->pg, "COMMIT", err);
	if (r < 0)
		(void)pg_exec(u->pg, "ROLLBACK", NULL);
	for (i = 0; i < undone.n_lines; i++) {
		if (r == 0 && u->n_lines < UNDO_LINES)
			u->lines[u->n_lines++] = undone.lines[i];
		else
			free(undone.lines[i]);
	}
	if (r == 0) {
		u->n_undone += n_undone;
		u->n_rows += undone.n_rows;
		u->n_left += undone.n_left;
	}
	return r;
}

static int
undo_some(struct undo *u, int from, int n, struct err *err)
{
	int tries, r = -1;

	for (tries = 0; tries < TRIES && r < 0; tries++) {
		if (tries)
			(void)poll(NULL, 0, 50 << tries);
		r = try_batch(u, from, n, err);
		if (r < 0 && (err->code != EAGAIN || PQstatus(u->pg) != CONNECTION_OK))
			break;
	}
	if (r == 0)
		return 0;
	if (PQstatus(u->pg) != CONNECTION_OK || err->code == EACCES)
		return -1;
	if (n == 1) {
		(void)snprintf(u->why, sizeof(u->why), "session %s: %.120s", PQgetvalue(u->entries, from, 0),
			       err->text);
		u->n_refused++;
		return 0;
	}
	if (undo_some(u, from, n / 2, err) < 0)
		return -1;
	return undo_some(u, from + n / 2, n - n / 2, err);
}

int
undo_run(struct undo *u, struct err *err)
{
	int n = u->n_entries, size = FIRST_BATCH, i, now, r = 0;
	int64_t start_us, took_us;

	progress_open(&u->progress, "undo");
	for (i = 0; r == 0 && i < n; i += now) {
		progress_say(&u->progress, i, n, "sessions");
		now = n - i < size ? n - i : size;
		start_us = clock_mono_us();
		r = undo_some(u, i, now, err);
		took_us = clock_mono_us() - start_us;
		if (took_us < QUICK_US && size < MOST_BATCH)
			size *= 2;
		else if (took_us > SLOW_US && size > FIRST_BATCH)
			size /= 2;
	}
	progress_close(&u->progress);
	return r;
}

void
undo_release(struct undo *u)
{
	while (u->n_lines)
		free(u->lines[--u->n_lines]);
	PQclear(u->entries);
	u->entries = NULL;
}
