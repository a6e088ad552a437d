-- Supabase Realtime tells subscribers of rows in this publication (each sees only what the
-- policies let him select).  A partition's rows come under the name `readings`.
DO $$
BEGIN
	IF NOT EXISTS (SELECT FROM pg_publication WHERE pubname = 'supabase_realtime') THEN
		CREATE PUBLICATION supabase_realtime;
	END IF;
END
$$;
ALTER PUBLICATION supabase_realtime SET (publish_via_partition_root = true);
ALTER PUBLICATION supabase_realtime ADD TABLE
	public.sessions, public.readings, public.session_surveys, public.intra_session_responses,
	public.session_adaptive_events, public.session_phase_stats, public.progression, public.gaps;
