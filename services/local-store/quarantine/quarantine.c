#include "services/local-store/quarantine/quarantine.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/db.h"
#include "common/log.h"
#include "proto/records.h"

#define LOG "INSERT INTO quarantine_log (at_us, who, action, entry, kind, row, session, sqlstate, " \
	    "reason, before, after) SELECT "

enum statement {
	COUNT, HAS, HAS_SESSION, FIND_READING, PUT, NEXT, NEXT_SPAN, GET, NOTE, SET,
	LANDED_ROW, LEAVE_ROW, LANDED_SPAN, LEAVE_SPAN, ORPHANS, N_STATEMENTS,
};

static const char *const sql[N_STATEMENTS] = {
	[COUNT] = "SELECT state, count(*) FROM quarantine GROUP BY state UNION ALL "
		  "SELECT 'misfit', count(*) FROM misfits WHERE NOT EXISTS (SELECT 1 FROM quarantine_log l "
		  "WHERE l.kind = 'misfit' AND l.row = misfits.no)",
	[HAS] = "SELECT 1 FROM quarantine WHERE kind = 'reading' AND row = ? AND state <> 'replay'",
	[HAS_SESSION] = "SELECT 1 FROM quarantine WHERE session = ? AND state = 'held'",
	[FIND_READING] = "SELECT id FROM readings WHERE taken_us = ?1 AND session = ?2 AND epoch = ?3 "
			 "AND seq = ?4",
	/* what was dropped stays so until there is another version of it */
	[PUT] = "INSERT INTO quarantine (kind, row, session, taken_us, hlc, sqlstate, text, first_us, "
		"last_us, tries, state) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?8, 1, 'held') "
		"ON CONFLICT (kind, row) DO UPDATE SET sqlstate = excluded.sqlstate, "
		"text = excluded.text, last_us = excluded.last_us, tries = tries + 1, "
		"state = CASE WHEN state = 'dropped' AND hlc = excluded.hlc THEN state ELSE 'held' END, "
		"hlc = excluded.hlc",
	[NEXT] = "SELECT no, kind, row, session, taken_us, hlc, sqlstate, state FROM quarantine "
		 "WHERE no > ?1 AND (?2 = '' OR state = ?2) ORDER BY no LIMIT 1",
	[NEXT_SPAN] = "SELECT session, min(taken_us), max(taken_us) FROM quarantine WHERE session > ?1 "
		      "AND state = 'replay' AND kind = 'reading' GROUP BY session ORDER BY session LIMIT 1",
	[GET] = "SELECT no, kind, row, session, taken_us, hlc, sqlstate, state FROM quarantine "
		"WHERE no = ?1",
	[NOTE] = LOG "?2, ?3, ?4, no, kind, row, session, sqlstate, ?5, ?6, ?7 FROM quarantine "
		 "WHERE no = ?1",
	[SET] = "UPDATE quarantine SET state = ?2 WHERE no = ?1",
	[LANDED_ROW] = LOG "?4, 'sync-worker', 'landed', no, kind, row, session, sqlstate, NULL, NULL, "
		       "NULL FROM quarantine WHERE kind = ?1 AND row = ?2 AND hlc <= ?3",
	[LEAVE_ROW] = "DELETE FROM quarantine WHERE kind = ?1 AND row = ?2 AND hlc <= ?3",
	[LANDED_SPAN] = LOG "?4, 'sync-worker', 'landed', no, kind, row, session, sqlstate, NULL, NULL, "
			"NULL FROM quarantine WHERE session = ?1 AND state = 'replay' "
			"AND taken_us BETWEEN ?2 AND ?3",
	[LEAVE_SPAN] = "DELETE FROM quarantine WHERE session = ?1 AND state = 'replay' "
		       "AND taken_us BETWEEN ?2 AND ?3",
	[ORPHANS] = "SELECT no, kind, row, session, taken_us, hlc, sqlstate, state FROM quarantine "
		    "WHERE session = ?1 AND state = 'held' AND sqlstate = '23503' AND kind <> 'reading' "
		    "LIMIT 1",
};

struct quarantine {
	struct store *store;
	struct quarantine_counts counts;
	sqlite3_stmt *statements[N_STATEMENTS];
};

int
quarantine_count(struct quarantine *q, struct err *err)
{
	struct quarantine_counts counts = {0};
	sqlite3_stmt *s = q->statements[COUNT];
	const char *state;
	int r;

	while ((r = db_step(s, err)) > 0) {
		state = (const char *)sqlite3_column_text(s, 0);
		*(!strcmp(state, "held") ? &counts.held : !strcmp(state, "misfit") ? &counts.misfits
		  : !strcmp(state, "replay") ? &counts.replaying : &counts.dropped) =
			sqlite3_column_int64(s, 1);
	}
	if (r == 0)
		q->counts = counts;
	return r;
}

struct quarantine *
quarantine_open(struct store *store, struct err *err)
{
	struct quarantine *q = calloc(1, sizeof(*q));
	int i;

	ASSERT(q);
	q->store = store;
	for (i = 0; i < N_STATEMENTS; i++)
		if (!(q->statements[i] = db_prepare(store_db(store), sql[i], err)))
			break;
	if (i < N_STATEMENTS || quarantine_count(q, err) < 0)
		quarantine_close(&q);
	return q;
}

void
quarantine_close(struct quarantine **quarantine)
{
	int i;

	if (!*quarantine)
		return;
	for (i = 0; i < N_STATEMENTS; i++)
		db_finalize(&(*quarantine)->statements[i]);
	free(*quarantine);
	*quarantine = NULL;
}

const struct quarantine_counts *
quarantine_counts(const struct quarantine *q)
{
	return &q->counts;
}

struct table *
quarantine_table(const struct quarantine *q, const char *kind)
{
	int i;

	if (!strcmp(kind, msg_session.name))
		return store_sessions(q->store);
	for (i = 0; i < N_RECORDS; i++)
		if (!strcmp(kind, table_message(store_records(q->store, (enum record)i))->name))
			return store_records(q->store, (enum record)i);
	return NULL;
}

/* ---- who is here */

static int
has(struct quarantine *q, enum statement which, int64_t n, struct err *err)
{
	sqlite3_stmt *s = q->statements[which];
	int r;

	sqlite3_bind_int64(s, 1, n);
	r = db_step(s, err);
	sqlite3_reset(s);
	return r;
}

int
quarantine_has_reading(struct quarantine *q, int64_t id, struct err *err)
{
	return q->counts.held || q->counts.dropped ? has(q, HAS, id, err) : 0;
}

int
quarantine_has_session(struct quarantine *q, int64_t session_no, struct err *err)
{
	return q->counts.held ? has(q, HAS_SESSION, session_no, err) : 0;
}

static int
step_entry(sqlite3_stmt *s, struct quarantined *e, struct err *err)
{
	int r = db_step(s, err);

	if (r > 0) {
		e->no = sqlite3_column_int64(s, 0);
		(void)snprintf(e->kind, sizeof(e->kind), "%s", (const char *)sqlite3_column_text(s, 1));
		e->row = sqlite3_column_int64(s, 2);
		e->session_no = sqlite3_column_int64(s, 3);
		e->taken_us = sqlite3_column_int64(s, 4);
		e->hlc = sqlite3_column_int64(s, 5);
		(void)snprintf(e->sqlstate, sizeof(e->sqlstate), "%s",
			       (const char *)sqlite3_column_text(s, 6));
		(void)snprintf(e->state, sizeof(e->state), "%s", (const char *)sqlite3_column_text(s, 7));
	}
	sqlite3_reset(s);
	return r;
}

int
quarantine_next(struct quarantine *q, int64_t after, const char *state, struct quarantined *entry,
		struct err *err)
{
	sqlite3_bind_int64(q->statements[NEXT], 1, after);
	sqlite3_bind_text(q->statements[NEXT], 2, state, -1, SQLITE_STATIC);
	return step_entry(q->statements[NEXT], entry, err);
}

int
quarantine_next_span(struct quarantine *q, int64_t after_session, struct quarantined *first,
		     int64_t *to_us, struct err *err)
{
	sqlite3_stmt *s = q->statements[NEXT_SPAN];
	int r;

	sqlite3_bind_int64(s, 1, after_session);
	if ((r = db_step(s, err)) > 0) {
		first->session_no = sqlite3_column_int64(s, 0);
		first->taken_us = sqlite3_column_int64(s, 1);
		*to_us = sqlite3_column_int64(s, 2);
	}
	sqlite3_reset(s);
	return r;
}

int
quarantine_get(struct quarantine *q, int64_t no, struct quarantined *entry, struct err *err)
{
	sqlite3_bind_int64(q->statements[GET], 1, no);
	return step_entry(q->statements[GET], entry, err);
}

/* ---- in and out */

int
quarantine_set(struct quarantine *q, const struct quarantined *entry, const char *state,
	       const struct quarantine_note *note, struct err *err)
{
	sqlite3_stmt *s = q->statements[NOTE];
	struct table *table = quarantine_table(q, entry->kind);

	sqlite3_bind_int64(s, 1, entry->no);
	sqlite3_bind_int64(s, 2, note->at_us);
	sqlite3_bind_text(s, 3, note->who, -1, SQLITE_STATIC);
	sqlite3_bind_text(s, 4, note->action, -1, SQLITE_STATIC);
	sqlite3_bind_text(s, 5, note->reason, -1, SQLITE_STATIC);
	sqlite3_bind_text(s, 6, note->before, -1, SQLITE_STATIC);
	sqlite3_bind_text(s, 7, note->after, -1, SQLITE_STATIC);
	if (db_run(s, err) < 0)
		return -1;
	s = q->statements[SET];
	sqlite3_bind_int64(s, 1, entry->no);
	sqlite3_bind_text(s, 2, state, -1, SQLITE_STATIC);
	if (db_run(s, err) < 0)
		return -1;
	if (table && !strcmp(state, "replay") && table_unsync(table, entry->row, err) < 0)
		return -1;
	return quarantine_count(q, err);
}

static int
put(struct quarantine *q, const char *kind, int64_t row, int64_t session_no,
    const struct refusal *refusal, int64_t hlc, int64_t now_us, struct err *err)
{
	sqlite3_stmt *s = q->statements[PUT];

	sqlite3_bind_text(s, 1, kind, -1, SQLITE_STATIC);
	sqlite3_bind_int64(s, 2, row);
	sqlite3_bind_int64(s, 3, session_no);
	if (refusal->taken_us == MSG_NONE)
		sqlite3_bind_null(s, 4);
	else
		sqlite3_bind_int64(s, 4, refusal->taken_us);
	sqlite3_bind_int64(s, 5, hlc);
	sqlite3_bind_text(s, 6, refusal->sqlstate, -1, SQLITE_STATIC);
	sqlite3_bind_text(s, 7, refusal->text, -1, SQLITE_STATIC);
	sqlite3_bind_int64(s, 8, now_us);
	return db_run(s, err);
}

static int
put_reading(struct quarantine *q, const struct shipment *sh, const struct refusal *refusal,
	    int64_t now_us, struct err *err)
{
	sqlite3_stmt *s = q->statements[FIND_READING];
	int64_t id = 0;
	int r;

	sqlite3_bind_int64(s, 1, refusal->taken_us);
	sqlite3_bind_int64(s, 2, sh->entry->no);
	sqlite3_bind_int64(s, 3, refusal->epoch);
	sqlite3_bind_int64(s, 4, refusal->seq);
	if ((r = db_step(s, err)) > 0)
		id = sqlite3_column_int64(s, 0);
	sqlite3_reset(s);
	return r <= 0 ? r : put(q, "reading", id, sh->entry->no, refusal, 0, now_us, err);
}

static int
put_record(struct quarantine *q, const struct shipment *sh, const struct refusal *refusal,
	   bool *named, int64_t now_us, struct err *err)
{
	struct table *table = store_sessions(q->store);
	int64_t row = sh->entry->no, hlc = sh->session_hlc;
	size_t i = (size_t)refusal->record;

	if (i > sh->n_marks)
		return 0;  /* the shipment has no such record */
	if (i) {
		table = store_records(q->store, sh->marks[i - 1].record);
		row = sh->marks[i - 1].no;
		hlc = sh->marks[i - 1].hlc;
	}
	named[i] = true;
	if (table_synced(table, row, hlc, err) < 0)
		return -1;
	return put(q, table_message(table)->name, row, sh->entry->no, refusal, hlc, now_us, err);
}

static int
take_named(struct quarantine *q, const struct shipment *sh, const struct receipt *receipt,
	   bool *named, int64_t now_us, struct err *err)
{
	struct records rest = {receipt->quarantined.bytes,
			       receipt->quarantined.bytes + receipt->quarantined.len};
	union {
		char room[RECORDS_MAX];
		struct refusal refusal;
	} u;
	const struct message *message;
	int r;

	while ((r = records_next(&rest, &message, &u, err)) > 0) {
		if (message != &msg_refusal)
			continue;
		if (u.refusal.record != MSG_NONE)
			r = put_record(q, sh, &u.refusal, named, now_us, err);
		else
			r = put_reading(q, sh, &u.refusal, now_us, err);
		if (r < 0)
			return -1;
	}
	return r;
}

static int
leave_row(struct quarantine *q, struct table *table, int64_t row, int64_t hlc, int64_t now_us,
	  struct err *err)
{
	static const enum statement both[] = {LANDED_ROW, LEAVE_ROW};
	sqlite3_stmt *s;
	int i;

	for (i = 0; i < 2; i++) {
		s = q->statements[both[i]];
		sqlite3_bind_text(s, 1, table_message(table)->name, -1, SQLITE_STATIC);
		sqlite3_bind_int64(s, 2, row);
		sqlite3_bind_int64(s, 3, hlc);
		if (!i)
			sqlite3_bind_int64(s, 4, now_us);
		if (db_run(s, err) < 0)
			return -1;
	}
	return sqlite3_changes(store_db(q->store)) > 0;
}

static int
leave_span(struct quarantine *q, const struct shipment *sh, int64_t now_us, struct err *err)
{
	static const enum statement both[] = {LANDED_SPAN, LEAVE_SPAN};
	sqlite3_stmt *s;
	int i;

	for (i = 0; i < 2; i++) {
		s = q->statements[both[i]];
		sqlite3_bind_int64(s, 1, sh->entry->no);
		sqlite3_bind_int64(s, 2, sh->from_us);
		sqlite3_bind_int64(s, 3, sh->to_us);
		if (!i)
			sqlite3_bind_int64(s, 4, now_us);
		if (db_run(s, err) < 0)
			return -1;
	}
	return 0;
}

/* Records that Postgres did not take for want of their session's row: 1 there were some. */
static int
release_orphans(struct quarantine *q, int64_t session_no, int64_t now_us, struct err *err)
{
	static const char why[] = "its session's row has landed";
	struct quarantine_note note = {"local-store", "replay", why, NULL, NULL, now_us};
	struct quarantined entry;
	int r, some = 0;

	do {
		sqlite3_bind_int64(q->statements[ORPHANS], 1, session_no);
		r = step_entry(q->statements[ORPHANS], &entry, err);
		if (r > 0 && quarantine_set(q, &entry, "replay", &note, err) < 0)
			return -1;
		some |= r > 0;
	} while (r > 0);
	return r < 0 ? -1 : some;
}

static int
let_go(struct quarantine *q, const struct shipment *sh, const bool *named, int64_t now_us,
       struct err *err)
{
	size_t i;
	int r;

	for (i = 0; i < sh->n_marks; i++)
		if (!named[i + 1] && leave_row(q, store_records(q->store, sh->marks[i].record),
					       sh->marks[i].no, sh->marks[i].hlc, now_us, err) < 0)
			return -1;
	if (sh->to_us && leave_span(q, sh, now_us, err) < 0)
		return -1;
	if (named[0])
		return 0;
	r = leave_row(q, store_sessions(q->store), sh->entry->no, sh->session_hlc, now_us, err);
	return r > 0 ? release_orphans(q, sh->entry->no, now_us, err) : r;
}

int
quarantine_receipt(struct quarantine *q, const struct shipment *sh, const struct receipt *receipt,
		   int64_t now_us, struct err *err)
{
	bool named[SHIPMENT_MARKS + 1] = {false};
	int again = 0;

	if (!receipt->quarantined.len && !q->counts.held && !q->counts.replaying && !q->counts.dropped)
		return 0;
	if (take_named(q, sh, receipt, named, now_us, err) < 0)
		return -1;
	if (receipt->outcome != OUTCOME_REFUSED)
		again = let_go(q, sh, named, now_us, err);
	return again < 0 || quarantine_count(q, err) < 0 ? -1 : again;
}
