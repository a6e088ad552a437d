#!/bin/bash
# A change made on another gateway arrives by itself, and none is skipped though six writers
# commit out of order, slowly, and roll back.
# Catches: a cursor that passes a change which was not there yet when it was read, or which has the
# revision of one that was read and then lost.
. "$(dirname "$0")/lib.sh"

fresh
# a worker that has just started may be heard a moment later: its first receipt can be lost
conf local-store resend-seconds 1
pg_start || skip_all "no Postgres"
ANNE=8d1f4c5e-2f0b-5f6e-9d0f-3b0b6a0e7c11
WRITERS=6 EACH=60

# ---- a second gateway beside this one, over the same Postgres, with as many sessions as changes
mkdir -m 700 "$T/run2"
sed "s|name = \"test\"|name = \"other\"|; s|run = \"$RUN\"|run = \"$T/run2\"|; s|\"$DB\"|\"$T/other.sqlite\"|" "$CONF" >"$T/other.conf"
printf 'postgres\n    url = "host=%s dbname=ihht"\n' "$RUN" >>"$T/other.conf"
sqlite3 "$T/app.db" <<SQL
CREATE TABLE sessions (id TEXT PRIMARY KEY, start_time INTEGER, end_time INTEGER, status TEXT, created_at INTEGER, updated_at INTEGER);
WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < $((WRITERS * EACH)))
INSERT INTO sessions SELECT printf('IHHT_%d000_abc%03d', 1754000000 + i * 3600, i), (1754000000 + i * 3600) * 1000,
	(1754000000 + i * 3600 + 1800) * 1000, 'completed', 1754000000, 1754000000 FROM n;
SQL
other() { OUT=$("$BIN/ihht" --config "$T/other.conf" "$@" </dev/null 2>&1); STATUS=$?; }
background other-store "$BIN/local-store" --config "$T/other.conf"
wait_ready other-store
background other-worker "$BIN/sync-worker" --config "$T/other.conf"
wait_ready other-worker
other import app-database "$T/app.db" --user $ANNE
is "$STATUS" 0 "another gateway has $((WRITERS * EACH)) sessions" || diag "$OUT"
other session start $ANNE oxi-9
id=${OUT##* }
wait_until "[ \"\$(sql 'SELECT count(*) FROM sessions')\" = $((WRITERS * EACH + 1)) ]"
ok $? "they are in Postgres, and one that runs"

start local-store
wait_ready local-store
background follow "$BIN/ihht" --config "$CONF" restore --user $ANNE --sessions 2 --follow
wait_ready follow
is "$(lite 'SELECT count(*) FROM session')" 2 "this gateway has the last two, and follows"

# ---- what a person does there
old=$(lite 'SELECT id FROM session ORDER BY start_us LIMIT 1')
other survey post $old clarity=4 energy=4 stress=2
wait_until "[ \"\$(lite \"SELECT clarity FROM survey WHERE session_id = '$old'\")\" = 4 ]"
ok $? "a survey that is taken there"
other survey post $old clarity=1 energy=4 stress=2
wait_until "[ \"\$(lite \"SELECT clarity FROM survey WHERE session_id = '$old'\")\" = 1 ]"
ok $? "and one that is changed"
# here without a worker, and there later: the later one is it, and Postgres keeps the other
"$BIN/ihht" survey post $old clarity=5 energy=4 stress=2 >"$T/out" 2>&1
other survey post $old clarity=2 energy=4 stress=2
wait_until "[ \"\$(sql \"SELECT clarity_post FROM session_surveys WHERE session_id = '$old'\")\" = 2 ]"
start sync-worker
wait_ready sync-worker
wait_until "[ \"\$(lite \"SELECT clarity FROM survey WHERE session_id = '$old'\")\" = 2 ]"
ok $? "of two changes the later one wins on this gateway, too"
is "$(sql "SELECT row->>'clarity' FROM record_history WHERE session_id = '$old' AND kind = 'session_surveys_post' ORDER BY hlc" | xargs)" "4 1 5 2" \
	"and the other is in the history"
is "$(lite "SELECT count(*) FROM session WHERE id = '$id'")" 0 "one that runs there stays there"
other survey pre $id clarity=3 energy=3 stress=3
other session stop $id
wait_until "[ \"\$(lite \"SELECT s.status || v.clarity FROM session s JOIN survey v ON v.session_id = s.id WHERE s.id = '$id'\")\" = completed3 ]"
ok $? "until it is over: then it comes, whole"

# ---- six writers at once; each change is of a session of its own, so none makes up for another
writer() {
	sql "DO \$\$ DECLARE one record; BEGIN
		FOR one IN SELECT id FROM (SELECT id, row_number() OVER (ORDER BY start_time) AS n FROM sessions
				WHERE user_id = '$ANNE' AND device_id <> 'oxi-9') s WHERE n % $WRITERS = $1 LOOP
			PERFORM pg_sleep(random() * 0.006);
			WITH head AS (INSERT INTO sync_heads AS h (user_id, rev) VALUES ('$ANNE', 1)
				ON CONFLICT (user_id) DO UPDATE SET rev = h.rev + 1 RETURNING rev)
			INSERT INTO sync_receipts (user_id, id, rev, session_id, gateway, readings)
				SELECT '$ANNE', gen_random_uuid(), rev, one.id, 'writer-$1', 0 FROM head;
			PERFORM pg_sleep(random() * $(($1 ? 6 : 40)) / 1000.0);
			INSERT INTO session_adaptive_events (user_id, session_id, id, event_type, event_timestamp, hlc)
				VALUES ('$ANNE', one.id, gen_random_uuid(), 'mask_lift', now(), 7);
			IF random() < 0.1 THEN ROLLBACK; ELSE COMMIT; END IF;
		END LOOP; END \$\$"
}
writers=()
for w in $(seq 0 $((WRITERS - 1))); do
	writer $w >>"$T/log/writers.log" 2>&1 &
	writers+=($!)
done
wait "${writers[@]}"
ok $? "six writers are done" || diag "$(cat "$T/log/writers.log")"
events() { lite 'SELECT id FROM event ORDER BY id'; }
sql 'SELECT id FROM session_adaptive_events ORDER BY id' >"$T/wanted"
wait_until 'events | cmp -s - "$T/wanted"'
lost=$(events | comm -13 - "$T/wanted" | wc -l)
is "$lost" 0 "of $(wc -l <"$T/wanted") changes that were committed none is lost"
is "$(events | comm -23 - "$T/wanted" | wc -l)" 0 "and of those that were rolled back none came"
is "$(log_of follow | grep -c not_restored)" 0 "nothing was refused"

# ---- local-store, then Postgres go away: it waits, says so, and goes on where it was
kill9 local-store
other survey pre $old clarity=2 energy=2 stress=2
wait_until 'log_of follow | grep -q "warn ihht-restore waiting why=.*local-store does not answer"' 60
ok $? "without local-store it waits and says so"
start local-store
wait_until "[ \"\$(lite \"SELECT clarity FROM survey WHERE session_id = '$old' AND kind = 'pre'\")\" = 2 ]" 60
ok $? "and goes on when it is back"
pg_stop
wait_until '[ "$(log_of follow | grep -c "warn ihht-restore waiting")" -ge 2 ]' 60
ok $? "nor does it end without Postgres"
pg_start
other survey pre $old clarity=1 energy=2 stress=2
wait_until "[ \"\$(lite \"SELECT clarity FROM survey WHERE session_id = '$old' AND kind = 'pre'\")\" = 1 ]" 60
ok $? "and goes on when that is back"

# ---- Postgres loses the commit that was just read, and gives its revision to the next one
head() { sql "SELECT rev FROM sync_heads WHERE user_id = '$ANNE'"; }
lost=$(head)
kill -STOP "${PIDS[follow]}"
sql "DELETE FROM sync_receipts WHERE user_id = '$ANNE' AND rev = $lost; UPDATE sync_heads SET rev = rev - 1 WHERE user_id = '$ANNE'" postgres
other survey pre $old clarity=3 energy=2 stress=2
wait_until "[ \"\$(sql \"SELECT clarity_pre FROM session_surveys WHERE session_id = '$old'\")\" = 3 ]"
is "$(head)" "$lost" "a change has the revision of one that Postgres has lost"
pg_stop
pg_start
kill -CONT "${PIDS[follow]}"
wait_until "[ \"\$(lite \"SELECT clarity FROM survey WHERE session_id = '$old' AND kind = 'pre'\")\" = 3 ]" 60
ok $? "it arrives all the same"
stop follow
done_testing
