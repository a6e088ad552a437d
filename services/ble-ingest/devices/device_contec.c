/*
 * device_contec - Contec CMS50D-BT and its relatives (EMAY SleepO2), service FF12
 *
 *	EB 01 | a byte from 0 to 0F | pulse | SpO2 | 7F | 00 | sum of all before it, 7 bits
 *
 * about once a second on FF02, after four commands on FF01 and as long as it hears 9A at least
 * every two seconds.  0 and FF are "none".  The third byte is 5 in one device and 4 in another.
 * Source: emay-sleepo2, and a capture of a CMS50D-BT in OxiVis.
 */
#include "common/clock.h"
#include "services/ble-ingest/devices.h"
#include "services/ble-ingest/devices/about.h"
#include "services/ble-ingest/devices/measure.h"
#include "services/ble-ingest/devices/silence.h"
#include "services/ble-ingest/devices/stream.h"

#define SERVICE GATT_UUID("ff12")
#define LENGTH  8
#define ALIVE_US 1500000

enum { HEAR, WRITE, ABOUT, N_PORTS = ABOUT + ABOUT_N_PORTS };
static const struct device_port ports[N_PORTS] = {
	[HEAR] = {SERVICE, GATT_UUID("ff02"), PORT_HEAR | PORT_NEEDED},
	[WRITE] = {SERVICE, GATT_UUID("ff01"), PORT_WRITE | PORT_NEEDED},
	ABOUT_PORTS,
};

struct contec {
	struct say say;
	struct stream in;
	struct silence silence;
	int64_t alive_us;             /* mono: when it must hear of us */
};

static enum device_fit
fits(const struct advertised *seen)
{
	static const char *const names[] = {"SpO20", "SpO21", "CMS50", NULL};
	static const char *const emay[] = {"SleepO2", NULL};  /* a ring's name, too */

	if (advertised_has(seen, SERVICE))
		return advertised_named(seen, emay) || advertised_named(seen, names) ? FIT_OWN : FIT_MAYBE;
	return advertised_named(seen, names) ? FIT_SURE : FIT_NO;
}

/* A command and its check byte: the sum, 7 bits. */
static void
tell(struct contec *c, const uint8_t *bytes, size_t len)
{
	uint8_t out[4];
	unsigned sum = 0;
	size_t i;

	for (i = 0; i < len; i++)
		sum += out[i] = bytes[i];
	out[len] = sum & 0x7f;
	say_write(&c->say, WRITE, out, len + 1, 1);
}

static void
begin(void *state, unsigned present, int64_t zone_us, const struct source_now *now)
{
	static const struct { uint8_t bytes[2]; size_t len; } commands[] = {
		{{0x89}, 1},          /* hello */
		{{0x8e, 0x05}, 2},    /* how is the device */
		{{0x9b, 0x01}, 2},    /* begin */
		{{0x86}, 1},          /* how is its battery */
	};
	struct contec *c = state;
	size_t i;

	(void)zone_us;
	silence_begin(&c->silence, now);
	c->alive_us = now->mono_us + ALIVE_US;
	if (!(present & 1u << HEAR) || !(present & 1u << WRITE)) {
		(void)say(&c->say, SAID_STRANGER);
		return;
	}
	for (i = 0; i < sizeof(commands) / sizeof(commands[0]); i++)
		tell(c, commands[i].bytes, commands[i].len);
}

static int
judge(const uint8_t *b, size_t n, const void *context)
{
	unsigned sum = 0;
	size_t i;

	(void)context;
	if (b[0] != 0xeb || (n > 1 && b[1] != 0x01) || (n > 2 && b[2] > 0x0f))
		return STREAM_NONE;
	if (n < LENGTH)
		return STREAM_MORE;
	for (i = 0; i < LENGTH - 1; i++)
		sum += b[i];
	return b[5] == 0x7f && !b[6] && b[7] == (sum & 0x7f) ? LENGTH : STREAM_NONE;
}

static double
figure(uint8_t v)
{
	return v == 0xff ? 0 : v;
}

static void
measured(struct contec *c, const uint8_t *b, const struct source_now *now)
{
	struct sample *s = &say_value(&c->say, now)->sample;

	measure_set(s, figure(b[4]), figure(b[3]), INVALID_NO);
	if (s->invalid == INVALID_UNAVAILABLE)
		s->invalid = INVALID_NO_FINGER;  /* all it says when there is none */
}

static void
heard(void *state, unsigned port, const uint8_t *bytes, size_t len, const struct source_now *now)
{
	struct contec *c = state;

	(void)now;
	if (port == HEAR)
		stream_add(&c->in, bytes, len);
	else if (port >= ABOUT && port < N_PORTS)
		(void)about_heard(&c->say, port - ABOUT, bytes, len);
}

static int
next(void *state, const struct source_now *now, struct device_said *out)
{
	static const uint8_t alive[] = {0x9a};
	struct contec *c = state;
	size_t len = 1, skipped;

	while (!c->say.n && len) {
		len = stream_frame(&c->in, judge, NULL);
		if ((skipped = stream_skipped(&c->in, len > 0)))
			say_wrong(&c->say, "%zu bytes that are no frame", skipped);
		if (!len)
			continue;
		silence_broken(&c->silence);
		measured(c, c->in.bytes, now);
		stream_drop(&c->in, len);
	}
	if (now->mono_us >= c->alive_us) {
		c->alive_us = now->mono_us + ALIVE_US;
		tell(c, alive, sizeof(alive));
	}
	if (silence_is_over(&c->silence, now))
		(void)say(&c->say, SAID_STRANGER);
	return say_next(&c->say, out);
}

static int64_t
wait_us(const void *state, const struct source_now *now)
{
	const struct contec *c = state;
	int64_t alive = c->alive_us > now->mono_us ? c->alive_us - now->mono_us : 0,
		silence = silence_wait_us(&c->silence, now);

	return c->say.n ? 0 : alive < silence ? alive : silence;
}

const struct device_kind device_contec = {
	.name = "contec",
	.is = "Contec CMS50D-BT, EMAY SleepO2",
	.ports = ports,
	.n_ports = N_PORTS,
	.state_bytes = sizeof(struct contec),
	.fits = fits,
	.begin = begin,
	.heard = heard,
	.next = next,
	.wait_us = wait_us,
};
