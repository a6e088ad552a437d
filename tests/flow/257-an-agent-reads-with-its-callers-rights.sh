#!/bin/bash
# The tools of /mcp against Postgres: whose rows they give, that made-up data stay out, that numbers are
# those of the HTTP interface and say what they rest on, that each list comes whole through its cursor.
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/agents.sh"
fresh
sign_in admin
pg_start || skip_all "no Postgres"
start http-api
wait_ready http-api
URL=http://127.0.0.1:${SETTINGS[http-api/port]}
agent_data
wait_until "curl -sS '$URL/api/health' | grep -q '\"postgres\":true'"

# call TOOL ARGUMENTS [JQ]: of its structured content; an error is what it says
call() {
	curl -sS -m 30 -H 'Content-Type: application/json' -H 'MCP-Protocol-Version: 2026-07-28' -H 'Mcp-Method: tools/call' -H "Mcp-Name: $1" "$URL/mcp" \
		-d "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"tools/call\",\"params\":{\"name\":\"$1\",\"arguments\":$2,\"_meta\":{\"io.modelcontextprotocol/protocolVersion\":\"2026-07-28\",\"io.modelcontextprotocol/clientCapabilities\":{}}}}" |
		jq -rc "if .result.isError == false then .result.structuredContent | ${3:-.} elif .error then .error.message else .result.content[0].text end"
}
# pages TOOL ARGUMENTS JQ: JQ of every page in turn, and how many pages
pages() {
	local cursor= n=0 page

	while :; do
		page=$(call "$1" "$(jq -c --arg c "$cursor" 'if $c == "" then . else . + {cursor: $c} end' <<<"$2")")
		n=$((n + 1))
		jq -r "$3" <<<"$page"
		cursor=$(jq -r '.next_cursor // empty' <<<"$page")
		if [ -z "$cursor" ] || [ $n = 60 ]; then break; fi
	done
	echo "pages $n"
}

# ---- whose rows
newest=$(sql "SELECT local_session_id FROM sessions WHERE data_source <> 'mock' ORDER BY start_time DESC")
is "$(pages list_sessions '{"limit":4}' '.sessions[].local_session_id')" "$newest"$'\n'"pages 3" "an admin lists all, newest first, in pages, none twice"
sign_in person $B
is "$(call list_sessions '{}' '[.sessions[].user_id] | unique')" "[\"$B\"]" "a person lists their own"
is "$(call list_sessions "{\"user_id\":\"$A\"}" '.sessions')" '[]' "and of nobody else"
for tool in get_session get_readings session_summary explain_gap; do
	like "$(call $tool "{\"session_id\":\"$S1\"}")" '^session_id: no such session' "$tool: another's session is not there"
done
like "$(call compare_sessions "{\"session_ids\":[\"IHHT_9\",\"$S1\"]}")" '^session_ids: no such session' "nor to compare with"
is "$(call data_quality_report "{\"session_ids\":[\"$S1\"]}" '.sessions')" '[]' "nor to be judged"
is "$(call sync_status '{}' '[.people[].user_id]')" "[\"$B\"]" "a person sees how far their own data have come"
is "$(call trend '{"from":"2026-01-01"}' '[.user_id, (.weeks | map(.sessions) | add)]')" "[\"$B\",3]" "a trend is the person's own, unless said"
is "$(call trend "{\"user_id\":\"$A\",\"from\":\"2026-01-01\"}" '[.weeks, .provenance.readings]')" '[[],0]' "another's has nothing in it"
unlike "$(curl -sS -H 'Content-Type: application/json' "$URL/mcp" -d '{"jsonrpc":"2.0","id":1,"method":"resources/list"}')" "$A|$S1" "nor do the resources"
like "$(curl -sS -H 'Content-Type: application/json' "$URL/mcp" -d "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"resources/read\",\"params\":{\"uri\":\"session://$S1\"}}")" '"code":-32002' "and to read one is refused"
sign_in coach $B $A
is "$(call list_sessions '{}' '[.sessions[].user_id] | unique | length')" 2 "a coach lists their people's"
is "$(call trend '{}')" "user_id: must be given: one of $A" "and is asked whose trend"
sign_in admin

# ---- made-up data
is "$(call list_sessions '{}' '[.sessions[].data_source] | unique')" '["bluetooth"]' "made-up sessions are not listed"
is "$(call list_sessions '{"include_mock":true}' '[(.sessions | length), .provenance.includes_mock]')" '[11,true]' "unless they are asked for"
is "$(call get_session '{"session_id":"00000000-0000-5000-8000-000000000003"}')" "include_mock: must be true to see session IHHT_3: its data are made up" "one by its name neither"
is "$(call session_summary '{"session_id":"00000000-0000-5000-8000-000000000003","include_mock":true}' '[.session.data_source, .quality.readings]')" '["mock",572]' "unless that is meant"
is "$(call data_quality_report '{"limit":30}' '[.sessions[].quality.data_source] | [length, unique]')" '[10,["bluetooth"]]' "reports go without"
is "$(call data_quality_report '{"limit":30,"include_mock":true}' '.sessions | length')" 11 "or with"
is "$(call trend "{\"user_id\":\"$A\",\"from\":\"2026-01-01\"}" '.weeks | map(.sessions) | add') $(call trend "{\"user_id\":\"$A\",\"from\":\"2026-01-01\",\"include_mock\":true}" '.weeks | map(.sessions) | add')" '7 8' "so do trends"
is "$(call get_readings "{\"session_id\":\"$S1\",\"points\":1000}" '.provenance | [.data_sources, .includes_mock, .readings]')" '[["bluetooth"],false,566]' "readings of a demo mode stay out"
is "$(call get_readings "{\"session_id\":\"$S1\",\"points\":1000,\"include_mock\":true}" .provenance.readings)" 572 "or come, when asked for"

# ---- the numbers
curl -sS "$URL/api/sessions/$S1" >"$T/http"
is "$(call session_summary '{"session_id":"IHHT_1732340000000_abc123"}' '[.figures.min_spo2, .figures.avg_spo2, .figures.spo2_readings_count, (.phases | length)]')" \
	"$(jq -c '[.session_figures.min_spo2, (.session_figures.avg_spo2 * 10000 | round / 10000), .session_figures.spo2_readings_count, (.phase_figures | length)]' "$T/http")" "figures are those of the HTTP interface; a local id will do"
is "$(call compare_sessions "{\"session_ids\":[\"$S1\",\"00000000-0000-5000-8000-000000000002\"]}" '[.sessions[].session.local_session_id, (.differences[] | select(.figure == "min_spo2") | .values, .change)]')" \
	'["IHHT_2","IHHT_1732340000000_abc123",[85,66.5],-18.5]' "compared: the oldest first, and what changed"
is "$(call session_summary "{\"session_id\":\"$S1\"}" '.provenance | [.readings, .data_sources, .devices, .gateways, .synced_until]')" \
	'[566,["bluetooth"],["ox-1"],["test"],"2026-01-25T09:00:00+00:00"]' "a number says what it rests on"
is "$(call session_summary "{\"session_id\":\"$S1\"}" '.units | [.min_spo2, .spo2_recovery_slope, .times]')" '["%","%/s","ISO 8601, UTC"]' "and its unit"
is "$(call session_summary "{\"session_id\":\"$S1\"}" '.quality | [.readings, .lost, .gap_reasons]')" '[566,21,{"link_lost":1,"spool_full":1}]' "and how far it can be trusted"
is "$(call trend "{\"user_id\":\"$A\",\"from\":\"2026-01-05\",\"to\":\"2026-01-19\"}" '[(.weeks | map(.sessions)), (.trends[] | select(.figure == "sessions") | .first, .last, .change, .per_week), .next_level.last_altitude_level]')" \
	'[[2,3],2,3,1,1,6]' "a trend: weeks, slope, the next dial"
is "$(call data_quality_report "{\"session_ids\":[\"$S1\"]}" '.sessions[0].concerns')" '["more than 5 % of the time is without a reading","values are known to be lost"]' "what speaks against it"

# ---- thinned, and whole through the cursor
is "$(pages get_readings "{\"session_id\":\"$S1\",\"points\":1000}" '.readings[].timestamp' | sort | uniq -d)" "" "no reading comes twice"
is "$(pages get_readings "{\"session_id\":\"$S1\",\"points\":1000}" '.readings[].timestamp' | grep -c ^2)" "$(curl -sS "$URL/api/sessions/$S1/readings?points=1000&include_mock=false" | jq '.readings | length')" "all that the HTTP interface gives, in pages"
is "$(call get_readings "{\"session_id\":\"$S1\",\"points\":12}" '[.readings[].spo2 | numbers] | min')" 66.5 "thinned to 12, the one low value is there"
is "$(call get_readings "{\"session_id\":\"$S1\",\"points\":12}" '[.readings[].timestamp] | [index("2026-01-23T08:03:19+00:00"), index("2026-01-23T08:03:40+00:00")] | map(. != null)')" '[true,true]' "and both edges of the gap"
is "$(call get_readings "{\"session_id\":\"$S1\",\"from\":\"2026-01-23T08:00:10Z\",\"to\":\"2026-01-23T08:00:20Z\"}" '[.readings[0].timestamp, (.readings | length), .provenance.readings]')" '["2026-01-23T08:00:10+00:00",10,10]' "a short span comes whole"
is "$(pages get_session "{\"session_id\":\"$S1\"}" '.session.session_adaptive_events[].event_timestamp' | sort -u | grep -c ^2) $(pages get_session "{\"session_id\":\"$S1\"}" empty)" "120 pages 3" "120 events come in parts of 50"
is "$(pages explain_gap "{\"session_id\":\"$S1\",\"limit\":1}" '.gaps[] | "\(.seconds) \(.reason) \(.lost)"')" $'21 link_lost 20\n1 spool_full 1\n9 null null\npages 3' "gaps: recorded, too short to be a silence, and never recorded"
like "$(call explain_gap "{\"session_id\":\"$S1\"}" '.gaps[0] | .explanation, .advice')" 'radio link.*' "and what they mean"
is "$(call explain_gap "{\"session_id\":\"$S1\",\"from\":\"2026-01-23T08:04:00Z\",\"to\":\"2026-01-23T08:06:00Z\"}" '[.gaps[].reason]')" '["spool_full"]' "of a part of it"
sql "UPDATE sessions SET end_time = end_time + interval '20 s' WHERE local_session_id = 'IHHT_2'; DELETE FROM readings WHERE session_id = '00000000-0000-5000-8000-000000000002' AND seq < 10"
is "$(call explain_gap '{"session_id":"00000000-0000-5000-8000-000000000002"}' '[.gaps[] | select(.reason == null) | .seconds]')" '[10,9,21]' "what is missing at its start and end, too"
is "$(pages sync_status '{"limit":1}' '.people[] | "\(.user_id) \(.rev) \(.readings)"')" "$A 3 572"$'\n'"$B 2 0"$'\n'"pages 2" "how far each person's data have come"

# ---- hostile
is "$(call list_sessions "{\"device_id\":\"x'; DROP TABLE sessions; --\"}" .sessions)" '[]' "SQL in a text is a text"
like "$(call list_sessions '{"user_id":"1 OR 1=1"}')" '^user_id: must be a UUID' "SQL in a UUID is none"
like "$(call get_readings "{\"session_id\":\"$S1\",\"cursor\":\"1.2\"}")" '^cursor: must be next_cursor' "a cursor of another list"
like "$(call get_session '{"session_id":"../etc"}')" '^session_id: no such session' "a path is no session"
like "$(call compare_sessions "{\"session_ids\":[\"$S1\",\"$S1\"]}")" 'Name each only once' "a session with itself"
like "$(call compare_sessions "{\"session_ids\":[\"$S1\",\"a,b\"]}")" '^session_ids: must be a list' "a name with a comma"
is "$(sql 'SELECT count(*) FROM sessions')" 11 "and nothing is changed"

is "$(call trend "{\"user_id\":\"$A\",\"from\":\"2020-01-01\"}")" 'from: must be at most 104 weeks before `to`, or now' "a trend of all time"
is "$(call trend "{\"user_id\":\"$A\",\"to\":\"2026-01-26\"}" '.weeks | map(.sessions)')" '[2,3,2]' "one that ends then begins twelve weeks before"

# ---- a question that takes too long
background hold psql -Xq -h "$RUN" -U postgres ihht -c "BEGIN; LOCK TABLE sessions; SELECT pg_sleep(60)"
wait_until "[ \"\$(sql \"SELECT count(*) FROM pg_locks WHERE mode = 'AccessExclusiveLock' AND relation = 'sessions'::regclass\")\" = 1 ]"
like "$(call list_sessions '{}')" 'try again, or ask for less' "is given up, and an agent told what may help"
kill9 hold
sql "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE query LIKE 'BEGIN; LOCK%' AND pid <> pg_backend_pid()" >/dev/null
wait_until "[ \"\$(call list_sessions '{\"limit\":1}' '.sessions | length')\" = 1 ]"
ok $? "then it works again"

# ---- Postgres away, the auditor's log, counts
mkdir -p "$(dirname "$DB")"
printf '1 2026-11-23T09:00:00.000000Z compared sessions=3 different=0 sha256=aa\n2 2026-11-23T09:10:00.000000Z compared sessions=4 different=0 sha256=bb\n' >"$(dirname "$DB")/audit.log"
is "$(call session_summary "{\"session_id\":\"$S1\"}" '.provenance.audit | [.entry, .what, .found, .sha256]')" '[2,"compared","sessions=4 different=0","bb"]' "where the auditor keeps a log, its head stands with the numbers"
calls=$(log_of http-api | grep -c 'route="POST /mcp"')
wait_until "curl -sS '$URL/metrics' | grep -q '^ihht_http_api_mcp_requests_total{worker=\"1\"} $calls$'"
ok $? "each request is counted"
is "$(curl -sS "$URL/metrics" | grep -c '^ihht_http_api_mcp_[a-z_]*_total{worker="1"} [1-9]')" 11 "and the calls of each tool"
pg_stop
like "$(call list_sessions '{}')" 'Postgres is away.*try again' "without Postgres a tool says so"
unlike "$(log_of http-api)" "$S1|$A|abc123|spo2" "the log has no ids or values"
stop http-api
done_testing
