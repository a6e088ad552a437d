# zmq-sniffer decodes what a sender publishes, filters it, shows what it cannot decode, and
# tells losses of its own.
. "$(dirname "$0")/lib.sh"

fresh
conf http-api port  # feed plays it, and knows no settings

# feeder: $TOOL/feed obeys lines; say LINE gives one and waits for its answer
mkfifo "$T/lines"
background feed bash -c "exec '$TOOL/feed' --config '$CONF' <>'$T/lines'"
say() {
	local before
	before=$(grep -c '^ok\|^error' "$T/log/feed.log")
	printf '%s\n' "$*" >"$T/lines"
	wait_until "[ \$(grep -c '^ok\|^error' '$T/log/feed.log') -gt $before ]"
	[ "$(tail -1 "$T/log/feed.log")" = ok ] || diag "feed: $(tail -1 "$T/log/feed.log") to: $*"
}
# sniff NAME ARGS: in the background, until its --count or TERM
sniff() { background "$1" bash -c 'exec "$@" >"$0.out"' "$T/$1" "$BIN/zmq-sniffer" --config "$CONF" "${@:2}"; }
sample() { echo "live sample {\"spool\": 1, \"pos\": $1, \"device_id\": \"$2\", \"epoch\": 1, \"seq\": $1, \"taken_us\": 1795403600000000, \"spo2\": $3, \"data_source\": \"mock\"}"; }

sniff lonely --link receipts --for 3

sniff text --topic sample/ --count 2
say wait live sample/
say "$(sample 1 mock-001 91)"
say "$(sample 2 mock-002 84.5)"
wait_end text
is "$STATUS" 0 "it ends by itself after --count messages"
like "$(sed -n 1p "$T/text.out")" '^[0-9:.]{15} live +sample/test/mock-001/ +sample .*seq=1 .*spo2=91 .*data_source=mock$' \
	"a line has time, link, topic and every field"
is "$(wc -l <"$T/text.out")" 2 "a line each"
like "$(log_of text)" 'live: shown=2 received=2 undecodable=0 missed=0' "it sums up"

sniff json --topic sample/ --json --where 'spo2<85,device_id=mock-002' --count 1
say wait live sample/
say "$(sample 3 mock-002 85)"
say "$(sample 4 mock-001 84)"
say "$(sample 5 mock-002 84)"
wait_end json
is "$(jq -r '[.link, .topic, .sample.seq, .sample.spo2, .sample.heart_rate] | map(tostring) | join(" ")' "$T/json.out")" \
	"live sample/test/mock-002/ 5 84 null" "--where shows only what meets all conditions, as JSON"

sniff prefix --topic sample/test/mock-002/ --count 1
say wait live sample/test/mock-002/
say "$(sample 6 mock-001 90)"
say "$(sample 7 mock-002 90)"
wait_end prefix
like "$(cat "$T/prefix.out")" 'seq=7 ' "--topic selects by prefix"
like "$(log_of prefix)" 'received=1 .*missed=unknown' "with a part of a topic it does not pretend to see holes"

# what is no message of ours: five hostile bytes, a foreign message, a wrong version, no topic of ours
sniff bad --link live
say "wait live "
say raw live sample/test/x/ dd7fffffff
say raw live stored/test/x/ 9601010101c2c2
say raw live sample/test/x/ 93cd03e90101
say raw live nonsense 00
say "$(sample 8 mock-001 93)"
wait_until "grep -q seq=8 '$T/bad.out'"
like "$(cat "$T/bad.out")" 'sample/test/x/ +UNDECODABLE .*no array of scalars' "hostile bytes are shown with the reason"
like "$(cat "$T/bad.out")" 'stored/test/x/ +UNDECODABLE .*does not travel here' "so is a message on the wrong link"
like "$(cat "$T/bad.out")" 'UNDECODABLE .*version 1001 is not one of ours' "so is a version that cannot be"
like "$(cat "$T/bad.out")" 'nonsense +UNDECODABLE' "so is a topic that is none"
like "$(cat "$T/bad.out")" 'seq=8 ' "and the next message is shown as ever"
stop bad
like "$(log_of bad)" 'live: shown=1 received=1 undecodable=4' "they are counted"

sniff holes --topic sample/ --count 2
say wait live sample/
say "$(sample 9 mock-001 93)"
say skip live sample 3
say "$(sample 10 mock-001 93)"
wait_end holes
like "$(log_of holes)" 'live: 3 messages missed; I was too slow' "a hole in the sender's count is told"
like "$(log_of holes)" 'missed=3' "and counted"

stop feed
background late "$BIN/zmq-sniffer" --config "$CONF" --link news
wait_until "grep -q 'news has no sender; waiting' '$T/log/late.log'"
ok $? "a link without a sender is told"
background feed bash -c "exec '$TOOL/feed' --config '$CONF' <>'$T/lines'"
wait_until "grep -q 'news has a sender' '$T/log/late.log'"
ok $? "and waited for"
stop late
wait_end lonely
is "$STATUS $(grep -c 'no sender' "$T/log/lonely.log")" "0 1" "it is told once, however long it lasts"

timeout 20 "$BIN/zmq-sniffer" --config "$CONF" --link beats 2>"$T/log/head" | head -1 >"$T/one"
is "${PIPESTATUS[0]} $(wc -l <"$T/one")" "0 1" "it ends when nobody reads its output any more"

"$BIN/zmq-sniffer" --link samples >"$T/out" 2>&1
is "$? $(grep -c 'would take messages away from local-store' "$T/out")" "2 1" "it refuses to open a PULL"
"$BIN/zmq-sniffer" --config "$CONF" --topic alert/ --count 1 --for 0.3 >"$T/out" 2>&1
is $? 1 "--for ends it; 1 when --count was not reached"
conf nonsense a b
"$BIN/zmq-sniffer" --check >"$T/out" 2>&1
is "$? $(grep -c 'nonsense: no such section' "$T/out")" "100 1" "wrong settings are named"

done_testing
