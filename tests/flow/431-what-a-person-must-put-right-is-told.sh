#!/bin/bash
# A wrong password and a missing table are nobody's row's fault: the worker stops and tells,
# an alert names the cure, nothing comes into quarantine, and all goes on when it is mended.
. "$(dirname "$0")/sync.sh"
fresh
conf local-store bundle-seconds 0
conf sync-worker retry-first-ms 20
conf sync-worker retry-most-ms 300
conf sync-worker breaker-failures 2
pg_start || skip_all "no Postgres"
sed -i '1i local all ihht_sync scram-sha-256' "$T/pg/data/pg_hba.conf"
sql "SET password_encryption = 'scram-sha-256'; ALTER ROLE ihht_sync PASSWORD 'right'; SELECT pg_reload_conf()" >"$T/out"
background alerts "$BIN/zmq-sniffer" --config "$CONF" --link news --topic alert/ --json
start local-store
wait_ready local-store
told() { wait_until "grep -qE '\"alert\":\\{\"name\":\"postgres_setup\",\"level\":\"$1\",\"text\":\"[^}]*$2' '$T/log/alerts.log'"; }

# ---- the password
conf postgres sync-worker "host=$RUN dbname=ihht password=wrong"
start sync-worker
wait_ready sync-worker
told critical 'password authentication failed.*see the user and password in postgres/url'
ok $? "a wrong password: an alert names the cure"
wait_beat '"state":"waiting".*password'
ok $? "the worker waits and says why"
wait_beat 'left alone for .*breaker_opened=1'
ok $? "and that it leaves Postgres alone for a while"
"$BIN/ihht" session start 8d1f4c5e-2f0b-5f6e-9d0f-3b0b6a0e7c11 oxi-1 local_session_id=IHHT_1_anne >"$T/out" 2>&1
sql "ALTER ROLE ihht_sync PASSWORD 'wrong'"
told info 'takes bundles again'
ok $? "the password put right: the alert is over"
wait_until '[ "$(sql "SELECT count(*) FROM sessions")" = 1 ]'
ok $? "and the session arrives"
wait_beat 'failures_in_a_row=0 breaker_open=0 breaker_trying=0'
ok $? "the circuit is closed again"

# ---- a table
sql "ALTER TABLE session_surveys RENAME TO elsewhere"
sql "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = 'ihht_sync'" >"$T/out"
"$BIN/ihht" survey pre IHHT_1_anne clarity=3 energy=4 stress=2 >"$T/out" 2>&1
told critical '42P01 .*session_surveys.*run: ihht schema apply'
ok $? "a missing table: an alert names the cure"
is "$(lite "SELECT count(*) FROM quarantine")" 0 "nothing comes into quarantine for that"
sql "ALTER TABLE elsewhere RENAME TO session_surveys"
wait_until '[ "$(sql "SELECT count(*) FROM session_surveys")" = 1 ]'
ok $? "mended: the survey arrives"
stop sync-worker
stop local-store
done_testing
