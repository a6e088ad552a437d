#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/random.h>
#include <unistd.h>

#include "common/clock.h"
#include "services/ble-ingest/bluez/central.h"

static void *
bluez_open(const struct conf *conf, struct err *err)
{
	struct central *c = calloc(1, sizeof(*c));

	ASSERT(c);
	c->epoll = epoll_create1(EPOLL_CLOEXEC);
	ASSERT(c->epoll >= 0);
	c->read_us = INT64_MAX;
	c->only = conf_text(conf, "adapters");
	c->rules = (struct life_rules){
		.silent_us = conf_number(conf, "silent-seconds") * CLOCK_SECOND,
		.longest_us = conf_number(conf, "retry-seconds") * CLOCK_SECOND,
		.retries = (unsigned)conf_number(conf, "retries"),
	};
	(void)getrandom(&c->dice, sizeof(c->dice), GRND_NONBLOCK);
	if (choose_init(&c->choose, conf_text(conf, "pick"), conf_text(conf, "allow"),
			conf_text(conf, "deny"), err) < 0) {
		close(c->epoll);
		free(c);
		return NULL;
	}
	return c;
}

/* No link is left behind: another gateway may want the device. */
static void
bluez_close(void **self)
{
	struct central *c = *self;
	unsigned i;

	if (!c)
		return;
	for (i = 0; i < c->n_peers; i++)
		if (c->peers[i]->life.state >= LIFE_CONNECTING &&
		    c->peers[i]->life.state <= LIFE_STREAMING)
			(void)peer_disconnect(c->peers[i]);
	if (c->bus)
		(void)sd_bus_flush(c->bus);
	c->has_bluez = 0;
	bus_close(c);
	peers_free(c);
	close(c->epoll);
	free(c->out);
	free(c);
	*self = NULL;
}

static unsigned
bluez_n_devices(const void *self)
{
	return ((const struct central *)self)->n_peers;
}

static const char *
bluez_device_id(const void *self, unsigned device)
{
	return ((const struct central *)self)->peers[device]->id;
}

static void
bluez_knew(void *self, unsigned device, int64_t last_us)
{
	talk_knew(&((struct central *)self)->peers[device]->talk, last_us);
}

static int
bluez_can_wait(const void *self)
{
	(void)self;
	return 0;
}

static int
bluez_fd(const void *self)
{
	return ((const struct central *)self)->epoll;
}

static void
bluez_tell_raw(void *self, int wanted)
{
	((struct central *)self)->tells_raw = wanted;
	if (wanted)
		raw_running(self);
}

/* ---- what is given */

struct taken *
central_give(struct central *c, const struct peer *p, enum taken_kind kind)
{
	struct taken *t;

	if (c->n_out == c->most_out) {
		c->most_out = c->most_out ? 2 * c->most_out : 64;
		c->out = realloc(c->out, c->most_out * sizeof(*c->out));
		ASSERT(c->out);
	}
	t = &c->out[c->n_out++];
	t->kind = kind;
	t->device = p->number;
	return t;
}

static const char *
waits_for(struct central *c)
{
	if (!c->bus)
		return *c->bus_why ? c->bus_why : NULL;
	if (!c->has_bluez)
		return "bluetoothd is not running: apt install bluez, systemctl start bluetooth";
	return adapter_why(c);
}

static void
work(struct central *c)
{
	c->n_out = c->given = 0;
	bus_work(c);
	adapter_time(c);
	peers_time(c);
	c->waits_for = waits_for(c);
}

static int
bluez_take(void *self, const struct source_now *now, struct taken *out)
{
	struct central *c = self;

	c->now = *now;
	if (c->given == c->n_out)
		work(c);
	if (c->given == c->n_out)
		return 0;
	*out = c->out[c->given++];
	return 1;
}

/* ---- when */

static int64_t
least(int64_t a, int64_t b)
{
	return a < b ? a : b;
}

/* sd-bus has something to do by then: clock_mono_us()'s clock. */
static int64_t
bus_at_us(const struct central *c)
{
	uint64_t at_us;

	if (!c->bus)
		return c->bus_at_us;
	if (sd_bus_get_timeout(c->bus, &at_us) < 0 || at_us > INT64_MAX)
		return INT64_MAX;
	return (int64_t)at_us;
}

static int64_t
bluez_wait_us(void *self, const struct source_now *now)
{
	struct central *c = self;
	int64_t at_us;

	c->now = *now;
	if (c->given < c->n_out)
		return 0;
	at_us = least(bus_at_us(c), c->read_us);
	at_us = least(at_us, adapter_wait_us(c));
	at_us = least(at_us, peers_wait_us(c));
	if (at_us == INT64_MAX)
		return INT64_MAX;
	return at_us > now->mono_us ? at_us - now->mono_us : 0;
}

/* ---- how it goes */

static struct source_counts
bluez_counts(const void *self)
{
	const struct central *c = self;
	struct source_counts counts = {.n_connects = c->n_connects, .n_links_lost = c->n_lost,
				       .n_silent = c->n_silent, .waits_for = c->waits_for};
	unsigned i;

	for (i = 0; i < c->n_peers; i++)
		counts.n_frames_bad += c->peers[i]->talk.n_wrong;
	return counts;
}

const struct source source_bluez = {
	.name = "bluez",
	.open = bluez_open,
	.close = bluez_close,
	.n_devices = bluez_n_devices,
	.device_id = bluez_device_id,
	.knew = bluez_knew,
	.can_wait = bluez_can_wait,
	.fd = bluez_fd,
	.tell_raw = bluez_tell_raw,
	.wait_us = bluez_wait_us,
	.take = bluez_take,
	.counts = bluez_counts,
};
