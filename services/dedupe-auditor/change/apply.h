/*
 * apply - carries out a plan, some sessions a transaction
 *
 * A transaction holds the rows of its sessions for a second at most, then the live app has its
 * turn.  What is done is in the journal, so that a killed apply is simply run again.  A
 * session whose rows were changed since the plan was made, or whose change the database
 * refuses, is left as it is and noted; it does not hold up the others.
 */
#ifndef APPLY_H
#define APPLY_H

#include "services/dedupe-auditor/change/out_journal.h"
#include "services/dedupe-auditor/change/phones.h"
#include "services/dedupe-auditor/change/progress.h"
#include "services/dedupe-auditor/change/quiet.h"
#include "services/dedupe-auditor/pause.h"

struct apply {
	PGconn *pg;
	const struct shape *shape;
	const struct plan_file *file;
	const struct quiet *quiet;
	struct phones *phones;
	struct pause *pause;
	struct progress progress;
	int64_t most;                    /* sessions now; 0: all */
	const char *user_id;             /* only this person's; NULL: all */
	int64_t since_us;                /* only sessions from then on; MSG_NONE: all */
	int certain;                     /* only what is, and nobody took back: see certain.h */

	enum journal_state *states;      /* of the blocks */
	int64_t n_applied, n_before, n_refused, n_left, n_rows;  /* before: done by an earlier run */
	char why[200];                   /* of the last one refused */
};

int apply_run(struct apply *apply, struct err *err);

#endif
