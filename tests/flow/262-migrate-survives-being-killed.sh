#!/bin/bash
# apply and undo, killed again and again wherever they happen to be: each simply runs again, and
# what comes out is what comes out of a run in one piece.
. "$(dirname "$0")/migrate.sh"
old_database early
sql "DROP INDEX readings_session_id_timestamp_idx" # apply and undo make one for themselves

N=200 # real sessions, each of them twice
make_rows() {
	as_owner <<-SQL
		TRUNCATE sessions, readings, session_protocol_history RESTART IDENTITY CASCADE;
		INSERT INTO sessions (id, device_id, local_session_id, start_time, end_time, status, created_at, updated_at)
		SELECT ('00000000-0000-4000-8000-' || lpad(i::text, 12, '0'))::uuid, 'dev',
			'IHHT_' || (1754042400000 + (i / 2) * 3600000::bigint) || '_abcdef', $(at 0) + (i / 2) * interval '1 h',
			CASE WHEN i % 2 = 0 THEN $(at 600) + (i / 2) * interval '1 h' END,
			CASE WHEN i % 2 = 0 THEN 'completed' ELSE 'active' END, $(at 0), $(at 0)
		FROM generate_series(0, $N * 2 - 1) i;
		INSERT INTO readings (session_id, "timestamp", spo2, heart_rate, signal_strength, created_at)
		SELECT s.id, s.start_time + (j + 5 * (right(s.id::text, 1)::int % 2)) * interval '1 s', 90 + j % 5, 70, 100, $(at 0)
		FROM sessions s, generate_series(1, 10) j ORDER BY s.id, j;
	SQL
}
count() { sql "SELECT count(*) FROM ihht_migration.entries WHERE state = '$1'" 2>/dev/null || echo 0; }

# until_done STATE VERB: kills it after some more sessions, until it ends by itself
until_done() {
	local had want kills=0

	while :; do
		had=$(count "$1")
		want=$((had + 1 + RANDOM % 60))
		background migrate "$BIN/dedupe-auditor" migrate "$2" "$T/plan" --config "$CONF"
		wait_until "! is_alive ${PIDS[migrate]} || [ \$(count $1) -ge $want ]" 60
		is_alive "${PIDS[migrate]}" || break
		kill9 migrate
		kills=$((kills + 1))
	done
	wait_end migrate 60
	KILLS=$kills
}

make_rows
BEFORE=$(dump_hash)
plan
is "$STATUS" 0 "plan" || diag "$OUT"
OUT=$(cd "$T" && script -qec "'$BIN/dedupe-auditor' migrate apply '$T/plan' --config '$CONF'" /dev/null </dev/null 2>&1)
is "$?" 0 "apply in one piece" || diag "$OUT"
like "$(tr '\r' '\n' <<<"$OUT")" '^.\[Kapply \[#* *\] [0-9]+ of 200 sessions' "on a terminal it shows how far it has come"
like "$(tr -d '\r' <<<"$OUT")" 'of 200 sessions.*.\[Kapplied: 200 sessions, 2400 rows$' "and is gone before anything else is said" || diag "$OUT"
AFTER=$(dump_hash)
ROWS=$(sql "SELECT count(*), sum(rows) FROM ihht_migration.entries")
[ "$BEFORE" != "$AFTER" ]
ok $? "it changes something"
like "$OUT" 'index on readings .session_id.: made until' "an index helps it"
link_indexes() { sql "SELECT count(*) FROM pg_indexes WHERE indexname LIKE 'ihht\_migration\_%'"; }
is "$(link_indexes)" 0 "and is gone"

sql "DROP SCHEMA ihht_migration CASCADE; DROP INDEX ihht_sessions_once, ihht_readings_once"
make_rows
is "$(dump_hash)" "$BEFORE" "the same rows once more"
plan

# killed in the midst of the backup's own check
background migrate "$BIN/dedupe-auditor" migrate apply "$T/plan" --config "$CONF"
wait_until "[ -n \"\$(sql \"SELECT datname FROM pg_database WHERE datname LIKE 'ihht_backup%'\")\" ] || ! is_alive ${PIDS[migrate]}"
kill9 migrate
until_done applied apply
is "$STATUS" 0 "apply, killed $KILLS times, ends" || diag "$(log_of migrate)"
is "$(sql "SELECT count(*) FROM pg_database WHERE datname LIKE 'ihht_backup%'")" 0 "nothing of the backup's check is left"
is "$(link_indexes)" 0 "no index of a killed run is left"
is "$(dump_hash)" "$AFTER" "the rows are those of the run in one piece"
is "$(sql "SELECT count(*), sum(rows) FROM ihht_migration.entries")" "$ROWS" "and no row was touched twice"
migrate verify "$T/plan"
is "$STATUS" 0 "verify" || diag "$OUT"

unlike "$(log_of migrate)" ' of 200 sessions' "in a file there is no bar"
until_done undone undo
is "$STATUS" 0 "undo, killed $KILLS times, ends" || diag "$(log_of migrate)"
is "$(link_indexes)" 0 "again no index is left"
is "$(dump_hash)" "$BEFORE" "every row is what it was, to the byte"
done_testing
