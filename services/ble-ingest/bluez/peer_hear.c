#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "common/clock.h"
#include "services/ble-ingest/bluez/central.h"

#define PATIENCE 3  /* tries until a device is taken with only part of what it has */

void
peer_drop_early(struct peer *p)
{
	struct early *e;

	while ((e = p->early)) {
		p->early = e->next;
		free(e);
	}
	p->n_early = 0;
}

static int64_t
zone_us(const struct source_now *now)
{
	time_t s = (time_t)(now->utc_us / CLOCK_SECOND);
	struct tm tm;

	return localtime_r(&s, &tm) ? tm.tm_gmtoff * CLOCK_SECOND : 0;
}

static void
keep_early(struct peer *p, unsigned port, const uint8_t *bytes, size_t len)
{
	struct early *e, **end = &p->early;

	if (p->n_early == CENTRAL_EARLY)
		return;
	e = calloc(1, sizeof(*e));
	ASSERT(e);
	e->utc_us = p->central->now.utc_us;
	e->port = port;
	e->len = len;
	memcpy(e->bytes, bytes, len);
	while (*end)
		end = &(*end)->next;
	*end = e;
	p->n_early++;
}

static void
hear(struct peer *p, unsigned port, const uint8_t *bytes, size_t len,
     const struct source_now *when)
{
	raw_heard(p, port, bytes, len, when);
	talk_heard(&p->talk, port, bytes, len, when);
	peer_pull(p);
}

/* Everything a device ever notifies, indicates or is read passes here. */
void
peer_heard(struct peer *p, unsigned port, const uint8_t *bytes, size_t len)
{
	if (p->n_awaited) {
		keep_early(p, port, bytes, len);
		return;
	}
	hear(p, port, bytes, len, &p->central->now);
}

static void
wrong(struct peer *p, uint64_t was)
{
	struct central *c = p->central;

	if (p->talk.n_wrong == was)
		return;
	if (!log_often(&c->wrong, c->now.mono_us))
		return;
	log_warn("frame_wrong", "n=%llu device=%s kind=%s why=\"%s\"",
		 (unsigned long long)c->wrong.n, p->id, p->kind->name, p->talk.wrong);
	c->wrong.n = 0;
}

/* It is none of that kind; perhaps one of the next.  One that has spoken as this kind is. */
static void
not_such(struct peer *p)
{
	p->n_strange += !p->life.is_ours;
	if (p->life.is_ours || !peer_nth_kind(p, p->n_strange, NULL)) {
		peer_event(p, LIFE_NOT_SUCH);
		return;
	}
	peer_hang_up(p);
	peer_event(p, LIFE_MISTAKEN);
	bus_read_objects(p->central);
}

void
peer_pull(struct peer *p)
{
	struct central *c = p->central;
	uint64_t n_wrong = p->talk.n_wrong;
	enum talk_said said;
	struct taken taken;

	while ((said = talk_next(&p->talk, &c->now, &taken)) != TALK_NOTHING) {
		if (said == TALK_STRANGER) {
			not_such(p);
			return;
		}
		if (said == TALK_TAKEN || said == TALK_VALUE) {
			taken.device = p->number;
			*central_give(c, p, taken.kind) = taken;
		}
		if (said == TALK_VALUE)
			peer_event(p, LIFE_VALUE);
	}
	wrong(p, n_wrong);
	peer_tell(p);
	peer_write(p);
}

/* All that can be listened to is listened to. */
static void
begin(struct peer *p)
{
	struct central *c = p->central;
	struct source_now then = c->now;
	unsigned i, present = 0;
	struct early *e;

	for (i = 0; i < p->kind->n_ports; i++)
		if (*p->gates[i].path && (p->gates[i].is_heard ||
					  p->kind->ports[i].use & (PORT_READ | PORT_WRITE)))
			present |= 1u << i;
	peer_event(p, LIFE_SUBSCRIBED);
	raw_begin(p, present, zone_us(&c->now));
	talk_begin(&p->talk, p->kind, present, p->zone_us, &c->now);
	log_info("connected", "device=%s kind=%s", p->id, p->kind->name);
	while ((e = p->early) && p->talk.kind) {
		p->early = e->next;
		p->n_early--;
		then.utc_us = e->utc_us;
		hear(p, e->port, e->bytes, e->len, &then);
		free(e);
	}
	peer_pull(p);
	peer_read(p);
}

void
peer_answered(struct peer *p, unsigned port, enum fault fault)
{
	struct gate *gate = &p->gates[port];
	unsigned i, n = 0;

	p->n_awaited--;
	if (fault == FAULT_UNPAIRED) {
		peer_hang_up(p);
		peer_event(p, LIFE_UNPAIRED);
		return;
	}
	gate->is_heard = fault == FAULT_NONE || fault == FAULT_ALREADY || fault == FAULT_BUSY;
	p->n_refused += !gate->is_heard && p->kind->ports[port].use & PORT_NEEDED;
	p->n_flawed += !gate->is_heard && fault != FAULT_UNSUPPORTED;
	if (p->n_awaited)
		return;
	for (i = 0; i < p->kind->n_ports; i++)
		n += (unsigned)p->gates[i].is_heard;
	if (!n || p->n_refused || (p->n_flawed && p->life.n_failed < PATIENCE))
		peer_event(p, LIFE_SUBSCRIBE_FAILED);
	else
		begin(p);
}

