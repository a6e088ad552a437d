#!/bin/bash
# The auditor raises no alarm over rows on their way, finds what Postgres has lost, and has
# it sent again until both stores are the same.
. "$(dirname "$0")/lib.sh"
fresh
conf ble-ingest devices 3
conf ble-ingest rate 100
conf local-store bundle-seconds 0
conf local-store bundle-rows 20
conf dedupe-auditor interval 1
pg_start || skip_all "no Postgres"
for name in local-store sync-worker ble-ingest dedupe-auditor; do
	start $name
	wait_ready $name
done
for n in 1 2 3; do
	"$BIN/ihht" session start "00000000-0000-4000-8000-00000000000$n" "mock-00$n" >"$T/out" 2>&1 ||
		diag "$(cat "$T/out")"
done

verify() {
	OUT=$("$BIN/dedupe-auditor" verify --config "$CONF" "$@" 2>&1)
	STATUS=$?
}
# status REGEX: ihht says so of dedupe-auditor
status() { "$BIN/ihht" --json status | tr -d ' \n' | grep -qE "\"process\":\"dedupe-auditor\",$1"; }
is_equal() { verify && [ $STATUS = 0 ] && [[ $OUT == *"3 sessions: 3 equal, 0 pending, 0 different" ]]; }

wait_until '[ "$(sql "SELECT count(*) > 300 FROM readings")" = t ]'
ok $? "three sessions run and arrive in Postgres"
# the one with the most: a mock may be out of reach just now
ID=$(lite "SELECT s.id FROM session s JOIN readings r ON r.session = s.no GROUP BY s.no ORDER BY count(*) DESC LIMIT 1")
alarms=0
for _ in $(seq 20); do
	verify
	[ $STATUS = 0 ] || { alarms=$((alarms + 1)); diag "$OUT"; }
done
is "$alarms" 0 "20 looks at live traffic: no false alarm"

"$BIN/ihht" survey pre "$ID" clarity=3 energy=3 stress=3 >"$T/out" 2>&1 || diag "$(cat "$T/out")"
for id in $(lite "SELECT id FROM session"); do "$BIN/ihht" session stop "$id" >>"$T/out" 2>&1; done
stop ble-ingest
wait_until is_equal
ok $? "stopped and synced: all are equal" || diag "$OUT"
unlike "$(log_of dedupe-auditor)" 'stores_differ' "nor has the running auditor raised an alarm"
stop dedupe-auditor

# ---- by hand
lose() {
	sql "DELETE FROM readings WHERE session_id = '$ID' AND seq % 50 < 20; DELETE FROM session_surveys"
}
contents() {
	sql "SELECT md5(string_agg(r::text, ',' ORDER BY user_id, session_id, timestamp, epoch, seq)) FROM readings r"
}
before=$(contents)
lose
verify --repair --session "$ID"
is "$STATUS" 1 "rows deleted in Postgres: exit 1"
like "$OUT" '^ +missing +[0-9]+ readings' "they are named"
like "$OUT" '^ +missing +survey pre' "and so is the survey"
like "$OUT" '^[0-9]+ repairs? sent' "and asked for again"
wait_until is_equal
ok $? "they come back" || diag "$OUT"
is "$(contents)" "$before" "value by value"
lose
verify --repair --session "$ID"
wait_until is_equal 10
ok $? "and when the very same rows are lost again" || diag "$OUT"

# ---- by itself
start dedupe-auditor
wait_ready dedupe-auditor
wait_until 'log_of dedupe-auditor | grep -q "info dedupe-auditor stores_equal"'
ok $? "it says when it starts that all is well"
lose
wait_until 'log_of dedupe-auditor | grep -qE "warn dedupe-auditor stores_differ .* missing=[1-9].* repairs_sent=[1-9]"'
ok $? "it sees a loss by itself and sends repairs"
wait_until 'log_of dedupe-auditor | grep -c stores_equal | grep -q 2'
ok $? "and says when it is mended"
is "$(contents)" "$before" "value by value"
wait_until "status '.*\"sessions_checked\":3,\"sessions_different\":0'"
ok $? "ihht status shows its counters"

# ---- its neighbours are away
kill9 local-store
sql "DELETE FROM readings WHERE session_id = '$ID' AND seq = (SELECT max(seq) FROM readings WHERE session_id = '$ID')"
wait_until 'log_of dedupe-auditor | grep -q "warn dedupe-auditor repair_not_sent"'
ok $? "without local-store it says that it cannot send"
start local-store
wait_ready local-store
wait_until is_equal 60
ok $? "and sends when it is back" || diag "$OUT"
pg_stop
wait_until 'log_of dedupe-auditor | grep -q "warn dedupe-auditor cannot_compare"'
ok $? "without Postgres it waits and says so"
wait_until "status '[^{]*\"state\":\"waiting\",\"why\":\"Postgres'"
ok $? "in its beat, too"
pg_start
wait_until is_equal
ok $? "Postgres is back: equal" || diag "$OUT"
unlike "$(cat "$T"/log/dedupe-auditor.log)" 'spo2|heart_rate' "no health data in the log"
stop dedupe-auditor
stop sync-worker
stop local-store
done_testing
