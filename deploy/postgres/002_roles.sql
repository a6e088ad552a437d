-- Who logs in, besides the owner who applies this (ihht_owner on a cluster of our own).
-- Passwords, where they are needed, are given by the operator: ALTER ROLE ihht_sync PASSWORD ...
--
--	ihht_sync   sync-worker: adds rows, changes records, deletes nothing
--	ihht_audit  dedupe-auditor: reads
--	ihht_api    http-api: reads, as the person who asks

DO $$
DECLARE
	name text;
BEGIN
	FOREACH name IN ARRAY ARRAY['ihht_sync', 'ihht_audit', 'ihht_api'] LOOP
		IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = name) THEN
			EXECUTE format('CREATE ROLE %I LOGIN', name);
		END IF;
	END LOOP;
END
$$;

-- For what no API shows: the months of `readings` and the function that makes them.
CREATE SCHEMA ihht;
REVOKE ALL ON SCHEMA ihht FROM PUBLIC;
GRANT USAGE ON SCHEMA ihht TO ihht_sync;
