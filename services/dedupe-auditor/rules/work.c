#include "services/dedupe-auditor/rules/groups.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "services/dedupe-auditor/rules/texts.h"

const char *const united_names[] = {
	[UNITED_NOT] = "",
	[UNITED_ID] = "on-phone",
	[UNITED_LOCAL_ID] = "same-local-id",
	[UNITED_START] = "same-start",
	[UNITED_EMPTY_TWIN] = "empty-twin",
};

int
same_text(const char *a, const char *b)
{
	return a && b && !strcmp(a, b);
}

int
other_text(const char *a, const char *b)
{
	return a && b && strcmp(a, b) != 0;
}

int64_t
apart(int64_t a_us, int64_t b_us)
{
	if (a_us == MSG_NONE || b_us == MSG_NONE)
		return INT64_MAX;
	return a_us < b_us ? b_us - a_us : a_us - b_us;
}

int
is_uuid(const char *text)
{
	int i;

	if (!text || strlen(text) != 36)
		return 0;
	for (i = 0; i < 36; i++)
		if (i == 8 || i == 13 || i == 18 || i == 23 ? text[i] != '-'
							    : !isxdigit((unsigned char)text[i]))
			return 0;
	return 1;
}

int
compare_numbers(int64_t a, int64_t b)
{
	return a < b ? -1 : a > b;
}

int
compare_texts(const char *a, const char *b)
{
	return !a || !b ? (!a) - (!b) : strcmp(a, b);
}

const struct legacy_session *
work_session(const struct work *work, size_t row)
{
	return &work->legacy->sessions[row];
}

/* The place of the 13 digits, and what is behind them in *rest; NULL: none. */
static const char *
find_ms(const char *text, const char **rest)
{
	const char *p = text ? text + strspn(text, "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
					     "abcdefghijklmnopqrstuvwxyz_") : NULL;

	if (!p || p == text || p[-1] != '_' || strspn(p, "0123456789") != 13)
		return NULL;
	*rest = p + 13;
	return p;
}

const char *
local_id_of(const char *text)
{
	const char *rest;

	if (!find_ms(text, &rest) || strlen(text) > 64)
		return NULL;
	if (*rest == '_')
		rest += 1 + strspn(rest + 1, "0123456789abcdefghijklmnopqrstuvwxyz");
	return *rest ? NULL : text;
}

int64_t
local_id_ms(const char *text)
{
	const char *rest, *ms = find_ms(text, &rest);

	return ms ? strtoll(ms, NULL, 10) : MSG_NONE;
}

size_t
work_root(struct work *work, size_t row)
{
	struct standing *rows = work->rows;

	while (rows[row].up != row)
		row = rows[row].up = rows[rows[row].up].up;
	return row;
}

/* What is most in need of trust is what a person is told. */
void
work_unite(struct work *work, size_t a, size_t b, enum united by, const char *why)
{
	size_t x = work_root(work, a), y = work_root(work, b);
	struct standing *r;

	if (x == y)
		return;
	if (y < x) {
		size_t swap = x;

		x = y;
		y = swap;
	}
	r = &work->rows[x];
	if (work->rows[y].by > r->by) {
		r->by = work->rows[y].by;
		r->why = work->rows[y].why;
	}
	if (by >= r->by) {
		r->by = by;
		r->why = why;
	}
	work->rows[y].up = x;
}

static int
by_start(const void *a, const void *b)
{
	const struct legacy_session *x = a, *y = b;
	int c = compare_numbers(x->source, y->source);

	c = c ? c : compare_numbers(x->start_us, y->start_us);
	return c ? c : compare_texts(x->id, y->id);
}

static int
by_table(const void *a, const void *b)
{
	const struct legacy_child *x = a, *y = b;
	int c = compare_numbers((int64_t)x->table, (int64_t)y->table);

	c = c ? c : compare_numbers(x->source, y->source);
	return c ? c : compare_texts(x->id, y->id);
}

static int
by_session(const void *a, const void *b)
{
	const struct legacy_readings *x = a, *y = b;
	int c = compare_numbers(x->source, y->source);

	return c ? c : compare_texts(x->session_id, y->session_id);
}

static int
by_id(const void *a, const void *b, void *arg)
{
	const struct work *work = arg;
	const struct legacy_session *x = &work->legacy->sessions[*(const size_t *)a];
	const struct legacy_session *y = &work->legacy->sessions[*(const size_t *)b];
	int c = compare_numbers(x->source, y->source);

	return c ? c : compare_texts(x->id, y->id);
}

static int
by_local(const void *a, const void *b, void *arg)
{
	const struct work *work = arg;
	size_t x = *(const size_t *)a, y = *(const size_t *)b;
	int c = strcmp(work->rows[x].local_id, work->rows[y].local_id);

	return c ? c : compare_numbers((int64_t)x, (int64_t)y);
}

size_t
work_find(const struct work *work, int source, const char *id)
{
	const struct legacy_session *s;
	size_t from = 0, to = work->legacy->n_sessions, middle;
	int c;

	while (id && from < to) {
		middle = from + (to - from) / 2;
		s = &work->legacy->sessions[work->by_id[middle]];
		c = compare_numbers(source, s->source);
		c = c ? c : compare_texts(id, s->id);
		if (!c)
			return work->by_id[middle];
		if (c < 0)
			to = middle;
		else
			from = middle + 1;
	}
	return NOBODY;
}

const size_t *
work_find_local(const struct work *work, const char *local_id, size_t *n)
{
	size_t from = 0, to = work->n_local, middle;

	*n = 0;
	if (!local_id)
		return NULL;
	while (from < to) {
		middle = from + (to - from) / 2;
		if (strcmp(work->rows[work->by_local[middle]].local_id, local_id) < 0)
			from = middle + 1;
		else
			to = middle;
	}
	while (from + *n < work->n_local &&
	       !strcmp(work->rows[work->by_local[from + *n]].local_id, local_id))
		++*n;
	return work->by_local + from;
}

const char *
follow_alias(const struct work *work, const char *id)
{
	const struct rules_options *o = work->options;
	size_t from, to, middle;
	int hops, c = 0;

	for (hops = 0; hops < 16; hops++) {
		for (from = 0, to = o->n_aliases; from < to;) {
			middle = from + (to - from) / 2;
			c = strcmp(id, o->alias_ids[middle]);
			if (!c)
				break;
			if (c < 0)
				to = middle;
			else
				from = middle + 1;
		}
		if (from >= to)
			break;
		id = o->alias_into[middle];
	}
	return id;
}

static void *
zeroed(size_t n, size_t size)
{
	void *items = calloc(n + 1, size);

	ASSERT(items);
	return items;
}

static size_t *
nobodies(size_t n)
{
	size_t *items = zeroed(n, sizeof(*items));

	memset(items, 0xff, n * sizeof(*items));
	return items;
}

static void
sort_legacy(struct legacy *l)
{
	if (l->n_sessions)
		qsort(l->sessions, l->n_sessions, sizeof(*l->sessions), by_start);
	if (l->n_children)
		qsort(l->children, l->n_children, sizeof(*l->children), by_table);
	if (l->n_readings)
		qsort(l->readings, l->n_readings, sizeof(*l->readings), by_session);
}

/* Readings under the row's own id; what names it by a local id counts only as busy. */
static void
count_below(struct work *work)
{
	const struct legacy *l = work->legacy;
	const size_t *locals;
	size_t i, j, n, row;

	for (i = 0; i < l->n_readings; i++) {
		const struct legacy_readings *r = &l->readings[i];

		if ((row = work_find(work, r->source, r->session_id)) != NOBODY) {
			work->rows[row].n_readings += r->kept.n;
			work->rows[row].first_us = r->first_us;
			work->rows[row].last_us = r->last_us;
			work->rows[row].busy = 1;
		}
		locals = work_find_local(work, r->session_id, &n);
		for (j = 0; j < n; j++)
			work->rows[locals[j]].busy = 1;
	}
	for (i = 0; i < l->n_children; i++) {
		const struct legacy_child *c = &l->children[i];

		if ((row = work_find(work, c->source, c->session_id)) != NOBODY)
			work->rows[row].busy = 1;
		locals = work_find_local(work, c->session_id, &n);
		for (j = 0; j < n; j++)
			work->rows[locals[j]].busy = 1;
	}
}

void
work_open(struct work *work, struct legacy *legacy, const struct rules_options *options,
	  struct plan *plan)
{
	size_t n = legacy->n_sessions, i;

	sort_legacy(legacy);
	plan->texts = texts_new();
	*work = (struct work){
		.legacy = legacy, .options = options, .plan = plan,
		.rows = zeroed(n, sizeof(*work->rows)),
		.by_id = zeroed(n, sizeof(size_t)),
		.by_local = zeroed(n, sizeof(size_t)),
		.child_group = nobodies(legacy->n_children),
		.readings_group = nobodies(legacy->n_readings),
		.child_rule = zeroed(legacy->n_children, sizeof(char *)),
		.readings_rule = zeroed(legacy->n_readings, sizeof(char *)),
		.child_why = zeroed(legacy->n_children, sizeof(char *)),
		.readings_why = zeroed(legacy->n_readings, sizeof(char *)),
		.children = zeroed(legacy->n_children, sizeof(size_t)),
		.readings = zeroed(legacy->n_readings, sizeof(size_t)),
	};
	for (i = 0; i < n; i++) {
		if ((size_t)legacy->sessions[i].source >= work->n_sources)
			work->n_sources = (size_t)legacy->sessions[i].source + 1;
		work->by_id[i] = i;
		work->rows[i] = (struct standing){
			.up = i, .first_us = MSG_NONE, .last_us = MSG_NONE,
			.local_id = local_id_of(legacy->sessions[i].local_id),
		};
		if (work->rows[i].local_id)
			work->by_local[work->n_local++] = i;
	}
	if (n)
		qsort_r(work->by_id, n, sizeof(size_t), by_id, work);
	if (work->n_local)
		qsort_r(work->by_local, work->n_local, sizeof(size_t), by_local, work);
	work->persons = zeroed(work->n_sources, sizeof(char *));
	count_below(work);
}

void
work_close(struct work *work)
{
	free(work->rows);
	free(work->groups);
	free(work->order);
	free(work->by_id);
	free(work->by_local);
	free(work->child_group);
	free(work->readings_group);
	free(work->child_rule);
	free(work->readings_rule);
	free(work->child_why);
	free(work->readings_why);
	free(work->children);
	free(work->persons);
	free(work->readings);
}
