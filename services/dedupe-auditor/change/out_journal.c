#include "services/dedupe-auditor/change/out_journal.h"

#include <stdlib.h>
#include <string.h>

#include "common/pg.h"

/* journal.sql as it stands in the tree */
__asm__(".section .rodata\n"
	"journal_sql: .incbin \"services/dedupe-auditor/change/journal.sql\"\n"
	".byte 0\n"
	".previous");
extern const char journal_sql[];

static int
open_archive(PGconn *pg, const struct table *t, struct err *err)
{
	int i, r;

	r = sql_run(pg, NULL, err, "CREATE TABLE IF NOT EXISTS %s AS SELECT ''::text AS ihht_plan, ''::text "
		    "AS ihht_entry, ''::text AS ihht_rule, ''::text AS ihht_op, ''::text AS ihht_session, "
		    "''::text AS ihht_digest, now() AS ihht_at, now() AS ihht_undone, * FROM %s LIMIT 0;"
		    "ALTER TABLE %s ALTER ihht_at SET DEFAULT now(), ADD COLUMN IF NOT EXISTS ihht_no "
		    "bigserial PRIMARY KEY;"
		    "CREATE INDEX IF NOT EXISTS %s ON %s (ihht_plan, ihht_entry)", t->archive, t->sql,
		    t->archive, strchr(t->archive, '.') + 1, t->archive);
	for (i = 0; r == 0 && i < t->n_columns; i++)
		r = sql_run(pg, NULL, err, "ALTER TABLE %s ADD COLUMN IF NOT EXISTS %s %s", t->archive,
			    t->columns[i].quoted, t->columns[i].type);
	return r < 0 ? err_in(err, "%s", t->archive) : 0;
}

int
journal_open(PGconn *pg, const struct shape *shape, struct err *err)
{
	int i, r = pg_exec(pg, "BEGIN; SET LOCAL lock_timeout = '10s'", err);

	if (r == 0)
		r = pg_exec(pg, journal_sql, err);
	for (i = 0; r == 0 && i < shape->n_tables; i++)
		r = open_archive(pg, &shape->tables[i], err);
	if (r == 0)
		r = pg_exec(pg, "COMMIT", err);
	if (r < 0)
		(void)pg_exec(pg, "ROLLBACK", NULL);
	return r < 0 ? err_in(err, "schema ihht_migration") : 0;
}

int
journal_is_there(PGconn *pg, int *is_there, struct err *err)
{
	char *text = sql_ask(pg, err, "SELECT to_regclass('ihht_migration.entries') IS NOT NULL");

	if (!text)
		return -1;
	*is_there = *text == 't';
	free(text);
	return 0;
}

static int
run_params(PGconn *pg, const char *sql, const char *const *values, int n, struct err *err)
{
	return pg_expect(pg, PQexecParams(pg, sql, n, NULL, values, NULL, NULL, 0), PGRES_COMMAND_OK, err);
}

int
journal_plan(PGconn *pg, const struct plan_file *file, char **backup, struct err *err)
{
	const char *values[] = {file->head.id, file->head.database};
	char *text;

	*backup = NULL;
	if (run_params(pg, "INSERT INTO ihht_migration.plans (plan, head) VALUES ($1, $2) "
		       "ON CONFLICT (plan) DO NOTHING", values, 2, err) < 0)
		return -1;
	text = sql_ask(pg, err, "SELECT coalesce(backup, '') FROM ihht_migration.plans WHERE plan = '%s'",
		       file->head.id);
	if (!text)
		return -1;
	if (*text)
		*backup = text;
	else
		free(text);
	return 0;
}

int
journal_backup(PGconn *pg, const char *plan, const char *where, struct err *err)
{
	const char *values[] = {plan, where};

	return run_params(pg, "UPDATE ihht_migration.plans SET backup = $2 WHERE plan = $1", values, 2, err);
}

int
journal_refuse(PGconn *pg, const char *plan, const char *session, const char *why, struct err *err)
{
	const char *values[] = {plan, session, why};

	return run_params(pg, "INSERT INTO ihht_migration.entries AS e (plan, session, state, why) VALUES "
			  "($1, $2, 'refused', $3) ON CONFLICT (plan, session) DO UPDATE SET "
			  "state = 'refused', why = $3, at = now() WHERE e.state <> 'applied'", values, 3, err);
}

/* ---- states */

struct known {
	const char *session;
	enum journal_state state;
};

static int
by_session(const void *a, const void *b)
{
	return strcmp(((const struct known *)a)->session, ((const struct known *)b)->session);
}

static enum journal_state
state_of(const char *word)
{
	return *word == 'a' ? JOURNAL_APPLIED : *word == 'r' ? JOURNAL_REFUSED : JOURNAL_UNDONE;
}

/* Takes the result: rows of (session, state). */
static int
find_states(PGconn *pg, PGresult *result, const struct plan_file *file, enum journal_state *states,
	    struct err *err)
{
	size_t n = (size_t)PQntuples(result), i;
	struct known *known, key = {0}, *found;

	if (PQresultStatus(result) != PGRES_TUPLES_OK)
		return pg_expect(pg, result, PGRES_TUPLES_OK, err);
	known = calloc(n + 1, sizeof(*known));
	ASSERT(known);
	for (i = 0; i < n; i++)
		known[i] = (struct known){PQgetvalue(result, (int)i, 0),
					  state_of(PQgetvalue(result, (int)i, 1))};
	qsort(known, n, sizeof(*known), by_session);
	for (i = 0; i < file->n_blocks; i++) {
		key.session = file->blocks[i].session;
		found = bsearch(&key, known, n, sizeof(*known), by_session);
		states[i] = found ? found->state : JOURNAL_NOT;
	}
	free(known);
	PQclear(result);
	return 0;
}

int
journal_states(PGconn *pg, const struct plan_file *file, enum journal_state *states,
	       struct err *err)
{
	const char *values[] = {file->head.id};

	return find_states(pg, PQexecParams(pg, "SELECT session, state FROM ihht_migration.entries "
					    "WHERE plan = $1", 1, NULL, values, NULL, NULL, 0),
			   file, states, err);
}

int
journal_undone(PGconn *pg, const struct plan_file *file, enum journal_state *states,
	       struct err *err)
{
	return find_states(pg, PQexec(pg, "SELECT DISTINCT session, state FROM ihht_migration.entries "
				      "WHERE state = 'undone'"), file, states, err);
}

/* ---- aliases */

int
journal_aliases(PGconn *pg, struct legacy *texts, struct journal_aliases *aliases,
		struct err *err)
{
	PGresult *result;
	int is_there, i, n;

	*aliases = (struct journal_aliases){0};
	if (journal_is_there(pg, &is_there, err) < 0)
		return -1;
	if (!is_there)
		return 0;
	result = PQexec(pg, "SELECT old_id, session FROM ihht_migration.redirects "
			"ORDER BY old_id COLLATE \"C\"");
	if (PQresultStatus(result) != PGRES_TUPLES_OK)
		return pg_expect(pg, result, PGRES_TUPLES_OK, err);
	n = PQntuples(result);
	aliases->ids = calloc((size_t)n + 1, sizeof(*aliases->ids));
	aliases->into = calloc((size_t)n + 1, sizeof(*aliases->into));
	ASSERT(aliases->ids && aliases->into);
	for (i = 0; i < n; i++) {
		aliases->ids[i] = legacy_text(texts, PQgetvalue(result, i, 0));
		aliases->into[i] = legacy_text(texts, PQgetvalue(result, i, 1));
	}
	aliases->n = (size_t)n;
	PQclear(result);
	return 0;
}

void
journal_aliases_release(struct journal_aliases *aliases)
{
	free(aliases->ids);
	free(aliases->into);
	*aliases = (struct journal_aliases){0};
}
