#!/bin/bash
# What somebody should look at is told to whoever asks, whoever listens, and to a command.
. "$(dirname "$0")/lib.sh"
fresh
conf ble-ingest devices 1
conf ble-ingest rate 20
conf local-store bundle-seconds 0
conf local-store alert-unsynced-seconds 1
conf local-store alert-critical-seconds 3
conf local-store alert-disk-percent 1
# the first receipt of a worker that has just started can be lost
conf local-store resend-seconds 1
conf sync-worker retry-most-ms 300
pg_start || skip_all "no Postgres"

alerts() { "$BIN/ihht" alerts --json 2>>"$T/log/alerts.log"; }
stands() { alerts | jq -e --arg n "$1" --arg l "$2" 'any(.[]; .name == $n and .level == $l)' >/dev/null; }

start local-store
wait_ready local-store
background hook "$BIN/ihht" alerts --follow --run "echo \"\$ALERT_LEVEL \$ALERT_NAME \$ALERT_TEXT\" >>$T/hooked"
start ble-ingest
"$BIN/ihht" session start "$(printf '00000000-0000-4000-8000-%012d' 1)" mock-001 >/dev/null

wait_until 'stands disk warn || stands disk critical'
ok $? "a disk that is used to more than the setting says"
wait_until 'stands unsynced warn || stands unsynced critical'
ok $? "readings that wait for Postgres longer than they may"
wait_until 'stands unsynced critical' 60
ok $? "and louder when they wait longer"
"$BIN/ihht" alerts >"$T/out"
is $? 1 "ihht alerts: exit code 1 while one stands"
like "$(cat "$T/out")" 'unsynced +critical .*Postgres lacks' "in words"


# ---- the same in status, at /api/health, and for a watcher who comes late
"$BIN/ihht" status >"$T/out"
like "$(cat "$T/out")" 'unsynced +critical .*Postgres lacks' "status shows it, too"
is "$("$BIN/ihht" status --json | jq -c '[.alerts[] | select(.name == "unsynced") | .level]')" '["critical"]' "and as JSON"
start realtime-fanout
start http-api
wait_ready realtime-fanout
wait_ready http-api
PORT=${SETTINGS[realtime-fanout/port]}
snapshot() { curl -sN --max-time 1 "http://127.0.0.1:$PORT/events" | sed -n 's/^data: //p' | head -1; }
wait_until 'snapshot | jq -e "any(.alerts[]; .name == \"unsynced\" and .level == \"critical\")"'
ok $? "the first frame of a watcher has it"
health() { curl -s "http://127.0.0.1:${SETTINGS[http-api/port]}/api/health"; }
wait_until 'health | jq -e "any(.alerts[]; .name == \"unsynced\" and .level == \"critical\")"'
ok $? "and so has /api/health"

start sync-worker
wait_until '! stands unsynced critical && ! stands unsynced warn' 60
ok $? "it is over when they have arrived"
wait_until 'snapshot | jq -e "all(.alerts[]; .name != \"unsynced\")"'
ok $? "for watchers as well"
wait_until 'grep -q "^info unsynced over" "$T/hooked"'
ok $? "the command was run for its end"
like "$(cat "$T/hooked")" '^(warn|critical) unsynced the oldest row' "and for its beginning"
is "$(grep -c '^critical unsynced' "$T/hooked")" 1 "once for each level"
like "$("$BIN/ihht" alerts --run x 2>&1)" 'takes --follow' "what is wrong is said"
done_testing
