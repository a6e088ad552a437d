/*
 * stamp - a date and time as the apps of oximeters write it
 *
 *	21:47:12 Mar 06 2023        09:47:12 PM Mar 06 2023     09:47:12PM Mar 6, 2023
 *	21:47:12 06/03/2023         06.03.2023 21:47:12         2023-03-06T21:47:12+01:00
 *
 * Seconds must be there: a spreadsheet that saved the file again has taken them away.
 */
#ifndef STAMP_H
#define STAMP_H

#include <stdint.h>

#include "common/err.h"

enum stamp_order { STAMP_UNTOLD, STAMP_DAY_FIRST, STAMP_MONTH_FIRST };

struct stamp {
	int64_t local_s;         /* the wall clock, read as if UTC; the day first where in doubt */
	int64_t month_first_s;   /* the other way, where both are dates; else the same */
	enum stamp_order order;  /* which way this one must be read; UNTOLD: it does not tell */
	int has_zone;
	long east_s;             /* the zone it brings with it */
};

/* All of `text`.  -1: what is wrong with it. */
int stamp_read(const char *text, struct stamp *stamp, struct err *err);

/* "+02", "-0530" or "+02:00", all of it: seconds east of UTC.  0, or -1. */
int stamp_offset(const char *text, long *east_s);

#endif
