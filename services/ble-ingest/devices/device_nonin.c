/*
 * device_nonin - Nonin 3150 and 3230, by Nonin's own service
 *
 * One notification a second of 10 bytes, numbers big-endian: length 0A, status, battery in
 * 0.1 V (not kept: nothing tells how full that is), PAI in 0.01 %, a count of seconds, SpO2
 * (127 none), pulse (511 none).  It wants a bond.  The 3230 offers 0x1822 too; this tells more.
 * Source: Nonin's sample code and nonin-3230-ble.
 */
#include "services/ble-ingest/devices.h"
#include "services/ble-ingest/devices/about.h"
#include "services/ble-ingest/devices/measure.h"
#include "services/ble-ingest/devices/plx_bits.h"
#include "services/ble-ingest/devices/reader.h"

#define SERVICE "46a970e0-0d5f-11e2-8b5e-0002a5d5c51b"
#define LENGTH  10

enum { HEAR, ABOUT, N_PORTS = ABOUT + ABOUT_N_PORTS };
static const struct device_port ports[N_PORTS] = {
	[HEAR] = {SERVICE, "0aad7ea0-0d60-11e2-8e3c-0002a5d5c51b", PORT_HEAR | PORT_NEEDED},
	ABOUT_PORTS,
};

enum { WEAK = 1 << 1, SMART_POINT = 1 << 2, SEARCHING = 1 << 3, PLACED = 1 << 4 };

struct nonin {
	struct say say;
};

static enum device_fit
fits(const struct advertised *seen)
{
	static const char *const names[] = {"Nonin3230", "Nonin3150", NULL};

	return advertised_named(seen, names) || advertised_has(seen, SERVICE) ? FIT_OWN : FIT_NO;
}

static void
begin(void *state, unsigned present, int64_t zone_us, const struct source_now *now)
{
	struct nonin *n = state;

	(void)zone_us;
	(void)now;
	if (!(present & 1u << HEAR))
		(void)say(&n->say, SAID_STRANGER);
}

static int64_t
status_of(unsigned flags)
{
	int64_t sensor = (flags & WEAK ? PLX_POOR : 0) | (flags & SEARCHING ? PLX_ANALYSING : 0) |
			 (flags & PLACED ? 0 : PLX_DISPLACED);

	return (flags & SMART_POINT ? PLX_FULLY_QUALIFIED : 0) | sensor << PLX_SENSOR_SHIFT;
}

static void
measured(struct nonin *n, const uint8_t *bytes, size_t len, const struct source_now *now)
{
	struct reader r = {bytes, len, 0};
	unsigned length = read_be(&r, 1), flags = read_be(&r, 1), perfusion, spo2, pulse;
	struct sample *s;

	(void)read_bytes(&r, 1);  /* battery */
	perfusion = read_be(&r, 2);
	(void)read_bytes(&r, 2);  /* seconds */
	spo2 = read_be(&r, 1);
	pulse = read_be(&r, 2);
	if (r.is_short || length != LENGTH) {
		say_wrong(&n->say, "a measurement that does not have its %d bytes", LENGTH);
		return;
	}
	s = &say_value(&n->say, now)->sample;
	measure_set(s, spo2 == 127 ? 0 : spo2, pulse == 511 ? 0 : pulse, INVALID_NO);
	if (s->invalid == INVALID_UNAVAILABLE)
		s->invalid = flags & SEARCHING ? INVALID_SEARCHING
			     : flags & PLACED ? INVALID_LOW_SIGNAL : INVALID_NO_FINGER;
	measure_perfusion(s, perfusion / 100.0);
	s->status = status_of(flags);
}

static void
heard(void *state, unsigned port, const uint8_t *bytes, size_t len, const struct source_now *now)
{
	struct nonin *n = state;

	if (port == HEAR)
		measured(n, bytes, len, now);
	else if (port >= ABOUT && port < N_PORTS)
		(void)about_heard(&n->say, port - ABOUT, bytes, len);
}

static int
next(void *state, const struct source_now *now, struct device_said *out)
{
	(void)now;
	return say_next(&((struct nonin *)state)->say, out);
}

const struct device_kind device_nonin = {
	.name = "nonin",
	.is = "Nonin 3150 or 3230",
	.ports = ports,
	.n_ports = N_PORTS,
	.needs_bond = 1,
	.state_bytes = sizeof(struct nonin),
	.fits = fits,
	.begin = begin,
	.heard = heard,
	.next = next,
};
