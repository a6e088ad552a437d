/*
 * device_berry - Berry Med oximeters (BM1000 and others), BCI frames and BERRY packets
 *
 * They stream of themselves, up to 200 times a second, on a service that many other products
 * have too.  Figures change about once a second, so one value a second is said: the last
 * valid one, else the last invalid one.
 *
 * BCI: 5 bytes, bit 7 set in the first and clear in the others; nothing checks them but that.
 * The first: 0-3 signal strength (15 none), 4 no signal, 5 probe unplugged.  The third: 4 no
 * finger, 5 searching, 6 top bit of the pulse.  Then pulse (255 none) and SpO2 (127 none).
 * An answer to FF or FE, which we never send, has that form too.
 *
 * BERRY: 20 bytes, FF AA … sum; figures averaged and of the moment (we keep the averaged ones,
 * as the display does), perfusion, battery; or text of its versions.
 *
 * Sources: BCI Protocol 1.2 and 1.4, BCI & BERRY Protocol 1.0, berry-oximeter.
 */
#include "services/ble-ingest/devices.h"
#include "services/ble-ingest/devices/about.h"
#include "services/ble-ingest/devices/measure.h"
#include "services/ble-ingest/devices/plx_bits.h"
#include "services/ble-ingest/devices/silence.h"
#include "services/ble-ingest/devices/stream.h"

#define SERVICE "49535343-fe7d-4ae5-8fa9-9fafd205e455"

enum { HEAR, ABOUT, N_PORTS = ABOUT + ABOUT_N_PORTS };
static const struct device_port ports[N_PORTS] = {
	[HEAR] = {SERVICE, "49535343-1e4d-4bd9-ba61-23c647249616", PORT_HEAR | PORT_NEEDED},
	ABOUT_PORTS,
};

enum mode { UNKNOWN, BCI, BERRY };
enum { BCI_BYTES = 5, BERRY_BYTES = 20 };
#define EVERY_US CLOCK_SECOND

struct berry {
	struct say say;
	struct stream in;
	struct silence silence;
	enum mode mode;
	int has;                      /* heard since the last value that was said */
	struct sample last;
	int64_t due_us;               /* mono: of the next value; 0: nothing comes */
};

static enum device_fit
fits(const struct advertised *seen)
{
	static const char *const names[] = {"BerryMed", "BM1000", NULL};

	if (advertised_named(seen, names))
		return FIT_SURE;
	return advertised_has(seen, SERVICE) ? FIT_MAYBE : FIT_NO;
}

static void
begin(void *state, unsigned present, int64_t zone_us, const struct source_now *now)
{
	struct berry *b = state;

	(void)zone_us;
	silence_begin(&b->silence, now);
	if (!(present & 1u << HEAR))
		(void)say(&b->say, SAID_STRANGER);
}

/* ---- what is a frame */

static int
judge_bci(const uint8_t *b, size_t n)
{
	size_t i;

	if (!(b[0] & 0x80))
		return STREAM_NONE;
	for (i = 1; i < BCI_BYTES && i < n; i++)
		if (b[i] & 0x80)
			return STREAM_NONE;
	return n < BCI_BYTES ? STREAM_MORE : BCI_BYTES;
}

static int
is_packet(const uint8_t *b)
{
	unsigned sum = 0;
	size_t i;

	for (i = 0; i < BERRY_BYTES - 1; i++)
		sum += b[i];
	return b[BERRY_BYTES - 1] == (sum & 0xff);
}

/* FF AA begins a packet and never a BCI frame.  Inside a packet there may be what looks like
 * one: so a broken packet is passed over whole, and after a good one there are no more frames. */
static int
judge(const uint8_t *b, size_t n, const void *context)
{
	enum mode mode = *(const enum mode *)context;

	if (b[0] == 0xff && (n == 1 || b[1] == 0xaa)) {
		if (n < BERRY_BYTES)
			return STREAM_MORE;
		return is_packet(b) || mode != BERRY ? BERRY_BYTES : STREAM_NONE;
	}
	return mode == BERRY ? STREAM_NONE : judge_bci(b, n);
}

/* ---- what it says */

static void
keep(struct berry *b, const struct sample *s)
{
	if (s->invalid == INVALID_NO || !b->has || b->last.invalid != INVALID_NO)
		b->last = *s;
	b->has = 1;
}

static void
bci(struct berry *b, const uint8_t *f)
{
	unsigned strength = f[0] & 0x0f, pulse = (unsigned)(f[2] & 0x40) << 1 | f[3], spo2 = f[4];
	int64_t sensor = (f[0] & 0x10 ? PLX_INADEQUATE : 0) | (f[0] & 0x20 ? PLX_SENSOR_OUT : 0) |
			 (f[2] & 0x10 ? PLX_NO_USER : 0) | (f[2] & 0x20 ? PLX_ANALYSING : 0);
	enum invalid why = f[0] & 0x20 ? INVALID_SENSOR_FAULT
			   : f[2] & 0x10 ? INVALID_NO_FINGER
			   : f[2] & 0x20 ? INVALID_SEARCHING
			   : f[0] & 0x10 ? INVALID_LOW_SIGNAL : INVALID_NO;
	struct sample s = {0};

	if (f[0] >= 0xfe)
		return;  /* text of a version */
	msg_clear(&msg_sample, &s);
	measure_set(&s, spo2 == 127 ? 0 : spo2, pulse == 255 ? 0 : pulse, why);
	s.status = sensor << PLX_SENSOR_SHIFT;
	if (strength < 15)
		s.signal_strength = strength;
	keep(b, &s);
}

static double
either(unsigned averaged, unsigned now, unsigned none)
{
	unsigned v = averaged && averaged != none ? averaged : now;

	return v == none ? 0 : v;
}

static void
packet(struct berry *b, const uint8_t *f)
{
	int64_t sensor = (f[3] & 0x01 ? PLX_SENSOR_OUT : 0) | (f[3] & 0x02 ? PLX_NO_USER : 0) |
			 (f[3] & 0x04 ? PLX_NOT_PULSATILE : 0);
	enum invalid why = f[3] & 0x01 ? INVALID_SENSOR_FAULT
			   : f[3] & 0x02 ? INVALID_NO_FINGER
			   : f[3] & 0x04 ? INVALID_LOW_SIGNAL : INVALID_NO;
	double perfusion = either(f[10], f[11], 0);
	struct sample s = {0};

	if ((f[2] == 'S' || f[2] == 'H') && f[3] >= ' ') {
		about_text(&b->say, f[2] == 'S' ? "firmware" : "hardware", f + 3, BERRY_BYTES - 4);
		return;
	}
	msg_clear(&msg_sample, &s);
	measure_set(&s, either(f[4], f[5], 127), either(f[6], f[7], 255), why);
	if (perfusion > 0)
		measure_perfusion(&s, perfusion / 10);
	measure_battery(&s, f[17] & 0x7f);
	s.status = sensor << PLX_SENSOR_SHIFT;
	keep(b, &s);
}

static void
frame(struct berry *b, size_t len, const struct source_now *now)
{
	const uint8_t *f = b->in.bytes;

	if (len == BERRY_BYTES && !is_packet(f)) {
		b->in.skipped += len;
		return;
	}
	silence_broken(&b->silence);
	if (!b->due_us)
		b->due_us = now->mono_us + EVERY_US;
	b->mode = len == BERRY_BYTES ? BERRY : BCI;
	if (len == BERRY_BYTES)
		packet(b, f);
	else
		bci(b, f);
}

/* ---- the kind */

static void
heard(void *state, unsigned port, const uint8_t *bytes, size_t len, const struct source_now *now)
{
	struct berry *b = state;

	(void)now;
	if (port == HEAR)
		stream_add(&b->in, bytes, len);
	else if (port >= ABOUT && port < N_PORTS)
		(void)about_heard(&b->say, port - ABOUT, bytes, len);
}

/* In step with the clock while frames come. */
static void
say_due(struct berry *b, const struct source_now *now)
{
	struct sample *s;

	if (!b->due_us || now->mono_us < b->due_us)
		return;
	b->due_us = !b->has ? 0
		    : now->mono_us - b->due_us < EVERY_US ? b->due_us + EVERY_US
		    : now->mono_us + EVERY_US;
	if (!b->has)
		return;
	s = &say_value(&b->say, now)->sample;
	*s = b->last;
	s->taken_us = now->utc_us;
	b->has = 0;
}

static int
next(void *state, const struct source_now *now, struct device_said *out)
{
	struct berry *b = state;
	size_t len = 1, skipped;

	while (!b->say.n && len) {
		len = stream_frame(&b->in, judge, &b->mode);
		if (len) {
			frame(b, len, now);
			stream_drop(&b->in, len);
		}
		if ((skipped = stream_skipped(&b->in, len && b->due_us)))
			say_wrong(&b->say, "%zu bytes that are no frame", skipped);
	}
	say_due(b, now);
	if (silence_is_over(&b->silence, now))
		(void)say(&b->say, SAID_STRANGER);
	return say_next(&b->say, out);
}

static int64_t
wait_us(const void *state, const struct source_now *now)
{
	const struct berry *b = state;
	int64_t silence = silence_wait_us(&b->silence, now),
		due = b->due_us ? b->due_us - now->mono_us : INT64_MAX;

	if (b->say.n || due <= 0)
		return 0;
	return due < silence ? due : silence;
}

const struct device_kind device_berry = {
	.name = "berry",
	.is = "Berry Med BM1000 and relatives",
	.ports = ports,
	.n_ports = N_PORTS,
	.state_bytes = sizeof(struct berry),
	.fits = fits,
	.begin = begin,
	.heard = heard,
	.next = next,
	.wait_us = wait_us,
};
