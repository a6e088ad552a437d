/*
 * session - session list and session show, read from the SQLite file: no process is asked
 */
#include <errno.h>
#include <jansson.h>
#include <stdio.h>
#include <string.h>

#include "common/db.h"
#include "services/ihht/find.h"
#include "services/ihht/grid.h"
#include "services/ihht/rows.h"
#include "services/ihht/verb.h"

static const char sync_columns[] = "sync_status, sync_attempts, last_sync_us";

/* ---- list */

static void
list_row(struct grid *grid, sqlite3_stmt *s)
{
	const char *status = rows_text(s, rows_column(s, "status"));
	char start[32];

	grid_add(grid, COLOUR_PLAIN, "%.8s", rows_text(s, rows_column(s, "id")));
	grid_add(grid, COLOUR_PLAIN, "%s",
		 rows_local_time(sqlite3_column_int64(s, rows_column(s, "start_us")), start));
	grid_add(grid, strcmp(status, "active") ? COLOUR_PLAIN : COLOUR_GREEN, "%s", status);
	grid_add(grid, COLOUR_PLAIN, "%s", rows_text(s, rows_column(s, "current_phase")));
	grid_add(grid, COLOUR_PLAIN, "%s/%s", rows_text(s, rows_column(s, "current_cycle")),
		 rows_text(s, rows_column(s, "total_cycles")));
	grid_add(grid, COLOUR_PLAIN, "%s", rows_text(s, rows_column(s, "device_id")));
	grid_add(grid, COLOUR_PLAIN, "%.8s", rows_text(s, rows_column(s, "user_id")));
	grid_add(grid, COLOUR_PLAIN, "%s", rows_text(s, rows_column(s, "sync_status")));
}

static int
list(struct ihht *me, sqlite3 *db, int only_active, struct err *err)
{
	sqlite3_stmt *s = rows_select(db, &msg_session, sync_columns,
					 only_active ? "status = 'active' ORDER BY start_us DESC"
						     : "1 ORDER BY start_us DESC LIMIT 100", err);
	struct grid *grid = grid_new("SESSION|START|STATUS|PHASE|CYCLE|DEVICE|USER|SYNC");
	json_t *all = json_array();
	int r = -1;

	while (s && (r = db_step(s, err)) > 0)
		if (me->json)
			json_array_append_new(all, rows_json(&msg_session, s));
		else
			list_row(grid, s);
	if (r == 0 && me->json)
		rows_print_json(json_incref(all));
	else if (r == 0)
		grid_print(grid, stdout);
	json_decref(all);
	grid_free(&grid);
	db_finalize(&s);
	return r;
}

int
session_list_run(struct ihht *me, const struct verb *verb, int argc, char **argv)
{
	struct err err;
	sqlite3 *db;
	int r;

	if (argc > 1 || (argc && strcmp(argv[0], "--active")))
		return verb_usage(verb, "takes --active or nothing");
	if (!(db = db_open_readonly(me->process->database, &err)))
		return verb_fail(verb, PROCESS_TRY_AGAIN, &err);
	r = list(me, db, argc, &err);
	db_close(&db);
	return r < 0 ? verb_fail(verb, PROCESS_TRY_AGAIN, &err) : IHHT_OK;
}

/* ---- show */

/* Written by the store for itself, or said by the heading. */
static int
is_inner(const char *name)
{
	return !strcmp(name, "hlc") || !strcmp(name, "session_id");
}

static void
print_session(sqlite3_stmt *s)
{
	const char *name;
	int i;

	for (i = 0; i < sqlite3_column_count(s); i++) {
		name = sqlite3_column_name(s, i);
		if (rows_is_absent(s, i) || is_inner(name))
			continue;
		printf("%-24.*s ", rows_name_length(s, i), name);
		rows_print(s, i);
		putchar('\n');
	}
}

static void
print_record(const char *kind, sqlite3_stmt *s)
{
	const char *name;
	int i;

	printf("%-12s", kind);
	for (i = 0; i < sqlite3_column_count(s); i++) {
		name = sqlite3_column_name(s, i);
		if (rows_is_absent(s, i) || is_inner(name) || !strcmp(name, "id") || !strcmp(name, "synced_hlc"))
			continue;
		printf(" %.*s=", rows_name_length(s, i), name);
		rows_print(s, i);
	}
	putchar('\n');
}

static int
show_session(struct ihht *me, sqlite3 *db, const char *id, json_t *all, struct err *err)
{
	sqlite3_stmt *s = rows_select(db, &msg_session, sync_columns, "id = ?1", err);
	int r;

	if (!s)
		return -1;
	sqlite3_bind_text(s, 1, id, -1, SQLITE_STATIC);
	if ((r = db_step(s, err)) == 0)
		r = err_set(err, ENOENT, "%s: no such session; `ihht session list` shows them", id);
	else if (r > 0 && me->json)
		json_object_set_new(all, "session", rows_json(&msg_session, s));
	else if (r > 0)
		print_session(s);
	db_finalize(&s);
	return r < 0 ? -1 : 0;
}

/* The unique key begins with the time, so the session's span bounds what is read. */
static const char readings_sql[] =
	"SELECT count(*) AS readings, coalesce(sum(invalid <> 0), 0) AS invalid, "
	"min(taken_us) AS first_us, max(taken_us) AS last_us FROM readings r, session s "
	"WHERE s.id = ?1 AND r.session = s.no AND r.taken_us >= s.start_us "
	"AND r.taken_us <= coalesce(s.end_us, 4102444800000000)";

static int
show_readings(struct ihht *me, sqlite3 *db, const char *id, json_t *all, struct err *err)
{
	sqlite3_stmt *s = db_prepare(db, readings_sql, err);
	int r;

	if (!s)
		return -1;
	sqlite3_bind_text(s, 1, id, -1, SQLITE_STATIC);
	if ((r = db_step(s, err)) > 0 && me->json)
		json_object_set_new(all, "readings", rows_json(NULL, s));
	else if (r > 0)
		print_record("stored", s);
	db_finalize(&s);
	return r < 0 ? -1 : 0;
}

static int
show_records(struct ihht *me, sqlite3 *db, const struct message *message, const char *id,
	     json_t *all, struct err *err)
{
	sqlite3_stmt *s = rows_select(db, message, "synced_hlc", "session_id = ?1 ORDER BY no", err);
	json_t *rows = json_array();
	int r = -1;

	if (s)
		sqlite3_bind_text(s, 1, id, -1, SQLITE_STATIC);
	while (s && (r = db_step(s, err)) > 0)
		if (me->json)
			json_array_append_new(rows, rows_json(message, s));
		else
			print_record(message->name, s);
	json_object_set_new(all, message->name, rows);
	db_finalize(&s);
	return r;
}

static int
show(struct ihht *me, sqlite3 *db, const char *id, struct err *err)
{
	static const struct message *const kinds[] = {&msg_survey, &msg_phase_stats, &msg_event,
						      &msg_progression, &msg_gap};
	json_t *all = json_object();
	size_t i;
	int r = show_session(me, db, id, all, err);

	if (r == 0)
		r = show_readings(me, db, id, all, err);
	for (i = 0; r == 0 && i < sizeof(kinds) / sizeof(kinds[0]); i++)
		r = show_records(me, db, kinds[i], id, all, err);
	if (r == 0 && me->json)
		rows_print_json(json_incref(all));
	json_decref(all);
	return r;
}

int
session_show_run(struct ihht *me, const struct verb *verb, int argc, char **argv)
{
	ids_uuid id;
	struct err err;
	sqlite3 *db;
	int r;

	if (argc != 1)
		return verb_usage(verb, "needs %s", verb->arguments);
	if (find_session(me->process, argv[0], id, &err) < 0)
		return verb_fail(verb, err.code == ENOENT ? IHHT_UNWELL : PROCESS_TRY_AGAIN, &err);
	if (!(db = db_open_readonly(me->process->database, &err)))
		return verb_fail(verb, PROCESS_TRY_AGAIN, &err);
	r = show(me, db, id, &err);
	db_close(&db);
	if (r < 0)
		return verb_fail(verb, err.code == ENOENT ? IHHT_UNWELL : PROCESS_TRY_AGAIN, &err);
	return IHHT_OK;
}
