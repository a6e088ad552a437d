/*
 * undo_rows - the statements that put the rows of u_entry (entry) back
 *
 * In a transaction; one statement a table and kind of change.  Sessions of which a row was left
 * are in u_left (entry) then.  EBUSY: a later plan stands on one of them.
 */
#ifndef UNDO_ROWS_H
#define UNDO_ROWS_H

#include "services/dedupe-auditor/plan/in_shape.h"

#define UNDONE_LINES 100

struct undone {
	PGconn *pg;
	const struct shape *shape;
	const char *plan;
	int64_t n_rows, n_left;
	char *lines[UNDONE_LINES];       /* "table key": rows that were left; the caller's to free */
	int n_lines;
};

int undo_rows(struct undone *undone, struct err *err);

#endif
