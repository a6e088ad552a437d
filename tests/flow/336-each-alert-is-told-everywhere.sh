#!/bin/bash
# Each alert, staged on the real processes, stands in status, on the page's stream, in the metrics
# and is told to a command.  Rows too old and how an alert ends: 335.  A backlog that grows for ten
# minutes, and sizes in percent: tests/unit/test_watchdog.c.
. "$(dirname "$0")/lib.sh"
fresh
conf ble-ingest devices 2
conf ble-ingest rate 20
conf ble-ingest spool "$T/spool"
conf gateway archive "$T/no-folder"
conf local-store bundle-seconds 0
conf local-store bundle-rows 5
conf local-store resend-seconds 1
conf local-store keep-days 0
conf local-store alert-disk-percent 1
conf local-store alert-failing-percent 0
conf local-store alert-unsynced-seconds 1
conf sync-worker retry-most-ms 300
MISCHIEF=$ROOT/build/$MODE/tests/crash/mischief.so
pg_start || skip_all "no Postgres"
echo "no folder" >"$T/no-folder"

API=http://127.0.0.1:${SETTINGS[http-api/port]}
PAGE=http://127.0.0.1:${SETTINGS[realtime-fanout/port]}
in_status() { "$BIN/ihht" status --json | jq -e --arg n "$1" 'any(.alerts[]; .name == $n and (.level == "warn" or .level == "critical"))'; }
on_the_page() { curl -sN --max-time 1 "$PAGE/events" | sed -n 's/^data: //p' | head -1 | jq -e --arg n "$1" 'any(.alerts[]; .name == $n)'; }
in_metrics() { curl -s -m 10 "$API/metrics" | grep -E "^ihht_alert_level\{alert=\"$1\"\} [12]$"; }
at_the_hook() { grep -E "^(warn|critical) $1 ." "$T/hooked"; }
everywhere() {
	local way

	for way in in_status on_the_page in_metrics at_the_hook; do
		wait_until "$way $1" || { ok 1 "$1: $way"; return; }
	done
	ok 0 "$1: in status, on the page, in the metrics, and told to a command"
}
# The clock of local-store alone is set: HOURS.
set_clock() { perl -e 'print pack("q", $ARGV[0] * 3600e6)' -- "$1" >"$T/hours.new" && cat "$T/hours.new" 1<>"$T/hours"; }

set_clock 0
for process in sync-worker realtime-fanout http-api; do start $process; done
ASAN_OPTIONS="$ASAN_OPTIONS:verify_asan_link_order=0" LD_PRELOAD=$MISCHIEF MISCHIEF_CLOCK=$T/hours start local-store
for process in local-store realtime-fanout http-api; do wait_ready $process; done
background hook "$BIN/ihht" alerts --follow --run "echo \"\$ALERT_LEVEL \$ALERT_NAME \$ALERT_TEXT\" >>$T/hooked"
"$BIN/ihht" session start "$(printf '00000000-0000-4000-8000-%012d' 1)" mock-001 >"$T/out"
start ble-ingest
everywhere disk

wait_until '[ "$(sql "SELECT count(*) FROM readings")" -gt 20 ]'
"$BIN/ihht" session stop mock-001 >"$T/out"
everywhere archive

"$BIN/ihht" session start "$(printf '00000000-0000-4000-8000-%012d' 2)" mock-002 >"$T/out"
sql "ALTER TABLE session_surveys ADD CONSTRAINT ours CHECK (clarity_pre < 5)"
"$BIN/ihht" survey pre mock-002 clarity=5 energy=3 stress=2 >"$T/out"
everywhere quarantine

sql "ALTER TABLE sessions RENAME TO sessions_away"
sql "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = 'ihht_sync'" >"$T/out"
everywhere postgres_setup
everywhere failing
everywhere unsynced
sql "ALTER TABLE sessions_away RENAME TO sessions"

set_clock 2
everywhere clock
"$BIN/ihht" session start "$(printf '00000000-0000-4000-8000-%012d' 3)" mock-001 >"$T/out"
everywhere bundle_refused

coproc LOCK { sqlite3 -cmd '.timeout 30000' "$DB" 2>&1; }
lock_pid=$LOCK_PID
echo 'BEGIN IMMEDIATE; SELECT 1;' >&"${LOCK[1]}"
read -r _ <&"${LOCK[0]}"
everywhere cannot_store
kill "$lock_pid"
wait "$lock_pid" 2>/dev/null
kill9 hook
done_testing
