/*
 * misfits - rows of an app's batches that could not be taken: entries b1, b2 ... of `ihht quarantine`
 *
 * They are read as http-api reads them, once more: as they came, or mended.
 */
#ifndef MISFITS_H
#define MISFITS_H

#include <jansson.h>
#include <sqlite3.h>

#include "proto/msg.h"
#include "services/ihht/grid.h"
#include "services/ihht/verb.h"

/* The number in "b7"; 0 when it is no such entry. */
int64_t misfits_number(const char *entry);

/* Adds them to the list, to `rows` as JSON or to the grid; how many, -1 and err. */
int misfits_list(struct ihht *me, sqlite3 *db, int all, struct grid *grid, json_t *rows,
		 struct err *err);

/* The row again into local-store, with those FIELD=VALUE changed; then m->changes says which.
 * -1 and err: EINVAL it cannot be read, and why; ENOENT there is no such entry. */
int misfits_send(struct ihht *me, struct release *m, int argc, char **argv, struct err *err);

#endif
