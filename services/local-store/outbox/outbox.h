/*
 * outbox - from the log of readings to bundles, and back from receipts
 *
 * Reads the log in order, gathers rows by session, and closes a bundle of one session at
 * `rows` rows, after `wait_us`, or when the session ends.  What is open and in flight is
 * bounded; beyond it the log just grows on disk.  A changed session or record goes at once
 * and overtakes readings, also where these wait because so many a second may leave; and
 * readings that are taken now overtake those that are behind (stretches.c).  Nothing
 * of this is on disk but how far each session has come and, roughly, what was never sent
 * (unsent.c), so after a crash some rows are sent twice, which is harmless.
 *
 * With `pack` bytes on the wire cost: what is ready leaves in crates (proto/crate.h), and who
 * would be ready within a second goes along.  What is sent again is a bundle by itself.
 */
#ifndef OUTBOX_H
#define OUTBOX_H

#include "services/local-store/outbox/bucket.h"
#include "services/local-store/quarantine/quarantine.h"

struct outbox_limits {
	size_t rows;         /* in a bundle */
	size_t open_rows;    /* gathered in memory, all sessions together */
	size_t in_flight;    /* bundles without receipt */
	int64_t wait_us;     /* the oldest row of an open bundle waits no longer */
	int64_t resend_us;   /* without receipt for so long: again */
	int64_t rows_per_s, bytes_per_s;  /* of bundles with readings; 0: no limit */
};

struct outbox;
struct outbox *outbox_open(struct store *store, struct sessions *sessions, const char *gateway,
			   const struct outbox_limits *limits, bool pack, struct err *err);
void outbox_close(struct outbox **outbox);

/* The log ends here now. */
void outbox_head(struct outbox *outbox, int64_t last_reading);

/* These have just been committed.  Those that continue what has been read of the log need not
 * be read back; of the rest nothing is taken. */
int outbox_take(struct outbox *outbox, const struct kept *rows, size_t n, int64_t now_us,
		struct err *err);

/* Its row or a record of it has changed, or it has ended: send that at once. */
void outbox_due(struct outbox *outbox, struct entry *entry);

/* Readings of that span again, and everything else of the session.  -1 too many wait. */
int outbox_repair(struct outbox *outbox, struct entry *entry, int64_t from_us, int64_t to_us,
		  struct err *err);

/* The same of readings alone, that were in quarantine. */
int outbox_replay(struct outbox *outbox, struct entry *entry, int64_t from_us, int64_t to_us,
		  struct err *err);

/* Rows that Postgres will not take: they stay behind. */
struct quarantine *outbox_quarantine(struct outbox *outbox);

/* Gathers and closes as far as the limits allow.  1 there may be more to do at once, 0 not. */
int outbox_work(struct outbox *outbox, int64_t now_us, struct err *err);

/* What to send next, a bundle or a crate, NULL when nothing; then say that it was sent. */
const void *outbox_next(struct outbox *outbox, int64_t now_us, const struct message **message);
void outbox_sent(struct outbox *outbox, int64_t now_us);

/* 1 known and taken, *entry is its session; 0 of a bundle we do not wait for. */
int outbox_receipt(struct outbox *outbox, const struct receipt *receipt, int64_t now_us,
		   struct entry **entry, struct err *err);

/* A worker that was not heard of before: what the one before it had is lost, and nobody knows
 * which of it that was, so all that is in flight goes again. */
void outbox_hello(struct outbox *outbox, const struct hello *hello);

/* Before a commit: from where a restart must read. */
int outbox_save(struct outbox *outbox, struct err *err);

/* When outbox_work() or outbox_next() will have something by the clock alone. */
int64_t outbox_wake_us(const struct outbox *outbox, int64_t now_us);

struct outbox_counts {
	uint64_t n_sent, n_resent, n_applied, n_duplicate, n_quarantined, n_refused, n_rows, n_seen;
	uint64_t n_crates, n_bytes, n_raw_bytes;  /* sent; and what it was before it was packed */
	bool limited;       /* a bundle waits for the rate's sake */
	int64_t pending;    /* readings without receipt */
	size_t in_flight, open_rows;
	size_t refusing;    /* sessions that wait because Postgres refused them */
};
void outbox_counts(const struct outbox *outbox, struct outbox_counts *counts);

#endif
