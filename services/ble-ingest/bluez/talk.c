#include "services/ble-ingest/bluez/talk.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void
talk_init(struct talk *t)
{
	memset(t, 0, sizeof(*t));
	t->battery = MSG_NONE;
	t->source = DATA_SOURCE_BLUETOOTH;
}

void
talk_release(struct talk *t)
{
	free(t->state);
	t->state = NULL;
	t->kind = NULL;
}

void
talk_knew(struct talk *t, int64_t last_us)
{
	if (t->last_us)
		return;
	t->last_us = last_us;
	t->broken = GAP_LINK_LOST;
}

static void
forget_old(struct talk *t, int64_t utc_us)
{
	while (t->n_missed && utc_us - t->missed[0].to_us > TALK_RECALL_US)
		memmove(&t->missed[0], &t->missed[1], --t->n_missed * sizeof(t->missed[0]));
}

void
talk_begin(struct talk *t, const struct device_kind *kind, unsigned present, int64_t zone_us,
	   const struct source_now *now)
{
	unsigned i;

	talk_end(t, GAP_LINK_LOST);
	t->kind = kind;
	t->state = calloc(1, kind->state_bytes ? kind->state_bytes : 1);
	ASSERT(t->state);
	kind->begin(t->state, present, zone_us, now);
	forget_old(t, now->utc_us);
	for (i = 0; kind->recall && i < t->n_missed; i++)
		kind->recall(t->state, t->missed[i].from_us, t->missed[i].to_us, now);
}

void
talk_end(struct talk *t, enum gap_reason why)
{
	if (t->last_us && !t->broken)
		t->broken = why;
	t->n_writes = 0;
	t->is_writing = 0;
	talk_release(t);
}

void
talk_heard(struct talk *t, unsigned port, const uint8_t *bytes, size_t len,
	   const struct source_now *now)
{
	if (t->kind)
		t->kind->heard(t->state, port, bytes, len, now);
}

/* ---- out */

static void
queue_write(struct talk *t, const struct device_said *said)
{
	struct talk_write *w;

	if (t->n_writes == TALK_WRITES) {
		t->n_wrong++;
		(void)snprintf(t->wrong, sizeof(t->wrong), "it takes no writes");
		return;
	}
	w = &t->writes[t->n_writes++];
	w->port = said->write.port;
	w->len = said->write.len;
	w->with_response = said->write.with_response;
	memcpy(w->bytes, said->write.bytes, said->write.len);
}

static void
fill_sample(struct talk *t, const struct device_said *said, struct taken *taken)
{
	taken->kind = TAKEN_SAMPLE;
	taken->sample = said->sample;
	taken->sample.data_source = said->is_mock ? DATA_SOURCE_MOCK : DATA_SOURCE_BLUETOOTH;
	t->source = (enum data_source)taken->sample.data_source;
}

static void
remember_missed(struct talk *t, int64_t from_us, int64_t to_us)
{
	if (t->n_missed == TALK_MISSED)
		memmove(&t->missed[0], &t->missed[1], --t->n_missed * sizeof(t->missed[0]));
	t->missed[t->n_missed].from_us = from_us;
	t->missed[t->n_missed++].to_us = to_us;
}

static void
forget_missed(struct talk *t, int64_t from_us, int64_t to_us)
{
	unsigned i, n = 0;

	for (i = 0; i < t->n_missed; i++)
		if (t->missed[i].from_us != from_us || t->missed[i].to_us != to_us)
			t->missed[n++] = t->missed[i];
	t->n_missed = n;
}

/* The first value after an interruption waits behind its gap. */
static enum talk_said
give_gap(struct talk *t, const struct source_now *now, struct taken *taken)
{
	struct gap *gap = &taken->gap;
	int64_t to_us = t->value.sample.taken_us;

	taken->kind = TAKEN_GAP;
	msg_clear(&msg_gap, gap);
	gap->from_us = t->last_us;
	gap->to_us = to_us;
	gap->reason = t->broken;
	t->broken = GAP_NONE;
	t->has_value = 1;
	if (t->kind->recall) {
		remember_missed(t, gap->from_us, to_us);
		t->kind->recall(t->state, gap->from_us, to_us, now);
	}
	return TALK_TAKEN;
}

static enum talk_said
give_value(struct talk *t, struct taken *taken)
{
	*taken = t->value;
	t->has_value = 0;
	t->last_us = taken->sample.taken_us;
	if (taken->sample.battery != MSG_NONE)
		t->battery = taken->sample.battery;
	return TALK_VALUE;
}

static enum talk_said
said_value(struct talk *t, const struct device_said *said, const struct source_now *now,
	   struct taken *taken)
{
	fill_sample(t, said, &t->value);
	if (t->broken && t->last_us && t->last_us < t->value.sample.taken_us)
		return give_gap(t, now, taken);
	t->broken = GAP_NONE;
	return give_value(t, taken);
}

enum talk_said
talk_next(struct talk *t, const struct source_now *now, struct taken *taken)
{
	struct device_said said;

	if (t->has_value)
		return give_value(t, taken);
	while (t->kind && t->kind->next(t->state, now, &said))
		switch (said.kind) {
		case SAID_VALUE:
			return said_value(t, &said, now, taken);
		case SAID_STORED:
			fill_sample(t, &said, taken);
			return TALK_TAKEN;
		case SAID_BATTERY:
			t->battery = said.battery;
			return TALK_BATTERY;
		case SAID_WRITE:
			queue_write(t, &said);
			break;
		case SAID_WRONG:
			t->n_wrong++;
			memcpy(t->wrong, said.wrong, sizeof(t->wrong));
			break;
		case SAID_STRANGER:
			return TALK_STRANGER;
		case SAID_RECALLED:
			forget_missed(t, said.recalled.from_us, said.recalled.to_us);
			break;
		case SAID_ABOUT:
			break;
		}
	return TALK_NOTHING;
}

const struct talk_write *
talk_write(struct talk *t)
{
	if (t->is_writing || !t->n_writes)
		return NULL;
	t->is_writing = 1;
	return &t->writes[0];
}

void
talk_written(struct talk *t)
{
	if (!t->is_writing)
		return;
	t->is_writing = 0;
	memmove(&t->writes[0], &t->writes[1], --t->n_writes * sizeof(t->writes[0]));
}

int64_t
talk_wait_us(const struct talk *t, const struct source_now *now)
{
	if (t->has_value)
		return 0;
	return t->kind && t->kind->wait_us ? t->kind->wait_us(t->state, now) : INT64_MAX;
}
