# agents.sh - what agents look at: eleven sessions of two people, with gaps, a mock one and a demo mode
#
# Sourced after lib.sh; pg_start first.  Session 1 is IHHT_1732340000000_abc123, whose UUID follows.

A=11111111-1111-4111-8111-111111111111 B=22222222-2222-4222-8222-222222222222
S1=3ebd7d88-dfdd-55f6-aacf-2ea5aef85bf0

agent_data() {
	sql "SELECT ihht.readings_month('2026-01-01 00:00Z')" >/dev/null
	sql "INSERT INTO sessions (user_id, id, local_session_id, gateway, device_id, status, start_time, end_time, data_source, total_cycles, current_altitude_level, sync_status, last_sync_at, hlc)
		SELECT CASE WHEN n < 9 THEN '$A' ELSE '$B' END::uuid, CASE n WHEN 1 THEN '$S1' ELSE '00000000-0000-5000-8000-' || lpad(n::text, 12, '0') END::uuid,
			CASE n WHEN 1 THEN 'IHHT_1732340000000_abc123' ELSE 'IHHT_' || n END, 'test', 'ox-' || n % 2, 'completed',
			timestamptz '2026-01-25 08:00Z' - n * interval '2 days', timestamptz '2026-01-25 08:10Z' - n * interval '2 days',
			CASE n WHEN 3 THEN 'mock' ELSE 'bluetooth' END, 1, 6, 'completed', timestamptz '2026-01-25 09:00Z', 1 FROM generate_series(1, 11) n;
		INSERT INTO readings (user_id, session_id, timestamp, epoch, seq, spo2, heart_rate, is_valid, invalid, data_source, phase_type, cycle_number, fio2_level)
		SELECT user_id, id, start_time + i * interval '1 s', 7, i, CASE WHEN i % 97 > 0 THEN round((92 + 7 * cos(i / 60.0))::numeric, 1) END, CASE WHEN i % 97 > 0 THEN 60 + i % 30 END,
			i % 97 > 0, CASE WHEN i % 97 = 0 THEN 'no_finger' END, CASE WHEN i % 100 = 50 THEN 'mock' ELSE data_source END, CASE WHEN i < 400 THEN 'ALTITUDE' ELSE 'RECOVERY' END, 1, 6
		FROM sessions, generate_series(0, 599) i WHERE i NOT BETWEEN 200 AND 219 AND i NOT BETWEEN 500 AND 507;
		UPDATE readings SET spo2 = 66.5 WHERE seq = 333 AND session_id = '$S1';
		INSERT INTO gaps (user_id, session_id, device_id, epoch, seq, from_time, to_time, lost, reason)
		SELECT user_id, id, device_id, 7, 10000, start_time + interval '199 s', start_time + interval '220 s', 20, 'link_lost' FROM sessions;
		INSERT INTO gaps (user_id, session_id, device_id, epoch, seq, from_time, to_time, lost, reason)
		SELECT user_id, id, device_id, 7, 10001, start_time + interval '300 s', start_time + interval '301 s', 1, 'spool_full' FROM sessions;
		INSERT INTO session_adaptive_events (user_id, session_id, id, event_type, event_timestamp, altitude_phase_number, hlc)
		SELECT user_id, id, gen_random_uuid(), 'mask_lift', start_time + k * interval '3 s', 1, 1 FROM sessions, generate_series(1, 120) k WHERE id = '$S1';
		INSERT INTO sync_heads VALUES ('$A', 3), ('$B', 2);
		INSERT INTO sync_receipts (user_id, id, rev, session_id, gateway, readings, applied_at) SELECT '$A', '$S1', 3, '$S1', 'test', 572, '2026-01-25 09:00Z'"
}
