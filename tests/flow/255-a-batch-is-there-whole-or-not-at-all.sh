#!/bin/bash
# http-api and local-store: a batch is one transaction.  Killed after half of its rows none is there,
# and the caller, who never heard of it, gets all of it once local-store is back; a row that is refused
# for what it says waits apart, and the others are taken; one sent by two devices at once is there once.
. "$(dirname "$0")/lib.sh"
grep -q IHHT_FAULT "$BIN/local-store" || skip_all "a build without fault points"
fresh
sign_in admin
start local-store
start http-api
wait_ready local-store
wait_ready http-api
URL=http://127.0.0.1:${SETTINGS[http-api/port]}/api
S=IHHT_1732340000000_whole1

# say PATH FILE: "STATUS BODY"
say() {
	curl -sS -m 60 -o "$2.said" -w '%{http_code} ' -H 'Content-Type: application/json' -d "@$2" "$URL/$1" && cat "$2.said"
}
# batch TYPE DATA: the same with a batch
batch() {
	local file=$T/batch.$BASHPID

	jq -cn --arg type "$1" --arg session "$S" --argjson data "$2" '{type: $type, sessionId: $session, outcomes: true, data: $data}' >"$file"
	say sync/batch "$file"
}
# events FROM N: N mask lifts from that second on
events() { jq -cn --argjson from "$1" --argjson n "$2" '[range($n) | {event_type: "mask_lift", event_timestamp: (1732340100000 + ($from + .) * 1000), altitude_phase_number: 1}]'; }
count() { lite "SELECT count(*) FROM event"; }

echo "{\"user_id\":\"11111111-1111-4111-8111-111111111111\",\"device_id\":\"ox-1\",\"local_session_id\":\"$S\",\"start_us\":\"2024-11-23T05:33:20Z\"}" >"$T/start"
like "$(say sessions "$T/start")" '^20[01] ' "a session"

# ---- killed in the middle: the fault is at the 200th command of this life
kill9 local-store
export IHHT_FAULT=local-store.commanded:200
start local-store
unset IHHT_FAULT
wait_ready local-store
batch adaptive_event "$(events 0 500)" >"$T/first" &
FIRST=$!
wait_until "! is_alive ${PIDS[local-store]}"
ok $? "killed after 200 of the 500 rows of a batch"
is "$(count)" 0 "none of them is there"
unset "PIDS[local-store]"
start local-store
wait_ready local-store
wait $FIRST
like "$(cat "$T/first")" '^200 .*"synced":500' "it comes again by itself, and the caller hears that all are"
is "$(count)" 500 "as they are"
is "$(lite "SELECT total_mask_lifts FROM session")" 500 "and counted once"
like "$(batch adaptive_event "$(events 0 500)")" '^200 .*"already_synced"' "sent again nothing is new"

# ---- two devices at once
batch adaptive_event "$(events 1000 400)" >"$T/at-once.1" & ONE=$!
batch adaptive_event "$(events 1000 400)" >"$T/at-once.2" & TWO=$!
wait $ONE $TWO
is "$(sed 's/.*"synced":\([0-9]*\).*/\1/; s/.*already.*/0/' "$T"/at-once.? | awk '{ n += $1 } END { print n }')" 400 "the same batch from two devices at once: new once"
is "$(count)" 900 "and there once"

# ---- what a row itself says
BAD='[{"phase_number":1,"clarity":3,"sensations":["none","zen"],"timestamp":1732340200000},{"phase_number":2,"clarity":4,"timestamp":1732340300000},{"phase_number":3,"clarity":9,"timestamp":1732340400000}]'
like "$(batch intra_session_response "$BAD")" \
	'^200 \{"synced":1,.*"rows":\[\{"row":1,"outcome":"quarantined","field":"sensations".*\{"row":2,"outcome":"taken"\},\{"row":3,"outcome":"quarantined","field":"clarity"' \
	"rows that http-api cannot read or local-store refuses are named, the good one is taken"
is "$(lite "SELECT field, json_extract(row, '$.phase_number') FROM misfits ORDER BY 2")" "$(printf 'sensations|1\nclarity|3')" "both wait as they came"
is "$(lite "SELECT count(*) FROM survey WHERE kind = 'intra'")" 1 "and neither is among the answers"

# ---- an alert tells of them, everywhere
API=http://127.0.0.1:${SETTINGS[http-api/port]}
status() { "$BIN/ihht" status --json 2>/dev/null; }
held() { status | jq '.processes[] | select(.process == "local-store") | .counts.misfits_held'; }
metric() { curl -qsS -m 9 "$API/metrics" | grep -cxE "$1"; }
wait_until "status | jq -e '.alerts[] | select(.name == \"quarantine\" and .level == \"warn\") | .text | test(\"rows in quarantine: 2; batches of an app\")'"
ok $? "an alert tells of both" || diag "$(status)"
wait_until '[ "$(held)" = 2 ]'
ok $? "they are counted in status" || diag "$(status)"
wait_until '[ "$(metric "ihht_local_store_misfits_held\{.*\} 2") $(metric "ihht_alert_level\{alert=\"quarantine\"\} 1")" = "1 1" ]'
ok $? "and in the metrics, as the alert is"

# ---- a person mends them, on record
ihht() { OUT=$("$BIN/ihht" "$@" </dev/null 2>&1); STATUS=$?; }
ihht quarantine list
like "$OUT" 'b2 +intra_session_response +held .* sensations: none excludes' "ihht lists a row of a batch, and why"
B=$(lite "SELECT 'b' || no FROM misfits WHERE field = 'clarity'") A=$(lite "SELECT 'b' || no FROM misfits WHERE field = 'sensations'")
ihht quarantine replay "$B"
is "$STATUS" 1 "as it came it is refused again"
like "$OUT" 'clarity: ' "with the reason"
ihht quarantine fix "$B" clarity=7
is "$STATUS" 1 "mended wrongly, too"
ihht quarantine fix "$B" clarity=4 reason="asked her"
is "$STATUS" 0 "mended it is taken"
is "$(lite "SELECT clarity FROM survey WHERE phase_number = 3")" 4 "with what was mended"
ihht quarantine show "$B" --json
is "$(jq -c '[.entry[0].field, (.entry[0].row | fromjson | .clarity), .action[0].action, .action[0].reason, (.action[0].after | fromjson | .clarity)]' <<<"$OUT")" \
	'["clarity",9,"fix","asked her",4]' "what it was, what became of it, who said so and why stay on record"
ihht quarantine drop "$A" reason="a test"
is "$STATUS" 0 "another is dropped"
ihht quarantine list
is "$OUT" "nothing is in quarantine" "nothing waits any more"
wait_until "! status | jq -e '.alerts[] | select(.name == \"quarantine\")'"
ok $? "and the alert is over" || diag "$(status)"
wait_until '[ "$(held)" = 0 ]'
ok $? "with the count"
ihht quarantine list --all --json
is "$(jq -c '[.[] | [.entry, .state]] | sort' <<<"$OUT")" '[["b1","taken"],["b2","dropped"]]' "but all is known"
like "$(batch intra_session_response "$BAD")" 'quarantined' "the app sends its rows again"
ihht quarantine list
is "$OUT" "nothing is in quarantine" "and nobody is asked twice"
ihht quarantine drop b99
is "$STATUS" 1 "there is no such entry"

# ---- what no row can help
S=IHHT_1732340000000_nobody
like "$(batch adaptive_event "$(events 0 3)")" '^404 .*no such session' "a batch of an unknown session is refused"
is "$(lite "SELECT count(*) FROM misfits")" 2 "and none of it waits apart"
stop http-api
stop local-store
done_testing
