#!/bin/bash
# http-api and Postgres: lists and readings come whole through their pages, filters filter, and
# Postgres stopped, hung, busy or killed is a 503 in time, and nothing else stands still.
. "$(dirname "$0")/lib.sh"
fresh
sign_in admin
pg_start || skip_all "no Postgres"
start http-api
wait_ready http-api
URL=http://127.0.0.1:${SETTINGS[http-api/port]}/api
A=11111111-1111-4111-8111-111111111111 B=22222222-2222-4222-8222-222222222222

get() { curl -sS -m 20 -w ' %{http_code}' "$URL/$1" | sed 's/\(.*\) \(...\)$/\2 \1/'; }  # "STATUS BODY"
body() { curl -sS -m 20 "$URL/$1"; }
session() { printf '00000000-0000-5000-8000-%012d' "$1"; }

# 60 sessions of two people, ten of them begun in the same second.
sql "INSERT INTO sessions (user_id, id, local_session_id, gateway, device_id, status, start_time, data_source, hlc)
	SELECT CASE WHEN n % 3 = 0 THEN '$B' ELSE '$A' END::uuid, ('00000000-0000-5000-8000-' || lpad(n::text, 12, '0'))::uuid,
		'IHHT_' || n, 'test', 'ox-' || n % 4, 'completed', timestamptz '2026-01-01 00:00Z' + greatest(n, 10) * interval '1 second 1 us',
		'mock', 1 FROM generate_series(1, 60) n"
sql "UPDATE sessions SET status = 'active' WHERE local_session_id IN ('IHHT_60', 'IHHT_59')"
sql "SELECT ihht.readings_month('2026-01-01 00:00Z'); SELECT ihht.readings_month('2026-02-01 00:00Z')" >/dev/null
# 2500 readings over the end of a month, five of each moment
sql "INSERT INTO readings (user_id, session_id, timestamp, epoch, seq, spo2, heart_rate, is_valid, data_source, phase_type, fio2_level)
	SELECT '$A', '$(session 1)', timestamptz '2026-01-31 23:55Z' + n / 5 * interval '1 second', 7, n, 80 + n % 20, 60, true, 'mock', 'ALTITUDE', 6
	FROM generate_series(1, 2500) n"
sql "INSERT INTO readings (user_id, session_id, timestamp, epoch, seq, invalid, is_valid, data_source)
	VALUES ('$A', '$(session 2)', '2026-01-01 00:00Z', 7, 1, 'no_finger', false, 'mock')"
sql "INSERT INTO session_surveys (user_id, session_id, id, clarity_pre, pre_hlc) VALUES ('$A', '$(session 1)', '$(session 1)', 3, 1);
	INSERT INTO session_adaptive_events (user_id, session_id, id, event_type, event_timestamp, hlc)
	SELECT '$A', '$(session 1)', ('00000000-0000-5000-8000-' || lpad(n::text, 12, '0'))::uuid, 'mask_lift', timestamptz '2026-01-01 00:00Z' + n * interval '1 s', 1 FROM generate_series(1, 2) n;
	INSERT INTO progression (user_id, session_id, current_altitude_level, recommended_altitude_level, hlc) VALUES ('$A', '$(session 1)', 6, 7, 1)"
wait_until "body health | grep -q '\"postgres\":true'"

# pages PATH LIMIT CURSOR PATTERN [FILTER]: PATTERN of every page in turn, and how many pages
pages() {
	local next= page n=0

	while :; do
		page=$(body "$1?limit=$2${5:+&$5}${next:+&$3=$next}")
		n=$((n + 1))
		grep -oE "$4" <<<"$page"
		next=$(sed -n 's/.*"next":"\([^"]*\)"}$/\1/p' <<<"$page")
		if [ -z "$next" ] || [ $n = 100 ]; then break; fi
	done
	echo "pages $n"
}

# ---- lists
all=$(sql "SELECT '\"id\":\"' || id || '\"' FROM sessions ORDER BY start_time DESC, id DESC")
is "$(pages sessions 7 before '"id":"[^"]*"')" "$all"$'\n'"pages 9" "pages of seven are all sixty, newest first, none twice"
is "$(pages sessions 60 before '"id":"[^"]*"')" "$all"$'\n'"pages 1" "one page of sixty says that it is the last"
some=$(sql "SELECT '\"id\":\"' || id || '\"' FROM sessions WHERE user_id = '$B' AND start_time < '2026-01-01 00:00:40Z' ORDER BY start_time DESC, id DESC")
is "$(pages sessions 3 before '"id":"[^"]*"' "user_id=$B&to=2026-01-01T00:00:40Z&include_mock=true")" "$some"$'\n'"pages 5" "pages of what a filter leaves are all of it and nothing else"
is "$(body sessions | grep -o '"id":' | wc -l)" 50 "a page is fifty unless another limit is asked for"
is "$(body "sessions?user_id=$B&limit=500" | grep -o "\"user_id\":\"$B\"" | wc -l)" 20 "of one person"
is "$(body "sessions?device_id=ox-1&limit=500" | grep -o '"device_id":"ox-1"' | wc -l)" 15 "of one device"
is "$(body "sessions?status=active" | grep -o '"local_session_id":"[^"]*"' | paste -sd' ')" \
	'"local_session_id":"IHHT_60" "local_session_id":"IHHT_59"' "of one status"
is "$(body "sessions?status=abandoned")" '{"sessions":[],"next":null}' "none"
is "$(body "sessions?from=2026-01-01T00:00:59Z&to=2026-01-01T00:00:59.1Z" | grep -o '"local_session_id":"[^"]*"')" '"local_session_id":"IHHT_59"' "of a stretch of time"
is "$(body "sessions?data_source=bluetooth")" '{"sessions":[],"next":null}' "of one source"
is "$(curl -sS -m 20 -H 'Accept-Encoding: gzip' "$URL/sessions?limit=60" | gzip -dc | md5sum)" "$(body "sessions?limit=60" | md5sum)" "packed it is the same"
[ "$(curl -sS -m 20 -H 'Accept-Encoding: gzip' "$URL/sessions?limit=60" | wc -c)" -lt $(($(body "sessions?limit=60" | wc -c) / 5)) ]
ok $? "in a fifth of the bytes"
ETAG=$(curl -sS -m 20 -o /dev/null -D - "$URL/sessions/$(session 1)" | tr -d '\r' | sed -n 's/^ETag: //p')
is "$(curl -sS -m 20 -w '%{http_code}' -H "If-None-Match: $ETAG" "$URL/sessions/$(session 1)")" 304 "what the caller has is not sent again"
sql "UPDATE sessions SET total_mask_lifts = 1 WHERE id = '$(session 1)'"
is "$(curl -sS -m 20 -o /dev/null -w '%{http_code}' -H "If-None-Match: $ETAG" "$URL/sessions/$(session 1)")" 200 "but once it has changed"
like "$(body "sessions?limit=1")" '"start_time":"2026-01-01T00:01:00.00006\+00:00"' "times are to the microsecond, in UTC"

# ---- one session
like "$(get "sessions/$(session 1)")" '^200 .*"local_session_id":"IHHT_1",.*"session_survey":\{"clarity_pre":3,.*"session_adaptive_events":\[\{.*\{.*\}\],.*"recommended_altitude_level":7' \
	"a session with all that hangs on it"
like "$(get "sessions/$(session 3)")" '^200 .*"session_survey":null,"intra_session_responses":\[\],.*"progression":null,"gaps":\[\]' "a session with nothing on it"
like "$(get "sessions/$(session 99)")" '^404 ' "an unknown session"
like "$(get "sessions/IHHT_1/readings")" '^404 ' "readings of an unknown session"

# ---- readings
all=$(sql "SELECT '\"seq\":' || seq FROM readings WHERE session_id = '$(session 1)' ORDER BY timestamp, epoch, seq")
is "$(pages "sessions/$(session 1)/readings" 999 after '"seq":[0-9]+')" "$all"$'\n'"pages 3" \
	"pages of 999 are all 2500 readings in order, over the end of a month, none twice"
is "$(pages "sessions/$(session 1)/readings" 3 after '"seq":[0-9]+' "from=2026-01-31T23:59:00Z&to=2026-01-31T23:59:02Z" | paste -sd' ')" \
	"$(seq -s' ' -f '"seq":%.0f' 1200 1209) pages 4" "pages of a stretch of time are all of it, five readings of one moment too"
is "$(body "sessions/$(session 1)/readings?from=2026-01-31T23:59:00Z&to=2026-01-31T23:59:02Z" | grep -oE '"seq":[0-9]+' | paste -sd' ')" \
	"$(seq -s' ' -f '"seq":%.0f' 1200 1209)" "from is included, to is not"
is "$(body "sessions/$(session 1)/readings?from=1769904120" | grep -o '"seq"' | wc -l)" 401 "from in seconds"
is "$(body "sessions/$(session 3)/readings")" '{"readings":[],"next":null}' "no readings"
like "$(body "sessions/$(session 2)/readings")" '"spo2":null,.*"is_valid":false,"invalid":"no_finger"' "nothing measured is null, with the reason"
is "$(curl -sS -I -m 9 "$URL/sessions" | head -1 | tr -d '\r')" "HTTP/1.1 200 OK" "HEAD as GET"

# ---- Postgres in trouble
background hold psql -Xq -h "$RUN" -U postgres ihht -c "BEGIN; LOCK TABLE sessions; SELECT pg_sleep(20)"
wait_until "[ \"\$(sql \"SELECT count(*) FROM pg_locks WHERE mode = 'AccessExclusiveLock' AND relation = 'sessions'::regclass\")\" = 1 ]"
get sessions >"$T/held" & HELD=$!
check "a question that must wait keeps nobody waiting" curl -sS -m 2 -o /dev/null "$URL/health"
wait $HELD
like "$(cat "$T/held")" '^(503|500) .*57014' "and ends after five seconds"
kill9 hold
sql "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE query LIKE 'BEGIN; LOCK%' AND pid <> pg_backend_pid()" >/dev/null
wait_until "get sessions | grep -q '^200'"
ok $? "then it works again"

sql "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = 'ihht_api'" >/dev/null
wait_until "get sessions | grep -q '^200'"
ok $? "connections cut off are made anew"

pg_stop
like "$(get sessions)" '^503 .*Postgres' "Postgres stopped: a list is refused at once"
wait_until "body health | grep -q '\"postgres\":false'"
ok $? "health says so"
pg_start
wait_until "get sessions | grep -q '^200'"
ok $? "Postgres started: reads work without a restart"

kill -STOP $(pgrep -P "$(head -1 "$T/pg/data/postmaster.pid")" -f 'ihht_api')
get sessions >"$T/held" & HELD=$!
check "Postgres hung: health is answered" curl -sS -m 2 -o /dev/null "$URL/health"
wait $HELD
like "$(cat "$T/held")" '^503 ' "and a list is refused in time"
kill -CONT $(pgrep -P "$(head -1 "$T/pg/data/postmaster.pid")" -f 'ihht_api')
wait_until "get sessions | grep -q '^200'"
ok $? "Postgres goes on: so do reads"

stop http-api
pg_stop
done_testing
