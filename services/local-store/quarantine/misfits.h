/*
 * misfits - rows of an app's batches that could not be read, kept as they came
 *
 * A row that comes again is kept once, also when a person is done with it.  Inside the store's
 * transaction.
 */
#ifndef MISFITS_H
#define MISFITS_H

#include "services/local-store/effects.h"
#include "services/local-store/disk/out_sqlite.h"

#define MISFITS_MOST 10000  /* that wait; then they are refused: somebody sends nothing else */

int misfits_take(struct store *store, const struct misfit *misfit, int64_t now_us,
		 struct effects *effects, struct err *err);

/* On record that a person has dropped it, or that it has been taken as it came or mended. */
int misfits_release(struct store *store, const struct release *release, int64_t now_us,
		    struct effects *effects, struct err *err);

#endif
