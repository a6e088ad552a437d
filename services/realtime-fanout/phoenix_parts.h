/*
 * phoenix_parts - what phoenix.c and phoenix_row.c share
 */
#ifndef PHOENIX_PARTS_H
#define PHOENIX_PARTS_H

#include <errno.h>
#include <stdio.h>

#include "phoenix.h"

extern const char phoenix_columns[];  /* JSON: names and types of readings */

struct phoenix_filter {
	char column[32];  /* "": lets all pass */
	int op;
	char value[700];  /* of `in`: a list */
};

/* "": no filter.  -1 and what would be right. */
int phoenix_filter_read(const char *text, struct phoenix_filter *filter, struct err *err);
int phoenix_filter_passes(const struct phoenix_filter *filter, const char *row, size_t len);

#endif
