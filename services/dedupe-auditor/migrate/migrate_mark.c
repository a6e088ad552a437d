#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "services/dedupe-auditor/change/out_journal.h"
#include "services/dedupe-auditor/migrate/migrate.h"

/* Postgres counts what is written to a table; TRUNCATE gives it another file, and a crash new
 * counts.  Where it does not count, each look is another. */
static char *
make_mark(PGconn *pg, const struct shape *shape, struct err *err)
{
	char *tables = NULL, *mark;
	size_t size;
	FILE *to = open_memstream(&tables, &size);
	int i;

	ASSERT(to);
	for (i = 0; i < shape->n_tables; i++)
		(void)fprintf(to, "%s$t$%s$t$::regclass", i ? ", " : "", shape->tables[i].sql);
	ASSERT(fclose(to) == 0);
	mark = sql_ask(pg, err, "SELECT md5(string_agg(row(c.oid, c.relfilenode, n_tup_ins, n_tup_upd, "
		       "n_tup_del)::text, ' ' ORDER BY c.oid) || CASE WHEN current_setting('track_counts') = 'off' "
		       "THEN clock_timestamp()::text ELSE '' END) FROM pg_class c JOIN pg_stat_all_tables s "
		       "ON s.relid = c.oid WHERE c.oid = ANY(ARRAY[%s]::oid[])", tables);
	free(tables);
	return mark;
}

/* Has a person begun to repair this database, and not taken all of it back? */
static int
is_begun(PGconn *pg, int *begun, struct err *err)
{
	int is_there, r = journal_is_there(pg, &is_there, err);
	char *text;

	*begun = 0;
	if (r < 0 || !is_there)
		return r;
	text = sql_ask(pg, err, "SELECT EXISTS (SELECT FROM ihht_migration.entries WHERE state = 'applied')");
	*begun = text && *text == 't';
	r = text ? 0 : -1;
	free(text);
	return r;
}

int
migrate_mark(struct migrate *m, struct err *err)
{
	char *mark = make_mark(m->pg, &m->shape, err);
	int begun = 0, r = mark ? is_begun(m->pg, &begun, err) : -1;
	json_t *o;

	if (r == 0 && m->json) {
		o = json_pack("{s:s, s:b}", "mark", mark, "begun", begun);
		(void)json_dumpf(o, stdout, JSON_COMPACT);
		(void)fputc('\n', stdout);
		json_decref(o);
	} else if (r == 0) {
		printf("%s\n", mark);
	}
	free(mark);
	return r;
}
