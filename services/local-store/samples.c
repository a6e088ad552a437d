#include "services/local-store/samples.h"

#include <string.h>

#include "common/clock.h"
#include "services/local-store/clocks.h"
#include "services/local-store/recount.h"
#include "services/local-store/retention/recall.h"

#define WAITING 64  /* stored together */

void
samples_forget(struct samples *s)
{
	s->n_heard = s->n_rows = s->n_settled = s->n_started = s->n_taken = 0;
}

/* A place for one more spool; one that owes nothing gives way, as the disk remembers it. */
static struct heard *
place(struct samples *s)
{
	struct heard *h;
	size_t i;

	if (s->n_heard < SAMPLES_SPOOLS)
		return &s->heard[s->n_heard++];
	for (i = 0; i < SAMPLES_SPOOLS; i++) {
		h = &s->heard[s->next_heard++ % SAMPLES_SPOOLS];
		if (h->upto == h->saved && !h->touched)
			return h;
	}
	return NULL;
}

/* 1 and *heard; 0 too many speak at once: it will come again; -1. */
static int
find_heard(struct samples *s, struct store *store, int64_t spool, struct heard **heard,
	   struct err *err)
{
	struct heard *h, found = {.spool = spool};
	int r;

	for (h = s->heard; h < s->heard + s->n_heard; h++)
		if (h->spool == spool) {
			*heard = h;
			return 1;
		}
	if ((r = store_spool(store, spool, &found.upto, err)) < 0)
		return -1;
	found.known = r;
	found.saved = found.upto;
	if (!(*heard = place(s)))
		return 0;
	**heard = found;
	return 1;
}

/* Of the stream as it is received, by the clock as it is set, which a spool counts; what a device or a
 * file had kept has an epoch of its own.  A spool may carry what an earlier one had: 1, 0, -1. */
static int
is_live(struct lifecycle *life, int64_t spool, int64_t epoch, struct err *err)
{
	int64_t upto;

	return spool == epoch ? 1 : store_spool(life->store, epoch, &upto, err);
}

static int
session_at(struct lifecycle *life, const char *device_id, int64_t taken_us, bool live,
	   struct entry **entry, struct err *err)
{
	*entry = sessions_at(life->sessions, device_id, taken_us, live);
	if (*entry || sessions_know(life->sessions, device_id, taken_us))
		return 0;
	if (store_load_device(life->store, life->sessions, device_id, taken_us, err) < 0)
		return -1;
	*entry = sessions_at(life->sessions, device_id, taken_us, live);
	return 0;
}

/* The first reading of a session tells what kind of data it is. */
static int
learn_source(struct samples *s, struct lifecycle *life, struct outbox *outbox,
	     struct entry *entry, int64_t data_source, int64_t now_us, struct err *err)
{
	if (entry->row.data_source != DATA_SOURCE_UNKNOWN || data_source == DATA_SOURCE_UNKNOWN ||
	    s->n_started == SAMPLES_STARTED)
		return 0;
	entry->row.data_source = data_source;
	s->started[s->n_started++] = entry;
	outbox_due(outbox, entry);
	return lifecycle_touch(life, entry, now_us, err);
}

/* What a reading that is new leads to. */
static int
count_reading(struct samples *s, struct lifecycle *life, struct outbox *outbox,
	      const struct kept *row, int64_t now_us, struct err *err)
{
	struct entry *entry = row->entry;

	totals_add(&entry->whole, &row->reading);
	if (entry_in_last_phase(entry, row->us))
		totals_add(&entry->phase, &row->reading);
	else if (entry->n_spans && recount_late(life, entry, err) < 0)
		return -1;
	if (!entry_active(entry) && recount_late(life, entry, err) < 0)
		return -1;
	return learn_source(s, life, outbox, entry, row->reading.data_source, now_us, err);
}

int
samples_settle(struct samples *s, struct lifecycle *life, struct outbox *outbox, int64_t now_us,
	       struct err *err)
{
	struct kept *row = &s->rows[s->n_settled];

	if (s->n_settled == s->n_rows)
		return 0;
	if (store_begin(life->store, err) < 0 || recall_rows(life, row, s->n_rows - s->n_settled, now_us, err) < 0 ||
	    store_put_readings(life->store, row, s->n_rows - s->n_settled, err) < 0)
		return -1;
	for (; row < s->rows + s->n_rows; row++) {
		s->n_stored += row->id != 0;
		s->n_seen += !row->id;
		if (row->id && count_reading(s, life, outbox, row, now_us, err) < 0)
			return -1;
	}
	s->n_settled = s->n_rows;
	return 0;
}

int
samples_ship(struct samples *s, struct outbox *outbox, struct err *err)
{
	int r = outbox_take(outbox, s->rows, s->n_settled, clock_mono_us(), err);

	ASSERT(s->n_settled == s->n_rows);
	s->n_rows = s->n_settled = 0;
	return r;
}

static int
take_reading(struct samples *s, struct lifecycle *life, struct outbox *outbox,
	     const struct sample *sample, int64_t now_us, struct err *err)
{
	int live = is_live(life, sample->spool, sample->epoch, err);
	struct kept *row;

	if (live < 0)
		return -1;
	if (s->n_rows == SAMPLES_ROWS)
		s->n_rows = s->n_settled = 0;  /* more than is kept: the outbox reads them from disk */
	row = &s->rows[s->n_rows];
	if (session_at(life, sample->device_id, sample->taken_us, live, &row->entry, err) < 0)
		return -1;
	if (!row->entry) {
		s->n_outside++;
		return 0;
	}
	row->us = entry_time_us(row->entry, sample->taken_us, live);
	intake_reading(sample, row->entry, row->us, &row->reading);
	s->n_rows++;
	if (s->n_rows - s->n_settled < WAITING && s->n_rows < SAMPLES_ROWS)
		return 0;
	return samples_settle(s, life, outbox, now_us, err);
}

/* Whose gap it is: that of the value behind it, else of the one before; a step of the clock is
 * that of the session which ran. */
static int
session_of_gap(struct lifecycle *life, const struct gap *gap, struct entry **entry, struct err *err)
{
	int live = is_live(life, gap->spool, gap->epoch, err);

	if (live < 0)
		return -1;
	if (gap->reason == GAP_CLOCK_STEP)
		return session_at(life, gap->device_id, gap->from_us, live, entry, err);
	if (session_at(life, gap->device_id, gap->to_us, live, entry, err) < 0)
		return -1;
	return *entry ? 0 : session_at(life, gap->device_id, gap->from_us, live, entry, err);
}

static int
take_gap(struct samples *s, struct lifecycle *life, struct outbox *outbox, const struct gap *gap,
	 int64_t now_us, struct err *err)
{
	struct table *table = store_records(life->store, RECORD_GAP);
	struct gap kept = *gap;
	struct entry *entry;
	int64_t no;
	int seen;

	/* after a power cut another spool may bring it again: a step counts once */
	if ((seen = table_find(table, gap, &no, NULL, err)) != 0)
		return seen < 0 ? -1 : 0;
	if (session_of_gap(life, gap, &entry, err) < 0 ||
	    (gap->reason == GAP_CLOCK_STEP && clocks_step(life, gap, now_us, err) < 0))
		return -1;
	if (!entry)
		return 0;
	memcpy(kept.session_id, entry->row.id, sizeof(kept.session_id));
	s->n_gaps++;
	if (store_begin(life->store, err) < 0 || table_put(table, &kept, NULL, err) < 0)
		return -1;
	outbox_due(outbox, entry);
	return 0;
}

int
samples_take(struct samples *s, struct lifecycle *life, struct outbox *outbox,
	     const struct message *message, const void *msg, int64_t now_us, struct err *err)
{
	const struct sample *sample = msg;  /* gap begins with the same two fields, resume with one */
	struct heard *heard;
	int r = find_heard(s, life->store, sample->spool, &heard, err);

	if (r <= 0) {
		s->n_holes += !r;
		return r;
	}
	if (message == &msg_resume) {
		s->n_skipped += (uint64_t)intake_resume(heard, ((const struct resume *)msg)->from);
		return 0;
	}
	switch (intake_pos(heard, sample->pos)) {
	case INTAKE_SEEN:
		s->n_seen++;
		return 0;
	case INTAKE_HOLE:
		s->n_holes++;
		return 0;
	case INTAKE_NEW:
		break;
	}
	s->n_taken++;
	return message == &msg_gap ? take_gap(s, life, outbox, msg, now_us, err)
				   : take_reading(s, life, outbox, sample, now_us, err);
}

int
samples_save(struct samples *s, struct store *store, struct err *err)
{
	struct heard *h;

	ASSERT(s->n_settled == s->n_rows);
	for (h = s->heard; h < s->heard + s->n_heard; h++)
		if (h->upto != h->saved && (store_begin(store, err) < 0 ||
		    store_put_spool(store, h->spool, h->upto, err) < 0))
			return -1;
	return 0;
}
