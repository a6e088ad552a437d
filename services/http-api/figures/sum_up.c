#include "services/http-api/figures/phase_run.h"

#include <math.h>

/* One figure of all phases of a kind that have it. */
struct summary {
	struct spread spread;
	double least, most, sum, first, last;
};

static struct summary
summarize(const struct phase_figures *phases, size_t n, int64_t phase, size_t offset)
{
	struct summary s = {.least = NAN, .most = NAN, .first = NAN, .last = NAN};
	double value;
	size_t i;

	for (i = 0; i < n; i++) {
		value = *(const double *)((const char *)&phases[i] + offset);
		if (phases[i].phase != phase || isnan(value))
			continue;
		spread_add(&s.spread, value);
		s.sum += value;
		s.least = fmin(s.least, value);
		s.most = fmax(s.most, value);
		s.first = isnan(s.first) ? value : s.first;
		s.last = value;
	}
	return s;
}

static double
mean(struct summary s)
{
	return spread_mean(&s.spread);
}

#define OVER(kind, figure) \
	summarize(phases, n, PHASE_##kind, offsetof(struct phase_figures, figure))

static void
sum_up_altitude(const struct phase_figures *phases, size_t n, struct session_figures *s)
{
	struct summary reached = OVER(ALTITUDE, time_to_therapeutic_zone);
	struct summary score = OVER(ALTITUDE, cycle_adaptation_score);
	double samples = OVER(ALTITUDE, spo2_readings_count).sum;

	s->cycles = OVER(ALTITUDE, readings).spread.n;
	s->altitude_level_achieved = OVER(ALTITUDE, altitude_level).most;
	s->total_time_in_zone = OVER(ALTITUDE, time_in_therapeutic_zone).sum;
	s->total_time_below_83 = OVER(ALTITUDE, time_below_83).sum;
	s->therapeutic_efficiency_score = samples > 0 ? s->total_time_in_zone / samples : NAN;
	s->avg_desaturation_rate = mean(reached);
	s->min_desaturation_rate = reached.least;
	s->max_desaturation_rate = reached.most;
	s->desaturation_consistency = spread_deviation(&reached.spread, 1);
	s->avg_volatility_in_zone = mean(OVER(ALTITUDE, spo2_volatility_in_zone));
	s->avg_volatility_out_of_zone = mean(OVER(ALTITUDE, spo2_volatility_out_of_zone));
	s->avg_volatility_total = mean(OVER(ALTITUDE, spo2_volatility_total));
	s->session_adaptation_index = mean(score);
	s->first_cycle_score = score.first;
	s->last_cycle_score = score.last;
	s->intra_session_improvement = score.last - score.first;
}

void
sum_up(const struct phase_figures *phases, size_t n, struct session_figures *s)
{
	struct summary recovered = OVER(RECOVERY, time_to_95_percent_seconds);

	sum_up_altitude(phases, n, s);
	s->avg_spo2_recovery_time = mean(recovered);
	s->min_spo2_recovery_time = recovered.least;
	s->max_spo2_recovery_time = recovered.most;
	s->recovery_consistency = spread_deviation(&recovered.spread, 1);
	s->avg_hr_recovery = mean(OVER(RECOVERY, hr_recovery_60s));
}
