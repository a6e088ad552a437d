/*
 * clock - now, in microseconds
 */
#ifndef CLOCK_H
#define CLOCK_H

#include <stddef.h>
#include <stdint.h>

#define CLOCK_SECOND 1000000LL /* us */

int64_t clock_utc_us(void);   /* since 1970, UTC: for data */
int64_t clock_mono_us(void);  /* never steps: for time-outs */
int64_t clock_thread_us(void);  /* CPU that this thread has used */

/* Which start of the machine the steady clock is of; empty: not known. */
#define CLOCK_BOOT 44
void clock_boot(char boot[CLOCK_BOOT]);

/* "2026-11-23T05:06:07.123456Z"; at least 28 bytes. */
#define CLOCK_TEXT 32
const char *clock_text(int64_t utc_us, char text[CLOCK_TEXT]);

/* ISO 8601 with Z, an offset or no zone (taken as UTC), or a number of seconds,
 * milliseconds or microseconds since 1970, told apart by size (< 1e11, < 1e14). 0, or -1. */
int clock_parse(const char *text, int64_t *utc_us);

/* Milliseconds for poll() until `at_mono_us`: 0 when it is past, at most `most_ms`. */
long clock_until_ms(int64_t at_mono_us, int64_t now_mono_us, long most_ms);

#endif
