#include "tests/simulate/judge.h"

#include <stdio.h>
#include <stdlib.h>

#include "common/db.h"
#include "proto/words.h"
#include "tests/simulate/cloud.h"
#include "tests/simulate/keeper.h"
#include "tests/simulate/leaving.h"
#include "tests/simulate/truth.h"

/* ---- what there is */

static sqlite3_stmt *
query(sqlite3 *db, const char *sql)
{
	struct err err;
	sqlite3_stmt *s = db_prepare(db, sql, &err);

	if (!s)
		broken("the store can be read: %s", err.text);
	return s;
}

static void
read_sessions(sqlite3 *db)
{
	sqlite3_stmt *s = query(db, "SELECT id, start_us, coalesce(end_us, 9223372036854775807) FROM session");
	struct truth *t = world->truth;
	struct lived *l;

	while (sqlite3_step(s) == SQLITE_ROW) {
		if (!(l = truth_lived((const char *)sqlite3_column_text(s, 0))))
			continue;  /* on disk, and nobody knows: it was killed */
		l->kept = true;
		l->start_us = sqlite3_column_int64(s, 1);
		l->end_us = sqlite3_column_int64(s, 2);
	}
	db_finalize(&s);
	for (l = t->lived; l < t->lived + t->n_lived; l++)
		if (!l->kept)
			broken("a session that was confirmed is on disk: %s", l->id);
}

static void
see_stored(const char *session_id, const struct reading *r)
{
	struct value *v = truth_of(r->motion);

	if (!v || v->spo2 != r->spo2 || v->heart_rate != r->heart_rate || v->taken_us != r->taken_us)
		broken("a reading is what the sensor said: session %s, seq %lld", session_id, (long long)r->seq);
	if (++v->n_stored > 1)
		broken("a value is kept once: number %.0f", r->motion);
	snprintf(v->session, sizeof(v->session), "%s", session_id);
	v->phase = r->phase_type;
	v->cycle = r->cycle_number == MSG_NONE ? 0 : r->cycle_number;
	world->n.stored++;
}

static void
read_readings(sqlite3 *db)
{
	sqlite3_stmt *s = query(db, "SELECT motion, spo2, heart_rate, taken_us, seq, phase_type, coalesce(cycle_number, 0), "
				"s.id FROM readings r JOIN session s ON s.no = r.session");
	struct reading r;

	while (sqlite3_step(s) == SQLITE_ROW) {
		r = (struct reading){.motion = sqlite3_column_double(s, 0), .spo2 = sqlite3_column_double(s, 1),
				     .heart_rate = sqlite3_column_double(s, 2), .taken_us = sqlite3_column_int64(s, 3),
				     .seq = sqlite3_column_int64(s, 4), .phase_type = sqlite3_column_int64(s, 5),
				     .cycle_number = sqlite3_column_int64(s, 6)};
		see_stored((const char *)sqlite3_column_text(s, 7), &r);
	}
	db_finalize(&s);
}

static void
see_in_cloud(const char *session_id, const struct reading *reading)
{
	struct value *v = truth_of(reading->motion);

	if (!v || v->spo2 != reading->spo2 || v->taken_us != reading->taken_us)
		broken("Postgres holds what the sensor said: session %s", session_id);
	if (++v->n_in_cloud > 1)
		broken("a value is in Postgres once: session %s, number %.0f", session_id,
		       reading->motion);
}

/* ---- values */

static size_t
number(const struct value *v)
{
	return (size_t)(v - world->truth->values) + 1;
}

/* A clock is followed to two seconds each time that it is set. */
static int64_t
steered_us(void)
{
	return 2 * (int64_t)world->n.clock_steps * SECOND_US;
}

/* It was taken while the session ran, by the machine's steady clock; or later than it began, by the
 * clock on the wall, which was not set in between. */
static bool
is_of(const struct lived *l, const struct value *v)
{
	if (v->device != l->device)
		return false;
	if (v->mono_us > l->begun_us && v->mono_us < l->stop_asked_us - steered_us())
		return true;
	return v->clock == l->clock && v->taken_us >= l->start_us && v->taken_us < l->end_us &&
	       (v->offered > l->confirmed || !v->offered);
}

/* The next of its device that was not lost. */
static const struct value *
heard_next(const struct value *v)
{
	const struct truth *t = world->truth;
	const struct value *next;

	for (next = v + 1; next < t->values + t->n; next++)
		if (next->device == v->device && !next->lost)
			return next;
	return NULL;
}

/* A loss is told with the value that ends it, or with one before, if ble-ingest was killed then. */
static bool
is_told(sqlite3 *db, const struct value *v, const struct value *next)
{
	sqlite3_stmt *s = query(db, "SELECT 1 FROM gap WHERE device_id = 'sim-' || ?1 AND to_us = ?2 AND "
				"reason IN ('spool_full', 'link_lost')");
	bool found = false;

	for (; v <= next && !found; v++) {
		if (v->device != next->device)
			continue;
		sqlite3_bind_int(s, 1, v->device);
		sqlite3_bind_int64(s, 2, v->taken_us);
		found = sqlite3_step(s) == SQLITE_ROW;
		sqlite3_reset(s);
	}
	db_finalize(&s);
	return found;
}

/* As what it must be kept: the phase that ran for certain when it was taken; NULL: one began then. */
static const struct lived_phase *
phase_of(const struct lived *l, const struct value *v)
{
	static const struct lived_phase none;
	const struct lived_phase *running = &none, *p;

	for (p = l->phases; p < l->phases + l->n_phases && p->asked_us - steered_us() <= v->mono_us; p++)
		running = p->heard_us < v->mono_us - steered_us() ? p : NULL;
	return l->from_before ? NULL : running;
}

/* What waited in the spool when the clock was set back, and then a session began, is dated in it. */
static bool
is_outside(const struct lived *l, const struct value *v)
{
	return (l->stopped_us != INT64_MAX && v->mono_us > l->stopped_us + steered_us()) ||
	       (!l->from_before && l->from_us != INT64_MIN && v->mono_us < l->from_us - steered_us() &&
		!l->clock);
}

static void
check_kept(const struct lived *l, const struct value *v)
{
	const struct lived_phase *phase = phase_of(l, v);

	if (is_outside(l, v))
		broken("a session has no values from outside of it: number %zu of sim-%d in %s, %lld us "
		       "after it began, %lld us after its end was heard, clock %llu and %llu, "
		       "%lld us after its start and %lld after its end by the clock", number(v), v->device, l->id,
		       (long long)(v->mono_us - l->from_us), (long long)(v->mono_us - l->stopped_us),
		       (unsigned long long)v->clock, (unsigned long long)l->clock,
		       (long long)(v->taken_us - l->start_us), (long long)(v->taken_us - l->end_us));
	if (phase && v->mono_us < l->stop_asked_us && (v->phase != phase->phase || v->cycle != phase->cycle))
		broken("a value has the phase that was breathed: number %zu of sim-%d in %s: phase %lld, "
		       "cycle %lld, not %lld, %lld", number(v), v->device, l->id, (long long)v->phase,
		       (long long)v->cycle, (long long)phase->phase, (long long)phase->cycle);
}

static void
check_lost(sqlite3 *db, const struct lived *l, const struct value *v)
{
	const struct value *next;

	if (v->maybe_lost)
		return;
	if (!v->lost)
		broken("nothing is lost: number %zu of sim-%d, heard at step %llu, %lld us after the start of "
		       "session %s, which was confirmed at step %llu; the clock was set %llu times, %llu of them "
		       "before", number(v), v->device, (unsigned long long)v->offered,
		       (long long)(v->mono_us - l->begun_us), l->id, (unsigned long long)l->confirmed,
		       (unsigned long long)world->n.clock_steps, (unsigned long long)v->clock);
	next = heard_next(v);
	/* what was known of a loss may be lost when the power fails, as the spool is */
	if (next && next->boot == v->boot && next->n_stored && !strcmp(next->session, l->id) && !is_told(db, v, next))
		broken("what is lost is told: number %zu of sim-%d", number(v), v->device);
}

/* After a power cut a spool may send again what was stored: values of before the clock was set come after
 * those of since, and a step that is kept with no session counts twice. */
static bool
comes_again(const struct value *v)
{
	const struct truth *t = world->truth;
	const struct value *later;

	for (later = v + 1; later < t->values + t->n; later++)
		if (later->device == v->device && later->clock != v->clock && later->offered &&
		    later->offered < v->offered)
			return true;
	return false;
}

/* By how much a clock was set while there was no power, or just before it failed, nobody knows, and of
 * several steps between two values only their sum: from then on it is not known for certain either whose
 * a device's values are. */
static void
find_blind(int64_t blind_us[N_DEVICES])
{
	const struct truth *t = world->truth;
	const struct value *last[N_DEVICES] = {0}, *before, *v;

	for (v = t->values; v < t->values + t->n; v++) {
		if (v->maybe_lost || v->lost)
			continue;
		if (blind_us[v->device] == INT64_MAX && comes_again(v))
			blind_us[v->device] = v->mono_us - 1;
		before = last[v->device];
		if (before && blind_us[v->device] == INT64_MAX &&
		    ((before->boot != v->boot && v->clock) || v->clock - before->clock > 1))
			blind_us[v->device] = before->mono_us;
		last[v->device] = v;
	}
}

static void
check_values(sqlite3 *db)
{
	struct truth *t = world->truth;
	int64_t blind_us[N_DEVICES] = {INT64_MAX, INT64_MAX, INT64_MAX};
	const struct lived *l;
	struct value *v;

	find_blind(blind_us);
	for (v = t->values; v < t->values + t->n; v++) {
		if (v->n_stored != v->n_in_cloud)
			broken("both stores hold the same readings: number %zu is %d times here and "
			       "%d times in Postgres", number(v), v->n_stored, v->n_in_cloud);
		for (l = t->lived; l < t->lived + t->n_lived && v->mono_us <= blind_us[v->device]; l++)
			if (v->n_stored && !strcmp(v->session, l->id))
				check_kept(l, v);
			else if (!v->n_stored && is_of(l, v))
				check_lost(db, l, v);
	}
}

/* ---- answers */

static void
check_promised(sqlite3 *db)
{
	struct truth *t = world->truth;
	struct promised *p;
	sqlite3_stmt *s;

	for (p = t->promised; p < t->promised + t->n_promised; p++) {
		s = query(db, p->message == &msg_survey
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
judge(void)
{
	struct err err;
	sqlite3 *db = db_open_readonly(KEEPER_FILE, &err);

	if (!db)
		broken("the store can be read: %s", err.text);
	read_sessions(db);
	read_readings(db);
	leaving_each(see_stored);
	cloud_each(see_in_cloud);
	check_values(db);
	check_promised(db);
	db_close(&db);
}
