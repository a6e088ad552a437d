#include "services/http-api/metrics.h"

#include <ctype.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/clock.h"
#include "proto/counts.h"

#define MOST_NAME    60
#define MOST_UNKNOWN 100

struct page {
	FILE *to;
	const struct health *health;
	int64_t now_us;
};

static int
is_fresh(const struct page *p, size_t i)
{
	return p->now_us - p->health->seen[i].at_us < HEALTH_FRESH_US;
}

/* ---- text */

/* What stands between quotes. */
static void
put_label(FILE *to, const char *text)
{
	for (; *text; text++)
		if (*text == '\\' || *text == '"')
			fprintf(to, "\\%c", *text);
		else if (*text == '\n')
			fprintf(to, "\\n");
		else
			fputc(*text, to);
}

static void
put_head(FILE *to, const char *metric, const char *type, const char *meaning)
{
	fprintf(to, "# HELP %s %s\n# TYPE %s %s\n", metric, meaning, metric, type);
}

static void
put_process(const struct page *p, const char *metric, size_t i, double value)
{
	const struct beat *b = &p->health->seen[i].beat;

	fprintf(p->to, "%s{process=\"", metric);
	put_label(p->to, b->process);
	fprintf(p->to, "\",worker=\"%lld\"} %.15g\n", (long long)b->instance, value);
}

/* ---- what all processes have */

static void
put_up(const struct page *p)
{
	size_t i;

	put_head(p->to, "ihht_up", "gauge", "1: the process was heard in the last 3 seconds");
	for (i = 0; i < p->health->n; i++)
		put_process(p, "ihht_up", i, is_fresh(p, i));
	put_head(p->to, "ihht_ready", "gauge", "1: it does its work; 0: it waits for a neighbour");
	for (i = 0; i < p->health->n; i++)
		if (is_fresh(p, i))
			put_process(p, "ihht_ready", i, p->health->seen[i].beat.state == PROCESS_READY);
	put_head(p->to, "ihht_start_time_seconds", "gauge", "when it was started, since 1970");
	for (i = 0; i < p->health->n; i++)
		if (is_fresh(p, i))
			put_process(p, "ihht_start_time_seconds", i,
				    (double)p->health->seen[i].beat.started_us / (double)CLOCK_SECOND);
}

static void
put_versions(const struct page *p, const char *gateway)
{
	size_t i;

	put_head(p->to, "ihht_build_info", "gauge", "which version runs, on which gateway");
	for (i = 0; i < p->health->n; i++) {
		if (!is_fresh(p, i))
			continue;
		fprintf(p->to, "ihht_build_info{process=\"");
		put_label(p->to, p->health->seen[i].beat.process);
		fprintf(p->to, "\",worker=\"%lld\",version=\"",
			(long long)p->health->seen[i].beat.instance);
		put_label(p->to, p->health->seen[i].beat.version);
		fprintf(p->to, "\",gateway=\"");
		put_label(p->to, gateway);
		fprintf(p->to, "\"} 1\n");
	}
}

/* ---- alerts */

static void
put_alerts(const struct page *p)
{
	const struct alert *a = p->health->alerts, *end = a + p->health->n_alerts;

	if (a == end)
		return;
	put_head(p->to, "ihht_alert_level", "gauge", "as last told: 0 over, 1 warning, 2 critical");
	for (; a < end; a++) {
		fprintf(p->to, "ihht_alert_level{alert=\"");
		put_label(p->to, a->name);
		fprintf(p->to, "\"} %d\n", a->level == LEVEL_CRITICAL ? 2 : a->level == LEVEL_WARN);
	}
	put_head(p->to, "ihht_alert_told_time_seconds", "gauge", "when that was told, since 1970");
	for (a = p->health->alerts; a < end; a++) {
		fprintf(p->to, "ihht_alert_told_time_seconds{alert=\"");
		put_label(p->to, a->name);
		fprintf(p->to, "\"} %.15g\n", (double)a->at_us / (double)CLOCK_SECOND);
	}
}

/* ---- counts */

/* The next name=value of a beat: 1, or 0 after the last.  What is neither is passed over. */
static int
next_count(const char **at, char name[MOST_NAME], double *value)
{
	const char *p = *at;
	size_t n, len;
	char *end;

	for (p += strspn(p, " "); *p; p += len, p += strspn(p, " ")) {
		len = strcspn(p, " ");
		for (n = 0; islower((unsigned char)p[n]) || p[n] == '_' || (n && isdigit((unsigned char)p[n])); n++)
			;
		*value = strtod(p + n + (p[n] == '='), &end);
		if (!n || n >= MOST_NAME || p[n] != '=' || end != p + len || len == n + 1 || !isfinite(*value))
			continue;
		memcpy(name, p, n);
		name[n] = 0;
		*at = p + len;
		return 1;
	}
	return 0;
}

/* Whether the beat counts that, and how much. */
static int
has_count(const struct beat *beat, const char *wanted, double *value)
{
	const char *at = beat->counts;
	char name[MOST_NAME];

	while (next_count(&at, name, value))
		if (!strcmp(name, wanted))
			return 1;
	return 0;
}

/* One metric with a sample for each worker from the first-th process on. */
static void
put_family(const struct page *p, size_t first, const char *process, const char *name,
	   enum count_kind kind, const char *meaning)
{
	static const char *const types[] = {"untyped", "counter", "gauge"};
	char metric[COUNT_METRIC];
	double value, scale;
	int begun = 0;
	size_t i;

	count_metric(process, name, kind, metric, &scale);
	for (i = first; i < p->health->n; i++) {
		const struct beat *b = &p->health->seen[i].beat;

		if (strcmp(b->process, process) || !is_fresh(p, i) || !has_count(b, name, &value))
			continue;
		if (!begun++)
			put_head(p->to, metric, types[kind], meaning);
		fprintf(p->to, "%s{worker=\"%lld\"} %.15g\n", metric, (long long)b->instance, value * scale);
	}
}

static int
is_process(const char *name)
{
	return *name && !name[strspn(name, "abcdefghijklmnopqrstuvwxyz-")];
}

/* A metric is told once, whatever names lead to it. */
struct told {
	char metrics[MOST_UNKNOWN][COUNT_METRIC];
	size_t n;
};

static int
is_new(struct told *told, const char *process, const char *name)
{
	const struct count_row *row;
	char metric[COUNT_METRIC], other[COUNT_METRIC];
	double scale;
	size_t i;

	count_metric(process, name, COUNT_UNKNOWN, metric, &scale);
	for (i = 0; (row = count_row(i)); i++) {
		count_metric(row->process, row->name, row->kind, other, &scale);
		if (!strcmp(metric, other))
			return 0;
	}
	for (i = 0; i < told->n; i++)
		if (!strcmp(metric, told->metrics[i]))
			return 0;
	if (told->n == MOST_UNKNOWN)
		return 0;
	memcpy(told->metrics[told->n++], metric, sizeof(metric));
	return 1;
}

static void
put_unknown(const struct page *p)
{
	static const char meaning[] = "not in proto/counts.def";
	struct told told = {.n = 0};
	char name[MOST_NAME];
	const char *at;
	double value;
	size_t i;

	for (i = 0; i < p->health->n; i++) {
		const struct beat *b = &p->health->seen[i].beat;

		at = b->counts;
		while (is_process(b->process) && is_fresh(p, i) && next_count(&at, name, &value))
			if (!count_find(b->process, name) && is_new(&told, b->process, name))
				put_family(p, i, b->process, name, COUNT_UNKNOWN, meaning);
	}
}

char *
metrics_text(const struct health *health, const char *gateway, int64_t now_us, size_t *len)
{
	char *text = NULL;
	struct page p = {open_memstream(&text, len), health, now_us};
	const struct count_row *row;
	size_t i;

	if (!p.to)
		return NULL;
	put_up(&p);
	put_versions(&p, gateway);
	put_alerts(&p);
	for (i = 0; (row = count_row(i)); i++)
		put_family(&p, 0, row->process, row->name, row->kind, row->meaning);
	put_unknown(&p);
	if (fclose(p.to) == 0)
		return text;
	free(text);
	return NULL;
}
