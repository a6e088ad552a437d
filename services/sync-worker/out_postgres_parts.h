/*
 * out_postgres_parts - what the files of out_postgres share
 */
#ifndef OUT_POSTGRES_PARTS_H
#define OUT_POSTGRES_PARTS_H

#include "services/sync-worker/halving.h"
#include "services/sync-worker/months.h"
#include "services/sync-worker/out_postgres.h"
#include "services/sync-worker/refusals.h"
#include "services/sync-worker/wire.h"

/*
 * What is under way.  A bundle goes
 *	MONTHS   when a partition of it is not known to be there
 *	HEAD     begin, receipt, session, records; then a savepoint, or without readings commit
 *	COPY     fresh readings straight into their partition, and commit
 *	UPSERT   other readings: those that are not there yet; after the last of them commit
 *	SYNC     nothing: a commit that waits for the disk
 * A COPY that is refused (a reading was there already) is rolled back to the savepoint (BACK)
 * and its readings go the other way.  A bundle that is not fresh is written also when its
 * receipt is there: it may be a repair, of rows that Postgres has lost since.
 *
 * Rows that Postgres will never take do not hold the others.  A record that is refused is
 * known by its place among the statements: all is rolled back (UNDO) and begun again without
 * it.  Readings go in one statement, so the bad ones are found by trying parts (halving.h),
 * each refusal rolled back to the savepoint.
 */
enum step { AWAY, CONNECTING, SETUP, FREE, MONTHS, HEAD, COPY, UPSERT, BACK, UNDO, SYNC };

struct sink {
	struct sink_settings settings;
	struct wire wire;
	enum step step;
	int64_t wake_us;                  /* AWAY: try again; else: give up waiting */
	char why[300];
	struct sink_counts counts;
	uint8_t months[MONTHS_MAX];       /* 1: its partition is there */

	const struct bundle_content *content;  /* NULL: none in hand */
	int copy;                         /* this bundle may go by COPY */
	bool lazy;                        /* its commit need not wait for the disk */
	bool unsynced;                    /* there may be such commits */
	char user_id[37];                 /* the person of the last of them */
	int known;                        /* its receipt was there before */
	int over;                         /* and is settled after UNDO; receipt says how */
	int immediate;                    /* constraints speak at once, not at the commit */
	int session_at, records_at;       /* first statement of HEAD for it, for them */
	size_t copied;
	int64_t added;                    /* since the savepoint */
	struct halving halving;           /* which readings to try now */
	struct reading *part;             /* those of them, when it is not all */
	struct refusals refusals;
	char sqlstate[6];                 /* of what was refused last, and in words */
	char refused[200];
	struct receipt receipt;
	struct values values;
};

void sink_go(struct sink *sink, enum step step);   /* Postgres has its time for that from now */

/* One step each; when it cannot be sent, sink_lost(). */
void sink_connect(struct sink *sink);
void sink_send_setup(struct sink *sink);
void sink_send_month(struct sink *sink, int64_t at_us);
void sink_send_head(struct sink *sink);
void sink_send_copy(struct sink *sink);
void sink_send_rows(struct sink *sink);            /* as many as the socket takes */
void sink_send_upsert(struct sink *sink);
void sink_query(struct sink *sink, enum step step, const char *sql);

/* Leave off and try again later; `sqlstate` "" when the connection is gone. */
void sink_back_off(struct sink *sink, const char *sqlstate, const char *text);
void sink_lost(struct sink *sink);                 /* the connection says why */
void sink_failed(struct sink *sink);               /* Postgres has said no to something */

/* What the receipt of the bundle in hand will say. */
void sink_outcome(struct sink *sink, enum outcome outcome, int64_t added);

#endif
