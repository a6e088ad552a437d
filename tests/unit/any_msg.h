/*
 * any_msg - random but valid messages, and messages compared, from the table alone
 *
 * Extremes and absent values come often: that is where codecs break.
 */
#ifndef ANY_MSG_H
#define ANY_MSG_H

#include <math.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "proto/msg.h"

static uint64_t any_state = 88172645463325252u;

static uint64_t
any(uint64_t below)
{
	any_state ^= any_state << 13;
	any_state ^= any_state >> 7;
	any_state ^= any_state << 17;
	return below ? any_state % below : any_state;
}

static int64_t
any_int(int64_t min, int64_t max)
{
	uint64_t span = (uint64_t)max - (uint64_t)min;

	switch (any(6)) {
	case 0:
		return min;
	case 1:
		return max;
	case 2:
		return (int64_t)((uint64_t)min + any(span < 300 ? span + 1 : 300));
	default:
		return (int64_t)((uint64_t)min + any(span + 1));
	}
}

static double
any_real(int64_t min, int64_t max)
{
	double v = (double)any_int(min, max);

	switch (any(4)) {
	case 0:
		return v;
	case 1:  /* one decimal, as oximeters say it */
		return fmin((double)max, v + (double)any(10) / 10);
	case 2:
		return fmin((double)max, (double)min + (v - (double)min) / 3);
	default:
		return fmin((double)max, v + (double)any(1000000) / 1000000);
	}
}

static void
any_utf8(char *to, size_t len)
{
	static const char *const runes[] = {"a", "z", "\x01", "\n", "\"", "\xc2\x80", "é",
					    "\xe0\xa0\x80", "€", "\xed\x9f\xbf", "\xee\x80\x80",
					    "\xf0\x90\x80\x80", "😀", "\xf4\x8f\xbf\xbf"};
	const char *rune;
	size_t used = 0;

	while (used < len) {
		rune = runes[any(sizeof(runes) / sizeof(runes[0]))];
		if (strlen(rune) > len - used)
			rune = "x";
		memcpy(to + used, rune, strlen(rune));
		used += strlen(rune);
	}
	to[len] = 0;
}

static void
any_bytes(const struct msg_field *f, char *to)
{
	static const char hex[] = "0123456789abcdef";
	size_t i, len = (size_t)any_int(f->min, f->max);
	struct msg_bytes *bin = (void *)to;

	if (f->kind == MSG_UUID) {
		for (i = 0; i < 36; i++)
			to[i] = i == 8 || i == 13 || i == 18 || i == 23 ? '-' : hex[any(16)];
		to[36] = 0;
		if (!f->min && any(3) == 0)
			to[0] = 0;
	} else if (f->kind == MSG_STR) {
		any_utf8(to, len);
	} else {
		if (len > 300 && any(20))
			len = (size_t)f->min + any(300);
		bin->len = (uint32_t)len;
		for (i = 0; i < len; i++)
			bin->bytes[i] = (uint8_t)any(256);
	}
}

static void
any_field(const struct msg_field *f, void *msg)
{
	char *to = (char *)msg + f->offset;
	int64_t v = MSG_NONE;
	double d = NAN;

	switch (f->kind) {
	case MSG_OPT:
	case MSG_INT:
		if (f->kind == MSG_INT || any(3))
			v = any_int(f->min, f->max);
		break;
	case MSG_WORD:
		v = any_int(0, f->words->n - 1);
		break;
	case MSG_SET:
		v = any_int(0, ((int64_t)1 << f->words->n) - 1);
		break;
	case MSG_REAL:
		if (any(3))
			d = any_real(f->min, f->max);
		memcpy(to, &d, sizeof(d));
		return;
	case MSG_STR:
	case MSG_UUID:
	case MSG_BIN:
		any_bytes(f, to);
		return;
	}
	memcpy(to, &v, sizeof(v));
}

__attribute__((unused)) static void
any_msg(const struct message *m, void *msg)
{
	int i;

	msg_clear(m, msg);
	for (i = 0; i < m->n_fields; i++)
		any_field(&m->fields[i], msg);
}

static int
same_field(const struct msg_field *f, const void *a, const void *b)
{
	const struct msg_bytes *x, *y;

	switch (f->kind) {
	case MSG_REAL:
		if (isnan(msg_real(f, a)) || isnan(msg_real(f, b)))
			return isnan(msg_real(f, a)) && isnan(msg_real(f, b));
		return !(msg_real(f, a) < msg_real(f, b) || msg_real(f, a) > msg_real(f, b));
	case MSG_STR:
	case MSG_UUID:
		return !strcmp(msg_str(f, a), msg_str(f, b));
	case MSG_BIN:
		x = msg_bin(f, a);
		y = msg_bin(f, b);
		return x->len == y->len && !memcmp(x->bytes, y->bytes, x->len);
	case MSG_INT:
	case MSG_OPT:
	case MSG_WORD:
	case MSG_SET:
		break;
	}
	return msg_int(f, a) == msg_int(f, b);
}

/* The name of the first field that differs, NULL when none does. */
__attribute__((unused)) static const char *
differs(const struct message *m, const void *a, const void *b)
{
	int i;

	for (i = 0; i < m->n_fields; i++)
		if (!same_field(&m->fields[i], a, b))
			return m->fields[i].name;
	return NULL;
}

#endif
