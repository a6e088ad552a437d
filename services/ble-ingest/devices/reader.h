/*
 * reader - numbers out of bytes, and never beyond their end
 *
 * Once a number was asked for that is not there, is_short stays set and all that follow are 0.
 */
#ifndef READER_H
#define READER_H

#include <stddef.h>
#include <stdint.h>

struct reader {
	const uint8_t *at;
	size_t left;
	int is_short;
};

static inline const uint8_t *
read_bytes(struct reader *r, size_t n)
{
	const uint8_t *at = r->at;

	if (r->is_short || r->left < n) {
		r->is_short = 1;
		return NULL;
	}
	r->at += n;
	r->left -= n;
	return at;
}

/* Little-endian, n <= 4. */
static inline uint32_t
read_le(struct reader *r, unsigned n)
{
	const uint8_t *b = read_bytes(r, n);
	uint32_t v = 0;

	while (b && n--)
		v = v << 8 | b[n];
	return v;
}

/* Big-endian, n <= 4. */
static inline uint32_t
read_be(struct reader *r, unsigned n)
{
	const uint8_t *b = read_bytes(r, n);
	uint32_t v = 0;
	unsigned i;

	for (i = 0; b && i < n; i++)
		v = v << 8 | b[i];
	return v;
}

#endif
