/*
 * device_viatom - rings of Viatom/Wellue before the O2Ring S: O2Ring, Checkme O2, SleepU …
 *
 * They say nothing of themselves: what they measure is asked for every second (17; 1B where
 * 17 is no command), with one request in flight.  In the free time between, recordings are
 * read out of the ring when something was missed.  Never sent: 18, which erases it.
 * Sources: public work on these rings: o2r, viatom-ble, viatom-o2ring-ble, wellue-o2ring-web-ui.
 */
#include <math.h>

#include "common/clock.h"
#include "services/ble-ingest/devices.h"
#include "services/ble-ingest/devices/about.h"
#include "services/ble-ingest/devices/lepu.h"
#include "services/ble-ingest/devices/measure.h"
#include "services/ble-ingest/devices/reader.h"
#include "services/ble-ingest/devices/ring_files.h"
#include "services/ble-ingest/devices/ring_info.h"
#include "services/ble-ingest/devices/wall.h"

#define SERVICE "14839ac4-7d7e-415c-9a42-167340cf2339"
#define MAKER   0x036f

enum { HEAR, WRITE, N_PORTS };
static const struct device_port ports[N_PORTS] = {
	[HEAR] = {SERVICE, "0734594a-a8e7-4b1a-a6b1-cd5243059a57", PORT_HEAR | PORT_NEEDED},
	[WRITE] = {SERVICE, "8b00ace7-eb0b-49b0-bbe9-9aee0a26e1a3", PORT_WRITE | PORT_NEEDED},
};

enum { INFO = 0x14, VALUES = 0x17, WAVE = 0x1b };
enum { ASK = 0xaa, ANSWER = 0x55, FAILED = 1, NO_COMMAND = 8 };
#define POLL_US    CLOCK_SECOND
#define LIST_US    (300 * CLOCK_SECOND)  /* from one look at the list of files to the next, */
#define OFF_US     (30 * CLOCK_SECOND)   /* and when it is off the finger: it will be closed */
#define MOST_LATE  3                     /* replies, before it is no such ring */
#define MOST_UNREAD 2                    /* then values come first: each costs four of them */

struct viatom {
	struct say say;
	struct lepu lepu;
	struct ring_files files;
	uint8_t asked;                /* the command in flight */
	uint8_t values;               /* VALUES or WAVE */
	uint16_t block;               /* its number, when a block was asked for */
	int is_known, has_info;       /* it has answered; and told of itself */
	unsigned n_late;              /* without an answer since */
	int is_off;                   /* the finger */
	unsigned n_unread;            /* requests for files without an answer, on this link */
	int64_t poll_us, list_us;     /* mono: when the next is due */
};

static enum device_fit
fits(const struct advertised *seen)
{
	static const char *const names[] = {
		"Checkme O2", "Checkme_O2", "CheckO2", "SleepU", "SleepO2", "O2Ring", "O2M", "WearO2",
		"KidsO2", "BabyO2", "Oxylink", "CMRing", "Oxyfit", NULL};

	if (advertised_named(seen, names))
		return FIT_SURE;
	return advertised_has(seen, SERVICE) || seen->manufacturer == MAKER ? FIT_MAYBE : FIT_NO;
}

static void
begin(void *state, unsigned present, int64_t zone_us, const struct source_now *now)
{
	struct viatom *v = state;

	v->lepu.lead = ANSWER;
	v->lepu.port = WRITE;
	v->lepu.reply_cmd = LEPU_ANY;
	v->values = VALUES;
	v->files.zone_us = zone_us;
	v->poll_us = now->mono_us;
	if (!(present & 1u << HEAR) || !(present & 1u << WRITE))
		(void)say(&v->say, SAID_STRANGER);
}

/* ---- replies */

/* 127, 255 and the like are how these rings say "none". */
static double
pulse_of(unsigned v)
{
	return v == 0xff || v == 0x1ff || v == 0xffff ? 0 : (double)v;
}

static void
say_measured(struct viatom *v, unsigned spo2, unsigned pulse, unsigned battery, unsigned perfusion,
	     double motion, enum invalid why, const struct source_now *now)
{
	struct sample *s = &say_value(&v->say, now)->sample;

	v->is_off = why == INVALID_NO_FINGER;
	if (v->is_off && v->list_us > now->mono_us + OFF_US)
		v->list_us = now->mono_us + OFF_US;
	measure_set(s, spo2 == 127 || spo2 == 255 ? 0 : spo2, pulse_of(pulse), why);
	if (s->invalid == INVALID_UNAVAILABLE)
		s->invalid = INVALID_SEARCHING;  /* worn, and nothing found yet */
	measure_battery(s, (int)battery);
	if (perfusion && perfusion != 255)
		measure_perfusion(s, perfusion / 10.0);
	s->motion = motion;
}

static void
values(struct viatom *v, const struct lepu_reply *reply, const struct source_now *now)
{
	struct reader r = {reply->data, reply->len, 0};
	unsigned spo2 = read_le(&r, 1), pulse = read_le(&r, 2), battery, motion, perfusion, worn;

	(void)read_bytes(&r, 4);  /* steps */
	battery = read_le(&r, 1);
	(void)read_bytes(&r, 1);  /* is it charging */
	motion = read_le(&r, 1);
	perfusion = read_le(&r, 1);
	worn = read_le(&r, 1) & 1;
	if (r.is_short)
		say_wrong(&v->say, "values: a reply of %zu bytes, not of 13", reply->len);
	else
		say_measured(v, spo2, pulse, battery, perfusion, motion == 255 ? (double)NAN : motion,
			     worn ? INVALID_NO : INVALID_NO_FINGER, now);
}

static void
wave(struct viatom *v, const struct lepu_reply *reply, const struct source_now *now)
{
	struct reader r = {reply->data, reply->len, 0};
	unsigned spo2 = read_le(&r, 1), pulse = read_le(&r, 2), battery = read_le(&r, 1), perfusion, lead;

	(void)read_bytes(&r, 1);  /* is it charging */
	perfusion = read_le(&r, 1);
	lead = read_le(&r, 1);
	(void)read_bytes(&r, 3);
	(void)read_bytes(&r, read_le(&r, 2));
	if (r.is_short)
		say_wrong(&v->say, "wave: a reply shorter than it says");
	else
		say_measured(v, spo2, pulse, battery, perfusion, (double)NAN,
			     lead == 1 ? INVALID_NO : lead ? INVALID_SENSOR_FAULT : INVALID_NO_FINGER,
			     now);
}

static void
info(struct viatom *v, const struct lepu_reply *reply, const struct source_now *now)
{
	struct ring_info in;

	if (ring_info_parse(reply->data, reply->len, &in) < 0) {
		say_wrong(&v->say, "what it tells of itself is no JSON object");
		return;
	}
	if (in.local_us != WALL_NONE)
		v->files.zone_us = wall_zone(in.local_us, now->utc_us);
	ring_files_list(&v->files, in.files);
	if (v->has_info++)
		return;
	about_text(&v->say, "model", in.model, strlen(in.model));
	about_text(&v->say, "firmware", in.firmware, strlen(in.firmware));
	if (in.battery >= 0)
		say(&v->say, SAID_BATTERY)->battery = in.battery;
}

static void
refused(struct viatom *v, const struct lepu_reply *reply)
{
	struct reader r = {reply->data, reply->len, 0};
	unsigned code = read_le(&r, 4);

	if (v->asked == VALUES && code == NO_COMMAND)
		v->values = WAVE;
	else if (v->asked <= RING_CLOSE)
		ring_files_failed(&v->files, &v->say);
	else
		say_wrong(&v->say, "it refuses command %02x: status %u, code %u", v->asked,
			  reply->head.cmd, code);
}

/* Some rings put the block's number into the reply, some 0. */
static int
is_other_block(const struct viatom *v, const struct lepu_reply *reply)
{
	unsigned block = reply->head.two[0] | (unsigned)reply->head.two[1] << 8;

	return v->asked == RING_BLOCK && block && block != v->block;
}

static void
answered(struct viatom *v, const struct lepu_reply *reply, const struct source_now *now)
{
	v->is_known = 1;
	v->n_late = 0;
	if (reply->head.cmd)
		refused(v, reply);
	else if (is_other_block(v, reply))
		ring_files_failed(&v->files, &v->say);
	else if (v->asked == VALUES)
		values(v, reply, now);
	else if (v->asked == WAVE)
		wave(v, reply, now);
	else if (v->asked == INFO)
		info(v, reply, now);
	else
		ring_files_reply(&v->files, &v->say, reply->data, reply->len);
}

/* What was switched off answers as little as what is no ring: only the first is waited for. */
static void
unanswered(struct viatom *v)
{
	if (v->asked <= RING_CLOSE) {
		ring_files_failed(&v->files, &v->say);
		v->n_unread++;
	} else {
		say_wrong(&v->say, "command %02x was not answered", v->asked);
	}
	if (++v->n_late == MOST_LATE && !v->is_known)
		(void)say(&v->say, SAID_STRANGER);
}

/* ---- requests */

static void
ask(struct viatom *v, uint8_t cmd, unsigned packet, const void *data, size_t len, size_t most,
    const struct source_now *now)
{
	struct lepu_head head = {ASK, cmd, {(uint8_t)packet, (uint8_t)(packet >> 8)}};

	v->asked = cmd;
	lepu_ask(&v->lepu, &head, data, len, most, now);
}

static int
ask_for_file(struct viatom *v, const struct source_now *now)
{
	const char *name;
	unsigned block;
	int step = v->is_known && v->n_unread < MOST_UNREAD ? ring_files_wants(&v->files, &name, &block)
							    : 0;

	if (step == RING_OPEN)
		ask(v, RING_OPEN, 0, name, RING_FILES_NAME + 1, 64, now);
	if (step == RING_BLOCK)
		ask(v, RING_BLOCK, v->block = (uint16_t)block, NULL, 0, LEPU_MOST_DATA, now);
	if (step == RING_CLOSE)
		ask(v, RING_CLOSE, 0, NULL, 0, 64, now);
	return step;
}

static void
ask_next(struct viatom *v, const struct source_now *now)
{
	static const uint8_t fast[] = {0};

	if (!v->list_us || (ring_files_waits(&v->files) && now->mono_us >= v->list_us &&
			    v->n_unread < MOST_UNREAD)) {
		ask(v, INFO, 0, NULL, 0, LEPU_MOST_DATA, now);
		v->list_us = now->mono_us + (v->is_off ? OFF_US : LIST_US);
	} else if (now->mono_us >= v->poll_us) {
		if (v->values == VALUES)
			ask(v, VALUES, 0, NULL, 0, 64, now);
		else
			ask(v, WAVE, 0, fast, sizeof(fast), 600, now);
		v->poll_us += POLL_US;
		if (v->poll_us <= now->mono_us)
			v->poll_us = now->mono_us + POLL_US;
	} else {
		(void)ask_for_file(v, now);
	}
}

/* ---- the kind */

static void
heard(void *state, unsigned port, const uint8_t *bytes, size_t len, const struct source_now *now)
{
	struct viatom *v = state;

	(void)now;
	if (port == HEAR)
		lepu_heard(&v->lepu, bytes, len);
}

static int
next(void *state, const struct source_now *now, struct device_said *out)
{
	struct viatom *v = state;
	struct lepu_reply reply;

	if (say_next(&v->say, out) || ring_files_record(&v->files, out))
		return 1;
	if (lepu_reply(&v->lepu, &v->say, &reply))
		answered(v, &reply, now);
	else if (lepu_is_late(&v->lepu, now))
		unanswered(v);
	if (say_next(&v->say, out) || ring_files_record(&v->files, out))
		return 1;
	if (lepu_is_free(&v->lepu, now))
		ask_next(v, now);
	lepu_write(&v->lepu, &v->say, now);
	return say_next(&v->say, out);
}

static int64_t
wait_us(const void *state, const struct source_now *now)
{
	const struct viatom *v = state;
	int64_t left = lepu_wait_us(&v->lepu, now);

	if (v->say.n || v->files.left)
		return 0;
	if (left < INT64_MAX)
		return left;
	left = v->poll_us - now->mono_us;
	return left > 0 ? left : 0;
}

static void
recall(void *state, int64_t from_us, int64_t to_us, const struct source_now *now)
{
	struct viatom *v = state;

	ring_files_recall(&v->files, from_us, to_us);
	if (v->list_us && !(v->lepu.in_flight && v->asked == INFO))
		v->list_us = now->mono_us;  /* it may have grown since */
}

const struct device_kind device_viatom = {
	.name = "viatom",
	.is = "Viatom/Wellue ring: O2Ring, Checkme O2, SleepU and the like",
	.ports = ports,
	.n_ports = N_PORTS,
	.state_bytes = sizeof(struct viatom),
	.fits = fits,
	.begin = begin,
	.heard = heard,
	.next = next,
	.wait_us = wait_us,
	.recall = recall,
};
