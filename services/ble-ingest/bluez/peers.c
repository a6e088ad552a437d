#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/clock.h"
#include "services/ble-ingest/bluez/central.h"
#include "services/ble-ingest/devices.h"

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

void
peers_free(struct central *c)
{
	struct peer *p;

	while (c->n_peers) {
		p = c->peers[--c->n_peers];
		peer_close_gates(p);
		peer_drop_early(p);
		talk_release(&p->talk);
		free(p);
	}
}

/* ---- what bluetoothd tells of it */

static void
take_link(struct peer *p, int adapter, const struct object *o)
{
	struct sight *s = &p->sights[adapter];
	int is_here = p->via == adapter && (life_is_up(&p->life) || p->life.state == LIFE_CONNECTING);

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
	return peer_best_sight(p) >= 0;
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
	peer_tell(p);
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
told(struct peer *p, int adapter, const struct object *o, int seen)
{
	struct sight *s = &p->sights[adapter];

	if (!*s->path)
		(void)snprintf(s->path, sizeof(s->path), "%s", o->path);
	take_looks(p, adapter, o);
	if (!p->kind)
		p->kind = peer_nth_kind(p, p->n_strange, NULL);
	pick(p);
	reach(p);
	take_link(p, adapter, o);
	if (seen && adapter_usable(p->central, adapter))
		peer_event(p, LIFE_SEEN);
	peer_tell(p);
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

/* Has it just advertised?  Old data stay in an object; only a signal tells that they are new,
 * and, of an object that is new itself, its RSSI, which is not kept. */
static int
is_seen(const struct object *o, int is_whole, int is_new)
{
	if (is_whole)
		return is_new && o->has & HAS_RSSI;
	return (o->has & (HAS_RSSI | HAS_MAKER | HAS_ADVERTISED)) != 0;
}

void
peers_told(struct central *c, const struct object *o, int is_whole)
{
	int adapter;
	struct peer *p = peers_find_path(c, o->path, &adapter);

	if (adapter < 0)
		return;
	if (!p && is_whole && *o->address && ((p = find_id(c, o->address)) || could_be(o)))
		p = p ? p : add(c, o->address);
	else if (!p && !is_whole && o->has & (HAS_NAME | HAS_UUIDS) &&
		 c->read_us == INT64_MAX)
		c->read_us = c->now.mono_us + CLOCK_SECOND;   /* with its name it may be one */
	if (p)
		told(p, adapter, o, is_seen(o, is_whole, !*p->sights[adapter].path));
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

void
peers_gatt(struct central *c, const struct object *objects, size_t n)
{
	unsigned i;

	for (i = 0; i < c->n_peers; i++)
		if (c->peers[i]->is_picked)
			peer_resolve(c->peers[i], objects, n);
}

void
peers_late(struct central *c, const char *path)
{
	int adapter;
	struct peer *p = peers_find_path(c, path, &adapter);

	if (p && p->late_us && p->via == adapter)
		bus_read_objects(c);
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
		if (p->talk.kind && talk_wait_us(&p->talk, &c->now) <= 0) {
			raw_due(p);
			peer_pull(p);
		}
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
