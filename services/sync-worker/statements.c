#include "services/sync-worker/statements.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <uuid/uuid.h>

#include "proto/ids.h"
#include "proto/msg_json.h"
#include "services/sync-worker/encode.h"

/*
 * A record goes to Postgres as the JSON of its message: $1 user_id, $2 session_id, $3 hlc,
 * $4 the JSON, $5 its computed id.  Its fields become columns of `new` under their names in
 * messages.def; a column of the table is the expression given here, or the field of its name.
 */
struct column {
	const char *name, *put;
};

struct table {
	enum statement statement;
	const char *name;
	const struct message *message;
	const char *kind;   /* in record_history; NULL: it never changes and has none */
	const char *hlc;    /* its column */
	const char *key;    /* unique, after user_id */
	const char *match;  /* the same as a condition between the row h and new */
	const char *label;  /* the same as text, for record_history, after session_id */
	struct column columns[32];
};

#define TIME(us) "timestamptz 'epoch' + " us " * interval '1 microsecond'"

/* Two active sessions of one person: their gateways do not know of each other, or the end of
 * the first is still on its way.  The one begun later is it; hlc is left, so that what its
 * gateway says of the other one next is written. */
#define STATUS                                                                        \
	"CASE WHEN new.status = 'active' AND EXISTS (SELECT FROM public.sessions o"   \
	" WHERE o.user_id = $1 AND o.status = 'active' AND o.id <> $2"                \
	" AND (o.start_time, o.id) > (" TIME("new.start_us") ", $2))"                 \
	" THEN 'force_ended' ELSE new.status END"
static const char supersede[] =
	"UPDATE public.sessions s SET status = 'force_ended', updated_at = now()"
	" WHERE user_id = $1::uuid AND status = 'active' AND id <> $2::uuid"
	" AND (start_time, id) < ($3::timestamptz, $2) AND NOT EXISTS (SELECT"
	" FROM public.sessions n WHERE n.user_id = $1 AND n.id = $2 AND n.hlc >= $4::bigint)";

static const struct table tables[] = {
	{DO_SESSION, "sessions", &msg_session, "sessions", "hlc", "id", "h.id = $2", "''",
	 {{"id", "$2"}, {"local_session_id", NULL}, {"gateway", NULL}, {"device_id", NULL},
	  {"status", STATUS}, {"start_time", TIME("start_us")}, {"end_time", TIME("end_us")},
	  {"session_type", NULL}, {"session_subtype", NULL}, {"current_phase", NULL},
	  {"current_cycle", NULL}, {"phase_time", TIME("phase_us")}, {"total_cycles", NULL},
	  {"hypoxic_duration", NULL}, {"hyperoxic_duration", NULL},
	  {"starting_altitude_level", NULL}, {"current_altitude_level", NULL},
	  {"total_mask_lifts", NULL}, {"total_readings", NULL}, {"avg_spo2", NULL},
	  {"min_spo2", NULL}, {"max_spo2", NULL}, {"avg_heart_rate", NULL},
	  {"min_heart_rate", NULL}, {"max_heart_rate", NULL}, {"data_source", NULL},
	  {"hlc", NULL}, {"last_sync_at", "now()"}, {"sync_attempts", "1"},
	  {"sync_status", "CASE new.status WHEN 'active' THEN 'syncing' ELSE 'completed' END"}}},
	{DO_SURVEY_PRE, "session_surveys", &msg_survey, "session_surveys_pre", "pre_hlc",
	 "session_id", "h.session_id = $2", "''",
	 {{"session_id", "$2"}, {"id", "$5"}, {"clarity_pre", "clarity"}, {"energy_pre", "energy"},
	  {"stress_pre", "stress"}, {"pre_time", TIME("at_us")}, {"pre_hlc", "hlc"}}},
	{DO_SURVEY_POST, "session_surveys", &msg_survey, "session_surveys_post", "post_hlc",
	 "session_id", "h.session_id = $2", "''",
	 {{"session_id", "$2"}, {"id", "$5"}, {"clarity_post", "clarity"},
	  {"energy_post", "energy"}, {"stress_post", "stress"}, {"notes_post", NULL},
	  {"post_symptoms", NULL}, {"overall_rating", NULL}, {"post_time", TIME("at_us")},
	  {"post_hlc", "hlc"}}},
	{DO_RESPONSE, "intra_session_responses", &msg_survey, "intra_session_responses", "hlc",
	 "session_id, phase_number", "h.session_id = $2 AND h.phase_number = new.phase_number",
	 "phase_number",
	 {{"session_id", "$2"}, {"phase_number", NULL}, {"id", "$5"}, {"clarity", NULL},
	  {"energy", NULL}, {"stress", NULL}, {"stress_perception", NULL}, {"sensations", NULL},
	  {"spo2_value", NULL}, {"hr_value", NULL}, {"timestamp", TIME("at_us")},
	  {"hlc", NULL}}},
	{DO_EVENT, "session_adaptive_events", &msg_event, "session_adaptive_events", "hlc",
	 "session_id, id", "h.session_id = $2 AND h.id = $5", "$5",
	 {{"session_id", "$2"}, {"id", "$5"}, {"event_type", NULL},
	  {"event_timestamp", TIME("event_us")}, {"altitude_phase_number", NULL},
	  {"recovery_phase_number", NULL}, {"current_altitude_level", NULL},
	  {"spo2_value", NULL}, {"additional_data", "additional_data::jsonb"}, {"hlc", NULL}}},
	{DO_PHASE_STATS, "session_phase_stats", &msg_phase_stats, "session_phase_stats", "hlc",
	 "session_id, phase_type, phase_number",
	 "h.session_id = $2 AND h.phase_type = new.phase_type AND h.phase_number = new.phase_number",
	 "phase_type || ' ' || phase_number",
	 {{"session_id", "$2"}, {"phase_type", NULL}, {"phase_number", NULL}, {"id", "$5"},
	  {"altitude_level", NULL}, {"start_time", TIME("start_us")},
	  {"end_time", TIME("end_us")}, {"duration_seconds", "(end_us - start_us) / 1000000"},
	  {"min_spo2", NULL}, {"max_spo2", NULL}, {"avg_spo2", NULL},
	  {"spo2_readings_count", NULL}, {"mask_lift_count", NULL}, {"target_min_spo2", NULL},
	  {"target_max_spo2", NULL}, {"recovery_trigger", NULL},
	  {"time_to_95_percent_seconds", NULL}, {"time_below_83", NULL},
	  {"peak_heart_rate", NULL}, {"hlc", NULL}}},
	{DO_PROGRESSION, "progression", &msg_progression, "progression", "hlc", "session_id",
	 "h.session_id = $2", "''",
	 {{"session_id", "$2"}, {"current_altitude_level", NULL},
	  {"recommended_altitude_level", NULL}, {"score", NULL}, {"performance", NULL},
	  {"reason", NULL}, {"decided_at", TIME("at_us")}, {"hlc", NULL}}},
	{DO_GAP, "gaps", &msg_gap, NULL, NULL, "session_id, device_id, epoch, seq", NULL, NULL,
	 {{"session_id", "$2"}, {"device_id", NULL}, {"epoch", NULL}, {"seq", NULL},
	  {"from_time", TIME("from_us")}, {"to_time", TIME("to_us")}, {"lost", NULL},
	  {"reason", NULL}}},
};
#define N_TABLES (sizeof(tables) / sizeof(tables[0]))

/* The head is locked first: bundles of one person wait for each other here and nowhere else,
 * and rev is in the order of commits. */
static const char receipt[] =
	"WITH head AS (INSERT INTO public.sync_heads AS h (user_id, rev) SELECT $1::uuid, 1"
	" WHERE NOT EXISTS (SELECT FROM public.sync_receipts WHERE user_id = $1 AND id = $2::uuid)"
	" ON CONFLICT (user_id) DO UPDATE SET rev = h.rev + 1 RETURNING rev)"
	" INSERT INTO public.sync_receipts (user_id, id, rev, session_id, gateway, readings,"
	" from_time, to_time) SELECT $1, $2, rev, $3::uuid, $4::text, $5::bigint, $6::timestamptz,"
	" $7::timestamptz FROM head ON CONFLICT (user_id, id) DO NOTHING";

/* ---- SQL out of the tables */

static const char *
type_of(const struct msg_field *f)
{
	switch (f->kind) {
	case MSG_INT:
	case MSG_OPT:
		return "bigint";
	case MSG_REAL:
		return "float8";
	case MSG_SET:
		return "jsonb";
	case MSG_WORD:
	case MSG_STR:
	case MSG_UUID:
	case MSG_BIN:
		break;
	}
	return "text";
}

/* The version that is here already is no change: nothing is written and nothing locked, as a
 * session's row comes with every bundle. */
static void
write_new(FILE *to, const struct table *t)
{
	int i;

	fprintf(to, "WITH new AS (SELECT * FROM jsonb_to_record($4::text::jsonb) AS new(");
	for (i = 0; i < t->message->n_fields; i++)
		fprintf(to, "%s%s %s", i ? ", " : "", t->message->fields[i].name,
			type_of(&t->message->fields[i]));
	fprintf(to, ")");
	if (t->kind)
		fprintf(to, " WHERE NOT EXISTS (SELECT FROM public.%s h WHERE h.user_id = $1"
			" AND %s AND h.%s = $3)), kept AS (INSERT INTO public.record_history"
			" (user_id, kind, session_id, key, hlc, row)"
			" SELECT $1, '%s', $2, %s, $3, $4::text::jsonb FROM new"
			" ON CONFLICT DO NOTHING", t->name, t->match, t->hlc, t->kind, t->label);
	fprintf(to, ")");
}

static void
write_insert(FILE *to, const struct table *t)
{
	const struct column *c;

	fprintf(to, " INSERT INTO public.%s AS t (user_id", t->name);
	for (c = t->columns; c->name; c++)
		fprintf(to, ", %s", c->name);
	fprintf(to, ") SELECT $1");
	for (c = t->columns; c->name; c++)
		fprintf(to, ", %s", c->put ? c->put : c->name);
	fprintf(to, " FROM new ON CONFLICT (user_id, %s) DO ", t->key);
	if (!t->kind) {
		fprintf(to, "NOTHING");
		return;
	}
	fprintf(to, "UPDATE SET updated_at = now()");
	for (c = t->columns; c->name; c++)
		fprintf(to, ", %s = %sexcluded.%s", c->name,
			!strcmp(c->name, "sync_attempts") ? "t.sync_attempts + " : "", c->name);
	fprintf(to, " WHERE t.%s < excluded.%s", t->hlc, t->hlc);
}

static void
write_readings(FILE *to)
{
	size_t i;

	fprintf(to, "INSERT INTO public.readings %s SELECT $1::uuid, $2::uuid, x.* FROM unnest(",
		statement_copy_columns());
	for (i = 0; i < encode_columns(); i++)
		fprintf(to, "%s$%zu::%s[]", i ? ", " : "", i + 3, encode_type(i));
	fprintf(to, ") x ON CONFLICT (user_id, session_id, timestamp, epoch, seq) DO NOTHING");
}

static void
write_sql(FILE *to, enum statement statement)
{
	size_t i;

	if (statement == DO_RECEIPT)
		fputs(receipt, to);
	if (statement == DO_SUPERSEDE)
		fputs(supersede, to);
	if (statement == DO_MONTH)
		fputs("SELECT ihht.readings_month($1::timestamptz)", to);
	if (statement == DO_READINGS)
		write_readings(to);
	for (i = 0; i < N_TABLES; i++)
		if (tables[i].statement == statement) {
			write_new(to, &tables[i]);
			write_insert(to, &tables[i]);
		}
}

const char *
statement_sql(enum statement statement)
{
	static char *texts[N_STATEMENTS];
	size_t size;
	FILE *to;

	if (!texts[statement]) {
		to = open_memstream(&texts[statement], &size);
		ASSERT(to);
		write_sql(to, statement);
		ASSERT(fclose(to) == 0);
	}
	return texts[statement];
}

const char *
statement_name(enum statement statement)
{
	static const char *const names[N_STATEMENTS] = {
		"ihht_receipt", "ihht_supersede", "ihht_session", "ihht_survey_pre",
		"ihht_survey_post", "ihht_response", "ihht_event", "ihht_phase_stats",
		"ihht_progression", "ihht_gap", "ihht_readings", "ihht_month"};

	return names[statement];
}

const char *
statement_copy_columns(void)
{
	static char text[300];
	size_t i, n;

	if (!*text) {
		n = (size_t)snprintf(text, sizeof(text), "(user_id, session_id");
		for (i = 0; i < encode_columns(); i++)
			n += (size_t)snprintf(text + n, sizeof(text) - n, ", %s", encode_name(i));
		ASSERT(n + 1 < sizeof(text));
		(void)snprintf(text + n, sizeof(text) - n, ")");
	}
	return text;
}

/* ---- values */

static void
add(struct values *v, const void *bytes, size_t len)
{
	ASSERT(v->n < VALUES_MAX);
	v->p[v->n] = bytes;
	v->lengths[v->n] = (int)len;
	v->binary[v->n++] = 1;
}

static void
add_int(struct values *v, int64_t number)
{
	encode_int(number, v->numbers[v->n]);
	add(v, v->numbers[v->n], 8);
}

static void
add_time(struct values *v, int64_t utc_us)
{
	encode_time(utc_us, v->numbers[v->n]);
	add(v, v->numbers[v->n], 8);
}

static void
add_uuid(struct values *v, const char *text)
{
	ASSERT(uuid_parse(text, v->numbers[v->n]) == 0);
	add(v, v->numbers[v->n], 16);
}

static void
start(struct values *v, const struct bundle_content *c)
{
	v->n = 0;
	add(v, c->user_id, 16);
}

void
values_release(struct values *v)
{
	free(v->json);
	free(v->rows);
	memset(v, 0, sizeof(*v));
}

void
values_receipt(struct values *v, const struct bundle_content *c)
{
	start(v, c);
	add(v, c->id, 16);
	add(v, c->session_id, 16);
	add(v, c->bundle->gateway, strlen(c->bundle->gateway));
	add_int(v, (int64_t)c->n_rows);
	if (c->n_rows) {
		add_time(v, c->rows[0].taken_us);
		add_time(v, c->rows[c->n_rows - 1].taken_us);
	} else {
		add(v, NULL, 0);
		add(v, NULL, 0);
	}
}

void
values_supersede(struct values *v, const struct bundle_content *c)
{
	start(v, c);
	add(v, c->session_id, 16);
	add_time(v, c->session.start_us);
	add_int(v, c->session.hlc);
}

void
values_month(struct values *v, int64_t utc_us)
{
	v->n = 0;
	add_time(v, utc_us);
}

void
values_readings(struct values *v, const struct bundle_content *c, const struct reading *rows,
		size_t n)
{
	size_t size = encode_array_size(n), i;
	uint8_t *p;

	start(v, c);
	add(v, c->session_id, 16);
	if (v->room < size * encode_columns()) {
		free(v->rows);
		v->room = size * encode_columns();
		v->rows = malloc(v->room);
		ASSERT(v->rows);
	}
	for (i = 0; i < encode_columns(); i++) {
		p = v->rows + i * size;
		add(v, p, encode_array(i, rows, n, p));
	}
}

/* Which statement, with what hlc and what id ("": the table has none). */
static enum statement
choose(const struct message *message, const union bundle_record *r, int64_t *hlc, ids_uuid id)
{
	*hlc = 0;
	*id = 0;
	if (message == &msg_survey) {
		*hlc = r->survey.hlc;
		if (r->survey.kind == SURVEY_INTRA)
			ids_response(r->survey.session_id, r->survey.phase_number, id);
		else
			ids_survey(r->survey.session_id, id);
		return r->survey.kind == SURVEY_INTRA ? DO_RESPONSE
		       : r->survey.kind == SURVEY_PRE ? DO_SURVEY_PRE : DO_SURVEY_POST;
	}
	if (message == &msg_event) {
		*hlc = r->event.hlc;
		(void)snprintf(id, sizeof(ids_uuid), "%s", r->event.id);
		if (!*id)
			ids_event(&r->event, id);
		return DO_EVENT;
	}
	if (message == &msg_phase_stats) {
		*hlc = r->phase_stats.hlc;
		ids_phase_stats(r->phase_stats.session_id, r->phase_stats.phase_type,
				r->phase_stats.phase_number, id);
		return DO_PHASE_STATS;
	}
	if (message == &msg_progression) {
		*hlc = r->progression.hlc;
		return DO_PROGRESSION;
	}
	if (message == &msg_session)
		*hlc = r->session.hlc;
	return message == &msg_session ? DO_SESSION : DO_GAP;
}

enum statement
values_record(struct values *v, const struct bundle_content *c, const struct message *message,
	      const union bundle_record *record)
{
	json_t *json = msg_json(message, record);
	enum statement statement;
	ids_uuid id;
	int64_t hlc;

	statement = choose(message, record, &hlc, id);
	free(v->json);
	v->json = json_dumps(json, JSON_COMPACT);
	ASSERT(v->json);
	json_decref(json);
	start(v, c);
	add(v, c->session_id, 16);
	add_int(v, hlc);
	add(v, v->json, strlen(v->json));
	if (*id)
		add_uuid(v, id);
	else
		add(v, c->session_id, 16);
	return statement;
}
