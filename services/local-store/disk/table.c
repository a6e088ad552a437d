#include "services/local-store/disk/table.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/db.h"

#define MAX_SQL 8000

struct table {
	sqlite3 *db;
	const struct message *message;
	const struct msg_field *keys[4];
	int n_keys;
	const struct msg_field *hlc;       /* NULL: written once, never changes */
	const struct msg_field *session;   /* which field names the session it belongs to */
	char columns[2000];
	sqlite3_stmt *find, *insert, *update, *get, *unsynced, *synced, *unsync;
};

static int
is_column(const struct msg_field *f)
{
	return strcmp(f->name, "request_id") != 0;
}

static const char *
column_type(const struct msg_field *f)
{
	switch (f->kind) {
	case MSG_INT:
	case MSG_OPT:
		return "INTEGER";
	case MSG_REAL:
		return "REAL";
	case MSG_BIN:
		return "BLOB";
	case MSG_WORD:
	case MSG_SET:
	case MSG_STR:
	case MSG_UUID:
		break;
	}
	return "TEXT";
}

/* Appends "name<suffix>" for every column, separated by commas. */
static void
list_columns(const struct message *m, const char *suffix, char *text, size_t size)
{
	size_t used = strlen(text);
	int i;

	for (i = 0; i < m->n_fields; i++)
		if (is_column(&m->fields[i]))
			used += (size_t)snprintf(text + used, size - used, "%s%s%s",
						 used ? ", " : "", m->fields[i].name, suffix);
	ASSERT(used < size);
}

/* ---- making it */

static int
has_column(sqlite3 *db, const char *table, const char *column, struct err *err)
{
	sqlite3_stmt *s = db_prepare(db, "SELECT 1 FROM pragma_table_info(?1) WHERE name = ?2", err);
	int r = -1;

	if (s) {
		sqlite3_bind_text(s, 1, table, -1, SQLITE_STATIC);
		sqlite3_bind_text(s, 2, column, -1, SQLITE_STATIC);
		r = db_step(s, err);
	}
	db_finalize(&s);
	return r;
}

static int
add_missing_columns(struct table *t, struct err *err)
{
	const struct message *m = t->message;
	char sql[200];
	int i, has;

	for (i = 0; i < m->n_fields; i++) {
		if (!is_column(&m->fields[i]))
			continue;
		has = has_column(t->db, m->name, m->fields[i].name, err);
		(void)snprintf(sql, sizeof(sql), "ALTER TABLE %s ADD COLUMN %s %s", m->name,
			       m->fields[i].name, column_type(&m->fields[i]));
		if (has < 0 || (!has && db_exec(t->db, sql, err) < 0))
			return -1;
	}
	return 0;
}

static int
create(struct table *t, const char *extra, struct err *err)
{
	const struct message *m = t->message;
	char sql[MAX_SQL];
	size_t n;
	int i;

	n = (size_t)snprintf(sql, sizeof(sql), "CREATE TABLE IF NOT EXISTS %s (no INTEGER PRIMARY KEY",
			     m->name);
	for (i = 0; i < m->n_fields; i++)
		if (is_column(&m->fields[i]))
			n += (size_t)snprintf(sql + n, sizeof(sql) - n, ", %s %s",
					      m->fields[i].name, column_type(&m->fields[i]));
	n += (size_t)snprintf(sql + n, sizeof(sql) - n,
			      ", synced_hlc INTEGER NOT NULL DEFAULT -1%s%s) STRICT;"
			      "CREATE UNIQUE INDEX IF NOT EXISTS %s_key ON %s (",
			      *extra ? ", " : "", extra, m->name, m->name);
	for (i = 0; i < t->n_keys; i++)
		n += (size_t)snprintf(sql + n, sizeof(sql) - n, "%scoalesce(%s, 0)", i ? ", " : "",
				      t->keys[i]->name);
	n += (size_t)snprintf(sql + n, sizeof(sql) - n,
			      "); CREATE INDEX IF NOT EXISTS %s_unsynced ON %s (%s, no) "
			      "WHERE synced_hlc < %s;", m->name, m->name, t->session->name,
			      t->hlc ? "hlc" : "0");
	ASSERT(n < sizeof(sql));
	return db_exec(t->db, sql, err) < 0 ? -1 : add_missing_columns(t, err);
}

static int
prepare(struct table *t, struct err *err)
{
	char where[300] = "", sets[2000] = "", marks[500] = "", sql[MAX_SQL];
	const char *name = t->message->name;
	size_t n = 0;
	int i, columns = 0;

	list_columns(t->message, " = ?", sets, sizeof(sets));
	for (i = 0; i < t->n_keys; i++)
		n += (size_t)snprintf(where + n, sizeof(where) - n, "%scoalesce(%s, 0) = coalesce(?, 0)",
				      i ? " AND " : "", t->keys[i]->name);
	for (i = 0; i < t->message->n_fields; i++)
		columns += is_column(&t->message->fields[i]);
	for (i = 0, n = 0; i < columns; i++)
		n += (size_t)snprintf(marks + n, sizeof(marks) - n, "%s?", i ? ", " : "");
#define PREPARE(slot, ...)                                                        \
	((void)snprintf(sql, sizeof(sql), __VA_ARGS__),                           \
	 (t->slot = db_prepare(t->db, sql, err)) != NULL)
	return PREPARE(find, "SELECT no, %s FROM %s WHERE %s", t->columns, name, where) &&
			       PREPARE(insert, "INSERT INTO %s (%s) VALUES (%s)", name, t->columns,
				       marks) &&
			       PREPARE(update, "UPDATE %s SET %s WHERE no = ?", name, sets) &&
			       PREPARE(get, "SELECT %s FROM %s WHERE no = ?", t->columns, name) &&
			       PREPARE(unsynced, "SELECT no, %s FROM %s WHERE %s = ? AND no > ?"
				       " AND synced_hlc < %s ORDER BY no LIMIT 1", t->columns, name,
				       t->session->name, t->hlc ? "hlc" : "0") &&
			       PREPARE(synced, "UPDATE %s SET synced_hlc = max(synced_hlc, ?2) "
				       "WHERE no = ?1", name) &&
			       PREPARE(unsync, "UPDATE %s SET synced_hlc = -1 WHERE no = ?1", name)
		       ? 0
		       : -1;
}

static const struct msg_field *
field(const struct message *m, const char *name)
{
	int i;

	for (i = 0; i < m->n_fields; i++)
		if (!strcmp(m->fields[i].name, name))
			return &m->fields[i];
	return NULL;
}

struct table *
table_open(sqlite3 *db, const struct message *message, const char *const *key,
	   const char *extra, struct err *err)
{
	struct table *t = calloc(1, sizeof(*t));

	ASSERT(t);
	t->db = db;
	t->message = message;
	t->hlc = field(message, "hlc");
	t->session = field(message, message == &msg_session ? "id" : "session_id");
	for (; *key; key++) {
		ASSERT(t->n_keys < 4);
		t->keys[t->n_keys++] = field(message, *key);
	}
	list_columns(message, "", t->columns, sizeof(t->columns));
	if (create(t, extra, err) < 0 || prepare(t, err) < 0)
		table_close(&t);
	return t;
}

void
table_close(struct table **table)
{
	struct table *t = *table;

	if (!t)
		return;
	db_finalize(&t->find);
	db_finalize(&t->insert);
	db_finalize(&t->update);
	db_finalize(&t->get);
	db_finalize(&t->unsynced);
	db_finalize(&t->synced);
	db_finalize(&t->unsync);
	free(t);
	*table = NULL;
}

const struct message *
table_message(const struct table *table)
{
	return table->message;
}

const char *
table_columns(const struct table *table)
{
	return table->columns;
}

/* ---- a field as a column and back */

static void
bind_set(sqlite3_stmt *s, int i, const struct msg_field *f, int64_t v)
{
	char text[1000] = "[";
	size_t n = 1;
	int w;

	for (w = 0; w < f->words->n; w++)
		if (v >> w & 1)
			n += (size_t)snprintf(text + n, sizeof(text) - n, "%s\"%s\"", n > 1 ? "," : "",
					      f->words->texts[w]);
	ASSERT(n + 1 < sizeof(text));
	text[n++] = ']';
	sqlite3_bind_text(s, i, text, (int)n, SQLITE_TRANSIENT);
}

static void
bind_field(sqlite3_stmt *s, int i, const struct msg_field *f, const void *msg)
{
	if (f->kind != MSG_WORD && msg_absent(f, msg)) {
		sqlite3_bind_null(s, i);
		return;
	}
	switch (f->kind) {
	case MSG_INT:
	case MSG_OPT:
		sqlite3_bind_int64(s, i, msg_int(f, msg));
		break;
	case MSG_REAL:
		sqlite3_bind_double(s, i, msg_real(f, msg));
		break;
	case MSG_WORD:
		sqlite3_bind_text(s, i, words_text(f->words, msg_int(f, msg)), -1, SQLITE_STATIC);
		break;
	case MSG_SET:
		bind_set(s, i, f, msg_int(f, msg));
		break;
	case MSG_STR:
	case MSG_UUID:
		sqlite3_bind_text(s, i, msg_str(f, msg), -1, SQLITE_STATIC);
		break;
	case MSG_BIN:
		sqlite3_bind_blob(s, i, msg_bin(f, msg)->bytes, (int)msg_bin(f, msg)->len,
				  SQLITE_STATIC);
		break;
	}
}

/* ["a","b"] as bind_set() wrote it; anything else is damage. */
static int
parse_set(const struct msg_field *f, const char *text, int64_t *set)
{
	char word[64];
	int n, w;

	*set = 0;
	if (*text++ != '[')
		return -1;
	for (; *text == '"' || *text == ','; text += n) {
		text += *text == ',';
		n = 0;
		if (sscanf(text, "\"%63[a-z_]\"%n", word, &n) != 1 || !n ||
		    (w = words_find(f->words, word)) < 0)
			return -1;
		*set |= (int64_t)1 << w;
	}
	return *text == ']' && !text[1] ? 0 : -1;
}

static int
read_text(const struct msg_field *f, const char *text, char *at)
{
	int64_t v = 0;

	if (f->kind == MSG_STR || f->kind == MSG_UUID) {
		if (strlen(text) > (size_t)f->max)
			return -1;
		memcpy(at, text, strlen(text) + 1);
		return 0;
	}
	if (f->kind == MSG_SET ? parse_set(f, text, &v) < 0 : (v = words_find(f->words, text)) < 0)
		return -1;
	memcpy(at, &v, sizeof(v));
	return 0;
}

static int
read_field(const struct msg_field *f, sqlite3_stmt *row, int i, void *msg)
{
	char *at = (char *)msg + f->offset;
	int64_t v;
	double d;

	/* a field that was added later is absent in older rows */
	if (sqlite3_column_type(row, i) == SQLITE_NULL)
		return f->kind == MSG_INT && f->since == 1 ? -1 : 0;
	switch (f->kind) {
	case MSG_INT:
	case MSG_OPT:
		v = sqlite3_column_int64(row, i);
		memcpy(at, &v, sizeof(v));
		return 0;
	case MSG_REAL:
		d = sqlite3_column_double(row, i);
		memcpy(at, &d, sizeof(d));
		return 0;
	case MSG_WORD:
	case MSG_SET:
	case MSG_STR:
	case MSG_UUID:
		return read_text(f, (const char *)sqlite3_column_text(row, i), at);
	case MSG_BIN:
		break;
	}
	return -1;
}

int
table_read(const struct table *table, sqlite3_stmt *row, int first, void *msg, struct err *err)
{
	const struct message *m = table->message;
	int i, column = first;

	msg_clear(m, msg);
	for (i = 0; i < m->n_fields; i++)
		if (is_column(&m->fields[i]) &&
		    (read_field(&m->fields[i], row, column++, msg) < 0 ||
		     msg_check_field(m, &m->fields[i], msg, NULL) < 0))
			return err_set(err, EBADMSG, "database: %s.%s holds a value that cannot be "
				       "there", m->name, m->fields[i].name);
	return 0;
}

/* ---- use */

static int
bind_columns(const struct table *t, sqlite3_stmt *s, const void *msg)
{
	int i, n = 0;

	for (i = 0; i < t->message->n_fields; i++)
		if (is_column(&t->message->fields[i]))
			bind_field(s, ++n, &t->message->fields[i], msg);
	return n;
}

int
table_find(struct table *table, const void *msg, int64_t *no, void *found, struct err *err)
{
	int i, r;

	for (i = 0; i < table->n_keys; i++)
		bind_field(table->find, i + 1, table->keys[i], msg);
	r = db_step(table->find, err);
	if (r <= 0)
		return r;
	*no = sqlite3_column_int64(table->find, 0);
	if (found && table_read(table, table->find, 1, found, err) < 0)
		msg_clear(table->message, found);
	sqlite3_reset(table->find);
	return r;
}

int
table_put(struct table *table, const void *msg, int64_t *no, struct err *err)
{
	int64_t row = 0;
	int n, seen = table_find(table, msg, &row, NULL, err);

	if (seen < 0)
		return -1;
	n = bind_columns(table, seen ? table->update : table->insert, msg);
	if (seen)
		sqlite3_bind_int64(table->update, n + 1, row);
	if (db_run(seen ? table->update : table->insert, err) < 0)
		return -1;
	if (no)
		*no = seen ? row : sqlite3_last_insert_rowid(table->db);
	return 0;
}

int
table_get(struct table *table, int64_t no, void *msg, struct err *err)
{
	int r;

	sqlite3_bind_int64(table->get, 1, no);
	r = db_step(table->get, err);
	if (r <= 0)
		return r;
	r = table_read(table, table->get, 0, msg, err);
	sqlite3_reset(table->get);
	return r < 0 ? -1 : 1;
}

int
table_unsynced(struct table *table, const char *session_id, int64_t after, int64_t *no,
	       void *msg, struct err *err)
{
	int r;

	sqlite3_bind_text(table->unsynced, 1, session_id, -1, SQLITE_STATIC);
	sqlite3_bind_int64(table->unsynced, 2, after);
	r = db_step(table->unsynced, err);
	if (r <= 0)
		return r;
	*no = sqlite3_column_int64(table->unsynced, 0);
	r = table_read(table, table->unsynced, 1, msg, err);
	sqlite3_reset(table->unsynced);
	return r < 0 ? -1 : 1;
}

sqlite3_stmt *
table_all(struct table *table, const char *session_id, struct err *err)
{
	char sql[MAX_SQL];
	sqlite3_stmt *all;

	(void)snprintf(sql, sizeof(sql), "SELECT %s FROM %s WHERE %s = ? ORDER BY no", table->columns,
		       table->message->name, table->session->name);
	if ((all = db_prepare(table->db, sql, err)))
		sqlite3_bind_text(all, 1, session_id, -1, SQLITE_TRANSIENT);
	return all;
}

int64_t
table_version(const struct table *table, const void *msg)
{
	return table->hlc ? msg_int(table->hlc, msg) : 0;
}

int
table_synced(struct table *table, int64_t no, int64_t hlc, struct err *err)
{
	sqlite3_bind_int64(table->synced, 1, no);
	sqlite3_bind_int64(table->synced, 2, hlc);
	return db_run(table->synced, err);
}

int
table_unsync(struct table *table, int64_t no, struct err *err)
{
	sqlite3_bind_int64(table->unsync, 1, no);
	return db_run(table->unsync, err);
}
