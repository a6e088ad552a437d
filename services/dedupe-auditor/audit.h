/*
 * audit - what came out of one comparison of both stores
 *
 * Pure.
 */
#ifndef AUDIT_H
#define AUDIT_H

#include "services/dedupe-auditor/audited.h"

struct audit {
	struct list sessions;
	uint64_t n_sessions[DIFFERENT + 1];  /* by verdict */
	uint64_t n[N_DIFFERENCES], n_records[N_DIFFERENCES], n_pending, n_local, n_cloud;
	uint64_t n_quarantined, n_dropped;
	uint64_t n_wrong;            /* rows that belong to no session */
	char wrong[300];             /* and what is wrong with the first */
	int64_t took_us;
};

void audit_sum(struct audit *audit);  /* the figures, from its sessions */
void audit_clear(struct audit *audit);
int audit_differs(const struct audit *audit);

/* What would mend it: the n-th repair in *repair, 0 after the last.  Only what is missing or
 * older in Postgres is mended; what is there too much, or changed, is for people. */
struct repairs {
	size_t session, range;
};
int audit_next_repair(const struct audit *audit, struct repairs *at,
			struct repair *repair);

#endif
