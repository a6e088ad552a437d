#!/bin/bash
# The auditor watches an old database that an old app still dirties, repairs what is certain when
# asked to, and has all of it in a log whose entries vouch for one another.

. "$(dirname "$0")/migrate.sh"

U=$(person 1)
old_database early
conf dedupe-auditor interval 86400
conf dedupe-auditor old-interval 60
LOG=$(dirname "$DB")/audit.log

audit() { OUT=$("$BIN/ihht" audit "$@" --config "$CONF" 2>&1); STATUS=$?; }

sql "INSERT INTO auth.users (id) VALUES ('$U')"
# the same local id twice (D1), years ago; and two that start together, which nobody can tell
add_session 1 IHHT_1754042400000_abc123 d1 "$U" 0 600 completed
add_session 2 IHHT_1754042400000_abc123 d1 "$U" 1 '' active
add_readings "$(sid 2)" 5 20
add_session 3 '' d2 "$U" 7200 7800 completed
add_session 4 '' d2 "$U" 7204 7810 completed

start local-store
wait_ready local-store
audit
is "$STATUS" 0 "before anything is on record" || diag "$OUT"
like "$OUT" "nothing is in .*audit.log yet" "nothing is said to be"
"$BIN/zmq-sniffer" --config "$CONF" --link news --topic alert/ --json --count 1 --for 60 >"$T/alert" 2>/dev/null &
SNIFFER=$!
start dedupe-auditor
wait_ready dedupe-auditor
wait_until 'grep -q "old_looked" "$LOG"' 60
ok $? "the old database is looked at"
like "$(cat "$LOG")" "old_looked plan=[0-9a-f-]{36} sessions=[1-9][0-9]* certain=[1-9][0-9]* left=[1-9]" "and what was found is on record"
wait "$SNIFFER"
like "$(cat "$T/alert")" "old_database_dirty.*sessions to repair.*ihht audit" "and on news"
is "$(sql 'SELECT count(*) FROM sessions')" 4 "nothing is repaired unasked"
audit
is "$STATUS" 1 "something is left to decide"
like "$OUT" "left same-start .*starts within 10 s, but more than one has an end" "ihht audit names it" || diag "$OUT"
like "$OUT" "old database: [0-9]+ sessions to repair, [1-9] of them certain" "and what would be repaired"
stop dedupe-auditor

conf dedupe-auditor old-repair certain
start dedupe-auditor
wait_ready dedupe-auditor
wait_until 'grep -q "old_applied" "$LOG"' 60
ok $? "what is certain is repaired when asked for"
is "$(sql "SELECT count(*) FROM sessions WHERE local_session_id IS NOT NULL")" 1 "the twins are one"
is "$(sql "SELECT count(*) FROM sessions WHERE local_session_id IS NULL")" 2 "what is not certain is as it was"
plan=$(sed -n 's/.*old_applied plan=\([0-9a-f-]*\).*/\1/p' "$LOG" | tail -1)
stop dedupe-auditor
migrate undo "$plan"
is "$STATUS" 0 "and can be undone by the plan the log names" || diag "$OUT"
is "$(sql 'SELECT count(*) FROM sessions')" 4 "all are there again"

# ---- the log
audit check
is "$STATUS" 0 "the log is whole"
head=$(sed -n 's/^head //p' <<<"$OUT")
audit check --head "$head"
is "$STATUS" 0 "up to the entry that was heard"
cp "$LOG" "$T/copy.log"
sed -i '$d' "$T/copy.log"
OUT=$("$BIN/ihht" audit check --log "$T/copy.log" --config "$CONF" 2>&1)
is $? 0 "without its last entry it is whole in itself"
OUT=$("$BIN/ihht" audit check --log "$T/copy.log" --head "$head" --config "$CONF" 2>&1)
is $? 1 "but not up to the entry that was heard"
sed -i '2s/left=./left=0/' "$T/copy.log"
OUT=$("$BIN/ihht" audit check --log "$T/copy.log" --config "$CONF" 2>&1)
is $? 1 "a changed entry"
like "$OUT" "copy.log: entry 2: its digest is not that" "is named"
cp "$T/copy.log" "$LOG"
timeout 20 "$BIN/dedupe-auditor" --config "$CONF" >"$T/out" 2>&1
is $? 100 "to a broken log nothing is added"
like "$(cat "$T/out")" "entry 2.*cure=" "and what to do is said"
stop local-store

done_testing
