#include "services/dedupe-auditor/migrate/proof.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "common/clock.h"
#include "common/pg.h"
#include "services/dedupe-auditor/plan/sql.h"

__attribute__((format(printf, 3, 4))) static void
say(struct proof *p, int is_well, const char *format, ...)
{
	va_list args;

	p->n_unwell += !is_well;
	if (p->n_findings == PROOF_FINDINGS)
		return;
	va_start(args, format);
	ASSERT(vasprintf(&p->findings[p->n_findings].text, format, args) >= 0);
	va_end(args);
	p->findings[p->n_findings++].is_well = is_well;
}

void
proof_release(struct proof *p)
{
	while (p->n_findings)
		free(p->findings[--p->n_findings].text);
}

/* ---- nothing is lost */

struct sum {
	int64_t rows;
	char digest[40];
};

static int
ask_sum(PGconn *pg, const struct table *t, const char *from, struct sum *sum, struct err *err)
{
	char *sql = legacy_digest_sql(t, from);
	PGresult *result = PQexec(pg, sql);

	free(sql);
	if (PQresultStatus(result) == PGRES_TUPLES_OK) {
		sum->rows = atoll(PQgetvalue(result, 0, 0));
		(void)snprintf(sum->digest, sizeof(sum->digest), "%s", PQgetvalue(result, 0, 1));
	}
	return pg_expect(pg, result, PGRES_TUPLES_OK, err);
}

/* The rows of the plan's moment, wherever they are now: in the table, or in its archive. */
static char *
rows_of_then(const struct proof *p, const struct table *t, const struct plan_table *then)
{
	char *columns = table_columns(t, COLUMNS_ALL, ""), *text, at[CLOCK_TEXT], upto[120] = "";
	const struct column *key = table_number_key(t);

	if (key && then->upto)
		(void)snprintf(upto, sizeof(upto), "WHERE %s <= %.20s", key->quoted, then->upto);
	ASSERT(asprintf(&text, "(SELECT * FROM (SELECT %s FROM %s UNION ALL SELECT %s FROM %s WHERE "
			"ihht_op = 'merged' AND ihht_undone IS NULL AND ihht_at >= '%s') u %s) v", columns,
			t->sql, columns, t->archive, clock_text(p->file->head.made_us, at), upto) > 0);
	free(columns);
	return text;
}

static int
count_added(struct proof *p, const struct table *t, int64_t *n, struct err *err)
{
	char at[CLOCK_TEXT], *text;

	text = sql_ask(p->pg, err, "SELECT count(*) FROM %s WHERE ihht_op = 'added' AND ihht_undone IS NULL "
		       "AND ihht_at >= '%s'", t->archive, clock_text(p->file->head.made_us, at));
	if (!text)
		return -1;
	*n = atoll(text);
	free(text);
	return 0;
}

/* Readings are never changed, so that their digest can be compared, too. */
static int
compare_table(struct proof *p, const struct table *t, const struct plan_table *then,
	      struct err *err)
{
	int is_bounded = table_number_key(t) && then->upto, r;
	char *from = rows_of_then(p, t, then);
	int64_t n_added = 0;
	struct sum sum;

	r = ask_sum(p->pg, t, from, &sum, err);
	if (r == 0 && !is_bounded)
		r = count_added(p, t, &n_added, err);
	free(from);
	if (r < 0)
		return err_in(err, "%s", t->name);
	sum.rows -= n_added;
	if (sum.rows < then->before)
		say(p, 0, "%s: %lld of %lld rows are lost", t->name, (long long)(then->before - sum.rows),
		    (long long)then->before);
	else if (t->kind != LEGACY_READINGS)
		say(p, 1, "%s: none of %lld rows lost", t->name, (long long)then->before);
	else if (sum.rows == then->before && !n_added)
		say(p, !strcmp(sum.digest, then->digest), "%s: %lld rows, digest %s", t->name,
		    (long long)then->before, !strcmp(sum.digest, then->digest)
		    ? "as before: none lost, none changed" : "is NOT what it was: values have changed");
	else
		say(p, 1, "%s: none of %lld rows lost; %lld came since, so that digests cannot be compared",
		    t->name, (long long)then->before, (long long)(sum.rows - then->before + n_added));
	return 0;
}

static int
compare_all(struct proof *p, struct err *err)
{
	const struct table *t;
	int i, r = 0;

	for (i = 0; r == 0 && i < p->file->head.n_tables; i++)
		if ((t = shape_table(p->shape, p->file->head.tables[i].name)))
			r = compare_table(p, t, &p->file->head.tables[i], err);
		else
			say(p, 0, "%s: the table is gone", p->file->head.tables[i].name);
	return r;
}

/* Every reading that was folded has its like, live, in the session it belongs to. */
static int
check_folded(struct proof *p, struct err *err)
{
	const struct table *t = shape_kind(p->shape, LEGACY_READINGS);
	const struct column *link, *at;
	PGresult *result;
	char *sql;
	int r;

	if (!t || !table_column(t, "spo2") || !table_column(t, "heart_rate"))
		return 0;
	link = &t->columns[t->links[0]];
	at = table_column(t, "timestamp");
	if (strncmp(at->type, "timestamp", 9) != 0)
		return 0;
	/* its entry is the session it was folded in, which may have been merged since */
	ASSERT(asprintf(&sql, "WITH now AS MATERIALIZED (SELECT * FROM ihht_migration.redirects), "
			"a AS MATERIALIZED (SELECT a.*, coalesce(now.session, a.ihht_entry)::%s AS home FROM %s a "
			"LEFT JOIN now ON now.old_id = a.ihht_entry WHERE ihht_op = 'merged' AND ihht_undone IS "
			"NULL) SELECT count(*), count(*) FILTER (WHERE NOT EXISTS (SELECT FROM %s t WHERE t.%s = "
			"a.home AND t.\"timestamp\" > a.\"timestamp\" - interval '250 ms' AND t.\"timestamp\" < "
			"a.\"timestamp\" + interval '250 ms' AND t.spo2 IS NOT DISTINCT FROM a.spo2 AND "
			"t.heart_rate IS NOT DISTINCT FROM a.heart_rate)) FROM a", link->type, t->archive, t->sql,
			link->quoted) > 0);
	result = PQexec(p->pg, sql);
	free(sql);
	if (PQresultStatus(result) == PGRES_TUPLES_OK) {
		if (atoll(PQgetvalue(result, 0, 1)))
			say(p, 0, "readings: %s of %s folded ones have no like among those that stay",
			    PQgetvalue(result, 0, 1), PQgetvalue(result, 0, 0));
		else
			say(p, 1, "readings: each of %s folded ones has its like among those that stay",
			    PQgetvalue(result, 0, 0));
	}
	r = pg_expect(p->pg, result, PGRES_TUPLES_OK, err);
	return r;
}

/* ---- nothing is left to do */

static int64_t
count_left(const struct plan *plan, enum legacy_table table)
{
	int64_t n = 0;
	size_t i;

	for (i = 0; i < plan->n; i++)
		if (plan->entries[i].kind == ENTRY_LEAVE && plan->entries[i].table == table)
			n += table == LEGACY_READINGS ? plan->entries[i].n
						      : (int64_t)plan->entries[i].n_members;
	return n;
}

/* What names no session must at least be on the list of what a person has to look at. */
static int
check_orphans(struct proof *p, const struct plan *plan, struct err *err)
{
	const struct table *t, *sessions = p->shape->tables;
	int64_t n, left;
	char *text;

	for (t = sessions + 1; t < sessions + p->shape->n_tables; t++) {
		if (!t->n_links || t->kind == LEGACY_TABLES)
			continue;
		text = sql_ask(p->pg, err, "SELECT count(*) FROM %s t WHERE NOT EXISTS (SELECT FROM %s s WHERE "
			       "s.id::text = t.%s::text)", t->sql, sessions->sql,
			       t->columns[t->links[0]].quoted);
		if (!text)
			return -1;
		n = atoll(text);
		free(text);
		left = count_left(plan, t->kind);
		if (n)
			say(p, n <= left, "%s: %lld rows are under no session; %s", t->name, (long long)n,
			    n <= left ? "no rule can tell under which, the plan lists them"
				      : "and the plan does not list them all");
		else
			say(p, 1, "%s: every row is under one session", t->name);
	}
	return 0;
}

/* Sessions of the plan that are as they were: not done yet, refused, or undone. */
static int
count_not_applied(struct proof *p, int64_t *n, struct err *err)
{
	enum journal_state *states;
	size_t i;
	int r, is_there;

	*n = 0;
	if (!p->file)
		return 0;
	states = calloc(p->file->n_blocks + 1, sizeof(*states));
	ASSERT(states);
	r = journal_is_there(p->pg, &is_there, err);
	if (r == 0 && is_there)
		r = journal_states(p->pg, p->file, states, err);
	for (i = 0; r == 0 && i < p->file->n_blocks; i++)
		*n += states[i] != JOURNAL_APPLIED;
	free(states);
	return r;
}

static int
plan_again(struct proof *p, struct err *err)
{
	struct planner planner = {.pg = p->pg, .shape = p->shape, .pause = p->pause,
				  .now_us = p->now_us, .abandon_us = MSG_NONE};
	int64_t n_left = 0, n_waiting = 0;
	size_t i;
	int r = planner_run(&planner, err);

	if (r == 0)
		r = count_not_applied(p, &n_waiting, err);
	if (r == 0) {
		for (i = 0; i < planner.plan.n; i++)
			n_left += planner.plan.entries[i].kind == ENTRY_LEAVE;
		if (planner.file.n_blocks && (int64_t)planner.file.n_blocks <= n_waiting)
			say(p, 1, "%lld sessions of this plan are not applied", (long long)n_waiting);
		else if (planner.file.n_blocks)
			say(p, 0, "a new plan would still change %zu sessions", planner.file.n_blocks);
		else
			say(p, 1, "a new plan would change nothing: no duplicate that a rule covers is left");
		if (n_left)
			say(p, 1, "%lld cases are left for a person to decide; ihht migrate plan lists them",
			    (long long)n_left);
		r = check_orphans(p, &planner.plan, err);
	}
	planner_release(&planner);
	return r;
}

static int
check_guards(struct proof *p, struct err *err)
{
	PGresult *result = PQexec(p->pg, "SELECT g.name, coalesce(i.indisvalid, false) FROM "
				  "ihht_migration.guards g LEFT JOIN pg_index i ON i.indexrelid = "
				  "to_regclass(g.target) WHERE g.kind = 'index' AND "
				  "left(g.name, 15) <> 'ihht_migration_' ORDER BY 1");
	int i, n_valid = 0;

	for (i = 0; PQresultStatus(result) == PGRES_TUPLES_OK && i < PQntuples(result); i++) {
		n_valid += *PQgetvalue(result, i, 1) == 't';
		if (*PQgetvalue(result, i, 1) != 't')
			say(p, 0, "index %s is gone", PQgetvalue(result, i, 0));
	}
	if (n_valid)
		say(p, 1, "%d unique indexes keep it so", n_valid);
	return pg_expect(p->pg, result, PGRES_TUPLES_OK, err);
}

int
proof_run(struct proof *p, struct err *err)
{
	int is_there, r = journal_is_there(p->pg, &is_there, err);

	if (r == 0 && is_there && p->file)
		r = compare_all(p, err);
	if (r == 0 && is_there)
		r = check_folded(p, err);
	if (r == 0)
		r = plan_again(p, err);
	if (r == 0 && is_there)
		r = check_guards(p, err);
	return r;
}
