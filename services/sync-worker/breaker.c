#include "services/sync-worker/breaker.h"

int64_t
breaker_failed_ms(struct breaker *b)
{
	if (++b->n_failed < b->most_failures)
		return 0;
	if (b->state == BREAKER_CLOSED)
		b->n_opened++;
	b->state = BREAKER_OPEN;
	return b->rest_ms;
}

void
breaker_try(struct breaker *b)
{
	if (b->state == BREAKER_OPEN)
		b->state = BREAKER_TRYING;
}

void
breaker_worked(struct breaker *b)
{
	b->state = BREAKER_CLOSED;
	b->n_failed = 0;
}
