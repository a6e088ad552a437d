#!/bin/bash
# Worlds damaged in any mix, in the app's own tables: after apply the truth is there again or
# what is missing is in the plan's left lines; after undo every byte is as before.  Of every
# other world apply and undo are killed first, at any instant, and run again.
#
#	SEEDS='5 7' SIZE='3 4 12 1'      other worlds; `make property` runs a thousand

. "$(dirname "$0")/migrate.sh"

SEEDS=${SEEDS:-2 4 7 $((1000 + SRANDOM % 1000000))}
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
	rm -rf "$T"/world-* "$T"/plan*
	mkdir -p "$W"
	"$TOOL/damage" make "$1" "$W" $SIZE >"$W/out" || return 1
	for schema in public auth ihht_migration; do
		PGOPTIONS='-c client_min_messages=error' psql -Xq -h "$RUN" -U postgres ihht -c \
			"DROP SCHEMA IF EXISTS $schema CASCADE" || return 1
	done
	as_owner -c "CREATE SCHEMA public" -f "$W/cloud.sql"
}

judge() { "$TOOL/damage" judge "$1" "host=$RUN user=postgres dbname=ihht" "$T/plan" $SIZE 2>&1; }

# kill_some VERB: it is begun twice and killed, wherever it has come to; KILLED counts
kill_some() {
	local i

	for i in 1 2; do
		background killed "$BIN/dedupe-auditor" migrate "$1" "$T/plan" --config "$CONF"
		read -rt "0.$(printf %03d $((RANDOM % 600 + 1)))" <> <(:)
		if is_alive "${PIDS[killed]}"; then KILLED=$((KILLED + 1)); fi
		kill9 killed 2>/dev/null
	done
}

# try SEED
try() {
	local seed=$1 before phones=() file option kills=$(($1 % 2)) out n

	world "$seed" || { ok 1 "seed $seed: its world is made"; return; }
	before=$(dump_hash)
	for file in "$W"/phone-*.db; do [ -e "$file" ] && phones+=(--phone "$file"); done
	read -r option <"$W/options" || option=
	KILLED=0
	plan "${phones[@]}" $option
	is "$STATUS" 0 "seed $seed: a plan is made" || diag "$OUT"
	is "$(dump_hash)" "$before" "seed $seed: planning changes nothing"
	[ $kills = 0 ] || kill_some apply
	migrate apply "$T/plan"
	# 1: all is done, and sessions that were left keep an index from being made
	ok "$((STATUS > 1))" "seed $seed: the plan is applied" || diag "$OUT"
	out=$(judge "$seed")
	is "${out##*complaints=}" 0 "seed $seed: the truth is there again" || diag "$out"
	migrate verify "$T/plan"
	ok "$STATUS" "seed $seed: nothing is lost and nothing doubled" || diag "$OUT"
	migrate apply "$T/plan"
	like "$OUT" '^applied: 0 sessions, 0 rows' "seed $seed: a second apply changes nothing"
	n=$(grep -c '^left ' "$T/plan")
	cp "$T/plan" "$T/plan-1"
	plan "${phones[@]}" $option
	is "$(entries_of | grep -cvE '^(session|left|  saw) ')" 0 "seed $seed: a second plan is empty" ||
		diag "$(entries_of | grep -v '^left')"
	mv "$T/plan-1" "$T/plan"
	[ $kills = 0 ] || kill_some undo
	migrate undo "$T/plan"
	ok "$STATUS" "seed $seed: the plan is undone" || diag "$OUT"
	is "$(dump_hash)" "$before" "seed $seed: every byte is as before"
	diag "seed $seed: $(cat "$W/out") repaired=$(grep -c '^session ' "$T/plan") left=$n killed=$KILLED"
}

for seed in $SEEDS; do try "$seed"; done

done_testing
