#!/bin/bash
# One gateway with 1000 devices: readings a second from sample to committed in Postgres, all of
# them there in the end.  Postgres as the private cluster comes, fsync and all.
. tests/flow/lib.sh
FINISHED=1
fresh
ROWS=${ROWS:-2000000}
conf ble-ingest devices 1000
conf ble-ingest rate 0
conf ble-ingest samples $((ROWS / 1000))
conf sync-worker instances ${WORKERS:-2}
conf local-store bundle-seconds 5
pg_start >/dev/null
sed -i '/fsync = off/d;/shared_buffers = 32MB/d' "$T/pg/data/postgresql.auto.conf"
pg_stop && pg_start >/dev/null
start local-store
for i in $(seq ${WORKERS:-2}); do start sync-worker --instance $i; done
wait_ready local-store
"$TOOL/starter" 1000 mock-%03d 1000000 || exit 1
begun=$(date +%s.%N)
start ble-ingest
# cheap to ask, and true only when every reading up to it has its receipt
floor() { lite "SELECT value FROM settings WHERE name = 'synced_floor'"; }
wait_until '[ "$(floor)" -ge $ROWS ]' 200
ended=$(date +%s.%N)
want=$(lite 'SELECT count(*) FROM readings')
have=$(sql 'SELECT count(*) FROM readings')
awk -v a="$begun" -v b="$ended" -v n="$have" -v w="$want" 'BEGIN {
	printf "whole path, 1000 devices, %d rows\t%.0f\trows/s\t100000\t%.2f\n", n, n / (b - a), n / (b - a) / 100000
	if (n != w) printf "# LOST: %d of %d\n", w - n, w }'
for p in ble-ingest local-store sync-worker-1; do
	awk -v p=$p -v n="$have" '{ printf "# %s: %.2f us of CPU a row\n", p, ($14 + $15) * 10000 / n }' /proc/${PIDS[$p]}/stat
	grep VmHWM /proc/${PIDS[$p]}/status | sed "s/^/# $p /"
done
