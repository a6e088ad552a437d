/*
 * program - another program, run to its end
 *
 * Its standard input is empty; what it writes on standard error is heard.  It dies with the
 * caller.
 */
#ifndef PROGRAM_H
#define PROGRAM_H

#include <stddef.h>

#include "common/err.h"

struct program {
	const char *const *argv;        /* argv[0] is sought in PATH, unless it has a slash */
	int out;                        /* where its standard output goes; -1: nowhere */
	void (*prepare)(const void *);  /* in the child, as for its environment; NULL: nothing */
	const void *arg;
};

/* Its exit code (127: it is not there, 128 + n: killed by signal n), and in `said`, cut to its
 * size, what it wrote on standard error.  -1 and err: it could not be started. */
int program_run(const struct program *program, char *said, size_t size, struct err *err);

#endif
