#include "services/dedupe-auditor/rules/legacy.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "services/dedupe-auditor/rules/texts.h"

static const char *const names[LEGACY_TABLES] = {
	[LEGACY_SESSIONS] = "sessions",
	[LEGACY_READINGS] = "readings",
	[LEGACY_SURVEYS] = "session_surveys",
	[LEGACY_RESPONSES] = "intra_session_responses",
	[LEGACY_EVENTS] = "session_adaptive_events",
	[LEGACY_PHASE_STATS] = "session_phase_stats",
	[LEGACY_CYCLE_METRICS] = "session_cycle_metrics",
	[LEGACY_ADAPTATION_METRICS] = "session_adaptation_metrics",
};

const char *
legacy_table_name(enum legacy_table table)
{
	ASSERT(table < LEGACY_TABLES);
	return names[table];
}

static void *
grown(void *items, size_t n, size_t *room, size_t size)
{
	if (n < *room)
		return items;
	*room = *room ? *room * 2 : 64;
	items = reallocarray(items, *room, size);
	ASSERT(items);
	return items;
}

struct legacy_session *
legacy_add_session(struct legacy *legacy)
{
	struct legacy_session *s;

	legacy->sessions = grown(legacy->sessions, legacy->n_sessions, &legacy->room_sessions,
				 sizeof(*s));
	s = &legacy->sessions[legacy->n_sessions++];
	*s = (struct legacy_session){
		.start_us = MSG_NONE, .end_us = MSG_NONE, .created_us = MSG_NONE,
		.updated_us = MSG_NONE, .total_cycles = MSG_NONE, .hypoxic_s = MSG_NONE,
		.hyperoxic_s = MSG_NONE, .stated_n = MSG_NONE, .stated_avg_spo2 = NAN,
		.stated_min_spo2 = NAN, .stated_max_spo2 = NAN, .stated_avg_heart_rate = NAN,
		.stated_min_heart_rate = NAN, .stated_max_heart_rate = NAN,
		.stated_duration_s = MSG_NONE,
	};
	return s;
}

struct legacy_child *
legacy_add_child(struct legacy *legacy)
{
	struct legacy_child *c;

	legacy->children = grown(legacy->children, legacy->n_children, &legacy->room_children,
				 sizeof(*c));
	c = &legacy->children[legacy->n_children++];
	*c = (struct legacy_child){
		.type = MSG_NONE, .number = MSG_NONE, .altitude_phase = MSG_NONE,
		.recovery_phase = MSG_NONE, .spo2 = MSG_NONE, .at_us = MSG_NONE,
		.created_us = MSG_NONE, .updated_us = MSG_NONE,
	};
	return c;
}

struct legacy_readings *
legacy_add_readings(struct legacy *legacy)
{
	struct legacy_readings *r;

	legacy->readings = grown(legacy->readings, legacy->n_readings, &legacy->room_readings,
				 sizeof(*r));
	r = &legacy->readings[legacy->n_readings++];
	*r = (struct legacy_readings){.first_us = MSG_NONE, .last_us = MSG_NONE};
	legacy_figures_clear(&r->kept);
	return r;
}

void
legacy_clear(struct legacy *legacy)
{
	free(legacy->sessions);
	free(legacy->children);
	free(legacy->readings);
	texts_free(&legacy->texts);
	memset(legacy, 0, sizeof(*legacy));
}

const char *
legacy_text(struct legacy *legacy, const char *text)
{
	if (!legacy->texts)
		legacy->texts = texts_new();
	return texts_once(legacy->texts, text);
}

void
legacy_figures_clear(struct legacy_figures *f)
{
	*f = (struct legacy_figures){
		.min_spo2 = NAN, .max_spo2 = NAN, .min_heart_rate = NAN, .max_heart_rate = NAN,
	};
}

/* fmin and fmax take the other one where one is NAN. */
void
legacy_figures_add(struct legacy_figures *f, int64_t spo2, int64_t heart_rate)
{
	f->n++;
	if (spo2 > 0) {
		f->n_spo2++;
		f->sum_spo2 += (double)spo2;
		f->min_spo2 = fmin(f->min_spo2, (double)spo2);
		f->max_spo2 = fmax(f->max_spo2, (double)spo2);
	}
	if (heart_rate > 0) {
		f->n_heart_rate++;
		f->sum_heart_rate += (double)heart_rate;
		f->min_heart_rate = fmin(f->min_heart_rate, (double)heart_rate);
		f->max_heart_rate = fmax(f->max_heart_rate, (double)heart_rate);
	}
}

void
legacy_figures_join(struct legacy_figures *f, const struct legacy_figures *more)
{
	f->n += more->n;
	f->n_spo2 += more->n_spo2;
	f->n_heart_rate += more->n_heart_rate;
	f->sum_spo2 += more->sum_spo2;
	f->sum_heart_rate += more->sum_heart_rate;
	f->min_spo2 = fmin(f->min_spo2, more->min_spo2);
	f->max_spo2 = fmax(f->max_spo2, more->max_spo2);
	f->min_heart_rate = fmin(f->min_heart_rate, more->min_heart_rate);
	f->max_heart_rate = fmax(f->max_heart_rate, more->max_heart_rate);
}
