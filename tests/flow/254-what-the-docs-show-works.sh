#!/bin/bash
# The examples of docs/api.md and docs/analytics.md, as a stranger would type them.
. "$(dirname "$0")/lib.sh"
fresh
pg_start || skip_all "no Postgres"
for process in local-store sync-worker http-api; do start $process; done
for process in local-store sync-worker http-api; do wait_ready $process; done
export API=http://127.0.0.1:${SETTINGS[http-api/port]}/api PATH=$BIN:$PATH
wait_until "curl -sS '$API/health' | grep -q '\"postgres\":true'"

sed -n '/^```sh$/,/^```$/p' "$ROOT/docs/api.md" | grep -v '^```' >"$T/api.sh"
is "$(grep -c 'API/' "$T/api.sh")" 17 "docs/api.md has its examples"
timeout 120 bash -eu -o pipefail "$T/api.sh" >"$T/said" 2>&1
is $? 0 "and they work" || diag "$(cat "$T/said")"
like "$(cat "$T/said")" '"synced":3' "a batch is taken"
like "$(cat "$T/said")" '"recommended_altitude_level"' "the next dial is told"
like "$(cat "$T/said")" '"field":"status"' "a refusal names the field"

sed -n '/^```sql$/,/^```$/p' "$ROOT/docs/analytics.md" | grep -v '^```' >"$T/analytics.sql"
is "$(grep -c ';$' "$T/analytics.sql")" 5 "docs/analytics.md has its examples"
wait_until "[ \"\$(sql 'SELECT count(*) FROM readings')\" = 3 ]"
psql -XAtq -v ON_ERROR_STOP=1 -h "$RUN" -U postgres ihht -c 'SET ROLE ihht_analyst' -f "$T/analytics.sql" >"$T/rows" 2>&1
is $? 0 "and they work" || diag "$(cat "$T/rows")"
like "$(cat "$T/rows")" '^IHHT_1732340000000_docs01\|.*\|96.75\|' "the session is in them"
for name in $(jq -r '.paths | keys[]' < <(curl -sS "$API/openapi.json")); do
	grep -rqF -e "${name#/api}" -e "/${name##*/}\`" "$ROOT"/docs/*.md || ok 1 "docs tell of $name"
done
for process in http-api sync-worker local-store; do stop $process; done
pg_stop
done_testing
