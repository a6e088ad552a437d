#include <stdlib.h>
#include <string.h>

#include "services/dedupe-auditor/rules/groups.h"
#include "services/dedupe-auditor/rules/texts.h"

static const char *const kinds[ENTRY_KINDS] = {
	[ENTRY_MERGE] = "merge",         [ENTRY_ADOPT] = "adopt",   [ENTRY_FOLD] = "fold",
	[ENTRY_RECOMPUTE] = "recompute", [ENTRY_SETTLE] = "settle", [ENTRY_LEAVE] = "leave",
};

const char *
entry_kind_text(enum entry_kind kind)
{
	ASSERT(kind < ENTRY_KINDS);
	return kinds[kind];
}

struct entry *
plan_add(struct plan *plan, enum entry_kind kind, const char *rule, enum legacy_table table,
	 const char *id)
{
	struct entry *e;

	if (plan->n == plan->room) {
		plan->room = plan->room ? plan->room * 2 : 64;
		plan->entries = reallocarray(plan->entries, plan->room, sizeof(*plan->entries));
		ASSERT(plan->entries);
	}
	e = &plan->entries[plan->n++];
	*e = (struct entry){.kind = kind, .rule = rule, .table = table, .session = id, .why = ""};
	e->settled.start_us = e->settled.end_us = MSG_NONE;
	return e;
}

/* Room for twice as many whenever it is full, that is at powers of two. */
void
entry_member(struct plan *plan, struct entry *e, int source, const char *id)
{
	size_t n = e->n_members;
	const char **members;
	int *sources;

	if (!(n & (n - 1))) {
		members = texts_room(plan->texts, (n ? n * 2 : 1) * sizeof(*members));
		sources = texts_room(plan->texts, (n ? n * 2 : 1) * sizeof(*sources));
		if (n) {
			memcpy(members, e->members, n * sizeof(*members));
			memcpy(sources, e->sources, n * sizeof(*sources));
		}
		e->members = members;
		e->sources = sources;
	}
	e->members[n] = id;
	e->sources[n] = source;
	e->n_members = n + 1;
	e->source = source;
	e->n++;
}

void
leave_rows(struct work *work, const char *rule, const size_t *rows, size_t n, const char *why)
{
	struct entry *e = plan_add(work->plan, ENTRY_LEAVE, rule, LEGACY_SESSIONS, NULL);
	size_t i;

	for (i = 0; i < n; i++) {
		work->rows[rows[i]].stuck = 1;
		entry_member(work->plan, e, work->legacy->sessions[rows[i]].source,
			     work->legacy->sessions[rows[i]].id);
	}
	e->why = why;
}

/* What is left goes behind what is done; otherwise the order is that of adding. */
void
plan_sort(struct plan *plan)
{
	struct entry *sorted = calloc(plan->n + 1, sizeof(*sorted));
	size_t n = 0, i;
	int left;

	ASSERT(sorted);
	for (left = 0; left < 2; left++)
		for (i = 0; i < plan->n; i++)
			if ((plan->entries[i].kind == ENTRY_LEAVE) == left)
				sorted[n++] = plan->entries[i];
	free(plan->entries);
	plan->entries = sorted;
	plan->room = plan->n + 1;
}

void
plan_clear(struct plan *plan)
{
	free(plan->entries);
	texts_free(&plan->texts);
	memset(plan, 0, sizeof(*plan));
}
