/*
 * out_record - the audit log: what the auditor found and did, each line vouching for the rest
 *
 * Lines are only ever added (see chain.h) and are on disk when record_add() returns.  Who adds
 * holds the file for that moment, and first checks what others have added.  Ids and counts
 * only: no values of people.
 */
#ifndef OUT_RECORD_H
#define OUT_RECORD_H

#include <stdio.h>

#include "proto/process.h"
#include "services/dedupe-auditor/record/chain.h"

struct record;

/* Where it is: dedupe-auditor/audit-log, or beside the SQLite file. */
void record_path(const struct process *process, char *path, size_t size);

/* Reads all of it first.  -1 code EBADMSG: an entry is broken, err says which; nothing is
 * added to such a file.  A last line that a crash cut off was never told to be there: it goes. */
struct record *record_open(const char *path, struct err *err);   /* NULL: see err */
void record_close(struct record **record);

__attribute__((format(printf, 4, 5)))
int record_add(struct record *record, struct err *err, const char *what, const char *format, ...);
int record_follow(struct record *record, struct err *err);       /* what others have added */
const struct chain *record_head(const struct record *record);

/* Checks a whole file; *chain is how far it is right.  0, or -1 and the first that is not. */
int record_check(const char *path, struct chain *chain, struct err *err);

#endif
