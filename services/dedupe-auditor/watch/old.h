/*
 * old - the app's old cloud database, watched by the rules that repaired it
 *
 * An old app may still write to it.  Each look first asks for the mark of its tables (`ihht
 * migrate mark`): as long as that is the same, no row is read.  Else a plan is made as by `ihht
 * migrate plan`, in a process of its own, and kept beside the audit log; what it would do are
 * findings.  Once a person has begun to repair this database, what is certain is applied at
 * once, with backup and journal, so that `ihht migrate undo` takes it back; what a person took
 * back is left.
 */
#ifndef OLD_H
#define OLD_H

#include "services/dedupe-auditor/pause.h"
#include "services/dedupe-auditor/record/out_record.h"
#include "services/dedupe-auditor/watch/findings.h"

struct old {
	const char *config;          /* as given to us; NULL: found as always */
	const char *dir;             /* of the audit log */
	int repair;                  /* what is certain, once that was begun */

	char mark[40];               /* of the last look */
	int64_t since_us;            /* clock_mono_us() of the first look with that mark */
	int is_begun;                /* a person applied some of a plan here */
	int is_settled;              /* nothing of it is too young any more */
	struct findings found, applied;  /* applied: what was found when it was repaired last */
	int64_t n_looks, n_applied;  /* n_looks: plans made; n_applied: sessions repaired */
};

/* 1 something was repaired: look again; 0; -1 and err.  What it does is in the record. */
int old_look(struct old *old, struct record *record, struct pause *pause, struct err *err);

/* The plan of the last look, as a path. */
void old_plan_path(const char *dir, char *path, size_t size);

#endif
