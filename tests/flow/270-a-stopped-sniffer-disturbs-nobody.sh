# A sniffer that does not read loses its own messages only, and says how many.
. "$(dirname "$0")/lib.sh"

fresh
conf http-api port  # feed plays it, and knows no settings
N=150000  # more than what a reader's queue of the link `live` and the kernel hold

background stuck "$BIN/zmq-sniffer" --config "$CONF" --link live --where 'spo2<0'
background quick "$BIN/zmq-sniffer" --config "$CONF" --link live --where 'spo2<0'
wait_until "grep -q 'no sender' '$T/log/stuck.log' && grep -q 'no sender' '$T/log/quick.log'"
background feed "$TOOL/feed" --config "$CONF" 1000 20
sniffed() { grep -oE "live: .*$2=[0-9]+" <<<"$(log_of "$1")" | grep -oE '[0-9]+$'; }
wait_until "grep -q 'has a sender' '$T/log/stuck.log' && grep -q 'has a sender' '$T/log/quick.log'"
kill -STOP "${PIDS[stuck]}"
background count "$BIN/zmq-sniffer" --config "$CONF" --topic sample/ --where "seq>$((N / 1000))" --count 1
wait_end count 60
is "$STATUS" 0 "$N messages went by"
kill -CONT "${PIDS[stuck]}"
wait_until "grep -q 'messages missed; I was too slow' '$T/log/stuck.log'"
ok $? "the stopped one tells what it missed"
stop feed
stop stuck
stop quick
is "$(sniffed quick missed)" 0 "the one beside it missed nothing"
[ "$(sniffed quick received)" -gt $((N * 2 / 3)) ]
ok $? "and received what went by from its first one on ($(sniffed quick received))"

done_testing
