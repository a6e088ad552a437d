#include "services/ihht/import/in_app.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/db.h"
#include "services/dedupe-auditor/rules/fold.h"
#include "services/dedupe-auditor/rules/texts.h"
#include "services/dedupe-auditor/rules/times.h"
#include "services/ihht/import/app_words.h"

struct in_app {
	sqlite3 *db;
	sqlite3_stmt *readings;
	struct texts *texts;     /* of the last in_app_row() */
};

struct in_app *
in_app_open(const char *path, struct err *err)
{
	struct in_app *app = calloc(1, sizeof(*app));

	ASSERT(app);
	if (!(app->db = db_open_readonly(path, err)))
		goto fail;
	/* one moment, and a look whether it is what it is said to be */
	if (db_exec(app->db, "BEGIN; SELECT id, start_time, status FROM sessions LIMIT 1", err) < 0) {
		(void)err_set(err, EBADMSG, "not a database of the app: it has no table sessions with "
			      "id, start_time and status");
		goto fail;
	}
	return app;
fail:
	in_app_close(&app);
	return NULL;
}

void
in_app_close(struct in_app **app)
{
	if (!*app)
		return;
	db_finalize(&(*app)->readings);
	texts_free(&(*app)->texts);
	db_close(&(*app)->db);
	free(*app);
	*app = NULL;
}

/* Values are borrowed from the statement. */
static void
take(struct cells *cells, sqlite3_stmt *rows)
{
	int i;

	cells->n = sqlite3_column_count(rows);
	if (cells->n > CELLS_MOST)
		cells->n = CELLS_MOST;
	for (i = 0; i < cells->n; i++) {
		cells->names[i] = sqlite3_column_name(rows, i);
		cells->values[i] = (const char *)sqlite3_column_text(rows, i);
	}
	cells_find(cells, NULL, NULL);
}

/* A table the app's version did not have is empty: 0 and *rows NULL. */
static int
open_table(struct in_app *app, enum legacy_table table, const char *rest, sqlite3_stmt **rows,
	   struct err *err)
{
	char sql[300];
	int there;

	*rows = db_prepare(app->db, "SELECT 1 FROM sqlite_master WHERE type = 'table' AND name = ?1", err);
	if (!*rows)
		return -1;
	sqlite3_bind_text(*rows, 1, legacy_table_name(table), -1, SQLITE_STATIC);
	there = db_step(*rows, err);
	db_finalize(rows);
	if (there <= 0)
		return there;
	(void)snprintf(sql, sizeof(sql), "SELECT * FROM \"%s\" %s", legacy_table_name(table), rest);
	return (*rows = db_prepare(app->db, sql, err)) ? 0 : err_in(err, "%s", legacy_table_name(table));
}

static int
model_table(struct in_app *app, enum legacy_table table, struct legacy *legacy,
	    int64_t *n_bad_times, struct err *err)
{
	struct cells cells = {0};
	sqlite3_stmt *rows;
	int r;

	if (open_table(app, table, "", &rows, err) < 0)
		return -1;
	while ((r = rows ? db_step(rows, err) : 0) > 0) {
		take(&cells, rows);
		if (table == LEGACY_SESSIONS)
			(void)cells_session(&cells, legacy, IN_APP_SOURCE, app_cell(&cells, "id"));
		else
			(void)cells_child(&cells, legacy, table, IN_APP_SOURCE, app_cell(&cells, "id"),
					  app_cell(&cells, "session_id"));
	}
	*n_bad_times += cells.n_bad_times;
	db_finalize(&rows);
	return r < 0 ? err_in(err, "%s", legacy_table_name(table)) : 0;
}

/* Which ids readings name, when the first and the last of each came, and how many. */
static int
model_readings(struct in_app *app, struct legacy *legacy, int64_t *n_bad_times, struct err *err)
{
	struct legacy_readings *group = NULL;
	struct cells cells = {0};
	struct reading reading;
	sqlite3_stmt *rows;
	int r;

	if (open_table(app, LEGACY_READINGS, "ORDER BY session_id", &rows, err) < 0)
		return -1;
	while ((r = rows ? db_step(rows, err) : 0) > 0) {
		const char *id;

		take(&cells, rows);
		id = legacy_text(legacy, app_cell(&cells, "session_id"));
		if (app_reading(&cells, &reading) < 0) {
			++*n_bad_times;
			continue;
		}
		if (!group || group->session_id != id) {
			group = legacy_add_readings(legacy);
			group->source = IN_APP_SOURCE;
			group->session_id = id;
			group->first_us = group->last_us = reading.taken_us;
		}
		group->n++;
		if (reading.taken_us < group->first_us)
			group->first_us = reading.taken_us;
		if (reading.taken_us > group->last_us)
			group->last_us = reading.taken_us;
	}
	db_finalize(&rows);
	return r < 0 ? err_in(err, "readings") : 0;
}

int
in_app_model(struct in_app *app, struct legacy *legacy, int64_t *n_bad_times, struct err *err)
{
	int t, r = 0;

	for (t = 0; r == 0 && t < LEGACY_TABLES; t++)
		r = t == LEGACY_READINGS
			    ? model_readings(app, legacy, n_bad_times, err)
			    : model_table(app, (enum legacy_table)t, legacy, n_bad_times, err);
	return r;
}

int
in_app_user(struct in_app *app, ids_uuid user, struct err *err)
{
	/* older versions had no such column */
	sqlite3_stmt *rows = db_prepare(app->db, "SELECT DISTINCT user_id FROM readings WHERE user_id <> ''",
					NULL);
	const char *text;
	int n = 0, r;

	while ((r = rows ? db_step(rows, err) : 0) > 0) {
		text = (const char *)sqlite3_column_text(rows, 0);
		if (n++ == 0)
			(void)snprintf(user, sizeof(ids_uuid), "%s", text);
	}
	db_finalize(&rows);
	return r < 0 ? -1 : n;
}

/* Made first, changed last. */
static int
is_older(const char *a, const char *b)
{
	struct legacy_time x, y;

	return times_text(a, &x, NULL) > 0 && times_text(b, &y, NULL) > 0 && x.us < y.us;
}

static int
wins(const char *name, const char *value, const char *before)
{
	if (!strcmp(name, "created_at"))
		return !before || is_older(value, before);
	if (!strcmp(name, "updated_at"))
		return !before || is_older(before, value);
	return !before;
}

int
in_app_row(struct in_app *app, enum legacy_table table, const char *const *ids, size_t n,
	   struct cells *row, struct err *err)
{
	sqlite3_stmt *rows;
	size_t i;
	int k, r = 0;

	texts_free(&app->texts);
	app->texts = texts_new();
	*row = (struct cells){0};
	if (open_table(app, table, "WHERE id = ?1", &rows, err) < 0)
		return -1;
	for (i = 0; rows && i < n; i++) {
		struct cells one = {0};

		sqlite3_bind_text(rows, 1, ids[i], -1, SQLITE_STATIC);
		if ((r = db_step(rows, err)) <= 0)
			break;
		take(&one, rows);
		if (!row->n)
			*row = (struct cells){.n = one.n};
		for (k = 0; k < one.n; k++) {
			row->names[k] = texts_once(app->texts, one.names[k]);
			if (wins(one.names[k], one.values[k], row->values[k]))
				row->values[k] = texts_once(app->texts, one.values[k]);
		}
		(void)sqlite3_reset(rows);
	}
	db_finalize(&rows);
	cells_find(row, NULL, NULL);
	return r < 0 ? -1 : row->n > 0;
}

int
in_app_readings(struct in_app *app, const char *session_id, struct err *err)
{
	db_finalize(&app->readings);
	if (open_table(app, LEGACY_READINGS, "WHERE session_id = ?1 ORDER BY timestamp, rowid",
		       &app->readings, err) < 0)
		return -1;
	if (app->readings)
		sqlite3_bind_text(app->readings, 1, session_id, -1, SQLITE_TRANSIENT);
	return 0;
}

int
in_app_next(struct in_app *app, struct cells *row, struct err *err)
{
	int r = app->readings ? db_step(app->readings, err) : 0;

	if (r > 0)
		take(row, app->readings);
	return r;
}
