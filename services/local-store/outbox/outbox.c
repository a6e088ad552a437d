#include "services/local-store/outbox/outbox_parts.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/clock.h"
#include "common/log.h"

#define HOLD_US      (60 * CLOCK_SECOND)  /* a refused session waits so long, then twice … */
#define HOLD_DOUBLES 4                    /* … up to 16 times as long */

/* ---- lists */

void
outbox_due(struct outbox *o, struct entry *entry)
{
	if (entry->due)
		return;
	entry->due = true;
	entry->next_due = NULL;
	*o->due_end = entry;
	o->due_end = &entry->next_due;
}

/* ---- open and close */

struct outbox *
outbox_open(struct store *store, struct sessions *sessions, const char *gateway,
	    const struct outbox_limits *limits, bool pack, struct err *err)
{
	struct outbox *o = calloc(1, sizeof(*o));

	ASSERT(o);
	o->store = store;
	o->sessions = sessions;
	o->limits = *limits;
	o->pack = pack;
	heaps_init(&o->heaps[LIVE], LIVE, limits->rows, limits->wait_us);
	heaps_init(&o->heaps[LATE], LATE, limits->rows, limits->wait_us);
	o->due_end = &o->due;
	o->shipments_end = &o->shipments;
	o->due_on_disk = true;
	(void)snprintf(o->gateway, sizeof(o->gateway), "%s", gateway);
	o->bundle = calloc(1, sizeof(*o->bundle));
	o->crate = calloc(1, sizeof(*o->crate));
	o->rows = calloc(limits->rows, sizeof(*o->rows));
	ASSERT(o->bundle && o->crate && o->rows);
	o->rate = (struct rate){bucket_new(limits->rows_per_s, 0), bucket_new(limits->bytes_per_s, 0)};
	o->live.end = store_last_reading(store);
	o->quarantine = quarantine_open(store, err);
	if (!o->quarantine || outbox_recall_unsent(o, err) < 0 ||
	    store_setting(store, "synced_floor", 0, &o->floor, err) < 0)
		outbox_close(&o);
	else
		o->live.next = o->floor;
	return o;
}

void
outbox_close(struct outbox **outbox)
{
	struct outbox *o = *outbox;
	struct shipment *sh;

	if (!o)
		return;
	while ((sh = o->shipments)) {
		o->shipments = sh->next;
		shipment_free(&sh);
	}
	quarantine_close(&o->quarantine);
	heaps_release(&o->heaps[LIVE]);
	heaps_release(&o->heaps[LATE]);
	free(o->bundle);
	free(o->crate);
	free(o->rows);
	free(o);
	*outbox = NULL;
}

void
outbox_head(struct outbox *o, int64_t last_reading)
{
	o->live.end = last_reading;
}

/* ---- what is not to be sent */

void
outbox_drop(struct outbox *o, struct shipment *gone)
{
	struct shipment **at = &o->shipments;

	if (gone->leaving)
		outbox_stay(o);
	while (*at != gone)
		at = &(*at)->next;
	*at = gone->next;
	if (!*at)
		o->shipments_end = at;
	o->n_shipments--;
	shipment_free(&gone);
}

/* It cannot go now: all of the session waits, and then starts again. */
void
outbox_hold(struct outbox *o, struct entry *entry, int64_t now_us)
{
	struct shipment *sh, *next;

	for (sh = o->shipments; sh; sh = next) {
		next = sh->next;
		if (sh->entry == entry)
			outbox_drop(o, sh);
	}
	heaps_drop(&o->heaps[LIVE], entry);
	heaps_drop(&o->heaps[LATE], entry);
	outbox_read_no_more(o, entry);
	/* its rows go again in other bundles, while a worker may still have one of these */
	outbox_out_of_order(o, entry, o->live.next);
	if (!entry->held_until_us) {
		o->n_held++;
		entry->n_shipped++;  /* keeps it in hand */
	}
	entry->held_until_us = now_us + (HOLD_US << entry->n_refused);
	o->n_refusing += !entry->n_refused;
	entry->n_refused += entry->n_refused < HOLD_DOUBLES;
}

bool
outbox_has_room(const struct outbox *o, enum lane lane)
{
	size_t most = o->limits.in_flight;

	return o->n_shipments < (lane == LATE ? most - most / 4 : most);
}

bool
outbox_has_urgent_room(const struct outbox *o)
{
	return o->n_shipments < o->limits.in_flight + URGENT_EXTRA;
}

/* ---- what is going on */

/* When the oldest of them is due, if there is room for it. */
static int64_t
heaps_wake_us(const struct outbox *o, enum lane lane)
{
	const struct heap *oldest = o->heaps[lane].growing.first;

	return oldest && outbox_has_room(o, lane) ? oldest->opened_us + o->limits.wait_us : INT64_MAX;
}

int64_t
outbox_wake_us(const struct outbox *o, int64_t now_us)
{
	int64_t wake = now_us + 60 * CLOCK_SECOND, at;
	const struct shipment *sh;
	enum lane lane;

	for (lane = LIVE; lane < LANES; lane++)
		if ((at = heaps_wake_us(o, lane)) < wake)
			wake = at;
	for (sh = o->shipments; sh; sh = sh->next) {
		at = sh->sent_us + o->limits.resend_us;
		if (sh->sent_us && at < wake)
			wake = at;
	}
	at = now_us + outbox_rate_wait_us(o, now_us);
	if (o->counts.limited && at < wake)
		wake = at;
	return wake;
}

void
outbox_counts(const struct outbox *o, struct outbox_counts *counts)
{
	const struct shipment *sh;
	size_t shipped = 0;

	for (sh = o->shipments; sh; sh = sh->next)
		shipped += sh->last_id ? sh->n_rows : 0;
	*counts = o->counts;
	counts->open_rows = o->heaps[LIVE].n_rows + o->heaps[LATE].n_rows;
	counts->in_flight = o->n_shipments;
	counts->refusing = o->n_refusing;
	counts->pending = outbox_unread(o) + (int64_t)(counts->open_rows + shipped);
}

struct quarantine *
outbox_quarantine(struct outbox *o)
{
	return o->quarantine;
}
