#include "services/local-store/figures.h"

#include <math.h>
#include <string.h>

static int64_t
seconds_to(int64_t from_us, int64_t to_us)
{
	return (to_us - from_us + 500000) / 1000000;
}

/* What is over the limits of a field could never be sent. */
static int64_t
at_most(int64_t v, int64_t most)
{
	return v < most ? v : most;
}

static void
set_targets(const struct session *row, struct phase_stats *stats)
{
	if (stats->phase_type == PHASE_RECOVERY) {
		stats->target_min_spo2 = 95;
		stats->target_max_spo2 = 100;
	} else if (row->session_subtype == SUBTYPE_CALIBRATION) {
		stats->target_min_spo2 = 88;
		stats->target_max_spo2 = 93;
	} else {
		stats->target_min_spo2 = 85;
		stats->target_max_spo2 = 90;
	}
}

bool
figures_of_phase(int64_t phase)
{
	return phase == PHASE_ALTITUDE || phase == PHASE_RECOVERY;
}

void
figures_phase(const struct entry *entry, const struct span *span, const struct totals *totals,
	      int64_t end_us, struct phase_stats *stats)
{
	msg_clear(&msg_phase_stats, stats);
	memcpy(stats->session_id, entry->row.id, sizeof(stats->session_id));
	stats->phase_type = span->phase;
	stats->phase_number = span->cycle == MSG_NONE ? 1 : span->cycle;
	stats->altitude_level = span->altitude_level;
	stats->start_us = span->from_us;
	stats->end_us = end_us;
	set_targets(&entry->row, stats);
	stats->spo2_readings_count = totals->n_spo2;
	if (totals->n_spo2) {
		stats->min_spo2 = lround(totals->min_spo2);
		stats->max_spo2 = lround(totals->max_spo2);
		stats->avg_spo2 = round(totals->sum_spo2 / (double)totals->n_spo2 * 10) / 10;
		stats->time_below_83 = at_most(totals->below_83, 7200);
	}
	if (totals->n_heart_rate)
		stats->peak_heart_rate = lround(totals->max_heart_rate);
	/* earlier than its phase: the clock was set back, and nobody knows how long it took */
	if (span->phase == PHASE_RECOVERY && totals->first_95_us >= span->from_us)
		stats->time_to_95_percent_seconds =
			at_most(seconds_to(span->from_us, totals->first_95_us), 7200);
}

void
figures_session(const struct totals *totals, struct session *row)
{
	row->total_readings = totals->n;
	if (totals->n_spo2) {
		row->avg_spo2 = round(totals->sum_spo2 / (double)totals->n_spo2 * 100) / 100;
		row->min_spo2 = totals->min_spo2;
		row->max_spo2 = totals->max_spo2;
	}
	if (totals->n_heart_rate) {
		row->avg_heart_rate = round(totals->sum_heart_rate / (double)totals->n_heart_rate * 100) / 100;
		row->min_heart_rate = totals->min_heart_rate;
		row->max_heart_rate = totals->max_heart_rate;
	}
}
