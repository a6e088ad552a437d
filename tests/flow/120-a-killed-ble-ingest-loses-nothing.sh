#!/bin/bash
# SIGKILL at random moments, with a store that is slow and drops frames: each (device, seq)
# arrives, with the same values however often it was sent.
. "$(dirname "$0")/lib.sh"
fresh
conf ble-ingest devices 20
conf ble-ingest rate 100
conf ble-ingest spool "$T/spool"

# Who, which life of the count, which number: all there, and one value each.
dense() {
	grep ' \.$' "$T/out" | sort -u | awk '{ k = $1 " " $2; n[k]++; if ($3 > max[k]) max[k] = $3 }
		END { for (k in n) if (n[k] != max[k]) { print k, n[k] " of " max[k]; bad = 1 }; exit bad }'
}
arrived() { wc -l <"$T/out"; }

touch "$T/out"
SINK_OUT=$T/out SINK_ACK_MS=100 SINK_DROP=500 background sink "$TOOL/sink" --config "$CONF"
for life in 1 2 3 4 5 6 7 8; do
	start ble-ingest
	want=$(($(arrived) + 200 + RANDOM % 800))
	wait_until "[ \$(arrived) -ge $want ]" || break
	kill9 ble-ingest
done
is "$life" 8 "eight lives"

start ble-ingest
want=$(($(arrived) + 1000))
check "it goes on after all of them" wait_until "[ \$(arrived) -ge $want ]"
stop ble-ingest
stop sink
check "every number of every device is there, with one value" dense
is "$(cut -d' ' -f2 "$T/out" | sort -u | wc -l)" 1 "one count through all lives"
like "$(grep -c link_lost "$T/out")" '^[0-9]{2,}$' "what nobody heard in between is told as gaps"
unlike "$(cat "$T/log/ble-ingest.log")" 'spool_damaged' "the spool was never damaged"
like "$(tail -1 "$T/log/sink.log")" ' dropped=[1-9]' "and the store did drop frames"
done_testing
