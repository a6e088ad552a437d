/* What the row of a session is to say, when all of its rows are heard. */
#include "services/dedupe-auditor/rules/groups.h"

/* Phases, and the transitions between them. */
int64_t
planned_us(const struct legacy_session *s)
{
	int64_t us;

	if (s->total_cycles <= 0 || s->total_cycles > 100 || s->hypoxic_s < 0 ||
	    s->hyperoxic_s < 0 || s->hypoxic_s > 7200 || s->hyperoxic_s > 7200)
		return SESSION_MAX_US;
	us = s->total_cycles * (s->hypoxic_s + s->hyperoxic_s + 20) * SECOND;
	return us < SESSION_MAX_US ? us : SESSION_MAX_US;
}

/* completed > force_ended, abandoned, terminated > active */
static int
weight(int64_t status)
{
	switch (status) {
	case SESSION_COMPLETED:
		return 3;
	case SESSION_FORCE_ENDED:
	case SESSION_ABANDONED:
	case SESSION_TERMINATED:
		return 2;
	case SESSION_ACTIVE:
		return 1;
	default:
		return 0;
	}
}

static void
hear(struct group *g, const struct legacy_session *s, int64_t *heard_us)
{
	int64_t at_us = s->updated_us;

	if (weight(s->status) > weight(g->status) ||
	    (weight(s->status) == weight(g->status) && s->status != g->status && at_us > *heard_us)) {
		g->status = s->status;
		*heard_us = at_us;
	}
	if (s->start_us != MSG_NONE && (g->start_us == MSG_NONE || s->start_us < g->start_us))
		g->start_us = s->start_us;
	if (s->end_us == MSG_NONE)
		return;
	if (s->start_us != MSG_NONE && s->end_us < s->start_us)
		g->impossible_end = 1;
	else if (s->end_us > g->end_us)
		g->end_us = s->end_us;
}

/* Readings that begin a little before their session do belong to it: it began earlier. */
static void
settle(struct work *work, struct group *g)
{
	int64_t heard_us = MSG_NONE;
	size_t i;

	g->start_us = g->end_us = MSG_NONE;
	g->status = SESSION_NONE;
	for (i = 0; i < g->n_rows; i++)
		if (!work->rows[g->rows[i]].reimported)
			hear(g, work_session(work, g->rows[i]), &heard_us);
	if (g->first_us != MSG_NONE && g->start_us != MSG_NONE && g->first_us < g->start_us &&
	    g->start_us - g->first_us <= SESSION_MAX_US)
		g->start_us = g->first_us;
	g->impossible_end &= g->end_us == MSG_NONE;
	if (g->impossible_end && g->last_us != MSG_NONE && g->last_us >= g->start_us)
		g->end_us = g->last_us;
}

void
settle_groups(struct work *work)
{
	size_t i;

	for (i = 0; i < work->n_groups; i++)
		settle(work, &work->groups[i]);
}
