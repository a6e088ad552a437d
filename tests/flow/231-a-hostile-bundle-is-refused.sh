#!/bin/bash
# A bundle that is not what it says is refused with words; nothing of it stays and the good
# ones go on.
. "$(dirname "$0")/sync.sh"
fresh
pg_start || skip_all "no Postgres"
start sync-worker
wait_ready sync-worker

refused() {
	local how=$1 sqlstate=$2 words=$3

	shift 3
	send --rows 20 --damage "$how" "$@"
	like "$OUT" "^refused added=0 seen=0 sqlstate=$sqlstate text=.*$words" "$how"
}
refused session '' "of another session"
refused user '' "of another person"
refused gateway '' "of another gateway"
refused clock '' "clock is more than 60 s ahead"
refused columns '' "columns: "
refused count '' "says 21 rows and has 20"
refused id '' "not that of its content"
is "$(sql "SELECT (SELECT count(*) FROM sessions) + (SELECT count(*) FROM readings) + (SELECT count(*) FROM sync_receipts) + (SELECT count(*) FROM sync_heads) + (SELECT count(*) FROM record_history)")" \
	0 "nothing of them stays"
send --rows 20
has applied 1 "a good one is taken after all that"
wait_beat 'bundles_refused=7 '
ok $? "the beat counts them"
stop sync-worker
done_testing
