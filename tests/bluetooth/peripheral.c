/*
 * peripheral - an oximeter in the air: services and an advertisement of one adapter
 *
 *	peripheral ADAPTER KIND NAME <lines     as: peripheral hci1 plx Rig-PLX
 *
 * KIND is one of oximeters.h.  Measures a new value now and then, and tells it to whoever
 * listens; plx keeps one a second of those that nobody heard, and gives them when it is asked
 * for its records.  Lines tell it what to do:
 *
 *	rate HZ          measure so often; 0 not at all
 *	burst N          N values as fast as the bus takes them
 *	advertise 0|1    be seen or not
 *	drop             end every connection
 *	quit
 *
 * It speaks to whatever bluetoothd there is, and again to the next one.  btvirt passes an
 * advertisement on only when it is switched on, and the kernel drops that one when scanning
 * has just begun: so it is switched on anew until somebody listens.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <systemd/sd-bus.h>
#include <systemd/sd-event.h>
#include <time.h>
#include <unistd.h>

#include "tests/bluetooth/oximeters.h"

#define BLUEZ         "org.bluez"
#define ADVERTISE_US  500000
#define MOST_KEPT     100

struct peripheral {
	sd_event *loop;
	sd_bus *bus;
	sd_event_source *measuring, *advertising;
	char adapter[64];
	const char *name;
	const struct oximeter *kind;
	int shall_advertise;
	int is_registered;              /* its services, with this bluetoothd */
	uint64_t period_us;             /* 0: no values */
	unsigned n;                     /* of the last value */
	struct characteristic all[MOST_CHARACTERISTICS];
	struct { time_t at; unsigned n; } kept[MOST_KEPT];
	unsigned n_kept;
};

/* ---- values */

static void
fill(struct peripheral *me)
{
	me->kind->fill(me->all, oximeter_spo2(me->kind, me->n), oximeter_pulse(me->kind, me->n));
}

static void
say(struct peripheral *me, int which)
{
	struct characteristic *c = &me->all[which];

	if (c->path && c->is_heard)
		sd_bus_emit_properties_changed(me->bus, c->path, BLUEZ ".GattCharacteristic1",
					       "Value", NULL);
}

/* To everybody who listens: battery and memory have words of their own. */
static void
say_value(struct peripheral *me)
{
	int i;

	for (i = 0; i < MOST_CHARACTERISTICS; i++)
		if (me->all[i].path && me->all[i].len > 1 && i != me->kind->control &&
		    i != me->kind->spot)
			say(me, i);
}

static int
is_heard(const struct peripheral *me)
{
	return me->all[0].is_heard;
}

/* The last ones, one a second. */
static void
keep(struct peripheral *me)
{
	time_t now = time(NULL);

	if (me->n_kept && me->kept[me->n_kept - 1].at == now)
		return;
	if (me->n_kept == MOST_KEPT)
		memmove(&me->kept[0], &me->kept[1], --me->n_kept * sizeof(me->kept[0]));
	me->kept[me->n_kept].at = now;
	me->kept[me->n_kept++].n = me->n;
}

static void
measure(struct peripheral *me)
{
	me->n++;
	fill(me);
	if (!me->kind->repeats)
		say_value(me);
	if (me->kind->control >= 0 && !is_heard(me))
		keep(me);
	printf("value %u %u %u %s\n", me->n, oximeter_spo2(me->kind, me->n),
	       oximeter_pulse(me->kind, me->n), is_heard(me) ? "said" : "unheard");
}

/* ---- records */

static void
say_record(struct peripheral *me, unsigned i)
{
	unsigned n = me->kept[i].n;

	oximeter_record(me->all[me->kind->spot].value, oximeter_spo2(me->kind, n),
			oximeter_pulse(me->kind, n), me->kept[i].at);
	say(me, me->kind->spot);
}

/* How many records there are, or all of them; the answer to anything else is that there are none. */
static void
answer(struct peripheral *me, uint8_t asked)
{
	uint8_t *value = me->all[me->kind->control].value;
	unsigned i;

	memcpy(value, (uint8_t[]){6, 0, asked, 6}, 4);
	if (asked == 4)
		memcpy(value, (uint8_t[]){5, 0, (uint8_t)me->n_kept, 0}, 4);
	for (i = 0; asked == 1 && i < me->n_kept; i++)
		say_record(me, i);
	if (asked == 1 && me->n_kept)
		value[3] = 1;
	say(me, me->kind->control);
	printf("asked for records: %u, has %u\n", asked, me->n_kept);
}

/* ---- what bluetoothd asks */

static int
get_service(sd_bus *bus, const char *path, const char *interface, const char *property,
	    sd_bus_message *reply, void *data, sd_bus_error *error)
{
	const struct service *s = data;

	(void)bus, (void)path, (void)interface, (void)error;
	if (!strcmp(property, "Primary"))
		return sd_bus_message_append(reply, "b", 1);
	return sd_bus_message_append(reply, "s", s->uuid);
}

static int
get_characteristic(sd_bus *bus, const char *path, const char *interface, const char *property,
		   sd_bus_message *reply, void *data, sd_bus_error *error)
{
	struct characteristic *c = data;

	(void)bus, (void)path, (void)interface, (void)error;
	if (!strcmp(property, "UUID"))
		return sd_bus_message_append(reply, "s", c->uuid);
	if (!strcmp(property, "Service"))
		return sd_bus_message_append(reply, "o", c->service);
	if (!strcmp(property, "Flags"))
		return sd_bus_message_append_strv(reply, (char **)c->flags);
	return sd_bus_message_append_array(reply, 'y', c->value, c->len);
}

static int
read_value(sd_bus_message *call, void *data, sd_bus_error *error)
{
	struct characteristic *c = data;
	sd_bus_message *reply = NULL;
	int r = sd_bus_message_new_method_return(call, &reply);

	(void)error;
	if (r >= 0 && (r = sd_bus_message_append_array(reply, 'y', c->value, c->len)) >= 0)
		r = sd_bus_send(NULL, reply, NULL);
	sd_bus_message_unref(reply);
	return r;
}

static int
write_value(sd_bus_message *call, void *data, sd_bus_error *error)
{
	struct characteristic *c = data;
	const void *bytes;
	size_t len;
	int r;

	(void)error;
	if ((r = sd_bus_message_read_array(call, 'y', &bytes, &len)) < 0)
		return r;
	r = sd_bus_reply_method_return(call, "");
	if (len)
		answer(c->of, *(const uint8_t *)bytes);
	return r;
}

static int
listen_or_not(sd_bus_message *call, void *data, sd_bus_error *error)
{
	struct characteristic *c = data;

	(void)error;
	c->is_heard = sd_bus_message_is_method_call(call, NULL, "StartNotify");
	printf("%s %s\n", c->is_heard ? "heard" : "unheard", c->path);
	return sd_bus_reply_method_return(call, "");
}

static int
get_advertisement(sd_bus *bus, const char *path, const char *interface, const char *property,
		  sd_bus_message *reply, void *data, sd_bus_error *error)
{
	const struct peripheral *me = data;

	(void)bus, (void)path, (void)interface, (void)error;
	if (!strcmp(property, "Type"))
		return sd_bus_message_append(reply, "s", "peripheral");
	if (!strcmp(property, "LocalName"))
		return sd_bus_message_append(reply, "s", me->name);
	if (!strcmp(property, "Discoverable"))  /* without it bluetoothd ignores a stranger */
		return sd_bus_message_append(reply, "b", 1);
	return sd_bus_message_append_strv(reply, (char **)me->kind->advertised);
}

static int
released(sd_bus_message *call, void *data, sd_bus_error *error)
{
	(void)data, (void)error;
	return sd_bus_reply_method_return(call, "");
}

/* Who asks to be paired is let in: the gateway, in the machine that we are in, too. */
static int
welcome(sd_bus_message *call, void *data, sd_bus_error *error)
{
	(void)data, (void)error;
	printf("agent: %s\n", sd_bus_message_get_member(call));
	return sd_bus_reply_method_return(call, "");
}

#define CHANGES SD_BUS_VTABLE_PROPERTY_EMITS_CHANGE
static const sd_bus_vtable service_table[] = {
	SD_BUS_VTABLE_START(0),
	SD_BUS_PROPERTY("UUID", "s", get_service, 0, 0),
	SD_BUS_PROPERTY("Primary", "b", get_service, 0, 0),
	SD_BUS_VTABLE_END,
};
static const sd_bus_vtable characteristic_table[] = {
	SD_BUS_VTABLE_START(0),
	SD_BUS_PROPERTY("UUID", "s", get_characteristic, 0, 0),
	SD_BUS_PROPERTY("Service", "o", get_characteristic, 0, 0),
	SD_BUS_PROPERTY("Flags", "as", get_characteristic, 0, 0),
	SD_BUS_PROPERTY("Value", "ay", get_characteristic, 0, CHANGES),
	SD_BUS_METHOD("ReadValue", "a{sv}", "ay", read_value, SD_BUS_VTABLE_UNPRIVILEGED),
	SD_BUS_METHOD("WriteValue", "aya{sv}", "", write_value, SD_BUS_VTABLE_UNPRIVILEGED),
	SD_BUS_METHOD("StartNotify", "", "", listen_or_not, SD_BUS_VTABLE_UNPRIVILEGED),
	SD_BUS_METHOD("StopNotify", "", "", listen_or_not, SD_BUS_VTABLE_UNPRIVILEGED),
	SD_BUS_VTABLE_END,
};
static const sd_bus_vtable advertisement_table[] = {
	SD_BUS_VTABLE_START(0),
	SD_BUS_PROPERTY("Type", "s", get_advertisement, 0, 0),
	SD_BUS_PROPERTY("LocalName", "s", get_advertisement, 0, 0),
	SD_BUS_PROPERTY("ServiceUUIDs", "as", get_advertisement, 0, 0),
	SD_BUS_PROPERTY("Discoverable", "b", get_advertisement, 0, 0),
	SD_BUS_METHOD("Release", "", "", released, SD_BUS_VTABLE_UNPRIVILEGED),
	SD_BUS_VTABLE_END,
};

static const sd_bus_vtable agent_table[] = {
	SD_BUS_VTABLE_START(0),
	SD_BUS_METHOD("Release", "", "", welcome, SD_BUS_VTABLE_UNPRIVILEGED),
	SD_BUS_METHOD("Cancel", "", "", welcome, SD_BUS_VTABLE_UNPRIVILEGED),
	SD_BUS_METHOD("RequestAuthorization", "o", "", welcome, SD_BUS_VTABLE_UNPRIVILEGED),
	SD_BUS_VTABLE_END,
};

/* ---- what bluetoothd is told */

static int
answered(sd_bus_message *reply, void *what, sd_bus_error *error)
{
	const sd_bus_error *e = sd_bus_message_get_error(reply);

	(void)error;
	if (e)
		printf("%s: %s\n", (const char *)what, e->message);
	return 0;
}

static void
call(struct peripheral *me, const char *interface, const char *method, const char *object,
     sd_bus_message_handler_t then)
{
	if (!strncmp(method, "Register", 8))
		sd_bus_call_method_async(me->bus, NULL, BLUEZ, me->adapter, interface, method, then,
					 me, "oa{sv}", object, 0);
	else
		sd_bus_call_method_async(me->bus, NULL, BLUEZ, me->adapter, interface, method, then,
					 me, "o", object);
}

/* One call after the other: bluetoothd 5.66 dies of an UnregisterAdvertisement that comes while
 * it registers one. */
static int
rest(sd_bus_message *reply, void *data, sd_bus_error *error)
{
	struct peripheral *me = data;

	(void)reply, (void)error;
	sd_event_source_set_time_relative(me->advertising, ADVERTISE_US);
	return sd_event_source_set_enabled(me->advertising, SD_EVENT_ONESHOT);
}

static int
unadvertised(sd_bus_message *reply, void *data, sd_bus_error *error)
{
	struct peripheral *me = data;

	if (!me->shall_advertise || !me->is_registered)
		return rest(reply, data, error);
	call(me, BLUEZ ".LEAdvertisingManager1", "RegisterAdvertisement", "/advertisement", rest);
	return 0;
}

static int
registered(sd_bus_message *reply, void *data, sd_bus_error *error)
{
	struct peripheral *me = data;

	me->is_registered = !sd_bus_message_get_error(reply) ||
			    sd_bus_message_is_method_error(reply, BLUEZ ".Error.AlreadyExists");
	if (!me->is_registered)
		return rest(reply, data, error);
	printf("registered\n");
	if (me->kind->is_paired) {
		sd_bus_call_method_async(me->bus, NULL, BLUEZ, "/org/bluez", BLUEZ ".AgentManager1",
					 "RegisterAgent", answered, "agent", "os", "/agent",
					 "NoInputNoOutput");
		sd_bus_call_method_async(me->bus, NULL, BLUEZ, "/org/bluez", BLUEZ ".AgentManager1",
					 "RequestDefaultAgent", answered, "agent", "o", "/agent");
	}
	return rest(reply, data, error);
}

/* Whatever became of bluetoothd or the adapter, this makes it right again. */
static int
advertise(sd_event_source *timer, uint64_t due_us, void *data)
{
	struct peripheral *me = data;

	(void)timer, (void)due_us;
	if (is_heard(me))
		return rest(NULL, me, NULL);
	if (!me->is_registered)
		call(me, BLUEZ ".GattManager1", "RegisterApplication",
		     me->kind->root, registered);
	else
		call(me, BLUEZ ".LEAdvertisingManager1", "UnregisterAdvertisement", "/advertisement",
		     unadvertised);
	return 0;
}

static int
owner_changed(sd_bus_message *signal, void *data, sd_bus_error *error)
{
	struct peripheral *me = data;
	int i;

	(void)signal, (void)error;
	me->is_registered = 0;
	for (i = 0; i < MOST_CHARACTERISTICS; i++)
		me->all[i].is_heard = 0;
	printf("nobody knows us\n");
	return 0;
}

/* Our adapter is new: it was unplugged, and has no services of ours. */
static int
object_added(sd_bus_message *signal, void *data, sd_bus_error *error)
{
	struct peripheral *me = data;
	const char *path;

	(void)error;
	if (sd_bus_message_read(signal, "o", &path) > 0 && !strcmp(path, me->adapter))
		return owner_changed(signal, data, error);
	return 0;
}

static void
drop(struct peripheral *me)
{
	sd_bus_message *reply = NULL;
	const char *path;
	size_t len = strlen(me->adapter);

	if (sd_bus_call_method(me->bus, BLUEZ, "/", "org.freedesktop.DBus.ObjectManager",
			       "GetManagedObjects", NULL, &reply, "") < 0 ||
	    sd_bus_message_enter_container(reply, 'a', "{oa{sa{sv}}}") < 0)
		return;
	while (sd_bus_message_enter_container(reply, 'e', "oa{sa{sv}}") > 0) {
		sd_bus_message_read(reply, "o", &path);
		if (!strncmp(path, me->adapter, len) && !strncmp(path + len, "/dev_", 5) &&
		    !strchr(path + len + 1, '/'))
			sd_bus_call_method_async(me->bus, NULL, BLUEZ, path, BLUEZ ".Device1",
						 "Disconnect", answered, "drop", "");
		sd_bus_message_skip(reply, "a{sa{sv}}");
		sd_bus_message_exit_container(reply);
	}
	sd_bus_message_unref(reply);
}

/* ---- time and lines */

/* A Berry repeats its value. */
static int
measure_again(sd_event_source *timer, uint64_t now_us, void *data)
{
	struct peripheral *me = data;
	unsigned repeats = me->kind->repeats;
	uint64_t every_us = repeats && me->period_us ? 1000000 / repeats : me->period_us, due_us;

	(void)now_us;
	if (!every_us)
		return 0;
	sd_event_source_get_time(timer, &due_us);
	if (!repeats || due_us / me->period_us != (due_us + every_us) / me->period_us)
		measure(me);
	if (repeats)
		say_value(me);
	sd_event_source_set_time(timer, due_us + every_us);
	return sd_event_source_set_enabled(timer, SD_EVENT_ONESHOT);
}

static void
obey(struct peripheral *me, const char *line)
{
	double hz;
	unsigned n;
	uint64_t now_us;

	if (sscanf(line, "rate %lf", &hz) == 1) {
		me->period_us = hz > 0 ? (uint64_t)(1e6 / hz) : 0;
		sd_event_now(me->loop, CLOCK_MONOTONIC, &now_us);
		sd_event_source_set_time(me->measuring, now_us);
		sd_event_source_set_enabled(me->measuring, SD_EVENT_ON);
	} else if (sscanf(line, "burst %u", &n) == 1) {
		for (; n; n--) {
			measure(me);
			sd_bus_flush(me->bus);
		}
	} else if (sscanf(line, "advertise %d", &me->shall_advertise) == 1) {
		/* at the next turn */
	} else if (!strcmp(line, "drop\n")) {
		drop(me);
	} else if (!strcmp(line, "quit\n")) {
		sd_event_exit(me->loop, 0);
	} else {
		printf("what? %s", line);
	}
	printf("ok %s", line);
}

static int
take_lines(sd_event_source *source, int fd, uint32_t events, void *data)
{
	struct peripheral *me = data;
	char text[1000], *line, *end;
	ssize_t n = read(fd, text, sizeof(text) - 1);

	(void)source, (void)events;
	if (n <= 0)
		return sd_event_exit(me->loop, 0);
	text[n] = 0;  /* a writer's lines come whole: shorter than PIPE_BUF */
	for (line = text; (end = strchr(line, '\n')); line = end + 1) {
		char one[100];

		(void)snprintf(one, sizeof(one), "%.*s", (int)(end - line) + 1, line);
		obey(me, one);
	}
	return 0;
}

/* ---- attach, loop */

static int
attach(struct peripheral *me)
{
	const struct service *s = me->kind->services;
	struct characteristic *c;
	int r;

	memcpy(me->all, me->kind->all, sizeof(me->all));
	fill(me);
	if ((r = sd_event_new(&me->loop)) < 0 || (r = sd_bus_open_system(&me->bus)) < 0 ||
	    (r = sd_bus_attach_event(me->bus, me->loop, 0)) < 0 ||
	    (r = sd_bus_add_object_manager(me->bus, NULL, me->kind->root)) < 0 ||
	    (r = sd_bus_add_object_vtable(me->bus, NULL, "/advertisement",
					  BLUEZ ".LEAdvertisement1", advertisement_table, me)) < 0 ||
	    (r = sd_bus_add_object_vtable(me->bus, NULL, "/agent", BLUEZ ".Agent1", agent_table, me)) < 0)
		return r;
	for (; s->path; s++)
		sd_bus_add_object_vtable(me->bus, NULL, s->path, BLUEZ ".GattService1",
					 service_table, (void *)s);
	for (c = me->all; c < me->all + MOST_CHARACTERISTICS; c++) {
		c->of = me;
		if (c->path)
			sd_bus_add_object_vtable(me->bus, NULL, c->path,
						 BLUEZ ".GattCharacteristic1",
						 characteristic_table, c);
	}
	sd_bus_add_match(me->bus, NULL,
			 "type='signal',sender='org.freedesktop.DBus',member='NameOwnerChanged',"
			 "arg0='" BLUEZ "'", owner_changed, me);
	sd_bus_match_signal(me->bus, NULL, BLUEZ, "/", "org.freedesktop.DBus.ObjectManager",
			    "InterfacesAdded", object_added, me);
	sd_event_add_io(me->loop, NULL, 0, 1 /* EPOLLIN */, take_lines, me);
	sd_event_add_time(me->loop, &me->measuring, CLOCK_MONOTONIC, 0, 1000, measure_again, me);
	return sd_event_add_time(me->loop, &me->advertising, CLOCK_MONOTONIC, 0, 1000, advertise,
				 me);
}

int
main(int argc, char **argv)
{
	struct peripheral me = {.shall_advertise = 1};
	int r;

	if (argc != 4 || !(me.kind = oximeter_find(argv[2]))) {
		fprintf(stderr, "usage: peripheral ADAPTER plx|hrs|berry|nonin NAME\n");
		return 2;
	}
	setvbuf(stdout, NULL, _IOLBF, 0);
	(void)snprintf(me.adapter, sizeof(me.adapter), "/org/bluez/%s", argv[1]);
	me.name = argv[3];
	if ((r = attach(&me)) < 0 || (r = sd_event_loop(me.loop)) < 0) {
		fprintf(stderr, "peripheral: %s\n", strerror(-r));
		return 1;
	}
	sd_bus_flush_close_unref(me.bus);
	return 0;
}
