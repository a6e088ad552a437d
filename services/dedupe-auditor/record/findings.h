/*
 * findings - what a plan would do, and which of it is certain enough to be done at once
 *
 * Pure, but for what plan_file.h does.
 */
#ifndef FINDINGS_H
#define FINDINGS_H

#include "services/dedupe-auditor/migrate/plan_file.h"

struct findings {
	int64_t n_sessions;          /* that would be changed */
	int64_t n_certain;           /* of them by certain rules alone, and no longer in use */
	int64_t n_left;              /* what no rule decides */
	char rules[300];             /* "copies=3 same-local-id=2" */
};

/* Certain: what the rows themselves say, by ids and equal values; not by time alone.  A session
 * that began after `before_us` may still be in the app's hands and waits. */
void findings_count(const struct plan_file *file, int64_t before_us, struct findings *findings);

int findings_same(const struct findings *a, const struct findings *b);

/* Leaves only sessions of which all is certain. */
void findings_keep_certain(struct plan_file *file, int64_t before_us);

#endif
