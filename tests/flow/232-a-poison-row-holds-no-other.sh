#!/bin/bash
# Rows that Postgres will never take are named in the receipt; all others of the bundle land
# in the same transaction, and one bad row among n costs at most 2 log2(n) more statements.
. "$(dirname "$0")/sync.sh"
fresh
pg_start || skip_all "no Postgres"
conf sync-worker retry-most-ms 1000
start sync-worker
wait_ready sync-worker

# What the worker's backend executes, as Postgres itself writes it down.
logging() {
	sql "ALTER SYSTEM SET log_statement = '$1'" && sql "ALTER SYSTEM SET log_parameter_max_length = 0" &&
		sql "SELECT pg_reload_conf()" >/dev/null
}
statements() { grep -E ' ihht_sync LOG: ' "$T/pg/postgres.log" | grep -cE "LOG:  (statement|execute [^:]*): "; }

# What is sent is sent once: statements are counted, and constraints come and go.
send_once() { send --again 60 "$@"; }
poison() { sql "ALTER TABLE readings ADD CONSTRAINT poison CHECK (NOT ($1)) NOT VALID"; }
cure() { sql "ALTER TABLE readings DROP CONSTRAINT poison"; }
count() { sql "SELECT count(*) FROM readings WHERE session_id = (SELECT id FROM sessions WHERE start_time = timestamptz 'epoch' + $1 * interval '1 microsecond')"; }

# ---- one bundle of 10 000 rows
AT=1795403600000000
BIG=$((AT + 86400000000))
send_once --rows 1
has applied 1 "connected, and the month is there"
check "Postgres writes down each statement" logging all
wait_until '[ "$(sql "SHOW log_statement")" = all ]'
before=$(statements)
send_once --rows 10000 --start-us $BIG --end
has applied 1 "10 000 good rows"
usual=$(($(statements) - before))
poison 'epoch = 1795403600000000 AND seq = 8765'
BAD=$((BIG + 86400000000))
before=$(statements)
send_once --rows 10000 --start-us $BAD --end
has quarantined 1 "and 10 000 with a poison row among them"
has added 9999
like "$OUT" "refusal taken_us=$((BAD + 8764000000)) epoch=1795403600000000 seq=8765 sqlstate=.23514. text=..*violates check constraint.*poison" \
	"the receipt says which row and what Postgres said"
is "$(count $BAD)" 9999 "the 9 999 others are there"
is "$(sql "SELECT count(*) FROM readings WHERE seq = 8765")" 1 "the poison one is not"
extra=$(($(statements) - before - usual))
diag "usual $usual statements, $extra more"
[ "$usual" -ge 5 ] && [ "$extra" -le 26 ]
ok $? "it cost at most 2 log2(10 000) = 26 statements more"
logging none
send_once --rows 10000 --start-us $BAD --end --resent
has quarantined 1 "the same bundle again says the same"
has added 0
has seen 9999
cure
send_once --rows 10000 --start-us $BAD --end --resent
has applied 1 "without the constraint it lands"
has added 1
is "$(count $BAD)" 10000 "all of it once"

# ---- several, at the ends and side by side, in another order of sending
poison 'seq IN (1, 2, 250, 499, 500)'
AT=$((BAD + 86400000000))
send_once --rows 500 --start-us $AT --end
has quarantined 1 "five poison rows"
has added 495
is "$(grep -oE ' seq=[0-9]+' <<<"$OUT" | tr -dc '0-9\n' | paste -sd,)" 1,2,250,499,500 "named in order"
send_once --rows 500 --start-us $AT --end --resent
has quarantined 1 "and by the other road"
has seen 495
cure

# ---- a value that does not fit a column that somebody has altered
sql "DROP VIEW analysed_readings CASCADE;
	ALTER TABLE readings ALTER signal_strength TYPE smallint; ALTER TABLE readings ALTER motion TYPE numeric(3,1);
	CREATE FUNCTION late() RETURNS trigger LANGUAGE plpgsql AS \$\$ BEGIN
		IF NEW.seq = 7 THEN RAISE EXCEPTION 'seven' USING ERRCODE = 'IH007'; END IF; RETURN NULL; END \$\$;
	CREATE CONSTRAINT TRIGGER late AFTER INSERT ON readings DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION late()"
AT=$((AT + 86400000000))
send_once --rows 100 --start-us $AT --end
has quarantined 1 "a trigger that speaks at the commit"
has added 99
like "$OUT" 'refusal .* seq=7 sqlstate=.IH007. text=.seven' "with a code of its own"
sql "DROP TRIGGER late ON readings"

# ---- too many of them: 64 are named, those before are in, the rest waits
poison 'seq % 2 = 0'
AT=$((AT + 86400000000))
send_once --rows 500 --start-us $AT --end
has refused 1 "every second row is poison"
is "$(grep -c '^refusal ' <<<"$OUT")" 64 "64 of them are named"
like "$OUT" '^refused added=64 seen=0 sqlstate=23514 text=more than 64 rows' "and those before the last are in"
cure

# ---- records
AT=$((AT + 86400000000))
sql "ALTER TABLE session_surveys ADD CONSTRAINT poison CHECK (clarity_pre <> 1)"
send_once --rows 20 --records --start-us $AT
has quarantined 1 "a survey that is refused"
has added 20
like "$OUT" 'refusal record=1 sqlstate=.23514. text=..*poison' "named by its place"
is "$(sql "SELECT (SELECT count(*) FROM session_surveys WHERE post_time IS NOT NULL) || ' ' ||
	(SELECT count(*) FROM intra_session_responses) || ' ' || (SELECT count(*) FROM gaps)")" "1 1 1" \
	"the other records are there"
sql "ALTER TABLE session_surveys DROP CONSTRAINT poison"
send_once --rows 20 --records --start-us $AT --resent
has seen 20 "it goes again"
is "$(sql "SELECT clarity_pre FROM session_surveys WHERE clarity_pre IS NOT NULL")" 1 "and lands, with its values"
send_once --rows 20 --records --damage json --start-us $((AT + 86400000000))
like "$OUT" 'refusal record=4 sqlstate=.22P02. text=.invalid input syntax for type json' "an event whose data is no JSON"
unlike "$(log_of sync-worker)" 'breaths|no"' "the log holds no payload"

# ---- the session's own row, and all that hangs on it
AT=$((AT + 10 * 86400000000))
sql "ALTER TABLE sessions ADD CONSTRAINT poison CHECK (avg_spo2 > 90 OR start_time < timestamptz 'epoch' + $AT * interval '1 microsecond')"
send_once --rows 20 --records --start-us $AT
has quarantined 1 "a session's row that is refused"
like "$OUT" 'refusal record=0 sqlstate=.23514.' "is named first"
is "$(grep -cE '^refusal record=[1-9][0-9]* sqlstate=.23503.' <<<"$OUT")" 7 "its records wait for it"
has added 20 "its readings land"
sql "ALTER TABLE sessions DROP CONSTRAINT poison"
send_once --rows 20 --records --start-us $AT --resent
has seen 20 "it all goes again"
is "$(sql "SELECT count(*) FROM session_surveys v JOIN sessions s ON s.id = v.session_id WHERE s.start_time = timestamptz 'epoch' + $AT * interval '1 microsecond'")" \
	1 "and is there"

# ---- what is not the row's fault is no quarantine
sql "ALTER TABLE readings RENAME TO elsewhere"
background tool "$TOOL/bundles" --config "$CONF" --rows 10 --start-us $((AT + 86400000000)) --seconds 60 --again 60
wait_beat 'ihht schema apply'
ok $? "a missing table stops the worker, which names the cure"
sql "ALTER TABLE elsewhere RENAME TO readings"
wait_end tool 60
like "$(tail -1 "$T/log/tool.log")" 'applied=1 .*quarantined=0 added=10' "and it goes on when it is back"
stop sync-worker
done_testing
