/*
 * Which readings nobody has ever been sent, also after a restart: they take the fast road.
 *
 * What is on disk as never sent shrinks before a bundle is made of any of it, in steps so large
 * that this is a commit now and then.  A crash thus takes some that were not sent for sent, never
 * the other way.
 *
 * It is the end of the log and, of what is late, the stretch that is being read.  Once some of a
 * session has gone before its turn, only the end is.
 */
#include "services/local-store/outbox/outbox_parts.h"

/* So many readings. */
static int64_t
step(const struct outbox *o)
{
	return (int64_t)o->limits.open_rows / 16;
}

static int64_t
most(int64_t a, int64_t b)
{
	return a > b ? a : b;
}

int
outbox_recall_unsent(struct outbox *o, struct err *err)
{
	struct unsent *u = &o->unsent;

	if (store_setting(o->store, "sent_upto", 0, &u->beyond, err) < 0 ||
	    store_setting(o->store, "unsent_from", 0, &u->from, err) < 0 ||
	    store_setting(o->store, "unsent_upto", 0, &u->upto, err) < 0)
		return -1;
	o->marked = *u;
	return 0;
}

bool
outbox_is_unsent(const struct outbox *o, const struct heap *heap)
{
	const struct unsent *u = &o->unsent;

	return heap->first_id > heap->entry->maybe_sent &&
	       (heap->first_id > u->beyond || (heap->first_id > u->from && heap->last_id <= u->upto));
}

/* Of the log from `at` on, as far as `end`: what is left when so much more has gone. */
static void
keep_stretch(const struct outbox *o, int64_t at, int64_t end, int64_t ahead, struct unsent *u)
{
	int64_t from = o->unsent.from, upto = o->unsent.upto;

	if (upto <= at) {
		from = o->unsent.beyond;
		upto = end;
	}
	upto = upto < end ? upto : end;
	if (upto <= most(from, at + step(o)))
		return;
	u->from = most(from, at + ahead);
	u->upto = upto;
}

static struct unsent
unsent_after(const struct outbox *o, int64_t ahead)
{
	struct unsent u = {0};

	u.beyond = most(o->unsent.beyond, most(o->sent[LIVE], o->out_of_order) + ahead);
	if (o->out_of_order)
		return u;
	if (o->n_late)
		keep_stretch(o, o->sent[LATE], o->late[0].end, ahead, &u);
	else if (o->sent[LIVE] < o->unsent.upto)
		keep_stretch(o, o->sent[LIVE], o->unsent.upto, ahead, &u);
	return u;
}

void
outbox_late_begins(struct outbox *o)
{
	if (o->n_late)
		o->sent[LATE] = most(o->sent[LATE], o->late[0].next);
}

void
outbox_out_of_order(struct outbox *o, struct entry *entry, int64_t upto)
{
	entry->maybe_sent = most(entry->maybe_sent, upto);
	o->out_of_order = most(o->out_of_order, upto);
}

void
outbox_leaves(struct outbox *o, enum lane lane, const struct heap *heap)
{
	if (lane == LIVE || (o->n_late && heap->first_id <= o->late[0].end))
		o->sent[lane] = most(o->sent[lane], heap->last_id);
}

int
outbox_mark(struct outbox *o, struct err *err)
{
	struct unsent need = unsent_after(o, 0), u = unsent_after(o, step(o));

	if (need.beyond <= o->marked.beyond && need.upto == o->marked.upto && need.from <= o->marked.from)
		return 0;
	if (store_begin(o->store, err) < 0 ||
	    store_put_setting(o->store, "sent_upto", u.beyond, err) < 0 ||
	    store_put_setting(o->store, "unsent_from", u.from, err) < 0 ||
	    store_put_setting(o->store, "unsent_upto", u.upto, err) < 0 ||
	    store_commit(o->store, err) < 0)
		return -1;
	o->marked = u;
	return 0;
}
