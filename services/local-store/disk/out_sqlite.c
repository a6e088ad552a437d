#include "services/local-store/disk/out_sqlite_parts.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* schema.sql as it stands in the tree */
__asm__(".section .rodata\n"
	"schema_sql: .incbin \"services/local-store/disk/schema.sql\"\n"
	".byte 0\n"
	".previous");
extern const char schema_sql[];

static const char session_extra[] =
	"synced_reading INTEGER NOT NULL DEFAULT 0, "
	"sync_status TEXT NOT NULL DEFAULT 'pending', "
	"sync_attempts INTEGER NOT NULL DEFAULT 0, last_sync_us INTEGER";

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
	[REQUEST] = "SELECT 1 FROM phase_requests WHERE session = ?1 AND request = ?2",
	[PUT_REQUEST] = "INSERT INTO phase_requests VALUES (?1, ?2)",
	[CLOCK] = "SELECT boot, lead_us, behind_us, most_us FROM clocks WHERE session = ?",
	[PUT_CLOCK] = "INSERT OR REPLACE INTO clocks VALUES (?1, ?2, ?3, ?4, ?5)",
	[ARCHIVE_SIZE] = "SELECT coalesce(sum(bytes), 0) FROM archive",
	[LEAD_CLOCKS] = "UPDATE clocks SET lead_us = ?2 WHERE boot = ?1 AND lead_us < ?2 AND lead_us <> 0",
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
	/* below the floor nothing waits, and it may be far below */
	[WAITING] = "SELECT 1 FROM readings WHERE id > max(?1, coalesce((SELECT value FROM settings "
		    "WHERE name = 'synced_floor'), 0)) AND id < ?2 AND session = ?3 LIMIT 1",
	[AGED] = "SELECT no, last_sync_us FROM session s WHERE (last_sync_us, no) > (?1, ?2) "
		 "AND last_sync_us <= ?3 AND sync_status = 'completed' AND status <> 'active' "
		 "AND NOT EXISTS (SELECT 1 FROM quarantine q WHERE q.session = s.no) "
		 "AND NOT EXISTS (SELECT 1 FROM archive a WHERE a.session = s.no AND a.state = 'archived' "
		 "AND a.complete AND a.at_us >= s.last_sync_us) ORDER BY 2, 1 LIMIT 1",
	[CROWDING] = "SELECT no FROM session s WHERE no > ? AND synced_reading > 0 AND (status = 'active' OR sync_status <> 'completed') "
		     "AND NOT EXISTS (SELECT 1 FROM quarantine q WHERE q.session = s.no) ORDER BY 1 LIMIT 1",
	[PARTS] = "SELECT " PART_COLUMNS " FROM archive WHERE session = ?1 AND part > ?2 "
		  "AND state <> 'back' ORDER BY part LIMIT 1",
	[PARTS_LEAVING] = "SELECT " PART_COLUMNS " FROM archive WHERE state = 'leaving' LIMIT 1",
	[PART_NUMBER] = "SELECT min(n) FROM (SELECT part AS n FROM archive WHERE session = ?1 AND state = 'back' "
			"UNION ALL SELECT coalesce(max(part), 0) + 1 FROM archive WHERE session = ?1)",
	[PUT_PART] = "INSERT INTO archive (" PART_COLUMNS ", complete) "
		     "VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, 0) ON CONFLICT (session, part) "
		     "DO UPDATE SET state = ?3, readings = ?4, from_us = ?5, to_us = ?6, bytes = ?7, "
		     "sha256 = ?8, gone = ?9, digest = ?10, at_us = ?11, complete = 0",
	[COMPLETE_PARTS] = "UPDATE archive SET complete = 1, at_us = max(at_us, ?2) WHERE session = ?1",
	[N_PARTS] = "SELECT count(*) FROM archive WHERE session = ? AND state <> 'back'",
	[REMOVE] = "DELETE FROM readings WHERE taken_us = ?1 AND session = ?2 AND epoch = ?3 AND seq = ?4",
	[PAGES] = "PRAGMA page_count",
	[FREE_PAGES] = "PRAGMA freelist_count",
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

static int
prepare(struct store *s, struct err *err)
{
	char text[4000];
	int i;

	if (store_prepare_blocks(s, err) < 0)
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
	clock_boot(s->boot);
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
