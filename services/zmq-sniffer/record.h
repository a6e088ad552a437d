/*
 * record - a capture on disk: the file that `source = capture` replays
 *
 * A file that is there already is never written over.  Bytes of people: its owner may read it,
 * nobody else.
 */
#ifndef RECORD_H
#define RECORD_H

#include "common/err.h"
#include "proto/msg.h"

struct record;

struct record *record_open(const char *path, struct err *err);  /* NULL: see err */
void record_close(struct record **record);

/* -1 and err: the disk, or what no capture can hold (EBADMSG). */
int record_add(struct record *record, const struct raw *raw, struct err *err);
int record_remark(struct record *record, const char *text, struct err *err);

/* What was added so far is the kernel's. */
int record_flush(struct record *record, struct err *err);

#endif
