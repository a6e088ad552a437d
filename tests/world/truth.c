/* What really happened: persons, their sessions, and what was measured and answered. */
#include <stdlib.h>
#include <string.h>

#include "tests/world/world.h"

#define BEGIN_MS 1751400000000LL         /* 2025-07-01 */
#define HOUR_MS  3600000LL

static const enum shape shapes[] = {
	SHAPE_GOOD, SHAPE_GOOD, SHAPE_TWINS, SHAPE_TWINS, SHAPE_TWINS, SHAPE_BOTH_COMPLETED,
	SHAPE_REINSTALLED, SHAPE_NAMELESS_TWIN, SHAPE_BOTH_NAMELESS, SHAPE_EMPTY_TWIN,
	SHAPE_CRASHED, SHAPE_END_BEFORE_START, SHAPE_ONLY_ON_PHONE, SHAPE_TRAINING, SHAPE_NEAR,
	SHAPE_TWO_PERSONS, SHAPE_TWO_DEVICES, SHAPE_MADE_LATE,
};

static struct true_session *
add_true(struct world *w)
{
	if (w->n == w->room) {
		w->room = w->room ? w->room * 2 : 64;
		w->sessions = reallocarray(w->sessions, w->room, sizeof(*w->sessions));
		ASSERT(w->sessions);
	}
	memset(&w->sessions[w->n], 0, sizeof(*w->sessions));
	return &w->sessions[w->n++];
}

static const char *
base36(struct world *w)
{
	static const char digits[] = "0123456789abcdefghijklmnopqrstuvwxyz";
	char text[8] = {0};
	size_t i, n = 4 + dice(w, 3);

	for (i = 0; i < n; i++)
		text[i] = digits[dice(w, 36)];
	return say(w, "%s", text);
}

static const char *
a_local_id(struct world *w, int64_t ms)
{
	static const char *const prefixes[] = {"IHHT", "IHHT", "session", "HRV_CALIBRATION"};

	return say(w, "%s_%lld_%s", prefixes[dice(w, 4)], (long long)ms, base36(w));
}

/* One a second; values now and then missing, low ones in between. */
static int64_t
measure(struct world *w, int truth, int64_t start_ms, int n)
{
	int has_signal = !chance(w, 20), i;
	struct a_reading *r;

	for (i = 0; i < n; i++) {
		r = add_reading(&w->truth);
		r->truth = truth;
		r->ms = start_ms + 200 + i * 1000LL + (int64_t)dice(w, 60);
		r->spo2 = chance(w, 3) ? MSG_NONE : 70 + (int64_t)dice(w, 30);
		r->hr = chance(w, 3) ? MSG_NONE : 50 + (int64_t)dice(w, 80);
		r->signal = has_signal ? (int64_t)dice(w, 100) : MSG_NONE;
	}
	return start_ms + 200 + n * 1000LL;
}

static struct a_child *
tell(struct world *w, enum legacy_table table, int truth, int64_t at_ms)
{
	struct a_child *c = add_a_child(&w->truth);

	c->table = table;
	c->truth = truth;
	c->created_ms = c->updated_ms = at_ms;
	return c;
}

static const char *
one_to_five(struct world *w)
{
	return say(w, "%d", 1 + (int)dice(w, 5));
}

static void
answer(struct world *w, int truth, const struct true_session *s)
{
	struct a_child *c;
	int i, n = (int)dice(w, 3);

	if (chance(w, 80)) {
		c = tell(w, LEGACY_SURVEYS, truth, s->start_ms / 1000 * 1000 - 30000);
		set_value(c, "clarity_pre", one_to_five(w));
		set_value(c, "energy_pre", one_to_five(w));
		set_value(c, "stress_pre", one_to_five(w));
		if (s->end_ms != MSG_NONE && chance(w, 70)) {
			c->updated_ms = s->end_ms / 1000 * 1000 + 30000;
			set_value(c, "clarity_post", one_to_five(w));
			set_value(c, "energy_post", one_to_five(w));
			set_value(c, "overall_rating", one_to_five(w));
			set_value(c, "post_symptoms", chance(w, 50) ? "[\"tingling\"]" : NULL);
			set_value(c, "notes_post", chance(w, 30) ? "slept badly, it's fine" : NULL);
		}
	}
	for (i = 1; i <= n; i++) {
		c = tell(w, LEGACY_RESPONSES, truth, s->start_ms / 1000 * 1000 + i * 3000);
		set_value(c, "phase_number", say(w, "%d", i));
		set_value(c, "clarity", one_to_five(w));
		set_value(c, "energy", one_to_five(w));
		set_value(c, "stress", one_to_five(w));
		set_value(c, "sensations", "[\"zen\"]");
		set_value(c, "timestamp", say(w, "%lld", (long long)c->created_ms));
	}
}

/* Emergencies come once a second, other mask lifts no sooner than after 15 s. */
static void
happen(struct world *w, int truth, const struct true_session *s)
{
	int i, n = (int)dice(w, 4), emergency = chance(w, 20);
	int64_t at_ms = s->start_ms + 500;
	struct a_child *c;

	for (i = 0; i < n; i++, at_ms += emergency ? 1000 : 15000) {
		c = tell(w, LEGACY_EVENTS, truth, at_ms);
		set_value(c, "event_type", emergency || i % 2 ? "mask_lift" : "dial_adjustment");
		set_value(c, "event_timestamp", say(w, "%lld", (long long)at_ms));
		set_value(c, "altitude_phase_number", "1");
		set_value(c, "current_altitude_level", chance(w, 20) ? "11" : "6");
		set_value(c, "spo2_value", say(w, "%d", emergency ? 70 + (int)dice(w, 4)
								  : 78 + (int)dice(w, 5)));
		set_value(c, "additional_data", "{\"breaths\": 1}");
	}
}

static void
sum_up(struct world *w, int truth, const struct true_session *s)
{
	struct a_child *c;
	int i;

	for (i = 0; i < 2 && chance(w, 70); i++) {
		c = tell(w, LEGACY_PHASE_STATS, truth, s->start_ms + 5000);
		set_value(c, "phase_type", i ? "recovery" : "altitude");
		set_value(c, "phase_number", "1");
		set_value(c, "altitude_level", "6");
		set_value(c, "start_time", say(w, "%lld", (long long)s->start_ms));
		set_value(c, "end_time", say(w, "%lld", (long long)s->start_ms + 5000));
		set_value(c, "min_spo2", "80");
		set_value(c, "avg_spo2", "90.5");
		set_value(c, "target_min_spo2", i ? "95" : "85");
		set_value(c, "target_max_spo2", i ? "100" : "90");
	}
	if (chance(w, 30)) {
		c = tell(w, LEGACY_CYCLE_METRICS, truth, s->start_ms + 6000);
		set_value(c, "cycle_number", "1");
		set_value(c, "time_in_zone", "120");
	}
	if (chance(w, 30)) {
		c = tell(w, LEGACY_ADAPTATION_METRICS, truth, s->start_ms + 7000);
		set_value(c, "total_mask_lifts", "2");
	}
}

/* Sessions of a person are hours apart, but for those that are NEAR. */
static void
live(struct world *w, int person, const char *user, const char *device, int64_t start_ms,
     enum shape shape, int n)
{
	struct true_session *s = add_true(w);
	int truth = (int)w->n - 1;

	s->shape = shape;
	s->person = person;
	s->user = user;
	s->device = device;
	s->start_ms = start_ms;
	s->local_id = a_local_id(w, start_ms);
	s->status = shape == SHAPE_CRASHED ? SESSION_ACTIVE : SESSION_COMPLETED;
	s->readings = w->truth.n_readings;
	s->n_readings = (size_t)n;
	s->children = w->truth.n_children;
	s->end_ms = measure(w, truth, start_ms, n);
	if (shape == SHAPE_CRASHED)
		s->end_ms = MSG_NONE;
	answer(w, truth, s);
	happen(w, truth, s);
	sum_up(w, truth, s);
	s->n_children = w->truth.n_children - s->children;
}

void
truth_make(struct world *w, const struct world_size *size)
{
	int person, i;

	w->n_persons = size->persons;
	w->readings_each = size->readings;
	for (person = 0; person < size->persons; person++) {
		const char *user = a_uuid(w);
		const char *device = say(w, "device_%lld_%s", BEGIN_MS + person, base36(w));

		for (i = 0; i < size->sessions; i++) {
			enum shape shape = shapes[dice(w, sizeof(shapes) / sizeof(shapes[0]))];
			int64_t start_ms = BEGIN_MS + i * 4 * HOUR_MS + (int64_t)dice(w, HOUR_MS / 2);
			int n = 2 + (int)dice(w, (uint64_t)size->readings * 2);

			if (shape == SHAPE_NEAR)
				n = 4 + (int)dice(w, 4);
			if (shape == SHAPE_ONLY_ON_PHONE && !size->phones)
				shape = SHAPE_GOOD;
			live(w, person, user, device, start_ms, shape, n);
			if (shape == SHAPE_NEAR)
				live(w, person, user, device, start_ms + 3000, shape, n);
		}
	}
}
