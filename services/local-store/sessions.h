/*
 * sessions - the sessions local-store has in hand, found by id, number, device or person
 *
 * Memory only.  Sessions that run are always here; ended ones stay while somebody needs
 * them or until their device has more than SESSIONS_PER_DEVICE.
 */
#ifndef SESSIONS_H
#define SESSIONS_H

#include <stdbool.h>

#include "proto/msg.h"
#include "services/local-store/totals.h"

#define SESSIONS_PER_DEVICE 4

/* From when on a phase was breathed. */
struct span {
	int64_t from_us, phase, cycle, altitude_level;
};

/* Readings that arrive now, and those that are behind: each is gathered by itself. */
enum lane { LIVE, LATE, LANES };

struct entry {
	struct session row;
	int64_t no;                  /* row number in the store, as in readings.session */
	struct span *spans;          /* oldest first */
	size_t n_spans;
	struct totals whole, phase;  /* of the session and of its running phase */
	bool stale;                  /* readings came late: figures must be counted again */
	struct entry *next_stale;
	struct entry *older;         /* the same device's next older one */
	struct entry *next, **prev;  /* of all in hand */

	/* its clock, which is never set back */
	int64_t lead_us;             /* UTC less the steady clock, at its most; 0: not known */
	int64_t behind_us;           /* so much its device's values are behind it now … */
	int64_t most_behind_us;      /* … and were at most */

	int n_untold;                /* restored in this transaction: in hand until that is said */

	/* outbox's */
	int64_t synced;              /* readings.id up to which Postgres has all of it */
	int64_t arrived;             /* and the last one it has: live ones overtake a backlog */
	int64_t maybe_sent;          /* some up to this one went before their turn */
	int64_t scanned;             /* the log up to here is not read for it, or for it alone */
	struct heap *heap[LANES];    /* taken and not yet in a bundle: those that grow … */
	int n_heaps;                 /* … and those that wait */
	int n_shipped;               /* bundles without receipt */
	bool had_head_start;         /* its first bundle left early, so that not all leave at once */
	bool due;                    /* has changed records */
	bool unsettled;              /* all sent, as far as the log has been read */
	struct entry *next_due;
	int64_t n_archived;          /* parts of its readings that have left the store */
	int64_t held_until_us;       /* Postgres refused it: not before then */
	int n_refused;               /* in a row */
};

struct sessions;
struct sessions *sessions_new(void);
void sessions_free(struct sessions **sessions);

struct entry *sessions_add(struct sessions *sessions, const struct session *row, int64_t no);
/* It runs no more: its row says so. */
void sessions_ended(struct sessions *sessions, struct entry *entry);
struct entry *sessions_by_id(const struct sessions *sessions, const char *id);
struct entry *sessions_by_no(const struct sessions *sessions, int64_t no);
struct entry *sessions_active_of(const struct sessions *sessions, const char *user_id);
struct entry *sessions_active_on(const struct sessions *sessions, const char *device_id);

/* Whose span contains that time; NULL when none in hand has.  live: the time is of the clock as it
 * is set now. */
struct entry *sessions_at(const struct sessions *sessions, const char *device_id,
			  int64_t taken_us, bool live);
/* When that was by the session's own clock. */
int64_t entry_time_us(const struct entry *entry, int64_t taken_us, bool live);
/* A device's, newest start first; NULL none. */
struct entry *sessions_newest(const struct sessions *sessions, const char *device_id);

/* Whether all sessions of that device that could contain the time are in hand. */
bool sessions_know(const struct sessions *sessions, const char *device_id, int64_t taken_us);
/* From `from_us` on they are. */
void sessions_known(struct sessions *sessions, const char *device_id, int64_t from_us);

/* Of that device, not over at start_us and begun before end_us: it would share readings; NULL
 * when none in hand. */
struct entry *sessions_overlapping(const struct sessions *sessions, const char *device_id,
				   int64_t start_us, int64_t end_us);

/* Readings of it came late: once in the queue, however often.  Taken oldest first. */
void sessions_stale(struct sessions *sessions, struct entry *entry);
struct entry *sessions_take_stale(struct sessions *sessions);  /* NULL when none */
bool sessions_have_stale(const struct sessions *sessions);

/* Lets go of ended sessions nobody needs, beyond SESSIONS_PER_DEVICE of a device. */
void sessions_trim(struct sessions *sessions, const char *device_id);

/* All in hand, in no order: start with NULL, ends with NULL. */
struct entry *sessions_next(const struct sessions *sessions, const struct entry *last);
size_t sessions_active(const struct sessions *sessions);

bool entry_active(const struct entry *entry);
int entry_add_span(struct entry *entry, const struct span *span);
/* The span with which that one's phase began: itself, or one before an interruption. */
size_t entry_phase_began(const struct entry *entry, size_t span);
/* Whether the phase begun last was breathed at that time. */
bool entry_in_last_phase(const struct entry *entry, int64_t taken_us);
/* The phase breathed at that time; a span of PHASE_NONE before the first. */
struct span entry_span_at(const struct entry *entry, int64_t taken_us);

#endif
