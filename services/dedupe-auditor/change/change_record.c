#include <stdlib.h>
#include <string.h>

#include "common/pg.h"
#include "services/dedupe-auditor/change/change_parts.h"

static int
archive(struct change *c, const struct table *t, struct err *err)
{
	char *names = table_columns(t, COLUMNS_ALL, ""), *was = table_columns(t, COLUMNS_ALL, "w."),
	     *is_now = table_columns(t, COLUMNS_ALL, "n."), *join = table_same_key(t, "n", "w", "ihht_link"), *after = NULL;
	int r;

	if (t->n_links)
		ASSERT(asprintf(&after, "n.%s::text", t->columns[t->links[0]].quoted) > 0);
	r = sql_run(c->pg, NULL, err, "WITH kept AS (INSERT INTO %s (ihht_plan, ihht_entry, ihht_rule, ihht_op, "
		    "ihht_session, ihht_digest, %s) SELECT '%s', b.id, coalesce(f.rule, w.ihht_rule), "
		    "CASE WHEN n.%s IS NULL THEN 'merged' ELSE 'changed' END, %s, "
		    "'%d:' || CASE WHEN n.%s IS NULL THEN '' ELSE md5(row(%s)::text) END, %s "
		    "FROM was_%d w JOIN b_block b ON b.block = w.ihht_block "
		    "LEFT JOIN %s n ON %s "
		    "LEFT JOIN b_row f ON f.op = 'fold' AND f.tbl = '%s' AND f.key = w.ihht_key "
		    "WHERE NOT w.ihht_phone AND (n.%s IS NULL OR row(%s)::text <> row(%s)::text) RETURNING ihht_entry) "
		    "INSERT INTO b_kept SELECT ihht_entry, count(*) FROM kept GROUP BY 1", t->archive, names, c->plan,
		    table_first_key(t)->quoted, after ? after : "NULL", t->n_columns, table_first_key(t)->quoted, is_now, was, change_place(c, t),
		    t->sql, join, t->kind == LEGACY_TABLES ? "" : legacy_table_name(t->kind), table_first_key(t)->quoted,
		    was, is_now);
	free(names);
	free(was);
	free(is_now);
	free(join);
	free(after);
	return r < 0 ? err_in(err, "%s", t->archive) : 0;
}

static int
journal(struct change *c, struct err *err)
{
	char *n = sql_ask(c->pg, err, "SELECT coalesce(sum(n), 0) FROM b_kept");

	if (!n)
		return -1;
	c->rows = atoll(n);
	free(n);
	return sql_run(c->pg, NULL, err, "INSERT INTO ihht_migration.entries AS e (plan, session, state, rows) "
		       "SELECT '%s', b.id, 'applied', coalesce(k.n, 0) FROM b_block b LEFT JOIN (SELECT entry, "
		       "sum(n) AS n FROM b_kept GROUP BY 1) k ON k.entry = b.id ON CONFLICT (plan, session) DO "
		       "UPDATE SET state = 'applied', rows = excluded.rows, why = NULL, at = now()", c->plan);
}

int
change_record(struct change *c, struct err *err)
{
	int i, r = sql_run(c->pg, NULL, err, "CREATE TEMP TABLE b_kept (entry text, n bigint) ON COMMIT DROP");

	for (i = 0; r == 0 && i < c->shape->n_tables; i++)
		if (change_touches(c, &c->shape->tables[i])) {
			r = archive(c, &c->shape->tables[i], err);
			if (r == 0 && c->batch->borrows[i])
				r = change_record_added(c, &c->shape->tables[i], err);
		}
	if (r == 0)
		r = sql_run(c->pg, NULL, err, "INSERT INTO ihht_migration.aliases (old_id, session, rule, plan, "
			    "entry) SELECT DISTINCT ON (a.old) a.old, a.id, a.rule, '%s', b.id FROM b_alias a "
			    "JOIN b_block b USING (block) ORDER BY a.old ON CONFLICT (old_id) DO NOTHING",
			    c->plan);
	if (r == 0)
		r = journal(c, err);
	return r;
}
