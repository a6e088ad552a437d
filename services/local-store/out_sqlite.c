#include "services/local-store/out_sqlite.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/db.h"

/* schema.sql as it stands in the tree */
__asm__(".section .rodata\n"
	"schema_sql: .incbin \"services/local-store/schema.sql\"\n"
	".byte 0\n"
	".previous");
extern const char schema_sql[];

#define READING_COLUMNS                                                              \
	"taken_us, epoch, seq, device_us, spo2, heart_rate, perfusion_index, motion, " \
	"signal_strength, battery, status, invalid, data_source, phase_type, "       \
	"cycle_number, altitude_level, rr"

static const char session_extra[] =
	"synced_reading INTEGER NOT NULL DEFAULT 0, "
	"sync_status TEXT NOT NULL DEFAULT 'pending', "
	"sync_attempts INTEGER NOT NULL DEFAULT 0, last_sync_us INTEGER";

enum statement {
	BEGIN, COMMIT, ROLLBACK, LAST_READING, SCAN, RANGE, SINCE, SESSION_ID, SESSION_NO,
	SESSIONS_ACTIVE, SESSIONS_DEVICE, SPANS, PUT_SPAN, PUT_SYNC, SPOOL, PUT_SPOOL, SETTING,
	PUT_SETTING, UNSYNCED, OLDEST, STALE, PUT_STALE, DROP_STALE, N_STATEMENTS,
};

static const char *const sql[N_STATEMENTS] = {
	[BEGIN] = "BEGIN IMMEDIATE",
	[COMMIT] = "COMMIT",
	[ROLLBACK] = "ROLLBACK",
	[LAST_READING] = "SELECT max(id) FROM readings",
	[SCAN] = "SELECT id, session, " READING_COLUMNS " FROM readings WHERE id > ? ORDER BY id",
	[RANGE] = "SELECT id, session, " READING_COLUMNS " FROM readings "
		  "WHERE taken_us BETWEEN ?2 AND ?3 AND session = ?1 ORDER BY taken_us, epoch, seq",
	[SINCE] = "SELECT id, session, " READING_COLUMNS " FROM readings WHERE taken_us >= ? "
		  "ORDER BY taken_us",
	[SESSION_ID] = "SELECT no, synced_reading, %s FROM session WHERE id = ?",
	[SESSION_NO] = "SELECT no, synced_reading, %s FROM session WHERE no = ?",
	[SESSIONS_ACTIVE] = "SELECT no, synced_reading, %s FROM session WHERE status = 'active'",
	[SESSIONS_DEVICE] = "SELECT no, synced_reading, %s FROM session WHERE device_id = ?1 AND "
			    "(end_us IS NULL OR end_us > ?2)",
	[SPANS] = "SELECT from_us, phase, cycle, altitude_level FROM phases WHERE session = ? "
		  "ORDER BY from_us",
	[PUT_SPAN] = "INSERT OR REPLACE INTO phases VALUES (?1, ?2, ?3, ?4, ?5)",
	[PUT_SYNC] = "UPDATE session SET synced_reading = ?2, sync_status = ?3, "
		     "sync_attempts = sync_attempts + 1, last_sync_us = ?4 WHERE no = ?1",
	[SPOOL] = "SELECT upto FROM spools WHERE spool = ?",
	[PUT_SPOOL] = "INSERT OR REPLACE INTO spools VALUES (?1, ?2)",
	[SETTING] = "SELECT value FROM settings WHERE name = ?",
	[PUT_SETTING] = "INSERT OR REPLACE INTO settings VALUES (?1, ?2)",
	[UNSYNCED] = "SELECT id, max(at) FROM "
		     "(SELECT id, hlc AS at FROM session WHERE synced_hlc < hlc "
		     "UNION ALL SELECT session_id, hlc FROM survey WHERE synced_hlc < hlc "
		     "UNION ALL SELECT session_id, hlc FROM event WHERE synced_hlc < hlc "
		     "UNION ALL SELECT session_id, hlc FROM phase_stats WHERE synced_hlc < hlc "
		     "UNION ALL SELECT session_id, hlc FROM progression WHERE synced_hlc < hlc "
		     "UNION ALL SELECT session_id, 0 FROM gap WHERE synced_hlc < 0) "
		     "GROUP BY id HAVING (max(at), id) < (?1, ?2) ORDER BY 2 DESC, 1 DESC",
	/* the log is read from where all before has arrived to the first that has not; a stamp's
	 * upper 48 bits are ms */
	[OLDEST] = "SELECT coalesce(min(at), 0) FROM "
		   "(SELECT * FROM (SELECT r.taken_us AS at FROM readings r JOIN session s ON s.no = r.session "
		   "WHERE r.id > coalesce((SELECT value FROM settings WHERE name = 'synced_floor'), 0) "
		   "AND r.id > coalesce(s.synced_reading, 0) ORDER BY r.id LIMIT 1) "
		   "UNION ALL SELECT min(hlc >> 16) * 1000 FROM session WHERE synced_hlc < hlc "
		   "UNION ALL SELECT min(hlc >> 16) * 1000 FROM survey WHERE synced_hlc < hlc "
		   "UNION ALL SELECT min(hlc >> 16) * 1000 FROM event WHERE synced_hlc < hlc "
		   "UNION ALL SELECT min(hlc >> 16) * 1000 FROM phase_stats WHERE synced_hlc < hlc "
		   "UNION ALL SELECT min(hlc >> 16) * 1000 FROM progression WHERE synced_hlc < hlc)",
	[STALE] = "SELECT session FROM stale",
	[PUT_STALE] = "INSERT OR IGNORE INTO stale VALUES (?)",
	[DROP_STALE] = "DELETE FROM stale WHERE session = ?",
};

/* One INSERT of many rows costs little more than half of as many of one row. */
enum { BLOCK = 64, N_BLOCKS = 3 };
static const size_t block_rows[N_BLOCKS] = {BLOCK, 8, 1};

struct block {
	sqlite3_stmt *insert;
	bool bound;                     /* was used: its parameters stand at … */
	struct bound {
		int64_t session;
		struct reading reading;
	} rows[BLOCK];                  /* … these, and only what differs is bound again */
};

struct store {
	sqlite3 *db;
	bool in_transaction;
	struct block blocks[N_BLOCKS];
	struct table *sessions, *records[N_RECORDS];
	sqlite3_stmt *statements[N_STATEMENTS];
};

/* ---- open and close */

static int
open_tables(struct store *s, struct err *err)
{
	static const char *const session_key[] = {"id", NULL};
	static const struct {
		const struct message *message;
		const char *key[4];
	} kinds[N_RECORDS] = {
		[RECORD_SURVEY] = {&msg_survey, {"session_id", "kind", "phase_number"}},
		[RECORD_EVENT] = {&msg_event, {"id"}},
		[RECORD_PHASE_STATS] = {&msg_phase_stats, {"session_id", "phase_type", "phase_number"}},
		[RECORD_PROGRESSION] = {&msg_progression, {"session_id"}},
		[RECORD_GAP] = {&msg_gap, {"device_id", "epoch", "seq"}},
	};
	int i;

	if (!(s->sessions = table_open(s->db, &msg_session, session_key, session_extra, err)))
		return -1;
	for (i = 0; i < N_RECORDS; i++)
		if (!(s->records[i] = table_open(s->db, kinds[i].message, kinds[i].key, "", err)))
			return -1;
	return db_exec(s->db,
		       "CREATE UNIQUE INDEX IF NOT EXISTS session_active_person ON session (user_id) "
		       "WHERE status = 'active';"
		       "CREATE UNIQUE INDEX IF NOT EXISTS session_active_device ON session (device_id) "
		       "WHERE status = 'active';"
		       "CREATE INDEX IF NOT EXISTS session_device ON session (device_id, start_us);",
		       err);
}

/* A file of an earlier version lacks the columns that came later. */
static int
widen_readings(struct store *s, struct err *err)
{
	sqlite3_stmt *has = db_prepare(s->db, "SELECT 1 FROM pragma_table_info('readings') "
				       "WHERE name = 'rr'", err);
	int found = has ? db_step(has, err) : -1;

	db_finalize(&has);
	return found ? found : db_exec(s->db, "ALTER TABLE readings ADD COLUMN rr INTEGER", err);
}

/* One parameter for the session and one for each field of `reading`. */
static sqlite3_stmt *
prepare_block(sqlite3 *db, size_t rows, struct err *err)
{
	char row[100] = ", (?", text[300 + BLOCK * sizeof(row)];
	int i, len;

	for (i = 0; i < msg_reading.n_fields; i++)
		strcat(row, ", ?");
	strcat(row, ")");
	len = snprintf(text, sizeof(text), "INSERT INTO readings (session, " READING_COLUMNS
		       ") VALUES %s", row + 2);
	while (--rows)
		len += snprintf(text + len, sizeof(text) - (size_t)len, "%s", row);
	(void)snprintf(text + len, sizeof(text) - (size_t)len, " ON CONFLICT DO NOTHING");
	return db_prepare(db, text, err);
}

static int
prepare(struct store *s, struct err *err)
{
	char text[4000];
	int i;

	for (i = 0; i < N_BLOCKS; i++)
		if (!(s->blocks[i].insert = prepare_block(s->db, block_rows[i], err)))
			return -1;
	for (i = 0; i < N_STATEMENTS; i++) {
		const char *hole = strstr(sql[i], "%s");

		if (hole)
			(void)snprintf(text, sizeof(text), "%.*s%s%s", (int)(hole - sql[i]), sql[i],
				       table_columns(s->sessions), hole + 2);
		if (!(s->statements[i] = db_prepare(s->db, hole ? text : sql[i], err)))
			return -1;
	}
	return 0;
}

struct store *
store_open(const char *path, struct err *err)
{
	struct store *s = calloc(1, sizeof(*s));

	ASSERT(s);
	if (!(s->db = db_open(path, err)) || db_exec(s->db, "BEGIN IMMEDIATE", err) < 0 ||
	    db_exec(s->db, schema_sql, err) < 0 || widen_readings(s, err) < 0 ||
	    open_tables(s, err) < 0 ||
	    db_exec(s->db, "COMMIT", err) < 0 || prepare(s, err) < 0)
		store_close(&s);
	return s;
}

void
store_close(struct store **store)
{
	struct store *s = *store;
	int i;

	if (!s)
		return;
	for (i = 0; i < N_BLOCKS; i++)
		db_finalize(&s->blocks[i].insert);
	for (i = 0; i < N_STATEMENTS; i++)
		db_finalize(&s->statements[i]);
	for (i = 0; i < N_RECORDS; i++)
		table_close(&s->records[i]);
	table_close(&s->sessions);
	db_close(&s->db);
	free(s);
	*store = NULL;
}

/* ---- transactions */

int
store_begin(struct store *store, struct err *err)
{
	if (store->in_transaction)
		return 0;
	if (db_run(store->statements[BEGIN], err) < 0)
		return -1;
	store->in_transaction = true;
	return 0;
}

int
store_commit(struct store *store, struct err *err)
{
	if (!store->in_transaction)
		return 0;
	if (db_run(store->statements[COMMIT], err) < 0)
		return -1;
	store->in_transaction = false;
	return 0;
}

void
store_rollback(struct store *store)
{
	/* SQLite may have rolled back by itself (full disk): then this one is refused, rightly */
	if (store->in_transaction)
		(void)db_run(store->statements[ROLLBACK], NULL);
	store->in_transaction = false;
}

bool
store_in_transaction(const struct store *store)
{
	return store->in_transaction;
}

struct sqlite3 *
store_db(const struct store *store)
{
	return store->db;
}

/* ---- readings */

static void
bind_opt(sqlite3_stmt *s, int i, int64_t v)
{
	if (v == MSG_NONE)
		sqlite3_bind_null(s, i);
	else
		sqlite3_bind_int64(s, i, v);
}

static int64_t
column_opt(sqlite3_stmt *s, int i)
{
	return sqlite3_column_type(s, i) == SQLITE_NULL ? MSG_NONE : sqlite3_column_int64(s, i);
}

static double
column_real(sqlite3_stmt *s, int i)
{
	return sqlite3_column_type(s, i) == SQLITE_NULL ? NAN : sqlite3_column_double(s, i);
}

/* The columns are the fields of `reading`, in their order. */
static void
bind_field(sqlite3_stmt *s, int i, const struct msg_field *f, const struct reading *r)
{
	if (f->kind == MSG_REAL)
		sqlite3_bind_double(s, i, msg_real(f, r));  /* NAN becomes NULL */
	else if (f->offset == offsetof(struct reading, rr) && !r->rr)
		sqlite3_bind_null(s, i);  /* no interval: as when it is absent */
	else
		bind_opt(s, i, msg_int(f, r));
}

static void
bind_row(struct block *block, size_t n, const struct kept *row)
{
	const struct msg_field *f = msg_reading.fields, *end = f + msg_reading.n_fields;
	int i = (int)n * (msg_reading.n_fields + 1) + 1;
	struct bound *at = &block->rows[n];

	if (!block->bound || at->session != row->entry->no)
		sqlite3_bind_int64(block->insert, i, row->entry->no);
	for (i++; f < end; f++, i++)
		if (!block->bound || msg_int(f, &at->reading) != msg_int(f, &row->reading))
			bind_field(block->insert, i, f, &row->reading);
	*at = (struct bound){row->entry->no, row->reading};
}

static bool
is_row(const struct kept *row, int64_t session_no, const struct reading *r)
{
	return row->entry->no == session_no && row->reading.taken_us == r->taken_us &&
	       row->reading.epoch == r->epoch && row->reading.seq == r->seq;
}

/* Some were there already: which ones were not is told by those that now end the log. */
static int
find_new(struct store *store, struct kept *rows, size_t n, int64_t after, struct err *err)
{
	struct sqlite3_stmt *log = store_log(store, after);
	struct kept *row = rows, *end = rows + n;
	struct reading added;
	int64_t id, no;
	int r;

	while ((r = store_next(log, &id, &no, &added, err)) > 0) {
		while (row < end && !is_row(row, no, &added))
			row++;
		ASSERT(row < end);
		row++->id = id;
	}
	return r;
}

static int
put_block(struct store *store, struct block *block, struct kept *rows, size_t n, struct err *err)
{
	int64_t last;
	size_t i, added;

	for (i = 0; i < n; i++)
		bind_row(block, i, &rows[i]);
	block->bound = true;
	if (db_run(block->insert, err) < 0)
		return -1;
	added = (size_t)sqlite3_changes(store->db);
	last = sqlite3_last_insert_rowid(store->db);
	for (i = 0; i < n; i++)
		rows[i].id = added == n ? last - (int64_t)(n - 1 - i) : 0;
	return added && added < n ? find_new(store, rows, n, last - (int64_t)added, err) : 0;
}

int
store_put_readings(struct store *store, struct kept *rows, size_t n, struct err *err)
{
	size_t i = 0;

	while (n) {
		while (block_rows[i] > n)
			i++;
		if (put_block(store, &store->blocks[i], rows, block_rows[i], err) < 0)
			return -1;
		rows += block_rows[i];
		n -= block_rows[i];
	}
	return 0;
}

int64_t
store_last_reading(struct store *store)
{
	sqlite3_stmt *s = store->statements[LAST_READING];
	int64_t id = db_step(s, NULL) == 1 ? sqlite3_column_int64(s, 0) : 0;

	sqlite3_reset(s);
	return id;
}

static void
read_reading(sqlite3_stmt *s, int64_t *id, int64_t *session_no, struct reading *r)
{
	*id = sqlite3_column_int64(s, 0);
	*session_no = sqlite3_column_int64(s, 1);
	r->taken_us = sqlite3_column_int64(s, 2);
	r->epoch = sqlite3_column_int64(s, 3);
	r->seq = sqlite3_column_int64(s, 4);
	r->device_us = column_opt(s, 5);
	r->spo2 = column_real(s, 6);
	r->heart_rate = column_real(s, 7);
	r->perfusion_index = column_real(s, 8);
	r->motion = column_real(s, 9);
	r->signal_strength = column_opt(s, 10);
	r->battery = column_opt(s, 11);
	r->status = column_opt(s, 12);
	r->invalid = sqlite3_column_int64(s, 13);
	r->data_source = sqlite3_column_int64(s, 14);
	r->phase_type = sqlite3_column_int64(s, 15);
	r->cycle_number = column_opt(s, 16);
	r->altitude_level = column_opt(s, 17);
	r->rr = column_opt(s, 18);
}

struct sqlite3_stmt *
store_log(struct store *store, int64_t after)
{
	sqlite3_bind_int64(store->statements[SCAN], 1, after);
	return store->statements[SCAN];
}

struct sqlite3_stmt *
store_range(struct store *store, int64_t session_no, int64_t from_us, int64_t to_us)
{
	sqlite3_bind_int64(store->statements[RANGE], 1, session_no);
	sqlite3_bind_int64(store->statements[RANGE], 2, from_us);
	sqlite3_bind_int64(store->statements[RANGE], 3, to_us);
	return store->statements[RANGE];
}

struct sqlite3_stmt *
store_since(struct store *store, int64_t from_us)
{
	sqlite3_bind_int64(store->statements[SINCE], 1, from_us);
	return store->statements[SINCE];
}

int
store_next(struct sqlite3_stmt *query, int64_t *id, int64_t *session_no,
	   struct reading *reading, struct err *err)
{
	int r = db_step(query, err);

	if (r > 0)
		read_reading(query, id, session_no, reading);
	return r;
}

void
store_enough(struct sqlite3_stmt *query)
{
	sqlite3_reset(query);
}

/* ---- sessions */

struct table *
store_sessions(struct store *store)
{
	return store->sessions;
}

struct table *
store_records(struct store *store, enum record record)
{
	return store->records[record];
}

static int
load_spans(struct store *store, struct entry *entry, struct err *err)
{
	sqlite3_stmt *s = store->statements[SPANS];
	struct span span;
	int r;

	sqlite3_bind_int64(s, 1, entry->no);
	while ((r = db_step(s, err)) > 0) {
		span = (struct span){sqlite3_column_int64(s, 0), sqlite3_column_int64(s, 1),
				     column_opt(s, 2), column_opt(s, 3)};
		ASSERT(entry_add_span(entry, &span) == 0);
	}
	return r;
}

/* Adds the rows of a prepared session query; the last one in *entry. */
static int
load_sessions(struct store *store, struct sessions *sessions, enum statement which,
	      struct entry **entry, struct err *err)
{
	sqlite3_stmt *s = store->statements[which];
	struct session row;
	struct entry *e;
	int64_t no;
	int r;

	while ((r = db_step(s, err)) > 0) {
		no = sqlite3_column_int64(s, 0);
		if (!(e = sessions_by_no(sessions, no))) {
			if (table_read(store->sessions, s, 2, &row, err) < 0) {
				sqlite3_reset(s);
				return -1;
			}
			e = sessions_add(sessions, &row, no);
			e->synced = e->scanned = sqlite3_column_int64(s, 1);
			if (load_spans(store, e, err) < 0) {
				sqlite3_reset(s);
				return -1;
			}
		}
		if (entry)
			*entry = e;
	}
	return r;
}

struct entry *
store_load_id(struct store *store, struct sessions *sessions, const char *id, struct err *err)
{
	struct entry *entry = sessions_by_id(sessions, id);

	if (entry)
		return entry;
	sqlite3_bind_text(store->statements[SESSION_ID], 1, id, -1, SQLITE_STATIC);
	if (load_sessions(store, sessions, SESSION_ID, &entry, err) == 0 && !entry)
		err_set(err, ENOENT, "no such session: %s", id);
	return entry;
}

struct entry *
store_load_no(struct store *store, struct sessions *sessions, int64_t no, struct err *err)
{
	struct entry *entry = sessions_by_no(sessions, no);

	if (entry)
		return entry;
	sqlite3_bind_int64(store->statements[SESSION_NO], 1, no);
	if (load_sessions(store, sessions, SESSION_NO, &entry, err) == 0 && !entry)
		err_set(err, ENOENT, "no such session: number %lld", (long long)no);
	return entry;
}

int
store_load_active(struct store *store, struct sessions *sessions, struct err *err)
{
	return load_sessions(store, sessions, SESSIONS_ACTIVE, NULL, err);
}

int
store_load_device(struct store *store, struct sessions *sessions, const char *device_id,
		  int64_t taken_us, struct err *err)
{
	sqlite3_stmt *s = store->statements[SESSIONS_DEVICE];

	sqlite3_bind_text(s, 1, device_id, -1, SQLITE_STATIC);
	sqlite3_bind_int64(s, 2, taken_us);
	if (load_sessions(store, sessions, SESSIONS_DEVICE, NULL, err) < 0)
		return -1;
	sessions_known(sessions, device_id, taken_us);
	return 0;
}

int
store_load_unsynced(struct store *store, struct sessions *sessions, struct unsynced_page *page,
		    struct entry **due, size_t most, size_t *n, struct err *err)
{
	sqlite3_stmt *s = store->statements[UNSYNCED];
	char ids[64][37];
	size_t i, found = 0;
	int r = 0;

	ASSERT(most <= 64);
	sqlite3_bind_int64(s, 1, *page->id ? page->hlc : INT64_MAX);
	sqlite3_bind_text(s, 2, page->id, -1, SQLITE_STATIC);
	while (found < most && (r = db_step(s, err)) > 0) {
		(void)snprintf(ids[found++], sizeof(ids[0]), "%s", (const char *)sqlite3_column_text(s, 0));
		page->hlc = sqlite3_column_int64(s, 1);
	}
	sqlite3_reset(s);
	if (r < 0)
		return -1;
	if (found)
		memcpy(page->id, ids[found - 1], sizeof(page->id));
	for (i = *n = 0; i < found; i++)
		if ((due[*n] = store_load_id(store, sessions, ids[i], err)))
			++*n;
		else if (err->code != ENOENT && err->code != EBADMSG)
			return -1;
	return found == most;
}

int
store_unsync(struct store *store, const struct entry *entry, struct err *err)
{
	const char *name;
	char text[300];
	sqlite3_stmt *s;
	int i, r;

	for (i = 0; i < N_RECORDS; i++) {
		name = table_message(store->records[i])->name;
		(void)snprintf(text, sizeof(text), "UPDATE %s SET synced_hlc = -1 WHERE session_id = ? "
			       "AND no NOT IN (SELECT row FROM quarantine WHERE kind = '%s' "
			       "AND state <> 'replay')", name, name);
		if (!(s = db_prepare(store->db, text, err)))
			return -1;
		sqlite3_bind_text(s, 1, entry->row.id, -1, SQLITE_STATIC);
		r = db_run(s, err);
		db_finalize(&s);
		if (r < 0)
			return -1;
	}
	return 0;
}

int
store_put_stale(struct store *store, const struct entry *entry, bool stale, struct err *err)
{
	sqlite3_stmt *s = store->statements[stale ? PUT_STALE : DROP_STALE];

	sqlite3_bind_int64(s, 1, entry->no);
	return db_run(s, err);
}

int
store_load_stale(struct store *store, struct sessions *sessions, struct err *err)
{
	sqlite3_stmt *s = store->statements[STALE];
	struct entry *entry;
	int r;

	while ((r = db_step(s, err)) > 0)
		if ((entry = store_load_no(store, sessions, sqlite3_column_int64(s, 0), err)))
			sessions_stale(sessions, entry);
		else if (err->code != ENOENT && err->code != EBADMSG) {
			sqlite3_reset(s);
			return -1;
		}
	return r;
}

int
store_put_session(struct store *store, struct entry *entry, struct err *err)
{
	return table_put(store->sessions, &entry->row, &entry->no, err);
}

int
store_put_span(struct store *store, const struct entry *entry, const struct span *span,
	       struct err *err)
{
	sqlite3_stmt *s = store->statements[PUT_SPAN];

	sqlite3_bind_int64(s, 1, entry->no);
	sqlite3_bind_int64(s, 2, span->from_us);
	sqlite3_bind_int64(s, 3, span->phase);
	bind_opt(s, 4, span->cycle);
	bind_opt(s, 5, span->altitude_level);
	return db_run(s, err);
}

int
store_put_sync(struct store *store, const struct entry *entry, const char *status,
	       int64_t now_us, struct err *err)
{
	sqlite3_stmt *s = store->statements[PUT_SYNC];

	sqlite3_bind_int64(s, 1, entry->no);
	sqlite3_bind_int64(s, 2, entry->synced);
	sqlite3_bind_text(s, 3, status, -1, SQLITE_STATIC);
	sqlite3_bind_int64(s, 4, now_us);
	return db_run(s, err);
}

int
store_oldest_unsynced(struct store *store, int64_t *utc_us, struct err *err)
{
	sqlite3_stmt *s = store->statements[OLDEST];
	int r = db_step(s, err);

	if (r > 0) {
		*utc_us = sqlite3_column_int64(s, 0);
		sqlite3_reset(s);
	}
	return r < 0 ? -1 : 0;
}

/* ---- spools and settings */

int
store_spool(struct store *store, int64_t spool, int64_t *upto, struct err *err)
{
	sqlite3_stmt *s = store->statements[SPOOL];
	int r;

	sqlite3_bind_int64(s, 1, spool);
	if ((r = db_step(s, err)) > 0) {
		*upto = sqlite3_column_int64(s, 0);
		sqlite3_reset(s);
	}
	return r;
}

int
store_put_spool(struct store *store, int64_t spool, int64_t upto, struct err *err)
{
	sqlite3_bind_int64(store->statements[PUT_SPOOL], 1, spool);
	sqlite3_bind_int64(store->statements[PUT_SPOOL], 2, upto);
	return db_run(store->statements[PUT_SPOOL], err);
}

int
store_setting(struct store *store, const char *name, int64_t fallback, int64_t *value,
	      struct err *err)
{
	sqlite3_stmt *s = store->statements[SETTING];
	int r;

	*value = fallback;
	sqlite3_bind_text(s, 1, name, -1, SQLITE_STATIC);
	if ((r = db_step(s, err)) > 0) {
		*value = sqlite3_column_int64(s, 0);
		sqlite3_reset(s);
	}
	return r < 0 ? -1 : 0;
}

int
store_put_setting(struct store *store, const char *name, int64_t value, struct err *err)
{
	sqlite3_bind_text(store->statements[PUT_SETTING], 1, name, -1, SQLITE_STATIC);
	sqlite3_bind_int64(store->statements[PUT_SETTING], 2, value);
	return db_run(store->statements[PUT_SETTING], err);
}
