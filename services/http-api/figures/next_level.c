#include "services/http-api/figures/next_level.h"

#include <math.h>
#include <stdio.h>

#include "common/clock.h"
#include "proto/msg.h"

#define LOWEST      0
#define HIGHEST     10
#define DAY         (86400 * CLOCK_SECOND)
#define PLATEAU     5     /* equal dials in a row */
#define RESET_DAYS  60
#define MEET_DAYS   31    /* from here to RESET_DAYS: halfway to the first dial */

static int64_t
clamp(int64_t n, int64_t from, int64_t to)
{
	return n < from ? from : n > to ? to : n;
}

static int64_t
level_of(const struct past_session *s)
{
	return s->level == MSG_NONE ? NEXT_LEVEL_FIRST : s->level;
}

/* What rest does to the dial. */
static int64_t
rested(int64_t base, int64_t days)
{
	if (days >= RESET_DAYS)
		return NEXT_LEVEL_FIRST;
	if (days >= MEET_DAYS)
		return (int64_t)floor((double)(base + NEXT_LEVEL_FIRST) / 2 + 0.5);
	return base - (days <= 3 ? 0 : days <= 7 ? 1 : days <= 14 ? 2 : 3);
}

static double
mean_level(const struct past_session *past, size_t n)
{
	double sum = 0;
	size_t i;

	for (i = 0; i < n; i++)
		sum += (double)level_of(&past[i]);
	return sum / (double)n;
}

static const char *
trend_of(const struct past_session *past, size_t n)
{
	double change;
	size_t i;

	for (i = 1; i < n && i < PLATEAU && level_of(&past[i]) == level_of(&past[0]); i++)
		;
	if (i == PLATEAU)
		return "plateau";
	if (n < 6)
		return n < 3 ? "unknown" : "stable";
	change = mean_level(past, 3) - mean_level(past + n - 3, 3);
	return change > 0.5 ? "improving" : change < -0.5 ? "declining" : "stable";
}

static int64_t
step_of(const char *trend)
{
	return *trend == 'p' ? 1 : *trend == 'd' ? -1 : 0;
}

static void
score_last(const struct past_session *s, struct next_level *next)
{
	double low = s->is_calibration ? 88 : 85, high = s->is_calibration ? 93 : 90;
	int64_t score = s->lifts <= 0 ? 40 : s->lifts == 1 ? 30 : s->lifts == 2 ? 20 : 0;

	if (isnan(s->min_spo2) || isnan(s->avg_spo2))
		return;
	score += s->min_spo2 >= low && s->avg_spo2 <= high ? 30 : s->min_spo2 >= low - 2 ? 20
	       : s->min_spo2 < low - 5 ? -10 : 0;
	score += s->avg_spo2 >= high ? 20 : s->avg_spo2 >= high - 2 ? 10 : 0;
	score += s->completion >= 1 ? 10 : s->completion >= 0.8 ? 5 : 0;
	next->score = score;
	next->performance = score >= 80 ? PERFORMANCE_EXCELLENT : score >= 60 ? PERFORMANCE_GOOD
			  : score >= 40 ? PERFORMANCE_MAINTAIN : score >= 20 ? PERFORMANCE_STRUGGLE
			  : PERFORMANCE_UNSAFE;
}

static int
is_worn_out(const struct past_session *past, size_t n)
{
	size_t i, hard = 0;

	for (i = 0; i < n && i < 3; i++)
		hard += past[i].lifts > 3;
	return n >= 3 && hard >= 2;
}

static void
tell(struct next_level *next, int64_t last)
{
	(void)snprintf(next->reason, sizeof(next->reason),
		       "last dial %lld, %lld days ago: %s%lld; trend %s: %+lld; then within 0 to 10, "
		       "3 down and 2 up", (long long)last, (long long)next->days,
		       next->days >= MEET_DAYS ? "dial " : "",
		       (long long)(next->days >= MEET_DAYS ? last + next->detraining
							   : next->detraining),
		       next->trend, (long long)next->trend_step);
}

void
next_level(const struct past_session *past, size_t n, int64_t now_us, struct next_level *next)
{
	int64_t last, rest_us;

	*next = (struct next_level){.level = NEXT_LEVEL_FIRST, .base = NEXT_LEVEL_FIRST,
				    .days = MSG_NONE, .trend = "unknown", .confidence = "none",
				    .recalibrate = 1, .score = MSG_NONE,
				    .reason = "no session before it: the first dial"};
	n = n > NEXT_LEVEL_SESSIONS ? NEXT_LEVEL_SESSIONS : n;
	if (!n)
		return;
	last = next->base = level_of(&past[0]);
	rest_us = now_us - past[0].end_us;
	next->days = rest_us > 0 ? rest_us / DAY : 0;
	next->detraining = rested(last, next->days) - last;
	next->trend = trend_of(past, n);
	next->trend_step = step_of(next->trend);
	next->level = clamp(clamp(last + next->detraining + next->trend_step, LOWEST, HIGHEST),
			    last - 3, last + 2);
	next->confidence = n >= 10 ? "high" : n >= 5 ? "medium" : "low";
	next->recalibrate = next->days >= MEET_DAYS ||
			    (*next->trend == 'd' && is_worn_out(past, n));
	score_last(&past[0], next);
	tell(next, last);
}
