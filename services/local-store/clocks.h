/*
 * clocks - a session's own clock, which is never set back
 *
 * A session goes by the clock it was begun by.  When the machine's is set forward it follows; when
 * that is set back it goes on as it was, so that what comes later is later: its phases, its end,
 * and which values are its own.  The values keep the times they were received with, and the step
 * is kept as a gap (docs/decisions/0013).
 */
#ifndef CLOCKS_H
#define CLOCKS_H

#include "services/local-store/lifecycle.h"

/* Both clocks as they are now.  1 something was written: commit; 0; -1 the store has failed. */
int clocks_look(struct lifecycle *life, int64_t utc_us, int64_t mono_us, struct err *err);

/* It begins. */
int clocks_begin(struct lifecycle *life, struct entry *entry, struct err *err);

/* Now, by its own clock. */
int64_t clocks_now_us(const struct lifecycle *life, const struct entry *entry, int64_t now_us);

/* The stream of a device's values has come to where the clock was set. */
int clocks_step(struct lifecycle *life, const struct gap *gap, int64_t now_us, struct err *err);

#endif
