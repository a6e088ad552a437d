/* The rows as the rules see them. */
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <xxhash.h>

#include "services/dedupe-auditor/rules/fold.h"
#include "services/dedupe-auditor/rules/vocabulary.h"
#include "tests/world/world.h"

static int64_t
us(int64_t ms)
{
	return ms == MSG_NONE ? MSG_NONE : ms * 1000;
}

static void
model_session(struct legacy *legacy, const struct a_session *from)
{
	struct legacy_session *s = legacy_add_session(legacy);

	s->source = from->source;
	s->id = legacy_text(legacy, from->id);
	s->local_id = legacy_text(legacy, from->local_id);
	s->device_id = legacy_text(legacy, from->device);
	s->user_id = legacy_text(legacy, from->user);
	s->start_us = us(from->start_ms);
	s->end_us = us(from->end_ms);
	s->created_us = us(from->created_ms);
	s->updated_us = us(from->updated_ms);
	s->status = from->status;
	s->total_cycles = from->cycles;
	s->hypoxic_s = from->hypoxic_s;
	s->hyperoxic_s = from->hyperoxic_s;
	s->stated_n = from->n;
	s->stated_duration_s = from->duration_s;
	s->stated_avg_spo2 = from->avg_spo2;
	s->stated_min_spo2 = from->min_spo2;
	s->stated_max_spo2 = from->max_spo2;
	s->stated_avg_heart_rate = from->avg_hr;
	s->stated_min_heart_rate = from->min_hr;
	s->stated_max_heart_rate = from->max_hr;
}

static int64_t
number_of(const struct a_child *c, const char *name)
{
	const char *value = value_of(c, name);

	return value ? atoll(value) : MSG_NONE;
}

static void
model_key(struct legacy *legacy, const struct a_child *from, struct legacy_child *c)
{
	switch (from->table) {
	case LEGACY_EVENTS:
		c->type_text = legacy_text(legacy, value_of(from, "event_type"));
		c->type = vocabulary_event(c->type_text);
		c->at_us = us(number_of(from, "event_timestamp"));
		c->altitude_phase = number_of(from, "altitude_phase_number");
		c->recovery_phase = number_of(from, "recovery_phase_number");
		c->spo2 = number_of(from, "spo2_value");
		break;
	case LEGACY_PHASE_STATS:
		c->type_text = legacy_text(legacy, value_of(from, "phase_type"));
		c->type = vocabulary_phase(c->type_text);
		c->number = number_of(from, "phase_number");
		break;
	case LEGACY_RESPONSES:
		c->number = number_of(from, "phase_number");
		c->at_us = us(number_of(from, "timestamp"));
		break;
	case LEGACY_CYCLE_METRICS:
		c->number = number_of(from, "cycle_number");
		break;
	case LEGACY_SURVEYS:
		c->has_pre = value_of(from, "clarity_pre") != NULL;
		c->has_post = value_of(from, "clarity_post") || value_of(from, "energy_post") ||
			      value_of(from, "overall_rating");
		break;
	case LEGACY_ADAPTATION_METRICS:
	case LEGACY_SESSIONS:
	case LEGACY_READINGS:
	case LEGACY_TABLES:
		break;
	}
}

static void
model_child(struct legacy *legacy, const struct a_child *from)
{
	struct legacy_child *c = legacy_add_child(legacy);
	char text[2000] = "";
	int i;

	c->table = from->table;
	c->source = from->source;
	c->id = legacy_text(legacy, from->id);
	c->session_id = legacy_text(legacy, from->session);
	c->user_id = legacy_text(legacy, from->user);
	c->created_us = us(from->created_ms);
	c->updated_us = us(from->updated_ms);
	model_key(legacy, from, c);
	for (i = 0; columns_of[from->table].names[i]; i++) {
		if (from->values[i])
			c->set |= (uint64_t)1 << i;
		strncat(text, from->values[i] ? from->values[i] : "~", 100);
		strcat(text, "|");
	}
	c->digest = XXH3_64bits(text, strlen(text));
}

static int
by_time(const void *a, const void *b)
{
	const struct a_reading *x = *(const struct a_reading *const *)a;
	const struct a_reading *y = *(const struct a_reading *const *)b;
	int c;

	if (x->source != y->source)
		return x->source < y->source ? -1 : 1;
	if ((c = strcmp(x->session, y->session)))
		return c;
	return x->ms != y->ms ? (x->ms < y->ms ? -1 : 1) : x < y ? -1 : x > y;
}

static void
model_readings(struct legacy *legacy, struct a_reading *const *from, size_t n)
{
	struct legacy_reading *rows = calloc(n, sizeof(*rows));
	size_t *into = calloc(n, sizeof(*into)), i;
	struct legacy_readings *r = legacy_add_readings(legacy);
	struct fold_sum sum = {0};

	ASSERT(rows && into);
	r->source = from[0]->source;
	r->session_id = legacy_text(legacy, from[0]->session);
	r->user_id = legacy_text(legacy, from[0]->user);
	r->first_us = us(from[0]->ms);
	r->last_us = us(from[n - 1]->ms);
	r->n = (int64_t)n;
	for (i = 0; i < n; i++) {
		rows[i] = (struct legacy_reading){us(from[i]->ms), from[i]->spo2, from[i]->hr,
						  from[i]->signal, i};
		if (!same(from[i]->user, from[0]->user))
			r->user_id = NULL;
	}
	readings_fold(rows, n, into, &sum);
	for (i = 0; i < n; i++)
		if (into[i] == i)
			legacy_figures_add(&r->kept, rows[i].spo2, rows[i].heart_rate);
	r->n_again = sum.n_again;
	r->n_twice = sum.n_twice;
	r->n_clash = sum.n_clash;
	r->n_dense = sum.n_dense;
	free(rows);
	free(into);
}

void
world_model(const struct world *world, struct legacy *legacy)
{
	const struct rows *now = &world->now;
	struct a_reading **sorted = calloc(now->n_readings + 1, sizeof(*sorted));
	size_t n = 0, i, j;

	ASSERT(sorted);
	for (i = 0; i < now->n_sessions; i++)
		if (!now->sessions[i].gone)
			model_session(legacy, &now->sessions[i]);
	for (i = 0; i < now->n_children; i++)
		if (!now->children[i].gone)
			model_child(legacy, &now->children[i]);
	for (i = 0; i < now->n_readings; i++)
		if (!now->readings[i].gone)
			sorted[n++] = &now->readings[i];
	if (n)
		qsort(sorted, n, sizeof(*sorted), by_time);
	for (i = 0; i < n; i = j) {
		for (j = i + 1; j < n && sorted[j]->source == sorted[i]->source &&
				!strcmp(sorted[j]->session, sorted[i]->session); j++)
			;
		model_readings(legacy, sorted + i, j - i);
	}
	free(sorted);
}
