#!/bin/bash
# Everything recorded is in SQLite and in Postgres, value by value, once; surveys and events
# on the way; verify says so; the same files again add nothing.
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/pipeline.sh"
fresh
recordings "$T/files"
rows=$(csv_rows "$T/files" | wc -l)
first=$(basename "$(ls "$T"/files/*.csv | head -1)" .csv)
conf ble-ingest source replay
conf ble-ingest files "$T/files"
conf ble-ingest speed 0
conf ble-ingest start "$RECORDED"
conf local-store bundle-seconds 2
pg_start || skip_all "no Postgres"
start local-store
start sync-worker
wait_ready local-store
check "a session is started for every recording" start_sessions "$T/files"

start ble-ingest
check "an event is taken while readings flow" "$BIN/ihht" event "$first" mask_lift spo2_value=82
check "so is an intra survey" "$BIN/ihht" survey intra "$first" phase_number=1 clarity=3 energy=3 stress=2
check "SQLite has all rows" wait_until "[ \$(lite 'SELECT count(*) FROM readings') -ge $rows ]" 300
check "Postgres has all rows" wait_until "[ \$(sql 'SELECT count(*) FROM readings') -ge $rows ]" 60
for file in "$T"/files/*.csv; do
	"$BIN/ihht" session stop "$(basename "$file" .csv)" || exit 1
done >>"$T/log/commands.log"
same_rows "$T/files"
n=$(ls "$T"/files/*.csv | wc -l)
arrived() { sql "SELECT (SELECT count(*) FROM sessions WHERE status = 'completed'),
	(SELECT count(*) FROM session_surveys), (SELECT count(*) FROM intra_session_responses),
	(SELECT count(*) FROM session_adaptive_events)"; }
check "every session, survey and event arrives" wait_until '[ "$(arrived)" = "$n|$n|1|1" ]'
check "verify finds both stores equal" wait_until "'$BIN/ihht' verify" 60

stop ble-ingest
rm -f "$T/spool"
start ble-ingest
wait_ready ble-ingest
check "a second replay is read to its end" wait_until "[ \$(counter ble-ingest samples_acked) -ge $rows ]" 300
is "$(lite 'SELECT count(*) FROM readings')" "$rows" "a second replay of the same files adds nothing"
check "and verify still finds both stores equal" wait_until "'$BIN/ihht' verify" 60
is "$(sql 'SELECT count(*) FROM readings')" "$rows" "in Postgres neither"
stop ble-ingest
stop sync-worker
stop local-store
done_testing
