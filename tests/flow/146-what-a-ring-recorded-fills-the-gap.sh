#!/bin/bash
# source = bluez: a ring that recorded while it was out of range gives its file when it is back,
# block by block between two values; what was missed of it becomes readings of the session, in
# the gap, each once.  Another time it is another file, and the first is not read again.
# Catches: a record cut by the end of a block, a file that is read over and over, values that
# stop while a file is read, records beside what was missed.
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/bluez.sh"
A=aa:bb:cc:00:00:01
fresh
bluez_start
tell "device $A viatom O2Ring"
tell "set $A memory 1"
tell "rate $A 1"
start local-store
"$BIN/ihht" --config "$CONF" session start 00000000-0000-4000-8000-000000000001 $A >>"$T/log/commands.log" 2>&1
listen
mark
start ble-ingest
wait_ready ble-ingest
tell "near $A"
streams $A "values come"
away() {  # how many seconds it is away
	mark
	tell "far $A"
	wait_until "[ \$(air_since | grep -c '@ remembers') -ge $1 ]"
	tell "near $A"
	heard " gap .*$A.*reason=link_lost" "away for some seconds: a gap"
}
# what the ring recorded in between: 88 %, which it never says live
stored() { lite "SELECT count(*) FROM readings r JOIN gap g WHERE r.spo2 = 88 AND r.taken_us > g.from_us AND r.taken_us < g.to_us"; }
all() { lite "SELECT count(*) FROM readings WHERE spo2 = 88"; }

away 14
wait_until '[ "$(stored)" -ge 12 ]'
ok $? "its recording of that time is readings in the gap" || diag "$(log_of ble-ingest | tail -5)"
mark
streams $A "values come as before"
is "$(lite "SELECT count(*) FROM readings WHERE spo2 = 88 AND (device_us IS NOT taken_us OR data_source IS NOT 1 OR heart_rate IS NOT 77)")" 0 \
	"  with the ring's time, as bluetooth"
is "$(lite "SELECT max(seq) - min(seq) + 1 - count(*) FROM readings WHERE spo2 = 88")" 0 "  no second is missing"
first=$(all)
away 6
wait_until "[ \"\$(stored)\" -ge $((first + 4)) ]"
ok $? "and the next time"
is "$(all)" "$(stored)" "nothing beside the gaps"
is "$(lite "SELECT count(*) - count(DISTINCT seq) FROM readings WHERE spo2 = 88")" 0 "no second twice"
stop ble-ingest
stop local-store
is "$(grep -oE ' seen=[0-9]+' <<<"$(log_of local-store)")" " seen=0" "and none came a second time"
done_testing
