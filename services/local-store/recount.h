/*
 * recount - figures from the readings on disk, where those in memory cannot be right
 *
 * After a restart, and when readings came late: of a phase that is over, of a session that
 * has ended, or from another store.
 */
#ifndef RECOUNT_H
#define RECOUNT_H

#include "services/local-store/lifecycle.h"

/* Readings of it came late: it is to be counted again, after a restart, too. */
int recount_late(struct lifecycle *life, struct entry *entry, struct err *err);

/* A session and its phases. */
int recount_session(struct lifecycle *life, struct entry *entry, int64_t now_us, struct err *err);

/* The totals of all that run, in one pass. */
int recount_running(struct lifecycle *life, struct err *err);

#endif
