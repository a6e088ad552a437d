/*
 * lifecycle - a session from start to stop
 *
 * Starting again returns the running session, the same phase or stop again changes nothing.
 * One active session per person and per device, and no two of a device overlap.
 */
#ifndef LIFECYCLE_H
#define LIFECYCLE_H

#include "common/log.h"
#include "services/local-store/effects.h"
#include "services/local-store/disk/out_sqlite.h"

struct lifecycle {
	struct store *store;
	struct sessions *sessions;
	const char *gateway;
	int64_t hlc;                    /* the last stamp given */
	int64_t lead_us;                /* UTC less the steady clock, as they are set; 0: not known */
	int64_t room;                   /* readings that may come before the store is at its cap */
	const char *archive;            /* folder of what has left */
	struct {
		uint64_t files_archived, readings_archived, readings_recalled, files_damaged;
	} counts;
	struct log_often damaged_often;
};

/* 0 and *effects; -1 the store has failed: roll back. */
int lifecycle_start(struct lifecycle *life, const struct session_start *start, int64_t now_us,
		    struct effects *effects, struct err *err);
int lifecycle_phase(struct lifecycle *life, const struct session_phase *phase, int64_t now_us,
		    struct effects *effects, struct err *err);
int lifecycle_stop(struct lifecycle *life, const struct session_stop *stop, int64_t now_us,
		   struct effects *effects, struct err *err);

/* 1 and *entry; 0 there is none, said in *effects; -1 the store has failed. */
int lifecycle_find(struct lifecycle *life, const char *id, struct effects *effects,
		   struct entry **entry, struct err *err);

/* The next stamp, kept in the store. */
int lifecycle_stamp(struct lifecycle *life, int64_t now_us, int64_t *hlc, struct err *err);

/* Its row has changed otherwise: stamp and store it. */
int lifecycle_touch(struct lifecycle *life, struct entry *entry, int64_t now_us,
		    struct err *err);

/* Counts a mask lift in that altitude phase, which may be the running one. */
int lifecycle_lift(struct lifecycle *life, const struct entry *entry, int64_t cycle,
		   int64_t now_us, struct err *err);

/* The figures of a phase as a record, when it is of a kind that has some. */
int lifecycle_put_phase(struct lifecycle *life, const struct entry *entry,
			const struct span *span, const struct totals *totals, int64_t end_us,
			int64_t trigger, int64_t now_us, struct err *err);

#endif
