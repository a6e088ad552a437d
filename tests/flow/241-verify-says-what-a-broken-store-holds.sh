#!/bin/bash
# Both stores may hold anything, or be away: the answer is words that name what and where, and
# an exit code; never a crash, and never "equal".
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/two-stores.sh"
fresh
pg_start || skip_all "no Postgres"
two_stores 2 20
cp "$DB" "$T/keep.sqlite"
sql "CREATE TABLE keep AS TABLE readings"

verify() {
	OUT=$("$BIN/dedupe-auditor" verify --config "$CONF" "$@" 2>&1)
	STATUS=$?
}

# ---- words on the command line
while IFS='|' read -r args status words; do
	verify $args
	is "$STATUS" "$status" "verify $args: exit $status"
	like "$OUT" "$words" "and says why"
done <<-ROWS
	--nonsense|2|usage: ihht verify
	more|2|usage: ihht verify
	--session|2|usage: ihht verify
	--session IHHT_0_none|2|no session IHHT_0_none
	--session 99999999-0000-5000-8000-000000000001|2|no session 99999999
	--config /nowhere/ihht.conf|100|/nowhere/ihht.conf: No such file
ROWS
verify --help
is "$STATUS" 0 "verify --help: exit 0"
like "$OUT" "Exit codes" "and tells the exit codes"
conf dedupe-auditor interval 0
verify
is "$STATUS" 100 "an interval of 0 is a wrong setting"
like "$OUT" 'dedupe-auditor/interval: "0" is not a number from 1 to 86400' "and the limits are named"
conf dedupe-auditor interval

# ---- SQLite: what is done to it, the exit code, the words
while IFS='|' read -r change status words; do
	sqlite3 "$DB" "PRAGMA writable_schema = ON; $change" || diag "$change"
	verify
	is "$STATUS" "$status" "SQLite: $change: exit $status"
	like "$OUT" "$words" "and says what"
	rm -f "$DB"*
	cp "$T/keep.sqlite" "$DB"
done <<-ROWS
	DROP TABLE survey|111|store.sqlite: no such table: survey
	DROP TABLE readings|111|store.sqlite: no such table: readings
	ALTER TABLE readings DROP COLUMN motion|111|store.sqlite: no such column: r.motion
	UPDATE session SET id = 'me' WHERE no = 1|1|SQLite: session no 1: id is not a UUID
	UPDATE session SET user_id = NULL WHERE no = 1|1|SQLite: session no 1: user_id is not a UUID
	UPDATE readings SET session = 77 WHERE id = 3|1|SQLite: readings id 3: there is no session no 77
	UPDATE readings SET spo2 = 140 WHERE id = 3|1|SQLite: readings id 3: reading.spo2
	UPDATE readings SET spo2 = 9e999 WHERE id = 3|1|SQLite: readings id 3: reading.spo2
	UPDATE readings SET data_source = 99 WHERE id = 3|1|SQLite: readings id 3: reading.data_source
	UPDATE readings SET seq = -9223372036854775808 WHERE id = 3|1|SQLite: readings id 3: reading.seq
	CREATE TABLE r2 AS SELECT * FROM readings; DROP TABLE readings; ALTER TABLE r2 RENAME TO readings; UPDATE readings SET epoch = NULL WHERE id = 3|1|SQLite: readings id 3: epoch is NULL
	CREATE TABLE r2 AS SELECT * FROM readings; DROP TABLE readings; ALTER TABLE r2 RENAME TO readings; UPDATE readings SET spo2 = 'high' WHERE id = 3|1|SQLite: readings id 3: spo2 is not a number
	CREATE TABLE r2 AS SELECT * FROM readings; DROP TABLE readings; ALTER TABLE r2 RENAME TO readings; UPDATE readings SET battery = x'00' WHERE id = 3|1|SQLite: readings id 3: battery is not an integer
	CREATE TABLE r2 AS SELECT * FROM readings; DROP TABLE readings; ALTER TABLE r2 RENAME TO readings; INSERT INTO readings SELECT * FROM readings WHERE id = 3|1|SQLite: readings has the same reading twice
	UPDATE event SET hlc = NULL|1|SQLite: event .* without id, session or hlc
	UPDATE event SET session_id = 'x'|1|SQLite: event .* without id, session or hlc
ROWS
head -c 5000 /dev/urandom >"$DB"
verify
is "$STATUS" 111 "no SQLite file at all: exit 111"
like "$OUT" "store.sqlite: file is not a database" "and says so"
rm -f "$DB"*
verify
is "$STATUS" 111 "SQLite away: exit 111"
like "$OUT" "store.sqlite: unable to open" "and says so"
cp "$T/keep.sqlite" "$DB"

# ---- Postgres
sql "ALTER TABLE readings DROP CONSTRAINT readings_data_source_check"
while IFS='|' read -r change status words; do
	sql "$change" || diag "$change"
	verify
	is "$STATUS" "$status" "Postgres: $change: exit $status"
	like "$OUT" "$words" "and says what"
	sql "TRUNCATE readings; INSERT INTO readings SELECT * FROM keep"
done <<-ROWS
	UPDATE readings SET data_source = 'dream' WHERE seq = 3|1|Postgres: readings at 2026-01-01T00:00:02.* data_source holds a word we do not know
	UPDATE readings SET phase_type = 'altitude' WHERE seq = 3|1|phase_type holds a word we do not know
	UPDATE readings SET heart_rate = -1 WHERE seq = 3|1|Postgres: readings at .*: reading.heart_rate
	UPDATE readings SET heart_rate = 'infinity' WHERE seq = 3|1|Postgres: readings at .*: reading.heart_rate
	UPDATE readings SET device_time = 'infinity' WHERE seq = 3|1|device_time is infinite
	UPDATE readings SET device_time = '-infinity' WHERE seq = 3|1|in device_time
	UPDATE readings SET device_time = '290000-01-01' WHERE seq = 3|1|reading.device_us
	UPDATE readings SET seq = -5 WHERE seq = 3|1|reading.seq
	ALTER TABLE readings ALTER is_valid DROP NOT NULL; UPDATE readings SET is_valid = NULL WHERE seq = 3|1|is_valid is NULL
	ALTER TABLE sessions ALTER hlc DROP NOT NULL; UPDATE sessions SET hlc = NULL|1|Postgres: session without session, key or hlc
ROWS
sql "UPDATE sessions SET hlc = 1000 + right(id::text, 4)::int"
verify
is "$STATUS" 0 "mended: equal again"
sql "INSERT INTO sessions (user_id, id, local_session_id, gateway, device_id, status, start_time, data_source, hlc)
	SELECT '00000000-0000-4000-8000-000000000077', id, local_session_id, gateway, device_id, status, start_time,
	data_source, hlc FROM sessions WHERE id = '$(session_id 1)'"
verify
is "$STATUS" 1 "a session under two people: exit 1"
like "$OUT" "Postgres: sessions has it under another person" "and says so"
sql "DELETE FROM sessions WHERE user_id = '00000000-0000-4000-8000-000000000077'"
while IFS='|' read -r change undo words; do
	sql "$change"
	verify
	is "$STATUS" 111 "Postgres: $change: exit 111"
	like "$OUT" "$words" "and says what"
	sql "$undo"
done <<-ROWS
	ALTER TABLE readings RENAME motion TO m|ALTER TABLE readings RENAME m TO motion|reading readings: Postgres: 42703 .*motion
	ALTER TABLE progression RENAME TO p|ALTER TABLE p RENAME TO progression|reading records: Postgres: 42P01 .*progression
	ALTER TABLE sessions RENAME TO s|ALTER TABLE s RENAME TO sessions|reading sessions: Postgres: 42P01 .*sessions
	REVOKE SELECT ON readings FROM ihht_audit|GRANT SELECT ON readings TO ihht_audit|reading readings: Postgres: 42501
ROWS
pg_stop
verify
is "$STATUS" 111 "Postgres away: exit 111"
like "$OUT" "^verify: Postgres: " "and says so"
done_testing
