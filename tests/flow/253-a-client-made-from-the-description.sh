#!/bin/bash
# A stranger's program: types are made from /api/openapi.json, the compiler holds the program to them,
# it records a session and reads it again through the whole pipeline, and every answer fits its schema.
# And the description itself, by Redocly's rules.
. "$(dirname "$0")/lib.sh"
CLIENTS=$ROOT/tests/clients
make -s -C "$ROOT" clients >/dev/null 2>&1
[ -e "$CLIENTS/node_modules/.package-lock.json" ] || skip_all "npm could not fetch what tests/clients needs"
fresh
sign_in admin
TOKEN=$("$BIN/ihht" --config "$CONF" token admin --days 1)
pg_start || skip_all "no Postgres"
start local-store
start sync-worker
start http-api
wait_ready local-store
wait_ready sync-worker
wait_ready http-api
URL=http://127.0.0.1:${SETTINGS[http-api/port]}

mkdir "$T/client"
ln -s "$CLIENTS/node_modules" "$T/client/node_modules"
echo '{"type": "module"}' >"$T/client/package.json"
cp "$CLIENTS/client.ts" "$CLIENTS/tsconfig.json" "$T/client"
check "the description has no fault by Redocly's strict rules" node "$CLIENTS/describe.mjs" "$URL" "$T/client"
check "a program against its types compiles" "$CLIENTS/node_modules/.bin/tsc" -p "$T/client"
sed 's/session?.local_session_id/session?.local_session/' "$CLIENTS/client.ts" >"$T/client/client.ts"
"$CLIENTS/node_modules/.bin/tsc" --noEmit -p "$T/client" >"$T/tsc"
like "$(cat "$T/tsc")" "Property 'local_session' does not exist" "with a name that is not in it it does not"

# The program's own lines become tests of this one.
client() {
	local line

	node "$T/client/client.js" "$URL" "$TOKEN" "$1" >"$T/said" 2>&1 || echo "not ok - the client ends well" >>"$T/said"
	while read -r line; do
		case $line in
		ok\ *) ok 0 "client: ${line#ok * - }" ;;
		not\ ok*) ok 1 "client: ${line#not ok * - }" ;;
		1..*) ;;
		*) diag "$line" ;;
		esac
	done <"$T/said"
}
client record
wait_until "[ \"\$(sql \"SELECT sync_status FROM sessions s WHERE (SELECT count(*) FROM readings WHERE session_id = s.id) = 600\")\" = completed ]" 60
client read

# ---- a person who is offline: no Postgres, and commands go on
pg_stop
post() { curl -sS -m 20 -H 'Content-Type: application/json' -H "Idempotency-Key: $3" -d "$2" "$URL/api/$1"; }
like "$(post sessions '{"user_id":"22222222-2222-4222-8222-222222222222","device_id":"ox'"'"'); DROP TABLE sessions; --","local_session_id":"IHHT_1732350000000_off","start_us":"2024-11-23T08:20:00Z"}' a)" '"added":1' "without Postgres a session is begun"
like "$(post sessions/IHHT_1732350000000_off/events '{"event_type":"mask_lift"}' lift-1)" '"added":1' "an event is recorded"
like "$(post sessions/IHHT_1732350000000_off/events '{"event_type":"mask_lift"}' lift-1)" '"added":0|"added":1' "and again under the same Idempotency-Key"
is "$(lite 'SELECT count(*) FROM event e JOIN session s ON s.id = e.session_id WHERE s.local_session_id LIKE "%_off"')" 1 "is once on disk"
like "$(post sessions/IHHT_1732350000000_off/stop '{}' b)" '"added":1' "and the session ended"
pg_start
wait_until "[ \"\$(sql \"SELECT count(*) FROM session_adaptive_events\")\" = 2 ]" 60
ok $? "and once in Postgres, when that is back"
get() { curl -q -sS -m 20 -H "Authorization: Bearer $TOKEN" "$URL/api/$1"; }
wait_until "get health | grep -q '\"postgres\":true'"
is "$(get sessions/IHHT_1732350000000_off | jq -r .device_id)" "ox'); DROP TABLE sessions; --" "SQL in a name is a name, all the way"
stop http-api
stop sync-worker
stop local-store
pg_stop
done_testing
