#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "services/dedupe-auditor/in_sqlite_parts.h"

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

void
sqlite_stop(struct in_sqlite *in)
{
	db_finalize(&in->stream);
}

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
	if (column_uuid(s, 0, record->session, err) == 2 || !key ||
	    column_int(s, 2, &record->hlc, 0, err) == 2) {
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

	bad |= column_int(s, 2, &r->taken_us, 0, err);
	bad |= column_int(s, 3, &r->epoch, 0, err);
	bad |= column_int(s, 4, &r->seq, 0, err);
	bad |= column_int(s, 5, &r->device_us, 1, err);
	bad |= column_real(s, 6, &r->spo2, err);
	bad |= column_real(s, 7, &r->heart_rate, err);
	bad |= column_real(s, 8, &r->perfusion_index, err);
	bad |= column_real(s, 9, &r->motion, err);
	bad |= column_int(s, 10, &r->signal_strength, 1, err);
	bad |= column_int(s, 11, &r->battery, 1, err);
	bad |= column_int(s, 12, &r->status, 1, err);
	bad |= column_int(s, 13, &r->invalid, 0, err);
	bad |= column_int(s, 14, &r->data_source, 0, err);
	bad |= column_int(s, 15, &r->phase_type, 0, err);
	bad |= column_int(s, 16, &r->cycle_number, 1, err);
	bad |= column_int(s, 17, &r->altitude_level, 1, err);
	bad |= column_int(s, 18, &r->rr, 1, err);
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
