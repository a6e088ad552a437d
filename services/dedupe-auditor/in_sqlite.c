#include "services/dedupe-auditor/in_sqlite.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <uuid/uuid.h>

#include "common/clock.h"
#include "common/db.h"
#include "services/dedupe-auditor/in_sqlite_parts.h"

#define STEPS_A_PAUSE 200000  /* of SQLite's machine: some milliseconds */

static int
breathe(void *arg)
{
	return pause_wait(arg, -1) < 0;  /* 1 interrupts the statement */
}

/* A local-store of before it had one: then nothing is in it. */
static int
stand_in(struct in_sqlite *in, const char *table, const char *sql, struct err *err)
{
	sqlite3_stmt *s = db_prepare(in->db, "SELECT 1 FROM sqlite_schema WHERE name = ?", err);
	int r = -1;

	if (s) {
		sqlite3_bind_text(s, 1, table, -1, SQLITE_STATIC);
		r = db_step(s, err);
	}
	db_finalize(&s);
	return r ? r : db_exec(in->db, sql, err);
}

static int
add_missing(struct in_sqlite *in, struct err *err)
{
	static const char quarantine[] =
		"CREATE TEMP TABLE quarantine (kind, row, session, hlc, state);"
		"CREATE TEMP TABLE quarantine_log (kind, row, action, at_us)";
	static const char archive[] = "CREATE TEMP TABLE archive (session, gone, digest, from_us, to_us)";

	if (stand_in(in, "quarantine_log", quarantine, err) < 0)
		return -1;
	return stand_in(in, "archive", archive, err);
}

struct in_sqlite *
sqlite_open(const char *path, struct pause *pause, struct err *err)
{
	struct in_sqlite *in = calloc(1, sizeof(*in));

	ASSERT(in);
	in->pause = pause;
	in->since_us = clock_utc_us();
	in->db = db_open_readonly(path, err);
	if (!in->db || add_missing(in, err) < 0) {
		sqlite_close(&in);
		return NULL;
	}
	sqlite3_progress_handler(in->db, STEPS_A_PAUSE, breathe, pause);
	return in;
}

void
sqlite_close(struct in_sqlite **in)
{
	if (!*in)
		return;
	sqlite_stop(*in);
	db_close(&(*in)->db);
	free(*in);
	*in = NULL;
}

int
sqlite_begin(struct in_sqlite *in, struct err *err)
{
	/* BEGIN alone takes no snapshot: the first read does */
	return db_exec(in->db, "BEGIN; SELECT count(*) FROM sqlite_schema", err);
}

void
sqlite_end(struct in_sqlite *in)
{
	sqlite_stop(in);
	(void)db_exec(in->db, "ROLLBACK", NULL);
}

static int
read_session(sqlite3_stmt *s, struct list *list, struct err *err)
{
	uint8_t id[16], user[16];
	int64_t no, start_us, synced;
	const char *local_id = (const char *)sqlite3_column_text(s, 3);
	struct audited *a;

	if (column_int(s, 0, &no, 0, err) == 2 || column_uuid(s, 1, id, err) == 2 ||
	    column_uuid(s, 2, user, err) == 2 || column_int(s, 4, &start_us, 0, err) == 2 ||
	    column_int(s, 5, &synced, 1, err) == 2)
		return err_in(err, "SQLite: session no %lld", (long long)sqlite3_column_int64(s, 0));
	a = list_add(list, id);
	memcpy(a->user, user, 16);
	a->no = no;
	a->start_us = start_us;
	a->synced = synced == MSG_NONE ? 0 : synced;
	(void)snprintf(a->local_id, sizeof(a->local_id), "%s", local_id ? local_id : "");
	return 0;
}

int
sqlite_sessions(struct in_sqlite *in, const char *only, struct list *list, uint64_t *n_wrong,
		struct err *err)
{
	sqlite3_stmt *s = db_prepare(in->db, "SELECT no, id, user_id, local_session_id, start_us, "
				     "synced_reading FROM session WHERE ?1 IS NULL OR id = ?1 "
				     "OR local_session_id = ?1", err);
	struct err first;
	int r;

	*n_wrong = 0;
	if (!s)
		return -1;
	if (only)
		sqlite3_bind_text(s, 1, only, -1, SQLITE_STATIC);
	while ((r = db_step(s, err)) > 0)
		if (read_session(s, list, *n_wrong ? NULL : &first) < 0)
			++*n_wrong;
	if (!r && *n_wrong && err)
		*err = first;
	db_finalize(&s);
	list_sort(list);
	return r;
}

int
sqlite_quarantine(struct in_sqlite *in, struct list *list, struct err *err)
{
	sqlite3_stmt *s = db_prepare(in->db, "SELECT session, count(*) FROM quarantine GROUP BY session",
				     err);
	struct audited *a;
	int r;

	if (!s)
		return -1;
	while ((r = db_step(s, err)) > 0)
		if ((a = list_find_no(list, sqlite3_column_int64(s, 0))))
			a->n_quarantined = (uint64_t)sqlite3_column_int64(s, 1);
	db_finalize(&s);
	return r;
}

int
sqlite_archived(struct in_sqlite *in, struct list *list, struct err *err)
{
	sqlite3_stmt *s = db_prepare(in->db, "SELECT session, gone, digest, from_us, to_us FROM archive "
				     "WHERE gone > 0", err);
	struct digest one;
	struct audited *a;
	int r;

	if (!s)
		return -1;
	while ((r = db_step(s, err)) > 0) {
		const char *digest = (const char *)sqlite3_column_text(s, 2);

		if (!(a = list_find_no(list, sqlite3_column_int64(s, 0))) || !digest ||
		    digest_parse(digest, &one) < 0)
			continue;
		one.count = (uint64_t)sqlite3_column_int64(s, 1);
		audited_span(a, sqlite3_column_int64(s, 3), sqlite3_column_int64(s, 4));
		digest_join(&a->archived, &one);
	}
	db_finalize(&s);
	return r;
}

int
sqlite_synced(struct in_sqlite *in, struct list *list, struct err *err)
{
	sqlite3_stmt *s = db_prepare(in->db, "SELECT no, synced_reading FROM session", err);
	struct audited *a;
	int r;

	if (!s)
		return -1;
	while ((r = db_step(s, err)) > 0)
		if ((a = list_find_no(list, sqlite3_column_int64(s, 0))))
			a->synced = sqlite3_column_int64(s, 1);
	db_finalize(&s);
	return r;
}

static int
has(struct in_sqlite *in, const char *sql, const char *id, int64_t no, struct err *err)
{
	sqlite3_stmt *s = db_prepare(in->db, sql, err);
	int r;

	if (!s)
		return -1;
	if (id)
		sqlite3_bind_text(s, 1, id, -1, SQLITE_STATIC);
	else
		sqlite3_bind_int64(s, 1, no);
	r = db_step(s, err);
	db_finalize(&s);
	return r;
}

int
sqlite_has_no(struct in_sqlite *in, int64_t no, struct err *err)
{
	return has(in, "SELECT 1 FROM session WHERE no = ?1", NULL, no, err);
}

int
sqlite_has_id(struct in_sqlite *in, const uint8_t id[16], struct err *err)
{
	char text[37];

	uuid_unparse_lower(id, text);
	return has(in, "SELECT 1 FROM session WHERE id = ?1", text, 0, err);
}
