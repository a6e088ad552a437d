#include "proto/schedule.h"

#include "common/clock.h"
#include "common/err.h"

#define TRANSITION_US (SCHEDULE_TRANSITION_S * CLOCK_SECOND)

int64_t
schedule_cycle_us(const struct schedule *s)
{
	return (s->altitude_s + s->recovery_s) * CLOCK_SECOND + 2 * TRANSITION_US;
}

/* Whole seconds, far apart for neighbours: 0.618 of a cycle is the golden ratio's step. */
static int64_t
shift_us(const struct schedule *s, unsigned device)
{
	int64_t cycle_s = schedule_cycle_us(s) / CLOCK_SECOND;

	return (int64_t)device * (cycle_s * 618 / 1000) % cycle_s * CLOCK_SECOND;
}

struct schedule_at
schedule_at(const struct schedule *s, unsigned device, int64_t utc_us)
{
	const int64_t lengths[] = {s->altitude_s * CLOCK_SECOND, TRANSITION_US,
				   s->recovery_s * CLOCK_SECOND, TRANSITION_US};
	static const enum phase phases[] = {PHASE_ALTITUDE, PHASE_TRANSITION, PHASE_RECOVERY,
					    PHASE_TRANSITION};
	int64_t cycle_us = schedule_cycle_us(s), t, n;
	struct schedule_at at;
	int i = 0;

	ASSERT(s->altitude_s > 0 && s->recovery_s > 0 && utc_us >= 0);
	t = utc_us + shift_us(s, device);
	n = t / cycle_us;
	at.cycle_us = t % cycle_us;
	at.cycle = n % SCHEDULE_CYCLES + 1;
	at.session = n / SCHEDULE_CYCLES;
	for (at.phase_us = at.cycle_us; at.phase_us >= lengths[i]; i++)
		at.phase_us -= lengths[i];
	at.phase = phases[i];
	at.phase_ends_us = utc_us + lengths[i] - at.phase_us;
	return at;
}
