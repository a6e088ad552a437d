#!/bin/bash
# Thirteen staged faults on the real processes: `ihht doctor` names the hop and the cure, and GET
# /api/doctor says the same words.
. "$(dirname "$0")/lib.sh"
fresh
conf ble-ingest devices 5
conf local-store bundle-seconds 0
conf sync-worker retry-most-ms 500
conf ihht processes "ble-ingest local-store sync-worker realtime-fanout http-api"
pg_start || skip_all "no Postgres"

doctor() { "$BIN/ihht" doctor --json >"$T/doctor" 2>"$T/doctor.err"; }
first() { jq -r '.first_broken // "none"' "$T/doctor"; }
well() { wait_until 'doctor; [ "$(first)" = none ]' 60; ok $? "$1" || diag "$(cat "$T/doctor")"; }
of() { jq -r --arg hop "$1" '.hops[] | select(.hop == $hop) | "\(.state): \(.evidence) | \(.cure)"' "$T/doctor"; }

TOKEN=$("$BIN/ihht" --config "$CONF" token person "$(printf '00000000-0000-4000-8000-%012d' 1)")
URL=http://127.0.0.1:${SETTINGS[http-api/port]}/api/doctor
over_http() { curl -qsS -m 20 -H "Authorization: Bearer $TOKEN" "$URL"; }
# the first broken hop, its evidence and cure; figures go on meanwhile
words() { jq -r '.first_broken as $f | $f, (.hops[] | select(.hop == $f) | .evidence, .cure)' | tr -d '0-9.'; }
says_the_same() { doctor; [ "$(over_http | words)" = "$(words <"$T/doctor")" ]; }

# fault HOP REGEX NAME: what it says now (some faults take a moment to show), evidence and cure
N_FAULTS=0
fault() {
	N_FAULTS=$((N_FAULTS + 1))
	wait_until "doctor; [ \"\$(first)\" = $1 ] && of $1 | grep -E '^broken: .+ [|] .+' | grep -qE '$2'" 60
	ok $? "$3: $1" || diag "$(cat "$T/doctor" "$T/doctor.err")"
	[ -n "${PIDS[http-api]:-}" ] || return
	wait_until says_the_same
	ok $? "  and over HTTP in the same words" || diag "$(cat "$T/doctor"; over_http)"
}

processes="local-store sync-worker realtime-fanout http-api ble-ingest"
for process in $processes; do start $process; done
for process in $processes; do wait_ready $process; done

well "all is well"
doctor
like "$(of store)" '^note: no session runs.*ihht session start' "without a session it says that nothing is kept"
"$BIN/ihht" session start "$(printf '00000000-0000-4000-8000-%012d' 1)" mock-001 >/dev/null
like "$("$BIN/ihht" doctor)" 'no hop is broken' "with one all is well, and it says so in words"

wait_until '[ "$(over_http | jq -c "[.first_broken, .hops[].state]")" = '"'"'[null,"ok","ok","ok","ok","ok","ok"]'"'"' ]'
ok $? "over HTTP, too" || diag "$(over_http)"
is "$(curl -qsS -m 20 -o "$T/refused" -w '%{http_code}' "$URL")" 401 "but to nobody who brings no token"

kill -STOP "${PIDS[ble-ingest]}"
fault device 'ble-ingest is silent.*restart ble-ingest' "ble-ingest hangs"
kill9 ble-ingest
fault device 'ble-ingest is silent' "ble-ingest does not run"
"$BIN/ihht" doctor >/dev/null 2>&1
is $? 1 "and its exit code says so"

conf ble-ingest source bluez
export DBUS_SYSTEM_BUS_ADDRESS=unix:path=$T/no-bus
start ble-ingest
fault device 'ble-ingest waits.*bluetoothd' "there is no Bluetooth"
kill9 ble-ingest
unset DBUS_SYSTEM_BUS_ADDRESS
conf ble-ingest source mock

conf links samples "ipc://$RUN/elsewhere"
start ble-ingest
wait_ready ble-ingest
conf links samples
fault store 'has stored nothing of.*links/samples' "ble-ingest sends to another place"
kill9 ble-ingest
start ble-ingest

kill9 local-store
fault store 'local-store is silent.*restart local-store' "local-store does not run"
start local-store
wait_ready local-store

coproc LOCK { sqlite3 -cmd '.timeout 20000' "$DB"; }
lock_pid=$LOCK_PID
printf 'BEGIN EXCLUSIVE;\nSELECT 1;\n' >&"${LOCK[1]}"
read -r -t 30 _ <&"${LOCK[0]}"
fault store 'locked.*other program' "somebody has locked the file"
kill "$lock_pid"
wait "$lock_pid" 2>/dev/null

kill9 sync-worker
fault worker 'sync-worker is silent.*restart sync-worker' "sync-worker does not run"
conf links bundles "ipc://$RUN/elsewhere"
start sync-worker
wait_ready sync-worker
conf links bundles
fault worker 'gets nothing.*links/bundles' "sync-worker listens at another place"
kill9 sync-worker
start sync-worker

pg_stop
fault postgres 'Postgres: .*postgres/url' "Postgres is stopped"
pg_start
# every bundle writes its session; readings may go straight into their partition
sql "ALTER TABLE sessions RENAME TO sessions_away"
fault postgres '42P01.*ihht schema apply' "a table is missing"
sql "ALTER TABLE sessions_away RENAME TO sessions"

sql "ALTER TABLE session_surveys ADD CONSTRAINT ours CHECK (clarity_pre < 5)"
"$BIN/ihht" survey pre mock-001 clarity=5 energy=3 stress=2 >/dev/null
fault postgres 'quarantine.*ihht quarantine list' "a row is in quarantine"
sql "ALTER TABLE session_surveys DROP CONSTRAINT ours"
"$BIN/ihht" quarantine replay all >/dev/null

kill9 realtime-fanout
fault watcher 'realtime-fanout is silent' "realtime-fanout does not run"
start realtime-fanout
kill9 http-api
fault watcher 'http-api is silent' "http-api does not run"
start http-api
well "all of it mended: all is well again"
is "$N_FAULTS" 13 "so many faults, so many right answers"
done_testing
