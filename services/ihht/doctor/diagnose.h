/*
 * diagnose - from what was seen of the processes to the first hop that is broken
 *
 *	device -> spool -> store -> worker -> postgres -> watcher
 *
 * Progress is judged, not life: two looks some seconds apart tell whether what waits moves.
 * `ihht doctor` and GET /api/doctor say the same words.  Pure.
 */
#ifndef DIAGNOSE_H
#define DIAGNOSE_H

#include <jansson.h>

#include "services/ihht/doctor/facts.h"

enum hop { HOP_DEVICE, HOP_SPOOL, HOP_STORE, HOP_WORKER, HOP_POSTGRES, HOP_WATCHER, N_HOPS };
enum hop_state {
	HOP_IS_OK,
	HOP_IS_NOTE,     /* works, and somebody should know something */
	HOP_IS_BROKEN,
	HOP_IS_HIDDEN,   /* cannot be told, as a hop before it is broken */
};

struct diagnosis {
	enum hop_state state;
	char evidence[400];      /* what was seen */
	char cure[300];          /* "" when nothing is to be done */
};

void diagnose(const struct facts *facts, struct diagnosis hops[N_HOPS]);

/* The first broken hop; N_HOPS: none is. */
enum hop diagnose_first(const struct diagnosis hops[N_HOPS]);

/* {"first_broken", "hops": [{"hop", "state", "evidence", "cure"}]}, for the caller to release. */
json_t *diagnose_json(const struct diagnosis hops[N_HOPS]);

const char *hop_name(enum hop hop);
const char *hop_state_name(enum hop_state state);

#endif
