# sync.sh - sync-worker alone with a Postgres; tests/tool/bundles plays local-store

. "$(dirname "$0")/lib.sh"

# send ARGS: what the tool says in $OUT, its last line (the sums) in $SUM
send() {
	OUT=$("$TOOL/bundles" --config "$CONF" "$@" 2>&1)
	STATUS=$?
	SUM=$(tail -1 <<<"$OUT")
}

# has NAME VALUE: the sums say so
has() { [[ " $SUM " == *" $1=$2 "* ]]; ok $? "${3:-$1 is $2}" || diag "$OUT"; }

# What the worker's beat says, as JSON.
beat() {
	"$BIN/zmq-sniffer" --config "$CONF" --link beats --topic beat/ --where process=sync-worker \
		--json --count 1 --for 5 2>/dev/null
}
wait_beat() { wait_until "beat | grep -qE '$1'"; }

# All that is in Postgres but for when it came there.
contents() {
	sql "SELECT md5(string_agg(r::text, ',' ORDER BY user_id, session_id, timestamp, epoch, seq)) FROM readings r
		UNION ALL SELECT md5(string_agg((to_jsonb(s) - '{created_at,updated_at,last_sync_at,sync_attempts}'::text[])::text, ',' ORDER BY user_id, id)) FROM sessions s
		UNION ALL SELECT md5(string_agg((to_jsonb(s) - '{created_at,updated_at}'::text[])::text, ',' ORDER BY user_id, session_id)) FROM session_surveys s"
}
