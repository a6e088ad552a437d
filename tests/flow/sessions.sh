# sessions.sh - sessions in SQLite to be exported: four of two people, with all that can be odd
#
# Sourced after lib.sh.  Text is as hostile as the limits allow, values lie on the edges, times
# have microseconds, several readings share a second and even a microsecond.

ANNE=8d1f4c5e-2f0b-5f6e-9d0f-3b0b6a0e7c11 BERT=1b4e28ba-2fa1-4d1d-883f-b9a761bde3fb
S1=11111111-0000-5000-8000-000000000001 S2=22222222-0000-5000-8000-000000000002
S3=33333333-0000-5000-8000-000000000003 S4=44444444-0000-5000-8000-000000000004
AT=1767225600000000  # 2026-01-01T00:00:00Z, us
HOSTILE='=cmd|" /C calc"!A0,
zweite Zeile; '\''--ß→😀'

make_store() {
	start local-store
	wait_ready local-store
	stop local-store
}

# sessions: S1 Anne's, whole; S2 hers, empty; S3 Bert's, mock; S4 his, a pulse only
sessions() {
	sqlite3 "$DB" <<-EOF
		INSERT INTO session (id, local_session_id, user_id, gateway, device_id, status, start_us, end_us,
			session_type, session_subtype, current_phase, current_cycle, total_cycles, hypoxic_duration,
			hyperoxic_duration, starting_altitude_level, current_altitude_level, total_mask_lifts,
			total_readings, avg_spo2, min_spo2, max_spo2, data_source, hlc)
		VALUES ('$S1', 'IHHT_1', '$ANNE', 'test', '@ox, "one" ß', 'completed', $AT + 250000, $AT + 299999999, 'IHHT',
			'training', 'COMPLETED', 2, 3, 420, 180, 6, 7, 1, 304, 90.125, 66, 100, 'bluetooth', 1),
		('$S2', 'IHHT_2', '$ANNE', 'test', '-1', 'abandoned', $AT + 86400000000, $AT + 86400000000, 'IHHT', '', '',
			NULL, NULL, NULL, NULL, NULL, NULL, 0, 0, NULL, NULL, NULL, 'manual', 1),
		('$S3', 'IHHT_3', '$BERT', 'test', 'mock-1', 'completed', $AT, $AT + 60000000, 'IHHT', '', '',
			NULL, NULL, NULL, NULL, NULL, NULL, 0, 3, NULL, NULL, NULL, 'mock', 1),
		('$S4', 'IHHT_4', '$BERT', 'test', 'strap', 'active', $AT + 120000000, NULL, 'HRV_CALIBRATION', '', 'WARMUP',
			NULL, NULL, NULL, NULL, NULL, NULL, 0, 0, NULL, NULL, NULL, 'unknown', 1);

		-- S1: one a second with jitter, two phases and a pause; every 20th is missing, every 50th comes twice
		WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 299)
		INSERT INTO readings (taken_us, session, epoch, seq, device_us, spo2, heart_rate, perfusion_index, motion,
			signal_strength, battery, status, invalid, data_source, phase_type, cycle_number, altitude_level, rr)
		SELECT $AT + i * 1000000 + i * 7919 % 999983, 1, 1767000000000001, i,
			CASE WHEN i % 3 = 0 THEN $AT + i * 1000000 END,
			CASE WHEN i % 20 > 0 THEN 66 + i * 7 % 341 / 10.0 END, CASE WHEN i % 20 > 0 THEN 25 + i % 226 END,
			CASE WHEN i % 4 > 0 THEN i % 20 / 8.0 END, CASE WHEN i % 5 = 0 THEN 0.1 * i END,
			i * 7 % 133, 100 - i / 10, CASE WHEN i % 7 = 0 THEN 1099511627775 - i END,
			CASE WHEN i % 20 > 0 THEN 0 ELSE 1 + i / 20 % 7 END, CASE WHEN i = 42 THEN 2 ELSE 1 END,
			CASE WHEN i <= 150 THEN 1 WHEN i <= 160 THEN 5 ELSE 3 END, 1 + i / 200, CASE WHEN i < 250 THEN 6 ELSE 7 END,
			CASE WHEN i % 10 = 0 THEN 281474976710655 - i END FROM n;
		INSERT INTO readings (taken_us, session, epoch, seq, spo2, heart_rate, signal_strength, invalid, data_source, phase_type)
		SELECT taken_us, session, epoch, seq + 1000, 50, 0, 0, 0, 1, 0 FROM readings WHERE session = 1 AND seq % 50 = 0;
		INSERT INTO readings (taken_us, session, epoch, seq, spo2, heart_rate, invalid, data_source, phase_type) VALUES
			($AT, 3, 7, 1, 97, 60, 0, 2, 0), ($AT + 1000000, 3, 7, 2, NULL, NULL, 3, 2, 0), ($AT + 2000000, 3, 7, 3, 96.5, 61, 0, 2, 0),
			($AT + 120000001, 4, 9, 1, NULL, 71.3333333333333333, 0, 0, 6), ($AT + 200000000, 4, 9, 2, NULL, NULL, 6, 0, 6);

		INSERT INTO survey (session_id, kind, clarity, energy, stress, at_us, hlc) VALUES ('$S1', 'pre', 3, 4, 5, $AT - 60000000, 1);
		INSERT INTO survey (session_id, kind, clarity, energy, stress_perception, phase_number, sensations, spo2_value, hr_value, at_us, hlc)
			VALUES ('$S1', 'intra', 4, 4, 2, 1, '["zen","tingling"]', 96.5, 61, $AT + 163000001, 1);
		INSERT INTO survey (session_id, kind, clarity, energy, stress, post_symptoms, overall_rating, notes_post, at_us, hlc)
			VALUES ('$S1', 'post', 5, 4, 3, '["light_headed","warm"]', 5, '${HOSTILE//\'/\'\'}' || char(1), $AT + 400000000, 1);
		INSERT INTO event (id, session_id, event_type, event_us, altitude_phase_number, current_altitude_level, spo2_value, additional_data, hlc)
			VALUES ('aaaaaaaa-0000-5000-8000-000000000001', '$S1', 'mask_lift', $AT + 100000123, 1, 6, 82, '{"a": "ß", "threshold": 83}', 1);
		INSERT INTO phase_stats (session_id, phase_type, phase_number, altitude_level, start_us, end_us, min_spo2, max_spo2, avg_spo2,
			spo2_readings_count, mask_lift_count, target_min_spo2, target_max_spo2, time_below_83, hlc)
			VALUES ('$S1', 'ALTITUDE', 1, 6, $AT + 1000000, $AT + 150000000, 66, 100, 83.0625, 143, 1, 85, 90, 60, 1);
		INSERT INTO progression (session_id, user_id, current_altitude_level, recommended_altitude_level, score, performance, reason, at_us, hlc)
			VALUES ('$S1', '$ANNE', 7, 8, -10, 'GOOD', '+1, "well"', $AT + 400000001, 1);
		INSERT INTO gap (spool, pos, device_id, epoch, seq, from_us, to_us, lost, reason, session_id) VALUES
			(1, 500, '@ox, "one" ß', 1767000000000001, 500, $AT + 151000000, $AT + 159000000, 12, 'link_lost', '$S1'),
			(1, 501, '@ox, "one" ß', 1767000000000001, 501, $AT + 290000000, $AT + 291000000, NULL, 'device_silent', '$S1');
	EOF
}

# checks COMMAND...: its lines `ok - name`, `not ok - name` and `# remark` as tests
checks() {
	local line

	while IFS= read -r line; do
		case $line in
		*"# SKIP "*) skip "$(sed 's/^ok - //; s/ # SKIP .*//' <<<"$line")" "${line##*# SKIP }" ;;
		"ok - "*) ok 0 "${line#ok - }" ;;
		"not ok - "*) ok 1 "${line#not ok - }" ;;
		*) diag "$line" ;;
		esac
	done < <("$@" 2>&1 && echo "ok - ${2##*/} reaches its end" || echo "not ok - ${2##*/} reaches its end")
}
