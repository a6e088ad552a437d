#include "services/local-store/restore/restored.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/clock.h"
#include "common/hlc.h"
#include "proto/columns.h"
#include "proto/ids.h"
#include "proto/records.h"
#include "services/local-store/retention/recall.h"

union record_of {
	struct session session;
	struct survey survey;
	struct event event;
	struct phase_stats phase_stats;
	struct progression progression;
	struct gap gap;
	uint8_t room[RECORDS_MAX];
};

/* One command on its way into the store. */
struct job {
	struct lifecycle *life;
	const struct restore *m;
	int64_t now_us;
	int64_t newest;         /* stamp among its records */
	struct entry *entry;    /* NULL: the session is not here yet */
	struct reading *rows;
	size_t n_rows;
	int64_t added, seen;
	int64_t recalled;       /* its own file had them: they were back before they were asked for */
	bool waits;             /* an older version of ours has to reach Postgres first */
};

/* ---- is it fit to be stored: nothing is written before all of it is */

static struct table *
table_of(struct lifecycle *life, const struct message *message)
{
	int i;

	for (i = 0; i < N_RECORDS; i++)
		if (table_message(store_records(life->store, i)) == message)
			return store_records(life->store, i);
	return NULL;
}

static const char *
session_of(const struct message *message, const void *record)
{
	int i = 0;

	while (strcmp(message->fields[i].name, "session_id") != 0)
		i++;
	return msg_str(&message->fields[i], record);
}

/* 1 another session of the device has a part of its span, and it was said; 0; -1. */
static int
is_taken(struct job *job, const struct session *row, struct effects *fx, struct err *err)
{
	struct lifecycle *life = job->life;
	struct entry *other;

	if (store_load_device(life->store, life->sessions, row->device_id, row->start_us, err) < 0)
		return -1;
	other = sessions_overlapping(life->sessions, row->device_id, row->start_us, row->end_us);
	if (!other || other == job->entry)
		return 0;
	return !effects_refuse(fx, "records", "this device has another session within that time here (%s)",
			       other->row.id);
}

/* 1 refused, 0 fine, -1. */
static int
check_session(struct job *job, const struct session *row, struct effects *fx, struct err *err)
{
	const struct session *here = job->entry ? &job->entry->row : NULL;
	ids_uuid id;

	ids_session(row->local_session_id, id);
	if (strcmp(row->id, job->m->session_id) != 0 || strcmp(row->id, id) != 0)
		return !effects_refuse(fx, "records", "the session's id is not that of %s",
				       row->local_session_id);
	if (row->status == SESSION_ACTIVE || row->end_us == MSG_NONE || row->end_us < row->start_us)
		return !effects_refuse(fx, "records", "the session is not over: it is where it runs");
	if (here && (strcmp(here->user_id, row->user_id) || strcmp(here->device_id, row->device_id) ||
		     here->start_us != row->start_us))
		return !effects_refuse(fx, "records", "the session is here as one of another person, device or time");
	return is_taken(job, row, fx, err);
}

static int
check_record(struct job *job, const struct message *message, const union record_of *record,
	     struct effects *fx)
{
	struct table *table = table_of(job->life, message);
	int64_t hlc;

	if (!table)
		return !effects_refuse(fx, "records", "%s is no record of a session", message->name);
	if (strcmp(session_of(message, record), job->m->session_id) != 0)
		return !effects_refuse(fx, "records", "%s: of another session", message->name);
	if (message == &msg_event && !*record->event.id)
		return !effects_refuse(fx, "records", "event: without id");
	hlc = table_version(table, record);
	job->newest = hlc > job->newest ? hlc : job->newest;
	return 0;
}

static int
check_records(struct job *job, struct effects *fx, struct err *err)
{
	struct records all = {job->m->records.bytes, job->m->records.bytes + job->m->records.len};
	const struct message *message;
	union record_of record;
	bool has_row = job->entry != NULL;
	int r, refused;

	while ((r = records_next(&all, &message, &record, err)) > 0) {
		if (message == &msg_session) {
			refused = check_session(job, &record.session, fx, err);
			job->newest = record.session.hlc > job->newest ? record.session.hlc : job->newest;
			has_row = true;
		} else if (!has_row) {
			refused = !effects_refuse(fx, "records", "the session's row must come first");
		} else {
			refused = check_record(job, message, &record, fx);
		}
		if (refused)
			return refused;
	}
	if (r < 0)
		return !effects_refuse(fx, "records", "%s", err->text);
	if (!has_row)
		return !effects_refuse(fx, "session_id", "no such session on this gateway: %s", job->m->session_id);
	if (hlc_merge(job->life->hlc, job->newest, job->now_us) < 0)
		return !effects_refuse(fx, "records", "a stamp is more than a minute ahead of this gateway's clock");
	return 0;
}

static int
check_readings(struct job *job, struct effects *fx)
{
	struct err bad;

	if (!job->m->count)
		return 0;
	if (job->m->count > job->life->room)
		return !effects_refuse(fx, "count", "not stored: the database is at its cap "
				       "(local-store/database-most-mb)");
	job->life->room -= job->m->count;
	job->rows = calloc((size_t)job->m->count, sizeof(*job->rows));
	ASSERT(job->rows);
	if (columns_unpack(&msg_reading, job->m->columns.bytes, job->m->columns.len, job->rows,
			   (size_t)job->m->count, &job->n_rows, &bad) < 0)
		return !effects_refuse(fx, "columns", "%s", bad.text);
	return 0;
}

/* ---- into the store */

/* 1: row `no` is a change that Postgres has yet to see.  Though older it goes there first, as the
 * version that loses is kept there; what won then comes another time.  0; -1. */
static int
is_on_its_way(struct job *job, struct table *table, int64_t no, struct err *err)
{
	union record_of record;
	int64_t waiting;
	int r = table_unsynced(table, job->m->session_id, no - 1, &waiting, &record, err);

	if (r < 0)
		return err->code == EBADMSG ? 0 : -1;
	r = r && waiting == no;
	job->waits |= r;
	return r;
}

static int
put_session(struct job *job, const struct session *row, struct err *err)
{
	struct store *store = job->life->store;
	struct entry *entry = job->entry;
	int64_t no;
	int stays = entry && entry->row.hlc >= row->hlc;

	if (entry && !stays && (stays = is_on_its_way(job, store_sessions(store), entry->no, err)) < 0)
		return -1;
	if (stays) {
		job->seen++;
		return 0;
	}
	if (table_put(store_sessions(store), row, &no, err) < 0 ||
	    table_synced(store_sessions(store), no, row->hlc, err) < 0)
		return -1;
	job->added++;
	if (entry) {
		entry->row = *row;
		return 0;
	}
	/* what the log has so far is not of this session */
	job->entry = entry = sessions_add(job->life->sessions, row, no);
	entry->synced = entry->arrived = entry->scanned = store_last_reading(store);
	return store_put_sync(store, entry, "completed", job->now_us, err);
}

static int
put_record(struct job *job, const struct message *message, const union record_of *record,
	   struct err *err)
{
	struct table *table = table_of(job->life, message);
	union record_of old;
	int64_t no;
	int found = table_find(table, record, &no, &old, err), stays;

	if (found < 0)
		return -1;
	stays = found && table_version(table, &old) >= table_version(table, record);
	if (found && !stays && (stays = is_on_its_way(job, table, no, err)) < 0)
		return -1;
	if (stays) {
		job->seen++;
		return 0;
	}
	job->added++;
	if (table_put(table, record, &no, err) < 0)
		return -1;
	return table_synced(table, no, table_version(table, record), err);
}

static int
put_records(struct job *job, struct err *err)
{
	struct records all = {job->m->records.bytes, job->m->records.bytes + job->m->records.len};
	const struct message *message;
	union record_of record;
	int r;

	while ((r = records_next(&all, &message, &record, err)) > 0) {
		r = message == &msg_session ? put_session(job, &record.session, err)
					    : put_record(job, message, &record, err);
		if (r < 0)
			return -1;
	}
	return r;
}

/* They are in Postgres: unless others of the session wait to go there, all of it is. */
static int
settle(struct job *job, int64_t first, int64_t last, struct err *err)
{
	struct entry *entry = job->entry;
	int waits = store_waits(job->life->store, entry, first, err);

	if (waits)
		return waits < 0 ? -1 : 0;
	entry->synced = entry->arrived = entry->scanned = last;
	return store_put_sync(job->life->store, entry, "completed", job->now_us, err);
}

static int
put_readings(struct job *job, struct err *err)
{
	int64_t first = 0, last = 0;
	struct kept some[64];
	size_t i, k, now;
	uint64_t back;

	for (i = 0; i < job->n_rows; i += now) {
		now = job->n_rows - i < 64 ? job->n_rows - i : 64;
		for (k = 0; k < now; k++)
			some[k] = (struct kept){.entry = job->entry, .reading = job->rows[i + k]};
		back = job->life->counts.readings_recalled;
		if (recall_rows(job->life, some, now, job->now_us, err) < 0 ||
		    store_put_readings(job->life->store, some, now, err) < 0)
			return -1;
		job->recalled += (int64_t)(job->life->counts.readings_recalled - back);
		for (k = 0; k < now; k++) {
			if (some[k].id && recall_returned(job->life, job->entry, &some[k].reading, err) < 0)
				return -1;
			job->seen += !some[k].id;
			job->added += some[k].id != 0;
			first = first ? first : some[k].id;
			last = some[k].id ? some[k].id : last;
		}
	}
	return first ? settle(job, first, last, err) : 0;
}

/* What happens here from now on is newer. */
static int
put_clock(struct job *job, struct err *err)
{
	int64_t hlc = hlc_merge(job->life->hlc, job->newest, job->now_us);

	if (hlc == job->life->hlc)
		return 0;
	job->life->hlc = hlc;
	return store_put_setting(job->life->store, "hlc", hlc, err);
}

/* 1 refused, 0, -1. */
static int
check(struct job *job, struct effects *fx, struct err *err)
{
	int r;

	job->entry = store_load_id(job->life->store, job->life->sessions, job->m->session_id, err);
	if (!job->entry && err->code != ENOENT)
		return -1;
	if (job->entry && entry_active(job->entry))
		return !effects_refuse(fx, "session_id", "this session runs here");
	if ((r = check_records(job, fx, err)) != 0)
		return r;
	return check_readings(job, fx);
}

int
restored_apply(struct lifecycle *life, const struct restore *m, int64_t now_us,
	      struct effects *fx, struct err *err)
{
	struct job job = {.life = life, .m = m, .now_us = now_us};
	int r = check(&job, fx, err);

	if (r == 0 && (put_records(&job, err) < 0 || put_readings(&job, err) < 0 || put_clock(&job, err) < 0))
		r = -1;
	if (r == 0) {
		(void)effects_accept(fx, m->session_id, false, "restored");
		fx->reply.added = job.added + job.recalled;
		fx->reply.seen = job.seen > job.recalled ? job.seen - job.recalled : 0;
		if (job.waits)
			(void)snprintf(fx->reply.field, sizeof(fx->reply.field), "waiting");
		fx->entry = job.entry;
		fx->arrived = true;
	}
	free(job.rows);
	return r < 0 ? -1 : 0;
}
