#include "services/http-api/reads/reads.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/clock.h"
#include "services/http-api/commands/sync_batch.h"

#define LIST_LIMIT     50
#define LIST_MOST      500
#define READINGS_LIMIT 1000
#define READINGS_MOST  10000

#define SESSION_COLUMNS                                                                      \
	"s.id, s.local_session_id, s.user_id, s.gateway, s.device_id, s.status, s.start_time," \
	" s.end_time, s.session_type, s.session_subtype, s.current_phase, s.current_cycle,"   \
	" s.phase_time, s.total_cycles, s.hypoxic_duration, s.hyperoxic_duration,"            \
	" s.starting_altitude_level, s.current_altitude_level, s.total_mask_lifts,"           \
	" s.total_readings, s.avg_spo2, s.min_spo2, s.max_spo2, s.avg_heart_rate,"            \
	" s.min_heart_rate, s.max_heart_rate, s.data_source, s.sync_status, s.last_sync_at"

#define MICROSECONDS(time) "(extract(epoch FROM " time ") * 1000000)::bigint"

/* One row more than asked for shows whether there is another page. */
static const char list_sql[] =
	"SELECT row_to_json(t)::text, " MICROSECONDS("t.start_time") " || '.' || t.id"
	" FROM (SELECT " SESSION_COLUMNS " FROM public.sessions s"
	" WHERE ($1::text IS NULL OR s.status = $1) AND ($2::uuid IS NULL OR s.user_id = $2)"
	" AND ($3::text IS NULL OR s.device_id = $3)"
	" AND ($4::timestamptz IS NULL OR (s.start_time, s.id) < ($4, $5::uuid))"
	" ORDER BY s.start_time DESC, s.id DESC LIMIT $6::integer + 1) t";

#define CHILD(columns, table, order)                                                   \
	"(SELECT coalesce(json_agg(row_to_json(c)), '[]') FROM (SELECT " columns " FROM public." \
	table " WHERE user_id = s.user_id AND session_id = s.id ORDER BY " order ") c)"

static const char detail_sql[] =
	"SELECT row_to_json(t)::text, '' FROM (SELECT " SESSION_COLUMNS ","
	" (SELECT row_to_json(c) FROM (SELECT clarity_pre, energy_pre, stress_pre, pre_time,"
	" clarity_post, energy_post, stress_post, notes_post, post_symptoms, overall_rating,"
	" post_time FROM public.session_surveys"
	" WHERE user_id = s.user_id AND session_id = s.id) c) AS session_survey,"
	CHILD("phase_number, clarity, energy, stress, stress_perception, sensations, spo2_value,"
	      " hr_value, timestamp", "intra_session_responses", "phase_number")
	" AS intra_session_responses,"
	CHILD("id, event_type, event_timestamp, altitude_phase_number, recovery_phase_number,"
	      " current_altitude_level, spo2_value, additional_data", "session_adaptive_events",
	      "event_timestamp, id") " AS session_adaptive_events,"
	CHILD("phase_type, phase_number, altitude_level, start_time, end_time, duration_seconds,"
	      " min_spo2, max_spo2, avg_spo2, spo2_readings_count, mask_lift_count,"
	      " target_min_spo2, target_max_spo2, recovery_trigger, time_to_95_percent_seconds,"
	      " time_below_83, peak_heart_rate", "session_phase_stats", "start_time, phase_type")
	" AS session_phase_stats,"
	" (SELECT row_to_json(c) FROM (SELECT current_altitude_level, recommended_altitude_level,"
	" score, performance, reason, decided_at FROM public.progression"
	" WHERE user_id = s.user_id AND session_id = s.id) c) AS progression,"
	CHILD("device_id, epoch, seq, from_time, to_time, lost, reason", "gaps", "from_time, seq")
	" AS gaps FROM public.sessions s WHERE s.id = $1::uuid) t";

/* The person is looked up first, as every key begins with it.  A session without readings
 * gives one row of NULL, an unknown session none. */
static const char readings_sql[] =
	"SELECT row_to_json(t)::text,"
	" " MICROSECONDS("t.timestamp") " || '.' || t.epoch || '.' || t.seq"
	" FROM (SELECT user_id, id FROM public.sessions WHERE id = $1::uuid) s LEFT JOIN LATERAL"
	" (SELECT r.timestamp, r.epoch, r.seq, r.device_time, r.spo2, r.heart_rate,"
	" r.perfusion_index, r.motion, r.signal_strength, r.battery, r.status, r.is_valid,"
	" r.invalid, r.data_source, r.phase_type, r.cycle_number, r.fio2_level, r.rr"
	" FROM public.readings r WHERE r.user_id = s.user_id AND r.session_id = s.id"
	" AND ($2::timestamptz IS NULL OR r.timestamp >= $2)"
	" AND ($3::timestamptz IS NULL OR r.timestamp < $3)"
	" AND ($4::timestamptz IS NULL OR (r.timestamp, r.epoch, r.seq) >"
	" ($4, split_part($5, '.', 1)::bigint, split_part($5, '.', 2)::bigint))"
	" ORDER BY r.timestamp, r.epoch, r.seq LIMIT $6::integer + 1) t ON true"
	" ORDER BY t.timestamp, t.epoch, t.seq";

/* ---- the question */

static const char *
arg(const struct ask *ask, const char *name)
{
	size_t i;

	for (i = 0; i < ask->n_args; i++)
		if (!strcmp(ask->args[i].name, name))
			return ask->args[i].value;
	return NULL;
}

static void
set_param(struct query *q, int i, const char *text)
{
	(void)snprintf(q->text[i], sizeof(q->text[i]), "%s", text);
	q->given[i] = 1;
}

static void
set_time(struct query *q, int i, int64_t us)
{
	char text[CLOCK_TEXT];

	set_param(q, i, clock_text(us, text));
}

/* Digits from..to, the whole text. */
static int
read_number(const char *text, long from, long to, long *number)
{
	long n;

	if (!*text || strspn(text, "0123456789") != strlen(text))
		return -1;
	n = strtol(text, NULL, 10);  /* too large a number becomes LONG_MAX */
	if (n < from || n > to)
		return -1;
	*number = n;
	return 0;
}

static int
limit_of(const struct ask *ask, long *limit, struct problem *problem)
{
	int is_list = ask->route->kind == ROUTE_LIST;
	long most = is_list ? LIST_MOST : READINGS_MOST;
	const char *text = arg(ask, "limit");

	*limit = is_list ? LIST_LIMIT : READINGS_LIMIT;
	if (text && read_number(text, 1, most, limit) < 0)
		return problem_set(problem, 400, "limit", "must be from 1 to %ld", most);
	return 0;
}

static int
take_limit(const struct ask *ask, struct query *q, struct problem *problem)
{
	char text[16];
	long limit;

	if (limit_of(ask, &limit, problem) < 0)
		return -1;
	(void)snprintf(text, sizeof(text), "%ld", limit);
	set_param(q, 5, text);
	return 0;
}

static int
take_time(const struct ask *ask, const char *name, struct query *q, int i,
	  struct problem *problem)
{
	const char *text = arg(ask, name);
	int64_t us;

	if (!text)
		return 0;
	if (clock_parse(text, &us) < 0 || us < MSG_TIME_MIN || us > MSG_TIME_MAX)
		return problem_set(problem, 400, name, "must be ISO 8601 text (a + as %%2B), or "
				   "seconds, ms or us since 1970");
	set_time(q, i, us);
	return 0;
}

static int
take_uuid(const struct ask *ask, const char *name, struct query *q, int i,
	  struct problem *problem)
{
	const char *text = arg(ask, name);
	char id[37];

	if (!text)
		return 0;
	if (strlen(text) != 36 || sync_batch_session(text, id) < 0 || strcasecmp(text, id))
		return problem_set(problem, 400, name, "must be a UUID");
	set_param(q, i, id);
	return 0;
}

/* "<us>.<rest>" into a time and the rest. */
static int
take_cursor(const struct ask *ask, const char *name, const char *rest_of, struct query *q,
	    struct problem *problem)
{
	const char *text = arg(ask, name), *rest;
	char id[37];
	size_t n;

	if (!text)
		return 0;
	n = strspn(text, "0123456789");
	rest = text + n + 1;
	if (!n || n > 16 || text[n] != '.' || strlen(rest) > 40 ||
	    strspn(rest, rest_of) != strlen(rest))
		goto bad;
	if (ask->route->kind == ROUTE_LIST) {
		if (strlen(rest) != 36 || sync_batch_session(rest, id) < 0 || strcmp(id, rest))
			goto bad;
	} else if (!strchr(rest, '.') || strchr(rest, '.') != strrchr(rest, '.') ||
		   strchr(rest, '.') == rest || strchr(rest, '.') - rest > 17 ||
		   !strchr(rest, '.')[1] || strlen(strchr(rest, '.')) > 18) {
		goto bad;
	}
	set_time(q, 3, strtoll(text, NULL, 10));
	set_param(q, 4, rest);
	return 0;
bad:
	return problem_set(problem, 400, name, "must be `next` of the page before it");
}

static int
query_list(const struct ask *ask, struct query *q, struct problem *problem)
{
	const char *status = arg(ask, "status"), *device = arg(ask, "device_id");
	char list[200];

	q->sql = list_sql;
	q->n = 6;
	if (status && (!*status || words_find(&words_session_status, status) < 0))
		return problem_set(problem, 400, "status", "must be one of %s",
				   words_list(&words_session_status, list, sizeof(list)));
	if (status)
		set_param(q, 0, status);
	if (device && (!*device || strlen(device) > 64))
		return problem_set(problem, 400, "device_id", "must be 1 to 64 bytes");
	if (device)
		set_param(q, 2, device);
	if (take_uuid(ask, "user_id", q, 1, problem) < 0 ||
	    take_cursor(ask, "before", "0123456789abcdef-", q, problem) < 0)
		return -1;
	return take_limit(ask, q, problem);
}

static int
query_session(const struct ask *ask, struct query *q, struct problem *problem)
{
	char id[37];

	if (sync_batch_session(ask->key, id) < 0)
		return problem_set(problem, 404, "id", "no such session");
	set_param(q, 0, id);
	q->sql = detail_sql;
	q->n = 1;
	if (ask->route->kind == ROUTE_DETAIL)
		return 0;
	q->sql = readings_sql;
	q->n = 6;
	if (take_time(ask, "from", q, 1, problem) < 0 || take_time(ask, "to", q, 2, problem) < 0 ||
	    take_cursor(ask, "after", "0123456789.", q, problem) < 0)
		return -1;
	return take_limit(ask, q, problem);
}

int
reads_query(const struct ask *ask, struct query *query, struct problem *problem)
{
	memset(query, 0, sizeof(*query));
	return ask->route->kind == ROUTE_LIST ? query_list(ask, query, problem)
					      : query_session(ask, query, problem);
}

/* ---- the answer */

static char *
page(const struct ask *ask, const PGresult *result, size_t *len, size_t *n_rows)
{
	const char *name = ask->route->kind == ROUTE_LIST ? "sessions" : "readings";
	struct problem unused;
	size_t room = 200;
	long limit, n = PQntuples(result), shown, i;
	char *text, *p;

	(void)limit_of(ask, &limit, &unused);
	if (n == 1 && PQgetisnull(result, 0, 0))
		n = 0;
	shown = n > limit ? limit : n;
	for (i = 0; i < shown; i++)
		room += (size_t)PQgetlength(result, (int)i, 0) + 2;
	if (!(text = p = malloc(room)))
		return NULL;
	p += sprintf(p, "{\"%s\":[", name);
	for (i = 0; i < shown; i++) {
		if (i)
			*p++ = ',';
		memcpy(p, PQgetvalue(result, (int)i, 0), (size_t)PQgetlength(result, (int)i, 0));
		p += PQgetlength(result, (int)i, 0);
	}
	if (n > limit)
		p += sprintf(p, "],\"next\":\"%.100s\"}", PQgetvalue(result, (int)limit - 1, 1));
	else
		p += sprintf(p, "],\"next\":null}");
	*len = (size_t)(p - text);
	*n_rows = (size_t)shown;
	return text;
}

char *
reads_answer(const struct ask *ask, const PGresult *result, size_t *len, size_t *n,
	     struct problem *problem)
{
	char *text;

	*n = 0;
	if (ask->route->kind != ROUTE_LIST && PQntuples(result) == 0) {
		(void)problem_set(problem, 404, "id", "no such session in Postgres (yet: a new one "
				  "arrives there with its first sync)");
		return NULL;
	}
	if (ask->route->kind == ROUTE_DETAIL) {
		*n = 1;
		text = strdup(PQgetvalue(result, 0, 0));
		*len = text ? strlen(text) : 0;
	} else {
		text = page(ask, result, len, n);
	}
	if (!text)
		(void)problem_set(problem, 503, "", "out of memory");
	return text;
}
