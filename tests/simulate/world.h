/*
 * world - everything that the rules of the pipeline are told: time, chance, disk, network
 *
 * One seed makes one world.  No socket, thread or real clock takes part, so that a failure
 * comes again with its seed; the disk is real code (SQLite, the spool) on simulated media.
 */
#ifndef WORLD_H
#define WORLD_H

#include <stdbool.h>

#include "proto/msg.h"

#define SECOND_US   1000000LL
#define MINUTE_US   (60 * SECOND_US)
#define CLOCK_STEP_US (20 * SECOND_US)    /* at most, either way … */
#define CLOCK_SET_US  (180 * MINUTE_US)   /* … but now and then */
#define N_DEVICES   3
#define N_WORKERS   2
#define GATEWAY     "here"

/* What can go wrong now; all zero: nothing. Each is one in so many. */
struct weather {
	int drop, twice, late;         /* a frame */
	int refuse, full;              /* a write to disk, a sync */
	int unknown;                   /* Postgres commits and the answer is lost */
	bool cloud_away;
};

struct net;
struct ingest;
struct keeper;
struct leaving;
struct cloud;
struct people;
struct truth;

struct world {
	uint64_t seed, random;
	uint64_t n_steps;
	int64_t mono_us, utc_us;       /* utc_us: what a clock on the wall would say at mono_us 0 */
	int64_t most_utc_us;           /* utc_us at its most */
	int64_t cloud_utc_us;          /* that of Postgres' own clock, which nobody sets */
	struct weather weather;
	bool calm;                     /* no faults until this world ends */
	bool has_thief;                /* somebody deletes rows in Postgres */
	bool has_setter;               /* somebody sets the clock */
	bool follows;                  /* … and Postgres' with it, which is never behind */
	struct net *net;
	struct ingest *ingest;
	struct keeper *keeper;
	struct leaving *leaving;
	struct cloud *cloud;
	struct people *people;
	struct truth *truth;
	char folder[60];               /* of the spool, which is a mapped file */
	struct {
		uint64_t kills, cuts, refusals, frames_lost, frames_twice, frames_late, commits_unknown,
			clock_steps, clock_sets, refused, cloud_lost, values, stored, sessions, repairs, archived,
			recalled, full;
	} n;
};

extern struct world *world;            /* the clocks and the disk have nobody to hand it to them */

/* Chance: the same for the same seed. */
uint64_t roll(void);
bool one_in(int n);                    /* never for 0 */
int64_t up_to(int64_t n);              /* 0..n-1 */

int64_t utc_now(void);

/* A promise does not hold: says which, the seed and the step, and ends with 1. */
__attribute__((format(printf, 1, 2)))
_Noreturn void broken(const char *format, ...);

#endif
