#include "services/http-api/reads/shapes.h"

#include "services/http-api/figures/figures.h"
#include "services/http-api/reads/shape_columns.h"

/* ---- sessions */

#define SESSION_COLUMNS                                                                       \
	UUID(id, "version 5 of local_session_id"),                                            \
	TEXT_ALWAYS(local_session_id, "the app's id"),                                        \
	UUID(user_id, "the person"),                                                          \
	TEXT_ALWAYS(gateway, "which gateway keeps it"),                                       \
	TEXT_ALWAYS(device_id, "the oximeter"),                                               \
	WORD(status, session_status, "where it is in its life"),                              \
	TIME_ALWAYS(start_time, ""),                                                          \
	TIME(end_time, "null while it runs"),                                                 \
	TEXT(session_type, ""),                                                               \
	WORD(session_subtype, session_subtype, ""),                                           \
	TEXT(current_phase, "what is breathed now"),                                          \
	INT(current_cycle, ""),                                                               \
	TIME(phase_time, "when the current phase began"),                                     \
	INT(total_cycles, "planned"),                                                         \
	INT(hypoxic_duration, "planned length of an altitude phase, s"),                      \
	INT(hyperoxic_duration, "planned length of a recovery phase, s"),                     \
	INT(starting_altitude_level, "dial, 0 to 11"),                                        \
	INT(current_altitude_level, "dial, 0 to 11"),                                         \
	INT_ALWAYS(total_mask_lifts, ""),                                                     \
	INT_ALWAYS(total_readings, "as its gateway last said"),                               \
	REAL(avg_spo2, "%, as its gateway last said"),                                        \
	REAL(min_spo2, "%"),                                                                  \
	REAL(max_spo2, "%"),                                                                  \
	REAL(avg_heart_rate, "beats/min"),                                                    \
	REAL(min_heart_rate, "beats/min"),                                                    \
	REAL(max_heart_rate, "beats/min"),                                                    \
	WORD(data_source, data_source, "where its values come from"),                         \
	TEXT_ALWAYS(sync_status, "pending, syncing, completed or failed"),                    \
	TIME(last_sync_at, "when something of it last came to Postgres")

const struct shape shape_session = {
	.name = "Session", .columns = (const struct column[]){SESSION_COLUMNS, END}};

static const struct shape shape_survey = {
	.name = "SessionSurvey", .table = "session_surveys", .columns = (const struct column[]){
	INT(clarity_pre, "1 worst, 5 best"), INT(energy_pre, "1 to 5"), INT(stress_pre, "1 to 5"),
	TIME(pre_time, "when answered"),
	INT(clarity_post, "1 to 5"), INT(energy_post, "1 to 5"), INT(stress_post, "1 to 5"),
	TEXT(notes_post, ""), WORDS(post_symptoms, symptom, ""), INT(overall_rating, "1 to 5"),
	TIME(post_time, "when answered"), END}};

static const struct shape shape_response = {
	.name = "IntraSessionResponse", .table = "intra_session_responses", .order = "phase_number",
	.columns = (const struct column[]){
	INT_ALWAYS(phase_number, "the cycle"), INT(clarity, "1 worst, 5 best"),
	INT(energy, "1 to 5"), INT(stress, "1 to 5"), INT(stress_perception, "1 to 5"),
	WORDS(sensations, sensation, ""), REAL(spo2_value, "%, at the answer"),
	REAL(hr_value, "beats/min, at the answer"), TIME(timestamp, "when answered"), END}};

const struct shape shape_event = {
	.name = "AdaptiveEvent", .table = "session_adaptive_events", .order = "event_timestamp, id",
	.columns = (const struct column[]){
	UUID(id, "computed from what it says"), WORD(event_type, event_type, "what"),
	TIME_ALWAYS(event_timestamp, "when"), INT(altitude_phase_number, "the cycle"),
	INT(recovery_phase_number, "the cycle"), INT(current_altitude_level, "dial, 0 to 11"),
	INT(spo2_value, "%"), ANY(additional_data, "an object"), END}};

static const struct shape shape_phase = {
	.name = "RecordedPhase", .table = "session_phase_stats", .order = "start_time, phase_type",
	.columns = (const struct column[]){
	TEXT_ALWAYS(phase_type, "ALTITUDE or RECOVERY"), INT_ALWAYS(phase_number, "the cycle"),
	INT(altitude_level, "dial, 0 to 11"), TIME_ALWAYS(start_time, ""), TIME(end_time, ""),
	INT(duration_seconds, "s"), INT(min_spo2, "%"), INT(max_spo2, "%"), REAL(avg_spo2, "%"),
	INT_ALWAYS(spo2_readings_count, ""), INT_ALWAYS(mask_lift_count, ""),
	INT(target_min_spo2, "%"), INT(target_max_spo2, "%"),
	WORD(recovery_trigger, recovery_trigger, "what ended a recovery"),
	INT(time_to_95_percent_seconds, "s"), INT(time_below_83, "s"),
	INT(peak_heart_rate, "beats/min"), END}};

const struct shape shape_progression = {
	.name = "RecordedProgression", .table = "progression", .columns = (const struct column[]){
	INT_ALWAYS(current_altitude_level, "dial at the end of the session"),
	INT_ALWAYS(recommended_altitude_level, "dial to start the next one with"),
	INT(score, ""), TEXT(performance, ""), TEXT(reason, "in words"), TIME(decided_at, ""), END}};

static const struct shape shape_gap = {
	.name = "Gap", .table = "gaps", .order = "from_time, seq", .columns = (const struct column[]){
	TEXT_ALWAYS(device_id, ""), INT_ALWAYS(epoch, "one life of seq"),
	INT_ALWAYS(seq, "its place in the device's count"),
	TIME_ALWAYS(from_time, "last value before it"), TIME_ALWAYS(to_time, "first value after it"),
	INT(lost, "values known to be lost"), TEXT(reason, "why"), END}};

const struct shape shape_phase_figures = {
	.name = "PhaseFigures", .figures = phase_figure_list, .columns = (const struct column[]){
	TEXT_ALWAYS(phase_type, "ALTITUDE or RECOVERY"), INT_ALWAYS(cycle_number, ""),
	TIME_ALWAYS(start_time, "as recorded, else its first reading"),
	TIME_ALWAYS(end_time, "its last reading"), END}};

const struct shape shape_session_figures = {
	.name = "SessionFigures", .figures = session_figure_list,
	.columns = (const struct column[]){END}};

const struct shape shape_session_detail = {
	.name = "SessionDetail", .columns = (const struct column[]){
	SESSION_COLUMNS,
	ROW(session_survey, survey, "before and after"),
	ROWS(intra_session_responses, response, "during"),
	ROWS(session_adaptive_events, event, ""),
	ROWS(session_phase_stats, phase, "as recorded by its gateway"),
	ROW(progression, progression, "as recorded by its gateway"),
	ROWS(gaps, gap, "values that are missing for good"),
	{"phase_figures", COLUMN_COMPUTED_LIST, 1, "each phase, computed from its readings", NULL, NULL,
	 &shape_phase_figures},
	{"session_figures", COLUMN_COMPUTED, 1, "the whole, computed from its readings", NULL, NULL,
	 &shape_session_figures}, END}};

const struct shape shape_surveys = {
	.name = "Surveys", .columns = (const struct column[]){
	{"session_id", COLUMN_UUID, 1, "", "s.id", NULL, NULL},
	ROW(session_survey, survey, "before and after"),
	ROWS(intra_session_responses, response, "during"), END}};

/* ---- readings */

const struct shape shape_reading = {
	.name = "Reading", .columns = (const struct column[]){
	TIME_ALWAYS(timestamp, "when it was received"), INT_ALWAYS(epoch, "one life of seq"),
	INT_ALWAYS(seq, "the device's own count, dense; a hole is a loss"),
	TIME(device_time, "the device's own clock"), REAL(spo2, "%; null: see invalid"),
	REAL(heart_rate, "beats/min"), REAL(perfusion_index, "%"),
	REAL(motion, "the device's own figure"), INT(signal_strength, "the device's own figure"),
	INT(battery, "%"), INT(status, "PLX bits: 0-15 measurement, 16-39 device and sensor"),
	BOOL(is_valid, "whether there is a value"), TEXT(invalid, "why there is none"),
	WORD(data_source, data_source, ""), TEXT(phase_type, "the session's phase then"),
	INT(cycle_number, ""), INT(fio2_level, "the dial, 0 to 11; the app's name for it"),
	INT(rr, "up to three intervals between beats, 16 bits each in 1/1024 s"), END}};

/* ---- others */

const struct shape shape_device = {
	.name = "Device", .columns = (const struct column[]){
	TEXT_ALWAYS(device_id, "Bluetooth address or name"), TEXT_ALWAYS(gateway, ""),
	INT_ALWAYS(sessions, "how many"), INT_ALWAYS(people, "how many"),
	TIME_ALWAYS(first_session, ""), TIME_ALWAYS(last_session, ""),
	WORD(data_source, data_source, "of the last session"), END}};

const struct shape shape_person = {
	.name = "Person", .columns = (const struct column[]){
	UUID(user_id, ""), INT_ALWAYS(sessions, "how many"), INT_ALWAYS(active, "running now"),
	INT_ALWAYS(readings, "in all of them"), TIME_ALWAYS(first_session, ""),
	TIME_ALWAYS(last_session, ""), INT(current_altitude_level, "dial of the last session"),
	END}};

const struct shape shape_sync = {
	.name = "SyncState", .columns = (const struct column[]){
	UUID(user_id, ""), INT_ALWAYS(rev, "bundles applied: grows with each change"),
	INT_ALWAYS(sessions, "how many"), INT_ALWAYS(completed, "sessions whose end has come"),
	INT_ALWAYS(syncing, "sessions that still grow"),
	INT_ALWAYS(failed, "sessions with a row that Postgres would not take"),
	INT_ALWAYS(readings, "readings that bundles brought"),
	TIME(last_sync_at, "when the last bundle was applied"), ANY(gateways, "who sent: a list of names"),
	END}};

const struct shape shape_next_level = {
	.name = "NextLevel", .columns = (const struct column[]){
	UUID(user_id, ""), INT_ALWAYS(recommended_altitude_level, "dial to begin the next session with"),
	INT(last_altitude_level, "dial at the end of the last one"),
	INT(days_since_last, "whole days"), INT_ALWAYS(detraining, "what the days of rest change"),
	INT_ALWAYS(trend_step, "what the trend changes"),
	TEXT_ALWAYS(trend, "plateau, improving, stable, declining or unknown"),
	TEXT_ALWAYS(confidence, "high, medium, low or none"),
	BOOL(recalibrate, "a calibration session should come first"),
	INT(score, "of the last session; does not move the dial"),
	TEXT(performance, "its class"), TEXT_ALWAYS(reason, "in words"),
	INT_ALWAYS(sessions_considered, "of the last ten that have ended"), END}};

/* ---- as SQL */

static void
print_child(const struct column *c, FILE *to)
{
	int is_list = c->kind == COLUMN_ROWS;

	fputs(is_list ? "(SELECT coalesce(json_agg(row_to_json(c)), '[]') FROM (SELECT "
		      : "(SELECT row_to_json(c) FROM (SELECT ", to);
	shape_print(c->shape, "r", to);
	fprintf(to, " FROM public.%s r WHERE r.user_id = s.user_id AND r.session_id = s.id",
		c->shape->table);
	fprintf(to, is_list ? " ORDER BY %s) c)" : ") c)", c->shape->order);
}

void
shape_print(const struct shape *shape, const char *alias, FILE *to)
{
	const struct column *c;
	const char *comma = "";

	for (c = shape->columns; c->name; c++) {
		if (c->kind == COLUMN_COMPUTED || c->kind == COLUMN_COMPUTED_LIST)
			continue;
		fputs(comma, to);
		comma = ", ";
		if (c->kind == COLUMN_ROW || c->kind == COLUMN_ROWS)
			print_child(c, to);
		else if (c->sql)
			fputs(c->sql, to);
		else
			fprintf(to, "%s.%s", alias, c->name);
		fprintf(to, " AS %s", c->name);
	}
}
