#!/bin/bash
# A phone's database goes into a gateway's store: each thing once, however often it was told.

. "$(dirname "$0")/lib.sh"

fresh
APP=$T/vitaliti.db
USER_ID=8d1f4c5e-2f0b-5f6e-9d0f-3b0b6a0e7c11
ID=IHHT_1754000000000_abc123          # 2025-07-31 22:13:20 UTC
S=1754000000 MS=1754000000000

import() { OUT=$("$BIN/ihht" import app-database "$@" --config "$CONF" </dev/null 2>&1); STATUS=$?; }
ends() { is "$STATUS" "$1" "$3: exit code" && like "$OUT" "$2" "$3" || diag "$OUT"; }

# milliseconds, seconds and ISO text in one row; one event five times; readings sent again and
# fed twice; the post survey under a session that is none
sqlite3 "$APP" <<SQL
CREATE TABLE sessions (id TEXT PRIMARY KEY, start_time INTEGER, end_time INTEGER, status TEXT,
	created_at INTEGER, updated_at INTEGER, session_subtype TEXT, total_cycles INTEGER,
	starting_altitude_level INTEGER);
INSERT INTO sessions VALUES ('$ID', $MS, $MS + 600000, 'completed', $S, $S + 600, 'training', 3, 6);
INSERT INTO sessions VALUES ('IHHT_1754090000000_zz', 1754090000000, NULL, 'active', 1754090000,
	1754090000, NULL, 3, 6);
INSERT INTO sessions VALUES ('IHHT_TRAINING', 1754190000000, 1754190600000, 'completed', 1754190000,
	1754190000, NULL, 3, 6);
CREATE TABLE readings (id INTEGER PRIMARY KEY AUTOINCREMENT, session_id TEXT, timestamp INTEGER,
	spo2 INTEGER, heart_rate INTEGER, signal_strength INTEGER, user_id TEXT, phase_type TEXT,
	fio2_level INTEGER, created_at INTEGER);
WITH RECURSIVE n(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i < 99)
INSERT INTO readings (session_id, timestamp, spo2, heart_rate, signal_strength, user_id, phase_type,
	fio2_level) SELECT '$ID', $MS + 1000 * i, 80 + i % 15, 70, 5, '$USER_ID', 'HYPOXIC', 16 FROM n;
INSERT INTO readings (session_id, timestamp, spo2, heart_rate, signal_strength)
	SELECT session_id, timestamp, spo2, heart_rate, signal_strength FROM readings WHERE id <= 50;
INSERT INTO readings (session_id, timestamp, spo2, heart_rate)
	SELECT session_id, timestamp + 7, spo2, heart_rate FROM readings WHERE id <= 20;
CREATE TABLE session_adaptive_events (id TEXT PRIMARY KEY, session_id TEXT, event_type TEXT,
	event_timestamp INTEGER, altitude_phase_number INTEGER, spo2_value INTEGER,
	additional_data TEXT, created_at INTEGER);
WITH RECURSIVE n(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i < 4)
INSERT INTO session_adaptive_events SELECT 'e' || i, '$ID', 'mask_lift', $MS + 60000 + 20 * i, 1, 82,
	CASE i WHEN 3 THEN '{"breaths":1}' END, $MS + 60000 FROM n;
CREATE TABLE session_phase_stats (id INTEGER PRIMARY KEY, session_id TEXT, phase_type TEXT,
	phase_number INTEGER, altitude_level INTEGER, start_time, end_time, avg_spo2 REAL, created_at INTEGER);
INSERT INTO session_phase_stats VALUES (1, '$ID', 'altitude', 1, 6, $MS, '2025-07-31T22:20:20.000Z', 86.5, $MS);
INSERT INTO session_phase_stats VALUES (2, '$ID', 'HYPOXIC', 1, 6, $MS, NULL, NULL, $MS);
CREATE TABLE session_surveys (id INTEGER PRIMARY KEY, session_id TEXT UNIQUE, clarity_pre INTEGER,
	clarity_post INTEGER, post_symptoms TEXT, created_at INTEGER, updated_at INTEGER);
INSERT INTO session_surveys VALUES (1, '$ID', 4, NULL, NULL, $S - 60, $S - 60);
INSERT INTO session_surveys VALUES (2, 'session_$((MS + 700000))', NULL, 5, '["light_headed"]', $S + 700, $S + 700);
CREATE TABLE intra_session_responses (id INTEGER PRIMARY KEY, session_id TEXT, phase_number INTEGER,
	clarity INTEGER, energy INTEGER, stress INTEGER, sensations TEXT, timestamp INTEGER, created_at INTEGER);
INSERT INTO intra_session_responses VALUES (1, '$ID', 1, 3, 3, 3, '["zen"]', $MS + 90000, $S + 90);
SQL

# ---- what needs no store
import "$T/none.db"
ends 1 "none.db" "no file"
echo "not a database" >"$T/text.db"
import "$T/text.db" --dry-run
ends 1 "text.db" "no database"
sqlite3 "$T/other.db" "CREATE TABLE sessions (a)"
import "$T/other.db" --dry-run
ends 1 "not a database of the app" "another database"
import "$APP" --user 1b4e28ba-2fa1-5d1d-883f-b9a761bde3fb --dry-run
ends 1 "its readings are of person $USER_ID" "another person"
import "$APP" --dry-run
ends 1 "would import 1 sessions, 100 readings, 5 surveys, events and phases" "a dry run, nothing running"
like "$OUT" "left: 1 row of sessions, only on a phone, under an id that does not tell it from others under IHHT_TRAINING" \
	"it says what is left, and why"

# ---- once, and again
start local-store
wait_ready local-store
import "$APP"
ends 1 "readings: 100 added, 0 known already" "all of it is taken but what the app never ended"
like "$OUT" "IHHT_1754090000000_zz: the app never ended it; --abandoned imports it" "which is told"
is "$(lite "SELECT status, start_us, end_us, user_id, session_subtype FROM session")" \
	"completed|${MS}000|$((MS + 600000))000|$USER_ID|training" "the session is over, at its own times"
is "$(lite "SELECT count(*), min(taken_us), max(taken_us), max(altitude_level IS NULL), min(phase_type) FROM readings")" \
	"100|${MS}000|$((MS + 99000))000|1|1" "each sample is one reading"
is "$(lite "SELECT count(*), max(additional_data) FROM event")" '1|{"breaths":1}' "five tellings are one event"
is "$(lite "SELECT count(*), min(start_us), min(end_us), min(avg_spo2), min(phase_type) FROM phase_stats")" \
	"1|${MS}000|$((MS + 420000))000|86.5|ALTITUDE" "times as numbers and as text, phases in both vocabularies"
is "$(lite "SELECT kind, clarity, post_symptoms, at_us FROM survey ORDER BY kind" | xargs)" \
	"intra|3||$((MS + 90000))000 post|5|[light_headed]|$((MS + 700000))000 pre|4||$((MS - 60000))000" \
	"the survey of no session is the one that had just ended" || diag "$(lite 'SELECT * FROM survey')"
import "$APP"
ends 1 "readings: 0 added, 100 known already" "the same file again adds nothing"
like "$OUT" "surveys, events, phases: 0 added, 5 known already" "of anything"
import "$APP" --abandoned --json
is "$(jq -r '.refused' <<<"$OUT")" 1 "without readings even --abandoned cannot say when it ended"
sqlite3 "$APP" "INSERT INTO readings (session_id, timestamp, spo2) VALUES ('IHHT_1754090000000_zz', 1754090005000, 90)"
import "$APP" --abandoned
ends 0 "sessions: 2, 1 of them known already" "with one it is abandoned then"
is "$(lite "SELECT status, end_us FROM session WHERE local_session_id = 'IHHT_1754090000000_zz'")" \
	"abandoned|1754090005001000" "after its last reading"
stop local-store

# ---- a made-up phone, told in every way at once
"$TOOL/damage" make 3 "$T" >/dev/null
start local-store
wait_ready local-store
import "$T/phone-1.db" --abandoned --json
n=$(jq -r '.readings_added' <<<"$OUT")
is "$n" "$(sqlite3 "$T/phone-1.db" "SELECT count(*) FROM (SELECT DISTINCT r.session_id, timestamp FROM readings r JOIN sessions s ON s.id = r.session_id AND length(s.id) <> 36)")" \
	"every reading of a phone's own sessions is there once" || diag "$OUT"
import "$T/phone-1.db" --abandoned --json
is "$(jq -r '[.readings_added, .readings_seen, .records_added] | @csv' <<<"$OUT")" "0,$n,0" "and again adds nothing" ||
	diag "$OUT"
stop local-store

done_testing
