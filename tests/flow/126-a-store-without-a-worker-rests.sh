#!/bin/bash
# Bundles were sent and their worker died: until another one comes the store waits, and does not spin.
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/pipeline.sh"
fresh
conf ble-ingest devices 1
conf ble-ingest rate 0
conf ble-ingest samples 3000
conf local-store resend-seconds 1
ticks() { awk '{ print $14 + $15 }' "/proc/${PIDS[local-store]}/stat"; }

start local-store
wait_ready local-store
check "a session starts" "$BIN/ihht" session start 00000000-0000-4000-8000-000000000001 mock-001
start ble-ingest
check "its readings are stored" wait_until '[ "$(lite "SELECT count(*) FROM readings")" = 3000 ]'
start sync-worker   # there is no Postgres: it takes bundles and cannot give a receipt
check "bundles leave" wait_until '[ "$(counter local-store bundles_sent)" -gt 0 ]'
kill9 sync-worker
before=$(ticks)
read -rt 4 <> <(:)  # what is measured is what happens in that time
spent=$(($(ticks) - before))
[ "$spent" -lt 100 ]
ok $? "four seconds with bundles to send again cost $spent of 400 ticks"
start sync-worker
sent=$(counter local-store bundles_sent)
check "another worker gets them" wait_until "[ \"\$(counter local-store bundles_sent)\" -gt $sent ]"
stop sync-worker
stop ble-ingest
stop local-store
done_testing
