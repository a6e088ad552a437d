/* From the log of readings to bundles: what is gathered, and when it is closed. */
#include "services/local-store/outbox/outbox_parts.h"

#include <errno.h>

#include "common/clock.h"

#define SCAN_ROWS    5000      /* of the log in one outbox_work() */
#define ALONG_US     CLOCK_SECOND  /* with a crate goes who would follow within it */

/* What the outbox cannot read or pack is somebody's damage: say so, now and then. */
static void
complain(struct outbox *o, const struct entry *entry, const struct err *err)
{
	if (!log_often(&o->unsent_often, o->now_us))
		return;
	log_warn("not_sent", "session=%s why=\"%s\" count=%llu", entry->row.id, err->text,
		 (unsigned long long)o->unsent_often.n);
	o->unsent_often.n = 0;
}

int
outbox_ship(struct outbox *o, struct entry *entry, const struct reading *rows, size_t n,
	    bool urgent, struct shipment **shipped, struct err *err)
{
	struct shipment *sh = shipment_new(o->store, o->gateway, entry, rows, n, err);

	if (!sh && err->code != EBADMSG)
		return -1;
	if (!sh || sh->n_damaged)
		complain(o, entry, err);
	if (!sh) {
		outbox_hold(o, entry, o->now_us);
		return 0;
	}
	sh->urgent = urgent;
	*o->shipments_end = sh;
	o->shipments_end = &sh->next;
	o->n_shipments++;
	*shipped = sh;
	return 1;
}

/* Also when it cannot be sent, the heap is gone. */
static int
ship_heap(struct outbox *o, struct heap *heap, bool urgent, struct err *err)
{
	struct shipment *sh = NULL;
	int r;

	heaps_take(&o->heaps, heap);
	r = outbox_ship(o, heap->entry, heap->rows, heap->n, urgent, &sh, err);
	if (r > 0 && sh) {
		sh->fresh = heap->first_id > o->maybe_sent;
		sh->first_id = heap->first_id;
		sh->last_id = heap->last_id;
	}
	heap_free(&heap);
	return r < 0 ? -1 : 0;
}

/* ---- gathering */

/*
 * When bundles do not leave, memory is no place to wait: the log is.  A little may be gathered
 * all the same, so that a short jam does not mean reading the log.  And readings wait until
 * the changes that earlier runs have left are on their way.
 */
static bool
takes_more(const struct outbox *o)
{
	size_t most = outbox_has_room(o, false) ? o->limits.open_rows : o->limits.open_rows / 8;

	return !o->due_on_disk && o->heaps.n_rows < most &&
	       o->heaps.full.n < o->limits.in_flight;
}

/* One row of the log, the next one, to its session's heap. */
static int
take_row(struct outbox *o, struct entry *entry, int64_t id, const struct reading *row,
	 struct err *err)
{
	o->scanned = id;
	if (id <= entry->scanned || entry->held_until_us)
		return 0;
	if (heaps_add(&o->heaps, entry, id, row, o->now_us) < 0)
		return err_set(err, ENOMEM, "out of memory");
	entry->scanned = id;
	o->ended_open |= !entry_active(entry);
	return 0;
}

int
outbox_take(struct outbox *o, const struct kept *rows, size_t n, int64_t now_us, struct err *err)
{
	const struct kept *row;

	o->now_us = now_us;
	for (row = rows; row < rows + n && row->id == o->scanned + 1 && takes_more(o); row++)
		if (take_row(o, row->entry, row->id, &row->reading, err) < 0)
			return -1;
	if (o->head < o->scanned)
		o->head = o->scanned;
	return 0;
}

/* A stretch of the log into the sessions' heaps. */
static int
scan(struct outbox *o, struct err *err)
{
	struct sqlite3_stmt *log;
	struct reading row;
	struct entry *entry;
	int64_t id, no;
	int n, r = 0;

	if (o->scanned >= o->head)
		return 0;
	log = store_log(o->store, o->scanned);
	for (n = 0; n < SCAN_ROWS && takes_more(o); n++) {
		if ((r = store_next(log, &id, &no, &row, err)) <= 0)
			break;
		entry = store_load_no(o->store, o->sessions, no, err);
		if (!entry && err->code != ENOENT && err->code != EBADMSG) {
			r = -1;
			break;
		}
		if (!entry) {
			o->scanned = id;
			continue;
		}
		if ((r = quarantine_has_reading(o->quarantine, id, err)) < 0)
			break;
		if (r)
			o->scanned = id;
		else if ((r = take_row(o, entry, id, &row, err)) < 0)
			break;
	}
	store_enough(log);
	if (r == 0 && n < SCAN_ROWS && takes_more(o))
		o->scanned = o->head;  /* the end: nothing was left out */
	return r < 0 ? -1 : 0;
}

/* Nothing more is to come for a session that has ended, once the log is read. */
static void
close_ended(struct outbox *o)
{
	struct heap *heap;

	if (!o->ended_open || o->scanned < o->head)
		return;
	for (heap = o->heaps.growing.first; heap; heap = heap->next)
		if (!entry_active(heap->entry))
			outbox_due(o, heap->entry);
	o->ended_open = false;
}

static int
close_full(struct outbox *o, struct err *err)
{
	while (o->heaps.full.first && outbox_has_room(o, false))
		if (ship_heap(o, o->heaps.full.first, false, err) < 0)
			return -1;
	return 0;
}

/* By age, with a crate also who is nearly of it; or when memory is short: well before its end, as then the log would have to be read. */
static int
close_old(struct outbox *o, struct err *err)
{
	size_t most = o->limits.open_rows;
	bool crowded = o->heaps.n_rows > most - most / 4;
	int64_t by_us = o->now_us;
	struct heap *oldest;

	while ((oldest = o->heaps.growing.first) && outbox_has_room(o, false)) {
		if (!crowded && by_us - oldest->opened_us < o->limits.wait_us)
			return 0;
		by_us = o->now_us + (o->pack ? ALONG_US : 0);
		crowded = crowded && o->heaps.n_rows > most / 2;
		if (ship_heap(o, oldest, false, err) < 0)
			return -1;
	}
	return 0;
}

/* The newest: after a long time without Postgres it is what people ask for first. */
static struct entry *
take_due(struct outbox *o)
{
	struct entry **at, **newest = &o->due, *entry;

	for (at = &o->due; *at; at = &(*at)->next_due)
		if ((*at)->row.hlc > (*newest)->row.hlc)
			newest = at;
	entry = *newest;
	*newest = entry->next_due;
	if (!*newest)
		o->due_end = newest;
	entry->due = false;
	return entry;
}

/* What earlier runs have left: a page of it, whenever all of the last one has gone. */
static int
find_due(struct outbox *o, struct err *err)
{
	struct entry *found[URGENT_EXTRA];
	size_t i, n;
	int more;

	if (o->due || !o->due_on_disk || !outbox_has_room(o, true))
		return 0;
	more = store_load_unsynced(o->store, o->sessions, &o->page, found, URGENT_EXTRA, &n, err);
	if (more < 0)
		return -1;
	for (i = 0; i < n; i++)
		if (!found[i]->n_shipped)
			outbox_due(o, found[i]);
	o->due_on_disk = more;
	return 0;
}

/*
 * A session with changed records; when it has ended its last readings go along.  Not before
 * its full heaps, though: progress is told in order.
 */
static int
close_changed(struct outbox *o, struct entry *entry, struct err *err)
{
	struct shipment *sh;

	if (entry->heap && !entry_active(entry)) {
		if (entry->n_heaps == 1)
			return ship_heap(o, entry->heap, true, err);
		heaps_finish(&o->heaps, entry);
	}
	return outbox_ship(o, entry, NULL, 0, true, &sh, err) < 0 ? -1 : 0;
}

static int
close_due(struct outbox *o, struct err *err)
{
	struct entry *entry;

	if (find_due(o, err) < 0)
		return -1;
	while (o->due && outbox_has_room(o, true)) {
		entry = take_due(o);
		if (!entry->held_until_us && close_changed(o, entry, err) < 0)
			return -1;
	}
	return 0;
}

/* A refused session starts again from what Postgres has of it. */
static void
release_held(struct outbox *o, int64_t now_us)
{
	struct entry *entry = NULL;

	while (o->n_held && (entry = sessions_next(o->sessions, entry)))
		if (entry->held_until_us && entry->held_until_us <= now_us) {
			entry->held_until_us = 0;
			entry->n_shipped--;
			o->n_held--;
			entry->scanned = entry->synced;
			if (entry->synced < o->scanned)
				o->scanned = entry->synced > o->floor ? entry->synced : o->floor;
			outbox_due(o, entry);
		}
}

int
outbox_work(struct outbox *o, int64_t now_us, struct err *err)
{
	o->now_us = now_us;
	release_held(o, now_us);
	if (close_due(o, err) < 0 || scan(o, err) < 0)
		return -1;
	close_ended(o);
	if (close_due(o, err) < 0 || close_full(o, err) < 0 || close_old(o, err) < 0)
		return -1;
	while (o->n_repairs && outbox_has_room(o, false))
		if (outbox_repair_next(o, err) < 0)
			return -1;
	if (o->due_on_disk && outbox_has_room(o, true))
		return 1;
	return o->scanned < o->head && takes_more(o);
}
