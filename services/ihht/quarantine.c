/*
 * quarantine - rows that Postgres will not take, and rows of batches (misfits.h): list and show
 * from the SQLite file; replay, fix and drop through local-store, which keeps on record who did
 * it and why
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/db.h"
#include "proto/ids.h"
#include "proto/msg_json.h"
#include "proto/records.h"
#include "services/ihht/client.h"
#include "services/ihht/fields.h"
#include "services/ihht/grid.h"
#include "services/ihht/misfits.h"
#include "services/ihht/rows.h"
#include "services/ihht/verb.h"

#define ENTRY "q.no AS entry, q.kind, q.state, q.sqlstate, q.text, q.tries, q.first_us, q.last_us, " \
	      "s.id AS session_id, q.taken_us, q.row "                                             \
	      "FROM quarantine q LEFT JOIN session s ON s.no = q.session "

/* ---- list */

static void
list_row(struct grid *grid, sqlite3_stmt *s)
{
	const char *state = rows_text(s, rows_column(s, "state"));
	char when[32];

	grid_add(grid, COLOUR_PLAIN, "%s", rows_text(s, rows_column(s, "entry")));
	grid_add(grid, COLOUR_PLAIN, "%s", rows_text(s, rows_column(s, "kind")));
	grid_add(grid, strcmp(state, "held") ? COLOUR_PLAIN : COLOUR_YELLOW, "%s", state);
	grid_add(grid, COLOUR_PLAIN, "%.8s", rows_text(s, rows_column(s, "session_id")));
	grid_add(grid, COLOUR_PLAIN, "%s",
		 rows_local_time(sqlite3_column_int64(s, rows_column(s, "first_us")), when));
	grid_add(grid, COLOUR_PLAIN, "%s", rows_text(s, rows_column(s, "tries")));
	grid_add(grid, COLOUR_PLAIN, "%s", rows_text(s, rows_column(s, "sqlstate")));
	grid_add(grid, COLOUR_PLAIN, "%s", rows_text(s, rows_column(s, "text")));
}

static int
list(struct ihht *me, sqlite3 *db, int all, struct err *err)
{
	sqlite3_stmt *s = db_prepare(db, all ? "SELECT " ENTRY "ORDER BY q.no"
				     : "SELECT " ENTRY "WHERE q.state <> 'dropped' ORDER BY q.no LIMIT 1000",
				     err);
	struct grid *grid = grid_new("ENTRY|KIND|STATE|SESSION|SINCE|TRIES|SQLSTATE|WHY");
	json_t *rows = json_array();
	int n = 0, misfits = 0, r = -1;

	for (; s && (r = db_step(s, err)) > 0; n++)
		if (me->json)
			json_array_append_new(rows, rows_json(NULL, s));
		else
			list_row(grid, s);
	if (r == 0 && (misfits = misfits_list(me, db, all, grid, rows, err)) < 0)
		r = -1;
	n += misfits;
	if (r == 0 && me->json)
		rows_print_json(json_incref(rows));
	else if (r == 0 && n)
		grid_print(grid, stdout);
	else if (r == 0)
		puts("nothing is in quarantine");
	json_decref(rows);
	grid_free(&grid);
	db_finalize(&s);
	return r;
}

int
quarantine_list_run(struct ihht *me, const struct verb *verb, int argc, char **argv)
{
	struct err err;
	sqlite3 *db;
	int r;

	if (argc > 1 || (argc && strcmp(argv[0], "--all")))
		return verb_usage(verb, "takes --all or nothing");
	if (!(db = db_open_readonly(me->process->database, &err)))
		return verb_fail(verb, PROCESS_TRY_AGAIN, &err);
	r = list(me, db, argc, &err);
	db_close(&db);
	return r < 0 ? verb_fail(verb, PROCESS_TRY_AGAIN, &err) : IHHT_OK;
}

/* ---- show */

/* Every column that says something, one a line; or into `all`. */
static int
show_rows(struct ihht *me, sqlite3 *db, const char *sql, int64_t entry, const char *name,
	  json_t *all, struct err *err)
{
	sqlite3_stmt *s = db_prepare(db, sql, err);
	json_t *rows = json_array();
	int i, r = -1, n = 0;

	if (s)
		sqlite3_bind_int64(s, 1, entry);
	for (; s && (r = db_step(s, err)) > 0; n++) {
		if (me->json)
			json_array_append_new(rows, rows_json(NULL, s));
		else
			printf("%s%s\n", n || strcmp(name, "entry") ? "\n" : "", name);
		for (i = 0; !me->json && i < sqlite3_column_count(s); i++) {
			if (rows_is_absent(s, i))
				continue;
			printf("  %-22.*s ", rows_name_length(s, i), sqlite3_column_name(s, i));
			rows_print(s, i);
			putchar('\n');
		}
	}
	json_object_set_new(all, name, rows);
	db_finalize(&s);
	return r < 0 ? -1 : n;
}

/* Which table it stands in; "" there is no such entry. */
static int
kind_of(sqlite3 *db, int64_t entry, char kind[20], struct err *err)
{
	sqlite3_stmt *s = db_prepare(db, "SELECT kind FROM quarantine WHERE no = ?1", err);
	int r;

	*kind = 0;
	if (!s)
		return -1;
	sqlite3_bind_int64(s, 1, entry);
	if ((r = db_step(s, err)) > 0)
		(void)snprintf(kind, 20, "%s", rows_text(s, 0));
	db_finalize(&s);
	return r < 0 ? -1 : 0;
}

static int
show(struct ihht *me, sqlite3 *db, int64_t entry, struct err *err)
{
	json_t *all = json_object();
	char kind[20], sql[300];
	int n = show_rows(me, db, "SELECT " ENTRY "WHERE q.no = ?1", entry, "entry", all, err), r = 0;

	if (n > 0 && kind_of(db, entry, kind, err) == 0) {
		(void)snprintf(sql, sizeof(sql), "SELECT t.* FROM %s t JOIN quarantine q ON t.%s = q.row "
			       "WHERE q.no = ?1", strcmp(kind, "reading") ? kind : "readings",
			       strcmp(kind, "reading") ? "no" : "id");
		r = show_rows(me, db, sql, entry, "row", all, err);
	}
	if (n >= 0 && r >= 0)
		r = show_rows(me, db, "SELECT at_us, who, action, reason, before, after FROM quarantine_log "
			      "WHERE entry = ?1 ORDER BY no", entry, "action", all, err);
	if (n >= 0 && r >= 0 && n + r == 0)
		r = err_set(err, ENOENT, "%lld: there is no such entry; `ihht quarantine list --all` "
			    "shows them", (long long)entry);
	if (n >= 0 && r >= 0 && me->json)
		rows_print_json(json_incref(all));
	json_decref(all);
	return n < 0 || r < 0 ? -1 : 0;
}

static int
show_misfit(struct ihht *me, sqlite3 *db, int64_t no, struct err *err)
{
	json_t *all = json_object();
	int n = show_rows(me, db, "SELECT 'b' || no AS entry, kind, session_id, at_us AS first_us, field, why, "
			  "row FROM misfits WHERE no = ?1", no, "entry", all, err), r = -1;

	if (n > 0)
		r = show_rows(me, db, "SELECT at_us, who, action, reason, after FROM quarantine_log WHERE "
			      "kind = 'misfit' AND row = ?1 ORDER BY no", no, "action", all, err);
	else if (n == 0)
		(void)err_set(err, ENOENT, "b%lld: there is no such entry; `ihht quarantine list --all` shows "
			      "them", (long long)no);
	if (r >= 0 && me->json)
		rows_print_json(json_incref(all));
	json_decref(all);
	return r < 0 ? -1 : 0;
}

static int
read_entry(const char *text, int64_t *entry)
{
	char *end;

	errno = 0;
	*entry = strtoll(text, &end, 10);
	return errno || *end || end == text || *entry < 1 || *entry > MSG_COUNT ? -1 : 0;
}

int
quarantine_show_run(struct ihht *me, const struct verb *verb, int argc, char **argv)
{
	int64_t entry, misfit = argc == 1 ? misfits_number(argv[0]) : 0;
	struct err err;
	sqlite3 *db;
	int r;

	if (argc != 1 || (!misfit && read_entry(argv[0], &entry) < 0))
		return verb_usage(verb, "needs an %s", verb->arguments);
	if (!(db = db_open_readonly(me->process->database, &err)))
		return verb_fail(verb, PROCESS_TRY_AGAIN, &err);
	r = misfit ? show_misfit(me, db, misfit, &err) : show(me, db, entry, &err);
	db_close(&db);
	if (r < 0)
		return verb_fail(verb, err.code == ENOENT ? IHHT_UNWELL : PROCESS_TRY_AGAIN, &err);
	return IHHT_OK;
}

/* ---- replay, fix, drop */

static void
set_who(char who[65])
{
	const char *name = getenv("SUDO_USER");

	if (!name || !*name)
		name = getenv("USER");
	if (name && *name)
		(void)snprintf(who, 65, "%s", name);
	else
		(void)snprintf(who, 65, "uid %u", (unsigned)getuid());
}

/* FIELD=VALUE, by the table of the record it is, into a JSON object. */
static int
add_change(const struct message *message, const char *text, json_t *changes, struct err *err)
{
	char msg[RECORDS_MAX], name[64];
	json_t *all;

	msg_clear(message, msg);
	if (fields_set(message, NULL, text, msg, err) < 0)
		return -1;
	(void)snprintf(name, sizeof(name), "%.*s", (int)strcspn(text, "="), text);
	if (msg_check_field(message, fields_find(message, name), msg, err) < 0)
		return err->code = EINVAL, -1;
	all = msg_json(message, msg);
	json_object_set(changes, name, json_object_get(all, name));
	json_decref(all);
	return 0;
}

static int
set_changes(struct ihht *me, struct release *m, int argc, char **argv, struct err *err)
{
	sqlite3 *db = db_open_readonly(me->process->database, err);
	json_t *changes = json_object();
	const struct message *message;
	char kind[20], *text;
	int i, r = db ? kind_of(db, m->entry, kind, err) : -1;

	message = r == 0 ? msg_find(kind, strlen(kind)) : NULL;
	if (r == 0 && (!message || message == &msg_reading))
		r = err_set(err, ENOENT, message ? "a reading is what the sensor said and is never changed: "
			    "replay it or drop it" : "there is no such entry");
	for (i = 0; r == 0 && i < argc; i++)
		r = add_change(message, argv[i], changes, err);
	text = json_dumps(changes, JSON_COMPACT);
	if (r == 0 && strlen(text) >= sizeof(m->changes))
		r = err_set(err, EINVAL, "that is too much at once");
	if (r == 0)
		(void)snprintf(m->changes, sizeof(m->changes), "%s", text);
	free(text);
	json_decref(changes);
	db_close(&db);
	return r;
}

static int
ask(struct ihht *me, const struct verb *verb, struct release *m)
{
	struct client *client;
	struct reply reply;
	struct err err;
	json_t *json;
	int r;

	ids_random(m->request_id);
	set_who(m->who);
	if (msg_check(&msg_release, m, &err) < 0)
		return verb_usage(verb, "%s", err.text);
	if (!(client = client_open(me->process, &err)))
		return verb_fail(verb, PROCESS_TRY_AGAIN, &err);
	r = client_ask(client, &msg_release, "quarantine", m, -1, &reply, &err);
	client_close(&client);
	if (r < 0)
		return verb_fail(verb, PROCESS_TRY_AGAIN, &err);
	if (me->json) {
		json = msg_json(&msg_reply, &reply);
		json_dumpf(json, stdout, JSON_COMPACT);
		putchar('\n');
		json_decref(json);
	} else if (reply.ok) {
		puts(reply.text);
	} else {
		fprintf(stderr, "ihht %s: refused: %s\n", verb->name, reply.text);
	}
	return reply.ok ? IHHT_OK : IHHT_UNWELL;
}

/* Takes reason=TEXT out of the words. */
static void
take_reason(struct release *m, int *argc, char **argv)
{
	int i, n = 0;

	for (i = 0; i < *argc; i++)
		if (!strncmp(argv[i], "reason=", 7))
			(void)snprintf(m->reason, sizeof(m->reason), "%s", argv[i] + 7);
		else
			argv[n++] = argv[i];
	*argc = n;
}

/* What is wrong with the words is usage, with the row a refusal, with the world another try. */
static int
fail(const struct verb *verb, const struct err *err)
{
	return verb_fail(verb, err->code == ENOENT || err->code == EINVAL ? IHHT_UNWELL : PROCESS_TRY_AGAIN,
			 err);
}

int
quarantine_act_run(struct ihht *me, const struct verb *verb, int argc, char **argv)
{
	const char *what = strchr(verb->name, ' ') + 1;
	struct release m;
	struct err err;
	int all, is_misfit;

	msg_clear(&msg_release, &m);
	m.action = words_find(&words_quarantine_action, what);
	take_reason(&m, &argc, argv);
	all = argc == 1 && m.action == QUARANTINE_REPLAY && !strcmp(argv[0], "all");
	is_misfit = argc > 0 && (m.misfit = misfits_number(argv[0])) > 0;
	if (argc < 1 || (!all && !is_misfit && read_entry(argv[0], &m.entry) < 0) ||
	    (m.action == QUARANTINE_FIX) != (argc > 1))
		return verb_usage(verb, "needs %s", verb->arguments);
	if (!is_misfit)
		m.misfit = MSG_NONE;
	else if (m.action != QUARANTINE_DROP && misfits_send(me, &m, argc - 1, argv + 1, &err) < 0)
		return fail(verb, &err);
	else
		return ask(me, verb, &m);
	if (m.action == QUARANTINE_FIX && set_changes(me, &m, argc - 1, argv + 1, &err) < 0)
		return err.code == EINVAL ? verb_usage(verb, "%s", err.text) : fail(verb, &err);
	return ask(me, verb, &m);
}
