#!/bin/bash
# source = bluez: several kinds at once, by socket and by signal, at MTU 23 and above; which
# ones are connected to; and their values are in SQLite, in order.
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/bluez.sh"
U=00000000-0000-4000-8000-00000000000
PLX=aa:bb:cc:00:00:01 SIGNALS=aa:bb:cc:00:00:02 RING=aa:bb:cc:00:00:03 WIDE=aa:bb:cc:00:00:04
DEMO=aa:bb:cc:00:00:05 DENIED=aa:bb:cc:00:00:06 LAMP=aa:bb:cc:00:00:07 STRAP=aa:bb:cc:00:00:08
BERRY=aa:bb:cc:00:00:09 PC60=aa:bb:cc:00:00:0a CONTEC=aa:bb:cc:00:00:0b
fresh
bluez_start
tell "device $PLX plx Oxi One"
tell "device $SIGNALS plx Oxi Two"
tell "set $SIGNALS no-acquire 1"
tell "device $RING viatom O2Ring 1234"
tell "device $WIDE viatom O2Ring 5678"
tell "set $WIDE mtu 247"
tell "device $DEMO plx Oxi Demo"
tell "set $DEMO demo 1"
tell "device $DENIED plx Neighbour"
tell "device $LAMP berry"
tell "device $STRAP hrs Strap"
tell "device $BERRY berry BerryMed"
for d in $PLX $SIGNALS $RING $WIDE $DEMO $DENIED $LAMP $STRAP $BERRY; do tell "rate $d 5"; tell "near $d"; done
conf ble-ingest deny 'neigh*, 11:22:33:44:55:66'
start local-store
wait_ready local-store
n=0
for d in $PLX $SIGNALS $RING $WIDE $DEMO $STRAP $BERRY; do
	"$BIN/ihht" --config "$CONF" session start $U$((++n)) $d >>"$T/log/commands.log" 2>&1
done
listen
mark
start ble-ingest
wait_ready ble-ingest
for d in $PLX $SIGNALS $RING $WIDE $DEMO $STRAP $BERRY; do streams $d "values of $d arrive"; done
rows() { lite "SELECT count(*) FROM readings r JOIN session s ON s.no = r.session WHERE s.device_id = '$1'"; }
for d in $PLX $SIGNALS $RING $WIDE $DEMO $STRAP $BERRY; do
	wait_until "[ \$(rows $d) -ge 3 ]"
	ok $? "  and are stored"
done
# the figure that tells which value it is: a strap has no saturation; of Berry, one a second is kept
is "$(lite "WITH told AS (SELECT r.session, r.taken_us, iif(s.device_id = '$STRAP', r.heart_rate, r.spo2) AS figure
	FROM readings r JOIN session s ON s.no = r.session WHERE s.device_id != '$BERRY'),
	steps AS (SELECT figure - lag(figure) OVER w AS step, row_number() OVER w AS nth FROM told WINDOW w AS (PARTITION BY session ORDER BY taken_us))
	SELECT count(DISTINCT session), (SELECT count(*) FROM steps WHERE nth > 1 AND (step IS NULL OR step NOT IN (1, -9))) FROM told")" \
	"6|0" "each one of the six others, in order"
is "$(lite "SELECT group_concat(DISTINCT r.data_source) FROM readings r JOIN session s ON s.no = r.session WHERE s.device_id != '$DEMO'")" \
	1 "as bluetooth"
is "$(lite "SELECT group_concat(DISTINCT r.data_source) FROM readings r JOIN session s ON s.no = r.session WHERE s.device_id = '$DEMO'")" \
	2 "but those of a demonstration mode as mock"
is "$(lite "SELECT group_concat(DISTINCT (r.rr & 65535) || ' ' || (r.rr >> 16)) FROM readings r JOIN session s ON s.no = r.session WHERE s.device_id = '$STRAP'")" \
	"812 813" "with the intervals between beats, where the device tells them"
# those whose bytes are only known from captures
for d in "$PC60 pc60fw PC-60FW 1" "$CONTEC contec SpO201"; do tell "device $d"; tell "near ${d%% *}"; done
for d in $PC60 $CONTEC; do saw "@ acquired $d" "listening to $d"; done
tell "send $PC60 AA550F0801603E005000C008"
tell "send $CONTEC EB010453637F0025"
heard "sample/.*$PC60.* spo2=96 heart_rate=62 perfusion_index=8" "a frame of a PC-60FW is a value"
heard "sample/.*$CONTEC.* spo2=99 heart_rate=83" "a frame of a Contec is a value"
is "$(links)" 9 "there is a link to each of them and to no other"
air_since >"$T/air_since"
for what in "acquired $PLX" "notifying $SIGNALS 00002a5f"; do like "$(cat "$T/air_since")" "$what" "listening: $what"; done
unlike "$(cat "$T/air_since")" "connect ($DENIED|$LAMP)" "one that is denied, and one that is nothing we know, are left alone"
live_since >"$T/live_since"
like "$(grep "device/.*$DENIED" "$T/live_since")" "device_id=\"$DENIED\" name=\"Neighbour\" kind=\"plx\" state=seen .*rssi=-6" "the one that is denied is told as seen"
like "$(grep "device/.*$RING" "$T/live_since")" "device_id=\"$RING\" name=\"O2Ring 1234\" kind=\"viatom\" state=streaming .*battery=80" "name, kind, state and battery"
stop ble-ingest
wait_until '[ "$(links)" = 0 ]'
ok $? "when it stops it leaves no link behind"
stop local-store

# what the settings say
conf ble-ingest deny
conf ble-ingest pick first
mark
start ble-ingest
wait_until "air_since | grep -q '@ acquired'"
is "$(air_since | grep -c '@ connect')" 1 "pick = first connects to one"
stop ble-ingest
conf ble-ingest pick listed
conf ble-ingest allow "AA:BB:CC:00:00:04, oxi t*"
mark
start ble-ingest
wait_until "[ \$(air_since | grep -c '@ acquired $WIDE\|@ notifying $SIGNALS 00002a5f') = 2 ]"
is "$(air_since | grep -c '@ connect')" 2 "pick = listed connects to those in allow, by address or name"
stop ble-ingest
bad() { conf ble-ingest "$1" "$2"; like "$("$BIN/ble-ingest" --config "$CONF" 2>&1)" "$3" "$1 = \"$2\" is refused"; conf ble-ingest "$1"; }
conf ble-ingest allow
bad pick listed 'ble-ingest/pick is listed, but ble-ingest/allow is empty'
conf ble-ingest pick
bad deny aa:bb:cc:00:00:0x 'ble-ingest/deny: "aa:bb:cc:00:00:0x" is no address'
done_testing
