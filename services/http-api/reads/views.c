/* What the views of 009_analytics.sql say, for those who ask with a cursor: catalog.h. */
#include "services/http-api/reads/catalog.h"

#define CURSOR_TIME(n)     "timestamptz 'epoch' + split_part($" #n ", '.', 1)::bigint * interval '1 us'"
#define CURSOR(...)        (const char *const[]){__VA_ARGS__, NULL}

/* $1 sessions $2 from $3 to $4 include_mock: what numbers of these sessions rest on. */
const struct read read_basis = {
	READ_LIST, "sessions", &shape_basis, "b", NULL,
	" FROM (SELECT s.*, c.* FROM public.sessions s CROSS JOIN LATERAL"
	" (SELECT count(*) AS readings, count(spo2) AS spo2_readings_count FROM public.readings"
	" WHERE user_id = s.user_id AND session_id = s.id"
	" AND ($2::timestamptz IS NULL OR timestamp >= $2) AND ($3::timestamptz IS NULL OR timestamp < $3)"
	" AND (data_source <> 'mock' OR s.data_source = 'mock' OR $4::text = 'true')) c"
	" WHERE s.id = ANY ($1::uuid[])) b", NULL};

/* $1 sessions $2 user_id $3 from $4 to $5 limit $6 before $7 include_mock: sessions first, as each
 * view costs the readings of those it is asked for. */
#define CHOSEN                                                                                  \
	" FROM (SELECT s.* FROM public.sessions s"                                              \
	" WHERE ($1::uuid[] IS NULL OR s.id = ANY ($1)) AND ($2::uuid IS NULL OR s.user_id = $2)" \
	" AND ($3::timestamptz IS NULL OR s.start_time >= $3)"                                  \
	" AND ($4::timestamptz IS NULL OR s.start_time < $4)"                                   \
	" AND ($7::text = 'true' OR s.data_source <> 'mock')"                                   \
	" AND ($6::text IS NULL OR (s.start_time, s.id) < (" CURSOR_TIME(6) ","                 \
	" split_part($6, '.', 2)::uuid))"                                                       \
	" ORDER BY s.start_time DESC, s.id DESC LIMIT $5::integer + 1) c CROSS JOIN LATERAL "
#define OF_CHOSEN " WHERE user_id = c.user_id AND session_id = c.id"
#define NEWEST    "t.start_time DESC, t.session_id DESC"

const struct read read_quality = {
	READ_LIST, "sessions", &shape_quality, "r", CURSOR("start_time", "session_id"),
	CHOSEN "(SELECT q.*, c.gateway, c.last_sync_at, d.hours_measured, d.index_3, d.index_4,"
	" d.nadir_spo2, d.share_below_90, d.share_below_83"
	" FROM (SELECT * FROM public.data_quality" OF_CHOSEN ") q"
	" CROSS JOIN (SELECT * FROM public.desaturation_index" OF_CHOSEN ") d) r", NEWEST};

const struct read read_summaries = {
	READ_LIST, "sessions", &shape_summary, "r", CURSOR("start_time", "session_id"),
	CHOSEN "(SELECT * FROM public.session_summary" OF_CHOSEN ") r", NEWEST};

/* $1 user_id $2 from $3 to $4 include_mock */
const struct read read_weeks = {
	READ_LIST, "weeks", &shape_week, "r", NULL,
	" FROM public.weekly_trend r WHERE r.user_id = $1::uuid AND $4::text IS NOT NULL"
	" AND ($2::timestamptz IS NULL OR r.week >= date_trunc('week', $2 AT TIME ZONE 'UTC')::date)"
	" AND ($3::timestamptz IS NULL OR r.week < ($3 AT TIME ZONE 'UTC')::date)", "t.week"};

/* $1 session $2 from $3 to $4 limit $5 after $6 include_mock: times without a reading for more
 * than 5 s, those at its start and end too, with what was recorded of them; and records of values
 * lost in less. */
const struct read read_silences = {
	READ_OF_SESSION, "silences", &shape_silence, "r", CURSOR("from_time", "to_time"),
	" FROM (SELECT * FROM (WITH r AS (SELECT timestamp, epoch, seq, phase_type, cycle_number, battery,"
	" signal_strength, invalid FROM public.readings WHERE user_id = s.user_id AND session_id = s.id"
	" AND ($6::text = 'true' OR data_source <> 'mock') UNION ALL SELECT x.at, 0, 0, NULL, NULL, NULL,"
	" NULL, NULL FROM public.sessions z CROSS JOIN LATERAL unnest(ARRAY[z.start_time, z.end_time])"
	" AS x (at) WHERE z.user_id = s.user_id AND z.id = s.id AND x.at IS NOT NULL),"
	" a AS MATERIALIZED (SELECT timestamp AS from_time, lead(timestamp) OVER (ORDER BY timestamp,"
	" epoch, seq) AS to_time, phase_type, cycle_number, battery, signal_strength, invalid FROM r),"
	" b AS (SELECT * FROM a WHERE to_time - from_time > interval '5 s')"
	" SELECT b.*, g.reason, g.lost FROM b LEFT JOIN LATERAL (SELECT reason, lost FROM public.gaps"
	" WHERE user_id = s.user_id AND session_id = s.id AND from_time < b.to_time"
	" AND to_time > b.from_time ORDER BY from_time, seq LIMIT 1) g ON true"
	" UNION ALL SELECT g.from_time, g.to_time, NULL, NULL, NULL, NULL, NULL, g.reason, g.lost"
	" FROM public.gaps g WHERE g.user_id = s.user_id AND g.session_id = s.id AND NOT EXISTS"
	" (SELECT FROM b WHERE b.from_time < g.to_time AND b.to_time > g.from_time)) u"
	" WHERE ($2::timestamptz IS NULL OR to_time > $2) AND ($3::timestamptz IS NULL OR from_time < $3)"
	" AND ($5::text IS NULL OR (from_time, to_time) > (" CURSOR_TIME(5) ", timestamptz 'epoch' +"
	" split_part($5, '.', 2)::bigint * interval '1 us')) ORDER BY from_time, to_time"
	" LIMIT $4::integer + 1) r", "t.from_time, t.to_time"};
