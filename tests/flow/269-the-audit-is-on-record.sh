#!/bin/bash
# The auditor watches an old database that an old app still dirties.  Once a person has begun to
# repair it, what is certain is repaired at once, and what a person took back is left.  All of it,
# and what people do themselves, is in a log whose entries vouch for one another.

. "$(dirname "$0")/migrate.sh"

U=$(person 1)
old_database early
conf dedupe-auditor interval 86400
LOG=$(dirname "$DB")/audit.log
API=http://127.0.0.1:${SETTINGS[http-api/port]}

audit() { OUT=$("$BIN/ihht" audit "$@" --config "$CONF" 2>&1); STATUS=$?; }
metric() { curl -s -m 10 "$API/metrics" | sed -n "s/^ihht_dedupe_auditor_old_$1{.*} //p"; }
entries() { grep -c " $1 " "$LOG"; }
sessions() { sql "SELECT count(*) FROM sessions WHERE local_session_id LIKE '%_$1'"; }

sql "INSERT INTO auth.users (id) VALUES ('$U')"
# local ids twice (D1), years ago; and two that start together, which nobody can tell
for n in 1 3 5; do
	add_session $n IHHT_175404240000${n}_twin$n d$n "$U" $((n * 3600)) $((n * 3600 + 600)) completed
	add_session $((n + 1)) IHHT_175404240000${n}_twin$n d$n "$U" $((n * 3600 + 1)) '' active
	add_readings "$(sid $n)" $((n * 3600 + 5)) 20
done
add_session 8 '' d9 "$U" 72000 78000 completed
add_session 9 '' d9 "$U" 72004 78010 completed

start local-store
start http-api
wait_ready local-store && wait_ready http-api
audit
is "$STATUS" 0 "before anything is on record" || diag "$OUT"
like "$OUT" "nothing is in .*audit.log yet" "nothing is said to be"
"$BIN/zmq-sniffer" --config "$CONF" --link news --topic alert/ --json --count 1 --for 60 >"$T/alert" 2>/dev/null &
SNIFFER=$!
start dedupe-auditor
wait_ready dedupe-auditor
wait_until '[ "$(entries old_looked)" = 1 ]' 60
ok $? "the old database is looked at"
like "$(cat "$LOG")" "old_looked plan=[0-9a-f-]{36} sessions=3 certain=3 left=1 same-local-id=3" "and what was found is on record"
wait "$SNIFFER"
like "$(cat "$T/alert")" "old_database_dirty.*sessions to repair.*ihht audit" "and on news"
wait_until '[ "$(metric findings) $(metric left) $(metric repaired_total)" = "3 1 0" ]' 60
ok $? "and in the metrics" || diag "$(curl -s "$API/metrics" | grep old_)"
is "$(sql 'SELECT count(*) FROM sessions')" 8 "nothing is repaired before a person has begun to"
audit
is "$STATUS" 1 "something is left to decide"
like "$OUT" "left same-start .*starts within 10 s, but more than one has an end" "ihht audit names it" || diag "$OUT"
like "$OUT" "old database: 3 sessions to repair, 3 of them certain" "and what would be repaired"
stop dedupe-auditor

# ---- a person begins, with one session of the three
plan
migrate apply "$T/plan" --sessions 1
is "$STATUS" 0 "a person repairs one" || diag "$OUT"
like "$(tail -1 "$LOG")" "apply_ended plan=$(sed -n 's/^id //p' "$T/plan") sessions=1 .* failed=0" "which is on record, too"
start dedupe-auditor
wait_until '[ "$(entries apply_ended)" = 2 ]' 60
ok $? "what is certain is repaired at once" || diag "$(cat "$LOG")"
is "$(sessions twin1) $(sessions twin3) $(sessions twin5)" "1 1 1" "the twins are one"
is "$(sql "SELECT count(*) FROM sessions WHERE local_session_id IS NULL")" 2 "what is not certain is as it was"
wait_until '[ "$(metric repaired_total)" = 2 ]' 60
ok $? "counted" || diag "$(curl -s "$API/metrics" | grep old_)"
by_auditor=$(sed -n 's/.*apply_ended plan=\([0-9a-f-]*\) sessions=2 .*/\1/p' "$LOG")
# what is too large to be read often is not read while nothing changes
# (a server process tells what it wrote as it ends)
wait_until 'migrate mark; mark=$OUT; migrate mark; [ "$OUT" = "$mark" ]' 60
ok $? "nothing was written: the mark is the same" || diag "$OUT"
stop dedupe-auditor
migrate undo "$by_auditor"
is "$STATUS" 0 "it can be undone by the plan the log names" || diag "$OUT"
is "$(sql 'SELECT count(*) FROM sessions')" 7 "all of these are there again"
like "$(tail -2 "$LOG" | xargs)" "undo_begins plan=$by_auditor .*undo_ended plan=$by_auditor sessions=2" "on record" ||
	diag "$(tail -2 "$LOG")"
wait_until 'migrate mark; [ "$OUT" != "$mark" ]' 60
ok $? "the mark is another"
start dedupe-auditor
wait_until '[ "$(entries apply_ended)" = 3 ]' 60
is "$(sed -n 's/.* apply_ended .* \(sessions=[0-9]*\) .*/\1/p' "$LOG" | tail -1)" sessions=0 "what a person took back is not done again"
is "$(sql 'SELECT count(*) FROM sessions')" 7 "indeed"
stop dedupe-auditor
stop http-api

# without a log nothing is changed
mv "$LOG" "$T/kept.log"
mkdir "$LOG"
plan
migrate apply "$T/plan"
is "$STATUS" 100 "apply without an audit log is refused"
like "$OUT" "nothing is changed that is not in the audit log" "with the reason" || diag "$OUT"
rmdir "$LOG"
mv "$T/kept.log" "$LOG"

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
