#!/bin/bash
# 1000 sessions at 1 Hz with everything running: CPU of all our processes together, memory, and
# how old a value is when a watcher sees it (from the sensor on, by the real ble-ingest).
. tests/flow/lib.sh
FINISHED=1
fresh
SECONDS_MEASURED=${SECONDS_MEASURED:-60}
conf ble-ingest devices 1000
pg_start >/dev/null
start local-store
for p in sync-worker dedupe-auditor realtime-fanout http-api; do start $p; done
wait_ready local-store
wait_ready realtime-fanout
"$TOOL/starter" 1000 mock-%03d || exit 1
start ble-ingest
wait_ready ble-ingest
ours="local-store sync-worker dedupe-auditor realtime-fanout http-api ble-ingest"
# one watcher, as a coach has
wait_until "[ \$(lite 'SELECT count(*) FROM readings') -ge 5000 ]"
node tests/bench/watch.mjs "http://127.0.0.1:${SETTINGS[realtime-fanout/port]}/events?access_token=$("$BIN/ihht" --config "$CONF" token admin)" "$SECONDS_MEASURED" >"$T/watched" &
watcher=$!
ticks() { local p n=0 t; for p in $ours; do t=$(awk '{ print $14 + $15 }' "/proc/${PIDS[$p]}/stat"); n=$((n + t)); echo "$p $t"; done; echo "all $n"; }
ticks >"$T/before"
read -rt "$SECONDS_MEASURED" <> <(:)
ticks >"$T/after"
wait $watcher
cat "$T/watched"
join "$T/before" "$T/after" | awk -v s="$SECONDS_MEASURED" '$1 == "all" {
	c = ($3 - $2) / 100 / s; printf "1000 sessions at 1 Hz, all processes\t%.3f\tcores\t0.25\t%.2f\n", c, c / 0.25; next }
	{ printf "# %s %.3f cores\n", $1, ($3 - $2) / 100 / s }'
for p in $ours; do
	grep -h VmRSS /proc/${PIDS[$p]}/status | awk -v p=$p '{ printf "resident, %s\t%.1f\tMB\t30\t%.2f\n", p, $2 / 1024, $2 / 1024 / 30 }'
done
echo "# $(lite 'SELECT count(*) FROM readings') readings in SQLite, in Postgres $(sql 'SELECT count(*) FROM readings')"
