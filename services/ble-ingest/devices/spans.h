/*
 * spans - the times that were missed and shall be recalled
 */
#ifndef SPANS_H
#define SPANS_H

#include <stdint.h>

#define SPANS_MOST 8  /* more: the oldest is given up */

struct spans {
	struct { int64_t from_us, to_us; } at[SPANS_MOST];
	unsigned n;
};

void spans_add(struct spans *spans, int64_t from_us, int64_t to_us);

/* Is it inside one of them?  The ends were received, so they are not. */
int spans_hold(const struct spans *spans, int64_t us);

#endif
