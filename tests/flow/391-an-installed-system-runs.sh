#!/bin/bash
# make install: what it puts where, keeps the settings, and runs from there.
. "$(dirname "$0")/lib.sh"
PATH=$PATH:/usr/sbin:/sbin
for program in supervisord nginx curl; do
	command -v $program >/dev/null || skip_all "$program is not installed"
done
fresh
[ -d "$ROOT/build/dashboard" ] || skip_all "the page is not built (make dashboard)"
install() { (cd "$ROOT" && DESTDIR=$T/root PREFIX=/usr/local B=build/$MODE deploy/install); }

check "make install" install
for process in ble-ingest local-store sync-worker dedupe-auditor realtime-fanout http-api zmq-sniffer ihht; do
	check "$process is there" test -x "$T/root/usr/local/bin/$process"
done
check "the page is there" test -s "$T/root/usr/local/share/ihht/dashboard/index.html"
like "$(cat "$T/root/etc/ihht/ihht.conf")" 'database = "/var/lib/ihht/local-store/store.sqlite"' "the settings name the folders of the system"
like "$(cat "$T/root/etc/ihht/ihht.conf")" 'spool = "/var/lib/ihht/ble-ingest/spool"' "of each process its own"
check "and are right" "$BIN/ihht" --config "$T/root/etc/ihht/ihht.conf" check-config

RUN=$T/run CONF=$T/root/etc/ihht/ihht.conf
conf gateway run "$RUN"
conf ble-ingest spool "$T/spool"
kept=$(cat "$CONF")
check "make install, once more" install
is "$(cat "$CONF")" "$kept" "leaves the settings that are there"

export VAR=$T/var LOG=$T/var/log CONF USERS=false PORT=
export BIN=$T/root/usr/local/bin WWW=$T/root/usr/local/share/ihht/dashboard
PORT=$(free_port)
PG_DIRS+=("$VAR/postgres")
sed -i "s|/usr/local/share|$T/root&|" "$BIN/ihht-run"
background run "$BIN/ihht-run"
wait_until "log_of run | grep -q 'Ctrl-C stops' || ! is_alive ${PIDS[run]}" 120
unlike "$(log_of run)" 'not everything is ready' "it runs from there"
is "$(curl -s -m 10 -o "$T/out" -w '%{http_code}' "http://127.0.0.1:$PORT/")" 200 "and shows the page"
stop run

# a user for each process: needs root, and the users
export USERS=true VAR=$T/var2 LOG=$T/var2/log
if [ "$(id -u)" != 0 ]; then
	"$BIN/ihht-run" >"$T/out" 2>&1
	is "$? $(cat "$T/out")" "100 run: USERS=true needs root" "a user for each process needs root"
	done_testing
fi
if ! id ihht-local-store >/dev/null 2>&1; then
	"$BIN/ihht-run" >"$T/out" 2>&1
	like "$? $(cat "$T/out")" "^100 run: there are no users yet: .*make-users" "without its users it says what makes them"
fi
done_testing
