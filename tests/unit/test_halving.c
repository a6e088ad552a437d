#include "services/sync-worker/halving.h"

#include <math.h>
#include <stdint.h>
#include <string.h>

#include "tests/unit/test.h"

/* Postgres, as far as it matters here. */
struct world {
	const unsigned char *bad, *mended;
	int mend_after;      /* so many tries */
	unsigned char in[10000];
	size_t n_statements, n_found;
};

static int
is_found(const struct halving *h, size_t row)
{
	size_t i;

	for (i = 0; i < h->n_found; i++)
		if (h->found[i] == row)
			return 1;
	return 0;
}

/* One statement, and a roll back when it is refused. */
static int
try(struct world *w, const struct halving *h, size_t to)
{
	size_t i;

	for (i = h->in; i < to && is_found(h, i); i++)
		;
	w->n_statements += i < to;  /* without a row to insert there is only the commit */
	for (i = h->in; i < to; i++)
		if (w->bad[i] && !is_found(h, i)) {
			w->n_statements++;
			memset(w->in, 0, sizeof(w->in));
			return 0;
		}
	for (i = h->in; i < to; i++)
		w->in[i] = !is_found(h, i);
	return 1;
}

static void
run(struct world *w, struct halving *h, size_t n, int suspected)
{
	int last, taken;
	size_t to;

	memset(w->in, 0, sizeof(w->in));
	w->n_statements = w->n_found = 0;
	halving_start(h, n, suspected);
	do {
		last = halving_next(h, &to);
		taken = try(w, h, to);
		if (taken)
			halving_taken(h);
		else
			w->n_found += (size_t)halving_refused(h);
		if (w->mend_after && !--w->mend_after)
			w->bad = w->mended;
		if (h->n_found == HALVING_MOST)
			halving_cut(h);
	} while (!last || !taken);
}

/* Every good row is in once, and no bad one. */
static int
is_right(const struct world *w, const struct halving *h, size_t n)
{
	size_t i;

	for (i = 0; i < n; i++)
		if (w->in[i] != !w->bad[i] || is_found(h, i) != w->bad[i])
			return 0;
	return 1;
}

TEST(one_bad_row_is_found_wherever_it_is)
{
	static const size_t sizes[] = {1, 2, 3, 4, 5, 7, 8, 9, 64, 100, 500, 1500};
	static unsigned char bad[10000];
	static struct world w = {.bad = bad};
	struct halving h;
	size_t s, at, wrong = 0;
	int suspected;

	for (s = 0; s < sizeof(sizes) / sizeof(sizes[0]); s++)
		for (at = 0; at < sizes[s]; at++)
			for (suspected = 0; suspected < 2; suspected++) {
				bad[at] = 1;
				run(&w, &h, sizes[s], suspected);
				wrong += !is_right(&w, &h, sizes[s]) || w.n_found != 1;
				bad[at] = 0;
			}
	is_int((int64_t)wrong, 0);
}

/* The savepoint itself and the first refusal are counted by who calls it: one each. */
TEST(one_bad_row_costs_less_than_twice_the_logarithm)
{
	static const size_t sizes[] = {200, 500, 1500, 10000};
	static unsigned char bad[10000];
	static struct world w = {.bad = bad};
	struct halving h;
	size_t s, at, most;

	for (s = 0; s < sizeof(sizes) / sizeof(sizes[0]); s++) {
		for (at = most = 0; at < sizes[s]; at += sizes[s] > 1500 ? 37 : 1) {
			bad[at] = 1;
			run(&w, &h, sizes[s], 1);
			most = w.n_statements > most ? w.n_statements : most;
			bad[at] = 0;
		}
		/* one of them is the statement that every bundle needs */
		ok((double)(most - 1 + 2) <= 2 * log2((double)sizes[s]), "%zu statements of %zu rows", most,
		   sizes[s]);
	}
}

TEST(several_bad_rows_are_found_in_order)
{
	static const struct {
		size_t n, at[6], n_at;
	} rows[] = {
		{10, {0, 9}, 2}, {10, {4, 5}, 2}, {2, {0, 1}, 2}, {1000, {0, 1, 2, 997, 998, 999}, 6},
		{1000, {123, 124, 500, 731}, 4}, {3, {0, 1, 2}, 3},
	};
	static unsigned char bad[10000];
	static struct world w = {.bad = bad};
	struct halving h;
	size_t i, k;
	int suspected;

	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		for (suspected = 0; suspected < 2; suspected++) {
			memset(bad, 0, sizeof(bad));
			for (k = 0; k < rows[i].n_at; k++)
				bad[rows[i].at[k]] = 1;
			run(&w, &h, rows[i].n, suspected);
			ok(is_right(&w, &h, rows[i].n), "row %zu, %d", i, suspected);
			for (k = 0; k < rows[i].n_at; k++)
				is_int((int64_t)h.found[k], (int64_t)rows[i].at[k]);
		}
	memset(bad, 0, sizeof(bad));
}

TEST(with_no_bad_row_there_is_one_statement_and_a_wrong_suspicion_finds_nobody)
{
	static unsigned char bad[10000];
	static struct world w = {.bad = bad};
	struct halving h;

	run(&w, &h, 10000, 0);
	is_int((int64_t)w.n_statements, 1);
	ok(is_right(&w, &h, 10000));
	run(&w, &h, 10000, 1);
	is_int((int64_t)h.n_found, 0);
	ok(is_right(&w, &h, 10000));
}

/* Somebody takes the constraint away while it is looked for what it refuses. */
TEST(a_row_that_is_not_refused_by_itself_is_not_found_bad)
{
	static unsigned char bad[10000], none[10000];
	static struct world w;
	struct halving h;
	int after;

	bad[333] = 1;
	for (after = 1; after < 15; after++) {
		w = (struct world){.bad = bad, .mended = none, .mend_after = after};
		run(&w, &h, 1000, 1);
		ok(h.n_found <= 1 && (!h.n_found || h.found[0] == 333), "after %d", after);
		ok(h.n_found || is_right(&w, &h, 1000), "after %d", after);
	}
}

TEST(beyond_the_most_the_rest_is_left_off)
{
	static unsigned char bad[10000];
	static struct world w = {.bad = bad};
	struct halving h;
	size_t i;

	for (i = 0; i < 1000; i += 2)
		bad[i] = 1;
	run(&w, &h, 1000, 0);
	is_int((int64_t)h.n_found, HALVING_MOST);
	ok(is_right(&w, &h, 2 * HALVING_MOST - 1), "those before are in");
	for (i = 2 * HALVING_MOST - 1; i < 1000; i++)
		if (w.in[i])
			break;
	is_int((int64_t)i, 1000);
	memset(bad, 0, sizeof(bad));
}

int
main(void)
{
	RUN(one_bad_row_is_found_wherever_it_is);
	RUN(one_bad_row_costs_less_than_twice_the_logarithm);
	RUN(several_bad_rows_are_found_in_order);
	RUN(with_no_bad_row_there_is_one_statement_and_a_wrong_suspicion_finds_nobody);
	RUN(a_row_that_is_not_refused_by_itself_is_not_found_bad);
	RUN(beyond_the_most_the_rest_is_left_off);
	return test_done();
}
