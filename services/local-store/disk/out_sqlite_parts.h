/*
 * out_sqlite_parts - what the files of out_sqlite share among themselves; others include
 * out_sqlite.h
 */
#ifndef OUT_SQLITE_PARTS_H
#define OUT_SQLITE_PARTS_H

#include "common/clock.h"
#include "common/db.h"
#include "services/local-store/disk/out_sqlite.h"

/* The fields of `reading`, in their order. */
#define READING_COLUMNS                                                              \
	"taken_us, epoch, seq, device_us, spo2, heart_rate, perfusion_index, motion, " \
	"signal_strength, battery, status, invalid, data_source, phase_type, "       \
	"cycle_number, altitude_level, rr"

/* The fields of struct part, in their order. */
#define PART_COLUMNS "session, part, state, readings, from_us, to_us, bytes, sha256, gone, digest, at_us"

enum statement {
	BEGIN, COMMIT, ROLLBACK, LAST_READING, SCAN, RANGE, SINCE, SESSION_ID, SESSION_NO,
	SESSIONS_ACTIVE, SESSIONS_DEVICE, SPANS, PUT_SPAN, REQUEST, PUT_REQUEST, PUT_SYNC, SPOOL, PUT_SPOOL, SETTING,
	PUT_SETTING, UNSYNCED, OLDEST, STALE, PUT_STALE, DROP_STALE, WAITING, AGED, CROWDING, PARTS, PARTS_LEAVING, PART_NUMBER,
	PUT_PART, COMPLETE_PARTS, N_PARTS, REMOVE, PAGES, FREE_PAGES, CLOCK, PUT_CLOCK, LEAD_CLOCKS,
	ARCHIVE_SIZE, N_STATEMENTS,
};

/* One INSERT of many rows costs little more than half of as many of one row. */
enum { BLOCK = 64, N_BLOCKS = 3 };

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
	char boot[CLOCK_BOOT];
	struct block blocks[N_BLOCKS];
	struct table *sessions, *records[N_RECORDS];
	sqlite3_stmt *statements[N_STATEMENTS];
};

int store_prepare_blocks(struct store *store, struct err *err);

/* MSG_NONE is NULL. */
void store_bind_opt(sqlite3_stmt *statement, int i, int64_t v);
int64_t store_column_opt(sqlite3_stmt *statement, int i);

#endif
