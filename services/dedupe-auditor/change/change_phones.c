/* Rows of the app's SQLite files that come into the cloud's tables. */
#include <stdlib.h>
#include <string.h>

#include "common/pg.h"
#include "services/dedupe-auditor/change/change_parts.h"

/* Each column as the phone says it, or as a new row would have it. */
static char *
values_of(const struct table *t)
{
	char *text = NULL;
	size_t size;
	FILE *to = open_memstream(&text, &size);
	const struct column *c;

	ASSERT(to);
	for (c = t->columns; c < t->columns + t->n_columns; c++) {
		(void)fputs(c > t->columns ? ", " : "", to);
		if (!*c->standard)
			(void)fprintf(to, "p.%s", c->quoted);
		else    /* a null the phone has is kept where it may be */
			(void)fprintf(to, "CASE WHEN p.%s IS NULL AND (%s OR NOT b.\"row\" ? $q$%s$q$) THEN %s "
				      "ELSE p.%s END", c->quoted, c->not_null ? "true" : "false", c->name,
				      c->standard, c->quoted);
	}
	ASSERT(fclose(to) == 0);
	return text;
}

/* They stand in was_N complete, with the key they will have; folds that end in one are told. */
int
change_borrow(struct change *c, const struct table *t, struct err *err)
{
	char *values = values_of(t), *key = table_key_text(t, "w");
	int r = sql_run(c->pg, NULL, err, "INSERT INTO was_%d SELECT b.block, b.rule, b.key, NULL, true, %s "
			"FROM b_phone b CROSS JOIN LATERAL jsonb_populate_record(NULL::%s, b.\"row\") p "
			"WHERE b.tbl = '%s'", change_place(c, t), values, t->sql,
			legacy_table_name(t->kind));

	if (r == 0)
		r = sql_run(c->pg, NULL, err, "UPDATE b_row r SET \"into\" = %s FROM was_%d w WHERE w.ihht_phone "
			    "AND r.tbl = '%s' AND r.\"into\" = w.ihht_key", key, change_place(c, t),
			    legacy_table_name(t->kind));
	free(values);
	free(key);
	return r;
}

int
change_add_borrowed(struct change *c, const struct table *t, struct err *err)
{
	char *into = table_columns(t, COLUMNS_STORED, ""), *from = table_columns(t, COLUMNS_STORED, "w.");
	int r = sql_run(c->pg, NULL, err, "INSERT INTO %s (%s) OVERRIDING SYSTEM VALUE SELECT %s FROM was_%d w "
			"JOIN b_phone b ON b.key = w.ihht_key AND b.tbl = '%s' AND b.op = 'adopt' "
			"WHERE w.ihht_phone", t->sql, into, from, change_place(c, t),
			legacy_table_name(t->kind));

	free(into);
	free(from);
	return r < 0 ? err_in(err, "%s", t->name) : 0;
}

/* As they stand when all is done, so that an undo can tell whether they still do. */
int
change_record_added(struct change *c, const struct table *t, struct err *err)
{
	char *names = table_columns(t, COLUMNS_ALL, ""), *is_now = table_columns(t, COLUMNS_ALL, "n."),
	     *same = table_same_key(t, "n", "w", NULL), *link = NULL;
	int r;

	if (t->n_links)
		ASSERT(asprintf(&link, "n.%s::text", t->columns[t->links[0]].quoted) > 0);
	r = sql_run(c->pg, NULL, err, "WITH kept AS (INSERT INTO %s (ihht_plan, ihht_entry, ihht_rule, ihht_op, "
		    "ihht_session, ihht_digest, %s) SELECT '%s', k.id, w.ihht_rule, 'added', %s, "
		    "'%d:' || md5(row(%s)::text), %s FROM was_%d w JOIN b_block k ON k.block = w.ihht_block "
		    "JOIN b_phone b ON b.key = w.ihht_key AND b.tbl = '%s' AND b.op = 'adopt' "
		    "JOIN %s n ON %s WHERE w.ihht_phone RETURNING ihht_entry) "
		    "INSERT INTO b_kept SELECT ihht_entry, count(*) FROM kept GROUP BY 1", t->archive, names,
		    c->plan, link ? link : "NULL", t->n_columns, is_now, is_now, change_place(c, t),
		    legacy_table_name(t->kind), t->sql, same);
	free(names);
	free(is_now);
	free(same);
	free(link);
	return r < 0 ? err_in(err, "%s", t->archive) : 0;
}
