/* What has left for files, and how large the store may become. */
#include "services/local-store/disk/out_sqlite_parts.h"

#include <stdio.h>
#include <string.h>

#define PAGE        4096
#define FOLD_PAGES  1000  /* the log goes back into the file after so many, where it may be that long */

static const char *const states[] = {[PART_LEAVING] = "leaving", [PART_ARCHIVED] = "archived", [PART_BACK] = "back"};

static const char *
text_at(sqlite3_stmt *s, int i)
{
	const char *text = (const char *)sqlite3_column_text(s, i);

	return text ? text : "";
}

/* 1 and *part, 0, -1; resets. */
static int
take_part(sqlite3_stmt *s, struct part *part, struct err *err)
{
	int r = db_step(s, err);

	if (r > 0) {
		*part = (struct part){.session_no = sqlite3_column_int64(s, 0), .number = sqlite3_column_int64(s, 1)};
		part->state = strcmp(text_at(s, 2), "leaving") ? PART_ARCHIVED : PART_LEAVING;
		part->readings = sqlite3_column_int64(s, 3);
		part->from_us = sqlite3_column_int64(s, 4);
		part->to_us = sqlite3_column_int64(s, 5);
		part->bytes = sqlite3_column_int64(s, 6);
		(void)snprintf(part->sha256, sizeof(part->sha256), "%s", text_at(s, 7));
		(void)digest_parse(text_at(s, 9), &part->gone);
		part->gone.count = (uint64_t)sqlite3_column_int64(s, 8);
		part->at_us = sqlite3_column_int64(s, 10);
	}
	sqlite3_reset(s);
	return r;
}

int
store_part(struct store *store, int64_t session_no, int64_t after, struct part *part, struct err *err)
{
	sqlite3_bind_int64(store->statements[PARTS], 1, session_no);
	sqlite3_bind_int64(store->statements[PARTS], 2, after);
	return take_part(store->statements[PARTS], part, err);
}

int
store_part_leaving(struct store *store, struct part *part, struct err *err)
{
	return take_part(store->statements[PARTS_LEAVING], part, err);
}

int
store_part_number(struct store *store, int64_t session_no, int64_t *number, struct err *err)
{
	sqlite3_stmt *s = store->statements[PART_NUMBER];
	int r;

	sqlite3_bind_int64(s, 1, session_no);
	if ((r = db_step(s, err)) > 0)
		*number = sqlite3_column_int64(s, 0);
	sqlite3_reset(s);
	return r < 0 ? -1 : 0;
}

int
store_put_part(struct store *store, const struct part *part, struct err *err)
{
	sqlite3_stmt *s = store->statements[PUT_PART];
	char digest[DIGEST_TEXT];

	sqlite3_bind_int64(s, 1, part->session_no);
	sqlite3_bind_int64(s, 2, part->number);
	sqlite3_bind_text(s, 3, states[part->state], -1, SQLITE_STATIC);
	sqlite3_bind_int64(s, 4, part->readings);
	sqlite3_bind_int64(s, 5, part->from_us);
	sqlite3_bind_int64(s, 6, part->to_us);
	sqlite3_bind_int64(s, 7, part->bytes);
	sqlite3_bind_text(s, 8, part->sha256, -1, SQLITE_STATIC);
	sqlite3_bind_int64(s, 9, (int64_t)part->gone.count);
	sqlite3_bind_text(s, 10, digest_text(&part->gone, digest), -1, SQLITE_TRANSIENT);
	sqlite3_bind_int64(s, 11, part->at_us);
	return db_run(s, err);
}

int
store_complete_parts(struct store *store, int64_t session_no, int64_t now_us, struct err *err)
{
	sqlite3_bind_int64(store->statements[COMPLETE_PARTS], 1, session_no);
	sqlite3_bind_int64(store->statements[COMPLETE_PARTS], 2, now_us);
	return db_run(store->statements[COMPLETE_PARTS], err);
}

/* ---- who may leave */

int
store_aged(struct store *store, int64_t *synced_us, int64_t *no, int64_t until_us, struct err *err)
{
	sqlite3_stmt *s = store->statements[AGED];
	int r;

	sqlite3_bind_int64(s, 1, *synced_us);
	sqlite3_bind_int64(s, 2, *no);
	sqlite3_bind_int64(s, 3, until_us);
	if ((r = db_step(s, err)) > 0) {
		*no = sqlite3_column_int64(s, 0);
		*synced_us = sqlite3_column_int64(s, 1);
	}
	sqlite3_reset(s);
	return r;
}

int
store_crowding(struct store *store, int64_t *no, struct err *err)
{
	sqlite3_stmt *s = store->statements[CROWDING];
	int r;

	sqlite3_bind_int64(s, 1, *no);
	if ((r = db_step(s, err)) > 0)
		*no = sqlite3_column_int64(s, 0);
	sqlite3_reset(s);
	return r;
}

int
store_remove_reading(struct store *store, int64_t session_no, const struct reading *reading,
		     struct err *err)
{
	sqlite3_stmt *s = store->statements[REMOVE];

	sqlite3_bind_int64(s, 1, reading->taken_us);
	sqlite3_bind_int64(s, 2, session_no);
	sqlite3_bind_int64(s, 3, reading->epoch);
	sqlite3_bind_int64(s, 4, reading->seq);
	return db_run(s, err) < 0 ? -1 : sqlite3_changes(store->db) > 0;
}

/* ---- how large it is and may become */

static int
one_value(struct store *store, enum statement which, int64_t *value, struct err *err)
{
	sqlite3_stmt *s = store->statements[which];
	int r = db_step(s, err);

	*value = r > 0 ? sqlite3_column_int64(s, 0) : 0;
	sqlite3_reset(s);
	return r < 0 ? -1 : 0;
}

int
store_archive_bytes(struct store *store, int64_t *bytes, struct err *err)
{
	return one_value(store, ARCHIVE_SIZE, bytes, err);
}

int
store_size(struct store *store, int64_t *bytes, int64_t *used, struct err *err)
{
	int64_t pages, free_pages;

	if (one_value(store, PAGES, &pages, err) < 0 || one_value(store, FREE_PAGES, &free_pages, err) < 0)
		return -1;
	*bytes = pages * PAGE;
	*used = (pages - free_pages) * PAGE;
	return 0;
}

/*
 * SQLite has a limit for its file and none for the log.  The log's file is asked for, and its
 * write method replaced by one that refuses beyond the limit: SQLite then rolls the
 * transaction back, as when a disk is full.
 */
static sqlite3_io_methods log_methods;
static const sqlite3_io_methods *file_methods;
static int64_t log_most;

static int
write_log(sqlite3_file *file, const void *bytes, int n, sqlite3_int64 at)
{
	return at + n > log_most ? SQLITE_FULL : file_methods->xWrite(file, bytes, n, at);
}

static void
limit_log(struct store *store, int64_t most)
{
	sqlite3_file *log = NULL;

	log_most = most;
	if (sqlite3_file_control(store->db, "main", SQLITE_FCNTL_JOURNAL_POINTER, &log) != SQLITE_OK ||
	    !log || !log->pMethods || log->pMethods == &log_methods)
		return;
	file_methods = log->pMethods;
	log_methods = *file_methods;
	log_methods.xWrite = write_log;
	log->pMethods = &log_methods;
}

int
store_limit(struct store *store, int64_t file, int64_t log, struct err *err)
{
	int64_t fold = log / PAGE / 4;
	char text[200];

	(void)snprintf(text, sizeof(text), "PRAGMA max_page_count=%lld; PRAGMA wal_autocheckpoint=%lld",
		       (long long)(file / PAGE), (long long)(fold < FOLD_PAGES ? fold : FOLD_PAGES));
	if (db_exec(store->db, text, err) < 0)
		return -1;
	limit_log(store, log);
	return 0;
}

void
store_fold(struct store *store)
{
	(void)sqlite3_wal_checkpoint_v2(store->db, NULL, SQLITE_CHECKPOINT_PASSIVE, NULL, NULL);
}

int
store_give_back(struct store *store, int pages, struct err *err)
{
	char text[60];

	(void)snprintf(text, sizeof(text), "PRAGMA incremental_vacuum(%d)", pages);
	return db_exec(store->db, text, err);
}
