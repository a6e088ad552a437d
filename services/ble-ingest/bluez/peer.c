#include <stdio.h>
#include <string.h>

#include "common/clock.h"
#include "services/ble-ingest/bluez/central.h"

#define LOOK_US (5 * CLOCK_SECOND)   /* connected, but nothing said of services */
#define TELL_US (10 * CLOCK_SECOND)  /* between two messages with nothing but another RSSI */

int
peer_best_sight(const struct peer *p)
{
	const struct central *c = p->central;
	int i, best = -1;

	for (i = 0; i < CENTRAL_ADAPTERS; i++) {
		if (!adapter_usable(c, i) || !*p->sights[i].path)
			continue;
		if (best < 0 || (p->sights[i].rssi && (!p->sights[best].rssi ||
						       p->sights[i].rssi > p->sights[best].rssi)))
			best = i;
	}
	return best;
}

/* ---- how it is doing */

static int
best_rssi(const struct peer *p)
{
	int i, best = 0;

	for (i = 0; i < CENTRAL_ADAPTERS; i++)
		if (*p->sights[i].path && p->sights[i].rssi && (!best || p->sights[i].rssi > best))
			best = p->sights[i].rssi;
	return best;
}

static void
describe(const struct peer *p, struct device *d)
{
	int rssi = p->via >= 0 ? p->sights[p->via].rssi : best_rssi(p), i, is_there = 0;

	msg_clear(&msg_device, d);
	for (i = 0; i < CENTRAL_ADAPTERS; i++)
		is_there |= !!*p->sights[i].path;
	(void)snprintf(d->name, sizeof(d->name), "%s", p->name);
	(void)snprintf(d->kind, sizeof(d->kind), "%s", p->kind ? p->kind->name : "");
	d->state = p->is_picked ? life_shown(&p->life) : is_there ? DEVICE_SEEN : DEVICE_OFF;
	d->rssi = rssi && rssi != 127 ? rssi : MSG_NONE;   /* 127: the controller cannot tell */
	d->battery = p->talk.battery;
	d->data_source = p->talk.source;
}

void
peer_tell(struct peer *p)
{
	struct central *c = p->central;
	struct device d, *was = &p->told;

	describe(p, &d);
	if (d.state != was->state)
		p->since_us = c->now.utc_us;
	d.since_us = p->since_us;
	if (d.state == was->state && d.battery == was->battery && !strcmp(d.name, was->name) &&
	    !strcmp(d.kind, was->kind) && d.data_source == was->data_source &&
	    (d.rssi == was->rssi || c->now.mono_us - p->told_us < TELL_US))
		return;
	p->told = d;
	p->told_us = c->now.mono_us;
	central_give(c, p, TAKEN_DEVICE)->state = d;
}

static void
end_talk(struct peer *p, enum gap_reason why)
{
	raw_end(p, why);
	talk_end(&p->talk, why);
}

/* What the talk had is closed; answers that are still to come are stale. */
void
peer_hang_up(struct peer *p)
{
	p->attempt++;
	p->look_us = INT64_MAX;
	p->late_us = 0;
	p->n_awaited = 0;
	peer_close_gates(p);
	peer_drop_early(p);
	end_talk(p, p->life.is_silent ? GAP_DEVICE_SILENT : GAP_LINK_LOST);
}

static enum life_event
do_connect(struct peer *p)
{
	struct sight *s;

	peer_hang_up(p);
	if ((p->via = peer_best_sight(p)) < 0)
		return LIFE_CONNECT_FAILED;
	p->central->n_connects++;
	s = &p->sights[p->via];
	p->life.has_bond = s->is_paired;
	return peer_connect(p) < 0 ? LIFE_CONNECT_FAILED : LIFE_TIME;
}

static enum life_event
do_subscribe(struct peer *p)
{
	end_talk(p, GAP_LINK_LOST);
	p->n_refused = p->n_flawed = 0;
	if (peer_subscribe(p) < 0)
		return LIFE_SUBSCRIBE_FAILED;
	return LIFE_TIME;
}

/* LIFE_TIME: nothing follows of itself. */
static enum life_event
act(struct peer *p, enum life_act what)
{
	switch (what) {
	case LIFE_CONNECT:
		return do_connect(p);
	case LIFE_PAIR:
		return peer_pair(p) < 0 ? LIFE_PAIR_REFUSED : LIFE_TIME;
	case LIFE_SUBSCRIBE:
		return do_subscribe(p);
	case LIFE_DISCONNECT:
		return peer_disconnect(p) < 0 ? LIFE_LEFT : LIFE_TIME;
	case LIFE_NOTHING:
		break;
	}
	return LIFE_TIME;
}

static void
count(struct peer *p, enum life_event event, int was_silent)
{
	struct central *c = p->central;

	if (p->life.is_silent && !was_silent) {
		c->n_silent++;
		log_info("silent", "device=%s kind=%s then=\"connecting anew\"", p->id,
			 p->kind ? p->kind->name : "");
	} else if (p->life.spoke) {
		c->n_lost++;
		log_info("link_lost", "device=%s kind=%s", p->id, p->kind ? p->kind->name : "");
	}
	if (p->life.state == LIFE_STRANGER) {
		choose_forget(&c->choose, p->id);
		log_info("stranger", "device=%s why=\"%s\"", p->id,
			 event == LIFE_TIME ? "no valid frame" : "not what it looked like");
	}
}

void
peer_event(struct peer *p, enum life_event event)
{
	struct central *c = p->central;
	struct life was;
	enum life_act what;

	if (!p->is_picked)
		return;
	do {
		was = p->life;
		what = life_step(&p->life, event, &c->rules, c->now.mono_us);
		if (life_is_up(&was) && !life_is_up(&p->life)) {
			count(p, event, was.is_silent);
			peer_hang_up(p);
		}
		if (p->life.state == LIFE_RESOLVING && was.state != LIFE_RESOLVING)
			p->look_us = c->now.mono_us + LOOK_US;
		if (p->life.is_refused && !was.is_refused)
			log_warn("pairing_refused", "device=%s cure=\"put it into pairing mode; if it "
				 "knew us once: bluetoothctl remove %s\"", p->id, p->id);
		event = act(p, what);
	} while (event != LIFE_TIME);
	peer_tell(p);
}

/* ---- its link */

/* A connection is told: by Connect's answer, by a signal, or by looking. */
void
peer_link_is_up(struct peer *p, int adapter)
{
	struct sight *s = &p->sights[adapter];

	if ((life_is_up(&p->life) && p->via != adapter) || p->life.state == LIFE_LEAVING)
		return;
	s->is_connected = 1;
	if (!life_is_up(&p->life) && p->life.state != LIFE_CONNECTING)
		peer_hang_up(p);
	p->via = adapter;
	p->life.has_bond = s->is_paired;
	peer_event(p, LIFE_CONNECTED);
	if (s->is_resolved && p->life.state == LIFE_RESOLVING)
		bus_read_objects(p->central);
}

