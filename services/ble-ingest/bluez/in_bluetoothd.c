#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "common/clock.h"
#include "services/ble-ingest/bluez/central.h"

#define READ_EVERY_US  CLOCK_SECOND

/* ---- objects */

static void
odd(struct central *c, const struct err *err)
{
	if (!log_often(&c->odd, c->now.mono_us))
		return;
	log_warn("object_refused", "n=%llu why=\"%s\"", (unsigned long long)c->odd.n, err->text);
	c->odd.n = 0;
}

/* One item {path: interfaces} or the same two as arguments. */
static int
read_object(sd_bus_message *m, struct object *o, struct err *err)
{
	const char *path;
	int fits;

	o->what = 0;
	if (sd_bus_message_read_basic(m, 'o', &path) < 0)
		return err_set(err, EBADMSG, "objects: not as BlueZ documents them");
	fits = objects_clear(o, path);
	if (objects_read_interfaces(m, o, err) < 0)
		return -1;
	if (!fits)
		o->what = 0;            /* such a path is none of bluetoothd's */
	return 0;
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
		o = realloc(gatt->objects, (gatt->n + 1) * sizeof(*o));
		ASSERT(o);
		gatt->objects = o;
		o += gatt->n;
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
		odd(c, &err);
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
		odd(c, &err);
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
		odd(c, &err);
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

void
bus_bluez_is(struct central *c, int is_there)
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
		bus_bluez_is(user, *new != '\0');
	return 0;
}

static void
owner_answered(const struct call *call, enum fault fault, const char *why, sd_bus_message *answer)
{
	(void)why;
	(void)answer;
	if (fault == FAULT_NONE && !call->central->has_bluez)
		bus_bluez_is(call->central, 1);
}

/* ---- all of it */

int
bus_listen(struct central *c)
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
