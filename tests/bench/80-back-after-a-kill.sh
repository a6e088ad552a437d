#!/bin/bash
# A process is killed while values flow: how long until they flow through it again?  And how long
# verify takes when a million readings are equal.
. "$(dirname "$0")/../flow/lib.sh"
fresh
N=${BENCH_READINGS:-1000000}
conf ble-ingest devices 20
conf ble-ingest rate 5
conf local-store bundle-seconds 0
conf sync-worker retry-most-ms 200
pg_start || skip_all "no Postgres"
now_ms() { date +%s%3N; }
rows() { sql "SELECT count(*) FROM readings"; }
for name in local-store sync-worker; do start $name; done
wait_ready local-store
for i in $(seq 1 20); do
	"$BIN/ihht" session start "00000000-0000-4000-8000-0000000000$(printf '%02d' "$i")" "mock-$(printf '%03d' "$i")" >>"$T/log/commands.log"
done
start ble-ingest
wait_until '[ "$(rows)" -gt 1000 ]' 60

# Now and then an oximeter of the mock is out of range for up to 40 s: of its session nothing comes.
back() {
	local here there
	here=$(lite "SELECT DISTINCT s.id FROM readings r JOIN session s ON s.no = r.session WHERE r.taken_us > $1 ORDER BY 1")
	there=$(sql "SELECT DISTINCT session_id FROM readings WHERE timestamp > to_timestamp($1 / 1e6) ORDER BY 1")
	[ "$(wc -l <<<"$here")" -ge 10 ] && [ "$here" = "$there" ]
}

# Measured from the kill until Postgres has a row that was taken after it of each session that has one, start included.
for name in ble-ingest local-store sync-worker; do
	worst=0
	for i in 1 2 3 4 5; do
		began=$(now_ms)
		kill9 $name
		since=$(date +%s%6N)
		start $name
		wait_until "back $since" 60
		took=$(($(now_ms) - began))
		[ $took -le $worst ] || worst=$took
	done
	printf '%s killed, next values of the sessions in Postgres (worst of 5)\t%d\tms\t2000\t\n' $name $worst
done
for name in ble-ingest sync-worker local-store; do kill9 $name; done

# ---- a million, equal
rm -f "$DB" "$DB"-*
sql "TRUNCATE readings, sessions, sync_receipts, sync_heads, record_history CASCADE"
conf ble-ingest rate 0
conf ble-ingest devices 100
conf ble-ingest samples $((N / 100))
conf ble-ingest spool "$T/spool2"
conf local-store bundle-seconds 30
for name in local-store sync-worker; do start $name; done
wait_ready local-store
for i in $(seq 1 100); do
	"$BIN/ihht" session start "00000000-0000-4000-8000-000000000$(printf '%03d' "$i")" "mock-$(printf '%03d' "$i")" >>"$T/log/commands.log"
done
start ble-ingest
wait_until "[ \"\$(rows)\" -ge $N ]" 600
for name in ble-ingest sync-worker; do kill9 $name; done
wait_until "\"\$BIN/ihht\" verify" 60
began=$(now_ms)
"$BIN/ihht" verify >"$T/verified" || echo "# verify: $(cat "$T/verified")"
printf 'verify of %d equal readings\t%d\tms\t5000\t\n' "$N" $(($(now_ms) - began))
kill9 local-store
pg_stop
FINISHED=1
