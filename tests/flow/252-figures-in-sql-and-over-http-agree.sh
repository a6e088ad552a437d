#!/bin/bash
# Every figure of a session and its phases, from the views and from http-api: two programs that know
# nothing of each other say the same, also where readings are missing, doubled, made up or have no
# cycle.  What the views leave out, and whose rows they show.
. "$(dirname "$0")/lib.sh"
fresh
sign_in admin
pg_start || skip_all "no Postgres"
start http-api
wait_ready http-api
URL=http://127.0.0.1:${SETTINGS[http-api/port]}/api
A=11111111-1111-4111-8111-000000000001

body() { curl -sS -m 20 "$URL/$1"; }

# Nine sessions: three each of an oximeter, typed in and made up.  Three phases pairs a session, 3 % of
# the readings without a value, silences, two values of one moment, a few of a demo mode.
sql "SELECT ihht.readings_month('2026-01-01 00:00Z'), setseed(0.5)" >/dev/null
sql "INSERT INTO sessions (user_id, id, local_session_id, gateway, device_id, status, start_time, end_time, data_source, total_cycles, current_altitude_level, hlc)
	SELECT ('11111111-1111-4111-8111-' || lpad((n % 2)::text, 12, '0'))::uuid, ('00000000-0000-5000-8000-' || lpad(n::text, 12, '0'))::uuid, 'IHHT_' || n, 'test', 'ox-' || n % 4, 'completed',
		timestamptz '2026-01-05 00:00Z' + n * interval '8 hours', timestamptz '2026-01-05 00:31Z' + n * interval '8 hours', (ARRAY['bluetooth','manual','mock'])[1 + n % 3], 3, 5 + n % 2, 1 FROM generate_series(1, 9) n;
	INSERT INTO readings (user_id, session_id, timestamp, epoch, seq, spo2, heart_rate, is_valid, invalid, data_source, phase_type, cycle_number, fio2_level, perfusion_index)
	SELECT user_id, id, start_time + (i + r * 0.5) * interval '1 s', 7, i, CASE WHEN v THEN round((90 + 8 * sin(i / 50.0) + r * 6 - 3)::numeric, 1) END,
		CASE WHEN v AND i % 17 > 0 THEN round((70 + 20 * cos(i / 70.0) + r * 5)::numeric, 1) END, v, CASE WHEN v THEN NULL ELSE 'no_finger' END,
		CASE WHEN s.data_source <> 'mock' AND i % 100 = 99 THEN 'mock' ELSE s.data_source END,
		CASE WHEN i % 620 < 420 THEN 'ALTITUDE' WHEN i % 620 BETWEEN 430 AND 609 THEN 'RECOVERY' ELSE 'TRANSITION' END,
		CASE WHEN i < 620 AND s.local_session_id = 'IHHT_7' THEN NULL ELSE i / 620 + 1 END, 5 + i / 620, r
	FROM sessions s, LATERAL (SELECT i, (hashtext(s.id || '/' || i)::bigint + 2147483648) % 1000 / 1000.0 AS r FROM generate_series(0, 1859) i WHERE i % 400 NOT BETWEEN 100 AND 110) x,
		LATERAL (SELECT x.r > 0.03 AS v) y;
	INSERT INTO readings (user_id, session_id, timestamp, epoch, seq, spo2, is_valid, data_source, phase_type, cycle_number)
	SELECT user_id, session_id, timestamp, 7, 5000 + seq, 84, true, data_source, phase_type, cycle_number FROM readings WHERE seq IN (50, 51, 450, 1234);
	INSERT INTO session_phase_stats (user_id, session_id, phase_type, phase_number, id, start_time, hlc)
	SELECT user_id, id, p, c, gen_random_uuid(), start_time + ((c - 1) * 620 + CASE p WHEN 'RECOVERY' THEN 428 ELSE 2 END) * interval '1 s', 1 FROM sessions, generate_series(1, 2) c, unnest(ARRAY['ALTITUDE','RECOVERY']) p;
	INSERT INTO session_adaptive_events (user_id, session_id, id, event_type, event_timestamp, altitude_phase_number, spo2_value, hlc)
	SELECT user_id, id, gen_random_uuid(), CASE WHEN k = 5 THEN 'dial_adjustment' ELSE 'mask_lift' END, start_time + (k * 211.25) * interval '1 s', CASE WHEN k > 1 THEN k / 2 END, CASE WHEN k % 2 = 0 THEN 80 + k END, 1
	FROM sessions, generate_series(1, 8) k WHERE local_session_id <> 'IHHT_2';
	INSERT INTO gaps (user_id, session_id, device_id, epoch, seq, from_time, to_time, lost, reason) SELECT user_id, id, device_id, 7, 6000, start_time, start_time, 9, 'link_lost' FROM sessions"
wait_until "body health | grep -q '\"postgres\":true'"

# ---- the same figures, name by name; a real in SQL is a float4, so to 4 places
normal='def same: if type == "number" then (. * 10000 | round / 10000) elif type == "object" then map_values(same) elif type == "array" then map(same) else . end; same'
view() { sql "SET ihht.include_mock = 'on'; SELECT row_to_json(t) FROM (SELECT * FROM $1 WHERE session_id = '00000000-0000-5000-8000-00000000000$2' ORDER BY start_time) t"; }
for n in 1 2 3 4 7; do
	body "sessions/00000000-0000-5000-8000-00000000000$n" >"$T/http"
	is "$(view phase_statistics $n | jq -cS "del(.user_id, .session_id, .start_time, .end_time) | $normal")" \
		"$(jq -cS ".phase_figures[] | del(.start_time, .end_time) | $normal" "$T/http")" "session $n: the figures of its phases"
	is "$(view session_summary $n | jq -cS --argjson names "$(jq -c '.session_figures | keys' "$T/http")" "with_entries(select(.key | IN(\$names[]))) | $normal")" \
		"$(jq -cS ".session_figures | $normal" "$T/http")" "session $n: the figures of the whole"
done
is "$(jq '.phase_figures | length' "$T/http")" 6 "three cycles are six phases"
is "$(jq -c '[.phase_figures[].start_time] | . == (. | sort)' "$T/http")" true "in order of time"
is "$(view phase_statistics 7 | jq -r '.start_time[:19] + "Z"')" "$(jq -r '.phase_figures[].start_time[:19] + "Z"' "$T/http")" "from the same moments"

# ---- what the views leave out, and whose rows they show
is "$(sql "SELECT count(*), count(*) FILTER (WHERE data_source = 'mock') FROM session_summary")" '6|0' "made-up sessions stay out"
is "$(sql "SET ihht.include_mock = 'on'; SELECT count(*) FROM session_summary")" 9 "unless they are asked for"
is "$(sql "SELECT count(*) FROM analysed_readings WHERE data_source = 'mock'")" 0 "so do readings of a demo mode"
claims() { sql "SET ROLE authenticated; SET request.jwt.claims = '{\"sub\": \"$A\"}'; $1" ihht_api; }
is "$(claims "SELECT count(*), count(DISTINCT user_id) FROM session_summary")" '4|1' "a person sees his own sessions"
is "$(claims "SELECT string_agg(DISTINCT user_id::text, ' ') FROM weekly_trend")" "$A" "and his own weeks"
is "$(sql "SET ROLE ihht_analyst; SELECT count(DISTINCT user_id) FROM desaturation_index")" 2 "an analyst sees everybody's"
sql "SET ROLE anon; SELECT * FROM data_quality" >"$T/anon" 2>&1
like "$(cat "$T/anon")" 'permission denied' "anonymous nobody's"
sql "SET ROLE ihht_analyst; DELETE FROM sessions" >"$T/analyst" 2>&1
like "$(cat "$T/analyst")" 'permission denied' "and an analyst changes nothing"

# ---- figures that only the views have
is "$(sql "SELECT sessions, duration_seconds, mask_lifts FROM weekly_trend WHERE user_id = '$A' ORDER BY week LIMIT 1")" '4|7440|28' "a week is the sum of its sessions"
is "$(sql "SELECT same_moment, gaps, lost, gap_reasons->>'link_lost', valid_share < 1, coverage BETWEEN 0.9 AND 1, longest_silence_seconds > 10 FROM data_quality WHERE session_id = '00000000-0000-5000-8000-000000000001'")" \
	'4|1|9|1|t|t|t' "quality says what is missing and doubled"
sql "INSERT INTO sessions (user_id, id, local_session_id, gateway, device_id, status, start_time, data_source, hlc) VALUES ('$A', '00000000-0000-5000-8000-000000000099', 'x', 'test', 'ox', 'completed', '2026-01-20 00:00Z', 'manual', 1);
	INSERT INTO readings (user_id, session_id, timestamp, epoch, seq, spo2, is_valid, data_source)
	SELECT '$A', '00000000-0000-5000-8000-000000000099', timestamptz '2026-01-20 00:00Z' + i * interval '1 s', 1, i + 1, CASE WHEN i % 600 BETWEEN 300 AND 310 THEN 92 WHEN i % 600 BETWEEN 450 AND 455 THEN 93 ELSE 96 END, true, 'manual' FROM generate_series(0, 3599) i"
is "$(sql "SELECT desaturations_4, desaturations_3, round(index_4::numeric, 1), nadir_spo2 FROM desaturation_index WHERE session_id = '00000000-0000-5000-8000-000000000099'")" \
	'6|12|6.0|92' "six falls of four and six of three in an hour"

# ---- thinned readings
body "sessions/00000000-0000-5000-8000-000000000001/readings?limit=10000" >"$T/all"
body "sessions/00000000-0000-5000-8000-000000000001/readings?points=300" >"$T/thin"
is "$(jq -c '[.readings[].spo2 | select(. != null)] | [min, max]' "$T/thin")" "$(jq -c '[.readings[].spo2 | select(. != null)] | [min, max]' "$T/all")" "thinned readings keep the extremes of SpO2"
is "$(jq -c '[.readings[].heart_rate | select(. != null)] | [min, max]' "$T/thin")" "$(jq -c '[.readings[].heart_rate | select(. != null)] | [min, max]' "$T/all")" "and of the pulse"
gaps='[.readings[] | (.timestamp | sub("\\..*"; "Z") | fromdate)] | [., .[1:]] | transpose | map(select(.[1] != null and .[1] - .[0] > 7)) | length'
is "$(jq "$gaps" "$T/all")" 5 "five silences"
is "$(jq -c --slurpfile thin "$T/thin" '[.readings | to_entries[] | select(.value.is_valid | not) | .value.seq] - [$thin[0].readings[].seq] | length' "$T/all")" 0 "no missing value is left out where it stands alone"
like "$(jq '.readings | length' "$T/thin")" '^[2-4][0-9][0-9]$' "of 1800 some 300 are left"
is "$(jq -c '[.readings[].seq] | . - ([.[]] | unique) | length' "$T/thin")" 0 "each once"

# ---- the other reads
is "$(body people | jq -c '[.people[] | [.user_id[-1:], .sessions, .active]]')" '[["0",4,0],["1",6,0]]' "people"
is "$(body 'people?limit=1' | jq -r .next)" 11111111-1111-4111-8111-000000000000 "in pages"
is "$(body "people?limit=1&after=11111111-1111-4111-8111-000000000000" | jq -c '[.people[].user_id[-1:], .next]')" '["1",null]' "to the end"
is "$(next=; for i in 1 2 3 4 5 6; do body "devices?limit=1${next:+&after=$next}" >"$T/page"; jq -r '.devices[].device_id' "$T/page"; next=$(jq -r '.next // empty' "$T/page"); [ -n "$next" ] || break; done | paste -sd' ')" \
	'ox ox-0 ox-1 ox-2 ox-3' "devices, one a page"
like "$(body "sessions/IHHT_none/events")" '"status":404,.*"field":"id"' "an unknown session's events"
is "$(body sessions/00000000-0000-5000-8000-000000000001/events | jq '.events | length')" 8 "events of a session"
is "$(body sessions/00000000-0000-5000-8000-000000000001/surveys | jq -c .)" '{"session_id":"00000000-0000-5000-8000-000000000001","session_survey":null,"intra_session_responses":[]}' "no surveys"
is "$(body sync)" '{"sync":[],"next":null}' "nothing has come by a bundle"
sql "INSERT INTO sync_heads (user_id, rev) VALUES ('$A', 5), ('11111111-1111-4111-8111-000000000000', 7)"
is "$(body 'sync?limit=1' | jq -c '[.sync[0].rev, .sync[0].sessions, .next]')" '[7,4,"11111111-1111-4111-8111-000000000000"]' "what has come, in pages"
is "$(body 'sync?limit=1&after=11111111-1111-4111-8111-000000000000' | jq -c '[.sync[0].rev, .sync[0].sessions, .next]')" '[5,6,null]' "to the end"
# people by the last digit of their id, each with the dials of their last sessions, the newest first, and
# the days since: the rules of the app, told over HTTP
while read -r n days dials want; do
	sql "INSERT INTO sessions (user_id, id, local_session_id, gateway, device_id, status, start_time, end_time, data_source, current_altitude_level, hlc)
		SELECT '33333333-3333-4333-8333-00000000000$n', gen_random_uuid(), 'next_$n' || i, 'test', 'ox-next', 'completed', now() - ($days + i) * interval '1 day 1 s', now() - ($days + i - 1) * interval '1 day 1 s', 'bluetooth', dial, 1
		FROM unnest(ARRAY[$dials]) WITH ORDINALITY d(dial, i)"
	is "$(body "people/33333333-3333-4333-8333-00000000000$n/progression" | jq -c '[.recommended_altitude_level, .trend, .days_since_last]')" "$want" "the next dial after $dials, $days days ago"
done <<-EOF
	1 0 6,6,6,6,6 [7,"plateau",0]
	2 0 6,6,6,6 [6,"stable",0]
	3 0 4,5,5,6,6,7 [3,"declining",0]
	4 0 8,7,7,6,6,5 [8,"improving",0]
	5 5 8 [7,"unknown",5]
	6 20 8 [5,"unknown",20]
	7 40 9 [8,"unknown",40]
	8 90 9 [6,"unknown",90]
EOF
like "$(body "people/$A/progression")" '"recommended_altitude_level":6,"last_altitude_level":6,"days_since_last":[0-9]+,.*"sessions_considered":4' "the next dial after a long rest"
is "$(body "people/22222222-2222-4222-8222-222222222222/progression" | jq -c '[.recommended_altitude_level, .confidence, .recalibrate]')" '[6,"none",true]' "and of who has no history"
stop http-api
pg_stop
done_testing
