/*
 * halving - which rows of a bundle Postgres will not take, found by trying parts of it
 *
 * Rows that were refused together are tried again, always a beginning of what is left, until
 * the first bad one stands alone; then all the others are tried together, and so on.  What is
 * refused is rolled back to a savepoint, which is a second statement, so the part that is
 * tried is the smaller one: one bad row among n takes 1.44 log2(n) + 4 statements at most.
 * Pure.
 */
#ifndef HALVING_H
#define HALVING_H

#include <stddef.h>

#define HALVING_MOST 64  /* bad rows in one bundle; with more of them it is not the rows */

struct halving {
	size_t n;                     /* rows 0 to n - 1 */
	size_t in;                    /* those before it are in Postgres, but for the bad ones */
	size_t good;                  /* those before it are known to be good, or found bad */
	size_t bad;                   /* one of good to bad - 1 is bad; 0: none is known to be */
	size_t to;                    /* end of what is being tried */
	size_t found[HALVING_MOST];   /* the bad ones, in order */
	size_t n_found;
};

/* `suspected`: something among them was refused, in another way than by trying them. */
void halving_start(struct halving *halving, size_t n, int suspected);

/* What to try now: rows halving->in to *to - 1 without those found bad.  1: it is the last
 * statement, commit after it. */
int halving_next(struct halving *halving, size_t *to);

/* They were taken; or refused, and all is rolled back.  1: it was for a row that stands alone
 * now, the last of those found; all before it had been taken. */
void halving_taken(struct halving *halving);
int halving_refused(struct halving *halving);

/* Too many: leave off what comes after those found. */
void halving_cut(struct halving *halving);

#endif
