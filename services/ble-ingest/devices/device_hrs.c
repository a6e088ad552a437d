/*
 * device_hrs - any heart rate sensor of the Bluetooth Heart Rate Service: a pulse, no SpO2
 *
 * Notified about once a second: flags, rate (one byte or two), energy (not kept), and the
 * intervals between beats since the last one, in 1/1024 s.  Contact with the skin, where the
 * sensor tells it, is kept in `status`; the intervals in `rr`.
 * Source: Bluetooth SIG, Heart Rate Service 1.0 and Heart Rate Measurement (0x2A37).
 */
#include <math.h>

#include "services/ble-ingest/devices.h"
#include "services/ble-ingest/devices/about.h"
#include "services/ble-ingest/devices/measure.h"
#include "services/ble-ingest/devices/plx_bits.h"
#include "services/ble-ingest/devices/reader.h"

#define SERVICE GATT_UUID("180d")

enum { HEAR, ABOUT, N_PORTS = ABOUT + ABOUT_N_PORTS };
static const struct device_port ports[N_PORTS] = {
	[HEAR] = {SERVICE, GATT_UUID("2a37"), PORT_HEAR | PORT_NEEDED},
	ABOUT_PORTS,
};

enum { TWO_BYTES = 1 << 0, CONTACT = 1 << 1, TELLS_CONTACT = 1 << 2, ENERGY = 1 << 3,
       INTERVALS = 1 << 4 };

#define IN_A_VALUE  3
#define MOST_VALUES 4  /* of one notification */

struct hrs {
	struct say say;
};

static enum device_fit
fits(const struct advertised *seen)
{
	return advertised_has(seen, SERVICE) ? FIT_LESSER : FIT_NO;
}

static void
begin(void *state, unsigned present, int64_t zone_us, const struct source_now *now)
{
	struct hrs *h = state;

	(void)zone_us;
	(void)now;
	if (!(present & 1u << HEAR))
		(void)say(&h->say, SAID_STRANGER);
}

/* The next intervals, as many as a value holds; MSG_NONE: no more. */
static int64_t
some_beats(struct reader *r)
{
	int64_t rr = 0, beat;
	int n = 0;

	while (n < IN_A_VALUE && r->left >= 2)
		if ((beat = read_le(r, 2)))
			rr |= beat << 16 * n++;
	return n ? rr : MSG_NONE;
}

static void
say_measured(struct hrs *h, unsigned flags, unsigned pulse, int64_t rr, const struct source_now *now)
{
	struct sample *s = &say_value(&h->say, now)->sample;

	measure_set(s, (double)NAN, pulse, INVALID_NO);
	if (flags & TELLS_CONTACT)
		s->status = flags & CONTACT ? 0 : (int64_t)PLX_NO_USER << PLX_SENSOR_SHIFT;
	if (s->invalid == INVALID_UNAVAILABLE && s->status > 0)
		s->invalid = INVALID_NO_FINGER;
	s->rr = rr;
}

/* More beats in one notification than fit into a value (a fast heart, or a sensor that was away
 * for some seconds) make further values of the same moment. */
static void
measured(struct hrs *h, const uint8_t *bytes, size_t len, const struct source_now *now)
{
	struct reader r = {bytes, len, 0};
	unsigned flags = read_le(&r, 1), pulse = read_le(&r, flags & TWO_BYTES ? 2 : 1), n;
	int64_t rr;

	if (flags & ENERGY)
		(void)read_bytes(&r, 2);
	if (r.is_short) {
		say_wrong(&h->say, "heart rate: shorter than its flags say");
		return;
	}
	if (!(flags & INTERVALS))
		r.left = 0;
	else if (r.left < 2 || r.left % 2)
		say_wrong(&h->say, "heart rate: %s", r.left < 2 ? "beats announced and none there"
								: "half a beat at the end");
	say_measured(h, flags, pulse, some_beats(&r), now);
	for (n = 1; n < MOST_VALUES && (rr = some_beats(&r)) != MSG_NONE; n++)
		say_measured(h, flags, pulse, rr, now);
	if (r.left >= 2)
		say_wrong(&h->say, "heart rate: %zu beats more than are kept", r.left / 2);
}

static void
heard(void *state, unsigned port, const uint8_t *bytes, size_t len, const struct source_now *now)
{
	struct hrs *h = state;

	if (port == HEAR)
		measured(h, bytes, len, now);
	else if (port >= ABOUT && port < N_PORTS)
		(void)about_heard(&h->say, port - ABOUT, bytes, len);
}

static int
next(void *state, const struct source_now *now, struct device_said *out)
{
	(void)now;
	return say_next(&((struct hrs *)state)->say, out);
}

const struct device_kind device_hrs = {
	.name = "hrs",
	.is = "Heart Rate Service (0x180D)",
	.ports = ports,
	.n_ports = N_PORTS,
	.state_bytes = sizeof(struct hrs),
	.fits = fits,
	.begin = begin,
	.heard = heard,
	.next = next,
};
