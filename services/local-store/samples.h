/*
 * samples - what ble-ingest sends, as rows of the session each belongs to
 *
 * In order and once (intake.h is the agreement); a reading without a session is heard and not
 * kept.  Nothing here touches a socket.
 */
#ifndef SAMPLES_H
#define SAMPLES_H

#include "services/local-store/intake.h"
#include "services/local-store/lifecycle.h"
#include "services/local-store/outbox/outbox.h"

#define SAMPLES_SPOOLS  64
#define SAMPLES_STARTED 64
#define SAMPLES_ROWS    6000

struct samples {
	struct heard heard[SAMPLES_SPOOLS];
	size_t n_heard, next_heard;
	/* in the open transaction: */
	struct kept rows[SAMPLES_ROWS];          /* the readings, those from n_settled on yet to be stored */
	size_t n_rows, n_settled;
	struct entry *started[SAMPLES_STARTED];  /* learnt their data_source from a reading */
	size_t n_started, n_taken;
	uint64_t n_stored, n_seen, n_outside, n_holes, n_skipped, n_gaps;
};

/* The transaction has failed: what was heard stands on disk.  Counters stay. */
void samples_forget(struct samples *samples);

/* A sample, a gap or a resume, towards the transaction.  0; -1 the store has failed. */
int samples_take(struct samples *samples, struct lifecycle *life, struct outbox *outbox,
		 const struct message *message, const void *msg, int64_t now_us, struct err *err);

/* Readings are stored many at once.  Those that wait go into the transaction now: before a
 * command, which may go by what is there, and before the commit. */
int samples_settle(struct samples *samples, struct lifecycle *life, struct outbox *outbox,
		   int64_t now_us, struct err *err);

/* After the commit: the outbox gets the readings, if no others came between. */
int samples_ship(struct samples *samples, struct outbox *outbox, struct err *err);

/* How far each spool has been heard, into the same transaction. */
int samples_save(struct samples *samples, struct store *store, struct err *err);

#endif
