#include "services/ihht/import/app_words.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "services/dedupe-auditor/rules/times.h"
#include "services/dedupe-auditor/rules/vocabulary.h"

const char *
app_cell(const struct cells *row, const char *name)
{
	int i;

	for (i = 0; i < row->n; i++)
		if (!strcmp(row->names[i], name))
			return row->values[i];
	return NULL;
}

static double
real(const struct cells *row, const char *name, double least, double most)
{
	const char *text = app_cell(row, name);
	char *end;
	double v = text ? strtod(text, &end) : NAN;

	return text && end != text && !*end && v >= least && v <= most ? v : NAN;
}

static int64_t
whole(const struct cells *row, const char *name, int64_t least, int64_t most)
{
	double v = real(row, name, (double)least, (double)most);

	return isnan(v) ? MSG_NONE : llrint(v);
}

static int64_t
moment(const struct cells *row, const char *name)
{
	struct legacy_time time;

	return times_text(app_cell(row, name), &time, NULL) > 0 ? time.us : MSG_NONE;
}

static void
copy(const struct cells *row, const char *name, char *to, size_t size)
{
	const char *text = app_cell(row, name);
	size_t len = text ? strlen(text) : 0;

	if (len >= size)         /* not in the middle of a letter */
		for (len = size - 1; len && ((unsigned char)text[len] & 0xc0) == 0x80; len--)
			;
	memcpy(to, text ? text : "", len);
	to[len] = 0;
}

/* A word that stands alone is not told beside others. */
static int64_t
bits(const struct words *words, const char *text, int none)
{
	int64_t set;

	(void)vocabulary_set(words, text, &set);
	return set & ((int64_t)1 << none) && set != (int64_t)1 << none ? set & ~((int64_t)1 << none) : set;
}

void
app_session(const struct cells *row, struct session_start *s)
{
	const char *subtype = app_cell(row, "session_subtype");
	int word = subtype ? words_find(&words_session_subtype, subtype) : 0;
	const char *id = app_cell(row, "id");

	s->session_type = id && !strncmp(id, "HRV_CALIBRATION_", 16) ? SESSION_TYPE_HRV_CALIBRATION
								     : SESSION_TYPE_IHHT;
	s->session_subtype = word < 0 ? SUBTYPE_NONE : word;
	s->total_cycles = whole(row, "total_cycles", 1, 20);
	s->hypoxic_duration = whole(row, "hypoxic_duration", 1, 7200);
	s->hyperoxic_duration = whole(row, "hyperoxic_duration", 1, 7200);
	s->starting_altitude_level = whole(row, "starting_altitude_level", 0, 11);
}

int
app_survey(const struct cells *row, int64_t kind, struct survey *s)
{
	int post = kind == SURVEY_POST;

	s->kind = kind;
	s->clarity = whole(row, post ? "clarity_post" : "clarity_pre", 1, 5);
	s->energy = whole(row, post ? "energy_post" : "energy_pre", 1, 5);
	s->stress = whole(row, post ? "stress_post" : "stress_pre", 1, 5);
	s->at_us = moment(row, post ? "updated_at" : "created_at");
	if (post) {
		s->overall_rating = whole(row, "overall_rating", 1, 5);
		s->post_symptoms = bits(&words_symptom, app_cell(row, "post_symptoms"), SYMPTOM_NONE);
		copy(row, "notes_post", s->notes_post, sizeof(s->notes_post));
	}
	return s->clarity != MSG_NONE || s->energy != MSG_NONE || s->stress != MSG_NONE ||
	       s->overall_rating != MSG_NONE || s->post_symptoms || *s->notes_post;
}

int
app_response(const struct cells *row, struct survey *s)
{
	s->kind = SURVEY_INTRA;
	s->phase_number = whole(row, "phase_number", 1, 100);
	if (s->phase_number == MSG_NONE)
		s->phase_number = whole(row, "cycle_number", 1, 100);
	s->clarity = whole(row, "clarity", 1, 5);
	s->energy = whole(row, "energy", 1, 5);
	s->stress = whole(row, "stress", 1, 5);
	s->stress_perception = whole(row, "stress_perception", 1, 5);
	s->sensations = bits(&words_sensation, app_cell(row, "sensations"), SENSATION_NONE);
	s->spo2_value = real(row, "spo2_value", 1, 100);
	s->hr_value = real(row, "hr_value", 1, 500);
	s->at_us = moment(row, "timestamp");
	if (s->at_us == MSG_NONE)
		s->at_us = moment(row, "created_at");
	return s->phase_number == MSG_NONE ? -1 : 0;
}

int
app_event(const struct cells *row, struct event *e)
{
	const char *data = app_cell(row, "additional_data");
	int type = vocabulary_event(app_cell(row, "event_type"));

	e->event_type = type;
	e->event_us = moment(row, "event_timestamp");
	e->altitude_phase_number = whole(row, "altitude_phase_number", 1, 100);
	if (e->altitude_phase_number == MSG_NONE)
		e->recovery_phase_number = whole(row, "recovery_phase_number", 1, 100);
	e->current_altitude_level = whole(row, "current_altitude_level", 0, 11);
	e->spo2_value = whole(row, "spo2_value", 1, 100);
	/* half a JSON object would be none */
	if (data && *data == '{' && strlen(data) < sizeof(e->additional_data))
		copy(row, "additional_data", e->additional_data, sizeof(e->additional_data));
	return type < 0 || e->event_us == MSG_NONE ? -1 : 0;
}

int
app_phase_stats(const struct cells *row, struct phase_stats *s)
{
	const char *trigger = app_cell(row, "recovery_trigger");
	int phase = vocabulary_phase(app_cell(row, "phase_type"));
	int word = trigger ? words_find(&words_recovery_trigger, trigger) : 0;

	s->phase_type = phase;
	s->phase_number = whole(row, "phase_number", 1, 100);
	s->altitude_level = whole(row, "altitude_level", 0, 11);
	s->start_us = moment(row, "start_time");
	s->end_us = moment(row, "end_time");
	s->min_spo2 = whole(row, "min_spo2", 1, 100);
	s->max_spo2 = whole(row, "max_spo2", 1, 100);
	s->avg_spo2 = real(row, "avg_spo2", 1, 100);
	s->spo2_readings_count = whole(row, "spo2_readings_count", 0, 1000000);
	s->mask_lift_count = whole(row, "mask_lift_count", 0, 1000);
	s->target_min_spo2 = whole(row, "target_min_spo2", 1, 100);
	s->target_max_spo2 = whole(row, "target_max_spo2", 1, 100);
	s->recovery_trigger = word < 0 ? TRIGGER_NONE : word;
	s->time_to_95_percent_seconds = whole(row, "time_to_95_percent_seconds", 0, 7200);
	s->time_below_83 = whole(row, "time_below_83", 0, 7200);
	s->peak_heart_rate = whole(row, "peak_heart_rate", 1, 500);
	if (s->spo2_readings_count == MSG_NONE)
		s->spo2_readings_count = 0;
	if (s->mask_lift_count == MSG_NONE)
		s->mask_lift_count = 0;
	if (s->end_us != MSG_NONE && s->start_us != MSG_NONE && s->end_us < s->start_us)
		s->end_us = MSG_NONE;
	return (phase != PHASE_ALTITUDE && phase != PHASE_RECOVERY) || s->phase_number == MSG_NONE ||
	       s->start_us == MSG_NONE ? -1 : 0;
}

int
app_reading(const struct cells *row, struct reading *r)
{
	const char *source = app_cell(row, "data_source");
	int phase = vocabulary_phase(app_cell(row, "phase_type")), word;

	msg_clear(&msg_reading, r);
	r->taken_us = moment(row, "timestamp");
	if (r->taken_us == MSG_NONE)
		return -1;
	word = source ? words_find(&words_data_source, source) : DATA_SOURCE_UNKNOWN;
	r->epoch = APP_EPOCH;
	r->seq = r->taken_us / 1000;
	r->spo2 = real(row, "spo2", 1, 100);
	r->heart_rate = real(row, "heart_rate", 1, 500);
	r->signal_strength = whole(row, "signal_strength", 0, 1000);
	r->data_source = word < 0 ? DATA_SOURCE_UNKNOWN : word;
	r->phase_type = phase < 0 ? PHASE_NONE : phase;
	r->cycle_number = whole(row, "cycle_number", 1, 100);
	r->altitude_level = whole(row, "fio2_level", 0, 11);
	if (isnan(r->spo2) && isnan(r->heart_rate))
		r->invalid = INVALID_UNAVAILABLE;
	return 0;
}
