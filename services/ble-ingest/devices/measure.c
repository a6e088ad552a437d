#include "services/ble-ingest/devices/measure.h"

#include <math.h>

#define MOST_SPO2      100
#define MOST_PULSE     500
#define MOST_PERFUSION 100

static int
is_beyond(double v, double most)
{
	return v < 0 || (v > 0 && v < 1) || v > most;
}

void
measure_set(struct sample *s, double spo2, double heart_rate, enum invalid why)
{
	if (why == INVALID_NO && (is_beyond(spo2, MOST_SPO2) || is_beyond(heart_rate, MOST_PULSE)))
		why = INVALID_OUT_OF_RANGE;
	s->spo2 = why == INVALID_NO && spo2 > 0 ? spo2 : (double)NAN;
	s->heart_rate = why == INVALID_NO && heart_rate > 0 ? heart_rate : (double)NAN;
	if (why == INVALID_NO && isnan(s->spo2) && isnan(s->heart_rate))
		why = INVALID_UNAVAILABLE;
	s->invalid = why;
}

void
measure_perfusion(struct sample *s, double percent)
{
	s->perfusion_index = percent >= 0 && percent <= MOST_PERFUSION ? percent : (double)NAN;
}

void
measure_battery(struct sample *s, int percent)
{
	s->battery = percent >= 0 && percent <= 100 ? percent : MSG_NONE;
}
