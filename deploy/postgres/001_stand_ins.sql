-- What Supabase has and a bare Postgres lacks: its three API roles, and who is asking.
-- On Supabase all of this is there already and nothing is done.

DO $$
DECLARE
	name text;
BEGIN
	FOREACH name IN ARRAY ARRAY['anon', 'authenticated', 'service_role'] LOOP
		IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = name) THEN
			EXECUTE format('CREATE ROLE %I NOLOGIN', name);
		END IF;
	END LOOP;

	IF to_regnamespace('auth') IS NULL THEN
		CREATE SCHEMA auth;
		GRANT USAGE ON SCHEMA auth TO PUBLIC;

		-- lint: reference table (it only stands in for Supabase's)
		CREATE TABLE auth.users (
			id          uuid PRIMARY KEY,
			email       text,
			created_at  timestamptz NOT NULL DEFAULT now()
		);
		ALTER TABLE auth.users ENABLE ROW LEVEL SECURITY;

		-- The claims of the caller's token, as PostgREST, Supabase and http-api set them for
		-- one transaction: SET LOCAL request.jwt.claims = '{"sub": "<user id>", ...}'
		CREATE FUNCTION auth.jwt() RETURNS jsonb LANGUAGE sql STABLE SET search_path = '' AS $f$
			SELECT coalesce(nullif(current_setting('request.jwt.claims', true), ''), '{}')::jsonb
		$f$;
		CREATE FUNCTION auth.uid() RETURNS uuid LANGUAGE sql STABLE SET search_path = '' AS $f$
			SELECT nullif(coalesce(nullif(current_setting('request.jwt.claim.sub', true), ''),
			                       auth.jwt() ->> 'sub'), '')::uuid
		$f$;
	END IF;
END
$$;
