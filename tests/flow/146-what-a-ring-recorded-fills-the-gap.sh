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
running_session $A
all() { lite "SELECT count(*) FROM readings WHERE spo2 = 88"; }

away $A 14
wait_until '[ "$(stored)" -ge 12 ]'
ok $? "its recording of that time is readings in the gap" || diag "$(log_of ble-ingest | tail -5)"
mark
streams $A "values come as before"
is "$(lite "SELECT count(*) FROM readings WHERE spo2 = 88 AND (device_us IS NOT taken_us OR data_source IS NOT 1 OR heart_rate IS NOT 77)")" 0 \
	"  with the ring's time, as bluetooth"
is "$(lite "SELECT max(seq) - min(seq) + 1 - count(*) FROM readings WHERE spo2 = 88")" 0 "  no second is missing"
first=$(all)
away $A 6
wait_until "[ \"\$(stored)\" -ge $((first + 4)) ]"
ok $? "and the next time"
is "$(all)" "$(stored)" "nothing beside the gaps"
is "$(lite "SELECT count(*) - count(DISTINCT seq) FROM readings WHERE spo2 = 88")" 0 "no second twice"
stop ble-ingest
stop local-store
is "$(grep -oE ' seen=[0-9]+' <<<"$(log_of local-store)")" " seen=0" "and none came a second time"
done_testing
