#!/bin/bash
# nginx as we set it up, before the real http-api and realtime-fanout: every answer has the headers that a
# browser needs, and what is too large, too often, too slow or of another name is refused, in words that
# a program can read.
. "$(dirname "$0")/lib.sh"
PATH=$PATH:/usr/sbin:/sbin
command -v nginx >/dev/null || skip_all "nginx is not installed"
fresh
sign_in admin
A=11111111-1111-4111-8111-111111111111
TOKEN=$("$BIN/ihht" --config "$CONF" token person $A)
nginx_conf
start http-api
start realtime-fanout
wait_ready http-api
wait_ready realtime-fanout
LC_ALL=C.UTF-8 start_nginx  # as people have it

# ask CURL-ARGS...: the status; head and body in $T/head and $T/said
ask() { curl -s -m 60 -D "$T/head" -o "$T/said" -w '%{http_code}' "$@"; }
header() { tr -d '\r' <"$T/head" | sed -n "s/^$1: //Ip"; }
# refused STATUS NAME: the last answer is a problem document of that status
refused() { is "$(header Content-Type) $(jq -r .status "$T/said")" "application/problem+json $1" "$2" || diag "$(cat "$T/head" "$T/said")"; }

# ---- whatever the answer: each header, once
while read -r status who path args; do
	is "$(CURL_HOME=$([ $who = nobody ] || echo "$T") ask $args "$URL$path")" "$status" "$status of $path for $who"
	is "$(header X-Content-Type-Options) $(header X-Frame-Options) $(header Referrer-Policy) $(header Cross-Origin-Opener-Policy)" \
		"nosniff DENY no-referrer same-origin" "  no guessing, no frame, no referrer, no opener"
	is "$(header Permissions-Policy)" "camera=(), microphone=(), geolocation=()" "  no camera"
	like "$(header Content-Security-Policy)" "^default-src 'self';.* object-src 'none'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'$" "  scripts are ours or do not run"
	unlike "$(header Content-Security-Policy)" "script-src|unsafe-eval|\*" "  without an exception for them"
	is "$(header Server | grep -c '[0-9]')" 0 "  and no version is told"
done <<EOF
200 nobody /
404 nobody /nothing.html
503 nobody /api/health
503 admin /api/sessions
401 nobody /api/sessions
404 nobody /api/nothing
200 nobody /metrics
401 nobody /events
426 admin /live
401 nobody /mcp -d {} -H Content-Type:application/json
EOF

# ---- another name, too large
is "$(ask -H 'Host: evil.example' "$URL/")" 421 "another name than ours"
is "$(ask -H "X: $(printf 'x%.0s' {1..17000})" "$URL/api/health")" 400 "a header of 17 000 bytes"
is "$(for n in {1..40}; do printf 'header = "X-%s: %02000d"\n' $n 0; done >"$T/many"; ask -K "$T/many" "$URL/api/health")" 400 "forty of 2000"
head -c 3000000 /dev/zero >"$T/large"
is "$(ask -H 'Content-Type: application/json' --data-binary "@$T/large" "$URL/api/sync/batch")" 413 "a body of 3 MB"
refused 413 "in words a program can read"

# ---- too slow: begun now, looked at last
cat >"$T/slow" <<'END'
# HEAD BYTES: that many each second, until an answer comes or nobody takes any more
trap '' PIPE
exec 8<>"/dev/tcp/127.0.0.1/$PORT"
printf "$1" >&8
while :; do
	read -rt 1 line <&8
	status=$?
	answer+=$line  # or as much of it as came within the second
	[ $status -gt 128 ] || break
	[ -n "$answer" ] || printf '%*s' "$2" '' >&8 || break
done
echo "answer: $answer"
END
slow() { PORT=$PORT background "$1" bash "$T/slow" "$2" "$3"; }
post() { echo "POST /api/sync/batch HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer $TOKEN\r\nContent-Type: application/json\r\nContent-Length: $1\r\n\r\n"; }
slow head 'GET /api/health HTTP/1.1\r\nHost: localhost\r\nX: ' 1
slow body "$(post 90000)" 1
slow patient "$(post 1800000)" 50000

# ---- too many streams
WATCH=(curl -sN --http1.1 -H 'Connection: Upgrade' -H 'Upgrade: websocket' -H 'Sec-WebSocket-Version: 13' -H 'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==' "$URL/live")
for n in $(seq 200); do background "stream$n" "${WATCH[@]}" -o "$T/stream.$n"; done
wait_until "[ \$(grep -al '\"snapshot\"' '$T'/stream.* | wc -l) = 200 ]"
ok $? "two hundred streams"
is "$("${WATCH[@]}" -m 20 -o "$T/said" -D "$T/head" -w '%{http_code}')" 429 "and not one more of one address"
refused 429 "in words a program can read"
is "$(ask "$URL/api/me")" 200 "while the rest goes on"
kill9 stream1
wait_until "[ \$(ask '$URL/live') = 426 ]"
ok $? "who leaves makes room"

# ---- too many at once
# a hundred and then ever one more: what another request had for a moment is taken, too
background crowd bash -c 'for n in {1..900}; do exec {fd}<>"/dev/tcp/127.0.0.1/$0"; printf "$1" >&$fd; [ $n -lt 100 ] || sleep 0.1; done' "$PORT" "$(post 90000)"
wait_until "[ \$(ask '$URL/api/me') = 429 ]"
ok $? "a hundred that send and never end are all that one address may have"
is "$(ask "$URL/")" 200 "which keeps nobody from the page"
kill9 crowd
wait_until "[ \$(ask '$URL/api/me') = 200 ]"
ok $? "when they have left there is room"

# ---- too often
is "$(for n in {1..100}; do ask -H 'Content-Type: application/json' -d '{"token":"x"}' "$URL/api/sign-in"; echo; done | sort -u | xargs)" "401 429" "tokens are not tried all day long"
is "$(ask "$URL/api/me")" 200 "which keeps nobody from anything else"
sed -i 's|rate=200r/s|rate=1r/m|; s|burst=400|burst=3|' "$T/nginx/nginx.conf"  # so that no test need be quick
kill -HUP "${PIDS[nginx]}"
wait_until "[ \$(ask '$URL/api/me') = 429 ]"
ok $? "requests have their measure"
refused 429 "in words a program can read"
is "$(header Retry-After)" 1 "and when to come again"
is "$(ask -d {} -H 'Content-Type: application/json' "$URL/mcp")" 429 "so have an agent's"
is "$(ask "$URL/api/sessions?person=$A&access_token=$TOKEN")" 429 "and one with a token in its address"
is "$(ask "$URL/")" 200 "the page is not in it"
sed -i 's|rate=1r/m|rate=200r/s|; s|burst=3|burst=400|' "$T/nginx/nginx.conf"
kill -HUP "${PIDS[nginx]}"
wait_until "[ \$(ask '$URL/api/me') = 200 ]"
ok $? "a little later one may again"

# ---- too slow: looked at
wait_end head
is "$STATUS $(log_of head | tail -1)" "0 answer: " "a head that trickles is cut off, without an answer"
wait_end body
like "$STATUS $(log_of body | tail -1)" '^0 answer: HTTP/1.1 502 ' "so is a body, by http-api"
like "$(log_of nginx)" 'upstream prematurely closed .*request: "POST /api/sync"$' "as the log has it"
wait_end patient
like "$(log_of patient)" '^answer: HTTP/1.1 4' "one that takes long but comes is heard to its end"

# ---- away
stop http-api
is "$(ask "$URL/api/me")" 502 "without http-api"
refused 502 "it is said in words a program can read"
is "$(header Retry-After)" 2 "with when to come again"
is "$(ask "$URL/")" 200 "and the page is there"
is "$(ask "$URL/api/sessions/$A")" 502 "nor is a session there"
stop realtime-fanout
for address in "/events?access_token=$TOKEN&person=$A" "/live?person=$A" "/events?x=\"&access_token=$TOKEN" "/realtime/v1/websocket?apikey=$TOKEN"; do
	is "$(ask -g -H "Referer: $URL/#$TOKEN" -H "Cookie: ihht=$TOKEN" "$URL$address")" 502 "nor ${address%%\?*}"
done
exec 8<>"/dev/tcp/127.0.0.1/$PORT"
printf 'GET /live?\xff&access_token=%s HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n' "$TOKEN" >&8
like "$(cat <&8)" '^HTTP/1.1 502' "nor an address that is no text"
exec 8>&-
like "$(log_of nginx)" 'connect\(\) failed .*request: "GET /events"$' "nginx's log says what went wrong, and where to"
like "$(log_of nginx)" 'limiting requests.*request: "GET /api/sessions"$' "and who was told to come again"
unlike "$(log_of nginx)" "eyJ|$A" "but holds no token, and nobody's id"
kill "${PIDS[nginx]}"
wait_end nginx
done_testing
