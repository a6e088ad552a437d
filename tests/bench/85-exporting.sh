#!/bin/bash
# A million readings of 400 sessions out of Postgres over HTTP, beside psql's \copy of the same
# query, and out of SQLite by ihht export: how quickly, and in how much memory.
MODE=release
. "$(dirname "$0")/../flow/lib.sh"
. "$(dirname "$0")/../flow/sessions.sh"
fresh
make_store >/dev/null
pg_start || { echo "# no Postgres"; exit 1; }
ROWS=${ROWS:-1000000} SESSIONS=400 EACH=$((ROWS / SESSIONS))

sql "INSERT INTO sessions (user_id, id, local_session_id, gateway, device_id, status, start_time, end_time, data_source, hlc)
	SELECT '$ANNE', ('00000000-0000-5000-8000-' || lpad(n::text, 12, '0'))::uuid, 'IHHT_' || n, 'gateway-1', 'aa:bb:cc:dd:ee:ff',
		'completed', timestamptz '2026-01-01 00:00Z' + n * interval '1 hour', timestamptz '2026-01-01 00:59Z' + n * interval '1 hour', 'bluetooth', 1
	FROM generate_series(1, $SESSIONS) n;
	SELECT ihht.readings_month('2026-01-01 00:00Z')" >/dev/null
sql "INSERT INTO readings (user_id, session_id, timestamp, epoch, seq, device_time, spo2, heart_rate, perfusion_index, signal_strength,
		battery, status, is_valid, data_source, phase_type, cycle_number, fio2_level)
	SELECT '$ANNE', ('00000000-0000-5000-8000-' || lpad(n::text, 12, '0'))::uuid, t + i * interval '1 s' + i * interval '7 us', 1767000000000001, i,
		t + i * interval '1 s', 80 + i % 200 / 10.0, 60 + i % 40, i % 90 / 10.0, i % 100, 80, 32, true, 'bluetooth', 'ALTITUDE', 1 + i / 1000, 6
	FROM generate_series(1, $SESSIONS) n, LATERAL (SELECT timestamptz '2026-01-01 00:00Z' + n * interval '1 hour' AS t) x, generate_series(1, $EACH) i"
sql "VACUUM ANALYZE" >/dev/null

COPY="SELECT s.id, s.user_id, s.gateway, s.device_id, r.timestamp, r.epoch, r.seq, r.device_time, r.spo2, r.heart_rate, r.perfusion_index,
	r.motion, r.signal_strength, r.battery, r.status, r.is_valid, r.invalid, r.data_source, r.phase_type, r.cycle_number, r.fio2_level, r.rr
	FROM readings r JOIN sessions s ON s.user_id = r.user_id AND s.id = r.session_id
	WHERE s.data_source <> 'mock' AND r.data_source <> 'mock' ORDER BY s.user_id, s.start_time, r.timestamp, r.epoch, r.seq"
sign_in admin
start http-api
wait_ready http-api >&2
URL=http://127.0.0.1:${SETTINGS[http-api/port]}/api
wait_until 'curl -sS "$URL/health" | grep -q "\"postgres\":true"'

calc() { awk "BEGIN { printf \"%.2f\\n\", $* }"; }
# seconds COMMAND...
seconds() { local from=$EPOCHREALTIME; "$@" >&2 || echo "# failed: $1"; calc "$EPOCHREALTIME - $from"; }
least() { sort -n | head -1; }
copied() { psql -Xq -h "$RUN" -U postgres ihht -c "\copy ($(tr '\n\t' '  ' <<<"$COPY")) TO '$T/psql.csv' CSV HEADER"; }
over_http() { curl -sSf -o "$T/http.$1" "$URL/export?format=$1"; }
mb_of() { awk '/VmHWM/ { printf "%.1f", $2 / 1024 }' "/proc/$1/status"; }

for i in 1 2; do seconds copied; done >"$T/psql.s" 2>"$T/log/psql"
for i in 1 2; do seconds over_http csv; done >"$T/http.s" 2>"$T/log/curl"
[ "$(wc -l <"$T/http.csv")" = $((ROWS + 1)) ] || { echo "# not all: $(wc -l <"$T/http.csv")"; exit 1; }
psql_s=$(least <"$T/psql.s") http_s=$(least <"$T/http.s")
printf 'csv of %d readings over HTTP\t%s\ts\tpsql \\copy %s\t%s\n' "$ROWS" "$http_s" "$psql_s" "$(calc "$psql_s / $http_s")"
printf 'memory of http-api for it\t%s\tMB\t50\t\n' "$(mb_of "${PIDS[http-api]}")"
for format in parquet json fhir omh; do
	printf '%s of them over HTTP\t%s\ts\t\t\n' $format "$(seconds over_http $format 2>/dev/null)"
done
printf 'memory of http-api after all\t%s\tMB\t50\t\n' "$(mb_of "${PIDS[http-api]}")"

# ---- offline
sqlite3 "$DB" "WITH RECURSIVE n(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM n WHERE n < $SESSIONS)
	INSERT INTO session (id, local_session_id, user_id, gateway, device_id, status, start_us, end_us, data_source, hlc)
	SELECT printf('00000000-0000-5000-8000-%012d', n), 'IHHT_' || n, '$ANNE', 'gateway-1', 'aa:bb:cc:dd:ee:ff', 'completed',
		$AT + n * 3600000000, $AT + n * 3600000000 + 3540000000, 'bluetooth', 1 FROM n;
	WITH RECURSIVE n(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i < $ROWS - 1)
	INSERT INTO readings (taken_us, session, epoch, seq, spo2, heart_rate, perfusion_index, signal_strength, battery, status, invalid,
		data_source, phase_type, cycle_number, altitude_level)
	SELECT $AT + (1 + i / $EACH) * 3600000000 + i % $EACH * 1000007, 1 + i / $EACH, 1767000000000001, 1 + i % $EACH, 80 + i % 200 / 10.0,
		60 + i % 40, i % 90 / 10.0, i % 100, 80, 32, 0, 1, 1, 1, 6 FROM n"
cat >"$T/peak" <<'EOF'
# runs it and says how much it had in memory at most, kB, in the file
"${@:2}" & pid=$!
while most=$(awk '/VmHWM/ { print $2 }' /proc/$pid/status 2>/dev/null) && [ -n "$most" ]; do echo "$most" >"$1"; sleep 0.05; done
wait $pid
EOF
for format in csv parquet json edf fhir omh; do
	table=; case $format in csv | parquet) table="--table readings" ;; esac
	s=$(seconds bash "$T/peak" "$T/kb" "$BIN/ihht" export $format "$T/here.$format" $table 2>/dev/null)
	printf 'ihht export %s of them, %.0f MB of file\t%s\ts\t\t\n' $format "$(calc "$(du -sk "$T/here.$format" | cut -f1) / 1000")" "$s"
	printf 'ihht export %s, memory\t%s\tMB\t50\t\n' $format "$(calc "$(cat "$T/kb") / 1024")"
	rm -rf "$T/here.$format"
done
FINISHED=1
