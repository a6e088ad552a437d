#include "services/dedupe-auditor/migrate/unions.h"

#include <stdlib.h>
#include <string.h>

#include "common/pg.h"
#include "services/dedupe-auditor/migrate/moments.h"
#include "services/dedupe-auditor/migrate/sql.h"

/* An id whose readings will be those of unions.items[no]. */
struct member {
	const char *id;
	size_t no;
};

struct members {
	struct member *items;
	size_t n, room;
};

static void
add(struct members *members, const char *id, size_t no)
{
	if (members->n == members->room) {
		members->room = members->room ? members->room * 2 : 256;
		members->items = reallocarray(members->items, members->room, sizeof(*members->items));
		ASSERT(members->items);
	}
	members->items[members->n++] = (struct member){id, no};
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
find_unions(struct unions *unions, struct members *members, const struct plan *plan,
	    const char **with_readings, size_t n_with)
{
	const struct entry *e;
	const char *session = NULL;
	size_t i, no = 0;

	for (e = plan->entries; e < plan->entries + plan->n; e++) {
		if (e->source != LEGACY_CLOUD ||
		    !(e->kind == ENTRY_MERGE ||
		      (e->kind == ENTRY_ADOPT && e->table == LEGACY_READINGS)))
			continue;
		if (!session || strcmp(session, e->session) != 0) {
			session = e->session;
			no = unions->n++;
			unions->items = reallocarray(unions->items, unions->n, sizeof(*unions->items));
			ASSERT(unions->items);
			unions->items[no] = (struct united){session, 0};
			if (bsearch(&session, with_readings, n_with, sizeof(*with_readings), by_text))
				add(members, session, no);
		}
		for (i = 0; i < e->n_members; i++)
			if (bsearch(&e->members[i], with_readings, n_with, sizeof(*with_readings), by_text))
				add(members, e->members[i], no);
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

static void
end_union(struct unions *unions, struct moments *moments, int64_t no)
{
	struct fold_sum sum = {0};

	if (no < 0)
		return;
	moments_fold(moments, &sum);
	unions->items[no].n_folds = sum.n_again + sum.n_twice;
	moments_clear(moments);
}

static int
stream(struct unions *unions, struct copy *copy, struct err *err)
{
	struct moments moments = {0};
	int64_t no = -1, next;
	int r;

	while ((r = copy_next(copy, err)) > 0) {
		if (field_int(&copy->fields[0], "no", 0, &next, err) != 1) {
			r = -1;
			break;
		}
		if (next != no)
			end_union(unions, &moments, no);
		no = next;
		(void)moments_add(&moments, &copy->fields[1]);
	}
	end_union(unions, &moments, no);
	moments_release(&moments);
	return r;
}

int
unions_read(struct unions *unions, PGconn *pg, const struct shape *shape,
	    const struct legacy *model, const struct plan *plan, struct pause *pause,
	    struct err *err)
{
	const struct table *t = shape_kind(shape, LEGACY_READINGS);
	const char **with_readings = calloc(model->n_readings + 1, sizeof(*with_readings));
	struct members members = {0};
	struct copy copy = {0};
	size_t i, n = 0;
	char *sql;
	int r = 0;

	ASSERT(with_readings);
	for (i = 0; i < model->n_readings; i++)
		if (model->readings[i].source == LEGACY_CLOUD && model->readings[i].session_id)
			with_readings[n++] = model->readings[i].session_id;
	qsort(with_readings, n, sizeof(*with_readings), by_text);
	find_unions(unions, &members, plan, with_readings, n);
	if (t && members.n) {
		sql = query_of(pg, t, &members);
		r = copy_start(&copy, pg, pause, 5, sql, err);
		if (r == 0)
			r = stream(unions, &copy, err);
		copy_release(&copy);
		free(sql);
	}
	if (unions->n)
		qsort(unions->items, unions->n, sizeof(*unions->items), by_session);
	free(members.items);
	free(with_readings);
	return r;
}

int64_t
unions_folds(const struct unions *unions, const char *session)
{
	struct united key = {.session = session}, *found = NULL;

	if (unions->n)
		found = bsearch(&key, unions->items, unions->n, sizeof(key), by_session);
	return found ? found->n_folds : -1;
}

void
unions_release(struct unions *unions)
{
	free(unions->items);
	*unions = (struct unions){0};
}
