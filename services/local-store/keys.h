/*
 * keys - what stands behind the keys that callers give their requests (Idempotency-Key)
 *
 * A key is bound to its first request: that again is let through, as commands may come twice;
 * another is refused.  Inside the store's transaction.
 */
#ifndef KEYS_H
#define KEYS_H

#include "services/local-store/disk/out_sqlite.h"
#include "services/local-store/effects.h"

#define KEYS_KEPT 100000  /* the latest; an older one may be used anew */

int keys_take(struct store *store, const struct keyed *keyed, struct effects *effects,
	      struct err *err);

#endif
