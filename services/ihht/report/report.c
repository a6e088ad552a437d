/*
 * report - the success metrics, measured from the data
 *
 *	in      Postgres, read as ihht_audit; http-api, asked as an agent; the SQLite file; beats
 */
#include <ctype.h>
#include <errno.h>
#include <jansson.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/clock.h"
#include "common/pg.h"
#include "services/ihht/grid.h"
#include "services/ihht/report/measure.h"
#include "services/ihht/rows.h"
#include "services/ihht/verb.h"

/* "7d", "12h", "30m" ago, or as clock_parse(). */
static int
take_time(const char *text, int64_t now_us, int64_t *us)
{
	char *end;
	long n = strtol(text, &end, 10);
	int64_t unit = !strcmp(end, "d") ? 86400 : !strcmp(end, "h") ? 3600 : !strcmp(end, "m") ? 60 : 0;

	if (isdigit((unsigned char)*text) && unit && n <= 100000) {
		*us = now_us - n * unit * CLOCK_SECOND;
		return 0;
	}
	return clock_parse(text, us) < 0 || *us < 0 || *us > MSG_TIME_MAX ? -1 : 0;
}

/* 0, or an exit code. */
static int
take_words(const struct verb *verb, int argc, char **argv, struct span_of_time *span)
{
	int64_t now_us = clock_utc_us(), *to;
	int i;

	*span = (struct span_of_time){MSG_TIME_MIN, MSG_TIME_MAX};
	for (i = 0; i < argc; i += 2) {
		to = !strcmp(argv[i], "--since") ? &span->since_us
		     : !strcmp(argv[i], "--until") ? &span->until_us : NULL;
		if (!to || i + 1 == argc)
			return verb_usage(verb, "takes --since TIME and --until TIME");
		if (take_time(argv[i + 1], now_us, to) < 0)
			return verb_usage(verb, "%s %s: must be a time like 2026-11-23T05:00Z, or 7d, 12h, 30m ago",
					  argv[i], argv[i + 1]);
	}
	if (span->since_us >= span->until_us)
		return verb_usage(verb, "--since must be before --until");
	return 0;
}

/* ---- measuring */

static PGconn *
connect_as(const struct process *process, const char *name, const char *role, struct err *err)
{
	char conninfo[1000];

	pg_conninfo(process->conf, process->run_dir, name, role, conninfo, sizeof(conninfo));
	return pg_connect(conninfo, "ihht report", err);
}

static int
measure_all(struct process *process, const struct span_of_time *span,
	    struct measure measures[N_MEASURES], struct err *err)
{
	PGconn *auditor = connect_as(process, "dedupe-auditor", "ihht_audit", err);
	int r = -1;

	if (auditor)
		r = measure_cloud(process, auditor, span, measures, err);
	if (r == 0)
		r = measure_local(process, auditor, span, measures, err);
	pg_close(&auditor);
	if (r == 0 && span->until_us < clock_utc_us())
		(void)snprintf(measures[LATENCY].why_not, sizeof(measures[LATENCY].why_not),
			       "it is not kept, and known of now only");
	else if (r == 0)
		r = measure_latency(process, &measures[LATENCY], err);
	return r;
}

/* ---- told */

/* Of duplicates the bad ones are told, else the good ones. */
static int64_t
told(const struct measure *m)
{
	return strcmp(m->target, "0") ? m->n - m->n_bad : m->n_bad;
}

static const char *
value_text(const struct measure *m, char text[200])
{
	if (*m->why_not)
		(void)snprintf(text, 200, "not measured: %s", m->why_not);
	else if (!isnan(m->ms))
		(void)snprintf(text, 200, "%.1f ms", m->ms);
	else if (!m->n)
		(void)snprintf(text, 200, "none in this time");
	else
		(void)snprintf(text, 200, "%lld of %lld (%.4g %%)", (long long)told(m), (long long)m->n,
			       100.0 * (double)told(m) / (double)m->n);
	return text;
}

static void
print_text(const struct measure measures[N_MEASURES])
{
	static const char *const words[] = {"-", "MISSED", "ok"};
	static const enum colour colours[] = {COLOUR_DIM, COLOUR_RED, COLOUR_GREEN};
	struct grid *grid = grid_new("METRIC|VALUE|TARGET|");
	char text[200];
	int i, k, met;

	for (i = 0; i < N_MEASURES; i++) {
		met = measure_met(&measures[i]);
		grid_add(grid, COLOUR_PLAIN, "%s", measures[i].title);
		grid_add(grid, COLOUR_PLAIN, "%s", value_text(&measures[i], text));
		grid_add(grid, COLOUR_PLAIN, "%s", measures[i].target);
		grid_add(grid, colours[met + 1], "%s", words[met + 1]);
	}
	grid_print(grid, stdout);
	grid_free(&grid);
	for (i = 0; i < N_MEASURES; i++) {
		for (k = 0; k < MEASURE_EXAMPLES && k < measures[i].n_bad; k++)
			printf("%s%s: %s\n", k ? "" : "\n", measures[i].title, measures[i].examples[k]);
		if (measures[i].n_bad > MEASURE_EXAMPLES)
			printf("and %lld more\n", (long long)measures[i].n_bad - MEASURE_EXAMPLES);
	}
}

static json_t *
measure_json(const struct measure *m)
{
	json_t *examples = json_array(), *value = json_null();
	int i, met = measure_met(m);

	for (i = 0; i < MEASURE_EXAMPLES && i < m->n_bad; i++)
		json_array_append_new(examples, json_string(m->examples[i]));
	if (met >= 0)
		value = isnan(m->ms) ? json_integer((json_int_t)told(m)) : json_real(m->ms);
	return json_pack("{ss ss so sI sI ss so ss so}", "name", m->name, "title", m->title, "value", value,
			 "of", (json_int_t)m->n, "missed", (json_int_t)m->n_bad, "target", m->target, "met",
			 met < 0 ? json_null() : json_boolean(met), "not_measured", m->why_not, "examples",
			 examples);
}

static json_t *
time_json(int64_t us, int64_t open_us)
{
	char text[CLOCK_TEXT];

	return us == open_us ? json_null() : json_string(clock_text(us, text));
}

static void
print_json(const struct measure measures[N_MEASURES], const struct span_of_time *span)
{
	json_t *all = json_array();
	int i;

	for (i = 0; i < N_MEASURES; i++)
		json_array_append_new(all, measure_json(&measures[i]));
	rows_print_json(json_pack("{so so so}", "since", time_json(span->since_us, MSG_TIME_MIN), "until",
				  time_json(span->until_us, MSG_TIME_MAX), "metrics", all));
}

int
report_run(struct ihht *me, const struct verb *verb, int argc, char **argv)
{
	struct measure *measures = calloc(N_MEASURES, sizeof(*measures));
	struct span_of_time span;
	struct err err;
	int code, i;

	ASSERT(measures);
	measures_init(measures);
	if ((code = take_words(verb, argc, argv, &span)) == 0 &&
	    measure_all(me->process, &span, measures, &err) < 0)
		code = verb_fail(verb, PROCESS_TRY_AGAIN, &err);
	if (code == 0) {
		if (me->json)
			print_json(measures, &span);
		else
			print_text(measures);
		for (i = 0; i < N_MEASURES; i++)
			code = measure_met(&measures[i]) == 0 ? IHHT_UNWELL : code;
	}
	free(measures);
	return code;
}
