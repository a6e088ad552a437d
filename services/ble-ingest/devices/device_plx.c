/*
 * device_plx - any oximeter of the Bluetooth Pulse Oximeter Service
 *
 * Continuous measurements (notified about once a second), spot checks (indicated), features,
 * and the records the device has kept, by the Record Access Control Point.  It sends of
 * itself; nothing is asked but records.
 * Source: Bluetooth SIG, Pulse Oximeter Service 1.0.1 and GATT Specification Supplement.
 */
#include <math.h>

#include "common/clock.h"
#include "services/ble-ingest/devices.h"
#include "services/ble-ingest/devices/about.h"
#include "services/ble-ingest/devices/measure.h"
#include "services/ble-ingest/devices/plx_bits.h"
#include "services/ble-ingest/devices/reader.h"
#include "services/ble-ingest/devices/sfloat.h"
#include "services/ble-ingest/devices/spans.h"
#include "services/ble-ingest/devices/wall.h"

#define SERVICE GATT_UUID("1822")

enum { CONTINUOUS, SPOT, FEATURES, CONTROL, CLOCK, ABOUT, N_PORTS = ABOUT + ABOUT_N_PORTS };
static const struct device_port ports[N_PORTS] = {
	[CONTINUOUS] = {SERVICE, GATT_UUID("2a5f"), PORT_HEAR},
	[SPOT] = {SERVICE, GATT_UUID("2a5e"), PORT_HEAR},
	[FEATURES] = {SERVICE, GATT_UUID("2a60"), PORT_READ},
	[CONTROL] = {SERVICE, GATT_UUID("2a52"), PORT_HEAR | PORT_WRITE},
	[CLOCK] = {GATT_UUID("1805"), GATT_UUID("2a2b"), PORT_READ},
	ABOUT_PORTS,
};

enum { FEATURE_STORAGE = 1 << 2, FEATURE_TIMESTAMP = 1 << 3 };
enum { REPORT = 1, COUNT = 4, COUNT_RESPONSE = 5, RESPONSE = 6, ALL = 1 };
enum { OK = 1, UNSUPPORTED = 2, NONE_FOUND = 6 };
#define ANSWER_US  (30 * CLOCK_SECOND)  /* as long as the profile lets a procedure be silent */
#define MOST_TRIES 3

struct plx {
	struct say say;
	unsigned present;
	int64_t zone_us;
	int keeps_records;            /* and dates them; known from its features */

	struct spans missed;          /* what recall() asked for and no report has covered */
	unsigned n_asked;             /* of them, in the running report */
	int request;                  /* COUNT, REPORT, or 0: none runs */
	int tries;
	int64_t heard_us;             /* mono: the last sign of the running request */
	int promised, reported;       /* records; promised is -1 when it did not say */
	int64_t last_us, same;        /* records of one second are told apart by their order */
};

static enum device_fit
fits(const struct advertised *seen)
{
	return advertised_has(seen, SERVICE) ? FIT_SURE : FIT_NO;
}

static void
begin(void *state, unsigned present, int64_t zone_us, const struct source_now *now)
{
	struct plx *p = state;

	(void)now;
	p->present = present;
	p->zone_us = zone_us;
	if (!(present & (1u << CONTINUOUS | 1u << SPOT)))
		(void)say(&p->say, SAID_STRANGER);
}

/* ---- measurements */

struct measured {
	double spo2, pulse, perfusion;
	int64_t wall_us;              /* WALL_NONE: it told no time */
	int has_status;
	unsigned status, sensor;
};

/* Why there can be no value, or for what reason the two figures are missing. */
static enum invalid
reason(const struct measured *m)
{
	if (m->sensor & (PLX_MALFUNCTION | PLX_SENSOR_BROKEN | PLX_SENSOR_OUT))
		return INVALID_SENSOR_FAULT;
	if (m->sensor & (PLX_NO_USER | PLX_DISPLACED))
		return INVALID_NO_FINGER;
	if (!(m->status & (PLX_NOT_AVAILABLE | PLX_NOT_VALID)) && !(isnan(m->spo2) && isnan(m->pulse)))
		return INVALID_NO;
	if (m->sensor & (PLX_INADEQUATE | PLX_POOR | PLX_LOW_PERFUSION))
		return INVALID_LOW_SIGNAL;
	if (m->sensor & (PLX_IRREGULAR | PLX_ERRATIC | PLX_NOT_PULSATILE | PLX_DOUBTFUL | PLX_INTERFERENCE))
		return INVALID_ARTEFACT;
	if (m->sensor & PLX_ANALYSING || m->status & PLX_CALIBRATING)
		return INVALID_SEARCHING;
	return INVALID_UNAVAILABLE;
}

/* The two measurements differ in what stands between the pair of figures and the status.
 * 0, or -1: shorter than its flags say.  Longer is no fault: a later version may append. */
static int
parse(const uint8_t *bytes, size_t len, int is_spot, struct measured *m)
{
	struct reader r = {bytes, len, 0};
	unsigned flags = read_le(&r, 1);
	const uint8_t *date;

	*m = (struct measured){.perfusion = (double)NAN, .wall_us = WALL_NONE};
	m->spo2 = sfloat_value((uint16_t)read_le(&r, 2));
	m->pulse = sfloat_value((uint16_t)read_le(&r, 2));
	if (is_spot && flags & 0x01 && (date = read_bytes(&r, 7)) && !(flags & 0x10))
		m->wall_us = wall_date_time(date);
	if (!is_spot && flags & 0x01)
		(void)read_bytes(&r, 4);  /* the fast pair */
	if (!is_spot && flags & 0x02)
		(void)read_bytes(&r, 4);  /* the slow pair */
	flags >>= is_spot ? 1 : 2;
	m->has_status = !!(flags & 0x03);
	if (flags & 0x01)
		m->status = read_le(&r, 2);
	if (flags & 0x02)
		m->sensor = read_le(&r, 3);
	if (flags & 0x04)
		m->perfusion = sfloat_value((uint16_t)read_le(&r, 2));
	return r.is_short ? -1 : 0;
}

static void
fill(struct device_said *said, const struct measured *m)
{
	struct sample *s = &said->sample;

	measure_set(s, m->spo2, m->pulse, reason(m));
	measure_perfusion(s, m->perfusion);
	if (m->has_status)
		s->status = m->status | (int64_t)m->sensor << PLX_SENSOR_SHIFT;
	if (m->wall_us != WALL_NONE)
		s->device_us = m->wall_us;
	said->is_mock = !!(m->status & (PLX_DEMO | PLX_TESTING));
}

/* Out of its memory.  Only what was missed: the rest was heard when it was new. */
static void
stored(struct plx *p, const struct measured *m, const struct source_now *now)
{
	int64_t us = m->wall_us - p->zone_us;
	struct device_said *said;

	p->heard_us = now->mono_us;
	p->reported++;
	if (m->wall_us == WALL_NONE) {
		say_wrong(&p->say, "a stored record without a time");
		return;
	}
	p->same = m->wall_us == p->last_us ? p->same + 1 : 1;
	p->last_us = m->wall_us;
	if (us < 0 || !spans_hold(&p->missed, us))
		return;
	said = say(&p->say, SAID_STORED);
	said->sample.taken_us = us;
	said->sample.epoch = m->wall_us;
	said->sample.seq = p->same;
	fill(said, m);
}

static void
measured(struct plx *p, int is_spot, const uint8_t *bytes, size_t len,
	 const struct source_now *now)
{
	struct measured m;

	if (parse(bytes, len, is_spot, &m) < 0) {
		say_wrong(&p->say, "%s measurement: shorter than its flags say",
			  is_spot ? "spot-check" : "continuous");
		return;
	}
	if (is_spot && (p->request == REPORT || m.status & PLX_STORED)) {
		stored(p, &m, now);
		return;
	}
	fill(say_value(&p->say, now), &m);
}

/* ---- stored records */

static void
ask(struct plx *p, int request, const struct source_now *now)
{
	const uint8_t bytes[] = {(uint8_t)request, ALL};

	p->tries = request == p->request ? p->tries + 1 : 1;
	p->request = request;
	p->heard_us = now->mono_us;
	p->reported = 0;
	p->last_us = WALL_NONE;
	say_write(&p->say, CONTROL, bytes, sizeof(bytes), 1);
}

/* What is missed is asked for when nothing runs and it can be answered. */
static void
begin_report(struct plx *p, const struct source_now *now)
{
	if (p->request || !p->missed.n || !p->keeps_records || !(p->present & 1u << CONTROL))
		return;
	p->n_asked = p->missed.n;
	p->promised = -1;
	ask(p, COUNT, now);
}

/* What it refused is not asked for again on this link; on the next one it may be. */
static void
end_report(struct plx *p, int is_good, const struct source_now *now)
{
	p->request = 0;
	if (is_good)
		while (p->n_asked--)
			spans_done(&p->missed, 0, &p->say);
	else
		spans_drop(&p->missed, p->n_asked);
	begin_report(p, now);
}

static void
answered(struct plx *p, unsigned code, const struct source_now *now)
{
	int is_good = 0;

	if (p->request == COUNT && code == UNSUPPORTED) {
		ask(p, REPORT, now);
		return;
	}
	if (code != OK && code != NONE_FOUND)
		say_wrong(&p->say, "it refuses to give stored records: code %u", code);
	else if (p->promised >= 0 && p->reported != p->promised)
		say_wrong(&p->say, "it has %d stored records and gave %d", p->promised, p->reported);
	else
		is_good = 1;
	end_report(p, is_good, now);
}

static void
control(struct plx *p, const uint8_t *bytes, size_t len, const struct source_now *now)
{
	if (len >= 4 && bytes[0] == COUNT_RESPONSE && p->request == COUNT) {
		p->promised = bytes[2] | bytes[3] << 8;
		if (p->promised)
			ask(p, REPORT, now);
		else
			end_report(p, 1, now);
	} else if (len >= 4 && bytes[0] == RESPONSE && p->request && bytes[2] == p->request) {
		answered(p, bytes[3], now);
	} else {
		say_wrong(&p->say, "record control point: not an answer to what was asked");
	}
}

static void
recall(void *state, int64_t from_us, int64_t to_us, const struct source_now *now)
{
	struct plx *p = state;

	spans_add(&p->missed, from_us, to_us);
	begin_report(p, now);
}

/* ---- the kind */

static void
features(struct plx *p, const uint8_t *bytes, size_t len, const struct source_now *now)
{
	struct reader r = {bytes, len, 0};
	unsigned features = read_le(&r, 2), needs = FEATURE_STORAGE | FEATURE_TIMESTAMP;

	if (r.is_short)
		say_wrong(&p->say, "features: shorter than 2 bytes");
	p->keeps_records = (features & needs) == needs;
	begin_report(p, now);
}

static void
heard(void *state, unsigned port, const uint8_t *bytes, size_t len, const struct source_now *now)
{
	struct plx *p = state;

	if (port == CONTINUOUS || port == SPOT)
		measured(p, port == SPOT, bytes, len, now);
	else if (port == FEATURES)
		features(p, bytes, len, now);
	else if (port == CONTROL)
		control(p, bytes, len, now);
	else if (port == CLOCK && len >= 7 && wall_date_time(bytes) != WALL_NONE)
		p->zone_us = wall_zone(wall_date_time(bytes), now->utc_us);
	else if (port == CLOCK)
		say_wrong(&p->say, "current time: no date");
	else if (port >= ABOUT && port < N_PORTS)
		(void)about_heard(&p->say, port - ABOUT, bytes, len);
}

static int64_t
wait_us(const void *state, const struct source_now *now)
{
	const struct plx *p = state;
	int64_t left = p->heard_us + ANSWER_US - now->mono_us;

	if (p->say.n)
		return 0;
	return !p->request ? INT64_MAX : left > 0 ? left : 0;
}

static int
next(void *state, const struct source_now *now, struct device_said *out)
{
	struct plx *p = state;

	if (!p->say.n && p->request && !wait_us(p, now)) {
		if (p->tries < MOST_TRIES) {
			ask(p, p->request, now);
		} else {
			say_wrong(&p->say, "no answer from the record control point");
			p->request = 0;
			spans_drop(&p->missed, p->missed.n);
		}
	}
	return say_next(&p->say, out);
}

const struct device_kind device_plx = {
	.name = "plx",
	.is = "Pulse Oximeter Service (0x1822)",
	.ports = ports,
	.n_ports = N_PORTS,
	.state_bytes = sizeof(struct plx),
	.fits = fits,
	.begin = begin,
	.heard = heard,
	.next = next,
	.wait_us = wait_us,
	.recall = recall,
};
