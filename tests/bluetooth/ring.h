/*
 * ring - a Viatom ring's side of its protocol: what it measures, and what it recorded
 *
 * Pure: bytes that were written to it in, bytes that it notifies out.  Its clock is UTC.  What it
 * records says RING_STORED %, which it never says live.
 * Sources: as of device_viatom.c and proto/vld.h.
 */
#ifndef RING_H
#define RING_H

#include <stddef.h>
#include <stdint.h>
#include <time.h>

enum { RING_REPLY = 400, RING_STORED = 88, RING_FILES = 8 };

struct ring {
	uint8_t asked[64];              /* a request comes in pieces of 20 */
	size_t n_asked;
	struct { time_t from, to; } files[RING_FILES];
	unsigned n_files;
	int is_recording;               /* the last file; it is not listed before its end */
	int open;                       /* a file, or -1 */
};

void ring_init(struct ring *ring);

/* On a finger at that second, with nobody listening; and somebody listens again. */
void ring_record(struct ring *ring, time_t now);
void ring_end_record(struct ring *ring);

/* Bytes of a request came: length of the reply, 0 while more are to come.  *measured is set
 * when it was asked for its values, which are spo2 and pulse. */
size_t ring_answer(struct ring *ring, const uint8_t *bytes, size_t len, uint8_t spo2, uint8_t pulse,
		   time_t now, uint8_t reply[RING_REPLY], int *measured);
#endif
