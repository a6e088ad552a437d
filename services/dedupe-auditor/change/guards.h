/*
 * guards - what keeps a repaired database repaired
 *
 * Triggers that lead inserts under an old id to the session that stays, from the first merge on;
 * and, once a plan is done, unique indexes, each only where the rows allow it.  A reading that
 * is sent again is then left out, so that it does not refuse the batch it came in.
 */
#ifndef GUARDS_H
#define GUARDS_H

#include "services/dedupe-auditor/plan/in_shape.h"

#define GUARD_LINES 30

struct guards {
	int n_made, n_there, n_refused;
	char *lines[GUARD_LINES];        /* for people */
	int n_lines;
};

int guards_redirect(PGconn *pg, const struct shape *shape, struct err *err);
int guards_make(struct guards *guards, PGconn *pg, const struct shape *shape, struct err *err);

/* Before an undo: duplicates will be back.  The redirects go when no alias is left. */
int guards_drop_indexes(PGconn *pg, struct err *err);
int guards_drop_redirect(PGconn *pg, struct err *err);

/* Those of link_index.h. */
enum guards_which { GUARDS_ALL, GUARDS_HALF_MADE };
int guards_drop_link_indexes(PGconn *pg, enum guards_which which, struct err *err);

void guards_release(struct guards *guards);

#endif
