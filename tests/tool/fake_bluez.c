/*
 * fake_bluez - plays bluetoothd and the oximeters around it, and misbehaves when told to
 *
 *	fake_bluez <commands       on the bus of DBUS_SYSTEM_BUS_ADDRESS
 *
 * Does what a line says and answers "ok" or "error ..."; what clients do is told between,
 * as "@ connect aa:bb:..".  Commands, A being an address:
 *
 *	adapter hci0 on|off|gone           gone takes its devices along
 *	device A KIND NAME           one that is out of range; pc60fw and contec only `send`
 *	known A                            it has an object, as from an earlier day
 *	near A | far A                     in range: it advertises; far breaks its link
 *	near A hci0                        only for that adapter
 *	rate A HZ                          values a second to who listens; 0 is silence
 *	send A HEX                         one notification more
 *	set A FLAG NUMBER                  see `flags` below
 *	vanish A                           its objects are removed, and its link breaks
 *	drop A                             its link breaks
 *	leave | return                     bluetoothd dies, links and all; another one starts
 *	links                              how many links stand
 *
 * The order of what a real bluetoothd 5.66 sends is kept: Connected, the answer to Connect,
 * InterfacesAdded of the services, ServicesResolved.
 */
#include <ctype.h>
#include <errno.h>
#include <poll.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <systemd/sd-bus.h>
#include <time.h>
#include <unistd.h>

#include "common/clock.h"
#include "tests/bluetooth/ring.h"

#define ADAPTERS  3
#define DEVICES   16
#define CHARS     6
#define LATER     64
#define RECORDS   200
#define BEACON_US (CLOCK_SECOND / 5)

#define SHORT(four) "0000" four "-0000-1000-8000-00805f9b34fb"
#define MANAGER "org.freedesktop.DBus.ObjectManager"

enum flag { NO_CONNECTED, NO_DROPPED, NO_RESOLVED, LATE_CHARS, TWICE, REFUSE_CONNECT, HANG_CONNECT,
	    NO_ACQUIRE, BOND, REFUSE_PAIR, MTU, MEMORY, DEMO, BEACON, ADVERTISE, REFUSE_NOTIFY,
	    SLOW_NOTIFY, BOND_WRITE, OUTLIVE, NOT_COMPLETED, N_FLAGS };
static const char *const flags[N_FLAGS] = {
	[NO_CONNECTED] = "no-connected",     /* Connected=true is never signalled */
	[NO_DROPPED] = "no-dropped",         /* nor Connected=false */
	[NO_RESOLVED] = "no-resolved",       /* nor ServicesResolved=true */
	[LATE_CHARS] = "late-chars",         /* ms from ServicesResolved to the characteristics */
	[TWICE] = "twice",                   /* every signal and value */
	[REFUSE_CONNECT] = "refuse-connect", /* that many times */
	[REFUSE_NOTIFY] = "refuse-notify",   /* that many times */
	[SLOW_NOTIFY] = "slow-notify",       /* ms until StartNotify is answered */
	[OUTLIVE] = "outlive",               /* ms its link outlives a bluetoothd, of no use */
	[HANG_CONNECT] = "hang-connect",     /* that many times there is a link, but no answer */
	[NO_ACQUIRE] = "no-acquire",         /* values by PropertiesChanged only */
	[BOND] = "bond",                     /* nothing before pairing */
	[BOND_WRITE] = "bond-write",         /* only writing needs pairing */
	[REFUSE_PAIR] = "refuse-pair",
	[MTU] = "mtu",                       /* 23 */
	[MEMORY] = "memory",                 /* plx, viatom: keeps a record a second while not connected */
	[NOT_COMPLETED] = "not-completed",   /* plx: so many reports of its memory end with that */
	[ADVERTISE] = "advertise",           /* its service, though its kind does not */
	[BEACON] = "beacon",                 /* advertises though it has a link */
	[DEMO] = "demo",                     /* plx: its demonstration mode */
};

struct chr_kind { const char *uuid, *flags[3]; };
struct kind {
	const char *name, *service;
	int is_advertised;
	struct chr_kind chrs[CHARS];
};
static const struct kind kinds[] = {
	{"plx", SHORT("1822"), 1, {{SHORT("2a5f"), {"notify"}}, {SHORT("2a5e"), {"indicate"}},
		{SHORT("2a60"), {"read"}}, {SHORT("2a52"), {"write", "indicate"}}}},
	{"hrs", SHORT("180d"), 1, {{SHORT("2a37"), {"notify"}}}},
	{"viatom", "14839ac4-7d7e-415c-9a42-167340cf2339", 0,
		{{"0734594a-a8e7-4b1a-a6b1-cd5243059a57", {"notify"}},
		 {"8b00ace7-eb0b-49b0-bbe9-9aee0a26e1a3", {"write-without-response", "write"}}}},
	{"berry", "49535343-fe7d-4ae5-8fa9-9fafd205e455", 0,
		{{"49535343-1e4d-4bd9-ba61-23c647249616", {"notify"}},
		 {"49535343-8841-43f4-a8d4-ecbe34729bb3", {"write-without-response", "write"}}}},
	{"nonin", "46a970e0-0d5f-11e2-8b5e-0002a5d5c51b", 0,
		{{"0aad7ea0-0d60-11e2-8e3c-0002a5d5c51b", {"notify"}}}},
	{"pc60fw", "6e400001-b5a3-f393-e0a9-e50e24dcca9e", 0,
		{{"6e400003-b5a3-f393-e0a9-e50e24dcca9e", {"notify"}},
		 {"6e400002-b5a3-f393-e0a9-e50e24dcca9e", {"write-without-response"}}}},
	{"contec", SHORT("ff12"), 0,
		{{SHORT("ff02"), {"notify"}}, {SHORT("ff01"), {"write-without-response", "write"}}}},
};
enum { CONTINUOUS, SPOT, FEATURES, CONTROL };

struct adapter { int is_there, is_on, is_scanning; };

struct chr {
	int is_heard, fd;           /* by AcquireNotify; -1 */
	int has_spoken;
};

struct oximeter {
	char id[18], name[300];
	const struct kind *kind;
	int is_known[ADAPTERS];     /* it has an object there */
	int is_near[ADAPTERS];
	int was_seen[ADAPTERS];     /* bluetoothd keeps the RSSI long after that */
	int via;                    /* adapter of its link, -1 */
	int is_resolved, has_chars, is_paired;
	int rssi;
	struct chr chrs[CHARS];
	long flag[N_FLAGS];
	double rate;
	int64_t next_us;
	unsigned n;                 /* values so far */
	time_t records[RECORDS];
	unsigned n_records;
	struct ring ring;           /* viatom */
	sd_bus_message *connecting, *pairing;
};

enum what { RESOLVE, SHOW_CHARS, CONNECT_FAILS, DROP, ANSWER };
struct later { int64_t at_us; enum what what; struct oximeter *o; sd_bus_message *call; };

static struct fake {
	sd_bus *bus;
	int has_name, is_done;
	struct adapter adapters[ADAPTERS];
	struct oximeter devices[DEVICES];
	int n_devices;
	struct later later[LATER];
	int n_later;
	int64_t beacon_us;
	char agent[64], agent_path[64];
} fake;

static void
say(const char *format, ...)
{
	va_list args;

	va_start(args, format);
	vprintf(format, args);
	va_end(args);
	printf("\n");
	fflush(stdout);
}

static void
must(int r, const char *what)
{
	if (r >= 0)
		return;
	fprintf(stderr, "fake_bluez: %s: %s\n", what, strerror(-r));
	exit(1);
}

static void
later(struct oximeter *o, enum what what, int64_t ms)
{
	must(fake.n_later < LATER ? 0 : -ENOBUFS, "later");
	fake.later[fake.n_later++] = (struct later){clock_mono_us() + ms * 1000, what, o, NULL};
}

/* ---- paths: /org/bluez/hci0/dev_AA_BB_CC_DD_EE_FF/service0001/char0002 */

static const char *
adapter_path(int a)
{
	static char path[40];

	(void)snprintf(path, sizeof(path), "/org/bluez/hci%d", a);
	return path;
}

static const char *
device_path(const struct oximeter *o, int a)
{
	static char path[80];
	int n = snprintf(path, sizeof(path), "/org/bluez/hci%d/dev_", a);
	const char *id;

	for (id = o->id; *id; id++)
		path[n++] = *id == ':' ? '_' : (char)toupper((unsigned char)*id);
	path[n] = '\0';
	return path;
}

static const char *
gatt_path(const struct oximeter *o, int c)
{
	static char path[120];

	(void)snprintf(path, sizeof(path), c < 0 ? "%s/service0001" : "%s/service0001/char%04d",
		       device_path(o, o->via), c + 2);
	return path;
}

static struct oximeter *
find_path(const char *path, int *a, int *c)
{
	struct oximeter *o;
	size_t len;

	for (o = fake.devices; o < fake.devices + fake.n_devices; o++)
		for (*a = 0; *a < ADAPTERS; ++*a) {
			len = strlen(device_path(o, *a));
			if (!o->is_known[*a] || strncmp(path, device_path(o, *a), len) != 0)
				continue;
			*c = -1;
			if (strlen(path) > 5)
				(void)sscanf(path + len, "/service0001/char%d", c);
			*c = *c > 0 ? *c - 2 : -1;
			return o;
		}
	return NULL;
}

/* ---- properties */

static void
prop(sd_bus_message *m, const char *name, const char *type, ...)
{
	va_list args;

	must(sd_bus_message_open_container(m, 'e', "sv"), "prop");
	must(sd_bus_message_append(m, "s", name), "prop");
	must(sd_bus_message_open_container(m, 'v', type), "prop");
	va_start(args, type);
	must(sd_bus_message_appendv(m, type, args), "prop");
	va_end(args);
	must(sd_bus_message_close_container(m), "prop");
	must(sd_bus_message_close_container(m), "prop");
}

static void
strv_prop(sd_bus_message *m, const char *name, const char *const *words)
{
	must(sd_bus_message_open_container(m, 'e', "sv"), "prop");
	must(sd_bus_message_append(m, "s", name), "prop");
	must(sd_bus_message_open_container(m, 'v', "as"), "prop");
	must(sd_bus_message_append_strv(m, (char **)(void *)words), "prop");
	must(sd_bus_message_close_container(m), "prop");
	must(sd_bus_message_close_container(m), "prop");
}

static void
adapter_props(sd_bus_message *m, int a)
{
	char address[18];

	(void)snprintf(address, sizeof(address), "00:AA:01:00:00:%02X", (unsigned)a);
	prop(m, "Address", "s", address);
	prop(m, "Powered", "b", fake.adapters[a].is_on);
	prop(m, "Discovering", "b", fake.adapters[a].is_scanning);
}

static void
device_props(sd_bus_message *m, const struct oximeter *o, int a)
{
	const char *uuids[2] = {o->kind->service, NULL};
	int is_told = o->kind->is_advertised || o->flag[ADVERTISE] || o->is_resolved;
	char address[18];
	int i;

	for (i = 0; i < 18; i++)
		address[i] = (char)toupper((unsigned char)o->id[i]);
	prop(m, "Address", "s", address);
	if (*o->name)
		prop(m, "Name", "s", o->name);
	strv_prop(m, "UUIDs", is_told ? uuids : uuids + 1);
	if (!strcmp(o->kind->name, "viatom"))
		prop(m, "ManufacturerData", "a{qv}", 1, 0x036f, "ay", 1, 7);
	if (o->was_seen[a])
		prop(m, "RSSI", "n", o->rssi);
	prop(m, "Paired", "b", o->is_paired);
	prop(m, "Connected", "b", o->via == a);
	prop(m, "ServicesResolved", "b", o->via == a && o->is_resolved);
}

static void
chr_props(sd_bus_message *m, const struct oximeter *o, int c)
{
	const struct chr_kind *k = &o->kind->chrs[c];
	int is_notified = !strcmp(k->flags[0], "notify");

	prop(m, "UUID", "s", k->uuid);
	prop(m, "Service", "o", gatt_path(o, -1));
	strv_prop(m, "Flags", k->flags);
	if (is_notified && !o->flag[NO_ACQUIRE])
		prop(m, "NotifyAcquired", "b", o->chrs[c].fd >= 0);
	prop(m, "Notifying", "b", o->chrs[c].is_heard);
}

static void
begin(sd_bus_message *m, const char *interface)
{
	must(sd_bus_message_open_container(m, 'a', "{sa{sv}}"), "begin");
	must(sd_bus_message_open_container(m, 'e', "sa{sv}"), "begin");
	must(sd_bus_message_append(m, "s", interface), "begin");
	must(sd_bus_message_open_container(m, 'a', "{sv}"), "begin");
}

static void
end(sd_bus_message *m)
{
	must(sd_bus_message_close_container(m), "end");
	must(sd_bus_message_close_container(m), "end");
	must(sd_bus_message_close_container(m), "end");
}

/* c: -2 the device, -1 its service, else a characteristic. */
static void
put_device(sd_bus_message *m, const struct oximeter *o, int a, int c)
{
	must(sd_bus_message_append(m, "o", c == -2 ? device_path(o, a) : gatt_path(o, c)), "put");
	begin(m, c == -2 ? "org.bluez.Device1" : c == -1 ? "org.bluez.GattService1"
							  : "org.bluez.GattCharacteristic1");
	if (c == -2)
		device_props(m, o, a);
	else if (c == -1)
		prop(m, "UUID", "s", o->kind->service);
	else
		chr_props(m, o, c);
	end(m);
}

static void
put_adapter(sd_bus_message *m, int a)
{
	must(sd_bus_message_append(m, "o", adapter_path(a)), "put");
	begin(m, "org.bluez.Adapter1");
	adapter_props(m, a);
	end(m);
}

/* ---- signals */

static sd_bus_message *
new_signal(const char *path, const char *interface, const char *member)
{
	sd_bus_message *m;

	must(sd_bus_message_new_signal(fake.bus, &m, path, interface, member), member);
	return m;
}

static void
emit(sd_bus_message *m, int times)
{
	while (fake.has_name && times--)
		must(sd_bus_send(fake.bus, m, NULL), "send");
	sd_bus_message_unref(m);
}

static int
times(const struct oximeter *o)
{
	return o->flag[TWICE] ? 2 : 1;
}

static void
added(const struct oximeter *o, int a, int c)
{
	sd_bus_message *m = new_signal("/", MANAGER, "InterfacesAdded");

	put_device(m, o, a, c);
	emit(m, times(o));
}

static void
removed(const char *path, const char *interface)
{
	sd_bus_message *m = new_signal("/", MANAGER, "InterfacesRemoved");

	must(sd_bus_message_append(m, "oas", path, 1, interface), "removed");
	emit(m, 1);
}

static sd_bus_message *
change(const char *path, const char *interface)
{
	sd_bus_message *m = new_signal(path, "org.freedesktop.DBus.Properties",
				       "PropertiesChanged");

	must(sd_bus_message_append(m, "s", interface), "change");
	must(sd_bus_message_open_container(m, 'a', "{sv}"), "change");
	return m;
}

static void
changed(sd_bus_message *m, int n)
{
	must(sd_bus_message_close_container(m), "changed");
	must(sd_bus_message_append(m, "as", 0), "changed");
	emit(m, n);
}

static void
device_bool(const struct oximeter *o, const char *name, int value)
{
	sd_bus_message *m = change(device_path(o, o->via), "org.bluez.Device1");

	prop(m, name, "b", value);
	changed(m, times(o));
}

static void
adapter_bool(int a, const char *name, int value)
{
	sd_bus_message *m = change(adapter_path(a), "org.bluez.Adapter1");

	prop(m, name, "b", value);
	changed(m, 1);
}

/* ---- links */

static void
answer(sd_bus_message **call, const char *error, const char *text)
{
	if (!*call)
		return;
	if (error)
		must(sd_bus_reply_method_errorf(*call, error, "%s", text), "answer");
	else
		must(sd_bus_reply_method_return(*call, NULL), "answer");
	*call = sd_bus_message_unref(*call);
}

static void
close_chrs(struct oximeter *o)
{
	int c;

	for (c = 0; c < CHARS; c++) {
		if (o->chrs[c].fd >= 0)
			close(o->chrs[c].fd);
		o->chrs[c] = (struct chr){.fd = -1};
	}
}

static void
link_down(struct oximeter *o)
{
	if (o->via < 0)
		return;
	close_chrs(o);
	if (o->has_chars) {
		removed(gatt_path(o, -1), "org.bluez.GattService1");
		o->has_chars = 0;
	}
	if (o->is_resolved)
		device_bool(o, "ServicesResolved", 0);
	o->is_resolved = 0;
	if (!o->flag[NO_DROPPED])
		device_bool(o, "Connected", 0);
	o->via = -1;
	say("@ down %s", o->id);
}

static void
show_chrs(struct oximeter *o)
{
	int c;

	o->has_chars = 1;
	for (c = -1; c < CHARS && (c < 0 || o->kind->chrs[c].uuid); c++)
		added(o, o->via, c);
}

static void
resolve(struct oximeter *o)
{
	if (o->via < 0)
		return;
	if (!o->flag[LATE_CHARS])
		show_chrs(o);
	else
		later(o, SHOW_CHARS, o->flag[LATE_CHARS]);
	o->is_resolved = 1;
	if (!o->flag[NO_RESOLVED])
		device_bool(o, "ServicesResolved", 1);
}

static void
link_up(struct oximeter *o, int a)
{
	o->via = a;
	ring_end_record(&o->ring);
	if (!o->flag[NO_CONNECTED])
		device_bool(o, "Connected", 1);
	answer(&o->connecting, NULL, NULL);
	later(o, RESOLVE, 20);
	say("@ up %s hci%d", o->id, a);
}

static int
on_connect(sd_bus_message *m, struct oximeter *o, int a)
{
	const char *failed = "org.bluez.Error.Failed";

	say("@ connect %s hci%d", o->id, a);
	if (!fake.adapters[a].is_on)
		return sd_bus_reply_method_errorf(m, "org.bluez.Error.NotReady", "Resource Not Ready");
	if (o->via == a)
		return sd_bus_reply_method_return(m, NULL);
	if (o->connecting)
		return sd_bus_reply_method_errorf(m, "org.bluez.Error.InProgress", "In Progress");
	if (o->flag[REFUSE_CONNECT] > 0 && o->flag[REFUSE_CONNECT]--)
		return sd_bus_reply_method_errorf(m, failed, "le-connection-abort-by-local");
	if (o->via >= 0)
		return sd_bus_reply_method_errorf(m, failed, "le-connection-abort-by-peer");
	if (o->flag[HANG_CONNECT] <= 0 || !o->flag[HANG_CONNECT]--)
		o->connecting = sd_bus_message_ref(m);
	if (o->is_near[a])
		link_up(o, a);
	else
		later(o, CONNECT_FAILS, 300);
	return 1;
}

static int
on_disconnect(sd_bus_message *m, struct oximeter *o)
{
	say("@ disconnect %s", o->id);
	answer(&o->connecting, "org.bluez.Error.Failed", "Operation canceled");
	if (o->via < 0)
		return sd_bus_reply_method_errorf(m, "org.bluez.Error.NotConnected", "Not Connected");
	link_down(o);
	return sd_bus_reply_method_return(m, NULL);
}

static int
on_authorized(sd_bus_message *m, void *user, sd_bus_error *unused)
{
	struct oximeter *o = user;

	(void)unused;
	if (sd_bus_message_is_method_error(m, NULL) || o->via < 0) {
		answer(&o->pairing, "org.bluez.Error.AuthenticationRejected", "Authentication Rejected");
		return 1;
	}
	o->is_paired = 1;
	device_bool(o, "Paired", 1);
	answer(&o->pairing, NULL, NULL);
	say("@ paired %s", o->id);
	return 1;
}

static int
on_pair(sd_bus_message *m, struct oximeter *o)
{
	say("@ pair %s", o->id);
	if (o->is_paired)
		return sd_bus_reply_method_errorf(m, "org.bluez.Error.AlreadyExists", "Already Exists");
	if (o->flag[REFUSE_PAIR] || !*fake.agent)
		return sd_bus_reply_method_errorf(m, "org.bluez.Error.AuthenticationFailed",
						  "Authentication Failed");
	o->pairing = sd_bus_message_ref(m);
	return sd_bus_call_method_async(fake.bus, NULL, fake.agent, fake.agent_path,
					"org.bluez.Agent1", "RequestAuthorization", on_authorized, o,
					"o", device_path(o, o->via));
}

/* ---- values */

static void
notify(struct oximeter *o, int c, const uint8_t *bytes, size_t len)
{
	sd_bus_message *m;
	int n = times(o);

	if (o->via < 0 || !o->chrs[c].is_heard)
		return;
	if (!o->chrs[c].has_spoken++)
		say("@ first %s %d", o->id, len > 1 ? bytes[1] : -1);
	if (o->chrs[c].fd >= 0) {
		while (n--)
			(void)send(o->chrs[c].fd, bytes, len, MSG_DONTWAIT | MSG_NOSIGNAL);
		return;
	}
	m = change(gatt_path(o, c), "org.bluez.GattCharacteristic1");
	must(sd_bus_message_open_container(m, 'e', "sv"), "value");
	must(sd_bus_message_append(m, "s", "Value"), "value");
	must(sd_bus_message_open_container(m, 'v', "ay"), "value");
	must(sd_bus_message_append_array(m, 'y', bytes, len), "value");
	must(sd_bus_message_close_container(m), "value");
	must(sd_bus_message_close_container(m), "value");
	changed(m, n);
}

/* As many notifications as the MTU makes of it. */
static void
notify_split(struct oximeter *o, int c, const uint8_t *bytes, size_t len)
{
	size_t most = (size_t)(o->flag[MTU] ? o->flag[MTU] : 23) - 3, n;

	for (; len; bytes += n, len -= n) {
		n = len < most ? len : most;
		notify(o, c, bytes, n);
	}
}

/* Saturation, or the pulse of what has none, tells which value it is: 90, 91, .. 99, 90 .. */
static void
speak(struct oximeter *o)
{
	uint8_t spo2 = (uint8_t)(90 + o->n % 10), pulse = (uint8_t)(60 + o->n / 10 % 40);
	uint8_t plx[] = {4, spo2, 0, pulse, 0, 0x20, (uint8_t)(o->flag[DEMO] ? 4 : 0)};
	uint8_t hrs[] = {0x10, spo2, 0x2c, 3, 0x2d, 3};  /* and two beats: 812, 813 */
	uint8_t nonin[] = {10, 0x14, 29, 1, 44, 0, 5, spo2, 0, pulse};
	uint8_t bci[20];
	int i;

	o->n += strcmp(o->kind->name, "viatom") != 0;   /* it speaks when it is asked */
	for (i = 0; i < 4; i++)
		memcpy(&bci[i * 5], (uint8_t[]){0x87, 50, 5, pulse, spo2}, 5);
	if (!strcmp(o->kind->name, "plx"))
		notify(o, CONTINUOUS, plx, sizeof(plx));
	else if (!strcmp(o->kind->name, "hrs"))
		notify(o, 0, hrs, sizeof(hrs));
	else if (!strcmp(o->kind->name, "nonin"))
		notify(o, 0, nonin, sizeof(nonin));
	else if (!strcmp(o->kind->name, "berry"))
		notify(o, 0, bci, sizeof(bci));
}

static void
reply_viatom(struct oximeter *o, const uint8_t *bytes, size_t len)
{
	uint8_t reply[RING_REPLY];
	int measured = 0;

	if (o->rate <= 0)
		return;
	len = ring_answer(&o->ring, bytes, len, (uint8_t)(90 + o->n % 10), 60, time(NULL), reply, &measured);
	o->n += measured != 0;
	notify_split(o, 0, reply, len);
}

/* ---- a memory */

static void
remember(struct oximeter *o)
{
	time_t now = time(NULL);

	if (o->via < 0 && o->n_records < RECORDS &&
	    (!o->n_records || o->records[o->n_records - 1] != now))
		say("@ remembers %s %u", o->id, (o->records[o->n_records] = now, ++o->n_records));
	if (o->via < 0)
		ring_record(&o->ring, now);
}

static void
reply_control(struct oximeter *o, const uint8_t *bytes, size_t len)
{
	uint8_t count[] = {5, 0, (uint8_t)o->n_records, 0}, done[] = {6, 0, 1, 1};
	struct tm tm;
	unsigned i;

	if (len < 2)
		return;
	say("@ control %s %d", o->id, bytes[0]);
	if (bytes[0] == 4)
		notify(o, CONTROL, count, sizeof(count));
	for (i = 0; bytes[0] == 1 && i < o->n_records; i++) {
		gmtime_r(&o->records[i], &tm);
		notify(o, SPOT, (uint8_t[]){3, 88, 0, 77, 0, (uint8_t)(tm.tm_year + 1900),
			(uint8_t)((tm.tm_year + 1900) >> 8), (uint8_t)(tm.tm_mon + 1),
			(uint8_t)tm.tm_mday, (uint8_t)tm.tm_hour, (uint8_t)tm.tm_min,
			(uint8_t)tm.tm_sec, 0x20, 2}, 14);
	}
	if (o->flag[NOT_COMPLETED] && bytes[0] == 1) {
		o->flag[NOT_COMPLETED]--;
		done[3] = 8;
	}
	if (bytes[0] == 1)
		notify(o, CONTROL, done, sizeof(done));
}

/* ---- calls of a characteristic */

static int
on_acquire(sd_bus_message *m, struct oximeter *o, int c)
{
	int fds[2], r;

	/* whoever had it is dead, and may have died with a value unread */
	if (o->chrs[c].fd >= 0 && (recv(o->chrs[c].fd, &r, 1, MSG_DONTWAIT) == 0 || errno == ECONNRESET))
		close_chrs(o);
	if (o->flag[NO_ACQUIRE] || o->chrs[c].fd >= 0)
		return sd_bus_reply_method_errorf(m, "org.bluez.Error.NotSupported", "Not Supported");
	must(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, fds) < 0 ? -errno : 0, "pair");
	r = sd_bus_reply_method_return(m, "hq", fds[1], o->flag[MTU] ? (int)o->flag[MTU] : 23);
	close(fds[1]);
	o->chrs[c].fd = fds[0];
	o->chrs[c].is_heard = 1;
	say("@ acquired %s %.8s", o->id, o->kind->chrs[c].uuid);
	return r;
}

static int
on_start(sd_bus_message *m, struct oximeter *o, int c)
{
	o->chrs[c].is_heard = 1;
	say("@ notifying %s %.8s", o->id, o->kind->chrs[c].uuid);
	if (o->flag[SLOW_NOTIFY]) {
		later(o, ANSWER, o->flag[SLOW_NOTIFY]);
		fake.later[fake.n_later - 1].call = sd_bus_message_ref(m);
		return 1;
	}
	return sd_bus_reply_method_return(m, NULL);
}

static int
on_read(sd_bus_message *m, struct oximeter *o)
{
	const uint8_t features[] = {0x0d, 0, 0xff, 0xff};   /* keeps records, and dates them */
	sd_bus_message *reply = NULL;
	int r;

	(void)o;
	must(sd_bus_message_new_method_return(m, &reply), "read");
	must(sd_bus_message_append_array(reply, 'y', features, sizeof(features)), "read");
	r = sd_bus_send(NULL, reply, NULL);
	sd_bus_message_unref(reply);
	return r;
}

static int
on_write(sd_bus_message *m, struct oximeter *o)
{
	const void *bytes;
	size_t len;

	must(sd_bus_message_read_array(m, 'y', &bytes, &len), "write");
	must(sd_bus_reply_method_return(m, NULL), "write");
	if (!strcmp(o->kind->name, "viatom"))
		reply_viatom(o, bytes, len);
	else if (!strcmp(o->kind->name, "plx"))
		reply_control(o, bytes, len);
	return 1;
}

static int
on_characteristic(sd_bus_message *m, struct oximeter *o, int c)
{
	const char *member = sd_bus_message_get_member(m);

	if (strstr(member, "Notify") && o->flag[REFUSE_NOTIFY] > 0 && o->flag[REFUSE_NOTIFY]--)
		return sd_bus_reply_method_errorf(m, "org.bluez.Error.Failed",
						  "Operation failed with ATT error: 0x0e");
	if (!o->is_paired && (o->flag[BOND] || (o->flag[BOND_WRITE] && !strcmp(member, "WriteValue"))))
		return sd_bus_reply_method_errorf(m, "org.bluez.Error.NotPermitted", "Not paired");
	if (!strcmp(member, "AcquireNotify"))
		return on_acquire(m, o, c);
	if (!strcmp(member, "StartNotify"))
		return on_start(m, o, c);
	if (!strcmp(member, "ReadValue"))
		return on_read(m, o);
	if (!strcmp(member, "WriteValue"))
		return on_write(m, o);
	return 0;
}

/* ---- other calls */

static int
on_objects(sd_bus_message *m)
{
	sd_bus_message *reply = NULL;
	struct oximeter *o;
	int a, c, r;

	must(sd_bus_message_new_method_return(m, &reply), "objects");
	must(sd_bus_message_open_container(reply, 'a', "{oa{sa{sv}}}"), "objects");
	for (a = 0; a < ADAPTERS; a++) {
		if (!fake.adapters[a].is_there)
			continue;
		must(sd_bus_message_open_container(reply, 'e', "oa{sa{sv}}"), "objects");
		put_adapter(reply, a);
		must(sd_bus_message_close_container(reply), "objects");
		for (o = fake.devices; o < fake.devices + fake.n_devices; o++)
			for (c = -2; o->is_known[a] && c < CHARS; c++) {
				if (c >= -1 && (o->via != a || !o->has_chars ||
						(c >= 0 && !o->kind->chrs[c].uuid)))
					break;
				must(sd_bus_message_open_container(reply, 'e', "oa{sa{sv}}"), "o");
				put_device(reply, o, a, c);
				must(sd_bus_message_close_container(reply), "objects");
			}
	}
	must(sd_bus_message_close_container(reply), "objects");
	r = sd_bus_send(NULL, reply, NULL);
	sd_bus_message_unref(reply);
	return r;
}

static int
on_adapter(sd_bus_message *m, int a)
{
	const char *member = sd_bus_message_get_member(m);

	if (!fake.adapters[a].is_on)
		return sd_bus_reply_method_errorf(m, "org.bluez.Error.NotReady", "Resource Not Ready");
	if (!strcmp(member, "StartDiscovery") && !fake.adapters[a].is_scanning) {
		fake.adapters[a].is_scanning = 1;
		adapter_bool(a, "Discovering", 1);
		say("@ scan hci%d", a);
	}
	return sd_bus_reply_method_return(m, NULL);
}

static int
on_agent(sd_bus_message *m)
{
	const char *path, *ability;

	must(sd_bus_message_read(m, "os", &path, &ability), "agent");
	(void)snprintf(fake.agent, sizeof(fake.agent), "%s", sd_bus_message_get_sender(m));
	(void)snprintf(fake.agent_path, sizeof(fake.agent_path), "%s", path);
	say("@ agent %s", ability);
	return sd_bus_reply_method_return(m, NULL);
}

static int
on_device(sd_bus_message *m, struct oximeter *o, int a)
{
	const char *member = sd_bus_message_get_member(m);

	if (!strcmp(member, "Connect"))
		return on_connect(m, o, a);
	if (!strcmp(member, "Disconnect"))
		return on_disconnect(m, o);
	if (!strcmp(member, "Pair"))
		return on_pair(m, o);
	return sd_bus_reply_method_return(m, NULL);   /* Properties.Set of Trusted */
}

static int
on_message(sd_bus_message *m, void *user, sd_bus_error *unused)
{
	const char *path = sd_bus_message_get_path(m), *member = sd_bus_message_get_member(m);
	struct oximeter *o;
	int a, c;

	(void)user;
	(void)unused;
	if (!sd_bus_message_is_method_call(m, NULL, NULL) || !fake.has_name)
		return 0;
	if (!strcmp(member, "GetManagedObjects"))
		return on_objects(m);
	if (!strcmp(member, "RegisterAgent"))
		return on_agent(m);
	if ((o = find_path(path, &a, &c)) && fake.adapters[a].is_there)
		return c < 0 ? on_device(m, o, a)
			     : o->via == a ? on_characteristic(m, o, c) : 0;
	if (sscanf(path, "/org/bluez/hci%d", &a) == 1 && a < ADAPTERS && a >= 0 &&
	    strlen(path) == strlen(adapter_path(a)) && fake.adapters[a].is_there)
		return on_adapter(m, a);
	return 0;
}

/* ---- the air */

static void
advertise(struct oximeter *o, int a)
{
	sd_bus_message *m;

	o->rssi = o->rssi == -60 ? -63 : -60;
	o->was_seen[a] = 1;
	if (!o->is_known[a]) {
		o->is_known[a] = 1;
		added(o, a, -2);
		return;
	}
	m = change(device_path(o, a), "org.bluez.Device1");
	prop(m, "RSSI", "n", o->rssi);
	changed(m, times(o));
}

static void
beacons(void)
{
	struct oximeter *o;
	int a;

	fake.beacon_us = clock_mono_us() + BEACON_US;
	for (o = fake.devices; o < fake.devices + fake.n_devices; o++)
		for (a = 0; a < ADAPTERS; a++)
			if (o->is_near[a] && o->via != a && (o->via < 0 || o->flag[BEACON]) &&
			    fake.adapters[a].is_scanning)
				advertise(o, a);
}

static void
vanish(struct oximeter *o, int a)
{
	if (o->via == a)
		link_down(o);
	answer(&o->connecting, "org.bluez.Error.Failed", "le-connection-abort-by-local");
	if (o->is_known[a])
		removed(device_path(o, a), "org.bluez.Device1");
	o->is_known[a] = o->was_seen[a] = 0;
}

static void
set_adapter(int a, int is_there, int is_on)
{
	struct adapter *it = &fake.adapters[a], was = *it;
	sd_bus_message *m;
	int i;

	if (!is_on)
		for (i = 0; i < fake.n_devices; i++) {
			if (fake.devices[i].via == a)
				link_down(&fake.devices[i]);
			if (!is_there)
				vanish(&fake.devices[i], a);
		}
	*it = (struct adapter){is_there, is_on, is_on && was.is_scanning};
	if (was.is_there && is_there) {
		adapter_bool(a, "Powered", is_on);
		if (was.is_scanning && !is_on)
			adapter_bool(a, "Discovering", 0);
	} else if (is_there) {
		m = new_signal("/", MANAGER, "InterfacesAdded");
		put_adapter(m, a);
		emit(m, 1);
	} else if (was.is_there) {
		removed(adapter_path(a), "org.bluez.Adapter1");
	}
}

static void
leave(void)
{
	struct oximeter *o;
	int a;

	must(sd_bus_release_name(fake.bus, "org.bluez"), "release");
	fake.has_name = 0;
	for (o = fake.devices; o < fake.devices + fake.n_devices; o++) {
		o->connecting = sd_bus_message_unref(o->connecting);
		if (o->flag[OUTLIVE]) {
			close_chrs(o);
			o->is_resolved = o->has_chars = 0;
			continue;
		}
		link_down(o);
		memset(o->is_known, 0, sizeof(o->is_known));
		memset(o->was_seen, 0, sizeof(o->was_seen));
	}
	for (a = 0; a < ADAPTERS; a++)
		fake.adapters[a].is_scanning = 0;
	*fake.agent = '\0';
}

/* ---- commands */

static struct oximeter *
find_id(const char *id)
{
	struct oximeter *o;

	for (o = fake.devices; o < fake.devices + fake.n_devices; o++)
		if (!strcmp(o->id, id))
			return o;
	return NULL;
}

static const char *
make_device(const char *id, const char *kind, const char *name)
{
	struct oximeter *o = &fake.devices[fake.n_devices];
	size_t i;

	if (fake.n_devices == DEVICES)
		return "too many";
	*o = (struct oximeter){.via = -1, .rssi = -60};
	for (i = 0; i < CHARS; i++)
		o->chrs[i].fd = -1;
	ring_init(&o->ring);
	(void)snprintf(o->id, sizeof(o->id), "%.17s", id);
	(void)snprintf(o->name, sizeof(o->name), "%.299s", name);
	for (i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++)
		if (!strcmp(kinds[i].name, kind))
			o->kind = &kinds[i];
	fake.n_devices += !!o->kind;
	return o->kind ? NULL : "no such kind";
}

static void
send_hex(struct oximeter *o, const char *hex)
{
	uint8_t bytes[244];
	unsigned byte;
	size_t len = 0;

	for (; len < sizeof(bytes) && sscanf(hex, "%2x", &byte) == 1; hex += 2)
		bytes[len++] = (uint8_t)byte;
	notify(o, 0, bytes, len);
}

static const char *
set_flag(struct oximeter *o, const char *flag, long value)
{
	int i;

	for (i = 0; i < N_FLAGS; i++)
		if (!strcmp(flags[i], flag)) {
			o->flag[i] = value;
			return NULL;
		}
	return "no such flag";
}

static const char *
of_device(struct oximeter *o, const char *verb, const char *one, const char *two)
{
	int a, only = -1;

	if (!strcmp(verb, "near") || !strcmp(verb, "far")) {
		(void)sscanf(one, "hci%d", &only);
		for (a = 0; a < ADAPTERS; a++)
			if (only < 0 || only == a)
				o->is_near[a] = *verb == 'n';
		if (*verb == 'f')
			link_down(o);
		fake.beacon_us = 0;
	} else if (!strcmp(verb, "rate")) {
		o->rate = atof(one);
		o->next_us = clock_mono_us();
	} else if (!strcmp(verb, "send")) {
		send_hex(o, one);
	} else if (!strcmp(verb, "set")) {
		return set_flag(o, one, atol(two));
	} else if (!strcmp(verb, "drop")) {
		link_down(o);
	} else if (!strcmp(verb, "vanish") || !strcmp(verb, "known")) {
		for (a = 0; a < ADAPTERS; a++)
			if (*verb == 'v')
				vanish(o, a);
			else if (fake.adapters[a].is_there && (o->is_known[a] = 1))
				added(o, a, -2);
	} else {
		return "no such command";
	}
	return NULL;
}

static const char *
of_all(const char *verb, const char *one, const char *two)
{
	int a, n = 0;

	if (!strcmp(verb, "adapter") && sscanf(one, "hci%d", &a) == 1 && a >= 0 && a < ADAPTERS) {
		set_adapter(a, strcmp(two, "gone") != 0, !strcmp(two, "on"));
	} else if (!strcmp(verb, "leave")) {
		leave();
	} else if (!strcmp(verb, "return")) {
		must(sd_bus_request_name(fake.bus, "org.bluez", 0), "name");
		fake.has_name = 1;
		for (a = 0; a < fake.n_devices; a++)
			if (fake.devices[a].flag[OUTLIVE])
				later(&fake.devices[a], DROP, fake.devices[a].flag[OUTLIVE]);
	} else if (!strcmp(verb, "links")) {
		for (a = 0; a < fake.n_devices; a++)
			n += fake.devices[a].via >= 0;
		say("links %d", n);
	} else {
		return "no such command, or no such device";
	}
	return NULL;
}

static void
command(char *line)
{
	char verb[20] = "", one[500] = "", two[100] = "", name[300] = "";
	const char *why;
	struct oximeter *o;

	(void)sscanf(line, "%19s %499s %99s %299[^\n]", verb, one, two, name);
	if (!*verb)
		return;
	if (!strcmp(verb, "device"))
		why = make_device(one, two, name);
	else if ((o = find_id(one))) {
		*name = '\0';
		*two = '\0';
		(void)sscanf(line, "%*s %*s %499s %99s", one, two);
		if (!strcmp(one, o->id))
			*one = '\0';
		why = of_device(o, verb, one, two);
	} else
		why = of_all(verb, one, two);
	say(why ? "error %s" : "ok %s", why ? why : verb);
}

static void
read_commands(void)
{
	static char text[4096];
	static size_t len;
	ssize_t got = read(0, text + len, sizeof(text) - 1 - len);
	char *newline;

	if (got <= 0) {
		fake.is_done = 1;
		return;
	}
	len += (size_t)got;
	text[len] = '\0';
	while ((newline = strchr(text, '\n'))) {
		*newline = '\0';
		command(text);
		len -= (size_t)(newline + 1 - text);
		memmove(text, newline + 1, len + 1);
	}
}

/* ---- time */

static void
do_later(struct later *it)
{
	if (it->what == RESOLVE)
		resolve(it->o);
	else if (it->what == SHOW_CHARS && it->o->via >= 0)
		show_chrs(it->o);
	else if (it->what == DROP)
		link_down(it->o);
	else if (it->what == ANSWER)
		answer(&it->call, NULL, NULL);
	else if (it->what == CONNECT_FAILS)
		answer(&it->o->connecting, "org.bluez.Error.Failed", "le-connection-abort-by-local");
}

static void
do_due(int64_t now_us)
{
	struct oximeter *o;
	struct later it;
	int i;

	for (i = 0; i < fake.n_later; i++)
		if (fake.later[i].at_us <= now_us) {
			it = fake.later[i];
			fake.later[i--] = fake.later[--fake.n_later];
			do_later(&it);
		}
	if (fake.beacon_us <= now_us)
		beacons();
	for (o = fake.devices; o < fake.devices + fake.n_devices; o++)
		for (; o->rate > 0 && o->next_us <= now_us;
		     o->next_us += (int64_t)(1e6 / o->rate)) {
			speak(o);
			if (o->flag[MEMORY])
				remember(o);
		}
}

static int64_t
next_us(void)
{
	int64_t at_us = fake.beacon_us;
	struct oximeter *o;
	int i;

	for (i = 0; i < fake.n_later; i++)
		at_us = fake.later[i].at_us < at_us ? fake.later[i].at_us : at_us;
	for (o = fake.devices; o < fake.devices + fake.n_devices; o++)
		at_us = o->rate > 0 && o->next_us < at_us ? o->next_us : at_us;
	return at_us;
}

int
main(void)
{
	struct pollfd on[2] = {{.fd = 0, .events = POLLIN}, {.events = POLLIN}};
	int r;

	must(sd_bus_open_system(&fake.bus), "bus");
	must(sd_bus_add_filter(fake.bus, NULL, on_message, NULL), "filter");
	fake.adapters[0] = (struct adapter){1, 1, 0};
	must(sd_bus_request_name(fake.bus, "org.bluez", 0), "name");
	fake.has_name = 1;
	say("ready");
	while (!fake.is_done) {
		while ((r = sd_bus_process(fake.bus, NULL)) > 0)
			;
		must(r, "process");
		do_due(clock_mono_us());
		must(sd_bus_flush(fake.bus), "flush");
		on[1].fd = sd_bus_get_fd(fake.bus);
		(void)poll(on, 2, (int)clock_until_ms(next_us(), clock_mono_us(), 1000));
		if (on[0].revents)
			read_commands();
	}
	for (r = 0; r < fake.n_devices; r++)
		close_chrs(&fake.devices[r]);
	sd_bus_flush_close_unref(fake.bus);
	return 0;
}
