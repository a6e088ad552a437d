/*
 * say - what a kind has to say and nobody pulled yet
 *
 * A few places, as next() is called after everything that is heard; when nobody does, the
 * oldest is given up for the newest.
 */
#ifndef SAY_H
#define SAY_H

#include "services/ble-ingest/device.h"

#define SAY_MOST 12

struct say {
	struct device_said out[SAY_MOST];
	unsigned first, n;
};

/* A new place: of that kind, a sample absent in every field, and the rest zero. */
struct device_said *say(struct say *say, enum said_kind kind);

/* For a value of now: taken_us is set. */
struct device_said *say_value(struct say *say, const struct source_now *now);

__attribute__((format(printf, 2, 3)))
void say_wrong(struct say *say, const char *format, ...);

/* len <= DEVICE_MOST_BYTES. */
void say_write(struct say *say, unsigned port, const uint8_t *bytes, size_t len,
	       int with_response);

/* 1 and *out, 0 nothing. */
int say_next(struct say *say, struct device_said *out);

#endif
