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

# checks COMMAND...: its lines `ok - name`, `not ok - name` and `# remark` as tests
checks() {
	local line

	while IFS= read -r line; do
		case $line in
		*"# SKIP "*) skip "$(sed 's/^ok - //; s/ # SKIP .*//' <<<"$line")" "${line##*# SKIP }" ;;
		"ok - "*) ok 0 "${line#ok - }" ;;
		"not ok - "*) ok 1 "${line#not ok - }" ;;
		*) diag "$line" ;;
		esac
	done < <("$@" 2>&1 && echo "ok - ${2##*/} reaches its end" || echo "not ok - ${2##*/} reaches its end")
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
	checks node "$READERS/schemas.mjs" "$T/out/fhir" "$T/out/omh"
fi
done_testing
