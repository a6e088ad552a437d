#!/bin/bash
# A worker is killed with bundles in hand and in its queue: the next one says hello, and all of it
# arrives although nothing would be sent again for ten minutes.
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/pipeline.sh"
fresh
conf ble-ingest devices 2
conf ble-ingest rate 0
conf ble-ingest samples 3000
conf local-store resend-seconds 600
conf local-store bundle-seconds 1
conf sync-worker retry-most-ms 500
pg_start || skip_all "no Postgres"
in_flight() { counter local-store bundles_in_flight; }
blocked() { sql "SELECT count(*) FROM pg_stat_activity WHERE usename = 'ihht_sync' AND wait_event_type = 'Lock'"; }

start local-store
wait_ready local-store
start sync-worker
wait_until 'log_of sync-worker | grep -q " connected "'
background lock psql -XAtqh "$RUN" -U postgres ihht -c "BEGIN; LOCK TABLE sync_receipts; SELECT pg_sleep(1000)"
wait_until '[ "$(sql "SELECT count(*) FROM pg_locks WHERE relation = '"'sync_receipts'"'::regclass AND granted AND mode = '"'AccessExclusiveLock'"'")" = 1 ]'
for i in 1 2; do
	check "a session starts" "$BIN/ihht" session start "00000000-0000-4000-8000-00000000000$i" "mock-00$i"
done
start ble-ingest
check "its readings are stored" wait_until '[ "$(lite "SELECT count(*) FROM readings")" = 6000 ]'
check "one bundle is in the worker's hands" wait_until '[ "$(blocked)" = 1 ]'
check "all others are in its queue" wait_until '[ "$(in_flight)" -ge 12 ] && [ "$(counter local-store bundles_sent)" -ge 12 ]'
kill9 sync-worker
sql "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE query LIKE '%pg_sleep(1000)%' AND pid <> pg_backend_pid()" >"$T/out"
is "$(sql 'SELECT count(*) FROM readings')" 0 "it is killed, and nothing has arrived"

start sync-worker
check "all that died with it arrives by the next one" wait_until '[ "$(sql "SELECT count(*) FROM readings")" = 6000 ]'
check "and has its receipt" wait_until '[ "$(in_flight)" = 0 ]'
is "$(sql 'SELECT count(DISTINCT (session_id, seq)) FROM readings')" 6000 "each reading once"

for name in ble-ingest local-store sync-worker; do stop $name; done
done_testing
