#include "services/http-api/commands/sync_rows.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "services/http-api/commands/legacy.h"
#include "services/http-api/commands/sync_batch.h"

#define ROW_NAMES \
	{"id", NULL}, {"user_id", NULL}, {"device_id", NULL}, {"local_session_id", NULL}, \
	{"session_id", NULL}, {"created_at", NULL}, {"updated_at", NULL}, {"synced", NULL}

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

/* A record that belongs to a session: all but the session itself, surveys and readings. */
static void *
take_record(struct batch *b, const struct message *m, const struct legacy_name *names,
	    const json_t *row, size_t item, struct err *err)
{
	char *msg = plan_step(b->plan, m, item);
	int i;

	if (!msg)
		return (void)err_set(err, ENOMEM, "out of memory"), NULL;
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

int
sync_survey(struct batch *b, const json_t *row, size_t item, struct err *err)
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

int
sync_response(struct batch *b, const json_t *row, size_t item, struct err *err)
{
	return take_answers(b, SURVEY_INTRA, response_names, row, item, err);
}

/* Without a time of its own it would be another one whenever it is sent. */
int
sync_event(struct batch *b, const json_t *row, size_t item, struct err *err)
{
	const struct event *event = take_record(b, &msg_event, event_names, row, item, err);

	if (!event)
		return -1;
	if (!event->event_type)
		return err_set(err, EBADMSG, "event.event_type: must be given");
	return event->event_us == MSG_NONE
		       ? err_set(err, EBADMSG, "event.event_timestamp: must be given") : 0;
}

int
sync_phase_stats(struct batch *b, const json_t *row, size_t item, struct err *err)
{
	const struct phase_stats *stats = take_record(b, &msg_phase_stats, stats_names, row, item,
						      err);

	if (!stats)
		return -1;
	return stats->phase_type ? 0 : err_set(err, EBADMSG, "phase_stats.phase_type: must be given");
}

int
sync_progression(struct batch *b, const json_t *row, size_t item, struct err *err)
{
	return take_record(b, &msg_progression, progression_names, row, item, err) ? 0 : -1;
}
