#!/bin/bash
# A gateway that lost its disk gets a person's sessions back from Postgres, row by row as they
# were; cut off in the middle it goes on; nothing comes twice and nothing is sent back.
# Catches: a column or stamp that changes on the way, a row that is counted, stamped or synced
# anew, a session of somebody else, a page of readings that is skipped.
. "$(dirname "$0")/lib.sh"

fresh
conf local-store bundle-seconds 0
pg_start || skip_all "no Postgres"
ANNE=8d1f4c5e-2f0b-5f6e-9d0f-3b0b6a0e7c11
BERT=1b4e28ba-2fa1-5d1d-883f-b9a761bde3fb
S=1754000000 BIG=20000

ihht() { OUT=$("$BIN/ihht" "$@" </dev/null 2>&1); STATUS=$?; }
ends() { is "$STATUS" "$1" "$3: exit code" && like "$OUT" "$2" "$3" || diag "$OUT"; }
up() { local name; for name in "$@"; do start $name; wait_ready $name; done; }

# ---- 40 sessions out of the app's database, the newest two long; one of everything, played here
sqlite3 "$T/app.db" <<SQL
CREATE TABLE sessions (id TEXT PRIMARY KEY, start_time INTEGER, end_time INTEGER, status TEXT,
	created_at INTEGER, updated_at INTEGER, session_subtype TEXT, total_cycles INTEGER,
	starting_altitude_level INTEGER);
WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 40)
INSERT INTO sessions SELECT printf('IHHT_%d000_abc%03d', $S + i * 86400, i), ($S + i * 86400) * 1000,
	($S + i * 86400 + 30000) * 1000, 'completed', $S, $S, 'training', 3, 6 FROM n;
CREATE TABLE readings (id INTEGER PRIMARY KEY, session_id TEXT, timestamp INTEGER, spo2 INTEGER,
	heart_rate INTEGER, signal_strength INTEGER, user_id TEXT, phase_type TEXT, fio2_level INTEGER);
WITH RECURSIVE n(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i < $BIG - 1)
INSERT INTO readings (session_id, timestamp, spo2, heart_rate, signal_strength, user_id, phase_type, fio2_level)
	SELECT s.id, s.start_time + 1000 * i, 80 + i % 19, 60 + i % 50, 5, '$ANNE', 'HYPOXIC', 6
	FROM sessions s, n WHERE i < CASE WHEN substr(s.id, -3) IN ('039', '040') THEN $BIG ELSE 20 END;
SQL
up local-store sync-worker
ihht import app-database "$T/app.db"
ends 0 'sessions: 40' "40 sessions of a person"
ihht session start $BERT oxi-2 local_session_id=IHHT_1760000000000_bert start_us=2025-10-09T10:00:00Z end_us=2025-10-09T10:30:00Z
ends 0 'started' "and one of another"
ihht session start $ANNE oxi-1 total_cycles=5 session_subtype=training starting_altitude_level=6 local_session_id=IHHT_1760000000001_anne \
	start_us=2025-11-01T10:00:00Z
id=${OUT##* }
ihht session phase oxi-1 ALTITUDE cycle=1 altitude_level=6 at_us=2025-11-01T10:01:00Z
stop local-store
FROM=1761991200000000        # 10:00
sqlite3 "$DB" <<SQL
INSERT INTO gap (spool, pos, device_id, epoch, seq, from_us, to_us, lost, reason, session_id)
	VALUES (7, 9, 'oxi-1', 7, 4001, $FROM + 1, $FROM + 9000000, 3, 'link_lost', '$id');
WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 4000)
INSERT INTO readings (taken_us, session, epoch, seq, device_us, spo2, heart_rate, perfusion_index, motion,
	signal_strength, battery, status, invalid, data_source, phase_type, cycle_number, altitude_level, rr)
	SELECT $FROM + i / 7 * 1000000 + 17, (SELECT no FROM session WHERE id = '$id'), 7, i,
	CASE WHEN i % 3 THEN $FROM + i END, CASE WHEN i % 5 THEN 80 + i % 200 / 10.0 END,
	CASE WHEN i % 5 THEN 60 + i % 40 END, CASE WHEN i % 4 THEN i % 30 / 10.0 END, i % 7, i % 9, i % 101,
	CASE WHEN i % 2 THEN i % 65536 END, CASE WHEN i % 5 THEN 0 ELSE 4 END, 1, i % 4, i % 5 + 1, i % 12,
	CASE WHEN i % 3 = 0 THEN 812 + i % 50 * 65537 END FROM n;
SQL
up local-store
ihht survey pre $id clarity=4 energy=3 stress=2
ihht survey intra $id phase_number=1 clarity=3 energy=3 stress_perception=2 sensations=zen+tingling spo2_value=84.5
ihht event $id mask_lift altitude_phase_number=1 spo2_value=81 'additional_data={"breaths": 2}'
ihht session phase $id RECOVERY at_us=2025-11-01T10:10:00Z
ihht session stop $id at_us=2025-11-01T10:20:00Z
ihht survey post $id clarity=5 energy=4 stress=1 overall_rating=5 post_symptoms=light_headed 'notes_post=slept "well"'
ihht survey pre $id clarity=5 energy=3 stress=2
ihht progression $id 6 7 performance=GOOD score=81 reason=steady
ends 0 'recorded' "and one with everything"
ihht session start $ANNE oxi-1
ends 0 'started' "and one that runs"

# ---- what is compared: all columns but for row numbers and what tells of the sync itself; the
# figures of a session are `real` in Postgres; a spool is gone with its disk
columns() { lite "SELECT group_concat(CASE type WHEN 'REAL' THEN 'round(' || name || ', 3)' ELSE name END, ', ') FROM pragma_table_info('$1')
	WHERE name NOT IN ('no', 'synced_hlc', 'synced_reading', 'sync_status', 'sync_attempts', 'last_sync_us', 'spool', 'pos')"; }
# rows FILE [SESSIONS]: everything of Anne's sessions that are over, or of the newest so many
rows() {
	local table which="SELECT id FROM session WHERE user_id = '$ANNE' AND status <> 'active' ORDER BY start_us DESC LIMIT ${2:--1}"

	for table in session survey event phase_stats progression gap; do
		lite "SELECT '$table', $(columns $table) FROM $table WHERE $([ $table = session ] || echo session_)id IN ($which) ORDER BY 2, 3, 4, 5"
	done >"$1"
	lite "SELECT s.id, taken_us, epoch, seq, device_us, spo2, heart_rate, perfusion_index, motion, signal_strength,
		battery, r.status, invalid, r.data_source, phase_type, cycle_number, altitude_level, rr
		FROM readings r JOIN session s ON s.no = r.session WHERE s.id IN ($which) ORDER BY 1, 2, 3, 4" >>"$1"
}
cloud() { sql "SELECT (SELECT max(rev) FROM sync_heads), (SELECT count(*) FROM sync_receipts),
	(SELECT count(*) FROM record_history), (SELECT md5(string_agg(s::text, ',' ORDER BY id)) FROM sessions s),
	(SELECT count(*) FROM readings)"; }
unsynced() { lite "SELECT (SELECT count(*) FROM readings r JOIN session s ON s.no = r.session AND r.id > s.synced_reading),
	(SELECT count(*) FROM session WHERE synced_hlc < hlc), (SELECT count(*) FROM survey WHERE synced_hlc < hlc),
	(SELECT count(*) FROM event WHERE synced_hlc < hlc), (SELECT count(*) FROM phase_stats WHERE synced_hlc < hlc),
	(SELECT count(*) FROM progression WHERE synced_hlc < hlc), (SELECT count(*) FROM gap WHERE synced_hlc < 0)"; }
is_equal() { "$BIN/ihht" verify >"$T/verify" 2>&1; }
wipe() { rm -f "$DB" "$DB-wal" "$DB-shm"; }
n_lite() { lite 'SELECT count(*) FROM readings'; }

wait_until '[ "$(lite "SELECT count(*) FROM stale")" = 0 ] && [ "$(unsynced)" = "0|0|0|0|0|0|0" ] &&
	[ "$(sql "SELECT count(*) FROM readings")" = "$(n_lite)" ] && is_equal'
ok $? "all of it is in Postgres" || diag "$(unsynced) $(cat "$T/verify")"
stop local-store
rows "$T/before"
rows "$T/before30" 30
is "$(cut -d'|' -f1 "$T/before" | grep -v - | sort | uniq -c | xargs)" \
	"1 event 1 gap 2 phase_stats 1 progression 41 session 3 survey" "there is a row of every kind"
ALL=$(lite "SELECT count(*) FROM readings")
CLOUD=$(cloud)
wipe

# ---- wrong words, nobody's, nothing running
ihht restore
ends 2 'needs --user' "for whom"
ihht restore --user anne
ends 2 'must be a UUID' "a name is no id"
ihht restore --user $ANNE --sessions 0
ends 2 'must be 1 to' "no sessions"
ihht restore --user $ANNE --sessions 3 --all
ends 2 'not both' "three and all"
up local-store
ihht restore --user 00000000-0000-4000-8000-000000000009
ends 1 'has no session' "a person Postgres does not know"

# ---- an empty gateway
ihht restore --user $ANNE
ends 0 'sessions: 30$' "the last 30"
like "$OUT" 'left out: 1 that are not over' "the running one is told of"
rows "$T/after30"
check "the 30 newest are as they were, row by row" cmp "$T/before30" "$T/after30"
ihht restore --user $ANNE --all --json
is "$(jq -c '[.sessions, .not_restored]' <<<"$OUT")" '[41,[]]' "all of them" || diag "$OUT"
rows "$T/after"
check "all rows are as they were" cmp "$T/before" "$T/after" || diag "$(diff "$T/before" "$T/after" | head)"
is "$(n_lite)" "$ALL" "and there are no others"
is "$(lite "SELECT count(*) FROM session WHERE user_id <> '$ANNE'")" 0 "nothing of anybody else"
is "$(unsynced)" "0|0|0|0|0|0|0" "all of it counts as synced"
is "$(lite "SELECT group_concat(DISTINCT sync_status) FROM session")" completed "and its sessions as complete"
ihht restore --user $ANNE --all --json
is "$(jq -c '[.readings_added, .records_added, .readings_seen]' <<<"$OUT")" "[0,0,$ALL]" "once more: nothing is added"
for id_of in $(lite "SELECT id FROM session WHERE start_us > 1757000000000000"); do
	"$BIN/ihht" verify --session "$id_of" >"$T/verify" 2>&1 || break
done
is "$(tail -1 "$T/verify")" "1 session: 1 equal, 0 pending, 0 different" "verify: both stores hold the same" || diag "$(cat "$T/verify")"
is "$(cloud)" "$CLOUD" "Postgres has got nothing back"

# ---- what comes later is newer, and goes there
ihht survey post $id clarity=2 energy=4 stress=1
ends 0 changed "a survey is changed after all"
wait_until '[ "$(sql "SELECT clarity_post FROM session_surveys WHERE session_id = '"'$id'"'")" = 2 ]'
ok $? "and Postgres has the new one"
ihht restore --user $ANNE --sessions 1
is "$(lite "SELECT clarity FROM survey WHERE kind = 'post'")" 2 "restore leaves it"
is "$(lite "SELECT total_readings FROM session WHERE id = '$id'")" 4000 "the session's figures are those of before"
stop local-store

# ---- cut off: local-store dies and returns within a run; both die, and it is run again
wipe
up local-store
background restore "$BIN/ihht" restore --user $ANNE --all
wait_until '[ "$(n_lite)" -gt 5000 ]'
kill9 local-store
cut=$(n_lite)
[ "$cut" -lt "$ALL" ]
ok $? "local-store is killed in the middle ($cut of $ALL)"
up local-store
wait_end restore 60
is "$STATUS" 0 "the restore goes on by itself" || diag "$(log_of restore)"
rows "$T/again"
check "and brings everything, once" cmp <(grep -v '^survey' "$T/before") <(grep -v '^survey' "$T/again")
stop local-store
wipe
up local-store
background restore "$BIN/ihht" restore --user $ANNE --all
wait_until '[ "$(n_lite)" -gt 5000 ]'
kill9 restore
cut=$(n_lite)
[ "$cut" -lt "$ALL" ]
ok $? "ihht is killed in the middle ($cut of $ALL)"
kill9 local-store
up local-store
ihht restore --user $ANNE --all --json
is "$(jq '.readings_seen' <<<"$OUT")" "$(jq "$ALL - .readings_added" <<<"$OUT")" "run again: it brings what was missing"
is "$(n_lite)" "$ALL" "once each"
rows "$T/again"
check "row by row" cmp <(grep -v '^survey' "$T/before") <(grep -v '^survey' "$T/again")
is "$(unsynced)" "0|0|0|0|0|0|0" "synced, too"

# ---- a row that cannot be stored holds no other
stop local-store
wipe
up local-store
sql "UPDATE sessions SET current_phase = 'DANCING' WHERE id = '$id'"
ihht restore --user $ANNE --sessions 12 --json
is "$STATUS" 1 "a value nobody knows: exit 1"
is "$(jq -c '[.sessions, (.not_restored | length)]' <<<"$OUT")" '[11,1]' "only its session is left out"
like "$(jq -r '.not_restored[0].why' <<<"$OUT")" 'current_phase' "and it is said why"
stop local-store
ihht restore --user $ANNE
ends 111 'local-store does not answer' "nobody to take it: try again"
stop sync-worker
done_testing
