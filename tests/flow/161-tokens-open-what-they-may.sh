#!/bin/bash
# http-api and realtime-fanout take the same tokens and refuse the same ones, row by row; what one
# sees and may command is what the token says.
. "$(dirname "$0")/lib.sh"
fresh
conf access issuer https://project.example/auth/v1
conf access jwks "$T/project.jwks"
conf access origins "https://app.example"
API=http://127.0.0.1:${SETTINGS[http-api/port]}
LIVE=http://127.0.0.1:${SETTINGS[realtime-fanout/port]}
A=11111111-1111-4111-8111-111111111111 B=22222222-2222-4222-8222-222222222222 C=33333333-3333-4333-8333-333333333333
NOW=$(date +%s)

# ---- another issuer's keys, as Supabase has them: a secret, RSA and P-256
b64() { openssl base64 -A | tr '+/' '-_' | tr -d '='; }
SECRET=super-secret-jwt-token-with-at-least-32-characters
openssl genrsa -out "$T/rsa.pem" 2048 2>/dev/null
openssl genrsa -out "$T/foreign.pem" 2048 2>/dev/null
modulus() { openssl rsa -in "$1" -noout -modulus | cut -d= -f2 | perl -ne 'chomp; print pack "H*", $_' | b64; }
for name in ec foreign-ec; do openssl ecparam -name prime256v1 -genkey -noout -out "$T/$name.pem"; done
point() { openssl ec -in "$T/ec.pem" -pubout -outform DER 2>/dev/null | tail -c 64 | "$1" -c 32 | b64; }
printf '{"keys":[{"kty":"oct","k":"%s"},{"kty":"RSA","kid":"rsa","alg":"RS256","e":"AQAB","n":"%s"},{"kty":"EC","crv":"P-256","kid":"ec","alg":"ES256","x":"%s","y":"%s"}]}' \
	"$(printf %s $SECRET | b64)" "$(modulus "$T/rsa.pem")" "$(point head)" "$(point tail)" >"$T/project.jwks"
# claims CHANGES: those of a person, with that done to them (jq)
claims() {
	jq -nc --arg sub $A --argjson now "$NOW" "{iss: \"https://project.example/auth/v1\", aud: \"authenticated\", sub: \$sub,
		role: \"authenticated\", iat: \$now, exp: (\$now + 3600), app_metadata: {provider: \"email\"}} | $1"
}
# token HEADER CLAIMS SIGN...: SIGN makes the signature of its input
token() { local text; text=$(printf %s "$1" | b64).$(printf %s "$2" | b64); shift 2; echo "$text.$(printf %s "$text" | "$@" | b64)"; }
hs() { openssl dgst -sha256 -mac HMAC -macopt "key:${1:-$SECRET}" -binary; }
rs() { openssl dgst -sha256 -sign "$T/${1:-rsa}.pem" -binary; }
# JWS wants the two numbers bare, openssl writes them as DER
es() { openssl dgst -sha256 -sign "$T/${1:-ec}.pem" -binary | perl -0777 -ne 'my ($r, $rest) = unpack "x3 C/a a*", $_; my ($s) = unpack "x C/a", $rest; print substr(("\0" x 32) . $_, -32) for $r, $s'; }
HS='{"alg":"HS256","typ":"JWT"}' RS='{"alg":"RS256","typ":"JWT","kid":"rsa"}' ES='{"alg":"ES256","typ":"JWT","kid":"ec"}'

start http-api
start realtime-fanout
wait_ready http-api
wait_ready realtime-fanout
is "$(curl -s "$API/api/me" | jq -c '[.status, .field]')" '[401,"Authorization"]' "without a token: 401"
is "$(curl -s -D - -o /dev/null "$API/api/me" | tr -d '\r' | grep -i ^www)" 'WWW-Authenticate: Bearer realm="ihht"' "and how to do better"
is "$(curl -s -o "$T/out" -w '%{http_code}' "$LIVE/events")" 401 "no stream without one"
is "$(curl -s "$API/api/health" -o /dev/null -w '%{http_code}') $(curl -s "$LIVE/health" -o /dev/null -w '%{http_code}') $(curl -s "$API/metrics" -o /dev/null -w '%{http_code}')" \
	"503 200 200" "health and metrics are open"

# The first 200 bytes of what it is sent; a stream would go on.
first() {
	local text pid

	exec 9< <(exec curl -sN -m 20 "$@")
	pid=$!
	IFS= read -r -t 20 -N "${N:-200}" text <&9
	kill $pid 2>/dev/null
	exec 9<&-
	tr -d '\r\n' <<<"$text"
}
UPGRADE=(-H 'Upgrade: websocket' -H 'Connection: Upgrade' -H 'Sec-WebSocket-Version: 13' -H 'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==')
socket() { first --http1.1 -D - "${UPGRADE[@]}" "$@"; }
# What Supabase's client hears when it joins a channel with that token, up to the first }.
joins() {
	local line message answer

	message='{"topic":"realtime:x","event":"phx_join","ref":"1","join_ref":"1","payload":{"config":{"postgres_changes":[
		{"event":"INSERT","schema":"public","table":"readings"}]},"access_token":"'$1'"}}'
	exec 9<>"/dev/tcp/127.0.0.1/${SETTINGS[realtime-fanout/port]}"
	printf 'GET /realtime/v1/websocket?vsn=1.0.0 HTTP/1.1\r\nHost: localhost\r\n' >&9
	printf '%s\r\n' 'Upgrade: websocket' 'Connection: Upgrade' 'Sec-WebSocket-Version: 13' 'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==' '' >&9
	while read -r -t 20 line <&9 && [ "$line" != $'\r' ]; do :; done
	printf "\x81\xfe\x$(printf %02x $((${#message} / 256)))\x$(printf %02x $((${#message} % 256)))\0\0\0\0%s" "$message" >&9
	IFS= read -r -t 20 -d '}' answer <&9
	exec 9<&-
	echo "$answer"
}
# on_all NAME STATUS WORDS TOKEN: the API, an agent, a stream of events, a WebSocket, Supabase's client
on_all() {
	local bearer="Authorization: Bearer $4" got

	like "$(curl -s -m 10 -H "$bearer" -w ' %{http_code}' "$API/api/me")" "($3).* $2\$" "api, $1: $2"
	got=$(curl -s -m 10 -H "$bearer" -H 'Content-Type: application/json' -d '{}' -w ' %{http_code}' "$API/mcp")
	if [ "$2" = 200 ]; then
		like "$got" ' 400$' "  mcp: asked for more"
		like "$(first -H "$bearer" "$LIVE/events")" snapshot "  /events: a stream"
		like "$(N=12 socket -H "$bearer" "$LIVE/live")" ' 101$' "  /live: a stream"
		like "$(joins "$4")" '"status":"ok"' "  phx_join: ok"
	else
		like "$got" "($3).* 401\$" "  mcp: 401"
		like "$(first -H "$bearer" "$LIVE/events")" '"status":401.*'"($3)" "  /events: 401"
		like "$(N=1000 socket -H "$bearer" "$LIVE/live")" "^HTTP/1.[01] 401.*($3)" "  /live: 401"
		like "$(joins "$4")" '"status":"error".*'"($3)" "  phx_join: an error"
	fi
}
on_all "ES256 of the project with its kid" 200 "$A" "$(token "$ES" "$(claims .)" es)"
on_all "another EC key" 401 signature "$(token "$ES" "$(claims .)" es foreign-ec)"
on_all "a token of the project, HS256 without kid" 200 "$A" "$(token "$HS" "$(claims .)" hs)"
on_all "RS256 with its kid" 200 "$A" "$(token "$RS" "$(claims .)" rs)"
on_all "one of ours, ES256" 200 "$A" "$("$BIN/ihht" token person $A)"
on_all "exp 10 s ago: clocks differ" 200 "$A" "$(token "$HS" "$(claims '.exp = $now - 10')" hs)"
on_all "exp a minute ago" 401 expired "$(token "$HS" "$(claims '.exp = $now - 60')" hs)"
on_all "no exp" 401 '\(exp\)' "$(token "$HS" "$(claims 'del(.exp)')" hs)"
on_all "not yet" 401 '\(nbf\)' "$(token "$HS" "$(claims '.nbf = $now + 3600')" hs)"
on_all "another secret" 401 signature "$(token "$HS" "$(claims .)" hs wrong)"
on_all "another RSA key" 401 signature "$(token "$RS" "$(claims .)" rs foreign)"
on_all "the public RSA key as a secret" 401 "not that of its key" \
	"$(token '{"alg":"HS256","kid":"rsa"}' "$(claims .)" hs "$(openssl rsa -in "$T/rsa.pem" -pubout 2>/dev/null)")"
on_all "alg none" 401 'not a signed|not that of' "$(printf '{"alg":"none"}' | b64).$(claims . | b64)."
on_all "alg none, with something as a signature" 401 'not a signed|not that of' "$(token '{"alg":"none"}' "$(claims .)" hs)"
on_all "an unknown kid" 401 kid "$(token '{"alg":"HS256","kid":"old"}' "$(claims .)" hs)"
on_all "our kid with their secret" 401 'not that of' "$(token "{\"alg\":\"HS256\",\"kid\":\"$(jq -r '.keys[0].kid' "$T/keys/access.jwks")\"}" "$(claims '.iss = "ihht"')" hs)"
on_all "their key, our issuer" 401 '\(iss\)' "$(token "$HS" "$(claims '.iss = "ihht"')" hs)"
on_all "another issuer" 401 '\(iss\)' "$(token "$HS" "$(claims '.iss = "https://other.example/auth/v1"')" hs)"
on_all "another audience" 401 '\(aud\)' "$(token "$HS" "$(claims '.aud = "anon"')" hs)"
on_all "role anon" 401 '\(role\)' "$(token "$HS" "$(claims '.role = "anon"')" hs)"
on_all "nobody" 401 '\(sub\)' "$(token "$HS" "$(claims 'del(.sub)')" hs)"
on_all "a sub that is no UUID" 401 '\(sub\)' "$(token "$HS" "$(claims '.sub = "1 OR 1=1"')" hs)"
on_all "cut short" 401 'signature|not a signed' "$(token "$HS" "$(claims .)" hs | head -c 200)"
on_all "one letter" 401 'not a signed' x
on_all "huge" 401 'longer than 8192' "$(printf 'x%.0s' $(seq 8200))"
on_all "rubbish" 401 'not a signed' 'a.b.c.d'
is "$(curl -s -H "Authorization: Basic dTpw" "$API/api/me" | jq .status)" 401 "another scheme than Bearer"

# ---- the cookie of a browser
P=$("$BIN/ihht" token person $A --days 1)
curl -s -D "$T/head" -o "$T/out" -H 'Content-Type: application/json' -d "{\"token\":\"$P\"}" "$API/api/sign-in"
like "$(tr -d '\r' <"$T/head" | grep -i '^set-cookie')" '^Set-Cookie: ihht=.*; Path=/; HttpOnly; SameSite=Strict; Max-Age=[0-9]+$' "sign-in sets a cookie no script can read"
is "$(jq -r '.user_id + " " + .role' "$T/out")" "$A person" "and says who one is"
like "$(curl -s -D - -o /dev/null -H 'X-Forwarded-Proto: https' -H 'Content-Type: application/json' -d "{\"token\":\"$P\"}" "$API/api/sign-in" | tr -d '\r' | grep -i ^set-cookie)" 'Secure$' "over https it is Secure"
is "$(curl -s -H "Cookie: a=b; ihht=$P; c=d" "$API/api/me" | jq -r .user_id)" $A "the cookie opens the API"
like "$(first -H "Cookie: ihht=$P" "$LIVE/events")" snapshot "and the stream"
is "$(curl -s -H 'Content-Type: application/json' -d '{"token":"x"}' "$API/api/sign-in" | jq -c '[.status, .field]')" '[401,"token"]' "a bad token sets none"
like "$(curl -s -D - -o /dev/null -H 'Content-Type: application/json' -d '{}' "$API/api/sign-out" | tr -d '\r')" 'ihht=;.*Max-Age=0' "sign-out takes it away"

# ---- pages of other sites
is "$(curl -s -X OPTIONS -D - -o /dev/null -H 'Origin: https://app.example' -H 'Access-Control-Request-Method: POST' "$API/api/sessions" | tr -d '\r' | grep -iE '^(HTTP|access-control-allow-origin)')" \
	"$(printf 'HTTP/1.1 204 No Content\nAccess-Control-Allow-Origin: https://app.example')" "a listed origin may ask"
is "$(curl -s -o "$T/out" -w '%{http_code}' -H 'Origin: https://evil.example' -H "Authorization: Bearer $P" "$API/api/me")" 403 "another may not"
is "$(curl -s -o "$T/out" -w '%{http_code}' -H 'Origin: https://evil.example' -H "Authorization: Bearer $P" "$LIVE/events")" 403 "nor watch"
for path in live realtime/v1/websocket; do
	for origin in https://evil.example https://app.example.evil.example null; do
		like "$(socket -H "Origin: $origin" -H "Authorization: Bearer $P" "$LIVE/$path")" '^HTTP/1.[01] 403' "nor $origin at /$path"
	done
	like "$(N=12 socket -H 'Origin: https://app.example' "$LIVE/$path?access_token=$P")" ' 101$' "the listed one may"
done
is "$(curl -s -o "$T/out" -w '%{http_code}' -H 'Origin: https://evil.example' -H 'Content-Type: application/json' -H "Authorization: Bearer $P" -d '{}' "$API/mcp")" 403 "nor be an agent"
like "$(N=400 first -D - -H 'Origin: https://app.example' "$LIVE/events?access_token=$P")" \
	'access-control-allow-origin: https://app.example.*snapshot' "the listed one watches, with its token in the address"

# ---- commands: a person for themselves, a coach for their people
start local-store
wait_ready local-store
as() { sign_in "$@"; }
say() { curl -sS -m 20 -w ' %{http_code}' -H 'Content-Type: application/json' -d "$2" "$API/api/$1"; }
as person $A
like "$(say sessions "{\"user_id\":\"$A\",\"device_id\":\"ox-1\"}")" ' 20[01]$' "a person begins a session of their own"
S=$(lite "SELECT id FROM session")
like "$(say sessions "{\"user_id\":\"$B\",\"device_id\":\"ox-2\"}")" '"field":"user_id".* 403$' "but none of another"
like "$(say "sessions/$S/surveys" '{"kind":"pre","clarity":3}')" ' 200$' "answers about it"
for role in "person $B" "coach $B $C"; do
	as $role
	for command in 'phase {"phase":"ALTITUDE"}' 'stop {}' 'surveys {"kind":"pre","clarity":1}' 'events {"event_type":"mask_lift"}' \
		'progression {"current_altitude_level":6,"recommended_altitude_level":7}'; do
		like "$(say "sessions/$S/${command%% *}" "${command#* }")" 'no such session.* 404$' "$role: no ${command%% *} of another's session"
	done
	like "$(say sync/batch "{\"type\":\"readings\",\"sessionId\":\"$S\",\"data\":[{\"timestamp\":$NOW,\"spo2\":90}]}")" 'no such session.* 404$' "$role: no readings into it"
done
is "$(lite "SELECT status, (SELECT clarity FROM survey), (SELECT count(*) FROM event), (SELECT count(*) FROM readings) FROM session")" 'active|3|0|0' "and nothing of it was done"
as coach $B $A
like "$(say "sessions/$S/phase" '{"phase":"ALTITUDE"}')" ' 200$' "a coach of that person may"
like "$(say "sessions/$S/stop" '{}')" ' 200$' "also end it"
as admin
like "$(say sessions "{\"user_id\":\"$C\",\"device_id\":\"ox-3\"}")" ' 201$' "an admin begins anybody's"

# ---- the end of a token is the end of its stream
watch() { curl -qsN -m 60 -H "Authorization: Bearer $(token "$HS" "$(claims ".exp = $(($(date +%s) + 2))")" hs)" "$LIVE/events"; }
watch >"$T/watch"
is "$?" 0 "a stream ends with its token"
like "$(tail -2 "$T/watch")" '"type":"bye","why":"token expired"' "and says so"

# ---- keys that change
stream() { background "$1" curl -qsN -H "Authorization: Bearer $2" "$LIVE/events"; }
stream ours "$P"
stream theirs "$(token "$HS" "$(claims .)" hs)"
wait_until "grep -q snapshot '$T/log/ours.log' && grep -q snapshot '$T/log/theirs.log'"
rm "$T/keys/access.jwks" "$T/keys/access.jwks_secret"
as admin
wait_until "[ \$(curl -s -o '$T/out' -w '%{http_code}' '$API/api/me') = 200 ]"
ok $? "new keys are taken without a restart"
is "$(curl -qs -o "$T/out" -w '%{http_code}' -H "Authorization: Bearer $P" "$API/api/me")" 401 "and the old ones end"
wait_end ours
like "$STATUS $(log_of ours | tail -2)" "^0 data: .*\"type\":\"bye\",\"why\":\"token's key is gone\"" "so does a stream that one of them opened, with a word"
check "that of another issuer goes on" is_alive "${PIDS[theirs]}"
printf '{"kty":"oct","k":"%s"}' "$(printf %s another-jwt-token-with-at-least-32-characters | b64)" >"$T/project.jwks"
wait_end theirs
like "$STATUS $(log_of theirs | tail -2)" "^0 data: .*\"why\":\"token's key is gone\"" "until another key is there in place of its own"
unlike "$(cat "$T"/log/*.log)" 'eyJ' "no log has a token in it"
stop http-api
stop realtime-fanout
stop local-store
done_testing
