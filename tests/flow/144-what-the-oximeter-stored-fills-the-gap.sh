#!/bin/bash
# source = bluez: an oximeter that keeps records while it is out of range is asked for them
# when it is back.  They become readings of the session, in the gap, each once, however often
# they are fetched.
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/bluez.sh"
A=aa:bb:cc:00:00:01
fresh
bluez_start
tell "device $A plx Memory"
tell "set $A memory 1"
tell "set $A not-completed 1"
tell "rate $A 4"
running_session $A

away $A 4
wait_until '[ "$(stored)" -ge 2 ]'
ok $? "its records of that time are readings in the gap"
heard "sample .*device_us=[0-9]+ spo2=88" "  they are live too"
is "$(lite "SELECT count(*) FROM readings WHERE spo2 = 88 AND (device_us IS NOT taken_us OR data_source IS NOT 1)")" 0 \
	"  with the device's time, as bluetooth"
before=$(lite "SELECT group_concat(taken_us || ' ' || epoch || ' ' || seq) FROM (SELECT * FROM readings WHERE spo2 = 88 ORDER BY taken_us)")
first=$(stored)

# it is asked for the first gap once more, as it had said that its answer was not whole
away $A 3
wait_until "[ \"\$(stored)\" -ge $((first + 1)) ]"
ok $? "and the next time"
is "$(lite "SELECT group_concat(taken_us || ' ' || epoch || ' ' || seq) FROM (SELECT * FROM readings WHERE spo2 = 88 ORDER BY taken_us LIMIT $first)")" \
	"$before" "what was fetched twice is there once"
is "$(lite "SELECT count(*) - count(DISTINCT taken_us) FROM readings")" 0 "no two readings of one moment"
is "$(lite "SELECT count(*) FROM readings WHERE spo2 = 88")" "$(stored)" "nothing beside the gaps"
stop ble-ingest
stop local-store
seen=$(grep -oE ' seen=[0-9]+' <<<"$(log_of local-store)" | cut -d= -f2)
[ "$seen" -ge "$first" ]
ok $? "the records of the first gap did come twice" || diag "seen=$seen first=$first"
done_testing
