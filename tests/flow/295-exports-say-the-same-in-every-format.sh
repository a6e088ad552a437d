#!/bin/bash
# What SQLite holds comes out the same in every format, as readers that are not ours read it:
# DuckDB, EDFlib, node's JSON, the schemas of HL7; hostile text and all.
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/sessions.sh"
READERS=$ROOT/tests/export
fresh
make_store
sessions

ihht() { OUT=$("$BIN/ihht" "$@" </dev/null 2>&1); STATUS=$?; }
done_well() { is "$STATUS" 0 "$1" || diag "$OUT"; }

# choice NAME WHICH OPTIONS...: exports in every format, each read back: what SQLite says of the sessions WHICH
choice() {
	local name=$1 which=$2 format

	shift 2
	mkdir "$T/$name"
	for format in csv parquet edf json fhir omh; do
		ihht export $format "$T/$name/$format" --mock "$@"
		done_well "$name, $format"
	done
	checks node "$READERS/same.mjs" "$DB" "$T/$name" "$T/edf" "$which"
}

mkdir "$T/out"
for format in csv parquet edf; do
	ihht export $format "$T/out/$format" --mock
	done_well "$format"
	like "$OUT" '^4 sessions, 309 readings$' "$format says how much"
done
for format in json fhir omh; do
	ihht export $format "$T/out/$format" --mock
	done_well "$format"
done

if [ ! -d "$READERS/node_modules" ]; then
	skip "readers" "tests/export has no node_modules: make readers"
elif ! cc -o "$T/edf" "$READERS/edf.c" -ledf -lm 2>"$T/log/cc.log"; then
	skip "readers" "no EDFlib: apt-get install libedf-dev"
else
	checks node "$READERS/same.mjs" "$DB" "$T/out" "$T/edf"
	choice person "user_id = '$ANNE'" --user $ANNE
	choice range "start_us >= $AT + 60000000 AND start_us < $AT + 3600000000" --from 2026-01-01T00:01:00Z --to 2026-01-01T01:00:00Z
	choice session "id = '$S1'" --session $S1
	checks node "$READERS/schemas.mjs" "$T/out/fhir" "$T/out/omh"
fi
done_testing
