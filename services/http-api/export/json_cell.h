/*
 * json_cell - a cell as a JSON value, for the formats that are JSON; and the ids they need
 */
#ifndef JSON_CELL_H
#define JSON_CELL_H

#include "proto/ids.h"
#include "services/http-api/export/sink.h"
#include "services/http-api/export/tables.h"

void json_cell(struct sink *sink, const struct column *column, const struct cell *cell);

/* `,"name":value` of each column of the row that `leave_out` does not name (names with spaces
 * around), NULL ones left out too; what the session says of itself only for the session. */
void json_cells(struct sink *sink, const struct table *table, const struct session *session,
		const void *row, const char *leave_out);

/* UUID version 5 of a part of a session: the same in every export. */
void json_part_id(const struct session *session, const char *part, ids_uuid id);
void json_reading_id(const struct session *session, const struct reading *reading,
		     const char *part, ids_uuid id);

/* Whether " a b c " has the name. */
int json_names(const char *names, const char *name);

#endif
