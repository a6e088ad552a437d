/*
 * place - how far in the order of stored values somebody has got: the last one they were given
 *
 *	TAKEN_US.SEQ.DEVICE
 *
 * DEVICE is its id, or ~ and the 16 hex digits of its ring_hash().  Values lie in the store in the
 * order in which they are shown, so one value says which ones come after it, of any device.
 */
#ifndef PLACE_H
#define PLACE_H

#include <stdint.h>

#include "text.h"

struct place {
	int64_t taken_us;  /* 0: none yet */
	int64_t seq;       /* the device's count */
	uint64_t device;   /* ring_hash() */
};

/* 0, or -1: that is none. */
int place_read(const char *text, struct place *place);
void place_write(struct text *text, const struct place *place);

int place_same(const struct place *a, const struct place *b);

#endif
