/*
 * planner - reads everything, asks the rules, and writes down what they say
 *
 * Changes nothing: one transaction that is READ ONLY and REPEATABLE READ.
 */
#ifndef PLANNER_H
#define PLANNER_H

#include "services/dedupe-auditor/change/out_journal.h"
#include "services/dedupe-auditor/plan/in_legacy.h"

struct planner {
	PGconn *pg;
	const struct shape *shape;
	struct pause *pause;
	char *const *phones;             /* paths of the app's SQLite files */
	int n_phones;
	int empty_twins;
	int64_t now_us, abandon_us;      /* see rules.h */

	struct in_legacy in;
	struct plan plan;                /* as the rules made it; file borrows its texts */
	struct plan_file file;
	struct journal_aliases aliases;
};

/* Fills in, plan and file. */
int planner_run(struct planner *planner, struct err *err);
void planner_release(struct planner *planner);

#endif
