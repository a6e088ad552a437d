#!/bin/bash
# Bytes on a tcp wire with CURVE between a gateway and the cloud, all framing included, for each
# reading: 1000 sessions at 1 Hz as they run, 30 s or 500 rows a bundle, for a minute after all
# have had their first; and a backlog, in bundles as full as they get.
. tests/flow/lib.sh
. tests/flow/pipeline.sh
. tests/flow/two-hosts.sh
FINISHED=1
if [ $# = 0 ]; then  # each in a world of its own
	bash "$0" live && bash "$0" backlog
	exit
fi
LIMIT=6

begin() {
	fresh
	pg_start >/dev/null && two_hosts && two_hosts_start || exit 1
}

# What has left by now: bytes there, bytes of receipts back, readings, of them before zstd, messages.
look() {
	echo "$(bytes_sent "dport = :$port") $(bytes_sent "sport = :$((port + 1))") $(sql 'SELECT count(*) FROM readings')" \
		"$(counter local-store bundle_bytes_raw) $(counter local-store bundles_sent) $(counter local-store crates_sent)"
}

# told NAME BEFORE AFTER: the figure, and where it comes from
told() {
	paste -d ' ' <(echo "$2") <(echo "$3") | awk -v what="$1" -v limit=$LIMIT '{
		for (i = 1; i <= 6; i++) d[i] = $(i + 6) - $i
		printf "# %d readings in %d bundles in %d crates: %d bytes sent, %d of receipts back\n", d[3], d[5], d[6], d[1], d[2]
		printf "# a reading is %d bytes as a row in memory, %.1f in columns before zstd\n", 17 * 8, d[4] / d[3]
		printf "on a tcp wire, %s\t%.2f\tbytes/reading\t%d\t%.2f\n", what, d[1] / d[3], limit, d[1] / d[3] / limit }'
}

live() {
	conf ble-ingest devices 1000
	"$TOOL/starter" 1000 mock-%03d || exit 1
	start ble-ingest
	wait_until "[ \$(sql 'SELECT count(*) FROM readings') -ge 40000 ]" 120
	before=$(look)
	wait_until "[ \$(sql 'SELECT count(*) FROM readings') -ge 100000 ]" 120
	told "1000 sessions at 1 Hz" "$before" "$(look)"
	stop ble-ingest >&2
}

backlog() {
	local rows file

	recordings "$T/files" 3000
	rows=$(csv_rows "$T/files" | wc -l)
	conf ble-ingest source replay
	conf ble-ingest files "$T/files"
	conf ble-ingest speed 0
	conf ble-ingest start "$RECORDED"
	before="0 0 0 0 0 0"
	start_sessions "$T/files" || exit 1
	start ble-ingest
	wait_until "[ \$(lite 'SELECT count(*) FROM readings') -ge $rows ]" 120
	for file in "$T"/files/*.csv; do "$BIN/ihht" session stop "$(basename "$file" .csv)"; done >>"$T/log/commands.log"
	wait_until "[ \$(sql 'SELECT count(*) FROM readings') -ge $rows ]" 120
	told "full bundles" "$before" "$(look)"
	stop ble-ingest >&2
}

begin
"$1"
stop local-store >&2
kill9 sync-worker
pg_stop
