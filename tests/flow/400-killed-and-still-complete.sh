#!/bin/bash
# The same replay with each process killed (SIGKILL) five times at random moments and Postgres
# stopped twice: nothing is lost, nothing is doubled.
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/pipeline.sh"
fresh
SEED=${SEED:-$RANDOM}
RANDOM=$SEED
diag "SEED=$SEED"
# under the sanitizers all is slower: a part of each recording is as good a witness
recordings "$T/files" "$([ "$MODE" = release ] && echo 0 || echo 6000)"
rows=$(csv_rows "$T/files" | wc -l)
conf ble-ingest source replay
conf ble-ingest files "$T/files"
conf ble-ingest speed 0
conf ble-ingest start "$RECORDED"
conf local-store bundle-seconds 1
conf local-store resend-seconds 2
conf sync-worker instances 2
conf sync-worker retry-most-ms 1000
PG_PAUSE=${PG_PAUSE:-10}
pg_start || skip_all "no Postgres"

names=(ble-ingest local-store sync-worker-1 sync-worker-2 realtime-fanout dedupe-auditor http-api)
launch() {
	case $1 in
	sync-worker-*) start sync-worker --instance "${1##*-}" ;;
	*) start "$1" ;;
	esac
}
for name in "${names[@]:1}"; do launch "$name"; done
wait_ready local-store
check "a session is started for every recording" start_sessions "$T/files"
launch ble-ingest

# every process five times, in random order, and two pauses of Postgres among them
plan=$({ for i in 1 2 3 4 5; do printf '%s\n' "${names[@]}"; done; printf 'postgres\npostgres\n'; } |
	shuf --random-source=<(yes $SEED))
killed=0
for name in $plan; do
	# a random instant is what this is about: it ends with the clock, not with an event
	read -rt "0.$((RANDOM % 90 + 10))" <> <(:)
	if [ "$name" = postgres ]; then
		pg_stop
		read -rt "$PG_PAUSE" <> <(:)
		pg_start
	else
		kill9 "$name"
		launch "$name"
	fi
	killed=$((killed + 1))
done
is $killed 37 "35 kills and 2 stops of Postgres"
check "SQLite has all rows" wait_until "[ \$(lite 'SELECT count(*) FROM readings') -ge $rows ]" 300
check "Postgres has all rows" wait_until "[ \$(sql 'SELECT count(*) FROM readings') -ge $rows ]" 300
same_rows "$T/files"
check "verify finds both stores equal" wait_until "'$BIN/ihht' verify" 120
is "$(sql 'SELECT count(*), count(DISTINCT id) FROM sessions')" \
	"$(ls "$T"/files/*.csv | wc -l)|$(ls "$T"/files/*.csv | wc -l)" "each session is there once"
is "$(sql 'SELECT count(*) FROM session_surveys')" "$(ls "$T"/files/*.csv | wc -l)" "each survey, too"
for name in "${names[@]}"; do stop "$name"; done
done_testing
