#!/bin/bash
# The bytes of several oximeters are recorded while they are heard; replayed through the same
# decoders they give the readings they gave: values, times, gaps and stored records.
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/bluez.sh"
PLX=aa:bb:cc:00:00:01 RING=aa:bb:cc:00:00:03 BERRY=aa:bb:cc:00:00:05 KEEPS=aa:bb:cc:00:00:06
fresh
bluez_start
tell "device $PLX plx Oxi One"
tell "device $RING viatom O2Ring 1234"
tell "device $BERRY berry BerryMed"
tell "device $KEEPS plx Oxi Keeps"
tell "set $KEEPS memory 1"
for d in $PLX $RING $BERRY $KEEPS; do tell "rate $d 5"; done

# hear NAME: ble-ingest's values into NAME.out, and what its decoders are given into NAME
hear() {
	rm -f "$T"/spool*
	SINK_OUT=$T/$1.out background sink "$TOOL/sink" --config "$CONF"
	background record "$BIN/zmq-sniffer" --config "$CONF" --record "$T/$1" --link live
	wait_until "log_of record | grep -q 'no sender'"
	start ble-ingest
	wait_until "log_of record | grep -q 'has a sender'"
}
finish() { stop ble-ingest; stop record; stop sink; }
given() { grep -c "^$1 .* $2" "$T/live.out"; }
# what a value is, without the numbers by which it is known
rows() { sed -E 's/^([^ ]+) [0-9]+ [0-9]+ /\1 /' "$T/$1.out" | sort; }

hear live
wait_ready ble-ingest
for d in $PLX $RING $BERRY $KEEPS; do tell "near $d"; done
for d in $PLX $RING $BERRY $KEEPS; do wait_until "[ \$(given $d sample) -ge 4 ]"; done
ok $? "four oximeters are heard"
tell "drop $PLX"
mark
tell "far $KEEPS"
wait_until "[ \$(air_since | grep -c '@ remembers') -ge 3 ]"
tell "near $KEEPS"
wait_until "[ \$(given $PLX gap) = 1 ] && [ \$(given $KEEPS gap) = 1 ] && [ \$(given $KEEPS 'sample [0-9]* 88 ') -ge 1 ]"
ok $? "two are lost and come back, one with what it has stored meanwhile"
finish
for what in begin heard due end; do like "$(cat "$T/live")" " $what( |\$)" "the capture tells: $what"; done

conf ble-ingest source capture
conf ble-ingest capture "$T/live"
conf ble-ingest data-source bluetooth
conf ble-ingest speed 0
for again in once twice; do
	hear $again
	wait_until "[ \$(wc -l <'$T/$again.out') -ge $(wc -l <"$T/live.out") ]"
	finish
done
check "what it gives is what it gave ($(wc -l <"$T/live.out") values and gaps)" diff <(rows live) <(rows once)
check "another time it is the very same, numbers included" diff <(sort "$T/once.out") <(sort "$T/twice.out")

# what the decoders are given now can be recorded as well, from where a recorder came
conf ble-ingest speed 2
rm -f "$T/once" "$T/once.out"
hear once
wait_until "[ \$(wc -l <'$T/once.out') -ge $(wc -l <"$T/live.out") ]"
finish
check "a recording of the replay is a part of the recording" \
	awk 'NR == FNR { known[$0]; next } /^#/ { next } !($0 in known) { print; bad = 1 } { n++ } END { exit bad || !n }' "$T/live" "$T/once"

said() { "$BIN/ble-ingest" --config "$CONF" 2>&1 | tail -1; }
conf ble-ingest capture
like "$(said)" 'ble-ingest/capture: is missing; zmq-sniffer --record FILE makes one' "a file is needed"
conf ble-ingest capture "$CONF"
like "$(said)" "ble-ingest/capture: .*ihht.conf: line 1: must be \\\\?\"# ihht raw capture 1" "it must be a capture"
done_testing
