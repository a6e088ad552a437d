#include "services/http-api/sync_batch.h"

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "proto/ids.h"
#include "services/http-api/legacy.h"
#include "services/http-api/sync_readings.h"

/* One batch on its way. */
struct batch {
	const json_t *rows;
	char session_id[37];            /* "" when the batch names none */
	const char *local_session_id;   /* when it names one so, else NULL */
	struct plan *plan;
	struct problem *problem;
};

#define ROW_NAMES \
	{"id", NULL}, {"user_id", NULL}, {"device_id", NULL}, {"local_session_id", NULL}, \
	{"session_id", NULL}, {"created_at", NULL}, {"updated_at", NULL}, {"synced", NULL}

static const struct legacy_name session_names[] = {
	{"start_time", "start_us"},
	{"planned_total_cycles", "total_cycles"},
	{"planned_hypoxic_duration", "hypoxic_duration"},
	{"altitude_duration", "hypoxic_duration"},
	{"planned_hyperoxic_duration", "hyperoxic_duration"},
	{"recovery_duration", "hyperoxic_duration"},
	{"id", NULL}, {"session_id", NULL}, {"end_time", NULL}, {"end_us", NULL}, {"status", NULL},
	{"created_at", NULL}, {"updated_at", NULL}, {"synced", NULL},
	{"total_readings", NULL}, {"avg_spo2", NULL}, {"min_spo2", NULL}, {"max_spo2", NULL},
	{"avg_heart_rate", NULL}, {"min_heart_rate", NULL}, {"max_heart_rate", NULL},
	{"current_phase", NULL}, {"current_cycle", NULL}, {"default_hypoxia_level", NULL},
	{"total_duration_seconds", NULL}, {"avg_hrv_rmssd", NULL}, {"min_hrv_rmssd", NULL},
	{"max_hrv_rmssd", NULL}, {"hrv_reading_count", NULL}, {"best_hrv_quality", NULL},
	{"actual_cycles_completed", NULL}, {"actual_hypoxic_time", NULL},
	{"actual_hyperoxic_time", NULL}, {"completion_percentage", NULL},
	{"baseline_hrv_rmssd", NULL}, {"baseline_hrv_confidence", NULL},
	{"baseline_hrv_interval_count", NULL}, {"baseline_hrv_duration_seconds", NULL},
	{"current_altitude_level", NULL}, {"adaptive_system_enabled", NULL},
	{"total_mask_lifts", NULL}, {"total_altitude_adjustments", NULL},
	{"recommended_altitude_level", NULL}, {"user_adjusted_altitude", NULL},
	{"manual_selection_difference", NULL}, {"protocol_config", NULL},
	{"completed_cycles", NULL}, {"total_planned_cycles", NULL}, {"sync_status", NULL},
	{"sync_attempts", NULL}, {"last_sync_at", NULL}, {NULL, NULL}};

#define BOTH_SURVEYS {"breathing_comfort", NULL}, {"session_satisfaction", NULL}, ROW_NAMES
static const struct legacy_name survey_names[] = {
	{"timestamp", "at_us"}, {"notes", "notes_post"}, {"symptoms", "post_symptoms"},
	{"survey_type", "kind"}, ROW_NAMES, {NULL, NULL}};
static const struct legacy_name pre_names[] = {
	{"clarity_pre", "clarity"}, {"energy_pre", "energy"}, {"stress_pre", "stress"},
	{"timestamp", "at_us"}, {"created_at", "at_us"},
	{"clarity_post", NULL}, {"energy_post", NULL}, {"stress_post", NULL}, {"notes_post", NULL},
	{"post_symptoms", NULL}, {"overall_rating", NULL}, BOTH_SURVEYS, {NULL, NULL}};
static const struct legacy_name post_names[] = {
	{"clarity_post", "clarity"}, {"energy_post", "energy"}, {"stress_post", "stress"},
	{"timestamp", "at_us"}, {"updated_at", "at_us"}, {"created_at", "at_us"},
	{"clarity_pre", NULL}, {"energy_pre", NULL}, {"stress_pre", NULL}, BOTH_SURVEYS,
	{NULL, NULL}};
static const struct legacy_name response_names[] = {
	{"timestamp", "at_us"}, {"cycle_number", "phase_number"}, {"stress", "stress_perception"},
	{"spo2", "spo2_value"}, {"heart_rate", "hr_value"}, ROW_NAMES, {NULL, NULL}};
static const struct legacy_name event_names[] = {
	{"event_timestamp", "event_us"}, {"timestamp", "event_us"}, ROW_NAMES, {NULL, NULL}};
static const struct legacy_name stats_names[] = {
	{"start_time", "start_us"}, {"end_time", "end_us"},
	{"time_to95_percent_seconds", "time_to_95_percent_seconds"},
	{"time_below83", "time_below_83"}, {"duration_seconds", NULL},
	{"time_above_95_percent_seconds", NULL}, {"time_above95_percent_seconds", NULL},
	{"time_in_therapeutic_zone", NULL}, {"time_to_therapeutic_zone", NULL},
	{"spo2_volatility_in_zone", NULL}, {"spo2_volatility_out_of_zone", NULL},
	{"spo2_volatility_total", NULL}, {"hr_at_phase_end", NULL}, {"hr_recovery_60s", NULL},
	{"hr_recovery60s", NULL}, {"spo2_recovery_slope", NULL}, ROW_NAMES, {NULL, NULL}};
static const struct legacy_name progression_names[] = {
	{"timestamp", "at_us"}, {"created_at", "at_us"}, {"id", NULL}, {"device_id", NULL},
	{"local_session_id", NULL}, {"session_id", NULL}, {"updated_at", NULL}, {"synced", NULL},
	{NULL, NULL}};

/* ---- which session */

int
sync_batch_session(const char *text, char id[37])
{
	size_t n = strlen(text), i;

	if (n == 36) {
		for (i = 0; i <= n; i++)
			id[i] = (char)tolower((unsigned char)text[i]);
		if (ids_valid(id))
			return 0;
	}
	if (!n || n > 64)
		return -1;
	for (i = 0; i < n; i++)
		if (!isalnum((unsigned char)text[i]) && text[i] != '_' && text[i] != '-')
			return -1;
	ids_session(text, id);
	return 0;
}

static int
is_uuid(const char *text)
{
	char id[37];

	return strlen(text) == 36 && sync_batch_session(text, id) == 0 && !strcasecmp(id, text);
}

/* The session of one row: the batch's, which it may repeat. */
static int
row_session(const struct batch *b, const json_t *row, char id[37], struct err *err)
{
	const char *const names[] = {"session_id", "local_session_id"};
	const json_t *v;
	char own[37];
	size_t i;

	(void)snprintf(id, 37, "%s", b->session_id);
	for (i = 0; i < 2; i++) {
		if (!(v = legacy_find(row, names[i])))
			continue;
		if (!json_is_string(v) || sync_batch_session(json_string_value(v), own) < 0)
			return err_set(err, EBADMSG, "row.%s: must be a session's UUID or local id",
				       names[i]);
		if (*id && strcmp(id, own))
			return err_set(err, EBADMSG, "row.%s: is not the session of this batch",
				       names[i]);
		memcpy(id, own, sizeof(own));
	}
	return *id ? 0 : err_set(err, EBADMSG, "batch.sessionId: must be a session's UUID or local id");
}

/* ---- rows, each kind its way */

static int
no_memory(struct err *err)
{
	return err_set(err, ENOMEM, "out of memory");
}

/* A record that belongs to a session: all but the session itself, surveys and readings. */
static void *
take_record(struct batch *b, const struct message *m, const struct legacy_name *names,
	    const json_t *row, size_t item, struct err *err)
{
	char *msg = plan_add(b->plan, m, item);
	int i;

	if (!msg)
		return no_memory(err), NULL;
	for (i = 0; strcmp(m->fields[i].name, "session_id"); i++)
		;
	if (row_session(b, row, msg + m->fields[i].offset, err) < 0)
		return NULL;
	return legacy_take(m, names, row, msg, err) == 0 ? msg : NULL;
}

static int
take_answers(struct batch *b, int64_t kind, const struct legacy_name *names, const json_t *row,
	     size_t item, struct err *err)
{
	struct survey *survey = take_record(b, &msg_survey, names, row, item, err);

	if (!survey)
		return -1;
	if (kind)
		survey->kind = kind;
	if (!survey->kind)
		return err_set(err, EBADMSG, "survey.kind: must be one of pre, intra, post");
	return survey->kind == SURVEY_INTRA && survey->phase_number == MSG_NONE
		       ? err_set(err, EBADMSG, "survey.phase_number: must be given") : 0;
}

static int
has_any(const json_t *row, const char *const *names)
{
	for (; *names; names++)
		if (legacy_find(row, *names))
			return 1;
	return 0;
}

static int
take_survey(struct batch *b, const json_t *row, size_t item, struct err *err)
{
	static const char *const pre[] = {"clarity_pre", "energy_pre", "stress_pre", NULL};
	static const char *const post[] = {"clarity_post", "energy_post", "stress_post",
					   "notes_post", "post_symptoms", "overall_rating", NULL};
	static const char *const kinds[] = {"kind", "survey_type", NULL};
	int has_pre = has_any(row, pre), has_post = has_any(row, post);

	if (has_any(row, kinds))
		return take_answers(b, 0, survey_names, row, item, err);
	if (!has_pre && !has_post)
		return err_set(err, EBADMSG, "survey.kind: must be pre, intra or post, or the answers "
			       "named clarity_pre and so on");
	if (has_pre && take_answers(b, SURVEY_PRE, pre_names, row, item, err) < 0)
		return -1;
	return has_post ? take_answers(b, SURVEY_POST, post_names, row, item, err) : 0;
}

static int
take_response(struct batch *b, const json_t *row, size_t item, struct err *err)
{
	return take_answers(b, SURVEY_INTRA, response_names, row, item, err);
}

/* Without a time of its own it would be another one whenever it is sent. */
static int
take_event(struct batch *b, const json_t *row, size_t item, struct err *err)
{
	const struct event *event = take_record(b, &msg_event, event_names, row, item, err);

	if (!event)
		return -1;
	if (!event->event_type)
		return err_set(err, EBADMSG, "event.event_type: must be given");
	return event->event_us == MSG_NONE
		       ? err_set(err, EBADMSG, "event.event_timestamp: must be given") : 0;
}

static int
take_stats(struct batch *b, const json_t *row, size_t item, struct err *err)
{
	const struct phase_stats *stats = take_record(b, &msg_phase_stats, stats_names, row, item,
						      err);

	if (!stats)
		return -1;
	return stats->phase_type ? 0 : err_set(err, EBADMSG, "phase_stats.phase_type: must be given");
}

static int
take_progression(struct batch *b, const json_t *row, size_t item, struct err *err)
{
	return take_record(b, &msg_progression, progression_names, row, item, err) ? 0 : -1;
}

/* ---- sessions */

/* The local id: the row's own, or its id or the batch's when that is not a UUID. */
static int
local_id(const struct batch *b, const json_t *row, char *id, size_t size, struct err *err)
{
	const json_t *own = legacy_find(row, "local_session_id"), *other = legacy_find(row, "id");
	const char *text = json_string_value(own);
	ids_uuid uuid;

	if (!text && other && json_is_string(other) && !is_uuid(json_string_value(other)))
		text = json_string_value(other);
	if (!text)
		text = b->local_session_id;
	if (!text || sync_batch_session(text, uuid) < 0 || strlen(text) >= size)
		return err_set(err, EBADMSG, "session.local_session_id: must be the app's local id, "
			       "1 to 64 letters, digits, _ or -; the UUID follows from it");
	if (b->local_session_id && strcmp(b->local_session_id, text))
		return err_set(err, EBADMSG, "session.local_session_id: is not the session of this "
			       "batch");
	(void)snprintf(id, size, "%s", text);
	return 0;
}

static int
take_stop(struct batch *b, const json_t *row, const struct session_start *start, size_t item,
	  struct err *err)
{
	static const struct legacy_name names[] = {{"end_time", "at_us"}, {"end_us", "at_us"},
						   {NULL, NULL}};
	const json_t *end = legacy_find(row, "end_time"), *status = legacy_find(row, "status");
	int64_t start_us = start->start_us;
	struct session_stop *stop;
	json_t *object;
	int r;

	end = end ? end : legacy_find(row, "end_us");
	if (!end && (!status || (json_is_string(status) &&
				 !strcasecmp(json_string_value(status), "active"))))
		return 0;
	if (!end)
		return err_set(err, EBADMSG, "session.end_time: must be given unless status is active");
	if (!(stop = plan_add(b->plan, &msg_session_stop, item)))
		return no_memory(err);
	ids_session(start->local_session_id, stop->session_id);
	if (!(object = json_pack("{s:O, s:O?}", "end_time", end, "status", status)))
		return no_memory(err);
	r = legacy_take(&msg_session_stop, names, object, stop, err);
	json_decref(object);
	if (r < 0)
		return -1;
	if (stop->status == SESSION_ACTIVE)
		return err_set(err, EBADMSG, "session.status: must not be active with an end_time");
	return stop->at_us < start_us
		       ? err_set(err, EBADMSG, "session.end_time: must not be before start_time") : 0;
}

static int
take_session(struct batch *b, const json_t *row, size_t item, struct err *err)
{
	struct session_start *start = plan_add(b->plan, &msg_session_start, item);
	ids_uuid id;

	if (!start)
		return no_memory(err);
	if (legacy_take(&msg_session_start, session_names, row, start, err) < 0 ||
	    local_id(b, row, start->local_session_id, sizeof(start->local_session_id), err) < 0)
		return -1;
	if (start->start_us == MSG_NONE)
		return err_set(err, EBADMSG, "session.start_time: must be given");
	ids_session(start->local_session_id, id);
	if (*b->session_id && strcmp(b->session_id, id))
		return err_set(err, EBADMSG, "session.local_session_id: is not the session of this "
			       "batch");
	return take_stop(b, row, start, item, err);
}

/* ---- the batch */

static const struct kind {
	const char *names;
	int (*take)(struct batch *, const json_t *row, size_t item, struct err *);
} kinds[] = {
	{" session sessions ", take_session},
	{" session_survey session_surveys survey surveys ", take_survey},
	{" intra_session_response intra_session_responses ", take_response},
	{" adaptive_event session_adaptive_event session_adaptive_events event events ", take_event},
	{" phase_stats session_phase_stats ", take_stats},
	{" progression ", take_progression},
	{" readings reading ", NULL},
};

static const struct kind *
find_kind(const json_t *type)
{
	const char *name = json_string_value(type);
	char word[48];
	size_t i;

	if (!name || strchr(name, ' ') ||
	    snprintf(word, sizeof(word), " %s ", name) >= (int)sizeof(word))
		return NULL;
	for (i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++)
		if (strstr(kinds[i].names, word))
			return &kinds[i];
	return NULL;
}

static int
check_frame(const json_t *body, struct batch *b, struct problem *problem)
{
	const json_t *session = json_object_get(body, "sessionId"), *v;
	const char *name;

	json_object_foreach((json_t *)body, name, v)
		if (strcmp(name, "type") && strcmp(name, "data") && strcmp(name, "sessionId"))
			return problem_set(problem, 422, name, "no such field; a batch has type, data "
					   "and sessionId");
	if (!session || json_is_null(session))
		return 0;
	if (!json_is_string(session) ||
	    sync_batch_session(json_string_value(session), b->session_id) < 0)
		return problem_set(problem, 422, "sessionId", "must be a session's UUID or local id");
	if (!is_uuid(json_string_value(session)))
		b->local_session_id = json_string_value(session);
	return 0;
}

static int
take_rows(struct batch *b, const struct kind *kind, const json_t *data)
{
	size_t n = json_is_array(data) ? json_array_size(data) : 1, i;
	size_t most = kind->take ? SYNC_BATCH_ROWS : SYNC_BATCH_READINGS;
	struct err err;
	int r;

	if (n > most)
		return problem_set(b->problem, 413, "data", "must have at most %zu rows", most);
	if (!kind->take) {
		if (!*b->session_id && n)
			return problem_set(b->problem, 422, "sessionId", "must be a session's UUID or "
					   "local id");
		return sync_readings(data, b->session_id, b->plan, b->problem);
	}
	for (i = 0; i < n; i++) {
		const json_t *row = json_is_array(data) ? json_array_get(data, i) : data;

		r = json_is_object(row) ? kind->take(b, row, i, &err)
					: err_set(&err, EBADMSG, "a row must be a JSON object");
		if (r == 0)
			continue;
		(void)problem_from_err(b->problem, err.code == ENOMEM ? 503 : 422, &err);
		b->problem->row = (long)i + 1;
		return -1;
	}
	return 0;
}

int
sync_batch_read(const json_t *body, struct plan *plan, struct problem *problem)
{
	struct batch b = {.plan = plan, .problem = problem};
	const struct kind *kind = find_kind(json_object_get(body, "type"));
	const json_t *data = json_object_get(body, "data");

	if (!kind)
		return problem_set(problem, 422, "type", "must be one of readings, session, "
				   "session_survey, intra_session_response, adaptive_event, "
				   "phase_stats, progression");
	if (!json_is_array(data) && !json_is_object(data))
		return problem_set(problem, 422, "data", "must be a row or a list of rows");
	plan->is_batch = 1;
	plan->one_by_one = kind->take == take_session;
	if (check_frame(body, &b, problem) < 0 || take_rows(&b, kind, data) < 0) {
		plan_release(plan);
		return -1;
	}
	return 0;
}
