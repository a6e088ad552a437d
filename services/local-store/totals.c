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

void
totals_join(struct totals *t, const struct totals *later)
{
	t->n += later->n;
	t->n_spo2 += later->n_spo2;
	t->n_heart_rate += later->n_heart_rate;
	t->below_83 += later->below_83;
	t->first_95_us = t->first_95_us ? t->first_95_us : later->first_95_us;
	t->sum_spo2 += later->sum_spo2;
	t->min_spo2 = fmin(t->min_spo2, later->min_spo2);
	t->max_spo2 = fmax(t->max_spo2, later->max_spo2);
	t->sum_heart_rate += later->sum_heart_rate;
	t->min_heart_rate = fmin(t->min_heart_rate, later->min_heart_rate);
	t->max_heart_rate = fmax(t->max_heart_rate, later->max_heart_rate);
}
