#!/bin/bash
# inside - the tests, run in the small machine: hci0 is the gateway's, hci1 and hci2 are
# oximeters'
. tests/flow/lib.sh
PERIPHERAL=build/$MODE/tests/bluetooth/peripheral
fresh

# ---- the neighbours: a radio, bluetoothd, oximeters

radio() { background btvirt btvirt -l3; }
daemon() { background bluetoothd bluetoothd -n; }
bluez() { dbus-send --system --print-reply --dest=org.bluez "$@"; }
adapters() { bluez / org.freedesktop.DBus.ObjectManager.GetManagedObjects | grep -c 'string "org.bluez.GattManager1"'; }

# oximeter NAME ADAPTER KIND: tell NAME LINE gives it orders
oximeter() {
	mkfifo "$T/$1.lines"
	background "$1" bash -c "exec $PERIPHERAL $2 $3 '$1' <>'$T/$1.lines'"
}
tell() { echo "${*:2}" >"$T/$1.lines"; }

radio
daemon
wait_until '[ "$(adapters)" = 3 ]'
ok $? "bluetoothd has three adapters"
oximeter Rig-PLX hci1 plx
oximeter BerryMed hci2 berry
wait_until "log_of Rig-PLX | grep -q registered && log_of BerryMed | grep -q registered"
ok $? "and two oximeters"
done_testing
