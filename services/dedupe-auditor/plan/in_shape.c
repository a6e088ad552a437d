#include "services/dedupe-auditor/plan/in_shape.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/pg.h"
#include "services/dedupe-auditor/rules/texts.h"

/* $1: schema, $2: names we know.  A column session_id that points elsewhere is no link.
 * One row a column, sessions first. */
static const char catalog_sql[] =
	"WITH home AS (SELECT c.oid FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace"
	"  WHERE n.nspname = $1 AND c.relname = 'sessions' AND c.relkind IN ('r', 'p')),"
	" fk AS (SELECT conrelid, k.attnum, confrelid FROM pg_constraint p,"
	"  unnest(p.conkey, p.confkey) k(attnum, at) WHERE contype = 'f' AND (cardinality(conkey) = 1"
	"  OR EXISTS (SELECT FROM pg_attribute a WHERE a.attrelid = confrelid AND a.attnum = k.at"
	"   AND a.attname = 'id'))),"
	" col AS (SELECT c.oid, n.nspname, c.relname, a.*, c.oid = home.oid AS is_home,"
	"   EXISTS (SELECT FROM fk WHERE conrelid = c.oid AND fk.attnum = a.attnum"
	"    AND confrelid = home.oid) OR n.nspname = $1 AND a.attname = 'session_id' AND NOT EXISTS"
	"    (SELECT FROM fk WHERE conrelid = c.oid AND fk.attnum = a.attnum) AS is_link"
	"  FROM home, pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace"
	"  JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped"
	"  WHERE c.relkind IN ('r', 'p') AND NOT c.relispartition AND n.nspname NOT IN"
	"   ('pg_catalog', 'information_schema', 'ihht_migration') AND n.nspname !~ '^pg_')"
	" SELECT CASE WHEN nspname = $1 THEN relname ELSE nspname || '.' || relname END,"
	" quote_ident(nspname) || '.' || quote_ident(relname),"
	" 'ihht_migration.' || quote_ident('was_' || CASE WHEN nspname = $1 THEN '' ELSE nspname || '.' END"
	"  || relname),"
	" attname, quote_ident(attname), format_type(atttypid, atttypmod),"
	" (SELECT typcategory FROM pg_type WHERE oid = atttypid),"
	" coalesce((SELECT place FROM (SELECT indkey FROM pg_index i WHERE i.indrelid = col.oid"
	"   AND i.indisunique AND i.indisvalid AND i.indpred IS NULL AND i.indexprs IS NULL"
	"   AND NOT EXISTS (SELECT FROM unnest(i.indkey::int2[]) u(n) JOIN pg_attribute x"
	"    ON x.attrelid = col.oid AND x.attnum = u.n WHERE NOT x.attnotnull)"
	"   ORDER BY i.indisprimary DESC, i.indnkeyatts, i.indexrelid LIMIT 1) k,"
	"  unnest(k.indkey::int2[]) WITH ORDINALITY o(n, place) WHERE o.n = attnum), 0),"
	" is_link, attnotnull, CASE WHEN attgenerated <> '' THEN '' WHEN attidentity <> '' THEN"
	"  format('nextval(pg_get_serial_sequence(%L, %L))', quote_ident(nspname) || '.' ||"
	"  quote_ident(relname), attname) ELSE coalesce((SELECT pg_get_expr(adbin, adrelid)"
	"  FROM pg_attrdef WHERE adrelid = col.oid AND adnum = attnum), '') END, attgenerated <> '',"
	" EXISTS (SELECT FROM pg_index i WHERE i.indrelid = col.oid AND i.indisvalid"
	"  AND i.indpred IS NULL AND (i.indkey::int2[])[0] = attnum),"
	" (SELECT greatest(reltuples, 0)::bigint FROM pg_class c WHERE c.oid = col.oid),"
	" pg_total_relation_size(oid) + coalesce((SELECT sum(pg_total_relation_size(inhrelid))"
	"  FROM pg_inherits WHERE inhparent = oid), 0)::bigint,"
	" coalesce((SELECT string_agg(tgname, ' ' ORDER BY tgname) FROM pg_trigger"
	"  WHERE tgrelid = col.oid AND NOT tgisinternal AND tgenabled <> 'D'), ''),"
	" CASE WHEN is_home THEN '' ELSE coalesce((SELECT string_agg(format('SELECT k.* FROM %s p JOIN %s k"
	"  ON %s', p.conrelid::regclass, p.confrelid::regclass, (SELECT string_agg(format('p.%I = k.%I',"
	"   a.attname, b.attname), ' AND ') FROM unnest(p.conkey, p.confkey) o(x, y) JOIN pg_attribute a"
	"   ON a.attrelid = p.conrelid AND a.attnum = o.x JOIN pg_attribute b ON b.attrelid ="
	"   p.confrelid AND b.attnum = o.y)), ' UNION ALL ') FROM pg_constraint p WHERE p.contype = 'f'"
	"  AND p.confrelid = col.oid), '') END,"
	" EXISTS (SELECT FROM fk, home WHERE conrelid = col.oid AND fk.attnum = col.attnum"
	"  AND confrelid = home.oid),"
	" coalesce((SELECT quote_ident(conname) FROM pg_constraint p, home WHERE p.contype = 'f' AND"
	"  p.conrelid = col.oid AND p.confrelid = home.oid AND cardinality(p.conkey) > 1 LIMIT 1), '')"
	" FROM col WHERE is_home OR oid IN (SELECT oid FROM col WHERE is_link) OR ("
	"  nspname = $1 AND relname = ANY($2::text[]) AND oid IN"
	"   (SELECT oid FROM col WHERE attname = 'session_id'))"
	" ORDER BY NOT is_home, nspname <> $1, relname, nspname, attnum";

/* Who may not ask for the system's identifier still has the other two. */
static const char identity_sql[] =
	"SELECT md5(current_database() || ' ' || c.oid || ' ' || (SELECT oid FROM pg_database"
	" WHERE datname = current_database())), current_setting('server_version')"
	" FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace"
	" WHERE n.nspname = $1 AND c.relname = 'sessions'";

static const char *
copy_of(struct shape *shape, const PGresult *result, int row, int column)
{
	const char *text = texts_once(shape->texts, PQgetvalue(result, row, column));

	return text ? text : "";
}

static int
is_true(const PGresult *result, int row, int column)
{
	return *PQgetvalue(result, row, column) == 't';
}

static enum legacy_table
kind_of(const char *name)
{
	int kind;

	for (kind = 0; kind < LEGACY_TABLES; kind++)
		if (!strcmp(legacy_table_name((enum legacy_table)kind), name))
			break;
	return (enum legacy_table)kind;
}

static struct table *
add_table(struct shape *shape, const PGresult *result, int row)
{
	struct table *t = &shape->tables[shape->n_tables++];

	t->name = copy_of(shape, result, row, 0);
	t->sql = copy_of(shape, result, row, 1);
	t->archive = copy_of(shape, result, row, 2);
	t->kind = kind_of(t->name);
	t->rows = atoll(PQgetvalue(result, row, 13));
	t->bytes = atoll(PQgetvalue(result, row, 14));
	t->triggers = copy_of(shape, result, row, 15);
	t->pointers = copy_of(shape, result, row, 16);
	t->wide_key = copy_of(shape, result, row, 18);
	t->columns = texts_room(shape->texts, SHAPE_COLUMNS * sizeof(*t->columns));
	return t;
}

static void
add_link(struct table *t, int column)
{
	int at = t->n_links++;

	if (at && !strcmp(t->columns[column].name, "session_id")) {
		t->links[at] = t->links[0];
		at = 0;
	}
	t->links[at] = column;
}

static int
add_column(struct shape *shape, struct table *t, const PGresult *result, int row, struct err *err)
{
	struct column *c = &t->columns[t->n_columns];

	if (t->n_columns == SHAPE_COLUMNS)
		return err_set(err, EINVAL, "table %s has over %d columns", t->name, SHAPE_COLUMNS);
	c->name = copy_of(shape, result, row, 3);
	c->quoted = copy_of(shape, result, row, 4);
	c->type = copy_of(shape, result, row, 5);
	c->category = *PQgetvalue(result, row, 6);
	c->key = atoi(PQgetvalue(result, row, 7));
	c->is_link = is_true(result, row, 8) && t->kind != LEGACY_SESSIONS;
	c->not_null = is_true(result, row, 9);
	c->standard = copy_of(shape, result, row, 10);
	c->is_generated = is_true(result, row, 11);
	c->has_index = is_true(result, row, 12);
	t->n_columns++;
	if (!c->is_link)
		return 0;
	if (t->n_links == SHAPE_LINKS)
		return err_set(err, EINVAL, "table %s points at sessions over %d times", t->name,
			       SHAPE_LINKS);
	t->has_foreign_key |= is_true(result, row, 17);
	add_link(t, t->n_columns - 1);
	return 0;
}

static int
add_rows(struct shape *shape, const PGresult *result, struct err *err)
{
	struct table *t = NULL;
	int row;

	for (row = 0; row < PQntuples(result); row++) {
		if (!t || strcmp(t->sql, PQgetvalue(result, row, 1))) {
			if (shape->n_tables == SHAPE_TABLES)
				return err_set(err, EINVAL, "over %d tables hold rows of sessions",
					       SHAPE_TABLES);
			t = add_table(shape, result, row);
		}
		if (add_column(shape, t, result, row, err) < 0)
			return -1;
	}
	return 0;
}

void
shape_release(struct shape *shape)
{
	texts_free(&shape->texts);
	free(shape->tables);
	free(shape->ignored);
	*shape = (struct shape){0};
}

static int
count_key(const struct table *t)
{
	int i, n = 0;

	for (i = 0; i < t->n_columns; i++)
		n += t->columns[i].key > 0;
	return n;
}

/* A copy somebody made of readings is not one of the app's tables. */
static void
ignore_copies(struct shape *shape)
{
	size_t size;
	FILE *to = open_memstream(&shape->ignored, &size);
	int i, n = 0;

	ASSERT(to);
	for (i = 0; i < shape->n_tables; i++) {
		struct table *t = &shape->tables[i];

		if (t->kind == LEGACY_TABLES && !count_key(t) && !t->has_foreign_key) {
			(void)fprintf(to, "%s%s", size ? " " : "", t->name);
			(void)fflush(to);
		} else {
			shape->tables[n++] = *t;
		}
	}
	shape->n_tables = n;
	ASSERT(fclose(to) == 0);
}

/* ---- is it one we can repair? */

static int
must_have(const struct table *t, const char *const *names, struct err *err)
{
	for (; *names; names++)
		if (!table_column(t, *names))
			return err_set(err, EINVAL, "table %s has no column %s: not the app's old "
				       "database", t->sql, *names);
	return 0;
}

static int
check_key(const struct table *t, struct err *err)
{
	int i, n_links = 0;

	for (i = 0; i < t->n_columns; i++)
		n_links += t->columns[i].key && t->columns[i].is_link;
	if (!count_key(t))
		return err_set(err, EINVAL, "table %s has no key that tells its rows apart; give it one: "
			       "ALTER TABLE %s ADD COLUMN row_no bigint GENERATED BY DEFAULT AS IDENTITY "
			       "PRIMARY KEY", t->sql, t->sql);
	if (*t->wide_key)
		return err_set(err, EINVAL, "table %s: its foreign key %s names a session by several columns, "
			       "and would not hold while rows move: ALTER TABLE %s DROP CONSTRAINT %s, and "
			       "give it back afterwards", t->sql, t->wide_key, t->sql, t->wide_key);
	if (n_links > 1)
		return err_set(err, EINVAL, "table %s: two columns of its key name a session; give it a "
			       "primary key of its own", t->sql);
	return 0;
}

static int
check(const struct shape *shape, const char *schema, struct err *err)
{
	static const char *const of_sessions[] = {"id", "start_time", NULL};
	static const char *const of_readings[] = {"session_id", "timestamp", NULL};
	const struct table *t = shape->tables, *readings;
	const struct column *id;

	if (!shape->n_tables)
		return err_set(err, ENOENT, "there is no table %s.sessions here; --schema names another "
			       "schema, postgres/migrate in ihht.conf another database", schema);
	if (table_column(t, "hlc") && table_column(t, "gateway"))
		return err_set(err, EINVAL, "%s is ihht's own, not the app's old one; postgres/migrate in "
			       "ihht.conf names the old database", t->sql);
	if (must_have(t, of_sessions, err) < 0)
		return -1;
	if ((readings = shape_kind(shape, LEGACY_READINGS)) &&
	    must_have(readings, of_readings, err) < 0)
		return -1;
	if (!(id = table_column(t, "id")) || id->key != 1)
		return err_set(err, EINVAL, "%s: id is not its key; make it: ALTER TABLE %s ADD PRIMARY "
			       "KEY (id)", t->sql, t->sql);
	for (t = shape->tables; t < shape->tables + shape->n_tables; t++)
		if (check_key(t, err) < 0)
			return -1;
	return 0;
}

static int
read_identity(struct shape *shape, PGconn *pg, const char *schema, struct err *err)
{
	PGresult *result = PQexecParams(pg, identity_sql, 1, NULL, &schema, NULL, NULL, 0);

	if (PQresultStatus(result) == PGRES_TUPLES_OK && PQntuples(result) == 1) {
		shape->identity = copy_of(shape, result, 0, 0);
		shape->server = copy_of(shape, result, 0, 1);
	}
	return pg_expect(pg, result, PGRES_TUPLES_OK, err);
}

static void
known_names(char *array, size_t size)
{
	size_t n = 0;
	int kind;

	for (kind = 0; kind < LEGACY_TABLES; kind++)
		n += (size_t)snprintf(array + n, size - n, "%c%s", kind ? ',' : '{',
				      legacy_table_name((enum legacy_table)kind));
	(void)snprintf(array + n, size - n, "}");
}

int
shape_read(struct shape *shape, PGconn *pg, const char *schema, struct err *err)
{
	char names[400];
	const char *values[] = {schema, names};
	PGresult *result;
	int r;

	*shape = (struct shape){.texts = texts_new()};
	shape->schema = texts_once(shape->texts, schema);
	shape->tables = calloc(SHAPE_TABLES, sizeof(*shape->tables));
	ASSERT(shape->tables);
	known_names(names, sizeof(names));
	result = PQexecParams(pg, catalog_sql, 2, NULL, values, NULL, NULL, 0);
	if (PQresultStatus(result) != PGRES_TUPLES_OK)
		r = pg_err(pg, result, NULL, err);
	else
		r = add_rows(shape, result, err);
	PQclear(result);
	ignore_copies(shape);
	if (r == 0)
		r = check(shape, schema, err);
	if (r == 0)
		r = read_identity(shape, pg, schema, err);
	if (r < 0)
		shape_release(shape);
	return r;
}

const struct table *
shape_table(const struct shape *shape, const char *name)
{
	const struct table *t;

	for (t = shape->tables; t < shape->tables + shape->n_tables; t++)
		if (!strcmp(t->name, name))
			return t;
	return NULL;
}

const struct table *
shape_kind(const struct shape *shape, enum legacy_table kind)
{
	return shape_table(shape, legacy_table_name(kind));
}
