/*
 * tool - pg_dump and pg_restore, told where Postgres is by their environment
 *
 * Not by their arguments: those are for everybody to see, and the password is among them.
 */
#ifndef TOOL_H
#define TOOL_H

#include <libpq-fe.h>

#include "common/err.h"

/* Found in PATH; -1 with what it said when it fails.  `dbname` NULL: that of the connection. */
int tool_run(const char *const *argv, PGconn *pg, const char *dbname, struct err *err);

/* The lines of a dump's table of contents that have `text` in them, as the file `list`. */
int tool_list(const char *dump, const char *text, const char *list, struct err *err);

#endif
