#include "services/dedupe-auditor/rules/near.h"

#include <stdlib.h>
#include <string.h>

#define CROWD 64     /* rows looked at on one side: more at one moment is a crowd */

static void
add_to_unit(struct unit *unit, const struct standing *row, const struct legacy_session *s)
{
	unit->has_local |= row->local_id != NULL;
	unit->busy |= row->busy;
	unit->stuck |= row->stuck;
	if (s->source != LEGACY_CLOUD)
		return;
	if (s->start_us != MSG_NONE && (unit->start_us == MSG_NONE || s->start_us < unit->start_us))
		unit->start_us = s->start_us;
	if (s->created_us != MSG_NONE &&
	    (unit->created_us == MSG_NONE || s->created_us < unit->created_us))
		unit->created_us = s->created_us;
	if (s->end_us != MSG_NONE && s->end_us >= s->start_us && s->end_us > unit->end_us)
		unit->end_us = s->end_us;
}

void
near_open(struct near *near, struct work *work)
{
	size_t n = work->legacy->n_sessions, i;

	*near = (struct near){
		.work = work, .units = calloc(n + 1, sizeof(struct unit)),
		.up = calloc(n + 1, sizeof(size_t)), .crowded = calloc(n + 1, sizeof(int)),
		.rows = calloc(n + 1, sizeof(size_t)),
	};
	ASSERT(near->units && near->up && near->crowded && near->rows);
	for (i = 0; i < n; i++) {
		near->up[i] = work_root(work, i);
		near->units[i] = (struct unit){
			.start_us = MSG_NONE, .created_us = MSG_NONE, .end_us = MSG_NONE};
	}
	for (i = 0; i < n; i++) {
		add_to_unit(&near->units[work_root(work, i)], &work->rows[i], work_session(work, i));
		if (work_session(work, i)->source == LEGACY_CLOUD &&
		    work_session(work, i)->start_us != MSG_NONE)
			near->rows[near->n++] = i;
	}
}

void
near_close(struct near *near)
{
	free(near->units);
	free(near->up);
	free(near->crowded);
	free(near->rows);
}

struct unit *
near_unit(const struct near *near, size_t row)
{
	return &near->units[work_root(near->work, row)];
}

size_t
near_root(struct near *near, size_t row)
{
	while (near->up[row] != row)
		row = near->up[row] = near->up[near->up[row]];
	return row;
}

/* Rows of one source are in order of start already, and so are their numbers. */
static int
by_device(const void *a, const void *b, void *arg)
{
	size_t x = *(const size_t *)a, y = *(const size_t *)b;
	int c = compare_texts(work_session(arg, x)->device_id, work_session(arg, y)->device_id);

	return c ? c : x < y ? -1 : x > y;
}

static int
by_user(const void *a, const void *b, void *arg)
{
	size_t x = *(const size_t *)a, y = *(const size_t *)b;
	int c = compare_texts(work_session(arg, x)->user_id, work_session(arg, y)->user_id);

	return c ? c : x < y ? -1 : x > y;
}

static int
by_near(const void *a, const void *b, void *arg)
{
	size_t x = *(const size_t *)a, y = *(const size_t *)b;
	size_t p = near_root(arg, x), q = near_root(arg, y);

	return p != q ? (p < q ? -1 : 1) : x < y ? -1 : x > y;
}

void
near_each_pair(struct near *near, int64_t within_us, void (*pair)(struct near *, size_t, size_t))
{
	struct work *work = near->work;
	int (*const orders[])(const void *, const void *, void *) = {by_device, by_user};
	size_t o, i, j;

	for (o = 0; o < 2; o++) {
		qsort_r(near->rows, near->n, sizeof(*near->rows), orders[o], work);
		for (i = 0; i < near->n; i++)
			for (j = i + 1; j < near->n; j++) {
				const struct legacy_session *a = work_session(work, near->rows[i]);
				const struct legacy_session *b = work_session(work, near->rows[j]);

				if (!(o ? same_text(a->user_id, b->user_id)
					: same_text(a->device_id, b->device_id)) ||
				    b->start_us - a->start_us > within_us)
					break;
				near->crowded[near->rows[i]] |= j - i > CROWD;
				if (!other_text(a->user_id, b->user_id))
					pair(near, near->rows[i], near->rows[j]);
				if (j - i > CROWD)
					break;
			}
	}
}

void
near_sort(struct near *near)
{
	if (near->n)
		qsort_r(near->rows, near->n, sizeof(*near->rows), by_near, near);
}

void
near_join(struct near *near, size_t a, size_t b)
{
	size_t x = near_root(near, a), y = near_root(near, b);

	near->up[x < y ? y : x] = x < y ? x : y;
}

int
near_plan(struct near_plan *plan, const struct legacy_session *s)
{
	const int64_t said[] = {s->total_cycles, s->hypoxic_s, s->hyperoxic_s};
	int64_t *const known[] = {&plan->cycles, &plan->hypoxic_s, &plan->hyperoxic_s};
	size_t i;
	int agrees = 1;

	for (i = 0; i < 3; i++) {
		if (said[i] == MSG_NONE)
			continue;
		agrees &= *known[i] == MSG_NONE || *known[i] == said[i];
		*known[i] = said[i];
	}
	return agrees;
}
