#!/bin/bash
# Every way in which a row of Postgres can differ from SQLite's is seen, and named where it is.
# Catches: a column that is not compared, a range that is wrong, an absent value taken for 0.
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/two-stores.sh"
fresh
pg_start || skip_all "no Postgres"
two_stores 3 200
sql "CREATE TABLE keep AS TABLE readings"
S=$(session_id 2)

# verify [ARGS]: sets OUT and STATUS
verify() {
	OUT=$("$BIN/dedupe-auditor" verify --config "$CONF" "$@" 2>&1)
	STATUS=$?
}

mend() {
	sql "TRUNCATE readings; INSERT INTO readings SELECT * FROM keep"
}

verify
is "$STATUS" 0 "the same rows: exit 0"
is "$(tail -1 <<<"$OUT")" "3 sessions: 3 equal, 0 pending, 0 different" "and said so"

# column, another value, a row where it is absent in SQLite ("" where it never is)
while IFS='|' read -r column value absent; do
	sql "UPDATE readings SET $column = $value WHERE session_id = '$S' AND seq = 42"
	verify
	is "$STATUS" 1 "$column changed: exit 1"
	like "$OUT" "changed +1 reading, 2026-01-01T00:00:41\.000001Z to .*, in $column\$" "$column is named"
	if [ -n "$absent" ]; then
		mend
		sql "UPDATE readings SET $column = ${value/*/0} WHERE (session_id, seq) IN (
			SELECT session_id, seq FROM keep WHERE session_id = '$S' AND $column IS NULL LIMIT 1)"
		[ "$column" = device_time ] && sql "UPDATE readings r SET device_time = 'epoch' FROM keep k
			WHERE (r.session_id, r.seq) = (k.session_id, k.seq) AND k.device_time IS NULL AND r.seq = 3"
		verify
		like "$OUT" "changed +1 reading, .*, in $column\$" "$column: 0 is not absent"
	fi
	mend
done <<-ROWS
	spo2|12|absent
	heart_rate|12|absent
	perfusion_index|12|absent
	motion|12|
	signal_strength|12|
	battery|7|
	status|12|absent
	cycle_number|12|
	fio2_level|0|
	rr|12|
	is_valid|NOT is_valid|
	invalid|'no_finger'|
	data_source|'manual'|
	phase_type|'WARMUP'|
	user_id|'00000000-0000-4000-8000-000000000002'|
	device_time|'2026-01-01Z'|
ROWS

sql "DELETE FROM readings WHERE session_id = '$S' AND (seq BETWEEN 5 AND 9 OR seq = 200)"
verify
is "$STATUS" 1 "rows deleted: exit 1"
like "$OUT" 'missing +5 readings, 2026-01-01T00:00:04\.000001Z to 2026-01-01T00:00:08\.000001Z$' "the range is named"
like "$OUT" 'missing +1 reading, 2026-01-01T00:03:19\.000001Z to 2026-01-01T00:03:19\.000001Z$' "and the other one"
is "$(tail -1 <<<"$OUT")" "3 sessions: 2 equal, 0 pending, 1 different" "the others are equal"
verify --session "$(session_id 1)"
is "$STATUS" 0 "a session that is equal, asked for alone: exit 0"
verify --session IHHT_2_abc --json
is "$STATUS" 1 "one that is not, by its local id"
like "$OUT" '"missing":6,' "and as JSON"
mend

# without the key that forbids it
key=$(sql "SELECT conname FROM pg_constraint WHERE conrelid = 'readings'::regclass AND contype = 'p'")
sql "ALTER TABLE readings DROP CONSTRAINT $key"
sql "INSERT INTO readings SELECT * FROM keep WHERE session_id = '$S' AND seq = 17"
verify
is "$STATUS" 1 "a row doubled: exit 1"
like "$OUT" 'doubled +1 reading, 2026-01-01T00:00:16\.000001Z' "and named"
mend
sql "ALTER TABLE readings ADD CONSTRAINT $key PRIMARY KEY (user_id, session_id, timestamp, epoch, seq)"

sql "INSERT INTO readings (user_id, session_id, timestamp, epoch, seq, is_valid, data_source)
	SELECT user_id, session_id, timestamp, 8, seq, true, 'mock' FROM keep WHERE session_id = '$S' AND seq = 3"
verify
like "$OUT" 'extra +1 reading, 2026-01-01T00:00:02\.000001Z' "a row too many is extra"
mend

sql "INSERT INTO sessions (user_id, id, local_session_id, gateway, device_id, status, start_time, data_source, hlc)
	SELECT user_id, '11111111-0000-5000-8000-000000000001', 'x', 'test', 'd', 'completed', start_time, 'mock', 5
	FROM sessions LIMIT 1"
verify
like "$OUT" 'extra +session' "a session too many is extra"
sql "UPDATE sessions SET gateway = 'another' WHERE local_session_id = 'x'"
verify
is "$STATUS" 0 "another gateway's session is not our concern"
sql "DELETE FROM sessions WHERE local_session_id = 'x'"

# ---- records
while IFS='|' read -r table key hlc; do
	if [ -n "$hlc" ]; then
		sql "UPDATE $table SET $hlc = $hlc - 1 WHERE session_id = '$S'"
		verify
		like "$OUT" "changed +$key\$" "an older $key is named"
		sql "UPDATE $table SET $hlc = $hlc + 1 WHERE session_id = '$S'"
	fi
	sql "DELETE FROM $table WHERE session_id = '$S'"
	verify
	is "$STATUS" 1 "no $table: exit 1"
	like "$OUT" "missing +$key\$" "a missing $key is named"
done <<-ROWS
	session_surveys|survey pre|pre_hlc
	intra_session_responses|survey intra 2|hlc
	session_adaptive_events|event 00000000-0000-5000-9000-000000000002|hlc
	session_phase_stats|phase_stats ALTITUDE 1|hlc
	progression|progression|hlc
	gaps|gap dev-2 7 100000|
ROWS
sql "DELETE FROM sessions WHERE id = '$S'"
verify
like "$OUT" "missing +session\$" "a missing session is named"
to_postgres
verify
is "$STATUS" 0 "all is back: exit 0"
sql "UPDATE session_surveys SET post_hlc = 0 WHERE session_id = '$S'"
verify
like "$OUT" "missing +survey post\$" "one survey of two is missing"
to_postgres
sql "UPDATE session_surveys SET post_hlc = 20 WHERE session_id = '$S'"

# ---- on its way is no difference
sqlite3 "$DB" "UPDATE session SET synced_reading = 300; UPDATE survey SET synced_hlc = -1"
sql "DELETE FROM readings WHERE seq > 150; DELETE FROM session_surveys"
verify
is "$STATUS" 0 "rows without receipt are pending: exit 0"
is "$(tail -1 <<<"$OUT")" "3 sessions: 0 equal, 3 pending, 0 different" "and said so"
like "$OUT" "200 +150 +pending 50" "with how many"
sql "DELETE FROM readings WHERE seq > 99"
verify
is "$STATUS" 1 "with a receipt they are missing"
like "$OUT" "missing +1 reading, 2026-01-01T00:01:39" "from the first to the last that has one"
done_testing
