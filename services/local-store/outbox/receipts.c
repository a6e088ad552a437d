/* From receipts to how far each session has come in Postgres. */
#include "services/local-store/outbox/outbox_parts.h"

#include <string.h>

#include "common/clock.h"

/* Where a restart must read from: before anything that is not known to be in Postgres. */
static int64_t
new_floor(const struct outbox *o)
{
	int64_t floor = o->scanned;
	const struct shipment *sh;

	for (sh = o->shipments; sh; sh = sh->next)
		if (sh->first_id && sh->first_id <= floor)
			floor = sh->first_id - 1;
	floor = heaps_first_id(&o->heaps, floor + 1) - 1;
	return o->n_held && floor > o->floor ? o->floor : floor;
}

/* Frees what is done, in order: `synced` may not jump over a bundle without receipt. */
static void
advance(struct outbox *o, struct entry *entry)
{
	struct shipment *sh, *next;
	bool in_order = true;

	for (sh = o->shipments; sh; sh = next) {
		next = sh->next;
		if (sh->entry != entry)
			continue;
		if (!sh->done) {
			in_order &= !sh->last_id;
			continue;
		}
		if (sh->last_id && !in_order)
			continue;
		if (sh->last_id > entry->synced)
			entry->synced = sh->last_id;
		outbox_drop(o, sh);
	}
}

int
outbox_save(struct outbox *o, struct err *err)
{
	int64_t floor;

	if (!o->floor_due)
		return 0;
	floor = new_floor(o);
	if (floor != o->floor && store_put_setting(o->store, "synced_floor", floor, err) < 0)
		return -1;
	o->floor = floor;
	o->floor_due = false;
	return 0;
}

static bool
is_under_way(const struct entry *entry)
{
	return entry->n_shipped || entry->n_heaps || entry->due || entry_active(entry);
}

/* While the log has not been read to its end, more of the session may stand there. */
static const char *
progress(struct outbox *o, struct entry *entry)
{
	entry->unsettled = !is_under_way(entry) && o->scanned < o->head;
	o->unsettled |= entry->unsettled;
	return is_under_way(entry) || entry->unsettled ? "syncing" : "completed";
}

/* Whatever else: as long as something of it is in quarantine it has not all arrived. */
static int
save_end(struct outbox *o, const struct entry *entry, const char *status, struct err *err)
{
	int held = quarantine_has_session(o->quarantine, entry->no, err);

	if (held < 0)
		return -1;
	return store_put_sync(o->store, entry, held ? "failed" : status, clock_utc_us(), err);
}

/* The log has been read: those of which there was no more are completed. */
static int
settle(struct outbox *o, struct err *err)
{
	struct entry *entry = NULL;

	if (!o->unsettled || o->scanned < o->head)
		return 0;
	while ((entry = sessions_next(o->sessions, entry))) {
		if (entry->unsettled && !is_under_way(entry) &&
		    save_end(o, entry, "completed", err) < 0)
			return -1;
		entry->unsettled = false;
	}
	o->unsettled = false;
	return 0;
}

int
outbox_receipt(struct outbox *o, const struct receipt *receipt, int64_t now_us,
	       struct entry **entry, struct err *err)
{
	struct shipment *sh;
	int again;

	/* a repair may have the same content, and so the same id, as one that waits its turn */
	for (sh = o->shipments; sh && (sh->done || strcmp(sh->id, receipt->id) != 0); sh = sh->next)
		;
	if (!sh)
		return 0;
	*entry = sh->entry;
	if ((again = quarantine_receipt(o->quarantine, sh, receipt, clock_utc_us(), err)) < 0)
		return -1;
	if (receipt->outcome == OUTCOME_REFUSED) {
		o->counts.n_refused++;
		outbox_hold(o, *entry, now_us);
		o->floor_due = true;
		return store_put_sync(o->store, *entry, "failed", clock_utc_us(), err) < 0 ? -1 : 1;
	}
	if (shipment_arrived(sh, o->store, err) < 0)
		return -1;
	o->counts.n_applied += receipt->outcome == OUTCOME_APPLIED;
	o->counts.n_duplicate += receipt->outcome == OUTCOME_DUPLICATE;
	o->counts.n_quarantined += receipt->outcome == OUTCOME_QUARANTINED;
	o->counts.n_rows += (uint64_t)receipt->added;
	o->counts.n_seen += (uint64_t)receipt->seen;
	sh->done = true;
	if (sh->more || again)
		outbox_due(o, *entry);
	(*entry)->n_refused = 0;
	advance(o, *entry);
	o->floor_due = true;
	if (save_end(o, *entry, progress(o, *entry), err) < 0 || settle(o, err) < 0)
		return -1;
	return 1;
}
