#include "services/ihht/view.h"

#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/clock.h"
#include "services/ihht/grid.h"

static enum colour
colour_of(const struct heard *heard)
{
	if (!heard)
		return COLOUR_RED;
	return heard->beat.state == PROCESS_READY ? COLOUR_GREEN : COLOUR_YELLOW;
}

const char *
view_span(int64_t us, char text[32])
{
	int64_t s = us / CLOCK_SECOND;

	if (s < 60)
		(void)snprintf(text, 32, "%llds", (long long)s);
	else if (s < 3600)
		(void)snprintf(text, 32, "%lldm%02llds", (long long)(s / 60), (long long)(s % 60));
	else if (s >= 48 * 3600)
		(void)snprintf(text, 32, "%lldd%02lldh", (long long)(s / 86400),
			       (long long)(s / 3600 % 24));
	else
		(void)snprintf(text, 32, "%lldh%02lldm", (long long)(s / 3600),
			       (long long)(s / 60 % 60));
	return text;
}

const char *
view_instance(const struct process *process, const char *name, int64_t instance,
	      char text[24])
{
	*text = 0;
	if (process_instances(process, name) > 1)
		(void)snprintf(text, 24, "-%lld", (long long)instance);
	return text;
}

static void
print_processes(const struct view *v)
{
	struct grid *grid = grid_new("PROCESS|STATE|UP|PID|WHY");
	const struct heard *h;
	char n[24], up[32];
	size_t i;

	for (i = 0; i < v->expected.n; i++) {
		h = beats_of(v->beats, v->expected.all[i].name, v->expected.all[i].instance, v->now_us);
		grid_add(grid, COLOUR_PLAIN, "%s%s", v->expected.all[i].name,
			 view_instance(v->process, v->expected.all[i].name, v->expected.all[i].instance, n));
		grid_add(grid, colour_of(h), "%s",
			 h ? words_text(&words_process_state, h->beat.state) : "silent");
		grid_add(grid, COLOUR_PLAIN, "%s",
			 h ? view_span(clock_utc_us() - h->beat.started_us, up) : "-");
		grid_add(grid, COLOUR_PLAIN, h ? "%lld" : "-", h ? (long long)h->beat.pid : 0LL);
		grid_add(grid, COLOUR_PLAIN, "%s", h ? h->beat.why : "not running, or not reachable");
	}
	grid_print(grid, stdout);
	grid_free(&grid);
}

/* Whether one of the processes in the list "a b" beats; `*` is anybody. */
static int
any_heard(const struct view *v, const char *list)
{
	const struct heard *h;

	for (h = v->beats->heard; h < v->beats->heard + v->beats->n; h++)
		if (v->now_us - h->at_us <= BEATS_OLD_US &&
		    (*list == '*' || strstr(list, h->beat.process)))
			return 1;
	return 0;
}

/* The end that is missing, NULL when both are there. */
static const char *
missing_end(const struct view *v, const struct link_row *row)
{
	if (!any_heard(v, row->from))
		return row->from;
	return any_heard(v, row->to) ? NULL : row->to;
}

static void
endpoint_text(const struct view *v, const struct link_row *row, char text[300])
{
	struct err err;
	const char *binder = *row->binder == '*' ? "<process>" : row->binder;

	if (link_endpoint(v->process, row, binder, 1, text, 300, &err) < 0)
		(void)snprintf(text, 300, "%s", err.text);
}

static void
print_links(const struct view *v)
{
	struct grid *grid = grid_new("LINK|FROM|TO|STATE|AT");
	const struct link_row *row;
	const char *missing;
	char at[300];
	size_t i;

	for (i = 0; (row = link_row(i)); i++) {
		missing = missing_end(v, row);
		endpoint_text(v, row, at);
		grid_add(grid, COLOUR_PLAIN, "%s", row->name);
		grid_add(grid, COLOUR_PLAIN, "%s", row->from);
		grid_add(grid, COLOUR_PLAIN, "%s", row->to);
		grid_add(grid, missing ? COLOUR_RED : COLOUR_GREEN, "%s%s", missing ? "no " : "up",
			 !missing ? "" : *missing == '*' ? "process" : missing);
		grid_add(grid, COLOUR_PLAIN, "%s", at);
	}
	grid_print(grid, stdout);
	grid_free(&grid);
}

static void
print_counts(const struct view *v)
{
	struct grid *grid = grid_new("PROCESS|COUNTS");
	const struct heard *h;
	char n[24];

	for (h = v->beats->heard; h < v->beats->heard + v->beats->n; h++) {
		if (!*h->beat.counts)
			continue;
		grid_add(grid, COLOUR_PLAIN, "%s%s", h->beat.process,
			 view_instance(v->process, h->beat.process, h->beat.instance, n));
		grid_add(grid, COLOUR_PLAIN, "%s", h->beat.counts);
	}
	grid_print(grid, stdout);
	grid_free(&grid);
}

static void
print_lag(const struct view *v)
{
	char age[32];

	if (!v->has_store) {
		printf("store: %s\n", v->no_store.text);
		return;
	}
	printf("store: %lld readings, %lld sessions running; not yet in Postgres: %lld readings",
	       (long long)v->lag.readings, (long long)v->lag.active, (long long)v->lag.waiting);
	if (v->lag.waiting)
		printf(" (oldest %s)", view_span(clock_utc_us() - v->lag.oldest_us, age));
	printf(", %lld changed records\n", (long long)v->lag.records);
	if (v->lag.files)
		printf("archive: %lld readings in %lld files\n", (long long)v->lag.archived, (long long)v->lag.files);
}

void
view_alerts(const struct standing *standing)
{
	struct grid *grid = grid_new("ALERT|LEVEL|FOR|WHAT");
	const struct alert *a;
	char age[32];

	for (a = standing->all; a < standing->all + standing->n; a++) {
		grid_add(grid, COLOUR_PLAIN, "%s", a->name);
		grid_add(grid, a->level == LEVEL_CRITICAL ? COLOUR_RED : COLOUR_YELLOW, "%s",
			 words_text(&words_level, a->level));
		grid_add(grid, COLOUR_PLAIN, "%s", view_span(clock_utc_us() - a->at_us, age));
		grid_add(grid, COLOUR_PLAIN, "%s", a->text);
	}
	if (standing->n)
		grid_print(grid, stdout);
	else
		printf("no alert stands\n");
	grid_free(&grid);
}

void
view_text(const struct view *v)
{
	print_processes(v);
	putchar('\n');
	print_links(v);
	putchar('\n');
	print_counts(v);
	putchar('\n');
	view_alerts(&v->standing);
	putchar('\n');
	print_lag(v);
}

/* ---- JSON */

/* "a=1 b=2" as an object; what is no number stays text. */
static json_t *
counts_json(const char *counts)
{
	json_t *object = json_object();
	char copy[sizeof(((struct beat *)0)->counts)], *save = NULL, *pair, *value, *end;
	double number;

	(void)snprintf(copy, sizeof(copy), "%s", counts);
	for (pair = strtok_r(copy, " ", &save); pair; pair = strtok_r(NULL, " ", &save)) {
		if (!(value = strchr(pair, '=')))
			continue;
		*value++ = 0;
		number = strtod(value, &end);
		json_object_set_new(object, pair,
				    *end || end == value     ? json_string(value)
				    : strchr(value, '.') ? json_real(number)
							 : json_integer((json_int_t)number));
	}
	return object;
}

static json_t *
process_json(const char *name, int instance, const struct heard *h)
{
	char started[CLOCK_TEXT];

	if (!h)
		return json_pack("{s:s, s:i, s:s}", "process", name, "instance", instance, "state",
				 "silent");
	return json_pack("{s:s, s:i, s:s, s:s, s:I, s:s, s:s, s:o}", "process", name, "instance",
			 instance, "state", words_text(&words_process_state, h->beat.state), "why",
			 h->beat.why, "pid", (json_int_t)h->beat.pid, "version", h->beat.version,
			 "started", clock_text(h->beat.started_us, started), "counts",
			 counts_json(h->beat.counts));
}

static json_t *
links_json(const struct view *v)
{
	json_t *links = json_array();
	const struct link_row *row;
	char at[300];
	size_t i;

	for (i = 0; (row = link_row(i)); i++) {
		endpoint_text(v, row, at);
		json_array_append_new(links, json_pack("{s:s, s:s, s:s, s:s, s:b}", "link", row->name,
						       "from", row->from, "to", row->to, "at", at,
						       "up", !missing_end(v, row)));
	}
	return links;
}

static json_t *
lag_json(const struct view *v)
{
	int64_t age = v->lag.waiting ? clock_utc_us() - v->lag.oldest_us : 0;

	if (!v->has_store)
		return json_pack("{s:s}", "error", v->no_store.text);
	return json_pack("{s:I, s:I, s:I, s:I, s:I, s:f, s:I}", "readings", (json_int_t)v->lag.readings,
			 "readings_archived", (json_int_t)v->lag.archived, "archive_files", (json_int_t)v->lag.files,
			 "sessions_running", (json_int_t)v->lag.active, "readings_waiting",
			 (json_int_t)v->lag.waiting, "oldest_waiting_s", (double)age / 1e6,
			 "records_waiting", (json_int_t)v->lag.records);
}

json_t *
view_alert_json(const struct alert *a)
{
	char at[CLOCK_TEXT];

	return json_pack("{s:s, s:s, s:s, s:s}", "name", a->name, "level",
			 words_text(&words_level, a->level), "text", a->text, "at",
			 clock_text(a->at_us, at));
}

json_t *
view_alerts_json(const struct standing *standing)
{
	json_t *alerts = json_array();
	const struct alert *a;

	for (a = standing->all; a < standing->all + standing->n; a++)
		json_array_append_new(alerts, view_alert_json(a));
	return alerts;
}

void
view_json(const struct view *v)
{
	json_t *processes = json_array(), *all;
	size_t i;

	for (i = 0; i < v->expected.n; i++)
		json_array_append_new(
			processes, process_json(v->expected.all[i].name, v->expected.all[i].instance,
						beats_of(v->beats, v->expected.all[i].name,
							 v->expected.all[i].instance, v->now_us)));
	all = json_pack("{s:b, s:o, s:o, s:o, s:o}", "well", beats_well(v->beats, &v->expected, v->now_us),
			"processes", processes, "links", links_json(v), "alerts", view_alerts_json(&v->standing), "store",
			lag_json(v));
	json_dumpf(all, stdout, JSON_INDENT(2) | JSON_REAL_PRECISION(10));
	putchar('\n');
	json_decref(all);
}
