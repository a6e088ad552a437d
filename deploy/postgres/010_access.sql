-- What a coach and an admin see, beside what is their own.  The claims of the token say so, as
-- in proto/access.h: app_metadata.role, and app_metadata.people for a coach.  Only the issuer
-- of a token can write app_metadata, never the person.
--
-- `admin` takes the place of `operator`, which knew service_role only.
--
-- Both functions are asked once for each statement; people() is an array, so that an index on user_id serves.

CREATE FUNCTION ihht.is_admin() RETURNS boolean LANGUAGE sql STABLE SET search_path = '' AS $$
	SELECT coalesce((auth.jwt() ->> 'role') = 'service_role'
		OR (auth.jwt() -> 'app_metadata' ->> 'role') = 'admin', false)
$$;
CREATE FUNCTION ihht.people() RETURNS uuid[] LANGUAGE sql STABLE SET search_path = '' AS $$
	SELECT CASE WHEN (auth.jwt() -> 'app_metadata' ->> 'role') = 'coach'
		THEN ARRAY(SELECT jsonb_array_elements_text(auth.jwt() -> 'app_metadata' -> 'people')::uuid)
		ELSE '{}' END
$$;
REVOKE ALL ON FUNCTION ihht.is_admin() FROM PUBLIC;
REVOKE ALL ON FUNCTION ihht.people() FROM PUBLIC;
GRANT EXECUTE ON FUNCTION ihht.is_admin() TO authenticated, ihht_api;
GRANT EXECUTE ON FUNCTION ihht.people() TO authenticated, ihht_api;
GRANT USAGE ON SCHEMA ihht TO authenticated, ihht_api;

DROP POLICY operator ON public.sessions;
CREATE POLICY coach ON public.sessions FOR SELECT TO authenticated, ihht_api
	USING (user_id = ANY ((SELECT ihht.people())::uuid[]));
CREATE POLICY admin ON public.sessions FOR SELECT TO authenticated, ihht_api
	USING ((SELECT ihht.is_admin()));
DROP POLICY operator ON public.readings;
CREATE POLICY coach ON public.readings FOR SELECT TO authenticated, ihht_api
	USING (user_id = ANY ((SELECT ihht.people())::uuid[]));
CREATE POLICY admin ON public.readings FOR SELECT TO authenticated, ihht_api
	USING ((SELECT ihht.is_admin()));
DROP POLICY operator ON public.session_surveys;
CREATE POLICY coach ON public.session_surveys FOR SELECT TO authenticated, ihht_api
	USING (user_id = ANY ((SELECT ihht.people())::uuid[]));
CREATE POLICY admin ON public.session_surveys FOR SELECT TO authenticated, ihht_api
	USING ((SELECT ihht.is_admin()));
DROP POLICY operator ON public.intra_session_responses;
CREATE POLICY coach ON public.intra_session_responses FOR SELECT TO authenticated, ihht_api
	USING (user_id = ANY ((SELECT ihht.people())::uuid[]));
CREATE POLICY admin ON public.intra_session_responses FOR SELECT TO authenticated, ihht_api
	USING ((SELECT ihht.is_admin()));
DROP POLICY operator ON public.session_adaptive_events;
CREATE POLICY coach ON public.session_adaptive_events FOR SELECT TO authenticated, ihht_api
	USING (user_id = ANY ((SELECT ihht.people())::uuid[]));
CREATE POLICY admin ON public.session_adaptive_events FOR SELECT TO authenticated, ihht_api
	USING ((SELECT ihht.is_admin()));
DROP POLICY operator ON public.session_phase_stats;
CREATE POLICY coach ON public.session_phase_stats FOR SELECT TO authenticated, ihht_api
	USING (user_id = ANY ((SELECT ihht.people())::uuid[]));
CREATE POLICY admin ON public.session_phase_stats FOR SELECT TO authenticated, ihht_api
	USING ((SELECT ihht.is_admin()));
DROP POLICY operator ON public.progression;
CREATE POLICY coach ON public.progression FOR SELECT TO authenticated, ihht_api
	USING (user_id = ANY ((SELECT ihht.people())::uuid[]));
CREATE POLICY admin ON public.progression FOR SELECT TO authenticated, ihht_api
	USING ((SELECT ihht.is_admin()));
DROP POLICY operator ON public.gaps;
CREATE POLICY coach ON public.gaps FOR SELECT TO authenticated, ihht_api
	USING (user_id = ANY ((SELECT ihht.people())::uuid[]));
CREATE POLICY admin ON public.gaps FOR SELECT TO authenticated, ihht_api
	USING ((SELECT ihht.is_admin()));
DROP POLICY operator ON public.record_history;
CREATE POLICY coach ON public.record_history FOR SELECT TO authenticated, ihht_api
	USING (user_id = ANY ((SELECT ihht.people())::uuid[]));
CREATE POLICY admin ON public.record_history FOR SELECT TO authenticated, ihht_api
	USING ((SELECT ihht.is_admin()));
DROP POLICY operator ON public.sync_receipts;
CREATE POLICY coach ON public.sync_receipts FOR SELECT TO authenticated, ihht_api
	USING (user_id = ANY ((SELECT ihht.people())::uuid[]));
CREATE POLICY admin ON public.sync_receipts FOR SELECT TO authenticated, ihht_api
	USING ((SELECT ihht.is_admin()));
DROP POLICY operator ON public.sync_heads;
CREATE POLICY coach ON public.sync_heads FOR SELECT TO authenticated, ihht_api
	USING (user_id = ANY ((SELECT ihht.people())::uuid[]));
CREATE POLICY admin ON public.sync_heads FOR SELECT TO authenticated, ihht_api
	USING ((SELECT ihht.is_admin()));
