#!/bin/bash
# Rows and keys that do not fit: a level the cloud's CHECK does not know, an id that many sessions
# have, words nobody knew, and foreign keys of several columns.
. "$(dirname "$0")/migrate.sh"
old_database late postgres
U=$(person 1)
A=IHHT_1754042400000_abcdef
add_session 1 $A dev-a "$U" 0 '' active
add_session 2 $A dev-a "$U" 1 1200 completed 0
add_readings "$(sid 1)" 0 60

# the same literal id on one phone, for years
add_session 3 IHHT_TRAINING dev-a "$U" 86400 87000 completed
add_session 4 IHHT_TRAINING dev-a "$U" 172800 173400 completed

# two words of one moment, neither of them known; and one of them twice
as_owner <<SQL
ALTER TABLE session_adaptive_events DROP CONSTRAINT session_adaptive_events_event_type_check;
INSERT INTO session_adaptive_events (id, session_id, event_type, event_timestamp) VALUES
	('$(sid 11)', '$(sid 1)', 'sneeze', $(at 30)), ('$(sid 12)', '$(sid 1)', 'cough', $(at 30)),
	('$(sid 13)', '$(sid 2)', 'cough', $(at 30));
SQL

# a phone has a session of level 11, and another
sqlite3 "$T/vitaliti.db" <<SQL
CREATE TABLE sessions (id TEXT PRIMARY KEY, start_time INTEGER, end_time INTEGER, status TEXT, user_id TEXT,
	created_at INTEGER, updated_at INTEGER, current_altitude_level INTEGER);
INSERT INTO sessions VALUES ('$A', 1754042400000, 1754043600000, 'completed', '$U', 1754042400, 1754042400, 6),
	('IHHT_1754500000000_l11', 1754500000000, 1754500600000, 'completed', '$U', 1754500000, 1754500000, 11),
	('IHHT_1754600000000_l09', 1754600000000, 1754600600000, 'completed', '$U', 1754600000, 1754600000, 9);
CREATE TABLE readings (id INTEGER PRIMARY KEY, session_id TEXT, timestamp INTEGER, spo2 INTEGER, heart_rate INTEGER);
INSERT INTO readings VALUES (1, 'IHHT_1754500000000_l11', 1754500001000, 80, 70), (2, 'IHHT_1754600000000_l09', 1754600001000, 81, 70);
SQL

# ---- keys of several columns
sql "ALTER TABLE session_adaptive_events ADD UNIQUE (id, event_type);
	CREATE TABLE notes (id int PRIMARY KEY, kind text, event uuid, FOREIGN KEY (kind, event) REFERENCES
		session_adaptive_events (event_type, id));
	INSERT INTO notes SELECT row_number() OVER (), event_type, id FROM session_adaptive_events WHERE event_type = 'cough'"
sql "ALTER TABLE sessions ADD UNIQUE (device_id, id);
	CREATE TABLE visits (id int PRIMARY KEY, device text, session uuid, CONSTRAINT \"of a session\" FOREIGN KEY (device, session)
		REFERENCES sessions (device_id, id))"
plan --phone "$T/vitaliti.db"
is "$STATUS" 100 "a key of several columns to sessions: refused"
like "$OUT" 'ALTER TABLE public.visits DROP CONSTRAINT "of a session"' "with the cure"
sql "ALTER TABLE visits DROP CONSTRAINT \"of a session\""

BEFORE=$(dump_hash)
plan --phone "$T/vitaliti.db"
is "$STATUS" 0 "plan" || diag "$OUT"
migrate apply "$T/plan"
is "$STATUS" 1 "apply: something was refused" || diag "$OUT"
like "$OUT" 'refused: 2 sessions' "two sessions"
is "$(sql "SELECT string_agg(why, ';' ORDER BY why) FROM ihht_migration.entries WHERE state = 'refused'" |
	grep -c 'rows of another table point at copies.*current_altitude_level_check')" 1 "for the level, and for the note on a copy" ||
	diag "$(sql "SELECT why FROM ihht_migration.entries WHERE state = 'refused'")"
is "$(sql "SELECT count(*) FROM sessions WHERE current_altitude_level = 9")" 1 "the phone's other session is there"

# the cures, as said
sql "TRUNCATE notes; ALTER TABLE sessions DROP CONSTRAINT sessions_current_altitude_level_check"
migrate apply "$T/plan"
is "$STATUS" 0 "then nothing is" || diag "$OUT"
like "$OUT" 'index ihht_sessions_once on sessions .*: made' "sessions of one literal id do not keep the index away"
is "$(sql "SELECT count(*) FROM sessions WHERE local_session_id = 'IHHT_TRAINING'")" 2 "nor are they one"
is "$(sql "SELECT string_agg(event_type, ' ' ORDER BY event_type) FROM session_adaptive_events")" "cough sneeze" \
	"two unknown words are two events, one of them told twice"
is "$(sql "SELECT count(*) FROM sessions WHERE current_altitude_level = 11")" 1 "level 11 has arrived"
migrate verify "$T/plan"
is "$STATUS" 0 "verify" || diag "$OUT"
sql "ALTER TABLE sessions ADD CHECK (current_altitude_level BETWEEN 0 AND 11)"
migrate undo "$T/plan"
is "$STATUS" 0 "undo" || diag "$OUT"
sql "INSERT INTO notes SELECT row_number() OVER (), event_type, id FROM session_adaptive_events WHERE event_type = 'cough'"
is "$(dump_hash)" "$BEFORE" "every row is what it was"
done_testing
