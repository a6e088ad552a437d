#!/bin/bash
# The official clients of both eras use every tool and resource; the inspector's command line lists and
# calls; the official conformance suite passes where it asks for nothing but the protocol.
#
# 5 of the suite's 32 scenarios run here.  The others want a server with tools, prompts and resources
# made for them (test_simple_text, test://static-text ...), or what we do not have: event streams,
# sessions, logging, completion, subscriptions, prompts.
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/agents.sh"
AGENT=$ROOT/tests/agent
make -s -C "$ROOT" agents >/dev/null 2>&1
[ -e "$AGENT/node_modules/.package-lock.json" ] || skip_all "npm could not fetch what tests/agent needs"
fresh
sign_in admin
TOKEN=$("$BIN/ihht" --config "$CONF" token admin --days 1)
pg_start || skip_all "no Postgres"
start http-api
wait_ready http-api
PORT=${SETTINGS[http-api/port]}
agent_data
wait_until "curl -sS 'http://127.0.0.1:$PORT/api/health' | grep -q '\"postgres\":true'"

# ---- the official clients, 2026-07-28 and before; each holds what it gets to the tools' schemas
for era in modern legacy; do
	node "$AGENT/client.mjs" $era "http://127.0.0.1:$PORT/mcp" "$TOKEN" >"$T/$era" 2>&1
	is $? 0 "$era client: it ends well" || diag "$(tail -20 "$T/$era")"
	while IFS='|' read -r key want name; do
		is "$(sed -n "s/^$key=//p" "$T/$era")" "$want" "$era client: $name"
	done <<-EOF
		instructions|true|is told how to begin
		tools|list_sessions get_session get_readings session_summary compare_sessions trend data_quality_report sync_status explain_gap|finds the tools
		sessions|$(sql "SELECT string_agg(local_session_id, ' ' ORDER BY start_time DESC) FROM sessions WHERE data_source <> 'mock'")|lists the sessions
		with_mock|11|and made-up ones on request
		session|IHHT_1732340000000_abc123 2 phases 50 events|gets one
		summary|566 66.5 99 $(sql "SELECT round(share_below_90::numeric, 4) FROM desaturation_index WHERE session_id = '$S1'")|has it summed up
		compared|35 IHHT_2 IHHT_1732340000000_abc123|compares two
		trend|3 2 6|sees a trend
		quality|10 more than 5 % of the time is without a reading; values are known to be lost|has the data judged
		sync|degraded|asks how the pipeline is
		gaps|3 link_lost spool_full -|has gaps explained
		resources|schema://sessions schema://surveys schema://events schema://phase_stats schema://progression schema://gaps schema://readings schema://figures 18|reads each resource
		templates|session://{id}|finds the template
		mock|include_mock: must be true to see session IHHT_3: its data are made up|is told of made-up data
		wrong_word|status: must be one of active, completed, abandoned, force_ended, terminated|is told which words there are
		wrong_name|colour: no such argument; there are: status, user_id, device_id, data_source, from, to, limit, cursor, include_mock|which arguments
		wrong_type|limit: must be a whole number|which type
		wrong_limit|limit: must be from 1 to 100|which numbers
		wrong_cursor|cursor: must be next_cursor of the result before it|which cursor
		missing|session_id: must be given|what is missing
		one_is_no_pair|session_ids: must be 2 to 8 sessions: UUIDs or local ids|how many
		no_tool|-32602|a tool that is none is an error of the protocol
	EOF
done
is "$(sed -n 's/^no_resource=//p' "$T/modern" "$T/legacy" | paste -sd' ')" "-32602 -32602 -32002 -32002" "a resource that is none has the code of its era"

# ---- the inspector and the suite know no tokens
FREE=$(free_port)
background proxy node "$AGENT/with-token.mjs" "$FREE" "$TOKEN" "$PORT"
wait_until "grep -q listening '$T/log/proxy.log'"

inspect() { "$AGENT/node_modules/.bin/mcp-inspector" --cli "http://127.0.0.1:$FREE/mcp" --transport http "$@" 2>"$T/inspector.err" || cat "$T/inspector.err"; }
is "$(inspect --method tools/list | jq -r '.tools | length')" 9 "the inspector lists the tools"
is "$(inspect --method tools/call --tool-name list_sessions --tool-arg limit=3 | jq -r '.structuredContent.sessions | length')" 3 "and calls one"
is "$(inspect --method resources/list | jq -r '.resources | length')" 18 "and lists the resources"
is "$(inspect --method resources/read --uri schema://readings | jq -r '.contents[0].text | fromjson | .table')" readings "and reads one"

# The suite wants a newer node than Debian's.
NODE=$(ls "$AGENT"/node_modules/node-linux-*/bin/node 2>/dev/null | head -1)
[ -n "$NODE" ] || NODE=node
suite() { "$NODE" "$AGENT/node_modules/.bin/conformance" server --url "http://127.0.0.1:$FREE/mcp" --scenario "$1" --output-dir "$T/conformance" >"$T/suite" 2>&1; }
for scenario in server-initialize ping tools-list resources-list dns-rebinding-protection; do
	suite $scenario
	is "$? $(grep -oE '[0-9]+ failed' "$T/suite")" "0 0 failed" "conformance: $scenario" || diag "$(cat "$T/suite")"
done
suite prompts-list
is "$? $(grep -oE '[0-9]+ failed' "$T/suite")" "1 1 failed" "and it says so where a server falls short: we have no prompts"
kill9 proxy
stop http-api
pg_stop
done_testing
