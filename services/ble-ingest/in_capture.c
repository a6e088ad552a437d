/*
 * in_capture - a capture as if its oximeters were here: the same bytes to the same decoders,
 * at the same times
 *
 * A decoder is given each begin, notification, time-out and end that it was given then, with
 * the clocks of then, and so says what it said then, gaps and stored records included.  Who a
 * value is does not depend on when or how often it is replayed: epoch is the digest of the
 * file, seq counts the values and gaps of the device (a stored record has its own numbers).
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/log.h"
#include "services/ble-ingest/bluez/talk.h"
#include "services/ble-ingest/devices.h"
#include "services/ble-ingest/tape.h"

#define MOST_DEVICES 256

struct player {
	char id[65], name[65];
	const char *kind;
	struct talk talk;
	int64_t seq;
	int64_t since_us;
	enum device_state state, told;
	int64_t told_battery;
};

struct capture {
	struct tape *tape;
	uint64_t n_bad;               /* heard on no port of the decoder, or one device too many */
	enum data_source data_source;
	int64_t speed;                /* 0: as fast as it is taken */

	struct raw next;              /* the one to come, */
	int has_next;
	int64_t due_us;               /* when: us of the file's own clock since its first one */
	int64_t began_us, last_mono_us;

	struct player *players;
	unsigned n_players;
	struct player *speaking;      /* perhaps has something to say, */
	struct source_now then;       /* at this time */
	int tells_raw, has_raw;       /* and `next` is still to be told */
};

/* ---- open and close */

static void
read_next(struct capture *c)
{
	if (!(c->has_next = tape_next(c->tape, &c->next)))
		return;
	if (c->last_mono_us && c->next.mono_us > c->last_mono_us)
		c->due_us += c->next.mono_us - c->last_mono_us;
	c->last_mono_us = c->next.mono_us;
	c->has_raw = 1;
}

static void
capture_close(void **self)
{
	struct capture *c = *self;
	unsigned i;

	if (!c)
		return;
	for (i = 0; i < c->n_players; i++)
		talk_release(&c->players[i].talk);
	free(c->players);
	tape_close(&c->tape);
	free(c);
	*self = NULL;
}

static void *
capture_open(const struct conf *conf, struct err *err)
{
	struct capture *c = calloc(1, sizeof(*c));
	void *self = c;

	struct err first;
	int64_t n_bad;

	ASSERT(c && (c->players = calloc(MOST_DEVICES, sizeof(*c->players))));
	c->speed = conf_number(conf, "speed");
	c->data_source = (enum data_source)words_find(&words_data_source,
						      conf_text(conf, "data-source"));
	if (!(c->tape = tape_open(conf_text(conf, "capture"), err))) {
		err_in(err, "ble-ingest/capture");
		capture_close(&self);
		return NULL;
	}
	if ((n_bad = tape_bad(c->tape, &first)))
		log_warn("lines_skipped", "n=%lld first=\"%s\"", (long long)n_bad, first.text);
	read_next(c);
	return c;
}

static unsigned
capture_n_devices(const void *self)
{
	return ((const struct capture *)self)->n_players;
}

static const char *
capture_device_id(const void *self, unsigned device)
{
	return ((const struct capture *)self)->players[device].id;
}

/* The file tells what was known then. */
static void
capture_knew(void *self, unsigned device, int64_t last_us)
{
	(void)self;
	(void)device;
	(void)last_us;
}

static int
capture_can_wait(const void *self)
{
	(void)self;
	return 1;
}

static void
capture_tell_raw(void *self, int wanted)
{
	((struct capture *)self)->tells_raw = wanted;
}

/* ---- a record, and what follows */

static struct player *
find_player(struct capture *c, const char *id)
{
	struct player *p;
	unsigned i;

	for (i = 0; i < c->n_players; i++)
		if (!strcmp(c->players[i].id, id))
			return &c->players[i];
	if (c->n_players == MOST_DEVICES)
		return NULL;
	p = &c->players[c->n_players++];
	talk_init(&p->talk);
	memcpy(p->id, id, sizeof(p->id));
	p->told_battery = MSG_NONE;
	return p;
}

static int
find_port(const struct device_kind *kind, const char *uuid, size_t len)
{
	unsigned i;

	for (i = 0; i < kind->n_ports; i++)
		if (strlen(kind->ports[i].uuid) == len && !memcmp(kind->ports[i].uuid, uuid, len))
			return (int)i;
	return -1;
}

static unsigned
ports_of(const struct device_kind *kind, const char *list)
{
	unsigned present = 0;
	size_t len;
	int port;

	for (;; list += len + 1) {
		len = strcspn(list, ",");
		if ((port = find_port(kind, list, len)) >= 0)
			present |= 1u << port;
		if (!list[len])
			return present;
	}
}

static void
begin(struct player *p, const struct raw *raw, const struct source_now *then)
{
	const struct device_kind *kind = device_by_name(raw->kind);

	if (raw->known_us != MSG_NONE)
		talk_knew(&p->talk, raw->known_us);
	memcpy(p->name, raw->name, sizeof(p->name));
	p->kind = kind->name;
	p->state = DEVICE_STREAMING;
	talk_begin(&p->talk, kind, ports_of(kind, raw->port),
		   raw->zone_us == MSG_NONE ? 0 : raw->zone_us, then);
}

static void
hear(struct capture *c, struct player *p, const struct raw *raw)
{
	int port = p->talk.kind ? find_port(p->talk.kind, raw->port, strlen(raw->port)) : -1;

	if (port < 0)
		c->n_bad++;
	else
		talk_heard(&p->talk, (unsigned)port, raw->bytes.bytes, raw->bytes.len, &c->then);
}

static void
give(struct capture *c, const struct raw *raw)
{
	struct player *p = find_player(c, raw->device_id);

	c->then = (struct source_now){raw->at_us, raw->mono_us};
	if (!(c->speaking = p)) {
		c->n_bad++;
		return;
	}
	switch ((enum raw_what)raw->what) {
	case RAW_BEGIN:
		begin(p, raw, &c->then);
		break;
	case RAW_RUNNING:
		if (!p->talk.kind)
			begin(p, raw, &c->then);
		break;
	case RAW_HEARD:
		hear(c, p, raw);
		break;
	case RAW_END:
		p->state = raw->reason == GAP_DEVICE_SILENT ? DEVICE_SILENT : DEVICE_LOST;
		talk_end(&p->talk, raw->reason ? (enum gap_reason)raw->reason : GAP_LINK_LOST);
		break;
	case RAW_DUE:
	case RAW_NONE:
		break;
	}
}

/* ---- what is taken */

static int
give_state(struct capture *c, struct player *p, const struct source_now *now, struct taken *out)
{
	struct device *d = &out->state;

	if (p->state == p->told && p->talk.battery == p->told_battery)
		return 0;
	if (p->state != p->told)
		p->since_us = now->utc_us;
	p->told = p->state;
	p->told_battery = p->talk.battery;
	out->kind = TAKEN_DEVICE;
	out->device = (unsigned)(p - c->players);
	msg_clear(&msg_device, d);
	(void)snprintf(d->name, sizeof(d->name), "%s", p->name);
	(void)snprintf(d->kind, sizeof(d->kind), "%s", p->kind ? p->kind : "");
	d->state = p->state;
	d->since_us = p->since_us;
	d->battery = p->talk.battery;
	d->data_source = c->data_source;
	return 1;
}

static void
number(struct capture *c, struct player *p, struct taken *out)
{
	out->device = (unsigned)(p - c->players);
	if (out->kind == TAKEN_GAP) {
		out->gap.epoch = tape_epoch(c->tape);
		out->gap.seq = ++p->seq;
		return;
	}
	if (!out->sample.seq) {
		out->sample.epoch = tape_epoch(c->tape);
		out->sample.seq = ++p->seq;
	}
	if (out->sample.data_source != DATA_SOURCE_MOCK)
		out->sample.data_source = c->data_source;
}

/* 1 and *out, 0: it has said all. */
static int
let_speak(struct capture *c, const struct source_now *now, struct taken *out)
{
	struct player *p = c->speaking;
	enum talk_said said;

	while ((said = talk_next(&p->talk, &c->then, out)) != TALK_NOTHING &&
	       said != TALK_STRANGER) {
		if (said == TALK_BATTERY)
			continue;
		number(c, p, out);
		return 1;
	}
	while (talk_write(&p->talk))
		talk_written(&p->talk);  /* there is nobody to write to; the answers are known */
	c->speaking = NULL;
	return give_state(c, p, now, out);
}

static int64_t
capture_wait_us(void *self, const struct source_now *now)
{
	struct capture *c = self;
	int64_t at_us;

	if (c->speaking)
		return 0;
	if (!c->has_next)
		return INT64_MAX;
	if (!c->began_us)
		c->began_us = now->mono_us;
	if (!c->speed)
		return 0;
	at_us = c->began_us + c->due_us / c->speed;
	return at_us > now->mono_us ? at_us - now->mono_us : 0;
}

static int
give_raw(struct capture *c, struct taken *out)
{
	struct player *p = find_player(c, c->next.device_id);

	c->has_raw = 0;
	if (!c->tells_raw || !p)
		return 0;
	out->kind = TAKEN_RAW;
	out->device = (unsigned)(p - c->players);
	out->raw = c->next;
	return 1;
}

static int
capture_take(void *self, const struct source_now *now, struct taken *out)
{
	struct capture *c = self;
	unsigned i;

	while (c->speaking || (c->has_next && !capture_wait_us(c, now))) {
		if (c->speaking) {
			if (let_speak(c, now, out))
				return 1;
			continue;
		}
		if (c->has_raw && give_raw(c, out))
			return 1;
		give(c, &c->next);
		read_next(c);
	}
	for (i = 0; !c->has_next && i < c->n_players; i++) {
		c->players[i].state = DEVICE_OFF;
		if (give_state(c, &c->players[i], now, out))
			return 1;
	}
	return 0;
}

static struct source_counts
capture_counts(const void *self)
{
	const struct capture *c = self;
	struct source_counts counts = {.n_bad = c->n_bad + (uint64_t)tape_bad(c->tape, NULL), .is_done = !c->has_next && !c->speaking};
	unsigned i;

	for (i = 0; i < c->n_players; i++)
		counts.n_frames_bad += c->players[i].talk.n_wrong;
	return counts;
}

const struct source source_capture = {
	.name = "capture",
	.open = capture_open,
	.close = capture_close,
	.n_devices = capture_n_devices,
	.device_id = capture_device_id,
	.knew = capture_knew,
	.can_wait = capture_can_wait,
	.tell_raw = capture_tell_raw,
	.wait_us = capture_wait_us,
	.take = capture_take,
	.counts = capture_counts,
};
