/*
 * sink - bytes on their way out, gathered into pieces
 *
 * Failure stays: after the first everything put in is dropped, and sink_flush() tells why.
 * So a writer puts and puts, and whoever drives it asks once in a while.
 */
#ifndef SINK_H
#define SINK_H

#include <stddef.h>
#include <stdint.h>

#include "common/err.h"

#define SINK_PIECE 65536

struct sink {
	int (*write)(void *arg, const void *bytes, size_t n, struct err *err);
	void *arg;
	uint64_t n_bytes;      /* put in, all together */
	struct err err;        /* code 0: all is well */
	int64_t day;           /* since 1970: that of `date`, which most times share */
	char date[12];
	size_t used;
	char piece[SINK_PIECE];
};

void sink_init(struct sink *sink,
	       int (*write)(void *arg, const void *bytes, size_t n, struct err *err), void *arg);

/* Hands on what is gathered.  -1: now or earlier it was not taken. */
int sink_flush(struct sink *sink, struct err *err);

void sink_put(struct sink *sink, const void *bytes, size_t n);
void sink_text(struct sink *sink, const char *text);
void sink_int(struct sink *sink, int64_t number);

/* The shortest decimal that reads back as the same double. */
void sink_real(struct sink *sink, double real);

/* 2026-11-23T05:06:07.123456Z */
void sink_time(struct sink *sink, int64_t utc_us);

/* With quotes around and escapes inside.  What is no UTF-8 becomes U+FFFD. */
void sink_json(struct sink *sink, const char *text);

/* The bytes of the character at `text`, 1 to 4; 0: it is no UTF-8. */
size_t sink_utf8(const char *text);
#define SINK_NO_CHARACTER "\xef\xbf\xbd" /* U+FFFD */

#endif
