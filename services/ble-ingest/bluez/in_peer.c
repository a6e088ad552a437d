#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "services/ble-ingest/bluez/central.h"

#define DEVICE         "org.bluez.Device1"
#define CHARACTERISTIC "org.bluez.GattCharacteristic1"

/* An answer to what was asked on an earlier link tells nothing of this one. */
static int
is_stale(const struct call *call)
{
	return call->attempt != call->peer->attempt;
}

static int
ask(struct peer *p, const char *path, const char *interface, const char *member, unsigned port,
    void (*done)(const struct call *, enum fault, const char *, sd_bus_message *))
{
	struct call call = {.central = p->central, .peer = p, .attempt = p->attempt,
			    .port = port, .done = done};

	return bus_call(bus_method(p->central, path, interface, member), &call);
}

/* ---- the link */

static void
connect_answered(const struct call *call, enum fault fault, const char *why,
		 sd_bus_message *answer)
{
	struct peer *p = call->peer;

	(void)answer;
	if (is_stale(call) || p->via < 0)
		return;
	if (fault == FAULT_NONE || fault == FAULT_ALREADY) {
		peer_link_is_up(p, p->via);
		return;
	}
	log_debug("not_connected", "device=%s why=\"%s\"", p->id, why);
	p->sights[p->via].rssi = 0;   /* next time by another adapter, if one sees it */
	peer_event(p, LIFE_CONNECT_FAILED);
}

int
peer_connect(struct peer *p)
{
	return ask(p, p->sights[p->via].path, DEVICE, "Connect", 0, connect_answered);
}

static void
disconnect_answered(const struct call *call, enum fault fault, const char *why,
		    sd_bus_message *answer)
{
	(void)answer;
	if (is_stale(call))
		return;
	if (fault != FAULT_NONE && fault != FAULT_GONE)
		log_debug("not_disconnected", "device=%s why=\"%s\"", call->peer->id, why);
	peer_event(call->peer, LIFE_LEFT);
}

int
peer_disconnect(struct peer *p)
{
	if (p->via < 0)
		return -1;
	return ask(p, p->sights[p->via].path, DEVICE, "Disconnect", 0, disconnect_answered);
}

/* ---- pairing */

static void
trust_answered(const struct call *call, enum fault fault, const char *why, sd_bus_message *answer)
{
	(void)answer;
	if (fault != FAULT_NONE)
		log_debug("not_trusted", "device=%s why=\"%s\"", call->peer->id, why);
}

/* Trusted: bluetoothd asks nobody when it comes back. */
static void
trust(struct peer *p)
{
	struct call call = {.central = p->central, .peer = p, .done = trust_answered};
	sd_bus_message *m = bus_method(p->central, p->sights[p->via].path,
				       "org.freedesktop.DBus.Properties", "Set");

	if (m)
		(void)sd_bus_message_append(m, "ssv", DEVICE, "Trusted", "b", 1);
	(void)bus_call(m, &call);
}

static void
pair_answered(const struct call *call, enum fault fault, const char *why, sd_bus_message *answer)
{
	struct peer *p = call->peer;

	(void)answer;
	if (is_stale(call) || p->via < 0)
		return;
	if (fault == FAULT_NONE || fault == FAULT_ALREADY) {
		log_info("paired", "device=%s", p->id);
		trust(p);
		peer_event(p, LIFE_PAIRED);
		return;
	}
	log_debug("not_paired", "device=%s why=\"%s\"", p->id, why);
	peer_event(p, LIFE_PAIR_REFUSED);
}

int
peer_pair(struct peer *p)
{
	return ask(p, p->sights[p->via].path, DEVICE, "Pair", 0, pair_answered);
}

/* ---- listening: by a socket where that is offered, else by signals */

static void
notify_answered(const struct call *call, enum fault fault, const char *why,
		sd_bus_message *answer)
{
	(void)answer;
	if (is_stale(call))
		return;
	if (fault != FAULT_NONE)
		log_debug("not_subscribed", "device=%s port=%u why=\"%s\"", call->peer->id,
			  call->port, why);
	peer_answered(call->peer, call->port, fault);
}

static int
notify(struct peer *p, unsigned port)
{
	p->gates[port].is_heard = 1;  /* the first value may come before the answer */
	return ask(p, p->gates[port].path, CHARACTERISTIC, "StartNotify", port, notify_answered);
}

static void
acquire_answered(const struct call *call, enum fault fault, const char *why,
		 sd_bus_message *answer)
{
	struct peer *p = call->peer;
	struct gate *gate = &p->gates[call->port];
	int fd;

	if (is_stale(call))
		return;
	if (fault == FAULT_NONE && sd_bus_message_read(answer, "hq", &fd, NULL) >= 0 &&
	    (gate->fd = fcntl(fd, F_DUPFD_CLOEXEC, 3)) >= 0) {
		bus_watch(p->central, p, call->port);
		peer_answered(p, call->port, FAULT_NONE);
	} else if (fault == FAULT_UNPAIRED || fault == FAULT_GONE) {
		peer_answered(p, call->port, fault);
	} else if (notify(p, call->port) < 0) {   /* somebody else has it, or it is not offered */
		log_debug("not_subscribed", "device=%s port=%u why=\"%s\"", p->id, call->port, why);
		peer_answered(p, call->port, FAULT_OTHER);
	}
}

static int
acquire(struct peer *p, unsigned port)
{
	struct call call = {.central = p->central, .peer = p, .attempt = p->attempt,
			    .port = port, .done = acquire_answered};
	sd_bus_message *m = bus_method(p->central, p->gates[port].path, CHARACTERISTIC,
				       "AcquireNotify");

	if (m)
		(void)sd_bus_message_append(m, "a{sv}", 0);
	return bus_call(m, &call);
}

int
peer_subscribe(struct peer *p)
{
	struct gate *gate;
	unsigned i;
	int sent;

	p->n_awaited = 0;
	for (i = 0; i < p->kind->n_ports; i++) {
		gate = &p->gates[i];
		if (!*gate->path || !(p->kind->ports[i].use & PORT_HEAR) ||
		    !(gate->flags & (FLAG_NOTIFY | FLAG_INDICATE)))
			continue;
		sent = gate->flags & FLAG_ACQUIRE ? acquire(p, i) : notify(p, i);
		p->n_awaited += sent == 0;
	}
	return p->n_awaited ? 0 : -1;
}

void
peer_close_gates(struct peer *p)
{
	unsigned i;

	for (i = 0; i < DEVICE_MOST_PORTS; i++) {
		if (p->gates[i].fd >= 0)
			close(p->gates[i].fd);   /* which takes it out of epoll */
		p->gates[i].fd = -1;
		p->gates[i].is_heard = 0;
	}
}

/* ---- reading and writing */

static void
read_answered(const struct call *call, enum fault fault, const char *why, sd_bus_message *answer)
{
	const void *bytes;
	size_t len;

	if (is_stale(call))
		return;
	if (fault != FAULT_NONE) {
		log_debug("not_read", "device=%s port=%u why=\"%s\"", call->peer->id, call->port, why);
		return;
	}
	if (sd_bus_message_read_array(answer, 'y', &bytes, &len) >= 0 && len <= DEVICE_MOST_BYTES)
		peer_heard(call->peer, call->port, bytes, len);
}

void
peer_read(struct peer *p)
{
	struct call call = {.central = p->central, .peer = p, .attempt = p->attempt,
			    .done = read_answered};
	sd_bus_message *m;

	for (call.port = 0; p->talk.kind && call.port < p->kind->n_ports; call.port++) {
		if (!*p->gates[call.port].path || !(p->kind->ports[call.port].use & PORT_READ) ||
		    !(p->gates[call.port].flags & FLAG_READ))
			continue;
		m = bus_method(p->central, p->gates[call.port].path, CHARACTERISTIC, "ReadValue");
		if (m)
			(void)sd_bus_message_append(m, "a{sv}", 0);
		(void)bus_call(m, &call);
	}
}

static void
write_answered(const struct call *call, enum fault fault, const char *why,
	       sd_bus_message *answer)
{
	struct peer *p = call->peer;

	(void)answer;
	if (is_stale(call))
		return;
	if (fault != FAULT_NONE)
		log_debug("not_written", "device=%s why=\"%s\"", p->id, why);
	if (fault == FAULT_UNPAIRED) {
		peer_hang_up(p);
		peer_event(p, LIFE_UNPAIRED);
		return;
	}
	talk_written(&p->talk);
	peer_write(p);
}

void
peer_write(struct peer *p)
{
	struct call call = {.central = p->central, .peer = p, .attempt = p->attempt,
			    .done = write_answered};
	const struct talk_write *w;
	const struct gate *gate;
	sd_bus_message *m;
	int quick;

	while ((w = talk_write(&p->talk))) {
		gate = &p->gates[w->port];
		quick = gate->flags & FLAG_WRITE_QUICK && !(w->with_response &&
							    gate->flags & FLAG_WRITE);
		m = *gate->path ? bus_method(p->central, gate->path, CHARACTERISTIC, "WriteValue")
				: NULL;
		if (m) {
			(void)sd_bus_message_append_array(m, 'y', w->bytes, w->len);
			(void)sd_bus_message_append(m, "a{sv}", 1, "type", "s",
						    quick ? "command" : "request");
		}
		if (bus_call(m, &call) == 0)
			return;
		talk_written(&p->talk);
	}
}
