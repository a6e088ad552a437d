/* The cloud's rows for psql, in the column sets the app's own scripts made over the years. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "common/clock.h"
#include "tests/world/world.h"

/* Supabase has these; a bare Postgres gets what the policies need. */
static const char stub[] =
	"CREATE SCHEMA IF NOT EXISTS auth;\n"
	"CREATE TABLE IF NOT EXISTS auth.users (id uuid PRIMARY KEY, email text);\n"
	"CREATE OR REPLACE FUNCTION auth.uid() RETURNS uuid LANGUAGE sql STABLE AS\n"
	"$$ SELECT nullif(current_setting('request.jwt.claim.sub', true), '')::uuid $$;\n";

static const char sessions_sql[] =
	"CREATE TABLE public.sessions (\n"
	" id uuid PRIMARY KEY DEFAULT gen_random_uuid(), device_id text NOT NULL,\n"
	" local_session_id text, user_id uuid%s, start_time timestamptz NOT NULL,\n"
	" end_time timestamptz, status text NOT NULL DEFAULT 'active', total_readings int DEFAULT 0,\n"
	" avg_spo2 real, min_spo2 int, max_spo2 int, avg_heart_rate real, min_heart_rate int,\n"
	" max_heart_rate int, created_at timestamptz DEFAULT now(), updated_at timestamptz DEFAULT now(),\n"
	" session_type text DEFAULT 'IHHT', current_phase text, current_cycle int DEFAULT 1,\n"
	" total_cycles int DEFAULT 3, hypoxic_duration int DEFAULT 420, hyperoxic_duration int DEFAULT 180,\n"
	" default_hypoxia_level int DEFAULT 16, protocol_config jsonb, completed_cycles int DEFAULT 0,\n"
	" total_planned_cycles int DEFAULT 5, total_duration_seconds int,\n"
	" session_subtype text DEFAULT 'calibration' CHECK (session_subtype IN ('calibration', 'training')),\n"
	" starting_altitude_level int DEFAULT 6, current_altitude_level int DEFAULT 6,\n"
	" adaptive_system_enabled boolean DEFAULT true, total_mask_lifts int DEFAULT 0,\n"
	" total_altitude_adjustments int DEFAULT 0%s);\n"
	"CREATE INDEX ON public.sessions (local_session_id);\n";

static const char readings_sql[] =
	"CREATE TABLE public.readings (\n"
	" id bigserial PRIMARY KEY, session_id %s NOT NULL%s, user_id uuid,\n"
	" timestamp timestamptz NOT NULL, spo2 int, heart_rate int, signal_strength int,\n"
	" is_valid boolean DEFAULT true, phase text, cycle_number int, fio2_level int,\n"
	" phase_type text, hrv_rmssd real%s, created_at timestamptz DEFAULT now());\n";

static const char children_sql[] =
	"CREATE TABLE public.session_surveys (\n"
	" id uuid PRIMARY KEY, session_id %1$s UNIQUE%2$s, user_id uuid,\n"
	" clarity_pre int CHECK (clarity_pre BETWEEN 1 AND 5), energy_pre int, stress_pre int,\n"
	" clarity_post int, energy_post int, stress_post int, notes_post text, post_symptoms %3$s,\n"
	" overall_rating int, breathing_comfort int, created_at timestamptz DEFAULT now(),\n"
	" updated_at timestamptz DEFAULT now());\n"
	"CREATE TABLE public.intra_session_responses (\n"
	" id uuid PRIMARY KEY, session_id %1$s%2$s, user_id uuid, phase_number int NOT NULL,\n"
	" cycle_number int, clarity int, energy int, stress int, stress_perception int,\n"
	" sensations jsonb, spo2_value decimal(5,2), hr_value int, timestamp timestamptz,\n"
	" created_at timestamptz DEFAULT now(), updated_at timestamptz DEFAULT now());\n"
	"CREATE TABLE public.session_adaptive_events (\n"
	" id uuid PRIMARY KEY, session_id %1$s%2$s, event_type text NOT NULL CHECK (event_type IN\n"
	" ('mask_lift', 'dial_adjustment', 'recovery_complete', 'altitude_phase_complete')),\n"
	" event_timestamp timestamptz NOT NULL, altitude_phase_number int, recovery_phase_number int,\n"
	" current_altitude_level int, spo2_value int, additional_data jsonb DEFAULT '{}',\n"
	" created_at timestamptz DEFAULT now(),\n"
	" CHECK (altitude_phase_number IS NULL OR recovery_phase_number IS NULL));\n"
	"CREATE TABLE public.session_phase_stats (\n"
	" id uuid PRIMARY KEY, session_id %1$s%2$s, phase_type text NOT NULL CHECK (phase_type IN\n"
	" ('altitude', 'recovery')), phase_number int NOT NULL, altitude_level int NOT NULL,\n"
	" start_time timestamptz NOT NULL, end_time timestamptz CHECK (end_time >= start_time),\n"
	" duration_seconds int, min_spo2 int, max_spo2 int, avg_spo2 real,\n"
	" spo2_readings_count int DEFAULT 0, mask_lift_count int DEFAULT 0,\n"
	" target_min_spo2 int NOT NULL, target_max_spo2 int NOT NULL, recovery_trigger text,\n"
	" time_to_95_percent_seconds int, created_at timestamptz DEFAULT now());\n"
	"CREATE TABLE public.session_cycle_metrics (\n"
	" id uuid PRIMARY KEY, session_id %1$s%2$s, cycle_number int, desaturation_rate int,\n"
	" time_in_zone int, min_spo2 int, created_at timestamptz DEFAULT now());\n"
	"CREATE TABLE public.session_adaptation_metrics (\n"
	" id uuid PRIMARY KEY, session_id %1$s%2$s, total_time_in_zone int, total_mask_lifts int,\n"
	" created_at timestamptz DEFAULT now(), updated_at timestamptz DEFAULT now());\n";

static const char rules_sql[] =
	"CREATE FUNCTION public.update_updated_at() RETURNS trigger LANGUAGE plpgsql AS\n"
	"$$ BEGIN NEW.updated_at = now(); RETURN NEW; END $$;\n"
	"CREATE TRIGGER update_sessions BEFORE UPDATE ON public.sessions\n"
	" FOR EACH ROW EXECUTE FUNCTION public.update_updated_at();\n"
	"ALTER TABLE public.sessions ENABLE ROW LEVEL SECURITY;\n"
	"CREATE POLICY own ON public.sessions USING (auth.uid() = user_id OR user_id IS NULL);\n"
	"ALTER TABLE public.readings ENABLE ROW LEVEL SECURITY;\n"
	"CREATE POLICY own ON public.readings USING (auth.uid() = user_id OR user_id IS NULL);\n";

/* One value of COPY's text form, with a tab before all but the first. */
static void
cell(FILE *to, const char *before, const char *value)
{
	(void)fputs(before, to);
	if (!value) {
		(void)fputs("\\N", to);
		return;
	}
	for (; *value; value++)
		if (*value == '\\')
			(void)fputs("\\\\", to);
		else
			(void)fputc(*value == '\t' || *value == '\n' ? ' ' : *value, to);
}

static void
number(FILE *to, int64_t value)
{
	char text[24];

	(void)snprintf(text, sizeof(text), "%lld", (long long)value);
	cell(to, "\t", value == MSG_NONE ? NULL : text);
}

static void
real(FILE *to, double value)
{
	char text[40];

	(void)snprintf(text, sizeof(text), "%.9g", value);
	cell(to, "\t", isnan(value) ? NULL : text);
}

static void
moment(FILE *to, int64_t ms)
{
	char text[CLOCK_TEXT];

	cell(to, "\t", ms == MSG_NONE ? NULL : clock_text(ms * 1000, text));
}

static void
write_sessions(const struct world *w, FILE *to)
{
	size_t i;

	(void)fputs("COPY public.sessions (id, device_id, local_session_id, user_id, start_time, end_time,"
		    " status, total_readings, avg_spo2, min_spo2, max_spo2, avg_heart_rate,"
		    " min_heart_rate, max_heart_rate, created_at, updated_at, total_cycles,"
		    " hypoxic_duration, hyperoxic_duration) FROM stdin;\n", to);
	for (i = 0; i < w->now.n_sessions; i++) {
		const struct a_session *s = &w->now.sessions[i];

		if (s->source)
			continue;
		cell(to, "", s->id);
		cell(to, "\t", s->device);
		cell(to, "\t", s->local_id);
		cell(to, "\t", s->user);
		moment(to, s->start_ms);
		moment(to, s->end_ms);
		cell(to, "\t", words_text(&words_session_status, s->status));
		number(to, s->n);
		real(to, s->avg_spo2);
		real(to, s->min_spo2);
		real(to, s->max_spo2);
		real(to, s->avg_hr);
		real(to, s->min_hr);
		real(to, s->max_hr);
		moment(to, s->created_ms);
		moment(to, s->updated_ms);
		number(to, s->cycles);
		number(to, s->hypoxic_s);
		number(to, s->hyperoxic_s);
		(void)fputc('\n', to);
	}
	(void)fputs("\\.\n", to);
}

static void
write_readings(const struct world *w, FILE *to)
{
	size_t i;

	(void)fputs("COPY public.readings (session_id, user_id, timestamp, spo2, heart_rate,"
		    " signal_strength, phase_type, fio2_level) FROM stdin;\n", to);
	for (i = 0; i < w->now.n_readings; i++) {
		const struct a_reading *r = &w->now.readings[i];

		if (r->source)
			continue;
		cell(to, "", r->session);
		cell(to, "\t", r->user);
		moment(to, r->ms);
		number(to, r->spo2);
		number(to, r->hr);
		number(to, r->signal);
		cell(to, "\t", r->phase);
		number(to, 6);
		(void)fputc('\n', to);
	}
	(void)fputs("\\.\n", to);
}

/* ["a","b"] as {a,b} */
static const char *
as_array(const char *json, char text[200])
{
	char *p = text;

	for (; json && *json && p < text + 199; json++)
		if (*json != '"')
			*p++ = *json == '[' ? '{' : *json == ']' ? '}' : *json;
	*p = 0;
	return json ? text : NULL;
}

static void
write_child(const struct a_child *c, int arrays, FILE *to)
{
	const struct columns_of *of = &columns_of[c->table];
	char text[CLOCK_TEXT + 200];
	int i;

	cell(to, "", c->id);
	cell(to, "\t", c->session);
	if (c->table == LEGACY_SURVEYS || c->table == LEGACY_RESPONSES)
		cell(to, "\t", c->user);
	moment(to, c->created_ms);
	if (c->table == LEGACY_SURVEYS || c->table == LEGACY_RESPONSES)
		moment(to, c->updated_ms);
	for (i = 0; of->names[i]; i++) {
		const char *value = c->values[i];

		if (value && is_in(of->times, of->names[i]))
			value = clock_text(strtoll(value, NULL, 10) * 1000, text);
		if (arrays && !strcmp(of->names[i], "post_symptoms"))
			value = as_array(value, text);
		cell(to, "\t", value);
	}
	(void)fputc('\n', to);
}

static void
write_children(const struct world *w, enum legacy_table table, int arrays, FILE *to)
{
	int answers = table == LEGACY_SURVEYS || table == LEGACY_RESPONSES, k;
	size_t i;

	(void)fprintf(to, "COPY public.%s (id, session_id%s, created_at%s", legacy_table_name(table),
		      answers ? ", user_id" : "", answers ? ", updated_at" : "");
	for (k = 0; columns_of[table].names[k]; k++)
		(void)fprintf(to, ", %s", columns_of[table].names[k]);
	(void)fputs(") FROM stdin;\n", to);
	for (i = 0; i < w->now.n_children; i++)
		if (!w->now.children[i].source && w->now.children[i].table == table)
			write_child(&w->now.children[i], arrays, to);
	(void)fputs("\\.\n", to);
}

void
world_write_sql(struct world *w, FILE *to)
{
	const char *type = w->text_ids ? "text" : "uuid";
	const char *key = w->foreign_keys ? " REFERENCES public.sessions(id) ON DELETE CASCADE" : "";
	int arrays = chance(w, 50), drifted = chance(w, 50), table;
	size_t i;

	(void)fputs("BEGIN;\n", to);
	(void)fputs(stub, to);
	(void)fprintf(to, sessions_sql, drifted ? " REFERENCES auth.users(id)" : "",
		      drifted ? ", recommended_altitude_level int, completion_percentage real,"
				" coach_remark text DEFAULT 'well done'" : "");
	(void)fprintf(to, readings_sql, type, key, drifted ? ", data_source text, hrv_type text" : "");
	(void)fprintf(to, children_sql, type, key, arrays ? "text[]" : "jsonb");
	if (drifted) {
		(void)fputs("CREATE TEMP TABLE people (id uuid);\nCOPY people FROM stdin;\n", to);
		for (i = 0; i < w->now.n_sessions; i++)
			if (w->now.sessions[i].user)
				(void)fprintf(to, "%s\n", w->now.sessions[i].user);
		(void)fputs("\\.\nINSERT INTO auth.users (id) SELECT DISTINCT id FROM people;\n"
			    "DROP TABLE people;\n", to);
	}
	write_sessions(w, to);
	write_readings(w, to);
	for (table = LEGACY_SURVEYS; table < LEGACY_TABLES; table++)
		write_children(w, (enum legacy_table)table, arrays, to);
	(void)fputs(rules_sql, to);
	if (chance(w, 50))
		(void)fputs("CREATE INDEX ON public.readings (session_id, timestamp);\n", to);
	(void)fputs("COMMIT;\nANALYZE public.sessions, public.readings;\n", to);
}
