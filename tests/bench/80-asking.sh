#!/bin/bash
# Asking over HTTP in a database with 10 million readings (ROWS): a list of 30 sessions, the readings of
# a session of 40 minutes and its figures, one after the other as the server itself takes them (its own
# `ms` is too coarse: curl's time over loopback); then session lists by wrk beside it, on the same cores.
. tests/flow/lib.sh
FINISHED=1
fresh
sign_in admin
ROWS=${ROWS:-10000000}
N=$((ROWS / 2400))
pg_start >/dev/null || exit 1
sql "SELECT count(ihht.readings_month(timestamptz '2026-01-15Z' + m * interval '1 month')) FROM generate_series(0, 11) m" >/dev/null
sql "INSERT INTO sessions (user_id, id, local_session_id, gateway, device_id, status, start_time, end_time, data_source, hlc)
	SELECT ('11111111-1111-4111-8111-' || lpad((n % 200)::text, 12, '0'))::uuid, ('00000000-0000-5000-8000-' || lpad(n::text, 12, '0'))::uuid, 'IHHT_' || n, 'bench', 'ox-' || n % 50, 'completed',
		timestamptz '2026-01-02Z' + n * interval '2 hours', timestamptz '2026-01-02 00:40Z' + n * interval '2 hours', 'bluetooth', 1 FROM generate_series(1, $N) n;
	INSERT INTO readings (user_id, session_id, timestamp, epoch, seq, spo2, heart_rate, perfusion_index, signal_strength, is_valid, data_source, phase_type, cycle_number, fio2_level)
	SELECT user_id, id, start_time + i * interval '1 s', 7, i, 82 + (i * 7919 % 170) / 10.0, 55 + i % 40, 2.5, 90, true, 'bluetooth', CASE WHEN i % 600 < 420 THEN 'ALTITUDE' ELSE 'RECOVERY' END, 1 + i / 600, 6
	FROM sessions s, LATERAL generate_series(1, 2400 + length(s.id::text) - 36) i" || exit 1
sql "VACUUM ANALYZE"  # LATERAL above: session by session on disk, as bundles bring them
start http-api
wait_ready http-api
URL=http://127.0.0.1:${SETTINGS[http-api/port]}
wait_until "curl -sS '$URL/api/health' | grep -q '\"postgres\":true'"

# p95 NAME LIMIT_MS PATH...: of 200 requests over one connection, the paths in turn
p95() {
	local name=$1 limit=$2

	shift 2
	for _ in $(seq $((200 / $#))); do for path in "$@"; do echo "url = \"$URL/api/$path\""; echo "output = /dev/null"; done; done >"$T/urls"
	curl -sS -K "$T/urls" -w '%{time_total} %{http_code}\n' | awk '$2 == 200 { print $1 * 1000 }' | sort -n >"$T/ms"
	awk -v name="$name" -v limit="$limit" '{ v[NR] = $1 } END { if (NR < 190) exit 1; p = v[int(NR * .95)]; printf "%s, p95\t%.1f\tms\t%d\t%.2f\n", name, p, limit, p / limit; exit p > limit }' "$T/ms" || FAILED=1
}
sessions=$(for n in 7 500 1000 1700 2500 3100 3700 4100; do printf 'sessions/00000000-0000-5000-8000-%012d ' $((n % N + 1)); done)
FAILED=
p95 "list of 30 sessions" 10 "sessions?limit=30" "sessions?limit=30&user_id=11111111-1111-4111-8111-000000000007"
p95 "readings of 40 minutes" 50 $(for s in $sessions; do echo "$s/readings?limit=10000"; done)
p95 "the same, thinned to 300" 50 $(for s in $sessions; do echo "$s/readings?points=300"; done)
p95 "a session with its figures" 50 $sessions

TOKEN=$("$BIN/ihht" --config "$CONF" token admin --days 1)
wrk -t1 -c16 -d"${SECONDS_OF_WRK:-10}"s --latency -H "Authorization: Bearer $TOKEN" "$URL/api/sessions?limit=30" >"$T/wrk"
awk '/Requests\/sec/ { rate = $2 } /99%/ { p99 = $2 } /Non-2xx|Socket errors/ { bad = $0 }
	END { printf "session lists of 30, wrk beside it\t%.0f\t/s\t1000\t%.2f\n# p99 %s %s\n", rate, rate / 1000, p99, bad; exit bad != "" }' "$T/wrk" || FAILED=1
stop_everything
exit ${FAILED:-0}
