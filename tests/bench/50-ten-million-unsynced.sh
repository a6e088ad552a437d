#!/bin/bash
# A gateway that was offline for months: local-store starts over ten million readings that
# Postgres does not have.  How soon the first bundle leaves, the first with readings, and how
# much memory that takes, beside the same over one million.
. tests/flow/lib.sh
FINISHED=1
ROWS=${ROWS:-10000000}
SESSIONS=1000

# one ROWS: a fresh store with so many; prints ready, first bundle, first readings (ms), MB
one() {
	local rows=$1 begun

	fresh
	start local-store
	wait_ready local-store
	kill9 local-store
	sqlite3 "$DB" <<-SQL
		PRAGMA synchronous = off;
		WITH RECURSIVE n(s) AS (SELECT 1 UNION ALL SELECT s + 1 FROM n WHERE s < $SESSIONS)
		INSERT INTO session (no, id, local_session_id, user_id, gateway, device_id, status, start_us,
			end_us, session_type, data_source, total_mask_lifts, total_readings, hlc)
		SELECT s, printf('00000000-0000-5000-8000-%012d', s), 'IHHT_' || s || '_abc',
			printf('00000000-0000-4000-8000-%012d', s), 'test', 'dev-' || s, 'completed',
			1767225600000000 + s * 10000000000, 1767225600000000 + (s + 1) * 10000000000, 'IHHT', 'mock',
			0, $rows / $SESSIONS, 1000 + s FROM n;
		WITH RECURSIVE n(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i < $rows - 1)
		INSERT INTO readings (taken_us, session, epoch, seq, spo2, heart_rate, invalid, data_source, phase_type)
		SELECT 1767225600000000 + (1 + i / ($rows / $SESSIONS)) * 10000000000 + i % ($rows / $SESSIONS) * 900000,
			1 + i / ($rows / $SESSIONS), 1, 1 + i, 80 + i % 20, 60 + i % 50, 0, 1, 1 FROM n;
	SQL
	sync
	cat "$DB" >/dev/null
	pg_start >/dev/null || exit 1
	start sync-worker
	wait_ready sync-worker
	wait_until 'log_of sync-worker | grep -q " connected "'
	begun=$(date +%s%6N)
	start local-store
	wait_until '[ "$(sql "SELECT coalesce(sum(readings), 0) FROM sync_receipts")" -ge $((ROWS / 10)) ]' 300
	sql "SELECT round(extract(epoch FROM min(applied_at)) * 1000 - $begun / 1000), round(extract(epoch FROM
		min(applied_at) FILTER (WHERE readings > 0)) * 1000 - $begun / 1000) FROM sync_receipts" | tr '|' ' ' |
		sed 's/$/ '"$(awk '/VmHWM/ { print $2 / 1024 }' "/proc/${PIDS[local-store]}/status")/"
	stop_everything
	rm -rf "$T"
	PG_SCHEMA_DONE=
}
read -r first readings mb < <(one $ROWS)
read -r _ _ small < <(one $((ROWS / 10)))
awk -v n=$ROWS -v f="$first" -v r="$readings" -v m="$mb" -v s="$small" 'BEGIN {
	printf "start over %d unsynced readings, first bundle\t%d\tms\t2000\t%.2f\n", n, f, f / 2000
	printf "and the first with readings, after the state of 1000 sessions\t%d\tms\n", r
	printf "most memory of local-store meanwhile, beside a tenth as many\t%.0f\tMB\t%.0f\t%.2f\n", m, s, m / s }'
[ "$first" -le 2000 ]
