#!/bin/bash
# Worlds damaged in any mix, in the app's own tables: after apply the truth is there again or
# what is missing is in the plan's left lines; after undo every byte is as before.

. "$(dirname "$0")/migrate.sh"

SEEDS=${SEEDS:-2 4 6}
SIZE=${SIZE:-3 4 12 1}          # of damage: persons, sessions, readings, phones
fresh
PG_SCHEMA_DONE=1
OWNER=ihht_owner
pg_start || skip_all "no Postgres"
sql "ALTER ROLE ihht_owner CREATEDB; GRANT CREATE ON DATABASE ihht TO ihht_owner"
conf postgres migrate "host='$RUN' dbname=ihht user=$OWNER"

# world SEED: an empty database, then that world's
world() {
	local schema

	W=$T/world-$1
	mkdir -p "$W"
	"$TOOL/damage" make "$1" "$W" $SIZE >"$W/out" || return 1
	for schema in public auth ihht_migration; do
		PGOPTIONS='-c client_min_messages=error' psql -Xq -h "$RUN" -U postgres ihht -c \
			"DROP SCHEMA IF EXISTS $schema CASCADE" || return 1
	done
	as_owner -c "CREATE SCHEMA public" -f "$W/cloud.sql"
}

judge() { "$TOOL/damage" judge "$1" "host=$RUN user=postgres dbname=ihht" "$T/plan" $SIZE 2>&1; }

for seed in $SEEDS; do
	world "$seed" || { ok 1 "seed $seed: its world is made"; continue; }
	before=$(dump_hash)
	phones=()
	for file in "$W"/phone-*.db; do [ -e "$file" ] && phones+=(--phone "$file"); done
	read -r option <"$W/options" || option=
	plan "${phones[@]}" $option
	is "$STATUS" 0 "seed $seed: a plan is made" || diag "$OUT"
	is "$(dump_hash)" "$before" "seed $seed: planning changes nothing"
	migrate apply "$T/plan"
	# 1: all is done, and sessions that were left keep an index from being made
	ok "$((STATUS > 1))" "seed $seed: the plan is applied" || diag "$OUT"
	out=$(judge "$seed")
	is "${out##*complaints=}" 0 "seed $seed: the truth is there again" || diag "$out"
	cp "$T/plan" "$T/plan-1"
	migrate verify "$T/plan"
	ok "$STATUS" "seed $seed: nothing is lost and nothing doubled" || diag "$OUT"
	plan "${phones[@]}" $option
	is "$(entries_of | grep -cvE '^(session|left|  saw) ')" 0 "seed $seed: a second plan is empty" ||
		diag "$(entries_of | grep -v '^left')"
	migrate undo "$T/plan-1"
	ok "$STATUS" "seed $seed: the plan is undone" || diag "$OUT"
	is "$(dump_hash)" "$before" "seed $seed: every byte is as before"
done

done_testing
