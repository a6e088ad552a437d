#include "services/ihht/devices/roster.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/clock.h"

struct roster {
	struct roster_entry **entries;  /* by id */
	size_t n, room;
};

struct roster *
roster_new(void)
{
	struct roster *r = calloc(1, sizeof(*r));

	ASSERT(r);
	return r;
}

void
roster_free(struct roster **roster)
{
	if (!*roster)
		return;
	while ((*roster)->n)
		free((*roster)->entries[--(*roster)->n]);
	free((*roster)->entries);
	free(*roster);
	*roster = NULL;
}

static struct roster_entry *
insert(struct roster *r, size_t at, const char *id)
{
	struct roster_entry *e = calloc(1, sizeof(*e));

	if (r->n == r->room) {
		r->room = r->room ? 2 * r->room : 64;
		r->entries = realloc(r->entries, r->room * sizeof(*r->entries));
	}
	ASSERT(e && r->entries);
	memmove(r->entries + at + 1, r->entries + at, (r->n - at) * sizeof(*r->entries));
	r->entries[at] = e;
	r->n++;
	(void)snprintf(e->id, sizeof(e->id), "%s", id);
	msg_clear(&msg_device, &e->device);
	msg_clear(&msg_sample, &e->last);
	return e;
}

static struct roster_entry *
entry_of(struct roster *r, const char *id)
{
	size_t low = 0, high = r->n, middle;
	int order;

	while (low < high) {
		middle = (low + high) / 2;
		order = strcmp(id, r->entries[middle]->id);
		if (!order)
			return r->entries[middle];
		if (order < 0)
			high = middle;
		else
			low = middle + 1;
	}
	return insert(r, low, id);
}

void
roster_device(struct roster *r, const struct device *device)
{
	entry_of(r, device->device_id)->device = *device;
}

void
roster_sample(struct roster *r, const struct sample *sample, int is_live)
{
	struct roster_entry *e = entry_of(r, sample->device_id);

	if (sample->taken_us < e->last.taken_us ||
	    (sample->taken_us == e->last.taken_us && e->is_live))
		return;
	e->last = *sample;
	e->is_live = is_live;
}

const struct roster_entry *
roster_at(struct roster *r, size_t n)
{
	return n < r->n ? r->entries[n] : NULL;
}

static json_t *
real(double v)
{
	return isnan(v) ? json_null() : json_real(v);
}

static json_t *
optional(int64_t v)
{
	return v == MSG_NONE ? json_null() : json_integer(v);
}

json_t *
roster_json(const struct roster_entry *e, int64_t now_us)
{
	char at[CLOCK_TEXT], since[CLOCK_TEXT];
	const struct device *d = &e->device;
	json_t *value = json_null();

	if (e->last.taken_us)
		value = json_pack("{so so so ss ss sf sb}", "spo2", real(e->last.spo2), "heart_rate",
				  real(e->last.heart_rate), "perfusion_index", real(e->last.perfusion_index),
				  "invalid", words_text(&words_invalid, e->last.invalid), "taken",
				  clock_text(e->last.taken_us, at), "age_s",
				  (double)(now_us - e->last.taken_us) / 1e6, "live", e->is_live);
	return json_pack("{ss ss ss ss so so so ss so}", "device_id", e->id, "name", d->name, "kind", d->kind,
			 "state", words_text(&words_device_state, d->state), "since",
			 d->state ? json_string(clock_text(d->since_us, since)) : json_null(), "rssi",
			 optional(d->rssi), "battery",
			 optional(d->battery != MSG_NONE ? d->battery : e->last.battery), "data_source",
			 words_text(&words_data_source, d->state ? d->data_source : e->last.data_source),
			 "last", value);
}
