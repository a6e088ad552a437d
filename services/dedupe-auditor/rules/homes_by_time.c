/* Rows that name nothing: a survey after its session, readings inside exactly one. */
#include <stdlib.h>
#include <string.h>

#include "services/dedupe-auditor/rules/groups.h"

#define AFTER_US (1800 * SECOND)         /* a post survey comes this long after the end, at most */
#define SPAN_US  (24 * 3600 * SECOND)    /* no session is longer than this */

struct claim {
	size_t child, group;
};

/* Sessions that rows can be given to. */
struct found {
	struct work *work;
	size_t *by_start, *by_end;       /* groups */
	size_t n, n_ended;
	struct claim *claims;
	size_t n_claims;
};

static const struct group *
group(const struct work *work, size_t i)
{
	return &work->groups[i];
}

static int64_t
ends_us(const struct group *g)
{
	if (g->end_us != MSG_NONE)
		return g->end_us + SESSION_SLACK_US;
	return g->start_us + SESSION_MAX_US;
}

static int
by_start(const void *a, const void *b, void *arg)
{
	size_t x = *(const size_t *)a, y = *(const size_t *)b;
	int64_t p = group(arg, x)->start_us, q = group(arg, y)->start_us;

	return p != q ? (p < q ? -1 : 1) : x < y ? -1 : x > y;
}

static int
by_end(const void *a, const void *b, void *arg)
{
	size_t x = *(const size_t *)a, y = *(const size_t *)b;
	int64_t p = group(arg, x)->end_us, q = group(arg, y)->end_us;

	return p != q ? (p < q ? -1 : 1) : x < y ? -1 : x > y;
}

static int
by_group(const void *a, const void *b)
{
	const struct claim *x = a, *y = b;

	return x->group != y->group ? (x->group < y->group ? -1 : 1)
				    : x->child < y->child ? -1 : x->child > y->child;
}

static void
found_open(struct found *found, struct work *work)
{
	size_t n = work->n_groups + 1, i;

	*found = (struct found){
		.work = work, .by_start = calloc(n, sizeof(size_t)), .by_end = calloc(n, sizeof(size_t)),
		.claims = calloc(work->legacy->n_children + 1, sizeof(struct claim)),
	};
	ASSERT(found->by_start && found->by_end && found->claims);
	for (i = 0; i < work->n_groups; i++) {
		const struct group *g = group(work, i);

		if (!g->id || g->start_us == MSG_NONE)
			continue;
		found->by_start[found->n++] = i;
		if (!g->stuck && g->end_us != MSG_NONE && g->status != SESSION_ACTIVE)
			found->by_end[found->n_ended++] = i;
	}
	if (found->n)
		qsort_r(found->by_start, found->n, sizeof(size_t), by_start, work);
	if (found->n_ended)
		qsort_r(found->by_end, found->n_ended, sizeof(size_t), by_end, work);
}

static void
found_close(struct found *found)
{
	free(found->by_start);
	free(found->by_end);
	free(found->claims);
}

/* The first of those sorted groups whose time is not before `us`. */
static size_t
first_from(const struct found *found, int ends, int64_t us)
{
	size_t from = 0, to = ends ? found->n_ended : found->n, middle;
	const struct group *g;

	while (from < to) {
		middle = from + (to - from) / 2;
		g = group(found->work, ends ? found->by_end[middle] : found->by_start[middle]);
		if ((ends ? g->end_us : g->start_us) < us)
			from = middle + 1;
		else
			to = middle;
	}
	return from;
}

/* In the cloud a row says whose it is; on a phone it is of one who used that phone. */
static int
is_of(const struct work *work, const struct group *g, int source, const char *user_id)
{
	size_t i;

	if (source == LEGACY_CLOUD || user_id)
		return same_text(user_id, g->user_id);
	for (i = 0; i < g->n_rows; i++)
		if (work->legacy->sessions[g->rows[i]].source == source)
			return 1;
	return 0;
}

static void
claim_survey(struct found *found, size_t child)
{
	struct work *work = found->work;
	const struct legacy_child *c = &work->legacy->children[child];
	int64_t at_us = local_id_ms(c->session_id) * 1000;
	size_t i, n = 0, home = NOBODY;

	for (i = first_from(found, 1, at_us - AFTER_US); i < found->n_ended; i++) {
		const struct group *g = group(work, found->by_end[i]);

		if (g->end_us > at_us)
			break;
		if (g->has_post || !is_of(work, g, c->source, c->user_id))
			continue;
		home = found->by_end[i];
		n++;
	}
	work->child_rule[child] = "survey-after-end";
	if (n == 1)
		found->claims[found->n_claims++] = (struct claim){child, home};
	else if (n)
		work->child_why[child] = "a survey after the end of more than one session";
	else if (c->source == LEGACY_CLOUD && !c->user_id)
		work->child_why[child] = "a survey of no session and no person";
	else
		work->child_why[child] = "a survey, and no session of that person without one "
					 "ended in the 30 min before";
}

static int
is_lost_survey(const struct work *work, size_t child)
{
	const struct legacy_child *c = &work->legacy->children[child];

	return c->table == LEGACY_SURVEYS && work->child_group[child] == NOBODY &&
	       !work->child_why[child] && !strncmp(c->session_id, "session_", 8) &&
	       local_id_ms(c->session_id) != MSG_NONE && !c->session_id[8 + 13];
}

/* Two different surveys for one session: neither is given to it. */
static void
grant_claims(struct found *found)
{
	struct work *work = found->work;
	const struct legacy_child *children = work->legacy->children;
	const struct claim *c = found->claims;
	size_t i, j, k, differ;

	if (found->n_claims)
		qsort(found->claims, found->n_claims, sizeof(*c), by_group);
	for (i = 0; i < found->n_claims; i = j) {
		differ = 0;
		for (j = i; j < found->n_claims && c[j].group == c[i].group; j++)
			differ |= children[c[j].child].digest != children[c[i].child].digest;
		for (k = i; k < j; k++) {
			if (differ)
				work->child_why[c[k].child] =
					"a survey, and another one that differs may be the session's";
			else
				work->child_group[c[k].child] = c[k].group;
		}
		work->groups[c[i].group].has_post |= !differ;
	}
}

/* All of it inside one session of that person, and none of it inside another one. */
static void
find_span(struct found *found, size_t readings)
{
	struct work *work = found->work;
	const struct legacy_readings *r = &work->legacy->readings[readings];
	size_t i, n = 0, home = NOBODY;

	work->readings_rule[readings] = "inside-span";
	if (!r->user_id && r->source == LEGACY_CLOUD) {
		work->readings_why[readings] = "of no session and of no one person";
		return;
	}
	for (i = first_from(found, 0, r->first_us - SPAN_US); i < found->n; i++) {
		const struct group *g = group(work, found->by_start[i]);

		if (g->start_us > r->last_us)
			break;
		if (ends_us(g) < r->first_us || !is_of(work, g, r->source, r->user_id))
			continue;
		home = found->by_start[i];
		n++;
	}
	if (n != 1)
		work->readings_why[readings] = n ? "of no session, and the person had several then"
						 : "of no session, and the person had none then";
	else if (group(work, home)->stuck || group(work, home)->start_us > r->first_us ||
		 ends_us(group(work, home)) < r->last_us)
		work->readings_why[readings] = "of no session, and not all inside one that is decided";
	else
		work->readings_group[readings] = home;
}

static void
give(struct work *work, size_t readings)
{
	const struct legacy_readings *r = &work->legacy->readings[readings];
	struct group *g = &work->groups[work->readings_group[readings]];

	if (r->source != LEGACY_CLOUD)
		return;
	legacy_figures_join(&g->kept, &r->kept);
	g->n_folds += r->n_again + r->n_twice;
	g->adopts = 1;
}

/* What names the same lost id as readings that were placed goes with them. */
static void
follow_readings(struct work *work, size_t child)
{
	const struct legacy_child *c = &work->legacy->children[child];
	const struct legacy_readings *r = work->legacy->readings;
	size_t from = 0, to = work->legacy->n_readings, middle;
	int order;

	while (c->session_id && from < to) {
		middle = from + (to - from) / 2;
		order = c->source != r[middle].source ? (c->source < r[middle].source ? -1 : 1)
			: !r[middle].session_id ? -1 : strcmp(c->session_id, r[middle].session_id);
		if (!order) {
			work->child_group[child] = work->readings_group[middle];
			work->child_rule[child] = "inside-span";
			break;
		}
		if (order < 0)
			to = middle;
		else
			from = middle + 1;
	}
	if (work->child_group[child] == NOBODY)
		work->child_why[child] = "under a session that is nowhere";
}

void
find_homes_by_time(struct work *work)
{
	struct found found;
	size_t i;

	found_open(&found, work);
	for (i = 0; i < work->legacy->n_children; i++)
		if (is_lost_survey(work, i))
			claim_survey(&found, i);
	grant_claims(&found);
	for (i = 0; i < work->legacy->n_readings; i++)
		if (work->readings_group[i] == NOBODY && !work->readings_why[i] &&
		    work->legacy->readings[i].first_us != MSG_NONE) {
			find_span(&found, i);
			if (work->readings_group[i] != NOBODY)
				give(work, i);
		}
	for (i = 0; i < work->legacy->n_children; i++)
		if (work->child_group[i] == NOBODY && !work->child_why[i])
			follow_readings(work, i);
	found_close(&found);
}
