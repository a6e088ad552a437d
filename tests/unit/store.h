/*
 * store - a store in a temporary folder, for the tests of local-store
 */
#ifndef TEST_STORE_H
#define TEST_STORE_H

#include <sqlite3.h>
#include <stdlib.h>
#include <unistd.h>

#include "proto/ids.h"
#include "services/local-store/commands.h"
#include "tests/unit/test.h"

#define NOW_US 1800000000000000LL

struct rig {
	char folder[40], path[80];
	struct store *store;
	struct sessions *sessions;
	struct lifecycle life;
	int64_t now_us;
	struct err err;
};

/* Memory from the disk, as after a restart. */
__attribute__((unused)) static void
rig_reload(struct rig *rig)
{
	sessions_free(&rig->sessions);
	store_close(&rig->store);
	rig->store = store_open(rig->path, &rig->err);
	ok(rig->store != NULL, "%s", rig->err.text);
	rig->sessions = sessions_new();
	rig->life = (struct lifecycle){.store = rig->store, .sessions = rig->sessions, .gateway = "here",
					 .room = INT64_MAX};
	is_int(store_setting(rig->store, "hlc", 0, &rig->life.hlc, &rig->err), 0);
	is_int(store_load_active(rig->store, rig->sessions, &rig->err), 0);
}

__attribute__((unused)) static void
rig_open(struct rig *rig)
{
	memset(rig, 0, sizeof(*rig));
	strcpy(rig->folder, "/tmp/ihht-unit-XXXXXX");
	ok(mkdtemp(rig->folder) != NULL);
	(void)snprintf(rig->path, sizeof(rig->path), "%s/store.sqlite", rig->folder);
	rig->now_us = NOW_US;
	rig_reload(rig);
}

__attribute__((unused)) static void
rig_close(struct rig *rig)
{
	static const char *const files[] = {"", "-wal", "-shm"};
	char path[100];
	int i;

	sessions_free(&rig->sessions);
	store_close(&rig->store);
	for (i = 0; i < 3; i++) {
		(void)snprintf(path, sizeof(path), "%s%s", rig->path, files[i]);
		(void)unlink(path);
	}
	(void)rmdir(rig->folder);
}

/* Behind the store's back; the first number of the last row, -1 none. */
__attribute__((unused)) static int64_t
rig_sql(struct rig *rig, const char *sql)
{
	sqlite3 *db = NULL;
	sqlite3_stmt *s = NULL;
	int64_t n = -1;

	is_int(sqlite3_open(rig->path, &db), SQLITE_OK);
	is_int(sqlite3_prepare_v2(db, sql, -1, &s, NULL), SQLITE_OK);
	while (sqlite3_step(s) == SQLITE_ROW)
		n = sqlite3_column_int64(s, 0);
	ok(sqlite3_finalize(s) == SQLITE_OK, "%s: %s", sql, sqlite3_errmsg(db));
	sqlite3_close(db);
	return n;
}

/* One command, committed; the clock goes on a second. */
__attribute__((unused)) static struct reply
rig_apply(struct rig *rig, const struct message *message, const void *msg)
{
	static struct effects fx;

	is_int(store_begin(rig->store, &rig->err), 0);
	ok(commands_apply(&rig->life, message, msg, rig->now_us, &fx, &rig->err) == 0, "%s",
	   rig->err.text);
	is_int(store_commit(rig->store, &rig->err), 0);
	rig->now_us += 1000000;
	return fx.reply;
}

__attribute__((unused)) static void
rig_stop(struct rig *rig, const char *session)
{
	struct session_stop m;
	struct reply reply;

	msg_clear(&msg_session_stop, &m);
	ids_random(m.request_id);
	(void)snprintf(m.session_id, sizeof(m.session_id), "%s", session);
	reply = rig_apply(rig, &msg_session_stop, &m);
	ok(reply.ok, "%s", reply.text);
}

__attribute__((unused)) static struct session_start
rig_start_of(int person, const char *device)
{
	struct session_start m;

	msg_clear(&msg_session_start, &m);
	ids_random(m.request_id);
	(void)snprintf(m.user_id, sizeof(m.user_id), "00000000-0000-4000-8000-%012d", person);
	(void)snprintf(m.device_id, sizeof(m.device_id), "%s", device);
	return m;
}

/* A running session; its id. */
__attribute__((unused)) static const char *
rig_start(struct rig *rig, int person, const char *device)
{
	struct session_start m = rig_start_of(person, device);
	static struct reply reply;

	reply = rig_apply(rig, &msg_session_start, &m);
	ok(reply.ok && reply.added == 1, "%s", reply.text);
	return reply.session_id;
}

__attribute__((unused)) static struct reading
rig_reading(int64_t taken_us, int64_t seq, double spo2)
{
	struct reading r;

	msg_clear(&msg_reading, &r);
	r.taken_us = taken_us;
	r.epoch = 1;
	r.seq = seq;
	r.spo2 = spo2;
	r.heart_rate = 70;
	r.data_source = DATA_SOURCE_MOCK;
	return r;
}

__attribute__((unused)) static void
rig_put(struct rig *rig, const char *session, int64_t taken_us, int64_t seq, double spo2)
{
	struct entry *entry = store_load_id(rig->store, rig->sessions, session, &rig->err);
	struct kept row = {.entry = entry, .reading = rig_reading(taken_us, seq, spo2)};

	ok(entry != NULL, "%s", rig->err.text);
	is_int(store_begin(rig->store, &rig->err), 0);
	is_int(store_put_readings(rig->store, &row, 1, &rig->err), 0);
	ok(row.id != 0, "it is new");
	totals_add(&entry->whole, &row.reading);
	totals_add(&entry->phase, &row.reading);
	is_int(store_commit(rig->store, &rig->err), 0);
}

#endif
