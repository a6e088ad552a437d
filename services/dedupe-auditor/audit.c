#include "services/dedupe-auditor/audit.h"

#include <string.h>
#include <uuid/uuid.h>

void
audit_sum(struct audit *audit)
{
	const struct audited *a;
	int d;

	for (a = audit->sessions.items; a < audit->sessions.items + audit->sessions.n; a++) {
		audit->n_sessions[audited_verdict(a)]++;
		audit->n_pending += audited_pending(a);
		audit->n_quarantined += a->finding ? a->finding->quarantined : 0;
		audit->n_dropped += a->finding ? a->finding->dropped : 0;
		for (d = 0; a->finding && d < N_DIFFERENCES; d++) {
			audit->n[d] += a->finding->n[d];
			audit->n_records[d] += a->finding->n_records[d];
		}
	}
}

void
audit_clear(struct audit *audit)
{
	list_clear(&audit->sessions);
	memset(audit, 0, sizeof(*audit));
}

int
audit_differs(const struct audit *audit)
{
	return audit->n_sessions[DIFFERENT] || audit->n_wrong;
}

int
audit_next_repair(const struct audit *audit, struct repairs *at, struct repair *repair)
{
	const struct audited *a;
	const struct finding *f;
	const struct range *range;

	for (; at->session < audit->sessions.n; at->session++, at->range = 0) {
		a = &audit->sessions.items[at->session];
		f = a->finding;
		if (!f || !a->no)
			continue;
		msg_clear(&msg_repair, repair);
		uuid_unparse_lower(a->id, repair->session_id);
		if (at->range < f->n_ranges[MISSING]) {
			range = &f->ranges[MISSING][at->range++];
			repair->from_us = range->from_us;
			repair->to_us = range->to_us;
			return 1;
		}
		/* any repair sends the session's records again; this one nothing else */
		if (!at->range++ && (f->n_records[MISSING] || f->n_records[CHANGED]))
			return 1;
	}
	return 0;
}
