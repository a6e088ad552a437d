/*
 * rows - records of the SQLite file for people and for programs
 *
 * For people times are in the local zone, to the second; as JSON they are ISO 8601, and the
 * name loses its _us.
 */
#ifndef ROWS_H
#define ROWS_H

#include <jansson.h>
#include <sqlite3.h>

#include "proto/msg.h"

/* Every field of the message as a column, in its order, then the columns of `extra`. */
sqlite3_stmt *rows_select(sqlite3 *db, const struct message *message, const char *extra,
			  const char *where, struct err *err);

/* Of the row at hand; `message` NULL: its columns are no message's. */
json_t *rows_json(const struct message *message, sqlite3_stmt *row);
void rows_print_json(json_t *json);  /* takes it */

int rows_column(sqlite3_stmt *row, const char *name);
const char *rows_text(sqlite3_stmt *row, int column);  /* "" for NULL */
int rows_is_absent(sqlite3_stmt *row, int column);     /* NULL, or a word that says nothing */
void rows_print(sqlite3_stmt *row, int column);
int rows_name_length(sqlite3_stmt *row, int column);   /* without _us */

const char *rows_local_time(int64_t us, char text[32]);

#endif
