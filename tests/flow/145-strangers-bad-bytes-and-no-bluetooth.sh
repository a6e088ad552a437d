#!/bin/bash
# source = bluez: devices that are no oximeters, bytes that are no frames, no D-Bus, no
# bluetoothd.  Each is told, and costs nothing else.
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/bluez.sh"
A=aa:bb:cc:00:00:01 LAMP=aa:bb:cc:00:00:02
fresh
bluez_start
conf ble-ingest silent-seconds 2
tell "device $A plx Oxi"
tell "rate $A 5"
start local-store
listen
mark
start ble-ingest
tell "near $A"
streams $A "values come"

# raw bytes are for those who ask by name, and for as long as they do
sniff() { "$BIN/zmq-sniffer" --config "$CONF" --link live "$@" 2>>"$T/log/sniff.log"; }
sniff --count 12 >"$T/plain"
is "$(grep -cw raw "$T/plain")" 0 "who asks for everything gets no raw bytes"
sniff --record "$T/raw" --count 3
like "$(cat "$T/raw")" ' heard ' "who asks by name gets them"
wait_until 'sniff --count 12 >"$T/plain"; [ "$(wc -l <"$T/plain")" = 12 ] && ! grep -qw raw "$T/plain"'
ok $? "  and when that one has gone there are none again"

mark
tell "device $LAMP berry"
tell "set $LAMP advertise 1"
tell "near $LAMP"
heard "device.*$LAMP.*kind=\"berry\" state=connecting" "a service that others have too: perhaps an oximeter"
heard "device.*$LAMP.*state=stranger" "  none, as it says nothing: a stranger"
saw "@ down $LAMP" "  which is left"

mark
for hex in 00 ff 04620000 $(printf 'ff%.0s' {1..60}) 1f62004e00; do tell "send $A $hex"; done
wait_until 'log_of ble-ingest | grep -q "frame_wrong n=1 device=$A kind=plx"'
ok $? "bytes that are no frame are told"
streams $A "  and cost nothing else"
kill -TERM "${PIDS[ble-ingest]}"
wait_end ble-ingest
is "$STATUS" 0 "it stops when asked"
like "$(tail -3 "$T/log/ble-ingest.log")" 'stopped .* frames_bad=[4-9]' "  and has counted them"
is "$(links)" 0 "  no link is left"
unlike "$(air_since)" "@ connect $LAMP" "  and the stranger was left alone"
is "$(grep -c 'warn' "$T/log/ble-ingest.log")" 1 "the log has one warning"

# the bus itself
kill -TERM "${PIDS[dbus]}"
rm -f "$T/bus"
start ble-ingest
wait_until '"$BIN/ihht" --config "$CONF" status 2>/dev/null | grep -q "D-Bus cannot be reached"'
ok $? "no D-Bus: it waits and says so"
like "$(log_of ble-ingest)" 'warn ble-ingest no_bus why=' "  in the log too"
background dbus2 dbus-daemon --config-file="$T/bus.conf" --nofork --nopidfile
wait_until '"$BIN/ihht" --config "$CONF" status 2>/dev/null | grep -q "bluetoothd is not running"'
ok $? "the bus comes: it goes on"
kill9 dbus2
wait_until '"$BIN/ihht" --config "$CONF" status 2>/dev/null | grep -q "D-Bus cannot be reached"'
ok $? "and goes: it waits again"
stop ble-ingest
done_testing
