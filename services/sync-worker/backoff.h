/*
 * backoff - when to try again: full jitter, so that many workers do not come back together
 *
 * After the n-th failure in a row the wait is anything from 0 to first * 2^(n-1), at most
 * `most`, each length equally likely.  Pure: the state holds its own random numbers.
 */
#ifndef BACKOFF_H
#define BACKOFF_H

#include <stdint.h>

struct backoff {
	int64_t first_ms, most_ms;
	int n_failed;      /* in a row; 0 it when something has worked */
	uint64_t random;   /* any seed */
};

int64_t backoff_next_ms(struct backoff *backoff);

#endif
