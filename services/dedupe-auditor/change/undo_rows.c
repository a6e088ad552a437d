#include "services/dedupe-auditor/change/undo_rows.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "common/pg.h"
#include "services/dedupe-auditor/plan/sql.h"

/*
 *	u_was_N   the batch's archived rows of the shape's table N that are not put back yet
 *	u_done    (place, no): those that now are
 *	u_left    (entry): the sessions of those that are not
 */

static int
place(const struct undone *u, const struct table *t)
{
	return (int)(t - u->shape->tables);
}

/* "a.ihht_op = 'changed' AND ..." for rows archived with that many columns. */
static char *
is_open(const char *op, int n_columns)
{
	char *text;

	ASSERT(asprintf(&text, "a.ihht_op = '%s' AND a.ihht_digest LIKE '%d:%%'", op, n_columns) > 0);
	return text;
}

/* Columns that a row gets back: all but those that never change. */
static char *
set_list(const struct table *t, int n_columns)
{
	char *text = NULL;
	size_t size;
	FILE *to = open_memstream(&text, &size);
	const struct column *c;
	int n = 0;

	ASSERT(to);
	for (c = t->columns; c < t->columns + n_columns; c++)
		if (!c->is_generated && (!c->key || c->is_link))
			(void)fprintf(to, "%s%s = a.%s", n++ ? ", " : "", c->quoted, c->quoted);
	ASSERT(fclose(to) == 0);
	return text;
}

static int
put_back_changed(struct undone *u, const struct table *t, int n_columns, struct err *err)
{
	char *open = is_open("changed", n_columns), *key = table_same_key(t, "t", "a", "ihht_session"), *set = set_list(t, n_columns),
	     *columns = table_first_columns(t, n_columns, COLUMNS_ALL, "t.");
	int r = sql_run(u->pg, NULL, err, "WITH done AS (UPDATE %s t SET %s FROM u_was_%d a WHERE %s AND %s AND "
			"a.ihht_digest = '%d:' || md5(row(%s)::text) RETURNING a.ihht_no AS no) "
			"INSERT INTO u_done SELECT %d, no FROM done", t->sql, set, place(u, t), open, key,
			n_columns, columns, place(u, t));

	free(open);
	free(key);
	free(set);
	free(columns);
	return r;
}

/* A row whose key somebody has used since stays in the archive. */
static int
put_back_merged(struct undone *u, const struct table *t, int n_columns, struct err *err)
{
	char *open = is_open("merged", n_columns), *key = table_same_key(t, "t", "a", NULL),
	     *into = table_first_columns(t, n_columns, COLUMNS_STORED, ""),
	     *from = table_first_columns(t, n_columns, COLUMNS_STORED, "a.");
	int r = sql_run(u->pg, NULL, err, "CREATE TEMP TABLE u_row ON COMMIT DROP AS SELECT a.ihht_no AS no "
			"FROM u_was_%d a WHERE %s AND NOT EXISTS (SELECT FROM %s t WHERE %s);"
			"INSERT INTO %s (%s) OVERRIDING SYSTEM VALUE SELECT %s FROM u_was_%d a "
			"JOIN u_row r ON r.no = a.ihht_no;"
			"INSERT INTO u_done SELECT %d, no FROM u_row; DROP TABLE u_row", place(u, t), open,
			t->sql, key, t->sql, into, from, place(u, t), place(u, t));

	free(open);
	free(key);
	free(into);
	free(from);
	return r;
}

/* "AND NOT EXISTS (...)" for a session that rows have come to since. */
static char *
unless_named(const struct undone *u, const struct table *t)
{
	char *text = NULL;
	size_t size;
	FILE *to = open_memstream(&text, &size);
	const struct table *c;
	int i;

	ASSERT(to);
	for (c = u->shape->tables + 1; t->kind == LEGACY_SESSIONS &&
	     c < u->shape->tables + u->shape->n_tables; c++)
		for (i = 0; i < c->n_links; i++)
			(void)fprintf(to, " AND NOT EXISTS (SELECT FROM %s c WHERE c.%s = t.id::text::%s)",
				      c->sql, c->columns[c->links[i]].quoted, c->columns[c->links[i]].type);
	ASSERT(fclose(to) == 0);
	return text;
}

static int
take_added(struct undone *u, const struct table *t, int n_columns, struct err *err)
{
	char *open = is_open("added", n_columns), *key = table_same_key(t, "t", "a", "ihht_session"), *unless = unless_named(u, t),
	     *columns = table_first_columns(t, n_columns, COLUMNS_ALL, "t.");
	int r = sql_run(u->pg, NULL, err, "WITH done AS (DELETE FROM %s t USING u_was_%d a WHERE %s AND %s AND "
			"a.ihht_digest = '%d:' || md5(row(%s)::text)%s RETURNING a.ihht_no AS no) "
			"INSERT INTO u_done SELECT %d, no FROM done", t->sql, place(u, t), open, key, n_columns,
			columns, unless, place(u, t));

	free(open);
	free(key);
	free(unless);
	free(columns);
	return r;
}

/* Rows archived before the table got its newest columns have fewer of them. */
static int
each_width(struct undone *u, const struct table *t, const char *op,
	   int (*put_back)(struct undone *, const struct table *, int, struct err *),
	   struct err *err)
{
	PGresult *result;
	int i, n, r = 0;
	char *sql;

	ASSERT(asprintf(&sql, "SELECT DISTINCT split_part(ihht_digest, ':', 1)::int FROM u_was_%d "
			"WHERE ihht_op = '%s'", place(u, t), op) > 0);
	result = PQexec(u->pg, sql);
	free(sql);
	if (PQresultStatus(result) != PGRES_TUPLES_OK)
		return pg_expect(u->pg, result, PGRES_TUPLES_OK, err);
	for (i = 0; r == 0 && i < PQntuples(result); i++) {
		n = atoi(PQgetvalue(result, i, 0));
		if (n <= t->n_columns)
			r = put_back(u, t, n, err);
	}
	PQclear(result);
	return r < 0 ? err_in(err, "%s", t->name) : 0;
}

static int
take_out(struct undone *u, const struct table *t, struct err *err)
{
	int r = sql_run(u->pg, NULL, err, "CREATE TEMP TABLE u_was_%d ON COMMIT DROP AS SELECT a.* FROM u_entry "
			"u JOIN %s a ON a.ihht_plan = '%s' AND a.ihht_entry = u.entry WHERE "
			"a.ihht_undone IS NULL; ANALYZE u_was_%d", place(u, t), t->archive, u->plan,
			place(u, t));

	return r < 0 ? err_in(err, "%s", t->archive) : 0;
}

static int
mark(struct undone *u, const struct table *t, struct err *err)
{
	int64_t n = 0;
	int r = sql_run(u->pg, &n, err, "UPDATE %s a SET ihht_undone = now() FROM u_done d WHERE d.place = %d "
			"AND a.ihht_no = d.no", t->archive, place(u, t));

	u->n_rows += n;
	return r < 0 ? err_in(err, "%s", t->archive) : 0;
}

/* Left because a later plan has it: that one is to be undone first, and nothing of this now. */
static int
check_later(struct undone *u, const struct table *t, struct err *err)
{
	char *key = table_same_key(t, "t", "a", "ihht_session"), *later;
	int r;

	later = sql_ask(u->pg, err, "SELECT t.ihht_plan FROM u_was_%d a JOIN %s t ON %s WHERE t.ihht_no > "
			"a.ihht_no AND t.ihht_undone IS NULL AND t.ihht_plan <> '%s' AND NOT EXISTS "
			"(SELECT FROM u_done d WHERE d.place = %d AND d.no = a.ihht_no) ORDER BY t.ihht_no "
			"DESC LIMIT 1", place(u, t), t->archive, key, u->plan, place(u, t));
	r = !later ? -1 : !*later ? 0
	    : err_set(err, EBUSY, "plan %s changed it later; undo that first", later);
	free(key);
	free(later);
	return r;
}

static int
list_left(struct undone *u, const struct table *t, struct err *err)
{
	char *key = table_key_text(t, "a"), *sql;
	PGresult *result;
	int i, n = 0, r;

	ASSERT(asprintf(&sql, "SELECT %s FROM u_was_%d a WHERE NOT EXISTS (SELECT FROM u_done d WHERE "
			"d.place = %d AND d.no = a.ihht_no) ORDER BY 1", key, place(u, t), place(u, t)) > 0);
	result = PQexec(u->pg, sql);
	for (i = 0; PQresultStatus(result) == PGRES_TUPLES_OK && i < PQntuples(result); i++) {
		n++;
		if (u->n_lines < UNDONE_LINES)
			ASSERT(asprintf(&u->lines[u->n_lines++], "%s %s", t->name,
					PQgetvalue(result, i, 0)) > 0);
	}
	r = pg_expect(u->pg, result, PGRES_TUPLES_OK, err);
	free(key);
	free(sql);
	u->n_left += n;
	if (r < 0 || !n)
		return r;
	if (check_later(u, t, err) < 0)
		return -1;
	return sql_run(u->pg, NULL, err, "INSERT INTO u_left SELECT DISTINCT a.ihht_entry FROM u_was_%d a "
		       "WHERE NOT EXISTS (SELECT FROM u_done d WHERE d.place = %d AND d.no = a.ihht_no)",
		       place(u, t), place(u, t));
}

int
undo_rows(struct undone *u, struct err *err)
{
	const struct table *sessions = u->shape->tables, *end = sessions + u->shape->n_tables, *t;
	int r = sql_run(u->pg, NULL, err, "CREATE TEMP TABLE u_done (place int, no bigint) ON COMMIT DROP;"
			"CREATE TEMP TABLE u_left (entry text) ON COMMIT DROP");

	for (t = sessions; r == 0 && t < end; t++)
		r = take_out(u, t, err);
	/* the sessions first, as rows are to name them again */
	if (r == 0)
		r = each_width(u, sessions, "merged", put_back_merged, err);
	if (r == 0)
		r = each_width(u, sessions, "changed", put_back_changed, err);
	for (t = sessions + 1; r == 0 && t < end; t++) {
		r = each_width(u, t, "added", take_added, err);
		if (r == 0)
			r = each_width(u, t, "changed", put_back_changed, err);
		if (r == 0)
			r = each_width(u, t, "merged", put_back_merged, err);
	}
	if (r == 0)
		r = each_width(u, sessions, "added", take_added, err);
	for (t = sessions; r == 0 && t < end; t++)
		if ((r = mark(u, t, err)) == 0)
			r = list_left(u, t, err);
	return r;
}
