/* Sessions into the store and back, and what is known of them in Postgres. */
#include "services/local-store/disk/out_sqlite_parts.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

static int
load_spans(struct store *store, struct entry *entry, struct err *err)
{
	sqlite3_stmt *s = store->statements[SPANS];
	struct span span;
	int r;

	sqlite3_bind_int64(s, 1, entry->no);
	while ((r = db_step(s, err)) > 0) {
		span = (struct span){sqlite3_column_int64(s, 0), sqlite3_column_int64(s, 1),
				     store_column_opt(s, 2), store_column_opt(s, 3)};
		ASSERT(entry_add_span(entry, &span) == 0);
	}
	return r;
}

static int
count_parts(struct store *store, struct entry *entry, struct err *err)
{
	sqlite3_stmt *s = store->statements[N_PARTS];
	int r;

	sqlite3_bind_int64(s, 1, entry->no);
	if ((r = db_step(s, err)) > 0)
		entry->n_archived = sqlite3_column_int64(s, 0);
	sqlite3_reset(s);
	return r < 0 ? -1 : 0;
}

/* The steady clock of another boot says nothing of this one. */
static int
load_clock(struct store *store, struct entry *entry, struct err *err)
{
	sqlite3_stmt *s = store->statements[CLOCK];
	int r;

	sqlite3_bind_int64(s, 1, entry->no);
	if ((r = db_step(s, err)) > 0) {
		if (!strcmp((const char *)sqlite3_column_text(s, 0), store->boot))
			entry->lead_us = sqlite3_column_int64(s, 1);
		entry->behind_us = sqlite3_column_int64(s, 2);
		entry->most_behind_us = sqlite3_column_int64(s, 3);
	}
	sqlite3_reset(s);
	return r < 0 ? -1 : 0;
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
			e->synced = e->arrived = e->scanned = sqlite3_column_int64(s, 1);
			if (load_spans(store, e, err) < 0 || count_parts(store, e, err) < 0 ||
			    load_clock(store, e, err) < 0) {
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
store_put_clock(struct store *store, const struct entry *entry, struct err *err)
{
	sqlite3_stmt *s = store->statements[PUT_CLOCK];

	sqlite3_bind_int64(s, 1, entry->no);
	sqlite3_bind_text(s, 2, store->boot, -1, SQLITE_STATIC);
	sqlite3_bind_int64(s, 3, entry->lead_us);
	sqlite3_bind_int64(s, 4, entry->behind_us);
	sqlite3_bind_int64(s, 5, entry->most_behind_us);
	return db_run(s, err);
}

int
store_lead_clocks(struct store *store, int64_t lead_us, struct err *err)
{
	sqlite3_stmt *s = store->statements[LEAD_CLOCKS];

	sqlite3_bind_text(s, 1, store->boot, -1, SQLITE_STATIC);
	sqlite3_bind_int64(s, 2, lead_us);
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
store_waits(struct store *store, const struct entry *entry, int64_t before, struct err *err)
{
	sqlite3_stmt *s = store->statements[WAITING];
	int r;

	sqlite3_bind_int64(s, 1, entry->synced);
	sqlite3_bind_int64(s, 2, before);
	sqlite3_bind_int64(s, 3, entry->no);
	r = db_step(s, err);
	sqlite3_reset(s);
	return r;
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
