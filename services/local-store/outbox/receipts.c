/* From receipts to how far each session has come in Postgres. */
#include "services/local-store/outbox/outbox_parts.h"

#include <string.h>

#include "common/clock.h"

/* Before anything that has been read and has no receipt yet: of all sessions when entry is NULL. */
static int64_t
upto_of(const struct outbox *o, const struct entry *entry, int64_t upto)
{
	const struct shipment *sh;
	enum lane lane;

	for (sh = o->shipments; sh; sh = sh->next)
		if (sh->first_id && sh->first_id <= upto && (!entry || sh->entry == entry))
			upto = sh->first_id - 1;
	for (lane = LIVE; lane < LANES; lane++)
		upto = (entry ? heaps_first_id_of(&o->heaps[lane], entry, upto + 1)
			      : heaps_first_id(&o->heaps[lane], upto + 1)) - 1;
	return upto;
}

/* Where a restart must read from: before anything that is not known to be in Postgres. */
static int64_t
new_floor(const struct outbox *o)
{
	int64_t floor = upto_of(o, NULL, outbox_read_upto(o));

	return o->n_held && floor > o->floor ? o->floor : floor;
}

/* `synced` may not jump over what is not there yet, as live readings do. */
static void
advance(const struct outbox *o, struct entry *entry)
{
	int64_t upto = upto_of(o, entry, outbox_read_upto_of(o, entry));

	upto = entry->arrived < upto ? entry->arrived : upto;
	if (upto > entry->synced && !entry->held_until_us)
		entry->synced = upto;
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

static bool
all_is_read(const struct outbox *o)
{
	return outbox_is_read(o, LIVE) && outbox_is_read(o, LATE);
}

/* While the log has not been read to its end, more of the session may stand there. */
static const char *
progress(struct outbox *o, struct entry *entry)
{
	entry->unsettled = !is_under_way(entry) && !all_is_read(o);
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

	if (!o->unsettled || !all_is_read(o))
		return 0;
	while ((entry = sessions_next(o->sessions, entry))) {
		advance(o, entry);
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
	for (sh = o->shipments; sh && strcmp(sh->id, receipt->id) != 0; sh = sh->next)
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
	if (sh->more || again)
		outbox_due(o, *entry);
	if (sh->last_id > (*entry)->arrived)
		(*entry)->arrived = sh->last_id;
	o->n_refusing -= (*entry)->n_refused > 0;
	(*entry)->n_refused = 0;
	outbox_drop(o, sh);
	advance(o, *entry);
	outbox_flows(o, now_us);
	o->floor_due = true;
	if (save_end(o, *entry, progress(o, *entry), err) < 0 || settle(o, err) < 0)
		return -1;
	return 1;
}
