-- The app's tables as of autumn 2025: adaptive columns, surveys, events, statistics.  Surveys and
-- readings have lost their foreign keys on the way, readings name sessions by text, survey
-- symptoms are an array, and intra answers are keyed by session and phase.
CREATE TYPE public.survey_origin AS ENUM ('app', 'web');

CREATE TABLE public.sessions (
	id                          uuid PRIMARY KEY DEFAULT gen_random_uuid(),
	device_id                   text NOT NULL,
	local_session_id            text,
	user_id                     uuid,
	start_time                  timestamptz NOT NULL,
	end_time                    timestamptz,
	status                      text NOT NULL DEFAULT 'active',
	total_readings              integer DEFAULT 0,
	avg_spo2                    real,
	min_spo2                    integer,
	max_spo2                    integer,
	avg_heart_rate              real,
	min_heart_rate              integer,
	max_heart_rate              integer,
	created_at                  timestamptz DEFAULT now(),
	updated_at                  timestamptz DEFAULT now(),
	session_type                text DEFAULT 'IHHT',
	current_phase               text,
	current_cycle               integer DEFAULT 1,
	total_cycles                integer DEFAULT 3,
	hypoxic_duration            integer DEFAULT 420,
	hyperoxic_duration          integer DEFAULT 180,
	total_duration_seconds      integer,
	session_subtype             text DEFAULT 'calibration'
	                            CHECK (session_subtype IN ('calibration', 'training')),
	starting_altitude_level     integer DEFAULT 6,
	current_altitude_level      integer DEFAULT 6 CHECK (current_altitude_level BETWEEN 0 AND 10),
	adaptive_system_enabled     boolean DEFAULT true,
	total_mask_lifts            integer DEFAULT 0,
	total_altitude_adjustments  integer DEFAULT 0,
	recommended_altitude_level  integer,
	planned_total_cycles        integer,
	planned_hypoxic_duration    integer,
	planned_hyperoxic_duration  integer,
	completion_percentage       numeric(5,2)
);
CREATE TRIGGER touch BEFORE UPDATE ON public.sessions
	FOR EACH ROW EXECUTE FUNCTION public.touch_updated_at();

CREATE TABLE public.readings (
	id              bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
	session_id      text NOT NULL,
	user_id         uuid,
	"timestamp"     timestamptz NOT NULL,
	spo2            integer,
	heart_rate      integer,
	signal_strength integer,
	is_valid        boolean DEFAULT true,
	cycle_number    integer,
	fio2_level      integer,
	phase_type      text,
	data_source     text,
	minute          timestamp GENERATED ALWAYS AS (date_trunc('minute', "timestamp" AT TIME ZONE 'UTC')) STORED,
	created_at      timestamptz DEFAULT now()
);
CREATE INDEX ON public.readings (session_id);

CREATE TABLE public.session_surveys (
	id                   uuid PRIMARY KEY DEFAULT gen_random_uuid(),
	session_id           text UNIQUE,
	user_id              uuid,
	clarity_pre          integer CHECK (clarity_pre BETWEEN 1 AND 5),
	energy_pre           integer CHECK (energy_pre BETWEEN 1 AND 5),
	stress_pre           integer CHECK (stress_pre BETWEEN 1 AND 5),
	clarity_post         integer CHECK (clarity_post BETWEEN 1 AND 5),
	energy_post          integer CHECK (energy_post BETWEEN 1 AND 5),
	stress_post          integer CHECK (stress_post BETWEEN 1 AND 5),
	notes_post           text,
	post_symptoms        text[],
	overall_rating       integer,
	breathing_comfort    integer,
	origin               public.survey_origin DEFAULT 'app',
	created_at           timestamptz DEFAULT now(),
	updated_at           timestamptz DEFAULT now()
);
CREATE TRIGGER touch BEFORE UPDATE ON public.session_surveys
	FOR EACH ROW EXECUTE FUNCTION public.touch_updated_at();

CREATE TABLE public.intra_session_responses (
	session_id        uuid REFERENCES public.sessions (id) ON DELETE CASCADE,
	phase_number      integer NOT NULL,
	cycle_number      integer,
	clarity           integer NOT NULL,
	energy            integer NOT NULL,
	stress            integer NOT NULL,
	stress_perception integer,
	sensations        jsonb,
	spo2_value        numeric(5,2),
	hr_value          integer,
	"timestamp"       bigint,
	created_at        timestamptz DEFAULT now(),
	PRIMARY KEY (session_id, phase_number)
);

CREATE TABLE public.session_adaptive_events (
	id                     uuid PRIMARY KEY DEFAULT gen_random_uuid(),
	session_id             uuid NOT NULL REFERENCES public.sessions (id) ON DELETE CASCADE,
	event_type             text NOT NULL CHECK (event_type IN ('mask_lift', 'dial_adjustment',
	                           'recovery_complete', 'altitude_phase_complete')),
	event_timestamp        timestamptz NOT NULL,
	altitude_phase_number  integer,
	recovery_phase_number  integer,
	current_altitude_level integer,
	spo2_value             integer,
	additional_data        jsonb DEFAULT '{}',
	created_at             timestamptz DEFAULT now(),
	CHECK (NOT (altitude_phase_number IS NOT NULL AND recovery_phase_number IS NOT NULL))
);
CREATE INDEX ON public.session_adaptive_events (session_id);

CREATE TABLE public.session_phase_stats (
	id                           uuid PRIMARY KEY DEFAULT gen_random_uuid(),
	session_id                   uuid NOT NULL REFERENCES public.sessions (id) ON DELETE CASCADE,
	phase_type                   text NOT NULL CHECK (phase_type IN ('altitude', 'recovery')),
	phase_number                 integer NOT NULL,
	altitude_level               integer NOT NULL,
	start_time                   timestamptz,
	end_time                     timestamptz,
	duration_seconds             integer,
	min_spo2                     integer,
	max_spo2                     integer,
	avg_spo2                     real,
	spo2_readings_count          integer DEFAULT 0,
	mask_lift_count              integer DEFAULT 0,
	target_min_spo2              integer NOT NULL,
	target_max_spo2              integer NOT NULL,
	recovery_trigger             text,
	time_to_95_percent_seconds   integer,
	time_above_95_percent_seconds integer,
	created_at                   timestamptz DEFAULT now()
);
