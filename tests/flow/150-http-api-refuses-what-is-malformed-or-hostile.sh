#!/bin/bash
# http-api alone: one row for each way a request can be wrong, with the status and the words
# it must get, and that none of it keeps the next request waiting.
. "$(dirname "$0")/lib.sh"
fresh
sign_in admin
conf http-api body-bytes 100000
conf http-api connections 20
conf http-api hosts "ihht.example clinic"
start http-api
wait_ready http-api
PORT=${SETTINGS[http-api/port]}
URL=http://127.0.0.1:$PORT

# row STATUS REGEX NAME CURL-ARGS...: status and, in head or body, the words
row() {
	local status=$1 regex=$2 name=$3 out

	shift 3
	out=$(curl -sS -i -m 20 --path-as-is "$@" 2>&1 | tr -d '\r')
	if [ "$(sed -n '/^HTTP\/1.1 100/,/^$/d; 1,/^HTTP/s/^HTTP[^ ]* \([0-9]*\).*/\1/p' <<<"$out")" = "$status" ] &&
		grep -qE -- "$regex" <<<"$out"; then
		ok 0 "$status: $name"
	else
		ok 1 "$status: $name"
		diag "expected: /$regex/"
		diag "$out"
	fi
}
post() { local s=$1 r=$2 n=$3; shift 3; row "$s" "$r" "$n" -H 'Content-Type: application/json' "$@"; }

# raw BYTES: the first line of the answer, or "closed"; it may be closed while we still write
raw() {
	trap '' PIPE
	exec 7<>"/dev/tcp/127.0.0.1/$PORT"
	printf "$1" >&7 2>/dev/null
	timeout "${2:-5}" head -1 <&7 | tr -d '\r' | grep . || echo closed
	exec 7>&-
}

# A head that never ends and a body that never ends are both cut off: begun now, looked at last.
( exec 8<>"/dev/tcp/127.0.0.1/$PORT"; printf 'GET /api/health HTTP/1.1\r\nX: ' >&8
  while printf x >&8; do sleep 1; done ) 2>/dev/null &
SLOW_HEAD=$!
( exec 8<>"/dev/tcp/127.0.0.1/$PORT"
  printf 'POST /api/sessions HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: 90000\r\n\r\n' >&8
  while printf ' ' >&8; do sleep 1; done ) 2>/dev/null &
SLOW_BODY=$!

row 404 '"status":404' "no such path" "$URL/api/nothing"
row 404 'application/problem\+json' "a refusal is a problem document" "$URL/"
row 404 '"status":404' "a path that climbs" "$URL/api/sessions/../../etc/passwd"
row 400 'NUL' "a NUL in the path" "$URL/api/health%00.txt"
row 400 'too long' "a path of 3000 bytes" "$URL/api/$(printf 'x%.0s' $(seq 3000))"
row 405 '^Allow: GET, HEAD, POST$' "DELETE" -X DELETE "$URL/api/sessions"
row 405 '^Allow: POST$' "GET where only POST is" "$URL/api/sync/batch"
row 405 '^Allow:' "OPTIONS: no CORS but for listed origins" -X OPTIONS -H 'Origin: http://localhost' "$URL/api/sessions"
row 421 '"field":"Host"' "another host's name (DNS rebinding)" -H 'Host: evil.example' "$URL/api/health"
row 403 '"field":"Origin"' "another site's page" -H 'Origin: https://evil.example' "$URL/api/health"
row 503 '"status":"down"' "our own page" -H 'Origin: http://localhost:8080' "$URL/api/health"
row 503 '"status":"down"' "a host named in the settings" -H 'Host: clinic' "$URL/api/health"
row 400 'no such argument; there are: status' "an unknown argument" "$URL/api/sessions?colour=red"
row 400 'given once' "an argument twice" "$URL/api/sessions?limit=1&limit=2"
row 400 'given once' "an argument without a value" "$URL/api/sessions?limit"
row 400 '"field":"limit"' "a limit out of range" "$URL/api/sessions?limit=501"
row 400 '"field":"user_id"' "SQL in an argument" "$URL/api/sessions?user_id=1%27%20OR%20%271%27=%271"
row 400 'pending' "no arguments where there are none" "$URL/api/health?pending=1"

row 415 'must be application/json' "a form" -d 'type=x' "$URL/api/sync/batch"
row 415 'must not be packed' "a packed body" -H 'Content-Type: application/json' -H 'Content-Encoding: gzip' -d x "$URL/api/sync/batch"
post 400 '"field":"Content-Type"' "two content types" -H 'Content-Type: text/plain' -d '{}' "$URL/api/sync/batch"
row 400 '"field":"Authorization"' "two tokens" -H 'Authorization: Bearer x.y.z' "$URL/api/sessions"
post 400 'not JSON: line 1' "no JSON" -d 'x' "$URL/api/sync/batch"
post 400 'must be a JSON object' "an empty body" -X POST "$URL/api/sync/batch"
post 400 'must be a JSON object' "a list" -d '[]' "$URL/api/sync/batch"
post 400 '16 deep' "JSON 100 deep" -d "{\"a\":$(printf '[%.0s' $(seq 100))$(printf ']%.0s' $(seq 100))}" "$URL/api/sync/batch"
head -c 45000 /dev/zero | sed 's/\x0/{},/g' | sed 's/^/{"a":[/; s/,$/]}/' >"$T/many.json"
post 413 'send it in parts|may have 100000' "a hundred bytes of memory for each of JSON" -d "@$T/many.json" "$URL/api/sync/batch"
head -c 100001 /dev/zero | tr '\0' ' ' >"$T/large.json"
post 413 'a body may have 100000 bytes' "a body over the limit, told before" -d "@$T/large.json" "$URL/api/sync/batch"
post 413 'a body may have 100000 bytes' "a body over the limit, in chunks" -H 'Transfer-Encoding: chunked' -d "@$T/large.json" "$URL/api/sync/batch"
post 422 '"field":"type"' "an unknown type" -d '{"type":"x","data":[]}' "$URL/api/sync/batch"
post 422 '"field":"outcomes"' "a wish that is none" -d '{"type":"readings","sessionId":"a","outcomes":1,"data":[]}' "$URL/api/sync/batch"
post 422 '"field":"x","row":1' "a bad row that is too long to be set apart" -d "{\"type\":\"readings\",\"sessionId\":\"a\",\"data\":[{\"timestamp\":1,\"spo2\":101,\"x\":\"$(printf 'x%.0s' $(seq 4000))\"}]}" "$URL/api/sync/batch"
post 200 '"already_synced"' "an empty batch" -d '{"type":"readings","sessionId":"a","data":[]}' "$URL/api/sync/batch"
post 422 '"field":"user_id"' "a start without a person" -d '{"device_id":"d"}' "$URL/api/sessions"
post 422 'no such field' "a field nobody knows" -d '{"colour":"red"}' "$URL/api/sessions/a/stop"

# What is not HTTP at all.
like "$(raw 'GARBAGE\r\n\r\n')" '^HTTP/1.[01] 4|closed' "a line that is no request"
like "$(raw 'GET /api/health HTTP/1.1\r\n\r\n')" ' 400 ' "HTTP/1.1 without Host"
like "$(raw 'GET /api/health HTTP/1.1\r\nHost: localhost\r\nHost: evil.example\r\n\r\n')" ' 400 |closed' "two hosts"
like "$(raw 'GET /api/health HTTP/9.9\r\nHost: localhost\r\n\r\n')" '^HTTP/1.[01] (505|400)|closed' "HTTP/9.9"
like "$(raw 'POST /api/sync/batch HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: -5\r\n\r\n')" \
	' 4[01]' "a length below nothing"
like "$(raw 'POST /api/sync/batch HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\nZZZ\r\n')" \
	' 40[01] |closed' "chunks without a size"
like "$(raw "GET /api/health HTTP/1.1\r\nHost: localhost\r\nX: $(printf 'x%.0s' $(seq 60000))\r\n\r\n")" \
	' 4(31|13|00) |closed' "a header of 60 000 bytes"

# Neighbours that are not there: reads say so at once, commands after five seconds.
row 503 '^Retry-After: 2$' "Postgres away: a list says when to come again" "$URL/api/sessions"
row 503 'Postgres is away' "Postgres away: readings say why" "$URL/api/sessions/a/readings"
row 503 'local-store was never heard' "health says who is missing" "$URL/api/health"
curl -sS -m 20 -o "$T/answer" -w '%{http_code} %{time_total}' -H 'Content-Type: application/json' \
	-d '{}' "$URL/api/sessions/a/stop" >"$T/code" &
COMMAND=$!
check "a command that waits keeps nobody waiting" curl -sS -m 2 -o /dev/null "$URL/api/health"
wait $COMMAND
like "$(cat "$T/code")" '^503 [56]' "local-store away: a command is told so after five seconds"
like "$(cat "$T/answer")" 'ask again with the same request_id' "and what to do"

# More callers than there is room for wait; they are not turned away, and nothing breaks.
for i in $(seq 60); do curl -sS -m 20 -o /dev/null -w '%{http_code}\n' "$URL/api/health" & done >"$T/codes" 2>&1
wait_until "[ \$(wc -l <'$T/codes') = 60 ]"
is "$(sort -u "$T/codes")" 503 "sixty callers at once are all answered"

wait_until "! kill -0 $SLOW_HEAD"
ok $? "a head that trickles is cut off"
wait_until "! kill -0 $SLOW_BODY"
ok $? "a body that trickles is cut off"

unlike "$(log_of http-api)" 'evil|spo2|colour|etc/passwd' "the log has nothing of what was sent"
like "$(log_of http-api)" 'request route="POST /api/sync/batch" status=422 ms=[0-9]+ in=[0-9]+ out=[0-9]+' \
	"it has one line for each request"

# Who still waits when it stops is told so.
curl -sS -v -m 20 -o "$T/answer" -H 'Content-Type: application/json' -d '{}' "$URL/api/sessions/a/stop" 2>"$T/trace" &
COMMAND=$!
wait_until "grep -q 'Content-Type: application/json' '$T/trace' && curl -sS -o /dev/null '$URL/api/health'"
stop http-api
wait $COMMAND
like "$(cat "$T/answer")" '"status":503,.*stopping' "who still waits when it stops is told so"

# Settings.
refuses() {
	background bad "$BIN/http-api" --config "$CONF"
	wait_end bad
	is "$STATUS" "$1" "$3: exit $1"
	like "$(log_of bad)" "$2" "$3: says why"
}
conf http-api listen 0.0.0.0
refuses 100 'listen.*127.0.0.1' "an address others could reach"
conf http-api listen 127.0.0.1
conf http-api colour red
refuses 100 'colour' "an unknown setting"
conf http-api colour
start http-api
wait_ready http-api
mv "$RUN" "$RUN.old"; mkdir "$RUN"  # so that only the port is in the way
refuses 111 'cannot listen on 127.0.0.1' "a port in use"
stop http-api
done_testing
