#!/bin/bash
# apply is killed while Postgres makes an index for it; Postgres ends that all the same.  An undo
# knows of the index, or the duplicates it brings back would be refused for ever.
. "$(dirname "$0")/migrate.sh"
old_database early postgres
L=IHHT_1754042400000_abcdef
sql "INSERT INTO auth.users VALUES ('$(person 1)', 'a@example.org')"
add_session 1 $L dev-a "$(person 1)" 0 '' active
add_session 2 $L dev-a "$(person 1)" 1 600 completed
add_readings "$(sid 1)" 0 40
add_readings "$(sid 2)" 40 20
sql "CREATE TABLE app (done int)"
BEFORE=$(dump_hash)
plan

cat >"$T/app.sql" <<'SQL'
BEGIN;
LOCK TABLE sessions IN ROW EXCLUSIVE MODE;
SELECT pg_advisory_xact_lock(266);
DO $$ BEGIN
	WHILE NOT EXISTS (SELECT FROM app) LOOP
		PERFORM pg_sleep(0.01);
	END LOOP;
END $$;
COMMIT;
SQL
background app psql -Xq -v ON_ERROR_STOP=1 -h "$RUN" -U postgres ihht -f "$T/app.sql"
wait_until "[ \$(sql \"SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND objid = 266\") = 1 ]"
background migrate "$BIN/dedupe-auditor" migrate apply "$T/plan" --config "$CONF"
wait_until "[ \$(sql \"SELECT to_regclass('ihht_sessions_once') IS NOT NULL\") = t ]"
ok $? "apply waits for the app, so as to make an index" || diag "$(log_of migrate)"
kill9 migrate
sql "INSERT INTO app VALUES (1)"
wait_end app
wait_until "[ \$(sql \"SELECT indisvalid FROM pg_index WHERE indexrelid = to_regclass('ihht_sessions_once')\") = t ]"
ok $? "Postgres ends what it had begun"
sql "TRUNCATE app"

migrate undo "$T/plan"
is "$STATUS" 0 "undo" || diag "$OUT"
is "$(dump_hash)" "$BEFORE" "every row is what it was"
is "$(sql "SELECT count(*) FROM ihht_migration.guards"; sql "SELECT count(*) FROM pg_indexes WHERE indexname LIKE 'ihht%once'")" \
	"$(printf '0\n0')" "and the index is gone"
done_testing
