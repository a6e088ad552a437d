#include "services/ble-ingest/spool.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "services/ble-ingest/spool_file.h"

#define FORGET_BYTES (1 << 20)

int64_t
spool_id(const struct spool *spool)
{
	return spool->head->id;
}

int64_t
spool_head(const struct spool *spool)
{
	return spool->head->head;
}

int64_t
spool_acked(const struct spool *spool)
{
	return spool->head->acked;
}

int64_t
spool_slots(const struct spool *spool)
{
	return spool->head->n_slots;
}

int64_t
spool_room(const struct spool *spool)
{
	return spool->head->n_slots - (spool->head->head - spool->head->acked);
}

int64_t
spool_used_bytes(const struct spool *spool)
{
	return (spool->head->head - spool->head->acked) * (int64_t)sizeof(struct spool_record);
}

int64_t
spool_last_us(const struct spool *spool, int device)
{
	return spool->rows[device].last_us;
}

int64_t
spool_lead_us(const struct spool *spool, int device)
{
	return spool->rows[device].lead_us;
}

void
spool_set_lead_us(struct spool *spool, int device, int64_t lead_us)
{
	spool->rows[device].lead_us = lead_us;
}

void
spool_set_last_us(struct spool *spool, int device, int64_t last_us)
{
	spool->rows[device].last_us = last_us;
}

int
spool_known(const struct spool *spool, const char *device_id)
{
	int i;

	for (i = 0; i < spool->n_known; i++)
		if (!strcmp(spool->rows[i].id, device_id))
			return i;
	return -1;
}

int
spool_device(struct spool *spool, const char *device_id, struct err *err)
{
	struct spool_row row = {.seq_not = ~0LL, .lead_us = spool->head->lead_us};
	int i = spool_known(spool, device_id);

	ASSERT(*device_id && strlen(device_id) < sizeof(((struct sample *)0)->device_id));
	if (i >= 0)
		return i;
	i = spool->n_known;
	if (i == (int)spool->head->n_devices)
		return err_set(err, ENOSPC, "the spool knows %d devices, its most; it starts afresh "
			       "when local-store has taken everything and ble-ingest starts again", i);
	memcpy(row.id, device_id, strlen(device_id));
	spool->rows[i] = row;
	__atomic_store_n(&spool->rows[i].check, spool_check_row(&row), __ATOMIC_RELEASE);
	spool->n_known++;
	return i;
}

/* ---- in */

/* A status has 40 bits, so that the third interval between beats goes above it.  What an earlier
 * version wrote, whose absent status is negative, reads as before. */
#define THIRD_RR  40
#define NO_STATUS (1LL << 62)

static void
pack_rr(struct spool_record *r, const struct sample *s)
{
	int64_t third = s->rr > 0 ? s->rr >> 32 : 0;

	r->number = s->status == MSG_NONE && !third ? MSG_NONE
		    : (s->status == MSG_NONE ? NO_STATUS : s->status) | third << THIRD_RR;
	r->rr = s->rr > 0 ? (uint32_t)s->rr : 0;
}

static void
unpack_rr(const struct spool_record *r, struct sample *s)
{
	int64_t third = r->number > 0 ? r->number >> THIRD_RR & 0xffff : 0;

	s->status = r->number < 0 || r->number & NO_STATUS ? MSG_NONE
							   : r->number & ((1LL << THIRD_RR) - 1);
	s->rr = third || r->rr ? third << 32 | r->rr : MSG_NONE;
}

static void
pack_sample(struct spool_record *r, const struct sample *s)
{
	r->kind = SPOOL_SAMPLE;
	r->word = (uint8_t)s->invalid;
	r->at_us = s->taken_us;
	r->other_us = s->device_us;
	r->spo2 = s->spo2;
	r->heart_rate = s->heart_rate;
	r->perfusion_index = s->perfusion_index;
	r->motion = s->motion;
	pack_rr(r, s);
	r->signal = s->signal_strength == MSG_NONE ? -1 : (int16_t)s->signal_strength;
	r->battery = s->battery == MSG_NONE ? -1 : (int8_t)s->battery;
	r->data_source = (uint8_t)s->data_source;
}

static void
pack_gap(struct spool_record *r, const struct gap *g)
{
	r->kind = SPOOL_GAP;
	r->word = (uint8_t)g->reason;
	r->at_us = g->from_us;
	r->other_us = g->to_us;
	r->number = g->lost;
}

/* The order of these stores is the promise of spool.h: no kill between two of them loses a
 * record that was published or gives its seq to another. */
static void
publish(struct spool *spool, struct spool_record *r, int64_t last_us)
{
	struct spool_row *row = &spool->rows[r->device];
	int own = r->epoch == spool->head->id;

	r->check = spool_check_record(r);
	*spool_slot(spool, r->pos) = *r;
	__atomic_store_n(&spool->head->head, r->pos, __ATOMIC_RELEASE);
	if (own) {
		__atomic_store_n(&row->seq, r->seq, __ATOMIC_RELEASE);
		__atomic_store_n(&row->seq_not, ~r->seq, __ATOMIC_RELEASE);
	}
	if (last_us > row->last_us)     /* what a device had stored comes late */
		row->last_us = last_us;
}

static void
number(const struct spool *spool, int device, int64_t *pos, int64_t *epoch, int64_t *seq)
{
	*pos = spool->head->head + 1;
	if (*seq)
		return;
	*epoch = spool->head->id;
	*seq = spool->rows[device].seq + 1;
}

int
spool_put_sample(struct spool *spool, int device, struct sample *s, struct err *err)
{
	struct spool_record r = {.device = (uint16_t)device};

	if (spool_room(spool) < 1)
		return 0;
	memcpy(s->device_id, spool->rows[device].id, sizeof(s->device_id));
	s->spool = spool->head->id;
	number(spool, device, &s->pos, &s->epoch, &s->seq);
	if (msg_check(&msg_sample, s, err) < 0)
		return -1;
	r.pos = s->pos;
	r.epoch = s->epoch;
	r.seq = s->seq;
	pack_sample(&r, s);
	publish(spool, &r, s->taken_us);
	return 1;
}

int
spool_put_gap(struct spool *spool, int device, struct gap *g, struct err *err)
{
	struct spool_record r = {.device = (uint16_t)device};

	if (spool_room(spool) < 1)
		return 0;
	memcpy(g->device_id, spool->rows[device].id, sizeof(g->device_id));
	g->spool = spool->head->id;
	number(spool, device, &g->pos, &g->epoch, &g->seq);
	if (msg_check(&msg_gap, g, err) < 0)
		return -1;
	r.pos = g->pos;
	r.epoch = g->epoch;
	r.seq = g->seq;
	pack_gap(&r, g);
	publish(spool, &r, spool->rows[device].last_us);
	return 1;
}

/* ---- out */

static void
unpack_sample(const struct spool_record *r, struct sample *s)
{
	s->pos = r->pos;
	s->epoch = r->epoch;
	s->seq = r->seq;
	s->taken_us = r->at_us;
	s->device_us = r->other_us;
	s->spo2 = r->spo2;
	s->heart_rate = r->heart_rate;
	s->perfusion_index = r->perfusion_index;
	s->motion = r->motion;
	unpack_rr(r, s);
	s->signal_strength = r->signal < 0 ? MSG_NONE : r->signal;
	s->battery = r->battery < 0 ? MSG_NONE : r->battery;
	s->invalid = r->word;
	s->data_source = r->data_source;
}

static void
unpack_gap(const struct spool_record *r, struct gap *g)
{
	g->pos = r->pos;
	g->epoch = r->epoch;
	g->seq = r->seq;
	g->from_us = r->at_us;
	g->to_us = r->other_us;
	g->lost = r->number;
	g->reason = r->word;
}

const struct message *
spool_get(const struct spool *spool, int64_t pos, union spool_out *out)
{
	const struct spool_record *r = spool_slot(spool, pos);
	const char *id = spool->rows[r->device].id;

	ASSERT(r->pos == pos);
	if (r->kind == SPOOL_SAMPLE) {
		msg_clear(&msg_sample, &out->sample);
		out->sample.spool = spool->head->id;
		memcpy(out->sample.device_id, id, sizeof(out->sample.device_id));
		unpack_sample(r, &out->sample);
		return &msg_sample;
	}
	msg_clear(&msg_gap, &out->gap);
	out->gap.spool = spool->head->id;
	memcpy(out->gap.device_id, id, sizeof(out->gap.device_id));
	unpack_gap(r, &out->gap);
	return &msg_gap;
}

/*
 * Sent and done with: the mapping may let these pages go (the file keeps them).  Otherwise a
 * slow trickle would make all of the ring resident in the end.
 */
static void
forget(struct spool *spool)
{
	int64_t bytes = spool->head->acked % spool->head->n_slots *
			(int64_t)sizeof(struct spool_record);
	int64_t chunk = bytes / FORGET_BYTES * FORGET_BYTES;
	char *slots = (char *)spool->slots;
	size_t skew = (uintptr_t)slots % SPOOL_PAGE;

	if (chunk == spool->forgotten)
		return;
	if (chunk > spool->forgotten)
		(void)madvise(slots - skew + spool->forgotten, (size_t)(chunk - spool->forgotten),
			      MADV_DONTNEED);
	else
		(void)madvise(slots - skew + spool->forgotten,
			      (size_t)((char *)spool->head + spool->size - slots) + skew -
				      (size_t)spool->forgotten,
			      MADV_DONTNEED);
	spool->forgotten = chunk > spool->forgotten ? chunk : 0;
}

void
spool_ack(struct spool *spool, int64_t upto)
{
	struct spool_head *h = spool->head;

	if (upto > h->head)
		upto = h->head;
	if (upto <= h->acked)
		return;
	__atomic_store_n(&h->acked, upto, __ATOMIC_RELEASE);
	__atomic_store_n(&h->acked_not, ~upto, __ATOMIC_RELEASE);
	forget(spool);
}
