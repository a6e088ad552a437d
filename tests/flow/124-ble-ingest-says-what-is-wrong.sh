#!/bin/bash
# Settings, a second one on the same spool, damaged files: each is told with its cure.
. "$(dirname "$0")/lib.sh"
fresh
conf ble-ingest spool "$T/spool"
beat() { timeout 10 "$BIN/zmq-sniffer" --config "$CONF" --link beats --topic beat/test/ble-ingest/ --count 1 2>/dev/null; }

# wrong NAME VALUE COMPLAINT: --check refuses it
wrong() {
	local out status

	conf ble-ingest "$1" "$2"
	out=$("$BIN/ble-ingest" --config "$CONF" --check 2>&1)
	status=$?
	is "$status" 100 "$1 = $2 is refused"
	like "$out" "$3" "  and told"
	conf ble-ingest "$1"
}
wrong source radio 'ble-ingest/source: "radio" is not one of bluez.mock.replay'
wrong devices 5001 'ble-ingest/devices: "5001" is not a number from 1 to 5000'
wrong rate 201 'ble-ingest/rate: "201" is not a number from 0 to 200'
wrong spool-bytes 8191 'ble-ingest/spool-bytes: "8191" is not a number from 8192'
wrong altitude-seconds 0 'ble-ingest/altitude-seconds'
wrong data-source guess 'ble-ingest/data-source: "guess" is not one of unknown.bluetooth.mock.manual'
wrong colour blue 'ble-ingest/colour: no such setting; there are: source, spool'
check "the defaults are right" "$BIN/ble-ingest" --config "$CONF" --check

conf ble-ingest source replay
conf ble-ingest files nowhere
start ble-ingest
wait_end ble-ingest
is "$STATUS" 100 "a folder that is not there: fix the settings"
like "$(log_of ble-ingest)" 'cannot_start why="ble-ingest/files: .*/nowhere: No such file' "  and told"
conf ble-ingest spool "$T/no/folder/spool"
start ble-ingest
wait_end ble-ingest
is "$STATUS" 111 "no place for the spool: try again"
like "$(log_of ble-ingest)" 'no/folder/spool.lock: No such file or directory' "  and told"

# bad lines cost nothing else
conf ble-ingest spool "$T/spool"
conf ble-ingest files .
conf ble-ingest speed 0
H=t_ms,spo2,heart_rate,motion,perfusion_index
printf "$H\r\n0,90,50,,\r\n1000,101,50,,\r\n2000,91,50,,\r\n" >"$T/crlf.csv"
printf "$H\n0,90,50,,\n\0\0\0\n1000,91,50,,\n500,92,50,,\n2000,93,50,," >"$T/nul.csv"
{ echo $H; head -c 3000000 /dev/zero | tr '\0' 7; echo; echo 5,90,50,,; } >"$T/huge.csv"
printf "$H\n0,\xff\xfe,50,,\n1,80,50,,\n" >"$T/latin.csv"
printf 'a,b\n1,2\n' >"$T/alien.csv"
: >"$T/empty.csv"
echo $H >"$T/rowless.csv"
SINK_OUT=$T/out background sink "$TOOL/sink" --config "$CONF"
start ble-ingest
wait_until "beat | grep -q 'replay done, all stored'"
said=$(log_of ble-ingest)
is "$(grep -c sample "$T/out")" 7 "every good row of bad files is there"
like "$said" 'rows_skipped n=1 first="[^ ]*crlf.csv: line 3: column 2 \(spo2\): must be from 0 to 100"' "out of range: told once, with place and total"
like "$said" 'rows_skipped n=2 first="[^ ]*nul.csv: line 3: column 1 \(t_ms\): must be a whole number"' "NUL bytes"
like "$said" 'rows_skipped n=1 first="[^ ]*huge.csv: line 2: column 1: longer than 1000 bytes"' "a huge line"
like "$said" 'rows_skipped n=1 first="[^ ]*latin.csv: line 2: column 2' "not UTF-8"
like "$said" 'file_refused why="[^ ]*alien.csv: line 1: column 1: must be t_ms,' "another header"
like "$said" 'file_refused why="[^ ]*empty.csv: line 1' "an empty file"
like "$(beat)" 'csv_rows_bad=5 ' "and counted"

# one spool, one process
out=$("$BIN/ble-ingest" --config "$CONF" 2>&1)
is "$?" 111 "a second one does not start"
like "$out" 'spool: another ble-ingest is using it; give each its own ble-ingest/spool' "  and says why"
stop ble-ingest

# a damaged spool
dd if=/dev/urandom of="$T/spool" bs=1 seek=100 count=4000 conv=notrunc 2>/dev/null
start ble-ingest
check "it starts with a damaged spool" wait_ready ble-ingest
like "$(log_of ble-ingest)" 'warn ble-ingest spool_damaged .*rest=".*/spool.damaged"' "  says so"
check "  and keeps the damaged one" test -s "$T/spool.damaged"
stop ble-ingest
stop sink

# an old copy put back
rm -f "$T"/spool*
conf ble-ingest source mock
conf ble-ingest devices 50
SINK_OUT=$T/out2 background sink "$TOOL/sink" --config "$CONF"
start ble-ingest
wait_until "beat | grep -qE 'samples_acked=[1-9]'"
stop ble-ingest
cp "$T/spool" "$T/copy"
start ble-ingest
wait_until "beat | grep -qE 'samples_acked=[1-9][0-9]'"
stop ble-ingest
cp "$T/copy" "$T/spool"
conf ble-ingest samples 1
start ble-ingest
wait_end ble-ingest
is "$STATUS" 111 "a spool that was put back is not used"
like "$(log_of ble-ingest)" 'local-store has more of this spool than is in it' "  and told"
done_testing
