#!/bin/bash
# Bundles that came together in a crate are each written, receipted, refused by themselves; a
# crate that is damaged or dies with its worker is bundles that are sent again.
. "$(dirname "$0")/sync.sh"
fresh
pg_start || skip_all "no Postgres"
start sync-worker
wait_ready sync-worker

send --sessions 20 --bundles 2 --rows 30 --crate 20 --records
has applied 40 "forty bundles in two crates"
has added 1200
is "$(sql 'SELECT count(*) FROM sync_receipts')" 40 "a receipt for each"
first=$(contents)
send --sessions 20 --bundles 2 --rows 30 --records
has duplicate 40 "one by one they have the same ids"
is "$(contents)" "$first" "and change nothing"
wait_beat 'crates=2 '
ok $? "the beat counts crates"

send --sessions 5 --rows 30 --start-us 1795500000000000 --crate 5 --damage clock
has applied 4 "one of five is bad: the others are applied"
has refused 1 "and the bad one is refused"
like "$OUT" "^refused .* clock is more than 60 s ahead" "in words"
send --sessions 5 --rows 30 --start-us 1795600000000000 --crate 5 --damage gateway
has applied 4 "one says it is another gateway's"
has refused 1

send --sessions 5 --rows 30 --start-us 1795700000000000 --crate 5 --damage crate
has applied 5 "a damaged crate is dropped, and its bundles are sent again by themselves"
wait_beat 'frames_bad=1 '
ok $? "it is counted"

background sender "$TOOL/bundles" --config "$CONF" --sessions 100 --bundles 4 --rows 30 --start-us 1795800000000000 --crate 50 --in-flight 200
wait_until '[ "$(sql "SELECT count(*) FROM readings WHERE timestamp > '"'2026-11-27'"'")" -ge 300 ]'
kill9 sync-worker
start sync-worker
wait_end sender 90
is "$STATUS" 0 "a worker dies with crates in hand: all bundles get their receipts"
like "$(log_of sender)" "receipted=400 " "400 of them"
is "$(sql "SELECT count(*), count(DISTINCT (user_id, seq)) FROM readings WHERE timestamp > '2026-11-27'")" "12000|12000" "each reading is there once"
wait_ready sync-worker
stop sync-worker
done_testing
