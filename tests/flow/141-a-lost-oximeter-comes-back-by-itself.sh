#!/bin/bash
# source = bluez: out of range, adapter switched off and pulled out, bluetoothd restarted,
# oximeter switched off, ble-ingest killed.  Each is told as a state of the device; streaming
# resumes by itself, what was missed is a gap, and no link is left behind.
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/bluez.sh"
counter() { "$BIN/ihht" --json status 2>/dev/null | jq -r --arg p "$1" --arg c "$2" '.processes[] | select(.process == $p) | .counts[$c]'; }
A=aa:bb:cc:00:00:01 QUIET=aa:bb:cc:00:00:02
fresh
bluez_start
conf ble-ingest retries 1
conf ble-ingest retry-seconds 1
tell "device $A plx Oxi One"
tell "rate $A 10"
tell "near $A"
start local-store
"$BIN/ihht" --config "$CONF" session start 00000000-0000-4000-8000-000000000001 $A >>"$T/log/commands.log" 2>&1
listen
mark
start ble-ingest
streams $A "values come"
alive=${PIDS[ble-ingest]}
is_back() {
	heard "gap.*device_id=\"$A\".*reason=link_lost" "  what was missed is a gap"
	wait_until "[ \$(live_since | sed '1,/ gap /d' | grep -c ' sample ') -ge 3 ]"
	ok $? "  then values again"
	wait_until '[ "$(links)" = 1 ]'
	ok $? "  over one link"
}

mark
tell "far $A"
heard "device.*state=lost" "out of range: lost"
tell "near $A"
is_back

mark
tell "drop $A"
heard "device.*state=lost" "the link breaks: lost"
is_back

tell "device $QUIET plx Quiet"
for what in "set $QUIET no-acquire 1" "set $QUIET no-dropped 1" "rate $QUIET 10" "near $QUIET"; do tell "$what"; done
streams $QUIET "another one, whose end of the link nothing tells"
mark
tell "adapter hci0 off"
heard "device.*$QUIET.*state=lost" "the adapter is switched off: that one is lost"
tell "far $QUIET"
heard "device.*$A.*state=lost" "  as the other one"
wait_until '"$BIN/ihht" --config "$CONF" status 2>/dev/null | grep -q "adapter hci0 is switched off: bluetoothctl power on"'
ok $? "  ihht status says so, with the cure"
tell "adapter hci0 on"
is_back

mark
tell "adapter hci0 gone"
heard "device.*state=lost" "the adapter is pulled out: lost"
tell "adapter hci0 on"
saw "@ scan hci0" "  back: it scans again"
is_back

mark
tell leave
heard "device.*state=lost" "bluetoothd dies: lost"
wait_until '"$BIN/ihht" --config "$CONF" status 2>/dev/null | grep -q "bluetoothd is not running: apt install bluez, systemctl start bluetooth"'
ok $? "  ihht status says so, with the cure"
tell return
saw "@ agent" "another one starts: the agent is there again"
is_back

mark
tell "set $A outlive 1000"
tell leave
tell return
saw "@ down $A" "bluetoothd dies and its link outlives it: of no use"
is_back
tell "set $A outlive 0"

mark
tell "adapter hci1 on"
saw "@ scan hci1" "a second adapter is used, too"
tell "adapter hci0 gone"
saw "@ up $A hci1" "  when the first one is pulled out"
is_back
mark
tell "adapter hci0 on"
tell "adapter hci1 gone"
saw "@ up $A hci0" "  and the first one again when it is back and the second one out"
is_back

mark
tell "far $A"
heard "device.*state=off" "not back after some tries: off"
mark
tell "near $QUIET"
streams $QUIET "  another one comes"
unlike "$(air_since)" "@ connect $A" "  and a look at all there are does not take the first one for being there"
tell "far $QUIET"
mark
tell "vanish $A"
tell "near $A"
is_back

wait_until '[ "$(counter ble-ingest links_lost)" -ge 10 ]'
ok $? "every lost link was counted" || diag "$(counter ble-ingest links_lost)"

mark
kill9 ble-ingest
is "$(links)" 1 "ble-ingest is killed: its link stands"
start ble-ingest
streams $A "  streaming resumes"
unlike "$(air_since)" "@ connect $A" "  over that link"
is "$(links)" 1 "  and no other"
wait_until "[ \$(lite 'SELECT count(*) FROM gap') = 10 ]"
ok $? "every gap is stored in the session, that one too" || diag "$(lite 'SELECT count(*) FROM gap')"
is "$(lite "SELECT count(DISTINCT r.epoch || ' ' || r.seq) - count(*) FROM readings r")" 0 "no reading is there twice"
is "$(grep -c -- '--- start' "$T/log/ble-ingest.log")" 2 "ble-ingest was started by nobody but this test"
stop ble-ingest
is "$(links)" 0 "stopped, it leaves no link behind"
done_testing
