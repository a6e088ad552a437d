#!/bin/bash
# The examples of docs/api.md and docs/analytics.md, as a stranger would type them: of docs/api.md there is
# one for every path of the description, and http-api's log says that it was answered.
. "$(dirname "$0")/lib.sh"
fresh
pg_start || skip_all "no Postgres"
for process in local-store sync-worker http-api dedupe-auditor; do start $process; done
for process in local-store sync-worker http-api dedupe-auditor; do wait_ready $process; done
export API=http://127.0.0.1:${SETTINGS[http-api/port]}/api PATH=$BIN:$PATH
wait_until "curl -sS '$API/health' | grep -q '\"postgres\":true'"
wait_until "curl -sS '${API%/api}/metrics' | grep -q '^ihht_up'"

sed -n '/^```sh$/,/^```$/p' "$ROOT/docs/api.md" | grep -v '^```' >"$T/api.sh"
is "$(grep -cE 'API(/|%)' "$T/api.sh")" 38 "docs/api.md has its examples"
wait_until "[ -s '$(dirname "$DB")/audit.log' ]"
timeout 120 bash -eu -o pipefail "$T/api.sh" >"$T/said" 2>&1
is $? 0 "and they work" || diag "$(cat "$T/said")"
log_of http-api | sed -n 's/.* request route="\(.*\)" status=20[01] .*/\1/p' | sort -u >"$T/answered"
curl -sS "$API/openapi.json" | jq -r '.paths | to_entries[] | .key as $path | .value | keys[] | ascii_upcase + " " + $path' | sort >"$T/described"
is "$(grep -c '^GET' "$T/described") $(comm -23 "$T/described" "$T/answered")" "18 " "each path of the description has an example that is answered"
like "$(cat "$T/said")" '"synced":3' "a batch is taken"
like "$(cat "$T/said")" '"recommended_altitude_level"' "the next dial is told"
like "$(cat "$T/said")" '"field":"status"' "a refusal names the field"

sed -n '/^```sql$/,/^```$/p' "$ROOT/docs/analytics.md" | grep -v '^```' >"$T/analytics.sql"
is "$(grep -c ';$' "$T/analytics.sql")" 5 "docs/analytics.md has its examples"
wait_until "[ \"\$(sql 'SELECT count(*) FROM readings')\" = 3 ]"
psql -XAtq -v ON_ERROR_STOP=1 -h "$RUN" -U postgres ihht -c 'SET ROLE ihht_analyst' -f "$T/analytics.sql" >"$T/rows" 2>&1
is $? 0 "and they work" || diag "$(cat "$T/rows")"
like "$(cat "$T/rows")" '^IHHT_1732340000000_docs01\|.*\|96.75\|' "the session is in them"
for process in dedupe-auditor http-api sync-worker local-store; do stop $process; done
pg_stop
done_testing
