#!/bin/bash
# The examples of docs/agent.md, as a stranger would type them, through the whole pipeline.
. "$(dirname "$0")/lib.sh"
AGENT=$ROOT/tests/agent DOC=$ROOT/docs/agent.md
make -s -C "$ROOT" agents >/dev/null 2>&1
[ -e "$AGENT/node_modules/.package-lock.json" ] || skip_all "npm could not fetch what tests/agent needs"
fresh
pg_start || skip_all "no Postgres"
for process in local-store sync-worker http-api dedupe-auditor; do start $process; done
for process in local-store sync-worker http-api dedupe-auditor; do wait_ready $process; done
PORT=${SETTINGS[http-api/port]}
export API=http://127.0.0.1:$PORT/api MCP=http://127.0.0.1:$PORT/mcp PATH=$BIN:$PATH
wait_until "curl -sS '$API/health' | grep -q '\"postgres\":true'"

# block LANGUAGE: what stands in the blocks of it
block() { sed -n "/^\`\`\`$1\$/,/^\`\`\`\$/p" "$DOC" | grep -v '^```'; }

wait_until "[ -s '$(dirname "$DB")/audit.log' ]"

# The session they speak of is that of docs/api.md.
sed -n '/^```sh$/,/^```$/p' "$ROOT/docs/api.md" | grep -v '^```' >"$T/api.sh"
timeout 120 bash -eu -o pipefail "$T/api.sh" >"$T/said" 2>&1
is $? 0 "the session of docs/api.md is there" || diag "$(cat "$T/said")"

block sh >"$T/agent.sh"
is "$(grep -c '^call ' "$T/agent.sh")" 3 "docs/agent.md has its examples"
echo 'printf "\nTOKEN=%s\n" "$TOKEN"' >>"$T/agent.sh"
timeout 120 bash -eu -o pipefail "$T/agent.sh" >"$T/said" 2>&1
is $? 0 "and they work" || diag "$(cat "$T/said")"
is "$(grep -o '"isError":[a-z]*' "$T/said" | sort | uniq -c | tr -s ' ')" ' 3 "isError":false' "each is answered"
like "$(cat "$T/said")" '"local_session_id":"IHHT_1732340000000_docs01"' "with the session"
like "$(cat "$T/said")" '"explanation":"Nothing was recorded' "what is missing at its end is explained"

ln -s "$AGENT/node_modules" "$T/node_modules"
block js >"$T/agent.mjs"
TOKEN=$(sed -n 's/^TOKEN=//p' "$T/said") node "$T/agent.mjs" >"$T/lines" 2>&1
is "$? $(cat "$T/lines")" "0 2024-11-23T05:33:20+00:00 completed unknown" "the program lists it"
is "$(block json | jq -r '.mcpServers.ihht.args[1]')" "http://127.0.0.1:8080/mcp" "the settings of Claude Desktop are JSON"
curl -sS "$MCP" -H "Authorization: Bearer $(sed -n 's/^TOKEN=//p' "$T/said")" -H 'Content-Type: application/json' -d '{"jsonrpc":"2.0","id":1,"method":"tools/list"}' >"$T/tools"
is "$(sed -n 's/^| `\([a-z_]*\)` | .* | `\(.*\)` |$/\1 \2/p' "$DOC")" \
	"$(jq -r '.result.tools[] | "\(.name) \([.inputSchema.properties | keys_unsorted[] | select(. != "cursor" and . != "include_mock")] | join(" "))"' "$T/tools")" "its table has each tool and its arguments"
for process in dedupe-auditor http-api sync-worker local-store; do stop $process; done
pg_stop
done_testing
