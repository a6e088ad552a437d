/*
 * row_json - rows of Postgres as JSON, by the columns of their shape
 *
 * Postgres would make the same text (row_to_json), at three times the cost.
 *
 * Pure.
 */
#ifndef ROW_JSON_H
#define ROW_JSON_H

#include <libpq-fe.h>
#include <stddef.h>

#include "services/http-api/reads/shapes.h"

/* Bytes that row_json_print() may need for that row at most. */
size_t row_json_room(const struct shape *shape, const PGresult *result, int row);

/* The row, of which Postgres gave the shape's columns as text, as an object; its end. */
char *row_json_print(const struct shape *shape, const PGresult *result, int row, char *to);

/* Where the next page begins: these columns, with a dot between; malloc'ed, NULL out of memory. */
char *row_json_cursor(const struct shape *shape, const char *const *columns, const PGresult *result,
		  int row);

#endif
