#!/bin/bash
# source = bluez against a bluetoothd that leaves signals out, sends them late or twice, and
# knows devices that are not there.  (The real 5.66 may leave
# out Connected=true and tell ServicesResolved too soon; the rest is worse than the real one.)
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/bluez.sh"
dev() { printf 'aa:bb:cc:00:00:%02x' "$1"; }
fresh
bluez_start
conf ble-ingest silent-seconds 2
declare -A FLAG=([1]="no-connected 1" [2]="late-chars 500" [3]="no-resolved 1" [4]="twice 1"
	[5]="no-dropped 1" [6]="no-acquire 1" [7]="refuse-connect 1" [9]="slow-notify 700")
long=$(printf 'Ä%.0s' {1..100})
tell "device $(dev 11) plx x$long"
tell "set $(dev 11) refuse-notify 3"
tell "rate $(dev 11) 5"
for i in 1 2 3 4 5 6 7 8 9; do
	tell "device $(dev $i) $([ $i = 8 ] && echo viatom O2Ring || echo plx Oxi) $i"
	tell "rate $(dev $i) 5"
	if [ -n "${FLAG[$i]:-}" ]; then tell "set $(dev $i) ${FLAG[$i]}"; fi
done
tell "set $(dev 6) no-dropped 1"
tell "set $(dev 1) no-acquire 1"
tell "set $(dev 7) hang-connect 1"
tell "device $(dev 12) plx Oxi 12"
tell "set $(dev 12) no-acquire 1"
tell "set $(dev 12) refuse-notify 1"
tell "rate $(dev 12) 5"
start local-store
listen
tell "known $(dev 8)"
mark
start ble-ingest
wait_ready ble-ingest
heard "device.*$(dev 8).*state=searching" "one that is only known is not taken for being there"
tell "near $(dev 3)"
streams $(dev 3) "ServicesResolved is never signalled: values come"
for i in 1 2 4 5 6 7 9 11 12; do tell "near $(dev $i)"; done
streams $(dev 1) "Connected is never signalled: values come"
streams $(dev 2) "characteristics come after ServicesResolved: values come"
streams $(dev 4) "every signal comes twice: values come"
streams $(dev 7) "the first Connect fails, the second is never answered: values come"
streams $(dev 11) "it refuses to notify at first: values come"
like "$(live_since | grep -m1 "device/.*$(dev 11)")" "name=\"x${long:0:62}\"" "  a name that is too long is cut between two letters"
streams $(dev 12) "one of its characteristics refuses at first: values come"
is "$(air_since | grep -c "@ connect $(dev 12)") $(live_since | grep -c "device/.*$(dev 12).*state=silent")" "2 0" \
	"  after a second try, which did not wait for silence"
streams $(dev 9) "subscribing takes long: values come"
is "$(live_since | grep -m1 "sample/.*$(dev 9)" | grep -oE 'spo2=[0-9]+')" \
	"spo2=$(air_since | sed -n "s/^@ first $(dev 9) //p" | head -1)" "  from the very first one"
unlike "$(air_since)" "@ connect $(dev 8)" "the one that is only known is left alone"
tell "near $(dev 8)"
streams $(dev 8) "  until it is seen" 1

mark
tell "drop $(dev 1)"
heard "device.*$(dev 1).*state=lost" "no socket tells of the end of the link: its signal does"
heard " gap .*$(dev 1)" "  and it comes back"
tell "drop $(dev 5)"
heard "device.*$(dev 5).*state=lost" "the end of the link is not signalled: its socket tells"
heard " gap .*$(dev 5)" "  and it comes back"
tell "drop $(dev 6)"
heard "device.*$(dev 6).*state=silent" "nor is there a socket: the watchdog tells"
heard " gap .*$(dev 6)" "  and it comes back"
tell "vanish $(dev 9)"
heard "device.*$(dev 9).*state=lost" "its object vanishes under the link: lost"
heard " gap .*$(dev 9)" "  and it comes back"
wait_until '[ "$(links)" = 11 ]'
ok $? "each over one link" || diag "$(links)"

stop ble-ingest
is "$(grep warn "$T/log/ble-ingest.log")" "" "the log has no warning"
wait_until '[ "$(links)" = 0 ]'
ok $? "no link is left"
done_testing
