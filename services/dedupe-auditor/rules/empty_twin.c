/* Two local ids for one session (D4): the app made a new one while it had one. */
#include <stdlib.h>

#include "services/dedupe-auditor/rules/near.h"
#include "services/dedupe-auditor/rules/texts.h"

#define TWIN_US (5 * SECOND)

/* near->up is not used as union-find here: up[root of an empty unit] is its partner's root. */
static void
note_twin(struct near *near, size_t a, size_t b)
{
	size_t x = work_root(near->work, a), y = work_root(near->work, b), swap;
	struct near_plan plan = NEAR_PLAN_UNKNOWN;
	struct unit *empty;

	if (near->units[y].busy < near->units[x].busy) {
		swap = x;
		x = y;
		y = swap;
	}
	empty = &near->units[x];
	if (x == y || empty->busy || !near->units[y].busy || !empty->has_local ||
	    !near->units[y].has_local || empty->stuck || near->units[y].stuck)
		return;
	(void)near_plan(&plan, &near->work->legacy->sessions[a]);
	if (!near_plan(&plan, &near->work->legacy->sessions[b]) ||
	    (empty->end_us != MSG_NONE && near->units[y].end_us != MSG_NONE))
		return;
	if (empty->seen && near->up[x] != y)
		near->crowded[x] = 1;
	empty->seen = 1;
	near->up[x] = y;
}

static void
decide_twin(struct near *near, size_t empty)
{
	struct work *work = near->work;
	size_t twin = near->up[empty];
	const char *id = work->legacy->sessions[twin].id;

	if (near->crowded[empty])
		leave_rows(work, "empty-twin", &empty, 1,
			   "without anything, and two sessions start within 5 s");
	else if (work->options->empty_twins)
		work_unite(work, empty, twin, UNITED_EMPTY_TWIN,
			   texts_format(work->plan->texts, "two local ids, starts %.3f s apart, "
					"one without anything", (double)apart(
					near->units[empty].start_us, near->units[twin].start_us) / 1e6));
	else
		leave_rows(work, "empty-twin", &empty, 1,
			   texts_format(work->plan->texts, "without anything, starts within 5 s of "
					"%s: looks like its empty twin", id));
}

void
unite_empty_twins(struct work *work)
{
	struct near near;
	size_t i;

	near_open(&near, work);
	near_each_pair(&near, TWIN_US, note_twin);
	for (i = 0; i < work->legacy->n_sessions; i++)
		if (near.units[i].seen)
			decide_twin(&near, i);
	near_close(&near);
}
