/*
 * spans - the times that were missed and shall be recalled
 */
#ifndef SPANS_H
#define SPANS_H

#include "services/ble-ingest/devices/say.h"

#define SPANS_MOST 8  /* more: the oldest is given up */

struct spans {
	struct { int64_t from_us, to_us; } at[SPANS_MOST];
	unsigned n;
};

void spans_add(struct spans *spans, int64_t from_us, int64_t to_us);

/* Is it inside one of them?  The ends were received, so they are not. */
int spans_hold(const struct spans *spans, int64_t us);

/* The first n are given up. */
void spans_drop(struct spans *spans, unsigned n);

/* All there is of the i-th has been said: it is taken out, and that is said. */
void spans_done(struct spans *spans, unsigned i, struct say *say);

#endif
