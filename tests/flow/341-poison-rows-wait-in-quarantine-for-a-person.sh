#!/bin/bash
# A poison row among 10 000, a poison survey and a poison session: all else arrives, the rows
# wait in quarantine where everybody sees them, and a person replays, fixes or drops them, on
# record.
. "$(dirname "$0")/lib.sh"
fresh
conf local-store bundle-seconds 0
conf sync-worker retry-most-ms 1000
pg_start || skip_all "no Postgres"
ANNE=8d1f4c5e-2f0b-5f6e-9d0f-3b0b6a0e7c11
BERT=1b4e28ba-2fa1-5d1d-883f-b9a761bde3fb
START_US=1795403600000000
ihht() { OUT=$("$BIN/ihht" "$@" </dev/null 2>&1); STATUS=$?; }
verify() { OUT=$("$BIN/dedupe-auditor" verify --config "$CONF" "$@" 2>&1); STATUS=$?; }
count() { lite "SELECT count(*) FROM quarantine WHERE $1"; }
entry() { lite "SELECT no FROM quarantine WHERE $1"; }

start local-store
wait_ready local-store
ihht session start $ANNE oxi-1 start_us=$START_US local_session_id=IHHT_1_anne
ihht session start $BERT oxi-2 start_us=$START_US local_session_id=IHHT_1_bert
stop local-store
sqlite3 "$DB" "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 10000)
	INSERT INTO readings (taken_us, session, epoch, seq, spo2, heart_rate, invalid, data_source, phase_type)
	SELECT $START_US + i * 1000000, (SELECT no FROM session WHERE device_id = 'oxi-1'), 1, i, 80 + i % 20, 60 + i % 50, 0, 1, 1 FROM n"
sql "ALTER TABLE readings ADD CONSTRAINT poison CHECK (seq <> 7654);
	ALTER TABLE session_surveys ADD CONSTRAINT tired CHECK (energy_pre > 1);
	ALTER TABLE sessions ADD CONSTRAINT nobody CHECK (device_id <> 'oxi-2')"
background alerts "$BIN/zmq-sniffer" --config "$CONF" --link news --topic alert/ --json
start local-store
wait_ready local-store
start sync-worker
wait_ready sync-worker

# ---- what is in and what is not
ihht survey pre IHHT_1_anne clarity=3 energy=1 stress=2
ihht survey post IHHT_1_anne clarity=5 energy=5 stress=1
ihht survey pre IHHT_1_bert clarity=4 energy=4 stress=4
wait_until '[ "$(sql "SELECT count(*) FROM readings")" = 9999 ]'
ok $? "9 999 of 10 000 readings are in Postgres"
wait_until '[ "$(count 1)" = 4 ]'
ok $? "in quarantine: the reading, the survey, the session's row and what hangs on it" ||
	diag "$(lite "SELECT * FROM quarantine")"
is "$(lite "SELECT kind, sqlstate, state FROM quarantine ORDER BY kind, sqlstate")" \
	"reading|23514|held
session|23514|held
survey|23503|held
survey|23514|held" "each with what Postgres said"
wait_until '[ "$(sql "SELECT count(*) FROM session_surveys WHERE post_hlc <> 0")" = 1 ]'
ok $? "the other survey is there"
like "$(cat "$T/log/alerts.log")" 'in quarantine: 4; Postgres refuses them; see ihht quarantine list' "an alert tells of it"
wait_until 'ihht status --json; [ "$(jq ".processes[] | select(.process == \"local-store\") | .counts.quarantine_held" <<<"$OUT")" = 4 ]'
ok $? "and the beat counts it"
wait_until 'verify; [[ $OUT == *"0 pending"* ]]'
is "$STATUS" 1 "verify: not all is there"
like "$OUT" '0 pending, 0 different; in quarantine: 4' "and it says that they are in quarantine, not missing"
unlike "$OUT" 'missing' "nothing is called missing"

# ---- looking
ihht quarantine list
is "$STATUS $(wc -l <<<"$OUT")" "0 5" "list"
like "$OUT" 'reading +held .* 23514 .*violates check constraint .poison' "names the reading"
READING=$(entry "kind = 'reading'")
ihht quarantine show "$READING"
like "$OUT" 'seq +7654' "show has its values"
ihht quarantine show "$READING" --json
is "$(jq -c '[.entry[0].sqlstate, .row[0].seq, (.action | length)]' <<<"$OUT")" '["23514",7654,0]' "also as JSON"
ihht quarantine show 999
is "$STATUS" 1 "there is no such entry"

# ---- they stay behind, whatever comes
tries() { lite "SELECT group_concat(tries) FROM quarantine WHERE kind IN ('reading', 'survey')"; }
before=$(tries)
ihht survey post IHHT_1_anne clarity=4 energy=5 stress=1
wait_until '[ "$(sql "SELECT clarity_post FROM session_surveys WHERE post_hlc <> 0")" = 4 ]'
stop local-store
start local-store
wait_ready local-store
ihht session phase IHHT_1_anne RECOVERY
wait_until '[ "$(sql "SELECT current_phase FROM sessions WHERE device_id = '"'oxi-1'"'")" = RECOVERY ]'
ok $? "other changes of the session arrive, over a restart"
is "$(tries)" "$before" "what is in quarantine was not sent again"

# ---- fix
SURVEY=$(entry "kind = 'survey' AND sqlstate = '23514'")
ihht quarantine fix "$READING" spo2=90
is "$STATUS" 1 "a reading is not fixed"
like "$OUT" 'never changed' "for it is what the sensor said"
ihht quarantine fix "$SURVEY" energy=9
is "$STATUS" 2 "a fix is checked"
ihht quarantine fix "$SURVEY" kind=post
like "$OUT" 'cannot be fixed' "whose record it is does not change"
USER=eva ihht quarantine fix "$SURVEY" energy=2 reason="asked her"
is "$STATUS $OUT" "0 fixed, and goes again" "a survey is fixed"
wait_until '[ "$(sql "SELECT energy_pre FROM session_surveys WHERE energy_pre IS NOT NULL AND session_id IN (SELECT id FROM sessions)")" = 2 ]'
ok $? "and lands"
wait_until '[ "$(count "no = $SURVEY")" = 0 ]'
is "$(lite "SELECT who, action, reason, json_extract(before, '\$.energy'), json_extract(after, '\$.energy') FROM quarantine_log WHERE entry = $SURVEY ORDER BY no")" \
	"eva|fix|asked her|1|2
sync-worker|landed|||" "who did what and why is on record"

# ---- replay
TRIES=$(lite "SELECT tries FROM quarantine WHERE no = $READING")
ihht quarantine replay "$READING"
wait_until '[ "$(lite "SELECT tries, state FROM quarantine WHERE no = $READING")" = "$((TRIES + 1))|held" ]'
ok $? "a reading that is replayed too early comes back"
sql "ALTER TABLE readings DROP CONSTRAINT poison"
ihht quarantine replay "$READING" reason="constraint gone"
wait_until '[ "$(sql "SELECT count(*) FROM readings WHERE seq = 7654")" = 1 ]'
ok $? "without the constraint it lands"
wait_until '[ "$(count "no = $READING")" = 0 ]'
ok $? "and leaves quarantine"
is "$(sql "SELECT count(*) FROM readings")" 10000 "all 10 000, once"

# ---- a session's row, and what hangs on it
sql "ALTER TABLE sessions DROP CONSTRAINT nobody"
ihht quarantine replay "$(entry "kind = 'session'")"
wait_until '[ "$(count 1)" = 0 ]'
ok $? "a session's row that lands brings what waited for it"
is "$(sql "SELECT count(*) FROM session_surveys WHERE clarity_pre = 4")" 1 "its survey"
wait_until 'verify; [ $STATUS = 0 ]'
ok $? "verify: both stores are equal" || diag "$OUT"
wait_until 'grep -q "nothing is held in quarantine" "$T/log/alerts.log"'
ok $? "and the alert is over"

# ---- drop
sql "ALTER TABLE session_adaptive_events ADD CONSTRAINT calm CHECK (event_type <> 'mask_lift')"
ihht event IHHT_1_anne mask_lift altitude_phase_number=1
wait_until '[ "$(count 1)" = 1 ]'
EVENT=$(entry 1)
ihht quarantine drop "$EVENT" reason="a test"
is "$STATUS" 0 "an event is dropped"
is "$(lite "SELECT (SELECT count(*) FROM event), state FROM quarantine")" "1|dropped" "it stays on the gateway"
wait_until 'verify; [ $STATUS = 0 ]'
like "$OUT" '1 dropped from quarantine, on record' "verify knows"
ihht quarantine list
is "$OUT" "nothing is in quarantine" "list leaves it out"
ihht quarantine list --all --json
is "$(jq -r '.[0].state' <<<"$OUT")" dropped "list --all does not"
unlike "$(cat "$T"/log/local-store.log "$T"/log/sync-worker.log)" 'violates|asked her' "no log has Postgres' words or a person's"
stop sync-worker
stop local-store
done_testing
