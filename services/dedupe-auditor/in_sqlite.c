#include "services/dedupe-auditor/in_sqlite.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <uuid/uuid.h>

#include "common/clock.h"
#include "common/db.h"

struct in_sqlite {
	sqlite3 *db;
	int64_t since_us;        /* when it was opened, UTC */
	struct pause *pause;
	sqlite3_stmt *stream;
};

#define STEPS_A_PAUSE 200000  /* of SQLite's machine: some milliseconds */

/* A record in quarantine counts as synced in its table, and is not. */
#define RECORDS                                                                          \
	"SELECT s, k, h, coalesce(y >= h, 0), (SELECT q.state FROM quarantine q"           \
	" WHERE q.kind = t AND q.row = n AND q.hlc >= h) FROM ("                           \
	"SELECT id AS s, '" RECORD_SESSION "' AS k, hlc AS h, synced_hlc AS y,"            \
	" 'session' AS t, no AS n FROM session"                                            \
	" UNION ALL SELECT session_id, 'survey ' || kind || CASE kind WHEN 'intra'"        \
	" THEN ' ' || coalesce(phase_number, 0) ELSE '' END, hlc, synced_hlc, 'survey', no FROM survey" \
	" UNION ALL SELECT session_id, 'event ' || id, hlc, synced_hlc, 'event', no FROM event" \
	" UNION ALL SELECT session_id, 'phase_stats ' || phase_type || ' ' || phase_number," \
	" hlc, synced_hlc, 'phase_stats', no FROM phase_stats"                             \
	" UNION ALL SELECT session_id, 'progression', hlc, synced_hlc, 'progression', no"  \
	" FROM progression"                                                                \
	/* a gap never changes and has no hlc */                                           \
	" UNION ALL SELECT session_id, 'gap ' || device_id || ' ' || epoch || ' ' || seq," \
	" 0, synced_hlc, 'gap', no FROM gap WHERE session_id IS NOT NULL)"
static const char records_any[] = RECORDS;
static const char records_by_key[] =
	RECORDS " WHERE s IN (SELECT value FROM json_each(?1)) ORDER BY s, k";

#define READING(more)                                                                    \
	"SELECT r.id, r.session, r.taken_us, r.epoch, r.seq, r.device_us, r.spo2, "        \
	"r.heart_rate, r.perfusion_index, r.motion, r.signal_strength, r.battery, "        \
	"r.status, r.invalid, r.data_source, r.phase_type, r.cycle_number, "               \
	"r.altitude_level, r.rr" more " FROM readings r "
static const char readings_by_id[] = READING("") "ORDER BY r.id";
/* What has left quarantine since we began was in it when Postgres was read. */
#define QUARANTINE                                                                       \
	", coalesce((SELECT q.state FROM quarantine q WHERE q.kind = 'reading' AND q.row = r.id), " \
	"(SELECT 'replay' FROM quarantine_log l WHERE l.kind = 'reading' AND l.row = r.id " \
	"AND l.action = 'landed' AND l.at_us >= ?2))"
/* CROSS: readings outside, or SQLite looks through all of them once for each session */
static const char readings_by_key[] =
	READING(QUARANTINE) "CROSS JOIN session s ON s.no = r.session "
	"WHERE s.id IN (SELECT value FROM json_each(?1)) "
	"ORDER BY s.id, r.taken_us, r.epoch, r.seq";

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

void
sqlite_stop(struct in_sqlite *in)
{
	db_finalize(&in->stream);
}

/* ---- columns that may hold anything */

static int
wrong_column(sqlite3_stmt *s, int i, const char *why, struct err *err)
{
	(void)err_set(err, EBADMSG, "%s %s", sqlite3_column_name(s, i), why);
	return 2;
}

static int
take_uuid(sqlite3_stmt *s, int i, uint8_t id[16], struct err *err)
{
	const char *text = (const char *)sqlite3_column_text(s, i);

	if (!text || sqlite3_column_bytes(s, i) != 36 || uuid_parse(text, id) < 0) {
		memset(id, 0, 16);
		return wrong_column(s, i, "is not a UUID", err);
	}
	return 1;
}

static int
take_int(sqlite3_stmt *s, int i, int64_t *v, int optional, struct err *err)
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

static int
take_real(sqlite3_stmt *s, int i, double *v, struct err *err)
{
	int type = sqlite3_column_type(s, i);

	*v = NAN;
	if (type == SQLITE_FLOAT || type == SQLITE_INTEGER)
		*v = sqlite3_column_double(s, i);
	else if (type != SQLITE_NULL)
		return wrong_column(s, i, "is not a number", err);
	return 1;
}

/* ---- sessions */

static int
read_session(sqlite3_stmt *s, struct list *list, struct err *err)
{
	uint8_t id[16], user[16];
	int64_t no, start_us, synced;
	const char *local_id = (const char *)sqlite3_column_text(s, 3);
	struct audited *a;

	if (take_int(s, 0, &no, 0, err) == 2 || take_uuid(s, 1, id, err) == 2 ||
	    take_uuid(s, 2, user, err) == 2 || take_int(s, 4, &start_us, 0, err) == 2 ||
	    take_int(s, 5, &synced, 1, err) == 2)
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

		if (!(a = list_find_no(list, sqlite3_column_int64(s, 0))) || !digest || digest_parse(digest, &one) < 0)
			continue;
		one.count = (uint64_t)sqlite3_column_int64(s, 1);
		if (!a->archived.count || sqlite3_column_int64(s, 3) < a->archived_from_us)
			a->archived_from_us = sqlite3_column_int64(s, 3);
		if (sqlite3_column_int64(s, 4) > a->archived_to_us)
			a->archived_to_us = sqlite3_column_int64(s, 4);
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

/* ---- streams */

static int
start(struct in_sqlite *in, const char *sql, const char *ids, struct err *err)
{
	sqlite_stop(in);
	in->stream = db_prepare(in->db, sql, err);
	if (in->stream && ids)
		sqlite3_bind_text(in->stream, 1, ids, -1, SQLITE_TRANSIENT);
	if (in->stream && sqlite3_bind_parameter_count(in->stream) > 1)
		sqlite3_bind_int64(in->stream, 2, in->since_us);
	return in->stream ? 0 : -1;
}

static int
next(struct in_sqlite *in, struct err *err)
{
	int r = db_step(in->stream, err);

	if (r > 0)
		in->pause->n_rows++;
	else
		sqlite_stop(in);
	return r;
}

int
sqlite_records(struct in_sqlite *in, const char *ids, struct err *err)
{
	return start(in, ids ? records_by_key : records_any, ids, err);
}

/* 0 not there, 1 held or on its way again, 2 dropped. */
static int
quarantine_at(sqlite3_stmt *s, int i)
{
	const char *state = (const char *)sqlite3_column_text(s, i);

	return !state ? 0 : strcmp(state, "dropped") ? 1 : 2;
}

int
sqlite_next_record(struct in_sqlite *in, struct record *record, struct err *err)
{
	sqlite3_stmt *s = in->stream;
	const char *key;
	int r = next(in, err);

	if (r <= 0)
		return r;
	key = (const char *)sqlite3_column_text(s, 1);
	(void)snprintf(record->key, sizeof(record->key), "%s", key ? key : "?");
	record->quarantine = quarantine_at(s, 4);
	record->settled = sqlite3_column_int(s, 3) && !record->quarantine;
	if (take_uuid(s, 0, record->session, err) == 2 || !key ||
	    take_int(s, 2, &record->hlc, 0, err) == 2) {
		(void)err_set(err, EBADMSG, "SQLite: %s without id, session or hlc", record->key);
		record->hlc = 0;
		return 2;
	}
	return 1;
}

int
sqlite_readings(struct in_sqlite *in, const char *ids, struct err *err)
{
	return start(in, ids ? readings_by_key : readings_by_id, ids, err);
}

static int
read_row(sqlite3_stmt *s, struct row *row, struct err *err)
{
	struct reading *r = &row->reading;
	int bad = 0;

	bad |= take_int(s, 2, &r->taken_us, 0, err);
	bad |= take_int(s, 3, &r->epoch, 0, err);
	bad |= take_int(s, 4, &r->seq, 0, err);
	bad |= take_int(s, 5, &r->device_us, 1, err);
	bad |= take_real(s, 6, &r->spo2, err);
	bad |= take_real(s, 7, &r->heart_rate, err);
	bad |= take_real(s, 8, &r->perfusion_index, err);
	bad |= take_real(s, 9, &r->motion, err);
	bad |= take_int(s, 10, &r->signal_strength, 1, err);
	bad |= take_int(s, 11, &r->battery, 1, err);
	bad |= take_int(s, 12, &r->status, 1, err);
	bad |= take_int(s, 13, &r->invalid, 0, err);
	bad |= take_int(s, 14, &r->data_source, 0, err);
	bad |= take_int(s, 15, &r->phase_type, 0, err);
	bad |= take_int(s, 16, &r->cycle_number, 1, err);
	bad |= take_int(s, 17, &r->altitude_level, 1, err);
	bad |= take_int(s, 18, &r->rr, 1, err);
	row->is_valid = !r->invalid;
	return bad & 2 || msg_check(&msg_reading, r, err) < 0 ? 2 : 1;
}

int
sqlite_next_reading(struct in_sqlite *in, int64_t *no, struct row *row, struct err *err)
{
	sqlite3_stmt *s = in->stream;
	int r = next(in, err);

	if (r <= 0)
		return r;
	row->id = sqlite3_column_int64(s, 0);
	row->quarantine = sqlite3_column_count(s) > 19 ? quarantine_at(s, 19) : 0;
	*no = sqlite3_column_int64(s, 1);
	if (read_row(s, row, err) == 1)
		return 1;
	(void)err_in(err, "SQLite: readings id %lld", (long long)row->id);
	return 2;
}
