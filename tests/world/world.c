#include "tests/world/world.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "services/dedupe-auditor/rules/texts.h"

const struct columns_of columns_of[LEGACY_TABLES] = {
	[LEGACY_SURVEYS] = {
		.names = {"clarity_pre", "energy_pre", "stress_pre", "clarity_post", "energy_post",
			  "stress_post", "notes_post", "post_symptoms", "overall_rating"},
		.times = "", .reals = "",
		.integers = "clarity_pre energy_pre stress_pre clarity_post energy_post stress_post "
			    "overall_rating",
	},
	[LEGACY_RESPONSES] = {
		.names = {"phase_number", "clarity", "energy", "stress", "stress_perception",
			  "sensations", "spo2_value", "hr_value", "timestamp"},
		.times = "timestamp", .reals = "",
		.integers = "phase_number clarity energy stress stress_perception spo2_value hr_value",
	},
	[LEGACY_EVENTS] = {
		.names = {"event_type", "event_timestamp", "altitude_phase_number",
			  "recovery_phase_number", "current_altitude_level", "spo2_value",
			  "additional_data"},
		.times = "event_timestamp", .reals = "",
		.integers = "altitude_phase_number recovery_phase_number current_altitude_level "
			    "spo2_value",
	},
	[LEGACY_PHASE_STATS] = {
		.names = {"phase_type", "phase_number", "altitude_level", "start_time", "end_time",
			  "duration_seconds", "min_spo2", "max_spo2", "avg_spo2",
			  "spo2_readings_count", "mask_lift_count", "target_min_spo2",
			  "target_max_spo2", "recovery_trigger"},
		.times = "start_time end_time", .reals = "avg_spo2",
		.integers = "phase_number altitude_level duration_seconds min_spo2 max_spo2 "
			    "spo2_readings_count mask_lift_count target_min_spo2 target_max_spo2",
	},
	[LEGACY_CYCLE_METRICS] = {
		.names = {"cycle_number", "desaturation_rate", "time_in_zone", "min_spo2"},
		.times = "", .reals = "",
		.integers = "cycle_number desaturation_rate time_in_zone min_spo2",
	},
	[LEGACY_ADAPTATION_METRICS] = {
		.names = {"total_time_in_zone", "total_mask_lifts"},
		.times = "", .reals = "", .integers = "total_time_in_zone total_mask_lifts",
	},
};

uint64_t
dice(struct world *world, uint64_t sides)
{
	uint64_t z = world->random += 0x9e3779b97f4a7c15;        /* splitmix64 */

	z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9;
	z = (z ^ (z >> 27)) * 0x94d049bb133111eb;
	return (z ^ (z >> 31)) % sides;
}

int
chance(struct world *world, int percent)
{
	return (int)dice(world, 100) < percent;
}

const char *
say(struct world *world, const char *format, ...)
{
	char text[1000];
	va_list args;

	va_start(args, format);
	(void)vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	return texts_once(world->texts, text);
}

const char *
a_uuid(struct world *world)
{
	uint64_t a = dice(world, UINT64_MAX), b = dice(world, UINT64_MAX);

	return say(world, "%08x-%04x-4%03x-a%03x-%012llx", (unsigned)(a >> 32),
		   (unsigned)(a >> 16 & 0xffff), (unsigned)(a & 0xfff), (unsigned)(b >> 48 & 0xfff),
		   (unsigned long long)(b & 0xffffffffffff));
}

int
same(const char *a, const char *b)
{
	return a && b ? !strcmp(a, b) : a == b;
}

int
is_in(const char *words, const char *word)
{
	size_t len = strlen(word);
	const char *p = words;

	while ((p = strstr(p, word))) {
		if ((p == words || p[-1] == ' ') && (p[len] == ' ' || !p[len]))
			return 1;
		p += len;
	}
	return 0;
}

int
column_of(enum legacy_table table, const char *name)
{
	int i;

	for (i = 0; columns_of[table].names[i]; i++)
		if (!strcmp(columns_of[table].names[i], name))
			return i;
	ASSERT(!"a column of that table");
	return -1;
}

const char *
value_of(const struct a_child *child, const char *name)
{
	return child->values[column_of(child->table, name)];
}

void
set_value(struct a_child *child, const char *name, const char *value)
{
	child->values[column_of(child->table, name)] = value;
}

#define ADD(kind, type)                                                                    \
	if (rows->n_##kind == rows->room_##kind) {                                         \
		rows->room_##kind = rows->room_##kind ? rows->room_##kind * 2 : 64;        \
		rows->kind = reallocarray(rows->kind, rows->room_##kind, sizeof(type));    \
		ASSERT(rows->kind);                                                        \
	}                                                                                  \
	memset(&rows->kind[rows->n_##kind], 0, sizeof(type));                              \
	return &rows->kind[rows->n_##kind++]

struct a_session *
add_session(struct rows *rows)
{
	ADD(sessions, struct a_session);
}

struct a_reading *
add_reading(struct rows *rows)
{
	ADD(readings, struct a_reading);
}

struct a_child *
add_a_child(struct rows *rows)
{
	ADD(children, struct a_child);
}

void
world_make(struct world *world, uint64_t seed, const struct world_size *size)
{
	*world = (struct world){.seed = seed, .random = seed, .texts = texts_new()};
	world->empty_twins = chance(world, 50);
	world->text_ids = chance(world, 50);
	world->foreign_keys = !world->text_ids && chance(world, 50);
	truth_make(world, size);
	damage_make(world, size);
}

static void
rows_clear(struct rows *rows)
{
	free(rows->sessions);
	free(rows->readings);
	free(rows->children);
}

void
world_clear(struct world *world)
{
	rows_clear(&world->truth);
	rows_clear(&world->now);
	free(world->sessions);
	free(world->aliases);
	free(world->aliases_into);
	texts_free(&world->texts);
	memset(world, 0, sizeof(*world));
}
