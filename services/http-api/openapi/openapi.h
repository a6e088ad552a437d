/*
 * openapi - this interface as an OpenAPI 3.1 document
 *
 * Made from the tables that serve it: routes.c, params, shapes.c, messages.def, words.def and the
 * list of figures.  There is no other description to keep in step.
 */
#ifndef OPENAPI_H
#define OPENAPI_H

#include <jansson.h>

#include "services/http-api/requests/routes.h"

/* malloc'ed JSON; NULL: out of memory. */
char *openapi_text(const char *gateway);

#endif
