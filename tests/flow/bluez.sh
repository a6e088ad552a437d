# bluez.sh - a bus of the test's own with a played bluetoothd, for ble-ingest/source = bluez
#
# Sourced after lib.sh, before fresh.  bluez_start leaves a bluetoothd with one adapter, hci0.
#
#	tell "near $A"                 a command of tests/tool/fake_bluez.c; it must be taken
#	mark; saw '@ up' NAME          a test, that fake_bluez says so after mark
#	heard 'state=lost' NAME        and that zmq-sniffer prints such a line of live
#	streams $A                     a value of it was heard since mark
#	running_session $A             local-store and ble-ingest run, a session has its values
#	away $A 4                      it is out of range for so many seconds and keeps records
#	stored                         how many of those are readings: 88 %, which it never says live

bluez_start() {
	cat >"$T/bus.conf" <<-END
	<!DOCTYPE busconfig PUBLIC "-//freedesktop//DTD D-Bus Bus Configuration 1.0//EN"
	 "http://www.freedesktop.org/standards/dbus/1.0/busconfig.dtd">
	<busconfig><type>system</type><listen>unix:path=$T/bus</listen><auth>EXTERNAL</auth>
	<policy context="default"><allow send_destination="*" eavesdrop="true"/><allow eavesdrop="true"/>
	<allow own="*"/></policy></busconfig>
	END
	export DBUS_SYSTEM_BUS_ADDRESS=unix:path=$T/bus
	background dbus dbus-daemon --config-file="$T/bus.conf" --nofork --nopidfile
	wait_until "[ -S '$T/bus' ]"
	mkfifo "$T/air"
	exec 7<>"$T/air"
	: >"$T/log/air.log"
	"$TOOL/fake_bluez" <"$T/air" >>"$T/log/air.log" 2>&1 7>&- &
	PIDS[air]=$!
	wait_until "grep -q ^ready '$T/log/air.log'"
	conf ble-ingest source bluez
	conf ble-ingest spool "$T/spool"
	conf ble-ingest retry-seconds 2
}

# tell COMMAND: and wait until it is done
tell() {
	local n

	n=$(grep -cE '^(ok|error) ' "$T/log/air.log")
	echo "$1" >&7
	wait_until "[ \$(grep -cE '^(ok|error) ' '$T/log/air.log') -gt $n ]" || return 1
	grep -E '^(ok|error) ' "$T/log/air.log" | sed -n "$((n + 1))p" | grep -q '^ok' && return
	diag "$1: $(tail -1 "$T/log/air.log")"
	return 1
}

links() { tell links; grep '^links' "$T/log/air.log" | tail -1 | cut -d' ' -f2; }

# What the air and the live link have said since this moment.
mark() {
	AIR_MARK=$(wc -l <"$T/log/air.log")
	LIVE_MARK=$(wc -l <"$T/live")
}
air_since() { tail -n +$((AIR_MARK + 1)) "$T/log/air.log"; }
live_since() { tail -n +$((LIVE_MARK + 1)) "$T/live"; }

# saw WORDS NAME: a test, that fake_bluez says so after mark
saw() { wait_until "air_since | grep -qE -- '$1'"; ok $? "$2" || diag "$(air_since | tail -5)"; }
heard() { wait_until "live_since | grep -qE -- '$1'"; ok $? "$2" || diag "$(live_since | tail -5)"; }

# streams A NAME: three values after mark, the same ble-ingest as ever
streams() {
	wait_until "[ \$(live_since | grep -c 'sample.*device_id=\"$1\"') -ge ${3:-3} ]"
	ok $? "$2" || diag "$(live_since | tail -5)"
}

# listen: the live link into $T/live, as long as the test lives
listen() {
	: >"$T/live"
	background sniffer sh -c 'exec "$0" --config "$1" --link live >"$2" 2>/dev/null' \
		"$BIN/zmq-sniffer" "$CONF" "$T/live"
}

running_session() {
	start local-store
	"$BIN/ihht" --config "$CONF" session start 00000000-0000-4000-8000-000000000001 "$1" >>"$T/log/commands.log" 2>&1
	listen
	mark
	start ble-ingest
	wait_ready ble-ingest
	tell "near $1"
	streams "$1" "values come"
}

away() {
	mark
	tell "far $1"
	wait_until "[ \$(air_since | grep -c '@ remembers') -ge $2 ]"
	tell "near $1"
	heard " gap .*$1.*reason=link_lost" "away for some seconds: a gap"
}
stored() { lite "SELECT count(*) FROM readings r JOIN gap g WHERE r.spo2 = 88 AND r.taken_us > g.from_us AND r.taken_us < g.to_us"; }
