#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "common/clock.h"
#include "services/ble-ingest/bluez/central.h"

#define AGAIN_US       CLOCK_SECOND          /* the bus is away; doubled each time */
#define AGAIN_MOST_US  (30 * CLOCK_SECOND)
#define CALL_US        (90 * CLOCK_SECOND)   /* life.c gives up sooner */
#define AT_ONCE        256                   /* messages, before others have their turn */
#define NOT_THE_BUS    1                     /* tags in epoll: 0, and 1 + a gate's place */

/* ---- calls */

sd_bus_message *
bus_method(struct central *c, const char *path, const char *interface, const char *member)
{
	sd_bus_message *m = NULL;

	if (!c->bus || sd_bus_message_new_method_call(c->bus, &m, "org.bluez", path, interface,
						      member) < 0)
		return NULL;
	return m;
}

static int
on_answer(sd_bus_message *m, void *user, sd_bus_error *unused)
{
	const struct call *call = user;
	const sd_bus_error *e = sd_bus_message_get_error(m);

	(void)unused;
	call->done(call, e ? fault_of(e->name, e->message) : FAULT_NONE,
		   !e ? "" : e->message && *e->message ? e->message : e->name, m);
	return 1;
}

int
bus_call(sd_bus_message *method, const struct call *call)
{
	struct call *kept;
	sd_bus_slot *slot = NULL;
	int r;

	if (!method)
		return -1;
	kept = malloc(sizeof(*kept));
	ASSERT(kept);
	*kept = *call;
	r = sd_bus_call_async(call->central->bus, &slot, method, on_answer, kept, CALL_US);
	sd_bus_message_unref(method);
	if (r < 0) {
		free(kept);
		return -1;
	}
	(void)sd_bus_slot_set_destroy_callback(slot, free);
	(void)sd_bus_slot_set_floating(slot, 1);
	sd_bus_slot_unref(slot);
	return 0;
}

/* ---- the bus */

static int
open_bus(struct central *c)
{
	struct epoll_event on = {.events = EPOLLIN, .data.u64 = 0};
	int r;

	if ((r = sd_bus_open_system(&c->bus)) < 0)
		return r;
	(void)sd_bus_set_exit_on_disconnect(c->bus, 0);
	if ((r = bus_listen(c)) < 0)
		return r;
	c->bus_events = EPOLLIN;
	return epoll_ctl(c->epoll, EPOLL_CTL_ADD, sd_bus_get_fd(c->bus), &on) < 0 ? -errno : 0;
}

static void
lost(struct central *c, int r)
{
	(void)snprintf(c->bus_why, sizeof(c->bus_why), "the system's D-Bus cannot be reached: %s",
		       strerror(-r));
	if (!c->n_bus_failed)
		log_warn("no_bus", "why=\"%s\"", c->bus_why);
	bus_close(c);
	c->bus_at_us = c->now.mono_us + (c->n_bus_failed < 5 ? AGAIN_US << c->n_bus_failed
							     : AGAIN_MOST_US);
	c->n_bus_failed++;
}

void
bus_close(struct central *c)
{
	bus_bluez_is(c, 0);
	if (!c->bus)
		return;
	(void)epoll_ctl(c->epoll, EPOLL_CTL_DEL, sd_bus_get_fd(c->bus), NULL);
	c->bus = sd_bus_flush_close_unref(c->bus);
}

/* ---- work */

void
bus_watch(struct central *c, struct peer *p, unsigned port)
{
	struct epoll_event on = {
		.events = EPOLLIN,
		.data.u64 = NOT_THE_BUS + p->number * DEVICE_MOST_PORTS + port,
	};

	(void)epoll_ctl(c->epoll, EPOLL_CTL_ADD, p->gates[port].fd, &on);
}

/* One datagram is one notification. */
static void
read_gate(struct central *c, uint64_t tag)
{
	struct peer *p = c->peers[(tag - NOT_THE_BUS) / DEVICE_MOST_PORTS];
	unsigned port = (unsigned)((tag - NOT_THE_BUS) % DEVICE_MOST_PORTS);
	uint8_t bytes[DEVICE_MOST_BYTES];
	ssize_t len;
	int n;

	for (n = 0; n < 64 && p->gates[port].fd >= 0; n++) {
		len = recv(p->gates[port].fd, bytes, sizeof(bytes), MSG_DONTWAIT);
		if (len > 0) {
			peer_heard(p, port, bytes, (size_t)len);
			continue;
		}
		if (len < 0 && (errno == EAGAIN || errno == EINTR))
			return;
		(void)close(p->gates[port].fd);
		p->gates[port].fd = -1;
		peer_event(p, LIFE_LINK_DOWN);  /* bluetoothd closes it when the link is down */
		return;
	}
}

static int
process(struct central *c)
{
	struct epoll_event on = {.data.u64 = 0};
	int r, n, events;

	for (n = 0; n < AT_ONCE; n++)
		if ((r = sd_bus_process(c->bus, NULL)) <= 0)
			break;
	if (r < 0 || (events = sd_bus_get_events(c->bus)) < 0)
		return r < 0 ? r : events;
	c->n_bus_failed = 0;
	on.events = (uint32_t)events;   /* poll's bits are epoll's */
	if (on.events != c->bus_events &&
	    epoll_ctl(c->epoll, EPOLL_CTL_MOD, sd_bus_get_fd(c->bus), &on) == 0)
		c->bus_events = on.events;
	return 0;
}

void
bus_work(struct central *c)
{
	struct epoll_event on[64];
	int i, n, r;

	if (!c->bus && c->bus_at_us <= c->now.mono_us && (r = open_bus(c)) < 0)
		lost(c, r);
	n = epoll_wait(c->epoll, on, 64, 0);
	for (i = 0; i < n; i++)
		if (on[i].data.u64 >= NOT_THE_BUS)
			read_gate(c, on[i].data.u64);
	if (c->bus && (r = process(c)) < 0)
		lost(c, r);
	if (c->read_us <= c->now.mono_us)
		bus_read_objects(c);
}
