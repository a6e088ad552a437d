/*
 * What a decoder is given, told to whoever asked for raw/: see `raw` in messages.def.
 */
#include <stdio.h>

#include "services/ble-ingest/bluez/central.h"

static struct raw *
tell(struct peer *p, enum raw_what what)
{
	const struct device_kind *kind = p->talk.kind ? p->talk.kind : p->kind;
	struct central *c = p->central;
	struct raw *raw = &central_give(c, p, TAKEN_RAW)->raw;

	msg_clear(&msg_raw, raw);
	(void)snprintf(raw->name, sizeof(raw->name), "%s", p->name);
	(void)snprintf(raw->kind, sizeof(raw->kind), "%s", kind->name);
	raw->what = what;
	raw->at_us = c->now.utc_us;
	raw->mono_us = c->now.mono_us;
	return raw;
}

static void
tell_link(struct peer *p, enum raw_what what, unsigned present)
{
	struct raw *raw = tell(p, what);
	size_t used = 0;
	unsigned i;

	for (i = 0; i < p->kind->n_ports; i++)
		if (present & 1u << i)
			used += (size_t)snprintf(raw->port + used, sizeof(raw->port) - used, "%s%s",
						 used ? "," : "", p->kind->ports[i].uuid);
	raw->zone_us = p->zone_us;
	raw->known_us = p->talk.broken ? p->talk.last_us : MSG_NONE;
}

void
raw_begin(struct peer *p, unsigned present, int64_t zone_us)
{
	p->present = present;
	p->zone_us = zone_us;
	if (p->central->tells_raw)
		tell_link(p, RAW_BEGIN, present);
}

void
raw_heard(struct peer *p, unsigned port, const uint8_t *bytes, size_t len,
	  const struct source_now *when)
{
	struct raw *raw;

	if (!p->central->tells_raw || !p->talk.kind)
		return;
	raw = tell(p, RAW_HEARD);
	raw->at_us = when->utc_us;
	raw->mono_us = when->mono_us;
	(void)snprintf(raw->port, sizeof(raw->port), "%s", p->talk.kind->ports[port].uuid);
	raw->bytes.len = (uint32_t)len;
	memcpy(raw->bytes.bytes, bytes, len);
}

void
raw_due(struct peer *p)
{
	if (p->central->tells_raw)
		(void)tell(p, RAW_DUE);
}

void
raw_end(struct peer *p, enum gap_reason why)
{
	if (p->central->tells_raw && p->talk.kind)
		tell(p, RAW_END)->reason = why;
}

void
raw_running(struct central *c)
{
	unsigned i;

	for (i = 0; i < c->n_peers; i++)
		if (c->peers[i]->talk.kind)
			tell_link(c->peers[i], RAW_RUNNING, c->peers[i]->present);
}
