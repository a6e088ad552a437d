/*
 * body - bytes of a stranger to JSON, within bounds
 *
 * Two bytes of JSON can cost a hundred of memory, so brackets and commas are counted before
 * jansson reads them.
 */
#ifndef BODY_H
#define BODY_H

#include <jansson.h>

#include "services/http-api/requests/problem.h"

#define BODY_DEPTH      16
#define BODY_CONTAINERS 12000   /* objects and arrays: one a reading, and some */
#define BODY_VALUES     300000  /* commas: a reading has 20 or so */

/* An object, a new reference; NULL: a 400 that says where. */
json_t *body_read(const char *bytes, size_t len, struct problem *problem);

#endif
