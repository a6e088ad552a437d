-- Who may do what.  A table is closed to all; then
--
--	authenticated  reads the rows of the person in the token (auth.uid())
--	ihht_api       the same, and every row for a token of role service_role
--	ihht_audit     reads every row
--	ihht_sync      adds rows, and changes those that may change; no DELETE anywhere
--
-- Policies of one table are joined by OR: what a coach may see comes as one more policy.
-- (select ...) has Postgres ask once for each statement and not for each row.

ALTER TABLE public.sessions ENABLE ROW LEVEL SECURITY;
ALTER TABLE public.readings ENABLE ROW LEVEL SECURITY;
ALTER TABLE public.session_surveys ENABLE ROW LEVEL SECURITY;
ALTER TABLE public.intra_session_responses ENABLE ROW LEVEL SECURITY;
ALTER TABLE public.session_adaptive_events ENABLE ROW LEVEL SECURITY;
ALTER TABLE public.session_phase_stats ENABLE ROW LEVEL SECURITY;
ALTER TABLE public.progression ENABLE ROW LEVEL SECURITY;
ALTER TABLE public.gaps ENABLE ROW LEVEL SECURITY;
ALTER TABLE public.record_history ENABLE ROW LEVEL SECURITY;
ALTER TABLE public.sync_receipts ENABLE ROW LEVEL SECURITY;
ALTER TABLE public.sync_heads ENABLE ROW LEVEL SECURITY;
ALTER TABLE public.altitude_levels ENABLE ROW LEVEL SECURITY;

REVOKE ALL ON public.sessions FROM PUBLIC, anon, authenticated;
REVOKE ALL ON public.readings FROM PUBLIC, anon, authenticated;
REVOKE ALL ON public.session_surveys FROM PUBLIC, anon, authenticated;
REVOKE ALL ON public.intra_session_responses FROM PUBLIC, anon, authenticated;
REVOKE ALL ON public.session_adaptive_events FROM PUBLIC, anon, authenticated;
REVOKE ALL ON public.session_phase_stats FROM PUBLIC, anon, authenticated;
REVOKE ALL ON public.progression FROM PUBLIC, anon, authenticated;
REVOKE ALL ON public.gaps FROM PUBLIC, anon, authenticated;
REVOKE ALL ON public.record_history FROM PUBLIC, anon, authenticated;
REVOKE ALL ON public.sync_receipts FROM PUBLIC, anon, authenticated;
REVOKE ALL ON public.sync_heads FROM PUBLIC, anon, authenticated;
REVOKE ALL ON public.altitude_levels FROM PUBLIC, anon, authenticated;

GRANT SELECT ON public.sessions TO authenticated, ihht_api, ihht_audit;
GRANT SELECT, INSERT, UPDATE ON public.sessions TO ihht_sync;
GRANT SELECT ON public.readings TO authenticated, ihht_api, ihht_audit;
GRANT SELECT, INSERT ON public.readings TO ihht_sync;
GRANT SELECT ON public.session_surveys TO authenticated, ihht_api, ihht_audit;
GRANT SELECT, INSERT, UPDATE ON public.session_surveys TO ihht_sync;
GRANT SELECT ON public.intra_session_responses TO authenticated, ihht_api, ihht_audit;
GRANT SELECT, INSERT, UPDATE ON public.intra_session_responses TO ihht_sync;
GRANT SELECT ON public.session_adaptive_events TO authenticated, ihht_api, ihht_audit;
GRANT SELECT, INSERT, UPDATE ON public.session_adaptive_events TO ihht_sync;
GRANT SELECT ON public.session_phase_stats TO authenticated, ihht_api, ihht_audit;
GRANT SELECT, INSERT, UPDATE ON public.session_phase_stats TO ihht_sync;
GRANT SELECT ON public.progression TO authenticated, ihht_api, ihht_audit;
GRANT SELECT, INSERT, UPDATE ON public.progression TO ihht_sync;
GRANT SELECT ON public.gaps TO authenticated, ihht_api, ihht_audit;
GRANT SELECT, INSERT ON public.gaps TO ihht_sync;
GRANT SELECT ON public.record_history TO authenticated, ihht_api, ihht_audit;
GRANT SELECT, INSERT ON public.record_history TO ihht_sync;
GRANT SELECT ON public.sync_receipts TO authenticated, ihht_api, ihht_audit;
GRANT SELECT, INSERT ON public.sync_receipts TO ihht_sync;
GRANT SELECT ON public.sync_heads TO authenticated, ihht_api, ihht_audit;
GRANT SELECT, INSERT, UPDATE ON public.sync_heads TO ihht_sync;
GRANT SELECT ON public.altitude_levels TO authenticated, ihht_api, ihht_audit;
GRANT SELECT ON public.altitude_levels TO ihht_sync;
GRANT SELECT ON public.altitude_levels TO anon;

CREATE POLICY own ON public.sessions FOR SELECT TO authenticated, ihht_api
	USING ((SELECT auth.uid()) = user_id);
CREATE POLICY operator ON public.sessions FOR SELECT TO ihht_api
	USING ((SELECT auth.jwt() ->> 'role') = 'service_role');
CREATE POLICY audit ON public.sessions FOR SELECT TO ihht_audit USING (true);
CREATE POLICY sync_select ON public.sessions FOR SELECT TO ihht_sync USING (true);
CREATE POLICY sync_insert ON public.sessions FOR INSERT TO ihht_sync WITH CHECK (true);
CREATE POLICY sync_update ON public.sessions FOR UPDATE TO ihht_sync USING (true);

CREATE POLICY own ON public.readings FOR SELECT TO authenticated, ihht_api
	USING ((SELECT auth.uid()) = user_id);
CREATE POLICY operator ON public.readings FOR SELECT TO ihht_api
	USING ((SELECT auth.jwt() ->> 'role') = 'service_role');
CREATE POLICY audit ON public.readings FOR SELECT TO ihht_audit USING (true);
CREATE POLICY sync_select ON public.readings FOR SELECT TO ihht_sync USING (true);
CREATE POLICY sync_insert ON public.readings FOR INSERT TO ihht_sync WITH CHECK (true);

CREATE POLICY own ON public.session_surveys FOR SELECT TO authenticated, ihht_api
	USING ((SELECT auth.uid()) = user_id);
CREATE POLICY operator ON public.session_surveys FOR SELECT TO ihht_api
	USING ((SELECT auth.jwt() ->> 'role') = 'service_role');
CREATE POLICY audit ON public.session_surveys FOR SELECT TO ihht_audit USING (true);
CREATE POLICY sync_select ON public.session_surveys FOR SELECT TO ihht_sync USING (true);
CREATE POLICY sync_insert ON public.session_surveys FOR INSERT TO ihht_sync WITH CHECK (true);
CREATE POLICY sync_update ON public.session_surveys FOR UPDATE TO ihht_sync USING (true);

CREATE POLICY own ON public.intra_session_responses FOR SELECT TO authenticated, ihht_api
	USING ((SELECT auth.uid()) = user_id);
CREATE POLICY operator ON public.intra_session_responses FOR SELECT TO ihht_api
	USING ((SELECT auth.jwt() ->> 'role') = 'service_role');
CREATE POLICY audit ON public.intra_session_responses FOR SELECT TO ihht_audit USING (true);
CREATE POLICY sync_select ON public.intra_session_responses FOR SELECT TO ihht_sync USING (true);
CREATE POLICY sync_insert ON public.intra_session_responses FOR INSERT TO ihht_sync WITH CHECK (true);
CREATE POLICY sync_update ON public.intra_session_responses FOR UPDATE TO ihht_sync USING (true);

CREATE POLICY own ON public.session_adaptive_events FOR SELECT TO authenticated, ihht_api
	USING ((SELECT auth.uid()) = user_id);
CREATE POLICY operator ON public.session_adaptive_events FOR SELECT TO ihht_api
	USING ((SELECT auth.jwt() ->> 'role') = 'service_role');
CREATE POLICY audit ON public.session_adaptive_events FOR SELECT TO ihht_audit USING (true);
CREATE POLICY sync_select ON public.session_adaptive_events FOR SELECT TO ihht_sync USING (true);
CREATE POLICY sync_insert ON public.session_adaptive_events FOR INSERT TO ihht_sync WITH CHECK (true);
CREATE POLICY sync_update ON public.session_adaptive_events FOR UPDATE TO ihht_sync USING (true);

CREATE POLICY own ON public.session_phase_stats FOR SELECT TO authenticated, ihht_api
	USING ((SELECT auth.uid()) = user_id);
CREATE POLICY operator ON public.session_phase_stats FOR SELECT TO ihht_api
	USING ((SELECT auth.jwt() ->> 'role') = 'service_role');
CREATE POLICY audit ON public.session_phase_stats FOR SELECT TO ihht_audit USING (true);
CREATE POLICY sync_select ON public.session_phase_stats FOR SELECT TO ihht_sync USING (true);
CREATE POLICY sync_insert ON public.session_phase_stats FOR INSERT TO ihht_sync WITH CHECK (true);
CREATE POLICY sync_update ON public.session_phase_stats FOR UPDATE TO ihht_sync USING (true);

CREATE POLICY own ON public.progression FOR SELECT TO authenticated, ihht_api
	USING ((SELECT auth.uid()) = user_id);
CREATE POLICY operator ON public.progression FOR SELECT TO ihht_api
	USING ((SELECT auth.jwt() ->> 'role') = 'service_role');
CREATE POLICY audit ON public.progression FOR SELECT TO ihht_audit USING (true);
CREATE POLICY sync_select ON public.progression FOR SELECT TO ihht_sync USING (true);
CREATE POLICY sync_insert ON public.progression FOR INSERT TO ihht_sync WITH CHECK (true);
CREATE POLICY sync_update ON public.progression FOR UPDATE TO ihht_sync USING (true);

CREATE POLICY own ON public.gaps FOR SELECT TO authenticated, ihht_api
	USING ((SELECT auth.uid()) = user_id);
CREATE POLICY operator ON public.gaps FOR SELECT TO ihht_api
	USING ((SELECT auth.jwt() ->> 'role') = 'service_role');
CREATE POLICY audit ON public.gaps FOR SELECT TO ihht_audit USING (true);
CREATE POLICY sync_select ON public.gaps FOR SELECT TO ihht_sync USING (true);
CREATE POLICY sync_insert ON public.gaps FOR INSERT TO ihht_sync WITH CHECK (true);

CREATE POLICY own ON public.record_history FOR SELECT TO authenticated, ihht_api
	USING ((SELECT auth.uid()) = user_id);
CREATE POLICY operator ON public.record_history FOR SELECT TO ihht_api
	USING ((SELECT auth.jwt() ->> 'role') = 'service_role');
CREATE POLICY audit ON public.record_history FOR SELECT TO ihht_audit USING (true);
CREATE POLICY sync_select ON public.record_history FOR SELECT TO ihht_sync USING (true);
CREATE POLICY sync_insert ON public.record_history FOR INSERT TO ihht_sync WITH CHECK (true);

CREATE POLICY own ON public.sync_receipts FOR SELECT TO authenticated, ihht_api
	USING ((SELECT auth.uid()) = user_id);
CREATE POLICY operator ON public.sync_receipts FOR SELECT TO ihht_api
	USING ((SELECT auth.jwt() ->> 'role') = 'service_role');
CREATE POLICY audit ON public.sync_receipts FOR SELECT TO ihht_audit USING (true);
CREATE POLICY sync_select ON public.sync_receipts FOR SELECT TO ihht_sync USING (true);
CREATE POLICY sync_insert ON public.sync_receipts FOR INSERT TO ihht_sync WITH CHECK (true);

CREATE POLICY own ON public.sync_heads FOR SELECT TO authenticated, ihht_api
	USING ((SELECT auth.uid()) = user_id);
CREATE POLICY operator ON public.sync_heads FOR SELECT TO ihht_api
	USING ((SELECT auth.jwt() ->> 'role') = 'service_role');
CREATE POLICY audit ON public.sync_heads FOR SELECT TO ihht_audit USING (true);
CREATE POLICY sync_select ON public.sync_heads FOR SELECT TO ihht_sync USING (true);
CREATE POLICY sync_insert ON public.sync_heads FOR INSERT TO ihht_sync WITH CHECK (true);
CREATE POLICY sync_update ON public.sync_heads FOR UPDATE TO ihht_sync USING (true);

CREATE POLICY everybody ON public.altitude_levels FOR SELECT USING (true);

-- http-api may also become the caller: SET LOCAL ROLE authenticated.
DO $$
BEGIN
	GRANT authenticated TO ihht_api;
EXCEPTION WHEN insufficient_privilege THEN
	NULL;  -- a hosted Postgres may keep this to itself; the policies of ihht_api suffice
END
$$;
