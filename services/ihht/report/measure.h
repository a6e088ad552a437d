/*
 * measure - one success metric: of so many, so many are as they should be
 *
 *	duplicates   sessions that are in Postgres twice: the same local id, or the same person,
 *	             device and time
 *	readings     sessions that have readings in Postgres
 *	surveys      surveys that were in Postgres a minute after they were taken
 *	progression  completed training sessions that tell the dial for the next one
 *	readable     of the newest 30 sessions, those that an agent reads as a whole, at /mcp
 *	latency      from a value's reception to the watchers, now
 */
#ifndef MEASURE_H
#define MEASURE_H

#include <libpq-fe.h>
#include <stdint.h>

#include "proto/process.h"

#define MEASURE_EXAMPLES 5
#define LATENCY_MOST_MS  1000

struct measure {
	const char *name, *title, *target;
	int64_t n, n_bad;         /* n 0: nothing to measure */
	double ms;                /* latency; else NAN */
	char why_not[120];        /* not measured, and why; "" it was */
	char examples[MEASURE_EXAMPLES][240];  /* of what is not as it should be */
};

enum { DUPLICATES, READINGS, SURVEYS, PROGRESSION, READABLE, LATENCY, N_MEASURES };

/* Sessions that began, and surveys taken, from since_us up to until_us. */
struct span_of_time {
	int64_t since_us, until_us;
};

void measures_init(struct measure measures[N_MEASURES]);

/* 1 as it should be, 0 not, -1 there is nothing to say. */
int measure_met(const struct measure *measure);

/* From Postgres, as ihht_audit, and from http-api. */
int measure_cloud(const struct process *process, PGconn *auditor, const struct span_of_time *span,
		  struct measure measures[N_MEASURES], struct err *err);

/* What of the SQLite file should be in Postgres and is not; without a file there is nothing. */
int measure_local(const struct process *process, PGconn *auditor, const struct span_of_time *span,
		  struct measure measures[N_MEASURES], struct err *err);

/* Listens to the beats for a moment. */
int measure_latency(struct process *process, struct measure *latency, struct err *err);

#endif
