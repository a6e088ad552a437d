/*
 * varint - a number in as few bytes as it needs, seven bits each, the lowest first
 *
 * Inline, as columns do this for every value.  0, or -1: no room; no number.
 */
#ifndef VARINT_H
#define VARINT_H

#include <stdint.h>

#define VARINT_MAX 10  /* bytes */

struct bytes_out {
	uint8_t *p, *end;
};

struct bytes_in {
	const uint8_t *p, *end;
};

static inline int
varint_put(struct bytes_out *out, uint64_t v)
{
	for (; v >= 0x80; v >>= 7) {
		if (out->p == out->end)
			return -1;
		*out->p++ = (uint8_t)(v | 0x80);
	}
	if (out->p == out->end)
		return -1;
	*out->p++ = (uint8_t)v;
	return 0;
}

static inline int
varint_get(struct bytes_in *in, uint64_t *v)
{
	unsigned shift;

	*v = 0;
	for (shift = 0; shift < 64 && in->p < in->end; shift += 7) {
		*v |= (uint64_t)(*in->p & 0x7f) << shift;
		if (!(*in->p++ & 0x80))
			return 0;
	}
	return -1;
}

#endif
