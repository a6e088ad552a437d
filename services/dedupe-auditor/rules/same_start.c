/* Rows of which at least one has no local id (D5): only time, place and person say anything. */
#include "services/dedupe-auditor/rules/near.h"
#include "services/dedupe-auditor/rules/texts.h"

#define START_US   (10 * SECOND)
#define CREATED_US (30 * SECOND)

static void
join_nameless(struct near *near, size_t a, size_t b)
{
	if (!near_unit(near, a)->has_local || !near_unit(near, b)->has_local)
		near_join(near, a, b);
}

/* What all rows of one moment say together. */
struct sum {
	int64_t start_us, last_start_us, created_us, last_created_us, end_us, first_us, last_us;
	int64_t planned_us;
	size_t n_units, n_local, n_ended;
	int stuck, crowded, no_created, other_plan, other_user;
};

static void
widen(int64_t *least, int64_t *most, int64_t us)
{
	if (us == MSG_NONE)
		return;
	if (*least == MSG_NONE || us < *least)
		*least = us;
	if (*most == MSG_NONE || us > *most)
		*most = us;
}

static struct sum
sum_up(struct near *near, const size_t *rows, size_t n)
{
	struct sum sum = {
		.start_us = MSG_NONE, .last_start_us = MSG_NONE, .created_us = MSG_NONE,
		.last_created_us = MSG_NONE, .end_us = MSG_NONE, .first_us = MSG_NONE,
		.last_us = MSG_NONE,
	};
	struct near_plan plan = NEAR_PLAN_UNKNOWN;
	const char *user = NULL;
	int64_t unused = MSG_NONE;
	size_t i;

	for (i = 0; i < n; i++) {
		const struct legacy_session *s = work_session(near->work, rows[i]);
		const struct standing *row = &near->work->rows[rows[i]];
		struct unit *unit = near_unit(near, rows[i]);

		sum.other_user |= other_text(user, s->user_id);
		user = s->user_id ? s->user_id : user;
		sum.other_plan |= !near_plan(&plan, s);
		sum.crowded |= near->crowded[rows[i]];
		sum.stuck |= row->stuck;
		if (planned_us(s) > sum.planned_us)
			sum.planned_us = planned_us(s);
		widen(&sum.first_us, &sum.last_us, row->first_us);
		widen(&sum.first_us, &sum.last_us, row->last_us);
		if (unit->seen == rows[0] + 1)
			continue;
		unit->seen = rows[0] + 1;
		sum.n_units++;
		sum.n_local += unit->has_local != 0;
		sum.n_ended += unit->end_us != MSG_NONE;
		sum.no_created |= unit->created_us == MSG_NONE;
		widen(&sum.start_us, &sum.last_start_us, unit->start_us);
		widen(&sum.created_us, &sum.last_created_us, unit->created_us);
		widen(&unused, &sum.end_us, unit->end_us);
	}
	return sum;
}

static const char *
against(const struct sum *s)
{
	int64_t to_us = s->start_us + s->planned_us;

	if (s->end_us != MSG_NONE && s->end_us > to_us)
		to_us = s->end_us;
	if (s->crowded)
		return "too many rows start at this moment to tell which is whose";
	if (s->n_local > 1)
		return "no local id, and two sessions with different local ids start within 10 s";
	if (s->stuck)
		return "no local id, and what starts within 10 s is itself undecided";
	if (s->other_user)
		return "starts within 10 s, but rows of two persons";
	if (s->last_start_us - s->start_us > START_US)
		return "a chain of starts, each within 10 s of the next, longer than 10 s";
	if (s->no_created || s->last_created_us - s->created_us > CREATED_US)
		return "starts within 10 s, but not created within 30 s";
	if (s->n_ended > 1)
		return "starts within 10 s, but more than one has an end";
	if (s->other_plan)
		return "starts within 10 s, but planned differently";
	if (s->first_us != MSG_NONE &&
	    (s->first_us < s->start_us - SESSION_SLACK_US || s->last_us > to_us + SESSION_SLACK_US))
		return "starts within 10 s, but the readings do not fit into one session's span";
	return NULL;
}

static void
decide_near(struct near *near, const size_t *rows, size_t n)
{
	struct sum sum = sum_up(near, rows, n);
	const char *why = against(&sum);
	size_t *nameless, n_nameless = 0, i;

	if (sum.n_units < 2)
		return;
	if (!why) {
		why = texts_format(near->work->plan->texts, "one device or person, no two local "
				   "ids, starts %.3f s and creation %.3f s apart, all readings "
				   "inside one span", (double)(sum.last_start_us - sum.start_us) / 1e6,
				   (double)(sum.last_created_us - sum.created_us) / 1e6);
		for (i = 1; i < n; i++)
			work_unite(near->work, rows[0], rows[i], UNITED_START, why);
		return;
	}
	nameless = texts_room(near->work->plan->texts, n * sizeof(*nameless));
	for (i = 0; i < n; i++)
		if (!near_unit(near, rows[i])->has_local)
			nameless[n_nameless++] = rows[i];
	leave_rows(near->work, "same-start", nameless, n_nameless, why);
}

void
unite_by_start(struct work *work)
{
	struct near near;
	size_t i, n;

	near_open(&near, work);
	near_each_pair(&near, START_US, join_nameless);
	near_sort(&near);
	for (i = 0; i < near.n; i += n) {
		n = 1;
		while (i + n < near.n &&
		       near_root(&near, near.rows[i]) == near_root(&near, near.rows[i + n]))
			n++;
		decide_near(&near, near.rows + i, n);
	}
	near_close(&near);
}
