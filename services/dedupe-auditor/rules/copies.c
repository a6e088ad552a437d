/* Children of one session: which rows are one thing, and which of a phone's are new. */
#include <stdlib.h>
#include <string.h>

#include "services/dedupe-auditor/rules/groups.h"

#define SAME_EVENT_US (1000 * 1000LL)    /* the app's own copies of one event */
#define EMERGENCY     75                 /* % SpO2: below it every sample makes an event ... */
#define EMERGENCY_US  (500 * 1000LL)     /* ... a second apart */
#define AMONG         64                 /* other events looked past in that second */

static const struct legacy_child *
child(const struct work *work, size_t i)
{
	return &work->legacy->children[i];
}

/* The natural key: table, kind, number; of events their time instead. */
static int
compare_keys(const struct legacy_child *a, const struct legacy_child *b)
{
	int c = compare_numbers((int64_t)a->table, (int64_t)b->table);

	if (c || a->table == LEGACY_SURVEYS || a->table == LEGACY_ADAPTATION_METRICS)
		return c;
	c = compare_numbers(a->type, b->type);
	if (!c && a->type < 0)
		c = compare_texts(a->type_text, b->type_text);
	return c || a->table == LEGACY_EVENTS ? c : compare_numbers(a->number, b->number);
}

static int
by_key(const void *a, const void *b, void *arg)
{
	size_t x = *(const size_t *)a, y = *(const size_t *)b;
	int c = compare_keys(child(arg, x), child(arg, y));

	c = c ? c : compare_numbers(child(arg, x)->at_us, child(arg, y)->at_us);
	return c ? c : x < y ? -1 : x > y;
}

/* Answers of people: the newest is what they meant.  What was measured: who says most. */
static int
by_trust(const void *a, const void *b, void *arg)
{
	const struct legacy_child *x = child(arg, *(const size_t *)a);
	const struct legacy_child *y = child(arg, *(const size_t *)b);
	int answers = x->table == LEGACY_SURVEYS || x->table == LEGACY_RESPONSES;
	int newer = compare_numbers(y->updated_us, x->updated_us);
	int fuller = __builtin_popcountll(y->set) - __builtin_popcountll(x->set);
	int c = answers ? newer : fuller;

	c = c ? c : (x->source != LEGACY_CLOUD) - (y->source != LEGACY_CLOUD);
	c = c ? c : answers ? fuller : compare_numbers(x->created_us, y->created_us);
	c = c ? c : compare_numbers(x->source, y->source);
	return c ? c : compare_texts(x->id, y->id);
}

static int
goes_with(int64_t a, int64_t b)
{
	return a == MSG_NONE || b == MSG_NONE || a == b;
}

static int
same_event(const struct legacy_child *a, const struct legacy_child *b)
{
	int64_t within = a->spo2 != MSG_NONE && a->spo2 < EMERGENCY ? EMERGENCY_US : SAME_EVENT_US;

	return apart(a->at_us, b->at_us) < within && goes_with(a->spo2, b->spo2) &&
	       goes_with(a->altitude_phase, b->altitude_phase) &&
	       goes_with(a->recovery_phase, b->recovery_phase);
}

static void
learn(int64_t *known, int64_t value)
{
	if (*known == MSG_NONE)
		*known = value;
}

/* The event of items[0]: its copies are moved up beside it; what stands among them may be
 * another event of the same second. */
static size_t
gather_event(const struct work *work, size_t *items, size_t n)
{
	struct legacy_child event = *child(work, items[0]);
	size_t n_same = 1, i, item;

	for (i = 1; i < n && i < n_same + AMONG; i++) {
		const struct legacy_child *c = child(work, items[i]);

		if (compare_keys(&event, c) || apart(event.at_us, c->at_us) >= SAME_EVENT_US)
			break;
		if (!same_event(&event, c))
			continue;
		learn(&event.spo2, c->spo2);
		learn(&event.altitude_phase, c->altitude_phase);
		learn(&event.recovery_phase, c->recovery_phase);
		item = items[i];
		memmove(items + n_same + 1, items + n_same, (i - n_same) * sizeof(*items));
		items[n_same++] = item;
	}
	return n_same;
}

/* How many of the first ones, in order of key, are one thing. */
static size_t
gather(const struct work *work, size_t *items, size_t n)
{
	const struct legacy_child *c = child(work, items[0]);
	size_t n_same = 1;

	if (c->table == LEGACY_EVENTS)
		return gather_event(work, items, n);
	if (c->table != LEGACY_SURVEYS && c->table != LEGACY_ADAPTATION_METRICS &&
	    c->number == MSG_NONE)
		return 1;
	while (n_same < n && !compare_keys(c, child(work, items[n_same])))
		n_same++;
	return n_same;
}

/* Is there something in this phone's row that the cloud's rows do not say? */
static int
contributes(const struct work *work, const size_t *items, size_t n, size_t i)
{
	const struct legacy_child *c = child(work, items[i]);
	uint64_t said = 0;
	size_t j, cloud = NOBODY;

	for (j = 0; j < n; j++)
		if (child(work, items[j])->source == LEGACY_CLOUD) {
			said |= child(work, items[j])->set;
			cloud = cloud == NOBODY ? j : cloud;
		}
	return (c->set & ~said) || (i < cloud && c->digest != child(work, items[cloud])->digest);
}

static void
tell_adopt(struct work *work, const struct group *g, size_t item)
{
	const struct legacy_child *c = child(work, item);
	struct entry *e = work->plan->n ? &work->plan->entries[work->plan->n - 1] : NULL;
	const char *rule = work->child_rule[item] ? work->child_rule[item] : "on-phone";

	/* rows of one table, source and rule are one entry */
	if (!e || e->kind != ENTRY_ADOPT || e->table != c->table || e->source != c->source ||
	    e->session != g->id || strcmp(e->rule, rule) != 0) {
		e = plan_add(work->plan, ENTRY_ADOPT, rule, c->table, g->id);
		e->why = c->source == LEGACY_CLOUD
			 ? "rows that name it otherwise than by its id in the cloud"
			 : "rows the cloud has not";
	}
	entry_member(work->plan, e, c->source, c->id);
}

/* The row that stays: the cloud's, best under the session's own id already; else the best. */
static size_t
keeper(const struct work *work, const struct group *g, const size_t *items, size_t n)
{
	size_t i, cloud = NOBODY;

	for (i = 0; i < n; i++) {
		if (child(work, items[i])->source != LEGACY_CLOUD)
			continue;
		if (same_text(child(work, items[i])->session_id, g->id))
			return i;
		cloud = cloud == NOBODY ? i : cloud;
	}
	return cloud == NOBODY ? 0 : cloud;
}

/* Rows that are one, in order of trust: keeps of a phone's only those that add something. */
static size_t
useful(const struct work *work, const size_t *items, size_t n, size_t *kept)
{
	uint64_t said = 0;
	size_t i, n_kept = 0;
	int cloud = 0;

	for (i = 0; i < n; i++)
		cloud |= child(work, items[i])->source == LEGACY_CLOUD;
	for (i = 0; i < n; i++) {
		const struct legacy_child *c = child(work, items[i]);

		if (c->source != LEGACY_CLOUD && (cloud ? !contributes(work, items, n, i)
							: n_kept && !(c->set & ~said)))
			continue;
		kept[n_kept++] = items[i];
		said |= c->set;
	}
	return n_kept;
}

static void
tell_cluster(struct work *work, const struct group *g, size_t *items, size_t n, int adopting)
{
	size_t *kept = calloc(n, sizeof(*kept)), n_kept, keep, i;
	struct entry *e;

	ASSERT(kept);
	qsort_r(items, n, sizeof(*items), by_trust, work);
	n_kept = useful(work, items, n, kept);
	keep = keeper(work, g, kept, n_kept);
	for (i = 0; adopting && i < n_kept; i++)
		if (child(work, kept[i])->source == LEGACY_CLOUD ? work->child_rule[kept[i]] != NULL
								 : i == keep)
			tell_adopt(work, g, kept[i]);
	if (!adopting && n_kept > 1) {
		e = plan_add(work->plan, ENTRY_FOLD, "copies", child(work, kept[0])->table, g->id);
		for (i = 0; i < n_kept; i++)
			entry_member(work->plan, e, child(work, kept[i])->source,
				     child(work, kept[i])->id);
		e->keep = keep;
		e->source = LEGACY_CLOUD;
		e->why = "one thing told several times";
	}
	free(kept);
}

void
tell_copies(struct work *work, const struct group *g)
{
	size_t *items = work->children + g->children, i, n;
	int adopting;

	for (adopting = 1; adopting >= 0; adopting--) {
		if (g->n_children)
			qsort_r(items, g->n_children, sizeof(*items), by_key, work);
		for (i = 0; i < g->n_children; i += n) {
			n = gather(work, items + i, g->n_children - i);
			tell_cluster(work, g, items + i, n, adopting);
		}
	}
}
