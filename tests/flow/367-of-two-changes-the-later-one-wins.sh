#!/bin/bash
# Two gateways change the same session, survey and progression; their changes reach Postgres in
# the order they were made, and in the other one.  The later one wins in Postgres and on both
# gateways, the loser stands in the history, and readings are never changed.
# Catches: the last to arrive wins, a loser that is nowhere, a stamp of a wrong clock that wins for
# ever, a reading that is written over.
. "$(dirname "$0")/lib.sh"

fresh
conf local-store bundle-seconds 0
conf local-store resend-seconds 1
pg_start || skip_all "no Postgres"
ANNE=8d1f4c5e-2f0b-5f6e-9d0f-3b0b6a0e7c11

mkdir -m 700 "$T/run2"
sed "s|name = \"test\"|name = \"other\"|; s|run = \"$RUN\"|run = \"$T/run2\"|; s|\"$DB\"|\"$T/other.sqlite\"|" "$CONF" >"$T/other.conf"
printf 'postgres\n    url = "host=%s dbname=ihht"\n' "$RUN" >>"$T/other.conf"
sqlite3 "$T/app.db" <<SQL
CREATE TABLE sessions (id TEXT PRIMARY KEY, start_time INTEGER, end_time INTEGER, status TEXT, created_at INTEGER, updated_at INTEGER);
CREATE TABLE readings (id INTEGER PRIMARY KEY, session_id TEXT, timestamp INTEGER, spo2 INTEGER, heart_rate INTEGER, user_id TEXT);
WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 2)
INSERT INTO sessions SELECT printf('IHHT_%d000_abc%03d', 1754000000 + i * 3600, i), (1754000000 + i * 3600) * 1000,
	(1754000000 + i * 3600 + 1800) * 1000, 'completed', 1754000000, 1754000000 FROM n;
WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 20)
INSERT INTO readings (session_id, timestamp, spo2, heart_rate, user_id) SELECT s.id, s.start_time + i * 1000, 80 + i % 15, 60 + i, '$ANNE' FROM sessions s, n;
SQL
here() { OUT=$("$BIN/ihht" "$@" </dev/null 2>&1); STATUS=$?; }
there() { OUT=$("$BIN/ihht" --config "$T/other.conf" "$@" </dev/null 2>&1); STATUS=$?; }
worker() { # here | there: its worker, until all of its changes have their receipts
	local conf=$CONF db=$DB
	[ "$1" = here ] || { conf=$T/other.conf db=$T/other.sqlite; }
	background worker "$BIN/sync-worker" --config "$conf"
	wait_until "[ \"\$(lite 'SELECT (SELECT count(*) FROM session WHERE synced_hlc < hlc) + (SELECT count(*) FROM survey WHERE synced_hlc < hlc)
		+ (SELECT count(*) FROM progression WHERE synced_hlc < hlc) + (SELECT count(*) FROM readings r JOIN session s ON s.no = r.session AND r.id > s.synced_reading)' $db)\" = 0 ]" ||
		diag "$(log_of worker)"
	kill9 worker
}
store() { background "$1-store" "$BIN/local-store" --config "$([ "$1" = here ] && echo "$CONF" || echo "$T/other.conf")"; wait_ready "$1-store"; }

store here
store there
here import app-database "$T/app.db"
is "$STATUS" 0 "two sessions" || diag "$OUT"
A=$(lite "SELECT id FROM session ORDER BY start_us LIMIT 1") B=$(lite "SELECT id FROM session ORDER BY start_us DESC LIMIT 1")
wait_until '[ "$(lite "SELECT count(*) FROM stale")" = 0 ]'
worker here
there restore --user $ANNE --all
is "$STATUS" 0 "another gateway has them as well" || diag "$OUT"

# change WHO SESSION N: everything that can be changed, with N in it
change() {
	$1 survey pre "$2" clarity=$3 energy=3 stress=3
	[ "$STATUS" = 0 ] && $1 progression "$2" 6 $((5 + $3)) performance=GOOD
	[ "$STATUS" = 0 ] && $1 event "$2" mask_lift event_us=2025-08-01T00:00:0${3}Z
	[ "$STATUS" = 0 ] || diag "$OUT"
}
# of SESSION: the survey, the dial, who changed the session's row last; in Postgres, and in a gateway's file
cloud() { sql "SELECT clarity_pre, (SELECT recommended_altitude_level FROM progression p WHERE p.session_id = s.session_id),
	(SELECT gateway FROM sessions x WHERE x.id = s.session_id) FROM session_surveys s WHERE session_id = '$1'"; }
file() { lite "SELECT v.clarity, p.recommended_altitude_level, s.gateway FROM session s JOIN survey v ON v.session_id = s.id
	JOIN progression p ON p.session_id = s.id WHERE s.id = '$1'" "$2"; }
history() { sql "SELECT string_agg(kind, ' ' ORDER BY kind) FROM (SELECT DISTINCT kind FROM record_history
	WHERE session_id = '$1' AND (row->>'clarity' = '$2' OR row->>'recommended_altitude_level' = '$((5 + $2))' OR (row->>'gateway' = '$3' AND kind LIKE 'sessions'))) h"; }

# ---- as they were made: here, then there
change here "$A" 1
change there "$A" 2
worker here
worker there
is "$(cloud "$A")" "2|7|other" "in the order they were made: the later one is it"
like "$(history "$A" 1 test)" 'progression.*session_surveys_pre|session_surveys_pre' "the earlier one is in the history" || diag "$(sql "SELECT kind, hlc, row FROM record_history WHERE session_id = '$A'")"

# ---- the other way round: the later one arrives first
change there "$B" 3
change here "$B" 4
worker here
is "$(cloud "$B")" "4|9|test" "the later one arrives first"
worker there
is "$(cloud "$B")" "4|9|test" "the earlier one, come late, changes nothing"
like "$(history "$B" 3 other)" 'progression.*session_surveys_pre' "but is in the history" || diag "$(sql "SELECT kind, hlc, row FROM record_history WHERE session_id = '$B'")"

# ---- both gateways come to the same
here restore --user $ANNE --all
there restore --user $ANNE --all
is "$(file "$A" "$DB") $(file "$B" "$DB")" "2|7|other 4|9|test" "this gateway has both winners"
is "$(file "$A" "$T/other.sqlite") $(file "$B" "$T/other.sqlite")" "2|7|other 4|9|test" "and so has the other"

# ---- a stamp of a clock that is wrong
sql "UPDATE session_surveys SET pre_hlc = ((extract(epoch FROM now()) + 7200) * 1000)::bigint << 16, clarity_pre = 5 WHERE session_id = '$A'"
here restore --user $ANNE --all
is "$STATUS" 1 "a stamp of two hours ahead is refused"
like "$OUT" "not restored: $A: .*more than a minute ahead" "and it is said whose"
is "$(file "$A" "$DB")" "2|7|other" "what is here stays"

# ---- readings never change, wherever they come from
sql "DELETE FROM readings WHERE session_id = '$B' AND (SELECT count(*) FROM readings r WHERE r.session_id = '$B' AND r.timestamp < readings.timestamp) IN (9, 11)"
kill9 here-store
middle=$(lite "SELECT taken_us FROM readings r JOIN session s ON s.no = r.session WHERE s.id = '$B' ORDER BY taken_us LIMIT 1 OFFSET 10")
before=$(lite "SELECT spo2 FROM readings WHERE taken_us = $middle")
sqlite3 "$DB" "UPDATE readings SET spo2 = 42 WHERE taken_us = $middle"
store here
background worker "$BIN/sync-worker" --config "$CONF"
wait_ready worker
"$BIN/ihht" verify --session "$B" --repair >"$T/verify" 2>&1
wait_until "[ \"\$(sql \"SELECT count(*) FROM readings WHERE session_id = '$B'\")\" = 20 ]" 60
ok $? "what was missing around a reading is sent again, it along with them" || diag "$(cat "$T/verify")"
is "$(sql "SELECT spo2::int FROM readings WHERE session_id = '$B' AND timestamp = timestamptz 'epoch' + $middle * interval '1 microsecond'")" "${before%.0}" \
	"it is not written over in Postgres"
there restore --user $ANNE --all
is "$(lite "SELECT count(*) FROM readings WHERE spo2 = 42" "$T/other.sqlite")" 0 "nor elsewhere"
here restore --user $ANNE --all
is "$(lite "SELECT spo2 FROM readings WHERE taken_us = $middle")" "42.0" "nor here: verify tells of it"
like "$("$BIN/ihht" verify --session "$B" 2>&1)" 'changed +1 reading' "by name"
done_testing
