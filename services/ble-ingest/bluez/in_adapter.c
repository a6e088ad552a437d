#include <stdio.h>
#include <string.h>

#include "common/clock.h"
#include "services/ble-ingest/bluez/central.h"

#define AGAIN_US      CLOCK_SECOND         /* after a refused scan; doubled each time */
#define AGAIN_MOST_US (60 * CLOCK_SECOND)
#define ROUND_US      (8 * CLOCK_SECOND)   /* bluetoothd 5.66 rests 5 s between two rounds */

int
adapter_find(const struct central *c, const char *path)
{
	size_t len;
	int i;

	for (i = 0; i < CENTRAL_ADAPTERS; i++) {
		len = strlen(c->adapters[i].path);
		if (len && !strncmp(path, c->adapters[i].path, len) &&
		    (!path[len] || path[len] == '/'))
			return i;
	}
	return -1;
}

int
adapter_usable(const struct central *c, int adapter)
{
	const struct adapter *a = &c->adapters[adapter];

	return *a->path && a->is_ours && a->is_powered;
}

static const char *
short_name(const struct adapter *a)
{
	const char *slash = strrchr(a->path, '/');

	return slash ? slash + 1 : a->path;
}

/* ---- scanning */

static void
scan_later(struct central *c, struct adapter *a)
{
	int64_t us = AGAIN_US << (a->n_failed < 6 ? a->n_failed : 6);

	a->n_failed++;
	a->scan_at_us = c->now.mono_us + (us < AGAIN_MOST_US ? us : AGAIN_MOST_US);
}

static void
scan_answered(const struct call *call, enum fault fault, const char *why, sd_bus_message *answer)
{
	struct central *c = call->central;
	struct adapter *a = &c->adapters[call->adapter];

	(void)answer;
	a->is_asked = 0;
	if (fault == FAULT_NONE || fault == FAULT_BUSY || fault == FAULT_ALREADY) {
		a->is_scanning = 1;
		return;
	}
	if (!a->n_failed && fault != FAULT_GONE && fault != FAULT_NOT_READY)
		log_warn("no_scan", "adapter=%s why=\"%s\"", short_name(a), why);
	scan_later(c, a);
}

static void
filter_answered(const struct call *call, enum fault fault, const char *why,
		sd_bus_message *answer)
{
	(void)answer;
	if (fault != FAULT_NONE && fault != FAULT_GONE)
		log_debug("no_filter", "adapter=%d why=\"%s\"", call->adapter, why);
}

/* Low energy only.  Not by service: most oximeters do not advertise theirs.  A client with a
 * filter is told of each advertisement by a new RSSI, so that a device that is back is seen. */
static void
scan(struct central *c, int adapter)
{
	struct adapter *a = &c->adapters[adapter];
	struct call call = {.central = c, .adapter = adapter, .done = filter_answered};
	sd_bus_message *m = bus_method(c, a->path, "org.bluez.Adapter1", "SetDiscoveryFilter");

	if (m)
		(void)sd_bus_message_append(m, "a{sv}", 1, "Transport", "s", "le");
	a->scan_at_us = INT64_MAX;
	if (bus_call(m, &call) < 0) {
		scan_later(c, a);
		return;
	}
	call.done = scan_answered;
	if (bus_call(bus_method(c, a->path, "org.bluez.Adapter1", "StartDiscovery"), &call) < 0)
		scan_later(c, a);
	else
		a->is_asked = 1;
}

void
adapter_time(struct central *c)
{
	int i;

	for (i = 0; i < CENTRAL_ADAPTERS; i++)
		if (adapter_usable(c, i) && c->adapters[i].scan_at_us <= c->now.mono_us)
			scan(c, i);
}

int64_t
adapter_wait_us(const struct central *c)
{
	int64_t at_us = INT64_MAX;
	int i;

	for (i = 0; i < CENTRAL_ADAPTERS; i++)
		if (adapter_usable(c, i) && c->adapters[i].scan_at_us < at_us)
			at_us = c->adapters[i].scan_at_us;
	return at_us;
}

/* ---- their coming and going */

static int
add(struct central *c, const char *path)
{
	int i;

	for (i = 0; i < CENTRAL_ADAPTERS && *c->adapters[i].path; i++)
		;
	if (i == CENTRAL_ADAPTERS)
		return -1;
	c->adapters[i] = (struct adapter){.scan_at_us = INT64_MAX};
	(void)snprintf(c->adapters[i].path, OBJECT_PATH, "%s", path);
	return i;
}

/* bluetoothd scans in rounds and goes on by itself; if it does not, it is asked again. */
static void
follow_scan(struct central *c, struct adapter *a, const struct object *o)
{
	if (a->is_asked)
		return;
	if (a->is_scanning && !o->is_discovering) {
		a->scan_at_us = c->now.mono_us + ROUND_US;
	} else if (o->is_discovering && a->is_scanning) {
		a->scan_at_us = INT64_MAX;
		a->n_failed = 0;
	}
}

void
adapter_told(struct central *c, const struct object *o)
{
	int i = adapter_find(c, o->path), was;
	struct adapter *a;

	if (i < 0 && (i = add(c, o->path)) < 0)
		return;
	a = &c->adapters[i];
	was = adapter_usable(c, i);
	if (o->has & HAS_ADDRESS)
		memcpy(a->address, o->address, sizeof(a->address));
	if (o->has & HAS_POWERED)
		a->is_powered = o->is_powered;
	a->is_ours = !*c->only || choose_listed(c->only, short_name(a)) ||
		     choose_listed(c->only, a->address);
	if (adapter_usable(c, i) && !was) {
		log_info("adapter_up", "adapter=%s address=%s", short_name(a), a->address);
		a->is_scanning = a->is_asked = 0;
		a->n_failed = 0;
		a->scan_at_us = c->now.mono_us;
	} else if (was && !adapter_usable(c, i)) {
		log_info("adapter_down", "adapter=%s why=\"switched off\"", short_name(a));
		a->is_scanning = 0;
	} else if (o->has & HAS_DISCOVERING) {
		follow_scan(c, a, o);
	}
	if (was != adapter_usable(c, i))
		peers_adapters(c);
}

void
adapter_gone(struct central *c, const char *path)
{
	int i = adapter_find(c, path);

	if (i < 0 || strcmp(c->adapters[i].path, path))
		return;
	if (adapter_usable(c, i))
		log_info("adapter_down", "adapter=%s why=\"gone\"", short_name(&c->adapters[i]));
	peers_gone(c, path);
	c->adapters[i] = (struct adapter){.scan_at_us = INT64_MAX};
	peers_adapters(c);
}

const char *
adapter_why(struct central *c)
{
	const struct adapter *off = NULL;
	int i, n = 0;

	for (i = 0; i < CENTRAL_ADAPTERS; i++) {
		if (adapter_usable(c, i))
			return NULL;
		n += !!*c->adapters[i].path;
		if (*c->adapters[i].path && c->adapters[i].is_ours)
			off = &c->adapters[i];
	}
	if (off)
		(void)snprintf(c->why, sizeof(c->why), "Bluetooth adapter %.20s is switched off: "
			       "bluetoothctl power on; rfkill list tells whether it is blocked",
			       short_name(off));
	else if (n)
		(void)snprintf(c->why, sizeof(c->why), "none of the Bluetooth adapters is in "
			       "ble-ingest/adapters: \"%.100s\"", c->only);
	else
		(void)snprintf(c->why, sizeof(c->why), "there is no Bluetooth adapter: plug one in");
	return c->why;
}
