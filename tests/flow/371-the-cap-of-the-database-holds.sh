#!/bin/bash
# A flood meets a small cap: database, log and index together are never larger.  What Postgres lacks
# never leaves, so local-store stops taking values and says so, and their sender keeps them; with
# Postgres back what has arrived leaves early, also of sessions that run, and all of it gets there.
# Catches: a cap that counts the file and not its log, a row dropped or removed to make room, a
# store that cannot even note receipts when it is full.
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/pipeline.sh"

fresh
MB=8 EACH=20000
conf local-store database-most-mb $MB
conf local-store bundle-seconds 0
conf local-store resend-seconds 1
conf ble-ingest source replay
conf ble-ingest files "$T/files"
conf ble-ingest speed 0
conf ble-ingest start "$RECORDED"
conf ble-ingest spool "$T/spool"
conf ble-ingest spool-bytes 960000
pg_start || skip_all "no Postgres"

mkdir "$T/files"
for i in 1 2 3; do
	awk -v seed=$i -v rows=$EACH 'BEGIN { srand(seed); print "t_ms,spo2,heart_rate,motion,perfusion_index"
		for (i = 1; i <= rows; i++) printf "%d,%.1f,%d,,%.1f\n", i * 1000, 80 + int(rand() * 200) / 10, 50 + int(rand() * 60), rand() * 10 }' \
		>"$T/files/flood_$i.csv"
done
ALL=$((3 * EACH))

# The most that was ever on disk, looked at all the time.
watch_size() {
	local most=0 size

	while :; do
		size=$(stat -c %s "$DB" "$DB-wal" "$DB-shm" 2>/dev/null | paste -sd+ | bc)
		[ "${size:-0}" -le $most ] || echo "$((most = size))" >"$T/most"
		read -rt 0.02 <> <(:)
	done
}
percent() { "$BIN/ihht" status --json 2>/dev/null | jq '[.processes[] | select(.process == "local-store") | .counts.database_percent] | first // 0'; }
stands() { "$BIN/ihht" alerts --json 2>/dev/null | jq -e --arg l "$1" --arg t "$2" 'any(.[]; .name == "database" and .level == $l and (.text | test($t)))'; }
n_sqlite() { lite "SELECT (SELECT count(*) FROM readings) + (SELECT coalesce(sum(gone), 0) FROM archive)"; }
n_postgres() { sql 'SELECT count(*) FROM readings'; }

start local-store
wait_ready local-store
background watch watch_size
background alerts "$BIN/ihht" alerts --follow --json
start_sessions "$T/files"
ok $? "three sessions" || diag "$(cat "$T/log/commands.log")"
start ble-ingest

# ---- nobody takes it away: it is full, and says so
wait_until '[ "$(percent)" -ge 100 ]' 60
ok $? "the flood fills it"
wait_until 'stands critical "no new reading is taken"'
ok $? "an alert says that nothing more is taken"
like "$("$BIN/ihht" status)" 'local-store +waiting .*at its cap' "and so does status"
wait_until '"$BIN/ihht" status | grep -E "ble-ingest +waiting"'
ok $? "ble-ingest waits"
held=$(n_sqlite)
[ "$held" -gt 20000 ] && [ "$held" -lt $ALL ]
ok $? "it holds $held of $ALL"
is "$(find "$T" -name '*.ihht' | wc -l) $(lite 'SELECT count(*) FROM archive')" "0 0" "nothing leaves that Postgres lacks"
"$BIN/ihht" survey post IHHT_${RECORDED_MS}_r1 clarity=4 energy=4 stress=2 >"$T/out" 2>&1
is $? 0 "what a person says is still taken" || diag "$(cat "$T/out")"
kill9 local-store
start local-store
wait_ready local-store
wait_until '[ "$(percent)" -ge 100 ]'
is "$(n_sqlite)" "$held" "killed and started again it holds the same"

# ---- Postgres is back: what it has leaves early, and the rest comes
start sync-worker
wait_until '[ "$(n_postgres)" = $ALL ]' 120
ok $? "all $ALL values get to Postgres" || diag "$(n_postgres) $(percent) $("$BIN/ihht" status)"
wait_until '[ "$(n_sqlite)" = $ALL ]'
ok $? "SQLite and its archive hold as many" || diag "$(n_sqlite)"
[ "$(lite "SELECT coalesce(sum(gone), 0) FROM archive")" -gt 0 ]
ok $? "some have left early, of sessions that run"
"$BIN/ihht" archive verify >"$T/out" 2>&1
is $? 0 "for files that are whole" || diag "$(cat "$T/out")"
csv_rows "$T/files" >"$T/csv"
postgres_rows >"$T/postgres"
check "value by value, each once" cmp "$T/csv" "$T/postgres"
wait_until '"$BIN/ihht" verify >"$T/verify" 2>&1' 60
ok $? "verify: equal" || diag "$(cat "$T/verify")"
is "$("$BIN/ihht" status --json | jq '[.processes[] | select(.process == "ble-ingest") | .counts.values_lost] | first')" 0 "none was lost on the way"

# ---- the cap
most=$(cat "$T/most")
[ "$most" -le $((MB * 1000000)) ]
ok $? "never more than $MB MB on disk ($most bytes at most)"
told=$(grep '"database"' "$T/log/alerts.log" | jq -r '.level + " " + (.text | capture("holds (?<p>[0-9]+)").p)')
like "$told" '^critical 100$' "told when it was full"
like "$told" '^warn [5-9][0-9]$' "and when it had room"
done_testing
