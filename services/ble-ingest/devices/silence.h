/*
 * silence - a device of which not one frame was ever heard is another one
 *
 * For kinds whose service other products have too.
 */
#ifndef SILENCE_H
#define SILENCE_H

#include "common/clock.h"
#include "services/ble-ingest/source.h"

#define SILENCE_US (15 * CLOCK_SECOND)

struct silence {
	int64_t until_us;  /* mono; INT64_MAX: it has spoken, or was told to be a stranger */
};

static inline void
silence_begin(struct silence *s, const struct source_now *now)
{
	s->until_us = now->mono_us + SILENCE_US;
}

static inline void
silence_broken(struct silence *s)
{
	s->until_us = INT64_MAX;
}

/* 1, once. */
static inline int
silence_is_over(struct silence *s, const struct source_now *now)
{
	if (now->mono_us < s->until_us)
		return 0;
	s->until_us = INT64_MAX;
	return 1;
}

static inline int64_t
silence_wait_us(const struct silence *s, const struct source_now *now)
{
	if (s->until_us == INT64_MAX)
		return INT64_MAX;
	return s->until_us > now->mono_us ? s->until_us - now->mono_us : 0;
}

#endif
