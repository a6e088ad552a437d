/*
 * schema_lint - does the SQL keep to what distributed Postgres engines can do
 *
 * TimescaleDB, Citus, YugabyteDB and CockroachDB each leave something out; a schema without
 * it can move to any of them.  The rules stand in schema_lint.c, each with its reason.
 * A table that is the same for everybody is marked by "-- lint: reference table" before it.
 * Reads tokens, not the grammar: good for files written like ours.  Pure.
 */
#ifndef SCHEMA_LINT_H
#define SCHEMA_LINT_H

#include <stddef.h>
#include <stdio.h>

struct lint_file {
	const char *name, *sql;
};

/* "name:line: rule: complaint" for each; how many. */
size_t schema_lint(const struct lint_file *files, size_t n, FILE *to);

#endif
