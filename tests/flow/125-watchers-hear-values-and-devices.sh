#!/bin/bash
# live: every value at once, each device's count without a hole, and how each device is doing
# for whoever comes late.
. "$(dirname "$0")/lib.sh"
fresh
conf ble-ingest devices 50
conf ble-ingest rate 10
conf ble-ingest spool "$T/spool"
start ble-ingest
wait_ready ble-ingest
SINK_OUT=$T/out background sink "$TOOL/sink" --config "$CONF"
wait_until "[ \$(wc -l <$T/out) -ge 1000 ]"

timeout 20 "$BIN/zmq-sniffer" --config "$CONF" --link live --json --count 2000 >"$T/live" 2>"$T/log/sniffer"
is "$(grep -o '"device_id":"mock-[0-9]*"' <(grep '"link":"live"\|live' "$T/live" | grep device/test) | sort -u | wc -l)" 50 \
	"who comes late is told how all 50 devices are doing"
like "$(grep -m1 device/test "$T/live")" '"state": ?"(streaming|lost|searching|connecting)"' "in a word"
timeout 20 "$BIN/zmq-sniffer" --config "$CONF" --topic sample/test/mock-001/ --count 5 >"$T/one" 2>/dev/null
is "$(grep -c 'sample device_id="mock-001"\|device_id="mock-001"' "$T/one")" 5 "a topic selects one device"
like "$(head -1 "$T/one")" 'data_source=mock' "marked as mock"
unlike "$(cat "$T/one")" 'device/test' "and nothing else"
stop ble-ingest
stop sink
done_testing
