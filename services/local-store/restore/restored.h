/*
 * restored - a session as Postgres has it, for a store that lacks it
 *
 * Rows keep the stamps they have there and count as synced: nothing is counted again, stamped
 * or sent back.  A row that is here in the same or a newer version stays as it is, so the same
 * again, or a part of it after a crash, adds nothing.  An older version that Postgres has yet to
 * see stays until it does; the reply's field then is `waiting`: ask again.
 */
#ifndef RESTORED_H
#define RESTORED_H

#include "services/local-store/lifecycle.h"

/* 0 and *effects (a refusal changes nothing); -1 the store has failed: roll back. */
int restored_apply(struct lifecycle *life, const struct restore *restore, int64_t now_us,
		  struct effects *effects, struct err *err);

#endif
