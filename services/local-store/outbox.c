#include "services/local-store/outbox.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/clock.h"
#include "common/log.h"
#include "services/local-store/outbox/heaps.h"
#include "services/local-store/shipment.h"

#define SCAN_ROWS    5000      /* of the log in one outbox_work() */
#define MAX_REPAIRS  1000
#define URGENT_EXTRA 16        /* places that readings cannot take */
#define HOLD_US      (60 * CLOCK_SECOND)  /* a refused session waits so long, then twice … */
#define HOLD_DOUBLES 4                    /* … up to 16 times as long */

struct repair_job {
	struct entry *entry;
	int64_t from_us, to_us;
	size_t skip;               /* rows taken at from_us that went already */
};

struct outbox {
	struct store *store;
	struct sessions *sessions;
	char gateway[80];
	struct outbox_limits limits;
	bool pack;
	int64_t head, scanned;        /* readings.id: end of the log, read up to here */
	int64_t maybe_sent;           /* what comes after was never sent by anybody */
	int64_t now_us;               /* of the running outbox_work() */
	int64_t floor;                /* as on disk: a restart reads from here */
	struct heaps heaps;
	struct entry *due, **due_end;       /* sessions with changes to send at once */
	struct unsynced_page page;          /* those of earlier runs: looked for once, at the start */
	bool due_on_disk;                   /* there may be more of them */
	bool ended_open;                    /* some session with a heap has ended */
	bool floor_due;                     /* receipts have come since it was saved */
	bool unsettled;                     /* some session waits for `completed` */
	size_t n_held;
	struct shipment *shipments, **shipments_end;  /* oldest first */
	size_t n_shipments;
	struct shipment *current;           /* what outbox_next() gave */
	struct repair_job repairs[MAX_REPAIRS];
	size_t n_repairs;
	struct bundle *bundle;
	struct reading *rows;               /* for repairs */
	struct outbox_counts counts;
	struct log_often unsent_often;
	struct quarantine *quarantine;
	struct bucket rate_rows, rate_bytes;
};

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
	heaps_init(&o->heaps, limits->rows, limits->wait_us);
	o->due_end = &o->due;
	o->shipments_end = &o->shipments;
	o->due_on_disk = true;
	(void)snprintf(o->gateway, sizeof(o->gateway), "%s", gateway);
	o->bundle = calloc(1, sizeof(*o->bundle));
	o->rows = calloc(limits->rows, sizeof(*o->rows));
	ASSERT(o->bundle && o->rows);
	o->rate_rows = bucket_new(limits->rows_per_s, 0);
	o->rate_bytes = bucket_new(limits->bytes_per_s, 0);
	o->head = o->maybe_sent = store_last_reading(store);
	o->quarantine = quarantine_open(store, err);
	if (!o->quarantine || store_setting(store, "synced_floor", 0, &o->floor, err) < 0)
		outbox_close(&o);
	else
		o->scanned = o->floor;
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
	heaps_release(&o->heaps);
	free(o->bundle);
	free(o->rows);
	free(o);
	*outbox = NULL;
}

void
outbox_head(struct outbox *o, int64_t last_reading)
{
	o->head = last_reading;
}

/* ---- what is not to be sent */

static void
drop(struct outbox *o, struct shipment *gone)
{
	struct shipment **at = &o->shipments;

	while (*at != gone)
		at = &(*at)->next;
	*at = gone->next;
	if (!*at)
		o->shipments_end = at;
	if (o->current == gone)
		o->current = NULL;
	o->n_shipments--;
	shipment_free(&gone);
}

/* It cannot go now: all of the session waits, and then starts again. */
static void
hold(struct outbox *o, struct entry *entry, int64_t now_us)
{
	struct shipment *sh, *next;

	for (sh = o->shipments; sh; sh = next) {
		next = sh->next;
		if (sh->entry == entry)
			drop(o, sh);
	}
	heaps_drop(&o->heaps, entry);
	/* its rows go again in other bundles, while a worker may still have one of these */
	if (o->maybe_sent < o->scanned)
		o->maybe_sent = o->scanned;
	if (!entry->held_until_us) {
		o->n_held++;
		entry->n_shipped++;  /* keeps it in hand */
	}
	entry->held_until_us = now_us + (HOLD_US << entry->n_refused);
	entry->n_refused += entry->n_refused < HOLD_DOUBLES;
}

/* ---- closing a bundle */

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

/* 1 and *shipped; 0 its session is held, as something of it can never be sent; -1. */
static int
ship(struct outbox *o, struct entry *entry, const struct reading *rows, size_t n, bool urgent,
     struct shipment **shipped, struct err *err)
{
	struct shipment *sh = shipment_new(o->store, o->gateway, entry, rows, n, o->pack, err);

	if (!sh && err->code != EBADMSG)
		return -1;
	if (!sh || sh->n_damaged)
		complain(o, entry, err);
	if (!sh) {
		hold(o, entry, o->now_us);
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
	struct shipment *sh;
	int r;

	heaps_take(&o->heaps, heap);
	r = ship(o, heap->entry, heap->rows, heap->n, urgent, &sh, err);
	if (r > 0) {
		sh->fresh = heap->first_id > o->maybe_sent;
		sh->first_id = heap->first_id;
		sh->last_id = heap->last_id;
	}
	heap_free(&heap);
	return r < 0 ? -1 : 0;
}

static bool
has_room(const struct outbox *o, bool urgent)
{
	return o->n_shipments < o->limits.in_flight + (urgent ? URGENT_EXTRA : 0);
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
	size_t most = has_room(o, false) ? o->limits.open_rows : o->limits.open_rows / 8;

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
	while (o->heaps.full.first && has_room(o, false))
		if (ship_heap(o, o->heaps.full.first, false, err) < 0)
			return -1;
	return 0;
}

/* By age; or when memory is short: well before its end, as then the log would have to be read. */
static int
close_old(struct outbox *o, struct err *err)
{
	size_t most = o->limits.open_rows;
	bool crowded = o->heaps.n_rows > most - most / 4;
	struct heap *oldest;

	while ((oldest = o->heaps.growing.first) && has_room(o, false)) {
		if (!crowded && o->now_us - oldest->opened_us < o->limits.wait_us)
			return 0;
		crowded = crowded && o->heaps.n_rows > most / 2;
		if (ship_heap(o, oldest, false, err) < 0)
			return -1;
	}
	return 0;
}

/* What earlier runs have left: a page of it, whenever all of the last one has gone. */
static int
find_due(struct outbox *o, struct err *err)
{
	struct entry *found[URGENT_EXTRA];
	size_t i, n;
	int more;

	if (o->due || !o->due_on_disk || !has_room(o, true))
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
	return ship(o, entry, NULL, 0, true, &sh, err) < 0 ? -1 : 0;
}

static int
close_due(struct outbox *o, struct err *err)
{
	struct entry *entry;

	if (find_due(o, err) < 0)
		return -1;
	while (o->due && has_room(o, true)) {
		entry = take_due(o);
		if (!entry->held_until_us && close_changed(o, entry, err) < 0)
			return -1;
	}
	return 0;
}

int
outbox_repair(struct outbox *o, struct entry *entry, int64_t from_us, int64_t to_us,
	      struct err *err)
{
	if (outbox_replay(o, entry, from_us, to_us, err) < 0)
		return -1;
	return store_unsync(o->store, entry, err);
}

int
outbox_replay(struct outbox *o, struct entry *entry, int64_t from_us, int64_t to_us,
	      struct err *err)
{
	struct repair_job *job;

	for (job = o->repairs; job < o->repairs + o->n_repairs; job++)
		if (job->entry == entry && job->from_us == from_us && job->to_us == to_us)
			return 0;  /* asked again before its turn came */
	if (o->n_repairs == MAX_REPAIRS)
		return err_set(err, ENOBUFS, "%d repairs wait already", MAX_REPAIRS);
	o->repairs[o->n_repairs++] = (struct repair_job){entry, from_us, to_us, 0};
	entry->n_shipped++;  /* keeps it in hand */
	return 0;
}

/* Goes on after these rows: many may have been taken at one time. */
static void
advance_repair(struct repair_job *job, const struct reading *rows, size_t n)
{
	int64_t last_us = rows[n - 1].taken_us;
	size_t same = 0;

	while (same < n && rows[n - 1 - same].taken_us == last_us)
		same++;
	job->skip = same + (last_us == job->from_us ? job->skip : 0);
	job->from_us = last_us;
}

/* One bundle of the oldest repair; it is over when its span is. */
static int
repair(struct outbox *o, struct err *err)
{
	struct repair_job *job = &o->repairs[0];
	struct sqlite3_stmt *range;
	struct shipment *sh;
	size_t n = 0, skip = job->skip;
	int64_t id, no;
	int r = 0;

	range = store_range(o->store, job->entry->no, job->from_us, job->to_us);
	while (n < o->limits.rows && (r = store_next(range, &id, &no, &o->rows[n], err)) > 0)
		if (skip)
			skip--;
		else if ((r = quarantine_has_reading(o->quarantine, id, err)) < 0)
			break;
		else
			n += !r;
	store_enough(range);
	if (r < 0 || (r = ship(o, job->entry, o->rows, n, false, &sh, err)) < 0)
		return -1;
	o->maybe_sent = o->head;  /* there may be rows among them that were yet to go */
	if (r > 0 && n) {
		sh->from_us = o->rows[0].taken_us;
		sh->to_us = o->rows[n - 1].taken_us;
	}
	if (r > 0 && n == o->limits.rows) {
		advance_repair(job, o->rows, n);
		return 0;
	}
	job->entry->n_shipped--;
	memmove(job, job + 1, --o->n_repairs * sizeof(*job));
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
	while (o->n_repairs && has_room(o, false))
		if (repair(o, err) < 0)
			return -1;
	if (o->due_on_disk && has_room(o, true))
		return 1;
	return o->scanned < o->head && takes_more(o);
}

/* ---- sending */

/* How long readings have to wait for the rate's sake. */
static int64_t
rate_wait_us(const struct outbox *o, int64_t now_us)
{
	int64_t rows = bucket_wait_us(&o->rate_rows, now_us);
	int64_t bytes = bucket_wait_us(&o->rate_bytes, now_us);

	return rows > bytes ? rows : bytes;
}

static bool
is_sendable(const struct outbox *o, const struct shipment *sh, int64_t now_us)
{
	return !sh->done && (!sh->sent_us || now_us - sh->sent_us >= o->limits.resend_us);
}

/* Of those that wait, changes go before readings and the newest of them first. */
static bool
goes_before(const struct shipment *a, const struct shipment *b)
{
	return a->urgent && (!b->urgent || a->session_hlc > b->session_hlc);
}

const struct bundle *
outbox_next(struct outbox *o, int64_t now_us, struct err *err)
{
	struct shipment *sh, *best = NULL;

	(void)err;
	o->counts.limited = false;
	for (sh = o->shipments; sh; sh = sh->next)
		if (!is_sendable(o, sh, now_us))
			continue;
		else if (!sh->urgent && rate_wait_us(o, now_us))
			o->counts.limited = true;
		else if (!best || goes_before(sh, best))
			best = sh;
	o->current = best;
	if (!best)
		return NULL;
	shipment_bundle(best, o->gateway, o->bundle);
	return o->bundle;
}

void
outbox_sent(struct outbox *o, int64_t now_us)
{
	ASSERT(o->current);
	if (o->current->sent_us)
		o->counts.n_resent++;
	o->counts.n_sent++;
	o->counts.n_bytes += o->current->records_len + o->current->columns_len;
	o->counts.n_raw_bytes += o->current->raw_len;
	bucket_spend(&o->rate_rows, (int64_t)o->current->n_rows, now_us);
	bucket_spend(&o->rate_bytes, (int64_t)o->current->records_len + o->current->columns_len, now_us);
	o->current->sent_us = now_us;
	o->current = NULL;
}

/* ---- receipts */

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
		drop(o, sh);
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
		hold(o, *entry, now_us);
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

/* ---- what is going on */

int64_t
outbox_wake_us(const struct outbox *o, int64_t now_us)
{
	int64_t wake = now_us + 60 * CLOCK_SECOND, at;
	const struct heap *oldest = o->heaps.growing.first;
	const struct shipment *sh;

	if (oldest && has_room(o, false) && oldest->opened_us + o->limits.wait_us < wake)
		wake = oldest->opened_us + o->limits.wait_us;
	for (sh = o->shipments; sh; sh = sh->next) {
		at = sh->sent_us + o->limits.resend_us;
		if (sh->sent_us && !sh->done && at < wake)
			wake = at;
	}
	at = now_us + rate_wait_us(o, now_us);
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
		shipped += sh->last_id && !sh->done ? sh->n_rows : 0;
	*counts = o->counts;
	counts->open_rows = o->heaps.n_rows;
	counts->in_flight = o->n_shipments;
	counts->pending = o->head - o->scanned + (int64_t)(o->heaps.n_rows + shipped);
}

struct quarantine *
outbox_quarantine(struct outbox *o)
{
	return o->quarantine;
}
