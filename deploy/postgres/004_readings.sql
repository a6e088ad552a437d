-- Readings: facts, written once and never changed.  One partition a month (UTC), in schema
-- ihht, made when the first reading of its month comes.  There is no DEFAULT partition: its
-- rows would have to be scanned under a lock whenever a month is made, and would bar it.
--
-- No foreign key to sessions: a bundle brings its session's row in the same transaction, and
-- the check would cost more than the insert.  One index: what is asked for is always one
-- session's stretch of time.
CREATE TABLE public.readings (
	user_id          uuid NOT NULL,
	session_id       uuid NOT NULL,
	timestamp        timestamptz NOT NULL,  -- when it was received
	epoch            bigint NOT NULL,       -- one life of seq
	seq              bigint NOT NULL,       -- the device's own count, dense; a hole is a loss
	device_time      timestamptz,           -- the device's own clock
	status           bigint,                -- PLX bits: 0-15 measurement, 16-39 device and sensor
	spo2             real,                  -- %; NULL with a word in `invalid`, never 0
	heart_rate       real,                  -- beats/min
	perfusion_index  real,                  -- %
	motion           real,                  -- the device's own figure
	signal_strength  integer,               -- the device's own figure
	cycle_number     integer,
	fio2_level       integer,               -- the dial, 0 to 11; the app's name for it
	battery          smallint,              -- %
	is_valid         boolean NOT NULL,      -- invalid IS NULL
	data_source      text NOT NULL CHECK (data_source IN ('bluetooth', 'mock', 'manual', 'unknown')),
	phase_type       text,                  -- the session's phase when it was taken
	invalid          text,                  -- why spo2 and heart_rate are missing
	PRIMARY KEY (user_id, session_id, timestamp, epoch, seq)
) PARTITION BY RANGE (timestamp);

-- The partition of that time, made when it is missing; gives its name.  The lock lets one
-- maker after the other in and no writer or reader waits for it (ATTACH takes the same one).
--
-- A partition has no row-level security of its own, as COPY refuses tables that have it.  So
-- it is closed another way: nobody may read it, and only ihht_sync may insert.  All reading
-- goes through public.readings and its policies.
CREATE FUNCTION ihht.readings_month(at timestamptz) RETURNS text
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
	month timestamptz := date_trunc('month', at, 'UTC');
	name text := 'readings_' || to_char(month AT TIME ZONE 'UTC', 'YYYY_MM');
BEGIN
	IF at IS NULL OR at < '1970-01-01 00:00+00' OR at >= '2100-02-01 00:00+00' THEN
		RAISE EXCEPTION 'no readings of % are kept', at USING ERRCODE = 'datetime_field_overflow';
	END IF;
	IF to_regclass('ihht.' || name) IS NULL THEN
		LOCK TABLE public.readings IN SHARE UPDATE EXCLUSIVE MODE;
		IF to_regclass('ihht.' || name) IS NULL THEN
			EXECUTE format('CREATE TABLE ihht.%I (LIKE public.readings INCLUDING DEFAULTS '
			               'INCLUDING CONSTRAINTS)', name);
			EXECUTE format('REVOKE ALL ON ihht.%I FROM PUBLIC, anon, authenticated', name);
			EXECUTE format('GRANT INSERT ON ihht.%I TO ihht_sync', name);
			EXECUTE format('ALTER TABLE public.readings ATTACH PARTITION ihht.%I '
			               'FOR VALUES FROM (%L) TO (%L)', name, month,
			               date_trunc('month', month + interval '32 days', 'UTC'));
		END IF;
	END IF;
	RETURN 'ihht.' || name;
END
$$;
REVOKE ALL ON FUNCTION ihht.readings_month(timestamptz) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION ihht.readings_month(timestamptz) TO ihht_sync;
