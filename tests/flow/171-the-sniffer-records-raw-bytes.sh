#!/bin/bash
# zmq-sniffer --record keeps raw notifications in a file, and nothing else; never writes over
# one, and says when the disk refuses.
. "$(dirname "$0")/lib.sh"
fresh
conf http-api port  # feed plays ble-ingest, and knows no settings
mkfifo "$T/lines"
background feed bash -c "exec '$TOOL/feed' --config '$CONF' <>'$T/lines'"
say() {
	local before
	before=$(grep -c '^ok\|^error' "$T/log/feed.log")
	printf '%s\n' "$*" >"$T/lines"
	wait_until "[ \$(grep -c '^ok\|^error' '$T/log/feed.log') -gt $before ]"
	[ "$(tail -1 "$T/log/feed.log")" = ok ] || diag "feed: $(tail -1 "$T/log/feed.log") to: $*"
}
raw() { say "live raw {\"device_id\": \"$1\", \"kind\": \"plx\", \"at_us\": 1795403600000000, \"mono_us\": 5, $2}"; }

background record "$BIN/zmq-sniffer" --config "$CONF" --record "$T/one" --count 3
say wait live raw/
say 'live device {"device_id": "aa", "since_us": 1}'
raw aa '"what": "begin", "port": "p,q", "name": "Nonin 3230", "zone_us": 0'
raw "a a" '"what": "due"'
raw aa '"what": "heard", "port": "p", "bytes": "AP8="'
raw aa '"what": "end", "reason": "link_lost"'
wait_end record
is "$STATUS" 0 "it ends after --count notifications"
is "$(cat "$T/one")" "# ihht raw capture 1
1795403600000000 5 aa plx begin 0 - p,q Nonin 3230
1795403600000000 5 aa plx heard p 00ff
1795403600000000 5 aa plx end link_lost" "each is a line of the file"
is "$(stat -c %a "$T/one")" 600 "which only its owner can read"
like "$(log_of record)" 'UNDECODABLE .*device_id: cannot be a column' "what no line can hold is told"
like "$(log_of record)" 'shown=3 ' "and the rest counted"

"$BIN/zmq-sniffer" --config "$CONF" --record "$T/one" --for 1 2>"$T/err"
is "$? $(wc -l <"$T/one")" "111 4" "a file that is there is left alone"
like "$(cat "$T/err")" "$T/one: File exists; a capture is not written over" "and that is said"

background full bash -c "trap '' XFSZ; exec '$BIN/zmq-sniffer' --config '$CONF' --record '$T/full'"
say wait live raw/
prlimit --fsize=200:200 --pid "${PIDS[full]}"
for _ in 1 2 3 4 5 6; do raw aa '"what": "heard", "port": "p", "bytes": "AP8="'; done
wait_end full
is "$STATUS" 111 "a disk that refuses ends it"
like "$(log_of full)" "$T/full: File too large" "with the reason"
stop feed
done_testing
