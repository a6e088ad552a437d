/*
 * tape - a capture on disk (proto/capture.h), record by record
 *
 * A line that is no record of a decoder we have is told with its number, column and reason, and
 * costs nothing else.
 */
#ifndef TAPE_H
#define TAPE_H

#include "proto/capture.h"

struct tape;

/* Reads all of it once: it has its header and a record, and the facts below are known.  NULL and
 * err. */
struct tape *tape_open(const char *path, struct err *err);
void tape_close(struct tape **tape);

/* 1 and *raw, 0 the end. */
int tape_next(struct tape *tape, struct raw *raw);

int64_t tape_epoch(const struct tape *tape);  /* digest of the bytes, > 0 */
int64_t tape_bad(const struct tape *tape, struct err *first);  /* lines; first may be NULL */

#endif
