/*
 * misfits - rows of an app's batches that could not be read, kept as they came
 *
 * A row that comes again is kept once.  Inside the store's transaction.
 */
#ifndef MISFITS_H
#define MISFITS_H

#include "services/local-store/effects.h"
#include "services/local-store/disk/out_sqlite.h"

#define MISFITS_MOST 10000  /* then they are refused: somebody sends nothing else */

int misfits_take(struct store *store, const struct misfit *misfit, int64_t now_us,
		 struct effects *effects, struct err *err);

#endif
