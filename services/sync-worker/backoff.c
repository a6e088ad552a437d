#include "services/sync-worker/backoff.h"

/* splitmix64, after Steele, Lea and Flood, 2014 */
static uint64_t
next_random(uint64_t *state)
{
	uint64_t z = *state += 0x9e3779b97f4a7c15;

	z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9;
	z = (z ^ z >> 27) * 0x94d049bb133111eb;
	return z ^ z >> 31;
}

int64_t
backoff_next_ms(struct backoff *backoff)
{
	int64_t most = backoff->first_ms;
	int i;

	for (i = 0; i < backoff->n_failed && most < backoff->most_ms; i++)
		most *= 2;
	if (most > backoff->most_ms)
		most = backoff->most_ms;
	backoff->n_failed++;
	return (int64_t)(next_random(&backoff->random) % (uint64_t)(most + 1));
}
