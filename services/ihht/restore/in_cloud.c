#include "services/ihht/restore/in_cloud.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/pg.h"
#include "proto/msg_json.h"

struct cloud {
	PGconn *pg;
	ids_uuid user, session;
	PGresult *records;
	int row;
	struct reading last;    /* where the next page of readings begins */
	int began;
};

#define US(time) "(extract(epoch FROM " time ") * 1000000)::bigint"

static const char sessions_sql[] =
	"SELECT id FROM public.sessions WHERE user_id = $1::uuid AND status <> 'active'"
	" AND end_time IS NOT NULL ORDER BY start_time DESC, id DESC LIMIT nullif($2::bigint, 0)";
static const char running_sql[] =
	"SELECT count(*) FROM public.sessions WHERE user_id = $1::uuid AND $2::bigint >= 0"
	" AND (status = 'active' OR end_time IS NULL)";

static const char revision_sql[] =
	"SELECT coalesce(max(rev), 0) FROM public.sync_heads WHERE user_id = $1::uuid";
/* The bound and the rows in one statement: they are of one moment. */
static const char changes_sql[] =
	"SELECT r.session_id, max(r.rev), EXISTS (SELECT FROM public.sessions s"
	" WHERE s.user_id = $1::uuid AND s.id = r.session_id AND s.status <> 'active' AND s.end_time IS NOT NULL)"
	" FROM public.sync_receipts r WHERE r.user_id = $1::uuid AND r.rev > $2::bigint"
	" GROUP BY r.session_id ORDER BY max(r.rev)";

/* Each is the name of its message and the JSON of one, with the names of messages.def. */
static const char records_sql[] =
	"SELECT 'session', to_jsonb(r) FROM (SELECT id, local_session_id, user_id, gateway, device_id, status,"
	" " US("start_time") " AS start_us, " US("end_time") " AS end_us, session_type, session_subtype,"
	" current_phase, current_cycle, " US("phase_time") " AS phase_us, total_cycles, hypoxic_duration,"
	" hyperoxic_duration, starting_altitude_level, current_altitude_level, total_mask_lifts,"
	" total_readings, avg_spo2, min_spo2, max_spo2, avg_heart_rate, min_heart_rate, max_heart_rate,"
	" data_source, hlc FROM public.sessions WHERE user_id = $1::uuid AND id = $2::uuid) r"
	" UNION ALL SELECT 'survey', to_jsonb(r) FROM (SELECT session_id, 'pre' AS kind,"
	" clarity_pre AS clarity, energy_pre AS energy, stress_pre AS stress, " US("pre_time") " AS at_us,"
	" pre_hlc AS hlc FROM public.session_surveys WHERE user_id = $1 AND session_id = $2 AND pre_hlc <> 0) r"
	" UNION ALL SELECT 'survey', to_jsonb(r) FROM (SELECT session_id, 'post' AS kind,"
	" clarity_post AS clarity, energy_post AS energy, stress_post AS stress, post_symptoms,"
	" overall_rating, notes_post, " US("post_time") " AS at_us, post_hlc AS hlc"
	" FROM public.session_surveys WHERE user_id = $1 AND session_id = $2 AND post_hlc <> 0) r"
	" UNION ALL SELECT 'survey', to_jsonb(r) FROM (SELECT session_id, 'intra' AS kind, phase_number,"
	" clarity, energy, stress, stress_perception, sensations, spo2_value, hr_value,"
	" " US("timestamp") " AS at_us, hlc"
	" FROM public.intra_session_responses WHERE user_id = $1 AND session_id = $2) r"
	" UNION ALL SELECT 'event', to_jsonb(r) FROM (SELECT id, session_id, event_type,"
	" " US("event_timestamp") " AS event_us, altitude_phase_number, recovery_phase_number,"
	" current_altitude_level, spo2_value, additional_data::text AS additional_data, hlc"
	" FROM public.session_adaptive_events WHERE user_id = $1 AND session_id = $2) r"
	" UNION ALL SELECT 'phase_stats', to_jsonb(r) FROM (SELECT session_id, phase_type, phase_number,"
	" altitude_level, " US("start_time") " AS start_us, " US("end_time") " AS end_us, min_spo2, max_spo2,"
	" avg_spo2, spo2_readings_count, mask_lift_count, target_min_spo2, target_max_spo2,"
	" recovery_trigger, time_to_95_percent_seconds, time_below_83, peak_heart_rate, hlc"
	" FROM public.session_phase_stats WHERE user_id = $1 AND session_id = $2) r"
	" UNION ALL SELECT 'progression', to_jsonb(r) FROM (SELECT session_id, user_id,"
	" current_altitude_level, recommended_altitude_level, score, performance, reason,"
	" " US("decided_at") " AS at_us, hlc FROM public.progression WHERE user_id = $1 AND session_id = $2) r"
	/* where it stood in a spool is told to nobody, and that spool is gone */
	" UNION ALL SELECT 'gap', to_jsonb(r) FROM (SELECT 0 AS spool, 1 AS pos, device_id, epoch, seq,"
	" " US("from_time") " AS from_us, " US("to_time") " AS to_us, lost, reason, session_id"
	" FROM public.gaps WHERE user_id = $1 AND session_id = $2) r";

/* The columns are the fields of `reading`, in their order; one page after a key. */
static const char readings_sql[] =
	"SELECT " US("timestamp") ", epoch, seq, " US("device_time") ", spo2, heart_rate, perfusion_index,"
	" motion, signal_strength, battery, status, invalid, data_source, phase_type, cycle_number,"
	" fio2_level, rr FROM public.readings WHERE user_id = $1::uuid AND session_id = $2::uuid"
	" AND (timestamp, epoch, seq) > (timestamptz 'epoch' + $3::bigint * interval '1 microsecond',"
	" $4::bigint, $5::bigint) ORDER BY timestamp, epoch, seq LIMIT $6::bigint";

static PGresult *
ask(struct cloud *c, const char *sql, int n, const char *const *values, struct err *err)
{
	PGresult *result = PQexecParams(c->pg, sql, n, NULL, values, NULL, NULL, 0);

	if (PQresultStatus(result) == PGRES_TUPLES_OK)
		return result;
	(void)pg_err(c->pg, result, NULL, err);
	PQclear(result);
	return NULL;
}

/* ---- open and close */

/* auth.uid() is that person from here on. */
static int
become(struct cloud *c, struct err *err)
{
	char claims[120];
	const char *values[] = {claims};
	PGresult *result;

	(void)snprintf(claims, sizeof(claims), "{\"sub\": \"%s\", \"role\": \"authenticated\"}", c->user);
	result = ask(c, "SELECT set_config('request.jwt.claims', $1, false)", 1, values, err);
	PQclear(result);
	return result ? 0 : -1;
}

struct cloud *
cloud_open(const struct process *process, const char *user_id, struct err *err)
{
	struct cloud *c = calloc(1, sizeof(*c));
	char conninfo[1000];

	ASSERT(c);
	(void)snprintf(c->user, sizeof(c->user), "%s", user_id);
	pg_conninfo(process->conf, process->run_dir, "http-api", "ihht_api", conninfo, sizeof(conninfo));
	if (!(c->pg = pg_connect(conninfo, "ihht restore", err)) || become(c, err) < 0)
		cloud_close(&c);
	return c;
}

void
cloud_close(struct cloud **cloud)
{
	if (!*cloud)
		return;
	PQclear((*cloud)->records);
	pg_close(&(*cloud)->pg);
	free(*cloud);
	*cloud = NULL;
}

/* ---- sessions */

ids_uuid *
cloud_sessions(struct cloud *c, int64_t most, size_t *n, int64_t *n_running, struct err *err)
{
	char number[24];
	const char *values[] = {c->user, number};
	PGresult *list, *running;
	ids_uuid *ids;
	size_t i;

	(void)snprintf(number, sizeof(number), "%lld", (long long)most);
	if (!(list = ask(c, sessions_sql, 2, values, err)))
		return NULL;
	if (!(running = ask(c, running_sql, 2, values, err))) {
		PQclear(list);
		return NULL;
	}
	*n_running = strtoll(PQgetvalue(running, 0, 0), NULL, 10);
	*n = (size_t)PQntuples(list);
	ids = calloc(*n + 1, sizeof(*ids));
	ASSERT(ids);
	for (i = 0; i < *n; i++)
		(void)snprintf(ids[i], sizeof(ids[i]), "%s", PQgetvalue(list, (int)i, 0));
	PQclear(running);
	PQclear(list);
	return ids;
}

int
cloud_revision(struct cloud *c, int64_t *revision, struct err *err)
{
	const char *values[] = {c->user};
	PGresult *result = ask(c, revision_sql, 1, values, err);

	if (!result)
		return -1;
	*revision = strtoll(PQgetvalue(result, 0, 0), NULL, 10);
	PQclear(result);
	return 0;
}

ids_uuid *
cloud_changes(struct cloud *c, int64_t *revision, size_t *n, struct err *err)
{
	char number[24];
	const char *values[] = {c->user, number};
	PGresult *list;
	ids_uuid *ids;
	int i;

	(void)snprintf(number, sizeof(number), "%lld", (long long)*revision);
	if (!(list = ask(c, changes_sql, 2, values, err)))
		return NULL;
	ids = calloc((size_t)PQntuples(list) + 1, sizeof(*ids));
	ASSERT(ids);
	for (i = 0, *n = 0; i < PQntuples(list); i++) {
		*revision = strtoll(PQgetvalue(list, i, 1), NULL, 10);
		if (*PQgetvalue(list, i, 2) == 't')
			(void)snprintf(ids[(*n)++], sizeof(ids[0]), "%s", PQgetvalue(list, i, 0));
	}
	PQclear(list);
	return ids;
}

int
cloud_begin(struct cloud *c, const char *session_id, struct err *err)
{
	const char *values[] = {c->user, session_id};

	if (pg_exec(c->pg, "BEGIN ISOLATION LEVEL REPEATABLE READ, READ ONLY", err) < 0)
		return -1;
	c->began = 1;
	(void)snprintf(c->session, sizeof(c->session), "%s", session_id);
	c->last = (struct reading){.taken_us = MSG_TIME_MIN, .epoch = -1};
	c->row = 0;
	PQclear(c->records);
	c->records = ask(c, records_sql, 2, values, err);
	return c->records ? 0 : -1;
}

void
cloud_end(struct cloud *c)
{
	if (c->began)
		(void)pg_exec(c->pg, "ROLLBACK", NULL);
	c->began = 0;
}

/* ---- rows */

int
cloud_record(struct cloud *c, const struct message **message, void *record, struct err *err)
{
	const char *name;
	json_t *json;
	int r;

	if (c->row == PQntuples(c->records))
		return 0;
	name = PQgetvalue(c->records, c->row, 0);
	*message = msg_find(name, strlen(name));
	ASSERT(*message);
	json = json_loads(PQgetvalue(c->records, c->row++, 1), 0, NULL);
	r = json ? msg_from_json(*message, json, NULL, record, err)
		 : err_set(err, EBADMSG, "%s: not JSON", name);
	json_decref(json);
	if (r < 0)
		err->code = EBADMSG;
	return r < 0 ? -1 : 1;
}

static int
take_field(const struct msg_field *f, const char *text, void *row)
{
	char *at = (char *)row + f->offset, *end = NULL;
	int64_t v = 0;
	double d;

	if (f->kind == MSG_REAL) {
		d = strtod(text, &end);
		memcpy(at, &d, sizeof(d));
		return *end ? -1 : 0;
	}
	if (f->kind == MSG_WORD)
		v = words_find(f->words, text);
	else
		v = strtoll(text, &end, 10);
	memcpy(at, &v, sizeof(v));
	return end && *end ? -1 : 0;
}

static int
take_reading(const PGresult *page, int i, struct reading *row, struct err *err)
{
	const struct msg_field *f = msg_reading.fields;
	int k;

	msg_clear(&msg_reading, row);
	for (k = 0; k < msg_reading.n_fields; k++)
		if (!PQgetisnull(page, i, k) && take_field(&f[k], PQgetvalue(page, i, k), row) < 0)
			return err_set(err, EBADMSG, "reading.%s: not a number", f[k].name);
	return msg_check(&msg_reading, row, err);
}

int
cloud_readings(struct cloud *c, struct reading *rows, size_t most, size_t *n, struct err *err)
{
	char number[4][24];
	const char *values[] = {c->user, c->session, number[0], number[1], number[2], number[3]};
	PGresult *page;
	int i, r = 0;

	(void)snprintf(number[0], sizeof(number[0]), "%lld", (long long)c->last.taken_us);
	(void)snprintf(number[1], sizeof(number[1]), "%lld", (long long)c->last.epoch);
	(void)snprintf(number[2], sizeof(number[2]), "%lld", (long long)c->last.seq);
	(void)snprintf(number[3], sizeof(number[3]), "%zu", most);
	if (!(page = ask(c, readings_sql, 6, values, err)))
		return -1;
	*n = (size_t)PQntuples(page);
	for (i = 0; r == 0 && i < PQntuples(page); i++)
		r = take_reading(page, i, &rows[i], err);
	if (r < 0)
		err->code = EBADMSG;
	else if (*n)
		c->last = rows[*n - 1];
	PQclear(page);
	return r;
}
