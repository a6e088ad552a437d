/*
 * in_app - the app's SQLite file, read-only
 *
 * Whatever tables and columns its version had: they are found by name.  What is read for the
 * rules is source 1 of the model; the rows themselves are fetched by id afterwards.
 */
#ifndef IN_APP_H
#define IN_APP_H

#include "proto/ids.h"
#include "services/dedupe-auditor/rules/cells.h"

#define IN_APP_SOURCE 1

struct in_app;
struct in_app *in_app_open(const char *path, struct err *err);   /* NULL: it is not the app's */
void in_app_close(struct in_app **app);

/* Into an empty model; *n_bad_times: values that are no time. */
int in_app_model(struct in_app *app, struct legacy *legacy, int64_t *n_bad_times, struct err *err);

/* Whose readings it says they are: how many persons, the first in *user. -1 */
int in_app_user(struct in_app *app, ids_uuid user, struct err *err);

/* Rows that are one thing, most trusted first: each column's first value that is not null, made
 * at the first, changed at the last of them.  1, 0 the first one is not there.  Values are
 * valid until the next call. */
int in_app_row(struct in_app *app, enum legacy_table table, const char *const *ids, size_t n,
	       struct cells *row, struct err *err);

/* The readings that name a session, as rows, in order of time: start, then next until 0. */
int in_app_readings(struct in_app *app, const char *session_id, struct err *err);
int in_app_next(struct in_app *app, struct cells *row, struct err *err);

#endif
