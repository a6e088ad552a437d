/*
 * totals - what a stretch of readings amounts to; only valid values count
 */
#ifndef TOTALS_H
#define TOTALS_H

#include "proto/msg.h"

struct totals {
	int64_t n, n_spo2, n_heart_rate, below_83, first_95_us;
	double sum_spo2, min_spo2, max_spo2;
	double sum_heart_rate, min_heart_rate, max_heart_rate;
};
void totals_clear(struct totals *totals);
void totals_add(struct totals *totals, const struct reading *reading);
/* What is in `later` too. */
void totals_join(struct totals *totals, const struct totals *later);

#endif
