#!/bin/bash
# `ihht schema` brings any Postgres up to date once, whoever else does it at the same time, and
# what it makes lets nobody do more than he must.
. "$(dirname "$0")/lib.sh"
fresh
PG_SCHEMA_DONE=1
pg_start || skip_all "no Postgres"

schema() {
	OUT=$("$BIN/ihht" --config "$CONF" schema "$@" 2>&1)
	STATUS=$?
}
again() {
	PGOPTIONS='-c client_min_messages=warning' psql -XAtqh "$RUN" -U postgres postgres \
		-c 'DROP DATABASE IF EXISTS ihht WITH (FORCE)' -c 'CREATE DATABASE ihht OWNER ihht_owner'
}
N=$(ls "$ROOT"/deploy/postgres/[0-9]*.sql | wc -l)

# ---- once
schema status
is "$STATUS" 1 "status of an empty database: exit 1"
is "$(grep -c pending <<<"$OUT")" "$N" "every migration is pending"
schema apply
is "$STATUS" 0 "apply"
is "$(grep -c 'schema: applied' <<<"$OUT")" "$N" "each migration is told"
schema apply
is "$STATUS $(grep -c 'schema: applied' <<<"$OUT")" "0 0" "a second time does nothing"
schema status
is "$STATUS $(grep -c 'schema: applied' <<<"$OUT")" "0 $N" "status: all applied, exit 0"

again
for i in 1 2 3 4; do "$BIN/ihht" --config "$CONF" schema apply >"$T/apply.$i" 2>&1 & wait_for[i]=$!; done
bad=0
for i in 1 2 3 4; do wait "${wait_for[i]}" || { bad=1; diag "$(cat "$T/apply.$i")"; }; done
is "$bad" 0 "four at once: none fails"
is "$(cat "$T"/apply.* | grep -c 'schema: applied')" "$N" "each migration is applied by one of them"

# ---- refusals
mkdir "$T/sql"
cp "$ROOT"/deploy/postgres/*.sql "$T/sql"
echo "-- a word more" >>"$T/sql/003_sessions.sql"
schema apply "$T/sql"
is "$STATUS" 1 "a file that has changed since: exit 1"
like "$OUT" '003_sessions.sql: the file has changed since it was applied' "it is named"
schema status "$T/sql"
like "$OUT" 'CHANGED 003_sessions.sql' "status names it too"
cp "$ROOT/deploy/postgres/003_sessions.sql" "$T/sql"
printf 'CREATE TABLE extra (user_id uuid PRIMARY KEY);\nSELECT 1/0;\n' >"$T/sql/900_fails.sql"
schema apply "$T/sql"
is "$STATUS" 1 "a migration that fails: exit 1"
like "$OUT" '900_fails.sql: Postgres: 22012' "named, with Postgres' words"
is "$(sql "SELECT to_regclass('extra') IS NULL")" t "nothing of it stays"
cp "$T/sql/900_fails.sql" "$T/sql/900_other.sql"
schema apply "$T/sql"
is "$STATUS" 100 "two files of one number: exit 100"
schema apply /nowhere
is "$STATUS" 100 "no folder: exit 100"
schema grow
is "$STATUS" 100 "an unknown word: exit 100"
schema lint
is "$STATUS" 0 "our own files keep the rules of distributed engines" || diag "$OUT"
schema lint "$T/sql" # two of one number
is "$STATUS" 100 "lint reads the same folder"
rm "$T/sql/900_other.sql"
schema lint "$T/sql"
is "$STATUS" 1 "a table without row-level security: exit 1"
like "$OUT" '900_fails.sql:1: row-level-security' "with file and line"

again
sql "CREATE TABLE sessions (id uuid PRIMARY KEY, device_id text)"
sql "INSERT INTO sessions VALUES ('00000000-0000-4000-8000-000000000001', 'old')"
schema apply
is "$STATUS" 1 "the app's old sessions table is there: exit 1"
like "$OUT" 'table public.sessions is there already.*nothing was changed.*ihht migrate' "said, with the cure"
is "$(sql "SELECT device_id FROM sessions")" old "and not touched"

conf postgres url "host=$T/nowhere dbname=ihht"
schema apply
is "$STATUS" 111 "no Postgres: exit 111"
conf postgres url

# ---- rights
again
schema apply
is "$STATUS" 0 "apply"
A=00000000-0000-4000-8000-00000000000a B=00000000-0000-4000-8000-00000000000b
sql "INSERT INTO sessions (user_id, id, local_session_id, gateway, device_id, status, start_time, data_source, hlc)
	SELECT u, u, 'l', 'g', 'd', 'active', now(), 'mock', 1 FROM unnest('{$A,$B}'::uuid[]) u"
sql "SELECT ihht.readings_month('2026-11-23')"
sql "INSERT INTO readings (user_id, session_id, timestamp, epoch, seq, is_valid, data_source)
	SELECT u, u, '2026-11-23', 1, 1, true, 'mock' FROM unnest('{$A,$B}'::uuid[]) u"
as() { sql "BEGIN; SET LOCAL ROLE $1; SET LOCAL request.jwt.claims = '$2'; $3" 2>&1; }

is "$(sql "SELECT count(*) FROM pg_class c WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'p') AND NOT relrowsecurity")" \
	0 "every table has row-level security"
is "$(sql "SELECT count(*) FROM pg_roles WHERE rolname ~ '^ihht_' AND (rolbypassrls OR rolsuper)")" 0 "no role of ours is above it"
for table in sessions readings; do
	is "$(as authenticated "{\"sub\": \"$A\"}" "SELECT user_id FROM $table")" "$A" "a person sees the own $table"
	is "$(as authenticated '{}' "SELECT count(*) FROM $table")" 0 "without a token: none"
	like "$(as anon '{}' "SELECT * FROM $table")" 'permission denied' "anon may not even ask for $table"
	is "$(as ihht_api "{\"sub\": \"$B\"}" "SELECT user_id FROM $table")" "$B" "http-api sees $table as the caller"
	is "$(as ihht_api '{"role": "service_role"}' "SELECT count(*) FROM $table")" 2 "and all for the operator's token"
	for role in authenticated ihht_api; do
		is "$(as $role "{\"sub\": \"$B\", \"app_metadata\": {\"role\": \"admin\"}}" "SELECT count(*) FROM $table")" 2 "all $table for an admin as $role"
		is "$(as $role "{\"sub\": \"$B\", \"user_metadata\": {\"role\": \"admin\"}, \"app_metadata\": {\"role\": \"person\", \"people\": [\"$A\"]}}" "SELECT user_id FROM $table")" "$B" \
			"the own $table for who only says so, as $role"
		is "$(as $role "{\"sub\": \"00000000-0000-4000-8000-00000000000c\", \"app_metadata\": {\"role\": \"coach\", \"people\": [\"$A\"]}}" "SELECT user_id FROM $table")" "$A" \
			"of $table a coach sees their people's, as $role"
	done
	is "$(as ihht_audit '{}' "SELECT count(*) FROM $table")" 2 "the auditor sees all $table"
	for role in authenticated ihht_api ihht_audit ihht_sync; do
		like "$(as $role "{\"sub\": \"$A\"}" "DELETE FROM $table")" 'permission denied' "$role deletes no $table"
	done
	for role in authenticated ihht_api ihht_audit; do
		like "$(as $role "{\"sub\": \"$A\"}" "UPDATE $table SET data_source = 'manual'")" 'permission denied' "$role changes no $table"
	done
done
like "$(as ihht_sync '{}' "UPDATE readings SET spo2 = 99")" 'permission denied' "sync-worker changes no reading"
for role in anon authenticated ihht_api ihht_audit ihht_sync; do
	like "$(as $role "{\"sub\": \"$A\"}" "SELECT * FROM ihht.readings_2026_11")" 'permission denied' "$role reads no partition past the policies"
done
is "$(sql "SELECT level FROM altitude_levels ORDER BY level" | tr '\n' ' ')" "0 1 2 3 4 5 6 7 8 9 10 11 " "altitude levels are there"
like "$(sql "INSERT INTO sessions (user_id, id, local_session_id, gateway, device_id, status, start_time, data_source, hlc)
	VALUES ('$A', '$B', 'l2', 'g', 'd2', 'active', now(), 'mock', 1)" 2>&1)" 'sessions_one_active' "one active session for each person"
is "$(sql "SELECT count(*) > 7 FROM pg_publication_tables WHERE pubname = 'supabase_realtime'")" t "Realtime hears of the tables"

# ---- months
for i in 1 2 3 4; do
	sql "SELECT ihht.readings_month(make_timestamptz(2015 + y, m, 1, 0, 0, 0, 'UTC')) FROM generate_series(0, 3) y, generate_series(1, 12) m" ihht_sync >"$T/month.$i" 2>&1 & wait_for[i]=$!
done
bad=0
for i in 1 2 3 4; do wait "${wait_for[i]}" || { bad=1; diag "$(cat "$T/month.$i")"; }; done
is "$bad" 0 "four make the same 48 months at once"
is "$(sql "SELECT count(*) FROM pg_inherits WHERE inhparent = 'readings'::regclass")" 49 "and each is there once"
like "$(sql "SELECT ihht.readings_month('infinity')" ihht_sync 2>&1)" 'no readings of infinity are kept' "there is an end"
done_testing
