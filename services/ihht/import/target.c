#include "services/ihht/import/target.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <xxhash.h>

#include "common/clock.h"
#include "common/db.h"
#include "proto/vld.h"

#define ZONES_US (27 * 3600 * CLOCK_SECOND)  /* between the ends of the world */

static int64_t
first_us(const struct recorded *r)
{
	return r->rows[0].utc_s * CLOCK_SECOND;
}

/* The end is not part of a session. */
static int64_t
end_us(const struct recorded *r)
{
	return (r->rows[r->n - 1].utc_s + r->step_s) * CLOCK_SECOND;
}

static void
copy(sqlite3_stmt *s, int column, char *to, size_t size)
{
	const unsigned char *text = sqlite3_column_text(s, column);

	(void)snprintf(to, size, "%s", text ? (const char *)text : "");
}

static void
take_row(sqlite3_stmt *s, struct target *t)
{
	copy(s, 0, t->session_id, sizeof(t->session_id));
	copy(s, 1, t->user_id, sizeof(t->user_id));
	copy(s, 2, t->local_session_id, sizeof(t->local_session_id));
	copy(s, 3, t->device_id, sizeof(t->device_id));
	t->start_us = sqlite3_column_int64(s, 4);
	t->end_us = sqlite3_column_type(s, 5) == SQLITE_NULL ? MSG_NONE : sqlite3_column_int64(s, 5);
}

#define SELECT_SESSION "SELECT id, user_id, local_session_id, device_id, start_us, end_us FROM session "

int
target_named(sqlite3 *db, const char *session_id, struct target *t, struct err *err)
{
	sqlite3_stmt *s = db_prepare(db, SELECT_SESSION "WHERE id = ?1", err);
	int r = -1;

	memset(t, 0, sizeof(*t));
	if (!s)
		return -1;
	sqlite3_bind_text(s, 1, session_id, -1, SQLITE_STATIC);
	if ((r = db_step(s, err)) > 0)
		take_row(s, t);
	else if (r == 0)
		(void)err_set(err, ENOENT, "%s: no such session; `ihht session list` shows them", session_id);
	db_finalize(&s);
	return r > 0 ? 0 : -1;
}

/* 1 *t is the session that the recording begins in, 0 there is none. */
static int
find_begun(sqlite3 *db, const char *user_id, const struct recorded *r, struct target *t,
	   struct err *err)
{
	sqlite3_stmt *s = db_prepare(db, SELECT_SESSION "WHERE user_id = ?1 AND device_id = ?2 AND "
				     "data_source = 'manual' AND start_us <= ?3 AND end_us >= ?3 "
				     "ORDER BY start_us DESC LIMIT 1", err);
	int found;

	if (!s)
		return -1;
	sqlite3_bind_text(s, 1, user_id, -1, SQLITE_STATIC);
	sqlite3_bind_text(s, 2, r->device_id, -1, SQLITE_STATIC);
	sqlite3_bind_int64(s, 3, first_us(r));
	if ((found = db_step(s, err)) > 0)
		take_row(s, t);
	db_finalize(&s);
	return found;
}

static void
make_local_id(const struct target *t, char id[65])
{
	static const char digits[] = "0123456789abcdefghijklmnopqrstuvwxyz";
	char name[120], tail[7] = "";
	uint64_t n;
	int i;

	n = XXH3_64bits(name, (size_t)snprintf(name, sizeof(name), "%s %s", t->user_id, t->device_id));
	for (i = 0; i < 6; i++, n /= 36)
		tail[i] = digits[n % 36];
	(void)snprintf(id, 65, "IHHT_%lld_%s", (long long)(t->start_us / 1000), tail);
}

int
target_made(sqlite3 *db, const char *user_id, const struct recorded *r, struct target *t,
	    struct err *err)
{
	int found = 0;

	memset(t, 0, sizeof(*t));
	if (db && (found = find_begun(db, user_id, r, t, err)) < 0)
		return -1;
	t->is_made = 1;
	if (found && t->end_us >= end_us(r))
		return 0;
	t->end_us = end_us(r);
	if (found)
		return 0;
	(void)snprintf(t->user_id, sizeof(t->user_id), "%s", user_id);
	(void)snprintf(t->device_id, sizeof(t->device_id), "%s", r->device_id);
	t->start_us = first_us(r);
	make_local_id(t, t->local_session_id);
	ids_session(t->local_session_id, t->session_id);
	return 0;
}

/* Readings by the same seconds of a ring's clock, however the zone was read then. */
static const char same_seconds[] =
	"SELECT s.id, s.device_id, count(*), min(r.taken_us - r.seq * 1000000), "
	"max(r.taken_us - r.seq * 1000000) "
	"FROM readings r JOIN session s ON s.no = r.session "
	"WHERE r.taken_us BETWEEN ?3 - ?5 AND ?4 + ?5 AND r.epoch = ?6 AND r.seq BETWEEN ?1 AND ?2 "
	"AND s.user_id = ?7 GROUP BY s.id";

static int
differs(sqlite3_stmt *s, const struct target *t, const struct recorded *r, struct err *err)
{
	int64_t least = INT64_MAX, most = INT64_MIN, off, was = sqlite3_column_int64(s, 3);
	const char *id = (const char *)sqlite3_column_text(s, 0);
	const char *device = (const char *)sqlite3_column_text(s, 1);
	size_t i;

	for (i = 0; i < r->n; i++) {
		off = r->rows[i].utc_s - r->rows[i].local_s;
		least = off < least ? off : least;
		most = off > most ? off : most;
	}
	if (strcmp(id, t->session_id) && strcmp(device, t->device_id))
		return 0;  /* another device at the same time */
	if (was < least * CLOCK_SECOND || sqlite3_column_int64(s, 4) > most * CLOCK_SECOND)
		return err_set(err, EEXIST, "%lld of its readings are in session %s already, %lld minutes "
			       "%s: imported with another --zone?", (long long)sqlite3_column_int64(s, 2), id,
			       llabs(was / CLOCK_SECOND - least) / 60,
			       was < least * CLOCK_SECOND ? "earlier" : "later");
	if (strcmp(id, t->session_id))
		return err_set(err, EEXIST, "%lld of its readings are in session %s already: --session %.8s "
			       "puts the rest there", (long long)sqlite3_column_int64(s, 2), id, id);
	return 0;
}

int
target_check(sqlite3 *db, const struct target *t, const struct recorded *r, struct err *err)
{
	const struct recorded_row *last = &r->rows[r->n - 1];
	sqlite3_stmt *s = db_prepare(db, same_seconds, err);
	int found;

	if (!s)
		return -1;
	sqlite3_bind_int64(s, 1, r->rows[0].local_s);
	sqlite3_bind_int64(s, 2, last->local_s);
	sqlite3_bind_int64(s, 3, first_us(r));
	sqlite3_bind_int64(s, 4, last->utc_s * CLOCK_SECOND);
	sqlite3_bind_int64(s, 5, ZONES_US);
	sqlite3_bind_int64(s, 6, VLD_EPOCH);
	sqlite3_bind_text(s, 7, t->user_id, -1, SQLITE_STATIC);
	do
		found = db_step(s, err);
	while (found > 0 && differs(s, t, r, err) == 0);
	db_finalize(&s);
	return found ? -1 : 0;
}

int
target_holds(const struct target *t, const struct recorded_row *row)
{
	int64_t us = row->utc_s * CLOCK_SECOND;

	return us >= t->start_us && (t->end_us == MSG_NONE || us < t->end_us);
}
