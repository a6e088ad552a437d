#include "services/dedupe-auditor/change/apply.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>

#include "common/clock.h"
#include "common/pg.h"
#include "proto/ids.h"
#include "services/dedupe-auditor/change/out_change.h"
#include "services/dedupe-auditor/plan/certain.h"

#define FIRST_BATCH 20             /* and the least: what a batch costs does not halve below */
#define MOST_BATCH  1000
#define QUICK_US    (CLOCK_SECOND / 3)   /* a batch: grow below, shrink above */
#define SLOW_US     CLOCK_SECOND
#define TRIES       6                    /* when the live app is in the way */

struct chosen {
	size_t *blocks;
	size_t n;
};

/* ---- before a batch: are its sessions as the plan saw them? */

struct row {
	const char *id, *digest, *local_id;
};

static int
by_id(const void *a, const void *b)
{
	return strcmp(((const struct row *)a)->id, ((const struct row *)b)->id);
}

static const struct row *
find_row(const struct row *rows, size_t n, const char *id)
{
	struct row key = {.id = id};

	return bsearch(&key, rows, n, sizeof(*rows), by_id);
}

static PGresult *
lock_rows(struct apply *a, const struct chosen *c, struct err *err)
{
	const struct table *t = a->shape->tables;
	const struct column *id = table_column(t, "id"), *local = table_column(t, "local_session_id");
	struct sql_rows ids;
	char *all = table_columns(t, COLUMNS_ALL, "t."), *sql, fits[300];
	PGresult *result = NULL;
	size_t i, j;
	int r;

	sql_rows_open(&ids);
	for (i = 0; i < c->n; i++) {
		const struct plan_block *b = &a->file->blocks[c->blocks[i]];

		for (j = b->saw; j < b->saw + b->n_saw; j++) {
			sql_cell(&ids, a->file->saw[j].id);
			sql_rows_next(&ids);
		}
	}
	r = sql_run(a->pg, NULL, err, "CREATE TEMP TABLE b_saw (id text) ON COMMIT DROP");
	if (r == 0)
		r = sql_rows_send(&ids, a->pg, "b_saw", err);
	ASSERT(asprintf(&sql, "SELECT t.id::text, left(md5(row(%s)::text), 8), %s FROM %s t WHERE t.id IN "
			"(SELECT id::%s FROM (SELECT id FROM b_saw WHERE %s OFFSET 0) s) ORDER BY t.id "
			"FOR UPDATE", all, local ? "t.local_session_id" : "NULL", t->sql, id->type,
			sql_fits(id, "id", fits)) > 0);
	if (r == 0) {
		result = PQexec(a->pg, sql);
		if (PQresultStatus(result) != PGRES_TUPLES_OK) {
			(void)pg_err(a->pg, result, NULL, err);
			PQclear(result);
			result = NULL;
		}
	}
	sql_rows_close(&ids);
	free(all);
	free(sql);
	return result;
}

/* Does the entry list still need that row? */
static int
is_needed(const struct plan_file *file, const struct plan_block *b, const char *id)
{
	const struct entry *e;
	size_t i, k;

	if (!strcmp(b->session, id))
		return 1;
	for (i = b->entry; i < b->entry + b->n_entries; i++) {
		e = &file->plan.entries[i];
		for (k = 0; e->kind == ENTRY_MERGE && k < e->n_members; k++)
			if (!strcmp(e->members[k], id))
				return 1;
	}
	return 0;
}

/* NULL: as it was; else why not. */
static const char *
changed_since(const struct plan_file *file, const struct plan_block *b, const struct row *rows,
	      size_t n)
{
	const struct row *row;
	size_t i;

	for (i = b->saw; i < b->saw + b->n_saw; i++) {
		if (!is_needed(file, b, file->saw[i].id))
			continue;
		if (!(row = find_row(rows, n, file->saw[i].id)))
			return "is not there any more";
		if (strcmp(row->digest, file->saw[i].digest) != 0)
			return "was changed since the plan was made; plan again";
	}
	return NULL;
}

/* Ids that a gateway computes from the local ids lead to the session, too. */
static void
add_aliases(const struct apply *a, struct batch *batch, size_t block, const struct row *rows,
	    size_t n)
{
	const struct plan_block *b = &a->file->blocks[block];
	const struct row *row;
	ids_uuid computed;
	size_t i;

	for (i = b->saw; i < b->saw + b->n_saw; i++) {
		row = find_row(rows, n, a->file->saw[i].id);
		if (!row || !*row->local_id || !is_needed(a->file, b, row->id))
			continue;
		ids_session(row->local_id, computed);
		batch_alias(batch, block, computed, b->session, "local-id");
	}
}

/* Takes what has changed out of the batch. */
static int
fill_batch(struct apply *a, struct chosen *c, struct batch *batch, struct err *err)
{
	PGresult *result = lock_rows(a, c, err);
	size_t n, i, kept = 0;
	struct row *rows;
	const char *why;
	int r = 0;

	if (!result)
		return -1;
	n = (size_t)PQntuples(result);
	rows = calloc(n + 1, sizeof(*rows));
	ASSERT(rows);
	for (i = 0; i < n; i++)
		rows[i] = (struct row){PQgetvalue(result, (int)i, 0), PQgetvalue(result, (int)i, 1),
				       PQgetvalue(result, (int)i, 2)};
	qsort(rows, n, sizeof(*rows), by_id);
	for (i = 0; r == 0 && i < c->n; i++) {
		const struct plan_block *b = &a->file->blocks[c->blocks[i]];

		if ((why = changed_since(a->file, b, rows, n))) {
			r = journal_refuse(a->pg, a->file->head.id, b->session, why, err);
			(void)snprintf(a->why, sizeof(a->why), "session %s %s", b->session, why);
			a->states[c->blocks[i]] = JOURNAL_REFUSED;
			continue;
		}
		r = batch_add(batch, a->file, a->shape, c->blocks[i], err);
		add_aliases(a, batch, c->blocks[i], rows, n);
		c->blocks[kept++] = c->blocks[i];
	}
	c->n = kept;
	free(rows);
	PQclear(result);
	return r;
}

/* ---- one transaction */

static int
change_all(struct change *change, struct err *err)
{
	if (batch_send(change->batch, change->pg, err) < 0)
		return -1;
	if (change_copy(change, err) < 0 || change_fold_readings(change, err) < 0 ||
	    change_children(change, err) < 0 || change_sessions(change, err) < 0)
		return -1;
	return change_record(change, err);
}

static int
begin(struct apply *a, struct err *err)
{
	if (pg_exec(a->pg, "BEGIN; SET LOCAL lock_timeout = '2s'; SET LOCAL random_page_cost = 1.1", err) < 0)
		return -1;
	return *a->quiet->begin ? pg_exec(a->pg, a->quiet->begin, err) : 0;
}

static int
try_batch(struct apply *a, const struct chosen *wanted, struct err *err)
{
	struct chosen c = {.blocks = calloc(wanted->n, sizeof(*c.blocks)), .n = wanted->n};
	struct batch batch;
	struct change change = {.pg = a->pg, .shape = a->shape, .plan = a->file->head.id,
				.batch = &batch, .pause = a->pause};
	size_t i;
	int r;

	ASSERT(c.blocks);
	memcpy(c.blocks, wanted->blocks, wanted->n * sizeof(*c.blocks));
	batch_open(&batch, a->phones);
	r = begin(a, err);
	if (r == 0)
		r = fill_batch(a, &c, &batch, err);
	if (r == 0 && c.n)
		r = change_all(&change, err);
	if (r == 0 && *a->quiet->end)
		r = pg_exec(a->pg, a->quiet->end, err);
	if (r == 0)
		r = pg_exec(a->pg, "COMMIT", err);
	if (r < 0)
		(void)pg_exec(a->pg, "ROLLBACK", NULL);
	for (i = 0; r == 0 && i < c.n; i++)
		a->states[c.blocks[i]] = JOURNAL_APPLIED;
	if (r == 0) {
		a->n_applied += (int64_t)c.n;
		a->n_refused += (int64_t)(wanted->n - c.n);
		a->n_rows += change.rows;
	}
	batch_close(&batch);
	free(c.blocks);
	return r;
}

/* ---- again, smaller, or refused */

static int
refuse(struct apply *a, size_t block, struct err *err)
{
	const char *session = a->file->blocks[block].session;

	(void)snprintf(a->why, sizeof(a->why), "session %s: %.120s", session, err->text);
	a->states[block] = JOURNAL_REFUSED;
	a->n_refused++;
	return journal_refuse(a->pg, a->file->head.id, session, err->text, err);
}

static int
apply_some(struct apply *a, const struct chosen *c, struct err *err)
{
	struct chosen half = *c;
	int tries, r = -1;

	for (tries = 0; tries < TRIES && r < 0; tries++) {
		if (tries)
			(void)poll(NULL, 0, 50 << tries);
		r = try_batch(a, c, err);
		if (r < 0 && (err->code != EAGAIN || PQstatus(a->pg) != CONNECTION_OK))
			break;
	}
	if (r == 0)
		return 0;
	if (PQstatus(a->pg) != CONNECTION_OK || a->pause->stopped || err->code == ECANCELED ||
	    err->code == EACCES)
		return -1;
	if (c->n == 1)
		return refuse(a, c->blocks[0], err);
	half.n = c->n / 2;
	if (apply_some(a, &half, err) < 0)
		return -1;
	half.blocks = c->blocks + half.n;
	half.n = c->n - half.n;
	return apply_some(a, &half, err);
}

/* ---- which */

static int
is_wanted(const struct apply *a, size_t i)
{
	const struct plan_block *b = &a->file->blocks[i];

	if (!b->n_entries)
		return 0;        /* all of its lines were taken out */
	if (a->user_id && (!b->user_id || strcmp(a->user_id, b->user_id) != 0))
		return 0;
	return a->since_us == MSG_NONE || (b->start_us != MSG_NONE && b->start_us >= a->since_us);
}

/* Sessions that are not certain are not asked for; they are no rest to be done later. */
static int
choose(struct apply *a, struct chosen *c, struct err *err)
{
	enum journal_state *undone = calloc(a->file->n_blocks + 1, sizeof(*undone));
	int64_t now_us = clock_utc_us();
	int r = a->certain ? journal_undone(a->pg, a->file, undone, err) : 0;
	size_t i;

	for (i = 0; r == 0 && i < a->file->n_blocks; i++) {
		if (!a->file->blocks[i].n_entries)
			continue;
		if (a->certain && (undone[i] == JOURNAL_UNDONE ||
				   !plan_is_certain(a->file, &a->file->blocks[i], now_us)))
			continue;
		if (a->states[i] == JOURNAL_APPLIED)
			a->n_before++;
		else if (is_wanted(a, i) && (!a->most || (int64_t)c->n < a->most))
			c->blocks[c->n++] = i;
		else
			a->n_left++;
	}
	free(undone);
	return r;
}

int
apply_run(struct apply *a, struct err *err)
{
	struct chosen all = {.blocks = calloc(a->file->n_blocks + 1, sizeof(size_t))}, c;
	size_t size = FIRST_BATCH, i;
	int64_t start_us, took_us;
	int r;

	a->states = calloc(a->file->n_blocks + 1, sizeof(*a->states));
	ASSERT(all.blocks && a->states);
	r = journal_states(a->pg, a->file, a->states, err);
	if (r == 0)
		r = choose(a, &all, err);
	progress_open(&a->progress, "apply");
	for (i = 0; r == 0 && i < all.n; i += c.n) {
		progress_say(&a->progress, (int64_t)i, (int64_t)all.n, "sessions");
		c.blocks = all.blocks + i;
		c.n = all.n - i < size ? all.n - i : size;
		start_us = clock_mono_us();
		if (pause_wait(a->pause, -1) < 0)
			r = err_set(err, ECANCELED, "asked to stop");
		else
			r = apply_some(a, &c, err);
		took_us = clock_mono_us() - start_us;
		if (took_us < QUICK_US && size < MOST_BATCH)
			size *= 2;
		else if (took_us > SLOW_US && size > FIRST_BATCH)
			size /= 2;
	}
	progress_close(&a->progress);
	free(all.blocks);
	free(a->states);
	a->states = NULL;
	return r;
}
