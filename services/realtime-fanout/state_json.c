#include "common/clock.h"
#include "frames.h"
#include "kept.h"

#include <string.h>

/* With more devices than this in it a snapshot has no charts: it would be megabytes. */
#define MOST_WITH_CHART 64

static int
is_in(const char *const *ids, size_t n, const char *id)
{
	size_t i;

	for (i = 0; i < n; i++)
		if (!strcmp(ids[i], id))
			return 1;
	return 0;
}

static int
picks_all(const struct state_pick *pick)
{
	return !(pick->n_devices + pick->n_sessions + pick->n_people);
}

static int
is_person(const struct state_pick *pick, const struct session *session)
{
	size_t i;

	for (i = 0; session && i < pick->n_people; i++)
		if (person_same(pick->people[i], person_of(session->user_id)))
			return 1;
	return 0;
}

/* A device is picked by its name, its session's or its person's. */
static int
picks(const struct state_pick *pick, const char *device_id, const struct session *session)
{
	const char *session_id = session ? session->id : "";

	return picks_all(pick) || is_person(pick, session) ||
	       is_in(pick->devices, pick->n_devices, device_id) ||
	       is_in(pick->sessions, pick->n_sessions, session_id);
}

static void
begin(struct text *text, size_t *n)
{
	text_put(text, (*n)++ ? ",{" : "{");
}

static void
write_sessions(const struct state *state, const struct state_pick *pick, int64_t mono_us,
	       struct text *text)
{
	const struct kept_session *s;
	size_t i, n = 0;

	text_name(text, "sessions");
	text_put(text, "[");
	for (i = 0; i < KEPT_BUCKETS; i++)
		for (s = state->sessions[i]; s; s = s->next) {
			if (!picks(pick, s->session.device_id, &s->session) ||
			    !rights_may(pick->rights, person_of(s->session.user_id)))
				continue;
			begin(text, &n);
			frame_fields(text, &msg_session, &s->session);
			text_member_int(text, "synced", s->synced);
			if (s->synced_mono_us)
				text_member_int(text, "synced_age_ms",
						(mono_us - s->synced_mono_us) / 1000);
			text_put(text, "}");
		}
	text_put(text, "]");
}

static void
write_tenths(struct text *text, int16_t tenths)
{
	if (tenths < 0)
		text_put(text, "null");
	else
		text_real(text, tenths / 10.0);
}

/* [[seconds since 1970, ...], [spo2, ...], [pulse, ...]], as charts like it. */
static void
write_points(const struct kept_device *d, int64_t from_s, struct text *text)
{
	unsigned i, first = d->n_points > KEPT_POINTS ? d->n_points - KEPT_POINTS : 0;
	const struct point *p;
	int column;

	while (first < d->n_points && d->points[first % KEPT_POINTS].at_s < from_s)
		first++;
	text_name(text, "points");
	text_put(text, "[");
	for (column = 0; column < 3; column++) {
		text_put(text, column ? ",[" : "[");
		for (i = first; i < d->n_points; i++) {
			p = &d->points[i % KEPT_POINTS];
			if (i > first)
				text_put(text, ",");
			if (column == 0)
				text_int(text, p->at_s);
			else
				write_tenths(text, column == 1 ? p->spo2 : p->pulse);
		}
		text_put(text, "]");
	}
	text_put(text, "]");
}

/* Values only of whom the watcher may see, and only since their session began: what came before
 * may be somebody else's. */
static void
write_device(const struct kept_device *d, const struct rights *rights, int chart,
	     int64_t mono_us, struct text *text)
{
	const struct session *session = d->session ? &d->session->session : NULL;
	int64_t from_us = rights->all || !session ? 0 : session->start_us;

	frame_fields(text, &msg_device, &d->device);
	if (!rights_may(rights, person_of(session ? session->user_id : "")) ||
	    d->sample.taken_us < from_us)
		return;
	if (d->sample.seq) {
		text_name(text, "sample");
		text_put(text, "{");
		frame_sample(text, &d->sample, session);
		text_member_int(text, "age_ms", (mono_us - d->sample_mono_us) / 1000);
		text_put(text, "}");
	}
	if (chart && d->n_points)
		write_points(d, from_us / CLOCK_SECOND, text);
}

static void
write_devices(const struct state *state, const struct state_pick *pick, int64_t mono_us,
	      struct text *text)
{
	int chart = state->n_devices <= MOST_WITH_CHART || !picks_all(pick);
	const struct kept_device *d;
	size_t i, n = 0;

	text_name(text, "devices");
	text_put(text, "[");
	for (i = 0; i < KEPT_BUCKETS; i++)
		for (d = state->devices[i]; d; d = d->next) {
			if (!picks(pick, d->device.device_id,
				   d->session ? &d->session->session : NULL))
				continue;
			begin(text, &n);
			write_device(d, pick->rights, chart, mono_us, text);
			text_put(text, "}");
		}
	text_put(text, "]");
}

/* Of the values that are in the store, too. */
int
state_latest(const struct state *state, const struct state_pick *pick, struct place *place)
{
	const struct kept_device *d, *latest = NULL;
	size_t i;

	for (i = 0; i < KEPT_BUCKETS; i++)
		for (d = state->devices[i]; d; d = d->next)
			if (d->session && d->sample.seq && (!latest || d->arrived > latest->arrived) &&
			    d->sample.taken_us >= d->session->session.start_us &&
			    picks(pick, d->device.device_id, &d->session->session) &&
			    rights_may(pick->rights, person_of(d->session->session.user_id)))
				latest = d;
	if (latest)
		*place = (struct place){latest->sample.taken_us, latest->sample.seq, latest->hash};
	return latest != NULL;
}

static void
write_processes(const struct state *state, struct text *text)
{
	const struct kept_process *p = state->processes;
	size_t i, n = 0;

	text_name(text, "processes");
	text_put(text, "[");
	for (i = 0; i < state->n_processes; i++, p++) {
		begin(text, &n);
		text_member(text, "process", p->beat.process);
		text_member_int(text, "instance", p->beat.instance);
		text_member(text, "state", p->up ? words_text(&words_process_state, p->beat.state)
						 : "silent");
		text_member(text, "why", p->up ? p->beat.why : "");
		text_put(text, "}");
	}
	text_put(text, "]");
}

static void
write_alerts(const struct state *state, struct text *text)
{
	size_t i, n = 0;

	text_name(text, "alerts");
	text_put(text, "[");
	for (i = 0; i < state->standing.n; i++) {
		begin(text, &n);
		frame_fields(text, &msg_alert, &state->standing.all[i]);
		text_put(text, "}");
	}
	text_put(text, "]");
}

void
state_write(const struct state *state, const struct state_pick *pick, int64_t mono_us,
	    struct text *text)
{
	text_member_int(text, "pending", state->pending);
	write_sessions(state, pick, mono_us, text);
	write_devices(state, pick, mono_us, text);
	write_processes(state, text);
	write_alerts(state, text);
}
