#!/bin/bash
# The app is changing two surveys while apply comes to fold them: apply waits, takes them as the
# app left them, and an undo puts back just that.  A reading that comes meanwhile, under an id that
# is being merged away, is moved with a trace of it.
. "$(dirname "$0")/migrate.sh"
old_database late postgres
L=IHHT_1754042400000_abcdef
add_session 1 $L dev-a "$(person 1)" 0 '' active
add_session 2 $L dev-a "$(person 1)" 1 600 completed
add_readings "$(sid 1)" 0 40
sql "INSERT INTO session_surveys (id, session_id, clarity_pre, updated_at) VALUES
	('$(sid 11)', '$(sid 1)', 2, $(at 10)), ('$(sid 12)', '$(sid 2)', 4, $(at 20))"
plan
# the backup and the triggers first: what waits below is to wait for the rows
migrate apply "$T/plan" --since 2099-01-01
is "$STATUS" 0 "made ready" || diag "$OUT"

cat >"$T/app.sql" <<SQL
BEGIN;
UPDATE session_surveys SET notes_post = 'told by the app ' || session_id, energy_post = 5, updated_at = now();
SELECT pg_advisory_xact_lock(265);
DO \$\$ BEGIN
	WHILE NOT EXISTS (SELECT FROM pg_locks WHERE NOT granted AND locktype IN ('transactionid', 'tuple')) LOOP
		PERFORM pg_sleep(0.01);
	END LOOP;
END \$\$;
-- no foreign key has it wait, and apply has copied the table already
INSERT INTO readings (session_id, "timestamp", spo2) VALUES ('$(sid 2)', $(at 50), 77);
COMMIT;
SQL
background app psql -Xq -v ON_ERROR_STOP=1 -h "$RUN" -U postgres ihht -f "$T/app.sql"
wait_until "[ \$(sql \"SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND objid = 265\") = 1 ]"
migrate apply "$T/plan"
is "$STATUS" 0 "apply, that had to wait" || diag "$OUT"
is "$(sql "SELECT session_id FROM readings WHERE spo2 = 77")" "$(sid 1)" "the reading that came meanwhile is with its session"
is "$(sql "SELECT count(*) FROM ihht_migration.was_readings WHERE spo2 = 77")" 1 "and in the archive as it came"
wait_end app
is "$STATUS" 0 "the app's change was stored" || diag "$(log_of app)"
is "$(sql "SELECT energy_post, left(notes_post, 15) FROM session_surveys")" "5|told by the app" "the one survey that stays has it"
is "$(sql "SELECT count(*) FROM ihht_migration.was_session_surveys WHERE notes_post LIKE 'told by the app%'")" 2 \
	"both are in the archive as the app left them"
migrate verify "$T/plan"
is "$STATUS" 0 "verify" || diag "$OUT"
migrate undo "$T/plan"
is "$STATUS" 0 "undo" || diag "$OUT"
is "$(sql "SELECT session_id FROM readings WHERE spo2 = 77")" "$(sid 2)" "the reading is where it came"
is "$(sql "SELECT clarity_pre, energy_post, notes_post FROM session_surveys ORDER BY id")" \
	"$(printf '2|5|told by the app %s\n4|5|told by the app %s' "$(sid 1)" "$(sid 2)")" "and both are back with what the app said"
done_testing
