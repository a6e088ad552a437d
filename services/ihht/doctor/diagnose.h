/*
 * diagnose - from what was seen of the processes to the first hop that is broken
 *
 *	device -> spool -> store -> worker -> postgres -> watcher
 *
 * Progress is judged, not life: two looks some seconds apart tell whether what waits moves.
 * Pure.
 */
#ifndef DIAGNOSE_H
#define DIAGNOSE_H

#include <stdint.h>

#include "proto/msg.h"

/* A process as its beats tell it, at two moments. */
struct seen {
	int expected;            /* ihht/processes names it */
	int heard;               /* it spoke in the last seconds */
	struct beat before, now; /* the same one when it spoke once */
};

struct facts {
	struct seen ingest, store, worker, auditor, fanout, api;
	unsigned n_devices;      /* that may be used; by state: */
	unsigned n_streaming, n_silent, n_lost, n_refused, n_connecting, n_searching;
	int64_t value_age_us;    /* of the newest live value; -1: none was heard */
	int64_t waiting;         /* readings that Postgres lacks, by the file; -1: no file */
	char no_file[200];       /* why not */
	double disk_free;        /* of the store's disk, 0..1; -1: unknown */
	double bundle_s;         /* the longest a reading waits for its bundle to leave */
};

enum hop { HOP_DEVICE, HOP_SPOOL, HOP_STORE, HOP_WORKER, HOP_POSTGRES, HOP_WATCHER, N_HOPS };
enum health {
	HEALTH_OK,
	HEALTH_NOTE,     /* works, and somebody should know something */
	HEALTH_BROKEN,
	HEALTH_HIDDEN,   /* cannot be told, as a hop before it is broken */
};

struct diagnosis {
	enum health health;
	char evidence[400];      /* what was seen */
	char cure[300];          /* "" when nothing is to be done */
};

void diagnose(const struct facts *facts, struct diagnosis hops[N_HOPS]);

/* The first broken hop; N_HOPS: none is. */
enum hop diagnose_first(const struct diagnosis hops[N_HOPS]);

const char *hop_name(enum hop hop);
const char *health_name(enum health health);

/* A count of a beat, `name=value` among its counts; `missing` when it is not there. */
double beat_count(const struct beat *beat, const char *name, double missing);

#endif
