#include "services/dedupe-auditor/change/link_index.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/pg.h"
#include "services/dedupe-auditor/change/guards.h"
#include "services/dedupe-auditor/plan/sql.h"

/* Transactions of others that were there before are waited for, but not for ever. */
#define PATIENCE "SET lock_timeout = '20s'"

int
link_index_is_wanted(const struct table *t, const struct column *c)
{
	return c->is_link && !c->has_index && t->bytes >= LINK_INDEX_BYTES;
}

/* Noted first, so that it is found after a kill. */
static int
make(struct link_indexes *x, const struct table *t, const struct column *c, struct err *err)
{
	char *name = sql_ask(x->pg, err, "SELECT format('ihht_migration_%%s_%%s', attrelid, attnum) FROM "
			     "pg_attribute WHERE attrelid = '%s'::regclass AND quote_ident(attname) = "
			     "$q$%s$q$", t->sql, c->quoted);
	int schema = (int)strcspn(t->sql, "."), r = name ? 0 : -1;

	if (r == 0)
		r = sql_run(x->pg, NULL, err, "INSERT INTO ihht_migration.guards (name, kind, target) VALUES "
			    "('%s', 'index', '%.*s.%s') ON CONFLICT DO NOTHING", name, schema, t->sql, name);
	if (r == 0)
		r = sql_run(x->pg, NULL, err, "CREATE INDEX CONCURRENTLY IF NOT EXISTS %s ON %s (%s)", name,
			    t->sql, c->quoted);
	if (!x->is_silent && r == 0)
		printf("index on %s (%s): made until this is done\n", t->name, c->quoted);
	else if (!x->is_silent)
		printf("index on %s (%s): not made, each batch reads the whole table: %s\n", t->name,
		       c->quoted, err->text);
	free(name);
	return PQstatus(x->pg) == CONNECTION_OK ? 0 : r;
}

int
link_indexes_make(struct link_indexes *x, struct err *err)
{
	const struct table *t;
	int i, r = pg_exec(x->pg, PATIENCE, err);

	x->is_open = 1;
	if (r == 0)
		(void)guards_drop_link_indexes(x->pg, GUARDS_HALF_MADE, NULL);
	for (t = x->shape->tables + 1; r == 0 && t < x->shape->tables + x->shape->n_tables; t++)
		for (i = 0; r == 0 && i < t->n_links; i++)
			if (link_index_is_wanted(t, &t->columns[t->links[i]]))
				r = make(x, t, &t->columns[t->links[i]], err);
	if (r == 0)
		r = pg_exec(x->pg, "RESET lock_timeout", err);
	(void)fflush(stdout);
	return r;
}

void
link_indexes_drop(struct link_indexes *x)
{
	struct err err = {0};
	int r;

	if (!x->is_open || PQstatus(x->pg) != CONNECTION_OK)
		return;
	r = pg_exec(x->pg, PATIENCE, &err);
	if (r == 0)
		r = guards_drop_link_indexes(x->pg, GUARDS_ALL, &err);
	if (r < 0 && !x->is_silent)
		printf("an index ihht_migration_... is still there, the next apply or undo drops it: %s\n",
		       err.text);
	(void)pg_exec(x->pg, "RESET lock_timeout", NULL);
}
