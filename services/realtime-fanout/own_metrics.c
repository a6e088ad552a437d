#include "own_metrics.h"

#include <stdlib.h>
#include <string.h>

#include "common/clock.h"
#include "proto/counts.h"

#define NAME "realtime-fanout"

static void
put_head(struct text *text, const char *metric, const char *type, const char *meaning)
{
	text_put(text, "# HELP ");
	text_put(text, metric);
	text_put(text, " ");
	text_put(text, meaning);
	text_put(text, "\n# TYPE ");
	text_put(text, metric);
	text_put(text, " ");
	text_put(text, type);
	text_put(text, "\n");
}

static void
put_value(struct text *text, double value)
{
	text_put(text, "} ");
	text_real(text, value);
	text_put(text, "\n");
}

static void
put_own(struct text *text, const struct process *process, const char *metric, const char *meaning,
	double value)
{
	put_head(text, metric, "gauge", meaning);
	text_put(text, metric);
	text_put(text, "{process=\"" NAME "\",worker=\"");
	text_int(text, process->instance);
	text_put(text, "\"");
	put_value(text, value);
}

/* NULL: it is not counted. */
static const char *
find(const char *counts, const char *name)
{
	size_t len = strlen(name);
	const char *p;

	for (p = counts; *p; p += strcspn(p, " "), p += strspn(p, " "))
		if (!strncmp(p, name, len) && p[len] == '=')
			return p + len + 1;
	return NULL;
}

void
own_metrics_write(struct text *text, const struct process *process, const char *counts)
{
	static const char *const types[] = {"untyped", "counter", "gauge"};
	const struct count_row *row;
	char metric[COUNT_METRIC];
	const char *value;
	double scale;
	size_t i;

	put_own(text, process, "ihht_up", "1: the process was heard in the last 3 seconds", 1);
	put_own(text, process, "ihht_ready", "1: it does its work; 0: it waits for a neighbour",
		process->state == PROCESS_READY);
	put_own(text, process, "ihht_start_time_seconds", "when it was started, since 1970",
		(double)process->run / (double)CLOCK_SECOND);
	for (i = 0; (row = count_row(i)); i++) {
		if (strcmp(row->process, NAME) || !(value = find(counts, row->name)))
			continue;
		count_metric(row->process, row->name, row->kind, metric, &scale);
		put_head(text, metric, types[row->kind], row->meaning);
		text_put(text, metric);
		text_put(text, "{worker=\"");
		text_int(text, process->instance);
		text_put(text, "\"");
		put_value(text, strtod(value, NULL) * scale);
	}
}
