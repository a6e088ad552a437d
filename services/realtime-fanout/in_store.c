#include "in_store.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "common/db.h"
#include "ring.h"

struct in_store {
	const char *path;
	sqlite3 *db;
	sqlite3_stmt *find, *rows;
	dev_t device;
	ino_t file;   /* which is open */
};

static const char find_sql[] =
	"SELECT r.id, s.device_id FROM readings r JOIN session s ON s.no = r.session"
	" WHERE r.taken_us = ?1 AND r.seq = ?2 ORDER BY r.id";

static const char rows_sql[] =
	"SELECT r.id, r.session, s.id, s.user_id, s.device_id, s.end_us, r.taken_us, r.epoch, r.seq,"
	" r.device_us, r.spo2, r.heart_rate, r.perfusion_index, r.motion, r.signal_strength,"
	" r.battery, r.status, r.invalid, r.data_source, r.rr, r.phase_type, r.cycle_number,"
	" r.altitude_level FROM readings r JOIN session s ON s.no = r.session"
	" WHERE r.id > ?1 ORDER BY r.id LIMIT ?2";

struct in_store *
in_store_new(const char *path)
{
	struct in_store *store = calloc(1, sizeof(*store));

	if (store)
		store->path = path;
	return store;
}

static void
shut(struct in_store *store)
{
	db_finalize(&store->find);
	db_finalize(&store->rows);
	db_close(&store->db);
}

void
in_store_free(struct in_store **store)
{
	if (!*store)
		return;
	shut(*store);
	free(*store);
	*store = NULL;
}

static int
open_anew(struct in_store *store, struct err *err)
{
	shut(store);
	if (!(store->db = db_open_readonly(store->path, err)))
		return -1;
	sqlite3_busy_timeout(store->db, 0);  /* watchers do not wait for a lock */
	if ((store->find = db_prepare(store->db, find_sql, err)) &&
	    (store->rows = db_prepare(store->db, rows_sql, err)))
		return 0;
	shut(store);
	return -1;
}

/* After a restore another file has the name. */
static int
open_current(struct in_store *store, struct err *err)
{
	struct stat is = {0};

	if (stat(store->path, &is) == 0 && store->db && is.st_dev == store->device &&
	    is.st_ino == store->file)
		return 0;
	store->device = is.st_dev;
	store->file = is.st_ino;
	return open_anew(store, err);
}

int
in_store_find(struct in_store *store, const struct place *place, int64_t *id, struct err *err)
{
	int r, found = 0;

	if (open_current(store, err) < 0)
		return -1;
	sqlite3_bind_int64(store->find, 1, place->taken_us);
	sqlite3_bind_int64(store->find, 2, place->seq);
	while ((r = db_step(store->find, err)) > 0 && !found)
		if (ring_hash((const char *)sqlite3_column_text(store->find, 1)) == place->device) {
			*id = sqlite3_column_int64(store->find, 0);
			found = 1;
		}
	sqlite3_reset(store->find);
	if (r < 0)
		shut(store);  /* whatever is wrong with it may be gone when it is opened again */
	return r < 0 && !found ? -1 : found;
}

int
in_store_seek(struct in_store *store, int64_t id, int64_t most, struct err *err)
{
	if (!store->rows && open_anew(store, err) < 0)
		return -1;
	sqlite3_bind_int64(store->rows, 1, id);
	sqlite3_bind_int64(store->rows, 2, most);
	return 0;
}

void
in_store_rest(struct in_store *store)
{
	sqlite3_reset(store->rows);
}

/* ---- rows */

static int64_t
opt(sqlite3_stmt *s, int column)
{
	return sqlite3_column_type(s, column) == SQLITE_NULL ? MSG_NONE : sqlite3_column_int64(s, column);
}

static double
real(sqlite3_stmt *s, int column)
{
	return sqlite3_column_type(s, column) == SQLITE_NULL ? NAN : sqlite3_column_double(s, column);
}

static void
word(sqlite3_stmt *s, int column, char *to, size_t size)
{
	const unsigned char *text = sqlite3_column_text(s, column);

	(void)snprintf(to, size, "%s", text ? (const char *)text : "");
}

static void
read_session(sqlite3_stmt *s, struct session *session)
{
	msg_clear(&msg_session, session);
	word(s, 2, session->id, sizeof(session->id));
	word(s, 3, session->user_id, sizeof(session->user_id));
	word(s, 4, session->device_id, sizeof(session->device_id));
	session->end_us = opt(s, 5);
	session->current_phase = sqlite3_column_int64(s, 20);
	session->current_cycle = opt(s, 21);
	session->current_altitude_level = opt(s, 22);
}

static void
read_sample(sqlite3_stmt *s, struct sample *sample)
{
	msg_clear(&msg_sample, sample);
	word(s, 4, sample->device_id, sizeof(sample->device_id));
	sample->taken_us = sqlite3_column_int64(s, 6);
	sample->epoch = sqlite3_column_int64(s, 7);
	sample->seq = sqlite3_column_int64(s, 8);
	sample->device_us = opt(s, 9);
	sample->spo2 = real(s, 10);
	sample->heart_rate = real(s, 11);
	sample->perfusion_index = real(s, 12);
	sample->motion = real(s, 13);
	sample->signal_strength = opt(s, 14);
	sample->battery = opt(s, 15);
	sample->status = opt(s, 16);
	sample->invalid = sqlite3_column_int64(s, 17);
	sample->data_source = sqlite3_column_int64(s, 18);
	sample->rr = opt(s, 19);
}

int
in_store_next(struct in_store *store, struct kept_row *row, struct err *err)
{
	int r = db_step(store->rows, err);

	if (r <= 0)
		return r;
	row->id = sqlite3_column_int64(store->rows, 0);
	row->session_no = sqlite3_column_int64(store->rows, 1);
	read_session(store->rows, &row->session);
	read_sample(store->rows, &row->sample);
	return 1;
}
