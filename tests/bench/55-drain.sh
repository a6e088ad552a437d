#!/bin/bash
# The network is back: a million readings that Postgres lacks, of SESSIONS sessions (1000) that are over,
# while 1000 others run at 1 Hz; how fast the backlog is in Postgres, against a bare client that
# has nothing else to do.  And what a reading takes on disk, beside its size as it is.
. tests/flow/lib.sh
FINISHED=1
ROWS=${ROWS:-1000000}
SESSIONS=${SESSIONS:-1000}
START_US=1795403600000000
RAW=$((17 * 8))  # its fields, eight bytes each
fresh
pg_start >/dev/null || exit 1
sed -i '/fsync = off/d;/shared_buffers = 32MB/d' "$T/pg/data/postgresql.auto.conf"
pg_stop && pg_start >/dev/null || exit 1

bare() { "$TOOL/bare" "host=$RUN dbname=ihht user=ihht_sync" copy $SESSIONS $(((ROWS / SESSIONS + 499) / 500)) 500 | sed -n 's/.*readings_per_s=\([0-9]*\).*/\1/p'; }
empty() { sql "TRUNCATE readings, sessions, sync_receipts, sync_heads, record_history CASCADE; CHECKPOINT" postgres; }

# A store as days without a network leave it: at 1 Hz the readings of all sessions are mixed.
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
		$START_US, $START_US + 7200000000, 'IHHT', 'mock', 0, $ROWS / $SESSIONS, 1000 + s FROM n;
	WITH RECURSIVE n(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i < $ROWS - 1)
	INSERT INTO readings (taken_us, session, epoch, seq, spo2, heart_rate, invalid, data_source, phase_type,
		perfusion_index, motion, signal_strength, battery)
	SELECT $START_US + i / $SESSIONS * 1000000 + i % $SESSIONS * 997, 1 + i % $SESSIONS, $START_US,
		1 + i / $SESSIONS, 80 + i % 20, 60 + i % 50, 0, 1, 1, 2.5, i % 40, 80, 90 FROM n;
SQL
disk=$(sqlite3 "$DB" 'VACUUM; SELECT page_count * page_size FROM pragma_page_count, pragma_page_size')
bare_before=$(bare)
empty

start sync-worker
wait_ready sync-worker
wait_until 'log_of sync-worker | grep -q " connected "'
conf ble-ingest devices 1000
start local-store
wait_ready local-store
begun=$(date +%s.%N)
"$TOOL/starter" 1000 mock-%03d || exit 1
start ble-ingest
synced() { lite "SELECT value FROM settings WHERE name = 'synced_floor'"; }
wait_until '[ "$(synced)" -ge $ROWS ]' 300
ended=$(date +%s.%N)
live=$(($(lite 'SELECT count(*) FROM readings') - ROWS))
have=$(sql "SELECT count(*) FROM readings WHERE epoch = $START_US")
stop ble-ingest >&2
stop local-store >&2
stop sync-worker >&2
empty
bare_after=$(bare)
awk -v a="$begun" -v b="$ended" -v n="$ROWS" -v live="$live" -v have="$have" -v x="$bare_before" -v y="$bare_after" \
	-v disk="$disk" -v raw=$RAW 'BEGIN {
	bare = (x + y) / 2; s = b - a
	printf "# %.1f s, in which %d live readings were stored; bare %d before and %d after\n", s, live, x, y
	if (have != n) printf "# LOST: %d of %d\n", n - have, n
	printf "drain of a backlog of %d, %d live readings/s meanwhile\t%.0f\treadings/s\t%.0f\t%.2f\n", n, live / s, n / s, bare, n / s / bare
	printf "on disk in SQLite, raw size beside it\t%.1f\tbytes/reading\t%d\t%.2f\n", disk / n, raw, disk / n / raw }'
[ "$have" = "$ROWS" ]
