/*
 * facts - what was seen of the processes at two moments, for diagnose.h.  Pure.
 */
#ifndef FACTS_H
#define FACTS_H

#include "proto/msg.h"

/* A process as its beats tell it, at two moments. */
struct seen {
	int expected;            /* it should run here */
	int heard;               /* it spoke in the last seconds */
	struct beat before, now; /* the same one when it spoke once */
};

struct facts {
	struct seen ingest, store, worker, auditor, fanout, api;
	char no_file[200];       /* why the SQLite file cannot be read; "": it can, or is not here */
	double disk_free;        /* of the store's disk, 0..1; -1: unknown */
	double bundle_s;         /* the longest a reading waits for its bundle to leave */
};

/* Where a process of that name stands in `facts`; NULL: it is no hop. */
struct seen *facts_process(struct facts *facts, const char *name);

/* One more instance was heard: of several the one that is worst off counts. */
void seen_add(struct seen *seen, const struct beat *before, const struct beat *now);

/* A count of a beat, `name=value` among its counts; `missing` when it is not there. */
double beat_count(const struct beat *beat, const char *name, double missing);

#endif
