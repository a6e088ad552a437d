/* What leaves next, and in what: a bundle, or a crate of them where bytes on the wire cost. */
#include "services/local-store/outbox/outbox_parts.h"

#include <stdlib.h>

#include "common/clock.h"

/* How long readings have to wait for the rate's sake. */
static int64_t
wait_us(const struct rate *rate, int64_t now_us)
{
	int64_t rows = bucket_wait_us(&rate->rows, now_us);
	int64_t bytes = bucket_wait_us(&rate->bytes, now_us);

	return rows > bytes ? rows : bytes;
}

static void
spend(struct rate *rate, size_t rows, size_t bytes, int64_t now_us)
{
	bucket_spend(&rate->rows, (int64_t)rows, now_us);
	bucket_spend(&rate->bytes, (int64_t)bytes, now_us);
}

int64_t
outbox_rate_wait_us(const struct outbox *o, int64_t now_us)
{
	return wait_us(&o->rate, now_us);
}

static bool
is_sendable(const struct outbox *o, const struct shipment *sh, int64_t now_us)
{
	return !sh->leaving &&
	       (!sh->sent_us || sh->lost || now_us - sh->sent_us >= o->limits.resend_us);
}

/* Of those that wait, changes go first, the newest of them before the others, then live readings. */
static bool
goes_before(const struct shipment *a, const struct shipment *b)
{
	if (a->urgent || b->urgent)
		return a->urgent && (!b->urgent || a->session_hlc > b->session_hlc);
	return a->lane < b->lane;
}

static struct shipment *
choose(struct outbox *o, const struct rate *left, int64_t now_us)
{
	struct shipment *sh, *best = NULL;

	for (sh = o->shipments; sh; sh = sh->next)
		if (!is_sendable(o, sh, now_us))
			continue;
		else if (!sh->urgent && wait_us(left, now_us))
			o->counts.limited = true;
		else if (!best || goes_before(sh, best))
			best = sh;
	return best;
}

/* What has been sent before goes by itself: should a crate be what cannot be taken, a bundle is. */
static bool
may_share(const struct outbox *o, const struct shipment *sh)
{
	return o->pack && !sh->sent_us && o->leaving.raw_len + sh->raw_len <= CRATE_BYTES &&
	       o->leaving.n < CRATE_BUNDLES;
}

static void
add(struct outbox *o, struct shipment *sh)
{
	o->leaving.raw_len += sh->raw_len;
	o->leaving.n_rows += sh->n_rows;
	o->leaving.shipments[o->leaving.n++] = sh;
	sh->leaving = true;
}

void
outbox_stay(struct outbox *o)
{
	size_t i;

	for (i = 0; i < o->leaving.n; i++)
		o->leaving.shipments[i]->leaving = false;
	o->leaving.n = o->leaving.n_rows = o->leaving.raw_len = 0;
}

static const void *
in_a_bundle(struct outbox *o, const struct message **message)
{
	shipment_bundle(o->leaving.shipments[0], o->gateway, o->pack, o->bundle);
	o->leaving.len = o->bundle->records.len + o->bundle->columns.len;
	o->leaving.crate = false;
	*message = &msg_bundle;
	return o->bundle;
}

static const void *
in_a_crate(struct outbox *o, const struct message **message)
{
	struct crate_item items[CRATE_BUNDLES];
	struct err err;
	size_t i;

	for (i = 0; i < o->leaving.n; i++)
		items[i] = shipment_item(o->leaving.shipments[i]);
	ASSERT(crate_pack(items, o->leaving.n, o->crate, &err) == 0);
	o->leaving.len = o->crate->content.len;
	o->leaving.crate = true;
	*message = &msg_crate;
	return o->crate;
}

const void *
outbox_next(struct outbox *o, int64_t now_us, const struct message **message)
{
	struct rate left = o->rate;
	struct shipment *sh;
	bool shared;

	outbox_stay(o);
	o->counts.limited = false;
	if (!(sh = choose(o, &left, now_us)))
		return NULL;
	shared = may_share(o, sh);
	do {
		add(o, sh);
		spend(&left, sh->n_rows, sh->raw_len, now_us);
	} while (shared && (sh = choose(o, &left, now_us)) && may_share(o, sh));
	return shared ? in_a_crate(o, message) : in_a_bundle(o, message);
}

void
outbox_sent(struct outbox *o, int64_t now_us)
{
	struct leaving *leaving = &o->leaving;
	size_t i;

	ASSERT(leaving->n);
	for (i = 0; i < leaving->n; i++) {
		o->counts.n_resent += leaving->shipments[i]->sent_us != 0;
		leaving->shipments[i]->sent_us = now_us;
		leaving->shipments[i]->lost = false;
	}
	o->counts.n_sent += leaving->n;
	o->counts.n_crates += leaving->crate;
	o->counts.n_bytes += leaving->len;
	o->counts.n_raw_bytes += leaving->raw_len;
	spend(&o->rate, leaving->n_rows, leaving->len, now_us);
	outbox_stay(o);
}

void
outbox_hello(struct outbox *o, const struct hello *hello)
{
	int64_t *known = &o->workers[hello->instance - 1];
	struct shipment *sh;

	if (*known == hello->started_us)
		return;
	*known = hello->started_us;
	for (sh = o->shipments; sh; sh = sh->next)
		sh->lost = sh->sent_us != 0;
}
