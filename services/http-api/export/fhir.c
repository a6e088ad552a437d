/*
 * fhir - an HL7 FHIR R4 Bundle (collection): readings as Observations
 *
 * A session is a Procedure with its Patient (a pseudonym), its Devices (the oximeter and
 * the gateway) and a Provenance.  A reading is one Observation: SpO2 with its LOINC and MDC
 * codes, else pulse, and the rest as components; a value that is missing has a
 * dataAbsentReason with our word as its text, as has a gap for its period.  Surveys are
 * QuestionnaireResponses, events and figures Observations.  Codes of our own are in the system
 * urn:ihht:TABLE.  Mock data carry the security label HTEST.
 * Source: hl7.org/fhir/R4; codes of the HL7 PHD guide (MDC 150456, 149530, 150488).
 */
#include <math.h>
#include <stdio.h>

#include "services/http-api/export/export.h"
#include "services/http-api/export/json_cell.h"

#define LOINC "{\"system\":\"http://loinc.org\",\"code\":\""
#define MDC   "{\"system\":\"urn:iso:std:iso:11073:10101\",\"code\":\""
#define UCUM  ",\"system\":\"http://unitsofmeasure.org\",\"code\":"

static const char spo2_code[] = "{\"coding\":[" LOINC "59408-5\"}," LOINC "2708-6\"}," MDC "150456\"}]}";
static const char pulse_code[] = "{\"coding\":[" LOINC "8867-4\"}," LOINC "8889-8\"}," MDC "149530\"}]}";
static const char perfusion_code[] = "{\"coding\":[" LOINC "61006-3\"}," MDC "150488\"}]}";

struct state {
	int64_t n;                            /* entries */
	ids_uuid user;                        /* whose Patient is written */
	ids_uuid oximeter, gateway;           /* of this session */
};

static void
put_reference(struct sink *sink, const char *name, const char *id)
{
	sink_text(sink, ",\"");
	sink_text(sink, name);
	sink_text(sink, "\":{\"reference\":\"urn:uuid:");
	sink_text(sink, id);
	sink_text(sink, "\"}");
}

static void
put_time(struct sink *sink, const char *name, int64_t us)
{
	sink_text(sink, "\"");
	sink_text(sink, name);
	sink_text(sink, "\":\"");
	sink_time(sink, us);
	sink_text(sink, "\"");
}

/* {"fullUrl": ..., "resource": {"resourceType": ..., "id": ... */
static void
open_entry(struct export *x, const char *type, const char *id, int64_t data_source)
{
	struct state *s = x->state;

	sink_text(x->sink, s->n++ ? ",\n{\"fullUrl\":\"urn:uuid:" : "\n{\"fullUrl\":\"urn:uuid:");
	sink_text(x->sink, id);
	sink_text(x->sink, "\",\"resource\":{\"resourceType\":\"");
	sink_text(x->sink, type);
	sink_text(x->sink, "\",\"id\":\"");
	sink_text(x->sink, id);
	sink_text(x->sink, "\"");
	if (data_source == DATA_SOURCE_MOCK)
		sink_text(x->sink, ",\"meta\":{\"security\":[{\"system\":"
			  "\"http://terminology.hl7.org/CodeSystem/v3-ActReason\",\"code\":\"HTEST\"}]}");
}

static void
close_entry(struct export *x)
{
	sink_text(x->sink, "}}");
}

/* {"coding":[{"system":"urn:ihht:TABLE","code":WORD}]} */
static void
put_own_code(struct sink *sink, const char *table, const char *word)
{
	sink_text(sink, "{\"coding\":[{\"system\":\"urn:ihht:");
	sink_text(sink, table);
	sink_text(sink, "\",\"code\":");
	sink_json(sink, word);
	sink_text(sink, "}]}");
}

static void
put_quantity(struct sink *sink, const struct column *column, const struct cell *cell)
{
	sink_text(sink, "\"valueQuantity\":{\"value\":");
	json_cell(sink, column, cell);
	if (*column->unit) {
		sink_text(sink, ",\"unit\":");
		sink_json(sink, column->unit);
		sink_text(sink, UCUM);
		sink_json(sink, column->unit);
	}
	sink_text(sink, "}");
}

/* value[x] of a cell that is not NULL. */
static void
put_value(struct sink *sink, const struct column *column, const struct cell *cell)
{
	char set[TABLE_SET];

	switch (cell->kind) {
	case CELL_INT:
	case CELL_REAL:
		put_quantity(sink, column, cell);
		break;
	case CELL_BOOL:
		sink_text(sink, cell->number ? "\"valueBoolean\":true" : "\"valueBoolean\":false");
		break;
	case CELL_TIME:
		put_time(sink, "valueDateTime", cell->number);
		break;
	case CELL_TEXT:
		sink_text(sink, "\"valueString\":");
		sink_json(sink, cell->text);
		break;
	case CELL_SET:
		sink_text(sink, "\"valueString\":");
		sink_json(sink, table_set(column, cell->number, set));
		break;
	case CELL_NONE:
		break;
	}
}

static void
put_component_code(struct sink *sink, const struct table *table, const char *name)
{
	if (table->message != &msg_reading || !json_names(" spo2 heart_rate perfusion_index ", name))
		put_own_code(sink, table->name, name);
	else
		sink_text(sink, *name == 's' ? spo2_code : *name == 'h' ? pulse_code : perfusion_code);
}

/* Each cell of the row that is not NULL, save those that are named. */
static void
put_components(struct export *x, const struct table *table, const void *row, const char *leave_out)
{
	const struct column *c;
	struct cell cell;
	int n = 0;

	for (c = table->columns; c < table->columns + table->n_columns; c++) {
		cell = table_cell(c, &x->session, row);
		if (cell.kind == CELL_NONE || json_names(leave_out, c->name) ||
		    (c->of_session && table->message != &msg_session))
			continue;
		sink_text(x->sink, n++ ? ",{\"code\":" : ",\"component\":[{\"code\":");
		put_component_code(x->sink, table, c->name);
		sink_text(x->sink, ",");
		put_value(x->sink, c, &cell);
		sink_text(x->sink, "}");
	}
	sink_text(x->sink, n ? "]" : "");
}

/* The head of an Observation of this session, from its code on to be written. */
static void
open_observation(struct export *x, const char *id, int64_t data_source, const char *category)
{
	struct state *s = x->state;

	open_entry(x, "Observation", id, data_source);
	sink_text(x->sink, ",\"status\":\"final\",\"category\":[{\"coding\":[{\"system\":"
		  "\"http://terminology.hl7.org/CodeSystem/observation-category\",\"code\":\"");
	sink_text(x->sink, category);
	sink_text(x->sink, "\"}]}]");
	put_reference(x->sink, "subject", x->session.user_id);
	put_reference(x->sink, "device", s->oximeter);
	sink_text(x->sink, ",\"partOf\":[{\"reference\":\"urn:uuid:");
	sink_text(x->sink, x->session.id);
	sink_text(x->sink, "\"}],\"code\":");
}

/* ---- readings */

static const char *
absent_code(int64_t invalid)
{
	switch ((enum invalid)invalid) {
	case INVALID_NO_FINGER:
		return "not-performed";
	case INVALID_SEARCHING:
		return "temp-unknown";
	case INVALID_LOW_SIGNAL:
	case INVALID_ARTEFACT:
	case INVALID_SENSOR_FAULT:
	case INVALID_OUT_OF_RANGE:
		return "error";
	case INVALID_NO:
	case INVALID_UNAVAILABLE:
		break;
	}
	return "unknown";
}

static void
put_absent(struct sink *sink, const char *code, const char *word)
{
	sink_text(sink, ",\"dataAbsentReason\":{\"coding\":[{\"system\":"
		  "\"http://terminology.hl7.org/CodeSystem/data-absent-reason\",\"code\":\"");
	sink_text(sink, code);
	sink_text(sink, "\"}]");
	if (*word) {
		sink_text(sink, ",\"text\":");
		sink_json(sink, word);
	}
	sink_text(sink, "}");
}

static void
put_measured(struct sink *sink, double value, const char *unit)
{
	sink_text(sink, ",\"valueQuantity\":{\"value\":");
	sink_real(sink, value);
	sink_text(sink, ",\"unit\":\"");
	sink_text(sink, unit);
	sink_text(sink, "\"" UCUM "\"");
	sink_text(sink, unit);
	sink_text(sink, "\"}");
}

static void
put_reading(struct export *x, const struct reading *r)
{
	int has_pulse = isfinite(r->heart_rate), is_pulse = !isfinite(r->spo2) && has_pulse;
	ids_uuid id;

	json_reading_id(&x->session, r, "", id);
	open_observation(x, id, r->data_source, "vital-signs");
	sink_text(x->sink, is_pulse ? pulse_code : spo2_code);
	sink_text(x->sink, ",");
	put_time(x->sink, "effectiveDateTime", r->taken_us);
	if (isfinite(r->spo2))
		put_measured(x->sink, r->spo2, "%");
	else if (is_pulse)
		put_measured(x->sink, r->heart_rate, "/min");
	else
		put_absent(x->sink, absent_code(r->invalid), words_text(&words_invalid, r->invalid));
	put_components(x, table_of(&msg_reading), r,
		       is_pulse ? " timestamp spo2 heart_rate is_valid " : " timestamp spo2 is_valid ");
	close_entry(x);
}

/* ---- what else a session has */

static void
part_id(struct export *x, const struct table *table, ids_uuid id)
{
	struct state *s = x->state;
	char part[80];

	(void)snprintf(part, sizeof(part), "%s %lld", table->name, (long long)s->n);
	json_part_id(&x->session, part, id);
}

static void
put_period(struct sink *sink, const char *name, int64_t from_us, int64_t to_us)
{
	sink_text(sink, ",\"");
	sink_text(sink, name);
	sink_text(sink, "\":{");
	put_time(sink, "start", from_us);
	if (to_us != MSG_NONE) {
		sink_text(sink, ",");
		put_time(sink, "end", to_us);
	}
	sink_text(sink, "}");
}

static void
put_moment(struct sink *sink, const char *name, int64_t us)
{
	if (us == MSG_NONE)
		return;
	sink_text(sink, ",");
	put_time(sink, name, us);
}

static void
put_gap(struct export *x, const struct table *table, const struct gap *g)
{
	ids_uuid id;

	part_id(x, table, id);
	open_observation(x, id, x->session.data_source, "vital-signs");
	sink_text(x->sink, spo2_code);
	put_period(x->sink, "effectivePeriod", g->from_us, g->to_us);
	put_absent(x->sink, "unknown", words_text(&words_gap_reason, g->reason));
	put_components(x, table, g, " from_time to_time ");
	close_entry(x);
}

static void
put_event(struct export *x, const struct table *table, const struct event *e)
{
	ids_uuid id;

	part_id(x, table, id);
	open_observation(x, id, x->session.data_source, "procedure");
	put_own_code(x->sink, "event_type", words_text(&words_event_type, e->event_type));
	put_moment(x->sink, "effectiveDateTime", e->event_us);
	put_components(x, table, e, " event_timestamp ");
	close_entry(x);
}

static void
put_phase_stats(struct export *x, const struct table *table, const struct phase_stats *p)
{
	ids_uuid id;

	part_id(x, table, id);
	open_observation(x, id, x->session.data_source, "procedure");
	put_own_code(x->sink, "phase", words_text(&words_phase, p->phase_type));
	put_period(x->sink, "effectivePeriod", p->start_us, p->end_us);
	put_components(x, table, p, " start_time end_time ");
	close_entry(x);
}

static void
put_progression(struct export *x, const struct table *table, const struct progression *p)
{
	ids_uuid id;

	part_id(x, table, id);
	open_observation(x, id, x->session.data_source, "procedure");
	put_own_code(x->sink, "progression", "progression");
	put_moment(x->sink, "effectiveDateTime", p->at_us);
	put_components(x, table, p, " decided_at ");
	close_entry(x);
}

static void
put_answer(struct sink *sink, const struct column *c, const struct cell *cell)
{
	sink_text(sink, "{\"linkId\":\"");
	sink_text(sink, c->name);
	sink_text(sink, "\",\"answer\":[{");
	put_value(sink, c, cell);
	sink_text(sink, "}]}");
}

static void
put_survey(struct export *x, const struct table *table, const struct survey *survey)
{
	const struct column *c;
	struct cell cell;
	ids_uuid id;
	int n = 0;

	part_id(x, table, id);
	open_entry(x, "QuestionnaireResponse", id, x->session.data_source);
	sink_text(x->sink, ",\"questionnaire\":\"urn:ihht:survey:");
	sink_text(x->sink, words_text(&words_survey_kind, survey->kind));
	sink_text(x->sink, "\",\"status\":\"completed\",\"partOf\":[{\"reference\":\"urn:uuid:");
	sink_text(x->sink, x->session.id);
	sink_text(x->sink, "\"}]");
	put_reference(x->sink, "subject", x->session.user_id);
	put_moment(x->sink, "authored", survey->at_us);
	for (c = table->columns; c < table->columns + table->n_columns; c++) {
		cell = table_cell(c, &x->session, survey);
		if (c->of_session || cell.kind == CELL_NONE || json_names(" kind timestamp ", c->name))
			continue;
		sink_text(x->sink, n++ ? "," : ",\"item\":[");
		put_answer(x->sink, c, &cell);
	}
	sink_text(x->sink, n ? "]" : "");
	close_entry(x);
}

/* ---- the session */

static void
put_patient(struct export *x)
{
	struct state *s = x->state;

	if (!strcmp(s->user, x->session.user_id))
		return;
	memcpy(s->user, x->session.user_id, sizeof(s->user));
	open_entry(x, "Patient", s->user, DATA_SOURCE_UNKNOWN);
	sink_text(x->sink, ",\"identifier\":[{\"system\":\"urn:ihht:user_id\",\"value\":\"");
	sink_text(x->sink, s->user);
	sink_text(x->sink, "\"}]");
	close_entry(x);
}

static void
put_device(struct export *x, const char *id, const char *system, const char *name, const char *parent)
{
	open_entry(x, "Device", id, x->session.data_source);
	sink_text(x->sink, ",\"identifier\":[{\"system\":\"");
	sink_text(x->sink, system);
	sink_text(x->sink, "\",\"value\":");
	sink_json(x->sink, name);
	sink_text(x->sink, "}]");
	if (parent)
		put_reference(x->sink, "parent", parent);
	close_entry(x);
}

static const char *
procedure_status(int64_t status)
{
	return status == SESSION_ACTIVE ? "in-progress" : status == SESSION_COMPLETED ? "completed" : "stopped";
}

static void
put_procedure(struct export *x)
{
	const struct session *session = &x->session;

	open_entry(x, "Procedure", session->id, session->data_source);
	sink_text(x->sink, ",\"identifier\":[{\"system\":\"urn:ihht:local_session_id\",\"value\":");
	sink_json(x->sink, session->local_session_id);
	sink_text(x->sink, "}],\"status\":\"");
	sink_text(x->sink, procedure_status(session->status));
	sink_text(x->sink, "\",\"code\":{\"text\":\"intermittent hypoxic-hyperoxic training\"}");
	put_reference(x->sink, "subject", session->user_id);
	put_period(x->sink, "performedPeriod", session->start_us, session->end_us);
	close_entry(x);
}

static void
put_figures(struct export *x)
{
	ids_uuid id;

	part_id(x, &tables[0], id);
	open_observation(x, id, x->session.data_source, "procedure");
	put_own_code(x->sink, "session", "session");
	put_period(x->sink, "effectivePeriod", x->session.start_us, x->session.end_us);
	put_components(x, &tables[0], &x->session, " id user_id start_time end_time ");
	close_entry(x);
}

static void
put_provenance(struct export *x)
{
	struct state *s = x->state;
	ids_uuid id;

	json_part_id(&x->session, "provenance", id);
	open_entry(x, "Provenance", id, x->session.data_source);
	sink_text(x->sink, ",\"target\":[{\"reference\":\"urn:uuid:");
	sink_text(x->sink, x->session.id);
	sink_text(x->sink, "\"}],");
	put_time(x->sink, "recorded", x->about.at_us);
	sink_text(x->sink, ",\"agent\":[{\"who\":{\"reference\":\"urn:uuid:");
	sink_text(x->sink, s->gateway);
	sink_text(x->sink, "\"}}],\"entity\":[{\"role\":\"source\",\"what\":{\"display\":");
	sink_json(x->sink, x->about.source);
	sink_text(x->sink, "}}]");
	close_entry(x);
}

static void
begin(struct export *x)
{
	sink_text(x->sink, "{\"resourceType\":\"Bundle\",\"type\":\"collection\",");
	put_time(x->sink, "timestamp", x->about.at_us);
	sink_text(x->sink, ",\"entry\":[");
}

static void
session(struct export *x)
{
	struct state *s = x->state;

	json_part_id(&x->session, "oximeter", s->oximeter);
	json_part_id(&x->session, "gateway", s->gateway);
	put_patient(x);
	put_device(x, s->gateway, "urn:ihht:gateway", x->session.gateway, NULL);
	put_device(x, s->oximeter, "urn:ihht:device_id", x->session.device_id, s->gateway);
	put_procedure(x);
	put_provenance(x);
	put_figures(x);
}

static void
row(struct export *x, const struct table *table, const void *row)
{
	if (table->message == &msg_reading)
		put_reading(x, row);
	else if (table->message == &msg_gap)
		put_gap(x, table, row);
	else if (table->message == &msg_event)
		put_event(x, table, row);
	else if (table->message == &msg_phase_stats)
		put_phase_stats(x, table, row);
	else if (table->message == &msg_progression)
		put_progression(x, table, row);
	else
		put_survey(x, table, row);
}

static void
session_end(struct export *x)
{
	(void)x;
}

static void
end(struct export *x)
{
	sink_text(x->sink, "]}\n");
}

const struct format format_fhir = {
	.name = "fhir", .suffix = ".fhir.json", .type = "application/fhir+json",
	.purpose = "an HL7 FHIR R4 Bundle", .shape = SHAPE_WHOLE,
	.state_size = sizeof(struct state), .begin = begin, .session = session, .row = row,
	.session_end = session_end, .end = end};
