# docs/reference.md is made from proto/*.def; `make docs` was forgotten when this fails.
. "$(dirname "$0")/lib.sh"

"$BIN/../docs/gen" | diff -u "$ROOT/docs/reference.md" - >/tmp/stale.$$
ok $? "docs/reference.md is fresh (make docs makes it so)" || diag "$(head -20 /tmp/stale.$$)"
rm -f /tmp/stale.$$

done_testing
