/*
 * breaker - after so many failures in a row, leave Postgres alone for a while
 *
 * CLOSED: all is well, or fails now and then.  OPEN: nothing is tried until the rest is over.
 * TRYING: one try, which closes it or opens it again.  Pure.
 */
#ifndef BREAKER_H
#define BREAKER_H

#include <stdint.h>

enum breaker_state { BREAKER_CLOSED, BREAKER_TRYING, BREAKER_OPEN };

struct breaker {
	int64_t most_failures;      /* in a row; from then on it opens */
	int64_t rest_ms;
	enum breaker_state state;
	int64_t n_failed;           /* in a row */
	uint64_t n_opened;
};

/* How long to wait at least before the next try. */
int64_t breaker_failed_ms(struct breaker *breaker);
void breaker_try(struct breaker *breaker);
void breaker_worked(struct breaker *breaker);

#endif
