#!/bin/bash
# Bytes on a tcp wire with CURVE between a gateway and the cloud, all framing included, for each
# reading: in bundles as 1 Hz makes them (30 s, so 30 readings) and as full as they get.
#
# Of the 550 bytes of a bundle of 30, readings and the session's row are 285 after zstd (450
# before it: names, times and three UUIDs, two of them twice, leave little to find twice), the
# other 265 what a bundle costs whatever is in it: CURVE and ZMTP 80 for two parts, three UUIDs
# as text 114, topic, gateway's name and head 60.  A bundle stands alone, so all of it travels.
. tests/flow/lib.sh
. tests/flow/pipeline.sh
FINISHED=1
if [ $# = 0 ]; then  # each in a world of its own
	bash "$0" 30 && bash "$0" 500
	exit
fi

# wire ROWS: bytes a reading with so many in a bundle
wire() {
	local port rows bytes file

	fresh
	recordings "$T/files" 3000
	rows=$(csv_rows "$T/files" | wc -l)
	port=$(free_port)
	pg_start >/dev/null || exit 1
	mkdir -p "$T/peers" "$T/cloud/run"
	"$BIN/ihht" keys gateway-1 >/dev/null && "$BIN/ihht" keys hub >/dev/null || exit 1
	cp "$T/keys/gateway-1.key" "$T/keys/hub.key" "$T/peers/"
	cat >"$T/cloud/ihht.conf" <<-END
		gateway
		    name = "cloud"
		    run = "$T/cloud/run"
		links
		    key = "$T/keys/hub.key_secret"
		    peers = "$T/peers"
		    bundles = "@tcp://127.0.0.1:$port"
		    receipts = "@tcp://127.0.0.1:$((port + 1))"
		postgres
		    url = "host=$RUN dbname=ihht user=ihht_sync"
	END
	conf links key "$T/keys/gateway-1.key_secret"
	conf links peers "$T/peers"
	conf links bundles ">tcp://127.0.0.1:$port"
	conf links receipts ">tcp://127.0.0.1:$((port + 1))"
	conf local-store bundle-rows "$1"
	conf ble-ingest source replay
	conf ble-ingest files "$T/files"
	conf ble-ingest speed 0
	conf ble-ingest start "$RECORDED"
	start local-store
	background sync-worker "$BIN/sync-worker" --config "$T/cloud/ihht.conf"
	wait_ready local-store
	wait_ready sync-worker
	start_sessions "$T/files" || exit 1
	start ble-ingest
	wait_until "[ \$(lite 'SELECT count(*) FROM readings') -ge $rows ]" 120
	for file in "$T"/files/*.csv; do "$BIN/ihht" session stop "$(basename "$file" .csv)"; done >>"$T/log/commands.log"
	wait_until "[ \$(sql 'SELECT count(*) FROM readings') -ge $rows ]" 120
	bytes=$(ss -tinH "dport = :$port" | grep -o 'bytes_sent:[0-9]*' | cut -d: -f2 | sort -n | tail -1)
	echo "# $rows readings, $bytes bytes, $(counter local-store bundles_sent) bundles, $(counter local-store bundle_bytes) bytes of it content, $(counter local-store bundle_bytes_raw) before zstd"
	awk -v b="$bytes" -v n="$rows" -v k="$1" 'BEGIN {
		printf "on a tcp wire, %d readings a bundle\t%.2f\tbytes/reading\t6\t%.2f\n", k, b / n, b / n / 6 }'
	stop ble-ingest >&2
	stop local-store >&2
	kill9 sync-worker
	pg_stop
}
wire "$1"
