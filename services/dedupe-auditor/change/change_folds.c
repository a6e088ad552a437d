/* Which readings of the batch are copies: read back, folded by the rules, and noted in b_row.
 * A phone's reading that the cloud has is not taken over. */
#include <stdlib.h>
#include <string.h>

#include "common/pg.h"
#include "services/dedupe-auditor/change/change_parts.h"
#include "services/dedupe-auditor/in_copy.h"
#include "services/dedupe-auditor/plan/moments.h"

struct arrived {
	char *key;
	int is_phones;
};

struct folding {
	struct moments moments;
	struct arrived *keys;            /* in the order of arrival */
	size_t n_keys, room;
	size_t *stays;                   /* of each cluster, by its head: the cloud's row that does */
	size_t room_stays;
	int64_t block;
	int folds_cloud;                 /* the cloud's own copies, too */
	struct sql_rows folds;
};

static void
keep_key(struct folding *f, const struct field *field, int is_phones)
{
	if (f->n_keys == f->room) {
		f->room = f->room ? f->room * 2 : 1024;
		f->keys = reallocarray(f->keys, f->room, sizeof(*f->keys));
		ASSERT(f->keys);
	}
	f->keys[f->n_keys].key = strndup((const char *)field->p, (size_t)field->len);
	ASSERT(f->keys[f->n_keys].key);
	f->keys[f->n_keys++].is_phones = is_phones;
}

static void
put_fold(struct folding *f, const char *key, const char *op, const char *into)
{
	sql_cell_int(&f->folds, f->block);
	sql_cell(&f->folds, legacy_table_name(LEGACY_READINGS));
	sql_cell(&f->folds, key);
	sql_cell(&f->folds, op);
	sql_cell(&f->folds, "sent-again");
	sql_cell(&f->folds, into);
	sql_cell_int(&f->folds, 0);
	sql_rows_next(&f->folds);
}

static const struct arrived *
arrived(const struct folding *f, size_t i)
{
	return &f->keys[f->moments.rows[i].row];
}

/* Of rows that are one sample a phone's never displaces the cloud's. */
static void
find_stays(struct folding *f)
{
	const struct moments *m = &f->moments;
	size_t i, head;

	if (m->n > f->room_stays) {
		f->room_stays = m->n;
		f->stays = reallocarray(f->stays, m->n, sizeof(*f->stays));
		ASSERT(f->stays);
	}
	for (i = 0; i < m->n; i++)
		f->stays[i] = i;
	for (i = 0; i < m->n; i++) {
		head = m->into[i];
		if (arrived(f, f->stays[head])->is_phones && !arrived(f, i)->is_phones)
			f->stays[head] = i;
	}
}

static void
end_session(struct folding *f)
{
	struct moments *m = &f->moments;
	struct fold_sum sum = {0};
	size_t i, stays;

	moments_fold(m, &sum);
	find_stays(f);
	for (i = 0; i < m->n; i++) {
		stays = f->stays[m->into[i]];
		if (stays == i)
			continue;
		if (arrived(f, i)->is_phones)
			put_fold(f, arrived(f, i)->key, "drop", arrived(f, stays)->key);
		else if (f->folds_cloud)
			put_fold(f, arrived(f, i)->key, "fold", arrived(f, stays)->key);
	}
	moments_clear(m);
	for (i = 0; i < f->n_keys; i++)
		free(f->keys[i].key);
	f->n_keys = 0;
}

static int
stream(struct folding *f, struct copy *copy, struct err *err)
{
	int64_t block, is_phones, folds_cloud;
	int r;

	while ((r = copy_next(copy, err)) > 0) {
		if (field_int(&copy->fields[0], "block", 0, &block, err) != 1 ||
		    field_int(&copy->fields[2], "phone", 0, &is_phones, err) != 1 ||
		    field_int(&copy->fields[3], "cloud", 0, &folds_cloud, err) != 1)
			return -1;
		if (block != f->block) {
			end_session(f);
			f->block = block;
			f->folds_cloud = (int)folds_cloud;
		}
		/* a row without a time is no sample that could be told again */
		if (moments_add(&f->moments, &copy->fields[4]) == 0)
			keep_key(f, &copy->fields[1], (int)is_phones);
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
	ASSERT(asprintf(&sql, "SELECT w.ihht_block, w.ihht_key, w.ihht_phone, f.cloud, %s FROM was_%d w JOIN "
			"(SELECT block, bool_or(cloud) AS cloud FROM b_foldr GROUP BY 1) f ON f.block = "
			"w.ihht_block ORDER BY w.ihht_block, w.ihht_phone, length(w.ihht_key), w.ihht_key",
			values, change_place(c, t)) > 0);
	r = copy_start(&copy, c->pg, c->pause, 8, sql, err);
	if (r == 0)
		r = stream(&f, &copy, err);
	copy_release(&copy);
	if (r == 0 && f.folds.n) {
		r = sql_rows_send(&f.folds, c->pg, "b_row", err);
		if (r == 0)
			r = sql_run(c->pg, NULL, err, "ANALYZE b_row; DELETE FROM was_%d w USING b_row r WHERE "
				    "r.op = 'drop' AND r.tbl = 'readings' AND r.key = w.ihht_key",
				    change_place(c, t));
		c->batch->touches[change_place(c, t)] = 1;
	}
	sql_rows_close(&f.folds);
	moments_release(&f.moments);
	free(f.keys);
	free(f.stays);
	free(values);
	free(sql);
	return r < 0 ? err_in(err, "%s", t->name) : 0;
}
