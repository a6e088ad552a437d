#!/bin/bash
# What is in Postgres long enough leaves the SQLite file for archive files; nobody misses it: verify
# says equal, a damaged file is named, and it comes back row by row as it was, once.
# Catches: a row removed that stands in no good file or is not in Postgres, a byte nobody looks at,
# late data that doubles what has left, figures counted of half a session.
. "$(dirname "$0")/lib.sh"

fresh
conf local-store bundle-seconds 0
conf local-store resend-seconds 1
pg_start || skip_all "no Postgres"
ANNE=8d1f4c5e-2f0b-5f6e-9d0f-3b0b6a0e7c11
S=1754000000 BIG=5200
FILES=$T/archive

ihht() { OUT=$("$BIN/ihht" "$@" </dev/null 2>&1); STATUS=$?; }
ends() { is "$STATUS" "$1" "$3: exit code" && like "$OUT" "$2" "$3" || diag "$OUT"; }
up() { local name; for name in "$@"; do start $name; wait_ready $name; done; }
again() { stop local-store; conf local-store "$@"; up local-store; }
n_lite() { lite 'SELECT count(*) FROM readings'; }
parts() { lite "SELECT group_concat(state || ' ' || n, ', ') FROM (SELECT state, count(*) AS n FROM archive GROUP BY state ORDER BY state)"; }
rows() { lite "SELECT s.id, taken_us, epoch, seq, device_us, spo2, heart_rate, perfusion_index, motion, signal_strength, battery,
	r.status, invalid, r.data_source, phase_type, cycle_number, r.altitude_level, rr FROM readings r JOIN session s ON s.no = r.session ${1:-} ORDER BY 1, 2, 3, 4"; }
figures() { lite "SELECT id, total_readings, avg_spo2, min_spo2, max_spo2, avg_heart_rate FROM session ORDER BY id"; }
is_equal() { "$BIN/ihht" verify >"$T/verify" 2>&1; }

# ---- six sessions of a person, one of them in two parts
sqlite3 "$T/app.db" <<SQL
CREATE TABLE sessions (id TEXT PRIMARY KEY, start_time INTEGER, end_time INTEGER, status TEXT, created_at INTEGER, updated_at INTEGER);
WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 6)
INSERT INTO sessions SELECT printf('IHHT_%d000_abc%03d', $S + i * 86400, i), ($S + i * 86400) * 1000,
	($S + i * 86400 + 20000) * 1000, 'completed', $S, $S FROM n;
CREATE TABLE readings (id INTEGER PRIMARY KEY, session_id TEXT, timestamp INTEGER, spo2 INTEGER,
	heart_rate INTEGER, signal_strength INTEGER, user_id TEXT, phase_type TEXT, fio2_level INTEGER);
WITH RECURSIVE n(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i < $BIG - 1)
INSERT INTO readings (session_id, timestamp, spo2, heart_rate, signal_strength, user_id, phase_type, fio2_level)
	SELECT s.id, s.start_time + 1000 * i, 80 + i % 19, 60 + i % 50, 5, '$ANNE', 'HYPOXIC', 6
	FROM sessions s, n WHERE i < CASE WHEN substr(s.id, -3) = '002' THEN $BIG ELSE 300 END;
SQL
up local-store sync-worker
ihht import app-database "$T/app.db"
ends 0 'sessions: 6' "six sessions"
ALL=$((BIG + 5 * 300))
wait_until 'is_equal && [ "$(lite "SELECT count(*) FROM session WHERE sync_status = '"'completed'"'")" = 6 ] && [ "$(lite "SELECT count(*) FROM stale")" = 0 ]' 60
ok $? "all of it is in Postgres" || diag "$(cat "$T/verify")"
rows >"$T/before"
figures >"$T/figures"
is "$(parts) $(n_lite)" " $ALL" "nothing leaves before its time"
big=$(lite "SELECT id FROM session WHERE local_session_id LIKE '%_abc002'")

# ---- time is up: all but the log's last row leaves
again keep-days 0
wait_until '[ "$(n_lite)" = 1 ] && [ "$(parts)" = "archived 7" ]' 60
ok $? "it leaves for seven files" || diag "$(parts) $(n_lite)"
is "$(find "$FILES" -type f | wc -l)" 7 "which are there"
is_equal
ok $? "verify: both stores hold the same" || diag "$(cat "$T/verify")"
like "$(cat "$T/verify")" '^6 sessions: 6 equal' "every one of them"
ihht status --json
is "$(jq -c '[.store.readings, .store.readings_archived, .store.archive_files]' <<<"$OUT")" "[1,$((ALL - 1)),7]" "status tells how much has left"
ihht archive list --json
is "$(jq -c '[length, ([.[].readings] | add), ([.[].state] | unique)]' <<<"$OUT")" "[7,$((ALL - 1)),[\"archived\"]]" "archive list"
ihht archive verify
ends 0 "^7 files, 0 of them bad; $((ALL - 1)) readings" "archive verify"
raw=$((ALL * 100)) packed=$(cat "$FILES"/*/* | wc -c)
[ $((packed * 10)) -lt $raw ]
ok $? "a reading takes less than a tenth of its row ($packed bytes for $ALL)"

# ---- a flipped byte anywhere is found, and named
again keep-days 30
victim=$(ls "$FILES"/*/"$big"-2.ihht)
cp "$victim" "$T/good"
size=$(stat -c %s "$victim")
for at in 3 40 $((16 + 64 + 20)) $((size / 2)) $((size - 1)); do
	cp "$T/good" "$victim"
	printf '%b' "\\x$(printf %02x $(($(od -An -tu1 -j $at -N 1 "$victim") ^ 4)))" | dd of="$victim" bs=1 seek=$at conv=notrunc status=none
	ihht archive verify --json
	is "$STATUS $(jq -rc '[.bad[].file]' <<<"$OUT")" "1 [\"${victim#"$FILES"/}\"]" "byte $at flipped" || diag "$OUT"
done
ihht archive restore "$big"
ends 1 'damaged' "nothing of a damaged file comes back"
is "$(lite "SELECT count(*) FROM readings WHERE session = (SELECT no FROM session WHERE id = '$big') AND taken_us BETWEEN
	(SELECT from_us + 1 FROM archive WHERE part = 2) AND (SELECT to_us - 1 FROM archive WHERE part = 2)")" 0 "not one row"
rm "$victim"
ihht archive verify
ends 1 'is gone' "a missing file is named as well"
cp "$T/good" "$victim"

# ---- back, row by row; once more adds nothing; and it stays
ihht archive restore "$big"
ends 0 'readings came back' "the session comes back"
rows "WHERE s.id = '$big'" >"$T/back"
check "as it was, row by row" cmp <(grep "^$big" "$T/before") "$T/back"
ihht archive restore "$big"
ends 0 "0 readings came back, $BIG were here" "again: nothing is added"
is_equal
ok $? "verify: equal" || diag "$(cat "$T/verify")"
ihht archive restore --all --json
is "$(jq -c '[.bad, .files]' <<<"$OUT")" "[[],7]" "all of it comes back"
rows >"$T/back"
check "as it was" cmp "$T/before" "$T/back"
is "$(figures)" "$(cat "$T/figures")" "and the sessions' figures"
is "$(lite "SELECT count(*) FROM readings r JOIN session s ON s.no = r.session AND r.id > s.synced_reading")" 0 "it counts as synced"
again keep-days 30
is "$(n_lite)" "$ALL" "and stays, as what was just synced does"

# ---- what comes late for a session that has left finds all of it
again keep-days 0
wait_until '[ "$(n_lite)" = 1 ]' 60
ok $? "it leaves again" || diag "$(parts) $(n_lite)"
again keep-days 30
sqlite3 "$T/app.db" "INSERT INTO readings (session_id, timestamp, spo2, heart_rate, user_id) SELECT id, start_time + 500, 71, 99, '$ANNE' FROM sessions WHERE id LIKE '%_abc002'"
ihht import app-database "$T/app.db"
ends 0 'added' "the same import once more, with one reading that is new"
wait_until 'is_equal && [ "$(sql "SELECT count(*) FROM readings")" = $((ALL + 1)) ]' 60
ok $? "only that one is new, in both stores" || diag "$(cat "$T/verify") $(sql 'SELECT count(*) FROM readings')"
wait_until '[ "$(lite "SELECT total_readings || '"' '"' || CAST(min_spo2 AS INTEGER) FROM session WHERE id = '"'$big'"'")" = "$((BIG + 1)) 71" ]' 60
ok $? "its session is counted as a whole" || diag "$(figures)"

# ---- an empty gateway, with the files alone
stop local-store
rm -f "$DB" "$DB-wal" "$DB-shm"
up local-store
ihht archive restore --all --json
is "$(jq -c '.bad' <<<"$OUT")" "[]" "a gateway that knows nothing takes them" || diag "$OUT"
rows >"$T/back"
is "$(comm -13 "$T/before" "$T/back" | wc -l) $(n_lite)" "0 $((ALL - 1))" "every row that is in them, as it was"
is_equal
like "$(cat "$T/verify")" '[45] equal' "verify names what came after they were written, and what never left" || diag "$(cat "$T/verify")"
stop local-store
stop sync-worker
done_testing
