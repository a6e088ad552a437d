/*
 * watch - when the old database is looked at, and who hears of it
 */
#ifndef WATCH_H
#define WATCH_H

#include "common/log.h"
#include "proto/link.h"
#include "services/dedupe-auditor/watch/old.h"

struct watch {
	struct process *process;
	struct record *record;
	struct link *alerts;         /* to local-store, which puts them on news */
	int on;                      /* there is an old database: postgres/migrate */
	struct old old;
	char dir[500];
	int64_t next_us;             /* clock_mono_us() */
	struct log_often away;
	int alerted;
};

void watch_init(struct watch *watch, struct process *process, const char *config,
		const char *record_path, struct record *record, struct link *alerts);

/* Looks when it is time.  A look takes as long as it takes, and then there is rest. */
void watch_look(struct watch *watch, struct pause *pause);

#endif
