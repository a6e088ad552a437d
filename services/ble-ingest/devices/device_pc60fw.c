/*
 * device_pc60fw - the PC-60FW fingertip oximeter of Viatom/Creative, on the Nordic UART
 *
 *	AA 55 | 0F or F0 | length of what follows | func | data … | CRC-8 (Maxim) over all of it
 *
 * About once a second func 01: SpO2, pulse u16 LE, PI in 0.1 %, flags (bit 1 probe off,
 * 2 searching, 3 check the probe), battery in the top two bits (quarters).  0 is "none".
 * func 02 is the wave and passed over; func 03 is the battery.  It says all that of itself.
 * Source: viatom_pc60fw, and the names of fields in Lepu's SDK for the same family.
 */
#include "services/ble-ingest/devices.h"
#include "services/ble-ingest/devices/crc8.h"
#include "services/ble-ingest/devices/measure.h"
#include "services/ble-ingest/devices/plx_bits.h"
#include "services/ble-ingest/devices/reader.h"
#include "services/ble-ingest/devices/say.h"
#include "services/ble-ingest/devices/silence.h"
#include "services/ble-ingest/devices/stream.h"

#define SERVICE "6e400001-b5a3-f393-e0a9-e50e24dcca9e"

enum { HEAR, N_PORTS };
static const struct device_port ports[N_PORTS] = {
	[HEAR] = {SERVICE, "6e400003-b5a3-f393-e0a9-e50e24dcca9e", PORT_HEAR | PORT_NEEDED},
};

enum { FIGURES = 1, BATTERY = 3 };
enum { PROBE_OFF = 1 << 1, SEARCHING = 1 << 2, CHECK_PROBE = 1 << 3 };

struct pc60fw {
	struct say say;
	struct stream in;
	struct silence silence;
};

static enum device_fit
fits(const struct advertised *seen)
{
	static const char *const names[] = {"PC-60F", NULL};

	if (advertised_named(seen, names))
		return FIT_SURE;
	return advertised_has(seen, SERVICE) ? FIT_MAYBE : FIT_NO;
}

static void
begin(void *state, unsigned present, int64_t zone_us, const struct source_now *now)
{
	struct pc60fw *p = state;

	(void)zone_us;
	silence_begin(&p->silence, now);
	if (!(present & 1u << HEAR))
		(void)say(&p->say, SAID_STRANGER);
}

static int
judge(const uint8_t *b, size_t n, const void *context)
{
	size_t len;

	(void)context;
	if (b[0] != 0xaa || (n > 1 && b[1] != 0x55) || (n > 2 && b[2] != 0x0f && b[2] != 0xf0))
		return STREAM_NONE;
	if (n < 4)
		return STREAM_MORE;
	if (b[3] < 2)  /* func and check byte at least */
		return STREAM_NONE;
	len = 4u + b[3];
	if (n < len)
		return STREAM_MORE;
	return crc8_maxim(b, len) ? STREAM_NONE : (int)len;
}

static int
percent(unsigned quarters)
{
	return (int)(quarters + 1) * 25;
}

static void
figures(struct pc60fw *p, struct reader *r, const struct source_now *now)
{
	unsigned spo2 = read_le(r, 1), pulse = read_le(r, 2), perfusion = read_le(r, 1),
		 flags = read_le(r, 1), battery = read_le(r, 1) >> 6;
	enum invalid why = flags & PROBE_OFF ? INVALID_NO_FINGER
			   : flags & CHECK_PROBE ? INVALID_SENSOR_FAULT
			   : flags & SEARCHING ? INVALID_SEARCHING : INVALID_NO;
	int64_t sensor = (flags & PROBE_OFF ? PLX_NO_USER : 0) |
			 (flags & CHECK_PROBE ? PLX_SENSOR_BROKEN : 0) |
			 (flags & SEARCHING ? PLX_ANALYSING : 0);
	struct sample *s;

	if (r->is_short) {
		say_wrong(&p->say, "figures: shorter than 6 bytes");
		return;
	}
	s = &say_value(&p->say, now)->sample;
	measure_set(s, spo2, pulse, why);
	if (perfusion)
		measure_perfusion(s, perfusion / 10.0);
	measure_battery(s, percent(battery));
	s->status = sensor << PLX_SENSOR_SHIFT;
}

static void
frame(struct pc60fw *p, size_t len, const struct source_now *now)
{
	struct reader r = {p->in.bytes + 4, len - 5, 0};
	unsigned func = read_le(&r, 1), level;

	if (func == FIGURES) {
		figures(p, &r, now);
	} else if (func == BATTERY) {
		level = read_le(&r, 1);
		if (r.is_short || level > 3)
			say_wrong(&p->say, "battery: no level from 0 to 3");
		else
			say(&p->say, SAID_BATTERY)->battery = percent(level);
	}
}

static void
heard(void *state, unsigned port, const uint8_t *bytes, size_t len, const struct source_now *now)
{
	struct pc60fw *p = state;

	(void)now;
	if (port == HEAR)
		stream_add(&p->in, bytes, len);
}

static int
next(void *state, const struct source_now *now, struct device_said *out)
{
	struct pc60fw *p = state;
	size_t len = 1, skipped;

	while (!p->say.n && len) {
		len = stream_frame(&p->in, judge, NULL);
		if ((skipped = stream_skipped(&p->in, len > 0)))
			say_wrong(&p->say, "%zu bytes that are no frame", skipped);
		if (!len)
			continue;
		silence_broken(&p->silence);
		frame(p, len, now);
		stream_drop(&p->in, len);
	}
	if (silence_is_over(&p->silence, now))
		(void)say(&p->say, SAID_STRANGER);
	return say_next(&p->say, out);
}

static int64_t
wait_us(const void *state, const struct source_now *now)
{
	const struct pc60fw *p = state;

	return p->say.n ? 0 : silence_wait_us(&p->silence, now);
}

const struct device_kind device_pc60fw = {
	.name = "pc60fw",
	.is = "Viatom PC-60FW",
	.ports = ports,
	.n_ports = N_PORTS,
	.state_bytes = sizeof(struct pc60fw),
	.fits = fits,
	.begin = begin,
	.heard = heard,
	.next = next,
	.wait_us = wait_us,
};
