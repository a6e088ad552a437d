/*
 * in_sqlite - what SQLite holds, read only and in bounded memory
 *
 * All between sqlite_begin() and sqlite_end() is one moment.  Nothing in the file is
 * trusted: what cannot be there comes back as 2 and words, not as an error.
 */
#ifndef IN_SQLITE_H
#define IN_SQLITE_H

#include "services/dedupe-auditor/audited.h"
#include "services/dedupe-auditor/pause.h"

struct in_sqlite;
/* pause is borrowed until the close.  NULL: see err. */
struct in_sqlite *sqlite_open(const char *path, struct pause *pause, struct err *err);
void sqlite_close(struct in_sqlite **in);

int sqlite_begin(struct in_sqlite *in, struct err *err);
void sqlite_end(struct in_sqlite *in);

/* Adds all sessions to an empty list, or only the one with this id or local_session_id.
 * *n_wrong counts rows that are no session; err then says what is wrong with the first. */
int sqlite_sessions(struct in_sqlite *in, const char *only, struct list *list,
		    uint64_t *n_wrong, struct err *err);

/* How many of their rows are in quarantine. */
int sqlite_quarantine(struct in_sqlite *in, struct list *list, struct err *err);

/* What has left for files: how many readings of each, of which span, and their digest. */
int sqlite_archived(struct in_sqlite *in, struct list *list, struct err *err);

/* Reads `synced` of the listed sessions again. */
int sqlite_synced(struct in_sqlite *in, struct list *list, struct err *err);

/* Whether there is such a session now: 1 or 0, -1 and err. */
int sqlite_has_no(struct in_sqlite *in, int64_t no, struct err *err);
int sqlite_has_id(struct in_sqlite *in, const uint8_t id[16], struct err *err);

/* A session's row, a survey, an event ...: key names it within its session. */
#define RECORD_KEY 256
struct record {
	uint8_t session[16];
	char key[RECORD_KEY];
	int64_t hlc;
	int settled;             /* Postgres has given a receipt for this hlc */
	int quarantine;          /* 1 this hlc is held in quarantine, 2 it was dropped there */
};

/*
 * Streams: start, then next until 0.  `ids` is a JSON array of sessions, NULL for all.
 * Next: 1 a row; 2 a row that holds what cannot be there, err says what; 0 the end; -1.
 * With `ids` they come by session id and key, without it readings come by id.
 */
int sqlite_records(struct in_sqlite *in, const char *ids, struct err *err);
int sqlite_next_record(struct in_sqlite *in, struct record *record, struct err *err);
int sqlite_readings(struct in_sqlite *in, const char *ids, struct err *err);
int sqlite_next_reading(struct in_sqlite *in, int64_t *no, struct row *row, struct err *err);
void sqlite_stop(struct in_sqlite *in);  /* before the end of a stream; always allowed */

#endif
