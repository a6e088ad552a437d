#include "services/ihht/import/recorded.h"

#include <ctype.h>
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "common/clock.h"
#include "proto/vld.h"
#include "services/ihht/import/zone.h"

#define LONGEST_STEP_S 60

struct recorded_row *
recorded_add(struct recorded *r)
{
	struct recorded_row *row;

	if (r->n == RECORDED_MOST_ROWS)
		return NULL;
	if (r->n == r->room) {
		r->room = r->room ? r->room * 2 : 1024;
		r->rows = realloc(r->rows, r->room * sizeof(*r->rows));
		ASSERT(r->rows);
	}
	row = &r->rows[r->n++];
	*row = (struct recorded_row){.utc_s = MSG_NONE, .spo2 = NAN, .heart_rate = NAN, .motion = NAN};
	return row;
}

void
recorded_release(struct recorded *r)
{
	free(r->rows);
	*r = (struct recorded){.n = 0};
}

/* ---- the name of the file */

/* Milliseconds since 1970 or yyyymmddhhmmss. */
static int64_t
time_of(const char *digits, size_t n)
{
	struct tm tm = {0};
	long long ms;

	if (n == 13 && sscanf(digits, "%13lld", &ms) == 1)
		return ms / 1000;
	if (n != 14 || sscanf(digits, "%4d%2d%2d%2d%2d%2d", &tm.tm_year, &tm.tm_mon, &tm.tm_mday,
			      &tm.tm_hour, &tm.tm_min, &tm.tm_sec) != 6)
		return 0;
	tm.tm_year -= 1900;
	tm.tm_mon--;
	return timegm(&tm);
}

/* How much of it is left without blanks at its end. */
static size_t
trimmed(const char *text, size_t n)
{
	while (n && text[n - 1] == ' ')
		n--;
	return n;
}

/* "name (1)": what a browser makes of a second download. */
static size_t
without_copy(const char *text, size_t n)
{
	size_t i = n;

	if (i < 3 || text[--i] != ')')
		return n;
	while (i && isdigit((unsigned char)text[i - 1]))
		i--;
	return i && text[i - 1] == '(' && text[i] != ')' ? trimmed(text, i - 1) : n;
}

void
recorded_name(const char *path, char device_id[65], int64_t *name_s)
{
	const char *base = strrchr(path, '/') ? strrchr(path, '/') + 1 : path;
	const char *dot = strrchr(base, '.');
	size_t n = dot ? (size_t)(dot - base) : strlen(base), digits = 0;

	n = without_copy(base, trimmed(base, n));
	while (digits < n && isdigit((unsigned char)base[n - digits - 1]))
		digits++;
	*name_s = time_of(base + n - digits, digits);
	if (*name_s) {
		n -= digits;
		while (n && strchr("_- ", base[n - 1]))
			n--;
	}
	(void)snprintf(device_id, 65, "%.*s", (int)n, base);
}

/* ---- when it was */

int
recorded_place(struct recorded *r, struct err *err)
{
	int64_t last = INT64_MIN, last_local = INT64_MIN, utc;
	struct recorded_row *row, *to = r->rows;

	r->step_s = LONGEST_STEP_S;

	for (row = r->rows; row < r->rows + r->n; row++) {
		utc = row->utc_s == MSG_NONE ? zone_utc(row->local_s, last) : row->utc_s;
		if (utc == last || (utc < last && row->local_s == last_local)) {
			r->n_repeated++;
			continue;
		}
		if (utc < last)
			return err_set(err, EBADMSG, "line %lld: time goes back by %lld s; where clocks were "
				       "changed in that night, give the offset that it began with, as in "
				       "--zone +02:00", (long long)row->line, (long long)(last - utc));
		if (to > r->rows && utc - last < r->step_s)
			r->step_s = utc - last;
		last = utc;
		last_local = row->local_s;
		*to = *row;
		to++->utc_s = utc;
	}
	r->n = (size_t)(to - r->rows);
	return 0;
}

void
recorded_reading(const struct recorded_row *row, struct reading *reading)
{
	msg_clear(&msg_reading, reading);
	reading->taken_us = row->utc_s * CLOCK_SECOND;
	reading->epoch = VLD_EPOCH;
	reading->seq = row->local_s;
	reading->spo2 = row->spo2;
	reading->heart_rate = row->heart_rate;
	reading->motion = row->motion;
	reading->data_source = DATA_SOURCE_MANUAL;
	if (isnan(row->spo2) && isnan(row->heart_rate))
		reading->invalid = INVALID_UNAVAILABLE;
}
