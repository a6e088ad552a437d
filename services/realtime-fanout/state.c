#include "state.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/clock.h"
#include "kept.h"
#include "ring.h"

#define SILENT_US (3 * CLOCK_SECOND + CLOCK_SECOND / 2)  /* a beat comes every second */

struct state *
state_new(size_t max_devices)
{
	struct state *state = calloc(1, sizeof(*state));

	if (state)
		state->max_devices = max_devices;
	return state;
}

void
state_free(struct state **state)
{
	struct kept_session *s, *next_s;
	struct kept_device *d, *next_d;
	size_t i;

	if (!*state)
		return;
	for (i = 0; i < KEPT_BUCKETS; i++) {
		for (d = (*state)->devices[i]; d; d = next_d) {
			next_d = d->next;
			free(d);
		}
		for (s = (*state)->sessions[i]; s; s = next_s) {
			next_s = s->next;
			free(s);
		}
	}
	free(*state);
	*state = NULL;
}

/* ---- devices */

struct kept_device *
kept_device(const struct state *state, const char *id)
{
	uint64_t hash = ring_hash(id);
	struct kept_device *d;

	for (d = state->devices[hash / 2 % KEPT_BUCKETS]; d; d = d->next)
		if (d->hash == hash && !strcmp(d->device.device_id, id))
			return d;
	return NULL;
}

static void
forget_device(struct state *state, struct kept_device *device)
{
	struct kept_device **at = &state->devices[device->hash / 2 % KEPT_BUCKETS];

	while (*at != device)
		at = &(*at)->next;
	*at = device->next;
	free(device);
	state->n_devices--;
}

/* Those with a running session stay as long as there is another one. */
static void
make_room(struct state *state)
{
	struct kept_device *d, *worst = NULL;
	size_t i;

	for (i = 0; i < KEPT_BUCKETS; i++)
		for (d = state->devices[i]; d; d = d->next)
			if (!worst || !d->session > !worst->session ||
			    (!d->session == !worst->session &&
			     d->heard_mono_us < worst->heard_mono_us))
				worst = d;
	if (worst)
		forget_device(state, worst);
}

static struct kept_device *
get_device(struct state *state, const char *id)
{
	struct kept_device *d = kept_device(state, id);
	struct kept_session *s;
	size_t i;

	if (d)
		return d;
	if (state->n_devices >= state->max_devices)
		make_room(state);
	d = calloc(1, sizeof(*d));
	ASSERT(d);
	d->hash = ring_hash(id);
	msg_clear(&msg_device, &d->device);
	(void)strncpy(d->device.device_id, id, sizeof(d->device.device_id) - 1);
	for (i = 0; i < KEPT_BUCKETS && !d->session; i++)
		for (s = state->sessions[i]; s; s = s->next)
			if (!strcmp(s->session.device_id, id))
				d->session = s;
	d->next = state->devices[d->hash / 2 % KEPT_BUCKETS];
	state->devices[d->hash / 2 % KEPT_BUCKETS] = d;
	state->n_devices++;
	return d;
}

int64_t
state_count(struct state *state, const char *device_id, int64_t epoch, int64_t seq, int64_t *from)
{
	struct kept_device *d = get_device(state, device_id);
	int64_t missing = d->epoch == epoch && d->seq && seq > d->seq ? seq - d->seq - 1 : 0;

	*from = d->seq + 1;
	d->epoch = epoch;
	d->seq = seq;
	return missing;
}

int
state_is_recalled(const struct state *state, const struct sample *sample)
{
	const struct kept_device *d = kept_device(state, sample->device_id);

	return d && d->sample.seq && sample->device_us != MSG_NONE && sample->epoch != d->epoch &&
	       sample->taken_us < d->sample.taken_us;
}

/* A recording begins again, or the clock was set back: then what there is moves with it. */
static void
turn_back(struct kept_device *d, uint32_t by_s, int64_t data_source)
{
	size_t i;

	if (data_source == DATA_SOURCE_MANUAL)
		d->n_points = 0;
	else
		for (i = 0; i < KEPT_POINTS; i++)
			d->points[i].at_s -= by_s;
}

static void
add_point(struct kept_device *d, const struct sample *sample)
{
	uint32_t at_s = (uint32_t)(sample->taken_us / CLOCK_SECOND);
	uint32_t last_s = d->points[(d->n_points - 1) % KEPT_POINTS].at_s;

	if (d->n_points && at_s == last_s)
		return;
	if (d->n_points && at_s < last_s)
		turn_back(d, last_s + 1 - at_s, sample->data_source);
	d->points[d->n_points++ % KEPT_POINTS] = (struct point){
		at_s, isnan(sample->spo2) ? -1 : (int16_t)lround(sample->spo2 * 10),
		isnan(sample->heart_rate) ? -1 : (int16_t)lround(sample->heart_rate * 10)};
}

void
state_sample(struct state *state, const struct sample *sample, int64_t mono_us)
{
	struct kept_device *d = get_device(state, sample->device_id);

	d->sample = *sample;
	d->sample_mono_us = d->heard_mono_us = mono_us;
	d->arrived = ++state->n_samples;
	add_point(d, sample);
}

void
state_device(struct state *state, const struct device *device, int64_t mono_us)
{
	struct kept_device *d = get_device(state, device->device_id);

	d->device = *device;
	d->heard_mono_us = mono_us;
}

/* ---- sessions */

struct kept_session *
kept_session(const struct state *state, const char *id)
{
	uint64_t hash = ring_hash(id);
	struct kept_session *s;

	for (s = state->sessions[hash / 2 % KEPT_BUCKETS]; s; s = s->next)
		if (s->hash == hash && !strcmp(s->session.id, id))
			return s;
	return NULL;
}

const struct session *
state_session_of(const struct state *state, const char *device_id)
{
	const struct kept_device *d = kept_device(state, device_id);

	return d && d->session ? &d->session->session : NULL;
}

const char *
state_device_of(const struct state *state, const char *session_id)
{
	const struct kept_session *s = kept_session(state, session_id);

	return s ? s->session.device_id : "";
}

struct person
state_person_of(const struct state *state, const char *session_id)
{
	const struct kept_session *s = kept_session(state, session_id);
	uint64_t hash = ring_hash(session_id);
	unsigned i;

	if (s)
		return person_of(s->session.user_id);
	for (i = 0; i < KEPT_OVER; i++)
		if (hash && state->over[i].session == hash)
			return state->over[i].person;
	return person_of("");
}

static void
end_session(struct state *state, struct kept_session *session)
{
	struct kept_session **at = &state->sessions[session->hash / 2 % KEPT_BUCKETS];
	struct kept_device *d = kept_device(state, session->session.device_id);

	state->over[state->n_over++ % KEPT_OVER] =
		(struct kept_over){session->hash, person_of(session->session.user_id)};
	while (*at != session)
		at = &(*at)->next;
	*at = session->next;
	if (d && d->session == session)
		d->session = NULL;
	free(session);
	state->n_sessions--;
}

static struct kept_session *
add_session(struct state *state, const char *id)
{
	struct kept_session *s;

	if (state->n_sessions >= state->max_devices)
		return NULL;
	s = calloc(1, sizeof(*s));
	ASSERT(s);
	s->hash = ring_hash(id);
	s->next = state->sessions[s->hash / 2 % KEPT_BUCKETS];
	state->sessions[s->hash / 2 % KEPT_BUCKETS] = s;
	state->n_sessions++;
	return s;
}

int
state_session(struct state *state, const struct session *session)
{
	struct kept_session *s = kept_session(state, session->id);
	struct kept_device *before = s ? kept_device(state, s->session.device_id) : NULL;

	if (before && before->session == s)
		before->session = NULL;
	if (session->status != SESSION_ACTIVE) {
		if (s)
			end_session(state, s);
		return 0;
	}
	if (!s && !(s = add_session(state, session->id)))
		return -1;
	s->session = *session;
	s->doubted = 0;
	get_device(state, session->device_id)->session = s;
	return 0;
}

void
state_alert(struct state *state, const struct alert *alert)
{
	standing_take(&state->standing, alert);
}

void
state_synced(struct state *state, const struct synced *synced, int64_t mono_us)
{
	struct kept_session *s = kept_session(state, synced->session_id);

	state->pending = synced->pending;
	if (!s)
		return;
	s->synced += synced->readings;
	s->synced_mono_us = mono_us;
}

void
state_doubt(struct state *state)
{
	struct kept_session *s;
	size_t i;

	for (i = 0; i < KEPT_BUCKETS; i++)
		for (s = state->sessions[i]; s; s = s->next)
			s->doubted = 1;
	state->standing.n = 0;
}

int
state_forget(struct state *state, struct session *session)
{
	struct kept_session *s;
	size_t i;

	for (i = 0; i < KEPT_BUCKETS; i++)
		for (s = state->sessions[i]; s; s = s->next)
			if (s->doubted) {
				*session = s->session;
				end_session(state, s);
				return 1;
			}
	return 0;
}

/* ---- processes */

static struct kept_process *
get_process(struct state *state, const char *name, int64_t instance)
{
	struct kept_process *p = state->processes;
	size_t i;

	for (i = 0; i < state->n_processes; i++, p++)
		if (p->beat.instance == instance && !strcmp(p->beat.process, name))
			return p;
	if (state->n_processes == KEPT_PROCESSES)
		return NULL;
	state->n_processes++;
	return p;
}

void
state_expect(struct state *state, const char *process, int64_t instance, int64_t mono_us)
{
	struct kept_process *p = get_process(state, process, instance);

	if (!p)
		return;
	msg_clear(&msg_beat, &p->beat);
	(void)snprintf(p->beat.process, sizeof(p->beat.process), "%s", process);
	p->beat.instance = instance;
	p->heard_mono_us = mono_us;
	p->up = 1;
}

enum state_change
state_beat(struct state *state, const struct beat *beat, int64_t mono_us)
{
	struct kept_process *p = get_process(state, beat->process, beat->instance);
	enum state_change changed = STATE_SAME;

	if (!p)
		return STATE_SAME;
	if (!p->up || p->beat.state != beat->state || strcmp(p->beat.why, beat->why))
		changed = STATE_CHANGED;
	if (p->beat.started_us != beat->started_us)
		changed = STATE_NEW_RUN;
	p->beat = *beat;
	p->heard_mono_us = mono_us;
	p->up = 1;
	return changed;
}

int
state_silent(struct state *state, int64_t mono_us, struct beat *beat)
{
	struct kept_process *p = state->processes;
	size_t i;

	for (i = 0; i < state->n_processes; i++, p++)
		if (p->up && mono_us - p->heard_mono_us > SILENT_US) {
			p->up = 0;
			*beat = p->beat;
			return 1;
		}
	return 0;
}

int
state_is_up(const struct state *state, const char *process)
{
	const struct kept_process *p = state->processes;
	size_t i;

	for (i = 0; i < state->n_processes; i++, p++)
		if (p->up && !strcmp(p->beat.process, process))
			return 1;
	return 0;
}
