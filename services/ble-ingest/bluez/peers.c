#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "common/clock.h"
#include "services/ble-ingest/bluez/central.h"
#include "services/ble-ingest/devices.h"

#define LATE_US    (3 * CLOCK_SECOND)   /* services resolved, but no characteristic yet */
#define LOOK_US    (5 * CLOCK_SECOND)   /* connected, but nothing said of services */
#define TELL_US    (10 * CLOCK_SECOND)  /* between two messages with nothing but another RSSI */

/* ---- the table */

static struct peer *
find_id(struct central *c, const char *id)
{
	unsigned i;

	for (i = 0; i < c->n_peers; i++)
		if (!strcmp(c->peers[i]->id, id))
			return c->peers[i];
	return NULL;
}

/* The peer that has the object of that path, or one below it. */
struct peer *
peers_find_path(struct central *c, const char *path, int *adapter)
{
	const char *own;
	size_t len;
	unsigned i;

	if ((*adapter = adapter_find(c, path)) < 0)
		return NULL;
	for (i = 0; i < c->n_peers; i++) {
		own = c->peers[i]->sights[*adapter].path;
		len = strlen(own);
		if (len && !strncmp(path, own, len) && (!path[len] || path[len] == '/'))
			return c->peers[i];
	}
	return NULL;
}

static uint64_t
dice_of(const struct central *c, const char *id)
{
	uint64_t dice = c->dice;

	for (; *id; id++)
		dice = (dice ^ (uint64_t)(unsigned char)*id) * 0x100000001b3;
	return dice;
}

static struct peer *
add(struct central *c, const char *id)
{
	struct peer *p;
	unsigned i;

	if (c->n_peers == CENTRAL_PEERS) {
		if (log_often(&c->crowded, c->now.mono_us))
			log_warn("crowded", "met=%d why=\"no room for one more oximeter: "
				 "ble-ingest/deny leaves those out that are not yours\"",
				 CENTRAL_PEERS);
		return NULL;
	}
	p = calloc(1, sizeof(*p));
	ASSERT(p);
	p->central = c;
	p->number = c->n_peers;
	p->via = -1;
	p->manufacturer = -1;
	p->look_us = INT64_MAX;
	p->since_us = c->now.utc_us;
	(void)snprintf(p->id, sizeof(p->id), "%s", id);
	for (i = 0; i < DEVICE_MOST_PORTS; i++)
		p->gates[i].fd = -1;
	life_init(&p->life, dice_of(c, id));
	talk_init(&p->talk);
	c->peers[c->n_peers++] = p;
	return p;
}

static void
drop_early(struct peer *p)
{
	struct early *e;

	while ((e = p->early)) {
		p->early = e->next;
		free(e);
	}
	p->n_early = 0;
}

void
peers_free(struct central *c)
{
	struct peer *p;

	while (c->n_peers) {
		p = c->peers[--c->n_peers];
		peer_close_gates(p);
		drop_early(p);
		talk_release(&p->talk);
		free(p);
	}
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

static void
tell(struct peer *p)
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

/* ---- kinds */

static const struct device_kind *
nth_kind(const struct peer *p, unsigned n, enum device_fit *fit)
{
	const char *services[OBJECT_SERVICES];
	struct advertised seen = {p->name, services, p->n_uuids, p->manufacturer};
	unsigned i;

	for (i = 0; i < p->n_uuids; i++)
		services[i] = p->uuids[i];
	return device_find(&seen, n, fit);
}

static const struct object *
find_service(const struct object *objects, size_t n, const char *path)
{
	size_t i;

	for (i = 0; i < n; i++)
		if (objects[i].what & OBJECT_SERVICE && !strcmp(objects[i].path, path))
			return &objects[i];
	return NULL;
}

static void
fill_gate(const struct peer *p, const struct device_port *port, const struct object *objects,
	  size_t n, struct gate *gate)
{
	const char *own = p->sights[p->via].path;
	const struct object *o, *service;
	size_t len = strlen(own);

	*gate = (struct gate){.fd = -1};
	for (o = objects; o < objects + n; o++) {
		if (!(o->what & OBJECT_CHARACTERISTIC) || strcmp(o->uuid, port->uuid) ||
		    strncmp(o->path, own, len) || o->path[len] != '/')
			continue;
		service = find_service(objects, n, o->service);
		if (!service || strcmp(service->uuid, port->service))
			continue;
		memcpy(gate->path, o->path, sizeof(gate->path));
		gate->flags = o->flags;
		return;
	}
}

/* Has it the characteristics that such a device must have, and one to listen to? */
static int
has_gates(const struct peer *p, const struct device_kind *kind, const struct object *objects,
	  size_t n, struct gate *gates)
{
	unsigned i, n_heard = 0;

	for (i = 0; i < kind->n_ports; i++) {
		fill_gate(p, &kind->ports[i], objects, n, &gates[i]);
		if (!*gates[i].path && kind->ports[i].use & PORT_NEEDED)
			return 0;
		n_heard += *gates[i].path && kind->ports[i].use & PORT_HEAR;
	}
	return n_heard > 0;
}

static int
choose_kind(struct peer *p, const struct object *objects, size_t n)
{
	struct gate gates[DEVICE_MOST_PORTS];
	const struct device_kind *kind;
	enum device_fit fit;
	unsigned i;

	for (i = p->n_strange; (kind = nth_kind(p, i, &fit)); i++)
		if (has_gates(p, kind, objects, n, gates)) {
			p->kind = kind;
			p->life.is_maybe = fit == FIT_MAYBE && !p->life.is_ours;
			p->life.needs_bond |= kind->needs_bond;
			memcpy(p->gates, gates, kind->n_ports * sizeof(gates[0]));
			return 1;
		}
	return 0;
}

/* ---- a life's events, and what to do */

static int
is_up(const struct life *life)
{
	return life->state >= LIFE_RESOLVING && life->state <= LIFE_STREAMING;
}

static int
best_sight(const struct peer *p)
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

/* What the link had is closed; answers that are still to come are stale. */
static void
hang_up(struct peer *p)
{
	p->attempt++;
	p->look_us = INT64_MAX;
	p->late_us = 0;
	p->n_awaited = 0;
	peer_close_gates(p);
	drop_early(p);
	talk_end(&p->talk, p->life.is_silent ? GAP_DEVICE_SILENT : GAP_LINK_LOST);
}

static enum life_event
do_connect(struct peer *p)
{
	struct sight *s;

	hang_up(p);
	if ((p->via = best_sight(p)) < 0)
		return LIFE_CONNECT_FAILED;
	p->central->n_connects++;
	s = &p->sights[p->via];
	p->life.has_bond = s->is_paired;
	return peer_connect(p) < 0 ? LIFE_CONNECT_FAILED : LIFE_TIME;
}

static enum life_event
do_subscribe(struct peer *p)
{
	talk_end(&p->talk, GAP_LINK_LOST);
	p->n_refused = 0;
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
	if (p->life.state == LIFE_STRANGER)
		log_info("stranger", "device=%s why=\"%s\"", p->id,
			 event == LIFE_TIME ? "no valid frame" : "not what it looked like");
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
		if (is_up(&was) && !is_up(&p->life)) {
			count(p, event, was.is_silent);
			hang_up(p);
		}
		if (p->life.state == LIFE_RESOLVING && was.state != LIFE_RESOLVING)
			p->look_us = c->now.mono_us + LOOK_US;
		if (p->life.is_refused && !was.is_refused)
			log_warn("pairing_refused", "device=%s cure=\"put it into pairing mode; if it "
				 "knew us once: bluetoothctl remove %s\"", p->id, p->id);
		event = act(p, what);
	} while (event != LIFE_TIME);
	tell(p);
}

/* ---- what bluetoothd tells of it */

/* A connection is told: by Connect's answer, by a signal, or by looking. */
void
peer_link_is_up(struct peer *p, int adapter)
{
	struct sight *s = &p->sights[adapter];

	if ((is_up(&p->life) && p->via != adapter) || p->life.state == LIFE_LEAVING)
		return;
	s->is_connected = 1;
	if (!is_up(&p->life) && p->life.state != LIFE_CONNECTING)
		hang_up(p);
	p->via = adapter;
	p->life.has_bond = s->is_paired;
	peer_event(p, LIFE_CONNECTED);
	if (s->is_resolved && p->life.state == LIFE_RESOLVING)
		bus_read_objects(p->central);
}

static void
take_link(struct peer *p, int adapter, const struct object *o)
{
	struct sight *s = &p->sights[adapter];
	int is_here = p->via == adapter && (is_up(&p->life) || p->life.state == LIFE_CONNECTING);

	if (o->has & HAS_PAIRED)
		s->is_paired = o->is_paired;
	if (o->has & HAS_RESOLVED)
		s->is_resolved = o->is_resolved;
	if (o->has & HAS_CONNECTED) {
		s->is_connected = o->is_connected;
		if (!o->is_connected)
			s->is_resolved = 0;
	}
	if (!p->is_picked)
		return;
	if (o->has & HAS_CONNECTED && s->is_connected)
		peer_link_is_up(p, adapter);
	else if (o->has & HAS_CONNECTED && p->via == adapter)
		peer_event(p, LIFE_LINK_DOWN);
	if (o->has & HAS_RESOLVED && s->is_resolved && is_here)
		bus_read_objects(p->central);
}

static int
is_reachable(const struct peer *p)
{
	return best_sight(p) >= 0;
}

/* Another adapter, another object: is there still a way to it? */
static void
reach(struct peer *p)
{
	if (p->via >= 0 && (!adapter_usable(p->central, p->via) || !*p->sights[p->via].path)) {
		p->via = -1;
		peer_event(p, LIFE_UNREACHABLE);
	}
	if (p->life.is_reachable && !is_reachable(p))
		peer_event(p, LIFE_UNREACHABLE);
	else if (!p->life.is_reachable && is_reachable(p))
		peer_event(p, LIFE_REACHABLE);
	tell(p);
}

static void
take_looks(struct peer *p, int adapter, const struct object *o)
{
	if (o->has & HAS_NAME)
		memcpy(p->name, o->name, sizeof(p->name));
	if (o->has & HAS_MAKER)
		p->manufacturer = o->manufacturer;
	if (o->has & HAS_RSSI)
		p->sights[adapter].rssi = o->rssi;
	if (o->has & HAS_BATTERY && o->battery >= 0 && o->battery <= 100)
		p->talk.battery = o->battery;
	if (o->has & HAS_UUIDS) {
		memcpy(p->uuids, o->uuids, sizeof(p->uuids));
		p->n_uuids = o->n_uuids;
	}
}

static void
pick(struct peer *p)
{
	if (p->is_picked || !p->kind)
		return;
	p->is_picked = choose_take(&p->central->choose, p->id, p->name);
	if (p->is_picked)
		log_info("oximeter", "device=%s kind=%s", p->id, p->kind->name);
}

static void
told(struct peer *p, int adapter, const struct object *o, int is_new)
{
	struct sight *s = &p->sights[adapter];
	int is_seen = o->has & (HAS_RSSI | HAS_MAKER | HAS_ADVERTISED);

	if (is_new)
		(void)snprintf(s->path, sizeof(s->path), "%s", o->path);
	take_looks(p, adapter, o);
	if (!p->kind)
		p->kind = nth_kind(p, p->n_strange, NULL);
	pick(p);
	reach(p);
	take_link(p, adapter, o);
	if (is_seen && adapter_usable(p->central, adapter))
		peer_event(p, LIFE_SEEN);
	tell(p);
}

/* Only oximeters get a place: phones and lamps are many. */
static int
could_be(const struct object *o)
{
	const char *services[OBJECT_SERVICES];
	struct advertised seen = {o->name, services, o->n_uuids, o->manufacturer};
	unsigned i;

	for (i = 0; i < o->n_uuids; i++)
		services[i] = o->uuids[i];
	return device_find(&seen, 0, NULL) != NULL;
}

void
peers_told(struct central *c, const struct object *o, int is_whole)
{
	int adapter, is_new;
	struct peer *p = peers_find_path(c, o->path, &adapter);
	struct object looked;

	if (adapter < 0)
		return;
	if (!p && is_whole && *o->address && ((p = find_id(c, o->address)) || could_be(o)))
		p = p ? p : add(c, o->address);
	else if (!p && !is_whole && o->has & (HAS_NAME | HAS_UUIDS) &&
		 c->read_us == INT64_MAX)
		c->read_us = c->now.mono_us + CLOCK_SECOND;   /* with its name it may be one */
	if (!p)
		return;
	is_new = !*p->sights[adapter].path;
	if (is_whole && !is_new && o->has & HAS_RSSI) {
		looked = *o;            /* a look at what is known is no new advertisement */
		looked.has &= ~(unsigned)(HAS_RSSI | HAS_MAKER | HAS_ADVERTISED);
		o = &looked;
	}
	told(p, adapter, o, is_new);
}

void
peers_gone(struct central *c, const char *path)
{
	int adapter = adapter_find(c, path);
	struct peer *p;
	unsigned i;
	size_t len = strlen(path);

	for (i = 0; adapter >= 0 && i < c->n_peers; i++) {
		p = c->peers[i];
		if (strncmp(p->sights[adapter].path, path, len))
			continue;
		memset(&p->sights[adapter], 0, sizeof(p->sights[adapter]));
		reach(p);
	}
}

void
peers_adapters(struct central *c)
{
	unsigned i;

	for (i = 0; i < c->n_peers; i++)
		reach(c->peers[i]);
}

/* ---- services */

static void
resolve(struct peer *p, const struct object *objects, size_t n)
{
	int waits = p->life.state == LIFE_RESOLVING || p->life.state == LIFE_CONNECTING;
	int64_t now_us = p->central->now.mono_us;
	enum device_fit fit = FIT_NO;

	if (!waits || p->via < 0 || !p->sights[p->via].is_resolved)
		return;
	if (choose_kind(p, objects, n)) {
		p->look_us = INT64_MAX;
		peer_event(p, LIFE_RESOLVED);
	} else if (!p->late_us) {
		p->look_us = p->late_us = now_us + LATE_US;
	} else if (p->late_us <= now_us) {
		(void)nth_kind(p, p->n_strange, &fit);
		peer_event(p, fit > FIT_MAYBE ? LIFE_CONNECT_FAILED : LIFE_NOT_SUCH);
	}
}

void
peers_gatt(struct central *c, const struct object *objects, size_t n)
{
	unsigned i;

	for (i = 0; i < c->n_peers; i++)
		if (c->peers[i]->is_picked)
			resolve(c->peers[i], objects, n);
}

void
peers_late(struct central *c, const char *path)
{
	int adapter;
	struct peer *p = peers_find_path(c, path, &adapter);

	if (p && p->late_us && p->via == adapter)
		bus_read_objects(c);
}

/* ---- what it says */

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
	e->port = port;
	e->len = len;
	memcpy(e->bytes, bytes, len);
	while (*end)
		end = &(*end)->next;
	*end = e;
	p->n_early++;
}

/* Everything a device ever notifies, indicates or is read passes here. */
void
peer_heard(struct peer *p, unsigned port, const uint8_t *bytes, size_t len)
{
	if (p->n_awaited) {
		keep_early(p, port, bytes, len);
		return;
	}
	talk_heard(&p->talk, port, bytes, len, &p->central->now);
	peer_pull(p);
}

void
peers_value(struct central *c, const struct object *o)
{
	int adapter;
	struct peer *p = peers_find_path(c, o->path, &adapter);
	unsigned i;

	for (i = 0; p && p->via == adapter && p->kind && i < p->kind->n_ports; i++)
		if (p->gates[i].is_heard && p->gates[i].fd < 0 && !strcmp(p->gates[i].path, o->path))
			peer_heard(p, i, o->value, o->len);
}

static void
wrong(struct peer *p, uint64_t was)
{
	struct central *c = p->central;

	if (p->talk.n_wrong == was)
		return;
	if (log_often(&c->wrong, c->now.mono_us))
		log_warn("frame_wrong", "n=%llu device=%s kind=%s why=\"%s\"",
			 (unsigned long long)c->wrong.n, p->id, p->kind->name, p->talk.wrong);
}

/* It is none of that kind; perhaps one of the next. */
static void
not_such(struct peer *p)
{
	p->n_strange++;
	if (!nth_kind(p, p->n_strange, NULL)) {
		peer_event(p, LIFE_NOT_SUCH);
		return;
	}
	hang_up(p);
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
	tell(p);
	peer_write(p);
}

/* All that can be listened to is listened to. */
static void
begin(struct peer *p)
{
	struct central *c = p->central;
	unsigned i, present = 0;
	struct early *e;

	for (i = 0; i < p->kind->n_ports; i++)
		if (*p->gates[i].path && (p->gates[i].is_heard ||
					  p->kind->ports[i].use & (PORT_READ | PORT_WRITE)))
			present |= 1u << i;
	peer_event(p, LIFE_SUBSCRIBED);
	talk_begin(&p->talk, p->kind, present, zone_us(&c->now), &c->now);
	log_info("connected", "device=%s kind=%s", p->id, p->kind->name);
	while ((e = p->early) && p->talk.kind) {
		p->early = e->next;
		p->n_early--;
		talk_heard(&p->talk, e->port, e->bytes, e->len, &c->now);
		free(e);
		peer_pull(p);
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
		p->attempt++;
		p->n_awaited = 0;
		peer_close_gates(p);
		peer_event(p, LIFE_UNPAIRED);
		return;
	}
	gate->is_heard = fault == FAULT_NONE || fault == FAULT_ALREADY || fault == FAULT_BUSY;
	p->n_refused += !gate->is_heard && p->kind->ports[port].use & PORT_NEEDED;
	if (p->n_awaited)
		return;
	for (i = 0; i < p->kind->n_ports; i++)
		n += (unsigned)p->gates[i].is_heard;
	if (!n || p->n_refused)
		peer_event(p, LIFE_SUBSCRIBE_FAILED);
	else
		begin(p);
}

/* ---- time */

static void
look(struct peer *p)
{
	p->look_us = INT64_MAX;
	bus_read_objects(p->central);
}

void
peers_time(struct central *c)
{
	struct peer *p;
	unsigned i;

	for (i = 0; i < c->n_peers; i++) {
		p = c->peers[i];
		if (p->look_us <= c->now.mono_us)
			look(p);
		if (p->life.until_us <= c->now.mono_us)
			peer_event(p, LIFE_TIME);
		if (p->talk.kind && talk_wait_us(&p->talk, &c->now) <= 0)
			peer_pull(p);
	}
}

int64_t
peers_wait_us(const struct central *c)
{
	int64_t at_us = INT64_MAX, us;
	const struct peer *p;
	unsigned i;

	for (i = 0; i < c->n_peers; i++) {
		p = c->peers[i];
		if (p->look_us < at_us)
			at_us = p->look_us;
		if (p->life.until_us < at_us)
			at_us = p->life.until_us;
		us = talk_wait_us(&p->talk, &c->now);
		if (us < INT64_MAX && c->now.mono_us + us < at_us)
			at_us = c->now.mono_us + us;
	}
	return at_us;
}
