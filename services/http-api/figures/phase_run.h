/*
 * phase_run - one phase as its readings come, and all phases summed up; for figures.c only
 */
#ifndef PHASE_RUN_H
#define PHASE_RUN_H

#include "services/http-api/figures/figures.h"

struct spread {  /* mean and deviation, one value at a time */
	double n, mean, squares;
};
void spread_add(struct spread *spread, double value);
double spread_deviation(const struct spread *spread, double least);  /* NAN under `least` values */
double spread_mean(const struct spread *spread);                     /* NAN of none */

struct phase_run {
	struct phase_figures figures;
	int64_t first_us;             /* of its readings; MSG_NONE none yet */
	struct spread all, in, out;
	double first_rate, later_rate, n_rates;         /* heart rate at sample 0 and 60 */
	double n_slope, slope_x, slope_y, slope_xx, slope_xy;
	int64_t above_since_us, above_us;
};

void phase_run_init(struct phase_run *run, int64_t phase, int64_t cycle);
void phase_run_add(struct phase_run *run, const struct figures_reading *reading);
void phase_run_end(struct phase_run *run);  /* fills in what follows from all of it */

/* What follows from the phases, which are in order. */
void sum_up(const struct phase_figures *phases, size_t n, struct session_figures *session);

#endif
