/*
 * figures - what a session and its phases amount to
 *
 * Formulas: min, max and mean over valid values; time_below_83 counts values (1 Hz is
 * assumed, as in the app); time_to_95 is from the start of a recovery to the first value of
 * 95 or more; target ranges are the adaptive engine's (calibration 88-93, training 85-90,
 * recovery 95-100).
 */
#ifndef FIGURES_H
#define FIGURES_H

#include "services/local-store/sessions.h"

/* Whether a phase of that kind has figures of its own. */
bool figures_of_phase(int64_t phase);

/* The running phase as a record, ended at end_us (MSG_NONE: not yet). */
void figures_phase(const struct entry *entry, const struct span *span,
		   const struct totals *totals, int64_t end_us, struct phase_stats *stats);

/* total_readings, avg, min and max into the row. */
void figures_session(const struct totals *totals, struct session *row);

#endif
