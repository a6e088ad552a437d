#include "services/dedupe-auditor/change/quiet.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/pg.h"

#define BE_REPLICA "SET LOCAL session_replication_role = replica"

static int
may_be_replica(PGconn *pg)
{
	int may = pg_exec(pg, "BEGIN", NULL) == 0 && pg_exec(pg, BE_REPLICA, NULL) == 0;

	(void)pg_exec(pg, "ROLLBACK", NULL);
	return may;
}

static int
try_out(struct quiet *q, PGconn *pg, struct err *err)
{
	int r = pg_exec(pg, "BEGIN; SET LOCAL lock_timeout = '10s'", err);

	if (r == 0)
		r = pg_exec(pg, q->begin, err);
	(void)pg_exec(pg, "ROLLBACK", NULL);
	if (r < 0 && err->code == EACCES)
		err_set(err, EACCES, "the tables' triggers must sleep meanwhile, and this role may not "
			"have them so: %.120s; connect as the tables' owner (postgres/migrate in "
			"ihht.conf)", err->text);
	return r;
}

/* Triggers that fire for a replica, too, are switched off by name in any case.  Our own redirect
 * does nothing to rows that name a session that stays, and is no reason to lock a table. */
static PGresult *
find_triggers(const struct quiet *q, PGconn *pg, const struct shape *shape)
{
	char *tables = NULL;
	const char *values[2];
	size_t size;
	FILE *to = open_memstream(&tables, &size);
	PGresult *result;
	int i;

	ASSERT(to);
	for (i = 0; i < shape->n_tables; i++)
		(void)fprintf(to, "%s%s", i ? "\n" : "", shape->tables[i].sql);
	ASSERT(fclose(to) == 0);
	values[0] = tables;
	values[1] = q->is_replica ? "AR" : "OAR";
	result = PQexecParams(pg, "SELECT tgrelid::regclass, quote_ident(tgname), CASE tgenabled "
			      "WHEN 'A' THEN 'ALWAYS ' WHEN 'R' THEN 'REPLICA ' ELSE '' END "
			      "FROM pg_trigger WHERE NOT tgisinternal AND tgname !~ '^ihht_' AND "
			      "strpos($2, tgenabled::text) > 0 "
			      "AND tgrelid = ANY(string_to_array($1, E'\\n')::regclass[]) ORDER BY 1, 2",
			      2, NULL, values, NULL, NULL, 0);
	free(tables);
	return result;
}

static void
write_sql(struct quiet *q, const PGresult *result)
{
	size_t size;
	FILE *begin = open_memstream(&q->begin, &size), *end = open_memstream(&q->end, &size);
	int i;

	ASSERT(begin && end);
	if (q->is_replica)
		(void)fputs(BE_REPLICA ";", begin);
	q->n_off = PQntuples(result);
	if (q->n_off)
		(void)fputs("SET CONSTRAINTS ALL IMMEDIATE;", end);
	for (i = 0; i < q->n_off; i++) {
		(void)fprintf(begin, "ALTER TABLE %s DISABLE TRIGGER %s;", PQgetvalue(result, i, 0),
			      PQgetvalue(result, i, 1));
		(void)fprintf(end, "ALTER TABLE %s ENABLE %sTRIGGER %s;", PQgetvalue(result, i, 0),
			      PQgetvalue(result, i, 2), PQgetvalue(result, i, 1));
	}
	ASSERT(fclose(begin) == 0 && fclose(end) == 0);
}

int
quiet_open(struct quiet *q, PGconn *pg, const struct shape *shape, struct err *err)
{
	PGresult *result;
	int r;

	*q = (struct quiet){.is_replica = may_be_replica(pg)};
	result = find_triggers(q, pg, shape);
	if (PQresultStatus(result) == PGRES_TUPLES_OK)
		write_sql(q, result);
	r = pg_expect(pg, result, PGRES_TUPLES_OK, err);
	if (r == 0)
		r = try_out(q, pg, err);
	if (r < 0)
		quiet_close(q);
	return r;
}

void
quiet_close(struct quiet *q)
{
	free(q->begin);
	free(q->end);
	*q = (struct quiet){0};
}
