/*
 * watchdog - what somebody should look at, and when that is over
 *
 *	unsynced    the oldest row that Postgres lacks is older than ... (warn, critical)
 *	failing     more than so many % of the bundles of the last 10 minutes failed
 *	backlog     what waits for Postgres has only grown for 10 minutes
 *	clock       the wall clock was set, or runs away from the machine's steady one
 *	disk        the store's disk is used to more than so many %
 *	database    50, 80, 95 % of what the database may hold are used, or all of it
 *	archive     rows that should leave the database cannot, or cannot be read back
 *	archive_size   50, 80, 95 % of what was expected of the archive are used, or all of it
 *
 * An alert is told when its level changes, again every minute while it lasts (PUB forgets
 * who comes late), and once when it is over.  Pure.
 */
#ifndef WATCHDOG_H
#define WATCHDOG_H

#include <stddef.h>
#include <stdint.h>

#include "proto/msg.h"

struct watchdog_limits {
	int64_t unsynced_warn_s, unsynced_critical_s;
	int64_t failing_percent;
	int64_t clock_s;
	int64_t disk_percent;
	int64_t archive_bytes;             /* expected at most; 0: no matter */
};

struct watchdog_facts {
	int64_t mono_us, utc_us;
	int64_t oldest_us;                 /* UTC; when the oldest row Postgres lacks was taken, 0: none */
	int64_t pending;                   /* readings it lacks */
	uint64_t n_arrived, n_failed;      /* bundles, since the start */
	double disk_used;                  /* 0..1; -1: unknown */
	int64_t database_percent;          /* 100 and more: nothing new is taken */
	int64_t archive_bytes;             /* in its files */
	const char *archive_why;           /* why rows cannot leave; "" or NULL: they can */
};

enum rule { RULE_UNSYNCED, RULE_FAILING, RULE_BACKLOG, RULE_CLOCK, RULE_DISK, RULE_DATABASE, RULE_ARCHIVE,
	    RULE_ARCHIVE_SIZE, N_RULES };

#define WATCHDOG_MINUTES 10

struct watchdog {
	struct watchdog_limits limits;
	int64_t level[N_RULES];            /* as told; LEVEL_NONE: all is well */
	int64_t told_us[N_RULES];
	int64_t clock_ahead_us;            /* UTC less mono, as it was found right */
	int64_t clock_since_us;            /* mono; when it was found wrong, 0: it is right */
	int64_t step[N_RULES];             /* of what has a room: 0, 50, 80, 95 or 100, as told */
	struct {
		int64_t pending;
		uint64_t n_arrived, n_failed;
	} minutes[WATCHDOG_MINUTES + 1];      /* a ring; minute n stands at n % (WATCHDOG_MINUTES + 1) */
	int64_t n_minutes, next_us;
};

void watchdog_init(struct watchdog *watchdog, const struct watchdog_limits *limits,
		const struct watchdog_facts *facts);

/* What is to be told now, into `out`; how many. */
size_t watchdog_look(struct watchdog *watchdog, const struct watchdog_facts *facts,
		  struct alert out[N_RULES]);

#endif
