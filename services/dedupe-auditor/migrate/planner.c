#include "services/dedupe-auditor/migrate/planner.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "common/clock.h"
#include "common/pg.h"
#include "proto/ids.h"
#include "services/dedupe-auditor/plan/unions.h"

/* ---- what is there */

static int
read_all(struct planner *p, struct err *err)
{
	int i, r;

	r = pg_exec(p->pg, "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY", err);
	if (r == 0)
		r = journal_aliases(p->pg, &p->in.model, &p->aliases, err);
	if (r == 0)
		r = legacy_read_cloud(&p->in, p->pg, p->shape, p->pause, err);
	for (i = 0; r == 0 && i < p->n_phones; i++)
		r = legacy_read_phone(&p->in, p->phones[i], i + 1, p->shape, p->pause, err);
	return r;
}

/* ---- sessions of the cloud by id */

struct index {
	const struct legacy_session **items;
	size_t n;
};

static int
by_id(const void *a, const void *b)
{
	const struct legacy_session *const *x = a, *const *y = b;

	return strcmp((*x)->id, (*y)->id);
}

static void
index_open(struct index *index, const struct legacy *model)
{
	size_t i;

	index->items = calloc(model->n_sessions + 1, sizeof(*index->items));
	ASSERT(index->items);
	for (index->n = i = 0; i < model->n_sessions; i++)
		if (model->sessions[i].source == LEGACY_CLOUD)
			index->items[index->n++] = &model->sessions[i];
	qsort(index->items, index->n, sizeof(*index->items), by_id);
}

static const struct legacy_session *
index_find(const struct index *index, const char *id)
{
	struct legacy_session key = {.id = id};
	const struct legacy_session *k = &key, **found;

	found = bsearch(&k, index->items, index->n, sizeof(*index->items), by_id);
	return found ? *found : NULL;
}

/* ---- blocks */

static void
start_block(struct planner *p, const struct index *index, const struct entry *e)
{
	const struct legacy_session *s = index_find(index, e->session);
	const char *user_id = s ? s->user_id : NULL;
	int64_t start_us = s ? s->start_us : MSG_NONE;

	if (e->settled.which & SETTLE_USER)
		user_id = e->settled.user_id;
	if (e->settled.which & SETTLE_START)
		start_us = e->settled.start_us;
	plan_file_block(&p->file, e->session, user_id, start_us);
	if (s)
		plan_file_saw(&p->file, e->session, legacy_seen(&p->in, e->session));
}

static void
add_entry(struct planner *p, const struct entry *e)
{
	struct plan_block *b;
	size_t i;

	*plan_file_entry(&p->file) = *e;
	if (e->kind == ENTRY_LEAVE)
		return;
	b = &p->file.blocks[p->file.n_blocks - 1];
	b->n_entries++;
	for (i = 0; e->kind == ENTRY_MERGE && i < e->n_members; i++)
		plan_file_saw(&p->file, e->members[i], legacy_seen(&p->in, e->members[i]));
}

static int
is_phones_readings(const struct entry *e)
{
	return e->kind == ENTRY_ADOPT && e->table == LEGACY_READINGS && e->source != LEGACY_CLOUD;
}

static int
is_of_last_block(const struct planner *p, const struct entry *e)
{
	return p->file.n_blocks &&
	       !strcmp(p->file.blocks[p->file.n_blocks - 1].session, e->session);
}

/* Copies across ids that are now one session are only seen together: unions.h. */
static void
end_block(struct planner *p, const struct unions *unions)
{
	struct plan_block *b;
	struct entry *e;
	int64_t n;
	size_t i;

	if (!p->file.n_blocks)
		return;
	b = &p->file.blocks[p->file.n_blocks - 1];
	if ((n = unions_folds(unions, b->session)) < 0)
		return;
	for (i = b->entry; i < b->entry + b->n_entries; i++) {
		e = &p->file.plan.entries[i];
		if (e->kind == ENTRY_FOLD && e->table == LEGACY_READINGS) {
			e->n = n;
			return;
		}
	}
	if (!n)
		return;
	e = plan_file_entry(&p->file);
	*e = (struct entry){.kind = ENTRY_FOLD, .rule = "sent-again", .table = LEGACY_READINGS,
			    .session = b->session, .n = n,
			    .why = "one sample told again: same time and values, or fed twice within 250 ms"};
	b->n_entries++;
}

static void
add_blocks(struct planner *p, const struct unions *unions)
{
	const struct entry *e;
	struct index index;
	int64_t n = 0;

	index_open(&index, &p->in.model);
	for (e = p->plan.entries; e < p->plan.entries + p->plan.n; e++) {
		if (e->kind == ENTRY_LEAVE)
			continue;
		if (is_phones_readings(e) && !(n = unions_new(unions, e->session)))
			continue;        /* the cloud has them all */
		if (!is_of_last_block(p, e)) {
			end_block(p, unions);
			start_block(p, &index, e);
		}
		add_entry(p, e);
		if (is_phones_readings(e))
			p->file.plan.entries[p->file.plan.n - 1].n = n;
	}
	end_block(p, unions);
	for (e = p->plan.entries; e < p->plan.entries + p->plan.n; e++)
		if (e->kind == ENTRY_LEAVE)
			add_entry(p, e);
	free(index.items);
}

/* ---- the head */

/* How many rows a table has less, or more, when the entry is done. */
static int64_t
effect(const struct entry *e)
{
	int64_t n = 0;
	size_t i;

	if (e->kind == ENTRY_MERGE)
		return -(int64_t)e->n_members;
	if (e->kind == ENTRY_ADOPT && e->source != LEGACY_CLOUD)
		return e->table == LEGACY_READINGS ? e->n : (int64_t)e->n_members;
	if (e->kind != ENTRY_FOLD)
		return 0;
	if (e->table == LEGACY_READINGS)
		return -e->n;
	for (i = 0; i < e->n_members; i++)
		n -= i != e->keep && e->sources[i] == LEGACY_CLOUD;
	return n;
}

/* Of the sessions in the cloud that this phone has, too. */
static const char *
device_of(const struct planner *p, int source)
{
	const struct legacy_session *phones, *s, *end = p->in.model.sessions + p->in.model.n_sessions;
	const char *device = NULL;

	for (phones = p->in.model.sessions; !device && phones < end; phones++)
		for (s = p->in.model.sessions; phones->source == source && phones->local_id && !device &&
		     s < end; s++)
			if (s->source == LEGACY_CLOUD && s->local_id == phones->local_id)
				device = s->device_id;
	return device;
}

static void
add_head(struct planner *p)
{
	struct plan_head *head = &p->file.head;
	const struct entry *e;
	struct plan_table *t;
	char text[200];
	ids_uuid id;
	int i;

	ids_random(id);
	head->id = plan_file_text(&p->file, id);
	head->made_us = p->now_us;
	(void)snprintf(text, sizeof(text), "%.100s, PostgreSQL %.40s", PQdb(p->pg), p->shape->server);
	head->database = plan_file_text(&p->file, text);
	head->identity = plan_file_text(&p->file, p->shape->identity);
	head->schema = plan_file_text(&p->file, p->shape->schema);
	for (i = 0; i < p->n_phones; i++)
		head->phones[head->n_phones++] = (struct plan_phone){
			plan_file_text(&p->file, p->phones[i]),
			plan_file_text(&p->file, p->in.phones[i].sha256),
			plan_file_text(&p->file, device_of(p, i + 1))};
	for (i = 0; i < p->shape->n_tables; i++) {
		t = &head->tables[head->n_tables++];
		*t = (struct plan_table){
			.name = plan_file_text(&p->file, p->shape->tables[i].name),
			.before = p->in.counts[i].rows, .after = p->in.counts[i].rows,
			.digest = plan_file_text(&p->file, p->in.counts[i].digest),
			.upto = plan_file_text(&p->file, p->in.counts[i].upto)};
		for (e = p->file.plan.entries; e < p->file.plan.entries + p->file.plan.n; e++)
			if (e->table == p->shape->tables[i].kind)
				t->after += effect(e);
	}
}

int
planner_run(struct planner *p, struct err *err)
{
	struct rules_options options = {.empty_twins = p->empty_twins, .now_us = p->now_us,
					.abandon_us = p->abandon_us};
	struct unions unions = {0};
	int r = read_all(p, err);

	if (r == 0) {
		options.alias_ids = p->aliases.ids;
		options.alias_into = p->aliases.into;
		options.n_aliases = p->aliases.n;
		rules_plan(&p->in.model, &options, &p->plan);
		p->pause->doing = "readings that come together";
		r = unions_read(&unions, p->pg, p->shape, &p->in.model, &p->plan, p->phones, p->pause,
				err);
	}
	(void)pg_exec(p->pg, "ROLLBACK", NULL);
	if (r == 0) {
		add_blocks(p, &unions);
		add_head(p);
	}
	unions_release(&unions);
	return r;
}

void
planner_release(struct planner *p)
{
	plan_file_clear(&p->file);
	plan_clear(&p->plan);
	journal_aliases_release(&p->aliases);
	in_legacy_clear(&p->in);
}
