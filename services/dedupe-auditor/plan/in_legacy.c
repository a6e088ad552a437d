#include "services/dedupe-auditor/plan/in_legacy.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/pg.h"
#include "services/dedupe-auditor/in_copy.h"
#include "services/dedupe-auditor/plan/moments.h"
#include "services/dedupe-auditor/plan/sql.h"
#include "services/dedupe-auditor/rules/cells.h"

/* ---- sessions and children: text, row by row */

static int
start_rows(PGconn *pg, const char *sql, struct err *err)
{
	if (!PQsendQuery(pg, sql) || !PQsetSingleRowMode(pg))
		return pg_err(pg, NULL, NULL, err);
	return 0;
}

/* 1 a row in *result, 0 the end, -1. */
static int
next_row(PGconn *pg, PGresult **result, struct pause *pause, struct err *err)
{
	int r;

	*result = PQgetResult(pg);
	if (!*result)
		return 0;
	if (PQresultStatus(*result) == PGRES_SINGLE_TUPLE) {
		if (++pause->n_rows & 0xfff || pause_wait(pause, -1) == 0)
			return 1;
		PQclear(*result);
		return err_set(err, ECANCELED, "asked to stop");
	}
	r = pg_expect(pg, *result, PGRES_TUPLES_OK, err);
	return r < 0 ? -1 : next_row(pg, result, pause, err);
}

/* The first `skip` columns are ours. */
static void
take_cells(struct cells *cells, const PGresult *result, int skip, const struct table *t)
{
	int i, n = PQnfields(result) - skip;

	if (!cells->n) {
		cells->n = n < CELLS_MOST ? n : CELLS_MOST;
		for (i = 0; i < cells->n; i++) {
			cells->names[i] = strdup(PQfname(result, i + skip));
			ASSERT(cells->names[i]);
			cells->is_bool[i] = PQftype(result, i + skip) == 16;
		}
		cells_find(cells, table_place, t);
	}
	for (i = 0; i < cells->n; i++)
		cells->values[i] = PQgetisnull(result, 0, i + skip)
					   ? NULL : PQgetvalue(result, 0, i + skip);
}

static void
cells_release(struct cells *cells)
{
	int i;

	for (i = 0; i < cells->n; i++)
		free((char *)cells->names[i]);
}

static const char *
value(const PGresult *result, int column)
{
	return PQgetisnull(result, 0, column) ? NULL : PQgetvalue(result, 0, column);
}

static void
keep_seen(struct in_legacy *in, const char *id, const char *digest)
{
	struct seen *seen;

	if (!(in->n_seen & (in->n_seen - 1)) || !in->seen) {
		in->seen = reallocarray(in->seen, in->n_seen ? in->n_seen * 2 : 1, sizeof(*in->seen));
		ASSERT(in->seen);
	}
	seen = &in->seen[in->n_seen++];
	seen->id = id;
	(void)snprintf(seen->digest, sizeof(seen->digest), "%s", digest);
}

static int
read_table(struct in_legacy *in, PGconn *pg, const struct table *t, struct pause *pause,
	   struct err *err)
{
	char *key = table_key_text(t, "t"), *all = table_columns(t, COLUMNS_ALL, "t."), *sql;
	struct cells cells = {0};
	struct legacy_session *s;
	PGresult *result;
	int r;

	ASSERT(asprintf(&sql, "SELECT %s, %s%s, left(md5(row(%s)::text), 8), %s FROM %s t", key,
			t->n_links ? "t." : "NULL", t->n_links ? t->columns[t->links[0]].quoted : "",
			all, all, t->sql) > 0);
	r = start_rows(pg, sql, err);
	while (r == 0 && (r = next_row(pg, &result, pause, err)) > 0) {
		take_cells(&cells, result, 3, t);
		if (t->kind == LEGACY_SESSIONS) {
			s = cells_session(&cells, &in->model, LEGACY_CLOUD, value(result, 0));
			keep_seen(in, s->id, value(result, 2));
		} else {
			(void)cells_child(&cells, &in->model, t->kind, LEGACY_CLOUD, value(result, 0),
					  value(result, 1));
		}
		PQclear(result);
		r = 0;
	}
	in->n_bad_times += cells.n_bad_times;
	cells_release(&cells);
	free(sql);
	free(key);
	free(all);
	return r < 0 ? err_in(err, "reading %s", t->name) : 0;
}

/* ---- readings: a stream, one session after the other */

static const char *
number_or_null(const struct table *t, const char *name, char text[200])
{
	const struct column *c = table_column(t, name);

	(void)snprintf(text, 200, "%s::real", c ? c->quoted : "NULL");
	return text;
}

static const char *
text_or_null(const struct table *t, const char *name, char text[200])
{
	const struct column *c = table_column(t, name);

	(void)snprintf(text, 200, "%s::text", c ? c->quoted : "NULL");
	return text;
}

char *
moments_sql(const struct table *t)
{
	const struct column *at = table_column(t, "timestamp");
	char spo2[200], heart_rate[200], signal[200], *sql;

	ASSERT(asprintf(&sql, "%s, %s, %s, %s",
			!strcmp(at->type, "timestamp with time zone") ? at->quoted
			: !strncmp(at->type, "timestamp", 9) ? "(\"timestamp\" AT TIME ZONE 'UTC')"
							     : "\"timestamp\"::text",
			number_or_null(t, "spo2", spo2), number_or_null(t, "heart_rate", heart_rate),
			number_or_null(t, "signal_strength", signal)) > 0);
	return sql;
}

static void
add_group(struct in_legacy *in, struct moments *moments, int source)
{
	struct legacy_readings *r;

	if (!moments->n && !moments->untimed.n)
		return;
	r = legacy_add_readings(&in->model);
	r->source = source;
	moments_sum(moments, &in->model, r);
}

static int
stream_readings(struct in_legacy *in, struct copy *copy, struct moments *moments, struct err *err)
{
	char session[200] = "";
	int r, n_groups = 0;

	while ((r = copy_next(copy, err)) > 0) {
		const struct field *f = copy->fields;

		if (f[0].len <= 0) {
			in->n_strays++;
			continue;
		}
		if (!n_groups++ || strlen(session) != (size_t)f[0].len ||
		    memcmp(session, f[0].p, (size_t)f[0].len)) {
			add_group(in, moments, LEGACY_CLOUD);
			moments_clear(moments);
			(void)snprintf(session, sizeof(session), "%.*s", f[0].len, (const char *)f[0].p);
			moments->session_id = legacy_text(&in->model, session);
		}
		in->n_bad_times += moments_add(moments, &f[1]) < 0;
		moments_owner(moments, &f[5], &f[6]);
	}
	add_group(in, moments, LEGACY_CLOUD);
	return r;
}

static int
read_readings(struct in_legacy *in, PGconn *pg, const struct table *t, struct pause *pause,
	      struct err *err)
{
	const struct column *link = &t->columns[t->links[0]];
	char *values = moments_sql(t), user[200], device[200], *sql;
	struct copy copy = {0};
	struct moments moments = {0};
	int r;

	ASSERT(asprintf(&sql, "SELECT %s::text, %s, %s, %s FROM %s ORDER BY %s", link->quoted, values,
			text_or_null(t, "user_id", user), text_or_null(t, "device_id", device), t->sql,
			link->quoted) > 0);
	r = copy_start(&copy, pg, pause, 7, sql, err);
	if (r == 0)
		r = stream_readings(in, &copy, &moments, err);
	copy_release(&copy);
	moments_release(&moments);
	free(values);
	free(sql);
	return r < 0 ? err_in(err, "reading %s", t->name) : 0;
}

/* ---- counts */

char *
legacy_digest_sql(const struct table *t, const char *from)
{
	char *text = NULL;
	size_t size;
	FILE *to = open_memstream(&text, &size);
	int i, n = 0;

	ASSERT(to);
	/* a sum does not care for the order of rows; 8 bytes of each row's md5 */
	(void)fputs("SELECT count(*), coalesce(sum(('x' || left(md5(row(", to);
	for (i = 0; i < t->n_columns; i++)
		if (!t->columns[i].is_link)
			(void)fprintf(to, "%s%s", n++ ? ", " : "", t->columns[i].quoted);
	(void)fprintf(to, ")::text), 16))::bit(64)::bigint), 0) FROM %s", from);
	ASSERT(fclose(to) == 0);
	return text;
}

/* Where keys are given in order, those that came later can be told from those of now. */
static int
read_upto(struct table_count *c, PGconn *pg, const struct table *t, struct err *err)
{
	const struct column *key = table_number_key(t);
	char *text;

	if (!key)
		return 0;
	if (!(text = sql_ask(pg, err, "SELECT max(%s) FROM %s", key->quoted, t->sql)))
		return -1;
	(void)snprintf(c->upto, sizeof(c->upto), "%s", text);
	free(text);
	return 0;
}

static int
count(struct table_count *c, PGconn *pg, const struct table *t, struct err *err)
{
	char *sql = legacy_digest_sql(t, t->sql);
	PGresult *result = PQexec(pg, sql);

	free(sql);
	if (PQresultStatus(result) == PGRES_TUPLES_OK) {
		c->rows = atoll(PQgetvalue(result, 0, 0));
		(void)snprintf(c->digest, sizeof(c->digest), "%s", PQgetvalue(result, 0, 1));
	}
	if (pg_expect(pg, result, PGRES_TUPLES_OK, err) < 0)
		return -1;
	return read_upto(c, pg, t, err);
}

static int
by_id(const void *a, const void *b)
{
	return strcmp(((const struct seen *)a)->id, ((const struct seen *)b)->id);
}

int
legacy_read_cloud(struct in_legacy *in, PGconn *pg, const struct shape *shape,
		  struct pause *pause, struct err *err)
{
	const struct table *t;
	int i, r = 0;

	for (i = 0; r == 0 && i < shape->n_tables; i++) {
		t = &shape->tables[i];
		pause->doing = t->name;
		r = count(&in->counts[i], pg, t, err);
		if (r == 0 && t->kind == LEGACY_READINGS)
			r = read_readings(in, pg, t, pause, err);
		else if (r == 0 && t->kind != LEGACY_TABLES)
			r = read_table(in, pg, t, pause, err);
	}
	if (in->n_seen)
		qsort(in->seen, in->n_seen, sizeof(*in->seen), by_id);
	return r;
}

const char *
legacy_seen(const struct in_legacy *in, const char *id)
{
	struct seen key = {.id = id};
	const struct seen *found = NULL;

	if (in->n_seen)
		found = bsearch(&key, in->seen, in->n_seen, sizeof(*in->seen), by_id);
	return found ? found->digest : "";
}

void
in_legacy_clear(struct in_legacy *in)
{
	legacy_clear(&in->model);
	free(in->seen);
	*in = (struct in_legacy){0};
}
