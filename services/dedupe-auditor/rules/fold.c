#include "services/dedupe-auditor/rules/fold.h"

#include "proto/msg.h"

struct moment {
	size_t from, to;         /* rows of one time */
	size_t stays;            /* the only one that does; `to` when values clash */
};

static int
same_values(const struct legacy_reading *a, const struct legacy_reading *b)
{
	return a->spo2 == b->spo2 && a->heart_rate == b->heart_rate;
}

static int
has_signal(const struct legacy_reading *row)
{
	return row->signal_strength != MSG_NONE;
}

/* Copies of row i within its moment go to the one with signal_strength, else the first. */
static void
fold_again(const struct legacy_reading *rows, size_t i, size_t to, size_t *into)
{
	size_t j, best = i;

	for (j = i + 1; j < to; j++)
		if (into[j] == j && same_values(&rows[i], &rows[j]) && !has_signal(&rows[best]) &&
		    has_signal(&rows[j]))
			best = j;
	for (j = i; j < to; j++)
		if (into[j] == j && same_values(&rows[i], &rows[j]))
			into[j] = best;
}

static struct moment
take_moment(const struct legacy_reading *rows, size_t n, size_t from, size_t *into,
	    struct fold_sum *sum)
{
	struct moment m = {.from = from, .to = from};
	size_t i, n_stay = 0;

	for (; m.to < n && rows[m.to].time_us == rows[from].time_us; m.to++)
		into[m.to] = m.to;
	for (i = from; i < m.to; i++)
		if (into[i] == i)
			fold_again(rows, i, m.to, into);
	m.stays = m.to;
	for (i = from; i < m.to; i++) {
		if (into[i] != i) {
			sum->n_again++;
			continue;
		}
		n_stay++;
		m.stays = i;
	}
	if (n_stay > 1) {
		sum->n_clash += (int64_t)n_stay;
		m.stays = m.to;
	}
	return m;
}

static void
fold_twice(const struct legacy_reading *rows, const struct moment *a, const struct moment *b,
	   size_t *into, struct fold_sum *sum)
{
	size_t keep = a->stays, other = b->stays, i;

	if (a->stays == a->to || b->stays == b->to || !same_values(&rows[keep], &rows[other]) ||
	    (has_signal(&rows[keep]) && has_signal(&rows[other])))
		return;
	if (has_signal(&rows[other])) {
		keep = b->stays;
		other = a->stays;
	}
	for (i = a->from; i < b->to; i++)
		if (into[i] == other)
			into[i] = keep;
	sum->n_twice++;
}

void
readings_fold(const struct legacy_reading *rows, size_t n, size_t *into, struct fold_sum *sum)
{
	struct moment a, b = {0};
	size_t i = 0, j, n_moments;

	while (i < n) {
		size_t first = i;

		a = take_moment(rows, n, i, into, sum);
		n_moments = 1;
		for (i = a.to; i < n && rows[i].time_us - rows[i - 1].time_us < FOLD_TWICE_US;
		     i = b.to, n_moments++)
			b = take_moment(rows, n, i, into, sum);
		if (n_moments == 2)
			fold_twice(rows, &a, &b, into, sum);
		for (j = first; n_moments > 2 && j < i; j++)
			sum->n_dense += into[j] == j;
	}
}
