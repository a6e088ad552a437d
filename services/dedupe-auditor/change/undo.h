/*
 * undo - puts back what a plan did, some sessions a transaction
 *
 * Each row gets every column as it was, also those we know nothing of.  A row that somebody
 * changed since is left as it is now and listed, and its session stays to be undone; under a later
 * plan it is refused.  May be killed and run again, like apply.
 */
#ifndef UNDO_H
#define UNDO_H

#include "services/dedupe-auditor/change/progress.h"
#include "services/dedupe-auditor/change/quiet.h"
#include "services/dedupe-auditor/pause.h"
#include "services/dedupe-auditor/plan/in_shape.h"

#define UNDO_LINES 100

struct undo {
	PGconn *pg;
	const struct shape *shape;
	const struct quiet *quiet;
	struct pause *pause;
	const char *plan;                /* its id */
	const char *const *sessions;     /* any ids; none: all of the plan */
	int n_sessions;
	struct progress progress;
	PGresult *entries;               /* what is to be undone */
	int n_entries;

	int64_t n_undone, n_rows, n_left, n_refused;     /* left: rows changed since */
	char *lines[UNDO_LINES];         /* which */
	int n_lines;
	char why[200];                   /* the last one refused */
};

int undo_find(struct undo *undo, struct err *err);       /* sets entries */
int undo_run(struct undo *undo, struct err *err);
void undo_release(struct undo *undo);

#endif
