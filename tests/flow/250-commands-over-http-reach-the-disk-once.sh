#!/bin/bash
# http-api and local-store: every command and every kind of batch over HTTP is a row in SQLite
# when the answer says so, once, whoever repeats it or dies in between.
. "$(dirname "$0")/lib.sh"
fresh
sign_in admin
start http-api
wait_ready http-api
URL=http://127.0.0.1:${SETTINGS[http-api/port]}/api
USER=11111111-1111-4111-8111-111111111111 OTHER=22222222-2222-4222-8222-222222222222
S=IHHT_1732340000000_abc123

# say PATH BODY: "STATUS BODY"
say() {
	curl -sS -m 20 -o "$T/said.$BASHPID" -w '%{http_code} ' -H 'Content-Type: application/json' \
		-d "$2" "$URL/$1" && cat "$T/said.$BASHPID"
}
batch() { say sync/batch "{\"type\":\"$1\",\"sessionId\":\"$2\",\"data\":$3}"; }

# Asked before local-store is there: it is answered once it comes.
say sessions "{\"user_id\":\"$USER\",\"device_id\":\"ox-1\",\"local_session_id\":\"$S\",\"start_us\":\"2024-11-23T05:33:20Z\"}" \
	>"$T/first" &
FIRST=$!
wait_until "[ -e '$RUN/beats-http-api' ]"
start local-store
wait_ready local-store
wait $FIRST
like "$(cat "$T/first")" '^20[01] .*"(added|seen)":1' "a start asked for too early is answered all the same"
SESSION=$(sed 's/.*"session_id":"\([^"]*\)".*/\1/' "$T/first")

# ---- commands
like "$(say sessions "{\"user_id\":\"$USER\",\"device_id\":\"ox-1\"}")" "^200 .*$SESSION.*\"added\":0" \
	"starting again gives the running session"
like "$(curl -sS -m 9 -i -H 'Content-Type: application/json' -d "{\"user_id\":\"$OTHER\",\"device_id\":\"ox-2\"}" "$URL/sessions" | tr -d '\r')" \
	'^Location: /api/sessions/[0-9a-f-]{36}$' "a new one has an address"
like "$(say sessions "{\"user_id\":\"$OTHER\",\"device_id\":\"ox-1\"}")" '^409 .*"field":"user_id"' "a person has one session"
like "$(say sessions "{\"user_id\":\"33333333-3333-4333-8333-333333333333\",\"device_id\":\"ox-1\"}")" \
	'^409 .*"field":"device_id"' "a device has one session"
like "$(say sessions/$S/phase '{"phase":"ALTITUDE","altitude_level":6}')" '^200 .*"added":1' "a phase begins, by local id"
like "$(say sessions/$SESSION/surveys '{"kind":"pre","clarity":3,"energy":4,"stress":2}')" '^200 .*"added":1' "a survey, by UUID"
like "$(say sessions/$SESSION/surveys '{"kind":"pre","clarity":3,"energy":4,"stress":2}')" '^200 .*"added":0,"seen":1' "the same survey again"
like "$(say sessions/$SESSION/surveys '{"kind":"pre","clarity":9}')" '^422 .*"field":"clarity"' "a survey out of range"
like "$(say sessions/$SESSION/surveys '{"kind":"intra","clarity":3}')" '^422 .*"field":"phase_number"' "an intra survey of no phase: local-store's word reaches the caller"
like "$(say sessions/$SESSION/events '{"event_type":"mask_lift","event_us":1732340100000000,"spo2_value":82,"altitude_phase_number":1,"additional_data":{"breaths":1}}')" \
	'^200 .*"added":1' "an event"
like "$(say sessions/$SESSION/phase-stats '{"phase_type":"ALTITUDE","phase_number":1,"start_us":1732340000000000,"min_spo2":80,"mask_lift_count":1}')" \
	'^200 ' "phase statistics"
like "$(say sessions/$SESSION/progression '{"current_altitude_level":6,"recommended_altitude_level":7,"performance":"GOOD"}')" '^200 .*"added":1' "a progression"
for path in phase stop surveys events phase-stats progression; do
	case $path in
	phase) body='{"phase":"ALTITUDE"}' ;;
	surveys) body='{"kind":"pre","clarity":1}' ;;
	events) body='{"event_type":"mask_lift"}' ;;
	phase-stats) body='{"phase_type":"ALTITUDE","phase_number":1,"start_us":1732340000000000,"mask_lift_count":1}' ;;
	progression) body='{"current_altitude_level":6,"recommended_altitude_level":7}' ;;
	*) body='{}' ;;
	esac
	like "$(say "sessions/IHHT_none/$path" "$body")" '^404 .*no such session' "$path of an unknown session"
done
is "$(lite "SELECT (SELECT count(*) FROM survey), (SELECT count(*) FROM event), (SELECT recommended_altitude_level FROM progression)")" \
	'1|1|7' "and all of it is on disk, once"

ID=aaaaaaaa-aaaa-4aaa-8aaa-aaaaaaaaaaaa
like "$(say sessions/$SESSION/events "{\"request_id\":\"$ID\",\"event_type\":\"dial_adjustment\"}")" "^200 .*$ID.*\"added\":1" "a request of the caller's own id"
like "$(say sessions/$SESSION/events "{\"request_id\":\"$ID\",\"event_type\":\"dial_adjustment\"}")" "^200 .*$ID" "asked again"
is "$(lite 'SELECT count(*) FROM event')" 2 "is one event, though it had no time of its own"

# keyed KEY PATH BODY [curl arguments]: the same under an Idempotency-Key
keyed() {
	curl "${@:4}" -sS -m 20 -o "$T/said" -w '%{http_code} ' -H 'Content-Type: application/json' \
		-H "Idempotency-Key: $1" -d "$3" "$URL/$2" && cat "$T/said"
}
as() { echo "Authorization: Bearer $("$BIN/ihht" --config "$CONF" token person "$1" --days 1)"; }
DIAL='{"event_type":"dial_adjustment","altitude_phase_number":1}'
like "$(keyed dial-1 sessions/$SESSION/events "$DIAL")" '^200 .*"added":1' "a request with a key of the caller's"
like "$(keyed dial-1 sessions/$SESSION/events "$DIAL")" '^200 .*"added":0' "under the same key it is the same request"
like "$(keyed dial-1 sessions/$SESSION/events "${DIAL/1\}/2\}}")" '^422 .*"field":"Idempotency-Key"' "another body under that key is refused"
like "$(keyed dial-1 sessions/$SESSION/stop '{}')" '^422 .*"field":"Idempotency-Key"' "so is another command"
like "$(keyed dial-1 sync/batch "{\"type\":\"readings\",\"sessionId\":\"$S\",\"data\":[]}")" '^200' "an empty batch asks nothing"
like "$(keyed dial-1 sync/batch "{\"type\":\"readings\",\"sessionId\":\"$S\",\"data\":[{\"timestamp\":1,\"spo2\":90}]}")" \
	'^422 .*"field":"Idempotency-Key"' "and a batch"
like "$(keyed "$(printf 'k%.0s' $(seq 201))" sessions/$SESSION/stop '{}')" '^400 .*"field":"Idempotency-Key"' "a key too long"
like "$(keyed dial-1 sessions/$SESSION/events "${DIAL/1\}/2\}}" -q -H "$(as $USER)")" '^200 .*"added":1' "another caller's key of that name is theirs"
kill9 local-store
start local-store
wait_ready local-store
like "$(keyed dial-1 sessions/$SESSION/events "${DIAL/1\}/3\}}")" '^422 .*"field":"Idempotency-Key"' "local-store killed: it knows the key"
like "$(keyed dial-1 sessions/$SESSION/events "$DIAL")" '^200 .*"added":0' "and the request"
is "$(lite 'SELECT count(*) FROM event')" 4 "each was done once"

# ---- readings in batches
R1='{"timestamp":1732340001000,"spo2":97,"heart_rate":60,"signal_strength":98,"phase_type":"HYPOXIC","is_valid":true,"data_source":"bluetooth"}'
R2='{"timestamp":1732340002000,"spo2":88.5,"heartRate":61}'
R3='{"timestamp":1732340003000,"spo2":0,"heart_rate":0}'
is "$(batch readings $S "[$R1,$R2]")" '200 {"synced":2}' "two readings"
is "$(batch readings $S "[$R1,$R2]")" '200 {"status":"already_synced"}' "the same again"
is "$(batch readings $SESSION "[$R2,$R3,$R2]")" '200 {"synced":1}' "a batch that overlaps adds what is new, by UUID too"
is "$(batch readings $S "$R1")" '200 {"status":"already_synced"}' "one row without a list"
like "$(batch readings $S "[{\"timestamp\":1732340004000,\"spo2\":90},{\"timestamp\":1732340005000,\"spo2\":101}]")" \
	'^200 .*"synced":1,"quarantined":\[\{"row":2,"field":"spo2","why":"[^"]*from 0 to 100' "a bad row is named, the other is taken"
like "$(say sync/batch "{\"type\":\"readings\",\"sessionId\":\"$S\",\"outcomes\":true,\"data\":[{\"timestamp\":1732340004000,\"spo2\":90},{\"timestamp\":1732340005000,\"spo2\":101}]}")" \
	'^200 .*"status":"already_synced".*"rows":\[\{"row":1,"outcome":"taken"\},\{"row":2,"outcome":"quarantined","field":"spo2"' "again, with the outcome of each row"
is "$(lite "SELECT kind, row, field FROM misfits")" 'readings|{"timestamp":1732340005000,"spo2":101}|spo2' "the bad row is kept once, as it came"
like "$(batch readings IHHT_none "[$R1]")" '^404 ' "readings of an unknown session"
is "$(lite "SELECT taken_us / 1000000 - 1732340000, spo2, heart_rate, signal_strength FROM readings ORDER BY taken_us")" \
	"$(printf '1|97.0|60.0|98\n2|88.5|61.0|\n3|||\n4|90.0||')" "exactly those are on disk"
like "$(curl -sS -m 9 "$URL/quarantine")" '"quarantine":\[\],"misfits":\[\{"entry":1,"kind":"readings","session_id":"[^"]*","field":"spo2","why":"[^"]*","row":"\{' "an admin sees it"
is "$(curl -q -sS -m 9 -H "Authorization: Bearer $("$BIN/ihht" --config "$CONF" token person $USER --days 1)" "$URL/quarantine" | jq .status)" 403 "another does not"
printf '1 2026-11-23T09:00:01.000000Z compared sessions=3 different=0 sha256=ab12\n2 2026-11-23T09:05:01.000000Z compared sessions=4 different=1 sha256=cd34\n' >"$T/audit.log"
is "$(curl -sS -m 9 "$URL/audit" | jq -c '.audit[0] | [.entry, .what, .found, .sha256]')" '[2,"compared","sessions=4 different=1","cd34"]' "and what the auditor found, the newest first"
rm "$T/audit.log"
is "$(curl -sS -m 9 "$URL/audit" | jq .status)" 503 "where there is an auditor"

seq 1 10000 | awk 'BEGIN { printf "[" } { printf "%s{\"timestamp\":%.0f,\"spo2\":%d,\"heart_rate\":%d}", (NR > 1 ? "," : ""), 1732341000000 + $1 * 100, 80 + $1 % 20, 60 + $1 % 7 } END { print "]" }' >"$T/rows"
{ printf '{"type":"readings","sessionId":"%s","data":' $S; cat "$T/rows"; echo '}'; } >"$T/big.json"
big() { curl -sS -m 30 -H 'Content-Type: application/json' -d "@$T/big.json" "$URL/sync/batch"; }
big >"$T/big1" & B1=$!
big >"$T/big2" & B2=$!
wait $B1 $B2
is "$(cat "$T/big1" "$T/big2" | tr -dc '0-9\n{' | tr '{' '\n' | awk '{ n += $1 } END { print n }')" 10000 \
	"ten thousand readings, sent twice at once, are ten thousand"
is "$(big)" '{"status":"already_synced"}' "and nothing new the third time"
is "$(lite 'SELECT count(*) FROM readings')" 10004 "on disk as well"

# ---- the other kinds in batches
P='{"clarity_pre":3,"energy_pre":4,"stress_pre":2,"clarity_post":4,"notes_post":"well","post_symptoms":["warm"],"overall_rating":5}'
is "$(batch session_survey $S "$P")" '200 {"synced":1}' "a survey row of the app"
is "$(batch session_survey $S "$P")" '200 {"status":"already_synced"}' "and again"
is "$(lite "SELECT kind, clarity, notes_post FROM survey ORDER BY kind DESC")" "$(printf 'pre|3|\npost|4|well')" "is two surveys"
I='[{"phaseNumber":1,"clarity":3,"energy":3,"stressPerception":3,"sensations":["zen"],"timestamp":1732340200000},{"phaseNumber":2,"clarity":4,"energy":3,"stressPerception":3,"sensations":[],"timestamp":1732340300000}]'
is "$(batch intra_session_response $S "$I")" '200 {"synced":2}' "two answers during the session"
is "$(batch intra_session_response $S "$I")" '200 {"status":"already_synced"}' "and again"
E='{"id":"random-1","event_type":"mask_lift","event_timestamp":1732340150000,"altitude_phase_number":1,"additional_data":{"spo2Value":82}}'
is "$(batch adaptive_event $S "[$E]")" '200 {"synced":1}' "an event"
is "$(batch session_adaptive_events $S "[${E/random-1/random-2}]")" '200 {"status":"already_synced"}' "is the same under another random id"
G='{"phase_type":"recovery","phase_number":1,"start_time":1732340400000,"end_time":1732340500000,"min_spo2":90,"mask_lift_count":0}'
is "$(batch phase_stats $S "$G")" '200 {"synced":1}' "phase statistics"
is "$(batch phase_stats $S "$G")" '200 {"status":"already_synced"}' "and again"
N='{"current_altitude_level":6,"recommended_altitude_level":8,"performance":"GOOD","timestamp":1732340600000}'
is "$(batch progression $S "$N")" '200 {"synced":1}' "a progression"
is "$(batch progression $S "$N")" '200 {"status":"already_synced"}' "and again"
is "$(lite "SELECT recommended_altitude_level FROM progression")" 8 "is what was decided last"
while read -r type good bad field; do
	is "$(say sync/batch "{\"type\":\"$type\",\"sessionId\":\"$S\",\"outcomes\":true,\"data\":[$bad,$good]}" | jq -Rc 'sub("^200 "; "") | fromjson | [.status, (.rows[] | [.row, .outcome, .field])]')" \
		"[\"already_synced\",[1,\"quarantined\",\"$field\"],[2,\"taken\",null]]" "$type: a bad row is set apart with its field, the good one beside it is taken"
done <<-EOF
	session_surveys $P {"clarity_pre":9} clarity_pre
	intra_session_responses $(jq -c '.[0]' <<<"$I") {"phaseNumber":3,"clarity":0} clarity
	session_adaptive_events $E {"event_type":"jump","event_timestamp":1732340150000} event_type
	session_phase_stats $G {"phase_type":"RECOVERY","phase_number":0,"start_time":1732340400000,"mask_lift_count":0} phase_number
	progression $N {"current_altitude_level":99,"recommended_altitude_level":7} current_altitude_level
	readings $R1 {"timestamp":1732340009000,"heart_rate":-3} heart_rate
EOF
OLD="{\"local_session_id\":\"session_1700000000000_x\",\"user_id\":\"44444444-4444-4444-8444-444444444444\",\"device_id\":\"device_1700_abc\",\"start_time\":1700000000000,\"end_time\":1700001000000,\"status\":\"completed\"}"
is "$(say sync/batch "{\"type\":\"session\",\"data\":[$OLD]}")" '200 {"synced":1}' "a whole session of another time"
is "$(say sync/batch "{\"type\":\"session\",\"data\":[$OLD]}")" '200 {"status":"already_synced"}' "and again"
is "$(lite "SELECT status, end_us - start_us FROM session WHERE local_session_id LIKE 'session_17%'")" 'completed|1000000000' "has ended when it did"
like "$(say sync/batch "{\"type\":\"session\",\"data\":[{\"local_session_id\":\"IHHT_2\",\"user_id\":\"$USER\",\"device_id\":\"ox-1\",\"start_time\":1732350000000}]}")" \
	'^409 .*"row":1' "a session in the way of a running one is a conflict, not somebody else's"

# ---- faults
kill -STOP "${PIDS[local-store]}"
say sessions/$SESSION/surveys '{"kind":"post","overall_rating":1}' >"$T/held" & HELD=$!
wait_until "curl -sS -m 2 -o /dev/null '$URL/health'"
ok $? "while a command waits for local-store, others are served"
kill -CONT "${PIDS[local-store]}"
wait $HELD
like "$(cat "$T/held")" '^200 ' "and it is answered when local-store goes on"

sed -i 's/"spo2":8/"spo2":7/g' "$T/big.json"  # half of them are new
big >"$T/big1" & B1=$!
kill9 local-store
start local-store
wait_ready local-store
wait $B1
like "$(cat "$T/big1")" '"synced":|already_synced|did not answer' "local-store killed under a batch: the caller hears how it went"
like "$(big)" '"synced":|already_synced' "sent again it is taken"
is "$(big)" '{"status":"already_synced"}' "and all of it is there"
is "$(lite 'SELECT count(*) FROM readings')" 15004 "once"

like "$(say sessions/$SESSION/stop '{}')" '^200 .*"added":1' "the session is stopped"
like "$(say sessions/$SESSION/stop '{}')" '^200 .*"added":0' "and again"
like "$(say sessions/$SESSION/phase '{"phase":"RECOVERY"}')" '^422 ' "what has ended has no next phase"
stop http-api
stop local-store
done_testing
