#!/bin/bash
# Each process killed once at each named point, a disk that refuses, a power cut, commits of
# unknown outcome, frames that go astray: nothing lost, nothing doubled.  The long form is make
# crash-matrix.
. "$(dirname "$0")/lib.sh"
grep -q IHHT_FAULT "$BIN/local-store" || skip_all "a build without fault points"
OUT=$("$ROOT/tests/crash/matrix" --short)
ok $? "every round is as it should be"
diag "$OUT"
like "$OUT" '^[1-9][0-9]+ points, [1-9][0-9]+ rounds, [1-9][0-9]+ hits: lost 0, doubled 0, rounds not as they should be 0$' "lost 0, doubled 0"
is "$(awk '/ (killed|archived) / { n += $1 } END { print n }' <<<"$OUT")" "$(sed -nE 's/^([0-9]+) points, .*/\1/p' <<<"$OUT")" "every point was reached"
done_testing
