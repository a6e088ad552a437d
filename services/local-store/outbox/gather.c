/* From the log of readings to bundles: what is gathered, and when it is closed. */
#include "services/local-store/outbox/outbox_parts.h"

#include <errno.h>

#include "common/clock.h"

#define ALONG_US CLOCK_SECOND  /* with a crate goes who would follow within it */

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
	sh->made_us = o->now_us;
	*o->shipments_end = sh;
	o->shipments_end = &sh->next;
	o->n_shipments++;
	*shipped = sh;
	return 1;
}

/* Also when it cannot be sent, the heap is gone. */
static int
ship_heap(struct outbox *o, enum lane lane, struct heap *heap, bool urgent, struct err *err)
{
	struct shipment *sh = NULL;
	int r;

	outbox_leaves(o, lane, heap);
	if (outbox_mark(o, err) < 0)
		return -1;
	heaps_take(&o->heaps[lane], heap);
	r = outbox_ship(o, heap->entry, heap->rows, heap->n, urgent, &sh, err);
	if (r > 0 && sh) {
		sh->lane = lane;
		sh->fresh = outbox_is_unsent(o, heap);
		sh->first_id = heap->first_id;
		sh->last_id = heap->last_id;
	}
	heap_free(&heap);
	return r < 0 ? -1 : 0;
}

/* ---- closing */

/* Nothing more is to come for a session that has ended, once the log is read. */
static void
close_ended(struct outbox *o, enum lane lane)
{
	struct heap *heap;

	if (!o->ended_open[lane] || !outbox_is_read(o, lane))
		return;
	for (heap = o->heaps[lane].growing.first; heap; heap = heap->next)
		if (!entry_active(heap->entry))
			outbox_due(o, heap->entry);
	o->ended_open[lane] = false;
}

static int
close_full(struct outbox *o, enum lane lane, struct err *err)
{
	struct heap_list *full = &o->heaps[lane].full;

	while (full->first && outbox_has_room(o, lane))
		if (ship_heap(o, lane, full->first, false, err) < 0)
			return -1;
	return 0;
}

/* By age, with a crate also who is nearly of it; or when memory is short: well before its end,
 * as then the log would have to be read. */
static int
close_old(struct outbox *o, enum lane lane, struct err *err)
{
	bool crowded = outbox_is_crowded(o, lane, 3);
	int64_t by_us = o->now_us;
	struct heap *oldest;

	while ((oldest = o->heaps[lane].growing.first) && outbox_has_room(o, lane)) {
		if (!crowded && by_us - oldest->opened_us < o->limits.wait_us)
			return 0;
		by_us = o->now_us + (o->pack ? ALONG_US : 0);
		crowded = crowded && outbox_is_crowded(o, lane, 2);
		if (ship_heap(o, lane, oldest, false, err) < 0)
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

	if (o->due || !o->due_on_disk || !outbox_has_urgent_room(o))
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
	enum lane lane;

	for (lane = LIVE; lane < LANES && !entry_active(entry); lane++) {
		if (entry->heap[lane] && entry->n_heaps == 1)
			return ship_heap(o, lane, entry->heap[lane], true, err);
		heaps_finish(&o->heaps[lane], entry);
	}
	return outbox_ship(o, entry, NULL, 0, true, &sh, err) < 0 ? -1 : 0;
}

static int
close_due(struct outbox *o, struct err *err)
{
	struct entry *entry;

	if (find_due(o, err) < 0)
		return -1;
	while (o->due && outbox_has_urgent_room(o)) {
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
			if (outbox_read_again(o, entry) < 0)
				return;  /* when others have been */
			entry->held_until_us = 0;
			entry->n_shipped--;
			o->n_held--;
			outbox_due(o, entry);
		}
}

int
outbox_work(struct outbox *o, int64_t now_us, struct err *err)
{
	enum lane lane;

	o->now_us = now_us;
	release_held(o, now_us);
	if (close_due(o, err) < 0 || outbox_read(o, err) < 0)
		return -1;
	for (lane = LIVE; lane < LANES; lane++)
		close_ended(o, lane);
	if (close_due(o, err) < 0)
		return -1;
	for (lane = LIVE; lane < LANES; lane++)
		if (close_full(o, lane, err) < 0 || close_old(o, lane, err) < 0)
			return -1;
	outbox_watch_live(o);
	while (o->n_repairs && outbox_has_room(o, LATE))
		if (outbox_repair_next(o, err) < 0)
			return -1;
	return (o->due_on_disk && outbox_has_urgent_room(o)) || outbox_can_read(o);
}
