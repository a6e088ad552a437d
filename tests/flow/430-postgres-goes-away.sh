#!/bin/bash
# While Postgres is away, not set up, or hangs, sync-worker says so, keeps its bundle, and goes
# on by itself; asked to stop, it stops at once.
. "$(dirname "$0")/sync.sh"
fresh
conf sync-worker retry-first-ms 20
conf sync-worker retry-most-ms 300
conf sync-worker timeout-ms 2000
PG_SCHEMA_DONE=1

start sync-worker
wait_ready sync-worker
ok $? "it starts without Postgres"
wait_beat '"state":"waiting","why":"Postgres: .*postgres_up=0'
ok $? "and says what it waits for"
stop sync-worker

pg_start || skip_all "no Postgres"
start sync-worker
wait_ready sync-worker
wait_beat '"why":"Postgres: .*ihht_sync.* does not exist; .*run: ihht schema apply'
ok $? "a cluster without our roles: it says the cure"
PGOPTIONS='' psql -XAtqh "$RUN" -U postgres postgres -c 'CREATE ROLE ihht_sync LOGIN'
wait_beat '"why":"Postgres: (3F000|42P01) .*run: ihht schema apply'
ok $? "a database without tables: it says the cure"
pg_schema
wait_beat '"state":"ready".*postgres_up=1'
ok $? "and goes on when that was done"

# rights taken away
sql "REVOKE INSERT ON sync_receipts FROM ihht_sync"
background tool "$TOOL/bundles" --config "$CONF" --sessions 2 --rows 100 --seconds 100
wait_beat '"state":"waiting","why":"Postgres: 42501'
ok $? "a right is missing: it says so"
sql "GRANT INSERT ON sync_receipts TO ihht_sync"
wait_end tool
is "$STATUS" 0 "given again: the bundles arrive"
is "$(sql "SELECT count(*) FROM readings")" 200 "all of them"

# stopped and started, and its backends killed, all the while
background tool "$TOOL/bundles" --config "$CONF" --sessions 20 --bundles 20 --rows 200 --records --hlc 2 --seconds 200
for i in 1 2 3; do
	wait_until "[ \$(sql 'SELECT count(*) FROM readings') -gt $((i * 10000)) ]"
	pg_stop
	pg_start
	sql "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = 'ihht_sync'" >"$T/out"
done
pg_kill9
pg_start
wait_end tool 120
is "$STATUS" 0 "Postgres stopped three times and killed once: every bundle is receipted"
is "$(sql "SELECT count(*), count(DISTINCT (session_id, seq)) FROM readings")" "80000|80000" "every reading is there once"

# it hangs: the processes of Postgres are stopped
backends() { sql "SELECT pid FROM pg_stat_activity WHERE usename = 'ihht_sync'"; }
pid=$(backends)
kill -STOP "$pid"
background tool "$TOOL/bundles" --config "$CONF" --sessions 1 --rows 300 --hlc 3 --start-us 1795503600000000 --seconds 100
wait_until 'log_of sync-worker | grep -q "postgres_away .*no answer in time"'
ok $? "a backend that hangs: it says so and connects anew"
kill -CONT "$pid"
wait_end tool
is "$STATUS" 0 "and the bundle arrives"

# it stops at once, even then
stopped=$(backends)
for pid in $stopped; do kill -STOP "$pid"; done
background tool "$TOOL/bundles" --config "$CONF" --sessions 1 --rows 300 --hlc 4 --start-us 1795603600000000 --seconds 100
wait_beat 'retries=[1-9]'
stop sync-worker
for pid in $stopped; do kill -CONT "$pid"; done
start sync-worker
wait_ready sync-worker
wait_end tool
is "$STATUS" 0 "the next worker takes over what had no receipt"

# killed at any moment
sql "TRUNCATE readings, sessions, sync_receipts, sync_heads, record_history CASCADE"
background tool "$TOOL/bundles" --config "$CONF" --sessions 20 --bundles 20 --rows 200 --records --seconds 200
for i in 1 2 3 4 5; do
	wait_until "[ \$(sql 'SELECT count(*) FROM readings') -gt $((i * 8000)) ]"
	kill9 sync-worker
	start sync-worker
	wait_ready sync-worker
done
wait_end tool 120
is "$STATUS" 0 "sync-worker killed five times: every bundle is receipted"
is "$(sql "SELECT count(*), count(DISTINCT (session_id, seq)) FROM readings")" "80000|80000" "every reading is there once"
is "$(sql "SELECT count(*) FROM sync_receipts")" 400 "every bundle once"
stop sync-worker
done_testing
