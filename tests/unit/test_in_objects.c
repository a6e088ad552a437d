#include "tests/unit/test.h"

#include <stdarg.h>
#include <sys/socket.h>
#include <unistd.h>

#include "services/ble-ingest/bluez/objects.h"

#define DEVICE "org.bluez.Device1"
#define CHR    "org.bluez.GattCharacteristic1"

/* Messages need a bus, if only one that nobody is on. */
static sd_bus *bus;
static int fds[2];

static void
open_bus(void)
{
	ok(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds) == 0);
	ok(sd_bus_new(&bus) >= 0 && sd_bus_set_fd(bus, fds[0], fds[0]) >= 0 && sd_bus_start(bus) >= 0);
}

static void
close_bus(void)
{
	bus = sd_bus_close_unref(bus);
	close(fds[1]);
}

static sd_bus_message *
begin(void)
{
	sd_bus_message *m;

	ok(sd_bus_message_new_signal(bus, &m, "/x", "a.b", "C") >= 0);
	return m;
}

static void
rewind_it(sd_bus_message *m)
{
	ok(sd_bus_message_seal(m, 1, 0) >= 0 && sd_bus_message_rewind(m, 1) >= 0);
}

/* One property of that type, read as one of `interface`.  The message ends with it. */
static int
read_one(struct object *o, struct err *err, const char *interface, const char *name,
	 const char *type, ...)
{
	sd_bus_message *m = begin();
	va_list args;
	int r;

	va_start(args, type);
	ok(sd_bus_message_open_container(m, 'a', "{sv}") >= 0);
	ok(sd_bus_message_open_container(m, 'e', "sv") >= 0);
	ok(sd_bus_message_append(m, "s", name) >= 0);
	ok(sd_bus_message_open_container(m, 'v', type) >= 0);
	ok(sd_bus_message_appendv(m, type, args) >= 0, "%s", type);
	va_end(args);
	ok(sd_bus_message_close_container(m) >= 0 && sd_bus_message_close_container(m) >= 0);
	ok(sd_bus_message_close_container(m) >= 0);
	rewind_it(m);
	ok(objects_clear(o, "/org/bluez/hci0"));
	r = objects_read_properties(m, interface, o, err);
	sd_bus_message_unref(m);
	return r;
}

TEST(each_property_has_its_place)
{
	struct object o;
	struct err err;

	open_bus();
	is_int(read_one(&o, &err, DEVICE, "Address", "s", "AA:BB:CC:DD:EE:0F"), 0);
	is_str(o.address, "aa:bb:cc:dd:ee:0f");
	is_int(o.has, HAS_ADDRESS);
	is_int(o.what, OBJECT_DEVICE);
	is_int(read_one(&o, &err, DEVICE, "Name", "s", "O2Ring"), 0);
	is_str(o.name, "O2Ring");
	is_int(read_one(&o, &err, DEVICE, "RSSI", "n", -77), 0);
	ok(o.has == HAS_RSSI && o.rssi == -77);
	is_int(read_one(&o, &err, DEVICE, "Connected", "b", 1), 0);
	ok(o.has == HAS_CONNECTED && o.is_connected);
	is_int(read_one(&o, &err, DEVICE, "Connected", "b", 0), 0);
	ok(o.has == HAS_CONNECTED && !o.is_connected);
	is_int(read_one(&o, &err, DEVICE, "ServicesResolved", "b", 1), 0);
	ok(o.has == HAS_RESOLVED && o.is_resolved);
	is_int(read_one(&o, &err, DEVICE, "Paired", "b", 1), 0);
	ok(o.has == HAS_PAIRED && o.is_paired);
	is_int(read_one(&o, &err, DEVICE, "UUIDs", "as", 2, "1822", "ABCD"), 0);
	ok(o.n_uuids == 2 && !strcmp(o.uuids[0], "1822") && !strcmp(o.uuids[1], "abcd"));
	is_int(read_one(&o, &err, DEVICE, "ManufacturerData", "a{qv}", 2, 0x36f, "s", "x", 7, "s", "y"), 0);
	ok(o.has == HAS_MAKER && o.manufacturer == 0x36f);
	is_int(read_one(&o, &err, DEVICE, "ManufacturerData", "a{qv}", 0), 0);
	is_int(o.manufacturer, -1);
	is_int(read_one(&o, &err, DEVICE, "ServiceData", "a{sv}", 0), 0);
	is_int(o.has, HAS_ADVERTISED);
	is_int(read_one(&o, &err, "org.bluez.Battery1", "Percentage", "y", 85), 0);
	ok(o.has == HAS_BATTERY && o.battery == 85 && o.what == OBJECT_DEVICE);
	is_int(read_one(&o, &err, "org.bluez.Adapter1", "Powered", "b", 1), 0);
	ok(o.has == HAS_POWERED && o.is_powered && o.what == OBJECT_ADAPTER);
	is_int(read_one(&o, &err, "org.bluez.Adapter1", "Discovering", "b", 1), 0);
	ok(o.has == HAS_DISCOVERING && o.is_discovering);
	is_int(read_one(&o, &err, "org.bluez.GattService1", "UUID", "s", "180D"), 0);
	ok(!strcmp(o.uuid, "180d") && o.what == OBJECT_SERVICE);
	is_int(read_one(&o, &err, CHR, "Service", "o", "/a/b"), 0);
	is_str(o.service, "/a/b");
	is_int(read_one(&o, &err, CHR, "Flags", "as", 4, "read", "notify", "indicate", "what"), 0);
	is_int(o.flags, FLAG_READ | FLAG_NOTIFY | FLAG_INDICATE);
	is_int(read_one(&o, &err, CHR, "Flags", "as", 2, "write", "write-without-response"), 0);
	is_int(o.flags, FLAG_WRITE | FLAG_WRITE_QUICK);
	is_int(read_one(&o, &err, CHR, "NotifyAcquired", "b", 0), 0);
	is_int(o.flags, FLAG_ACQUIRE);
	is_int(read_one(&o, &err, CHR, "Value", "ay", 3, 1, 2, 255), 0);
	ok(o.has == HAS_VALUE && o.len == 3 && o.value[2] == 255);
	close_bus();
}

TEST(what_is_not_known_is_passed_over)
{
	struct object o;
	struct err err;

	open_bus();
	is_int(read_one(&o, &err, DEVICE, "Future", "(sa{sv})", "x", 0), 0);
	is_int(o.has, 0);
	is_int(read_one(&o, &err, "org.bluez.Adapter1", "RSSI", "n", -1), 0);
	is_int(o.has, 0);
	is_int(objects_what("org.bluez.Media1"), 0);
	close_bus();
}

TEST(a_property_of_another_type_is_refused_by_name)
{
	static const struct { const char *interface, *name; } rows[] = {
		{DEVICE, "Address"}, {DEVICE, "Name"}, {DEVICE, "RSSI"}, {DEVICE, "Connected"},
		{DEVICE, "UUIDs"}, {DEVICE, "ManufacturerData"}, {DEVICE, "ServiceData"},
		{"org.bluez.Battery1", "Percentage"}, {"org.bluez.Adapter1", "Powered"},
		{CHR, "UUID"}, {CHR, "Service"}, {CHR, "Flags"}, {CHR, "Value"},
	};
	struct object o;
	struct err err;
	size_t i;

	open_bus();
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		err.text[0] = '\0';
		ok(read_one(&o, &err, rows[i].interface, rows[i].name, "x", 5LL) < 0, "%s", rows[i].name);
		has_str(err.text, rows[i].name);
		has_str(err.text, "/org/bluez/hci0: property");
	}
	close_bus();
}

TEST(what_is_longer_than_its_place_is_cut)
{
	static char text[300];
	sd_bus_message *m;
	struct object o;
	struct err err;
	int i;

	open_bus();
	memset(text, 'x', 63);
	memcpy(text + 63, "\xe2\x82\xac!", 5);      /* a letter of 3 bytes across the end */
	is_int(read_one(&o, &err, DEVICE, "Name", "s", text), 0);
	is_int(strlen(o.name), 63);
	memset(text, 'x', 299);
	is_int(read_one(&o, &err, DEVICE, "Name", "s", text), 0);
	is_int(strlen(o.name), 64);
	is_int(read_one(&o, &err, DEVICE, "Address", "s", text), 0);
	is_int(strlen(o.address), 17);
	is_int(read_one(&o, &err, DEVICE, "UUIDs", "as", 1, text), 0);
	is_int(strlen(o.uuids[0]), UUID_TEXT - 1);

	m = begin();                                 /* more services than we look at */
	ok(sd_bus_message_open_container(m, 'a', "{sv}") >= 0);
	ok(sd_bus_message_open_container(m, 'e', "sv") >= 0);
	ok(sd_bus_message_append(m, "s", "UUIDs") >= 0);
	ok(sd_bus_message_open_container(m, 'v', "as") >= 0);
	ok(sd_bus_message_open_container(m, 'a', "s") >= 0);
	for (i = 0; i < OBJECT_SERVICES + 5; i++)
		ok(sd_bus_message_append(m, "s", "1822") >= 0);
	for (i = 0; i < 4; i++)
		ok(sd_bus_message_close_container(m) >= 0);
	rewind_it(m);
	ok(objects_clear(&o, "/x"));
	is_int(objects_read_properties(m, DEVICE, &o, &err), 0);
	is_int(o.n_uuids, OBJECT_SERVICES);
	sd_bus_message_unref(m);
	close_bus();
}

TEST(a_value_longer_than_any_attribute_is_none)
{
	uint8_t bytes[513] = {0};
	sd_bus_message *m;
	struct object o;
	struct err err;
	size_t len;

	open_bus();
	for (len = 512; len <= 513; len++) {
		m = begin();
		ok(sd_bus_message_open_container(m, 'a', "{sv}") >= 0);
		ok(sd_bus_message_open_container(m, 'e', "sv") >= 0);
		ok(sd_bus_message_append(m, "s", "Value") >= 0);
		ok(sd_bus_message_open_container(m, 'v', "ay") >= 0);
		ok(sd_bus_message_append_array(m, 'y', bytes, len) >= 0);
		ok(sd_bus_message_close_container(m) >= 0 && sd_bus_message_close_container(m) >= 0);
		ok(sd_bus_message_close_container(m) >= 0);
		rewind_it(m);
		ok(objects_clear(&o, "/x"));
		is_int(objects_read_properties(m, CHR, &o, &err), 0);
		is_int(o.has, len == 512 ? HAS_VALUE : 0);
		sd_bus_message_unref(m);
	}
	close_bus();
}

TEST(all_interfaces_of_an_object_are_read)
{
	sd_bus_message *m;
	struct object o;
	struct err err;

	open_bus();
	m = begin();
	ok(sd_bus_message_append(m, "a{sa{sv}}", 4,
				 "org.freedesktop.DBus.Properties", 0,
				 DEVICE, 2, "Address", "s", "AA:BB:CC:DD:EE:FF", "Paired", "b", 1,
				 "org.bluez.Media1", 1, "What", "u", 7,
				 "org.bluez.Battery1", 1, "Percentage", "y", 50) >= 0);
	rewind_it(m);
	ok(objects_clear(&o, "/org/bluez/hci0/dev_AA_BB_CC_DD_EE_FF"));
	is_int(objects_read_interfaces(m, &o, &err), 0);
	is_int(o.what, OBJECT_DEVICE);
	is_int(o.has, HAS_ADDRESS | HAS_PAIRED | HAS_BATTERY);
	is_int(o.battery, 50);
	sd_bus_message_unref(m);

	m = begin();
	ok(sd_bus_message_append(m, "s", "no interfaces at all") >= 0);
	rewind_it(m);
	ok(objects_read_interfaces(m, &o, &err) < 0);
	has_str(err.text, "is not as BlueZ documents it");
	sd_bus_message_unref(m);
	close_bus();
}

TEST(a_path_that_is_too_long_is_told)
{
	static char path[OBJECT_PATH + 1];
	struct object o;

	memset(path, 'x', OBJECT_PATH);
	is_int(objects_clear(&o, path), 0);
	path[OBJECT_PATH - 1] = '\0';
	is_int(objects_clear(&o, path), 1);
	is_str(o.path, path);
}

int
main(void)
{
	RUN(each_property_has_its_place);
	RUN(what_is_not_known_is_passed_over);
	RUN(a_property_of_another_type_is_refused_by_name);
	RUN(what_is_longer_than_its_place_is_cut);
	RUN(a_value_longer_than_any_attribute_is_none);
	RUN(all_interfaces_of_an_object_are_read);
	RUN(a_path_that_is_too_long_is_told);
	return test_done();
}
