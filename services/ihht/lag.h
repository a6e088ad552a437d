/*
 * lag - how far Postgres is behind the SQLite file, read from the file itself
 */
#ifndef LAG_H
#define LAG_H

#include "proto/process.h"

struct lag {
	int64_t readings;   /* stored */
	int64_t archived, files;  /* readings that have left for so many files */
	int64_t waiting;    /* of them not known to be in Postgres */
	int64_t oldest_us;  /* when the first of these was taken, 0 when none waits */
	int64_t records;    /* sessions, surveys ... changed since Postgres got them */
	int64_t active;     /* sessions that run */
};

int lag_read(const struct process *process, struct lag *lag, struct err *err);

#endif
