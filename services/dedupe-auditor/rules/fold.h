/*
 * fold - which readings of one session are the same sample
 *
 * The app sent a batch again when its answer was lost (same time, same values: `again`), and
 * fed some samples twice, from the radio and from the screen, a few ms apart, the screen's
 * copy without signal_strength (`twice`: equal values, less than FOLD_TWICE_US apart, not
 * both with a signal_strength).  Kept is the row with signal_strength, else the first.
 *
 * Left alone and only counted:
 *	clash   same time, different values: which one is true nobody can tell
 *	dense   three or more times in a row, each less than FOLD_TWICE_US after the one before:
 *	        a sensor that really sends so fast; only `again` is folded there
 *
 * Pure.
 */
#ifndef FOLD_H
#define FOLD_H

#include <stddef.h>
#include <stdint.h>

#define FOLD_TWICE_US 250000

struct legacy_reading {
	int64_t time_us;
	int64_t spo2, heart_rate, signal_strength;   /* MSG_NONE: null */
	uint64_t row;                                /* the caller's own; lower wins a tie */
};

struct fold_sum {
	int64_t n_again, n_twice;                    /* rows that fold into another one */
	int64_t n_clash, n_dense;                    /* rows that are left though suspicious */
};

/*
 * `rows` are all of one session, in order of (time_us, row).  into[i] is i for a row that
 * stays, else the index of the one it is a copy of (which stays).  Adds to *sum.
 */
void readings_fold(const struct legacy_reading *rows, size_t n, size_t *into,
		   struct fold_sum *sum);

#endif
