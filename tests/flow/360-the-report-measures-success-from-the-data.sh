#!/bin/bash
# ihht report: all is well when it is, and each target that is missed is named, with which.
. "$(dirname "$0")/lib.sh"
fresh
SPAN=
report() { OUT=$("$BIN/ihht" report $SPAN "$@" 2>&1); STATUS=$?; }
value() { jq -c --arg m "$1" '.metrics[] | select(.name == $m) | [.value, .of, .missed, .met]' <<<"$OUT"; }
# misses NAME MEASURE REGEX: exit code 1, that one is missed, with an example
misses() {
	report
	is "$STATUS" 1 "$1: exit code"
	is "$(grep -c MISSED <<<"$OUT")" 1 "$1: and nothing else"
	like "$OUT" "^$2: .*$3" "$1: it says which" || diag "$OUT"
}
well() { report; is "$STATUS $(grep -c MISSED <<<"$OUT")" "0 0" "$1" || diag "$OUT"; }
ANNE=00000000-0000-4000-8000-000000000001

report
is "$STATUS" 111 "without Postgres there is nothing to measure"
report --since yesterday
is "$STATUS" 2 "a time that is none"
report --since 1d --until 2d
is "$STATUS" 2 "a span that ends before it begins"

pg_start || skip_all "no Postgres"
report
is "$STATUS $(grep -c 'none in this time' <<<"$OUT")" "0 5" "where nothing is, nothing is missed"
like "$OUT" 'live latency +not measured: realtime-fanout is not heard' "nor made up"

# ---- three sessions, the ordinary way
conf ble-ingest spool "$T/spool"
conf ble-ingest devices 3
conf ble-ingest rate 20
conf local-store bundle-seconds 0
for process in sync-worker local-store ble-ingest realtime-fanout; do start $process; done
wait_ready local-store && wait_ready ble-ingest && wait_ready realtime-fanout
for d in 1 2 3; do
	"$BIN/ihht" session start 00000000-0000-4000-8000-00000000000$d mock-00$d
	"$BIN/ihht" survey pre mock-00$d clarity=3 energy=4 stress=2
done >>"$T/log/commands.log" 2>&1
wait_until '[ "$(sql "SELECT count(DISTINCT session_id) FROM readings")" = 3 ]'
for d in 1 2 3; do
	id=$("$BIN/ihht" session show mock-00$d --json | jq -r .session.id)
	"$BIN/ihht" survey post mock-00$d clarity=3 energy=4 stress=2
	"$BIN/ihht" session stop mock-00$d
	"$BIN/ihht" progression $id 6 7
done >>"$T/log/commands.log" 2>&1
wait_until '[ "$(sql "SELECT count(*) FROM progression")" = 3 ]'
wait_until '[ "$(lite "SELECT count(*) FROM session WHERE sync_status = '"'completed'"'")" = 3 ]'
report
like "$OUT" "last 30 sessions readable by an agent +not measured: there is no key to sign with" "an agent needs a token"
"$BIN/ihht" token admin >"$T/token"
report
like "$OUT" "last 30 sessions readable by an agent +not measured: no http-api at 127.0.0.1:${SETTINGS[http-api/port]}" "and somebody to ask"
start http-api
wait_ready http-api
well "three sessions are as they should be"
report --json
is "$(for m in duplicate_sessions sessions_with_readings surveys_within_a_minute last_sessions_readable; do value $m; done | xargs)" \
	"[0,3,0,true] [3,3,0,true] [6,6,0,true] [3,3,0,true]" "in numbers"
is "$(jq '.metrics[] | select(.name == "live_latency_ms") | .met, (.value > 0 and .value < 1000)' <<<"$OUT" | xargs)" "true true" \
	"values are live within a second"
report --json --until 1d
is "$(jq -c '[.metrics[].of] + [.metrics[5].not_measured]' <<<"$OUT")" '[0,0,0,0,0,0,"it is not kept, and known of now only"]' "another span has none of it"
stop ble-ingest
stop realtime-fanout

# ---- what has left this gateway for its archive is in Postgres, where it is measured
stop local-store
conf local-store keep-days 0
start local-store
wait_until '[ "$(lite "SELECT count(*) FROM readings")" -le 1 ] && [ "$(lite "SELECT count(*) FROM archive WHERE state = '"'archived'"'")" = 3 ]'
well "readings that have left for the archive count as before"
report --json
is "$(for m in sessions_with_readings last_sessions_readable; do value $m; done | xargs)" "[3,3,0,true] [3,3,0,true]" "all of them"

# all of it was five minutes ago: its progression is due, and a span of the past leaves out latency
sql "UPDATE sessions SET start_time = start_time - interval '5 minutes', end_time = end_time - interval '5 minutes';
	UPDATE readings SET timestamp = timestamp - interval '5 minutes';
	UPDATE record_history SET kept_at = kept_at - interval '5 minutes', hlc = hlc - (300000::bigint << 16)"
SPAN="--until 2m"
report --json
is "$(value sessions_with_progression)" "[3,3,0,true]" "and progression is there"

# ---- each target missed, and met again
id=$(sql "SELECT id FROM sessions WHERE device_id = 'mock-002'")
sql "CREATE TABLE kept AS SELECT * FROM sessions WHERE id = '$id'; UPDATE kept SET id = gen_random_uuid(), start_time = start_time + interval '1 ms';
	INSERT INTO sessions SELECT * FROM kept; UPDATE sessions SET local_session_id = 'other' WHERE id IN (SELECT id FROM kept)"
report --json
is "$(value duplicate_sessions)" "[1,4,1,false]" "a twin of the same person, device and time"
sql "UPDATE sessions SET local_session_id = (SELECT local_session_id FROM sessions WHERE id = '$id'), device_id = 'else' WHERE id IN (SELECT id FROM kept)"
report
like "$OUT" "^duplicate sessions: .*: another session has its local id IHHT_" "a twin by its local id"
like "$OUT" "^duplicate sessions +1 of 4 \(25 %\) +0 +MISSED" "is a target missed"
sql "DELETE FROM sessions WHERE id IN (SELECT id FROM kept); DROP TABLE kept"
well "without it all is well"

sql "CREATE TABLE kept AS SELECT * FROM readings WHERE session_id = '$id'; DELETE FROM readings WHERE session_id = '$id'"
misses "a session without readings" "sessions with readings in Postgres" "$id: no readings in Postgres; completed on mock-002"
sql "INSERT INTO readings SELECT * FROM kept; DROP TABLE kept"
well "with them all is well"

sql "UPDATE record_history SET kept_at = kept_at + interval '90 s' WHERE kind = 'session_surveys_post' AND session_id = '$id'"
misses "a survey that came late" "surveys in Postgres within a minute" "$id: session_surveys_post came after 00:01:"
sql "UPDATE record_history SET kept_at = kept_at - interval '90 s' WHERE kind = 'session_surveys_post' AND session_id = '$id'"

sql "CREATE TABLE kept AS SELECT * FROM progression WHERE session_id = '$id'; DELETE FROM progression WHERE session_id = '$id'"
misses "a session without progression" "training sessions with progression" "$id: completed without progression"
sql "INSERT INTO progression SELECT * FROM kept; DROP TABLE kept"

sql "ALTER POLICY admin ON session_surveys USING (false)"
report --json
is "$(value last_sessions_readable)" "[0,3,3,false]" "surveys that an agent must not read"
sql "ALTER POLICY admin ON session_surveys USING ((SELECT ihht.is_admin()))"
sql "ALTER POLICY admin ON sessions USING (id <> '$id' AND (SELECT ihht.is_admin()))"
misses "a session that an agent must not read" "last 30 sessions readable by an agent" "$id: an agent does not see it"
sql "ALTER POLICY admin ON sessions USING ((SELECT ihht.is_admin()))"
well "and all is well again"

# ---- what never left this gateway
stop sync-worker
stop local-store
change() { sqlite3 "$DB" "$1"; }
change "UPDATE survey SET synced_hlc = 0, hlc = hlc - (300000 << 16) WHERE session_id = '$id' AND kind = 'post'"
misses "a survey that waits" "surveys in Postgres within a minute" "$id: survey post waits for 3[0-9]+ s"
change "UPDATE survey SET synced_hlc = hlc"
change "UPDATE session SET synced_hlc = 0, id = '$ANNE', start_us = start_us - 300000000 WHERE id = '$id'"
misses "a session that waits" "sessions with readings in Postgres" "$ANNE: is not in Postgres; completed on mock-002"
change "UPDATE session SET synced_hlc = hlc"
well "and all is well again"

# ---- slow: feed plays ble-ingest, whose values are five seconds old when they come
SETTINGS=() SPAN=
conf gateway name test
conf gateway run "$RUN"
conf gateway database "$DB"
conf realtime-fanout port "$(free_port)"
rm -f "$RUN/live" "$RUN/news"
mkfifo "$T/lines"
background feed bash -c "exec '$TOOL/feed' --config '$CONF' <>'$T/lines'"
start realtime-fanout
wait_ready realtime-fanout
background late bash -c 'while sleep 0.2; do
	echo "live sample {\"device_id\": \"ring\", \"pos\": 1, \"seq\": 1, \"taken_us\": $(($(date +%s%6N) - 5000000)), \"spo2\": 90, \"data_source\": \"mock\"}"
	done >"$0"' "$T/lines"
wait_until '"$BIN/ihht" report --json | jq -e ".metrics[5].met == false"'
report
is "$STATUS" 1 "values that come late: exit code"
like "$OUT" 'live latency +[5-9][0-9]{3}\.[0-9] ms +under 1 s +MISSED' "live latency is told"
kill9 late
stop realtime-fanout
stop feed
done_testing
