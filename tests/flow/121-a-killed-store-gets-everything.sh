#!/bin/bash
# The store dies, forgets what was on its way, does not complain, or has forgotten all: what
# it said to have stored is not sent again, the rest is.
. "$(dirname "$0")/lib.sh"
fresh
conf ble-ingest devices 100
conf ble-ingest rate 0
conf ble-ingest samples 1000
conf ble-ingest spool "$T/spool"
N=100000

sink() { SINK_OUT=$T/out background sink "$TOOL/sink" --config "$CONF"; }
kept() { grep ' \.$' "$T/out" | sort -u; }  # a killed sink leaves half a line
arrived() { wc -l <"$T/out"; }

touch "$T/out"
SINK_ACK_MS=50 SINK_DROP=5000 sink
start ble-ingest
for want in 10000 25000 40000 55000; do
	wait_until "[ \$(arrived) -ge $want ]"
	kill9 sink
	SINK_ACK_MS=50 SINK_DROP=5000 sink
done
wait_until "[ \$(arrived) -ge 70000 ]"
kill9 sink
SINK_MUTE_HOLES=1 SINK_DROP=30000 sink
check "all arrive, without a word about holes too" wait_until "[ \$(kept | wc -l) -ge $N ]" 60
is "$(kept | cut -d' ' -f1-3 | sort -u | wc -l)" $N "each once, with one value"
kill9 sink

rm "$T/out.memory"
conf ble-ingest samples 3
kill9 ble-ingest
start ble-ingest
SINK_DROP=0 sink
check "a store that forgot the spool is sent what is left" \
	wait_until "[ \$(kept | wc -l) -ge $((N + 300)) ]"
stop ble-ingest
stop sink
done_testing
