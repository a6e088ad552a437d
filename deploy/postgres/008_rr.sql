-- Intervals between beats, as the Bluetooth Heart Rate Service tells them: up to three in a
-- reading, 16 bits each in 1/1024 s, the oldest in the lowest bits.  In milliseconds:
--
--     SELECT timestamp, (rr >> shift & 65535) * 1000 / 1024.0 AS rr_ms
--     FROM readings, unnest(ARRAY[0, 16, 32]) shift
--     WHERE session_id = '...' AND rr >> shift & 65535 > 0 ORDER BY timestamp, seq, shift
ALTER TABLE public.readings ADD COLUMN rr bigint;
COMMENT ON COLUMN public.readings.rr IS
	'up to three intervals between beats, 16 bits each in 1/1024 s, the oldest in the lowest bits';
