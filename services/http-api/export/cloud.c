#include "services/http-api/export/cloud.h"

#include <arpa/inet.h>
#include <endian.h>
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "common/clock.h"
#include "proto/msg_json.h"

#define EPOCH_2000_US 946684800000000LL  /* Postgres counts from there */

#define US(time) "(extract(epoch FROM " time ") * 1000000)::bigint"
#define OF(table) " FROM public." table " c JOIN s ON c.user_id = s.user_id AND c.session_id = s.id"
#define PART(n, name, at, tie) \
	" UNION ALL SELECT " n ", '" name "', " at ", " tie "::text, to_jsonb(r)::text FROM (SELECT "

/* The name of a message, and one as JSON with the names of messages.def. */
#define SESSION \
	"WITH s AS (SELECT * FROM public.sessions WHERE ($1::uuid IS NULL OR id = $1)" \
	" AND ($2::uuid IS NULL OR user_id = $2) AND ($3::timestamptz IS NULL OR start_time >= $3)" \
	" AND ($4::timestamptz IS NULL OR start_time < $4) AND ($5::boolean OR data_source <> 'mock')" \
	" AND ($6::uuid IS NULL OR (user_id, start_time, id) > ($6, $7::timestamptz, $8::uuid))" \
	" ORDER BY user_id, start_time, id LIMIT 1)" \
	" SELECT name, row FROM (SELECT 0 AS part, 'session' AS name, NULL::bigint AS at, '' AS tie," \
	" to_jsonb(r)::text AS row FROM (SELECT id, local_session_id, user_id, gateway, device_id, status," \
	" " US("start_time") " AS start_us, " US("end_time") " AS end_us, session_type, session_subtype," \
	" current_phase, current_cycle, " US("phase_time") " AS phase_us, total_cycles, hypoxic_duration," \
	" hyperoxic_duration, starting_altitude_level, current_altitude_level, total_mask_lifts," \
	" total_readings, avg_spo2, min_spo2, max_spo2, avg_heart_rate, min_heart_rate, max_heart_rate," \
	" data_source FROM s) r"

static const char session_sql[] = SESSION ") only_it";
static const char whole_session_sql[] = SESSION
	PART("1", "survey", "at_us", "kind") "c.session_id, 'pre' AS kind, clarity_pre AS clarity,"
	" energy_pre AS energy, stress_pre AS stress, " US("pre_time") " AS at_us" OF("session_surveys")
	" WHERE pre_hlc <> 0) r"
	PART("1", "survey", "at_us", "kind") "c.session_id, 'post' AS kind, clarity_post AS clarity,"
	" energy_post AS energy, stress_post AS stress, post_symptoms, overall_rating, notes_post,"
	" " US("post_time") " AS at_us" OF("session_surveys") " WHERE post_hlc <> 0) r"
	PART("1", "survey", "at_us", "kind || phase_number") "c.session_id, 'intra' AS kind, phase_number,"
	" clarity, energy, stress, stress_perception, sensations, spo2_value, hr_value,"
	" " US("c.timestamp") " AS at_us" OF("intra_session_responses") ") r"
	PART("2", "event", "event_us", "id") "c.id, c.session_id, event_type, " US("event_timestamp")
	" AS event_us, altitude_phase_number, recovery_phase_number, c.current_altitude_level, spo2_value,"
	" additional_data::text AS additional_data" OF("session_adaptive_events") ") r"
	PART("3", "phase_stats", "start_us", "phase_type") "c.session_id, phase_type, phase_number,"
	" altitude_level, " US("c.start_time") " AS start_us, " US("c.end_time") " AS end_us, c.min_spo2,"
	" c.max_spo2, c.avg_spo2, spo2_readings_count, mask_lift_count, target_min_spo2, target_max_spo2,"
	" recovery_trigger, time_to_95_percent_seconds, time_below_83, peak_heart_rate"
	OF("session_phase_stats") ") r"
	PART("4", "progression", "at_us", "session_id") "c.session_id, c.user_id, c.current_altitude_level,"
	" c.recommended_altitude_level, score, performance, reason, " US("decided_at") " AS at_us"
	OF("progression") ") r"
	PART("5", "gap", "from_us", "seq") "0 AS spool, 1 AS pos, c.device_id, epoch, seq,"
	" " US("from_time") " AS from_us, " US("to_time") " AS to_us, lost, c.reason, c.session_id"
	OF("gaps") ") r) all_rows ORDER BY part, at, tie";

/* In the order of the fields of `reading`. */
static const char readings_sql[] =
	"SELECT timestamp, epoch, seq, device_time, spo2, heart_rate, perfusion_index, motion,"
	" signal_strength, battery, status, invalid, data_source, phase_type, cycle_number, fio2_level, rr"
	" FROM public.readings WHERE user_id = $1::uuid AND session_id = $2::uuid"
	" AND (timestamp, epoch, seq) > ($3::timestamptz, $4::bigint, $5::bigint)"
	" AND ($6::boolean OR data_source <> 'mock') ORDER BY timestamp, epoch, seq LIMIT $7::integer";

/* ---- questions */

static void
add_text(struct query *q, const char *text)
{
	if (*text) {
		(void)snprintf(q->text[q->n], sizeof(q->text[0]), "%s", text);
		q->given[q->n] = 1;
	}
	q->n++;
}

static void
add_number(struct query *q, int64_t number)
{
	char text[24];

	(void)snprintf(text, sizeof(text), "%lld", (long long)number);
	add_text(q, text);
}

static void
add_time(struct query *q, int64_t us)
{
	char text[CLOCK_TEXT];

	add_text(q, clock_text(us, text));
}

void
cloud_ask_session(const struct cloud_wish *wish, const struct session *after, int with_records,
		  struct query *q)
{
	memset(q, 0, sizeof(*q));
	q->sql = with_records ? whole_session_sql : session_sql;
	add_text(q, wish->session);
	add_text(q, wish->user);
	add_text(q, wish->from);
	add_text(q, wish->to);
	add_text(q, wish->mock ? "true" : "false");
	add_text(q, after ? after->user_id : "");
	if (after) {
		add_time(q, after->start_us);
		add_text(q, after->id);
	} else {
		q->n += 2;
	}
}

void
cloud_ask_readings(const struct cloud_wish *wish, const struct session *session,
		   const struct reading *after, struct query *q)
{
	memset(q, 0, sizeof(*q));
	q->sql = readings_sql;
	q->binary = 1;
	add_text(q, session->user_id);
	add_text(q, session->id);
	add_time(q, after ? after->taken_us : MSG_TIME_MIN);
	add_number(q, after ? after->epoch : 0);
	add_number(q, after ? after->seq : 0);
	add_text(q, wish->mock ? "true" : "false");
	add_number(q, CLOUD_PAGE);
}

/* ---- answers */

int
cloud_record(const PGresult *result, int i, const struct message **message, void *row, struct err *err)
{
	const char *name = PQgetvalue(result, i, 0);
	json_t *json = json_loads(PQgetvalue(result, i, 1), 0, NULL);
	int r;

	*message = msg_find(name, strlen(name));
	if (!*message || !json)
		r = err_set(err, EBADMSG, "%s: no JSON", name);
	else
		r = msg_from_json(*message, json, NULL, row, err);
	json_decref(json);
	return r;
}

/* A smallint, integer or bigint. */
static int64_t
number_at(const PGresult *result, int i, int column)
{
	const char *at = PQgetvalue(result, i, column);
	uint16_t two;
	uint32_t four;
	uint64_t eight;

	switch (PQgetlength(result, i, column)) {
	case 2:
		memcpy(&two, at, sizeof(two));
		return (int16_t)ntohs(two);
	case 4:
		memcpy(&four, at, sizeof(four));
		return (int32_t)ntohl(four);
	default:
		memcpy(&eight, at, sizeof(eight));
		return (int64_t)be64toh(eight);
	}
}

/* The double with the fewest decimals that is this real: 97.3, not 97.30000305. */
static double
real_at(const PGresult *result, int i, int column)
{
	static const double powers[] = {1, 10, 100, 1000};
	uint32_t bits = (uint32_t)number_at(result, i, column);
	double rounded;
	char text[32];
	float real;
	size_t k;

	memcpy(&real, &bits, sizeof(real));
	for (k = 0; k < sizeof(powers) / sizeof(powers[0]); k++) {
		rounded = rint((double)real * powers[k]) / powers[k];
		if ((float)rounded == real)
			return rounded;
	}
	for (k = 6; k <= 9; k++) {
		(void)snprintf(text, sizeof(text), "%.*g", (int)k, (double)real);
		if (strtof(text, NULL) == real)
			break;
	}
	return strtod(text, NULL);
}

static int
word_at(const PGresult *result, int i, int column, const struct msg_field *f, int64_t *word,
	struct err *err)
{
	*word = words_find(f->words, PQgetvalue(result, i, column));  /* libpq ends it with a 0 */
	return *word >= 0 ? 0 : err_set(err, EBADMSG, "readings.%s: no word of %s", f->name, f->words->name);
}

int
cloud_reading(const PGresult *result, int i, struct reading *reading, struct err *err)
{
	const struct msg_field *f = msg_reading.fields;
	int64_t number;
	double real;
	int column;

	msg_clear(&msg_reading, reading);
	for (column = 0; column < msg_reading.n_fields; column++, f++) {
		if (PQgetisnull(result, i, column))
			continue;
		if (f->kind == MSG_REAL) {
			real = real_at(result, i, column);
			memcpy((char *)reading + f->offset, &real, sizeof(real));
			continue;
		}
		if (f->kind != MSG_WORD)
			number = number_at(result, i, column);
		else if (word_at(result, i, column, f, &number, err) < 0)
			return -1;
		memcpy((char *)reading + f->offset, &number, sizeof(number));
	}
	reading->taken_us += EPOCH_2000_US;
	if (reading->device_us != MSG_NONE)
		reading->device_us += EPOCH_2000_US;
	return 0;
}
