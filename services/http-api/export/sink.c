#include "services/http-api/export/sink.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "common/clock.h"

#define DAY_S 86400

void
sink_init(struct sink *sink,
	  int (*write)(void *arg, const void *bytes, size_t n, struct err *err), void *arg)
{
	sink->write = write;
	sink->arg = arg;
	sink->n_bytes = 0;
	sink->used = 0;
	sink->day = INT64_MIN;
	sink->err = (struct err){0};
}

int
sink_flush(struct sink *sink, struct err *err)
{
	if (!sink->err.code && sink->used &&
	    sink->write(sink->arg, sink->piece, sink->used, &sink->err) < 0 && !sink->err.code)
		sink->err.code = -1;
	sink->used = 0;
	if (!sink->err.code)
		return 0;
	if (err)
		*err = sink->err;
	return -1;
}

void
sink_put(struct sink *sink, const void *bytes, size_t n)
{
	size_t part;

	sink->n_bytes += n;
	while (n > sizeof(sink->piece) - sink->used) {
		part = sizeof(sink->piece) - sink->used;
		memcpy(sink->piece + sink->used, bytes, part);
		sink->used += part;
		bytes = (const char *)bytes + part;
		n -= part;
		(void)sink_flush(sink, NULL);
	}
	memcpy(sink->piece + sink->used, bytes, n);
	sink->used += n;
}

void
sink_text(struct sink *sink, const char *text)
{
	sink_put(sink, text, strlen(text));
}

/* Digits from the back: gives where they begin. */
static char *
digits(char *end, uint64_t n)
{
	do
		*--end = (char)('0' + n % 10);
	while (n /= 10);
	return end;
}

void
sink_int(struct sink *sink, int64_t number)
{
	char text[24], *end = text + sizeof(text);
	char *p = digits(end, number < 0 ? 0 - (uint64_t)number : (uint64_t)number);

	if (number < 0)
		*--p = '-';
	sink_put(sink, p, (size_t)(end - p));
}

/* Values of sensors have few decimals: 97, 97.3, 6.25. */
static int
put_decimal(struct sink *sink, double real)
{
	static const double powers[] = {1, 10, 100, 1000};
	char text[40], *end = text + sizeof(text), *p = end;
	double whole;
	uint64_t n;
	int places, i;

	for (places = 0; places < 4; places++) {
		whole = rint(real * powers[places]);
		if (fabs(whole) < 1e15 && whole / powers[places] == real)
			break;
	}
	if (places == 4)
		return 0;
	n = (uint64_t)fabs(whole);
	for (i = 0; i < places; i++, n /= 10)
		*--p = (char)('0' + n % 10);
	if (places)
		*--p = '.';
	p = digits(p, n);
	if (whole < 0)
		*--p = '-';
	sink_put(sink, p, (size_t)(end - p));
	return 1;
}

void
sink_real(struct sink *sink, double real)
{
	char text[40];
	int precision;

	if (put_decimal(sink, real))
		return;
	for (precision = 15; precision <= 17; precision++) {
		(void)snprintf(text, sizeof(text), "%.*g", precision, real);
		if (strtod(text, NULL) == real)
			break;
	}
	sink_text(sink, text);
}

static void
set_date(struct sink *sink, int64_t day)
{
	time_t s = (time_t)(day * DAY_S);
	struct tm tm;

	if (!gmtime_r(&s, &tm) || !strftime(sink->date, sizeof(sink->date), "%04Y-%m-%dT", &tm))
		sink->date[0] = 0;
	sink->day = day;
}

static void
put_two(char *p, int64_t n)
{
	p[0] = (char)('0' + n / 10);
	p[1] = (char)('0' + n % 10);
}

void
sink_time(struct sink *sink, int64_t utc_us)
{
	int64_t s = utc_us / CLOCK_SECOND, us = utc_us % CLOCK_SECOND, day;
	char text[] = "00:00:00.000000Z";
	int i;

	if (us < 0) {
		us += CLOCK_SECOND;
		s--;
	}
	day = s / DAY_S - (s % DAY_S < 0);
	s -= day * DAY_S;
	if (day != sink->day)
		set_date(sink, day);
	put_two(text, s / 3600);
	put_two(text + 3, s / 60 % 60);
	put_two(text + 6, s % 60);
	for (i = 14; i > 8; i--, us /= 10)
		text[i] = (char)('0' + us % 10);
	sink_text(sink, sink->date);
	sink_put(sink, text, sizeof(text) - 1);
}

/* ---- text */

size_t
sink_utf8(const char *text)
{
	const unsigned char *s = (const unsigned char *)text;
	size_t n = *s < 0x80 ? 1 : *s < 0xc2 ? 0 : *s < 0xe0 ? 2 : *s < 0xf0 ? 3 : *s < 0xf5 ? 4 : 0;
	size_t i;

	for (i = 1; i < n; i++)
		if ((s[i] & 0xc0) != 0x80)
			return 0;
	if ((*s == 0xe0 && s[1] < 0xa0) || (*s == 0xed && s[1] > 0x9f) ||
	    (*s == 0xf0 && s[1] < 0x90) || (*s == 0xf4 && s[1] > 0x8f))
		return 0;
	return n;
}

void
sink_json(struct sink *sink, const char *text)
{
	char escape[8];
	size_t n;

	sink_put(sink, "\"", 1);
	for (; *text; text += n ? n : 1) {
		n = sink_utf8(text);
		if (!n) {
			sink_text(sink, SINK_NO_CHARACTER);
		} else if (*text == '"' || *text == '\\') {
			sink_put(sink, "\\", 1);
			sink_put(sink, text, 1);
		} else if ((unsigned char)*text < 0x20 || *text == 0x7f) {
			(void)snprintf(escape, sizeof(escape), "\\u%04x", (unsigned)*text);
			sink_text(sink, escape);
		} else {
			sink_put(sink, text, n);
		}
	}
	sink_put(sink, "\"", 1);
}
