#!/bin/bash
# A damaged cloud of a million readings and 20 000 sessions' rows: plan, apply (with its backup)
# and verify, each with its peak memory; the truth is judged at the end.  Limits: two minutes, and
# 160 MB for each.
. tests/flow/lib.sh
FINISHED=1
fresh
SIZE=${SIZE:-500 24 72 0}           # persons, sessions, readings, phones
OWNER=ihht_owner PG_SCHEMA_DONE=1
as_owner() { PGOPTIONS='-c client_min_messages=warning' psql -XAtq -v ON_ERROR_STOP=1 -h "$RUN" -U "$OWNER" ihht "$@"; }
pg_start >/dev/null
sql "ALTER ROLE ihht_owner CREATEDB; GRANT CREATE ON DATABASE ihht TO ihht_owner"
conf postgres migrate "host='$RUN' dbname=ihht user=$OWNER"
mkdir "$T/world"
echo "# $("$TOOL/damage" make 7 "$T/world" $SIZE)"
sql "DROP SCHEMA public CASCADE"
as_owner -c "CREATE SCHEMA public" -f "$T/world/cloud.sql" || exit 1
echo "# $(sql 'SELECT count(*) FROM sessions') sessions, $(sql 'SELECT count(*) FROM readings') readings in the cloud"
read -r option <"$T/world/options" || option=
whole=0
# step NAME ARGS: one verb, its seconds and its memory
step() {
	local name=$1 s kb

	shift
	(cd "$T" && timeout 180 /usr/bin/time -f '%e %M' -o "$T/time" "$BIN/dedupe-auditor" migrate "$@" \
		--config "$CONF" >"$T/out" 2>&1)
	if [ $? -gt 1 ]; then
		sed 's/^/# /' "$T/out"
		echo "# $name failed, or took more than 180 s; $(sql "SELECT count(*) FROM ihht_migration.entries WHERE state = 'applied'") sessions are done"
		exit 1
	fi
	read -r s kb < <(tail -1 "$T/time")
	printf '%s, a million readings under 20000 sessions\t%.1f\ts\n' "$name" "$s"
	awk -v n="$name" -v mb=$((kb / 1024)) 'BEGIN { printf "%s, peak memory\t%d\tMB\t160\t%.2f\n", n, mb, mb / 160; exit mb > 160 }' ||
		failed=1
	whole=$(awk -v a="$whole" -v b="$s" 'BEGIN { print a + b }')
}
step "migrate plan" plan --out "$T/plan" $option
step "migrate apply" apply "$T/plan"
step "migrate verify" verify "$T/plan"
awk -v s="$whole" 'BEGIN { printf "plan, apply and verify together\t%.1f\ts\t120\t%.2f\n", s, s / 120; exit s > 120 }' || failed=1
"$TOOL/damage" judge 7 "host=$RUN user=postgres dbname=ihht" "$T/plan" $SIZE >"$T/judged" 2>&1 || failed=1
sed 's/^/# /' "$T/judged"
exit ${failed:-0}
