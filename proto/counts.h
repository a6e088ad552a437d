/*
 * counts - the rows of counts.def, and what they are called as metrics
 */
#ifndef COUNTS_H
#define COUNTS_H

#include <stddef.h>

#include "proto/counts.def"

enum count_kind { COUNT_UNKNOWN, COUNT_TOTAL, COUNT_NOW };

struct count_row {
	const char *process, *name, *meaning;
	enum count_kind kind;
};

const struct count_row *count_row(size_t n);  /* NULL after the last */

/* NULL: counts.def does not have it. */
const struct count_row *count_find(const char *process, const char *name);

/* "ihht_local_store_readings_stored_total"; *scale makes base units of a value. */
#define COUNT_METRIC 128
void count_metric(const char *process, const char *name, enum count_kind kind,
		  char metric[COUNT_METRIC], double *scale);

#endif
