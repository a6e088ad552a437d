#include "proto/counts.h"

#include <stdio.h>
#include <string.h>

#define C(process, name, kind, meaning) {process, #name, meaning, COUNT_##kind},
static const struct count_row rows[] = {COUNTS(C)};
#undef C

#define N_ROWS (sizeof(rows) / sizeof(rows[0]))

const struct count_row *
count_row(size_t n)
{
	return n < N_ROWS ? &rows[n] : NULL;
}

const struct count_row *
count_find(const char *process, const char *name)
{
	size_t i;

	for (i = 0; i < N_ROWS; i++)
		if (!strcmp(rows[i].process, process) && !strcmp(rows[i].name, name))
			return &rows[i];
	return NULL;
}

/* Whether `name` ends so; *n is its length without. */
static int
ends_in(const char *name, const char *end, size_t *n)
{
	*n = strlen(name);
	if (*n <= strlen(end) || strcmp(name + *n - strlen(end), end))
		return 0;
	*n -= strlen(end);
	return 1;
}

void
count_metric(const char *process, const char *name, enum count_kind kind,
	     char metric[COUNT_METRIC], double *scale)
{
	const char *unit = "";
	size_t n;
	char *p;

	*scale = 1;
	if (ends_in(name, "_ms", &n))
		*scale = 1e-3;
	if (*scale < 1 || ends_in(name, "_s", &n))
		unit = "_seconds";
	else if (ends_in(name, "_percent", &n)) {
		unit = "_ratio";
		*scale = 1e-2;
	}
	(void)snprintf(metric, COUNT_METRIC, "ihht_%s_%.*s%s%s", process, (int)n, name, unit,
		       kind == COUNT_TOTAL ? "_total" : "");
	for (p = metric; (p = strchr(p, '-'));)
		*p = '_';
}
