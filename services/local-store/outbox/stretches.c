/*
 * Which part of the log is read when: each reading once, those that arrive now before those
 * that are behind.
 *
 * The log is read in order as it grows, mostly from memory.  When that falls behind although
 * Postgres takes bundles, what has not been read becomes a stretch that is late, and reading
 * goes on at the end: who watches a session that runs does not wait for last week.
 */
#include "services/local-store/outbox/outbox_parts.h"

#include <errno.h>
#include <string.h>

#include "common/clock.h"

#define SCAN_ROWS  5000                /* of the log in one outbox_work() */
#define BEHIND_US  (5 * CLOCK_SECOND)  /* so long behind is too long */
#define MAX_SPLITS 16                  /* the rest of MAX_STRETCHES is for sessions read again */

/* ---- which there are */

static bool
is_read(const struct stretch *stretch)
{
	return stretch->next >= stretch->end;
}

bool
outbox_is_read(const struct outbox *o, enum lane lane)
{
	return lane == LIVE ? is_read(&o->live) : !o->n_late;
}

static void
remove_late(struct outbox *o, struct stretch *gone)
{
	struct entry *only = gone->only;

	memmove(gone, gone + 1, (size_t)(o->late + --o->n_late - gone) * sizeof(*gone));
	outbox_late_begins(o);
	if (only)
		only->n_shipped--;
}

int
outbox_read_again(struct outbox *o, struct entry *entry)
{
	if (o->n_late == MAX_STRETCHES)
		return -1;
	entry->scanned = o->live.next;
	memmove(o->late + 1, o->late, o->n_late++ * sizeof(o->late[0]));
	o->late[0] = (struct stretch){entry->synced, o->live.next, entry};
	entry->n_shipped++;  /* keeps it in hand */
	return 0;
}

void
outbox_read_no_more(struct outbox *o, const struct entry *entry)
{
	struct stretch *st;

	for (st = o->late; st < o->late + o->n_late; st++)
		if (st->only == entry) {
			remove_late(o, st);
			return;
		}
}

/* Whether live readings wait, read or not, gathered or not, so that new ones would. */
static bool
is_behind(const struct outbox *o, int64_t now_us)
{
	const struct shipment *sh;

	for (sh = o->shipments; sh; sh = sh->next)
		if (sh->lane == LIVE && sh->last_id && !sh->sent_us && now_us - sh->made_us >= BEHIND_US)
			return true;
	return o->behind_us && now_us - o->behind_us >= BEHIND_US;
}

void
outbox_flows(struct outbox *o, int64_t now_us)
{
	struct shipment *sh;

	if (!is_behind(o, now_us) || (!is_read(&o->live) && o->n_late >= MAX_SPLITS))
		return;
	if (!is_read(&o->live))
		o->late[o->n_late++] = o->live;
	outbox_late_begins(o);
	o->live.next = o->sent[LIVE] = o->live.end;
	o->behind_us = 0;
	heaps_move(&o->heaps[LIVE], &o->heaps[LATE]);
	o->ended_open[LATE] |= o->ended_open[LIVE];
	for (sh = o->shipments; sh; sh = sh->next)
		sh->lane = LATE;
}

void
outbox_watch_live(struct outbox *o)
{
	if (is_read(&o->live) && !o->heaps[LIVE].full.first)
		o->behind_us = 0;
	else if (!o->behind_us)
		o->behind_us = o->now_us;
}

/* ---- how far */

int64_t
outbox_unread(const struct outbox *o)
{
	int64_t n = o->live.end - o->live.next;
	const struct stretch *st;

	for (st = o->late; st < o->late + o->n_late; st++)
		n += st->end - st->next;
	return n;
}

int64_t
outbox_read_upto(const struct outbox *o)
{
	int64_t upto = o->live.next;
	const struct stretch *st;

	for (st = o->late; st < o->late + o->n_late; st++)
		upto = st->next < upto ? st->next : upto;
	return upto;
}

int64_t
outbox_read_upto_of(const struct outbox *o, const struct entry *entry)
{
	int64_t upto = o->live.next, next;
	const struct stretch *st;

	for (st = o->late; st < o->late + o->n_late; st++) {
		if (st->only ? st->only != entry : st->end <= entry->scanned)
			continue;
		next = st->only || st->next > entry->scanned ? st->next : entry->scanned;
		upto = next < upto ? next : upto;
	}
	return upto;
}

/* ---- reading */

/* In this lane, if so many may be gathered in both. */
static size_t
room_for(const struct outbox *o, enum lane lane, size_t most)
{
	size_t others = o->heaps[!lane].n_rows;

	if (lane == LATE)
		most -= most / 4;  /* what arrives now finds room */
	return most > others ? most - others : 0;
}

bool
outbox_is_crowded(const struct outbox *o, enum lane lane, size_t quarters)
{
	return o->heaps[lane].n_rows > room_for(o, lane, o->limits.open_rows) * quarters / 4;
}

/*
 * When bundles do not leave, memory is no place to wait: the log is.  A little may be gathered
 * all the same, so that a short jam does not mean reading the log.  And readings wait until
 * the changes that earlier runs have left are on their way.
 */
static bool
takes_more(const struct outbox *o, enum lane lane)
{
	size_t most = outbox_has_room(o, lane) ? o->limits.open_rows : o->limits.open_rows / 8;

	return !o->due_on_disk && o->heaps[lane].n_rows < room_for(o, lane, most) &&
	       o->heaps[lane].full.n < o->limits.in_flight;
}

/* One row of the log, the next one, to its session's heap. */
static int
take_row(struct outbox *o, enum lane lane, struct stretch *st, struct entry *entry, int64_t id,
	 const struct reading *row, struct err *err)
{
	st->next = id;
	if (id <= (st->only ? entry->synced : entry->scanned) || entry->held_until_us)
		return 0;
	if (heaps_add(&o->heaps[lane], entry, id, row, o->now_us) < 0)
		return err_set(err, ENOMEM, "out of memory");
	o->ended_open[lane] |= !entry_active(entry);
	return 0;
}

int
outbox_take(struct outbox *o, const struct kept *rows, size_t n, int64_t now_us, struct err *err)
{
	struct stretch *st = &o->live;
	const struct kept *row;

	o->now_us = now_us;
	for (row = rows; row < rows + n && row->id == st->next + 1 && takes_more(o, LIVE); row++)
		if (take_row(o, LIVE, st, row->entry, row->id, &row->reading, err) < 0)
			return -1;
	if (st->end < st->next)
		st->end = st->next;
	return 0;
}

/* One row as the disk has it: whose it is, and whether it is to go.  -1. */
static int
sort_row(struct outbox *o, enum lane lane, struct stretch *st, int64_t id, int64_t no,
	 const struct reading *row, struct err *err)
{
	struct entry *entry = st->only;
	int held;

	if (entry && entry->no != no) {
		st->next = id;
		return 0;
	}
	if (!entry && !(entry = store_load_no(o->store, o->sessions, no, err))) {
		if (err->code != ENOENT && err->code != EBADMSG)
			return -1;
		st->next = id;
		return 0;
	}
	if ((held = quarantine_has_reading(o->quarantine, id, err)) < 0)
		return -1;
	if (!held)
		return take_row(o, lane, st, entry, id, row, err);
	st->next = id;
	return 0;
}

/* So far as one turn goes. */
static int
read_stretch(struct outbox *o, enum lane lane, struct stretch *st, struct err *err)
{
	struct sqlite3_stmt *log;
	struct reading row;
	int64_t id, no;
	int n, r = 1;

	if (is_read(st))
		return 0;
	log = store_log(o->store, st->next);
	for (n = 0; n < SCAN_ROWS && !is_read(st) && takes_more(o, lane); n++) {
		if ((r = store_next(log, &id, &no, &row, err)) <= 0)
			break;
		if (id > st->end)
			r = 0;  /* another's */
		else
			r = sort_row(o, lane, st, id, no, &row, err) < 0 ? -1 : 1;
		if (r <= 0)
			break;
	}
	store_enough(log);
	if (r == 0)
		st->next = st->end;  /* nothing was left out */
	return r < 0 ? -1 : 0;
}

int
outbox_read(struct outbox *o, struct err *err)
{
	struct entry *again;

	if (read_stretch(o, LIVE, &o->live, err) < 0)
		return -1;
	if (o->n_late && read_stretch(o, LATE, &o->late[0], err) < 0)
		return -1;
	while (o->n_late && is_read(&o->late[0])) {
		again = o->late[0].only;
		remove_late(o, &o->late[0]);
		if (again && !again->n_heaps && !again->n_shipped)
			outbox_due(o, again);  /* nothing more goes whose receipt would say how far it is */
	}
	return 0;
}

bool
outbox_can_read(const struct outbox *o)
{
	return (!is_read(&o->live) && takes_more(o, LIVE)) || (o->n_late && takes_more(o, LATE));
}
