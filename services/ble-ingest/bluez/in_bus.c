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
#define READ_EVERY_US  CLOCK_SECOND
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

/* ---- objects */

/* One item {path: interfaces} or the same two as arguments. */
static int
read_object(sd_bus_message *m, struct object *o, struct err *err)
{
	const char *path;

	if (sd_bus_message_read_basic(m, 'o', &path) < 0)
		return err_set(err, EBADMSG, "objects: not as BlueZ documents them");
	(void)objects_clear(o, path);
	return objects_read_interfaces(m, o, err);
}

static void
told(struct central *c, const struct object *o, int is_whole)
{
	if (o->what & OBJECT_ADAPTER)
		adapter_told(c, o);
	if (o->what & OBJECT_DEVICE)
		peers_told(c, o, is_whole);
}

struct gatt {
	struct object *objects;
	size_t n;
};

static int
read_all(struct central *c, sd_bus_message *m, struct gatt *gatt, struct err *err)
{
	struct object *o;
	int r = sd_bus_message_enter_container(m, 'a', "{oa{sa{sv}}}");

	while (r > 0 && (r = sd_bus_message_enter_container(m, 'e', "oa{sa{sv}}")) > 0) {
		gatt->objects = realloc(gatt->objects, (gatt->n + 1) * sizeof(*gatt->objects));
		ASSERT(gatt->objects);
		o = &gatt->objects[gatt->n];
		if (read_object(m, o, err) < 0)
			return -1;
		told(c, o, 1);
		if (o->what & (OBJECT_SERVICE | OBJECT_CHARACTERISTIC))
			gatt->n++;
		r = sd_bus_message_exit_container(m) < 0 ? -1 : 1;
	}
	return r < 0 ? err_set(err, EBADMSG, "objects: not as BlueZ documents them") : 0;
}

static void
objects_answered(const struct call *call, enum fault fault, const char *why,
		 sd_bus_message *answer)
{
	struct central *c = call->central;
	struct gatt gatt = {0};
	struct err err;

	if (fault != FAULT_NONE) {
		c->is_reading = 0;
		if (fault != FAULT_GONE)
			log_warn("no_objects", "why=\"%s\"", why);
		c->read_us = c->now.mono_us + READ_EVERY_US;
		return;
	}
	if (read_all(c, answer, &gatt, &err) < 0)
		log_warn("objects_refused", "why=\"%s\"", err.text);
	peers_gatt(c, gatt.objects, gatt.n);
	free(gatt.objects);
	c->is_reading = 0;
}

void
bus_read_objects(struct central *c)
{
	struct call call = {.central = c, .done = objects_answered};

	c->read_us = INT64_MAX;
	if (c->is_reading || !c->has_bluez)
		return;
	c->is_reading = !bus_call(bus_method(c, "/", "org.freedesktop.DBus.ObjectManager",
					     "GetManagedObjects"), &call);
}

/* ---- signals */

static int
on_added(sd_bus_message *m, void *user, sd_bus_error *unused)
{
	struct central *c = user;
	struct object o;
	struct err err;
	int place;

	(void)unused;
	if (read_object(m, &o, &err) < 0) {
		log_warn("objects_refused", "why=\"%s\"", err.text);
		return 0;
	}
	told(c, &o, 1);
	/* bluetoothd may say that services are resolved before it shows the last of them */
	if (o.what & OBJECT_CHARACTERISTIC && peers_find_path(c, o.path, &place))
		peers_late(c, o.path);
	return 0;
}

static int
on_removed(sd_bus_message *m, void *user, sd_bus_error *unused)
{
	struct central *c = user;
	const char *path, *interface;

	(void)unused;
	if (sd_bus_message_read_basic(m, 'o', &path) < 0 ||
	    sd_bus_message_enter_container(m, 'a', "s") < 0)
		return 0;
	while (sd_bus_message_read_basic(m, 's', &interface) > 0) {
		if (!strcmp(interface, "org.bluez.Adapter1"))
			adapter_gone(c, path);
		else if (!strcmp(interface, "org.bluez.Device1"))
			peers_gone(c, path);
	}
	return 0;
}

static int
on_changed(sd_bus_message *m, void *user, sd_bus_error *unused)
{
	struct central *c = user;
	const char *interface;
	struct object o;
	struct err err;

	(void)unused;
	if (sd_bus_message_read_basic(m, 's', &interface) < 0 || !objects_what(interface) ||
	    !objects_clear(&o, sd_bus_message_get_path(m)))
		return 0;
	if (objects_read_properties(m, interface, &o, &err) < 0) {
		log_warn("objects_refused", "why=\"%s\"", err.text);
		return 0;
	}
	told(c, &o, 0);
	if (o.has & HAS_VALUE)
		peers_value(c, &o);
	return 0;
}

/* ---- pairing: an agent that can neither show nor ask anything, and answers only for ours */

static int
on_agent(sd_bus_message *m, void *user, sd_bus_error *e)
{
	struct central *c = user;
	const char *member = sd_bus_message_get_member(m), *path = "";
	struct peer *p;
	int place;

	if (!strcmp(member, "Release") || !strcmp(member, "Cancel"))
		return sd_bus_reply_method_return(m, NULL);
	(void)sd_bus_message_read_basic(m, 'o', &path);
	p = peers_find_path(c, path, &place);
	if (p && p->is_picked && (!strcmp(member, "RequestAuthorization") ||
				  !strcmp(member, "AuthorizeService")))
		return sd_bus_reply_method_return(m, NULL);
	log_info("pairing_refused", "device=%s why=\"asked for %s, which needs a person\"",
		 p ? p->id : "unknown", member);
	return sd_bus_error_set(e, "org.bluez.Error.Rejected", "ble-ingest has no keyboard");
}

static const sd_bus_vtable agent[] = {
	SD_BUS_VTABLE_START(0),
	SD_BUS_METHOD("Release", "", "", on_agent, SD_BUS_VTABLE_UNPRIVILEGED),
	SD_BUS_METHOD("Cancel", "", "", on_agent, SD_BUS_VTABLE_UNPRIVILEGED),
	SD_BUS_METHOD("RequestAuthorization", "o", "", on_agent, SD_BUS_VTABLE_UNPRIVILEGED),
	SD_BUS_METHOD("AuthorizeService", "os", "", on_agent, SD_BUS_VTABLE_UNPRIVILEGED),
	SD_BUS_METHOD("RequestConfirmation", "ou", "", on_agent, SD_BUS_VTABLE_UNPRIVILEGED),
	SD_BUS_METHOD("RequestPasskey", "o", "u", on_agent, SD_BUS_VTABLE_UNPRIVILEGED),
	SD_BUS_METHOD("RequestPinCode", "o", "s", on_agent, SD_BUS_VTABLE_UNPRIVILEGED),
	SD_BUS_VTABLE_END,
};

static void
agent_answered(const struct call *call, enum fault fault, const char *why, sd_bus_message *answer)
{
	(void)call;
	(void)answer;
	if (fault != FAULT_NONE && fault != FAULT_ALREADY)
		log_warn("no_agent", "why=\"%s\" then=\"devices that must be paired cannot be\"", why);
}

/* ---- bluetoothd's coming and going */

static void
bluez_is(struct central *c, int is_there)
{
	struct call call = {.central = c, .done = agent_answered};
	sd_bus_message *m;
	int i;

	if (c->has_bluez) {      /* gone, or another one already */
		for (i = 0; i < CENTRAL_ADAPTERS; i++)
			if (*c->adapters[i].path)
				adapter_gone(c, c->adapters[i].path);
		c->is_reading = 0;
	}
	if (c->has_bluez != is_there)
		log_info(is_there ? "bluetoothd_up" : "bluetoothd_down", "bus=system");
	c->has_bluez = is_there;
	if (!is_there)
		return;
	if ((m = bus_method(c, "/org/bluez", "org.bluez.AgentManager1", "RegisterAgent")))
		(void)sd_bus_message_append(m, "os", CENTRAL_AGENT, "NoInputNoOutput");
	(void)bus_call(m, &call);
	bus_read_objects(c);
}

static int
on_owner(sd_bus_message *m, void *user, sd_bus_error *unused)
{
	const char *name, *old, *new;

	(void)unused;
	if (sd_bus_message_read(m, "sss", &name, &old, &new) >= 0 && !strcmp(name, "org.bluez"))
		bluez_is(user, *new != '\0');
	return 0;
}

static void
owner_answered(const struct call *call, enum fault fault, const char *why, sd_bus_message *answer)
{
	(void)why;
	(void)answer;
	if (fault == FAULT_NONE && !call->central->has_bluez)
		bluez_is(call->central, 1);
}

/* ---- the bus */

static int
subscribe(struct central *c)
{
	struct call call = {.central = c, .done = owner_answered};
	sd_bus_message *m = NULL;
	int r;

	if ((r = sd_bus_add_match_async(c->bus, NULL, "type='signal',"
			"sender='org.freedesktop.DBus',interface='org.freedesktop.DBus',"
			"member='NameOwnerChanged',arg0='org.bluez'", on_owner, NULL, c)) < 0 ||
	    (r = sd_bus_match_signal_async(c->bus, NULL, "org.bluez", NULL,
			"org.freedesktop.DBus.ObjectManager", "InterfacesAdded", on_added, NULL,
			c)) < 0 ||
	    (r = sd_bus_match_signal_async(c->bus, NULL, "org.bluez", NULL,
			"org.freedesktop.DBus.ObjectManager", "InterfacesRemoved", on_removed, NULL,
			c)) < 0 ||
	    (r = sd_bus_match_signal_async(c->bus, NULL, "org.bluez", NULL,
			"org.freedesktop.DBus.Properties", "PropertiesChanged", on_changed, NULL,
			c)) < 0 ||
	    (r = sd_bus_add_object_vtable(c->bus, NULL, CENTRAL_AGENT, "org.bluez.Agent1", agent,
			c)) < 0 ||
	    (r = sd_bus_message_new_method_call(c->bus, &m, "org.freedesktop.DBus",
			"/org/freedesktop/DBus", "org.freedesktop.DBus", "GetNameOwner")) < 0 ||
	    (r = sd_bus_message_append(m, "s", "org.bluez")) < 0)
		return r;
	return bus_call(m, &call);
}

static int
open_bus(struct central *c)
{
	struct epoll_event on = {.events = EPOLLIN, .data.u64 = 0};
	int r;

	if ((r = sd_bus_open_system(&c->bus)) < 0)
		return r;
	(void)sd_bus_set_exit_on_disconnect(c->bus, 0);
	if ((r = subscribe(c)) < 0)
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
	bluez_is(c, 0);
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
