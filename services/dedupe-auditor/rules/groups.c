#include "services/dedupe-auditor/rules/groups.h"

#include <stdlib.h>
#include <string.h>

#include "proto/ids.h"
#include "services/dedupe-auditor/rules/texts.h"

static int
by_root(const void *a, const void *b, void *arg)
{
	size_t x = *(const size_t *)a, y = *(const size_t *)b;
	size_t p = work_root(arg, x), q = work_root(arg, y);

	return p != q ? (p < q ? -1 : 1) : x < y ? -1 : x > y;
}

static int
by_start(const void *a, const void *b)
{
	const struct group *x = a, *y = b;

	if (x->first_start_us != y->first_start_us)
		return x->first_start_us < y->first_start_us ? -1 : 1;
	if (compare_texts(x->id, y->id))
		return compare_texts(x->id, y->id);
	return x->rows[0] < y->rows[0] ? -1 : x->rows[0] > y->rows[0];
}

/* Most readings, then the earliest made, then the smallest id. */
static int
is_better(const struct work *work, size_t a, size_t b)
{
	const struct legacy_session *x = work_session(work, a), *y = work_session(work, b);
	int64_t p = work->rows[a].n_readings, q = work->rows[b].n_readings;

	if (p != q)
		return p > q;
	if (x->created_us != y->created_us)
		return y->created_us == MSG_NONE ||
		       (x->created_us != MSG_NONE && x->created_us < y->created_us);
	return compare_texts(x->id, y->id) < 0;
}

static void
name_group(struct work *work, struct group *g)
{
	ids_uuid id;
	size_t i, row;

	g->canonical = NOBODY;
	g->first_start_us = g->first_us = g->last_us = MSG_NONE;
	legacy_figures_clear(&g->kept);
	for (i = 0; i < g->n_rows; i++) {
		row = g->rows[i];
		g->stuck |= work->rows[row].stuck;
		if (!g->local_id)
			g->local_id = work->rows[row].local_id;
		if (!g->user_id)
			g->user_id = work_session(work, row)->user_id;
		if (g->first_start_us == MSG_NONE)
			g->first_start_us = work_session(work, row)->start_us;
		if (work_session(work, row)->source == LEGACY_CLOUD &&
		    (g->canonical == NOBODY || is_better(work, row, g->canonical)))
			g->canonical = row;
	}
	if (g->canonical != NOBODY) {
		g->id = work_session(work, g->canonical)->id;
	} else if (g->local_id && !g->stuck) {
		ids_session(g->local_id, id);
		g->id = texts_once(work->plan->texts, id);
	}
}

void
groups_make(struct work *work)
{
	size_t n = work->legacy->n_sessions, i, j;

	work->order = calloc(n + 1, sizeof(size_t));
	work->groups = calloc(n + 1, sizeof(struct group));
	ASSERT(work->order && work->groups);
	for (i = 0; i < n; i++)
		work->order[i] = i;
	if (n)
		qsort_r(work->order, n, sizeof(size_t), by_root, work);
	for (i = 0; i < n; i = j) {
		struct group *g = &work->groups[work->n_groups++];

		for (j = i + 1; j < n; j++)
			if (work_root(work, work->order[i]) != work_root(work, work->order[j]))
				break;
		g->rows = work->order + i;
		g->n_rows = j - i;
		name_group(work, g);
	}
	if (work->n_groups)
		qsort(work->groups, work->n_groups, sizeof(struct group), by_start);
	for (i = 0; i < work->n_groups; i++)
		for (j = 0; j < work->groups[i].n_rows; j++)
			work->rows[work->groups[i].rows[j]].group = i;
}
