#include "services/ble-ingest/bluez/objects.h"

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "proto/msg.h"

int
objects_clear(struct object *o, const char *path)
{
	memset(o, 0, sizeof(*o));
	o->manufacturer = -1;
	return (size_t)snprintf(o->path, sizeof(o->path), "%s", path) < sizeof(o->path);
}

unsigned
objects_what(const char *interface)
{
	static const struct { const char *name; unsigned what; } all[] = {
		{"org.bluez.Adapter1", OBJECT_ADAPTER},
		{"org.bluez.Device1", OBJECT_DEVICE},
		{"org.bluez.Battery1", OBJECT_DEVICE},
		{"org.bluez.GattService1", OBJECT_SERVICE},
		{"org.bluez.GattCharacteristic1", OBJECT_CHARACTERISTIC},
	};
	size_t i;

	for (i = 0; i < sizeof(all) / sizeof(all[0]); i++)
		if (!strcmp(all[i].name, interface))
			return all[i].what;
	return 0;
}

/* ---- values of a variant that is entered */

static void
lower(char *to, size_t size, const char *from)
{
	size_t i;

	for (i = 0; from[i] && i + 1 < size; i++)
		to[i] = (char)tolower((unsigned char)from[i]);
	to[i] = '\0';
}

/* As much of it as fits, without half a character of UTF-8 at its end. */
static void
cut(char *to, size_t size, const char *from)
{
	size_t len = strlen(from);

	if (len >= size) {
		len = size - 1;
		while (len && ((unsigned char)from[len] & 0xc0) == 0x80)
			len--;
	}
	memcpy(to, from, len);
	to[len] = '\0';
}

static int
read_uuids(sd_bus_message *m, struct object *o)
{
	const char *text;
	int r = sd_bus_message_enter_container(m, 'a', "s");

	o->n_uuids = 0;
	while (r > 0 && (r = sd_bus_message_read_basic(m, 's', &text)) > 0)
		if (o->n_uuids < OBJECT_SERVICES)
			lower(o->uuids[o->n_uuids++], UUID_TEXT, text);
	return r < 0 ? r : sd_bus_message_exit_container(m);
}

/* {company: bytes}: who made it.  Of several the first. */
static int
read_maker(sd_bus_message *m, struct object *o)
{
	uint16_t company;
	int r = sd_bus_message_enter_container(m, 'a', "{qv}");

	while (r > 0 && (r = sd_bus_message_enter_container(m, 'e', "qv")) > 0) {
		if ((r = sd_bus_message_read_basic(m, 'q', &company)) < 0 ||
		    (r = sd_bus_message_skip(m, "v")) < 0)
			break;
		if (o->manufacturer < 0)
			o->manufacturer = company;
		r = sd_bus_message_exit_container(m) < 0 ? -EBADMSG : 1;
	}
	return r < 0 ? r : sd_bus_message_exit_container(m);
}

static int
read_flags(sd_bus_message *m, struct object *o)
{
	static const struct { const char *word; unsigned flag; } all[] = {
		{"read", FLAG_READ}, {"write", FLAG_WRITE},
		{"write-without-response", FLAG_WRITE_QUICK},
		{"notify", FLAG_NOTIFY}, {"indicate", FLAG_INDICATE},
	};
	const char *word;
	int r = sd_bus_message_enter_container(m, 'a', "s");
	size_t i;

	while (r > 0 && (r = sd_bus_message_read_basic(m, 's', &word)) > 0)
		for (i = 0; i < sizeof(all) / sizeof(all[0]); i++)
			if (!strcmp(all[i].word, word))
				o->flags |= all[i].flag;
	return r < 0 ? r : sd_bus_message_exit_container(m);
}

static int
read_value(sd_bus_message *m, struct object *o)
{
	const void *bytes;
	size_t len;
	int r = sd_bus_message_read_array(m, 'y', &bytes, &len);

	if (r < 0)
		return r;
	if (len <= sizeof(o->value)) {
		memcpy(o->value, bytes, len);
		o->len = len;
		o->has |= HAS_VALUE;
	}
	return 0;
}

/* ---- the properties, by interface and name */

enum as { AS_LOWER, AS_TEXT, AS_BOOL, AS_INT16, AS_BYTE, AS_CALL, AS_MARK };

#define AT(member) offsetof(struct object, member), sizeof(((struct object *)0)->member)
static const struct property {
	const char *name, *type;
	size_t at, size;
	int (*call)(sd_bus_message *m, struct object *o);
	unsigned what, has;
	enum as as;
} properties[] = {
	{"Address", "s", AT(address), NULL, OBJECT_ADAPTER, HAS_ADDRESS, AS_LOWER},
	{"Powered", "b", AT(is_powered), NULL, OBJECT_ADAPTER, HAS_POWERED, AS_BOOL},
	{"Discovering", "b", AT(is_discovering), NULL, OBJECT_ADAPTER, HAS_DISCOVERING, AS_BOOL},
	{"Address", "s", AT(address), NULL, OBJECT_DEVICE, HAS_ADDRESS, AS_LOWER},
	{"Name", "s", AT(name), NULL, OBJECT_DEVICE, HAS_NAME, AS_TEXT},
	{"UUIDs", "as", 0, 0, read_uuids, OBJECT_DEVICE, HAS_UUIDS, AS_CALL},
	{"RSSI", "n", AT(rssi), NULL, OBJECT_DEVICE, HAS_RSSI, AS_INT16},
	{"Connected", "b", AT(is_connected), NULL, OBJECT_DEVICE, HAS_CONNECTED, AS_BOOL},
	{"ServicesResolved", "b", AT(is_resolved), NULL, OBJECT_DEVICE, HAS_RESOLVED, AS_BOOL},
	{"Paired", "b", AT(is_paired), NULL, OBJECT_DEVICE, HAS_PAIRED, AS_BOOL},
	{"ManufacturerData", "a{qv}", 0, 0, read_maker, OBJECT_DEVICE, HAS_MAKER, AS_CALL},
	{"ServiceData", "a{sv}", 0, 0, NULL, OBJECT_DEVICE, HAS_ADVERTISED, AS_MARK},
	{"Percentage", "y", AT(battery), NULL, OBJECT_DEVICE, HAS_BATTERY, AS_BYTE},
	{"UUID", "s", AT(uuid), NULL, OBJECT_SERVICE, 0, AS_LOWER},
	{"UUID", "s", AT(uuid), NULL, OBJECT_CHARACTERISTIC, 0, AS_LOWER},
	{"Service", "o", AT(service), NULL, OBJECT_CHARACTERISTIC, 0, AS_TEXT},
	{"Flags", "as", 0, 0, read_flags, OBJECT_CHARACTERISTIC, 0, AS_CALL},
	{"Value", "ay", 0, 0, read_value, OBJECT_CHARACTERISTIC, 0, AS_CALL},
};

static int
read_content(sd_bus_message *m, const struct property *p, struct object *o)
{
	void *to = (char *)o + p->at;
	int *number = to;
	const char *text;
	int16_t small = 0;
	uint8_t byte = 0;
	int r;

	switch (p->as) {
	case AS_BOOL:
		return sd_bus_message_read_basic(m, 'b', number);
	case AS_INT16:
		r = sd_bus_message_read_basic(m, 'n', &small);
		*number = small;
		return r;
	case AS_BYTE:
		r = sd_bus_message_read_basic(m, 'y', &byte);
		*number = byte;
		return r;
	case AS_LOWER:
	case AS_TEXT:
		if ((r = sd_bus_message_read_basic(m, *p->type, &text)) < 0)
			return r;
		(p->as == AS_LOWER ? lower : cut)(to, p->size, text);
		return 0;
	case AS_CALL:
	case AS_MARK:
		break;
	}
	return p->as == AS_CALL ? p->call(m, o) : sd_bus_message_skip(m, p->type);
}

static int
read_property(sd_bus_message *m, const struct property *p, struct object *o)
{
	int r = sd_bus_message_enter_container(m, 'v', p->type);

	if (r < 0)
		return r;
	if ((r = read_content(m, p, o)) < 0)
		return r;
	o->has |= p->has;
	return sd_bus_message_exit_container(m);
}

static const struct property *
find_property(unsigned what, const char *name)
{
	size_t i;

	for (i = 0; i < sizeof(properties) / sizeof(properties[0]); i++)
		if (properties[i].what == what && !strcmp(properties[i].name, name))
			return &properties[i];
	return NULL;
}

int
objects_read_properties(sd_bus_message *m, const char *interface, struct object *o,
			struct err *err)
{
	unsigned what = objects_what(interface);
	const struct property *p;
	const char *name = "";
	int r = sd_bus_message_enter_container(m, 'a', "{sv}");

	while (r > 0 && (r = sd_bus_message_enter_container(m, 'e', "sv")) > 0) {
		if ((r = sd_bus_message_read_basic(m, 's', &name)) < 0)
			break;
		p = find_property(what, name);
		if (p)
			r = read_property(m, p, o);
		else
			r = sd_bus_message_skip(m, "v");
		/* there only where it can be had */
		if (what == OBJECT_CHARACTERISTIC && !strcmp(name, "NotifyAcquired"))
			o->flags |= FLAG_ACQUIRE;
		if (r >= 0)
			r = sd_bus_message_exit_container(m) < 0 ? -EBADMSG : 1;
		if (r < 0)
			break;
	}
	o->what |= what;
	if (r < 0 || sd_bus_message_exit_container(m) < 0)
		return err_set(err, EBADMSG, "%s: property %s of %s is not as BlueZ documents it",
			       o->path, name, interface);
	return 0;
}

int
objects_read_interfaces(sd_bus_message *m, struct object *o, struct err *err)
{
	const char *interface = "";
	int r = sd_bus_message_enter_container(m, 'a', "{sa{sv}}");

	while (r > 0 && (r = sd_bus_message_enter_container(m, 'e', "sa{sv}")) > 0) {
		if ((r = sd_bus_message_read_basic(m, 's', &interface)) < 0)
			break;
		if (!objects_what(interface))
			r = sd_bus_message_skip(m, "a{sv}");
		else if (objects_read_properties(m, interface, o, err) < 0)
			return -1;
		if (r >= 0)
			r = sd_bus_message_exit_container(m) < 0 ? -EBADMSG : 1;
		if (r < 0)
			break;
	}
	if (r < 0 || sd_bus_message_exit_container(m) < 0)
		return err_set(err, EBADMSG, "%s: interface %s is not as BlueZ documents it", o->path,
			       interface);
	return 0;
}
