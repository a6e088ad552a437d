#!/bin/bash
# /metrics: every count of every process, described and well named, true, and gone with its process.
. "$(dirname "$0")/lib.sh"
fresh
API=http://127.0.0.1:${SETTINGS[http-api/port]}
metrics() { curl -s -m 10 "$API/metrics"; }
# metric NAME[{LABELS}]: its value, nothing when it is not told
metric() { metrics | awk -v m="$1" '{ v = $NF; sub(/ [^ ]*$/, "") } $0 == m { print v }'; }
reaches() { wait_until "[ \"\$(metric '$1')\" ${2:--gt 0} ]" && ok 0 "$3" || ok 1 "$3" || diag "$(metrics | grep "^${1%%\{*}")"; }

conf ble-ingest spool "$T/spool"
conf ble-ingest devices 2
conf ble-ingest rate 20
conf local-store bundle-seconds 0
conf sync-worker instances 2
pg_start || skip_all "no Postgres"
for process in ble-ingest local-store dedupe-auditor realtime-fanout http-api; do start $process; done
start sync-worker --instance 1
start sync-worker --instance 2
wait_ready http-api && wait_ready local-store && wait_ready ble-ingest
for d in 1 2; do "$BIN/ihht" session start 00000000-0000-4000-8000-00000000000$d mock-00$d >>"$T/log/commands.log"; done

wait_until '[ "$(metrics | grep -c "^ihht_up{.*} 1$")" = 7 ]'
is "$(metrics | sed -n 's/^ihht_up{process="\(.*\)",worker="\(.*\)"} 1$/\1 \2/p' | sort | xargs)" \
	"ble-ingest 1 dedupe-auditor 1 http-api 1 local-store 1 realtime-fanout 1 sync-worker 1 sync-worker 2" \
	"every process and worker is heard"
metrics >"$T/page"
is "$("$ROOT/tests/flow/promlint" <"$T/page")" "" "the page is as Prometheus wants it"
is "$(grep untyped "$T/page")" "" "every count is described in proto/counts.def (add a row, then make docs)"
is "$(grep -oE '^# TYPE ihht_[a-z_]+' "$T/page" | cut -d' ' -f3 | grep -vE '^ihht_(up|ready|start_time_seconds|build_info|alert_.*)$' | sort | comm -23 - \
	<(sed -nE 's/^\| (ihht_[a-z_]+) \|.*/\1/p' "$ROOT/docs/reference.md" | sort))" "" "and in docs/reference.md"
asked() { jq -r '.panels[].targets[].expr' "$ROOT/deploy/grafana/pipeline.json" | grep -oE 'ihht_[a-z_]+' | sort -u; }
ok $(( $(asked | wc -l) < 30 )) "the Grafana dashboard asks for a few dozen of them"
is "$(asked | grep -v '^ihht_alert_level$' | comm -23 - <(sed -nE 's/^# TYPE (ihht_[a-z_]+) .*/\1/p' "$T/page" | sort -u))" "" "and each of them is there"
is "$(curl -s -o "$T/out" -D - "$API/metrics" | tr -d '\r' | sed -n 's/^[Cc]ontent-[Tt]ype: //p')" \
	"text/plain; version=0.0.4; charset=utf-8" "with its content type"
is "$(curl -s -o "$T/out" -w '%{http_code}' "$API/metrics?x=1")" 400 "an argument is refused"

# ---- what is told is true
reaches ihht_ble_ingest_samples_read_total{worker=\"1\"} "-gt 0" "values are read"
reaches ihht_local_store_readings_stored_total{worker=\"1\"} "-gt 20" "and stored"
is "$(metric 'ihht_local_store_sessions_active{worker="1"}')" 2 "two sessions run"
sum() { metrics | awk '/^ihht_sync_worker_readings_added_total/ { n += $NF } END { print n + 0 }'; }
wait_until '[ "$(sum)" -gt 20 ]'
ok $? "the workers' readings arrive in Postgres"
is "$(metric 'ihht_sync_worker_postgres_up{worker="2"}')" 1 "which is up"
reaches ihht_dedupe_auditor_sessions_checked{worker=\"1\"} "-ge 0" "the auditor tells"
like "$(metric 'ihht_realtime_fanout_live_lag_seconds{worker="1"}')" '^0(\.[0-9]+)?$' "a value is live in less than a second"

# ---- lag of the hops
kill9 sync-worker-1
kill9 sync-worker-2
wait_until '[ "$(metrics | grep -c "^ihht_up{process=\"sync-worker\".*} 0$")" = 2 ]'
ok $? "a killed process is down"
unlike "$(metrics)" '^ihht_sync_worker_' "and its last counts are not told as if they were now"
reaches ihht_local_store_readings_pending{worker=\"1\"} "-gt 40" "what waits for Postgres grows"
wait_until "metric 'ihht_local_store_sync_wait_seconds{worker=\"1\"}' | awk '{ exit !(\$1 > 2) }'"
ok $? "and how long it has been waiting"
is "$("$ROOT/tests/flow/promlint" < <(metrics))" "" "the page is well formed without them"
kill9 local-store
wait_until "metric 'ihht_ble_ingest_store_wait_seconds{worker=\"1\"}' | awk '{ exit !(\$1 > 1) }'"
ok $? "so does what waits for SQLite"
reaches ihht_ble_ingest_samples_waiting{worker=\"1\"} "-gt 20" "in the spool"
start local-store
reaches ihht_ble_ingest_samples_waiting{worker=\"1\"} "-lt 20" "which drains when it is back"

# ---- alerts
coproc LOCK { sqlite3 -cmd '.timeout 30000' "$DB" 2>&1; }
lock_pid=$LOCK_PID
echo 'BEGIN IMMEDIATE; SELECT 1;' >&"${LOCK[1]}"
read -r _ <&"${LOCK[0]}"
reaches ihht_alert_level{alert=\"cannot_store\"} "-eq 2" "a store that cannot store is an alert"
is "$("$ROOT/tests/flow/promlint" < <(metrics))" "" "which is told as Prometheus wants it"
echo 'COMMIT;' >&"${LOCK[1]}"
eval "exec ${LOCK[1]}>&-"
wait "$lock_pid" 2>/dev/null
reaches ihht_alert_level{alert=\"cannot_store\"} "-eq 0" "until it can again"
for process in http-api realtime-fanout dedupe-auditor ble-ingest local-store; do stop $process; done
done_testing
