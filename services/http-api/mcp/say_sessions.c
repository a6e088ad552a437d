#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/clock.h"
#include "services/http-api/figures/figures.h"
#include "services/http-api/mcp/agent_shapes.h"
#include "services/http-api/mcp/say.h"

#define WINDOW   50   /* rows of each list of a session in one result */
#define READINGS 200

/* ---- list_sessions */

json_t *
say_list(struct call *call, struct problem *problem)
{
	const json_t *rows = json_object_get(call->answers[0], "sessions"), *row;
	json_t *next = json_object_get(call->answers[0], "next"), *list = json_array();
	size_t i;

	(void)problem;
	json_array_foreach(rows, i, row) {
		json_array_append_new(list, shape_pick(&shape_listed, row));
	}
	(void)snprintf(call->said, sizeof(call->said), "%zu sessions, newest first%s.", i,
		       json_is_null(next) ? "" : "; there are more, see next_cursor");
	return json_pack("{s:o, s:O, s:o, s:o}", "sessions", list, "next_cursor", next, "units",
			 units("avg_spo2=%;min_spo2=%;avg_heart_rate=beats/min"), "provenance",
			 provenance(call, rows));
}

json_t *
output_list(json_t *defs)
{
	return json_pack("{s:o, s:o, s:o, s:o}", "sessions", shape_list_of(&shape_listed, defs),
			 "next_cursor", schema_cursor(), "units", schema_units(), "provenance",
			 shape_one_of(&shape_provenance, defs));
}

/* ---- get_session */

static size_t
window_begin(const struct call *call)
{
	const char *cursor = argument(&call->arguments, "cursor");

	return cursor ? (size_t)strtoull(cursor, NULL, 10) : 0;
}

static json_t *
window(const json_t *list, size_t begin, size_t most)
{
	json_t *part = json_array();
	size_t i;

	for (i = begin; i < json_array_size(list) && i - begin < most; i++)
		json_array_append(part, json_array_get(list, i));
	return part;
}

static json_t *
next_window(size_t longest, size_t begin, size_t most)
{
	return longest > begin + most ? json_sprintf("%zu", begin + most) : json_null();
}

json_t *
say_session(struct call *call, struct problem *problem)
{
	json_t *detail = call->answers[1], *short_one = json_object(), *value;
	size_t begin = window_begin(call), longest = 0;
	const char *name;

	(void)problem;
	json_object_foreach(detail, name, value) {
		if (!json_is_array(value)) {
			json_object_set(short_one, name, value);
			continue;
		}
		longest = json_array_size(value) > longest ? json_array_size(value) : longest;
		json_object_set_new(short_one, name, window(value, begin, WINDOW));
	}
	(void)snprintf(call->said, sizeof(call->said), "Session %s, %s.%s",
		       json_string_value(json_object_get(detail, "local_session_id")),
		       json_string_value(json_object_get(detail, "status")), longest > begin + WINDOW
		       ? " Its lists go on, see next_cursor." : "");
	value = units("spo2=%;heart_rate=beats/min");
	units_add_figures(value);
	return json_pack("{s:o, s:o, s:o, s:o}", "session", short_one, "next_cursor",
			 next_window(longest, begin, WINDOW), "units", value, "provenance",
			 provenance(call, json_object_get(call->answers[0], "sessions")));
}

json_t *
output_session(json_t *defs)
{
	return json_pack("{s:o, s:o, s:o, s:o}", "session", shape_one_of(&shape_session_detail, defs),
			 "next_cursor", schema_cursor(), "units", schema_units(), "provenance",
			 shape_one_of(&shape_provenance, defs));
}

/* ---- get_readings */

struct place {
	int64_t us;
	long long epoch, seq;
};

static struct place
place_of(const json_t *row)
{
	struct place p = {0, json_integer_value(json_object_get(row, "epoch")),
			  json_integer_value(json_object_get(row, "seq"))};

	(void)clock_parse(json_string_value(json_object_get(row, "timestamp")), &p.us);
	return p;
}

static int
is_after(struct place a, struct place b)
{
	if (a.us != b.us)
		return a.us > b.us;
	return a.epoch != b.epoch ? a.epoch > b.epoch : a.seq > b.seq;
}

json_t *
say_readings(struct call *call, struct problem *problem)
{
	const json_t *rows = json_object_get(call->answers[1], "readings"), *row;
	const json_t *basis = json_object_get(call->answers[0], "sessions");
	const char *cursor = argument(&call->arguments, "cursor");
	json_t *list = json_array(), *next = json_null();
	struct place seen = {-1, 0, 0};
	size_t i;

	(void)problem;
	if (cursor)
		(void)sscanf(cursor, "%ld.%lld.%lld", &seen.us, &seen.epoch, &seen.seq);
	json_array_foreach(rows, i, row) {
		if (!is_after(place_of(row), seen))
			continue;
		if (json_array_size(list) == READINGS) {
			json_decref(next);
			next = json_sprintf("%ld.%lld.%lld", seen.us, seen.epoch, seen.seq);
			break;
		}
		seen = place_of(row);
		json_array_append_new(list, shape_pick(&shape_point, row));
	}
	(void)snprintf(call->said, sizeof(call->said), "%zu readings, thinned from %lld: extremes and the "
		       "edges of gaps are kept.%s", json_array_size(list),
		       (long long)json_integer_value(json_object_get(json_array_get(basis, 0), "readings")),
		       json_is_null(next) ? "" : " There are more, see next_cursor.");
	return json_pack("{s:O, s:o, s:o, s:o, s:o}", "session", json_array_get(basis, 0), "readings",
			 list, "next_cursor", next, "units",
			 units("spo2=%;heart_rate=beats/min;perfusion_index=%"), "provenance",
			 provenance(call, basis));
}

json_t *
output_readings(json_t *defs)
{
	return json_pack("{s:o, s:o, s:o, s:o, s:o}", "session", shape_one_of(&shape_basis, defs),
			 "readings", shape_list_of(&shape_point, defs), "next_cursor", schema_cursor(),
			 "units", schema_units(), "provenance", shape_one_of(&shape_provenance, defs));
}

/* ---- session_summary */

json_t *
say_summary(struct call *call, struct problem *problem)
{
	const json_t *basis = json_object_get(call->answers[0], "sessions"), *detail = call->answers[1];
	const json_t *quality = json_object_get(call->answers[2], "sessions");
	const json_t *phases = json_object_get(detail, "phase_figures");
	json_t *figures = json_object_get(detail, "session_figures"), *unit = units("");
	size_t begin = window_begin(call);

	(void)problem;
	units_add_figures(unit);
	(void)snprintf(call->said, sizeof(call->said), "Session %s: figures computed from %lld readings, "
		       "%zu phases.", json_string_value(json_object_get(detail, "local_session_id")),
		       (long long)json_integer_value(json_object_get(figures, "readings")),
		       json_array_size(phases));
	return json_pack("{s:O, s:O, s:o, s:O?, s:o, s:o, s:o}", "session", json_array_get(basis, 0),
			 "figures", figures, "phases", window(phases, begin, WINDOW), "quality",
			 json_array_get(quality, 0), "next_cursor",
			 next_window(json_array_size(phases), begin, WINDOW), "units", unit,
			 "provenance", provenance(call, basis));
}

json_t *
output_summary(json_t *defs)
{
	return json_pack("{s:o, s:o, s:o, s:o, s:o, s:o, s:o}", "session",
			 shape_one_of(&shape_basis, defs), "figures",
			 shape_one_of(&shape_session_figures, defs), "phases",
			 shape_list_of(&shape_phase_figures, defs), "quality",
			 shape_one_of(&shape_quality, defs), "next_cursor", schema_cursor(), "units",
			 schema_units(), "provenance", shape_one_of(&shape_provenance, defs));
}
