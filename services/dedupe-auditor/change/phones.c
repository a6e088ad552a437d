#include "services/dedupe-auditor/change/phones.h"

#include <errno.h>
#include <jansson.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "common/clock.h"
#include "common/db.h"
#include "proto/ids.h"
#include "services/dedupe-auditor/plan/in_legacy.h"
#include "services/dedupe-auditor/rules/times.h"

int
phones_open(struct phones *phones, const struct plan_head *head, struct err *err)
{
	char sha256[65];
	int i;

	*phones = (struct phones){.head = head};
	for (i = 0; i < head->n_phones; i++) {
		if (phone_sha256(head->phones[i].path, sha256, err) < 0)
			return -1;
		if (strcmp(sha256, head->phones[i].sha256) != 0)
			return err_set(err, EINVAL, "%s is not the file the plan was made from; plan again",
				       head->phones[i].path);
		if (!(phones->files[i] = db_open_readonly(head->phones[i].path, err)))
			return -1;
	}
	return 0;
}

void
phones_close(struct phones *phones)
{
	int i;

	for (i = 0; i < PLAN_PHONES; i++)
		if (phones->files[i])
			db_close(&phones->files[i]);
}

/* ---- one value */

static json_t *
time_value(const char *text)
{
	struct legacy_time time;
	char at[CLOCK_TEXT];

	return times_text(text, &time, NULL) > 0 ? json_string(clock_text(time.us, at)) : NULL;
}

static json_t *
number_value(const struct column *c, const char *text)
{
	struct legacy_time time;
	char *end;
	double v = strtod(text, &end);

	if (end == text || *end) {
		/* a column of milliseconds, for which this phone has text */
		if (strcmp(c->type, "bigint") != 0 || times_text(text, &time, NULL) <= 0)
			return NULL;
		return json_integer(time.us / 1000);
	}
	if (!isfinite(v))
		return NULL;
	if (!strcmp(c->type, "integer") || !strcmp(c->type, "bigint") || !strcmp(c->type, "smallint"))
		return fabs(v) < 9e18 ? json_integer(llrint(v)) : NULL;
	return json_real(v);
}

/* NULL: nothing that the column could hold. */
static json_t *
value_of(const struct column *c, const char *text)
{
	json_t *list;

	if (!strcmp(c->type, "uuid"))
		return ids_valid(text) ? json_string(text) : NULL;
	if (!strncmp(c->type, "json", 4))
		return (list = json_loads(text, JSON_DECODE_ANY, NULL)) ? list : json_string(text);
	switch (c->category) {
	case 'A':
		list = json_loads(text, 0, NULL);
		if (list && !json_is_array(list)) {
			json_decref(list);
			list = NULL;
		}
		return list;
	case 'B':
		return json_boolean(strcmp(text, "0") != 0 && strcmp(text, "false") != 0);
	case 'D':
		return time_value(text);
	case 'N':
		return number_value(c, text);
	default:
		return json_string(text);
	}
}

/* ---- one row */

static int
find_column(sqlite3_stmt *rows, const char *name)
{
	int i;

	for (i = 0; i < sqlite3_column_count(rows); i++)
		if (!strcmp(sqlite3_column_name(rows, i), name))
			return i;
	return -1;
}

static const char *
text_at(sqlite3_stmt *rows, const char *name)
{
	int i = find_column(rows, name);

	return i < 0 ? NULL : (const char *)sqlite3_column_text(rows, i);
}

static void
set(json_t *row, const struct table *t, const char *name, const char *text)
{
	const struct column *c = table_column(t, name);
	json_t *value = c && text ? value_of(c, text) : NULL;

	if (value)
		json_object_set_new(row, name, value);
}

static void
set_settled(json_t *row, const struct table *t, const struct settled *s)
{
	char at[CLOCK_TEXT];

	set(row, t, "status", words_session_status.texts[s->status]);
	set(row, t, "start_time", s->start_us == MSG_NONE ? NULL : clock_text(s->start_us, at));
	set(row, t, "end_time", s->end_us == MSG_NONE ? NULL : clock_text(s->end_us, at));
	set(row, t, "local_session_id", s->local_id);
	set(row, t, "user_id", s->user_id);
}

/* Keys of their own the cloud gives; the phone's numbers say nothing there. */
static void
set_id(json_t *row, const struct table *t, sqlite3_stmt *rows, const struct phone_home *home)
{
	const char *own = text_at(rows, "id"), *number = text_at(rows, "phase_number");
	const struct column *id = table_column(t, "id");
	ids_uuid computed;

	if (!id || strcmp(id->type, "uuid") != 0)
		return;
	if (t->kind == LEGACY_SESSIONS)
		(void)snprintf(computed, sizeof(computed), "%s", home->session);
	else if (t->kind == LEGACY_SURVEYS)
		ids_survey(home->session, computed);
	else if (t->kind == LEGACY_RESPONSES && number)
		ids_response(home->session, atoll(number), computed);
	else if (own && ids_valid(own))
		(void)snprintf(computed, sizeof(computed), "%s", own);
	else
		ids_random(computed);
	json_object_set_new(row, "id", json_string(computed));
}

static char *
row_json(const struct table *t, sqlite3_stmt *rows, const struct phone_home *home)
{
	json_t *row = json_object();
	const struct column *c;
	char *json;
	int i;

	for (c = t->columns; c < t->columns + t->n_columns; c++)
		if (!c->is_generated && !c->is_link && strcmp(c->name, "id") != 0)
			set(row, t, c->name, text_at(rows, c->name));
	for (i = 0; i < t->n_links; i++)
		set(row, t, t->columns[t->links[i]].name, home->session);
	set_id(row, t, rows, home);
	if (home->user_id)
		set(row, t, "user_id", home->user_id);
	/* the phone's file does not say which phone it is */
	if (table_column(t, "device_id") && !json_object_get(row, "device_id"))
		set(row, t, "device_id", home->device_id ? home->device_id : "unknown");
	if (home->settled)
		set_settled(row, t, home->settled);
	json = json_dumps(row, JSON_COMPACT);
	json_decref(row);
	ASSERT(json);
	return json;
}

int
phones_rows(struct phones *phones, int source, const struct table *t, const char *id,
	    const struct phone_home *home,
	    void (*put)(void *arg, const char *key, const char *json), void *arg, struct err *err)
{
	sqlite3 *db = phones->files[source - 1];
	sqlite3_stmt *rows;
	char sql[200], key[300], *json;
	int r, n = 0;

	(void)snprintf(sql, sizeof(sql), "SELECT rowid AS ihht_row, * FROM \"%s\" WHERE \"%s\" = ?1",
		       legacy_table_name(t->kind), t->kind == LEGACY_READINGS ? "session_id" : "id");
	if (!(rows = db_prepare(db, sql, err)))
		return -1;
	(void)sqlite3_bind_text(rows, 1, id, -1, SQLITE_TRANSIENT);
	while ((r = db_step(rows, err)) > 0) {
		(void)snprintf(key, sizeof(key), "%d:%s", source, t->kind == LEGACY_READINGS
								      ? text_at(rows, "ihht_row") : id);
		json = row_json(t, rows, home);
		put(arg, key, json);
		free(json);
		n++;
	}
	db_finalize(&rows);
	return r < 0 ? -1 : n > 0;
}
