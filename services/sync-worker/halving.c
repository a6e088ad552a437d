#include "services/sync-worker/halving.h"

#include <string.h>

#include "common/err.h"

/* A refusal costs two statements, a success one: this part of 1000, as 1 = x + x^2 with the
 * larger part x, makes both ways equally dear. */
#define SMALLER 382

void
halving_start(struct halving *h, size_t n, int suspected)
{
	memset(h, 0, sizeof(*h));
	h->n = n;
	h->bad = suspected ? n : 0;
}

int
halving_next(struct halving *h, size_t *to)
{
	size_t left = h->bad - h->good;

	if (!h->bad)
		h->to = h->n;
	else if (left == 1)
		h->to = h->bad;  /* by itself: the table may have been mended meanwhile */
	else
		h->to = h->good + (left * SMALLER + 500) / 1000;
	*to = h->to;
	return !h->bad;
}

void
halving_taken(struct halving *h)
{
	h->in = h->good = h->to;
	if (h->good == h->bad)
		h->bad = 0;  /* what was suspected is not so */
}

int
halving_refused(struct halving *h)
{
	h->in = 0;
	h->bad = h->to;
	if (h->bad - h->good != 1)
		return 0;
	ASSERT(h->n_found < HALVING_MOST);
	h->found[h->n_found++] = h->good++;
	h->bad = 0;
	return 1;
}

void
halving_cut(struct halving *h)
{
	h->n = h->good;
	h->bad = 0;
}
