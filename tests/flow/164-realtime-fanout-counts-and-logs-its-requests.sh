#!/bin/bash
# realtime-fanout's own /metrics, and a line in the log for each request: which route, how it ended, and
# nothing of who asked or of what was seen.
. "$(dirname "$0")/lib.sh"
fresh
A=11111111-1111-4111-8111-111111111111
PORT=${SETTINGS[realtime-fanout/port]}
URL=http://127.0.0.1:$PORT
TOKEN=$("$BIN/ihht" --config "$CONF" token person $A)
start realtime-fanout
wait_ready realtime-fanout
metrics() { curl -qs "$URL/metrics"; }
metric() { metrics | sed -n "s/^ihht_realtime_fanout_$1{worker=\"1\"} //p"; }

like "$(curl -qs -D - -o "$T/page" "$URL/metrics" | tr -d '\r' | grep -i '^content-type')" 'text/plain; version=0.0.4' "the page of metrics says what it is"
is "$("$ROOT/tests/flow/promlint" <"$T/page")" "" "and is as Prometheus wants it"
is "$(grep -c '^ihht_up{process="realtime-fanout",worker="1"} 1$' "$T/page") $(grep -c '^ihht_ready{.*} [01]$' "$T/page")" "1 1" "it is up, and says whether it waits"
# those of counts.def that a beat has, under the same names
is "$(grep -c '^# TYPE ihht_realtime_fanout_' "$T/page")" "$(grep -c 'C("realtime-fanout"' "$ROOT/proto/counts.def")" "each count is told"
background watch curl -qsN -H "Authorization: Bearer $TOKEN" "$URL/events?person=$A"
wait_until "[ \"\$(metric watchers)\" = 1 ]"
ok $? "who watches is counted"
curl -qs "$URL/health" -o "$T/out"
curl -qs "$URL/nothing/$A?access_token=$TOKEN" -o "$T/out"
curl -qs -X POST "$URL/events" -o "$T/out"
curl -qs "$URL/events" -o "$T/out"
is "$(metric requests_refused_total)" 3 "and what was refused"
kill "${PIDS[watch]}"
wait_until "[ \"\$(metric watchers)\" = 0 ]"
requests() { sed -n 's/.* info realtime-fanout request //p' "$T/log/realtime-fanout.log" | grep -v metrics; }
is "$(requests | sed 's/ ms=[0-9]* / /; s/frames=[0-9]*/frames=N/' | paste -sd';')" \
	'route="GET /health" status=200;route="GET ?" status=404;route="? ?" status=405;route="GET /events" status=401;route="GET /events" status=200 frames=N end=""' \
	"the log has a line for each, a stream's when it ends"
unlike "$(cat "$T/log/realtime-fanout.log")" "eyJ|$A|127.0.0.1|person" "and neither token, person nor address"
stop realtime-fanout
done_testing
