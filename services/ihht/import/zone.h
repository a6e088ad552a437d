/*
 * zone - which instant a wall clock means
 *
 * The zone is one of the process (TZ), for the conversions here and for times shown after.
 */
#ifndef ZONE_H
#define ZONE_H

#include <stdint.h>

#include "common/err.h"

/* "Europe/Berlin", "+02:00" or "UTC"; NULL: the machine's own.  -1: no such zone. */
int zone_set(const char *name, struct err *err);

/* The first instant after `after_s` at which clocks there show local_s, else the last one at
 * which they do.  An hour that is skipped there goes on from the time before it. */
int64_t zone_utc(int64_t local_s, int64_t after_s);

/* "+01:00" */
const char *zone_offset(int64_t utc_s, char text[16]);

#endif
