#!/bin/bash
# source = bluez: connected but silent; one that must be paired, one that refuses to be; one
# that refuses the link; one that another gateway has.  Each is told as a state, streaming
# resumes by itself, and no link is left behind.
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/bluez.sh"
A=aa:bb:cc:00:00:01 BOND=aa:bb:cc:00:00:02 NEVER=aa:bb:cc:00:00:03 BUSY=aa:bb:cc:00:00:04
NONIN=aa:bb:cc:00:00:05 RING=aa:bb:cc:00:00:06
fresh
bluez_start
tell "adapter hci1 on"
conf ble-ingest adapters hci0
conf ble-ingest silent-seconds 1
tell "device $A plx Silent"
tell "device $BOND plx Bond"
tell "device $NEVER plx Never"
tell "device $BUSY plx Busy"
tell "device $NONIN nonin Nonin3230_1"
tell "device $RING viatom O2Ring 1"
tell "set $RING bond-write 1"
for d in $A $BOND $NEVER $BUSY $NONIN $RING; do tell "rate $d 10"; done
tell "set $BOND bond 1"
tell "set $NEVER bond 1"
tell "set $NEVER refuse-pair 1"
start local-store
"$BIN/ihht" --config "$CONF" session start 00000000-0000-4000-8000-000000000001 $A >>"$T/log/commands.log" 2>&1
listen
mark
start ble-ingest
wait_ready ble-ingest

tell "near $A"
streams $A "values come"
tell "rate $A 0"
heard "device.*$A.*state=silent" "connected without a value for a second: silent"
saw "@ disconnect $A" "  the link is ended"
saw "@ connect $A" "  and made anew"
tell "rate $A 10"
heard "gap.*$A.*reason=device_silent" "  what was missed is a gap"
wait_until "[ \$(live_since | sed '1,/ gap /d' | grep -c ' sample ') -ge 3 ]"
ok $? "  then values again"
is "$(links)" 1 "  over one link"
wait_until "[ \"\$(lite \"SELECT count(*) FROM gap\")\" = 1 ]"
ok $? "  the gap is in the session"
tell "far $A"

mark
tell "near $BOND"
saw "@ pair $BOND" "one that refuses us unpaired is paired"
saw "@ paired $BOND" "  the agent agrees"
streams $BOND "  its values come"
unlike "$(air_since)" "@ disconnect $BOND" "  over the same link"
tell "drop $BOND"
heard "gap.*$BOND" "  and after a loss again"
is "$(air_since | grep -c "@ pair ")" 1 "  without pairing again"
tell "far $BOND"

mark
tell "near $NEVER"
heard "device.*$NEVER.*state=refused" "one that refuses to be paired: refused"
saw "@ disconnect $NEVER" "  the link is ended"
like "$(log_of ble-ingest)" "warn ble-ingest pairing_refused device=$NEVER cure=.*bluetoothctl remove $NEVER" "  the log has the cure"
tell "set $NEVER refuse-pair 0"
streams $NEVER "  when it agrees its values come"
tell "far $NEVER"

mark
tell "near $NONIN"
streams $NONIN "one of a kind that must be paired"
is "$(air_since | grep -oE "@ (pair|acquired) $NONIN" | tr '\n' ' ')" "@ pair $NONIN @ acquired $NONIN " "  is paired first"
tell "far $NONIN"

mark
tell "near $RING"
saw "@ paired $RING" "one that lets us listen, but not ask, is paired then"
streams $RING "  its values come" 1
tell "far $RING"

mark
tell "set $BUSY refuse-connect 2"
tell "near $BUSY"
streams $BUSY "one that refuses the link twice is tried until it does not"
is "$(air_since | grep -c "@ connect $BUSY")" 3 "  three times"
tell "far $BUSY"
wait_until '[ "$(links)" = 0 ]'
ok $? "no link is left"

# a second gateway, on the other adapter
mkdir -m 700 "$T/run2"
sed "s|$RUN|$T/run2|; s|hci0|hci1|; s|$T/spool|$T/spool2|; s|\"test\"|\"second\"|" "$CONF" >"$T/second.conf"
mark
tell "near $BUSY"
streams $BUSY "the first gateway has it"
background second "$BIN/ble-ingest" --config "$T/second.conf"
wait_ready second
saw "@ scan hci1" "a second one looks for it"
# what a gateway does that saw it the moment before the first one had it
tell "set $BUSY beacon 1"
saw "@ connect $BUSY hci1" "  and tries"
tell "set $BUSY beacon 0"
unlike "$(live_since | grep device/test/$BUSY)" "state=(lost|silent)" "  which the first one does not feel"
is "$(links)" 1 "  one link"
kill9 ble-ingest
tell "drop $BUSY"
saw "@ up $BUSY hci1" "the first one is gone: the second one gets it"
kill -TERM "${PIDS[second]}"
wait_end second
is "$STATUS" 0 "it stops when asked"
wait_until '[ "$(links)" = 0 ]'
ok $? "no link is left"
done_testing
