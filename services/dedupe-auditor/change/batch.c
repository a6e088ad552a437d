#include "services/dedupe-auditor/change/batch.h"

#include <errno.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "common/clock.h"
#include "common/pg.h"
#include "proto/ids.h"

static const struct {
	const char *name, *columns;
} tables[BATCH_TABLES] = {
	[B_MAP] = {"b_map", "block int, old text, new text, rule text"},
	[B_ROW] = {"b_row", "block int, tbl text, key text, op text, rule text, \"into\" text, ord int"},
	[B_MERGE] = {"b_merge", "block int, id text, \"into\" text, rule text, ord int"},
	[B_SET] = {"b_set", "block int, id text, patch jsonb"},
	[B_COUNT] = {"b_count", "block int, id text"},
	[B_FOLDR] = {"b_foldr", "block int, id text, cloud boolean"},
	[B_ALIAS] = {"b_alias", "block int, old text, id text, rule text"},
	[B_BLOCK] = {"b_block", "block int, id text"},
	[B_PHONE] = {"b_phone", "block int, tbl text, key text, op text, rule text, \"row\" jsonb"},
};

void
batch_open(struct batch *b, struct phones *phones)
{
	int i;

	*b = (struct batch){.phones = phones};
	for (i = 0; i < BATCH_TABLES; i++)
		sql_rows_open(&b->rows[i]);
}

void
batch_close(struct batch *b)
{
	int i;

	for (i = 0; i < BATCH_TABLES; i++)
		sql_rows_close(&b->rows[i]);
}

static void
put(struct batch *b, enum batch_table table, size_t block, const char *const *texts, int n)
{
	struct sql_rows *rows = &b->rows[table];
	int i;

	sql_cell_int(rows, (int64_t)block);
	for (i = 0; i < n; i++)
		sql_cell(rows, texts[i]);
}

static void
put_end(struct batch *b, enum batch_table table, int ord)
{
	if (ord >= 0)
		sql_cell_int(&b->rows[table], ord);
	sql_rows_next(&b->rows[table]);
}

void
batch_alias(struct batch *b, size_t block, const char *old, const char *session, const char *rule)
{
	const char *texts[] = {old, session, rule};

	if (!old || !strcmp(old, session))
		return;
	put(b, B_ALIAS, block, texts, 3);
	put_end(b, B_ALIAS, -1);
}

static void
add_merge(struct batch *b, size_t block, const struct entry *e)
{
	int i;

	for (i = 0; i < (int)e->n_members; i++) {
		const char *map[] = {e->members[i], e->session, e->rule};

		put(b, B_MAP, block, map, 3);
		put_end(b, B_MAP, -1);
		put(b, B_MERGE, block, map, 3);
		put_end(b, B_MERGE, i + 1);
		batch_alias(b, block, e->members[i], e->session, e->rule);
	}
	b->moves = 1;
	if (b->most_merges < (int)e->n_members)
		b->most_merges = (int)e->n_members;
}

static int
place_of(const struct shape *shape, enum legacy_table kind)
{
	const struct table *t = shape_kind(shape, kind);

	return t ? (int)(t - shape->tables) : -1;
}

static void
put_row(struct batch *b, size_t block, const struct entry *e, const char *key, const char *op,
	const char *into, int ord)
{
	const char *row[] = {legacy_table_name(e->table), key, op, e->rule, into};

	put(b, B_ROW, block, row, 5);
	put_end(b, B_ROW, ord);
}

/* ---- a phone's rows */

struct borrowed {
	struct batch *batch;
	const struct entry *entry;
	size_t block;
	const char *op;
};

static void
put_borrowed(void *arg, const char *key, const char *json)
{
	struct borrowed *w = arg;
	const char *row[] = {legacy_table_name(w->entry->table), key, w->op, w->entry->rule, json};

	put(w->batch, B_PHONE, w->block, row, 5);
	put_end(w->batch, B_PHONE, -1);
}

static int
borrow(struct batch *b, const struct plan_block *p, size_t block, const struct entry *e, size_t i,
       const char *op, const struct shape *shape, struct err *err)
{
	int source = e->sources ? e->sources[i] : e->source, place = place_of(shape, e->table), r;
	struct phone_home home = {.session = p->session, .user_id = p->user_id,
				  .device_id = b->phones->head->phones[source - 1].device_id,
				  .settled = e->table == LEGACY_SESSIONS ? &e->settled : NULL};
	struct borrowed borrowed = {b, e, block, op};

	if (place < 0)
		return err_set(err, ENOENT, "the cloud has no table %s", legacy_table_name(e->table));
	r = phones_rows(b->phones, source, &shape->tables[place], e->members[i], &home, put_borrowed,
			&borrowed, err);
	if (r == 0)
		return err_set(err, ENOENT, "%s: no row %s in %s", b->phones->head->phones[source - 1].path,
			       e->members[i], legacy_table_name(e->table));
	b->borrows[place] = 1;
	return r < 0 ? -1 : 0;
}

/* ---- entries */

static void
put_foldr(struct batch *b, size_t block, const char *session, const char *cloud)
{
	const char *of[] = {session, cloud};

	put(b, B_FOLDR, block, of, 2);
	put_end(b, B_FOLDR, -1);
}

static int
add_adopt(struct batch *b, const struct plan_block *p, size_t block, const struct entry *e,
	  const struct shape *shape, struct err *err)
{
	int place = place_of(shape, e->table), r = 0;
	size_t i;

	if (e->source != LEGACY_CLOUD && e->table == LEGACY_READINGS)
		put_foldr(b, block, e->session, "f");
	for (i = 0; r == 0 && i < e->n_members; i++) {
		const char *map[] = {e->members[i], e->session, e->rule};

		if (e->source != LEGACY_CLOUD) {
			r = borrow(b, p, block, e, i, "adopt", shape, err);
		} else if (e->table == LEGACY_READINGS) {
			put(b, B_MAP, block, map, 3);
			put_end(b, B_MAP, -1);
			b->moves = 1;
		} else if (place > 0) {
			put_row(b, block, e, e->members[i], "adopt", e->session, 0);
			b->touches[place] = 1;
		}
	}
	return r;
}

/* What a phone's row is called here. */
static const char *
key_of(const struct entry *e, size_t i, char key[300])
{
	if (e->sources[i] == LEGACY_CLOUD)
		return e->members[i];
	(void)snprintf(key, 300, "%d:%s", e->sources[i], e->members[i]);
	return key;
}

static int
add_fold(struct batch *b, const struct plan_block *p, size_t block, const struct entry *e,
	 const struct shape *shape, struct err *err)
{
	int place = place_of(shape, e->table), r = 0;
	char key[300], keep[300];
	size_t i;

	if (e->table == LEGACY_READINGS) {
		put_foldr(b, block, e->session, "t");
		return 0;
	}
	if (place <= 0)
		return 0;
	b->touches[place] = 1;
	for (i = 0; r == 0 && i < e->n_members; i++) {
		int is_phones = e->sources[i] != LEGACY_CLOUD;

		/* a phone's row that stays was adopted before, and is here already */
		if (is_phones && i != e->keep)
			r = borrow(b, p, block, e, i, "lend", shape, err);
		put_row(b, block, e, key_of(e, i, key), is_phones ? "lend" : i == e->keep ? "keep" : "fold",
			key_of(e, e->keep, keep), (int)i + 1);
	}
	if (b->most_fills[place] < (int)e->n_members)
		b->most_fills[place] = (int)e->n_members;
	return r;
}

static void
set_time(json_t *patch, const char *column, int64_t us)
{
	char at[CLOCK_TEXT];

	(void)json_object_set_new(patch, column, us == MSG_NONE ? json_null()
								  : json_string(clock_text(us, at)));
}

static void
set_text(json_t *patch, const char *column, const char *text)
{
	(void)json_object_set_new(patch, column, text ? json_string(text) : json_null());
}

static void
add_settle(struct batch *b, size_t block, const struct entry *e)
{
	const struct settled *s = &e->settled;
	json_t *patch = json_object();
	const char *row[2] = {e->session, NULL};
	char *text;

	if (s->which & SETTLE_STATUS)
		set_text(patch, "status", words_session_status.texts[s->status]);
	if (s->which & SETTLE_START)
		set_time(patch, "start_time", s->start_us);
	if (s->which & SETTLE_END)
		set_time(patch, "end_time", s->end_us);
	if (s->which & SETTLE_USER)
		set_text(patch, "user_id", s->user_id);
	if (s->which & SETTLE_LOCAL)
		set_text(patch, "local_session_id", s->local_id);
	row[1] = text = json_dumps(patch, JSON_COMPACT);
	put(b, B_SET, block, row, 2);
	put_end(b, B_SET, -1);
	free(text);
	json_decref(patch);
}

int
batch_add(struct batch *b, const struct plan_file *file, const struct shape *shape, size_t block,
	  struct err *err)
{
	const struct plan_block *p = &file->blocks[block];
	const struct entry *e = file->plan.entries + p->entry;
	const char *session[] = {p->session};
	int count = 0, r = 0;
	size_t i;

	put(b, B_BLOCK, block, session, 1);
	put_end(b, B_BLOCK, -1);
	for (i = 0; r == 0 && i < p->n_entries; i++, e++) {
		if (e->kind == ENTRY_MERGE)
			add_merge(b, block, e);
		else if (e->kind == ENTRY_ADOPT)
			r = add_adopt(b, p, block, e, shape, err);
		else if (e->kind == ENTRY_FOLD)
			r = add_fold(b, p, block, e, shape, err);
		else if (e->kind == ENTRY_SETTLE)
			add_settle(b, block, e);
		/* readings that came or went are counted anew, whether a line says so or not */
		count |= e->kind == ENTRY_RECOMPUTE || e->kind == ENTRY_MERGE ||
			 (e->kind == ENTRY_ADOPT && e->table == LEGACY_SESSIONS) ||
			 ((e->kind == ENTRY_ADOPT || e->kind == ENTRY_FOLD) && e->table == LEGACY_READINGS);
	}
	if (!count)
		return r;
	put(b, B_COUNT, block, session, 1);
	put_end(b, B_COUNT, -1);
	return r;
}

int
batch_send(struct batch *b, PGconn *pg, struct err *err)
{
	int i;

	for (i = 0; i < BATCH_TABLES; i++)
		if (sql_run(pg, NULL, err, "CREATE TEMP TABLE %s (%s) ON COMMIT DROP", tables[i].name,
			    tables[i].columns) < 0 ||
		    sql_rows_send(&b->rows[i], pg, tables[i].name, err) < 0 ||
		    (b->rows[i].n && sql_run(pg, NULL, err, "ANALYZE %s", tables[i].name) < 0))
			return -1;
	return 0;
}
