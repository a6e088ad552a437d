#include "tests/simulate/truth.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "common/db.h"
#include "tests/simulate/cloud.h"
#include "tests/simulate/keeper.h"

void
truth_new(void)
{
	world->truth = calloc(1, sizeof(*world->truth));
}

void
truth_free(void)
{
	struct truth *t = world->truth;
	size_t i;

	for (i = 0; i < t->n_lived; i++)
		free(t->lived[i].phases);
	free(t->lived);
	free(world->truth->values);
	free(world->truth->sessions);
	free(world->truth->promised);
	free(world->truth);
	world->truth = NULL;
}

static void *
one_more(void *list, size_t n, size_t *room, size_t size)
{
	if (n < *room)
		return list;
	*room = *room ? 2 * *room : 64;
	return realloc(list, *room * size);
}

struct value *
truth_add(void)
{
	struct truth *t = world->truth;

	t->values = one_more(t->values, t->n, &t->room, sizeof(*t->values));
	t->values[t->n] = (struct value){0};
	return &t->values[t->n++];
}

struct value *
truth_of(double motion)
{
	struct truth *t = world->truth;

	return motion >= 1 && motion <= (double)t->n && motion == floor(motion)
		       ? &t->values[(size_t)motion - 1] : NULL;
}

static struct known_session *
find_session(const char *id)
{
	struct truth *t = world->truth;
	size_t i;

	for (i = 0; i < t->n_sessions; i++)
		if (!strcmp(t->sessions[i].id, id))
			return &t->sessions[i];
	return NULL;
}

void
truth_session(const char *id)
{
	struct truth *t = world->truth;

	if (find_session(id))
		return;
	t->sessions = one_more(t->sessions, t->n_sessions, &t->room_sessions, sizeof(*t->sessions));
	snprintf(t->sessions[t->n_sessions].id, 37, "%s", id);
	t->sessions[t->n_sessions++].confirmed = world->n_steps;
	world->n.sessions++;
}

void
truth_yes(const struct message *message, const void *msg)
{
	struct truth *t = world->truth;
	const struct survey *survey = msg;
	const struct event *event = msg;
	const struct session_stop *stop = msg;
	struct promised *p;

	t->promised = one_more(t->promised, t->n_promised, &t->room_promised, sizeof(*t->promised));
	p = &t->promised[t->n_promised];
	*p = (struct promised){.message = message};
	if (message == &msg_survey) {
		memcpy(p->session_id, survey->session_id, 37);
		p->which = survey->kind;
		p->at = survey->kind == SURVEY_INTRA ? survey->phase_number : 0;
	} else if (message == &msg_event) {
		memcpy(p->session_id, event->session_id, 37);
		p->at = event->event_us;
	} else if (message == &msg_session_stop) {
		memcpy(p->session_id, stop->session_id, 37);
	} else {
		return;
	}
	t->n_promised++;
}

struct lived *
truth_lived(const char *id)
{
	struct truth *t = world->truth;
	struct lived *l;

	for (l = t->lived; l < t->lived + t->n_lived; l++)
		if (!strcmp(l->id, id))
			return l;
	return NULL;
}

struct lived *
truth_begin(const char *id, const char *device_id)
{
	struct truth *t = world->truth;
	struct lived *l = truth_lived(id);

	if (l)
		return l;
	t->lived = one_more(t->lived, t->n_lived, &t->room_lived, sizeof(*t->lived));
	l = &t->lived[t->n_lived++];
	*l = (struct lived){.device = atoi(device_id + strlen("sim-")), .heard_us = world->mono_us,
			    .stop_asked_us = INT64_MAX, .stopped_us = INT64_MAX};
	snprintf(l->id, sizeof(l->id), "%s", id);
	return l;
}

void
truth_ask_phase(struct lived *l, int64_t phase, int64_t cycle)
{
	l->phases = one_more(l->phases, l->n_phases, &l->room_phases, sizeof(*l->phases));
	l->phases[l->n_phases++] = (struct lived_phase){world->mono_us, INT64_MAX, phase, cycle};
}

/* ---- at the end */

struct span_found {
	char id[37];
	int device;
	int64_t start_us, end_us;
	uint64_t confirmed;
};

struct check {
	struct span_found *sessions;
	size_t n, room;
	sqlite3 *db;
};

static sqlite3_stmt *
query(struct check *c, const char *sql)
{
	struct err err;
	sqlite3_stmt *s = db_prepare(c->db, sql, &err);

	if (!s)
		broken("the store can be read: %s", err.text);
	return s;
}

static void
read_sessions(struct check *c)
{
	sqlite3_stmt *s = query(c, "SELECT id, device_id, start_us, end_us FROM session");
	struct known_session *known;
	struct span_found *found;

	while (sqlite3_step(s) == SQLITE_ROW) {
		c->sessions = one_more(c->sessions, c->n, &c->room, sizeof(*c->sessions));
		found = &c->sessions[c->n++];
		snprintf(found->id, sizeof(found->id), "%s", (const char *)sqlite3_column_text(s, 0));
		found->device = atoi((const char *)sqlite3_column_text(s, 1) + strlen("sim-"));
		found->start_us = sqlite3_column_int64(s, 2);
		found->end_us = sqlite3_column_type(s, 3) == SQLITE_NULL ? INT64_MAX
									   : sqlite3_column_int64(s, 3);
		known = find_session(found->id);
		found->confirmed = known ? known->confirmed : world->n_steps;
		if (known)
			known->confirmed = 0;
	}
	db_finalize(&s);
	for (known = world->truth->sessions; known < world->truth->sessions + world->truth->n_sessions;
	     known++)
		if (known->confirmed)
			broken("a session that was confirmed is on disk: %s", known->id);
}

static void
read_readings(struct check *c)
{
	sqlite3_stmt *s = query(c, "SELECT motion, spo2, heart_rate, taken_us, r.id, s.id, phase_type, "
				"coalesce(cycle_number, 0) FROM readings r JOIN session s ON s.no = r.session");
	struct value *v;

	while (sqlite3_step(s) == SQLITE_ROW) {
		v = truth_of(sqlite3_column_double(s, 0));
		if (!v || v->spo2 != sqlite3_column_double(s, 1) ||
		    v->heart_rate != sqlite3_column_double(s, 2) ||
		    v->taken_us != sqlite3_column_int64(s, 3))
			broken("a reading is what the sensor said: readings.id %lld",
			       (long long)sqlite3_column_int64(s, 4));
		if (++v->n_stored > 1)
			broken("a value is stored once: number %.0f, readings.id %lld",
			       sqlite3_column_double(s, 0), (long long)sqlite3_column_int64(s, 4));
		snprintf(v->session, sizeof(v->session), "%s", (const char *)sqlite3_column_text(s, 5));
		v->phase = sqlite3_column_int64(s, 6);
		v->cycle = sqlite3_column_int64(s, 7);
		world->n.stored++;
	}
	db_finalize(&s);
}

static void
see(const char *session_id, const struct reading *reading)
{
	struct value *v = truth_of(reading->motion);

	if (!v || v->spo2 != reading->spo2 || v->taken_us != reading->taken_us)
		broken("Postgres holds what the sensor said: session %s", session_id);
	if (++v->n_in_cloud > 1)
		broken("a value is in Postgres once: session %s, number %.0f", session_id,
		       reading->motion);
}

/* A loss is told when there is room again and the device speaks. */
static bool
has_spoken_since(const struct value *v)
{
	const struct truth *t = world->truth;
	const struct value *later;

	for (later = v + 1; later < t->values + t->n; later++)
		if (later->device == v->device && !later->lost)
			return true;
	return false;
}

static bool
has_gap(struct check *c, const struct value *v)
{
	sqlite3_stmt *s = query(c, "SELECT 1 FROM gap WHERE device_id = 'sim-' || ? AND "
				"from_us - ?3 <= ?2 AND to_us + ?3 >= ?2");
	bool found;

	sqlite3_bind_int(s, 1, v->device);
	sqlite3_bind_int64(s, 2, v->taken_us);
	sqlite3_bind_int64(s, 3, CLOCK_STEP_US);
	found = sqlite3_step(s) == SQLITE_ROW;
	db_finalize(&s);
	return found;
}

static const struct span_found *
span_of(const struct check *c, const struct value *v)
{
	size_t i;

	for (i = 0; i < c->n; i++)
		if (c->sessions[i].device == v->device && v->taken_us >= c->sessions[i].start_us &&
		    v->taken_us < c->sessions[i].end_us)
			return &c->sessions[i];
	return NULL;
}

/* As what it must be kept: the phase that ran for certain when it was taken; NULL: one began then. */
static const struct lived_phase *
phase_of(const struct lived *l, const struct value *v)
{
	static const struct lived_phase none;
	const struct lived_phase *running = &none, *p;

	for (p = l->phases; p < l->phases + l->n_phases && p->asked_us <= v->mono_us; p++)
		running = p->heard_us <= v->mono_us ? p : NULL;
	return l->from_before ? NULL : running;
}

static void
check_place(const struct value *v)
{
	struct truth *t = world->truth;
	const struct lived_phase *phase;
	const struct lived *l;

	for (l = t->lived; l < t->lived + t->n_lived; l++) {
		if (l->device != v->device)
			continue;
		if (v->mono_us >= l->heard_us && v->mono_us < l->stop_asked_us && !v->n_stored &&
		    !v->lost && !v->maybe_lost)
			broken("what is taken while a session runs is kept: number %zu of sim-%d, %lld us after "
			       "the start of %s was confirmed, with %llu steps of the clock",
			       (size_t)(v - t->values) + 1, v->device, (long long)(v->mono_us - l->heard_us),
			       l->id, (unsigned long long)world->n.clock_steps);
		if (!v->n_stored || strcmp(v->session, l->id))
			continue;
		/* where the clock is set back into the time of a session that is over, it may get one */
		if (!world->n.clock_steps && (v->mono_us > l->stopped_us || (!l->from_before && v->mono_us < l->asked_us)))
			broken("a session has no values from outside of it: number %zu of sim-%d in %s, %lld us "
			       "after its start was asked for", (size_t)(v - t->values) + 1, v->device, l->id,
			       (long long)(v->mono_us - l->asked_us));
		phase = phase_of(l, v);
		if (phase && v->mono_us < l->stop_asked_us &&
		    (v->phase != phase->phase || v->cycle != phase->cycle))
			broken("a value has the phase that was breathed: number %zu of sim-%d in %s: phase %lld, "
			       "cycle %lld, not %lld, %lld", (size_t)(v - t->values) + 1, v->device, l->id,
			       (long long)v->phase, (long long)v->cycle, (long long)phase->phase,
			       (long long)phase->cycle);
	}
}

static void
check_values(struct check *c)
{
	struct truth *t = world->truth;
	const struct span_found *span;
	struct value *v;

	for (v = t->values; v < t->values + t->n; v++) {
		if (v->n_stored != v->n_in_cloud)
			broken("both stores hold the same readings: number %zu is %d times in SQLite and "
			       "%d times in Postgres", (size_t)(v - t->values) + 1, v->n_stored,
			       v->n_in_cloud);
		span = span_of(c, v);
		check_place(v);
		if (v->n_stored || v->maybe_lost || !span)
			continue;
		if (v->lost) {
			if (!world->n.clock_steps && has_spoken_since(v) && !has_gap(c, v))
				broken("what is lost is told: number %zu of sim-%d",
				       (size_t)(v - t->values) + 1, v->device);
		} else if (!world->n.clock_steps && (v->offered > span->confirmed || !v->offered)) {
			broken("nothing is lost: number %zu of sim-%d, heard at step %llu, %lld us after the "
			       "start of session %s, which was confirmed at step %llu",
			       (size_t)(v - t->values) + 1, v->device, (unsigned long long)v->offered,
			       (long long)(v->taken_us - span->start_us), span->id,
			       (unsigned long long)span->confirmed);
		}
	}
}

static void
check_promised(struct check *c)
{
	struct truth *t = world->truth;
	struct promised *p;
	sqlite3_stmt *s;

	for (p = t->promised; p < t->promised + t->n_promised; p++) {
		s = query(c, p->message == &msg_survey
				     ? "SELECT 1 FROM survey WHERE session_id = ?1 AND kind = ?2 AND "
				       "coalesce(phase_number, 0) = ?3"
			     : p->message == &msg_event
				     ? "SELECT 1 FROM event WHERE session_id = ?1 AND event_us = ?3"
				     : "SELECT 1 FROM session WHERE id = ?1 AND end_us IS NOT NULL");
		sqlite3_bind_text(s, 1, p->session_id, -1, SQLITE_STATIC);
		sqlite3_bind_text(s, 2, words_text(&words_survey_kind, p->which), -1, SQLITE_STATIC);
		sqlite3_bind_int64(s, 3, p->at);
		if (sqlite3_step(s) != SQLITE_ROW)
			broken("what was answered with yes is on disk: %s of session %s",
			       p->message->name, p->session_id);
		db_finalize(&s);
	}
}

void
truth_check(void)
{
	struct check c = {0};
	struct err err;

	if (!(c.db = db_open_readonly(KEEPER_FILE, &err)))
		broken("the store can be read: %s", err.text);
	read_sessions(&c);
	read_readings(&c);
	cloud_each(see);
	check_values(&c);
	check_promised(&c);
	db_close(&c.db);
	free(c.sessions);
}
