/*
 * quiet - changes rows while the tables' own triggers sleep
 *
 * A trigger that sets updated_at would make a restored row another row; one that notifies or
 * writes elsewhere would tell of changes that are none.  Where we may, the session acts as a
 * replica (no lock; Supabase's `postgres` and every superuser may); else each trigger is
 * switched off in our transaction, as the tables' owner, and on again before its end.
 */
#ifndef QUIET_H
#define QUIET_H

#include "services/dedupe-auditor/plan/in_shape.h"

struct quiet {
	char *begin, *end;               /* SQL for the start and the end of a transaction */
	int is_replica;
	int n_off;                       /* triggers switched off one by one */
};

/* -1 when we may do neither: err names the cure. */
int quiet_open(struct quiet *quiet, PGconn *pg, const struct shape *shape, struct err *err);
void quiet_close(struct quiet *quiet);

#endif
