#!/bin/bash
# ihht devices: what is here, what was, what is around; and one device's bytes beside its values.
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/bluez.sh"
fresh
ihht() { OUT=$("$BIN/ihht" "$@" </dev/null 2>"$T/err"); STATUS=$?; ERR=$(cat "$T/err"); }
ANNE=8d1f4c5e-2f0b-5f6e-9d0f-3b0b6a0e7c11

# ---- nothing there
ihht devices
is "$STATUS" 1 "without ble-ingest it is not well"
like "$OUT" 'no oximeter is known; `ihht devices --scan`' "no device, and what to do"
like "$ERR" 'ble-ingest is not heard' "which is said"
ihht devices --scan soon
is "$STATUS" 2 "--scan wants a number"
ihht devices test
is "$STATUS" 2 "test wants a device"
ihht devices test ring 0
is "$STATUS" 2 "and a number of values"

# ---- bytes beside values: feed plays ble-ingest
conf http-api port  # feed knows no settings
mkfifo "$T/lines"
background feed bash -c "exec '$TOOL/feed' --config '$CONF' <>'$T/lines'"
say() {
	local before
	before=$(grep -c '^ok\|^error' "$T/log/feed.log")
	printf '%s\n' "$*" >"$T/lines"
	wait_until "[ \$(grep -c '^ok\|^error' '$T/log/feed.log') -gt $before ]"
	[ "$(tail -1 "$T/log/feed.log")" = ok ] || diag "feed: $(tail -1 "$T/log/feed.log") to: $*"
}
raw() { say "live raw {\"device_id\": \"$1\", \"kind\": \"plx\", \"what\": \"heard\", \"at_us\": 1, \"port\": \"2a5f\", \"bytes\": \"$2\"}"; }
value() { say "live sample {\"device_id\": \"$1\", \"pos\": $2, \"seq\": $2, \"taken_us\": 1795403600000000, \"spo2\": ${3:-null}, \"heart_rate\": ${3:-null}, \"invalid\": ${4:-null}}"; }
background trial "$BIN/ihht" devices test ring 3
say wait live sample/test/ring/
raw other AAAA
value other 1 11
raw ring AP8=
value ring 1 97
value ring 2 null '"no_finger"'
for _ in 1 2 3 4 5 6 7 8 9; do raw ring AA==; done
raw ring VQD/
value ring 3 96.5
wait_end trial
is "$STATUS" 0 "three values are enough"
is "$(log_of trial | sed 1d)" "2026-11-23 03:13:20  SpO2    97  pulse   97
    00 ff
2026-11-23 03:13:20  no_finger             
2026-11-23 03:13:20  SpO2  96.5  pulse 96.5
    ... 2 notifications before
    00
    00
    00
    00
    00
    00
    00
    55 00 ff" "each value with the bytes since the one before, and nobody else's"
background trial "$BIN/ihht" devices test ring 1 --json
say wait live sample/test/ring/
raw ring AP8=
value ring 4 97
wait_end trial
is "$(log_of trial | sed 1d | jq -c '.[0] | [(.spo2 | floor), .seq, .notifications, .raw[0].port, .raw[0].bytes]')" '[97,4,1,"2a5f","00 ff"]' "as JSON"
stop feed

# ---- oximeters over Bluetooth, one of them not allowed
bluez_start
A=aa:00:00:00:00:0a B=bb:00:00:00:00:0b
conf ble-ingest allow "$A"
start local-store
start ble-ingest
wait_ready local-store
tell "device $A plx Nonin 3230"
tell "device $B plx Another"
tell "rate $A 4"
tell "near $A"
tell "near $B"
row() { jq -c --arg d "$1" '.[] | select(.device_id == $d) | [.name, .kind, .state, (.rssi | type), (.last | type)]' <<<"$OUT"; }
is_row() { ihht devices --json "${@:3}"; [ "$(row "$1")" = "$2" ]; }
wait_until "is_row $A '[\"Nonin 3230\",\"plx\",\"streaming\",\"number\",\"object\"]'"
is "$(row $A)" '["Nonin 3230","plx","streaming","number","object"]' "the one that is used streams"
is "$STATUS" 0 "and all is well"
is "$(row $B)" "" "the other one is none of ours"
wait_until "is_row $B '[\"Another\",\"plx\",\"seen\",\"number\",\"null\"]' --scan 2"
is "$(row $B)" '["Another","plx","seen","number","null"]' "but --scan sees it"
ihht devices
like "$OUT" "^$A +Nonin 3230 +plx +streaming +[0-9]+s +-[0-9]+ dBm .* [0-9]+ +[0-9]+ +[0-9]s" "as a table"

# the fake sends SpO2 and pulse as two SFLOAT after a byte of flags
ihht devices test $A
is "$STATUS $(grep -c '  SpO2 ' <<<"$OUT")" "0 10" "ten values of it"
is "$(grep -A1 '  SpO2 ' <<<"$OUT" | perl -ne 'if (/SpO2 +(\d+) +pulse +(\d+)/) { $want = sprintf "%02x 00 %02x 00", $1, $2 } elsif (/^    [0-9a-f]{2} (.{11})/) { $n++ if $1 eq $want } END { print $n + 0 }')" \
	10 "each with the bytes that say so" || diag "$OUT"

# ---- what it sent when it is gone
ihht session start $ANNE $A
wait_until '[ "$(lite "SELECT count(*) FROM readings")" -ge 3 ]'
kill9 ble-ingest
wait_until '"$BIN/ihht" devices --json 2>/dev/null | jq -e ".[0].last.live == false"'
ihht devices
is "$STATUS" 1 "ble-ingest is gone"
like "$OUT" "^$A +- +- +not here +- +- +.* [0-9]+ +[0-9]+ +[0-9]+s" "the last value is that of the store"
stop local-store
done_testing
