/* Is what really happened to be read again from the cloud's rows? */
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/world/world.h"

struct judge {
	struct world *w;
	const struct plan *plan;
	void (*complain)(void *arg, const char *text);
	void *arg;
	int n;
	const char **reported;           /* ids, sorted */
	size_t n_reported;
};

__attribute__((format(printf, 3, 4)))
static void
wrong(struct judge *j, int truth, const char *format, ...)
{
	char text[600];
	va_list args;
	int n;

	n = snprintf(text, sizeof(text), "seed %llu, session %d (shape %d): ",
		     (unsigned long long)j->w->seed, truth, truth < 0 ? -1 : (int)j->w->sessions[truth].shape);
	va_start(args, format);
	(void)vsnprintf(text + n, sizeof(text) - (size_t)n, format, args);
	va_end(args);
	j->n++;
	j->complain(j->arg, text);
}

static int
by_text(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static int
is_reported(const struct judge *j, const char *id)
{
	return id && bsearch(&id, j->reported, j->n_reported, sizeof(char *), by_text) != NULL;
}

static void
gather_reported(struct judge *j)
{
	const struct entry *e, *end = j->plan->entries + j->plan->n;
	size_t n = 0, i;

	for (e = j->plan->entries; e < end; e++)
		n += e->kind == ENTRY_LEAVE ? 1 + e->n_members : 0;
	j->reported = calloc(n + 1, sizeof(char *));
	ASSERT(j->reported);
	for (e = j->plan->entries; e < end; e++) {
		if (e->kind != ENTRY_LEAVE)
			continue;
		if (e->session)
			j->reported[j->n_reported++] = e->session;
		for (i = 0; i < e->n_members; i++)
			if (e->members[i])
				j->reported[j->n_reported++] = e->members[i];
	}
	qsort(j->reported, j->n_reported, sizeof(char *), by_text);
}

static int64_t
last_reading(const struct judge *j, int truth)
{
	const struct true_session *t = &j->w->sessions[truth];

	return j->w->truth.readings[t->readings + t->n_readings - 1].ms;
}

static void
judge_session(struct judge *j, int truth, const struct a_session *s)
{
	const struct true_session *t = &j->w->sessions[truth];
	int64_t end_ms = t->end_ms, late_ms = 0;

	if (t->shape == SHAPE_END_BEFORE_START) {
		end_ms = last_reading(j, truth);
		late_ms = 30;            /* a copy of the last one came so much later */
	}
	if (s->status != t->status)
		wrong(j, truth, "status is %s", words_text(&words_session_status, s->status));
	if (s->start_ms != t->start_ms)
		wrong(j, truth, "starts %lld ms off", (long long)(s->start_ms - t->start_ms));
	if (s->end_ms != end_ms && (s->end_ms == MSG_NONE || end_ms == MSG_NONE ||
				    s->end_ms < end_ms || s->end_ms > end_ms + late_ms))
		wrong(j, truth, "ends at %lld, not at %lld", (long long)s->end_ms, (long long)end_ms);
	if (!same(s->user, t->user))
		wrong(j, truth, "is of person %s", s->user ? s->user : "null");
	if (t->shape == SHAPE_CRASHED && !is_reported(j, s->id))
		wrong(j, truth, "is active for ever, and not reported");
	if (!t->user && !is_reported(j, s->id))
		wrong(j, truth, "is nobody's, and not reported");
}

static int
off(double stated, double right)
{
	return isnan(right) ? !isnan(stated) : !(fabs(stated - right) < 0.01);
}

static void
judge_figures(struct judge *j, int truth, const struct a_session *s)
{
	const struct true_session *t = &j->w->sessions[truth];
	struct legacy_figures f;
	size_t i;

	legacy_figures_clear(&f);
	for (i = 0; i < t->n_readings; i++)
		legacy_figures_add(&f, j->w->truth.readings[t->readings + i].spo2,
				   j->w->truth.readings[t->readings + i].hr);
	if (s->n != f.n)
		wrong(j, truth, "says %lld readings, not %lld", (long long)s->n, (long long)f.n);
	if (off(s->avg_spo2, f.n_spo2 ? f.sum_spo2 / (double)f.n_spo2 : NAN) ||
	    off(s->min_spo2, f.min_spo2) || off(s->max_spo2, f.max_spo2) ||
	    off(s->avg_hr, f.n_heart_rate ? f.sum_heart_rate / (double)f.n_heart_rate : NAN) ||
	    off(s->min_hr, f.min_heart_rate) || off(s->max_hr, f.max_heart_rate))
		wrong(j, truth, "its figures are not those of its readings");
}

static int
by_reading(const void *a, const void *b)
{
	const struct a_reading *x = a, *y = b;

	if (x->ms != y->ms)
		return x->ms < y->ms ? -1 : 1;
	if (x->spo2 != y->spo2)
		return x->spo2 < y->spo2 ? -1 : 1;
	return x->hr < y->hr ? -1 : x->hr > y->hr;
}

struct bag {
	struct a_reading *items;
	size_t n;
};

/* Each reading exactly once under its session, and none that never was. */
static void
judge_readings(struct judge *j, int truth, struct bag *got)
{
	const struct true_session *t = &j->w->sessions[truth];
	const struct a_reading *want = &j->w->truth.readings[t->readings];
	size_t i;

	if (got->n)
		qsort(got->items, got->n, sizeof(*got->items), by_reading);
	if (got->n != t->n_readings)
		wrong(j, truth, "has %zu readings, not %zu", got->n, t->n_readings);
	for (i = 0; i < got->n && i < t->n_readings; i++)
		if (by_reading(&got->items[i], &want[i])) {
			wrong(j, truth, "reading %zu is not the true one", i);
			break;
		}
}

static int
says_all(const struct a_child *c, const struct a_child *truth)
{
	int i;

	for (i = 0; columns_of[c->table].names[i]; i++)
		if (truth->values[i] && strcmp(columns_of[c->table].names[i], "additional_data") &&
		    !same(c->values[i], truth->values[i]))
			return 0;
	return 1;
}

static int
same_key(const struct a_child *a, const struct a_child *b)
{
	if (a->table != b->table)
		return 0;
	if (a->table == LEGACY_EVENTS)
		return llabs(atoll(value_of(a, "event_timestamp")) -
			     atoll(value_of(b, "event_timestamp"))) < 450 &&
		       same(value_of(a, "event_type"), value_of(b, "event_type"));
	if (a->table == LEGACY_PHASE_STATS)
		return same(value_of(a, "phase_type"), value_of(b, "phase_type"));
	if (a->table == LEGACY_RESPONSES)
		return same(value_of(a, "phase_number"), value_of(b, "phase_number"));
	return 1;
}

/* Each thing told once, with all that was said. */
static void
judge_children(struct judge *j, int truth, const struct a_child *const *got, size_t n)
{
	const struct true_session *t = &j->w->sessions[truth];
	size_t i, k, n_same;
	const struct a_child *found;

	for (i = 0; i < t->n_children; i++) {
		const struct a_child *want = &j->w->truth.children[t->children + i];

		if (want->table == LEGACY_SURVEYS && t->survey_lost)
			continue;
		for (k = n_same = 0, found = NULL; k < n; k++)
			if (same_key(got[k], want)) {
				found = got[k];
				n_same++;
			}
		if (n_same != 1)
			wrong(j, truth, "%s %zu is there %zu times", legacy_table_name(want->table), i,
			      n_same);
		else if (!says_all(found, want))
			wrong(j, truth, "%s %zu does not say what was said",
			      legacy_table_name(want->table), i);
	}
	for (k = 0; k < n; k++) {
		for (i = 0; i < t->n_children; i++)
			if (same_key(got[k], &j->w->truth.children[t->children + i]))
				break;
		if (i == t->n_children)
			wrong(j, truth, "%s has a row of nothing", legacy_table_name(got[k]->table));
	}
}

/* Which true session a row of the cloud became; two rows of one are told. */
static void
find_finals(struct judge *j)
{
	const struct rows *now = &j->w->now;
	struct true_session *t;
	size_t i;

	for (i = 0; i < j->w->n; i++)
		j->w->sessions[i].final = NULL;
	for (i = 0; i < now->n_sessions; i++) {
		const struct a_session *s = &now->sessions[i];

		if (s->gone || s->source != LEGACY_CLOUD)
			continue;
		t = &j->w->sessions[s->truth];
		if (t->undecided && !is_reported(j, s->id) && t->shape != SHAPE_EMPTY_TWIN)
			wrong(j, s->truth, "row %s is undecided and not reported", s->id);
		if (t->undecided)
			continue;
		if (t->final)
			wrong(j, s->truth, "is still two rows, %s and %s", t->final, s->id);
		t->final = s->id;
		judge_session(j, s->truth, s);
		judge_figures(j, s->truth, s);
	}
	for (i = 0; i < j->w->n; i++) {
		t = &j->w->sessions[i];
		/* by chance somebody's nameless session began at that moment */
		if (!t->final && t->shape == SHAPE_ONLY_ON_PHONE && is_reported(j, t->local_id))
			t->undecided = 1;
		if (!t->final && !t->undecided)
			wrong(j, (int)i, "is nowhere");
	}
}

/* Of a session that was left nothing is lost: what was in the cloud still is. */
static void
judge_kept(struct judge *j, int truth, const struct bag *got)
{
	const struct true_session *t = &j->w->sessions[truth];
	size_t i, k;

	for (i = 0; i < t->n_readings; i++) {
		const struct a_reading *r = &j->w->truth.readings[t->readings + i];

		for (k = 0; r->reached_cloud && k < got->n; k++)
			if (got->items[k].spo2 == r->spo2 && got->items[k].hr == r->hr &&
			    llabs(got->items[k].ms - r->ms) < 250)
				break;
		if (r->reached_cloud && k == got->n)
			wrong(j, truth, "reading %zu is nowhere", i);
	}
}

static void
add_to_bag(struct bag *bag, const struct a_reading *r)
{
	if (!(bag->n & (bag->n - 1)))
		bag->items = reallocarray(bag->items, bag->n ? bag->n * 2 : 1, sizeof(*bag->items));
	ASSERT(bag->items);
	bag->items[bag->n++] = *r;
}

static void
judge_all_readings(struct judge *j)
{
	const struct rows *now = &j->w->now;
	struct bag *bags = calloc(j->w->n + 1, sizeof(*bags));
	size_t i;

	ASSERT(bags);
	for (i = 0; i < now->n_readings; i++) {
		const struct a_reading *r = &now->readings[i];
		const struct true_session *t = &j->w->sessions[r->truth];

		if (r->gone || r->source != LEGACY_CLOUD)
			continue;
		if (!t->undecided && !same(r->session, t->final))
			wrong(j, r->truth, "a reading is under %s", r->session);
		add_to_bag(&bags[r->truth], r);
	}
	for (i = 0; i < j->w->n; i++) {
		if (j->w->sessions[i].undecided)
			judge_kept(j, (int)i, &bags[i]);
		else
			judge_readings(j, (int)i, &bags[i]);
		free(bags[i].items);
	}
	free(bags);
}

static int
by_truth(const void *a, const void *b)
{
	const struct a_child *x = *(const struct a_child *const *)a;
	const struct a_child *y = *(const struct a_child *const *)b;

	return x->truth < y->truth ? -1 : x->truth > y->truth;
}

/* Under the right session, or reported. */
static void
judge_all_children(struct judge *j)
{
	const struct rows *now = &j->w->now;
	const struct a_child **all = calloc(now->n_children + 1, sizeof(*all));
	size_t n = 0, from = 0, to, n_own, i;

	ASSERT(all);
	for (i = 0; i < now->n_children; i++)
		if (!now->children[i].gone && !now->children[i].source)
			all[n++] = &now->children[i];
	if (n)
		qsort(all, n, sizeof(*all), by_truth);
	for (i = 0; i < j->w->n; i++, from = to) {
		for (to = from, n_own = 0; to < n && all[to]->truth == (int)i; to++) {
			if (j->w->sessions[i].undecided)
				continue;
			if (same(all[to]->session, j->w->sessions[i].final))
				all[from + n_own++] = all[to];
			else if (!is_reported(j, all[to]->id))
				wrong(j, (int)i, "%s %s is under %s and not reported",
				      legacy_table_name(all[to]->table), all[to]->id,
				      all[to]->session);
		}
		if (!j->w->sessions[i].undecided)
			judge_children(j, (int)i, all + from, n_own);
	}
	free(all);
}

int
world_judge(struct world *world, const struct plan *plan,
	    void (*complain)(void *arg, const char *text), void *arg)
{
	struct judge j = {.w = world, .plan = plan, .complain = complain, .arg = arg};

	gather_reported(&j);
	find_finals(&j);
	judge_all_readings(&j);
	judge_all_children(&j);
	free(j.reported);
	if (world->n_wrong_merges)
		wrong(&j, -1, "%d rows were merged that are two sessions", world->n_wrong_merges);
	return j.n;
}
