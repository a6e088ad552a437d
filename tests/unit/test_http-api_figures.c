#include "tests/unit/test.h"

#include "services/http-api/figures/figures.h"

#define S     1000000LL
#define BEGIN (1800000000LL * S)

static struct figures *f;
static const struct phase_figures *phases;
static struct session_figures session;

static void
fresh(void)
{
	figures_free(&f);
	f = figures_new();
}

static void
add(int64_t phase, int64_t cycle, double second, double spo2, double rate)
{
	figures_add(f, &(struct figures_reading){BEGIN + (int64_t)(second * S), phase, cycle, 6, spo2,
						 rate});
}

/* One a second from `second` on, values until a 0. */
static void
add_all(int64_t phase, int64_t cycle, int second, const double *spo2)
{
	for (; *spo2 > 0; spo2++)
		add(phase, cycle, second++, *spo2, NAN);
}

#define VALUES(...) (const double[]){__VA_ARGS__, 0}

static void
near(double got, double want, const char *what)
{
	ok(isnan(got) == isnan(want) && !(fabs(got - want) > 1e-9), "%s is %.12g, not %.12g", what, got,
	   want);
}
#define NEAR(got, want) near(got, want, #got)

/* Each row of figures by hand: 89 to 97 and back. */
TEST(an_altitude_phase_in_figures)
{
	const struct phase_figures *p;

	fresh();
	add_all(PHASE_ALTITUDE, 1, 0, VALUES(97, 93, 90, 89, 86, 85, 84, 82, 82.9, 83));
	is_int(figures_end(f, &phases, &session), 1);
	p = &phases[0];
	NEAR(p->readings, 10);
	NEAR(p->spo2_readings_count, 10);
	NEAR(p->duration_seconds, 9);
	NEAR(p->min_spo2, 82);
	NEAR(p->max_spo2, 97);
	NEAR(p->avg_spo2, 87.19);
	NEAR(p->time_in_therapeutic_zone, 4);      /* 90 and 85 are in it */
	NEAR(p->therapeutic_efficiency_score, 0.4);
	NEAR(p->time_to_therapeutic_zone, 3);      /* 89: 90 is not under 90 */
	NEAR(p->time_below_83, 2);                 /* 83 is not under 83 */
	NEAR(p->spo2_volatility_in_zone, sqrt(4.25));
	NEAR(p->spo2_volatility_total, 4.69519967626511);
	NEAR(p->mask_lift_count, 0);
	NEAR(p->altitude_level, 6);
	NEAR(p->peak_heart_rate, NAN);
	NEAR(p->time_to_95_percent_seconds, NAN);
	NEAR(p->cycle_adaptation_score, 70);       /* under 180 s in zone, volatile */
}

TEST(a_recovery_phase_in_figures)
{
	const struct phase_figures *p;
	int i;

	fresh();
	for (i = 0; i < 100; i++)
		add(PHASE_RECOVERY, 1, i, i < 40 ? 80 + i * 0.5 : i < 50 ? 94 : 96, 120 - i);
	is_int(figures_end(f, &phases, &session), 1);
	p = &phases[0];
	NEAR(p->spo2_recovery_slope, 0.5);
	NEAR(p->time_to_95_percent_seconds, 30);
	NEAR(p->time_above_95_percent_seconds, 10);  /* the stretch that still runs is not added */
	NEAR(p->hr_recovery_60s, 60);
	NEAR(p->hr_at_phase_end, 21);
	NEAR(p->peak_heart_rate, 120);
	NEAR(p->time_in_therapeutic_zone, NAN);
	NEAR(p->cycle_adaptation_score, NAN);
}

TEST(of_a_short_recovery_the_last_heart_rate_counts)
{
	fresh();
	add(PHASE_RECOVERY, 1, 0, 90, 100);
	add(PHASE_RECOVERY, 1, 1, 90, NAN);
	add(PHASE_RECOVERY, 1, 2, 90, 91);
	(void)figures_end(f, &phases, &session);
	NEAR(phases[0].hr_recovery_60s, 9);
}

TEST(times_run_from_the_recorded_start)
{
	fresh();
	figures_begin(f, PHASE_ALTITUDE, 1, BEGIN - 20 * S);
	figures_begin(f, PHASE_RECOVERY, 1, BEGIN + 100 * S);  /* after its first reading: not so */
	figures_begin(f, PHASE_RECOVERY, 9, BEGIN);            /* without readings: no phase */
	add(PHASE_ALTITUDE, 1, 5, 88, NAN);
	add(PHASE_RECOVERY, 1, 50, 96, NAN);
	is_int(figures_end(f, &phases, &session), 2);
	NEAR(phases[0].time_to_therapeutic_zone, 25);
	NEAR(phases[0].duration_seconds, 25);
	NEAR(phases[1].time_to_95_percent_seconds, 0);
}

TEST(what_is_missing_is_absent_and_not_zero)
{
	fresh();
	add(PHASE_ALTITUDE, MSG_NONE, 0, NAN, NAN);
	is_int(figures_end(f, &phases, &session), 1);
	is_int(phases[0].cycle, 1);
	NEAR(phases[0].readings, 1);
	NEAR(phases[0].spo2_readings_count, 0);
	NEAR(phases[0].avg_spo2, NAN);
	NEAR(phases[0].therapeutic_efficiency_score, NAN);
	NEAR(phases[0].spo2_volatility_total, NAN);
	NEAR(phases[0].cycle_adaptation_score, NAN);
	NEAR(session.avg_spo2, NAN);
	NEAR(session.session_adaptation_index, NAN);
	NEAR(session.total_time_in_zone, 0);
	fresh();
	is_int(figures_end(f, &phases, &session), 0);
	NEAR(session.readings, 0);
	NEAR(session.hypoxic_stability_score, 100);
}

/* 200 s at 87: in zone, steady; and the ways to lose and to gain. */
static void
steady(int64_t cycle, int second, int n, double spo2)
{
	int i;

	for (i = 0; i < n; i++)
		add(PHASE_ALTITUDE, cycle, second + i, spo2, NAN);
}

TEST(a_cycle_scores)
{
	fresh();
	steady(1, 0, 180, 87);
	add(PHASE_RECOVERY, 1, 200, 90, NAN);
	add(PHASE_RECOVERY, 1, 259, 95, NAN);      /* 59 s: +10, but 100 is the most */
	steady(2, 300, 179, 87);                   /* -20 */
	steady(3, 600, 31, 82);                    /* -20 -15 */
	steady(4, 700, 30, 82);                    /* 30 s are not more than 30 */
	add(PHASE_RECOVERY, 4, 800, 90, NAN);
	add(PHASE_RECOVERY, 4, 860, 95, NAN);      /* 60 s: too late */
	steady(5, 900, 10, 87);
	add(PHASE_RECOVERY, 5, 950, 95, NAN);      /* -20 +10 */
	is_int(figures_end(f, &phases, &session), 8);
	NEAR(phases[0].cycle_adaptation_score, 100);
	NEAR(phases[2].cycle_adaptation_score, 80);
	NEAR(phases[3].cycle_adaptation_score, 65);
	NEAR(phases[4].cycle_adaptation_score, 80);
	NEAR(phases[6].cycle_adaptation_score, 90);
	NEAR(session.session_adaptation_index, (100 + 80 + 65 + 80 + 90) / 5.0);
	NEAR(session.intra_session_improvement, -10);
	NEAR(session.first_cycle_score, 100);
	NEAR(session.cycles, 5);
	NEAR(session.avg_spo2_recovery_time, (59 + 60 + 0) / 3.0);
	NEAR(session.total_time_below_83, 61);
	NEAR(session.total_time_in_zone, 180 + 179 + 10);
}

TEST(lifts_are_followed)
{
	int i;

	fresh();
	figures_lift(f, BEGIN + 25 * S, 1, NAN);
	figures_lift(f, BEGIN + 5 * S, 1, 80);     /* not in order */
	figures_lift(f, BEGIN + 95 * S, 2, 80);    /* nothing comes after it */
	for (i = 0; i < 60; i++)
		add(PHASE_ALTITUDE, 1, i + 0.25, 82 + i * 0.1, NAN);
	(void)figures_end(f, &phases, &session);
	NEAR(session.total_mask_lifts, 3);
	NEAR(session.hypoxic_stability_score, 70);
	NEAR(phases[0].mask_lift_count, 2);
	/* 15.25 is 10.25 after the first lift: 83.5 - 80; 35.25: 85.5 - 84.4 of 24.25 */
	NEAR(session.avg_mask_lift_recovery_10s, (3.5 + 1.1) / 2);
	NEAR(session.avg_mask_lift_recovery_15s, (4.0 + 1.6) / 2);
}

TEST(whatever_comes_there_is_room)
{
	int i;

	fresh();
	for (i = 0; i < 3000; i++) {
		figures_lift(f, BEGIN + i * S, i, 80);
		add(i % 2 ? PHASE_ALTITUDE : PHASE_RECOVERY, i, i, 90, 60);
		add(PHASE_TRANSITION, i, i, 90, 60);
	}
	is_int(figures_end(f, &phases, &session), FIGURES_PHASES);
	NEAR(session.readings, 6000);
	NEAR(session.total_mask_lifts, FIGURES_LIFTS);
}

TEST(every_figure_has_a_name_and_a_meaning)
{
	const struct figure *g;
	size_t n = 0;

	for (g = phase_figure_list; g->name; g++, n++)
		ok(*g->meaning && g->offset + sizeof(double) <= sizeof(struct phase_figures), "%s", g->name);
	is_int(n, (sizeof(struct phase_figures) - offsetof(struct phase_figures, duration_seconds)) /
		  sizeof(double));
	for (n = 0, g = session_figure_list; g->name; g++, n++)
		ok(*g->meaning && g->offset + sizeof(double) <= sizeof(session), "%s", g->name);
	is_int(n, sizeof(session) / sizeof(double));
}

int
main(void)
{
	RUN(an_altitude_phase_in_figures);
	RUN(a_recovery_phase_in_figures);
	RUN(of_a_short_recovery_the_last_heart_rate_counts);
	RUN(times_run_from_the_recorded_start);
	RUN(what_is_missing_is_absent_and_not_zero);
	RUN(a_cycle_scores);
	RUN(lifts_are_followed);
	RUN(whatever_comes_there_is_room);
	RUN(every_figure_has_a_name_and_a_meaning);
	figures_free(&f);
	return test_done();
}
