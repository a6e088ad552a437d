#include "services/http-api/reads/catalog.h"

#include <stdlib.h>

#include "common/err.h"
#include "services/http-api/figures/next_level.h"

/* date_part() is exact to the microsecond until 2106, and extract() is ten times as slow. */
#define MICROSECONDS(time) "(date_part('epoch', " time ") * 1000000)::bigint"
#define CURSOR_TIME(n)     "timestamptz 'epoch' + split_part($" #n ", '.', 1)::bigint * interval '1 us'"
#define CURSOR(...)        (const char *const[]){__VA_ARGS__, NULL}
#define PART(n, i, type)   "split_part($" #n ", '.', " #i ")::" type

/* $1 status $2 user_id $3 device_id $4 data_source $5 from $6 to $7 limit $8 before
 * $9 include_mock.  One row more than asked for shows whether there is another page. */
const struct read read_sessions = {
	READ_LIST, "sessions", &shape_session, "s", CURSOR("start_time", "id"),
	" FROM public.sessions s"
	" WHERE ($1::text IS NULL OR s.status = $1) AND ($2::uuid IS NULL OR s.user_id = $2)"
	" AND ($3::text IS NULL OR s.device_id = $3) AND ($4::text IS NULL OR s.data_source = $4)"
	" AND ($5::timestamptz IS NULL OR s.start_time >= $5)"
	" AND ($6::timestamptz IS NULL OR s.start_time < $6)"
	" AND ($9::text = 'true' OR s.data_source <> 'mock')"
	" AND ($8::text IS NULL OR (s.start_time, s.id) < (" CURSOR_TIME(8) ", " PART(8, 2, "uuid") "))"
	" ORDER BY s.start_time DESC, s.id DESC LIMIT $7::integer + 1", NULL};

/* $1 session.  Its row; then, to compute its figures from: recorded starts of phases, mask
 * lifts, readings, as columns.  One statement, so all of one moment. */
const struct read read_session = {
	READ_DETAIL, NULL, &shape_session_detail, "s", NULL, " FROM public.sessions s WHERE s.id = $1::uuid",
	NULL};

/* $1 session $2 from $3 to $4 limit $5 after $6 points $7 include_mock.  The person is looked up
 * first, as every key begins with it. */
#define BETWEEN                                                         \
	" FROM public.readings r WHERE r.user_id = s.user_id AND r.session_id = s.id"   \
	" AND ($2::timestamptz IS NULL OR r.timestamp >= $2)"                           \
	" AND ($3::timestamptz IS NULL OR r.timestamp < $3)"                            \
	" AND ($7::text = 'true' OR r.data_source <> 'mock')"
const struct read read_readings = {
	READ_OF_SESSION, "readings", &shape_reading, "r", CURSOR("timestamp", "epoch", "seq"),
	BETWEEN " AND $6::text IS NULL AND ($5::text IS NULL OR (r.timestamp, r.epoch, r.seq) >"
	" (" CURSOR_TIME(5) ", " PART(5, 2, "bigint") ", " PART(5, 3, "bigint") "))"
	" ORDER BY r.timestamp, r.epoch, r.seq LIMIT $4::integer + 1", "t.timestamp, t.epoch, t.seq"};

/* The same thinned to about `points`: of each stretch of time its first and last reading, least
 * and greatest SpO2 and pulse; and whatever borders on silence (5 s) or on a missing value. */
const struct read read_thinned = {
	READ_OF_SESSION, "readings", &shape_reading, "r", NULL,
	" FROM (SELECT b.*, first_value(b.n) OVER (PARTITION BY b.part ORDER BY b.spo2, b.n) AS low,"
	" first_value(b.n) OVER (PARTITION BY b.part ORDER BY b.spo2 DESC NULLS LAST, b.n) AS high,"
	" first_value(b.n) OVER (PARTITION BY b.part ORDER BY b.heart_rate, b.n) AS slow,"
	" first_value(b.n) OVER (PARTITION BY b.part ORDER BY b.heart_rate DESC NULLS LAST, b.n) AS quick"
	" FROM (SELECT a.*, lag(a.part) OVER w AS part_before, lead(a.part) OVER w AS part_after,"
	" lag(a.timestamp) OVER w AS before, lead(a.timestamp) OVER w AS after,"
	" lag(a.is_valid) OVER w AS valid_before, lead(a.is_valid) OVER w AS valid_after"
	" FROM (SELECT r.*, row_number() OVER (ORDER BY r.timestamp, r.epoch, r.seq) AS n,"
	" width_bucket(date_part('epoch', r.timestamp), date_part('epoch', min(r.timestamp) OVER ()),"
	" date_part('epoch', max(r.timestamp) OVER ()) + 0.00001, greatest($6::integer / 6, 1)) AS part"
	BETWEEN " AND $4::text IS NOT NULL AND $5::text IS NULL) a WINDOW w AS (ORDER BY a.n)) b) r"
	" WHERE r.n IN (r.low, r.high, r.slow, r.quick)"
	" OR r.part_before IS DISTINCT FROM r.part OR r.part_after IS DISTINCT FROM r.part"
	" OR r.timestamp - r.before > interval '5 s' OR r.after - r.timestamp > interval '5 s'"
	" OR r.valid_before <> r.is_valid OR r.valid_after <> r.is_valid",
	"t.timestamp, t.epoch, t.seq"};

const struct read read_surveys = {
	READ_ROW, NULL, &shape_surveys, "s", NULL, " FROM public.sessions s WHERE s.id = $1::uuid", NULL};

/* $1 session */
const struct read read_events = {
	READ_OF_SESSION, "events", &shape_event, "r", NULL,
	" FROM public.session_adaptive_events r WHERE r.user_id = s.user_id AND r.session_id = s.id",
	"t.event_timestamp, t.id"};

/* $1 limit $2 after.  Names may have any byte: in the cursor they are hex. */
#define HEX(text) "encode(convert_to(" text ", 'UTF8'), 'hex')"
const struct read read_devices = {
	READ_LIST, "devices", &shape_device, "d", CURSOR("device_id", "gateway"),
	" FROM (SELECT device_id, gateway, count(*) AS sessions, count(DISTINCT user_id) AS people,"
	" min(start_time) AS first_session, max(start_time) AS last_session,"
	" (array_agg(data_source ORDER BY start_time DESC))[1] AS data_source"
	" FROM public.sessions GROUP BY device_id, gateway) d"
	" WHERE $2::text IS NULL OR (" HEX("device_id") ", " HEX("gateway") ") >"
	" (" PART(2, 1, "text") ", " PART(2, 2, "text") ")"
	" ORDER BY " HEX("d.device_id") ", " HEX("d.gateway") " LIMIT $1::integer + 1", NULL};

/* $1 limit $2 after */
const struct read read_people = {
	READ_LIST, "people", &shape_person, "p", CURSOR("user_id"),
	" FROM (SELECT user_id, count(*) AS sessions, count(*) FILTER (WHERE status = 'active') AS active,"
	" sum(total_readings)::bigint AS readings, min(start_time) AS first_session,"
	" max(start_time) AS last_session, (array_agg(coalesce(current_altitude_level,"
	" starting_altitude_level) ORDER BY start_time DESC))[1] AS current_altitude_level"
	" FROM public.sessions WHERE $2::uuid IS NULL OR user_id > $2"
	" GROUP BY user_id) p ORDER BY p.user_id LIMIT $1::integer + 1", NULL};

/* $1 limit $2 after */
const struct read read_sync = {
	READ_LIST, "sync", &shape_sync, "h", CURSOR("user_id"),
	" FROM (SELECT h.user_id, h.rev, s.sessions, s.completed, s.syncing, s.failed, c.readings,"
	" c.last_sync_at, c.gateways FROM public.sync_heads h CROSS JOIN LATERAL"
	" (SELECT count(*) AS sessions, count(*) FILTER (WHERE sync_status = 'completed') AS completed,"
	" count(*) FILTER (WHERE sync_status IN ('pending', 'syncing')) AS syncing,"
	" count(*) FILTER (WHERE sync_status = 'failed') AS failed FROM public.sessions"
	" WHERE user_id = h.user_id) s CROSS JOIN LATERAL (SELECT coalesce(sum(readings), 0)::bigint AS"
	" readings, max(applied_at) AS last_sync_at, coalesce(json_agg(DISTINCT gateway)::jsonb, '[]')"
	" AS gateways FROM public.sync_receipts WHERE user_id = h.user_id) c"
	" WHERE $2::uuid IS NULL OR h.user_id > $2 ORDER BY h.user_id LIMIT $1::integer + 1) h", "t.user_id"};

/* $1 person $2 include_mock: the last ten that ended, newest first, for next_level.h. */
#define TEN "10"
_Static_assert(NEXT_LEVEL_SESSIONS == 10, "the LIMIT of read_next_level");
const struct read read_next_level = {
	READ_NEXT_LEVEL, NULL, &shape_next_level, "s", NULL,
	"SELECT " MICROSECONDS("s.end_time") ", coalesce(s.current_altitude_level,"
	" s.starting_altitude_level), s.total_mask_lifts, s.session_subtype = 'calibration',"
	" a.min_spo2, a.avg_spo2, a.cycles::float8 / nullif(s.total_cycles, 0)"
	" FROM public.sessions s CROSS JOIN LATERAL (SELECT min(spo2) AS min_spo2, avg(spo2) AS avg_spo2,"
	" count(DISTINCT cycle_number) AS cycles FROM public.readings WHERE user_id = s.user_id AND"
	" session_id = s.id AND phase_type = 'ALTITUDE') a WHERE s.user_id = $1::uuid"
	" AND s.end_time IS NOT NULL AND (s.data_source <> 'mock' OR $2::text = 'true')"
	" ORDER BY s.end_time DESC LIMIT " TEN, NULL};

/* ---- whole statements */

static void
print_detail(const struct read *read, FILE *to)
{
	fputs("SELECT row_to_json(t)::text, 0, NULL, NULL, NULL, NULL, NULL, NULL FROM (SELECT ", to);
	shape_print(read->shape, read->alias, to);
	fputs(read->from, to);
	fputs(") t UNION ALL (SELECT NULL, f.kind, f.phase, f.cycle, " MICROSECONDS("f.at") ", f.spo2,"
	      " f.rate, f.level FROM public.sessions s CROSS JOIN LATERAL ("
	      "SELECT 1 AS kind, phase_type AS phase, phase_number AS cycle, start_time AS at,"
	      " NULL::real AS spo2, NULL::real AS rate, NULL::integer AS level, NULL::bigint AS epoch,"
	      " NULL::bigint AS seq FROM public.session_phase_stats"
	      " WHERE user_id = s.user_id AND session_id = s.id"
	      " UNION ALL SELECT 2, NULL, altitude_phase_number, event_timestamp, spo2_value, NULL, NULL,"
	      " NULL, NULL FROM public.session_adaptive_events WHERE user_id = s.user_id"
	      " AND session_id = s.id AND event_type = 'mask_lift'"
	      " UNION ALL SELECT 3, phase_type, cycle_number, timestamp, spo2, heart_rate, fio2_level,"
	      " epoch, seq FROM public.readings WHERE user_id = s.user_id AND session_id = s.id"
	      " AND (data_source <> 'mock' OR s.data_source = 'mock')) f WHERE s.id = $1::uuid"
	      " ORDER BY f.kind, f.at, f.epoch, f.seq)", to);
}

char *
read_sql(const struct read *read)
{
	char *text = NULL;
	size_t size;
	FILE *to = open_memstream(&text, &size);

	ASSERT(to);
	if (read->form == READ_NEXT_LEVEL) {
		fputs(read->from, to);
	} else if (read->form == READ_DETAIL) {
		print_detail(read, to);
	} else {
		fprintf(to, "SELECT %s FROM ", read->form == READ_ROW ? "row_to_json(t)::text" : "t.*");
		if (read->form == READ_OF_SESSION)
			fputs("(SELECT user_id, id FROM public.sessions WHERE id = $1::uuid) s"
			      " LEFT JOIN LATERAL ", to);
		fputs("(SELECT ", to);
		shape_print(read->shape, read->alias, to);
		fprintf(to, "%s) t%s", read->from, read->form == READ_OF_SESSION ? " ON true" : "");
		if (read->order)
			fprintf(to, " ORDER BY %s", read->order);
	}
	ASSERT(fclose(to) == 0);
	return text;
}
