/*
 * times - the app's times as microseconds UTC
 *
 * One row mixes seconds (created_at), milliseconds (start_time) and ISO 8601 text.  A number
 * is told by its size: < 1e11 seconds, < 1e14 milliseconds, else microseconds.  Text with
 * digits only is a number; text without a zone is taken as UTC and flagged.  Pure.
 */
#ifndef TIMES_H
#define TIMES_H

#include <stdint.h>

#include "common/err.h"

struct legacy_time {
	int64_t us;
	int zoneless;            /* text that did not say its zone */
};

/* 1 and *time; 0: none (NULL, blank, a 0 that stands for null); -1 and err. */
int times_text(const char *text, struct legacy_time *time, struct err *err);
int times_number(double value, struct legacy_time *time, struct err *err);

#endif
