#include "services/http-api/commands/sync_rows.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "proto/ids.h"
#include "services/http-api/commands/legacy.h"
#include "services/http-api/commands/sync_batch.h"

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

static int
no_memory(struct err *err)
{
	return err_set(err, ENOMEM, "out of memory");
}

/* The local id: the row's own, or its id or the batch's when that is not a UUID. */
static int
local_id(const struct batch *b, const json_t *row, char *id, size_t size, struct err *err)
{
	const json_t *own = legacy_find(row, "local_session_id"), *other = legacy_find(row, "id");
	const char *text = json_string_value(own);
	ids_uuid uuid;

	if (!text && other && json_is_string(other) && !sync_batch_is_uuid(json_string_value(other)))
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
	static const struct legacy_name names[] = {{"end_time", "at_us"}, {NULL, NULL}};
	const json_t *end = legacy_find(row, "end_time"), *status = legacy_find(row, "status");
	struct session_stop *stop;
	json_t *object;
	int r;

	end = end ? end : legacy_find(row, "end_us");
	if (!end && (!status || (json_is_string(status) &&
				 !strcasecmp(json_string_value(status), "active"))))
		return 0;
	if (!end)
		return err_set(err, EBADMSG, "session.end_time: must be given unless status is active");
	if (!(stop = plan_step(b->plan, &msg_session_stop, item)))
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
	return stop->at_us < start->start_us
		       ? err_set(err, EBADMSG, "session.end_time: must not be before start_time") : 0;
}

int
sync_session(struct batch *b, const json_t *row, size_t item, struct err *err)
{
	struct session_start *start = plan_step(b->plan, &msg_session_start, item);
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
