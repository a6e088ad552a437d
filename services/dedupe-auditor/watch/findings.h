/*
 * findings - what a plan would do, in numbers
 *
 * Pure, but for what plan_file.h does.
 */
#ifndef FINDINGS_H
#define FINDINGS_H

#include "services/dedupe-auditor/plan/plan_file.h"

struct findings {
	int64_t n_sessions;          /* that would be changed */
	int64_t n_certain;           /* of them without asking: certain.h */
	int64_t n_left;              /* what no rule decides */
	char rules[300];             /* "copies=3 same-local-id=2" */
};

void findings_count(const struct plan_file *file, int64_t now_us, struct findings *findings);

int findings_same(const struct findings *a, const struct findings *b);

#endif
