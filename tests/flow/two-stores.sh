# two-stores.sh - for tests of dedupe-auditor: a SQLite file and a Postgres with the same rows
#
#	two_stores 3 200            3 sessions of 200 readings each, with a record of every kind
#	session_id 2                the id of the second
#	to_postgres                 all rows of SQLite again, where Postgres lacks them
#
# SQLite's tables are local-store's own: it makes them and is killed.

START_US=1767225600000000       # 2026-01-01

session_id() { printf '00000000-0000-5000-8000-%012d' "$1"; }

make_sqlite() {
	start local-store
	wait_ready local-store
	kill9 local-store
	sqlite3 "$DB" <<-SQL
		WITH RECURSIVE n(s) AS (SELECT 1 UNION ALL SELECT s + 1 FROM n WHERE s < $1)
		INSERT INTO session (no, id, local_session_id, user_id, gateway, device_id, status,
			start_us, end_us, session_type, data_source, total_mask_lifts, total_readings,
			hlc, synced_hlc, synced_reading)
		SELECT s, printf('00000000-0000-5000-8000-%012d', s), 'IHHT_' || s || '_abc',
			printf('00000000-0000-4000-8000-%012d', (s + 1) / 2), 'test', 'dev-' || s,
			'completed', $START_US, $START_US + 3600000000, 'IHHT', 'mock', 0, $2,
			1000 + s, 1000 + s, 1000000000 FROM n;
		WITH RECURSIVE n(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i < $1 * $2 - 1)
		INSERT INTO readings SELECT i + 1, $START_US + (i / $1) * 1000000 + i % $1, i % $1 + 1, 7,
			i / $1 + 1, CASE WHEN i % 3 THEN $START_US + i END,
			CASE WHEN i % 5 THEN 80 + i % 200 / 10.0 END, CASE WHEN i % 5 THEN 60 + i % 40 END,
			CASE WHEN i % 4 THEN i % 30 / 10.0 END, i % 7, i % 9, i % 101,
			CASE WHEN i % 2 THEN i % 65536 END, CASE WHEN i % 5 THEN 0 ELSE 4 END, 2, i % 4,
			i % 5 + 1, i % 12, CASE WHEN i % 3 = 0 THEN 812 + i % 50 * 65537 END FROM n;
		INSERT INTO survey (session_id, kind, clarity, energy, stress, at_us, hlc, synced_hlc)
			SELECT id, k, 3, 3, 3, $START_US, no * 10, no * 10 FROM session,
				(SELECT 'pre' AS k UNION ALL SELECT 'post');
		INSERT INTO survey (session_id, kind, phase_number, clarity, at_us, hlc, synced_hlc)
			SELECT id, 'intra', 2, 4, $START_US, no * 11, no * 11 FROM session;
		INSERT INTO event (id, session_id, event_type, event_us, hlc, synced_hlc)
			SELECT printf('00000000-0000-5000-9000-%012d', no), id, 'mask_lift', $START_US,
				no * 12, no * 12 FROM session;
		INSERT INTO phase_stats (session_id, phase_type, phase_number, start_us,
			spo2_readings_count, mask_lift_count, hlc, synced_hlc)
			SELECT id, 'ALTITUDE', 1, $START_US, 0, 0, no * 13, no * 13 FROM session;
		INSERT INTO progression (session_id, user_id, current_altitude_level,
			recommended_altitude_level, hlc, synced_hlc)
			SELECT id, user_id, 6, 7, no * 14, no * 14 FROM session;
		INSERT INTO gap (spool, pos, device_id, epoch, seq, from_us, to_us, reason, session_id,
			synced_hlc) SELECT 1, no, device_id, 7, 100000, $START_US, $START_US + 5,
			'link_lost', id, 0 FROM session;
	SQL
}

# load TABLE COLUMNS QUERY: what SQLite gives, as the owner into Postgres
load() {
	sqlite3 -batch -readonly -csv "$DB" "$3" |
		psql -XAtq -v ON_ERROR_STOP=1 -h "$RUN" -U postgres ihht \
			-c "CREATE TEMP TABLE new (LIKE public.$1)" -c "COPY new ($2) FROM STDIN (FORMAT csv)" \
			-c "INSERT INTO public.$1 ($2) SELECT $2 FROM new ON CONFLICT DO NOTHING"
}

utc() { echo "strftime('%Y-%m-%d %H:%M:%S', $1 / 1000000, 'unixepoch') || printf('.%06d+00', $1 % 1000000)"; }

to_postgres() {
	local invalid="CASE invalid WHEN 4 THEN 'artefact' END"
	local phase="CASE phase_type WHEN 1 THEN 'ALTITUDE' WHEN 2 THEN 'TRANSITION' WHEN 3 THEN 'RECOVERY' END"

	sql "SELECT ihht.readings_month('2026-01-01Z')" >/dev/null
	load sessions 'user_id, id, local_session_id, gateway, device_id, status, start_time, data_source,
		total_mask_lifts, total_readings, session_type, hlc, sync_status, sync_attempts, created_at, updated_at' \
		"SELECT user_id, id, local_session_id, gateway, device_id, status, $(utc start_us), data_source,
		 0, 0, 'IHHT', hlc, 'completed', 1, '2026-01-01', '2026-01-01' FROM session"
	load readings 'user_id, session_id, timestamp, epoch, seq, device_time, spo2, heart_rate,
		perfusion_index, motion, signal_strength, battery, status, invalid, is_valid, data_source,
		phase_type, cycle_number, fio2_level, rr' \
		"SELECT user_id, s.id, $(utc taken_us), epoch, seq, $(utc device_us), spo2, heart_rate,
		 perfusion_index, motion, signal_strength, battery, r.status, $invalid,
		 invalid = 0, 'mock', $phase, cycle_number, altitude_level, rr
		 FROM readings r JOIN session s ON s.no = r.session"
	load session_surveys 'user_id, session_id, id, pre_hlc, post_hlc, created_at, updated_at' \
		"SELECT user_id, id, id, no * 10, no * 10, '2026-01-01', '2026-01-01' FROM session"
	load intra_session_responses 'user_id, session_id, phase_number, id, hlc, created_at, updated_at' \
		"SELECT user_id, id, 2, id, no * 11, '2026-01-01', '2026-01-01' FROM session"
	load session_adaptive_events 'user_id, session_id, id, event_type, event_timestamp, hlc, created_at, updated_at' \
		"SELECT user_id, session_id, e.id, event_type, '2026-01-01', e.hlc, '2026-01-01', '2026-01-01'
		 FROM event e JOIN session s ON s.id = session_id"
	load session_phase_stats 'user_id, session_id, phase_type, phase_number, id, start_time,
		spo2_readings_count, mask_lift_count, hlc, created_at, updated_at' \
		"SELECT user_id, id, 'ALTITUDE', 1, id, '2026-01-01', 0, 0, no * 13, '2026-01-01', '2026-01-01' FROM session"
	load progression 'user_id, session_id, current_altitude_level, recommended_altitude_level, hlc, created_at, updated_at' \
		"SELECT user_id, id, 6, 7, no * 14, '2026-01-01', '2026-01-01' FROM session"
	load gaps 'user_id, session_id, device_id, epoch, seq, from_time, to_time, created_at' \
		"SELECT user_id, id, device_id, 7, 100000, '2026-01-01', '2026-01-01', '2026-01-01' FROM session"
}

two_stores() {
	make_sqlite "$1" "$2"
	to_postgres
}
