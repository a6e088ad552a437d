#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "common/pg.h"
#include "services/dedupe-auditor/change/change_parts.h"

/* Decided by the rules or made from readings; never simply taken over from a twin. */
static const char *const decided[] = {
	"id", "local_session_id", "device_id", "user_id", "start_time", "end_time", "status",
	"created_at", "updated_at", "total_readings", "avg_spo2", "min_spo2", "max_spo2",
	"avg_heart_rate", "min_heart_rate", "max_heart_rate", "total_duration_seconds",
	"total_mask_lifts", "total_altitude_adjustments", NULL};

static int
is_filled(const struct column *column)
{
	const char *const *name;

	for (name = decided; *name; name++)
		if (!strcmp(*name, column->name))
			return 0;
	return !column->key && !column->is_generated && !column->not_null;
}

/* What the row that stays does not say, its twins may. */
static int
fill(struct change *c, const struct table *t, struct err *err)
{
	char *set = NULL, *empty = NULL;
	size_t size;
	FILE *to = open_memstream(&set, &size), *where = open_memstream(&empty, &size);
	const struct column *column;
	int n = 0, k, r = 0;

	ASSERT(to && where);
	for (column = t->columns; column < t->columns + t->n_columns; column++) {
		const char *q = column->quoted;

		if (!is_filled(column))
			continue;
		(void)fprintf(to, "%s%s = coalesce(t.%s, f.%s)", n ? ", " : "", q, q, q);
		(void)fprintf(where, "%s(t.%s IS NULL AND f.%s IS NOT NULL)", n++ ? " OR " : "", q, q);
	}
	ASSERT(fclose(to) == 0 && fclose(where) == 0);
	for (k = 1; r == 0 && n && k <= c->batch->most_merges; k++)
		r = sql_run(c->pg, NULL, err, "UPDATE %s t SET %s FROM b_merge m JOIN was_0 f "
			    "ON f.ihht_key = m.id JOIN was_0 s ON s.ihht_key = m.\"into\" "
			    "WHERE t.id = s.id AND m.ord = %d AND (%s)", t->sql, set, k, empty);
	free(set);
	free(empty);
	return r;
}

/* Nothing may still name them; a live app may have just written such a row. */
static int
check_left(struct change *c, const struct table *t, struct err *err)
{
	char *ids, *n = NULL;
	int i, r = 0;

	for (i = 0; r == 0 && i < t->n_links; i++) {
		ids = change_ids(&t->columns[t->links[i]], "b_map", "old");
		n = sql_ask(c->pg, err, "SELECT count(*) FROM %s t JOIN %s m ON t.%s = m.typed", t->sql, ids,
			    t->columns[t->links[i]].quoted);
		free(ids);
		r = !n ? -1 : !strcmp(n, "0") ? 0
		    : err_set(err, EAGAIN, "%s: rows came meanwhile", t->name);
		free(n);
	}
	return r;
}

static int
take_merged(struct change *c, const struct table *t, struct err *err)
{
	int i, r = 0;

	for (i = 1; r == 0 && i < c->shape->n_tables; i++)
		r = check_left(c, &c->shape->tables[i], err);
	if (r == 0)
		r = sql_run(c->pg, NULL, err, "DELETE FROM %s t USING b_merge m JOIN was_0 w "
			    "ON w.ihht_key = m.id WHERE t.id = w.id", t->sql);
	return r;
}

/* Columns the table does not have are no columns of the patch. */
static int
settle(struct change *c, const struct table *t, struct err *err)
{
	static const char *const columns[] = {"status", "start_time", "end_time", "user_id",
					      "local_session_id"};
	const struct column *column;
	size_t i;
	int r = 0;

	for (i = 0; r == 0 && i < sizeof(columns) / sizeof(columns[0]); i++) {
		if (!(column = table_column(t, columns[i])))
			continue;
		r = sql_run(c->pg, NULL, err, "UPDATE %s t SET %s = p.%s FROM b_set b JOIN was_0 w "
			    "ON w.ihht_key = b.id CROSS JOIN LATERAL jsonb_populate_record(NULL::%s, "
			    "b.patch) p WHERE t.id = w.id AND b.patch ? '%s'", t->sql, column->quoted,
			    column->quoted, t->sql, columns[i]);
	}
	return r;
}

/* ---- figures */

struct figure {
	const char *column, *sql;
};

/* The app writes 0 for none. */
static const struct figure of_readings[] = {
	{"total_readings", "count(r)"},
	{"avg_spo2", "avg(nullif(greatest(r.spo2, 0), 0))"},
	{"min_spo2", "min(nullif(greatest(r.spo2, 0), 0))"},
	{"max_spo2", "max(nullif(greatest(r.spo2, 0), 0))"},
	{"avg_heart_rate", "avg(nullif(greatest(r.heart_rate, 0), 0))"},
	{"min_heart_rate", "min(nullif(greatest(r.heart_rate, 0), 0))"},
	{"max_heart_rate", "max(nullif(greatest(r.heart_rate, 0), 0))"},
};
static const struct figure of_events[] = {
	{"total_mask_lifts", "count(r) FILTER (WHERE r.event_type = 'mask_lift')"},
	{"total_altitude_adjustments", "count(r) FILTER (WHERE r.event_type = 'dial_adjustment')"},
};
static const struct figure of_itself[] = {
	{"total_duration_seconds", "min(coalesce(round(extract(epoch FROM s.end_time - s.start_time))"
				   "::int, s.total_duration_seconds))"},
};

/* Does the table have what the figure is made of? */
static int
can_be_made(const struct table *from, const struct figure *f)
{
	if (strstr(f->sql, "r.spo2") && !table_column(from, "spo2"))
		return 0;
	if (strstr(f->sql, "r.heart_rate") && !table_column(from, "heart_rate"))
		return 0;
	if (strstr(f->sql, "r.event_type") && !table_column(from, "event_type"))
		return 0;
	if (strstr(f->sql, "end_time"))
		return table_column(from, "end_time") &&
		       !strncmp(table_column(from, "end_time")->type, "timestamp", 9) &&
		       !strncmp(table_column(from, "start_time")->type, "timestamp", 9);
	return 1;
}

static int
count_from(struct change *c, const struct table *t, const struct table *from,
	   const struct figure *figures, size_t n_figures, struct err *err)
{
	const struct column *column, *link = from->n_links ? &from->columns[from->links[0]] : NULL;
	char *set = NULL, *make = NULL, *differs = NULL, *join = NULL, *ids;
	size_t size, i;
	FILE *to = open_memstream(&set, &size), *sums = open_memstream(&make, &size),
	     *where = open_memstream(&differs, &size);
	int n = 0, r = 0;

	ASSERT(to && sums && where);
	for (i = 0; i < n_figures; i++) {
		if (!(column = table_column(t, figures[i].column)) || !can_be_made(from, &figures[i]))
			continue;
		(void)fprintf(to, "%s%s = f.f%zu", n ? ", " : "", column->quoted, i);
		(void)fprintf(sums, ", (%s)::%s AS f%zu", figures[i].sql, column->type, i);
		(void)fprintf(where, "%st.%s IS DISTINCT FROM f.f%zu", n++ ? " OR " : "",
			      column->quoted, i);
	}
	ASSERT(fclose(to) == 0 && fclose(sums) == 0 && fclose(where) == 0);
	if (link)
		ASSERT(asprintf(&join, "LEFT JOIN %s r ON r.%s = s.id::text::%s", from->sql, link->quoted,
				link->type) > 0);
	ids = change_ids(table_column(t, "id"), "b_count", "id");
	if (n)
		r = sql_run(c->pg, NULL, err, "UPDATE %s t SET %s FROM (SELECT s.id%s FROM %s b "
			    "JOIN %s s ON s.id = b.typed %s GROUP BY s.id) f WHERE t.id = f.id AND (%s)",
			    t->sql, set, make, ids, t->sql, join ? join : "", differs);
	free(ids);
	free(set);
	free(make);
	free(differs);
	free(join);
	return r;
}

static int
count(struct change *c, const struct table *t, struct err *err)
{
	const struct table *readings = shape_kind(c->shape, LEGACY_READINGS);
	const struct table *events = shape_kind(c->shape, LEGACY_EVENTS);
	int r = 0;

	if (readings)
		r = count_from(c, t, readings, of_readings,
			       sizeof(of_readings) / sizeof(of_readings[0]), err);
	if (r == 0 && events)
		r = count_from(c, t, events, of_events, sizeof(of_events) / sizeof(of_events[0]), err);
	if (r == 0)
		r = count_from(c, t, t, of_itself, sizeof(of_itself) / sizeof(of_itself[0]), err);
	return r;
}

int
change_sessions(struct change *c, struct err *err)
{
	const struct table *t = c->shape->tables;
	int r = 0;

	if (c->batch->rows[B_MERGE].n && (fill(c, t, err) < 0 || take_merged(c, t, err) < 0))
		r = -1;
	if (r == 0 && c->batch->rows[B_SET].n)
		r = settle(c, t, err);
	if (r == 0 && c->batch->rows[B_COUNT].n)
		r = count(c, t, err);
	return r < 0 ? err_in(err, "%s", t->name) : 0;
}
