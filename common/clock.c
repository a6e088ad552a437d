#include "common/clock.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

static int64_t
read_clock(clockid_t which)
{
	struct timespec t;

	clock_gettime(which, &t);
	return t.tv_sec * CLOCK_SECOND + t.tv_nsec / 1000;
}

int64_t
clock_utc_us(void)
{
	return read_clock(CLOCK_REALTIME);
}

int64_t
clock_mono_us(void)
{
	return read_clock(CLOCK_MONOTONIC);
}

const char *
clock_text(int64_t utc_us, char text[CLOCK_TEXT])
{
	time_t s = (time_t)(utc_us / CLOCK_SECOND);
	long us = (long)(utc_us % CLOCK_SECOND);
	struct tm tm;
	size_t n;

	if (us < 0) {
		us += CLOCK_SECOND;
		s--;
	}
	text[0] = 0;
	if (!gmtime_r(&s, &tm))
		return text;
	n = strftime(text, CLOCK_TEXT, "%Y-%m-%dT%H:%M:%S", &tm);
	(void)snprintf(text + n, CLOCK_TEXT - n, ".%06ldZ", us);
	return text;
}

static int
parse_number(const char *text, int64_t *utc_us)
{
	char *end;
	double v = strtod(text, &end);

	if (*end || end == text || !(v >= 0 && v < 1e17))
		return -1;
	*utc_us = (int64_t)(v < 1e11 ? v * 1e6 : v < 1e14 ? v * 1e3 : v);
	return 0;
}

/* "Z", "", "+02", "+0200" or "+02:00"; seconds east of UTC. */
static int
parse_zone(const char *p, long *east_s)
{
	int h = 0, m = 0, n = 0, sign = *p == '-' ? -1 : 1;

	*east_s = 0;
	if (!*p || !strcmp(p, "Z") || !strcmp(p, "z"))
		return 0;
	if (*p != '+' && *p != '-')
		return -1;
	if ((sscanf(p + 1, "%2d:%2d%n", &h, &m, &n) == 2 && !p[1 + n]) ||
	    (sscanf(p + 1, "%2d%2d%n", &h, &m, &n) == 2 && !p[1 + n]) ||
	    (sscanf(p + 1, "%2d%n", &h, &n) == 1 && !p[1 + n])) {
		*east_s = sign * (h * 3600L + m * 60L);
		return h <= 15 && m < 60 ? 0 : -1;
	}
	return -1;
}

int
clock_parse(const char *text, int64_t *utc_us)
{
	struct tm tm = {0};
	const char *p;
	long east_s, us = 0, unit = 100000;
	time_t s;

	if (!strpbrk(text, "-:"))
		return parse_number(text, utc_us);
	p = strptime(text, "%Y-%m-%d", &tm);
	if (!p || (*p != 'T' && *p != ' ' && *p))
		return -1;
	if (*p && !(p = strptime(p + 1, "%H:%M:%S", &tm)))
		return -1;
	if (*p == '.')
		for (p++; isdigit((unsigned char)*p); p++, unit /= 10)
			us += (*p - '0') * unit;
	if (parse_zone(p, &east_s) < 0)
		return -1;
	s = timegm(&tm);
	*utc_us = ((int64_t)s - east_s) * CLOCK_SECOND + us;
	return 0;
}

long
clock_until_ms(int64_t at_mono_us, int64_t now_mono_us, long most_ms)
{
	int64_t ms = (at_mono_us - now_mono_us + 999) / 1000;

	return ms < 0 ? 0 : ms > most_ms ? most_ms : (long)ms;
}
