/*
 * out_record - the audit log: what the auditor found and did, each line vouching for the rest
 *
 * Lines are only ever added (see chain.h), one writer at a time, and are on disk when
 * record_add() returns.  Ids and counts only: no values of people.
 */
#ifndef OUT_RECORD_H
#define OUT_RECORD_H

#include <stdio.h>

#include "services/dedupe-auditor/record/chain.h"

struct record;

/* Reads all of it first.  -1 code EBADMSG: an entry is broken, err says which; nothing is
 * added to such a file.  A last line that a crash cut off was never told to be there: it goes. */
struct record *record_open(const char *path, struct err *err);   /* NULL: see err */
void record_close(struct record **record);

__attribute__((format(printf, 3, 4)))
int record_add(struct record *record, const char *what, const char *format, ...);   /* -1 errno */
const struct chain *record_head(const struct record *record);

/* Checks a whole file; *chain is how far it is right.  0, or -1 and the first that is not. */
int record_check(const char *path, struct chain *chain, struct err *err);

#endif
