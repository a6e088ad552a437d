#include "services/dedupe-auditor/rules/cells.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <xxhash.h>

#include "services/dedupe-auditor/rules/times.h"
#include "services/dedupe-auditor/rules/vocabulary.h"

enum place {
	LOCAL_ID, DEVICE, USER, START, END, CREATED, UPDATED, STATUS, CYCLES, HYPOXIC, HYPEROXIC,
	TOTAL, AVG_SPO2, MIN_SPO2, MAX_SPO2, AVG_HR, MIN_HR, MAX_HR, DURATION,
	PHASE_TYPE, EVENT_TYPE, PHASE_NUMBER, CYCLE_NUMBER, ALTITUDE_PHASE, RECOVERY_PHASE, SPO2,
	EVENT_TIME, TIME, N_PLACES
};

static const char *const names[N_PLACES] = {
	[LOCAL_ID] = "local_session_id", [DEVICE] = "device_id", [USER] = "user_id",
	[START] = "start_time", [END] = "end_time", [CREATED] = "created_at",
	[UPDATED] = "updated_at", [STATUS] = "status", [CYCLES] = "total_cycles",
	[HYPOXIC] = "hypoxic_duration", [HYPEROXIC] = "hyperoxic_duration",
	[TOTAL] = "total_readings", [AVG_SPO2] = "avg_spo2", [MIN_SPO2] = "min_spo2",
	[MAX_SPO2] = "max_spo2", [AVG_HR] = "avg_heart_rate", [MIN_HR] = "min_heart_rate",
	[MAX_HR] = "max_heart_rate", [DURATION] = "total_duration_seconds",
	[PHASE_TYPE] = "phase_type", [EVENT_TYPE] = "event_type",
	[PHASE_NUMBER] = "phase_number", [CYCLE_NUMBER] = "cycle_number",
	[ALTITUDE_PHASE] = "altitude_phase_number", [RECOVERY_PHASE] = "recovery_phase_number",
	[SPO2] = "spo2_value", [EVENT_TIME] = "event_timestamp", [TIME] = "timestamp",
};

static int
ends_with(const char *text, const char *tail)
{
	size_t n = strlen(text), m = strlen(tail);

	return n >= m && !strcmp(text + n - m, tail);
}

/* Who and when a row was made says nothing about what it says. */
static int
is_content(const char *name)
{
	return strcmp(name, "id") && !ends_with(name, "_id") && !ends_with(name, "_at") &&
	       !ends_with(name, "timestamp") && !ends_with(name, "_time");
}

void
cells_find(struct cells *cells, int (*place)(const void *table, const char *column),
	   const void *table)
{
	int p, i;

	for (p = 0; p < N_PLACES; p++) {
		cells->places[p] = -1;
		for (i = 0; i < cells->n; i++)
			if (!strcmp(cells->names[i], names[p]))
				cells->places[p] = i;
	}
	for (i = 0; i < cells->n; i++) {
		cells->bits[i] = place ? place(table, cells->names[i]) : i;
		if (cells->bits[i] >= 64 || !is_content(cells->names[i]))
			cells->bits[i] = -1;
	}
}

static const char *
text_of(const struct cells *cells, enum place place)
{
	int i = cells->places[place];

	return i < 0 ? NULL : cells->values[i];
}

static double
real_of(const struct cells *cells, enum place place)
{
	const char *text = text_of(cells, place);
	char *end;
	double v = text ? strtod(text, &end) : NAN;

	return text && end != text && !*end ? v : NAN;
}

static int64_t
int_of(const struct cells *cells, enum place place)
{
	double v = real_of(cells, place);

	return isfinite(v) && fabs(v) < 1e15 ? llrint(v) : MSG_NONE;
}

static int64_t
time_of(struct cells *cells, enum place place)
{
	struct legacy_time time;
	int r = times_text(text_of(cells, place), &time, NULL);

	cells->n_bad_times += r < 0;
	return r > 0 ? time.us : MSG_NONE;
}

struct legacy_session *
cells_session(struct cells *cells, struct legacy *legacy, int source, const char *id)
{
	struct legacy_session *s = legacy_add_session(legacy);
	int i, status;

	s->source = source;
	s->id = legacy_text(legacy, id);
	s->local_id = source == LEGACY_CLOUD ? legacy_text(legacy, text_of(cells, LOCAL_ID)) : s->id;
	s->device_id = legacy_text(legacy, text_of(cells, DEVICE));
	s->user_id = legacy_text(legacy, text_of(cells, USER));
	s->start_us = time_of(cells, START);
	s->end_us = time_of(cells, END);
	s->created_us = time_of(cells, CREATED);
	s->updated_us = time_of(cells, UPDATED);
	status = vocabulary_status(text_of(cells, STATUS));
	s->status = status < 0 ? SESSION_NONE : status;
	s->total_cycles = int_of(cells, CYCLES);
	s->hypoxic_s = int_of(cells, HYPOXIC);
	s->hyperoxic_s = int_of(cells, HYPEROXIC);
	for (i = 0; i < cells->n; i++)
		s->set += cells->values[i] != NULL;
	s->stated_n = int_of(cells, TOTAL);
	s->stated_avg_spo2 = real_of(cells, AVG_SPO2);
	s->stated_min_spo2 = real_of(cells, MIN_SPO2);
	s->stated_max_spo2 = real_of(cells, MAX_SPO2);
	s->stated_avg_heart_rate = real_of(cells, AVG_HR);
	s->stated_min_heart_rate = real_of(cells, MIN_HR);
	s->stated_max_heart_rate = real_of(cells, MAX_HR);
	s->stated_duration_s = int_of(cells, DURATION);
	return s;
}

/* ---- children */

/* 5, 5.00 and 5.0 are one; so are ["zen", "tingling"] and {zen,tingling}. */
static uint64_t
digest_of(const char *name, const char *value, int is_bool)
{
	uint64_t seed = XXH3_64bits(name, strlen(name)), hash;
	const char *skipped = *value == '[' || *value == '{' ? "[]{}\" " : "";
	char text[40], *end;
	double v = strtod(value, &end);

	if (is_bool) {
		value = *value == 't' ? "1" : "0";
	} else if (end != value && !*end && isfinite(v)) {
		(void)snprintf(text, sizeof(text), "%.15g", v);
		value = text;
	}
	if (!*skipped)
		return XXH3_64bits_withSeed(value, strlen(value), seed);
	for (hash = seed; *value; value++)
		if (!strchr(skipped, *value))
			hash = (hash ^ (unsigned char)*value) * 0x100000001b3;  /* FNV-1a */
	return hash;
}

static int
has_half(const struct cells *cells, const char *const *of)
{
	int i;

	for (; *of; of++)
		for (i = 0; i < cells->n; i++)
			if (cells->values[i] && !strcmp(cells->names[i], *of))
				return 1;
	return 0;
}

static void
read_survey(const struct cells *cells, struct legacy_child *c)
{
	static const char *const pre[] = {"clarity_pre", "energy_pre", "stress_pre", NULL};
	static const char *const post[] = {
		"clarity_post", "energy_post", "stress_post", "notes_post", "post_symptoms",
		"overall_rating", "breathing_comfort", "session_satisfaction", NULL};

	c->has_pre = has_half(cells, pre);
	c->has_post = has_half(cells, post);
}

struct legacy_child *
cells_child(struct cells *cells, struct legacy *legacy, enum legacy_table table, int source,
	    const char *id, const char *session_id)
{
	struct legacy_child *c = legacy_add_child(legacy);
	int is_event = table == LEGACY_EVENTS, i;

	c->table = table;
	c->source = source;
	c->id = legacy_text(legacy, id);
	c->session_id = legacy_text(legacy, session_id);
	c->user_id = legacy_text(legacy, text_of(cells, USER));
	c->device_id = legacy_text(legacy, text_of(cells, DEVICE));
	c->type_text = legacy_text(legacy, text_of(cells, is_event ? EVENT_TYPE : PHASE_TYPE));
	c->type = is_event ? vocabulary_event(c->type_text) : vocabulary_phase(c->type_text);
	c->number = int_of(cells, PHASE_NUMBER);
	if (c->number == MSG_NONE)
		c->number = int_of(cells, CYCLE_NUMBER);
	c->altitude_phase = int_of(cells, ALTITUDE_PHASE);
	c->recovery_phase = int_of(cells, RECOVERY_PHASE);
	c->spo2 = int_of(cells, SPO2);
	c->at_us = time_of(cells, is_event ? EVENT_TIME : TIME);
	c->created_us = time_of(cells, CREATED);
	c->updated_us = time_of(cells, UPDATED);
	if (c->updated_us == MSG_NONE)
		c->updated_us = c->created_us;
	if (table == LEGACY_SURVEYS)
		read_survey(cells, c);
	for (i = 0; i < cells->n; i++) {
		/* an empty list says no more than none */
		if (!cells->values[i] || !strcmp(cells->values[i], "{}") ||
		    !strcmp(cells->values[i], "[]"))
			continue;
		if (cells->bits[i] < 0)
			continue;
		c->set |= 1ULL << cells->bits[i];
		c->digest += digest_of(cells->names[i], cells->values[i], cells->is_bool[i]);
	}
	return c;
}
