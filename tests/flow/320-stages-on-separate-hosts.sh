#!/bin/bash
# A gateway and a cloud host with configs of their own, tcp and CURVE between them: everything
# arrives, a stranger's key gets nothing, and the wire carries few bytes a reading.
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/pipeline.sh"
. "$(dirname "$0")/two-hosts.sh"
fresh
recordings "$T/files" 3000
rows=$(csv_rows "$T/files" | wc -l)
pg_start || skip_all "no Postgres"

two_hosts
ok $? "the gateway and the hub get their keys"
conf ble-ingest source replay
conf ble-ingest files "$T/files"
conf ble-ingest speed 0
conf ble-ingest start "$RECORDED"

two_hosts_start
ok $? "both hosts are ready"
check "a session is started for every recording" start_sessions "$T/files"
start ble-ingest
check "SQLite has all rows" wait_until "[ \$(lite 'SELECT count(*) FROM readings') -ge $rows ]" 120
for file in "$T"/files/*.csv; do "$BIN/ihht" session stop "$(basename "$file" .csv)"; done >>"$T/log/commands.log"
check "Postgres has all rows" wait_until "[ \$(sql 'SELECT count(*) FROM readings') -ge $rows ]" 120
same_rows "$T/files"
bytes=$(bytes_sent "dport = :$port")
diag "$(awk -v b="${bytes:-0}" -v n="$rows" 'BEGIN { printf "%.2f bytes a reading on the wire, keys and framing included", b / n }')"
[ "${bytes:-999999999}" -lt $((rows * 6)) ]
ok $? "fewer than 6 bytes a reading on the wire"
ratio=$("$BIN/ihht" --json status | jq '.processes[] | select(.process == "local-store") | .counts.pack_ratio')
[ "$(jq -n "${ratio:-0} > 1.2")" = true ]
ok $? "the beat says how well bundles pack" || diag "pack_ratio=$ratio"

# somebody whose key nobody knows
stop local-store
mv "$T/peers/gateway-1.key" "$T/gateway-1.key"
kill9 sync-worker
background sync-worker "$BIN/sync-worker" --config "$T/cloud/ihht.conf"
wait_ready sync-worker
sql 'DELETE FROM readings; DELETE FROM sync_receipts' >/dev/null
start local-store
wait_ready local-store
"$BIN/ihht" survey pre "IHHT_${RECORDED_MS}_r1" clarity=1 energy=1 stress=1 >>"$T/log/commands.log"
# a stranger's silence has no event: two beats of the worker are the time it is given
wait_until "[ \$(grep -c . <(\"$BIN/zmq-sniffer\" --config '$T/cloud/ihht.conf' --link beats --count 3)) -ge 3 ]"
is "$(sql 'SELECT clarity_pre FROM session_surveys ORDER BY session_id LIMIT 1')" 3 "a stranger's key gets nothing through"
# libzmq gives a connection up for good when its key was refused: the gateway starts again
cp "$T/gateway-1.key" "$T/peers/"
stop local-store
start local-store
check "once it is known, what waited arrives" wait_until "[ \"\$(sql 'SELECT count(*) FROM session_surveys WHERE clarity_pre = 1')\" = 1 ]" 60
stop ble-ingest
stop local-store
stop sync-worker
done_testing
