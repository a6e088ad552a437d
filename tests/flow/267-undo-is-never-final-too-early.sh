#!/bin/bash
# A plan that a later one stands on is not undone before that one, and an undo that had to leave
# a row can be run again.
. "$(dirname "$0")/migrate.sh"
old_database early
L=IHHT_1754042400000_abcdef
sql "INSERT INTO auth.users VALUES ('$(person 1)', 'a@example.org')"
add_session 1 $L dev-a "$(person 1)" 0 '' active
add_session 2 $L dev-a "$(person 1)" 1 600 completed
add_readings "$(sid 1)" 0 40
add_readings "$(sid 2)" 40 20
BEFORE=$(dump_hash)
plan
cp "$T/plan" "$T/first"
migrate apply "$T/first"
is "$STATUS" 0 "a plan" || diag "$OUT"
add_session 3 $L dev-b "$(person 1)" 2 601 completed
add_readings "$(sid 3)" 60 200
BETWEEN=$(dump_hash)
plan
cp "$T/plan" "$T/second"
migrate apply "$T/second"
is "$STATUS" 0 "and a later one, about the same session" || diag "$OUT"
AFTER=$(dump_hash)

migrate undo "$T/first"
is "$STATUS" 1 "the first is not undone under the second"
like "$OUT" "refused: 1 sessions; .* plan $(awk '/^id/{print $2}' "$T/second") .*undo that first" "that is said" || diag "$OUT"
is "$(dump_hash)" "$AFTER" "and nothing of it is done"
migrate undo "$T/second"
is "$STATUS" 0 "the second is" || diag "$OUT"
is "$(dump_hash)" "$BETWEEN" "every row is what it was between them"

row=$(sql "SELECT ihht_no, id FROM ihht_migration.was_readings WHERE ihht_op = 'changed' AND ihht_undone IS NULL LIMIT 1")
id=${row#*|}
spo2=$(sql "SELECT spo2 FROM readings WHERE id = $id")
sql "UPDATE readings SET spo2 = 50 WHERE id = $id"
migrate undo "$T/first"
is "$STATUS" 1 "then the first, but for a row that was changed since" || diag "$OUT"
like "$OUT" "^  readings $id" "it is named"
sql "UPDATE readings SET spo2 = $spo2 WHERE id = $id"
migrate undo "$T/first"
is "$STATUS" 0 "it is taken when it is what it was" || diag "$OUT"
sql "DELETE FROM readings WHERE session_id = '$(sid 3)'; DELETE FROM sessions WHERE id = '$(sid 3)'"
is "$(dump_hash)" "$BEFORE" "and all is as in the beginning"
done_testing
