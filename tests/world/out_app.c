/* A phone's rows as the app's own SQLite file. */
#include <errno.h>
#include <sqlite3.h>
#include <stdlib.h>
#include <string.h>

#include "common/clock.h"
#include "tests/world/world.h"

/* Milliseconds where nothing else is said; created_at and updated_at in seconds. */
static const char schema[] =
	"CREATE TABLE sessions (id TEXT PRIMARY KEY, start_time INTEGER NOT NULL, end_time INTEGER,"
	" status TEXT NOT NULL DEFAULT 'active', total_readings INTEGER DEFAULT 0, avg_spo2 REAL,"
	" min_spo2 INTEGER, max_spo2 INTEGER, avg_heart_rate REAL, min_heart_rate INTEGER,"
	" max_heart_rate INTEGER, created_at INTEGER NOT NULL, updated_at INTEGER NOT NULL,"
	" session_type TEXT DEFAULT 'IHHT', current_phase TEXT, current_cycle INTEGER DEFAULT 1,"
	" total_cycles INTEGER DEFAULT 3, hypoxic_duration INTEGER DEFAULT 420,"
	" hyperoxic_duration INTEGER DEFAULT 180, session_subtype TEXT DEFAULT 'calibration',"
	" starting_altitude_level INTEGER DEFAULT 6, current_altitude_level INTEGER DEFAULT 6);"
	"CREATE TABLE readings (id INTEGER PRIMARY KEY AUTOINCREMENT, session_id TEXT NOT NULL,"
	" timestamp INTEGER NOT NULL, spo2 INTEGER, heart_rate INTEGER, signal_strength INTEGER,"
	" is_valid INTEGER DEFAULT 1, created_at INTEGER, user_id TEXT, fio2_level INTEGER,"
	" phase_type TEXT, cycle_number INTEGER, hrv_rmssd REAL);"
	"CREATE TABLE session_surveys (id INTEGER PRIMARY KEY, session_id TEXT UNIQUE,"
	" clarity_pre INTEGER, energy_pre INTEGER, stress_pre INTEGER, clarity_post INTEGER,"
	" energy_post INTEGER, stress_post INTEGER, notes_post TEXT, post_symptoms TEXT,"
	" overall_rating INTEGER, created_at INTEGER, updated_at INTEGER);"
	"CREATE TABLE intra_session_responses (id INTEGER PRIMARY KEY, session_id TEXT,"
	" phase_number INTEGER NOT NULL, cycle_number INTEGER, clarity INTEGER, energy INTEGER,"
	" stress INTEGER, stress_perception INTEGER, sensations TEXT, spo2_value INTEGER,"
	" hr_value INTEGER, timestamp INTEGER, created_at INTEGER,"
	" UNIQUE (session_id, phase_number));"
	"CREATE TABLE session_adaptive_events (id TEXT PRIMARY KEY, session_id TEXT,"
	" event_type TEXT, event_timestamp INTEGER, altitude_phase_number INTEGER,"
	" recovery_phase_number INTEGER, current_altitude_level INTEGER, spo2_value INTEGER,"
	" additional_data TEXT DEFAULT '{}', created_at INTEGER);"
	"CREATE TABLE session_phase_stats (id INTEGER PRIMARY KEY, session_id TEXT, phase_type TEXT,"
	" phase_number INTEGER, altitude_level INTEGER NOT NULL, start_time, end_time,"
	" duration_seconds INTEGER, min_spo2 INTEGER, max_spo2 INTEGER, avg_spo2 REAL,"
	" spo2_readings_count INTEGER DEFAULT 0, mask_lift_count INTEGER DEFAULT 0,"
	" target_min_spo2 INTEGER, target_max_spo2 INTEGER, recovery_trigger TEXT,"
	" created_at INTEGER, peak_heart_rate INTEGER);"
	"CREATE TABLE session_cycle_metrics (id INTEGER PRIMARY KEY, session_id TEXT,"
	" cycle_number INTEGER, desaturation_rate INTEGER, time_in_zone INTEGER, min_spo2 INTEGER,"
	" created_at INTEGER);"
	"CREATE TABLE session_adaptation_metrics (id INTEGER PRIMARY KEY, session_id TEXT,"
	" total_time_in_zone INTEGER, total_mask_lifts INTEGER, created_at INTEGER,"
	" updated_at INTEGER);";

static int
fail(sqlite3 *db, struct err *err)
{
	return err_set(err, EIO, "the app's file: %s", sqlite3_errmsg(db));
}

static void
bind_number(sqlite3_stmt *st, int i, int64_t value)
{
	if (value == MSG_NONE)
		(void)sqlite3_bind_null(st, i);
	else
		(void)sqlite3_bind_int64(st, i, value);
}

static void
bind_text(sqlite3_stmt *st, int i, const char *text)
{
	(void)sqlite3_bind_text(st, i, text, -1, SQLITE_TRANSIENT);
}

static int
finish(sqlite3 *db, sqlite3_stmt *st, struct err *err)
{
	if (sqlite3_step(st) != SQLITE_DONE)
		return fail(db, err);
	(void)sqlite3_reset(st);
	return 0;
}

static int
write_sessions(sqlite3 *db, const struct world *w, int source, struct err *err)
{
	sqlite3_stmt *st;
	size_t i;
	int r = 0;

	if (sqlite3_prepare_v2(db, "INSERT INTO sessions (id, start_time, end_time, status, created_at,"
			       " updated_at, total_readings, avg_spo2, min_spo2, max_spo2,"
			       " current_phase) VALUES (?, ?, ?, ?, ?, ?, 0, 95, 95, 95, 'HYPOXIC')",
			       -1, &st, NULL) != SQLITE_OK)
		return fail(db, err);
	for (i = 0; r == 0 && i < w->now.n_sessions; i++) {
		const struct a_session *s = &w->now.sessions[i];

		if (s->source != source)
			continue;
		bind_text(st, 1, s->id);
		bind_number(st, 2, s->start_ms);
		bind_number(st, 3, s->end_ms);
		bind_text(st, 4, words_text(&words_session_status, s->status));
		bind_number(st, 5, s->created_ms / 1000);
		bind_number(st, 6, s->updated_ms / 1000);
		r = finish(db, st, err);
	}
	(void)sqlite3_finalize(st);
	return r;
}

static int
write_readings(sqlite3 *db, const struct world *w, int source, struct err *err)
{
	sqlite3_stmt *st;
	size_t i;
	int r = 0;

	if (sqlite3_prepare_v2(db, "INSERT INTO readings (session_id, timestamp, spo2, heart_rate,"
			       " signal_strength, created_at, user_id, fio2_level, phase_type)"
			       " VALUES (?, ?, ?, ?, ?, ?, ?, 16, ?)", -1, &st, NULL) != SQLITE_OK)
		return fail(db, err);
	for (i = 0; r == 0 && i < w->now.n_readings; i++) {
		const struct a_reading *x = &w->now.readings[i];

		if (x->source != source)
			continue;
		bind_text(st, 1, x->session);
		bind_number(st, 2, x->ms);
		bind_number(st, 3, x->spo2);
		bind_number(st, 4, x->hr);
		bind_number(st, 5, x->signal);
		bind_number(st, 6, x->ms / 1000);
		bind_text(st, 7, x->user);
		bind_text(st, 8, x->phase);
		r = finish(db, st, err);
	}
	(void)sqlite3_finalize(st);
	return r;
}

/* Times of phase statistics were numbers, later ISO text. */
static void
bind_value(sqlite3_stmt *st, int i, const struct a_child *c, int column)
{
	const struct columns_of *of = &columns_of[c->table];
	const char *name = of->names[column], *value = c->values[column];
	char text[CLOCK_TEXT];

	if (!value)
		(void)sqlite3_bind_null(st, i);
	else if (c->table == LEGACY_PHASE_STATS && is_in(of->times, name) && strtol(c->id, NULL, 10) % 2)
		bind_text(st, i, clock_text(strtoll(value, NULL, 10) * 1000, text));
	else if (is_in(of->integers, name) || is_in(of->times, name))
		bind_number(st, i, strtoll(value, NULL, 10));
	else if (is_in(of->reals, name))
		(void)sqlite3_bind_double(st, i, strtod(value, NULL));
	else
		bind_text(st, i, value);
}

static int
write_child(sqlite3 *db, const struct a_child *c, struct err *err)
{
	int has_updated = c->table == LEGACY_SURVEYS, n = 3 + has_updated, k, r;
	char sql[1000], marks[200] = "?, ?, ?";
	sqlite3_stmt *st;
	size_t len;

	len = (size_t)snprintf(sql, sizeof(sql), "INSERT INTO %s (id, session_id, created_at%s",
			       legacy_table_name(c->table), has_updated ? ", updated_at" : "");
	for (k = 0; columns_of[c->table].names[k]; k++) {
		len += (size_t)snprintf(sql + len, sizeof(sql) - len, ", %s",
					columns_of[c->table].names[k]);
		strcat(marks, ", ?");
	}
	if (has_updated)
		strcat(marks, ", ?");
	(void)snprintf(sql + len, sizeof(sql) - len, ") VALUES (%s)", marks);
	if (sqlite3_prepare_v2(db, sql, -1, &st, NULL) != SQLITE_OK)
		return fail(db, err);
	bind_text(st, 1, c->id);
	bind_text(st, 2, c->session);
	bind_number(st, 3, c->table == LEGACY_EVENTS || c->table == LEGACY_PHASE_STATS
			   ? c->created_ms : c->created_ms / 1000);
	if (has_updated)
		bind_number(st, 4, c->updated_ms / 1000);
	for (k = 0; columns_of[c->table].names[k]; k++)
		bind_value(st, n + 1 + k, c, k);
	r = finish(db, st, err);
	(void)sqlite3_finalize(st);
	return r;
}

int
world_write_app(struct world *w, int source, const char *path, struct err *err)
{
	sqlite3 *db;
	size_t i;
	int r = 0;

	if (sqlite3_open(path, &db) != SQLITE_OK ||
	    sqlite3_exec(db, schema, NULL, NULL, NULL) != SQLITE_OK ||
	    sqlite3_exec(db, "BEGIN", NULL, NULL, NULL) != SQLITE_OK)
		r = fail(db, err);
	if (r == 0)
		r = write_sessions(db, w, source, err);
	if (r == 0)
		r = write_readings(db, w, source, err);
	for (i = 0; r == 0 && i < w->now.n_children; i++)
		if (w->now.children[i].source == source)
			r = write_child(db, &w->now.children[i], err);
	if (r == 0 && sqlite3_exec(db, "COMMIT", NULL, NULL, NULL) != SQLITE_OK)
		r = fail(db, err);
	(void)sqlite3_close(db);
	return r;
}
