#!/bin/bash
# http-api with all its neighbours running: each kind of hostile request on each kind of route is refused
# by its own status, nothing of it is stored in SQLite or Postgres, nothing of others is told, and the
# next honest request is served.
. "$(dirname "$0")/lib.sh"
fresh
pg_start || skip_all "no Postgres"
ME=11111111-1111-4111-8111-111111111111 HER=22222222-2222-4222-8222-222222222222
start local-store
start sync-worker
start http-api
for name in local-store sync-worker http-api; do wait_ready $name; done
PORT=${SETTINGS[http-api/port]}
URL=http://127.0.0.1:$PORT/api
MINE=IHHT_1732340000000_mine01 HERS=IHHT_1732340000000_hers01

# say PATH BODY [TYPE] [TOKEN]: "STATUS BODY"
say() {
	curl -q -sS -m 30 -o "$T/said" -w '%{http_code} ' -H "Content-Type: ${3:-application/json}" \
		-H "Authorization: Bearer ${4:-$TOKEN}" -d "$2" "$URL/$1" && cat "$T/said"
}
# get PATH [TOKEN]
get() { curl -q -sS -m 30 -o "$T/said" -w '%{http_code} ' -H "Authorization: Bearer ${2:-$TOKEN}" "$URL/$1" && cat "$T/said"; }
token() { "$BIN/ihht" --config "$CONF" token "$@" --days 1; }
# What both stores hold, but for the clocks of a sync that is under way.
stored() {
	lite "SELECT id, status, total_mask_lifts FROM session; SELECT * FROM survey; SELECT * FROM event; SELECT * FROM phase_stats; SELECT * FROM progression; SELECT count(*) FROM readings; SELECT count(*) FROM misfits; SELECT count(*) FROM phases; SELECT name FROM sqlite_schema"
	sql "SELECT local_session_id, status FROM sessions ORDER BY 1; SELECT count(*) FROM session_surveys; SELECT count(*) FROM session_adaptive_events; SELECT count(*) FROM readings"
}

TOKEN=$(token admin)
for who in "$ME ox-1 $MINE" "$HER ox-2 $HERS"; do
	set -- $who
	like "$(say sessions "{\"user_id\":\"$1\",\"device_id\":\"$2\",\"local_session_id\":\"$3\",\"start_us\":\"2024-11-23T05:33:20Z\"}")" '^20[01] ' "a session"
	like "$(say sync/batch "{\"type\":\"readings\",\"sessionId\":\"$3\",\"data\":[{\"timestamp\":1732340001000,\"spo2\":97.5}]}")" '^200 ' "with a reading"
	like "$(say "sessions/$3/stop" '{"at_us":"2024-11-23T06:00:00Z"}')" '^200 ' "and its end"
done
wait_until '[ "$(sql "SELECT count(*) FROM sessions WHERE status = '"'completed'"'")$(sql "SELECT count(*) FROM readings")" = 22 ]'
ok $? "both are in Postgres"
before=$(stored)
TOKEN=$(token person $ME)

# ---- commands and batches: each route with each kind of wrong body
SQL="x'); DROP TABLE session; --"
deep=$(printf '[%.0s' $(seq 200))$(printf ']%.0s' $(seq 200))
# name, a field of its body, what a body with the wrong type for it says
routes="
sessions user_id {\"user_id\":\"$ME\",\"device_id\":\"ox-1\"}
sessions/$MINE/phase phase {\"phase\":\"ALTITUDE\"}
sessions/$MINE/pause at_us {}
sessions/$MINE/stop at_us {}
sessions/$MINE/surveys kind {\"kind\":\"pre\"}
sessions/$MINE/events event_type {\"event_type\":\"mask_lift\"}
sessions/$MINE/phase-stats phase_type {\"phase_type\":\"ALTITUDE\",\"phase_number\":1,\"start_us\":1732340000000000,\"mask_lift_count\":0}
sessions/$MINE/progression current_altitude_level {\"current_altitude_level\":6,\"recommended_altitude_level\":7}
sync/batch type {\"type\":\"readings\",\"sessionId\":\"$MINE\",\"data\":[]}"
while read -r path field good; do
	[ -n "$path" ] || continue
	more=${good%\}}
	[ "$more" = "{" ] || more=$more,
	like "$(say "$path" "${good%\}}")" '^400 .*not JSON' "$path: JSON that is cut off"
	like "$(say "$path" "$more\"x\":$deep}")" '^400 .*deep' "$path: JSON 200 deep"
	like "$(say "$path" "[\"$SQL\"]")" '^400 .*JSON object' "$path: a list instead of an object"
	like "$(say "$path" "$more\"colour\":1}")" '^422 .*"field":"colour"' "$path: an unknown field"
	like "$(say "$path" "{\"$field\":{}}")" "^422 .*\"field\":\"$field\"" "$path: a wrong type"
	like "$(say "$path" "{\"$field\":1e999}")" '^400 .*not JSON' "$path: a number beyond any"
	like "$(say "$path" "{\"$field\":123456789012345678901234567890}")" '^4(00|22) ' "$path: a number of thirty digits"
	like "$(say "$path" "{\"$field\":\"$SQL\"}")" "^422 .*\"field\":\"$field\"" "$path: SQL in a string"
	like "$(say "$path" "{\"$field\":1,\"$field\":2}")" '^400 .*not JSON' "$path: a field twice"
	like "$(say "$path" "$good" text/plain)" '^415 ' "$path: another content type"
	like "$(say "$path" "$good" application/json x.y.z)" '^401 ' "$path: a token that is none"
done <<<"$routes"

# ---- rows of every type in a batch: set apart as they came (and then by nobody taken), not stored
for type in session session_survey intra_session_response adaptive_event phase_stats progression readings; do
	row="{\"type\":\"$type\",\"sessionId\":\"$HERS\",\"data\":[{\"$SQL\":\"$SQL\"}]}"
	like "$(say sync/batch "$row")" '^404 .*no such session' "batch of $type: in another person's session"
done

# ---- who promises more than they send, and goes: what came is a whole document, and yet nobody's request
while read -r path body; do
	exec 7<>"/dev/tcp/127.0.0.1/$PORT"
	printf 'POST /api/%s HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer %s\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n%s' \
		"$path" "$TOKEN" $((${#body} + 1)) "$body" >&7
	exec 7>&-
	wait_until "log_of http-api | grep -q 'route=\"POST /api/${path/$MINE/\{id\}}\" .* cut=1'"
	ok $? "$path: a body cut short ends with its connection"
done <<-EOF
	sync/batch {"type":"readings","sessionId":"$MINE","data":[{"timestamp":1732340002000,"spo2":91}]}
	sessions/$MINE/events {"event_type":"mask_lift","event_us":1732340002000000}
EOF

# ---- other people's, by every route with an id: to this caller there is no such thing
for path in "" /readings /surveys /events; do like "$(get "sessions/$HERS$path")" '^404 ' "read sessions/{hers}$path"; done
for path in phase pause stop surveys events phase-stats progression; do
	body=$(awk -v p="sessions/$MINE/$path" '$1 == p { print $3 }' <<<"$routes")
	like "$(say "sessions/$HERS/$path" "$body")" '^404 .*no such session' "command sessions/{hers}/$path"
done
like "$(say sessions "{\"user_id\":\"$HER\",\"device_id\":\"ox-2\"}")" '^403 .*"field":"user_id"' "a session for another person"
is "$(get "people/$HER/progression" | jq -Rr 'sub("^200 "; "") | fromjson | .sessions_considered')" 0 "her progression is that of somebody unknown"
is "$(get "sessions?user_id=$HER" | sed 's/^200 //')" '{"sessions":[],"next":null}' "her sessions are none"
unlike "$(get "export?user_id=$HER&format=json&include_mock=true")" "$HERS" "nor in an export"
for path in quarantine audit; do like "$(get $path)" '^403 ' "$path is not for a person"; done

# ---- arguments
for path in sessions sessions/$MINE/readings people devices sync export; do
	like "$(get "$path?limit=1%27%3BDROP%20TABLE%20sessions")" '^400 .*"field":"limit"' "$path: SQL in an argument"
	like "$(get "$path?limit=99999999999999999999")" '^400 .*"field":"limit"' "$path: a number too large"
	like "$(get "$path?colour=1")" '^400 .*"field":"colour"' "$path: an unknown argument"
	like "$(get "$path" x.y.z)" '^401 ' "$path: a token that is none"
done
is "$(get "sessions?device_id=ox-1%27%20OR%20%271%27=%271" | sed 's/^200 //')" '{"sessions":[],"next":null}' "SQL in free text is a name nobody has"
like "$(get "sessions/%27%20OR%201=1")" '^404 ' "and in a path no session"

is "$(stored)" "$before" "nothing of all this is stored, in SQLite or in Postgres"
unlike "$(log_of http-api)" 'DROP TABLE|97\.5|colour' "and none of it is in the log"
like "$(get "sessions/$MINE/readings")" '^200 .*"spo2":97.5' "an honest request is served"
stop http-api
stop sync-worker
stop local-store
pg_stop
done_testing
