#!/bin/bash
# What a person does to a plan is honoured, what does not fit is refused with the cure, and what
# was changed since is listed and left.
. "$(dirname "$0")/migrate.sh"
old_database early

U=$(person 1) V=$(person 2)
sql "INSERT INTO auth.users VALUES ('$U', 'a@example.org'), ('$V', 'b@example.org')"
# four sessions, each of them twice: 1+2, 3+4 of one person, 5+6, 7+8 of the other
for n in 1 3 5 7; do
	who=$U
	[ $n -gt 4 ] && who=$V
	add_session $n "IHHT_175404240000${n}_abcdef" dev-$n "$who" $((n * 7200)) '' active
	add_session $((n + 1)) "IHHT_175404240000${n}_abcdef" dev-$n "$who" $((n * 7200 + 1)) $((n * 7200 + 600)) completed
	add_readings "$(sid $n)" $((n * 7200)) 20
	add_readings "$(sid $((n + 1)))" $((n * 7200 + 20)) 10
done
BEFORE=$(dump_hash)
sql "CREATE ROLE stranger LOGIN CREATEDB; GRANT ALL ON ALL TABLES IN SCHEMA public TO stranger; GRANT CREATE ON DATABASE ihht TO stranger"
conf postgres migrate "host='$RUN' dbname=ihht user=stranger"
plan
like "$OUT" 'row-level security' "who sees only a part of the rows may not even plan"
conf postgres migrate "host='$RUN' dbname=ihht user=ihht_owner"
plan
is "$STATUS" 0 "plan" || diag "$OUT"
cp "$T/plan" "$T/whole"

# refused OUT-REGEX NAME: the plan in $T/plan
refused() { migrate apply "$T/plan"; [ "$STATUS" = 100 ] && like "$OUT" "$1" "$2" || ok 1 "$2"; }

# ---- plans that are none
while IFS='|' read -r edit complaint; do
	sed -E "$edit" "$T/whole" >"$T/plan"
	refused "$complaint" "$edit: ${complaint:0:40}"
done <<-ROWS
	1d|line 1: not a migration plan
	s/^table sessions 8/table sessions 9/|line [0-9]+: the head of this plan was changed
	/^seal/d|no word of a plan's head
	s/^  merge/  marge/|line [0-9]+: "marge": no such kind of entry
	s/(merge same-local-id) [^ ]+/\\1/|no id is left; take the whole line out
	s/(merge same-local-id) [^ ]+/\\1 $(sid 3)/|stands in two places|only other sessions
	s/status=completed/status=done/|"done" is no status
	s/end_time=/email=/|email is not settled by a plan
	s/(end_time=)[^ ]+/\\1soon/|"soon" is no time
	s/^session [^ ]+/session/|line [0-9]+
	s/start 2025/begin 2025/|line [0-9]+: the word start is missing
	/^  saw/d|its saw line is gone
ROWS
migrate apply "$T/nowhere"
is "$STATUS" 100 "a plan that is not there"
is "$(dump_hash)" "$BEFORE" "after all of this nothing has changed"

# ---- no room, no right
cp "$T/whole" "$T/plan"
mkdir "$T/small"
if mount -t tmpfs -o size=64k none "$T/small" 2>/dev/null; then
	migrate apply "$T/plan" --backup-dir "$T/small"
	umount "$T/small"
	is "$STATUS" 100 "no room for the backup"
	like "$OUT" 'no room for the backup: it may need [0-9]+ MB, 0 MB are free; make room, or name another folder' \
		"said, with the cure"
else
	skip "no room for the backup" "may not mount a small file system"
fi
sql "ALTER ROLE ihht_owner NOCREATEDB"
migrate apply "$T/plan"
is "$STATUS" 100 "no right to make the database the backup is checked in"
like "$OUT" 'ALTER ROLE "ihht_owner" CREATEDB' "said, with the cure"
sql "ALTER ROLE ihht_owner CREATEDB"
is "$(dump_hash)" "$BEFORE" "still nothing has changed"

# ---- an edited plan is honoured: 3+4 not at all, 5 stays instead of the one that was chosen
stays=$(grep '^session' "$T/plan" | awk '{print $2}' | grep -E '^0000000[56]')
goes=$([ "$stays" = "$(sid 5)" ] && sid 6 || sid 5)
awk -v drop="^session 0000000[34]" '/^session/{out = $0 ~ drop} /^left/{out = 0} !out' "$T/whole" |
	sed "s/^session $stays/session $goes/; s/^  merge same-local-id $goes/  merge same-local-id $stays/" >"$T/plan"
migrate apply "$T/plan" --sessions 1
is "$STATUS" 0 "one session" || diag "$OUT"
like "$OUT" 'left for later: 2 sessions' "the others are left for later"
is "$(sql "SELECT count(*) FROM sessions")" 7 "it is one"
migrate apply "$T/plan" --user "$V" --since 2025-08-01T23:00:00Z
is "$(sql "SELECT string_agg(left(id::text, 8), ' ' ORDER BY id) FROM sessions WHERE user_id = '$V'")" \
	"00000005 00000006 00000007" "one person's, from a day on"
# a live app writes meanwhile
sql "UPDATE sessions SET current_cycle = 3 WHERE id = '$goes'"
migrate apply "$T/plan"
is "$STATUS" 1 "what was changed since the plan was made is refused: exit 1"
like "$OUT" "session $goes was changed since the plan was made; plan again" "and said"
sql "ALTER TABLE sessions DISABLE TRIGGER touch; UPDATE sessions SET current_cycle = 1, updated_at = created_at WHERE id = '$goes'; ALTER TABLE sessions ENABLE TRIGGER touch"
migrate apply "$T/plan"
is "$STATUS" 1 "now all of it; an index must wait for what was taken out" || diag "$OUT"
like "$OUT" 'ihht_sessions_once .* not made, 1 keys are there more than once' "and says so"
is "$(sql "SELECT string_agg(left(id::text, 8), ' ' ORDER BY id) FROM sessions WHERE id IN ('$(sid 5)', '$(sid 6)')")" \
	"${goes:0:8}" "the other twin stays, as the plan was changed to say"
is "$(sql "SELECT count(*) FROM sessions WHERE id IN ('$(sid 3)', '$(sid 4)')")" 2 "what was taken out is not done"

# ---- undo of a part, by an id that was merged away
migrate undo "$T/plan" --session "$(sid 8)"
like "$OUT" 'undone: 1 sessions' "one session undone"
is "$(sql "SELECT count(*) FROM sessions")" 6 "its twin is back"

# ---- rows that were changed since
sql "UPDATE sessions SET current_cycle = 4 WHERE id = '$goes'"
sql "UPDATE readings SET spo2 = 50 WHERE id = (SELECT min(id) FROM readings r JOIN ihht_migration.was_readings w USING (id)
	WHERE ihht_op = 'changed' AND ihht_undone IS NULL AND ihht_entry = '$goes')"
changed=$(sql "SELECT id FROM readings WHERE spo2 = 50")
migrate undo "$T/plan"
is "$STATUS" 1 "undo with rows that were changed since: exit 1"
like "$OUT" 'left as they are now, because they were changed since: 2 rows' "they are counted"
like "$OUT" "^  sessions $goes" "and listed"
like "$OUT" "^  readings $changed" "each"
is "$(sql "SELECT count(*) FROM sessions")" 8 "all others are back"
is "$(sql "SELECT current_cycle FROM sessions WHERE id = '$goes'"; sql "SELECT spo2 FROM readings WHERE id = $changed")" \
	"$(printf '4\n50')" "what somebody wrote since is kept"

# ---- a row elsewhere points at a copy by a foreign key
as_owner <<SQL
CREATE TABLE notes (reading bigint REFERENCES readings (id) ON DELETE CASCADE);
INSERT INTO readings (session_id, "timestamp", spo2, heart_rate, signal_strength)
	SELECT session_id, "timestamp", spo2, heart_rate, signal_strength FROM readings WHERE session_id = '$(sid 3)' LIMIT 1;
INSERT INTO notes SELECT max(id) FROM readings;
SQL
plan
migrate apply "$T/plan"
is "$STATUS" 1 "exit 1"
like "$OUT" 'rows of another table point at copies' "the session with the copy is refused"
is "$(sql "SELECT count(*) FROM notes")" 1 "and nothing cascades"
migrate undo 00000000-0000-4000-8000-000000000000
like "$OUT" 'undone: 0 sessions' "a plan nobody applied"
done_testing
