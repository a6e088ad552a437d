#!/bin/bash
# Each process killed once at each named point: nothing lost, nothing doubled.  The long form,
# with later passings and random instants, is make crash-matrix.
. "$(dirname "$0")/lib.sh"
grep -q IHHT_FAULT "$BIN/local-store" || skip_all "a build without fault points"
OUT=$("$ROOT/tests/crash/matrix" --short)
ok $? "every round is as it should be"
diag "$OUT"
like "$OUT" '^[1-9][0-9]+ points, [1-9][0-9]+ kills: lost 0, doubled 0, rounds not as they should be 0$' "lost 0, doubled 0"
is "$(grep -oE '^[0-9]+ points, [0-9]+ kills' <<<"$OUT" | awk '{ print $1 - $3 }')" 0 "every point was reached"
done_testing
