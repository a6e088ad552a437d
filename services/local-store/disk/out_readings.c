/* Readings into the store, and back in three orders. */
#include "services/local-store/disk/out_sqlite_parts.h"

#include <math.h>
#include <stdio.h>

static const size_t block_rows[N_BLOCKS] = {BLOCK, 8, 1};

/* One parameter for the session and one for each field of `reading`. */
static sqlite3_stmt *
prepare_block(sqlite3 *db, size_t rows, struct err *err)
{
	char row[100], text[300 + BLOCK * sizeof(row)];
	int i, len = snprintf(row, sizeof(row), ", (?");

	for (i = 0; i < msg_reading.n_fields; i++)
		len += snprintf(row + len, sizeof(row) - (size_t)len, ", ?");
	ASSERT(len + 1 < (int)sizeof(row));
	(void)snprintf(row + len, sizeof(row) - (size_t)len, ")");
	len = snprintf(text, sizeof(text), "INSERT INTO readings (session, " READING_COLUMNS
		       ") VALUES %s", row + 2);
	while (--rows)
		len += snprintf(text + len, sizeof(text) - (size_t)len, "%s", row);
	(void)snprintf(text + len, sizeof(text) - (size_t)len, " ON CONFLICT DO NOTHING");
	return db_prepare(db, text, err);
}

int
store_prepare_blocks(struct store *store, struct err *err)
{
	int i;

	for (i = 0; i < N_BLOCKS; i++)
		if (!(store->blocks[i].insert = prepare_block(store->db, block_rows[i], err)))
			return -1;
	return 0;
}

void
store_bind_opt(sqlite3_stmt *s, int i, int64_t v)
{
	if (v == MSG_NONE)
		sqlite3_bind_null(s, i);
	else
		sqlite3_bind_int64(s, i, v);
}

int64_t
store_column_opt(sqlite3_stmt *s, int i)
{
	return sqlite3_column_type(s, i) == SQLITE_NULL ? MSG_NONE : sqlite3_column_int64(s, i);
}

static double
column_real(sqlite3_stmt *s, int i)
{
	return sqlite3_column_type(s, i) == SQLITE_NULL ? NAN : sqlite3_column_double(s, i);
}

/* The columns are the fields of `reading`, in their order. */
static void
bind_field(sqlite3_stmt *s, int i, const struct msg_field *f, const struct reading *r)
{
	if (f->kind == MSG_REAL)
		sqlite3_bind_double(s, i, msg_real(f, r));  /* NAN becomes NULL */
	else if (f->offset == offsetof(struct reading, rr) && !r->rr)
		sqlite3_bind_null(s, i);  /* no interval: as when it is absent */
	else
		store_bind_opt(s, i, msg_int(f, r));
}

static void
bind_row(struct block *block, size_t n, const struct kept *row)
{
	const struct msg_field *f = msg_reading.fields, *end = f + msg_reading.n_fields;
	int i = (int)n * (msg_reading.n_fields + 1) + 1;
	struct bound *at = &block->rows[n];

	if (!block->bound || at->session != row->entry->no)
		sqlite3_bind_int64(block->insert, i, row->entry->no);
	for (i++; f < end; f++, i++)
		if (!block->bound || msg_int(f, &at->reading) != msg_int(f, &row->reading))
			bind_field(block->insert, i, f, &row->reading);
	*at = (struct bound){row->entry->no, row->reading};
}

static bool
is_row(const struct kept *row, int64_t session_no, const struct reading *r)
{
	return row->entry->no == session_no && row->reading.taken_us == r->taken_us &&
	       row->reading.epoch == r->epoch && row->reading.seq == r->seq;
}

/* Some were there already: which ones were not is told by those that now end the log. */
static int
find_new(struct store *store, struct kept *rows, size_t n, int64_t after, struct err *err)
{
	struct sqlite3_stmt *log = store_log(store, after);
	struct kept *row = rows, *end = rows + n;
	struct reading added;
	int64_t id, no;
	int r;

	while ((r = store_next(log, &id, &no, &added, err)) > 0) {
		while (row < end && !is_row(row, no, &added))
			row++;
		ASSERT(row < end);
		row++->id = id;
	}
	return r;
}

static int
put_block(struct store *store, struct block *block, struct kept *rows, size_t n, struct err *err)
{
	int64_t last;
	size_t i, added;

	for (i = 0; i < n; i++)
		bind_row(block, i, &rows[i]);
	block->bound = true;
	if (db_run(block->insert, err) < 0)
		return -1;
	added = (size_t)sqlite3_changes(store->db);
	last = sqlite3_last_insert_rowid(store->db);
	for (i = 0; i < n; i++)
		rows[i].id = added == n ? last - (int64_t)(n - 1 - i) : 0;
	return added && added < n ? find_new(store, rows, n, last - (int64_t)added, err) : 0;
}

int
store_put_readings(struct store *store, struct kept *rows, size_t n, struct err *err)
{
	size_t i = 0;

	while (n) {
		while (block_rows[i] > n)
			i++;
		if (put_block(store, &store->blocks[i], rows, block_rows[i], err) < 0)
			return -1;
		rows += block_rows[i];
		n -= block_rows[i];
	}
	return 0;
}

int64_t
store_last_reading(struct store *store)
{
	sqlite3_stmt *s = store->statements[LAST_READING];
	int64_t id = db_step(s, NULL) == 1 ? sqlite3_column_int64(s, 0) : 0;

	sqlite3_reset(s);
	return id;
}

static void
read_reading(sqlite3_stmt *s, int64_t *id, int64_t *session_no, struct reading *r)
{
	*id = sqlite3_column_int64(s, 0);
	*session_no = sqlite3_column_int64(s, 1);
	r->taken_us = sqlite3_column_int64(s, 2);
	r->epoch = sqlite3_column_int64(s, 3);
	r->seq = sqlite3_column_int64(s, 4);
	r->device_us = store_column_opt(s, 5);
	r->spo2 = column_real(s, 6);
	r->heart_rate = column_real(s, 7);
	r->perfusion_index = column_real(s, 8);
	r->motion = column_real(s, 9);
	r->signal_strength = store_column_opt(s, 10);
	r->battery = store_column_opt(s, 11);
	r->status = store_column_opt(s, 12);
	r->invalid = sqlite3_column_int64(s, 13);
	r->data_source = sqlite3_column_int64(s, 14);
	r->phase_type = sqlite3_column_int64(s, 15);
	r->cycle_number = store_column_opt(s, 16);
	r->altitude_level = store_column_opt(s, 17);
	r->rr = store_column_opt(s, 18);
}

struct sqlite3_stmt *
store_log(struct store *store, int64_t after)
{
	sqlite3_bind_int64(store->statements[SCAN], 1, after);
	return store->statements[SCAN];
}

struct sqlite3_stmt *
store_range(struct store *store, int64_t session_no, int64_t from_us, int64_t to_us)
{
	sqlite3_bind_int64(store->statements[RANGE], 1, session_no);
	sqlite3_bind_int64(store->statements[RANGE], 2, from_us);
	sqlite3_bind_int64(store->statements[RANGE], 3, to_us);
	return store->statements[RANGE];
}

struct sqlite3_stmt *
store_since(struct store *store, int64_t from_us)
{
	sqlite3_bind_int64(store->statements[SINCE], 1, from_us);
	return store->statements[SINCE];
}

int
store_next(struct sqlite3_stmt *query, int64_t *id, int64_t *session_no,
	   struct reading *reading, struct err *err)
{
	int r = db_step(query, err);

	if (r > 0)
		read_reading(query, id, session_no, reading);
	return r;
}

void
store_enough(struct sqlite3_stmt *query)
{
	sqlite3_reset(query);
}
