#!/bin/bash
# inside - the tests, run in the small machine: hci0 is the gateway's, the others are oximeters'
#
# A peripheral's values are numbered, and their numbers can be read from what is stored (see
# peripheral.c): so it is known which ones arrived, and which were missed.
. tests/flow/lib.sh
PERIPHERAL=build/$MODE/tests/bluetooth/peripheral
PLX=00:aa:01:01:00:01 BERRY=00:aa:01:02:00:02 HRS=00:aa:01:03:00:03 NONIN=00:aa:01:04:00:04
fresh
conf ble-ingest source bluez
conf ble-ingest adapters hci0
conf ble-ingest allow Rig-PLX
conf ble-ingest silent-seconds 8
conf ble-ingest retry-seconds 2
conf ble-ingest spool "$T/spool"

# ---- the neighbours: a radio, bluetoothd, oximeters

radio() { background btvirt btvirt -l$ADAPTERS; }
# Whatever it dies of, it is started again, as systemd does: 5.66 crashes now and then by itself.
daemon() { background bluetoothd bash -c "while :; do bluetoothd -n & echo \$! >'$T/bluetoothd'; wait \$!; echo died; done"; }
bluez() { dbus-send --system --print-reply --dest=org.bluez "$@"; }
objects() { bluez / org.freedesktop.DBus.ObjectManager.GetManagedObjects; }
adapters() { wait_until '[ "$(objects | grep -c "org.bluez.GattManager1")" = $ADAPTERS ]'; }
power() { bluez "/org/bluez/$1" org.freedesktop.DBus.Properties.Set string:org.bluez.Adapter1 string:Powered "variant:boolean:$2"; }
is_linked() { bluez "/org/bluez/hci0/dev_$(tr a-f: A-F_ <<<"$1")" org.freedesktop.DBus.Properties.Get string:org.bluez.Device1 string:Connected | grep -q 'boolean true'; }

# oximeter NAME ADAPTER KIND: tell NAME LINE gives it orders
oximeter() {
	mkfifo "$T/$1.lines"
	background "$1" bash -c "exec $PERIPHERAL $2 $3 '$1' <>'$T/$1.lines'"
}
tell() { echo "${*:2}" >"$T/$1.lines"; }

# ---- what was said, and what is stored

STORED="FROM readings r JOIN session s ON s.no = r.session WHERE s.device_id = '$PLX'"
NUMBER="CAST(round(r.spo2 * 10 - 700) + 300 * (r.heart_rate - 30) AS INTEGER)"
said() { awk '$1 == "value" && $5 == "said" { print $2 }' "$T/log/Rig-PLX.log"; }
stored() { lite "SELECT $NUMBER $STORED AND r.device_us IS NULL ORDER BY r.taken_us, r.id"; }
newest() { lite "SELECT ifnull(max($NUMBER), 0) $STORED AND r.device_us IS NULL"; }
gaps() { lite "SELECT count(*) FROM gap WHERE device_id = '$PLX'"; }

# fault WHAT COMMAND...: values come again, of themselves, after a gap
fault() {
	local gaps_before number_before what=$1 began=${EPOCHREALTIME/./}

	gaps_before=$(gaps)
	losses_before=$(losses)
	shift
	"$@"
	number_before=$(said | tail -1)
	wait_until "[ \"\$(newest)\" -gt $number_before ] && [ \"\$(gaps)\" -gt $gaps_before ]" 60
	ok $? "$what: values come again, after a gap" || diag "$(log_of ble-ingest | tail -20; grep -v ^value "$T/log/Rig-PLX.log" | tail)"
	diag "in $(((${EPOCHREALTIME/./} - began) / 1000)) ms; $(lite "SELECT reason || ', ' || ((to_us - from_us) / 1000) FROM gap ORDER BY to_us DESC LIMIT 1") ms were missed"
}
losses() { grep -cE 'info ble-ingest (link_lost|silent) ' "$T/log/ble-ingest.log"; }
until_lost() { wait_until "[ \$(losses) -gt $losses_before ]"; }

ADAPTERS=3
radio
daemon
adapters
ok $? "bluetoothd has three adapters"
oximeter Rig-PLX hci1 plx
tell Rig-PLX rate 5
start local-store
wait_ready local-store
n=0
begun=0
for device in $PLX $BERRY $HRS $NONIN; do
	n=$((n + 1))
	"$BIN/ihht" session start "00000000-0000-4000-8000-00000000000$n" $device >>"$T/log/commands.log" 2>&1 &&
		begun=$((begun + 1))
done
is $begun 4 "four sessions begin"
background sniffer bash -c "exec '$BIN/zmq-sniffer' --topic device/ >'$T/devices'"
background record "$BIN/zmq-sniffer" --record "$T/capture"
start ble-ingest
wait_ready ble-ingest
wait_until '[ "$(stored | wc -l)" -ge 5 ]'
ok $? "ble-ingest finds an oximeter, connects, and its values are stored"
wait_until "grep -q 'state=streaming .*battery=77' '$T/devices'"
ok $? "its battery is read" || diag "$(tail -3 "$T/devices")"

tell Rig-PLX burst 200
wait_until '[ $(stored | wc -l) -ge 210 ]'
tell Rig-PLX rate 0
wait_until '[ "$(log_of Rig-PLX | tail -1)" = "ok rate 0" ] && [ "$(newest)" = "$(said | tail -1)" ]'
is "$(stored)" "$(said)" "every value it said is stored, once, in order ($(said | wc -l), 200 of them at once)"
tell Rig-PLX rate 5

# ---- a radio's life

drop() { tell Rig-PLX drop; until_lost; }
fault "the oximeter breaks the link" drop

off_and_on() { power hci0 false >/dev/null; until_lost; power hci0 true >/dev/null; }
fault "the gateway's adapter is switched off and on" off_and_on

silent() { tell Rig-PLX rate 0; until_lost; tell Rig-PLX rate 5; }
fault "the oximeter is silent, and is connected anew" silent

restart() { kill -9 "$(cat "$T/bluetoothd")"; until_lost; adapters; }
fault "bluetoothd is killed, and started again" restart

replug() { kill9 btvirt; until_lost; wait_until '! objects | grep -q org.bluez.Adapter1'; radio; adapters; }
fault "the adapters are unplugged and plugged in" replug

# What was stored is in order, and a number is only missing where there is a gap.
is "$(lite "WITH n AS (SELECT $NUMBER AS n, lag($NUMBER) OVER (ORDER BY r.taken_us, r.id) AS before,
		r.taken_us AS at, lag(r.taken_us) OVER (ORDER BY r.taken_us, r.id) AS since $STORED)
	SELECT n, before FROM n WHERE n != before + 1 AND (n <= before OR NOT EXISTS
		(SELECT 1 FROM gap WHERE from_us < at AND to_us > since))")" "" \
	"in all that time no value came twice or out of order, or is missing without a gap"

KEPT=$(lite "SELECT $NUMBER $STORED AND r.device_us NOT NULL ORDER BY 1")
[ -n "$KEPT" ]
ok $? "some of what nobody heard comes out of the oximeter's memory: $(wc -l <<<"$KEPT")"
is "$(comm -13 <(awk '$1 == "value" && $5 == "unheard" { print $2 }' "$T/log/Rig-PLX.log" | sort) <(sort <<<"$KEPT"))" "" "  and is what it measured then"

# ---- other oximeters, one after the other: btvirt's controllers know one link each

stop ble-ingest
wait_until "! is_linked $PLX"
ok $? "ble-ingest leaves no link behind"
tell Rig-PLX quit
wait_end Rig-PLX
stop record
kill9 btvirt
wait_until '! objects | grep -q org.bluez.Adapter1'
ADAPTERS=5
radio
adapters
ok $? "bluetoothd has five adapters"

# numbers ADDRESS: of the values that are stored; an oximeter of 60 values of SpO2, or of none
numbers() {
	lite "SELECT CAST(iif(r.spo2 IS NULL, r.heart_rate - 30, 60 * (r.heart_rate - 30) + r.spo2 - 40) AS INTEGER)
		FROM readings r JOIN session s ON s.no = r.session WHERE s.device_id = '$1' ORDER BY r.taken_us"
}

# another NAME ADAPTER KIND ADDRESS WHAT: some values of it are stored
another() {
	conf ble-ingest allow "$1"
	oximeter "$1" "$2" "$3"
	tell "$1" rate 1
	start ble-ingest
	wait_until "[ \"\$(numbers $4 | wc -l)\" -ge 4 ]" 60
	ok $? "$5" || diag "$(log_of ble-ingest | tail -20; grep -v ^value "$T/log/$1.log" | tail; log_of bluetoothd | tail)"
	stop ble-ingest
	numbers "$4" >"$T/numbers"
	check "  in order" sort -n -u -c "$T/numbers"
	is "$(comm -13 <(awk '$1 == "value" { print $2 }' "$T/log/$1.log" | sort) <(sort "$T/numbers"))" "" "  and they are those it said"
	wait_until "! is_linked $4"
	tell "$1" quit
	wait_end "$1"
}

another BerryMed hci2 berry $BERRY "a Berry is known by its name and its bytes: one value a second of its hundred are stored"
another Rig-HRS hci3 hrs $HRS "a heart rate sensor's pulse is stored"
is "$(lite "SELECT count(*) FROM readings r JOIN session s ON s.no = r.session WHERE s.device_id = '$HRS' AND (r.spo2 NOT NULL OR r.rr IS NULL)")" 0 "  without SpO2, with the intervals between beats"
another Nonin3230 hci4 nonin $NONIN "an oximeter that says nothing to strangers is paired, and its values are stored"
check "  with a bond on both sides" grep -q 'info ble-ingest paired ' "$T/log/ble-ingest.log"
stop local-store

# ---- what the decoders were given, once more

values() { lite "SELECT r.taken_us, r.spo2, r.heart_rate, r.invalid, r.data_source $STORED ORDER BY 1, 2, 3" "$1"; }
missed() { lite "SELECT from_us, to_us, reason FROM gap WHERE device_id = '$PLX' ORDER BY 1" "$1"; }
conf gateway database "$T/again.sqlite"
conf ble-ingest source capture
conf ble-ingest capture "$T/capture"
conf ble-ingest speed 0
conf ble-ingest data-source bluetooth
conf ble-ingest spool "$T/spool-again"
start local-store
wait_ready local-store
"$BIN/ihht" session start 00000000-0000-4000-8000-000000000001 $PLX \
	start_us="$(lite "SELECT start_us FROM session WHERE device_id = '$PLX'")" >>"$T/log/commands.log" 2>&1
start ble-ingest
values "$DB" >"$T/values"
wait_until "[ \"\$(values '$T/again.sqlite' | wc -l)\" = $(wc -l <"$T/values") ]"
check "the bytes that were recorded give the same values ($(wc -l <"$T/values"))" diff "$T/values" <(values "$T/again.sqlite")
is "$(missed "$T/again.sqlite")" "$(missed "$DB")" "  and the same gaps"
stop ble-ingest
stop local-store
diag "bluetoothd was killed once, and died $(($(grep -c ^died "$T/log/bluetoothd.log") - 1)) times by itself"
diag "$(cut -d' ' -f1 /proc/uptime) s since the machine was switched on"
done_testing
