#!/bin/bash
# The rules of all processes, in worlds where everything goes wrong: lost 0, doubled 0.
. "$(dirname "$0")/lib.sh"
fresh
SIMULATE=$ROOT/build/$MODE/tests/simulate/simulate

# worlds NAME SEED STEPS
worlds() {
	"$SIMULATE" "$2" "$3" >"$T/$1" 2>&1
	ok $? "every promise holds: $1 seed, $2, $3 steps"
	diag "$(cat "$T/$1")"
}

worlds fixed 1 600000
worlds fresh "$(date +%s)" 600000
"$SIMULATE" 7 40000 >"$T/once"
"$SIMULATE" 7 40000 >"$T/again"
check "a seed makes the same worlds again" grep -q 'lost 0, doubled 0' "$T/once"
check "to the last frame" cmp "$T/once" "$T/again"
done_testing
