#include "services/ihht/misfits.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/db.h"
#include "services/http-api/commands/sync_batch.h"
#include "services/ihht/client.h"
#include "services/ihht/rows.h"

#define STATE "coalesce((SELECT iif(action = 'drop', 'dropped', 'taken') FROM quarantine_log l WHERE " \
	      "l.kind = 'misfit' AND l.row = m.no ORDER BY l.no DESC LIMIT 1), 'held')"

static const char list_sql[] =
	"SELECT * FROM (SELECT 'b' || m.no AS entry, m.kind, " STATE " AS state, m.session_id, m.at_us AS "
	"first_us, m.field, m.why AS text, m.row FROM misfits m) WHERE ?1 OR state = 'held' LIMIT 1000";

int64_t
misfits_number(const char *entry)
{
	char *end;
	int64_t n;

	if (*entry != 'b')
		return 0;
	errno = 0;
	n = strtoll(entry + 1, &end, 10);
	return errno || *end || end == entry + 1 || n < 1 || n > MSG_COUNT ? 0 : n;
}

/* ---- list */

static void
list_row(struct grid *grid, sqlite3_stmt *s)
{
	const char *state = rows_text(s, rows_column(s, "state")), *why = rows_text(s, rows_column(s, "text"));
	const char *field = rows_text(s, rows_column(s, "field"));
	char when[32];

	grid_add(grid, COLOUR_PLAIN, "%s", rows_text(s, rows_column(s, "entry")));
	grid_add(grid, COLOUR_PLAIN, "%s", rows_text(s, rows_column(s, "kind")));
	grid_add(grid, strcmp(state, "held") ? COLOUR_PLAIN : COLOUR_YELLOW, "%s", state);
	grid_add(grid, COLOUR_PLAIN, "%.8s", rows_text(s, rows_column(s, "session_id")));
	grid_add(grid, COLOUR_PLAIN, "%s",
		 rows_local_time(sqlite3_column_int64(s, rows_column(s, "first_us")), when));
	grid_add(grid, COLOUR_PLAIN, "-");
	grid_add(grid, COLOUR_PLAIN, "-");
	if (strstr(why, field))
		grid_add(grid, COLOUR_PLAIN, "%s", why);
	else
		grid_add(grid, COLOUR_PLAIN, "%s: %s", field, why);
}

int
misfits_list(struct ihht *me, sqlite3 *db, int all, struct grid *grid, json_t *rows, struct err *err)
{
	sqlite3_stmt *s = db_prepare(db, list_sql, err);
	int n = 0, r = -1;

	if (s)
		sqlite3_bind_int(s, 1, all);
	for (; s && (r = db_step(s, err)) > 0; n++)
		if (me->json)
			json_array_append_new(rows, rows_json(NULL, s));
		else
			list_row(grid, s);
	db_finalize(&s);
	return r < 0 ? -1 : n;
}

/* ---- take */

/* The batch of that one row, as its app sent it. */
static json_t *
load(struct ihht *me, int64_t no, struct err *err)
{
	sqlite3 *db = db_open_readonly(me->process->database, err);
	sqlite3_stmt *s = db ? db_prepare(db, "SELECT kind, nullif(session_id, ''), row FROM misfits WHERE "
					  "no = ?1", err) : NULL;
	json_t *batch = NULL;
	int r = -1;

	if (s)
		sqlite3_bind_int64(s, 1, no);
	if (s && (r = db_step(s, err)) > 0)
		batch = json_pack("{s:s, s:s?, s:[o]}", "type", rows_text(s, 0), "sessionId",
				  sqlite3_column_text(s, 1), "data",
				  json_loads(rows_text(s, 2), JSON_DECODE_ANY, NULL));
	if (r == 0)
		(void)err_set(err, ENOENT, "there is no such entry; `ihht quarantine list --all` shows them");
	else if (r > 0 && !batch)
		(void)err_set(err, EBADMSG, "b%lld: its row is damaged", (long long)no);
	db_finalize(&s);
	db_close(&db);
	return batch;
}

/* FIELD=VALUE into the row, VALUE as JSON or else as text; FIELD= takes it out. */
static int
change(json_t *row, json_t *changes, const char *text, struct err *err)
{
	size_t n = strcspn(text, "=");
	char name[100];
	json_t *value;

	if (!n || !text[n] || n >= sizeof(name) || !json_is_object(row))
		return err_set(err, EINVAL, "%.100s: must be FIELD=VALUE", text);
	(void)snprintf(name, sizeof(name), "%.*s", (int)n, text);
	value = json_loads(text + n + 1, JSON_DECODE_ANY, NULL);
	value = value ? value : text[n + 1] ? json_string(text + n + 1) : json_null();
	if (json_is_null(value))
		(void)json_object_del(row, name);
	else
		(void)json_object_set(row, name, value);
	json_object_set_new(changes, name, value);
	return 0;
}

static int
send_all(struct ihht *me, const struct plan *plan, struct err *err)
{
	struct client *client = client_open(me->process, err);
	struct reply reply;
	size_t i;
	int r = client ? 0 : -1;

	for (i = 0; r == 0 && i < plan->n; i++) {
		r = client_ask(client, plan->steps[i].message, "quarantine", plan->steps[i].msg, -1, &reply, err);
		if (r == 0 && !reply.ok)
			r = err_set(err, EINVAL, "%s%s%.150s", reply.field, *reply.field ? ": " : "", reply.text);
	}
	client_close(&client);
	return r;
}

static int
take(struct ihht *me, const json_t *batch, struct err *err)
{
	const json_t *misfit;
	struct problem problem = {0};
	struct plan plan = {0};
	int r;

	if (sync_batch_read(batch, &plan, &problem) < 0)
		return err_set(err, EINVAL, "%s: %.150s", problem.field, problem.detail);
	if ((misfit = json_array_get(plan.misfits, 0)))
		r = err_set(err, EINVAL, "%s: %.150s", json_string_value(json_object_get(misfit, "field")),
			    json_string_value(json_object_get(misfit, "why")));
	else
		r = send_all(me, &plan, err);
	plan_release(&plan);
	return r;
}

int
misfits_send(struct ihht *me, struct release *m, int argc, char **argv, struct err *err)
{
	json_t *batch = load(me, m->misfit, err), *changes = json_object();
	json_t *row = json_array_get(json_object_get(batch, "data"), 0);
	char *text = NULL;
	int i, r = batch ? 0 : -1;

	for (i = 0; r == 0 && i < argc; i++)
		r = change(row, changes, argv[i], err);
	if (r == 0 && argc) {
		text = json_dumps(changes, JSON_COMPACT);
		if (!text || strlen(text) >= sizeof(m->changes))
			r = err_set(err, EINVAL, "that is too much at once");
		else
			(void)snprintf(m->changes, sizeof(m->changes), "%s", text);
	}
	if (r == 0)
		r = take(me, batch, err);
	free(text);
	json_decref(changes);
	json_decref(batch);
	return r;
}
