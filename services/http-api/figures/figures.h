/*
 * figures - what a session's readings say, in the app's terms
 *
 * Phases, cycles and the session, computed anew from readings, recorded phase starts and mask
 * lifts; nothing that was stored as a result is used.  One pass, memory of a fixed size: a
 * million readings are no more than ten.  deploy/postgres/009_analytics.sql says the same in
 * SQL, and test 252 holds both side by side.
 *
 * Formulas are the app's (IHHTMetricsTracker and AdaptiveInstructionEngine), as they were
 * meant: samples count as seconds, so "time in zone" is a number of samples; what is measured
 * from one moment to another is by the clock.  The zone is the tracker's, 85 to 90 %, and told
 * with every value, as the engine's is another.  A standard deviation is that of a population and
 * asks for two values; a value that cannot be had is NAN, never 0.
 *
 * Pure.
 */
#ifndef FIGURES_H
#define FIGURES_H

#include <stddef.h>

#include "proto/msg.h"

#define FIGURES_ZONE_MIN 85.0
#define FIGURES_ZONE_MAX 90.0
#define FIGURES_PHASES   200   /* 100 cycles: as many as a message can name */
#define FIGURES_LIFTS    1000

struct phase_figures {
	int64_t phase, cycle;      /* PHASE_ALTITUDE or PHASE_RECOVERY */
	int64_t start_us, end_us;  /* as recorded, else its first reading; its last reading */
	double duration_seconds, readings, spo2_readings_count;
	double min_spo2, max_spo2, avg_spo2, spo2_volatility_total;
	double peak_heart_rate, hr_at_phase_end, altitude_level;
	/* altitude */
	double mask_lift_count, time_in_therapeutic_zone, therapeutic_efficiency_score;
	double time_to_therapeutic_zone, time_below_83;
	double spo2_volatility_in_zone, spo2_volatility_out_of_zone;
	double cycle_adaptation_score;  /* of the cycle, its recovery included */
	/* recovery */
	double time_to_95_percent_seconds, time_above_95_percent_seconds;
	double hr_recovery_60s, spo2_recovery_slope;
};

struct session_figures {
	double readings, spo2_readings_count, cycles;
	double min_spo2, max_spo2, avg_spo2, min_heart_rate, max_heart_rate, avg_heart_rate;
	double therapeutic_zone_min_spo2, therapeutic_zone_max_spo2;
	double total_time_in_zone, total_time_below_83, therapeutic_efficiency_score;
	double avg_desaturation_rate, min_desaturation_rate, max_desaturation_rate;
	double desaturation_consistency;
	double avg_volatility_in_zone, avg_volatility_out_of_zone, avg_volatility_total;
	double total_mask_lifts, hypoxic_stability_score;
	double avg_mask_lift_recovery_10s, avg_mask_lift_recovery_15s;
	double avg_spo2_recovery_time, min_spo2_recovery_time, max_spo2_recovery_time;
	double recovery_consistency, avg_hr_recovery;
	double first_cycle_score, last_cycle_score, intra_session_improvement;
	double session_adaptation_index, altitude_level_achieved;
};

/* What each figure is called, and what it is: for JSON, CSV, the API's description. */
struct figure {
	const char *name;
	size_t offset;       /* of a double */
	int is_count;        /* whole numbers */
	const char *unit, *meaning;
};
extern const struct figure phase_figure_list[], session_figure_list[];  /* end with name NULL */
double figure_value(const void *figures, const struct figure *figure);

struct figures;
struct figures *figures_new(void);          /* NULL: out of memory */
void figures_free(struct figures **figures);

/* Before the readings, in any order: when a phase began, as recorded; a mask lift, `number` its
 * altitude phase (MSG_NONE unknown), spo2 NAN when not recorded.  What is beyond room is not
 * counted. */
void figures_begin(struct figures *figures, int64_t phase, int64_t cycle, int64_t start_us);
void figures_lift(struct figures *figures, int64_t at_us, int64_t number, double spo2);

/* A reading, in order of time; NAN what it has not; cycle MSG_NONE counts as 1. */
struct figures_reading {
	int64_t at_us, phase, cycle, altitude_level;
	double spo2, heart_rate;
};
void figures_add(struct figures *figures, const struct figures_reading *reading);

/* Phases with readings, in order of their start; how many.  They live as long as *figures. */
size_t figures_end(struct figures *figures, const struct phase_figures **phases,
		   struct session_figures *session);

#endif
