#!/bin/bash
# Bundles from memory through sync-worker into Postgres, against a bare client that does the
# same statements, and against INSERTs of 100 rows; a cluster with fsync, in turns, medians.
. "$(dirname "$0")/../flow/lib.sh"
MODE=release BIN=$ROOT/build/release/bin TOOL=$ROOT/build/release/tests/tool
fresh
pg_start >&2 || exit 1
PGOPTIONS='' psql -qh "$RUN" -U postgres postgres -c 'ALTER SYSTEM SET fsync = on' \
	-c "ALTER SYSTEM SET shared_buffers = '128MB'"
pg_stop
pg_start >&2 || exit 1
start sync-worker
wait_ready sync-worker >&2 || exit 1

PG="host=$RUN dbname=ihht user=ihht_sync"
empty() { sql "TRUNCATE readings, sessions, sync_receipts, sync_heads, record_history CASCADE; CHECKPOINT" postgres; }
rate() { sed -n 's/.*readings_per_s=\([0-9]*\).*/\1/p'; }
median() { sort -n | sed -n 3p; }
declare -A rates=()
for round in 1 2 3 4 5; do
	empty
	rates[bare]+="$("$TOOL/bare" "$PG" copy 200 4 500 | rate) "
	empty
	rates[fresh]+="$("$TOOL/bundles" --config "$CONF" --sessions 200 --bundles 4 | rate) "
	rates[again]+="$("$TOOL/bundles" --config "$CONF" --sessions 200 --bundles 4 --resent | rate) "
	empty
	rates[resent]+="$("$TOOL/bundles" --config "$CONF" --sessions 200 --bundles 2 --resent | rate) "
	empty
	rates[insert]+="$("$TOOL/bare" "$PG" insert 200 1 500 | rate) "
done
for what in bare fresh again resent insert; do
	rates[$what]=$(tr ' ' '\n' <<<"${rates[$what]}" | grep . | median)
done
line() { printf '%s\t%s\treadings/s\t%s\t%s\n' "$1" "$2" "$3" "$(awk "BEGIN { printf \"%.2f\", $2 / $3 }")"; }
line "sync: fresh bundles, limit: the same statements bare" "${rates[fresh]}" "${rates[bare]}"
line "sync: fresh bundles, against INSERT of 100" "${rates[fresh]}" "${rates[insert]}"
line "sync: bundles sent before, their rows not here" "${rates[resent]}" "${rates[bare]}"
line "sync: bundles sent before, all here" "${rates[again]}" "${rates[bare]}"
FINISHED=1
