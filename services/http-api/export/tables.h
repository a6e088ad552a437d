/*
 * tables - what an export holds: tables, columns, units and meanings
 *
 * The one truth for every format and for the data dictionary.  Names are those of the tables
 * in Postgres and of the API; a row is a message (proto/messages.def) and the session it
 * belongs to, whose person, gateway and device stand in every row.
 */
#ifndef TABLES_H
#define TABLES_H

#include "proto/msg.h"

enum cell_kind {
	CELL_NONE,  /* NULL */
	CELL_INT,
	CELL_REAL,
	CELL_BOOL,
	CELL_TIME,  /* us since 1970, UTC */
	CELL_TEXT,
	CELL_SET,   /* several words */
};

struct column {
	const char *name;
	enum cell_kind kind;
	int of_session;             /* else of the row */
	size_t offset;
	const struct words *words;  /* of a vocabulary: kept as a number */
	const char *unit;           /* UCUM; "" none */
	const char *meaning;
};

struct table {
	const char *name;
	const struct message *message;
	const struct column *columns;
	int n_columns;
	const char *key;            /* names of columns, with spaces between; "" one may be empty */
	const char *meaning;
};

/* In the order in which their rows come: sessions, what hangs on them, readings. */
#define N_TABLES 7
extern const struct table tables[N_TABLES];

const struct table *table_find(const char *name);                  /* NULL: no such table */
const struct table *table_of(const struct message *message);      /* NULL: not exported */

struct cell {
	enum cell_kind kind;        /* NONE, or its column's */
	int64_t number;             /* INT, BOOL, TIME; SET: a bit a word */
	double real;
	const char *text;           /* borrowed from the row */
};
struct cell table_cell(const struct column *column, const struct session *session,
		       const void *row);

/* "zen+tingling". */
#define TABLE_SET 400
const char *table_set(const struct column *column, int64_t bits, char text[TABLE_SET]);

#endif
