#!/bin/bash
# The old app goes on sending readings, under ids of which half are merged away meanwhile; each
# that it was told of as stored is there afterwards, under a session that exists.  The twins of a
# session that runs are left, and both rows go on to be updated.
. "$(dirname "$0")/migrate.sh"
old_database early

N=150 # real sessions, each of them twice
as_owner <<SQL
INSERT INTO sessions (id, device_id, local_session_id, start_time, end_time, status, created_at)
SELECT ('00000000-0000-4000-8000-' || lpad(i::text, 12, '0'))::uuid, 'dev',
	'IHHT_' || (1754042400000 + (i / 2) * 3600000::bigint) || '_abcdef', $(at 0) + (i / 2) * interval '1 h',
	CASE WHEN i % 2 = 0 THEN $(at 600) + (i / 2) * interval '1 h' END,
	CASE WHEN i % 2 = 0 THEN 'completed' ELSE 'active' END, $(at 0)
FROM generate_series(0, $N * 2 - 1) i;
INSERT INTO readings (session_id, "timestamp", spo2, heart_rate, signal_strength)
SELECT s.id, s.start_time + j * interval '1 s', 90 + j % 5, 70, 100 FROM sessions s, generate_series(1, 20) j;
INSERT INTO sessions (id, device_id, local_session_id, start_time, status, created_at)
SELECT ('00000000-0000-4000-8000-00000009000' || i)::uuid, 'dev-b', 'IHHT_1754999999999_run', now() - interval '5 min', 'active',
	now() - interval '5 min' FROM generate_series(1, 2) i;
CREATE TABLE app (done int);
SQL
plan
is "$STATUS" 0 "plan" || diag "$OUT"
like "$OUT" '1 +sessions +running +its session may be running now' "what runs is listed, and left"

# the app: one reading a transaction, tried again when it is refused, until it is told to stop
cat >"$T/app.sql" <<'SQL'
DO $$
DECLARE
	i int := 0;
	ids uuid[] := ARRAY(SELECT id FROM sessions ORDER BY md5(id::text));
	failed boolean;
BEGIN
	WHILE NOT EXISTS (SELECT FROM app) LOOP
		failed := false;
		BEGIN
			INSERT INTO readings (session_id, "timestamp", spo2, heart_rate, fio2_level)
			SELECT ids[1 + i % cardinality(ids)], timestamptz '2025-09-01Z' + i * interval '1 s', 93, 71, 1000 + i;
		EXCEPTION WHEN foreign_key_violation THEN
			failed := true;
		END;
		COMMIT;
		IF NOT failed THEN
			i := i + 1;
		END IF;
	END LOOP;
	CREATE TABLE app_sent AS SELECT i AS n;
END
$$;
SQL
background app psql -Xq -v ON_ERROR_STOP=1 -h "$RUN" -U postgres ihht -f "$T/app.sql"
wait_until "[ \$(sql 'SELECT count(*) FROM readings WHERE fio2_level >= 1000') -gt 20 ]"
migrate apply "$T/plan"
is "$STATUS" 1 "apply" || diag "$OUT"
like "$OUT" 'ihht_sessions_once .*: not made, 1 keys are there more than once' "the index waits for what runs"
sql "INSERT INTO app VALUES (1)"
wait_end app
is "$STATUS" 0 "the app was never stopped" || diag "$(log_of app)"
sent=$(sql "SELECT n FROM app_sent")
[ "$sent" -gt 100 ]
ok $? "it went on all the while: $sent readings"
is "$(sql "SELECT count(*), count(DISTINCT fio2_level) FROM readings WHERE fio2_level >= 1000")" "$sent|$sent" "each is there, once"
is "$(sql "SELECT count(*) FROM sessions WHERE device_id = 'dev'")" "$N" "every twin is merged"
is "$(sql "WITH u AS (UPDATE sessions SET status = 'completed', end_time = now() WHERE device_id = 'dev-b' RETURNING 1)
	SELECT count(*) FROM u")" 2 "the app ends its session under whichever id it has"
plan
like "$OUT" '1 +sessions +same-local-id +merged into another row' "and then it is one for the next plan"
migrate apply "$T/plan"
is "$STATUS" 0 "which is applied" || diag "$OUT"
is "$(sql "SELECT count(*) FROM readings r WHERE NOT EXISTS (SELECT FROM sessions s WHERE s.id = r.session_id)")" 0 \
	"and no reading is without its session"
done_testing
