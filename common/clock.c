#include "common/clock.h"

#include <ctype.h>
#include <fcntl.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

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

int64_t
clock_thread_us(void)
{
	return read_clock(CLOCK_THREAD_CPUTIME_ID);
}

void
clock_boot(char boot[CLOCK_BOOT])
{
	int fd = open("/proc/sys/kernel/random/boot_id", O_RDONLY | O_CLOEXEC);

	memset(boot, 0, CLOCK_BOOT);
	if (fd >= 0 && read(fd, boot, 36) < 0)
		boot[0] = 0;
	if (fd >= 0)
		close(fd);
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
	n = strftime(text, CLOCK_TEXT, "%04Y-%m-%dT%H:%M:%S", &tm);
	(void)snprintf(text + n, CLOCK_TEXT - n, ".%06ldZ", us);
	return text;
}

static int
parse_number(const char *text, int64_t *utc_us)
{
	double v;

	if (!isdigit((unsigned char)*text) || text[strspn(text, "0123456789.")])
		return -1;
	v = strtod(text, NULL);
	if (strchr(text, '.') != strrchr(text, '.') || !(v < 1e17))
		return -1;
	*utc_us = (int64_t)rint(v < 1e11 ? v * 1e6 : v < 1e14 ? v * 1e3 : v);
	return 0;
}

/* Exactly n digits, from least to most. */
static int
take(const char **p, int n, int least, int most, int *v)
{
	*v = 0;
	for (; n; n--, ++*p) {
		if (!isdigit((unsigned char)**p))
			return -1;
		*v = *v * 10 + (**p - '0');
	}
	return *v >= least && *v <= most ? 0 : -1;
}

static int
take_date(const char **p, struct tm *tm)
{
	int year, month, day;

	if (take(p, 4, 1, 9999, &year) < 0 || *(*p)++ != '-' || take(p, 2, 1, 12, &month) < 0 ||
	    *(*p)++ != '-' || take(p, 2, 1, 31, &day) < 0)
		return -1;
	*tm = (struct tm){.tm_year = year - 1900, .tm_mon = month - 1, .tm_mday = day};
	(void)timegm(tm);  /* moves 30 February into March */
	return tm->tm_mday == day ? 0 : -1;
}

/* "hh:mm", "hh:mm:ss" or "hh:mm:ss.fraction"; second 60 is the leap second. */
static int
take_time(const char **p, struct tm *tm, long *us)
{
	long unit = 100000;

	if (take(p, 2, 0, 23, &tm->tm_hour) < 0 || *(*p)++ != ':' ||
	    take(p, 2, 0, 59, &tm->tm_min) < 0)
		return -1;
	if (**p != ':')
		return 0;
	++*p;
	if (take(p, 2, 0, 60, &tm->tm_sec) < 0)
		return -1;
	if (**p != '.')
		return 0;
	if (!isdigit((unsigned char)*++*p))
		return -1;
	for (; isdigit((unsigned char)**p); ++*p, unit /= 10)
		*us += (**p - '0') * unit;
	return 0;
}

/* "Z", "", "+02", "+0200" or "+02:00", to the end; seconds east of UTC. */
static int
take_zone(const char *p, long *east_s)
{
	int h, m = 0, sign = *p == '-' ? -1 : 1;

	*east_s = 0;
	if (!*p || !strcmp(p, "Z") || !strcmp(p, "z"))
		return 0;
	if (*p != '+' && *p != '-')
		return -1;
	p++;
	if (take(&p, 2, 0, 15, &h) < 0)
		return -1;
	if (*p) {
		p += *p == ':';
		if (take(&p, 2, 0, 59, &m) < 0)
			return -1;
	}
	*east_s = sign * (h * 3600L + m * 60L);
	return *p ? -1 : 0;
}

int
clock_parse(const char *text, int64_t *utc_us)
{
	const char *p = text;
	long east_s = 0, us = 0;
	struct tm tm;

	if (!strpbrk(text, "-:"))
		return parse_number(text, utc_us);
	if (take_date(&p, &tm) < 0)
		return -1;
	if (*p) {
		if (*p != 'T' && *p != 't' && *p != ' ')
			return -1;
		p++;
		if (take_time(&p, &tm, &us) < 0 || take_zone(p, &east_s) < 0)
			return -1;
	}
	*utc_us = ((int64_t)timegm(&tm) - east_s) * CLOCK_SECOND + us;
	return 0;
}

long
clock_until_ms(int64_t at_mono_us, int64_t now_mono_us, long most_ms)
{
	int64_t ms = (at_mono_us - now_mono_us + 999) / 1000;

	return ms < 0 ? 0 : ms > most_ms ? most_ms : (long)ms;
}
