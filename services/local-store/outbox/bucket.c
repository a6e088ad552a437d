#include "services/local-store/outbox/bucket.h"

#include "common/clock.h"

/* What is in it now, with what has run in since; less than nothing when in debt. */
static int64_t
level_us(const struct bucket *b, int64_t now_us)
{
	int64_t level = b->level_us + (now_us > b->at_us ? now_us - b->at_us : 0);

	return level < CLOCK_SECOND ? level : CLOCK_SECOND;
}

struct bucket
bucket_new(int64_t per_s, int64_t now_us)
{
	return (struct bucket){per_s, CLOCK_SECOND, now_us, 0};
}

int64_t
bucket_wait_us(const struct bucket *b, int64_t now_us)
{
	int64_t level = level_us(b, now_us);

	return !b->per_s || level > 0 ? 0 : 1 - level;
}

void
bucket_spend(struct bucket *b, int64_t n, int64_t now_us)
{
	int64_t cost;

	if (!b->per_s)
		return;
	cost = n * CLOCK_SECOND + b->rest;
	b->level_us = level_us(b, now_us) - cost / b->per_s;
	b->rest = cost % b->per_s;
	b->at_us = now_us > b->at_us ? now_us : b->at_us;
}
