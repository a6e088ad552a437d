-- What readings say, for people who come with psql, Metabase or Grafana: docs/analytics.md.
--
-- Every figure is computed from readings, by the formulas of services/http-api/figures (test
-- 252 holds both side by side).  A view shows what its caller may see (security_invoker), and
-- nothing made up: mock data only after SET ihht.include_mock = 'on'.
--
-- All begin with the person and the session, so that a question about one session or one person
-- reads only those.  Sessions are kept apart by LATERAL: each is one stretch of the key.

-- Reads everything, changes nothing; given by the operator: GRANT ihht_analyst TO <somebody>.
DO $$
BEGIN
	IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'ihht_analyst') THEN
		CREATE ROLE ihht_analyst NOLOGIN;
	END IF;
END
$$;

-- Sessions that count, and the readings of a session that do: those of a device in demo mode
-- do not, unless the session is one of mock data.
CREATE VIEW public.analysed_sessions WITH (security_invoker = true) AS
	SELECT * FROM public.sessions s
	WHERE s.data_source <> 'mock' OR current_setting('ihht.include_mock', true) = 'on';
CREATE VIEW public.analysed_readings WITH (security_invoker = true) AS
	SELECT r.* FROM public.analysed_sessions s
	JOIN public.readings r ON r.user_id = s.user_id AND r.session_id = s.id
	WHERE r.data_source <> 'mock' OR s.data_source = 'mock';

-- One row for each altitude and recovery phase that has readings.
CREATE VIEW public.phase_statistics WITH (security_invoker = true) AS
SELECT s.user_id, s.id AS session_id, f.phase_type, f.cycle_number, f.start_time, f.end_time,
	round(extract(epoch FROM f.end_time - f.start_time))::integer AS duration_seconds,
	f.readings, f.spo2_readings_count, f.min_spo2, f.max_spo2, f.avg_spo2,
	CASE WHEN f.spo2_readings_count >= 2 THEN f.deviation END AS spo2_volatility_total,
	f.peak_heart_rate, f.hr_at_phase_end, f.altitude_level,
	f.mask_lift_count, f.time_in_therapeutic_zone,
	f.time_in_therapeutic_zone::float8 / nullif(f.spo2_readings_count, 0)
		AS therapeutic_efficiency_score,
	f.time_to_therapeutic_zone, f.time_below_83,
	f.spo2_volatility_in_zone, f.spo2_volatility_out_of_zone,
	CASE WHEN f.phase_type = 'ALTITUDE' AND f.spo2_readings_count > 0 THEN
		greatest(0, least(100, 100 - CASE WHEN f.time_in_therapeutic_zone < 180 THEN 20 ELSE 0 END
		                           - CASE WHEN f.time_below_83 > 30 THEN 15 ELSE 0 END
		                           + CASE WHEN f.cycle_time_to_95 < 60 THEN 10 ELSE 0 END
		                           - CASE WHEN f.spo2_readings_count >= 2 AND f.deviation > 3
		                                  THEN 10 ELSE 0 END)) END AS cycle_adaptation_score,
	f.time_to_95_percent_seconds,
	CASE WHEN f.phase_type = 'RECOVERY' THEN f.above_95 END AS time_above_95_percent_seconds,
	f.hr_recovery_60s, f.spo2_recovery_slope
FROM public.analysed_sessions s CROSS JOIN LATERAL (
	SELECT p.*,
		max(p.time_to_95_percent_seconds) OVER (PARTITION BY p.cycle_number) AS cycle_time_to_95,
		CASE WHEN p.phase_type = 'ALTITUDE' THEN
			(SELECT count(*)::integer FROM public.session_adaptive_events e
			 WHERE e.user_id = s.user_id AND e.session_id = s.id AND e.event_type = 'mask_lift'
			   AND e.altitude_phase_number = p.cycle_number) END AS mask_lift_count
	FROM (
		SELECT r.phase_type, r.cycle_number, r.start_time, max(r.timestamp) AS end_time,
			count(*)::integer AS readings, count(r.spo2)::integer AS spo2_readings_count,
			min(r.spo2)::float8 AS min_spo2, max(r.spo2)::float8 AS max_spo2,
			avg(r.spo2) AS avg_spo2, stddev_pop(r.spo2) AS deviation,
			max(r.heart_rate)::float8 AS peak_heart_rate,
			(array_agg(r.heart_rate ORDER BY r.n_rate DESC)
				FILTER (WHERE r.heart_rate IS NOT NULL))[1]::float8 AS hr_at_phase_end,
			max(r.fio2_level) AS altitude_level,
			CASE WHEN r.phase_type = 'ALTITUDE' THEN
				count(*) FILTER (WHERE r.in_zone)::integer END AS time_in_therapeutic_zone,
			round(min(r.since) FILTER (WHERE r.spo2 < 90 AND r.phase_type = 'ALTITUDE'))::integer
				AS time_to_therapeutic_zone,
			CASE WHEN r.phase_type = 'ALTITUDE' THEN
				count(*) FILTER (WHERE r.spo2 < 83)::integer END AS time_below_83,
			CASE WHEN count(*) FILTER (WHERE r.in_zone) >= 2 AND r.phase_type = 'ALTITUDE' THEN
				stddev_pop(r.spo2) FILTER (WHERE r.in_zone) END AS spo2_volatility_in_zone,
			CASE WHEN count(*) FILTER (WHERE NOT r.in_zone) >= 2 AND r.phase_type = 'ALTITUDE' THEN
				stddev_pop(r.spo2) FILTER (WHERE NOT r.in_zone) END AS spo2_volatility_out_of_zone,
			round(min(r.since) FILTER (WHERE r.spo2 >= 95 AND r.phase_type = 'RECOVERY'))::integer
				AS time_to_95_percent_seconds,
			floor(coalesce(sum(r.until_next) FILTER (WHERE r.spo2 >= 95
				AND r.timestamp < r.last_below_95), 0))::integer AS above_95,
			CASE WHEN r.phase_type = 'RECOVERY' THEN
				(array_agg(r.heart_rate ORDER BY r.n_rate)
					FILTER (WHERE r.heart_rate IS NOT NULL))[1]::float8 -
				(array_agg(r.heart_rate ORDER BY r.n_rate DESC)
					FILTER (WHERE r.heart_rate IS NOT NULL AND r.n_rate <= 61))[1]::float8
				END AS hr_recovery_60s,
			regr_slope(r.spo2, r.since) FILTER (WHERE r.n_spo2 <= 30 AND r.phase_type = 'RECOVERY')
				AS spo2_recovery_slope
		FROM (
			SELECT v.*, extract(epoch FROM v.timestamp - v.start_time)::float8 AS since,
				v.spo2 BETWEEN 85 AND 90 AS in_zone,
				row_number() OVER spo2 AS n_spo2, row_number() OVER rate AS n_rate,
				extract(epoch FROM lead(v.timestamp) OVER spo2 - v.timestamp)::float8 AS until_next,
				max(v.timestamp) FILTER (WHERE v.spo2 < 95)
					OVER (PARTITION BY v.phase_type, v.cycle_number) AS last_below_95
			FROM (
				SELECT x.phase_type, x.cycle_number, x.timestamp, x.epoch, x.seq, x.spo2,
					x.heart_rate, x.fio2_level,
					least(min(x.timestamp) OVER (PARTITION BY x.phase_type, x.cycle_number),
					      t.start_time) AS start_time
				FROM (SELECT phase_type, coalesce(cycle_number, 1) AS cycle_number, timestamp,
						epoch, seq, spo2, heart_rate, fio2_level
					FROM public.readings
					WHERE user_id = s.user_id AND session_id = s.id
					  AND phase_type IN ('ALTITUDE', 'RECOVERY')
					  AND (data_source <> 'mock' OR s.data_source = 'mock')) x
				LEFT JOIN public.session_phase_stats t
					ON t.user_id = s.user_id AND t.session_id = s.id
					AND t.phase_type = x.phase_type AND t.phase_number = x.cycle_number
			) v
			WINDOW spo2 AS (PARTITION BY v.phase_type, v.cycle_number, v.spo2 IS NULL
			                ORDER BY v.timestamp, v.epoch, v.seq),
			       rate AS (PARTITION BY v.phase_type, v.cycle_number, v.heart_rate IS NULL
			                ORDER BY v.timestamp, v.epoch, v.seq)
		) r GROUP BY r.phase_type, r.cycle_number, r.start_time
	) p
) f;

-- One row for each session: its record, and the app's figures of it.
CREATE VIEW public.session_summary WITH (security_invoker = true) AS
SELECT s.user_id, s.id AS session_id, s.local_session_id, s.gateway, s.device_id, s.data_source,
	s.status, s.session_subtype, s.start_time, s.end_time,
	round(extract(epoch FROM s.end_time - s.start_time))::integer AS duration_seconds,
	r.readings, r.spo2_readings_count, coalesce(p.cycles, 0) AS cycles,
	r.min_spo2, r.max_spo2, r.avg_spo2, r.min_heart_rate, r.max_heart_rate, r.avg_heart_rate,
	85 AS therapeutic_zone_min_spo2, 90 AS therapeutic_zone_max_spo2,
	coalesce(p.total_time_in_zone, 0) AS total_time_in_zone,
	coalesce(p.total_time_below_83, 0) AS total_time_below_83,
	p.total_time_in_zone::float8 / nullif(p.samples, 0) AS therapeutic_efficiency_score,
	p.avg_desaturation_rate, p.min_desaturation_rate, p.max_desaturation_rate,
	p.desaturation_consistency,
	p.avg_volatility_in_zone, p.avg_volatility_out_of_zone, p.avg_volatility_total,
	l.total_mask_lifts, greatest(0, 100 - 10 * l.total_mask_lifts) AS hypoxic_stability_score,
	l.avg_mask_lift_recovery_10s, l.avg_mask_lift_recovery_15s,
	p.avg_spo2_recovery_time, p.min_spo2_recovery_time, p.max_spo2_recovery_time,
	p.recovery_consistency, p.avg_hr_recovery,
	p.first_cycle_score, p.last_cycle_score,
	p.last_cycle_score - p.first_cycle_score AS intra_session_improvement,
	p.session_adaptation_index, p.altitude_level_achieved
FROM public.analysed_sessions s
CROSS JOIN LATERAL (
	SELECT count(*)::integer AS readings, count(spo2)::integer AS spo2_readings_count,
		min(spo2)::float8 AS min_spo2, max(spo2)::float8 AS max_spo2, avg(spo2) AS avg_spo2,
		min(heart_rate)::float8 AS min_heart_rate, max(heart_rate)::float8 AS max_heart_rate,
		avg(heart_rate) AS avg_heart_rate
	FROM public.readings WHERE user_id = s.user_id AND session_id = s.id
		AND (data_source <> 'mock' OR s.data_source = 'mock')
) r
CROSS JOIN LATERAL (
	SELECT count(*) FILTER (WHERE phase_type = 'ALTITUDE')::integer AS cycles,
		sum(spo2_readings_count) FILTER (WHERE phase_type = 'ALTITUDE') AS samples,
		sum(time_in_therapeutic_zone)::integer AS total_time_in_zone,
		sum(time_below_83)::integer AS total_time_below_83,
		avg(time_to_therapeutic_zone)::float8 AS avg_desaturation_rate,
		min(time_to_therapeutic_zone) AS min_desaturation_rate,
		max(time_to_therapeutic_zone) AS max_desaturation_rate,
		stddev_pop(time_to_therapeutic_zone)::float8 AS desaturation_consistency,
		avg(spo2_volatility_in_zone) AS avg_volatility_in_zone,
		avg(spo2_volatility_out_of_zone) AS avg_volatility_out_of_zone,
		avg(spo2_volatility_total) FILTER (WHERE phase_type = 'ALTITUDE') AS avg_volatility_total,
		avg(time_to_95_percent_seconds)::float8 AS avg_spo2_recovery_time,
		min(time_to_95_percent_seconds) AS min_spo2_recovery_time,
		max(time_to_95_percent_seconds) AS max_spo2_recovery_time,
		stddev_pop(time_to_95_percent_seconds)::float8 AS recovery_consistency,
		avg(hr_recovery_60s) AS avg_hr_recovery,
		(array_agg(cycle_adaptation_score ORDER BY start_time)
			FILTER (WHERE cycle_adaptation_score IS NOT NULL))[1] AS first_cycle_score,
		(array_agg(cycle_adaptation_score ORDER BY start_time DESC)
			FILTER (WHERE cycle_adaptation_score IS NOT NULL))[1] AS last_cycle_score,
		avg(cycle_adaptation_score)::float8 AS session_adaptation_index,
		max(altitude_level) FILTER (WHERE phase_type = 'ALTITUDE') AS altitude_level_achieved
	FROM public.phase_statistics WHERE user_id = s.user_id AND session_id = s.id
) p
CROSS JOIN LATERAL (
	SELECT count(*)::integer AS total_mask_lifts,
		avg(a.spo2 - coalesce(e.spo2_value, b.spo2)) AS avg_mask_lift_recovery_10s,
		avg(c.spo2 - coalesce(e.spo2_value, b.spo2)) AS avg_mask_lift_recovery_15s
	FROM public.session_adaptive_events e
	LEFT JOIN LATERAL (SELECT x.spo2 FROM public.readings x
		WHERE x.user_id = s.user_id AND x.session_id = s.id AND x.spo2 IS NOT NULL
		  AND x.timestamp < e.event_timestamp AND (x.data_source <> 'mock' OR s.data_source = 'mock')
		ORDER BY x.timestamp DESC, x.epoch DESC, x.seq DESC LIMIT 1) b ON true
	LEFT JOIN LATERAL (SELECT x.spo2 FROM public.readings x
		WHERE x.user_id = s.user_id AND x.session_id = s.id AND x.spo2 IS NOT NULL
		  AND x.timestamp BETWEEN e.event_timestamp + interval '10 s'
		                      AND e.event_timestamp + interval '11 s'
		  AND (x.data_source <> 'mock' OR s.data_source = 'mock')
		ORDER BY x.timestamp, x.epoch, x.seq LIMIT 1) a ON true
	LEFT JOIN LATERAL (SELECT x.spo2 FROM public.readings x
		WHERE x.user_id = s.user_id AND x.session_id = s.id AND x.spo2 IS NOT NULL
		  AND x.timestamp BETWEEN e.event_timestamp + interval '15 s'
		                      AND e.event_timestamp + interval '16 s'
		  AND (x.data_source <> 'mock' OR s.data_source = 'mock')
		ORDER BY x.timestamp, x.epoch, x.seq LIMIT 1) c ON true
	WHERE e.user_id = s.user_id AND e.session_id = s.id AND e.event_type = 'mask_lift'
) l;

-- Desaturations an hour: how often SpO2 falls 4 (3) or more below the mean of the two minutes
-- before.  Hours are those with values: steps of up to 10 s from one to the next.
CREATE VIEW public.desaturation_index WITH (security_invoker = true) AS
SELECT s.user_id, s.id AS session_id, s.start_time, d.hours_measured,
	d.desaturations_3, d.desaturations_4,
	d.desaturations_3 / nullif(d.hours_measured, 0) AS index_3,
	d.desaturations_4 / nullif(d.hours_measured, 0) AS index_4,
	d.min_spo2 AS nadir_spo2, d.share_below_90, d.share_below_83
FROM public.analysed_sessions s CROSS JOIN LATERAL (
	SELECT count(*) FILTER (WHERE is_3 AND NOT was_3)::integer AS desaturations_3,
		count(*) FILTER (WHERE is_4 AND NOT was_4)::integer AS desaturations_4,
		coalesce(sum(step) FILTER (WHERE step <= 10), 0) / 3600 AS hours_measured,
		min(spo2)::float8 AS min_spo2,
		avg((spo2 < 90)::integer)::float8 AS share_below_90,
		avg((spo2 < 83)::integer)::float8 AS share_below_83
	FROM (
		SELECT b.*, lag(is_3, 1, false) OVER time AS was_3, lag(is_4, 1, false) OVER time AS was_4
		FROM (
			SELECT a.*, coalesce(spo2 <= baseline - 3, false) AS is_3,
				coalesce(spo2 <= baseline - 4, false) AS is_4
			FROM (
				SELECT timestamp, epoch, seq, spo2,
					extract(epoch FROM lead(timestamp) OVER time - timestamp)::float8 AS step,
					avg(spo2) OVER (ORDER BY timestamp
						RANGE BETWEEN interval '120 s' PRECEDING AND interval '1 us' PRECEDING)
						AS baseline
				FROM public.readings
				WHERE user_id = s.user_id AND session_id = s.id AND spo2 IS NOT NULL
				  AND (data_source <> 'mock' OR s.data_source = 'mock')
				WINDOW time AS (ORDER BY timestamp, epoch, seq)
			) a
		) b
		WINDOW time AS (ORDER BY timestamp, epoch, seq)
	) c
) d;

-- How far a session's readings can be trusted.
CREATE VIEW public.data_quality WITH (security_invoker = true) AS
SELECT s.user_id, s.id AS session_id, s.device_id, s.data_source, s.start_time, s.end_time,
	q.readings, q.spo2_readings_count,
	q.spo2_readings_count::float8 / nullif(q.readings, 0) AS valid_share,
	least(1, q.seconds_covered / nullif(extract(epoch FROM coalesce(s.end_time, q.last_time)
		- s.start_time)::float8, 0)) AS coverage,
	q.longest_silence_seconds, q.same_moment, q.avg_perfusion_index, q.low_perfusion_share,
	g.gaps, g.lost, g.gap_reasons, i.invalid_reasons
FROM public.analysed_sessions s
CROSS JOIN LATERAL (
	SELECT count(*)::integer AS readings, count(spo2)::integer AS spo2_readings_count,
		count(DISTINCT date_trunc('second', timestamp))::float8 AS seconds_covered,
		max(timestamp) AS last_time, max(step) AS longest_silence_seconds,
		count(*) FILTER (WHERE step = 0)::integer AS same_moment,
		avg(perfusion_index) AS avg_perfusion_index,
		avg((perfusion_index < 0.3)::integer)::float8 AS low_perfusion_share
	FROM (SELECT timestamp, spo2, perfusion_index,
			extract(epoch FROM lead(timestamp) OVER (ORDER BY timestamp, epoch, seq)
				- timestamp)::float8 AS step
		FROM public.readings WHERE user_id = s.user_id AND session_id = s.id
			AND (data_source <> 'mock' OR s.data_source = 'mock')) r
) q
CROSS JOIN LATERAL (
	SELECT count(*)::integer AS gaps, coalesce(sum(lost), 0)::bigint AS lost,
		coalesce(jsonb_object_agg(reason, n), '{}') AS gap_reasons
	FROM (SELECT coalesce(reason, 'unknown') AS reason, count(*) AS n, sum(lost) AS lost
		FROM public.gaps WHERE user_id = s.user_id AND session_id = s.id GROUP BY 1) k
) g
CROSS JOIN LATERAL (
	SELECT coalesce(jsonb_object_agg(invalid, n), '{}') AS invalid_reasons
	FROM (SELECT invalid, count(*) AS n FROM public.readings
		WHERE user_id = s.user_id AND session_id = s.id AND invalid IS NOT NULL
		  AND (data_source <> 'mock' OR s.data_source = 'mock') GROUP BY invalid) k
) i;

-- One row for each person and week (Monday to Sunday, UTC), of sessions that have ended.
CREATE VIEW public.weekly_trend WITH (security_invoker = true) AS
SELECT user_id, date_trunc('week', start_time AT TIME ZONE 'UTC')::date AS week,
	count(*)::integer AS sessions, sum(readings)::bigint AS readings,
	sum(duration_seconds)::bigint AS duration_seconds,
	avg(avg_spo2) AS avg_spo2, min(min_spo2) AS min_spo2,
	sum(total_time_in_zone)::bigint AS time_in_zone_seconds,
	avg(therapeutic_efficiency_score) AS therapeutic_efficiency_score,
	avg(avg_desaturation_rate) AS avg_desaturation_rate,
	avg(avg_spo2_recovery_time) AS avg_spo2_recovery_time,
	sum(total_mask_lifts)::integer AS mask_lifts,
	avg(session_adaptation_index) AS session_adaptation_index,
	max(altitude_level_achieved) AS altitude_level_achieved
FROM public.session_summary WHERE end_time IS NOT NULL
GROUP BY user_id, date_trunc('week', start_time AT TIME ZONE 'UTC')::date;

REVOKE ALL ON public.analysed_sessions, public.analysed_readings, public.phase_statistics,
	public.session_summary, public.desaturation_index, public.data_quality, public.weekly_trend
	FROM PUBLIC, anon, authenticated;
GRANT SELECT ON public.analysed_sessions, public.analysed_readings, public.phase_statistics,
	public.session_summary, public.desaturation_index, public.data_quality, public.weekly_trend
	TO authenticated, ihht_api, ihht_audit, ihht_analyst;
GRANT SELECT ON public.sessions, public.readings, public.session_surveys,
	public.intra_session_responses, public.session_adaptive_events, public.session_phase_stats,
	public.progression, public.gaps, public.sync_receipts, public.sync_heads,
	public.altitude_levels TO ihht_analyst;
CREATE POLICY analyst ON public.sessions FOR SELECT TO ihht_analyst USING (true);
CREATE POLICY analyst ON public.readings FOR SELECT TO ihht_analyst USING (true);
CREATE POLICY analyst ON public.session_surveys FOR SELECT TO ihht_analyst USING (true);
CREATE POLICY analyst ON public.intra_session_responses FOR SELECT TO ihht_analyst USING (true);
CREATE POLICY analyst ON public.session_adaptive_events FOR SELECT TO ihht_analyst USING (true);
CREATE POLICY analyst ON public.session_phase_stats FOR SELECT TO ihht_analyst USING (true);
CREATE POLICY analyst ON public.progression FOR SELECT TO ihht_analyst USING (true);
CREATE POLICY analyst ON public.gaps FOR SELECT TO ihht_analyst USING (true);
CREATE POLICY analyst ON public.sync_receipts FOR SELECT TO ihht_analyst USING (true);
CREATE POLICY analyst ON public.sync_heads FOR SELECT TO ihht_analyst USING (true);
