#!/bin/bash
# The private cluster: made once, one way in, and back after whatever was done to it.
. "$(dirname "$0")/lib.sh"
fresh
pp=$ROOT/deploy/private-postgres
PG_DIRS+=("$T/pg")

said=$("$pp" start "$T/pg" "$RUN" 2>&1)
ok $? "the first start makes a cluster" || diag "$said"
is "$(sql 'SHOW listen_addresses')" "" "it listens on no TCP port"
is "$(sql 'SHOW server_encoding') $(sql 'SHOW lc_collate')" "UTF8 C" "UTF8, C locale"
is "$(sql 'SELECT current_user' ihht_owner)" ihht_owner "its owner can log in"
is "$(sql "SELECT rolsuper FROM pg_roles WHERE rolname = 'ihht_owner'")" f "and is no superuser"
pid=$(head -1 "$T/pg/data/postmaster.pid")
unlike "$(ps -o user= -p "$pid")" '^root' "it does not run as root"
sql 'CREATE TABLE kept AS SELECT 42 AS n'

like "$("$pp" start "$T/pg" "$RUN" 2>&1)" "already running as $pid" "a second start changes nothing"
check "status: running" "$pp" status "$T/pg"

pg_kill9
"$pp" status "$T/pg" >"$T/out"
is "$?" 3 "after kill -9, status: stopped"
check "it starts again after kill -9" "$pp" start "$T/pg" "$RUN"
is "$(sql 'SELECT n FROM kept')" 42 "with what was in it"

check "stop" "$pp" stop "$T/pg"
check "stop again" "$pp" stop "$T/pg"
background postgres "$pp" start "$T/pg" "$RUN" --foreground
wait_until "sql 'SELECT 1'"
ok $? "the foreground way runs it too"
kill -INT "${PIDS[postgres]}"
wait_end postgres
is "$STATUS" 0 "and SIGINT stops it"

# a supervisor was killed and its Postgres lives on: the next one stands in for it
"$pp" start "$T/pg" "$RUN"
background postgres "$pp" start "$T/pg" "$RUN" --foreground
wait_until "grep -q watching '$T/log/postgres.log'"
ok $? "a running one is taken over"
kill -TERM "${PIDS[postgres]}"
wait_end postgres
is "$STATUS" 0 "and stopped by who took it over"
"$pp" status "$T/pg" >"$T/out"
is "$?" 3 "really"

# killed in the middle of initdb
mkdir -p "$T/half/data.new"
touch "$T/half/data.new/PG_VERSION"
PG_DIRS+=("$T/half")
check "a half-made cluster is made anew" "$pp" start "$T/half" "$T/run2"
"$pp" stop "$T/half"

mkdir -m 700 "$T/closed"
PG_DIRS+=("$T/closed/pg")
"$pp" start "$T/closed/pg" "$T/run2" 2>"$T/out"
ok $? "it starts in a folder only we can enter" || diag "$(cat "$T/out")"
if [ "$(id -u)" = 0 ]; then
	like "$(cat "$T/out")" 'user postgres cannot use .*: the data lies in /var/lib/ihht/' "root is told where the data went"
	far=$(realpath "$T/closed/pg")
fi
"$pp" stop "$T/closed/pg"
[ -z "${far:-}" ] || rm -rf "$far"

like "$("$pp" start 2>&1)" 'usage: private-postgres start DIR SOCKETDIR' "wrong words are answered with the right ones"
done_testing
