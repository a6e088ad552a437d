/*
 * Rows of any kind make a plan that can be carried out.  There are few ids, persons and times,
 * so that rows meet in ways nobody thought of.
 */
#include <stdlib.h>
#include <string.h>

#include "services/dedupe-auditor/rules/rules.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const char *const ids[] = {
	NULL, "a", "b", "0b8d6c1e-4f3a-4a51-9a55-0123456789ab", "IHHT_1754000000000_abc",
	"IHHT_1754000003000_def", "IHHT_TRAINING", "session_1754000700000", "IHHT_175400000000x_abc",
	"HRV_CALIBRATION_1754000000000_x", "_1754000000000", "session_", "IHHT_9999999999999_z",
};
static const char *const names[] = {NULL, "u", "v", "w"};
static const int64_t seconds[] = {0, 1, 4, 5, 10, 11, 60, 600, 700, 1800, 2400, 7200, 90000, -100};
#define T0 1754000000000000

struct bytes {
	const uint8_t *at, *end;
};

static unsigned
take(struct bytes *b, unsigned n)
{
	return b->at < b->end ? *b->at++ % n : 0;
}

static int64_t
moment(struct bytes *b)
{
	unsigned i = take(b, 16);

	return i == 14 ? MSG_NONE : i == 15 ? MSG_TIME_MAX : T0 + seconds[i] * 1000000;
}

#define PICK(b, list) list[take(b, sizeof(list) / sizeof(list[0]))]

static void
add_session(struct legacy *legacy, struct bytes *b)
{
	struct legacy_session *s = legacy_add_session(legacy);

	s->source = (int)take(b, 3);
	s->id = PICK(b, ids);
	if (!s->id)
		s->id = "z";
	s->local_id = s->source ? s->id : PICK(b, ids);
	s->device_id = PICK(b, names);
	s->user_id = PICK(b, names);
	s->start_us = moment(b);
	s->end_us = moment(b);
	s->created_us = moment(b);
	s->updated_us = moment(b);
	s->status = take(b, 6);
	s->total_cycles = take(b, 4) - 1;
	s->hypoxic_s = take(b, 3) * 300;
}

static void
add_child(struct legacy *legacy, struct bytes *b)
{
	struct legacy_child *c = legacy_add_child(legacy);

	c->table = LEGACY_SURVEYS + take(b, LEGACY_TABLES - LEGACY_SURVEYS);
	c->source = (int)take(b, 3);
	c->id = PICK(b, ids);
	c->session_id = PICK(b, ids);
	c->user_id = PICK(b, names);
	c->type = (int64_t)take(b, 4) - 1;
	c->type_text = PICK(b, names);
	c->number = take(b, 4) ? (int64_t)take(b, 4) : MSG_NONE;
	c->spo2 = take(b, 2) ? 70 + (int64_t)take(b, 20) : MSG_NONE;
	c->at_us = moment(b);
	c->created_us = c->updated_us = moment(b);
	c->has_post = (int)take(b, 2);
	c->set = take(b, 8);
	c->digest = take(b, 3);
}

static void
add_readings(struct legacy *legacy, struct bytes *b)
{
	struct legacy_readings *r = legacy_add_readings(legacy);

	r->source = (int)take(b, 3);
	r->session_id = PICK(b, ids);
	r->user_id = PICK(b, names);
	r->first_us = moment(b);
	r->last_us = moment(b);
	r->n = take(b, 200);
	r->n_again = take(b, 2);
	r->n_clash = take(b, 2);
	legacy_figures_add(&r->kept, 90, 60);
}

static void
fill(struct legacy *legacy, struct bytes b)
{
	while (b.at < b.end)
		switch (take(&b, 3)) {
		case 0:
			add_session(legacy, &b);
			break;
		case 1:
			add_child(legacy, &b);
			break;
		default:
			add_readings(legacy, &b);
		}
}

/* Each entry is whole: what carries it out relies on that. */
static void
check(const struct plan *plan)
{
	const struct entry *e;
	size_t i;

	for (e = plan->entries; e < plan->entries + plan->n; e++) {
		ASSERT(e->rule && e->why && e->kind < ENTRY_KINDS);
		ASSERT(e->kind == ENTRY_LEAVE || (e->session && e->n_members));
		ASSERT(e->kind != ENTRY_FOLD || e->keep < e->n_members);
		for (i = 0; e->kind == ENTRY_MERGE && i < e->n_members; i++)
			ASSERT(e->sources[i] == LEGACY_CLOUD);
	}
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct rules_options options = {.now_us = MSG_NONE, .abandon_us = MSG_NONE};
	struct bytes b = {data, data + size};
	struct legacy legacy = {0};
	struct plan plan = {0};

	if (size > 2000)
		return 0;
	options.empty_twins = (int)take(&b, 2);
	if (take(&b, 2))
		options.abandon_us = T0 + 700 * 1000000LL;
	fill(&legacy, b);
	rules_plan(&legacy, &options, &plan);
	check(&plan);
	plan_clear(&plan);
	legacy_clear(&legacy);
	return 0;
}
