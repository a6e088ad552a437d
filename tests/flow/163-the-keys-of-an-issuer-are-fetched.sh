#!/bin/bash
# access/jwks-url: the keys come from an address, new ones when a token names one, and an address that
# hangs, answers rubbish or is away takes no good key out of use and holds up nobody.
. "$(dirname "$0")/lib.sh"
fresh
API=http://127.0.0.1:${SETTINGS[http-api/port]}
LIVE=http://127.0.0.1:${SETTINGS[realtime-fanout/port]}
A=11111111-1111-4111-8111-111111111111
ISSUER=https://project.example/auth/v1

# ---- the issuer: what it does stands in $T/does
cat >"$T/issuer.mjs" <<'END'
import { createServer } from "node:http";
import { readFileSync, appendFileSync } from "node:fs";
const dir = process.argv[2], read = (name) => readFileSync(`${dir}/${name}`, "utf8").trim();
createServer((request, response) => {
	const does = read("does");

	appendFileSync(`${dir}/asked`, `${does}\n`);
	if (does === "hangs") return;
	if (does === "drips") return response.writeHead(200).write("{");
	if (does === "refuses") return response.writeHead(500).end(read("issuer.jwks"));
	if (does === "moves") return response.writeHead(302, { Location: "/keys" }).end();
	if (does === "rubbish") return response.end("<html>");
	if (does === "much") return response.end(read("issuer.jwks") + " ".repeat(70000));
	response.end(read("issuer.jwks"));
}).listen(Number(process.argv[3]), "127.0.0.1");
END
PORT=$(free_port)
asked() { grep -c "${1:-.}" "$T/asked" 2>/dev/null; }
b64() { openssl base64 -A | tr '+/' '-_' | tr -d '='; }
# key KID: $T/KID.pem, and its public half in $T/issuer.jwks alone
key() {
	openssl genrsa -out "$T/$1.pem" 2048 2>/dev/null
	printf '{"keys":[{"kty":"RSA","kid":"%s","alg":"RS256","e":"AQAB","n":"%s"}]}' "$1" \
		"$(openssl rsa -in "$T/$1.pem" -noout -modulus | cut -d= -f2 | perl -ne 'chomp; print pack "H*", $_' | b64)" >"$T/issuer.jwks"
}
# token KID
token() {
	local text

	text=$(printf '{"alg":"RS256","kid":"%s"}' "$1" | b64).$(printf '{"iss":"%s","aud":"authenticated","sub":"%s","role":"authenticated","exp":%d}' \
		$ISSUER $A $(($(date +%s) + 3600)) | b64)
	echo "$text.$(printf %s "$text" | openssl dgst -sha256 -sign "$T/$1.pem" -binary | b64)"
}
api() { curl -qs -m 20 -o "$T/out" -w '%{http_code}' -H "Authorization: Bearer $1" "$API/api/me"; }
live() { curl -qs -m 2 -o "$T/out" -w '%{http_code}' -H "Authorization: Bearer $1" "$LIVE/events?types=alert"; }
both() { echo "$(api "$1") $(live "$1")"; }

conf access issuer $ISSUER
conf access jwks-url "http://127.0.0.1:$PORT/keys"
key one
ONE=$(token one)
for p in http-api realtime-fanout; do start $p; done
for p in http-api realtime-fanout; do wait_ready $p; done
is "$(both "$ONE")" "401 401" "nobody answers at the address: no token of the issuer holds"
is "$(api "$("$BIN/ihht" --config "$CONF" token person $A)")" 200 "one of ours does all the same"
echo serves >"$T/does"
background issuer node "$T/issuer.mjs" "$T" "$PORT"
wait_until "[ \"\$(both $ONE)\" = '200 200' ]"
ok $? "they are fetched when it is there"
like "$(cat "$T"/log/{http-api,realtime-fanout}.log)" "http-api keys_not_fetched why=\"http://127.0.0.1:$PORT/keys: .*kept=0" "and that it was not is in the log"

# ---- keys change
background stream curl -qsN -H "Authorization: Bearer $ONE" "$LIVE/events?types=alert"
wait_until "grep -q snapshot '$T/log/stream.log'"
key two
TWO=$(token two)
is "$(both "$ONE")" "200 200" "a key goes on to hold while nobody names another"
wait_until "[ \"\$(both $TWO)\" = '200 200' ]"
ok $? "one that is new to us has the keys fetched again"
is "$(both "$ONE")" "401 401" "and what is not among them any more is over"
wait_end stream
like "$STATUS $(log_of stream | tail -2)" "^0 data: .*\"why\":\"token's key is gone\"" "with the streams it opened"
n=$(asked)
for i in $(seq 20); do both "$ONE" >"$T/out"; done
ok $(($(asked) - n > 6)) "who comes with unknown keys does not make us ask each time ($(($(asked) - n)))"

# ---- it has troubles
key three
for does in hangs drips refuses moves rubbish much; do
	echo $does >"$T/does"
	THREE=$(token three)
	wait_until "[ \"\$(both $THREE)\" = '401 401' ] && [ \$(asked $does) -ge 2 ]"
	ok $? "it $does: it has been asked by both"
	is "$(both "$TWO")" "200 200" "  and the good keys are kept"
done
wait_until "grep -q 'http-api keys_not_fetched .*kept=1' $T/log/http-api.log && grep -q 'fanout keys_not_fetched .*kept=1' $T/log/realtime-fanout.log"
ok $? "it is in both logs, with what is kept"
echo serves >"$T/does"
wait_until "[ \"\$(both $THREE)\" = '200 200' ]"
ok $? "and when all is well again the new ones come"

# ---- ends while it waits for an answer
echo hangs >"$T/does"
n=$(asked hangs)
wait_until "both $TWO; [ \$(asked hangs) -ge $((n + 2)) ]"
stop http-api
stop realtime-fanout
kill9 issuer
unlike "$(cat "$T"/log/*.log)" 'eyJ' "no log has a token in it"

# ---- addresses that are none: name, value, complaint
while read -r url says; do
	conf access jwks-url "$url"
	start realtime-fanout
	wait_end realtime-fanout
	like "$(log_of realtime-fanout)" "$says" "$url: refused, with what would be right"
done <<EOF
http://project.example/keys https://
http://127.0.0.1.evil.example/keys https://
http://localhost@evil.example/keys https://
file:///etc/passwd https://
https:// https://
project.example https://
EOF
conf access jwks "$T/issuer.jwks"
conf access jwks-url "http://127.0.0.1:$PORT/keys"
start realtime-fanout
wait_end realtime-fanout
like "$(log_of realtime-fanout)" 'access/issuer and access/jwks or access/jwks-url' "a file and an address: one of them"
done_testing
