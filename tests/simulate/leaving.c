#include "tests/simulate/leaving.h"

#include <czmq.h>
#include <stdlib.h>

#include "common/db.h"
#include "proto/archive.h"
#include "services/local-store/retention/retention.h"
#include "tests/simulate/disk.h"
#include "tests/simulate/keeper.h"
#include "tests/simulate/truth.h"

#define LEAST_ROWS  450000
#define KEPT_FREE   1000000     /* as in policy.c: for what must always be written, and the log */
#define LOG_BYTES   3000000

struct leaving {
	struct retention *retention;  /* NULL: the store is closed, or nothing leaves in this world */
	struct shares shares;
	int64_t keep_us, percent;
	bool is_on;
	char folder[80];
};

void
leaving_new(void)
{
	struct leaving *l = calloc(1, sizeof(*l));

	world->leaving = l;
	l->is_on = one_in(2);
	l->keep_us = one_in(2) ? 0 : up_to(10 * MINUTE_US);
	l->shares.rows = LEAST_ROWS + up_to(LEAST_ROWS);
	l->shares.file = l->shares.rows + KEPT_FREE;
	l->shares.log = LOG_BYTES;
	snprintf(l->folder, sizeof(l->folder), "%s/archive", world->folder);
}

void
leaving_free(void)
{
	zdir_t *files = zdir_new(world->leaving->folder, NULL);

	if (files)
		zdir_remove(files, true);
	zdir_destroy(&files);
	free(world->leaving);
	world->leaving = NULL;
}

const char *
leaving_folder(void)
{
	return world->leaving->folder;
}

int
leaving_limit(struct store *store, struct err *err)
{
	const struct leaving *l = world->leaving;

	return l->is_on ? store_limit(store, l->shares.file, l->shares.log, err) : 0;
}

int
leaving_recall(struct lifecycle *life, struct err *err)
{
	struct leaving *l = world->leaving;

	if (!l->is_on)
		return 0;
	l->retention = retention_new(life, l->keep_us, &l->shares);
	return leaving_measure(life, err);
}

void
leaving_forget(struct lifecycle *life)
{
	struct leaving *l = world->leaving;

	world->n.archived += life->counts.readings_archived;
	world->n.recalled += life->counts.readings_recalled;
	memset(&life->counts, 0, sizeof(life->counts));
	if (l->retention)
		retention_free(&l->retention);
}

/* ---- the cap */

int
leaving_measure(struct lifecycle *life, struct err *err)
{
	struct leaving *l = world->leaving;
	int64_t bytes, used;

	if (!l->is_on)
		return 0;
	if (store_size(life->store, &bytes, &used, err) < 0)
		return -1;
	l->percent = policy_percent(&l->shares, used);
	life->room = policy_room(&l->shares, used);
	if (disk_size(KEEPER_FILE) > (size_t)l->shares.file || disk_size(KEEPER_FILE "-wal") > (size_t)l->shares.log)
		broken("the cap holds: %zu of %lld bytes, log %zu of %lld", disk_size(KEEPER_FILE),
		       (long long)l->shares.file, disk_size(KEEPER_FILE "-wal"), (long long)l->shares.log);
	return 0;
}

/* ---- what leaves */

static struct archive *
read_file(const struct session *session, int64_t number)
{
	struct archive *a = malloc(sizeof(*a));
	char name[ARCHIVE_NAME];
	struct err err;

	if (archive_load(world->leaving->folder, archive_name(session, number, name), a, &err) < 0)
		broken("what left can be read: %s", err.text);
	return a;
}

/* The file that has just been made. */
static void
check_file(struct lifecycle *life)
{
	struct part part;
	struct err err;
	struct entry *entry;
	struct archive *a;
	const struct value *v;
	size_t i;

	if (store_part_leaving(life->store, &part, &err) != 1 ||
	    !(entry = store_load_no(life->store, life->sessions, part.session_no, &err)))
		broken("what leaves is noted");
	a = read_file(&entry->row, part.number);
	for (i = 0; i < a->n; i++)
		if (!(v = truth_of(a->rows[i].motion)) || !v->arrived)
			broken("only what Postgres has leaves: session %s, seq %lld", entry->row.id,
			       (long long)a->rows[i].seq);
	free(a);
}

int
leaving_work(struct lifecycle *life, struct err *err)
{
	struct leaving *l = world->leaving;
	uint64_t n_files = life->counts.files_archived;
	int done;

	if (!l->retention)
		return 0;
	done = retention_work(l->retention, l->percent, world->mono_us, utc_now(), err);
	if (done >= 0 && life->counts.files_archived > n_files)
		check_file(life);
	return done <= 0 ? done : leaving_measure(life, err);
}

int64_t
leaving_wake_us(void)
{
	return world->leaving->retention ? retention_wake_us(world->leaving->retention) : INT64_MAX;
}

/* ---- at the end */

static void
see_part(sqlite3_stmt *s, void (*see)(const char *session_id, const struct reading *reading))
{
	bool is_leaving = !strcmp((const char *)sqlite3_column_text(s, 3), "leaving");
	struct session session = {.start_us = sqlite3_column_int64(s, 1)};
	struct archive *a;
	size_t i;

	snprintf(session.id, sizeof(session.id), "%s", (const char *)sqlite3_column_text(s, 0));
	a = read_file(&session, sqlite3_column_int64(s, 2));
	if (strcmp(a->sha256, (const char *)sqlite3_column_text(s, 4)) ||
	    (!is_leaving && a->n != (size_t)sqlite3_column_int64(s, 5)))
		broken("what left is in the file: part %lld of %s", (long long)sqlite3_column_int64(s, 2), session.id);
	for (i = 0; i < a->n; i++)
		if (!is_leaving || !truth_of(a->rows[i].motion)->n_stored)
			see(session.id, &a->rows[i]);
	free(a);
}

void
leaving_each(void (*see)(const char *session_id, const struct reading *reading))
{
	struct err err;
	sqlite3 *db = db_open_readonly(KEEPER_FILE, &err);
	sqlite3_stmt *s = db ? db_prepare(db, "SELECT s.id, start_us, part, state, sha256, gone FROM archive a "
					  "JOIN session s ON s.no = a.session WHERE state <> 'back'", &err) : NULL;

	if (!s)
		broken("the store can be read: %s", err.text);
	while (sqlite3_step(s) == SQLITE_ROW)
		see_part(s, see);
	db_finalize(&s);
	db_close(&db);
}
