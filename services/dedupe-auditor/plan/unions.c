#include "services/dedupe-auditor/plan/unions.h"

#include <stdlib.h>
#include <string.h>

#include "common/db.h"
#include "common/pg.h"
#include "services/dedupe-auditor/plan/in_legacy.h"
#include "services/dedupe-auditor/plan/moments.h"
#include "services/dedupe-auditor/plan/sql.h"

/* An id whose readings will be those of unions.items[no]. */
struct member {
	const char *id;
	size_t no;
	int source;
};

struct members {
	struct member *items;
	size_t n, room;
};

static void
add(struct members *members, const char *id, size_t no, int source)
{
	if (members->n == members->room) {
		members->room = members->room ? members->room * 2 : 256;
		members->items = reallocarray(members->items, members->room, sizeof(*members->items));
		ASSERT(members->items);
	}
	members->items[members->n++] = (struct member){id, no, source};
}

static int
by_text(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static int
by_session(const void *a, const void *b)
{
	return strcmp(((const struct united *)a)->session, ((const struct united *)b)->session);
}

/* Entries of one session are neighbours; those that bring readings make it a union. */
static void
find_unions(struct unions *unions, struct members *members, struct members *phones,
	    const struct plan *plan, const char **with_readings, size_t n_with)
{
	const struct entry *e;
	const char *session = NULL;
	size_t i, no = 0;

	for (e = plan->entries; e < plan->entries + plan->n; e++) {
		if (e->kind != ENTRY_MERGE &&
		    !(e->kind == ENTRY_ADOPT && e->table == LEGACY_READINGS))
			continue;
		if (!session || strcmp(session, e->session) != 0) {
			session = e->session;
			no = unions->n++;
			unions->items = reallocarray(unions->items, unions->n, sizeof(*unions->items));
			ASSERT(unions->items);
			unions->items[no] = (struct united){.session = session};
			if (bsearch(&session, with_readings, n_with, sizeof(*with_readings), by_text))
				add(members, session, no, LEGACY_CLOUD);
		}
		for (i = 0; i < e->n_members; i++)
			if (e->source != LEGACY_CLOUD)
				add(phones, e->members[i], no, e->source);
			else if (bsearch(&e->members[i], with_readings, n_with, sizeof(*with_readings), by_text))
				add(members, e->members[i], no, LEGACY_CLOUD);
	}
}

static char *
query_of(PGconn *pg, const struct table *t, const struct members *members)
{
	const struct column *link = &t->columns[t->links[0]];
	const char **ids = calloc(members->n, sizeof(*ids));
	char *array, *values = moments_sql(t), *numbers = NULL, *sql, fits[300];
	size_t size, i;
	FILE *to = open_memstream(&numbers, &size);

	ASSERT(ids && to);
	for (i = 0; i < members->n; i++) {
		ids[i] = members->items[i].id;
		(void)fprintf(to, "%s%zu", i ? ", " : "", members->items[i].no);
	}
	ASSERT(fclose(to) == 0);
	array = sql_array(pg, ids, members->n);
	ASSERT(asprintf(&sql, "SELECT u.no::int, %s FROM %s t JOIN (SELECT id::%s AS typed, no FROM (SELECT * "
			"FROM unnest(%s, ARRAY[%s]) m(id, no) WHERE %s OFFSET 0) m) u ON t.%s = u.typed "
			"ORDER BY u.no", values, t->sql, link->type, array, numbers,
			sql_fits(link, "id", fits), link->quoted) > 0);
	free(ids);
	free(array);
	free(values);
	free(numbers);
	return sql;
}

/* ---- what a phone adds */

static void
add_phones_rows(struct moments *moments, sqlite3 *db, const char *id)
{
	sqlite3_stmt *rows = db_prepare(db, "SELECT * FROM readings WHERE session_id = ?1", NULL);

	if (!rows)
		return;
	(void)sqlite3_bind_text(rows, 1, id, -1, SQLITE_TRANSIENT);
	while (db_step(rows, NULL) > 0)
		(void)phone_moment(moments, rows);
	db_finalize(&rows);
}

/* Clusters that no row of the cloud is in. */
static int64_t
count_new(struct moments *moments, size_t n_cloud)
{
	struct fold_sum sum = {0};
	char *known = calloc(moments->n + 1, 1);
	int64_t n = 0;
	size_t i;

	ASSERT(known);
	moments_fold(moments, &sum);
	for (i = 0; i < moments->n; i++)
		if (moments->rows[i].row < n_cloud)
			known[moments->into[i]] = 1;
	for (i = 0; i < moments->n; i++)
		n += moments->into[i] == i && !known[i];
	free(known);
	return n;
}

struct reading_of {
	struct unions *unions;
	struct moments moments;
	const struct members *phones;    /* by no */
	sqlite3 *files[LEGACY_PHONES];
};

static int
by_no(const void *a, const void *b)
{
	const struct member *x = a, *y = b;

	return x->no < y->no ? -1 : x->no > y->no;
}

static void
end_union(struct reading_of *r, size_t no)
{
	struct united *united = &r->unions->items[no];
	struct member key = {.no = no}, *m = NULL;
	struct fold_sum sum = {0};
	size_t n_cloud = r->moments.n;

	united->is_done = 1;
	moments_fold(&r->moments, &sum);
	united->n_folds = sum.n_again + sum.n_twice;
	if (r->phones->n)
		m = bsearch(&key, r->phones->items, r->phones->n, sizeof(*m), by_no);
	if (m) {
		while (m > r->phones->items && m[-1].no == no)
			m--;
		for (; m < r->phones->items + r->phones->n && m->no == no; m++)
			add_phones_rows(&r->moments, r->files[m->source - 1], m->id);
		united->n_new = count_new(&r->moments, n_cloud);
	}
	moments_clear(&r->moments);
}

static int
stream(struct reading_of *r, struct copy *copy, struct err *err)
{
	int64_t no = -1, next;
	int got;

	while ((got = copy_next(copy, err)) > 0) {
		if (field_int(&copy->fields[0], "no", 0, &next, err) != 1)
			return -1;
		if (next != no && no >= 0)
			end_union(r, (size_t)no);
		no = next;
		(void)moments_add(&r->moments, &copy->fields[1]);
	}
	if (no >= 0)
		end_union(r, (size_t)no);
	return got;
}

static int
read_unions(struct reading_of *of, PGconn *pg, const struct table *t, const struct members *members,
	    struct pause *pause, struct err *err)
{
	struct copy copy = {0};
	char *sql;
	size_t i;
	int r = 0;

	if (t && members->n) {
		sql = query_of(pg, t, members);
		r = copy_start(&copy, pg, pause, 5, sql, err);
		if (r == 0)
			r = stream(of, &copy, err);
		copy_release(&copy);
		free(sql);
	}
	/* those the cloud has no reading of at all */
	for (i = 0; r == 0 && i < of->unions->n; i++)
		if (!of->unions->items[i].is_done)
			end_union(of, i);
	moments_release(&of->moments);
	return r;
}

static int
open_files(struct reading_of *of, char *const *paths, struct err *err)
{
	const struct member *m;

	for (m = of->phones->items; m < of->phones->items + of->phones->n; m++)
		if (!of->files[m->source - 1] &&
		    !(of->files[m->source - 1] = db_open_readonly(paths[m->source - 1], err)))
			return -1;
	return 0;
}

int
unions_read(struct unions *unions, PGconn *pg, const struct shape *shape,
	    const struct legacy *model, const struct plan *plan, char *const *paths,
	    struct pause *pause, struct err *err)
{
	const char **with_readings = calloc(model->n_readings + 1, sizeof(*with_readings));
	struct members members = {0}, phones = {0};
	struct reading_of of = {.unions = unions, .phones = &phones};
	size_t i, n = 0;
	int r;

	ASSERT(with_readings);
	for (i = 0; i < model->n_readings; i++)
		if (model->readings[i].source == LEGACY_CLOUD && model->readings[i].session_id)
			with_readings[n++] = model->readings[i].session_id;
	qsort(with_readings, n, sizeof(*with_readings), by_text);
	find_unions(unions, &members, &phones, plan, with_readings, n);
	if (phones.n)
		qsort(phones.items, phones.n, sizeof(*phones.items), by_no);
	r = open_files(&of, paths, err);
	if (r == 0)
		r = read_unions(&of, pg, shape_kind(shape, LEGACY_READINGS), &members, pause, err);
	if (unions->n)
		qsort(unions->items, unions->n, sizeof(*unions->items), by_session);
	for (i = 0; i < LEGACY_PHONES; i++)
		if (of.files[i])
			db_close(&of.files[i]);
	free(members.items);
	free(phones.items);
	free(with_readings);
	return r;
}

static const struct united *
find(const struct unions *unions, const char *session)
{
	struct united key = {.session = session};

	return unions->n ? bsearch(&key, unions->items, unions->n, sizeof(key), by_session) : NULL;
}

int64_t
unions_new(const struct unions *unions, const char *session)
{
	const struct united *found = find(unions, session);

	return found ? found->n_new : 0;
}

int64_t
unions_folds(const struct unions *unions, const char *session)
{
	const struct united *found = find(unions, session);

	return found ? found->n_folds : -1;
}

void
unions_release(struct unions *unions)
{
	free(unions->items);
	*unions = (struct unions){0};
}
