/* Which readings of the batch are copies: read back, folded by the rules, and noted in b_row. */
#include <stdlib.h>
#include <string.h>

#include "common/pg.h"
#include "services/dedupe-auditor/in_copy.h"
#include "services/dedupe-auditor/migrate/change_parts.h"
#include "services/dedupe-auditor/migrate/moments.h"

struct folding {
	struct moments moments;
	char **keys;                     /* in the order of arrival */
	size_t n_keys, room;
	int64_t block;
	struct sql_rows folds;
};

static void
keep_key(struct folding *f, const struct field *field)
{
	if (f->n_keys == f->room) {
		f->room = f->room ? f->room * 2 : 1024;
		f->keys = reallocarray(f->keys, f->room, sizeof(*f->keys));
		ASSERT(f->keys);
	}
	f->keys[f->n_keys] = strndup((const char *)field->p, (size_t)field->len);
	ASSERT(f->keys[f->n_keys]);
	f->n_keys++;
}

static void
end_session(struct folding *f)
{
	struct moments *m = &f->moments;
	struct fold_sum sum = {0};
	size_t i;

	moments_fold(m, &sum);
	for (i = 0; i < m->n; i++) {
		if (m->into[i] == i)
			continue;
		sql_cell_int(&f->folds, f->block);
		sql_cell(&f->folds, legacy_table_name(LEGACY_READINGS));
		sql_cell(&f->folds, f->keys[m->rows[i].row]);
		sql_cell(&f->folds, "fold");
		sql_cell(&f->folds, "sent-again");
		sql_cell(&f->folds, f->keys[m->rows[m->into[i]].row]);
		sql_cell_int(&f->folds, 0);
		sql_rows_next(&f->folds);
	}
	moments_clear(m);
	for (i = 0; i < f->n_keys; i++)
		free(f->keys[i]);
	f->n_keys = 0;
}

static int
stream(struct folding *f, struct copy *copy, struct err *err)
{
	int64_t block;
	int r;

	while ((r = copy_next(copy, err)) > 0) {
		if (field_int(&copy->fields[0], "block", 0, &block, err) != 1)
			return -1;
		if (block != f->block) {
			end_session(f);
			f->block = block;
		}
		/* a row without a time is no sample that could be told again */
		if (moments_add(&f->moments, &copy->fields[2]) == 0)
			keep_key(f, &copy->fields[1]);
	}
	end_session(f);
	return r;
}

/* A session is one block: what goes to it and what is there already. */
int
change_fold_readings(struct change *c, struct err *err)
{
	const struct table *t = shape_kind(c->shape, LEGACY_READINGS);
	struct copy copy = {0};
	struct folding f = {.block = -1};
	char *values, *sql;
	int r;

	if (!t || !c->batch->rows[B_FOLDR].n)
		return 0;
	sql_rows_open(&f.folds);
	values = moments_sql(t);
	/* in the order of arrival: of two copies the lower row is the first */
	ASSERT(asprintf(&sql, "SELECT w.ihht_block, w.ihht_key, %s FROM was_%d w WHERE w.ihht_block IN "
			"(SELECT block FROM b_foldr) ORDER BY w.ihht_block, length(w.ihht_key), w.ihht_key",
			values, change_place(c, t)) > 0);
	r = copy_start(&copy, c->pg, c->pause, 6, sql, err);
	if (r == 0)
		r = stream(&f, &copy, err);
	copy_release(&copy);
	if (r == 0 && f.folds.n) {
		r = sql_rows_send(&f.folds, c->pg, "b_row", err);
		if (r == 0)
			r = sql_run(c->pg, NULL, err, "ANALYZE b_row");
		c->batch->touches[change_place(c, t)] = 1;
	}
	sql_rows_close(&f.folds);
	moments_release(&f.moments);
	free(f.keys);
	free(values);
	free(sql);
	return r < 0 ? err_in(err, "%s", t->name) : 0;
}
