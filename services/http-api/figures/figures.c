#include "services/http-api/figures/figures.h"

#include <math.h>
#include <stdlib.h>

#include "services/http-api/figures/phase_run.h"

#define SECOND 1000000

struct lift {
	int64_t at_us, number;
	double before, after_10, after_15;  /* % */
};

struct figures {
	struct phase_run runs[FIGURES_PHASES];
	struct phase_figures phases[FIGURES_PHASES];
	size_t n_runs;
	struct lift lifts[FIGURES_LIFTS];
	size_t n_lifts, first_lift;         /* lifts before it are too old to matter */
	int sorted;
	struct spread spo2, rate;
	double n_readings, min_spo2, max_spo2, min_rate, max_rate;
	double last_spo2;
};

struct figures *
figures_new(void)
{
	struct figures *f = calloc(1, sizeof(*f));

	if (f)
		f->min_spo2 = f->max_spo2 = f->min_rate = f->max_rate = f->last_spo2 = NAN;
	return f;
}

void
figures_free(struct figures **f)
{
	free(*f);
	*f = NULL;
}

static struct phase_run *
run_of(struct figures *f, int64_t phase, int64_t cycle)
{
	size_t i = f->n_runs;

	cycle = cycle == MSG_NONE ? 1 : cycle;
	while (i-- > 0)  /* the running one is the last */
		if (f->runs[i].figures.phase == phase && f->runs[i].figures.cycle == cycle)
			return &f->runs[i];
	if (f->n_runs == FIGURES_PHASES)
		return NULL;
	phase_run_init(&f->runs[f->n_runs], phase, cycle);
	return &f->runs[f->n_runs++];
}

static int
has_figures(int64_t phase)
{
	return phase == PHASE_ALTITUDE || phase == PHASE_RECOVERY;
}

void
figures_begin(struct figures *f, int64_t phase, int64_t cycle, int64_t start_us)
{
	struct phase_run *run = has_figures(phase) ? run_of(f, phase, cycle) : NULL;

	if (run)
		run->figures.start_us = start_us;
}

void
figures_lift(struct figures *f, int64_t at_us, int64_t number, double spo2)
{
	if (f->n_lifts < FIGURES_LIFTS)
		f->lifts[f->n_lifts++] = (struct lift){at_us, number, spo2, NAN, NAN};
}

static int
by_time(const void *a, const void *b)
{
	const struct lift *x = a, *y = b;

	return (x->at_us > y->at_us) - (x->at_us < y->at_us);
}

static void
sort_lifts(struct figures *f)
{
	if (!f->sorted)
		qsort(f->lifts, f->n_lifts, sizeof(*f->lifts), by_time);
	f->sorted = 1;
}

/* The first value in the eleventh and in the sixteenth second after a lift. */
static void
follow_lifts(struct figures *f, int64_t at_us, double spo2)
{
	struct lift *l;
	size_t i;

	while (f->first_lift < f->n_lifts && f->lifts[f->first_lift].at_us < at_us - 20 * SECOND)
		f->first_lift++;
	for (i = f->first_lift; i < f->n_lifts && f->lifts[i].at_us <= at_us; i++) {
		int64_t age = at_us - f->lifts[i].at_us;

		l = &f->lifts[i];
		if (isnan(l->before))
			l->before = f->last_spo2;
		if (age >= 10 * SECOND && age <= 11 * SECOND && isnan(l->after_10))
			l->after_10 = spo2 - l->before;
		if (age >= 15 * SECOND && age <= 16 * SECOND && isnan(l->after_15))
			l->after_15 = spo2 - l->before;
	}
}

void
figures_add(struct figures *f, const struct figures_reading *r)
{
	struct phase_run *run = has_figures(r->phase) ? run_of(f, r->phase, r->cycle) : NULL;

	f->n_readings++;
	if (run)
		phase_run_add(run, r);
	if (!isnan(r->heart_rate)) {
		spread_add(&f->rate, r->heart_rate);
		f->min_rate = fmin(f->min_rate, r->heart_rate);
		f->max_rate = fmax(f->max_rate, r->heart_rate);
	}
	if (isnan(r->spo2))
		return;
	spread_add(&f->spo2, r->spo2);
	f->min_spo2 = fmin(f->min_spo2, r->spo2);
	f->max_spo2 = fmax(f->max_spo2, r->spo2);
	sort_lifts(f);
	follow_lifts(f, r->at_us, r->spo2);
	f->last_spo2 = r->spo2;
}

/* ---- the end */

static double
score_of(const struct phase_figures *altitude, const struct phase_figures *recovery)
{
	double score = 100;

	score -= altitude->time_in_therapeutic_zone < 180 ? 20 : 0;
	score -= altitude->time_below_83 > 30 ? 15 : 0;
	score += recovery && recovery->time_to_95_percent_seconds < 60 ? 10 : 0;
	score -= altitude->spo2_volatility_total > 3 ? 10 : 0;
	return fmin(fmax(score, 0), 100);
}

static const struct phase_figures *
recovery_of(const struct figures *f, size_t n, int64_t cycle)
{
	size_t i;

	for (i = 0; i < n; i++)
		if (f->phases[i].phase == PHASE_RECOVERY && f->phases[i].cycle == cycle)
			return &f->phases[i];
	return NULL;
}

static int
by_start(const void *a, const void *b)
{
	const struct phase_figures *x = a, *y = b;

	return (x->start_us > y->start_us) - (x->start_us < y->start_us);
}

/* Those that have readings, in order. */
static size_t
end_phases(struct figures *f)
{
	struct phase_figures *p;
	size_t n = 0, i, k;

	for (i = 0; i < f->n_runs; i++)
		if (f->runs[i].first_us != MSG_NONE) {
			phase_run_end(&f->runs[i]);
			f->phases[n++] = f->runs[i].figures;
		}
	qsort(f->phases, n, sizeof(*f->phases), by_start);
	for (i = 0; i < n; i++) {
		p = &f->phases[i];
		if (p->phase != PHASE_ALTITUDE)
			continue;
		for (k = 0; k < f->n_lifts; k++)
			p->mask_lift_count += f->lifts[k].number == p->cycle;
		if (p->spo2_readings_count > 0)
			p->cycle_adaptation_score = score_of(p, recovery_of(f, n, p->cycle));
	}
	return n;
}

static void
end_lifts(const struct figures *f, struct session_figures *session)
{
	struct spread after_10 = {0}, after_15 = {0};
	size_t i;

	for (i = 0; i < f->n_lifts; i++) {
		if (!isnan(f->lifts[i].after_10))
			spread_add(&after_10, f->lifts[i].after_10);
		if (!isnan(f->lifts[i].after_15))
			spread_add(&after_15, f->lifts[i].after_15);
	}
	session->total_mask_lifts = (double)f->n_lifts;
	session->hypoxic_stability_score = fmax(0, 100 - 10 * (double)f->n_lifts);
	session->avg_mask_lift_recovery_10s = spread_mean(&after_10);
	session->avg_mask_lift_recovery_15s = spread_mean(&after_15);
}

static void
end_values(const struct figures *f, struct session_figures *s)
{
	s->readings = f->n_readings;
	s->spo2_readings_count = f->spo2.n;
	s->min_spo2 = f->min_spo2;
	s->max_spo2 = f->max_spo2;
	s->avg_spo2 = spread_mean(&f->spo2);
	s->min_heart_rate = f->min_rate;
	s->max_heart_rate = f->max_rate;
	s->avg_heart_rate = spread_mean(&f->rate);
	s->therapeutic_zone_min_spo2 = FIGURES_ZONE_MIN;
	s->therapeutic_zone_max_spo2 = FIGURES_ZONE_MAX;
}

size_t
figures_end(struct figures *f, const struct phase_figures **phases,
	    struct session_figures *session)
{
	size_t n = end_phases(f);

	sum_up(f->phases, n, session);
	end_values(f, session);
	end_lifts(f, session);
	*phases = f->phases;
	return n;
}
