#include "services/local-store/totals.h"

#include <math.h>
#include <string.h>

void
totals_clear(struct totals *totals)
{
	memset(totals, 0, sizeof(*totals));
	totals->min_spo2 = totals->min_heart_rate = INFINITY;
	totals->max_spo2 = totals->max_heart_rate = -INFINITY;
}

void
totals_add(struct totals *t, const struct reading *r)
{
	t->n++;
	if (r->invalid)
		return;
	if (!isnan(r->spo2)) {
		t->n_spo2++;
		t->sum_spo2 += r->spo2;
		t->min_spo2 = r->spo2 < t->min_spo2 ? r->spo2 : t->min_spo2;
		t->max_spo2 = r->spo2 > t->max_spo2 ? r->spo2 : t->max_spo2;
		t->below_83 += r->spo2 < 83;
		if (r->spo2 >= 95 && !t->first_95_us)
			t->first_95_us = r->taken_us;
	}
	if (!isnan(r->heart_rate)) {
		t->n_heart_rate++;
		t->sum_heart_rate += r->heart_rate;
		t->min_heart_rate = r->heart_rate < t->min_heart_rate ? r->heart_rate : t->min_heart_rate;
		t->max_heart_rate = r->heart_rate > t->max_heart_rate ? r->heart_rate : t->max_heart_rate;
	}
}
