#include <string.h>

#include "common/clock.h"
#include "services/ble-ingest/bluez/central.h"
#include "services/ble-ingest/devices.h"

#define LATE_US (3 * CLOCK_SECOND)   /* services resolved, but no characteristic yet */

const struct device_kind *
peer_nth_kind(const struct peer *p, unsigned n, enum device_fit *fit)
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

	for (i = p->n_strange; (kind = peer_nth_kind(p, i, &fit)); i++)
		if (has_gates(p, kind, objects, n, gates)) {
			p->kind = kind;
			p->life.is_maybe = fit == FIT_MAYBE && !p->life.is_ours;
			p->life.needs_bond |= kind->needs_bond;
			memcpy(p->gates, gates, kind->n_ports * sizeof(gates[0]));
			return 1;
		}
	return 0;
}

void
peer_resolve(struct peer *p, const struct object *objects, size_t n)
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
		(void)peer_nth_kind(p, p->n_strange, &fit);
		peer_event(p, fit > FIT_MAYBE ? LIFE_CONNECT_FAILED : LIFE_NOT_SUCH);
	}
}

