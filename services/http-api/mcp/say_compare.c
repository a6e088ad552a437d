#include <math.h>
#include <stdio.h>
#include <string.h>

#include "common/clock.h"
#include "services/http-api/figures/figures.h"
#include "services/http-api/mcp/agent_shapes.h"
#include "services/http-api/mcp/say.h"

#define WEEK_US     (7 * 86400 * CLOCK_SECOND)
#define TREND_WEEKS 12   /* unless asked for more */
#define TREND_MOST  104

/* ---- compare_sessions */

static json_t *
row_of(const json_t *rows, const char *name, const json_t *id)
{
	const json_t *row;
	size_t i;

	json_array_foreach(rows, i, row) {
		if (json_equal(json_object_get(row, name), id))
			return (json_t *)row;
	}
	return NULL;
}

static double
value_of(const json_t *value)
{
	return json_is_number(value) ? json_number_value(value) : NAN;
}

static json_t *
number(double value)
{
	return isnan(value) ? json_null() : json_real(value);
}

/* Of sessions whose figures are known: all of one name, and what became of it. */
static json_t *
difference(const struct figure *f, const json_t *sessions)
{
	json_t *values = json_array(), *value;
	const json_t *session;
	double first = NAN, last = NAN;
	size_t i;

	json_array_foreach(sessions, i, session) {
		value = json_object_get(json_object_get(session, "figures"), f->name);
		json_array_append(values, value ? value : json_null());
		if (i == 0)
			first = value_of(value);
		last = value_of(value);
	}
	return json_pack("{s:s, s:s, s:o, s:o}", "figure", f->name, "unit", f->unit, "values", values,
			 "change", number(last - first));
}

static json_t *
side_by_side(const struct call *call, const json_t *basis)
{
	const json_t *row, *id, *summaries = json_object_get(call->answers[1], "sessions");
	const json_t *qualities = json_object_get(call->answers[2], "sessions");
	json_t *list = json_array();
	size_t i;

	json_array_foreach(summaries, i, row) {  /* newest first; the oldest is to be first */
		id = json_object_get(row, "session_id");
		json_array_insert_new(list, 0, json_pack("{s:O, s:O, s:O}", "session",
			row_of(basis, "id", id), "figures", json_object_get(row, "figures"), "quality",
			row_of(qualities, "session_id", id)));
	}
	return list;
}

json_t *
say_comparison(struct call *call, struct problem *problem)
{
	const json_t *basis = json_object_get(call->answers[0], "sessions");
	json_t *list = side_by_side(call, basis), *differences = json_array(), *unit = units("");
	const struct figure *f;

	(void)problem;
	for (f = session_figure_list; f->name; f++)
		json_array_append_new(differences, difference(f, list));
	units_add_figures(unit);
	(void)snprintf(call->said, sizeof(call->said), "%zu sessions side by side, oldest first, in %zu "
		       "figures.", json_array_size(list), json_array_size(differences));
	return json_pack("{s:o, s:o, s:o, s:o}", "sessions", list, "differences", differences, "units",
			 unit, "provenance", provenance(call, basis));
}

json_t *
output_comparison(json_t *defs)
{
	json_t *one = json_pack("{s:s, s:[s,s,s], s:{s:o, s:o, s:o}}", "type", "object", "required",
		"session", "figures", "quality", "properties", "session", shape_one_of(&shape_basis, defs),
		"figures", shape_one_of(&shape_session_figures, defs), "quality",
		shape_one_of(&shape_quality, defs));

	return json_pack("{s:{s:s, s:o}, s:o, s:o, s:o}", "sessions", "type", "array", "items", one,
			 "differences", shape_list_of(&shape_difference, defs), "units", schema_units(),
			 "provenance", shape_one_of(&shape_provenance, defs));
}

/* ---- trend */

/* Whose trend, where it was not said: a person's own. */
static int
whose(struct call *call, struct problem *problem)
{
	const struct caller *caller = call->caller;
	char list[240] = "";
	size_t used = 0, i;

	if (argument(&call->arguments, "user_id"))
		return 0;
	if (caller->role == ACCESS_PERSON) {
		argument_set(&call->arguments, "user_id", caller->user_id);
		return 0;
	}
	for (i = 0; i < caller->n_people && used + 40 < sizeof(list); i++)
		used += (size_t)snprintf(list + used, sizeof(list) - used, "%s%s", i ? ", " : "",
					 caller->people[i]);
	return problem_set(problem, 400, "user_id", "must be given: %s%s%s", *list ? "one of " : "the person; "
			   "list_sessions names those you may see", list, i < caller->n_people ? " ..." : "");
}

int
prepare_trend(struct call *call, struct problem *problem)
{
	const char *to = argument(&call->arguments, "to");
	int64_t from_us = 0, to_us = call->utc_us;
	char from[CLOCK_TEXT];

	if (to)
		(void)clock_parse(to, &to_us);
	if (!argument(&call->arguments, "from"))
		argument_set(&call->arguments, "from", clock_text(to_us - TREND_WEEKS * WEEK_US, from));
	(void)clock_parse(argument(&call->arguments, "from"), &from_us);
	if (to_us - from_us > TREND_MOST * WEEK_US)
		return problem_set(problem, 400, "from", "must be at most %d weeks before `to`, or now",
				   TREND_MOST);
	return whose(call, problem);
}

static int64_t
week_number(const json_t *row)
{
	int64_t us = 0;

	(void)clock_parse(json_string_value(json_object_get(row, "week")), &us);
	return us / WEEK_US;
}

static json_t *
trend_of(const char *name, const json_t *weeks)
{
	double n = 0, x, y, sx = 0, sy = 0, sxx = 0, sxy = 0, first = NAN, last = NAN;
	const json_t *row;
	int64_t begin = 0;
	size_t i;

	json_array_foreach(weeks, i, row) {
		begin = i ? begin : week_number(row);
		y = value_of(json_object_get(row, name));
		if (isnan(y))
			continue;
		x = (double)(week_number(row) - begin);
		first = isnan(first) ? y : first;
		last = y;
		n++;
		sx += x;
		sy += y;
		sxx += x * x;
		sxy += x * y;
	}
	return json_pack("{s:s, s:i, s:o, s:o, s:o, s:o}", "figure", name, "weeks", (int)n, "first",
			 number(first), "last", number(last), "change", number(last - first), "per_week",
			 number(n > 1 ? (n * sxy - sx * sy) / (n * sxx - sx * sx) : NAN));
}

json_t *
say_trend(struct call *call, struct problem *problem)
{
	const json_t *weeks = json_object_get(call->answers[0], "weeks"), *week;
	json_t *trends = json_array();
	json_t *from = provenance(call, json_object_get(call->answers[1], "sessions"));
	const struct column *c;
	json_int_t readings = 0;
	size_t i;

	(void)problem;
	json_array_foreach(weeks, i, week) {
		readings += json_integer_value(json_object_get(week, "readings"));
	}
	json_object_set_new(from, "readings", json_integer(readings));
	for (c = shape_week.columns; c->name; c++)
		if (c->kind != COLUMN_TEXT)
			json_array_append_new(trends, trend_of(c->name, weeks));
	(void)snprintf(call->said, sizeof(call->said), "%zu weeks with sessions since %.10s.",
		       json_array_size(weeks), argument(&call->arguments, "from"));
	return json_pack("{s:s, s:O, s:o, s:O, s:o, s:o}", "user_id", argument(&call->arguments, "user_id"),
		"weeks", weeks, "trends", trends, "next_level", call->answers[2], "units",
		units("avg_spo2=%;min_spo2=%;duration_seconds=s;time_in_zone_seconds=s;"
		      "avg_desaturation_rate=s;avg_spo2_recovery_time=s"), "provenance", from);
}

json_t *
output_trend(json_t *defs)
{
	return json_pack("{s:{s:s, s:s}, s:o, s:o, s:o, s:o, s:o}", "user_id", "type", "string", "format",
			 "uuid", "weeks", shape_list_of(&shape_week, defs), "trends",
			 shape_list_of(&shape_trend, defs), "next_level",
			 shape_one_of(&shape_next_level, defs), "units", schema_units(), "provenance",
			 shape_one_of(&shape_provenance, defs));
}
