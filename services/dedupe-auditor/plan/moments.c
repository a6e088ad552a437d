#include "services/dedupe-auditor/plan/moments.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "services/dedupe-auditor/rules/times.h"

/* A thousandth is more than any column of the app's can hold; equal stays equal. */
static int64_t
exact(double v)
{
	return isfinite(v) && fabs(v) < 1e12 ? llrint(v * 1000) : MSG_NONE;
}

static double
inexact(int64_t v)
{
	return v == MSG_NONE ? NAN : (double)v / 1000;
}

void
moments_put(struct moments *m, int64_t time_us, double spo2, double heart_rate, double signal)
{
	if (m->n == m->room) {
		m->room = m->room ? m->room * 2 : 1024;
		m->rows = reallocarray(m->rows, m->room, sizeof(*m->rows));
		m->into = reallocarray(m->into, m->room, sizeof(*m->into));
		ASSERT(m->rows && m->into);
	}
	m->rows[m->n] = (struct legacy_reading){
		.time_us = time_us, .spo2 = exact(spo2), .heart_rate = exact(heart_rate),
		.signal_strength = exact(signal), .row = m->n};
	m->n++;
}

/* timestamptz as it is, or text. */
static int
take_time(const struct field *f, int64_t *us)
{
	struct legacy_time time;
	char text[64];

	if (f->len == 8)
		return field_time(f, "timestamp", 0, us, NULL) == 1 ? 0 : -1;
	if (f->len <= 0 || f->len >= (int32_t)sizeof(text))
		return -1;
	(void)snprintf(text, sizeof(text), "%.*s", f->len, (const char *)f->p);
	if (times_text(text, &time, NULL) <= 0)
		return -1;
	*us = time.us;
	return 0;
}

static void
add_value(double v, int64_t *n, double *sum, double *min, double *max)
{
	if (!(v > 0))            /* the app's way to say: none */
		return;
	++*n;
	*sum += v;
	*min = fmin(*min, v);    /* NAN: the other one */
	*max = fmax(*max, v);
}

/* As legacy_figures_add(), for columns that hold fractions. */
static void
add_figures(struct legacy_figures *f, double spo2, double heart_rate)
{
	f->n++;
	add_value(spo2, &f->n_spo2, &f->sum_spo2, &f->min_spo2, &f->max_spo2);
	add_value(heart_rate, &f->n_heart_rate, &f->sum_heart_rate, &f->min_heart_rate,
		  &f->max_heart_rate);
}

int
moments_add(struct moments *m, const struct field fields[4])
{
	double spo2, heart_rate, signal;
	int64_t us;

	field_real(&fields[1], &spo2);
	field_real(&fields[2], &heart_rate);
	field_real(&fields[3], &signal);
	if (take_time(&fields[0], &us) == 0) {
		moments_put(m, us, spo2, heart_rate, signal);
		return 0;
	}
	if (!m->untimed.n)
		legacy_figures_clear(&m->untimed);
	add_figures(&m->untimed, spo2, heart_rate);
	return -1;
}

static void
add_owner(struct owner *owner, const struct field *f)
{
	if (f->len <= 0 || f->len >= (int32_t)sizeof(owner->text))
		return;
	if (!owner->is_set) {
		memcpy(owner->text, f->p, (size_t)f->len);
		owner->text[f->len] = 0;
		owner->is_set = 1;
	} else if (strlen(owner->text) != (size_t)f->len ||
		   memcmp(owner->text, f->p, (size_t)f->len)) {
		owner->differs = 1;
	}
}

void
moments_owner(struct moments *m, const struct field *user, const struct field *device)
{
	add_owner(&m->user, user);
	add_owner(&m->device, device);
}

static int
by_time(const void *a, const void *b)
{
	const struct legacy_reading *x = a, *y = b;

	if (x->time_us != y->time_us)
		return x->time_us < y->time_us ? -1 : 1;
	return x->row < y->row ? -1 : x->row > y->row;
}

void
moments_fold(struct moments *m, struct fold_sum *sum)
{
	if (m->n)
		qsort(m->rows, m->n, sizeof(*m->rows), by_time);
	readings_fold(m->rows, m->n, m->into, sum);
}

void
moments_sum(struct moments *m, struct legacy *legacy, struct legacy_readings *r)
{
	struct fold_sum sum = {0};
	size_t i;

	moments_fold(m, &sum);
	r->session_id = m->session_id;
	r->user_id = m->user.differs ? NULL : legacy_text(legacy, m->user.is_set ? m->user.text : NULL);
	r->device_id = m->device.differs ? NULL
			: legacy_text(legacy, m->device.is_set ? m->device.text : NULL);
	r->n = (int64_t)m->n + m->untimed.n;
	r->n_again = sum.n_again;
	r->n_twice = sum.n_twice;
	r->n_clash = sum.n_clash;
	r->n_dense = sum.n_dense;
	if (m->n) {
		r->first_us = m->rows[0].time_us;
		r->last_us = m->rows[m->n - 1].time_us;
	}
	for (i = 0; i < m->n; i++)
		if (m->into[i] == i)
			add_figures(&r->kept, inexact(m->rows[i].spo2), inexact(m->rows[i].heart_rate));
	if (m->untimed.n)
		legacy_figures_join(&r->kept, &m->untimed);
}

void
moments_clear(struct moments *m)
{
	m->n = 0;
	m->untimed = (struct legacy_figures){0};
	m->user = m->device = (struct owner){0};
}

void
moments_release(struct moments *m)
{
	free(m->rows);
	free(m->into);
	*m = (struct moments){0};
}
