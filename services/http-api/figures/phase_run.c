#include "services/http-api/figures/phase_run.h"

#include <math.h>

#define ZONE_REACHED   90.0  /* below it the person is on the way into the zone */
#define TOO_LOW        83.0
#define RECOVERED      95.0
#define SLOPE_SAMPLES  30
#define RATE_SAMPLE    60
#define SECOND         1000000

void
spread_add(struct spread *s, double value)
{
	double d = value - s->mean;

	s->n++;
	s->mean += d / s->n;
	s->squares += d * (value - s->mean);
}

double
spread_mean(const struct spread *s)
{
	return s->n > 0 ? s->mean : NAN;
}

double
spread_deviation(const struct spread *s, double least)
{
	return s->n >= least ? sqrt(s->squares / s->n) : NAN;
}

void
phase_run_init(struct phase_run *run, int64_t phase, int64_t cycle)
{
	const struct figure *f;

	*run = (struct phase_run){.figures = {.phase = phase, .cycle = cycle, .start_us = MSG_NONE,
					      .end_us = MSG_NONE},
				  .first_us = MSG_NONE, .above_since_us = MSG_NONE,
				  .first_rate = NAN, .later_rate = NAN};
	for (f = phase_figure_list; f->name; f++)
		*(double *)((char *)&run->figures + f->offset) = NAN;
	run->figures.readings = 0;
	if (phase == PHASE_ALTITUDE) {
		run->figures.mask_lift_count = 0;
		run->figures.time_in_therapeutic_zone = run->figures.time_below_83 = 0;
	} else {
		run->figures.time_above_95_percent_seconds = 0;
	}
}

static double
seconds_since(const struct phase_run *run, int64_t at_us)
{
	return (double)(at_us - run->figures.start_us) / SECOND;
}

static void
add_altitude(struct phase_run *run, double spo2, int64_t at_us)
{
	struct phase_figures *f = &run->figures;
	int in_zone = spo2 >= FIGURES_ZONE_MIN && spo2 <= FIGURES_ZONE_MAX;

	spread_add(in_zone ? &run->in : &run->out, spo2);
	f->time_in_therapeutic_zone += in_zone;
	f->time_below_83 += spo2 < TOO_LOW;
	if (spo2 < ZONE_REACHED && isnan(f->time_to_therapeutic_zone))
		f->time_to_therapeutic_zone = round(seconds_since(run, at_us));
}

/* Time of 95 and more counts once it is over: as the app has it. */
static void
add_recovery(struct phase_run *run, double spo2, int64_t at_us)
{
	double x = seconds_since(run, at_us);

	if (run->n_slope < SLOPE_SAMPLES) {
		run->n_slope++;
		run->slope_x += x;
		run->slope_y += spo2;
		run->slope_xx += x * x;
		run->slope_xy += x * spo2;
	}
	if (spo2 >= RECOVERED && isnan(run->figures.time_to_95_percent_seconds))
		run->figures.time_to_95_percent_seconds = round(x);
	if (spo2 >= RECOVERED && run->above_since_us == MSG_NONE) {
		run->above_since_us = at_us;
	} else if (spo2 < RECOVERED && run->above_since_us != MSG_NONE) {
		run->above_us += at_us - run->above_since_us;
		run->above_since_us = MSG_NONE;
	}
}

static void
add_rate(struct phase_run *run, double rate)
{
	struct phase_figures *f = &run->figures;

	if (run->n_rates == 0)
		run->first_rate = rate;
	if (run->n_rates <= RATE_SAMPLE)
		run->later_rate = rate;
	run->n_rates++;
	f->peak_heart_rate = fmax(f->peak_heart_rate, rate);
	f->hr_at_phase_end = rate;
}

void
phase_run_add(struct phase_run *run, const struct figures_reading *r)
{
	struct phase_figures *f = &run->figures;

	if (run->first_us == MSG_NONE) {
		run->first_us = r->at_us;
		if (f->start_us == MSG_NONE || f->start_us > r->at_us)
			f->start_us = r->at_us;
	}
	f->end_us = r->at_us;
	f->readings++;
	if (r->altitude_level != MSG_NONE)
		f->altitude_level = fmax(f->altitude_level, (double)r->altitude_level);
	if (!isnan(r->heart_rate))
		add_rate(run, r->heart_rate);
	if (isnan(r->spo2))
		return;
	spread_add(&run->all, r->spo2);
	f->min_spo2 = fmin(f->min_spo2, r->spo2);
	f->max_spo2 = fmax(f->max_spo2, r->spo2);
	if (f->phase == PHASE_ALTITUDE)
		add_altitude(run, r->spo2, r->at_us);
	else
		add_recovery(run, r->spo2, r->at_us);
}

void
phase_run_end(struct phase_run *run)
{
	struct phase_figures *f = &run->figures;
	double n = run->n_slope, wide = n * run->slope_xx - run->slope_x * run->slope_x;

	f->duration_seconds = round(seconds_since(run, f->end_us));
	f->spo2_readings_count = run->all.n;
	f->avg_spo2 = spread_mean(&run->all);
	f->spo2_volatility_total = spread_deviation(&run->all, 2);
	if (f->phase == PHASE_ALTITUDE) {
		f->spo2_volatility_in_zone = spread_deviation(&run->in, 2);
		f->spo2_volatility_out_of_zone = spread_deviation(&run->out, 2);
		if (run->all.n > 0)
			f->therapeutic_efficiency_score = f->time_in_therapeutic_zone / run->all.n;
		return;
	}
	f->time_above_95_percent_seconds = (double)(run->above_us / SECOND);
	f->hr_recovery_60s = run->first_rate - run->later_rate;
	if (n >= 2 && wide > 0)
		f->spo2_recovery_slope = (n * run->slope_xy - run->slope_x * run->slope_y) / wide;
}
