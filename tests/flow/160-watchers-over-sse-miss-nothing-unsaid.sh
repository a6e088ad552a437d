#!/bin/bash
# realtime-fanout alone, with feed as the pipeline: what an SSE client gets, and what it gets
# when it asks for nonsense.
. "$(dirname "$0")/lib.sh"
fresh
sign_in admin
PORT=${SETTINGS[realtime-fanout/port]}
URL=http://127.0.0.1:$PORT
A=00000000-0000-4000-8000-00000000000a
USER_A=00000000-0000-4000-8000-0000000000aa

# feed does what it is told; say LINE waits for its answer
trap '' PIPE  # a feed that is gone is a failed test, not our end
mkfifo "$T/to-feed" "$T/from-feed"
feed_up() {
	"$TOOL/feed" --config "$CONF" <"$T/to-feed" >"$T/from-feed" 2>>"$T/log/feed.log" &
	PIDS[feed]=$!
	exec 7>"$T/to-feed" 8<"$T/from-feed"
}
say() {
	local answer
	echo "$*" >&7
	read -r -t 35 answer <&8
	[ "$answer" = ok ] || diag "feed: $* -> ${answer:-no answer}"
}
sample() { say "live sample {\"spool\":1,\"pos\":$2,\"device_id\":\"$1\",\"epoch\":1,\"seq\":$2,\"taken_us\":$(date +%s%6N),\"spo2\":$3,\"heart_rate\":70,\"data_source\":\"mock\"}"; }
session() { say "news session {\"id\":\"$A\",\"local_session_id\":\"IHHT_1_a\",\"user_id\":\"$USER_A\",\"gateway\":\"test\",\"device_id\":\"d1\",\"status\":\"$1\",\"start_us\":1,\"total_mask_lifts\":0,\"total_readings\":0,\"data_source\":\"mock\",\"hlc\":1}"; }
watch() { background "$1" curl -sN --max-time 60 "${@:3}" "$URL/events$2"; }   # to $T/log/$1.log
seen() { wait_until "grep -q -- '$2' $T/log/$1.log" 20; }
unwatch() { kill "${PIDS[$1]}" 2>/dev/null; wait "${PIDS[$1]}" 2>/dev/null; unset "PIDS[$1]"; }
data() { sed -n 's/^data: //p' "$T/log/$1.log"; }

feed_up
start realtime-fanout
wait_ready realtime-fanout
say "wait live "
say "wait news session/"

# ---- a stream
session active
sample d1 1 97
watch w1 ""
seen w1 '"snapshot"'
ok $? "a watcher first gets a snapshot"
is "$(data w1 | head -1 | jq -c '[.type, .sessions[0].id, .devices[0].sample.spo2]')" "[\"snapshot\",\"$A\",97]" \
	"which has the running session and its last value"
sample d1 2 88.5
sample d2 1 99
seen w1 '"spo2":99'
is "$(data w1 | jq -c 'select(.type == "sample") | [.device_id, .session_id, .spo2]' | paste -sd' ')" \
	"[\"d1\",\"$A\",88.5] [\"d2\",null,99]" "then each value as it comes"
is "$(data w1 | jq .seq | awk 'NR > 1 && $1 != last + 1 { bad++ } { last = $1 } END { print bad + 0 }')" 0 \
	"frames are numbered without a hole"
say "skip live sample 2"
sample d1 5 90
seen w1 '"of":"device"'
is "$(data w1 | jq -c 'select(.of == "device") | [.device_id, .from, .to]')" '["d1",3,4]' \
	"values of a device that never came are told"
seen w1 '"of":"live"'
is "$(data w1 | jq -c 'select(.of == "live") | .lost')" 2 "and that the link lost some"

# ---- coming back
id=$(grep '^id: ' "$T/log/w1.log" | tail -1 | cut -d' ' -f2)
unwatch w1
sample d1 6 91
sample d1 7 92
watch w2 "?types=sample" -H "Last-Event-ID: $id"
seen w2 '"spo2":92'
is "$(data w2 | jq -c '[.type, .spo2]' | paste -sd' ')" '["resumed",null] ["sample",91] ["sample",92]' \
	"who comes back gets just what was missed"
unwatch w2

watch w3 "?device=d2"
watch w4 "?session=$A&types=sample"
watch w7 "?person=$USER_A&types=sample"
watch w8 "?person=00000000-0000-4000-8000-0000000000bb&types=sample"
for w in w3 w4 w7 w8; do seen $w snapshot; done
sample d1 8 93
sample d2 2 94
sample d1 9 95
seen w3 '"spo2":94'
seen w4 '"spo2":95'
is "$(data w3 | jq -c 'select(.type == "sample") | .spo2' | paste -sd' ')" 94 "a device is picked by its id"
is "$(data w4 | jq -c 'select(.type == "sample") | .spo2' | paste -sd' ')" "93 95" "or by its session's"
seen w7 '"spo2":95'
is "$(data w7 | jq -c 'select(.type == "sample") | .spo2' | paste -sd' ')" "93 95" "or by whose it is"
is "$(data w8 | grep -c '"type":"sample"')" 0 "and another person's watcher gets none of them"
seen w8 '"type":"time"'
ok $? "but a sign of life"
for w in w3 w4 w7 w8; do unwatch $w; done

# ---- asked for nonsense: request, status, what the answer says
while read -r status says args; do
	out=$(eval "curl -s --max-time 5 -w '\n%{http_code} %{content_type}' $args")
	is "${out##*$'\n'}" "$status application/problem+json" "$status for $args" || diag "$out"
	is "$(head -1 <<<"$out" | jq -r .status)" "$status" "  and the same in the problem document"
	like "$(head -1 <<<"$out" | jq -r .detail)" "$says" "  which says what would be right"
done <<EOF
404 /events $URL/
404 /events $URL/event
404 /events $URL/events/
400 no.such.parameter '$URL/events?devices=d1'
400 no.such.parameter '$URL/events?device'
400 none.of '$URL/events?types=samples'
400 UUID '$URL/events?session=1'
400 run.*seq '$URL/events?resume=7'
400 1.to.64 '$URL/events?device='
400 longer.than '$URL/events?device=$(printf 'x%.0s' {1..300})'
405 GET -X POST -d x $URL/events
405 GET -X DELETE $URL/events
405 GET -X PUT -d x $URL/health
403 origin -H 'Origin:http://evil.example' $URL/events
403 origin -H 'Origin:null' $URL/events
426 WebSocket $URL/live
EOF
curl -s --max-time 5 -H "X: $(printf 'x%.0s' {1..20000})" "$URL/health" >/dev/null
curl -s --max-time 5 "$URL/events?device=$(printf 'x%.0s' {1..20000})" >/dev/null
printf '\0\377\1garbage\r\n\r\n' >"/dev/tcp/127.0.0.1/$PORT"
is "$(curl -s "$URL/health" | jq -r .status)" ok "oversize headers and garbage leave it as it was"

# ---- stops and starts
watch w5 ""
seen w5 snapshot
id=$(grep '^id: ' "$T/log/w5.log" | tail -1 | cut -d' ' -f2)
stop realtime-fanout
like "$(log_of realtime-fanout | tail -1)" "stopped frames=[0-9]" "and says how much it did"
start realtime-fanout
wait_ready realtime-fanout
watch w6 "?resume=$id"
seen w6 '"snapshot"'
is "$(data w6 | jq -c '[.type, .why]' | head -2 | paste -sd' ')" '["hole","restart"] ["snapshot",null]' \
	"after a restart who comes back is told of a hole"
seen w6 "$A"
ok $? "and the running session is there again, as local-store repeats it"

# ---- a hundred at once; who leaves a stream on which nothing comes, or speaks on it, is let go of, and costs nothing
TOKEN=$("$BIN/ihht" --config "$CONF" token admin)
cpu() { awk '{ print $14 + $15 }' "/proc/${PIDS[realtime-fanout]}/stat"; }
watching() { curl -s "$URL/metrics" | sed -n 's/^ihht_realtime_fanout_watchers{.*} //p'; }
wait_until '[ "$(watching)" = 1 ]'
(cd "$T" && exec curl -sN -m 60 -Z --parallel-immediate --parallel-max 100 -o "many.#1" "$URL/events?types=alert#[1-100]") >/dev/null 2>&1 &
PIDS[many]=$!
wait_until '[ "$(cat "$T"/many.* | grep -c "\"snapshot\"")" = 100 ]' 50
ok $? "a hundred watchers have their snapshot" || diag "$(cat "$T"/many.* | grep -c '"snapshot"')"
unwatch many
wait_until '[ "$(watching)" = 1 ]'
ok $? "and when they leave they are gone"

curl -qsN -m 2 -H "Authorization: Bearer $TOKEN" "$URL/events?types=alert" >/dev/null
exec 9<>"/dev/tcp/127.0.0.1/$PORT"
printf 'GET /events?types=alert HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer %s\r\n\r\n' "$TOKEN" >&9
read -r line <&9
like "$line" ' 200 ' "one is left, one is there"
echo more >&9
before=$(cpu) since=$(date +%s%N)
wait_until '[ "$(watching)" = 1 ]'
ok $? "both are gone"
spent=$(($(cpu) - before)) passed=$((($(date +%s%N) - since) / 10000000))
ok $((spent > 100 && spent > passed / 2)) "and nobody was busy with them for long ($spent of $passed ticks)"
exec 9>&-

start realtime-fanout --instance 2
wait_end realtime-fanout-2
is "$STATUS" 111 "a port in use: try again"
like "$(log_of realtime-fanout-2)" "cannot listen on 127.0.0.1 port $PORT" "and which"
is "$(ss -ltnH "sport = :$PORT" | awk '{ print $4 }')" "127.0.0.1:$PORT" "it listens on loopback only"

exec 7>&- 8<&-
kill9 feed
wait_until "curl -s $URL/health | grep -q waiting"
is "$(curl -s "$URL/health" | jq -c '[.status, .why]')" '["waiting","no beat of ble-ingest: nothing live"]' \
	"without its neighbours it waits and says so"
seen w6 '"process":"local-store","instance":1,"state":"silent"'
ok $? "and so it tells its watchers"
stop realtime-fanout

# ---- settings: name, value, complaint
while read -r name value says; do
	conf realtime-fanout "$name" "$value"
	start realtime-fanout
	wait_end realtime-fanout
	is "$STATUS" 100 "$name = $value: fix the settings"
	like "$(log_of realtime-fanout)" "$says" "  and how"
	conf realtime-fanout "$name"
done <<EOF
port 0 from.1.to.65535
watchers 0 from.1.to
ring-frames 15 from.16
ring-bytes 1 from.65536
lag-ms 99 from.100
stalled-s 0 from.1
devices 0 from.1
nonsense 1 no.such.setting
EOF
conf realtime-fanout port "$PORT"
done_testing
