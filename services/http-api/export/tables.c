#include "services/http-api/export/tables.h"

#include <math.h>
#include <stddef.h>
#include <stdio.h>

#define S(kind, name, field, words, unit, meaning) \
	{name, CELL_##kind, 1, offsetof(struct session, field), words, unit, meaning}
#define R(row, kind, name, field, words, unit, meaning) \
	{name, CELL_##kind, 0, offsetof(struct row, field), words, unit, meaning}

#define WHOSE                                                                            \
	S(TEXT, "session_id", id, NULL, "", "the session it belongs to"),                \
	S(TEXT, "user_id", user_id, NULL, "", "the person; a pseudonym"),                \
	S(TEXT, "gateway", gateway, NULL, "", "which gateway recorded it")
#define SESSIONS_SOURCE                                                                  \
	S(TEXT, "data_source", data_source, &words_data_source, "",                      \
	  "where the session's values come from; mock is made up")

static const struct column sessions[] = {
	S(TEXT, "id", id, NULL, "", "UUID, version 5 of local_session_id"),
	S(TEXT, "local_session_id", local_session_id, NULL, "", "IHHT_<ms>_<random>"),
	S(TEXT, "user_id", user_id, NULL, "", "the person; a pseudonym"),
	S(TEXT, "gateway", gateway, NULL, "", "which gateway recorded it"),
	S(TEXT, "device_id", device_id, NULL, "", "the oximeter: Bluetooth address, or name of a recording"),
	S(TEXT, "status", status, &words_session_status, "", "where it is in its life"),
	S(TIME, "start_time", start_us, NULL, "", "began"),
	S(TIME, "end_time", end_us, NULL, "", "ended; empty while it runs"),
	S(TEXT, "session_type", session_type, &words_session_type, "", "what kind of session"),
	S(TEXT, "session_subtype", session_subtype, &words_session_subtype, "", "what it is for"),
	S(TEXT, "current_phase", current_phase, &words_phase, "", "last phase"),
	S(INT, "current_cycle", current_cycle, NULL, "", "last cycle, from 1"),
	S(TIME, "phase_time", phase_us, NULL, "", "when the last phase began"),
	S(INT, "total_cycles", total_cycles, NULL, "", "planned cycles"),
	S(INT, "hypoxic_duration", hypoxic_duration, NULL, "s", "planned length of an altitude phase"),
	S(INT, "hyperoxic_duration", hyperoxic_duration, NULL, "s", "planned length of a recovery phase"),
	S(INT, "starting_altitude_level", starting_altitude_level, NULL, "", "dial at the start, 0 to 11"),
	S(INT, "current_altitude_level", current_altitude_level, NULL, "", "dial at the end, 0 to 11"),
	S(INT, "total_mask_lifts", total_mask_lifts, NULL, "", "mask lifts counted"),
	S(INT, "total_readings", total_readings, NULL, "", "readings counted when it ended"),
	S(REAL, "avg_spo2", avg_spo2, NULL, "%", "mean of valid values"),
	S(REAL, "min_spo2", min_spo2, NULL, "%", "lowest valid value"),
	S(REAL, "max_spo2", max_spo2, NULL, "%", "highest valid value"),
	S(REAL, "avg_heart_rate", avg_heart_rate, NULL, "/min", "mean of valid values"),
	S(REAL, "min_heart_rate", min_heart_rate, NULL, "/min", "lowest valid value"),
	S(REAL, "max_heart_rate", max_heart_rate, NULL, "/min", "highest valid value"),
	SESSIONS_SOURCE,
};

static const struct column surveys[] = {
	WHOSE,
	SESSIONS_SOURCE,
	R(survey, TEXT, "kind", kind, &words_survey_kind, "", "before, during or after the session"),
	R(survey, TIME, "timestamp", at_us, NULL, "", "answered"),
	R(survey, INT, "phase_number", phase_number, NULL, "", "intra: the cycle it belongs to"),
	R(survey, INT, "clarity", clarity, NULL, "", "1 worst to 5 best"),
	R(survey, INT, "energy", energy, NULL, "", "1 worst to 5 best"),
	R(survey, INT, "stress", stress, NULL, "", "1 worst to 5 best"),
	R(survey, INT, "stress_perception", stress_perception, NULL, "", "intra: 1 worst to 5 best"),
	R(survey, SET, "sensations", sensations, &words_sensation, "", "intra: what was felt"),
	R(survey, REAL, "spo2_value", spo2_value, NULL, "%", "intra: SpO2 at the answer"),
	R(survey, REAL, "hr_value", hr_value, NULL, "/min", "intra: pulse at the answer"),
	R(survey, SET, "post_symptoms", post_symptoms, &words_symptom, "", "post: what was felt"),
	R(survey, INT, "overall_rating", overall_rating, NULL, "", "post: 1 worst to 5 best"),
	R(survey, TEXT, "notes_post", notes_post, NULL, "", "post: the person's own words"),
};

static const struct column events[] = {
	WHOSE,
	SESSIONS_SOURCE,
	R(event, TEXT, "id", id, NULL, "", "UUID, computed from the rest"),
	R(event, TEXT, "event_type", event_type, &words_event_type, "", "what happened"),
	R(event, TIME, "event_timestamp", event_us, NULL, "", "when"),
	R(event, INT, "altitude_phase_number", altitude_phase_number, NULL, "", "cycle, in an altitude phase"),
	R(event, INT, "recovery_phase_number", recovery_phase_number, NULL, "", "cycle, in a recovery phase"),
	R(event, INT, "current_altitude_level", current_altitude_level, NULL, "", "dial, 0 to 11"),
	R(event, INT, "spo2_value", spo2_value, NULL, "%", "SpO2 then"),
	R(event, TEXT, "additional_data", additional_data, NULL, "", "a JSON object"),
};

static const struct column phase_stats[] = {
	WHOSE,
	SESSIONS_SOURCE,
	R(phase_stats, TEXT, "phase_type", phase_type, &words_phase, "", "ALTITUDE or RECOVERY"),
	R(phase_stats, INT, "phase_number", phase_number, NULL, "", "the cycle, from 1"),
	R(phase_stats, INT, "altitude_level", altitude_level, NULL, "", "dial, 0 to 11"),
	R(phase_stats, TIME, "start_time", start_us, NULL, "", "began"),
	R(phase_stats, TIME, "end_time", end_us, NULL, "", "ended; empty while it runs"),
	R(phase_stats, INT, "min_spo2", min_spo2, NULL, "%", "lowest valid value"),
	R(phase_stats, INT, "max_spo2", max_spo2, NULL, "%", "highest valid value"),
	R(phase_stats, REAL, "avg_spo2", avg_spo2, NULL, "%", "mean of valid values"),
	R(phase_stats, INT, "spo2_readings_count", spo2_readings_count, NULL, "", "valid values of SpO2"),
	R(phase_stats, INT, "mask_lift_count", mask_lift_count, NULL, "", "mask lifts"),
	R(phase_stats, INT, "target_min_spo2", target_min_spo2, NULL, "%", "lower end of the target"),
	R(phase_stats, INT, "target_max_spo2", target_max_spo2, NULL, "%", "upper end of the target"),
	R(phase_stats, TEXT, "recovery_trigger", recovery_trigger, &words_recovery_trigger, "", "what ended a recovery"),
	R(phase_stats, INT, "time_to_95_percent_seconds", time_to_95_percent_seconds, NULL, "s", "recovery: to the first value of 95 or more"),
	R(phase_stats, INT, "time_below_83", time_below_83, NULL, "", "values below 83 %"),
	R(phase_stats, INT, "peak_heart_rate", peak_heart_rate, NULL, "/min", "highest pulse"),
};

static const struct column progressions[] = {
	WHOSE,
	SESSIONS_SOURCE,
	R(progression, INT, "current_altitude_level", current_altitude_level, NULL, "", "dial at the end of the session"),
	R(progression, INT, "recommended_altitude_level", recommended_altitude_level, NULL, "", "dial for the next one"),
	R(progression, INT, "score", score, NULL, "", "performance score"),
	R(progression, TEXT, "performance", performance, &words_performance, "", "its class"),
	R(progression, TEXT, "reason", reason, NULL, "", "in words"),
	R(progression, TIME, "decided_at", at_us, NULL, "", "decided"),
};

static const struct column gaps[] = {
	WHOSE,
	SESSIONS_SOURCE,
	R(gap, TEXT, "device_id", device_id, NULL, "", "the oximeter"),
	R(gap, INT, "epoch", epoch, NULL, "", "one life of seq"),
	R(gap, INT, "seq", seq, NULL, "", "the place the gap takes in the device's count"),
	R(gap, TIME, "from_time", from_us, NULL, "", "last value before it"),
	R(gap, TIME, "to_time", to_us, NULL, "", "first value after it"),
	R(gap, INT, "lost", lost, NULL, "", "values known to be lost; empty: not known"),
	R(gap, TEXT, "reason", reason, &words_gap_reason, "", "why values are missing"),
};

static const struct column readings[] = {
	WHOSE,
	S(TEXT, "device_id", device_id, NULL, "", "the oximeter"),
	R(reading, TIME, "timestamp", taken_us, NULL, "", "received"),
	R(reading, INT, "epoch", epoch, NULL, "", "one life of seq"),
	R(reading, INT, "seq", seq, NULL, "", "the device's own count, dense: a hole is a loss"),
	R(reading, TIME, "device_time", device_us, NULL, "", "the device's own clock, where it sends one"),
	R(reading, REAL, "spo2", spo2, NULL, "%", "oxygen saturation; empty with a word in invalid, never 0"),
	R(reading, REAL, "heart_rate", heart_rate, NULL, "/min", "pulse"),
	R(reading, REAL, "perfusion_index", perfusion_index, NULL, "%", "pulsatile share of the light"),
	R(reading, REAL, "motion", motion, NULL, "", "the device's own figure"),
	R(reading, INT, "signal_strength", signal_strength, NULL, "", "the device's own figure"),
	R(reading, INT, "battery", battery, NULL, "%", "charge of the device"),
	R(reading, INT, "status", status, NULL, "", "PLX bits: 0-15 measurement, 16-39 device and sensor"),
	R(reading, BOOL, "is_valid", invalid, NULL, "", "invalid is empty"),
	R(reading, TEXT, "invalid", invalid, &words_invalid, "", "why spo2 and heart_rate are missing"),
	R(reading, TEXT, "data_source", data_source, &words_data_source, "", "where the value comes from; mock is made up"),
	R(reading, TEXT, "phase_type", phase_type, &words_phase, "", "the session's phase when it was taken"),
	R(reading, INT, "cycle_number", cycle_number, NULL, "", "and its cycle, from 1"),
	R(reading, INT, "fio2_level", altitude_level, NULL, "", "and its dial, 0 to 11: the altitude level, no oxygen fraction"),
	R(reading, INT, "rr", rr, NULL, "", "up to three intervals between beats, 16 bits each in 1/1024 s, the oldest lowest"),
};

#define T(name, message, columns, key, meaning) \
	{name, &msg_##message, columns, sizeof(columns) / sizeof(columns[0]), key, meaning}
const struct table tables[N_TABLES] = {
	T("sessions", session, sessions, "id", "sessions, one row each"),
	T("surveys", survey, surveys, "", "what the person felt"),
	T("events", event, events, "session_id id", "mask lifts, dial adjustments, ends of phases"),
	T("phase_stats", phase_stats, phase_stats, "session_id phase_type phase_number", "phases in figures"),
	T("progression", progression, progressions, "session_id", "the dial for the next session"),
	T("gaps", gap, gaps, "session_id device_id epoch seq", "values that are missing, for good"),
	T("readings", reading, readings, "session_id timestamp epoch seq", "what the oximeter said"),
};

const struct table *
table_find(const char *name)
{
	int i;

	for (i = 0; i < N_TABLES; i++)
		if (!strcmp(tables[i].name, name))
			return &tables[i];
	return NULL;
}

const struct table *
table_of(const struct message *message)
{
	int i;

	for (i = 0; i < N_TABLES; i++)
		if (tables[i].message == message)
			return &tables[i];
	return NULL;
}

static struct cell
number_cell(const struct column *column, int64_t number)
{
	struct cell cell = {.kind = column->kind, .number = number};

	if (column->kind == CELL_BOOL)
		cell.number = number == INVALID_NO;
	else if (column->kind == CELL_TEXT)
		cell.text = words_text(column->words, number);
	if (number == MSG_NONE || (column->kind == CELL_SET && !number) ||
	    (column->kind == CELL_TEXT && !*cell.text))
		cell.kind = CELL_NONE;
	return cell;
}

struct cell
table_cell(const struct column *column, const struct session *session, const void *row)
{
	const char *at = (const char *)(column->of_session ? (const void *)session : row) + column->offset;
	struct cell cell = {.kind = column->kind};
	int64_t number;

	if (column->kind == CELL_REAL) {
		memcpy(&cell.real, at, sizeof(cell.real));
		if (!isfinite(cell.real))
			cell.kind = CELL_NONE;
		return cell;
	}
	if (column->kind == CELL_TEXT && !column->words) {
		cell.text = at;
		if (!*at)
			cell.kind = CELL_NONE;
		return cell;
	}
	memcpy(&number, at, sizeof(number));
	return number_cell(column, number);
}

const char *
table_set(const struct column *column, int64_t bits, char text[TABLE_SET])
{
	size_t used = 0;
	int i;

	text[0] = 0;
	for (i = 0; i < column->words->n; i++)
		if (bits >> i & 1)
			used += (size_t)snprintf(text + used, TABLE_SET - used, "%s%s",
						 used ? "+" : "", column->words->texts[i]);
	return text;
}
