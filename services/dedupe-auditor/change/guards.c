#include "services/dedupe-auditor/change/guards.h"

#include <errno.h>
#include <poll.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/pg.h"
#include "services/dedupe-auditor/plan/sql.h"

#define TRIES 6

struct key {
	enum legacy_table table;
	const char *name;
	const char *columns[5];
	const char *where;
};

static const struct key keys[] = {
	/* of local ids that name one session: see local_id_of() */
	{LEGACY_SESSIONS, "ihht_sessions_once", {"device_id", "local_session_id"},
	 "local_session_id ~ '^[A-Za-z_]*_[0-9]{13}(_[0-9a-z]*)?$' AND length(local_session_id) <= 64"},
	{LEGACY_READINGS, "ihht_readings_once", {"session_id", "timestamp", "spo2", "heart_rate"}, NULL},
	{LEGACY_SURVEYS, "ihht_surveys_once", {"session_id"}, NULL},
	{LEGACY_RESPONSES, "ihht_responses_once", {"session_id", "phase_number"}, NULL},
	{LEGACY_PHASE_STATS, "ihht_phase_stats_once", {"session_id", "phase_type", "phase_number"}, NULL},
	{LEGACY_CYCLE_METRICS, "ihht_cycle_metrics_once", {"session_id", "cycle_number"}, NULL},
	{LEGACY_ADAPTATION_METRICS, "ihht_adaptation_metrics_once", {"session_id"}, NULL},
};
#define N_KEYS (sizeof(keys) / sizeof(keys[0]))

__attribute__((format(printf, 2, 3))) static void
say(struct guards *g, const char *format, ...)
{
	va_list args;

	if (g->n_lines == GUARD_LINES)
		return;
	va_start(args, format);
	ASSERT(vasprintf(&g->lines[g->n_lines++], format, args) >= 0);
	va_end(args);
}

void
guards_release(struct guards *g)
{
	while (g->n_lines)
		free(g->lines[--g->n_lines]);
}

/* ---- triggers */

/* A live app holds the table for moments only. */
static int
make_trigger(PGconn *pg, const struct table *t, const char *name, const char *function,
	     const char *arguments, struct err *err)
{
	char *is_there = sql_ask(pg, err, "SELECT count(*) FROM pg_trigger WHERE tgrelid = '%s'::regclass "
				 "AND tgname = '%s'", t->sql, name);
	int tries, r = is_there ? 0 : -1;

	if (r == 0 && !strcmp(is_there, "0"))
		for (tries = 0, r = -1; r < 0 && tries < TRIES; tries++) {
			if (tries)
				(void)poll(NULL, 0, 100 << tries);
			r = sql_run(pg, NULL, err, "BEGIN; SET LOCAL lock_timeout = '2s';"
				    "CREATE TRIGGER %s BEFORE INSERT ON %s FOR EACH ROW EXECUTE FUNCTION "
				    "ihht_migration.%s(%s);"
				    "INSERT INTO ihht_migration.guards (name, kind, target) VALUES "
				    "('%s', 'trigger', '%s') ON CONFLICT DO NOTHING; COMMIT", name, t->sql,
				    function, arguments, name, t->sql);
			if (r < 0)
				(void)pg_exec(pg, "ROLLBACK", NULL);
			if (r < 0 && err->code != EAGAIN)
				break;
		}
	free(is_there);
	return r < 0 ? err_in(err, "trigger %s on %s", name, t->name) : 0;
}

static char *
link_arguments(PGconn *pg, const struct table *t)
{
	char *text = NULL, *quoted;
	size_t size;
	FILE *to = open_memstream(&text, &size);
	int i;

	ASSERT(to);
	for (i = 0; i < t->n_links; i++) {
		quoted = PQescapeLiteral(pg, t->columns[t->links[i]].name,
					 strlen(t->columns[t->links[i]].name));
		ASSERT(quoted);
		(void)fprintf(to, "%s%s", i ? ", " : "", quoted);
		PQfreemem(quoted);
	}
	ASSERT(fclose(to) == 0);
	return text;
}

int
guards_redirect(PGconn *pg, const struct shape *shape, struct err *err)
{
	const struct table *t;
	char *arguments;
	int r = 0;

	for (t = shape->tables + 1; r == 0 && t < shape->tables + shape->n_tables; t++) {
		if (!t->n_links)
			continue;
		arguments = link_arguments(pg, t);
		r = make_trigger(pg, t, "ihht_1_redirect", "redirect", arguments, err);
		free(arguments);
	}
	return r;
}

/* ---- indexes */

/* 1 all columns are there. */
static int
has_columns(const struct table *t, const struct key *key)
{
	int i;

	for (i = 0; key->columns[i]; i++)
		if (!table_column(t, key->columns[i]))
			return 0;
	return 1;
}

static char *
column_list(const struct table *t, const struct key *key)
{
	char *text = NULL;
	size_t size;
	FILE *to = open_memstream(&text, &size);
	int i;

	ASSERT(to);
	for (i = 0; key->columns[i]; i++)
		(void)fprintf(to, "%s%s", i ? ", " : "", table_column(t, key->columns[i])->quoted);
	ASSERT(fclose(to) == 0);
	return text;
}

/* 1 made by us before, or one of the app's own does the same; one half made is taken away. */
static int
is_there(PGconn *pg, const struct table *t, const struct key *key, const char *columns,
	 struct err *err)
{
	char *n;
	int r;

	n = sql_ask(pg, err, "SELECT count(*) FROM pg_index WHERE indexrelid = to_regclass("
		    "(SELECT quote_ident(nspname) FROM pg_namespace n JOIN pg_class c ON c.relnamespace = n.oid "
		    "WHERE c.oid = '%s'::regclass) || '.%s') AND NOT indisvalid", t->sql, key->name);
	if (!n)
		return -1;
	r = !strcmp(n, "0") ? 0 : sql_run(pg, NULL, err, "DROP INDEX CONCURRENTLY %.*s.%s",
					  (int)strcspn(t->sql, "."), t->sql, key->name);
	free(n);
	if (r < 0)
		return -1;
	n = sql_ask(pg, err, "SELECT count(*) FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid "
		    "WHERE i.indrelid = '%s'::regclass AND (c.relname = '%s' OR (i.indisunique AND "
		    "i.indisvalid AND i.indpred IS NULL AND i.indexprs IS NULL AND (SELECT "
		    "string_agg(quote_ident(a.attname), ', ' ORDER BY k.place) FROM "
		    "unnest(i.indkey::int2[]) WITH ORDINALITY k(n, place) JOIN pg_attribute a "
		    "ON a.attrelid = i.indrelid AND a.attnum = k.n) = $q$%s$q$))", t->sql, key->name,
		    columns);
	r = !n ? -1 : strcmp(n, "0") != 0;
	free(n);
	return r;
}

/* Several rows of one key: then it cannot be asked for. */
static int
count_doubles(PGconn *pg, const struct table *t, const struct key *key, const char *columns,
	      int64_t *n, struct err *err)
{
	char *text = sql_ask(pg, err, "SELECT count(*) FROM (SELECT FROM %s WHERE (%s) IS NOT NULL%s%s "
			     "GROUP BY %s HAVING count(*) > 1) d", t->sql,
			     strchr(columns, ',') ? "true" : columns, key->where ? " AND " : "",
			     key->where ? key->where : "", columns);

	if (!text)
		return -1;
	*n = atoll(text);
	free(text);
	return 0;
}

static int
make_index(struct guards *g, PGconn *pg, const struct table *t, const struct key *key,
	   struct err *err)
{
	char *columns = column_list(t, key);
	int r = is_there(pg, t, key, columns, err);
	int64_t n = 0;

	g->n_there += r > 0;
	if (r == 0)
		r = count_doubles(pg, t, key, columns, &n, err);
	if (r == 0 && n) {
		say(g, "index %s on %s (%s): not made, %lld keys are there more than once", key->name,
		    t->name, columns, (long long)n);
		g->n_refused++;
		r = sql_run(pg, NULL, err, "DELETE FROM ihht_migration.guards WHERE name = '%s' AND "
			    "kind = 'index'", key->name);
	} else if (r == 0) {
		/* noted first: killed in the midst, Postgres may end it without us */
		r = sql_run(pg, NULL, err, "INSERT INTO ihht_migration.guards (name, kind, target) "
			    "VALUES ('%s', 'index', '%.*s.%s') ON CONFLICT DO NOTHING", key->name,
			    (int)strcspn(t->sql, "."), t->sql, key->name);
		if (r == 0)
			r = sql_run(pg, NULL, err, "CREATE UNIQUE INDEX CONCURRENTLY %s ON %s (%s)%s%s",
				    key->name, t->sql, columns, key->where ? " WHERE " : "",
				    key->where ? key->where : "");
		if (r == 0) {
			say(g, "index %s on %s (%s): made", key->name, t->name, columns);
			g->n_made++;
		}
	}
	free(columns);
	return r < 0 ? err_in(err, "index %s", key->name) : 0;
}

int
guards_make(struct guards *g, PGconn *pg, const struct shape *shape, struct err *err)
{
	const struct table *t;
	size_t i;
	int r = 0;

	for (i = 0; r == 0 && i < N_KEYS; i++) {
		if (!(t = shape_kind(shape, keys[i].table)) || !has_columns(t, &keys[i]))
			continue;
		/* before the index, or a batch that is sent again would be refused whole */
		if (t->kind == LEGACY_READINGS)
			r = make_trigger(pg, t, "ihht_2_once", "once", "", err);
		if (r == 0)
			r = make_index(g, pg, t, &keys[i], err);
	}
	return r;
}

/* ---- and away */

static int
drop(PGconn *pg, const char *where, struct err *err)
{
	PGresult *result;
	int i, r = 0;
	char *sql;

	ASSERT(asprintf(&sql, "SELECT CASE kind WHEN 'index' THEN 'DROP INDEX CONCURRENTLY IF EXISTS ' || "
			"target ELSE 'DROP TRIGGER IF EXISTS ' || name || ' ON ' || target END, name, target "
			"FROM ihht_migration.guards WHERE %s ORDER BY kind, name", where) > 0);
	result = PQexec(pg, sql);
	free(sql);
	if (PQresultStatus(result) != PGRES_TUPLES_OK)
		return pg_expect(pg, result, PGRES_TUPLES_OK, err);
	for (i = 0; r == 0 && i < PQntuples(result); i++) {
		r = pg_exec(pg, PQgetvalue(result, i, 0), err);
		if (r == 0)
			r = sql_run(pg, NULL, err, "DELETE FROM ihht_migration.guards WHERE name = '%s' AND "
				    "target = '%s'", PQgetvalue(result, i, 1), PQgetvalue(result, i, 2));
	}
	PQclear(result);
	return r;
}

int
guards_drop_indexes(PGconn *pg, struct err *err)
{
	return drop(pg, "(kind = 'index' AND left(name, 15) <> 'ihht_migration_') OR name = 'ihht_2_once'",
		    err);
}

int
guards_drop_link_indexes(PGconn *pg, enum guards_which which, struct err *err)
{
	static const char *const where[] = {
		[GUARDS_ALL] = "left(name, 15) = 'ihht_migration_'",
		[GUARDS_HALF_MADE] = "left(name, 15) = 'ihht_migration_' AND EXISTS (SELECT FROM pg_index "
				     "WHERE indexrelid = to_regclass(target) AND NOT indisvalid)",
	};

	return drop(pg, where[which], err);
}

int
guards_drop_redirect(PGconn *pg, struct err *err)
{
	return drop(pg, "name = 'ihht_1_redirect' AND NOT EXISTS (SELECT FROM ihht_migration.aliases)", err);
}
