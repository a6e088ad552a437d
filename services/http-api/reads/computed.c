#include "services/http-api/reads/computed.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "common/clock.h"
#include "services/http-api/figures/next_level.h"

#define DIGITS (JSON_COMPACT | JSON_REAL_PRECISION(12))

/* ---- figures as JSON */

static json_t *
number(double value, int is_count)
{
	if (isnan(value))
		return json_null();
	return is_count ? json_integer((json_int_t)llround(value)) : json_real(value);
}

json_t *
computed_figures(const void *figures, const struct figure *list)
{
	json_t *o = json_object();

	for (; list->name; list++)
		json_object_set_new(o, list->name, number(figure_value(figures, list), list->is_count));
	return o;
}

json_t *
computed_phase(const struct phase_figures *phase)
{
	char start[CLOCK_TEXT], end[CLOCK_TEXT];
	json_t *o = json_pack("{s:s, s:I, s:s, s:s}", "phase_type", words_text(&words_phase, phase->phase),
			      "cycle_number", (json_int_t)phase->cycle, "start_time",
			      clock_text(phase->start_us, start), "end_time",
			      clock_text(phase->end_us, end));
	json_t *figures = computed_figures(phase, phase_figure_list);

	json_object_update(o, figures);
	json_decref(figures);
	return o;
}

/* ---- one session */

static int64_t
whole(const PGresult *r, int row, int column)
{
	return PQgetisnull(r, row, column) ? MSG_NONE : strtoll(PQgetvalue(r, row, column), NULL, 10);
}

static double
real(const PGresult *r, int row, int column)
{
	return PQgetisnull(r, row, column) ? NAN : strtod(PQgetvalue(r, row, column), NULL);
}

/* A row of read_session after the first: see print_detail() in catalog.c. */
static void
take_row(struct figures *f, const PGresult *r, int row)
{
	enum { KIND = 1, PHASE, CYCLE, AT, SPO2, RATE, LEVEL };
	int64_t phase = words_find(&words_phase, PQgetvalue(r, row, PHASE));
	struct figures_reading reading = {whole(r, row, AT), phase, whole(r, row, CYCLE),
					  whole(r, row, LEVEL), real(r, row, SPO2), real(r, row, RATE)};

	if (*PQgetvalue(r, row, KIND) == '1')
		figures_begin(f, phase, reading.cycle, reading.at_us);
	else if (*PQgetvalue(r, row, KIND) == '2')
		figures_lift(f, reading.at_us, reading.cycle, reading.spo2);
	else
		figures_add(f, &reading);
}

/* `extra` as the last members of the JSON object `text`. */
static char *
append(const char *text, const json_t *extra)
{
	char *more = json_dumps(extra, DIGITS), *all = NULL;
	size_t n = strlen(text) - 1;  /* its '}' gives way */

	if (more && (all = malloc(n + strlen(more) + 1))) {
		memcpy(all, text, n);
		all[n] = ',';
		memcpy(all + n + 1, more + 1, strlen(more));
	}
	free(more);
	return all;
}

char *
computed_detail(const PGresult *r, size_t *n)
{
	struct figures *f = figures_new();
	const struct phase_figures *phases;
	struct session_figures session;
	json_t *list = json_array(), *extra;
	size_t n_phases, i;
	char *text;
	int row;

	if (!f || !list)
		return NULL;
	for (row = 1; row < PQntuples(r); row++)
		take_row(f, r, row);
	n_phases = figures_end(f, &phases, &session);
	for (i = 0; i < n_phases; i++)
		json_array_append_new(list, computed_phase(&phases[i]));
	extra = json_pack("{s:o, s:o}", "phase_figures", list, "session_figures",
			  computed_figures(&session, session_figure_list));
	text = append(PQgetvalue(r, 0, 0), extra);
	*n = (size_t)session.readings;
	json_decref(extra);
	figures_free(&f);
	return text;
}

/* ---- progression */

static json_t *
whole_json(int64_t n)
{
	return n == MSG_NONE ? json_null() : json_integer((json_int_t)n);
}

char *
computed_next_level(const char *person, const PGresult *r, int64_t now_us)
{
	enum { END, LEVEL, LIFTS, CALIBRATION, MIN, AVG, COMPLETION };
	struct past_session past[NEXT_LEVEL_SESSIONS];
	int n = PQntuples(r), i;
	struct next_level next;
	char *text;
	json_t *o;

	for (i = 0; i < n && i < NEXT_LEVEL_SESSIONS; i++)
		past[i] = (struct past_session){whole(r, i, END), whole(r, i, LEVEL), whole(r, i, LIFTS),
						*PQgetvalue(r, i, CALIBRATION) == 't', real(r, i, MIN),
						real(r, i, AVG), real(r, i, COMPLETION)};
	next_level(past, (size_t)i, now_us, &next);
	o = json_pack("{s:s, s:I, s:o, s:o, s:I, s:I, s:s, s:s, s:b, s:o, s:s?, s:s, s:i}",
		"user_id", person, "recommended_altitude_level", (json_int_t)next.level,
		"last_altitude_level", i ? json_integer((json_int_t)next.base) : json_null(),
		"days_since_last", whole_json(next.days), "detraining", (json_int_t)next.detraining,
		"trend_step", (json_int_t)next.trend_step, "trend", next.trend,
		"confidence", next.confidence, "recalibrate", next.recalibrate,
		"score", whole_json(next.score), "performance", next.performance
			? words_text(&words_performance, next.performance) : NULL,
		"reason", next.reason, "sessions_considered", i);
	text = json_dumps(o, JSON_COMPACT);
	json_decref(o);
	return text;
}
