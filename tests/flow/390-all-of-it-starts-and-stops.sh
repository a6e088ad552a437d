#!/bin/bash
# What `make run` does: everything under supervisord behind one origin, and nothing left after.
. "$(dirname "$0")/lib.sh"
PATH=$PATH:/usr/sbin:/sbin
for program in supervisord nginx curl; do
	command -v $program >/dev/null || skip_all "$program is not installed"
done
fresh
mkdir -m 711 "$T/var"
mkdir "$T/www"
echo '<title>live</title>' >"$T/www/index.html"
RUN=$T/var/run CONF=$T/var/ihht.conf DB=$T/var/store.sqlite
export VAR=$T/var BIN WWW=$T/www PORT=
PORT=$(free_port)
conf gateway run "$RUN"
conf gateway database "$DB"
conf local-store bundle-seconds 1
PG_DIRS+=("$VAR/postgres")
chmod 600 "$CONF"
cp "$CONF" "$T/as_written"
sign_in admin

# env: SIGINT is ignored by what a script starts in the background, unless it is set back
start_all() {
	background run env --default-signal=INT "$ROOT/deploy/run"
	wait_until "log_of run | grep -q 'Ctrl-C stops' || ! is_alive ${PIDS[run]}" 120
	log_of run | grep -q 'Ctrl-C stops'
	ok $? "$1" || diag "$(log_of run)"
}

get() { curl -s -m 10 "$@"; }
all_pids() { supervisorctl -s "unix://$RUN/supervisor.sock" pid all; cat "$VAR/nginx/nginx.pid" "$RUN/supervisord.pid"; }

none_left() {
	local pid left=

	for pid in $pids; do
		[ "$pid" = 0 ] || is_gone "$pid" || left="$left $pid"
	done
	is "$left" "" "$1" || ps -o pid,args -p "$(echo $left | tr ' ' ,)"
}

start_all "everything starts"
unlike "$(log_of run)" 'not everything is ready' "and is ready"
is "$(cat "$CONF")" "$(cat "$T/as_written")" "settings that were there are left as they were"
like "$(get "http://127.0.0.1:$PORT/")" '<title>live' "the page is there"
like "$(get -D - -o "$T/out" "http://127.0.0.1:$PORT/")" "Content-Security-Policy: default-src 'self'" "with its security headers"
like "$(get "http://127.0.0.1:$PORT/api/health")" '"status" *: *"' "so is /api/, at the same origin"
like "$(get "http://127.0.0.1:$PORT/metrics")" '^ihht_up\{process="http-api"' "and /metrics"
like "$(get -N "http://127.0.0.1:$PORT/events" -m 3)" '^data: ' "and /events, without buffering"
like "$(get -m 2 -D - -o "$T/out" -N -H 'Connection: Upgrade' -H 'Upgrade: websocket' -H 'Sec-WebSocket-Version: 13' \
	-H 'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==' "http://127.0.0.1:$PORT/live")" '^HTTP/1.1 101' "and /live"
is "$(get -o "$T/out" -w '%{http_code}' -H 'Host: evil.example' "http://127.0.0.1:$PORT/")" 421 "another host name is refused"
is "$(head -c 3000000 /dev/zero | get -o "$T/out" -w '%{http_code}' -X POST --data-binary @- "http://127.0.0.1:$PORT/api/sync/batch")" 413 "so is a huge body"
link=$(log_of run | grep -o "http://127.0.0.1:$PORT/#token=[^ ]*")
like "$link" '#token=ey' "a link is printed that opens the page"
is "$(curl -qs -m 10 -H "Authorization: Bearer ${link#*#token=}" "http://127.0.0.1:$PORT/api/me" | jq -r .role)" admin "whose token holds"
is "$(curl -qs -m 10 -o "$T/out" -w '%{http_code}' "http://127.0.0.1:$PORT/api/sessions")" 401 "and without one there is nothing to see"
is "$(curl -qs -m 10 -H "Authorization: Bearer ${link#*#token=}" -H 'Content-Type: application/json' -d '{"jsonrpc":"2.0","id":1,"method":"tools/list"}' "http://127.0.0.1:$PORT/mcp" | jq '.result.tools | length')" 9 "an agent finds its tools at /mcp"
like "$(curl -qs -m 10 -D - -o "$T/out" -X POST -H 'Content-Type: application/json' "http://127.0.0.1:$PORT/mcp")" "resource_metadata=\"http://127.0.0.1:$PORT/.well-known" "and without a token where it says who gives them"
is "$(get "http://127.0.0.1:$PORT/.well-known/oauth-protected-resource/mcp" | jq -r .resource)" "http://127.0.0.1:$PORT/mcp" "which is there"
for i in $(seq 60); do
	get -o "$T/out" -w '%{http_code}\n' -H 'Content-Type: application/json' -d '{"token":"x"}' "http://127.0.0.1:$PORT/api/sign-in"
done | sort | uniq -c >"$T/codes"
like "$(cat "$T/codes")" ' 401' "tokens may be tried"
like "$(cat "$T/codes")" ' 429' "but not all day long"
wait_until "[ \"\$(sql 'SELECT count(*) > 0 FROM readings')\" = t ]" 60
ok $? "simulated readings arrive in Postgres"
is "$(find "$VAR" -maxdepth 1 -type f -perm /o+r; find "$RUN" -maxdepth 0 -perm /o+rwx)" "" "what is stored is for our eyes only"

(VAR=$VAR PORT=$(free_port) "$ROOT/deploy/run") >"$T/out" 2>&1
is "$? $(grep -c 'running already' "$T/out")" "111 1" "a second one in the same folder is refused"

pid=$(supervisorctl -s "unix://$RUN/supervisor.sock" pid local-store)
kill -9 "$pid"
wait_until "p=\$(supervisorctl -s unix://$RUN/supervisor.sock pid local-store) && [ \$p != 0 ] && [ \$p != $pid ]"
ok $? "a killed process comes back"
kill -9 "$(cat "$VAR/nginx/nginx.pid")"
wait_until "get http://127.0.0.1:$PORT/ | grep -q live"
ok $? "so does nginx, whose workers would keep the port"
check "and everything is ready again" "$BIN/ihht" --config "$CONF" status --wait 60

pids=$(all_pids)
kill -INT "${PIDS[run]}"
wait_end run 100
is "$STATUS" 0 "Ctrl-C ends it with 0"
none_left "and leaves no process behind"

start_all "it starts a second time"
pids=$(all_pids)
kill9 run
kill -9 "$(cat "$RUN/supervisord.pid")"
start_all "also after it and its supervisor were killed"
none_left "and what they left was ended first"
pids=$(all_pids)
kill -TERM "${PIDS[run]}"
wait_end run 100
is "$STATUS" 0 "SIGTERM ends it with 0 too"
none_left "and leaves no process behind"

# somebody else has the port
cat >"$T/squatter.conf" <<-END
	daemon off; master_process off; pid $T/squatter.pid; error_log stderr;
	events { }
	http { access_log off; server { listen 127.0.0.1:$PORT; } }
END
background squatter nginx -e stderr -p "$T" -c "$T/squatter.conf"
wait_until "get http://127.0.0.1:$PORT/ >/dev/null"
"$ROOT/deploy/run" >"$T/out" 2>&1
is "$?" 111 "a port that is taken: try again"
like "$(cat "$T/out")" "port $PORT is taken by another program; take another: make run PORT=" "and it says so"

echo 'local-stor' >>"$CONF"
"$ROOT/deploy/run" >"$T/out" 2>&1
is "$?" 100 "wrong settings: fix them"
like "$(cat "$T/out")" "local-stor: no such section" "and it says which"
done_testing
