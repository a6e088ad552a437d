/* A plan carried out in memory, as it is told to be in rules.h. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "services/dedupe-auditor/rules/fold.h"
#include "tests/world/world.h"

static void
rename_sessions(struct rows *now, const char *from, const char *to)
{
	size_t i;

	for (i = 0; i < now->n_readings; i++)
		if (!now->readings[i].source && same(now->readings[i].session, from))
			now->readings[i].session = to;
	for (i = 0; i < now->n_children; i++)
		if (!now->children[i].source && same(now->children[i].session, from))
			now->children[i].session = to;
}

static struct a_session *
find_session(struct rows *now, int source, const char *id)
{
	size_t i;

	for (i = 0; i < now->n_sessions; i++)
		if (!now->sessions[i].gone && now->sessions[i].source == source &&
		    same(now->sessions[i].id, id))
			return &now->sessions[i];
	return NULL;
}

static struct a_child *
find_child(struct rows *now, enum legacy_table table, int source, const char *id)
{
	size_t i;

	for (i = 0; i < now->n_children; i++)
		if (!now->children[i].gone && now->children[i].table == table &&
		    now->children[i].source == source && same(now->children[i].id, id))
			return &now->children[i];
	return NULL;
}

static void
add_alias(struct world *w, const char *id, const char *into)
{
	w->aliases = reallocarray(w->aliases, w->n_aliases + 1, sizeof(char *));
	w->aliases_into = reallocarray(w->aliases_into, w->n_aliases + 1, sizeof(char *));
	ASSERT(w->aliases && w->aliases_into);
	w->aliases[w->n_aliases] = id;
	w->aliases_into[w->n_aliases++] = into;
}

static void
do_merge(struct world *w, const struct entry *e)
{
	const struct a_session *stays = find_session(&w->now, LEGACY_CLOUD, e->session);
	struct a_session *s;
	size_t i;

	for (i = 0; i < e->n_members; i++) {
		s = find_session(&w->now, LEGACY_CLOUD, e->members[i]);
		ASSERT(s && stays);
		w->n_wrong_merges += s->truth != stays->truth;
		s->gone = 1;
		add_alias(w, s->id, say(w, "%s", e->session));
		rename_sessions(&w->now, s->id, say(w, "%s", e->session));
	}
}

static void
do_settle(struct world *w, struct a_session *s, const struct settled *d)
{
	if (d->which & SETTLE_STATUS)
		s->status = d->status;
	if (d->which & SETTLE_START)
		s->start_ms = d->start_us / 1000;
	if (d->which & SETTLE_END)
		s->end_ms = d->end_us == MSG_NONE ? MSG_NONE : d->end_us / 1000;
	if (d->which & SETTLE_USER)
		s->user = say(w, "%s", d->user_id);
	if (d->which & SETTLE_LOCAL)
		s->local_id = say(w, "%s", d->local_id);
}

static void
do_new_session(struct world *w, const struct entry *e)
{
	struct a_session copy = *find_session(&w->now, e->source, e->members[0]), *s;

	s = add_session(&w->now);
	*s = copy;
	s->source = LEGACY_CLOUD;
	s->id = say(w, "%s", e->session);
	do_settle(w, s, &e->settled);
}

static int
has_reading(struct rows *now, const char *session, const struct a_reading *r)
{
	size_t i;

	for (i = 0; i < now->n_readings; i++) {
		const struct a_reading *x = &now->readings[i];

		if (!x->gone && !x->source && same(x->session, session) && x->ms == r->ms &&
		    x->spo2 == r->spo2 && x->hr == r->hr)
			return 1;
	}
	return 0;
}

/* How many came. */
static int
do_adopt_readings(struct world *w, const struct entry *e)
{
	struct rows *now = &w->now;
	size_t n = now->n_readings, i;
	struct a_reading copy;
	int n_new = 0;

	for (i = 0; i < n; i++) {
		copy = now->readings[i];
		if (copy.gone || copy.source != e->source || !same(copy.session, e->members[0]))
			continue;
		if (!e->source) {
			now->readings[i].session = say(w, "%s", e->session);
			n_new++;
		} else if (!has_reading(now, e->session, &copy)) {
			copy.source = LEGACY_CLOUD;
			copy.session = say(w, "%s", e->session);
			*add_reading(now) = copy;
			n_new++;
		}
	}
	return n_new;
}

static void
do_adopt_children(struct world *w, const struct entry *e)
{
	struct a_child *c, copy;
	size_t i;

	for (i = 0; i < e->n_members; i++) {
		c = find_child(&w->now, e->table, e->source, e->members[i]);
		ASSERT(c);
		if (!e->source) {
			c->session = say(w, "%s", e->session);
			continue;
		}
		copy = *c;
		copy.source = LEGACY_CLOUD;
		copy.session = say(w, "%s", e->session);
		copy.id = say(w, "%d:%s", e->source, c->id);
		*add_a_child(&w->now) = copy;
	}
}

static void
do_fold_children(struct world *w, const struct entry *e)
{
	const char *id = e->members[e->keep];
	struct a_child *keep, *c, folded;
	size_t i;
	int j;

	if (e->sources[e->keep])
		id = say(w, "%d:%s", e->sources[e->keep], id);
	keep = find_child(&w->now, e->table, LEGACY_CLOUD, id);
	ASSERT(keep);
	folded = *keep;
	for (i = e->n_members; i-- > 0;) {       /* the most trusted last */
		c = i == e->keep ? keep : find_child(&w->now, e->table, e->sources[i], e->members[i]);
		ASSERT(c);
		for (j = 0; j < WORLD_COLUMNS; j++)
			if (c->values[j])
				folded.values[j] = c->values[j];
		if (c->updated_ms > folded.updated_ms)
			folded.updated_ms = c->updated_ms;
		if (c != keep && !c->source)
			c->gone = 1;
	}
	*keep = folded;
}

static int
by_time(const void *a, const void *b)
{
	const struct a_reading *x = *(const struct a_reading *const *)a;
	const struct a_reading *y = *(const struct a_reading *const *)b;

	return x->ms != y->ms ? (x->ms < y->ms ? -1 : 1) : x < y ? -1 : x > y;
}

/* Folds, then states the figures of what stays. */
static void
recount(struct world *w, const char *id)
{
	struct rows *now = &w->now;
	struct a_reading **sorted = calloc(now->n_readings + 1, sizeof(*sorted));
	struct legacy_reading *rows = calloc(now->n_readings + 1, sizeof(*rows));
	size_t *into = calloc(now->n_readings + 1, sizeof(*into)), n = 0, i;
	struct a_session *s = find_session(now, LEGACY_CLOUD, id);
	struct legacy_figures f;
	struct fold_sum sum = {0};

	ASSERT(sorted && rows && into && s);
	legacy_figures_clear(&f);
	for (i = 0; i < now->n_readings; i++)
		if (!now->readings[i].gone && !now->readings[i].source &&
		    same(now->readings[i].session, id))
			sorted[n++] = &now->readings[i];
	qsort(sorted, n, sizeof(*sorted), by_time);
	for (i = 0; i < n; i++)
		rows[i] = (struct legacy_reading){sorted[i]->ms * 1000, sorted[i]->spo2, sorted[i]->hr,
						  sorted[i]->signal, i};
	readings_fold(rows, n, into, &sum);
	for (i = 0; i < n; i++) {
		sorted[i]->gone = into[i] != i;
		if (into[i] == i)
			legacy_figures_add(&f, rows[i].spo2, rows[i].heart_rate);
	}
	s->n = f.n;
	s->avg_spo2 = f.n_spo2 ? f.sum_spo2 / (double)f.n_spo2 : NAN;
	s->avg_hr = f.n_heart_rate ? f.sum_heart_rate / (double)f.n_heart_rate : NAN;
	s->min_spo2 = f.min_spo2;
	s->max_spo2 = f.max_spo2;
	s->min_hr = f.min_heart_rate;
	s->max_hr = f.max_heart_rate;
	if (s->end_ms != MSG_NONE)
		s->duration_s = (s->end_ms - s->start_ms) / 1000;
	free(sorted);
	free(rows);
	free(into);
}

static int
do_entry(struct world *w, const struct entry *e)
{
	int n;

	switch (e->kind) {
	case ENTRY_MERGE:
		do_merge(w, e);
		return 1;
	case ENTRY_ADOPT:
		if (e->table == LEGACY_SESSIONS) {
			do_new_session(w, e);
			return 1;
		}
		if (e->table != LEGACY_READINGS) {
			do_adopt_children(w, e);
			return 1;
		}
		if ((n = do_adopt_readings(w, e)))
			recount(w, e->session);
		return n > 0;
	case ENTRY_FOLD:
		if (e->table != LEGACY_READINGS)
			do_fold_children(w, e);
		return 1;
	case ENTRY_SETTLE:
		do_settle(w, find_session(&w->now, LEGACY_CLOUD, e->session), &e->settled);
		return 1;
	case ENTRY_RECOMPUTE:
		recount(w, e->session);
		return 1;
	case ENTRY_LEAVE:
	case ENTRY_KINDS:
		break;
	}
	return 0;
}

static int
by_text(const void *a, const void *b, void *arg)
{
	const struct world *w = arg;

	return strcmp(w->aliases[*(const size_t *)a], w->aliases[*(const size_t *)b]);
}

static void
sort_aliases(struct world *w)
{
	size_t *order = calloc(w->n_aliases + 1, sizeof(*order)), i;
	const char **ids = calloc(w->n_aliases + 1, sizeof(char *));
	const char **into = calloc(w->n_aliases + 1, sizeof(char *));

	ASSERT(order && ids && into);
	for (i = 0; i < w->n_aliases; i++)
		order[i] = i;
	qsort_r(order, w->n_aliases, sizeof(*order), by_text, w);
	for (i = 0; i < w->n_aliases; i++) {
		ids[i] = w->aliases[order[i]];
		into[i] = w->aliases_into[order[i]];
	}
	free(order);
	free(w->aliases);
	free(w->aliases_into);
	w->aliases = ids;
	w->aliases_into = into;
}

int
world_repair(struct world *world, const struct plan *plan)
{
	const struct entry *e;
	int n = 0;

	for (e = plan->entries; e < plan->entries + plan->n; e++)
		n += do_entry(world, e);
	sort_aliases(world);
	return n;
}
