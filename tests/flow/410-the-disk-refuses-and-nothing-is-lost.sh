#!/bin/bash
# SQLite's file locked, on a full disk, read-only or no database: clear words, nothing said that
# is not true, and when the disk takes data again everything is there once.
. "$(dirname "$0")/lib.sh"
fresh
conf ble-ingest devices 3
conf ble-ingest rate 0
conf ble-ingest samples 5000
wanted() { [ "$(lite 'SELECT count(*) FROM readings')" = 15000 ]; }
dense() { lite 'SELECT count(*), count(DISTINCT seq), min(seq), max(seq) FROM readings GROUP BY session'; }
start_three() {
	for i in 1 2 3; do
		"$BIN/ihht" session start "00000000-0000-4000-8000-00000000000$i" "mock-00$i" >>"$T/log/commands.log" || return 1
	done
}
state() { "$BIN/ihht" --json status 2>/dev/null | jq -r '.processes[] | select(.process == "local-store") | .state + " " + .why'; }

# ---- locked by somebody else
start local-store
wait_ready local-store
check "sessions start" start_three
coproc LOCK { sqlite3 "$DB" 2>&1; }
lock_pid=$LOCK_PID
echo 'BEGIN IMMEDIATE; SELECT 1;' >&"${LOCK[1]}"
read -r _ <&"${LOCK[0]}"
start ble-ingest
check "a locked file is said in the beat" wait_until 'state | grep -q "waiting .*locked"'
is "$(lite 'SELECT count(*) FROM readings')" 0 "nothing is stored meanwhile"
like "$("$BIN/ihht" survey pre mock-001 clarity=3 2>&1)" 'not stored|does not answer|no answer' "a command is refused in words"
echo 'COMMIT;' >&"${LOCK[1]}"
eval "exec ${LOCK[1]}>&-"
wait "$lock_pid" 2>/dev/null
check "when it is free again everything is stored" wait_until wanted 60
is "$(dense)" "$(printf '5000|5000|1|5000\n5000|5000|1|5000\n5000|5000|1|5000')" "each value once"
check "and a command is taken again" "$BIN/ihht" survey pre mock-001 clarity=3
stop ble-ingest
stop local-store

# ---- no database, and one that may not be written
mv "$DB" "$DB.kept"
rm -f "$DB"-*
head -c 5000 /dev/urandom >"$DB"
start local-store
wait_end local-store
is "$STATUS" 111 "a file that is no database ends it with 111"
like "$(log_of local-store)" "store.sqlite: file is not a database" "and is named"
rm -f "$DB"
if [ "$(id -u)" != 0 ]; then
	cp "$DB.kept" "$DB"
	chmod 400 "$DB"
	start local-store
	wait_end local-store
	is "$STATUS" 111 "a read-only file ends it with 111"
	like "$(log_of local-store)" "readonly|read-only" "and says so"
	rm -f "$DB"
else
	skip "a read-only file ends it with 111" "root may write any file"
fi

# ---- a full disk
mkdir "$T/small"
if mount -t tmpfs -o size=1m tmpfs "$T/small" 2>/dev/null; then
	DB=$T/small/store.sqlite
	conf gateway database "$DB"
	conf ble-ingest spool "$T/spool2"
	start local-store
	wait_ready local-store
	check "sessions start on the small disk" start_three
	start ble-ingest
	check "a full disk is said in the beat" wait_until 'state | grep -q "waiting .*full"'
	before=$(lite 'SELECT count(*) FROM readings')
	[ "$before" -gt 0 ]
	ok $? "what was stored before is there ($before)"
	mount -o remount,size=64m "$T/small"
	check "with room again everything is stored" wait_until wanted 60
	is "$(dense)" "$(printf '5000|5000|1|5000\n5000|5000|1|5000\n5000|5000|1|5000')" "each value once"
	stop ble-ingest
	stop local-store
	umount "$T/small"
else
	skip "a full disk is said and survived" "only root can mount a small disk"
fi
done_testing
