/*
 * near - sessions of one device or person that start at one moment
 *
 * What same_start.c and empty_twin.c look at.  Pure.
 */
#ifndef NEAR_H
#define NEAR_H

#include "services/dedupe-auditor/rules/groups.h"

/* Rows united so far, kept with their root. */
struct unit {
	int has_local, busy, stuck;
	int64_t start_us, created_us;    /* earliest */
	int64_t end_us;                  /* latest that is not before its start */
	size_t seen;                     /* the caller's own */
};

struct near {
	struct work *work;
	struct unit *units;              /* by root */
	size_t *up;                      /* union-find over rows: near each other */
	int *crowded;                    /* by row: too many of one moment to look at all */
	size_t *rows, n;                 /* of the cloud, with a start */
};

void near_open(struct near *near, struct work *work);
void near_close(struct near *near);

struct unit *near_unit(const struct near *near, size_t row);
size_t near_root(struct near *near, size_t row);
void near_join(struct near *near, size_t a, size_t b);
void near_sort(struct near *near);       /* rows by root: neighbours together */

/* Calls pair() for two rows of one device, then of one person, whose starts are `within_us`,
 * unless they are two persons'. */
void near_each_pair(struct near *near, int64_t within_us,
		    void (*pair)(struct near *, size_t, size_t));

/* What rows say of their plan, gathered; 0 when one says otherwise.  MSG_NONE says nothing. */
struct near_plan {
	int64_t cycles, hypoxic_s, hyperoxic_s;
};
#define NEAR_PLAN_UNKNOWN {MSG_NONE, MSG_NONE, MSG_NONE}
int near_plan(struct near_plan *plan, const struct legacy_session *session);

#endif
