-- Sessions and what is recorded with them.  Names of tables and columns are the app's where it
-- has them; columns that only the app fills in are there, without its misleading defaults.
--
-- Every key begins with the person: the rows of one person stay together when the tables are
-- spread over machines.  Ids are computed on the gateway (proto/ids.h), so there is nothing to
-- look up.  `hlc` says which version of a row is newer; sync-worker writes only newer ones.
-- A person is known by id alone: auth.users is not referenced, as a gateway works before its
-- user has an account, and as nothing that deletes an account may delete clinical data.

DO $$
DECLARE
	name text;
BEGIN
	FOREACH name IN ARRAY ARRAY['sessions', 'readings', 'session_surveys',
	                            'intra_session_responses', 'session_adaptive_events',
	                            'session_phase_stats', 'progression', 'gaps',
	                            'altitude_levels', 'record_history', 'sync_receipts',
	                            'sync_heads'] LOOP
		IF to_regclass('public.' || name) IS NOT NULL THEN
			RAISE EXCEPTION 'table public.% is there already and was not made by these '
				'migrations; nothing was changed', name
				USING ERRCODE = 'duplicate_table',
				      HINT = 'The app''s old tables are taken over by `ihht migrate`, or '
				             'give a database that has none.';
		END IF;
	END LOOP;
END
$$;

CREATE TABLE public.sessions (
	user_id                       uuid NOT NULL,
	id                            uuid NOT NULL,     -- version 5 of local_session_id
	local_session_id              text NOT NULL,     -- IHHT_<ms>_<random>
	gateway                       text NOT NULL,     -- which gateway keeps it
	device_id                     text NOT NULL,
	status                        text NOT NULL CHECK (status IN ('active', 'completed',
	                                  'abandoned', 'force_ended', 'terminated')),
	start_time                    timestamptz NOT NULL,
	end_time                      timestamptz,
	session_type                  text DEFAULT 'IHHT',
	session_subtype               text CHECK (session_subtype IN ('calibration', 'training')),
	current_phase                 text,
	current_cycle                 integer,
	phase_time                    timestamptz,       -- when the current phase began
	total_cycles                  integer,           -- planned
	hypoxic_duration              integer,           -- planned, s
	hyperoxic_duration            integer,           -- planned, s
	starting_altitude_level       integer CHECK (starting_altitude_level BETWEEN 0 AND 11),
	current_altitude_level        integer CHECK (current_altitude_level BETWEEN 0 AND 11),
	total_mask_lifts              bigint NOT NULL DEFAULT 0,
	total_readings                bigint NOT NULL DEFAULT 0,
	avg_spo2                      real,
	min_spo2                      real,
	max_spo2                      real,
	avg_heart_rate                real,
	min_heart_rate                real,
	max_heart_rate                real,
	data_source                   text NOT NULL CHECK (data_source IN ('bluetooth', 'mock',
	                                  'manual', 'unknown')),
	hlc                           bigint NOT NULL,
	-- how far it has come here: syncing while it runs, completed once its end is here
	sync_status                   text NOT NULL DEFAULT 'pending' CHECK (sync_status IN
	                                  ('pending', 'syncing', 'completed', 'failed')),
	sync_attempts                 integer NOT NULL DEFAULT 0,  -- versions of this row written
	last_sync_at                  timestamptz,
	created_at                    timestamptz NOT NULL DEFAULT now(),
	updated_at                    timestamptz NOT NULL DEFAULT now(),
	-- the app's own
	default_hypoxia_level         integer,
	protocol_config               jsonb,
	completed_cycles              integer,
	total_planned_cycles          integer,
	total_duration_seconds        integer,
	adaptive_system_enabled       boolean,
	total_altitude_adjustments    integer,
	recommended_altitude_level    integer,
	user_adjusted_altitude        boolean,
	manual_selection_difference   integer,
	planned_total_cycles          integer,
	planned_hypoxic_duration      integer,
	planned_hyperoxic_duration    integer,
	actual_cycles_completed       integer,
	actual_hypoxic_time           integer,
	actual_hyperoxic_time         integer,
	completion_percentage         real,
	PRIMARY KEY (user_id, id)
) WITH (fillfactor = 80);

-- One active session per person.  A device is one person's at a time because local-store says
-- so; its name is unique on its gateway only ("mock-1" is on every one), so no index over all
-- gateways could ask for it.
CREATE UNIQUE INDEX sessions_one_active ON public.sessions (user_id) WHERE status = 'active';
CREATE INDEX sessions_by_time ON public.sessions (user_id, start_time);
-- everybody's sessions in order of time, and one by its id alone
CREATE INDEX sessions_newest ON public.sessions (start_time DESC, id DESC);
CREATE INDEX sessions_id ON public.sessions (id);

CREATE TABLE public.session_surveys (
	user_id         uuid NOT NULL,
	session_id      uuid NOT NULL,
	id              uuid NOT NULL,
	clarity_pre     smallint CHECK (clarity_pre BETWEEN 1 AND 5),
	energy_pre      smallint CHECK (energy_pre BETWEEN 1 AND 5),
	stress_pre      smallint CHECK (stress_pre BETWEEN 1 AND 5),
	pre_time        timestamptz,
	pre_hlc         bigint NOT NULL DEFAULT 0,      -- 0: not taken
	clarity_post    smallint CHECK (clarity_post BETWEEN 1 AND 5),
	energy_post     smallint CHECK (energy_post BETWEEN 1 AND 5),
	stress_post     smallint CHECK (stress_post BETWEEN 1 AND 5),
	notes_post      text,
	post_symptoms   jsonb,                          -- an array of words
	overall_rating  smallint CHECK (overall_rating BETWEEN 1 AND 5),
	post_time       timestamptz,
	post_hlc        bigint NOT NULL DEFAULT 0,      -- 0: not taken
	created_at      timestamptz NOT NULL DEFAULT now(),
	updated_at      timestamptz NOT NULL DEFAULT now(),
	PRIMARY KEY (user_id, session_id),
	FOREIGN KEY (user_id, session_id) REFERENCES public.sessions (user_id, id)
);

CREATE TABLE public.intra_session_responses (
	user_id            uuid NOT NULL,
	session_id         uuid NOT NULL,
	phase_number       integer NOT NULL,            -- the cycle
	id                 uuid NOT NULL,
	clarity            smallint CHECK (clarity BETWEEN 1 AND 5),
	energy             smallint CHECK (energy BETWEEN 1 AND 5),
	stress             smallint CHECK (stress BETWEEN 1 AND 5),
	stress_perception  smallint CHECK (stress_perception BETWEEN 1 AND 5),
	sensations         jsonb,                       -- an array of words
	spo2_value         real,
	hr_value           real,
	timestamp          timestamptz,
	hlc                bigint NOT NULL,
	created_at         timestamptz NOT NULL DEFAULT now(),
	updated_at         timestamptz NOT NULL DEFAULT now(),
	PRIMARY KEY (user_id, session_id, phase_number),
	FOREIGN KEY (user_id, session_id) REFERENCES public.sessions (user_id, id)
);

CREATE TABLE public.session_adaptive_events (
	user_id                 uuid NOT NULL,
	session_id              uuid NOT NULL,
	id                      uuid NOT NULL,
	event_type              text NOT NULL CHECK (event_type IN ('mask_lift', 'dial_adjustment',
	                            'recovery_complete', 'altitude_phase_complete')),
	event_timestamp         timestamptz NOT NULL,
	altitude_phase_number   integer,
	recovery_phase_number   integer,
	current_altitude_level  integer CHECK (current_altitude_level BETWEEN 0 AND 11),
	spo2_value              integer,
	additional_data         jsonb,
	hlc                     bigint NOT NULL,
	created_at              timestamptz NOT NULL DEFAULT now(),
	updated_at              timestamptz NOT NULL DEFAULT now(),
	PRIMARY KEY (user_id, session_id, id),
	FOREIGN KEY (user_id, session_id) REFERENCES public.sessions (user_id, id),
	CHECK (altitude_phase_number IS NULL OR recovery_phase_number IS NULL)
);

CREATE TABLE public.session_phase_stats (
	user_id                     uuid NOT NULL,
	session_id                  uuid NOT NULL,
	phase_type                  text NOT NULL,
	phase_number                integer NOT NULL,   -- the cycle
	id                          uuid NOT NULL,
	altitude_level              integer CHECK (altitude_level BETWEEN 0 AND 11),
	start_time                  timestamptz NOT NULL,
	end_time                    timestamptz,
	duration_seconds            integer,
	min_spo2                    integer,
	max_spo2                    integer,
	avg_spo2                    real,
	spo2_readings_count         bigint NOT NULL DEFAULT 0,
	mask_lift_count             integer NOT NULL DEFAULT 0,
	target_min_spo2             integer,
	target_max_spo2             integer,
	recovery_trigger            text CHECK (recovery_trigger IN ('spo2_stabilized', 'time_limit',
	                                'manual')),
	time_to_95_percent_seconds  integer,
	time_below_83               integer,
	peak_heart_rate             integer,
	hlc                         bigint NOT NULL,
	created_at                  timestamptz NOT NULL DEFAULT now(),
	updated_at                  timestamptz NOT NULL DEFAULT now(),
	PRIMARY KEY (user_id, session_id, phase_type, phase_number),
	FOREIGN KEY (user_id, session_id) REFERENCES public.sessions (user_id, id)
);

-- The dial for the next session, decided from the one it stands with.
CREATE TABLE public.progression (
	user_id                     uuid NOT NULL,
	session_id                  uuid NOT NULL,
	current_altitude_level      integer NOT NULL CHECK (current_altitude_level BETWEEN 0 AND 11),
	recommended_altitude_level  integer NOT NULL
	                                CHECK (recommended_altitude_level BETWEEN 0 AND 11),
	score                       integer,
	performance                 text,
	reason                      text,
	decided_at                  timestamptz,
	hlc                         bigint NOT NULL,
	created_at                  timestamptz NOT NULL DEFAULT now(),
	updated_at                  timestamptz NOT NULL DEFAULT now(),
	PRIMARY KEY (user_id, session_id),
	FOREIGN KEY (user_id, session_id) REFERENCES public.sessions (user_id, id)
);

-- Values that are missing, for good: recorded, never changed.
CREATE TABLE public.gaps (
	user_id     uuid NOT NULL,
	session_id  uuid NOT NULL,
	device_id   text NOT NULL,
	epoch       bigint NOT NULL,
	seq         bigint NOT NULL,
	from_time   timestamptz NOT NULL,               -- last value before it
	to_time     timestamptz NOT NULL,               -- first value after it
	lost        bigint,                             -- values known to be lost
	reason      text,
	created_at  timestamptz NOT NULL DEFAULT now(),
	PRIMARY KEY (user_id, session_id, device_id, epoch, seq),
	FOREIGN KEY (user_id, session_id) REFERENCES public.sessions (user_id, id)
);

-- Every version of a record that ever came, the losing ones included, each once.
CREATE TABLE public.record_history (
	user_id     uuid NOT NULL,
	kind        text NOT NULL,                      -- its table; surveys: with _pre or _post
	session_id  uuid NOT NULL,
	key         text NOT NULL,                      -- what tells it from others of its kind
	hlc         bigint NOT NULL,
	row         jsonb NOT NULL,
	kept_at     timestamptz NOT NULL DEFAULT now(),
	PRIMARY KEY (user_id, session_id, kind, key, hlc)
);

-- lint: reference table (the same for everybody, copied to every machine)
CREATE TABLE public.altitude_levels (
	level                       integer PRIMARY KEY CHECK (level BETWEEN 0 AND 11),
	oxygen_percentage           numeric(3,1) NOT NULL,
	equivalent_altitude_feet    integer NOT NULL,
	equivalent_altitude_meters  integer NOT NULL,
	display_name                text NOT NULL,
	created_at                  timestamptz NOT NULL DEFAULT now()
);

-- Levels 0 to 10 as in the app's database, 11 as on its screen.
INSERT INTO public.altitude_levels
	(level, oxygen_percentage, equivalent_altitude_feet, equivalent_altitude_meters, display_name)
VALUES
	( 0, 18.0,  4000, 1219, 'Level 0'),  ( 1, 17.1,  5500, 1676, 'Level 1'),
	( 2, 16.2,  7500, 2286, 'Level 2'),  ( 3, 15.3,  9500, 2896, 'Level 3'),
	( 4, 14.4, 11500, 3505, 'Level 4'),  ( 5, 13.5, 13500, 4115, 'Level 5'),
	( 6, 12.6, 15500, 4724, 'Level 6'),  ( 7, 11.7, 18000, 5486, 'Level 7'),
	( 8, 10.8, 20500, 6248, 'Level 8'),  ( 9,  9.9, 23000, 7010, 'Level 9'),
	(10,  9.0, 26500, 8077, 'Level 10'), (11,  8.0, 27000, 8230, 'Level 11');
