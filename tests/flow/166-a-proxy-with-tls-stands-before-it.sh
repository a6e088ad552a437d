#!/bin/bash
# The web server with TLS of docs/operations.md, as it stands there, before our nginx: the cookie is Secure,
# streams go through, limits count each caller; and nobody but a listed proxy is believed who calls.
. "$(dirname "$0")/lib.sh"
PATH=$PATH:/usr/sbin:/sbin
command -v nginx >/dev/null || skip_all "nginx is not installed"
fresh
said() { sed -n "/^    $1\$/,/^ *\$/s/^        $2 = \"\(.*\)\"\$/\1/p" "$ROOT/docs/operations.md" | head -1; }
NAME=$(said http-api hosts) PROXIES=$(said access proxies)
is "$NAME $PROXIES" "live.clinic.example 127.0.0.1" "the page says which settings it needs"
conf http-api hosts "$NAME"
conf access proxies "$PROXIES"
TOKEN=$("$BIN/ihht" --config "$CONF" token admin)
nginx_conf "$NAME" "$PROXIES"
few() { sed -i 's|rate=2r/s|rate=1r/m|' "$T/nginx/nginx.conf"; }  # so that no test need be quick
few

# ---- the proxy: what stands in the page, with a certificate, a port and a folder of its own
TLS=$(free_port)
mkdir "$T/tls"
openssl req -x509 -newkey rsa:2048 -nodes -days 2 -subj "/CN=$NAME" -addext "subjectAltName=DNS:$NAME" \
	-keyout "$T/tls/key" -out "$T/tls/cert" 2>/dev/null
sed -n '/^    server {$/,/^    }$/p' "$ROOT/docs/operations.md" >"$T/tls/server"
like "$(cat "$T/tls/server")" "ssl_certificate /etc/" "the page has a server with TLS"
sed -i "s|127.0.0.1:8080|127.0.0.1:$PORT|; s|443|127.0.0.1:$TLS|; s|/etc/ssl/$NAME.pem|$T/tls/cert|; s|/etc/ssl/private/$NAME.key|$T/tls/key|
	s|/var/log/nginx|$T/log|" "$T/tls/server"
{ [ "$(id -u)" != 0 ] || echo 'user root;'
	printf 'pid nginx.pid;\ndaemon off;\nevents {}\nhttp {\nclient_body_temp_path b;\nproxy_temp_path p;\nfastcgi_temp_path f;\nuwsgi_temp_path u;\nscgi_temp_path s;\n'
	cat "$T/tls/server"
	echo '}'; } >"$T/tls/nginx.conf"
start http-api
start realtime-fanout
wait_ready http-api
wait_ready realtime-fanout
start_nginx
background tls nginx -e stderr -p "$T/tls" -c nginx.conf
# away ARGS: as from elsewhere; ADDRESS: one's own address
away() { curl -s -m 60 --cacert "$T/tls/cert" --resolve "$NAME:$TLS:127.0.0.1" ${ADDRESS:+--interface "$ADDRESS"} "$@"; }
AWAY=https://$NAME:$TLS
wait_until "away -o '$T/out' '$AWAY/'"
is "$(away "$AWAY/")" "<title>live</title>" "the page, over https"

# ---- who signs in there gets a cookie for https only
say() { "$@" -D - -o "$T/out" -H 'Content-Type: application/json' -d "{\"token\":\"$TOKEN\"}" | tr -d '\r'; }
like "$(say away "$AWAY/api/sign-in")" '^Set-Cookie: ihht=.*; Secure$' "over https the cookie is Secure"
unlike "$(say curl -s "$URL/api/sign-in")" 'Secure' "over http to the gateway itself it is not"
is "$(away -H "Cookie: ihht=$TOKEN" "$AWAY/api/me" | jq -r .role)" admin "and opens the API"
is "$(away -H "Cookie: ihht=$TOKEN" -H "Origin: $AWAY" -o "$T/out" -w '%{http_code}' "$AWAY/api/me")" 200 "to the page there"
is "$(away -H "Cookie: ihht=$TOKEN" -H 'Origin: https://evil.example' -o "$T/out" -w '%{http_code}' "$AWAY/api/me")" 403 "and to no other"

# ---- streams
background sse away -N -H "Cookie: ihht=$TOKEN" "$AWAY/events"
wait_until "grep -q '\"snapshot\"' '$T/log/sse.log'"
ok $? "events come at once, not when a buffer is full"
UPGRADE=(-N --http1.1 -H 'Connection: Upgrade' -H 'Upgrade: websocket' -H 'Sec-WebSocket-Version: 13' -H 'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==')
background ws away "${UPGRADE[@]}" -H "Cookie: ihht=$TOKEN" -H "Origin: $AWAY" -o "$T/ws" "$AWAY/live"
wait_until "grep -qa '\"snapshot\"' '$T/ws'"
ok $? "so does a WebSocket's snapshot"

# ---- each caller is counted alone
# once CURL-ARGS...: the status of a token that is none
once() { "$@" -o "$T/out" -w '%{http_code}\n' -H 'Content-Type: application/json' -d '{"token":"x"}'; }
# tries FORWARDED CURL-ARGS...: sixty times, as one who says so; N is another number each time
tries() { for n in {1..60}; do once "${@:2}" ${1:+-H "X-Forwarded-For: ${1//N/$n}"}; done | sort -u | xargs; }
ADDRESS=127.0.0.2
is "$(tries '' away "$AWAY/api/sign-in")" "401 429" "who tries tokens all day long is told to come again"
ADDRESS=127.0.0.3
is "$(once away "$AWAY/api/sign-in")" 401 "somebody else is not"
ADDRESS=127.0.0.4
is "$(tries 10.0.0.N away "$AWAY/api/sign-in")" "401 429" "nor does it help to say one is another"
ADDRESS=
is "$(tries '10.0.0.N, 192.0.2.7' curl -s "$URL/api/sign-in")" "401 429" "of a list that a proxy adds to, what it added counts"
is "$(once curl -s -H 'X-Forwarded-For: 192.0.2.7, 192.0.2.8' "$URL/api/sign-in")" 401 "for nobody else"

# ---- without a list nobody is believed
nginx_conf "$NAME"
kill -HUP "${PIDS[nginx]}"
wait_until "say away '$AWAY/api/sign-in' | grep '^Set-Cookie: ihht=' | grep -qv Secure"
ok $? "access/proxies empty, as it is by itself: what a header says of https is not believed"
few
kill -HUP "${PIDS[nginx]}"
wait_until "[ \$(once curl -s -H \"X-Forwarded-For: 10.\$((RANDOM % 256)).\$((RANDOM % 256)).1\" '$URL/api/sign-in') = 429 ]"
ok $? "nor who one says one is"
unlike "$(cat "$T"/log/{nginx,tls}.log)" 'eyJ' "no log has a token"
kill "${PIDS[tls]}" "${PIDS[nginx]}"
wait_end tls
wait_end nginx
stop http-api
stop realtime-fanout
done_testing
