/*
 * schedule - the timetable of a simulated IHHT session
 *
 * What a mock oximeter shows and what `ihht demo` tells local-store must agree, and neither
 * talks to the other: both ask this function of the clock.  Every device goes through
 *
 *	ALTITUDE  TRANSITION 10 s  RECOVERY  TRANSITION 10 s
 *
 * for ever; SCHEDULE_CYCLES of these are a session, then the cycle number is 1 again.
 * Devices are not in step: each has its own, fixed shift.  Pure, no state.
 */
#ifndef SCHEDULE_H
#define SCHEDULE_H

#include <stdint.h>

#include "proto/words.h"

#define SCHEDULE_TRANSITION_S 10
#define SCHEDULE_CYCLES       5

struct schedule {
	int64_t altitude_s, recovery_s;  /* both > 0 */
};

struct schedule_at {
	enum phase phase;        /* PHASE_ALTITUDE, PHASE_TRANSITION or PHASE_RECOVERY */
	int64_t phase_us;        /* into the phase, from 0 */
	int64_t phase_ends_us;   /* UTC; the next phase begins at this very microsecond */
	int64_t cycle;           /* 1..SCHEDULE_CYCLES */
	int64_t cycle_us;        /* into the cycle, from 0; it begins with ALTITUDE */
	int64_t session;         /* which round of SCHEDULE_CYCLES; grows by one each */
};

/* Of the device-th mock device (mock-001 is 0) at utc_us >= 0. */
struct schedule_at schedule_at(const struct schedule *schedule, unsigned device, int64_t utc_us);

/* Length of one cycle, both transitions included. */
int64_t schedule_cycle_us(const struct schedule *schedule);

#endif
