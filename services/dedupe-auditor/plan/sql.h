/*
 * sql - statements made of the shape's names, and rows for temporary tables
 */
#ifndef SQL_H
#define SQL_H

#include <libpq-fe.h>
#include <stdint.h>
#include <stdio.h>

#include "common/err.h"
#include "services/dedupe-auditor/plan/in_shape.h"

/* Runs it; *n, unless NULL, gets the rows concerned. */
__attribute__((format(printf, 4, 5)))
int sql_run(PGconn *pg, int64_t *n, struct err *err, const char *format, ...);

/* The first value of the first row as text to free; NULL: see err. */
__attribute__((format(printf, 3, 4)))
char *sql_ask(PGconn *pg, struct err *err, const char *format, ...);

/* Rows of COPY's text form, gathered and then sent. */
struct sql_rows {
	FILE *to;
	char *text;
	size_t size;
	int n_cells;
	int64_t n;
};
void sql_rows_open(struct sql_rows *rows);
void sql_cell(struct sql_rows *rows, const char *text);      /* NULL: null */
void sql_cell_int(struct sql_rows *rows, int64_t n);
void sql_rows_next(struct sql_rows *rows);
int sql_rows_send(struct sql_rows *rows, PGconn *pg, const char *table, struct err *err);
void sql_rows_close(struct sql_rows *rows);

/* A condition on `text` (an expression) that it can be cast to the column's type. */
const char *sql_fits(const struct column *column, const char *text, char buffer[300]);

/* "('a', 'b')" of texts, quoted; to free. */
char *sql_array(PGconn *pg, const char *const *texts, size_t n);

#endif
