/*
 * out_sqlite - the store on disk
 *
 * One writer.  Everything happens inside a transaction that store_begin() opens and the
 * first write needs; nothing is durable until store_commit() has returned 0.  After a
 * failure store_rollback() and forget what you derived from it.
 */
#ifndef OUT_SQLITE_H
#define OUT_SQLITE_H

#include "proto/digest.h"
#include "services/local-store/sessions.h"
#include "services/local-store/disk/table.h"

enum record { RECORD_SURVEY, RECORD_EVENT, RECORD_PHASE_STATS, RECORD_PROGRESSION, RECORD_GAP,
	      N_RECORDS };

struct store;
struct store *store_open(const char *path, struct err *err);  /* NULL: see err */
void store_close(struct store **store);

int store_begin(struct store *store, struct err *err);   /* again is fine */
int store_commit(struct store *store, struct err *err);  /* without begin is fine */
void store_rollback(struct store *store);
bool store_in_transaction(const struct store *store);
struct sqlite3 *store_db(const struct store *store);  /* for statements of others */

/* A reading and whose it is. */
struct kept {
	struct entry *entry;
	struct reading reading;
	int64_t us;             /* when it was taken, by the session's own clock */
	int64_t id;             /* readings.id once it is stored; 0: it was there before */
};
/* All of them, in this order; sets their ids. */
int store_put_readings(struct store *store, struct kept *rows, size_t n, struct err *err);
int64_t store_last_reading(struct store *store);  /* the highest readings.id, 0 when empty */

/*
 * Queries for readings, one of each kind at a time: the log after an id in order of arrival, a
 * session's span in order of time, everybody's from a time on.  store_next(): 1 and a row; 0
 * at the end; -1 and err.  store_enough() ends one early.
 */
struct sqlite3_stmt *store_log(struct store *store, int64_t after);
struct sqlite3_stmt *store_range(struct store *store, int64_t session_no, int64_t from_us,
				 int64_t to_us);
struct sqlite3_stmt *store_since(struct store *store, int64_t from_us);
int store_next(struct sqlite3_stmt *query, int64_t *id, int64_t *session_no,
	       struct reading *reading, struct err *err);
void store_enough(struct sqlite3_stmt *query);

struct table *store_sessions(struct store *store);
struct table *store_records(struct store *store, enum record record);

/* Loads into `sessions`: one by id or number (NULL and err->code ENOENT when there is none,
 * EBADMSG when its row is damaged), all that run, those of a device that end after from_us. */
struct entry *store_load_id(struct store *store, struct sessions *sessions, const char *id,
			    struct err *err);
struct entry *store_load_no(struct store *store, struct sessions *sessions, int64_t no,
			    struct err *err);
int store_load_active(struct store *store, struct sessions *sessions, struct err *err);
int store_load_device(struct store *store, struct sessions *sessions, const char *device_id,
		      int64_t taken_us, struct err *err);
/* At most `most` sessions with anything that Postgres lacks besides readings, newest first;
 * `page` is where the last call stopped, zeroed before the first.  1 there may be more, 0 not. */
struct unsynced_page {
	int64_t hlc;
	char id[37];
};
int store_load_unsynced(struct store *store, struct sessions *sessions,
			struct unsynced_page *page, struct entry **due, size_t most, size_t *n,
			struct err *err);

/* Forgets that Postgres has its records, so that they go there again; not those in
 * quarantine. */
int store_unsync(struct store *store, const struct entry *entry, struct err *err);

int store_put_session(struct store *store, struct entry *entry, struct err *err);
int store_put_span(struct store *store, const struct entry *entry, const struct span *span,
		   struct err *err);
/* Whether that command for a phase was taken: 1, 0, -1. */
int store_has_request(struct store *store, const struct entry *entry, const char *request_id, struct err *err);
int store_put_request(struct store *store, const struct entry *entry, const char *request_id, struct err *err);
int store_put_clock(struct store *store, const struct entry *entry, struct err *err);
/* The clocks of all sessions that are behind it, to that lead. */
int store_lead_clocks(struct store *store, int64_t lead_us, struct err *err);
/* Whether its figures must be counted again; and those of which it is so, into their queue. */
int store_put_stale(struct store *store, const struct entry *entry, bool stale, struct err *err);
int store_load_stale(struct store *store, struct sessions *sessions, struct err *err);
/* What is known of it in Postgres now; `status` is the app's word. */
int store_put_sync(struct store *store, const struct entry *entry, const char *status,
		   int64_t now_us, struct err *err);

/* Whether readings of it with an id below `before` are not known to be in Postgres: 1, 0, -1. */
int store_waits(struct store *store, const struct entry *entry, int64_t before, struct err *err);

/* When the oldest row that Postgres lacks was taken or changed, UTC; 0 none. */
int store_oldest_unsynced(struct store *store, int64_t *utc_us, struct err *err);

/* How far a spool has been heard: 1 and *upto, 0 never. */
int store_spool(struct store *store, int64_t spool, int64_t *upto, struct err *err);
int store_put_spool(struct store *store, int64_t spool, int64_t upto, struct err *err);

/* ---- readings that leave for a file */

enum part_state { PART_LEAVING, PART_ARCHIVED, PART_BACK };
struct part {
	int64_t session_no, number;     /* from 1: the file's name says it */
	enum part_state state;
	int64_t readings, from_us, to_us, bytes;
	char sha256[65];
	struct digest gone;             /* those that are not in `readings` any more */
	int64_t at_us;
};

/* The session's next part after that number that is not back: 1 and *part, 0 none, -1. */
int store_part(struct store *store, int64_t session_no, int64_t after, struct part *part, struct err *err);
int store_part_leaving(struct store *store, struct part *part, struct err *err);  /* any; likewise */
int store_part_number(struct store *store, int64_t session_no, int64_t *number, struct err *err);
int store_put_part(struct store *store, const struct part *part, struct err *err);
int store_archive_bytes(struct store *store, int64_t *bytes, struct err *err);  /* of all files */
/* Nothing of the session was left behind: it need not be looked at before it changes. */
int store_complete_parts(struct store *store, int64_t session_no, int64_t now_us, struct err *err);

/* The next session after *synced_us and *no that may leave: it is over, all of it arrived before
 * `until_us`, none of it is in quarantine.  1 and both set, 0 none, -1. */
int store_aged(struct store *store, int64_t *synced_us, int64_t *no, int64_t until_us, struct err *err);
/* Likewise by number alone: one that runs or waits, of which something has arrived. */
int store_crowding(struct store *store, int64_t *no, struct err *err);

/* 1 it was there, 0, -1.  Never the last one of all: its id is how ids go on. */
int store_remove_reading(struct store *store, int64_t session_no, const struct reading *reading,
			 struct err *err);

/* Bytes of the file, and of them in use. */
int store_size(struct store *store, int64_t *bytes, int64_t *used, struct err *err);
/* From now on the file is never larger than `file` bytes (but for what it is), its log never larger
 * than `log`: writes beyond are refused as if the disk was full. */
int store_limit(struct store *store, int64_t file, int64_t log, struct err *err);
/* The log back into the file, as far as no reader is in the way. */
void store_fold(struct store *store);
int store_give_back(struct store *store, int pages, struct err *err);  /* free pages to the disk */

int store_setting(struct store *store, const char *name, int64_t fallback, int64_t *value,
		  struct err *err);
int store_put_setting(struct store *store, const char *name, int64_t value, struct err *err);

#endif
