/* A session that may still be running is not touched: its app goes on under the ids it has. */
#include "services/dedupe-auditor/rules/groups.h"

int64_t
silent_since(const struct group *g)
{
	return g->last_us == MSG_NONE || g->last_us < g->start_us ? g->start_us : g->last_us;
}

int
is_running(const struct work *work, const struct group *g)
{
	size_t i;

	if (work->options->now_us == MSG_NONE ||
	    apart(silent_since(g), work->options->now_us) > SESSION_MAX_US)
		return 0;
	for (i = 0; i < g->n_rows; i++) {
		const struct legacy_session *s = work_session(work, g->rows[i]);

		if (s->status == SESSION_ACTIVE && s->end_us == MSG_NONE &&
		    !work->rows[g->rows[i]].reimported)
			return 1;
	}
	return 0;
}

/* Of the entries from `from` on: what would move rows waits, and is said; figures, copies and
 * ends are still on their way. */
void
leave_running(struct work *work, size_t from)
{
	struct plan *plan = work->plan;
	size_t i, n = from;

	for (i = from; i < plan->n; i++) {
		struct entry *e = &plan->entries[i];

		if (e->kind == ENTRY_MERGE || e->kind == ENTRY_ADOPT) {
			e->kind = ENTRY_LEAVE;
			e->rule = "running";
			e->settled = (struct settled){.start_us = MSG_NONE, .end_us = MSG_NONE};
			e->why = "its session may be running now; plan again when it has ended";
		}
		if (e->kind == ENTRY_LEAVE)
			plan->entries[n++] = *e;
	}
	plan->n = n;
}
