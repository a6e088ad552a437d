/* The entries of a plan, from groups whose rows, children and readings are known. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "services/dedupe-auditor/rules/groups.h"
#include "services/dedupe-auditor/rules/texts.h"

#define NEAR_US (10 * SECOND)

static int
by_child_group(const void *a, const void *b, void *arg)
{
	const struct work *work = arg;
	size_t x = *(const size_t *)a, y = *(const size_t *)b;
	size_t p = work->child_group[x], q = work->child_group[y];

	return p != q ? (p < q ? -1 : 1) : x < y ? -1 : x > y;
}

static int
by_readings_group(const void *a, const void *b, void *arg)
{
	const struct work *work = arg;
	size_t x = *(const size_t *)a, y = *(const size_t *)b;
	size_t p = work->readings_group[x], q = work->readings_group[y];

	return p != q ? (p < q ? -1 : 1) : x < y ? -1 : x > y;
}

/* Children and readings by their session: each group knows where its own are. */
static void
sort_below(struct work *work)
{
	size_t n = work->legacy->n_children, i;
	struct group *g;

	for (i = 0; i < n; i++)
		work->children[i] = i;
	if (n)
		qsort_r(work->children, n, sizeof(size_t), by_child_group, work);
	for (i = n; i-- > 0;)
		if (work->child_group[work->children[i]] != NOBODY) {
			g = &work->groups[work->child_group[work->children[i]]];
			g->children = i;
			g->n_children++;
		}
	n = work->legacy->n_readings;
	for (i = 0; i < n; i++)
		work->readings[i] = i;
	if (n)
		qsort_r(work->readings, n, sizeof(size_t), by_readings_group, work);
	for (i = n; i-- > 0;)
		if (work->readings_group[work->readings[i]] != NOBODY) {
			g = &work->groups[work->readings_group[work->readings[i]]];
			g->readings = i;
			g->n_readings++;
		}
}

/* How many rows of the cloud are merged away. */
static size_t
tell_merge(struct work *work, const struct group *g)
{
	enum united by = work->rows[work_root(work, g->rows[0])].by;
	struct entry *e = NULL;
	size_t i;

	for (i = 0; i < g->n_rows; i++) {
		if (g->rows[i] == g->canonical || work_session(work, g->rows[i])->source != LEGACY_CLOUD)
			continue;
		if (!e) {
			e = plan_add(work->plan, ENTRY_MERGE, united_names[by], LEGACY_SESSIONS, g->id);
			e->why = work->rows[work_root(work, g->rows[0])].why;
		}
		entry_member(work->plan, e, LEGACY_CLOUD, work_session(work, g->rows[i])->id);
	}
	return e ? e->n_members : 0;
}

static void
leave_group(struct work *work, const struct group *g, const char *rule, const char *why)
{
	struct entry *e = plan_add(work->plan, ENTRY_LEAVE, rule, LEGACY_SESSIONS, g->id);
	size_t row = g->canonical == NOBODY ? g->rows[0] : g->canonical;

	entry_member(work->plan, e, work_session(work, row)->source, work_session(work, row)->id);
	e->why = why;
}

/* A session without local id in the cloud that may be this one; groups are in order of start. */
static int
may_be_nameless(const struct work *work, const struct group *g)
{
	const struct group *other, *end = work->groups + work->n_groups;
	int64_t start_us = work_session(work, g->rows[0])->start_us;

	for (other = g; other > work->groups && apart(other[-1].first_start_us, start_us) <= NEAR_US;
	     other--)
		;
	for (; other < end && apart(other->first_start_us, start_us) <= NEAR_US; other++)
		if (other->canonical != NOBODY && !other->local_id &&
		    !other_text(other->user_id, g->user_id))
			return 1;
	return 0;
}

/* A session the cloud never saw: does it get a row there? */
static void
tell_new(struct work *work, struct group *g)
{
	const struct legacy_session *s = work_session(work, g->rows[0]);
	const char *person = work->persons[s->source];
	struct entry *e;

	if (!g->user_id && person && *person)
		g->user_id = person;
	if (g->stuck)
		return;
	if (!g->local_id || !g->user_id) {
		leave_group(work, g, "only-on-phone", !g->local_id ?
			    "only on a phone, under an id that does not tell it from others" :
			    "only on a phone, and nothing says whose it is");
		g->id = NULL;
		return;
	}
	if (may_be_nameless(work, g)) {
		leave_group(work, g, "only-on-phone",
			    "a session without local id in the cloud starts within 10 s of it");
		g->id = NULL;
		return;
	}
	e = plan_add(work->plan, ENTRY_ADOPT, "only-on-phone", LEGACY_SESSIONS, g->id);
	entry_member(work->plan, e, s->source, s->id);
	e->settled = (struct settled){
		.which = SETTLE_STATUS | SETTLE_START | SETTLE_END | SETTLE_USER | SETTLE_LOCAL,
		.status = g->status, .start_us = g->start_us, .end_us = g->end_us,
		.user_id = g->user_id, .local_id = g->local_id,
	};
	e->why = "the phone has it, the cloud has no row of its local id";
}

static void
leave_readings(struct work *work, const struct legacy_readings *r, const char *id,
	       const char *rule, int64_t n, const char *why)
{
	struct entry *e = plan_add(work->plan, ENTRY_LEAVE, rule, LEGACY_READINGS, id);

	entry_member(work->plan, e, r->source, r->session_id);
	e->n = n;
	e->why = why;
}

static void
tell_readings(struct work *work, const struct group *g)
{
	struct entry *e;
	size_t i, at;

	for (i = 0; i < g->n_readings; i++) {
		const struct legacy_readings *r;

		at = work->readings[g->readings + i];
		r = &work->legacy->readings[at];
		if (work->readings_rule[at]) {
			e = plan_add(work->plan, ENTRY_ADOPT, work->readings_rule[at],
				     LEGACY_READINGS, g->id);
			entry_member(work->plan, e, r->source, r->session_id);
			e->n = r->n;
			e->why = "readings that name it otherwise than by its id in the cloud";
		}
		if (r->source != LEGACY_CLOUD)
			continue;
		if (r->n_clash)
			leave_readings(work, r, g->id, "sent-again", r->n_clash,
				       "one time, but different values");
		if (r->n_dense)
			leave_readings(work, r, g->id, "sent-again", r->n_dense,
				       "so close together that copies cannot be told from samples");
		if (!g->stuck && g->end_us != MSG_NONE && r->last_us > g->end_us + SESSION_SLACK_US)
			leave_readings(work, r, g->id, "inside-span", r->n,
				       "readings go on after the session's end: some may be another's");
		else if (!g->stuck && g->start_us != MSG_NONE && r->first_us < g->start_us)
			leave_readings(work, r, g->id, "inside-span", r->n,
				       "readings begin long before the session: some may be another's");
	}
	if (!g->n_folds)
		return;
	e = plan_add(work->plan, ENTRY_FOLD, "sent-again", LEGACY_READINGS, g->id);
	entry_member(work->plan, e, LEGACY_CLOUD, g->id);
	e->n = g->n_folds;
	e->why = "one sample told again: same time and values, or fed twice within 250 ms";
}

static void
tell_active(struct work *work, struct group *g)
{
	const struct rules_options *o = work->options;

	if (g->end_us != MSG_NONE && !g->impossible_end) {
		leave_group(work, g, "settle", "active, and yet it has an end");
	} else if (o->abandon_us != MSG_NONE && silent_since(g) < o->abandon_us) {
		g->status = SESSION_ABANDONED;
		g->end_us = g->last_us != MSG_NONE && g->last_us >= g->start_us ? g->last_us
										: MSG_NONE;
	} else if (!is_running(work, g)) {
		leave_group(work, g, "abandon", "active, and nothing has come for hours");
	}
}

static void
tell_settled(struct work *work, struct group *g)
{
	const struct legacy_session *s = work_session(work, g->canonical);
	int abandoned = 0, which = 0;
	struct entry *e;

	if (g->status == SESSION_ACTIVE) {
		tell_active(work, g);
		abandoned = g->status == SESSION_ABANDONED;
	}
	if (g->status == SESSION_NONE)
		leave_group(work, g, "settle", "its status is a word the app never had");
	if (!g->user_id)
		leave_group(work, g, "settle", "nobody's: recorded without a login");
	if (g->impossible_end && g->end_us == MSG_NONE)
		leave_group(work, g, "settle", "ends before it starts, and no reading says when");
	else if (s->end_us != g->end_us && (g->status != SESSION_ACTIVE || g->end_us == MSG_NONE))
		which |= SETTLE_END;
	which |= s->status != g->status && g->status != SESSION_NONE ? SETTLE_STATUS : 0;
	which |= s->start_us != g->start_us && g->start_us != MSG_NONE ? SETTLE_START : 0;
	which |= g->user_id && !same_text(s->user_id, g->user_id) ? SETTLE_USER : 0;
	which |= g->local_id && !same_text(s->local_id, g->local_id) ? SETTLE_LOCAL : 0;
	if (!(which & SETTLE_END))
		g->end_us = s->end_us;  /* as the row will say */
	if (!which)
		return;
	e = plan_add(work->plan, ENTRY_SETTLE, abandoned ? "abandon" : "settle", LEGACY_SESSIONS,
		     g->id);
	entry_member(work->plan, e, LEGACY_CLOUD, g->id);
	e->settled = (struct settled){
		.which = which, .status = g->status, .start_us = g->start_us, .end_us = g->end_us,
		.user_id = g->user_id, .local_id = g->local_id,
	};
	e->why = abandoned ? "active, and nothing has come since before the day that was given"
			   : "as all of its rows and readings tell it";
}

static int
real_differs(double stated, int64_t n, double right)
{
	if (!n)
		return !isnan(stated);
	return !(fabs(stated - right) < 0.01);
}

static const char *
recount_why(const struct group *g, const struct legacy_session *s)
{
	const struct legacy_figures *f = &g->kept;

	if (s->stated_n != f->n && !(s->stated_n == MSG_NONE && !f->n))
		return "total_readings is not how many there are";
	if (real_differs(s->stated_avg_spo2, f->n_spo2, f->sum_spo2 / (double)f->n_spo2) ||
	    real_differs(s->stated_min_spo2, f->n_spo2, f->min_spo2) ||
	    real_differs(s->stated_max_spo2, f->n_spo2, f->max_spo2) ||
	    real_differs(s->stated_avg_heart_rate, f->n_heart_rate,
			 f->sum_heart_rate / (double)f->n_heart_rate) ||
	    real_differs(s->stated_min_heart_rate, f->n_heart_rate, f->min_heart_rate) ||
	    real_differs(s->stated_max_heart_rate, f->n_heart_rate, f->max_heart_rate))
		return "its figures are not those of its readings";
	if (s->stated_duration_s != MSG_NONE && g->end_us != MSG_NONE && g->start_us != MSG_NONE &&
	    llabs(s->stated_duration_s - (g->end_us - g->start_us) / SECOND) > 1)
		return "total_duration_seconds is not from its start to its end";
	return NULL;
}

static void
tell_recount(struct work *work, const struct group *g, size_t n_merged)
{
	const char *why = recount_why(g, work_session(work, g->canonical));
	struct entry *e;

	if (n_merged || g->adopts || g->n_folds)
		why = "readings came to it or were folded";
	if (!why)
		return;
	e = plan_add(work->plan, ENTRY_RECOMPUTE, "recount", LEGACY_SESSIONS, g->id);
	entry_member(work->plan, e, LEGACY_CLOUD, g->id);
	e->why = why;
}

static int
by_lost(const void *a, const void *b, void *arg)
{
	const struct work *work = arg;
	const struct legacy_child *c = work->legacy->children;
	size_t x = *(const size_t *)a, y = *(const size_t *)b;
	int d = (int)c[x].table - (int)c[y].table;

	d = d ? d : c[x].source - c[y].source;
	d = d ? d : strcmp(work->child_why[x], work->child_why[y]);
	d = d ? d : strcmp(c[x].session_id ? c[x].session_id : "",
			   c[y].session_id ? c[y].session_id : "");
	return d ? d : x < y ? -1 : x > y;
}

/* Children of one table, source, lost id and reason are one line. */
static int
same_line(const struct work *work, size_t x, size_t y)
{
	const struct legacy_child *c = work->legacy->children;

	return c[x].table == c[y].table && c[x].source == c[y].source &&
	       !strcmp(work->child_why[x], work->child_why[y]) &&
	       (same_text(c[x].session_id, c[y].session_id) ||
		(!c[x].session_id && !c[y].session_id));
}

static void
tell_lost(struct work *work)
{
	const struct legacy *l = work->legacy;
	size_t *lost = work->children, n = 0, i, j, k;
	struct entry *e;

	for (i = 0; i < l->n_readings; i++)
		if (work->readings_group[i] == NOBODY)
			leave_readings(work, &l->readings[i], NULL, work->readings_rule[i]
				       ? work->readings_rule[i] : "inside-span", l->readings[i].n,
				       work->readings_why[i] ? work->readings_why[i]
							     : "of no session, and without a time");
	for (i = 0; i < l->n_children; i++)
		if (work->child_group[i] == NOBODY)
			lost[n++] = i;
	if (n)
		qsort_r(lost, n, sizeof(*lost), by_lost, work);
	for (i = 0; i < n; i = j) {
		for (j = i + 1; j < n && same_line(work, lost[i], lost[j]); j++)
			;
		e = plan_add(work->plan, ENTRY_LEAVE, work->child_rule[lost[i]] ?
			     work->child_rule[lost[i]] : "by-local-id", l->children[lost[i]].table,
			     NULL);
		for (k = i; k < j; k++)
			entry_member(work->plan, e, l->children[lost[k]].source,
				     l->children[lost[k]].id);
		e->why = work->child_why[lost[i]];
	}
}

static void
tell_group(struct work *work, struct group *g)
{
	size_t n_merged = tell_merge(work, g);

	if (g->canonical == NOBODY)
		tell_new(work, g);
	if (!g->id)
		return;
	tell_readings(work, g);
	tell_copies(work, g);
	if (g->canonical == NOBODY)
		return;
	if (g->stuck) {
		g->start_us = work_session(work, g->canonical)->start_us;
		g->end_us = work_session(work, g->canonical)->end_us;
	} else {
		tell_settled(work, g);
	}
	tell_recount(work, g, n_merged);
}

void
tell_groups(struct work *work)
{
	struct group *g;
	size_t from;
	int runs;

	sort_below(work);
	for (g = work->groups; g < work->groups + work->n_groups; g++) {
		from = work->plan->n;
		runs = is_running(work, g);
		tell_group(work, g);
		if (runs)
			leave_running(work, from);
	}
	tell_lost(work);
}
