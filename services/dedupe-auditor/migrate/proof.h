/*
 * proof - is the old database repaired, and is nothing lost?
 */
#ifndef PROOF_H
#define PROOF_H

#include "services/dedupe-auditor/migrate/planner.h"

#define PROOF_FINDINGS 60

struct finding_line {
	int is_well;
	char *text;                      /* for people; no values of a person */
};

struct proof {
	PGconn *pg;
	const struct shape *shape;
	struct pause *pause;
	const struct plan_file *file;    /* what was there before; NULL: that is not compared */
	int64_t now_us;

	struct finding_line findings[PROOF_FINDINGS];
	int n_findings, n_unwell;
};

int proof_run(struct proof *proof, struct err *err);
void proof_release(struct proof *proof);

#endif
