/*
 * device_oxyii - the O2Ring S and what else Viatom/Wellue sells with the "OxyII" protocol
 *
 * After a greeting (FF, whose answer may never come) it is asked for its values every second,
 * with one request in flight; a reply repeats the command and the number of the request.
 * Never sent: E2, E3, E5-E7, EA, EB, EE, F5-F8, FA, which reset, write or erase.
 *
 * Some of these may answer the greeting with a key, and go on encrypted: that is told, and such
 * a device is left.  What it recorded is not read: sources agree on the way, but one says that a
 * ring that was asked for values answers no request for files any more, another that it does; and
 * each unanswered one would cost values.
 * Sources: o2ring-s-protocol, wellue-o2ring-web-ui, viatom-o2ring-ble.
 */
#include <math.h>
#include <stdio.h>

#include "common/clock.h"
#include "services/ble-ingest/devices.h"
#include "services/ble-ingest/devices/about.h"
#include "services/ble-ingest/devices/lepu.h"
#include "services/ble-ingest/devices/measure.h"
#include "services/ble-ingest/devices/reader.h"

#define SERVICE "e8fb0001-a14b-98f9-831b-4e2941d01248"
#define MAKER   0xf34e
#define LEAD    0xa5

enum { HEAR, WRITE, N_PORTS };
static const struct device_port ports[N_PORTS] = {
	[HEAR] = {SERVICE, "e8fb0003-a14b-98f9-831b-4e2941d01248", PORT_HEAR | PORT_NEEDED},
	[WRITE] = {SERVICE, "e8fb0002-a14b-98f9-831b-4e2941d01248", PORT_WRITE | PORT_NEEDED},
};

enum { VALUES = 0x04, PUSHES = 0x10, INFO = 0xe1, GREETING = 0xff };
enum { REPLY_OK = 1 };
#define POLL_US   CLOCK_SECOND
#define MOST_LATE 4              /* the greeting's answer is one of them */

struct oxyii {
	struct say say;
	struct lepu lepu;
	uint8_t asked, seq;           /* the request in flight */
	unsigned step;                /* of the greeting */
	int is_known;
	unsigned n_late;
	int64_t poll_us;              /* mono */
};

static enum device_fit
fits(const struct advertised *seen)
{
	static const char *const names[] = {"O2Ring S", "S8-AW", "T8520_", NULL};

	return advertised_named(seen, names) || advertised_has(seen, SERVICE) ||
	       seen->manufacturer == MAKER ? FIT_OWN : FIT_NO;
}

static void
begin(void *state, unsigned present, int64_t zone_us, const struct source_now *now)
{
	struct oxyii *o = state;

	(void)zone_us;
	o->lepu.lead = LEAD;
	o->lepu.port = WRITE;
	o->poll_us = now->mono_us;
	if (!(present & 1u << HEAR) || !(present & 1u << WRITE))
		(void)say(&o->say, SAID_STRANGER);
}

/* ---- replies */

static enum invalid
reason(unsigned sensor)
{
	return sensor == 1 ? INVALID_NO : sensor == 0 ? INVALID_NO_FINGER : INVALID_SENSOR_FAULT;
}

static double
figure(unsigned v, unsigned none)
{
	return v == 0xff || v == 0xffff || v == none ? 0 : v;
}

static void
values(struct oxyii *o, const struct lepu_reply *reply, const struct source_now *now)
{
	const uint8_t *d = reply->data;
	struct sample *s;

	if (reply->len < 14) {
		say_wrong(&o->say, "values: a reply of %zu bytes, not of 14", reply->len);
		return;
	}
	s = &say_value(&o->say, now)->sample;
	measure_set(s, figure(d[6], 127), figure(d[8] | (unsigned)d[9] << 8, 511), reason(d[5]));
	if (s->invalid == INVALID_UNAVAILABLE)
		s->invalid = INVALID_SEARCHING;
	if (d[7] && d[7] != 0xff)
		measure_perfusion(s, d[7] / 10.0);
	s->motion = d[11] == 0xff ? (double)NAN : d[11];
	measure_battery(s, d[13]);
}

/* A key in it, and all that follows would be encrypted: [1, 16, ?, ?, key], hidden by a constant
 * that begins C2 A7. */
static void
greeted(struct oxyii *o, const struct lepu_reply *reply)
{
	if (reply->len < 20 || (reply->data[0] ^ 0xc2) != 1 || (reply->data[1] ^ 0xa7) != 16)
		return;
	say_wrong(&o->say, "it wants to go on encrypted, which is not known here");
	(void)say(&o->say, SAID_STRANGER);
}

static void
info(struct oxyii *o, const struct lepu_reply *reply)
{
	const uint8_t *d = reply->data;
	char firmware[32];

	if (reply->len < 38) {
		say_wrong(&o->say, "what it tells of itself has %zu bytes, not 38", reply->len);
		return;
	}
	(void)snprintf(firmware, sizeof(firmware), "%u.%u.%u.%u", d[4], d[3], d[2], d[1]);
	about_text(&o->say, "firmware", firmware, strlen(firmware));
	about_text(&o->say, "branch", d + 9, 8);
}

static void
answered(struct oxyii *o, const struct lepu_reply *reply, const struct source_now *now)
{
	o->is_known = 1;
	o->n_late = 0;
	if (reply->head.two[0] != REPLY_OK)
		say_wrong(&o->say, "it refuses command %02x: %02x", o->asked, reply->head.two[0]);
	else if (o->asked == VALUES)
		values(o, reply, now);
	else if (o->asked == GREETING)
		greeted(o, reply);
	else if (o->asked == INFO)
		info(o, reply);
}

static void
unanswered(struct oxyii *o)
{
	if (o->asked != GREETING)
		say_wrong(&o->say, "command %02x was not answered", o->asked);
	if (++o->n_late == MOST_LATE && !o->is_known)
		(void)say(&o->say, SAID_STRANGER);
}

/* ---- requests */

static void
ask(struct oxyii *o, uint8_t cmd, const void *data, size_t len, size_t most,
    const struct source_now *now)
{
	struct lepu_head head = {LEAD, cmd, {0, o->seq++}};

	o->asked = cmd;
	o->lepu.reply_cmd = cmd;
	o->lepu.reply_us = cmd == GREETING ? CLOCK_SECOND : 0;
	lepu_ask(&o->lepu, &head, data, len, most, now);
}

/* A constant, every second byte of it, "0000" and the time, hidden by the constant itself. */
static void
greet(struct oxyii *o, const struct source_now *now)
{
	static const uint8_t constant[16] = {0xc2, 0xa7, 0xcf, 0x50, 0xda, 0xfe, 0xd8, 0x85,
					     0xa8, 0xf8, 0xf7, 0xea, 0xc4, 0x43, 0x35, 0xf3};
	uint32_t s = (uint32_t)(now->utc_us / CLOCK_SECOND), plain;
	uint8_t data[16];
	unsigned i;

	for (i = 0; i < 16; i++) {
		plain = i < 8 ? constant[2 * i] : i < 12 ? '0' : s >> 8 * (i - 12);
		data[i] = (uint8_t)(plain ^ constant[i]);
	}
	ask(o, GREETING, data, sizeof(data), 64, now);
}

static void
ask_next(struct oxyii *o, const struct source_now *now)
{
	static const uint8_t none[] = {0};

	if (o->step < 3) {
		o->step++;
		if (o->step == 1)
			greet(o, now);
		else if (o->step == 2)
			ask(o, PUSHES, none, sizeof(none), 64, now);
		else
			ask(o, INFO, NULL, 0, 128, now);
	} else if (now->mono_us >= o->poll_us) {
		ask(o, VALUES, NULL, 0, 1024, now);
		o->poll_us += POLL_US;
		if (o->poll_us <= now->mono_us)
			o->poll_us = now->mono_us + POLL_US;
	}
}

/* ---- the kind */

static void
heard(void *state, unsigned port, const uint8_t *bytes, size_t len, const struct source_now *now)
{
	struct oxyii *o = state;

	(void)now;
	if (port == HEAR)
		lepu_heard(&o->lepu, bytes, len);
}

static int
next(void *state, const struct source_now *now, struct device_said *out)
{
	struct oxyii *o = state;
	struct lepu_reply reply;

	if (say_next(&o->say, out))
		return 1;
	if (lepu_reply(&o->lepu, &o->say, &reply))
		answered(o, &reply, now);
	else if (lepu_is_late(&o->lepu, now))
		unanswered(o);
	if (lepu_is_free(&o->lepu, now))
		ask_next(o, now);
	lepu_write(&o->lepu, &o->say, now);
	return say_next(&o->say, out);
}

static int64_t
wait_us(const void *state, const struct source_now *now)
{
	const struct oxyii *o = state;
	int64_t left = lepu_wait_us(&o->lepu, now);

	if (o->say.n)
		return 0;
	if (left < INT64_MAX)
		return left;
	left = o->poll_us - now->mono_us;
	return left > 0 ? left : 0;
}

const struct device_kind device_oxyii = {
	.name = "oxyii",
	.is = "Viatom/Wellue O2Ring S (OxyII)",
	.ports = ports,
	.n_ports = N_PORTS,
	.state_bytes = sizeof(struct oxyii),
	.fits = fits,
	.begin = begin,
	.heard = heard,
	.next = next,
	.wait_us = wait_us,
};
