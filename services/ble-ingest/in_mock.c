#include "services/ble-ingest/in_mock.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/clock.h"
#include "services/ble-ingest/vitals.h"

#define BEHIND_US CLOCK_SECOND  /* asleep for longer: what was due is lost */
#define MOST_OUT  3             /* for one moment of one device: state, gap, sample */

struct mock_device {
	char id[16];
	struct vitals_person person;
	int64_t last_us;                /* of its last value */
	int64_t n_taken;
	enum device_state state;
};

struct mock {
	struct mock_settings set;
	struct schedule schedule;
	struct mock_device *devices;
	int64_t period_us;              /* 0: as fast as they are taken */
	int64_t round;                  /* next: in which period ... */
	unsigned next;                  /* ... which device */
	unsigned n_done;
	struct taken out[MOST_OUT];
	int n_out, given;
};

struct mock *
mock_new(const struct mock_settings *settings)
{
	struct mock *m = calloc(1, sizeof(*m));
	struct mock_device *d;
	unsigned i;

	ASSERT(m && settings->devices);
	m->set = *settings;
	m->schedule = (struct schedule){settings->altitude_s, settings->recovery_s};
	m->period_us = settings->rate ? CLOCK_SECOND / settings->rate : 0;
	m->devices = calloc(settings->devices, sizeof(*m->devices));
	ASSERT(m->devices);
	for (i = 0; i < settings->devices; i++) {
		d = &m->devices[i];
		(void)snprintf(d->id, sizeof(d->id), "mock-%03u", i + 1);
		vitals_person(&d->person, &m->schedule, settings->seed, i);
	}
	return m;
}

static void *
mock_open(const struct conf *conf, struct err *err)
{
	struct mock_settings set = {
		.devices = (unsigned)conf_number(conf, "devices"),
		.rate = (unsigned)conf_number(conf, "rate"),
		.samples = conf_number(conf, "samples"),
		.seed = (uint64_t)conf_number(conf, "seed"),
		.altitude_s = conf_number(conf, "altitude-seconds"),
		.recovery_s = conf_number(conf, "recovery-seconds"),
	};

	(void)err;
	return mock_new(&set);
}

static void
mock_close(void **self)
{
	struct mock *m = *self;

	if (!m)
		return;
	free(m->devices);
	free(m);
	*self = NULL;
}

static unsigned
mock_n_devices(const void *self)
{
	return ((const struct mock *)self)->set.devices;
}

static const char *
mock_device_id(const void *self, unsigned device)
{
	return ((const struct mock *)self)->devices[device].id;
}

static void
mock_knew(void *self, unsigned device, int64_t last_us)
{
	((struct mock *)self)->devices[device].last_us = last_us;
}

static int
mock_can_wait(const void *self)
{
	return !((const struct mock *)self)->period_us;
}

/* ---- when */

static int
is_done(const struct mock *m)
{
	return m->n_done == m->set.devices;
}

static int64_t
offset_us(const struct mock *m, unsigned device)
{
	return m->period_us * device / m->set.devices / MOCK_TICK_US * MOCK_TICK_US;
}

static int64_t
next_us(const struct mock *m)
{
	return m->round * m->period_us + offset_us(m, m->next);
}

/* After a start, a sleep or a step of the clock. */
static void
find_round(struct mock *m, int64_t utc_us)
{
	int64_t late_us = utc_us - next_us(m);

	if (m->round && late_us <= BEHIND_US && late_us >= -m->period_us - BEHIND_US)
		return;
	m->round = utc_us / m->period_us + 1;
	m->next = 0;
}

static int64_t
mock_wait_us(void *self, const struct source_now *now)
{
	struct mock *m = self;
	int64_t us;

	if (m->given < m->n_out)
		return 0;
	if (is_done(m))
		return INT64_MAX;
	if (!m->period_us)
		return 0;
	find_round(m, now->utc_us);
	us = next_us(m) - now->utc_us;
	return us > 0 ? us : 0;
}

/* ---- what */

static struct taken *
add(struct mock *m, enum taken_kind kind)
{
	struct taken *t = &m->out[m->n_out++];

	t->kind = kind;
	t->device = m->next;
	return t;
}

static void
add_state(struct mock *m, struct mock_device *d, enum device_state state, int64_t utc_us)
{
	struct device *out = &add(m, TAKEN_DEVICE)->state;

	d->state = state;
	msg_clear(&msg_device, out);
	memcpy(out->name, d->id, sizeof(d->id));
	(void)snprintf(out->kind, sizeof(out->kind), "mock");
	out->state = state;
	out->since_us = utc_us;
	out->rssi = state == DEVICE_STREAMING ? -50 - (int64_t)(m->next % 30) : MSG_NONE;
	out->data_source = DATA_SOURCE_MOCK;
}

/* Silence, for whatever reason: a broken link, or we were not there. */
static void
add_gap(struct mock *m, const struct mock_device *d, int64_t utc_us)
{
	struct gap *out = &add(m, TAKEN_GAP)->gap;

	msg_clear(&msg_gap, out);
	out->from_us = d->last_us;
	out->to_us = utc_us;
	out->lost = (utc_us - d->last_us + m->period_us / 2) / m->period_us - 1;
	out->reason = GAP_LINK_LOST;
}

static void
add_sample(struct mock *m, struct mock_device *d, int64_t utc_us)
{
	struct sample *out = &add(m, TAKEN_SAMPLE)->sample;
	struct vitals v;

	vitals_at(&d->person, &m->schedule, utc_us, &v);
	msg_clear(&msg_sample, out);
	out->taken_us = utc_us;
	out->spo2 = v.spo2;
	out->heart_rate = v.heart_rate;
	out->perfusion_index = v.perfusion_index;
	out->motion = v.motion;
	out->signal_strength = v.signal_strength;
	out->battery = v.battery;
	out->invalid = v.invalid;
	out->data_source = DATA_SOURCE_MOCK;
	d->last_us = utc_us;
	d->n_taken++;
	m->n_done += d->n_taken == m->set.samples;
}

static void
speak(struct mock *m, int64_t utc_us)
{
	struct mock_device *d = &m->devices[m->next];
	enum device_state state = m->period_us ? vitals_link(&d->person, utc_us)
					       : DEVICE_STREAMING;

	m->n_out = m->given = 0;
	if (m->set.samples && d->n_taken == m->set.samples)
		return;
	if (state != d->state)
		add_state(m, d, state, utc_us);
	if (state != DEVICE_STREAMING)
		return;
	if (d->last_us && m->period_us && utc_us - d->last_us > m->period_us * 3 / 2)
		add_gap(m, d, utc_us);
	add_sample(m, d, utc_us);
}

static void
advance(struct mock *m)
{
	if (++m->next < m->set.devices)
		return;
	m->next = 0;
	m->round++;
}

/* As fast as they are taken, time still goes forward from value to value. */
static int64_t
flat_out_us(const struct mock *m, int64_t utc_us)
{
	int64_t last_us = m->devices[m->next].last_us;

	return utc_us > last_us ? utc_us : last_us + 1;
}

static int
mock_take(void *self, const struct source_now *now, struct taken *out)
{
	struct mock *m = self;
	int64_t at_us;

	if (m->period_us)
		find_round(m, now->utc_us);
	while (m->given == m->n_out) {
		at_us = m->period_us ? next_us(m) : flat_out_us(m, now->utc_us);
		if (is_done(m) || at_us > now->utc_us + (m->period_us ? 0 : CLOCK_SECOND))
			return 0;
		speak(m, at_us);
		advance(m);
	}
	*out = m->out[m->given++];
	return 1;
}

static struct source_counts
mock_counts(const void *self)
{
	return (struct source_counts){.is_done = is_done(self)};
}

const struct source source_mock = {
	.name = "mock",
	.open = mock_open,
	.close = mock_close,
	.n_devices = mock_n_devices,
	.device_id = mock_device_id,
	.knew = mock_knew,
	.can_wait = mock_can_wait,
	.wait_us = mock_wait_us,
	.take = mock_take,
	.counts = mock_counts,
};
