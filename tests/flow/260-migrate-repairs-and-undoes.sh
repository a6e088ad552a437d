#!/bin/bash
# A summer database of the app, twins and all: planned, applied as its owner, verified, and undone
# to the byte.  Its own triggers, policies, cascades and unknown columns notice nothing.
. "$(dirname "$0")/migrate.sh"
old_database early

U=$(person 1)
sql "INSERT INTO auth.users VALUES ('$U', 'a@example.org')"
# the app created it twice: readings under the first, the end at the second
add_session 1 IHHT_1754042400000_abcdef dev-a "$U" 0 '' active
add_session 2 IHHT_1754042400000_abcdef dev-a "$U" 1 600 completed
add_readings "$(sid 1)" 0 400
add_readings "$(sid 2)" 400 200
# a batch sent again, and samples fed twice
sql "INSERT INTO readings (session_id, \"timestamp\", spo2, heart_rate, signal_strength) SELECT session_id,
	\"timestamp\", spo2, heart_rate, signal_strength FROM readings WHERE session_id = '$(sid 1)' ORDER BY id LIMIT 50"
sql "INSERT INTO readings (session_id, \"timestamp\", spo2, heart_rate) SELECT '$(sid 2)',
	\"timestamp\" + interval '20 ms', spo2, heart_rate FROM readings WHERE session_id = '$(sid 1)' ORDER BY id LIMIT 10"
# three rows of one local id, one of them after a reinstall; nobody's; and a lonely one
add_session 3 IHHT_1754050000000_zzzzzz dev-a "$U" 7600 8200 completed
add_session 4 IHHT_1754050000000_zzzzzz dev-b "$U" 7601 '' active
add_session 5 IHHT_1754050000000_zzzzzz dev-a '' 7602 8300 completed
add_readings "$(sid 4)" 7601 60
add_session 6 '' dev-c '' 20000 '' active
# the wrong figures the app wrote, what somebody noted by hand, and a table we never heard of
sql "UPDATE sessions SET avg_spo2 = 95, avg_heart_rate = 72, updated_at = created_at, \"therapist's Note\" =
	'tired; \"again\"' || E'\\n\\\\' WHERE id = '$(sid 1)'"
sql "INSERT INTO session_protocol_history (session, changed) VALUES ('$(sid 1)', '{\"level\": 7}')"
as_owner <<'SQL'
CREATE TABLE told (what text);
CREATE FUNCTION tell() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN INSERT INTO told VALUES (TG_OP); RETURN NULL; END $$;
CREATE TRIGGER tell AFTER INSERT OR UPDATE OR DELETE ON readings FOR EACH ROW EXECUTE FUNCTION tell();
CREATE TRIGGER "Tell always" AFTER UPDATE OR DELETE ON sessions FOR EACH ROW EXECUTE FUNCTION tell();
ALTER TABLE sessions ENABLE ALWAYS TRIGGER "Tell always";
CREATE TRIGGER asleep AFTER UPDATE ON sessions FOR EACH ROW EXECUTE FUNCTION tell();
ALTER TABLE sessions DISABLE TRIGGER asleep;
SQL
sql "CREATE TABLE copy_of_readings AS SELECT * FROM readings"
BEFORE=$(dump_hash)
TOUCHED=$(sql "SELECT updated_at FROM sessions WHERE id = '$(sid 1)'")

# ---- plan
plan
is "$STATUS" 0 "plan" || diag "$OUT"
like "$OUT" 'sessions +6 +3$' "it says how many sessions stay"
like "$OUT" 'readings +720 +660$' "and how many readings"
like "$OUT" 'left alone, .*: copy_of_readings$' "a copy somebody made is left alone, and named"
like "$OUT" 'triggers on sessions .*touch' "and which triggers will sleep"
like "$OUT" 'nobody.s: recorded without a login' "what no rule decides is listed with the reason"
is "$(dump_hash)" "$BEFORE" "nothing was changed"
is "$(sql "SELECT to_regnamespace('ihht_migration') IS NULL")" t "nor made"
FIRST=$(entries_of)
plan
is "$(entries_of)" "$FIRST" "the same rows give the same plan"
migrate plan --out "$T/plan"
is "$STATUS" 100 "a plan that is there is not overwritten"

# ---- apply
migrate apply "$T/plan"
is "$STATUS" 0 "apply" || diag "$OUT"
like "$OUT" 'backup: .*\.dump, 727 rows, .*restored and compared' "a backup, shown to be good"
is "$(sql "SELECT datname FROM pg_database WHERE datname LIKE 'ihht_backup%'")" "" "its scratch database is gone"
is "$(sql "SELECT string_agg(left(id::text, 8) || ' ' || status || ' ' || total_readings, ',' ORDER BY id) FROM sessions")" \
	"00000001 completed 600,00000004 completed 60,00000006 active 0" "one row a session, counted from its readings"
is "$(sql "SELECT count(*), count(DISTINCT \"timestamp\") FROM readings WHERE session_id = '$(sid 1)'")" "600|600" \
	"both halves, each sample once"
is "$(sql "SELECT avg_spo2 BETWEEN 89.9 AND 90.1, min_spo2, end_time - start_time FROM sessions WHERE id = '$(sid 1)'")" \
	"t|88|00:10:00" "figures and span are those of its rows"
is "$(sql "SELECT user_id FROM sessions WHERE id = '$(sid 4)'")" "$U" "the person one of the rows knew"
is "$(sql "SELECT session FROM session_protocol_history")" "$(sid 1)" "the table we never heard of still has its row"
is "$(sql "SELECT count(*) FROM told")" 0 "nobody's trigger was told"
is "$(sql "SELECT string_agg(tgname || tgenabled::text, ' ' ORDER BY tgname) FROM pg_trigger WHERE tgrelid = 'sessions'::regclass AND NOT tgisinternal")" \
	"Tell alwaysA asleepD touchO" "triggers are on and off as before"
is "$(sql "SELECT updated_at FROM sessions WHERE id = '$(sid 1)'")" "$TOUCHED" "updated_at is untouched"
is "$(sql "SELECT string_agg(left(old_id, 8), ' ' ORDER BY old_id) FROM ihht_migration.aliases WHERE old_id LIKE '%-4000-%'")" \
	"00000002 00000003 00000005" "old ids are aliases"
is "$(sql "SELECT ihht_op, ihht_rule, count(*) FROM ihht_migration.was_readings GROUP BY 1, 2 ORDER BY 1, 2" | tr '\n' ' ')" \
	"changed|same-local-id|200 merged|sent-again|60 " "every row that was touched is archived, with its rule"
migrate verify "$T/plan"
is "$STATUS" 0 "verify" || diag "$OUT"
like "$OUT" 'ok +readings: 720 rows, digest as before' "no reading is lost"
like "$OUT" 'a new plan would change nothing' "no rule has anything left to do"
migrate apply "$T/plan"
like "$OUT" 'applied: 0 sessions, 0 rows; 2 sessions were done before' "a second apply does nothing"

# ---- what verify is for: a row gone, a value changed, a twin back
while IFS='|' read -r harm says heal; do
	sql "CREATE TABLE kept AS SELECT * FROM readings WHERE id IN (1, 60, 500); CREATE TABLE kept_s AS SELECT * FROM sessions"
	sql "SET session_replication_role = replica; $harm"
	migrate verify "$T/plan"
	[ "$STATUS" = 1 ] && like "$OUT" "WRONG $says" "$harm: found" || { ok 1 "$harm: found"; diag "$OUT"; }
	sql "SET session_replication_role = replica; DELETE FROM readings WHERE id IN (1, 60, 500); DELETE FROM sessions;
		INSERT INTO readings SELECT * FROM kept; INSERT INTO sessions SELECT * FROM kept_s; DROP TABLE kept, kept_s"
done <<-'ROWS'
	DELETE FROM readings WHERE id = 500|readings: 1 of 720 rows are lost
	UPDATE readings SET spo2 = 60 WHERE id = 60|readings: 720 rows, digest is NOT what it was
	UPDATE readings SET session_id = '00000006-0000-4000-8000-000000000000' WHERE id = 1|readings: 2 of 60 folded ones
	UPDATE readings SET session_id = '00000009-0000-4000-8000-000000000000' WHERE id = 60|a new plan would still change 1 sessions
	UPDATE sessions SET total_readings = 1 WHERE total_readings = 600|a new plan would still change 1 sessions
ROWS
migrate verify "$T/plan"
is "$STATUS" 0 "and healed again" || diag "$OUT"

# ---- the old app goes on writing
sql "INSERT INTO readings (session_id, \"timestamp\", spo2) VALUES ('$(sid 2)', $(at 601), 91)"
is "$(sql "SELECT session_id FROM readings WHERE spo2 = 91 AND \"timestamp\" = $(at 601)")" "$(sid 1)" \
	"under an old id: it goes to the session that stays"
is "$(sql "WITH i AS (INSERT INTO readings (session_id, \"timestamp\", spo2, heart_rate) VALUES
	('$(sid 1)', $(at 3), 91, 73), ('$(sid 1)', $(at 602), 91, 73) RETURNING 1) SELECT count(*) FROM i")" 1 \
	"a batch sent again: what is there is left out, the rest is kept"
check "a third row of a local id is refused" bash -c \
	"! PGOPTIONS= psql -XAtqh '$RUN' -U postgres ihht -c \"INSERT INTO sessions (device_id, local_session_id, start_time) SELECT device_id, local_session_id, start_time FROM sessions WHERE id = '$(sid 1)'\" 2>/dev/null"
sql "DELETE FROM readings WHERE \"timestamp\" >= $(at 601) AND session_id = '$(sid 1)'; TRUNCATE told"

# ---- undo
migrate undo "$T/plan"
is "$STATUS" 0 "undo" || diag "$OUT"
is "$(dump_hash)" "$BEFORE" "every row is what it was, to the byte"
is "$(sql "SELECT count(*) FROM ihht_migration.guards")" 0 "indexes and triggers are gone"
is "$(sql "SELECT count(*) FROM pg_indexes WHERE indexname LIKE 'ihht%' AND schemaname = 'public'")" 0 "also in truth"
migrate verify "$T/plan"
like "$STATUS $OUT" '2 sessions of this plan are not applied' "verify: nothing lost by it either" || diag "$OUT"
is "$STATUS" 0 "which is well"
migrate undo "$T/plan"
like "$OUT" 'undone: 0 sessions' "a second undo does nothing"
plan
is "$(entries_of)" "$FIRST" "and the plan is the same again"
migrate apply "$T/plan"
is "$STATUS" 0 "which can be applied again"
done_testing
