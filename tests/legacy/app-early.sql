-- The app's tables as of summer 2025: sessions and readings, phases in the old words, protocol
-- defaults of then, foreign keys that cascade, updated_at by trigger, policies.
CREATE TABLE public.sessions (
	id                     uuid PRIMARY KEY DEFAULT gen_random_uuid(),
	device_id              text NOT NULL,
	local_session_id       text,
	user_id                uuid REFERENCES auth.users (id),
	start_time             timestamptz NOT NULL,
	end_time               timestamptz,
	status                 text NOT NULL DEFAULT 'active',
	total_readings         integer DEFAULT 0,
	avg_spo2               real,
	min_spo2               integer,
	max_spo2               integer,
	avg_heart_rate         real,
	min_heart_rate         integer,
	max_heart_rate         integer,
	created_at             timestamptz DEFAULT now(),
	updated_at             timestamptz DEFAULT now(),
	session_type           text DEFAULT 'IHHT',
	current_phase          text,
	current_cycle          integer DEFAULT 1,
	total_cycles           integer DEFAULT 5,
	hypoxic_duration       integer DEFAULT 300,
	hyperoxic_duration     integer DEFAULT 120,
	default_hypoxia_level  integer DEFAULT 16,
	protocol_config        jsonb,
	completed_cycles       integer DEFAULT 0,
	total_planned_cycles   integer DEFAULT 5,
	total_duration_seconds integer,
	"therapist's Note"     text           -- added by hand; nobody told us of it
);
CREATE INDEX ON public.sessions (local_session_id);
CREATE INDEX ON public.sessions (device_id, start_time);
CREATE TRIGGER touch BEFORE UPDATE ON public.sessions
	FOR EACH ROW EXECUTE FUNCTION public.touch_updated_at();

CREATE TABLE public.readings (
	id              bigserial PRIMARY KEY,
	session_id      uuid NOT NULL REFERENCES public.sessions (id) ON DELETE CASCADE,
	user_id         uuid,
	"timestamp"     timestamptz NOT NULL,
	spo2            integer,
	heart_rate      integer,
	signal_strength integer,
	is_valid        boolean DEFAULT true,
	phase           text,
	cycle_number    integer,
	fio2_level      integer,
	phase_type      text CHECK (phase_type IN ('HYPOXIC', 'HYPEROXIC', 'RECOVERY', 'WARMUP')),
	hrv_rmssd       real,
	created_at      timestamptz DEFAULT now()
);
CREATE INDEX ON public.readings (session_id, "timestamp");

CREATE TABLE public.session_protocol_history (       -- never used by the app, but it points here
	id          serial PRIMARY KEY,
	session     uuid REFERENCES public.sessions (id) ON DELETE CASCADE,
	changed     jsonb
);

ALTER TABLE public.sessions ENABLE ROW LEVEL SECURITY;
ALTER TABLE public.readings ENABLE ROW LEVEL SECURITY;
CREATE POLICY own ON public.sessions USING (auth.uid() = user_id OR user_id IS NULL);
CREATE POLICY own ON public.readings USING (EXISTS (SELECT FROM public.sessions s
	WHERE s.id = session_id AND (s.user_id = auth.uid() OR s.user_id IS NULL)));
