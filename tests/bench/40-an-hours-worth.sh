#!/bin/bash
# Memory over an hour's worth of samples of 1000 sessions (3.6 million, sent within a minute and
# a half): each process at a quarter of it and at the end.
. tests/flow/lib.sh
FINISHED=1
fresh
ROWS=${ROWS:-3600000}
conf ble-ingest devices 1000
conf ble-ingest rate 40
conf ble-ingest samples $((ROWS / 1000))
conf local-store outbox-rows 30000
conf sync-worker instances 2
pg_start >/dev/null
start local-store
start sync-worker --instance 1
start sync-worker --instance 2
start realtime-fanout
wait_ready local-store
"$TOOL/starter" 1000 mock-%03d 1000000 || exit 1
start ble-ingest
last() { lite 'SELECT coalesce(max(id), 0) FROM readings'; }
resident() { for p in ble-ingest local-store sync-worker-1 realtime-fanout; do awk -v p=$p '/VmRSS/ { print p, $2 / 1024 }' "/proc/${PIDS[$p]}/status"; done; }
wait_until '[ "$(last)" -ge $((ROWS / 4)) ]' 300
resident >"$T/quarter"
wait_until '[ "$(last)" -ge $((ROWS * 98 / 100)) ]' 600
resident >"$T/end"
join "$T/quarter" "$T/end" | awk '{ printf "resident after a quarter and after an hour'"'"'s worth, %s\t%.1f\tMB\t%.1f\t%.2f\n", $1, $3, $2, $3 / $2 }'
