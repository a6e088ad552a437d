/*
 * arguments - of a tool: JSON in, what a query string would have out
 *
 * They are checked by the same tables as those of the HTTP interface (params.h).  null is "not
 * given", as agents send it; a number or a flag may come as text.
 *
 * Pure.
 */
#ifndef ARGUMENTS_H
#define ARGUMENTS_H

#include <jansson.h>

#include "services/http-api/requests/params.h"

#define ARGUMENTS_MOST 12
#define ARGUMENT_BYTES 700

struct arguments {
	const struct param *params;
	size_t n;
	struct {
		const char *name;
		char text[ARGUMENT_BYTES];
	} given[ARGUMENTS_MOST];
};

/* object: NULL is none.  -1: problem->field is the argument that is wrong. */
int arguments_read(const struct param *params, const char *required, const json_t *object,
		   struct arguments *arguments, struct problem *problem);

/* As given, else what the table says, else NULL. */
const char *argument(const struct arguments *arguments, const char *name);
void argument_set(struct arguments *arguments, const char *name, const char *text);

#endif
