-- What ihht migrate keeps in the old database, apart from the app's own tables: which entries of
-- which plan are done, every row as it was before, and where a session's old ids lead now.
-- Nobody but the owner may look in: the archives hold people's data.
CREATE SCHEMA IF NOT EXISTS ihht_migration;

CREATE TABLE IF NOT EXISTS ihht_migration.plans (
	plan       text PRIMARY KEY,
	began_at   timestamptz NOT NULL DEFAULT now(),
	head       text NOT NULL,             -- of the plan file
	backup     text                       -- the verified dump, "host:path"
);

-- Written in the transaction that changes the rows: what is not here was not done.
CREATE TABLE IF NOT EXISTS ihht_migration.entries (
	plan       text NOT NULL,
	session    text NOT NULL,             -- the one that stays
	state      text NOT NULL CHECK (state IN ('applied', 'refused', 'undone')),
	rows       bigint NOT NULL DEFAULT 0,
	why        text,                      -- refused: what the database said
	at         timestamptz NOT NULL DEFAULT now(),
	PRIMARY KEY (plan, session)
);

CREATE TABLE IF NOT EXISTS ihht_migration.aliases (
	old_id     text PRIMARY KEY,          -- of a session merged away, or computed from its local id
	session    text NOT NULL,
	rule       text NOT NULL,
	plan       text NOT NULL,
	entry      text NOT NULL,             -- entries.session
	at         timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX IF NOT EXISTS aliases_entry ON ihht_migration.aliases (plan, entry);

-- What was done to the tables besides their rows, so that it can be undone.
CREATE TABLE IF NOT EXISTS ihht_migration.guards (
	name       text NOT NULL,             -- of the index or trigger
	kind       text NOT NULL CHECK (kind IN ('index', 'trigger')),
	target     text NOT NULL,             -- the index, or the table of the trigger
	at         timestamptz NOT NULL DEFAULT now(),
	PRIMARY KEY (name, target)
);

-- An alias may lead to a session that was merged later.
CREATE OR REPLACE FUNCTION ihht_migration.session_now(old text) RETURNS text
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
	WITH RECURSIVE way(id, n) AS (
		SELECT old, 0
		UNION ALL
		SELECT a.session, n + 1 FROM way JOIN ihht_migration.aliases a ON a.old_id = way.id
		WHERE n < 50)
	SELECT id FROM way ORDER BY n DESC LIMIT 1
$$;

CREATE OR REPLACE VIEW ihht_migration.redirects AS
	SELECT old_id, ihht_migration.session_now(old_id) AS session FROM ihht_migration.aliases;

-- A phone that still writes under an old id writes to the session that stays.  Arguments: the
-- columns that name a session.
CREATE OR REPLACE FUNCTION ihht_migration.redirect() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
	was jsonb := to_jsonb(NEW);
	is_now jsonb := '{}';
	link text;
BEGIN
	FOREACH link IN ARRAY TG_ARGV LOOP
		IF EXISTS (SELECT FROM ihht_migration.aliases WHERE old_id = was ->> link) THEN
			is_now := is_now || jsonb_build_object(link,
				ihht_migration.session_now(was ->> link));
		END IF;
	END LOOP;
	IF is_now <> '{}' THEN
		NEW := jsonb_populate_record(NEW, is_now);
	END IF;
	RETURN NEW;
END
$$;

-- A reading that is there already is left out: an app sends a batch again when it has not heard
-- of its arrival, and a unique key alone would refuse all of it.
CREATE OR REPLACE FUNCTION ihht_migration.once() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
	is_there boolean;
BEGIN
	EXECUTE format('SELECT EXISTS (SELECT FROM %I.%I WHERE session_id = $1.session_id '
		'AND "timestamp" = $1."timestamp" AND spo2 IS NOT DISTINCT FROM $1.spo2 '
		'AND heart_rate IS NOT DISTINCT FROM $1.heart_rate)', TG_TABLE_SCHEMA, TG_TABLE_NAME)
		INTO is_there USING NEW;
	IF is_there THEN
		RETURN NULL;
	END IF;
	RETURN NEW;
END
$$;
