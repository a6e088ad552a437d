#include <stdio.h>
#include <string.h>

#include "services/http-api/mcp/agent_shapes.h"
#include "services/http-api/mcp/say.h"

/* ---- data_quality_report */

/* What is worth a word, and from where on. */
static const struct concern {
	const char *name;
	int is_least;            /* a word when it is less, else when it is more */
	double limit;
	const char *text;
} concerns[] = {
	{"valid_share", 1, 0.95, "more than 5 % of the readings have no value"},
	{"coverage", 1, 0.95, "more than 5 % of the time is without a reading"},
	{"longest_silence_seconds", 0, 30, "a silence of more than 30 s"},
	{"lost", 0, 0, "values are known to be lost"},
	{"low_perfusion_share", 0, 0.2, "more than 20 % of the readings were taken at a low perfusion"},
};

static json_t *
judge(const json_t *row)
{
	json_t *list = json_array();
	const json_t *value;
	double number;
	size_t i;

	for (i = 0; i < sizeof(concerns) / sizeof(concerns[0]); i++) {
		value = json_object_get(row, concerns[i].name);
		number = json_number_value(value);
		if (json_is_number(value) && (concerns[i].is_least ? number < concerns[i].limit
							       : number > concerns[i].limit))
			json_array_append_new(list, json_string(concerns[i].text));
	}
	return list;
}

json_t *
say_quality(struct call *call, struct problem *problem)
{
	const json_t *rows = json_object_get(call->answers[0], "sessions"), *row;
	json_t *list = json_array(), *words, *next = json_object_get(call->answers[0], "next");
	size_t i, n_sound = 0;

	(void)problem;
	json_array_foreach(rows, i, row) {
		words = judge(row);
		n_sound += !json_array_size(words);
		json_array_append_new(list, json_pack("{s:O, s:o}", "quality", row, "concerns", words));
	}
	(void)snprintf(call->said, sizeof(call->said), "%zu sessions, %zu without a concern.%s", i, n_sound,
		       json_is_null(next) ? "" : " There are more, see next_cursor.");
	return json_pack("{s:o, s:O, s:o, s:o}", "sessions", list, "next_cursor", next, "units",
			 units("longest_silence_seconds=s;avg_perfusion_index=%;nadir_spo2=%;"
			       "hours_measured=h;index_3=1/h;index_4=1/h"), "provenance",
			 provenance(call, rows));
}

json_t *
output_quality(json_t *defs)
{
	return json_pack("{s:o, s:o, s:o, s:o}", "sessions", shape_list_of(&shape_judged, defs),
			 "next_cursor", schema_cursor(), "units", schema_units(), "provenance",
			 shape_one_of(&shape_provenance, defs));
}

/* ---- sync_status */

json_t *
say_sync(struct call *call, struct problem *problem)
{
	const json_t *people = json_object_get(call->answers[0], "sync");
	json_t *next = json_object_get(call->answers[0], "next");
	json_t *problems = json_object_get(call->health, "problems");

	(void)problem;
	(void)snprintf(call->said, sizeof(call->said), "The pipeline is %s; %zu problems; %zu people.",
		       json_string_value(json_object_get(call->health, "status")),
		       json_array_size(problems), json_array_size(people));
	return json_pack("{s:O, s:O, s:O, s:O, s:O, s:o, s:o}", "status",
			 json_object_get(call->health, "status"), "problems", problems, "alerts",
			 json_object_get(call->health, "alerts"), "people", people, "next_cursor", next,
			 "units", units("at_us=us since 1970"), "provenance", provenance(call, people));
}

json_t *
output_sync(json_t *defs)
{
	return json_pack("{s:{s:s, s:[s,s,s]}, s:{s:s, s:{s:s}}, s:o, s:o, s:o, s:o, s:o}", "status", "type",
			 "string", "enum", "ok", "degraded", "down", "problems", "type", "array", "items",
			 "type", "string", "alerts", shape_list_of(&shape_alert, defs), "people",
			 shape_list_of(&shape_sync, defs), "next_cursor", schema_cursor(), "units",
			 schema_units(), "provenance", shape_one_of(&shape_provenance, defs));
}

/* ---- explain_gap */

static const struct reason {
	const char *word, *explanation, *advice;
} reasons[] = {
	{"link_lost", "The radio link to the oximeter broke; it measured on, but nothing of it arrived.",
	 "Keep gateway and oximeter within a few metres. Oximeters that store their own record fill the "
	 "gap when they are back."},
	{"device_silent", "The oximeter was connected and sent nothing.",
	 "Look at its battery and at how it sits on the finger."},
	{"spool_full", "The gateway had no room left: local-store took nothing for too long.",
	 "`ihht doctor` on the gateway names what stood still; what was lost then is lost."},
	{"source_gap", "The source itself, a recording or the oximeter's own memory, has nothing there.",
	 "None: there never was a value."},
	{"clock_step", "The gateway's clock was set; no time of the session is missing for it.",
	 "None: times after it go by the clock as it was set."},
};
static const struct reason unrecorded = {
	NULL, "Nothing was recorded of it: values were not sent, or were of no session at that time.",
	"`ihht verify` on the gateway says whether both stores hold the same; a pause of the session, or a "
	"finger off the oximeter, looks like this."};

static const struct reason *
reason_of(const json_t *row)
{
	const char *word = json_string_value(json_object_get(row, "reason"));
	size_t i;

	for (i = 0; word && i < sizeof(reasons) / sizeof(reasons[0]); i++)
		if (!strcmp(word, reasons[i].word))
			return &reasons[i];
	return &unrecorded;
}

json_t *
say_gaps(struct call *call, struct problem *problem)
{
	const json_t *basis = json_object_get(call->answers[0], "sessions"), *row;
	const json_t *rows = json_object_get(call->answers[1], "silences");
	json_t *list = json_array(), *one, *next = json_object_get(call->answers[1], "next");
	const struct reason *r;
	size_t i;

	(void)problem;
	json_array_foreach(rows, i, row) {
		r = reason_of(row);
		one = json_pack("{s:s, s:s}", "explanation", r->explanation, "advice", r->advice);
		json_object_update(one, (json_t *)row);
		json_array_append_new(list, one);
	}
	(void)snprintf(call->said, sizeof(call->said), "%zu gaps.%s", i,
		       json_is_null(next) ? "" : " There are more, see next_cursor.");
	return json_pack("{s:O, s:o, s:O, s:o, s:o}", "session", json_array_get(basis, 0), "gaps", list,
			 "next_cursor", next, "units", units("seconds=s;battery=%"), "provenance",
			 provenance(call, basis));
}

json_t *
output_gaps(json_t *defs)
{
	return json_pack("{s:o, s:o, s:o, s:o, s:o}", "session", shape_one_of(&shape_basis, defs), "gaps",
			 shape_list_of(&shape_explained, defs), "next_cursor", schema_cursor(), "units",
			 schema_units(), "provenance", shape_one_of(&shape_provenance, defs));
}
