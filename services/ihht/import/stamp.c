#include "services/ihht/import/stamp.h"

#include <ctype.h>
#include <errno.h>
#include <string.h>
#include <strings.h>
#include <time.h>

#define LEAST_YEAR 2000
#define MOST_YEAR  2099

struct parts {
	int year, a, b;          /* a, b: month and day, the way they stand */
	int is_a_day;            /* 1: a is the day; 0: the month; -1: not told */
	int hour, minute, second;
	int has_date, has_time;
};

/* Blanks of any kind: phones put U+202F in front of AM and PM. */
static void
skip_blanks(const char **p)
{
	for (;;)
		if (**p == ' ' || **p == '\t')
			++*p;
		else if (!strncmp(*p, "\u00a0", 2))
			*p += 2;
		else if (!strncmp(*p, "\u202f", 3))
			*p += 3;
		else
			return;
}

/* Up to `most` digits; how many there were. */
static int
take_number(const char **p, int most, int *v)
{
	int n = 0;

	for (*v = 0; n < most && isdigit((unsigned char)**p); n++)
		*v = *v * 10 + (*(*p)++ - '0');
	return isdigit((unsigned char)**p) ? 0 : n;
}

static int
take_half(const char **p, struct parts *d, struct err *err)
{
	const char *q = *p;
	int pm;

	skip_blanks(&q);
	pm = !strncasecmp(q, "PM", 2);
	if (!pm && strncasecmp(q, "AM", 2))
		return 0;
	if (isalpha((unsigned char)q[2]))
		return 0;
	if (d->hour < 1 || d->hour > 12)
		return err_set(err, EBADMSG, "hour %d with AM or PM", d->hour);
	d->hour = d->hour % 12 + 12 * pm;
	*p = q + 2;
	return 0;
}

static int
take_time(const char **p, struct parts *d, struct err *err)
{
	if (d->has_time || !take_number(p, 2, &d->hour) || *(*p)++ != ':' ||
	    take_number(p, 2, &d->minute) != 2)
		return err_set(err, EBADMSG, "no time of day like 21:47:12");
	if (**p != ':')
		return err_set(err, EBADMSG, "no seconds: take the file as the app exported it, not as "
			       "a spreadsheet saved it");
	++*p;
	if (take_number(p, 2, &d->second) != 2)
		return err_set(err, EBADMSG, "no time of day like 21:47:12");
	if (**p == '.')
		for (++*p; isdigit((unsigned char)**p);)
			++*p;
	d->has_time = 1;
	if (take_half(p, d, err) < 0)
		return -1;
	return d->hour < 24 && d->minute < 60 && d->second < 60
		       ? 0 : err_set(err, EBADMSG, "no time of day: %02d:%02d:%02d", d->hour, d->minute,
				     d->second);
}

/* "Mar", "march": at least three letters. */
static int
take_month(const char **p, int *month)
{
	static const char *const names[] = {"january", "february", "march", "april", "may", "june",
					    "july", "august", "september", "october", "november",
					    "december"};
	size_t n = 0;
	int i;

	while (isalpha((unsigned char)(*p)[n]))
		n++;
	for (i = 0; i < 12; i++)
		if (n >= 3 && n <= strlen(names[i]) && !strncasecmp(*p, names[i], n)) {
			*p += n;
			*month = i + 1;
			return 0;
		}
	return -1;
}

static int
take_year(const char **p, struct parts *d, struct err *err)
{
	if (**p == ',')
		++*p;
	skip_blanks(p);
	if (take_number(p, 4, &d->year) != 4)
		return err_set(err, EBADMSG, "no year of four digits");
	return 0;
}

/* "Mar 06 2023", "March 6, 2023" */
static int
take_named_date(const char **p, struct parts *d, struct err *err)
{
	if (take_month(p, &d->a) < 0)
		return err_set(err, EBADMSG, "no English name of a month");
	skip_blanks(p);
	d->is_a_day = 0;
	if (!take_number(p, 2, &d->b))
		return err_set(err, EBADMSG, "no day after the month");
	return take_year(p, d, err);
}

/* "06/03/2023", "2023-03-06", "6 Mar 2023" */
static int
take_numbered_date(const char **p, struct parts *d, struct err *err)
{
	const char *from = *p;
	int n = take_number(p, 4, &d->a);
	char between = **p;

	if (n && n <= 2 && (between == ' ' || isalpha((unsigned char)between))) {
		skip_blanks(p);
		d->is_a_day = 1;
		if (take_month(p, &d->b) < 0)
			return err_set(err, EBADMSG, "no English name of a month");
		skip_blanks(p);
		return take_year(p, d, err);
	}
	if (!n || n == 3 || !between || !strchr("/.-", between))
		return err_set(err, EBADMSG, "no date like 06/03/2023");
	++*p;
	if (n == 4) {
		*p = from;
		d->is_a_day = 0;
		(void)take_number(p, 4, &d->year);
		++*p;
		if (!take_number(p, 2, &d->a) || *(*p)++ != between || !take_number(p, 2, &d->b))
			return err_set(err, EBADMSG, "no date like 2023-03-06");
		return 0;
	}
	d->is_a_day = -1;
	if (!take_number(p, 2, &d->b) || *(*p)++ != between)
		return err_set(err, EBADMSG, "no date like 06/03/2023");
	return take_year(p, d, err);
}

int
stamp_offset(const char *p, long *east_s)
{
	int sign = *p == '-' ? -1 : 1, v, m = 0, n;

	if (*p != '+' && *p != '-')
		return -1;
	p++;
	n = take_number(&p, 4, &v);
	if (n == 2 && *p == ':' && (p++, take_number(&p, 2, &m)) != 2)
		return -1;
	if (n == 2)
		v = v * 100 + m;
	if ((n != 2 && n != 4) || *p || v / 100 > 15 || v % 100 > 59)
		return -1;
	*east_s = sign * (v / 100 * 3600L + v % 100 * 60L);
	return 0;
}

/* To the end: nothing, or the zone. */
static int
take_zone(const char *p, struct stamp *stamp, struct err *err)
{
	if (!*p)
		return 0;
	stamp->has_zone = 1;
	if (strcmp(p, "Z") && stamp_offset(p, &stamp->east_s) < 0)
		return err_set(err, EBADMSG, "something follows that is no part of a date");
	return 0;
}

static int
seconds(const struct parts *d, int month, int day, int64_t *s)
{
	struct tm tm = {.tm_year = d->year - 1900, .tm_mon = month - 1, .tm_mday = day,
			.tm_hour = d->hour, .tm_min = d->minute, .tm_sec = d->second};

	if (month < 1 || month > 12 || day < 1 || day > 31)
		return -1;
	*s = timegm(&tm);  /* moves 30 February into March */
	return tm.tm_mday == day ? 0 : -1;
}

static int
settle(const struct parts *d, struct stamp *stamp, struct err *err)
{
	int day_first = d->is_a_day != 0 && seconds(d, d->b, d->a, &stamp->local_s) == 0;
	int month_first = d->is_a_day != 1 && seconds(d, d->a, d->b, &stamp->month_first_s) == 0;

	if (d->year < LEAST_YEAR || d->year > MOST_YEAR)
		return err_set(err, EBADMSG, "year %d: is the clock of the device set?", d->year);
	if (!day_first && !month_first)
		return err_set(err, EBADMSG, "no such day");
	if (!day_first)
		stamp->local_s = stamp->month_first_s;
	if (!month_first)
		stamp->month_first_s = stamp->local_s;
	if (d->is_a_day < 0 && day_first != month_first)
		stamp->order = day_first ? STAMP_DAY_FIRST : STAMP_MONTH_FIRST;
	return 0;
}

int
stamp_read(const char *text, struct stamp *stamp, struct err *err)
{
	struct parts d = {.is_a_day = 0};
	struct stamp out = {.order = STAMP_UNTOLD};
	const char *p = text;
	int r = 0;

	for (skip_blanks(&p); r == 0 && (!d.has_date || !d.has_time); skip_blanks(&p)) {
		if (d.has_date && (*p == 'T' || *p == ','))
			p++;
		skip_blanks(&p);
		if (isdigit((unsigned char)p[0]) && (p[1] == ':' || (isdigit((unsigned char)p[1]) && p[2] == ':')))
			r = take_time(&p, &d, err);
		else if (!d.has_date && (d.has_date = 1))
			r = isalpha((unsigned char)*p) ? take_named_date(&p, &d, err)
						       : take_numbered_date(&p, &d, err);
		else
			r = err_set(err, EBADMSG, "no time of day like 21:47:12");
	}
	if (r < 0 || take_zone(p, &out, err) < 0 || settle(&d, &out, err) < 0)
		return -1;
	*stamp = out;
	return 0;
}
