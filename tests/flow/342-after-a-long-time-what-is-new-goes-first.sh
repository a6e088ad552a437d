#!/bin/bash
# Days without Postgres: when it is back, the state of sessions and surveys goes first, newest
# first, then readings, so many a second and no more; a survey taken meanwhile does not wait, nor
# do the readings of a session that runs, and a kill on the way costs and doubles nothing.
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/pipeline.sh"
fresh
conf local-store bundle-seconds 0
conf local-store rows-per-second 2000
pg_start || skip_all "no Postgres"
START_US=1795403600000000
start local-store
wait_ready local-store
for n in 1 2 3; do
	"$BIN/ihht" session start "00000000-0000-4000-8000-00000000000$n" oxi-$n start_us=$((START_US + n * 1000000)) \
		local_session_id=IHHT_1_n$n >>"$T/out" 2>&1
	"$BIN/ihht" survey pre IHHT_1_n$n clarity=3 energy=4 stress=2 >>"$T/out" 2>&1
done
stop local-store
sqlite3 "$DB" "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 6000)
	INSERT INTO readings (taken_us, session, epoch, seq, spo2, heart_rate, invalid, data_source, phase_type)
	SELECT $START_US + 3000000 + i * 1000000, 1 + i % 3, 1, i, 80 + i % 20, 60 + i % 50, 0, 1, 1 FROM n"

begun_ms=$(date +%s%3N)
start local-store
wait_ready local-store
start sync-worker
wait_ready sync-worker
wait_until '[ "$(sql "SELECT count(*) FROM readings")" -gt 0 ]'
"$BIN/ihht" survey post IHHT_1_n1 clarity=5 energy=5 stress=1 >>"$T/out" 2>&1
wait_until '[ "$(sql "SELECT count(*) FROM session_surveys WHERE post_hlc <> 0")" = 1 ]'
there=$(sql "SELECT count(*) FROM readings")
[ "$there" -lt 6000 ]
ok $? "a survey taken now is there before the readings are" || diag "$there readings were"
wait_until '[ "$(sql "SELECT count(*) FROM readings")" = 6000 ]'
took_ms=$(($(date +%s%3N) - begun_ms))
ok $? "all readings arrive"
[ $took_ms -ge 1750 ]
ok $? "at most 2000 a second and a second's worth at the beginning" || diag "took $took_ms ms"
first="(SELECT session_id, min(applied_at) AS at FROM sync_receipts GROUP BY session_id)"
is "$(sql "SELECT string_agg(s.local_session_id, ' ' ORDER BY f.at) FROM $first f JOIN sessions s ON s.id = f.session_id")" \
	"IHHT_1_n3 IHHT_1_n2 IHHT_1_n1" "the newest session is there first"
is "$(sql "SELECT max(at) < (SELECT min(applied_at) FROM sync_receipts WHERE readings > 0) FROM $first f")" t \
	"and all of them before the first reading"
is "$(sql "SELECT count(*) FROM session_surveys WHERE updated_at - post_time > interval '1 minute'")" 0 "the survey was there within a minute"
stop local-store

# ---- half a minute's worth at this rate is behind, and somebody breathes now
sqlite3 "$DB" "WITH RECURSIVE n(i) AS (SELECT 6001 UNION ALL SELECT i + 1 FROM n WHERE i < 36000)
	INSERT INTO readings (taken_us, session, epoch, seq, spo2, heart_rate, invalid, data_source, phase_type)
	SELECT $START_US + 3000000 + i * 1000000, 1 + i % 3, 1, i, 80 + i % 20, 60 + i % 50, 0, 1, 1 FROM n"
conf local-store rows-per-second 1000
conf local-store bundle-seconds 1
conf ble-ingest devices 1
start local-store
wait_ready local-store
"$BIN/ihht" session start 00000000-0000-4000-8000-000000000009 mock-001 local_session_id=IHHT_1_n9 >>"$T/out" 2>&1
start ble-ingest
now="SELECT count(*) FROM readings r JOIN sessions s ON s.id = r.session_id WHERE s.local_session_id = 'IHHT_1_n9'"
wait_until '[ "$(sql "$now")" -gt 0 ]' 60
ok $? "readings that are taken now arrive" || diag "$(cat "$T/out")"
there=$(sql "SELECT count(*) FROM readings")
[ "$there" -lt 36000 ]
ok $? "while the backlog drains" || diag "$there readings were there"
kill9 local-store
conf local-store rows-per-second 0
start local-store
wait_ready local-store
stop ble-ingest
wait_until '[ "$(sql "SELECT count(*) FROM readings")" = "$(lite "SELECT count(*) FROM readings")" ]' 60
ok $? "killed on the way, all of it arrives"
is "$(sql "SELECT count(*), sum(seq) FROM readings WHERE epoch = 1")" "$(lite "SELECT count(*), sum(seq) FROM readings WHERE epoch = 1")" "each once"
wait_until '[ "$(counter local-store readings_pending)" = 0 ]' 60
ok $? "and nothing is said to wait"
stop sync-worker
stop local-store
done_testing
