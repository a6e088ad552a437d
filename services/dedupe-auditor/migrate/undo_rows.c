#include "services/dedupe-auditor/migrate/undo_rows.h"

#include <stdlib.h>
#include <string.h>

#include "common/pg.h"
#include "services/dedupe-auditor/migrate/sql.h"

/* "a.ihht_op = 'changed' AND ..." for the rows of the batch that are still to be put back. */
static char *
is_open(const struct undone *u, const char *op, int n_columns)
{
	char *text;

	ASSERT(asprintf(&text, "a.ihht_plan = '%s' AND a.ihht_entry IN (SELECT entry FROM u_entry) AND "
			"a.ihht_op = '%s' AND a.ihht_undone IS NULL AND a.ihht_digest LIKE '%d:%%'", u->plan,
			op, n_columns) > 0);
	return text;
}

/* The archived row `a` as it stands in the table as `t`. */
static char *
key_now(const struct table *t)
{
	char *text = NULL;
	size_t size;
	FILE *to = open_memstream(&text, &size);
	const struct column *c;
	int n = 0;

	ASSERT(to);
	for (c = t->columns; c < t->columns + t->n_columns; c++) {
		if (!c->key)
			continue;
		if (c->is_link)
			(void)fprintf(to, "%st.%s = a.ihht_session::%s", n++ ? " AND " : "", c->quoted, c->type);
		else
			(void)fprintf(to, "%st.%s = a.%s", n++ ? " AND " : "", c->quoted, c->quoted);
	}
	ASSERT(fclose(to) == 0);
	return text;
}

/* The same as it stood before. */
static char *
key_before(const struct table *t)
{
	char *text = NULL;
	size_t size;
	FILE *to = open_memstream(&text, &size);
	const struct column *c;
	int n = 0;

	ASSERT(to);
	for (c = t->columns; c < t->columns + t->n_columns; c++)
		if (c->key)
			(void)fprintf(to, "%st.%s = a.%s", n++ ? " AND " : "", c->quoted, c->quoted);
	ASSERT(fclose(to) == 0);
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
	char *open = is_open(u, "changed", n_columns), *key = key_now(t), *set = set_list(t, n_columns),
	     *columns = table_first_columns(t, n_columns, COLUMNS_ALL, "t.");
	int64_t n = 0;
	int r = sql_run(u->pg, &n, err, "WITH done AS (UPDATE %s t SET %s FROM %s a WHERE %s AND %s AND "
			"a.ihht_digest = '%d:' || md5(row(%s)::text) RETURNING a.ctid AS at) "
			"UPDATE %s a SET ihht_undone = now() FROM done WHERE a.ctid = done.at", t->sql, set,
			t->archive, open, key, n_columns, columns, t->archive);

	u->n_rows += n;
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
	char *open = is_open(u, "merged", n_columns), *key = key_before(t),
	     *into = table_first_columns(t, n_columns, COLUMNS_STORED, ""),
	     *from = table_first_columns(t, n_columns, COLUMNS_STORED, "a.");
	int64_t n = 0;
	int r = sql_run(u->pg, NULL, err, "CREATE TEMP TABLE u_row ON COMMIT DROP AS SELECT a.ctid AS at FROM "
			"%s a WHERE %s AND NOT EXISTS (SELECT FROM %s t WHERE %s)", t->archive, open, t->sql,
			key);

	if (r == 0)
		r = sql_run(u->pg, &n, err, "INSERT INTO %s (%s) OVERRIDING SYSTEM VALUE SELECT %s FROM %s a "
			    "JOIN u_row ON a.ctid = u_row.at", t->sql, into, from, t->archive);
	if (r == 0)
		r = sql_run(u->pg, NULL, err, "UPDATE %s a SET ihht_undone = now() FROM u_row WHERE "
			    "a.ctid = u_row.at; DROP TABLE u_row", t->archive);
	u->n_rows += n;
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
	char *open = is_open(u, "added", n_columns), *key = key_now(t), *unless = unless_named(u, t),
	     *columns = table_first_columns(t, n_columns, COLUMNS_ALL, "t.");
	int64_t n = 0;
	int r = sql_run(u->pg, &n, err, "WITH done AS (DELETE FROM %s t USING %s a WHERE %s AND %s AND "
			"a.ihht_digest = '%d:' || md5(row(%s)::text)%s RETURNING a.ctid AS at) "
			"UPDATE %s a SET ihht_undone = now() FROM done WHERE a.ctid = done.at", t->sql,
			t->archive, open, key, n_columns, columns, unless, t->archive);

	u->n_rows += n;
	free(open);
	free(key);
	free(unless);
	free(columns);
	return r;
}

/* Rows archived before the table got its newest columns have fewer of them. */
static int
each_width(struct undone *u, const struct table *t,
	   int (*put_back)(struct undone *, const struct table *, int, struct err *),
	   struct err *err)
{
	PGresult *result;
	int i, n, r = 0;
	char *sql;

	ASSERT(asprintf(&sql, "SELECT DISTINCT split_part(ihht_digest, ':', 1)::int FROM %s a WHERE "
			"a.ihht_plan = '%s' AND a.ihht_entry IN (SELECT entry FROM u_entry) AND "
			"a.ihht_undone IS NULL", t->archive, u->plan) > 0);
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
list_left(struct undone *u, const struct table *t, struct err *err)
{
	char *key = table_key_text(t, "a"), *sql;
	PGresult *result;
	int i, r;

	ASSERT(asprintf(&sql, "SELECT %s FROM %s a WHERE a.ihht_plan = '%s' AND a.ihht_entry IN "
			"(SELECT entry FROM u_entry) AND a.ihht_undone IS NULL ORDER BY 1", key, t->archive,
			u->plan) > 0);
	result = PQexec(u->pg, sql);
	for (i = 0; PQresultStatus(result) == PGRES_TUPLES_OK && i < PQntuples(result); i++) {
		u->n_left++;
		if (u->n_lines < UNDONE_LINES)
			ASSERT(asprintf(&u->lines[u->n_lines++], "%s %s", t->name,
					PQgetvalue(result, i, 0)) > 0);
	}
	r = pg_expect(u->pg, result, PGRES_TUPLES_OK, err);
	free(key);
	free(sql);
	return r;
}

int
undo_rows(struct undone *u, struct err *err)
{
	const struct table *sessions = u->shape->tables, *end = sessions + u->shape->n_tables, *t;
	int r;

	/* the sessions first, as rows are to name them again */
	r = each_width(u, sessions, put_back_merged, err);
	if (r == 0)
		r = each_width(u, sessions, put_back_changed, err);
	for (t = sessions + 1; r == 0 && t < end; t++) {
		r = each_width(u, t, take_added, err);
		if (r == 0)
			r = each_width(u, t, put_back_changed, err);
		if (r == 0)
			r = each_width(u, t, put_back_merged, err);
	}
	if (r == 0)
		r = each_width(u, sessions, take_added, err);
	for (t = sessions; r == 0 && t < end; t++)
		r = list_left(u, t, err);
	return r;
}
