#include "services/ble-ingest/inflow.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define NOT_YET -1
#define STEP_US 1000000LL  /* by less a clock is not set but steered */

struct inflow_device {
	int number;            /* in the spool; NOT_YET */
	int64_t lost_from_us;  /* last value before the spool was full; 0: nothing is lost */
	int64_t n_lost;
	struct device state;   /* state.state is DEVICE_NONE before it has spoken */
};

struct inflow {
	const struct source *source;
	void *self;
	struct spool *spool;
	struct inflow_device *devices;
	unsigned n_devices;
	int is_full;
	int64_t lead_us;       /* UTC less the steady clock; 0: of no account */
	int64_t now_us;        /* by the steady clock */
	int64_t value_us;      /* when the last value came; 0: none has */
	struct inflow_counts counts;
};

/* Devices appear as they are met. */
static struct inflow_device *
device_at(struct inflow *in, unsigned n)
{
	if (n >= in->n_devices) {
		in->devices = realloc(in->devices, (n + 1) * sizeof(*in->devices));
		ASSERT(in->devices);
	}
	for (; in->n_devices <= n; in->n_devices++)
		in->devices[in->n_devices] = (struct inflow_device){.number = NOT_YET};
	return &in->devices[n];
}

static int
find_number(struct inflow *in, struct inflow_device *d, unsigned n, struct err *err)
{
	if (d->number == NOT_YET)
		d->number = spool_device(in->spool, in->source->device_id(in->self, n), err);
	return d->number < 0 ? -1 : 0;
}

struct inflow *
inflow_new(const struct source *source, void *self, struct spool *spool)
{
	struct inflow *in = calloc(1, sizeof(*in));
	unsigned i, n = source->n_devices(self);
	struct inflow_device *d;

	ASSERT(in);
	in->source = source;
	in->self = self;
	in->spool = spool;
	for (i = 0; i < n; i++) {
		d = device_at(in, i);
		if (find_number(in, d, i, NULL) == 0)
			source->knew(self, i, spool_last_us(spool, d->number));
	}
	return in;
}

void
inflow_free(struct inflow **inflow)
{
	if (!*inflow)
		return;
	free((*inflow)->devices);
	free(*inflow);
	*inflow = NULL;
}

void
inflow_look(struct inflow *in, const struct source_now *now)
{
	in->lead_us = in->source->can_wait(in->self) ? 0 : now->utc_us - now->mono_us;
	in->now_us = now->mono_us;
}

int
inflow_is_full(struct inflow *in)
{
	int64_t room = spool_room(in->spool);

	in->is_full = in->is_full ? room < spool_slots(in->spool) / 8 : room < 2;
	return in->is_full;
}

static int
put_gap(struct inflow *in, struct inflow_device *d, struct gap *gap, struct err *err)
{
	if (spool_put_gap(in->spool, d->number, gap, err) < 0)
		return -1;
	in->counts.n_gaps++;
	return 0;
}

/* What was lost ends here. */
static int
tell_lost(struct inflow *in, struct inflow_device *d, int64_t to_us, struct err *err)
{
	struct gap gap;

	msg_clear(&msg_gap, &gap);
	gap.from_us = d->lost_from_us;
	gap.to_us = to_us;
	gap.lost = d->n_lost;
	gap.reason = GAP_SPOOL_FULL;
	d->lost_from_us = d->n_lost = 0;
	return put_gap(in, d, &gap, err);
}

static void
lose(struct inflow *in, struct inflow_device *d, int64_t at_us, int64_t n)
{
	int64_t last_us = spool_last_us(in->spool, d->number);

	if (!d->lost_from_us)
		d->lost_from_us = last_us ? last_us : at_us;
	d->n_lost += n;
	in->counts.n_lost += (uint64_t)n;
}

/* What the clock would say had it not been set since the device's last value; after a start of
 * the machine that is not known, and the last value is the least it can be. */
static int64_t
unset_us(const struct inflow *in, const struct inflow_device *d, int64_t taken_us)
{
	int64_t lead_us = spool_lead_us(in->spool, d->number), last_us = spool_last_us(in->spool, d->number);

	if (lead_us)
		return taken_us + lead_us - in->lead_us;
	return last_us > taken_us ? last_us : taken_us;
}

static int
tell_step(struct inflow *in, struct inflow_device *d, int64_t taken_us, struct err *err)
{
	int64_t unset = unset_us(in, d, taken_us);
	struct gap gap;

	if (llabs(unset - taken_us) > STEP_US) {
		msg_clear(&msg_gap, &gap);
		gap.from_us = unset;
		gap.to_us = taken_us;
		gap.lost = 0;
		gap.reason = GAP_CLOCK_STEP;
		if (put_gap(in, d, &gap, err) < 0)
			return -1;
		spool_set_last_us(in->spool, d->number, taken_us);
	}
	spool_set_lead_us(in->spool, d->number, in->lead_us);
	return 0;
}

static int
put_sample(struct inflow *in, struct inflow_device *d, struct sample *sample, struct err *err)
{
	if (d->lost_from_us && tell_lost(in, d, sample->taken_us, err) < 0)
		return -1;
	/* what has a count of its own was kept by the device, and comes late */
	if (in->lead_us && !sample->seq && tell_step(in, d, sample->taken_us, err) < 0)
		return -1;
	if (spool_put_sample(in->spool, d->number, sample, err) < 0)
		return -1;
	in->counts.n_samples++;
	in->counts.n_invalid += !!sample->invalid;
	return 0;
}

static int
put_state(struct inflow *in, struct inflow_device *d, const struct taken *taken)
{
	const char *id = in->source->device_id(in->self, taken->device);
	int known;

	if (!d->state.state && d->number == NOT_YET && (known = spool_known(in->spool, id)) >= 0)
		in->source->knew(in->self, taken->device, spool_last_us(in->spool, known));
	d->state = taken->state;
	(void)snprintf(d->state.device_id, sizeof(d->state.device_id), "%s", id);
	return 0;
}

static int
put(struct inflow *in, const struct taken *taken, struct err *err)
{
	struct inflow_device *d = device_at(in, taken->device);
	struct sample sample;
	struct gap gap;

	if (taken->kind == TAKEN_DEVICE)
		return put_state(in, d, taken);
	if (find_number(in, d, taken->device, err) < 0)
		return -1;
	if (taken->kind == TAKEN_SAMPLE) {
		in->value_us = in->now_us;
		sample = taken->sample;
		if (!inflow_is_full(in))
			return put_sample(in, d, &sample, err);
		lose(in, d, sample.taken_us, 1);
		return 0;
	}
	gap = taken->gap;
	if (!inflow_is_full(in))
		return put_gap(in, d, &gap, err);
	lose(in, d, gap.from_us, gap.lost == MSG_NONE ? 0 : gap.lost);
	return 0;
}

int
inflow_put(struct inflow *in, const struct taken *taken, struct err *err)
{
	if (put(in, taken, err) == 0)
		return 0;
	in->counts.n_refused++;
	return -1;
}

unsigned
inflow_devices(const struct inflow *in)
{
	return in->n_devices;
}

const struct device *
inflow_device(const struct inflow *in, unsigned device)
{
	return in->devices[device].state.state ? &in->devices[device].state : NULL;
}

unsigned
inflow_in_state(const struct inflow *in, int64_t state)
{
	unsigned i, n = 0;

	for (i = 0; i < in->n_devices; i++)
		n += in->devices[i].state.state == state;
	return n;
}

int64_t
inflow_value_age_us(const struct inflow *in)
{
	return in->value_us ? in->now_us - in->value_us : -1;
}

const struct inflow_counts *
inflow_counts(const struct inflow *in)
{
	return &in->counts;
}
