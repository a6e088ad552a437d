#include "services/dedupe-auditor/change/change_parts.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "common/pg.h"

#define MAP "b_map"

int
change_touches(const struct change *c, const struct table *t)
{
	size_t place = (size_t)(t - c->shape->tables);

	return t->kind == LEGACY_SESSIONS || c->batch->moves || c->batch->touches[place] ||
	       c->batch->borrows[place] ||
	       (t->kind == LEGACY_READINGS && c->batch->rows[B_FOLDR].n);
}

int
change_place(const struct change *c, const struct table *t)
{
	return (int)(t - c->shape->tables);
}

/* Rows of b_row that are of the table, with their key in its type; `r` is the alias. */
static char *
keyed_rows(const struct table *t, const char *op)
{
	char *text, *columns = table_columns(t, COLUMNS_KEY, ""), fits[300];
	const struct column *key = table_first_key(t);

	/* OFFSET 0: what does not fit is gone before the cast */
	if (!strchr(columns, ','))
		ASSERT(asprintf(&text, "(SELECT r.*, r.key::%s AS typed FROM (SELECT * FROM b_row "
				"WHERE tbl = '%s' AND op IN (%s) AND %s OFFSET 0) r)", key->type,
				legacy_table_name(t->kind), op, sql_fits(key, "key", fits)) > 0);
	else
		ASSERT(asprintf(&text, "(SELECT r.*, r.key AS typed FROM b_row r WHERE tbl = '%s' AND "
				"op IN (%s))", legacy_table_name(t->kind), op) > 0);
	free(columns);
	return text;
}

/* The key as one value to compare with `typed`. */
static char *
key_value(const struct table *t, const char *alias)
{
	char *text, prefix[20], *columns;

	(void)snprintf(prefix, sizeof(prefix), "%s.", alias);
	columns = table_columns(t, COLUMNS_KEY, prefix);
	if (!strchr(columns, ','))
		return columns;
	ASSERT(asprintf(&text, "row(%s)::text", columns) > 0);
	free(columns);
	return text;
}

/* Ids of a table of the batch in the type of the column: (block, rule, id, new). */
char *
change_ids(const struct column *link, const char *select, const char *id)
{
	char *text, fits[300];

	ASSERT(asprintf(&text, "(SELECT m.*, m.%s::%s AS typed FROM (SELECT * FROM %s WHERE %s OFFSET 0) "
			"m)", id, link->type, select, sql_fits(link, id, fits)) > 0);
	return text;
}

/* ---- copies
 *
 * What is copied is locked: an app that is changing such a row is waited for, and the image is of
 * the row as it left it.  Else the change would fall on a newer row than the archive has, and an
 * undo would put back the older one. */

/* Rows that name an id of `select`; those that are there already are left out. */
static int
copy_linked(struct change *c, const struct table *t, const struct column *link,
	    const char *select, const char *id, const char *link_after, int again, struct err *err)
{
	char *ids = change_ids(link, select, id), *all = table_columns(t, COLUMNS_ALL, "t."),
	     *key = table_key_text(t, "t"), *same = table_same_key(t, "w", "t", NULL), *absent = NULL;
	int r;

	if (again)
		ASSERT(asprintf(&absent, "WHERE NOT EXISTS (SELECT FROM was_%d w WHERE %s)",
				change_place(c, t), same) > 0);
	r = sql_run(c->pg, NULL, err, "INSERT INTO was_%d SELECT m.block, m.rule, %s, %s, false, %s FROM %s t "
		    "JOIN %s m ON t.%s = m.typed %s ORDER BY 3 FOR UPDATE OF t", change_place(c, t), key,
		    link_after, all, t->sql, ids, link->quoted, absent ? absent : "");
	free(ids);
	free(all);
	free(key);
	free(same);
	free(absent);
	return r;
}

static int
copy_keyed(struct change *c, const struct table *t, struct err *err)
{
	char *rows = keyed_rows(t, "'adopt', 'keep', 'fold'"), *all = table_columns(t, COLUMNS_ALL, "t."),
	     *key = table_key_text(t, "t"), *value = key_value(t, "t"), *same = table_same_key(t, "w", "t", NULL);
	int r = sql_run(c->pg, NULL, err, "INSERT INTO was_%d SELECT r.block, r.rule, %s, CASE r.op WHEN 'adopt' "
			"THEN r.\"into\" END, false, %s FROM %s t JOIN (SELECT DISTINCT ON (typed) * FROM %s r "
			"ORDER BY typed, op) r ON %s = r.typed WHERE NOT EXISTS (SELECT FROM was_%d w WHERE %s) "
			"ORDER BY 3 FOR UPDATE OF t", change_place(c, t), key, all, t->sql, rows, value,
			change_place(c, t), same);

	free(rows);
	free(all);
	free(key);
	free(value);
	free(same);
	return r;
}

static int
copy_table(struct change *c, const struct table *t, struct err *err)
{
	const struct column *id = table_column(t, "id");
	int i, n = 0, r;

	r = sql_run(c->pg, NULL, err, "CREATE TEMP TABLE was_%d ON COMMIT DROP AS SELECT 0::int AS "
		    "ihht_block, ''::text AS ihht_rule, ''::text AS ihht_key, ''::text AS ihht_link, "
		    "false AS ihht_phone, * FROM %s LIMIT 0",
		    change_place(c, t), t->sql);
	if (r == 0 && t->kind == LEGACY_SESSIONS)
		r = copy_linked(c, t, id, "(SELECT block, rule, id FROM b_merge UNION ALL SELECT block, "
				"'settle', id FROM b_block) s", "id", "NULL", 0, err);
	for (i = 0; r == 0 && c->batch->moves && i < t->n_links; i++)
		r = copy_linked(c, t, &t->columns[t->links[i]], MAP, "old", "m.new", n++, err);
	if (r == 0 && t->kind == LEGACY_READINGS && c->batch->rows[B_FOLDR].n)
		r = copy_linked(c, t, &t->columns[t->links[0]], "(SELECT DISTINCT block, "
				"'sent-again' AS rule, id FROM b_foldr) s", "id", "NULL", 1, err);
	if (r == 0 && c->batch->touches[change_place(c, t)])
		r = copy_keyed(c, t, err);
	if (r == 0 && c->batch->borrows[change_place(c, t)])
		r = change_borrow(c, t, err);
	if (r == 0)
		r = sql_run(c->pg, NULL, err, "ANALYZE was_%d", change_place(c, t));
	return r < 0 ? err_in(err, "%s", t->name) : 0;
}

int
change_copy(struct change *c, struct err *err)
{
	int i, r = 0;

	for (i = 0; r == 0 && i < c->shape->n_tables; i++)
		if (change_touches(c, &c->shape->tables[i]))
			r = copy_table(c, &c->shape->tables[i], err);
	return r;
}

/* ---- children */

/* Every column but those that say which row it is, whose, and since when. */
static int
is_filled(const struct column *column)
{
	return !column->key && !column->is_link && !column->is_generated &&
	       strcmp(column->name, "created_at") != 0;
}

/* "a = coalesce(f.a, t.a), ..."; or the condition that this changes anything. */
static char *
fill_list(const struct table *t, int condition)
{
	char *text = NULL;
	size_t size;
	FILE *to = open_memstream(&text, &size);
	const struct column *c;
	int n = 0;

	ASSERT(to);
	for (c = t->columns; c < t->columns + t->n_columns; c++) {
		if (!is_filled(c))
			continue;
		if (!strcmp(c->name, "updated_at"))
			(void)fprintf(to, condition ? "%st.%s < f.%s" : "%s%s = greatest(f.%s, t.updated_at)",
				      n++ ? (condition ? " OR " : ", ") : "", c->quoted, c->quoted);
		else if (condition)  /* as text: json has no equality */
			(void)fprintf(to, "%s(f.%s IS NOT NULL AND f.%s::text IS DISTINCT FROM t.%s::text)",
				      n++ ? " OR " : "", c->quoted, c->quoted, c->quoted);
		else
			(void)fprintf(to, "%s%s = coalesce(f.%s, t.%s)", n++ ? ", " : "", c->quoted,
				      c->quoted, c->quoted);
	}
	ASSERT(fclose(to) == 0);
	return text;
}

/* From the one whose values count least to the one whose count most. */
static int
fill(struct change *c, const struct table *t, struct err *err)
{
	char *set = fill_list(t, 0), *differs = fill_list(t, 1), *value = key_value(t, "t");
	const struct column *key = table_first_key(t);
	int k, r = 0;

	for (k = c->batch->most_fills[change_place(c, t)]; r == 0 && *set && k > 0; k--)
		r = sql_run(c->pg, NULL, err, "UPDATE %s t SET %s FROM (SELECT r.\"into\"::%s AS stays, r.key "
			    "FROM b_row r WHERE r.tbl = '%s' AND r.op IN ('keep', 'fold', 'lend') AND "
			    "r.ord = %d) r JOIN was_%d f ON f.ihht_key = r.key WHERE %s = r.stays AND (%s)",
			    t->sql, set, strncmp(value, "row(", 4) ? key->type : "text",
			    legacy_table_name(t->kind), k, change_place(c, t), value,
			    differs);
	free(set);
	free(differs);
	free(value);
	return r;
}

/* A foreign key to a row that goes: its constraint may sleep, too, so it is asked here. */
static int
check_pointers(struct change *c, const struct table *t, struct err *err)
{
	char *key = table_key_text(t, "k");
	char *n = !*t->pointers ? NULL :
		  sql_ask(c->pg, err, "SELECT count(*) FROM (%s) k JOIN b_row r ON r.key = %s WHERE r.op = "
			  "'fold' AND r.tbl = '%s'", t->pointers, key, legacy_table_name(t->kind));
	int r = !*t->pointers ? 0 : !n ? -1 : !strcmp(n, "0") ? 0
		: err_set(err, EBUSY, "rows of another table point at copies that were to be folded");

	free(key);
	free(n);
	return r;
}

static int
fold_keyed(struct change *c, const struct table *t, struct err *err)
{
	char *rows, *value;
	int r;

	if (check_pointers(c, t, err) < 0)
		return -1;
	rows = keyed_rows(t, "'fold'");
	value = key_value(t, "t");
	r = sql_run(c->pg, NULL, err, "DELETE FROM %s t USING %s r WHERE %s = r.typed", t->sql, rows,
			value);

	free(rows);
	free(value);
	return r;
}

static int
adopt_keyed(struct change *c, const struct table *t, struct err *err)
{
	const struct column *link = &t->columns[t->links[0]];
	char *rows = keyed_rows(t, "'adopt'"), *value = key_value(t, "t");
	int r = sql_run(c->pg, NULL, err, "UPDATE %s t SET %s = r.\"into\"::%s FROM %s r WHERE %s = r.typed "
			"AND t.%s IS DISTINCT FROM r.\"into\"::%s", t->sql, link->quoted, link->type, rows,
			value, link->quoted, link->type);

	free(rows);
	free(value);
	return r;
}

/* Those that were copied.  One that came since would be moved without a trace; it is found by
 * check_left(), and all is done again. */
static int
move(struct change *c, const struct table *t, const struct column *link, struct err *err)
{
	char *ids = change_ids(link, MAP, "old"), *same = table_same_key(t, "w", "t", NULL);
	int r = sql_run(c->pg, NULL, err, "UPDATE %s t SET %s = m.new::%s FROM %s m, was_%d w WHERE "
			"t.%s = m.typed AND %s", t->sql, link->quoted, link->type, ids,
			change_place(c, t), link->quoted, same);

	free(ids);
	free(same);
	return r;
}

static int
change_table(struct change *c, const struct table *t, struct err *err)
{
	int keyed = c->batch->touches[change_place(c, t)], i, r = 0;

	if (c->batch->borrows[change_place(c, t)])
		r = change_add_borrowed(c, t, err);
	if (r == 0 && keyed && t->kind != LEGACY_READINGS)
		r = fill(c, t, err);
	if (r == 0 && keyed)
		r = fold_keyed(c, t, err);
	/* a link that is part of the key last: rows are known by it */
	for (i = 0; r == 0 && c->batch->moves && i < t->n_links; i++)
		if (!t->columns[t->links[i]].key)
			r = move(c, t, &t->columns[t->links[i]], err);
	for (i = 0; r == 0 && c->batch->moves && i < t->n_links; i++)
		if (t->columns[t->links[i]].key)
			r = move(c, t, &t->columns[t->links[i]], err);
	if (r == 0 && keyed)
		r = adopt_keyed(c, t, err);
	return r < 0 ? err_in(err, "%s", t->name) : 0;
}

int
change_children(struct change *c, struct err *err)
{
	int i, r = 0;

	if (c->batch->borrows[0])
		r = change_add_borrowed(c, c->shape->tables, err);
	for (i = 1; r == 0 && i < c->shape->n_tables; i++)
		if (change_touches(c, &c->shape->tables[i]))
			r = change_table(c, &c->shape->tables[i], err);
	return r;
}
