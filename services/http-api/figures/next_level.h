/*
 * next_level - the dial to begin the next session with, from those before it
 *
 * The app's AltitudeProgressionService: days of rest lower the dial, a trend over sessions moves
 * it by one, and no step from the last dial is wider than 3 down and 2 up.  Its performance
 * score is told beside it and does not move the dial, as in the app.
 *
 * Pure.
 */
#ifndef NEXT_LEVEL_H
#define NEXT_LEVEL_H

#include <stddef.h>
#include <stdint.h>

#define NEXT_LEVEL_SESSIONS 10
#define NEXT_LEVEL_FIRST    6    /* without a history */

struct past_session {          /* one that has ended */
	int64_t end_us;
	int64_t level;         /* dial at its end, else at its start; MSG_NONE unknown: as 6 */
	int64_t lifts;
	int64_t is_calibration;
	double min_spo2, avg_spo2, completion;  /* of its altitude phases; 0 to 1; NAN unknown */
};

struct next_level {
	int64_t level, base, detraining, trend_step;
	int64_t days;                /* since the last session ended; MSG_NONE no history */
	const char *trend;           /* plateau, improving, stable, declining, unknown */
	const char *confidence;      /* high, medium, low, none */
	int recalibrate;
	int64_t score;               /* of the last session; MSG_NONE not to be had */
	int64_t performance;         /* words_performance; 0 none */
	char reason[300];
};

/* Newest first; at most NEXT_LEVEL_SESSIONS count.  An end after now_us counts as now. */
void next_level(const struct past_session *past, size_t n, int64_t now_us,
		struct next_level *next);

#endif
