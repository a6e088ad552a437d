/*
 * quarantine - rows that Postgres will not take, apart from those it will
 *
 * A receipt names them; from then on they do not leave with their session until a person has
 * replayed them, or a newer version of the record comes by itself.  Nothing is ever removed
 * from the tables they stand in.  Everything here happens inside the store's transaction.
 */
#ifndef QUARANTINE_H
#define QUARANTINE_H

#include "services/local-store/outbox/shipment.h"

struct quarantine;
struct quarantine *quarantine_open(struct store *store, struct err *err);  /* NULL: see err */
void quarantine_close(struct quarantine **quarantine);

struct quarantine_counts {
	int64_t held, replaying, dropped;
	int64_t misfits;  /* rows of batches (misfits.h) that wait */
};
const struct quarantine_counts *quarantine_counts(const struct quarantine *quarantine);

/* Rows of batches have come or gone. */
int quarantine_count(struct quarantine *quarantine, struct err *err);

/* Whether that reading (readings.id) is to stay behind; 1, 0, or -1 and err. */
int quarantine_has_reading(struct quarantine *quarantine, int64_t id, struct err *err);

/* Whether anything of that session is held; 1, 0, or -1 and err. */
int quarantine_has_session(struct quarantine *quarantine, int64_t session_no, struct err *err);

/*
 * What a receipt says of this shipment: rows it names come in, rows of the shipment that it
 * does not name and that were here have landed and leave.  1: records that waited for their
 * session's row may go now; 0; -1 and err.
 */
int quarantine_receipt(struct quarantine *quarantine, const struct shipment *shipment,
		       const struct receipt *receipt, int64_t now_us, struct err *err);

/* One of those here. */
struct quarantined {
	int64_t no, row, session_no, taken_us, hlc;
	char kind[16], sqlstate[6], state[10];
};
/* The first one after `after` of that state ("" any): 1 and *entry, 0 none, -1 and err. */
int quarantine_next(struct quarantine *quarantine, int64_t after, const char *state,
		    struct quarantined *entry, struct err *err);
/* The readings that replay, session by session: the next one's number, first and last time. */
int quarantine_next_span(struct quarantine *quarantine, int64_t after_session,
			 struct quarantined *first, int64_t *to_us, struct err *err);
int quarantine_get(struct quarantine *quarantine, int64_t no, struct quarantined *entry,
		   struct err *err);

/* On record, and then so.  A record that replays counts as not synced again. */
struct quarantine_note {
	const char *who, *action, *reason, *before, *after;  /* the last three may be NULL */
	int64_t at_us;
};
int quarantine_set(struct quarantine *quarantine, const struct quarantined *entry,
		   const char *state, const struct quarantine_note *note, struct err *err);

/* Its table; NULL: it is a reading. */
struct table *quarantine_table(const struct quarantine *quarantine, const char *kind);

#endif
