/*
 * hlc - hybrid logical clock: which change is newer, also when clocks are wrong
 *
 * A stamp is 48 bits of milliseconds since 1970 and a 16-bit counter, so it sorts as an
 * integer in SQLite and Postgres.  After Kulkarni et al., "Logical Physical Clocks", 2014.
 * Pure: the caller says what time it is, and keeps the last stamp on disk.
 */
#ifndef HLC_H
#define HLC_H

#include <stdint.h>

#define HLC_AHEAD_US 60000000LL  /* a stamp further ahead of us than this is refused */

/* The next stamp after `last`, at the wall clock's `now_us`. */
int64_t hlc_next(int64_t last, int64_t now_us);

/* `last` after seeing `other`; -1 when other is more than HLC_AHEAD_US ahead of now. */
int64_t hlc_merge(int64_t last, int64_t other, int64_t now_us);

int64_t hlc_us(int64_t stamp);  /* its wall clock part, us since 1970 */

#endif
