#!/bin/bash
# A million readings that Postgres has leave for the archive while twenty oximeters speak: how long
# a value waits for its `stored` meanwhile, beside the same store at rest; how fast they leave; how
# much memory that takes, beside a tenth as many.
. "$(dirname "$0")/../flow/lib.sh"
FINISHED=1
ROWS=${BENCH_READINGS:-1000000}
SESSIONS=100
MEASURED_S=${MEASURED_S:-20}

# filled ROWS: a fresh store with so many, all of them long in Postgres
filled() {
	fresh
	conf ble-ingest devices 20
	conf ble-ingest rate 20
	conf ble-ingest spool "$T/spool"
	conf local-store keep-days 36500
	start local-store
	wait_ready local-store
	kill9 local-store
	sqlite3 "$DB" <<-SQL
		PRAGMA synchronous = off;
		WITH RECURSIVE n(s) AS (SELECT 1 UNION ALL SELECT s + 1 FROM n WHERE s < $SESSIONS)
		INSERT INTO session (no, id, local_session_id, user_id, gateway, device_id, status, start_us,
			end_us, session_type, data_source, total_mask_lifts, total_readings, hlc, synced_hlc,
			synced_reading, sync_status, last_sync_us)
		SELECT s, printf('00000000-0000-5000-8000-%012d', s), 'IHHT_' || s || '_abc',
			printf('00000000-0000-4000-8000-%012d', s), 'test', 'dev-' || s, 'completed',
			1767225600000000 + s * 10000000000, 1767225600000000 + (s + 1) * 10000000000, 'IHHT', 'mock',
			0, $1 / $SESSIONS, 1000 + s, 1000 + s, $1, 'completed', 1767225600000000 + s FROM n;
		WITH RECURSIVE n(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i < $1 - 1)
		INSERT INTO readings (taken_us, session, epoch, seq, spo2, heart_rate, invalid, data_source, phase_type)
		SELECT 1767225600000000 + (1 + i / ($1 / $SESSIONS)) * 10000000000 + i % ($1 / $SESSIONS) * 900000,
			1 + i / ($1 / $SESSIONS), 1, 1 + i, 80 + i % 20, 60 + i % 50, 0, 1, 1 FROM n;
		INSERT OR REPLACE INTO settings VALUES ('synced_floor', $1);
	SQL
}
left() { lite "SELECT coalesce(sum(gone), 0) FROM archive"; }

# speaking: oximeters, with a session each
speaking() {
	"$TOOL/starter" 20 mock-%03d
	start ble-ingest
	wait_ready ble-ingest
}
# acks: from the reception of a value to its `stored`, p50 and p99 in ms
acks() {
	"$BIN/zmq-sniffer" --json --link live,news --topic sample/ --topic stored/ --for "$MEASURED_S" 2>/dev/null |
		jq -r 'if .sample then "s \(.sample.pos) \(.sample.taken_us)" else "k \(.stored.upto) \(.at_us)" end' |
		awk '$1 == "s" { taken[$2] = $3; if (!first || $2 < first) first = $2 }
			$1 == "k" && first { for (; first <= $2; first++) if (first in taken) { print ($3 - taken[first]) / 1000; delete taken[first] } }' |
		sort -n | awk '{ v[NR] = $1 } END { printf "%.1f %.1f %d\n", v[int(NR * 0.5)], v[int(NR * 0.99)], NR }'
}
# memory of a departure of so many, MB
memory() { awk '/VmHWM/ { printf "%.0f", $2 / 1024 }' "/proc/${PIDS[local-store]}/status"; }
end() { stop_everything; rm -rf "$T"; }

filled $((ROWS / 10))
conf local-store keep-days 0
start local-store
wait_until "[ \"\$(left)\" -ge $((ROWS / 10 - 1)) ]" 600
small=$(memory)
end

filled $ROWS
start local-store
wait_ready local-store
speaking
read -r rest50 rest99 n < <(acks)
kill9 local-store
conf local-store keep-days 0
start local-store
wait_ready local-store
wait_until '[ "$(left)" -gt 0 ]'
began=$(left) began_us=$(date +%s%6N)
read -r busy50 busy99 m < <(acks)
echo "# $n values at rest, $m while $began to $(left) of $ROWS had left"
rate=$((($(left) - began) * 1000000 / ($(date +%s%6N) - began_us)))
kill9 ble-ingest
wait_until "[ \"\$(left)\" -ge $((ROWS - 1)) ]" 1200
awk -v a="$rest50" -v b="$busy50" -v c="$rest99" -v d="$busy99" -v r="$rate" -v m="$(memory)" -v s="$small" -v n="$ROWS" 'BEGIN {
	printf "stored, while readings leave, beside at rest, p50\t%.1f\tms\t%.1f\t%.2f\n", b, a, b / a
	printf "the same, p99\t%.1f\tms\t%.1f\t%.2f\n", d, c, d / c
	printf "readings that leave\t%d\t1/s\t\t\n", r
	printf "most memory of local-store as %d leave, beside a tenth as many\t%d\tMB\t%d\t%.2f\n", n, m, s, m / s }'
end
[ "${n:-0}" -gt 0 ] && [ "${m:-0}" -gt 0 ]
