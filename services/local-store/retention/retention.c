#include "services/local-store/retention/retention.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <uuid/uuid.h>

#include "common/clock.h"
#include "common/db.h"
#include "common/fault.h"
#include "proto/records.h"
#include "services/local-store/retention/out_archive.h"
#include "services/local-store/retention/recall.h"

#define SLICE_US    (CLOCK_SECOND / 50)
#define RESTS       9                    /* times as long as a slice took, when there is time */
#define IDLE_US     (60 * CLOCK_SECOND)  /* nobody may leave: looked at again after so long … */
#define SOON_US     CLOCK_SECOND         /* … or so, where nothing is kept or room is short */
#define REMOVE_ROWS 250                  /* in one transaction */
#define CROWD_ROWS  500                  /* of a session that runs no fewer leave together, while there is room */
#define DAY_US      (86400 * CLOCK_SECOND)
#define KEEP_FREE   256                  /* pages, or an eighth of the file: new rows come */
#define GIVE_PAGES  64

struct retention {
	struct lifecycle *life;
	int64_t keep_us;
	struct shares shares;
	enum { FIND, GATHER, WRITE, REMOVE_SOME } doing;
	int64_t due_us;
	int64_t synced_us, no;           /* the candidate, and where the search goes on */
	int64_t crowd_no;                /* likewise, among those that run */
	bool is_crowding, is_left;       /* of the candidate something has to stay */
	bool is_full;                    /* nothing new can come */
	int64_t at_us, step_us;          /* gathered up to there; so much of time in one query */
	struct archive draft;            /* what leaves */
	struct part part;
	size_t removed;
	char trouble[300];
};

struct retention *
retention_new(struct lifecycle *life, int64_t keep_us, const struct shares *shares)
{
	struct retention *r = calloc(1, sizeof(*r));

	ASSERT(r);
	r->life = life;
	r->keep_us = keep_us;
	r->shares = *shares;
	r->synced_us = -1;
	return r;
}

void
retention_free(struct retention **retention)
{
	free(*retention);
	*retention = NULL;
}

/* Files cannot be written or read: this session stays, and it is told. */
static int
give_up(struct retention *r, int64_t mono_us, const struct err *why)
{
	(void)snprintf(r->trouble, sizeof(r->trouble), "%s", why->text);
	r->doing = FIND;
	r->due_us = mono_us + IDLE_US;
	return 0;
}

/* ---- who */

/* Something is to be sent of it, or counted again. */
static bool
is_busy(const struct entry *e)
{
	return e->due || e->stale || e->held_until_us || (!entry_active(e) && (e->n_shipped || e->n_heaps));
}

/* 1 and *entry; 0 not now; -1. */
static int
load(struct retention *r, struct entry **entry, struct err *err)
{
	*entry = store_load_no(r->life->store, r->life->sessions, r->is_crowding ? r->crowd_no : r->no, err);
	if (!*entry)
		return err->code == ENOENT || err->code == EBADMSG ? 0 : -1;
	return !is_busy(*entry);
}

/* A part that was under way when we were killed: what is in its file goes on leaving. */
static int
resume(struct retention *r, int64_t mono_us, struct err *err)
{
	struct entry *entry;
	struct err why;

	entry = store_load_no(r->life->store, r->life->sessions, r->part.session_no, err);
	if (!entry)
		return -1;
	if (!recall_read(r->life->archive, &entry->row, &r->part, &r->draft, &why)) {
		r->part.state = PART_ARCHIVED;  /* what has gone of it has gone; the rest stays */
		if (store_begin(r->life->store, err) < 0 || store_put_part(r->life->store, &r->part, err) < 0 ||
		    store_commit(r->life->store, err) < 0)
			return -1;
		return give_up(r, mono_us, &why);
	}
	r->at_us = INT64_MIN;
	r->removed = 0;
	r->doing = REMOVE_SOME;
	return 1;
}

static int
find(struct retention *r, int64_t percent, int64_t mono_us, int64_t utc_us, struct err *err)
{
	struct store *store = r->life->store;
	int got = store_part_leaving(store, &r->part, err);

	if (got)
		return got < 0 ? -1 : resume(r, mono_us, err);
	r->is_crowding = false;
	got = store_aged(store, &r->synced_us, &r->no, policy_horizon(r->keep_us, percent, utc_us), err);
	if (got == 0 && policy_crowded(percent)) {
		r->is_crowding = true;
		got = store_crowding(store, &r->crowd_no, err);
	}
	if (got > 0) {
		r->doing = GATHER;
		r->at_us = INT64_MIN;
		r->is_left = false;
		return 1;
	}
	r->synced_us = -1;
	r->no = r->crowd_no = 0;
	r->due_us = mono_us + (r->keep_us && !policy_crowded(percent) ? IDLE_US : SOON_US);
	return got;
}

/* ---- what */

static void
begin_part(struct retention *r, const struct entry *entry)
{
	r->draft.session = entry->row;
	r->draft.n = 0;
	if (r->at_us == INT64_MIN)
		r->at_us = entry->row.start_us;
	r->step_us = 60 * CLOCK_SECOND;
}

/* Readings of a stretch of time; what Postgres lacks stays, and so does the log's last row, whose
 * id is how ids go on. */
static int
take_stretch(struct retention *r, const struct entry *entry, int64_t to_us, struct err *err)
{
	int64_t id, no, newest = store_last_reading(r->life->store);
	struct sqlite3_stmt *rows = store_range(r->life->store, entry->no, r->at_us, to_us);
	int got = 0;

	while (r->draft.n < ARCHIVE_ROWS &&
	       (got = store_next(rows, &id, &no, &r->draft.rows[r->draft.n], err)) > 0) {
		r->at_us = r->draft.rows[r->draft.n].taken_us;
		if (id > entry->synced || id == newest)
			r->is_left = true;
		else
			r->draft.n++;
	}
	store_enough(rows);
	if (got == 0 && r->draft.n < ARCHIVE_ROWS)
		r->at_us = to_us + 1;
	return got < 0 ? -1 : 0;
}

/* Nothing more of it can leave. */
static int
end_session(struct retention *r, struct entry *entry, int64_t utc_us, struct err *err)
{
	struct store *store = r->life->store;
	bool is_done = !r->is_left && !r->is_crowding && entry->n_archived;

	r->doing = FIND;
	sessions_trim(r->life->sessions, entry->row.device_id);
	if (!is_done)
		return 0;
	if (store_begin(store, err) < 0 || store_complete_parts(store, r->no, utc_us, err) < 0)
		return -1;
	return store_commit(store, err) < 0 ? -1 : 1;
}

static int
gather(struct retention *r, int64_t mono_us, int64_t utc_us, struct err *err)
{
	struct entry *entry;
	int64_t end_us, to_us, began;
	int got = load(r, &entry, err);

	if (got <= 0) {
		r->doing = FIND;
		return got;
	}
	if (r->at_us == INT64_MIN || !r->draft.n)
		begin_part(r, entry);
	end_us = entry->row.end_us == MSG_NONE ? utc_us : entry->row.end_us;
	while (r->draft.n < ARCHIVE_ROWS && r->at_us <= end_us && clock_mono_us() - mono_us < SLICE_US) {
		to_us = r->at_us + r->step_us - 1 < end_us ? r->at_us + r->step_us - 1 : end_us;
		began = clock_mono_us();
		if (take_stretch(r, entry, to_us, err) < 0)
			return -1;
		if (clock_mono_us() - began < SLICE_US / 4 && r->step_us < DAY_US)
			r->step_us *= 2;
		else if (clock_mono_us() - began > SLICE_US && r->step_us > CLOCK_SECOND)
			r->step_us /= 2;
	}
	if (r->draft.n < ARCHIVE_ROWS && r->at_us <= end_us)
		return 0;  /* more of it in the next slice */
	if (!r->draft.n || (r->is_crowding && !r->is_full && r->draft.n < CROWD_ROWS))
		return end_session(r, entry, utc_us, err);
	r->doing = WRITE;
	return 0;
}

/* ---- into the file */

/* 1 all of the kind are in, 0 there is no more room, -1. */
static int
add_kind(struct archive *a, struct table *table, struct err *err)
{
	sqlite3_stmt *all = table_all(table, a->session.id, err);
	uint8_t record[RECORDS_MAX];
	int got = all ? 1 : -1;

	while (got > 0 && (got = db_step(all, err)) > 0)
		if (table_read(table, all, 0, record, err) == 0 &&
		    records_add(a->records, ARCHIVE_RECORDS, &a->records_len, table_message(table), record, err) < 0)
			break;
	db_finalize(&all);
	return got < 0 ? -1 : !got;
}

/* The session's row, and as many of its records as there is room for. */
static int
add_records(struct retention *r, struct err *err)
{
	struct archive *a = &r->draft;
	int kind, more = 1;

	a->records_len = 0;
	if (records_add(a->records, ARCHIVE_RECORDS, &a->records_len, &msg_session, &a->session, err) < 0)
		return -1;
	for (kind = 0; more > 0 && kind < N_RECORDS; kind++)
		more = add_kind(a, store_records(r->life->store, (enum record)kind), err);
	return more < 0 ? -1 : 0;
}

/* Written, and what was written is what can be read: 0, or -1 and why the file is not good. */
static int
make_file(struct retention *r, struct err *err)
{
	uint8_t *bytes = malloc(ARCHIVE_BYTES);
	char name[ARCHIVE_NAME];
	size_t len;
	int done;

	ASSERT(bytes);
	(void)archive_name(&r->draft.session, r->part.number, name);
	done = archive_pack(&r->draft, bytes, &len, err);
	if (done == 0)
		done = archive_write(r->life->archive, name, bytes, len, err);
	free(bytes);
	if (done < 0)
		return -1;
	r->part.readings = (int64_t)r->draft.n;
	r->part.from_us = r->draft.from_us;
	r->part.to_us = r->draft.to_us;
	r->part.bytes = (int64_t)len;
	(void)snprintf(r->part.sha256, sizeof(r->part.sha256), "%s", r->draft.sha256);
	FAULT("local-store.archived");
	return recall_read(r->life->archive, &r->draft.session, &r->part, &r->draft, err) ? 0 : -1;
}

static int
write_part(struct retention *r, int64_t mono_us, int64_t utc_us, struct err *err)
{
	struct store *store = r->life->store;
	struct entry *entry;
	struct err why;
	int got = load(r, &entry, err);

	if (got <= 0) {
		r->doing = FIND;
		return got;
	}
	r->part = (struct part){.session_no = entry->no, .state = PART_LEAVING, .at_us = utc_us};
	if (store_part_number(store, entry->no, &r->part.number, err) < 0)
		return -1;
	r->draft.part = r->part.number;
	r->draft.made_us = utc_us;
	if (add_records(r, &why) < 0 || make_file(r, &why) < 0)
		return give_up(r, mono_us, &why);
	if (store_begin(store, err) < 0 || store_put_part(store, &r->part, err) < 0)
		return -1;
	FAULT("local-store.noted");
	if (store_commit(store, err) < 0)
		return -1;
	entry->n_archived++;
	r->removed = 0;
	r->doing = REMOVE_SOME;
	r->life->counts.files_archived++;
	r->trouble[0] = 0;
	return 1;
}

/* ---- out of the store */

/* Somebody may have called it back since. */
static int
still_leaves(struct retention *r, struct err *err)
{
	struct part now;
	int got = store_part(r->life->store, r->part.session_no, r->part.number - 1, &now, err);

	return got <= 0 ? got
			: now.number == r->part.number && now.state == PART_LEAVING &&
				  !strcmp(now.sha256, r->part.sha256);
}

static int
remove_one(struct retention *r, struct row *row, struct err *err)
{
	int gone = store_remove_reading(r->life->store, r->part.session_no, &row->reading, err);

	if (gone > 0) {
		digest_add(&r->part.gone, row);
		r->life->counts.readings_archived++;
	}
	return gone;
}

/* Ids are dense: their highest less this is how many readings there are. */
static int
count_removed(struct store *store, int64_t n, struct err *err)
{
	int64_t before;

	if (!n)
		return 0;
	return store_setting(store, "readings_removed", 0, &before, err) < 0
		       ? -1 : store_put_setting(store, "readings_removed", before + n, err);
}

static int
remove_some(struct retention *r, int64_t utc_us, struct err *err)
{
	struct store *store = r->life->store;
	struct row row = {0};
	size_t end = r->removed + REMOVE_ROWS < r->draft.n ? r->removed + REMOVE_ROWS : r->draft.n;
	uint64_t before = r->part.gone.count;
	int got = still_leaves(r, err);

	if (got <= 0) {
		r->doing = FIND;
		return got;
	}
	(void)uuid_parse(r->draft.session.user_id, row.user);
	if (store_begin(store, err) < 0)
		return -1;
	for (; r->removed < end; r->removed++) {
		row.reading = r->draft.rows[r->removed];
		row.is_valid = !row.reading.invalid;
		if (remove_one(r, &row, err) < 0)
			return -1;
	}
	r->part.at_us = utc_us;
	r->part.state = end == r->draft.n ? PART_ARCHIVED : PART_LEAVING;
	if (store_put_part(store, &r->part, err) < 0 ||
	    count_removed(store, (int64_t)(r->part.gone.count - before), err) < 0)
		return -1;
	FAULT("local-store.removed");
	if (store_commit(store, err) < 0)
		return -1;
	FAULT("local-store.left");
	if (r->part.state == PART_ARCHIVED) {
		r->draft.n = 0;
		r->doing = r->at_us == INT64_MIN ? FIND : GATHER;
	}
	return 1;
}

/* Free pages, beyond what new rows will soon need, go back to the disk. */
static int
give_back(struct retention *r, struct err *err)
{
	int64_t bytes, used, most = KEEP_FREE * 4096;

	if (store_size(r->life->store, &bytes, &used, err) < 0)
		return -1;
	most = bytes / 8 > most ? bytes / 8 : most;
	if (bytes - used <= most)
		return 0;
	if (store_give_back(r->life->store, GIVE_PAGES, err) < 0)
		return -1;
	return 1;
}

/* ---- slices */

static int
step(struct retention *r, int64_t percent, int64_t mono_us, int64_t utc_us, struct err *err)
{
	int gave;

	switch (r->doing) {
	case FIND:
		gave = give_back(r, err);
		return gave ? gave : find(r, percent, mono_us, utc_us, err);
	case GATHER:
		return gather(r, mono_us, utc_us, err);
	case WRITE:
		return write_part(r, mono_us, utc_us, err);
	case REMOVE_SOME:
		return remove_some(r, utc_us, err);
	}
	return 0;
}

int
retention_work(struct retention *r, int64_t percent, int64_t mono_us, int64_t utc_us, struct err *err)
{
	int64_t took;
	int done;

	if (mono_us < r->due_us)
		return 0;
	r->is_full = percent >= 100;
	done = step(r, percent, mono_us, utc_us, err);
	took = clock_mono_us() - mono_us;
	if (r->due_us <= mono_us)
		r->due_us = mono_us + took + took * (policy_crowded(percent) ? 1 : RESTS);
	return done;
}

int64_t
retention_wake_us(const struct retention *r)
{
	return r->due_us;
}

const char *
retention_trouble(const struct retention *r)
{
	return r->trouble;
}
