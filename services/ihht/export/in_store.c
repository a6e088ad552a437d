#include "services/ihht/export/in_store.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "services/ihht/rows.h"

struct in_store {
	sqlite3 *db;
	struct in_store_wish wish;
	sqlite3_stmt *sessions, *rows[N_TABLES];
	const struct table *table;  /* whose rows are read */
};

#define WISHED                                                                       \
	"(?1 = '' OR id = ?1) AND (?2 = '' OR user_id = ?2)"                         \
	" AND (?3 IS NULL OR start_us >= ?3) AND (?4 IS NULL OR start_us < ?4)"
#define NOT_MOCK " AND (?5 OR data_source <> 'mock')"

/* The session's span bounds what is read, as the key begins with the time.  No join: SQLite
 * would walk all readings for the sake of their order. */
static const char readings_sql[] =
	"SELECT r.taken_us, r.epoch, r.seq, r.device_us, r.spo2, r.heart_rate, r.perfusion_index,"
	" r.motion, r.signal_strength, r.battery, r.status, r.invalid, r.data_source, r.phase_type,"
	" r.cycle_number, r.altitude_level, r.rr FROM readings r"
	" WHERE r.session = (SELECT no FROM session WHERE coalesce(id, 0) = ?1)"
	" AND r.taken_us >= ?2 AND r.taken_us <= ?3 AND (?4 OR r.data_source <> ?5)"
	" ORDER BY r.taken_us, r.epoch, r.seq";

/* Whether the file has that column: one made by an older version may not. */
static int
has_column(sqlite3 *db, const char *table, const char *column)
{
	return sqlite3_table_column_metadata(db, NULL, table, column, NULL, NULL, NULL, NULL, NULL) == SQLITE_OK;
}

/* A column for each field, in the message's order. */
static sqlite3_stmt *
select_rows(sqlite3 *db, const struct message *m, const char *where, struct err *err)
{
	char sql[2000];
	size_t n = (size_t)snprintf(sql, sizeof(sql), "SELECT ");
	int i;

	for (i = 0; i < m->n_fields; i++)
		n += (size_t)snprintf(sql + n, sizeof(sql) - n, "%s%s", i ? ", " : "",
				      has_column(db, m->name, m->fields[i].name) ? m->fields[i].name : "NULL");
	n += (size_t)snprintf(sql + n, sizeof(sql) - n, " FROM %s WHERE %s", m->name, where);
	ASSERT(n < sizeof(sql));
	return db_prepare(db, sql, err);
}

/* As Postgres is asked for them. */
static const char *
order_of(const struct message *message)
{
	if (message == &msg_survey)
		return "session_id = ?1 ORDER BY at_us, kind, phase_number";
	if (message == &msg_event)
		return "session_id = ?1 ORDER BY event_us, id";
	if (message == &msg_phase_stats)
		return "session_id = ?1 ORDER BY start_us, phase_type, phase_number";
	if (message == &msg_gap)
		return "session_id = ?1 ORDER BY from_us, epoch, seq";
	return "session_id = ?1";
}

/* ---- open */

static void
bind_time(sqlite3_stmt *s, int i, int64_t us)
{
	if (us == MSG_NONE)
		sqlite3_bind_null(s, i);
	else
		sqlite3_bind_int64(s, i, us);
}

static void
bind_wish(sqlite3_stmt *s, const struct in_store_wish *wish)
{
	sqlite3_bind_text(s, 1, wish->session, -1, SQLITE_STATIC);
	sqlite3_bind_text(s, 2, wish->user, -1, SQLITE_STATIC);
	bind_time(s, 3, wish->from_us);
	bind_time(s, 4, wish->to_us);
}

static int
prepare(struct in_store *store, struct err *err)
{
	int i;

	store->sessions = select_rows(store->db, &msg_session,
				      WISHED NOT_MOCK " ORDER BY user_id, start_us, id", err);
	if (!store->sessions)
		return -1;
	bind_wish(store->sessions, &store->wish);
	sqlite3_bind_int(store->sessions, 5, store->wish.mock);
	for (i = 1; i < N_TABLES; i++) {
		store->rows[i] = tables[i].message == &msg_reading
			? db_prepare(store->db, readings_sql, err)
			: select_rows(store->db, tables[i].message, order_of(tables[i].message), err);
		if (!store->rows[i])
			return -1;
	}
	return 0;
}

struct in_store *
in_store_open(const char *path, const struct in_store_wish *wish, struct err *err)
{
	struct in_store *store = calloc(1, sizeof(*store));

	ASSERT(store);
	store->wish = *wish;
	if (!(store->db = db_open_readonly(path, err)) || db_exec(store->db, "BEGIN", err) < 0 ||
	    prepare(store, err) < 0)
		in_store_close(&store);
	return store;
}

void
in_store_close(struct in_store **store)
{
	int i;

	if (!*store)
		return;
	db_finalize(&(*store)->sessions);
	for (i = 0; i < N_TABLES; i++)
		db_finalize(&(*store)->rows[i]);
	db_close(&(*store)->db);
	free(*store);
	*store = NULL;
}

int
in_store_count(struct in_store *store, int64_t *n, int64_t *n_mock, struct err *err)
{
	sqlite3_stmt *s = db_prepare(store->db, "SELECT count(*), coalesce(sum(data_source = 'mock'), 0)"
				     " FROM session WHERE " WISHED, err);
	int r;

	if (!s)
		return -1;
	bind_wish(s, &store->wish);
	r = db_step(s, err);
	*n = sqlite3_column_int64(s, 0);
	*n_mock = store->wish.mock ? 0 : sqlite3_column_int64(s, 1);
	*n -= *n_mock;
	db_finalize(&s);
	return r < 0 ? -1 : 0;
}

/* ---- rows: a column for each field, in its message's order */

/* ["zen","tingling"] */
static int64_t
read_set(const struct words *words, const char *text)
{
	char quoted[80];
	int64_t set = 0;
	int i;

	for (i = 0; i < words->n; i++) {
		(void)snprintf(quoted, sizeof(quoted), "\"%s\"", words->texts[i]);
		if (strstr(text, quoted))
			set |= (int64_t)1 << i;
	}
	return set;
}

/* Vocabularies are text in the tables of records, numbers in readings. */
static int
read_word(const struct msg_field *f, sqlite3_stmt *s, int i, int64_t *word, struct err *err)
{
	const char *text = rows_text(s, i);

	if (f->kind == MSG_SET)
		*word = read_set(f->words, text);
	else if (sqlite3_column_type(s, i) == SQLITE_INTEGER)
		*word = sqlite3_column_int64(s, i);
	else
		*word = words_find(f->words, text);
	if (*word >= 0 && (f->kind == MSG_SET || *word < f->words->n))
		return 0;
	return err_set(err, EBADMSG, "%s: \"%.40s\" is no word of %s; `ihht verify` names what is damaged",
		       f->name, text, f->words->name);
}

static int
read_field(const struct msg_field *f, sqlite3_stmt *s, int i, void *row, struct err *err)
{
	char *at = (char *)row + f->offset;
	int64_t number;
	double real;

	switch (f->kind) {
	case MSG_INT:
	case MSG_OPT:
		number = sqlite3_column_int64(s, i);
		memcpy(at, &number, sizeof(number));
		break;
	case MSG_REAL:
		real = sqlite3_column_double(s, i);
		memcpy(at, &real, sizeof(real));
		break;
	case MSG_WORD:
	case MSG_SET:
		if (read_word(f, s, i, &number, err) < 0)
			return -1;
		memcpy(at, &number, sizeof(number));
		break;
	case MSG_STR:
	case MSG_UUID:
		(void)snprintf(at, f->kind == MSG_UUID ? sizeof(ids_uuid) : (size_t)f->max + 1, "%s",
			       rows_text(s, i));
		break;
	case MSG_BIN:
		break;
	}
	return 0;
}

static int
read_row(const struct message *message, sqlite3_stmt *s, void *row, struct err *err)
{
	int i;

	msg_clear(message, row);
	for (i = 0; i < message->n_fields; i++)
		if (sqlite3_column_type(s, i) != SQLITE_NULL &&
		    read_field(&message->fields[i], s, i, row, err) < 0)
			return err_in(err, "%s", message->name);
	return 1;
}

int
in_store_session(struct in_store *store, struct session *session, struct err *err)
{
	int r = db_step(store->sessions, err);

	return r <= 0 ? r : read_row(&msg_session, store->sessions, session, err);
}

void
in_store_begin(struct in_store *store, const struct table *table, const struct session *session)
{
	sqlite3_stmt *s = store->rows[table - tables];

	store->table = table;
	(void)sqlite3_reset(s);
	sqlite3_bind_text(s, 1, session->id, -1, SQLITE_TRANSIENT);
	if (table->message == &msg_reading) {
		sqlite3_bind_int64(s, 2, session->start_us);
		sqlite3_bind_int64(s, 3, session->end_us == MSG_NONE ? MSG_TIME_MAX : session->end_us);
		sqlite3_bind_int(s, 4, store->wish.mock);
		sqlite3_bind_int(s, 5, DATA_SOURCE_MOCK);
	}
}

int
in_store_next(struct in_store *store, void *row, struct err *err)
{
	sqlite3_stmt *s = store->rows[store->table - tables];
	int r = db_step(s, err);

	return r <= 0 ? r : read_row(store->table->message, s, row, err);
}
