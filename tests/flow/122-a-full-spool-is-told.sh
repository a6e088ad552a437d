#!/bin/bash
# No store: the spool fills.  A source that can wait, waits; one that cannot loses values,
# counts them, and what is lost is a gap.
. "$(dirname "$0")/lib.sh"
fresh
conf ble-ingest devices 5
conf ble-ingest spool "$T/spool"
conf ble-ingest spool-bytes 96000
beat() { timeout 10 "$BIN/zmq-sniffer" --config "$CONF" --link beats --topic beat/test/ble-ingest/ --count 1 2>/dev/null; }
value() { grep -oE "\b$1=[0-9]+" <<<"$2" | cut -d= -f2; }
dense() {
	grep ' \.$' "$T/out" | sort -u | awk '{ k = $1 " " $2; n[k]++; if ($3 > max[k]) max[k] = $3 }
		END { for (k in n) if (n[k] != max[k]) { print k, n[k] " of " max[k]; bad = 1 }; exit bad }'
}

conf ble-ingest rate 0
conf ble-ingest samples 1000
start ble-ingest
wait_ready ble-ingest
wait_until "beat | grep -q state=waiting"
said=$(beat)
like "$said" 'local-store has not stored anything for [0-9]+ s; 999 values wait in the spool, which is full' \
	"it says what it waits for"
is "$(value spool_used_bytes "$said")" $((999 * 96)) "the spool holds no more than it may"
SINK_OUT=$T/out background sink "$TOOL/sink" --config "$CONF"
check "a source that can wait loses nothing" wait_until "[ \$(wc -l <$T/out) -ge 5000 ]"
wait_until "beat | grep -q 'mock done, all stored'"
like "$(beat)" 'state=ready why="mock done, all stored".* values_lost=0 ' "and then all is well"
stop ble-ingest
stop sink

rm "$T"/out* "$T"/spool*
conf ble-ingest rate 200
conf ble-ingest samples 0
start ble-ingest
wait_until "[ \"\$(value values_lost \"\$(beat)\")\" -ge 2000 ]"
like "$(log_of ble-ingest)" 'warn ble-ingest spool_full lost=1$' "the first loss is told in the log"
SINK_OUT=$T/out background sink "$TOOL/sink" --config "$CONF"
told() { awk '/spool_full/ { n += $7 } END { print n + 0 }' "$T/out"; }
check "the loss becomes gaps when there is room, which name the number of all that were lost" \
	wait_until "[ \"\$(told)\" = \"\$(value values_lost \"\$(beat)\")\" ]"
kill -TERM "${PIDS[ble-ingest]}"
wait_end ble-ingest
check "and the numbers have no hole" dense
stop sink
done_testing
