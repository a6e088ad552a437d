#include "services/ihht/report/measure.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/clock.h"
#include "common/db.h"
#include "common/hlc.h"
#include "common/pg.h"
#include "services/ihht/beats.h"
#include "services/ihht/report/agent.h"

#define LISTEN_US 1300000  /* a beat a second, and some */
#define SLICE_US  50000
#define GRACE_US  (60 * CLOCK_SECOND)
#define LIST_PART 50       /* of a list an agent gets so many at once */

void
measures_init(struct measure m[N_MEASURES])
{
	static const struct { const char *name, *title, *target; } all[N_MEASURES] = {
		[DUPLICATES] = {"duplicate_sessions", "duplicate sessions", "0"},
		[READINGS] = {"sessions_with_readings", "sessions with readings in Postgres", "100 %"},
		[SURVEYS] = {"surveys_within_a_minute", "surveys in Postgres within a minute", "100 %"},
		[PROGRESSION] = {"sessions_with_progression", "training sessions with progression", "100 %"},
		[READABLE] = {"last_sessions_readable", "last 30 sessions readable by an agent", "100 %"},
		[LATENCY] = {"live_latency_ms", "live latency", "under 1 s"},
	};
	int i;

	for (i = 0; i < N_MEASURES; i++)
		m[i] = (struct measure){all[i].name, all[i].title, all[i].target, .ms = NAN};
}

int
measure_met(const struct measure *m)
{
	if (*m->why_not || (isnan(m->ms) && !m->n))
		return -1;
	return isnan(m->ms) ? !m->n_bad : m->ms < LATENCY_MOST_MS;
}

/* One more that was looked at; `what` and `note` say which and why it is bad. */
static void
add(struct measure *m, int is_good, const char *what, const char *note)
{
	m->n++;
	if (is_good)
		return;
	if (m->n_bad < MEASURE_EXAMPLES)
		(void)snprintf(m->examples[m->n_bad], sizeof(m->examples[0]), "%s: %s", what, note);
	m->n_bad++;
}

/* ---- Postgres */

/* Each gives what, whether it is good, and a note; $1 and $2 are the span. */
static const char *const questions[] = {
	[DUPLICATES] =
		"SELECT s.id, s.nth = 1 AND twin.id IS NULL,"
		" CASE WHEN s.nth > 1 THEN 'another session has its local id ' || s.local_session_id"
		" ELSE 'the same person, device and time as ' || twin.id END"
		" FROM (SELECT *, row_number() OVER (PARTITION BY user_id, local_session_id ORDER BY start_time, id)"
		" AS nth FROM public.sessions) s"
		" LEFT JOIN LATERAL (SELECT o.id FROM public.sessions o WHERE o.user_id = s.user_id"
		" AND o.device_id = s.device_id AND (o.start_time, o.id) < (s.start_time, s.id)"
		" AND coalesce(o.end_time, 'infinity') > s.start_time LIMIT 1) twin ON true"
		" WHERE s.start_time >= $1 AND s.start_time < $2",
	[READINGS] =
		"SELECT s.id, EXISTS (SELECT FROM public.readings r WHERE r.user_id = s.user_id"
		" AND r.session_id = s.id AND r.timestamp >= s.start_time"
		" AND r.timestamp <= coalesce(s.end_time, now() + interval '1 day')),"
		" 'no readings in Postgres; ' || s.status || ' on ' || s.device_id"
		" FROM public.sessions s WHERE s.start_time >= $1 AND s.start_time < $2"
		" AND (s.status <> 'active' OR s.start_time < now() - interval '2 minutes')",
	[SURVEYS] =
		"SELECT h.session_id, h.kept_at <= h.taken + interval '1 minute',"
		" h.kind || ' came after ' || date_trunc('second', h.kept_at - h.taken)"
		" FROM (SELECT session_id, kind, kept_at, to_timestamp((hlc >> 16) / 1000.0) AS taken"
		" FROM public.record_history WHERE kind IN ('session_surveys_pre', 'session_surveys_post',"
		" 'intra_session_responses')) h WHERE h.taken >= $1 AND h.taken < $2",
	[PROGRESSION] =
		"SELECT s.id, EXISTS (SELECT FROM public.progression p WHERE p.user_id = s.user_id"
		" AND p.session_id = s.id), 'completed without progression'"
		" FROM public.sessions s WHERE s.start_time >= $1 AND s.start_time < $2"
		" AND s.status = 'completed' AND s.session_type = 'IHHT'"
		" AND s.data_source IN ('bluetooth', 'mock') AND s.end_time < now() - interval '1 minute'",
};

/* The newest sessions, and how much there is of each. */
static const char newest[] =
	"SELECT s.id, (SELECT count(*) FROM public.readings r WHERE r.user_id = s.user_id AND r.session_id = s.id"
	" AND r.timestamp >= s.start_time AND r.timestamp <= coalesce(s.end_time, now() + interval '1 day')),"
	" (SELECT count(*) FROM public.session_surveys v WHERE v.user_id = s.user_id AND v.session_id = s.id),"
	" (SELECT count(*) FROM public.progression v WHERE v.user_id = s.user_id AND v.session_id = s.id),"
	" (SELECT count(*) FROM public.intra_session_responses v WHERE v.user_id = s.user_id AND v.session_id = s.id),"
	" (SELECT count(*) FROM public.session_adaptive_events v WHERE v.user_id = s.user_id AND v.session_id = s.id),"
	" (SELECT count(*) FROM public.session_phase_stats v WHERE v.user_id = s.user_id AND v.session_id = s.id)"
	" FROM public.sessions s WHERE s.start_time >= $1 AND s.start_time < $2 AND s.status <> 'active'"
	" ORDER BY s.start_time DESC, s.id DESC LIMIT 30";

static PGresult *
ask(PGconn *pg, const char *sql, const struct span_of_time *span, struct err *err)
{
	char since[CLOCK_TEXT], until[CLOCK_TEXT];
	const char *values[] = {clock_text(span->since_us, since), clock_text(span->until_us, until)};
	PGresult *result = PQexecParams(pg, sql, 2, NULL, values, NULL, NULL, 0);

	if (PQresultStatus(result) == PGRES_TUPLES_OK)
		return result;
	(void)pg_err(pg, result, NULL, err);
	PQclear(result);
	return NULL;
}

static int
measure_question(PGconn *pg, const char *sql, const struct span_of_time *span, struct measure *m,
		 struct err *err)
{
	PGresult *rows = ask(pg, sql, span, err);
	int i;

	for (i = 0; rows && i < PQntuples(rows); i++)
		add(m, PQgetvalue(rows, i, 1)[0] == 't', PQgetvalue(rows, i, 0), PQgetvalue(rows, i, 2));
	PQclear(rows);
	return rows ? 0 : -1;
}

/* As many as Postgres has of it, in the order of `newest`; of a list the first part will do. */
static int
is_whole(const json_t *session, const json_t *summary, const PGresult *rows, int row)
{
	static const char *const one[] = {"session_survey", "progression"};
	static const char *const lists[] = {"intra_session_responses", "session_adaptive_events", "session_phase_stats"};
	const json_t *quality = json_object_get(summary, "quality");
	long long has, n = atoll(PQgetvalue(rows, row, 1));
	int i, column = 2;

	if (json_integer_value(json_object_get(quality, "readings")) != n)
		return 0;
	for (i = 0; i < 2; i++, column++)
		if (json_is_object(json_object_get(session, one[i])) != (atoll(PQgetvalue(rows, row, column)) > 0))
			return 0;
	for (i = 0; i < 3; i++, column++) {
		has = (long long)json_array_size(json_object_get(session, lists[i]));
		n = atoll(PQgetvalue(rows, row, column));
		if (has != n && (has < LIST_PART || n < LIST_PART))
			return 0;
	}
	return 1;
}

static int
measure_session(struct agent *agent, const PGresult *rows, int row, struct measure *m, struct err *err)
{
	const char *id = PQgetvalue(rows, row, 0);
	json_t *detail = NULL, *summary = NULL;
	int got = agent_ask(agent, "get_session", id, &detail, err), whole = 0;

	if (got > 0)
		got = agent_ask(agent, "session_summary", id, &summary, err);
	if (got > 0)
		whole = is_whole(json_object_get(detail, "session"), summary, rows, row);
	json_decref(summary);
	json_decref(detail);
	if (got < 0)
		return -1;
	add(m, whole, id, got ? "an agent does not see all of it" : "an agent does not see it");
	return 0;
}

/* Whether an agent can be asked is no failure of ours: it is said. */
static int
measure_readable(const struct process *process, PGconn *auditor, const struct span_of_time *span,
		 struct measure *m, struct err *err)
{
	PGresult *rows = ask(auditor, newest, span, err);
	struct agent *agent = NULL;
	struct err why;
	int i;

	if (rows && PQntuples(rows) && !(agent = agent_open(process, &why)))
		(void)snprintf(m->why_not, sizeof(m->why_not), "%.110s", why.text);
	for (i = 0; agent && i < PQntuples(rows); i++)
		if (measure_session(agent, rows, i, m, &why) < 0) {
			(void)snprintf(m->why_not, sizeof(m->why_not), "%.110s", why.text);
			break;
		}
	agent_close(&agent);
	PQclear(rows);
	return rows ? 0 : -1;
}

int
measure_cloud(const struct process *process, PGconn *auditor, const struct span_of_time *span,
	      struct measure measures[N_MEASURES], struct err *err)
{
	int i;

	if (pg_exec(auditor, "SET default_transaction_read_only = on", err) < 0)
		return -1;
	for (i = DUPLICATES; i <= PROGRESSION; i++)
		if (measure_question(auditor, questions[i], span, &measures[i], err) < 0)
			return -1;
	return measure_readable(process, auditor, span, &measures[READABLE], err);
}

/* ---- the SQLite file */

static int
is_in_cloud(PGconn *pg, const char *id, struct err *err)
{
	PGresult *rows = PQexecParams(pg, "SELECT FROM public.sessions WHERE id = $1::uuid", 1, NULL, &id,
				      NULL, NULL, 0);
	int n = PQresultStatus(rows) == PGRES_TUPLES_OK ? PQntuples(rows) : pg_err(pg, rows, NULL, err);

	PQclear(rows);
	return n;
}

/* Only what was never acknowledged, or was changed since, can be missing. */
static const char unsynced_sessions[] =
	"SELECT id, status || ' on ' || device_id FROM session "
	"WHERE coalesce(synced_hlc, 0) = 0 AND start_us >= ?1 AND start_us < ?2 AND start_us < ?3";
static const char unsynced_surveys[] =
	"SELECT session_id, kind, hlc FROM survey WHERE hlc > coalesce(synced_hlc, 0)";

static int
local_sessions(sqlite3 *db, PGconn *pg, const struct span_of_time *span, struct measure *m,
	       struct err *err)
{
	sqlite3_stmt *s = db_prepare(db, unsynced_sessions, err);
	char note[160];
	int r = -1, known;

	if (!s)
		return -1;
	sqlite3_bind_int64(s, 1, span->since_us);
	sqlite3_bind_int64(s, 2, span->until_us);
	sqlite3_bind_int64(s, 3, clock_utc_us() - 2 * GRACE_US);
	while ((r = db_step(s, err)) > 0) {
		if ((known = is_in_cloud(pg, (const char *)sqlite3_column_text(s, 0), err)) < 0)
			break;
		(void)snprintf(note, sizeof(note), "is not in Postgres; %s",
			       (const char *)sqlite3_column_text(s, 1));
		if (!known)
			add(m, 0, (const char *)sqlite3_column_text(s, 0), note);
	}
	db_finalize(&s);
	return r ? -1 : 0;
}

static int
local_surveys(sqlite3 *db, const struct span_of_time *span, struct measure *m, struct err *err)
{
	sqlite3_stmt *s = db_prepare(db, unsynced_surveys, err);
	int64_t taken_us, now_us = clock_utc_us();
	char note[160];
	int r = -1;

	while (s && (r = db_step(s, err)) > 0) {
		taken_us = hlc_us(sqlite3_column_int64(s, 2));
		(void)snprintf(note, sizeof(note), "survey %s waits for %lld s",
			       (const char *)sqlite3_column_text(s, 1),
			       (long long)((now_us - taken_us) / CLOCK_SECOND));
		if (taken_us >= span->since_us && taken_us < span->until_us && now_us - taken_us > GRACE_US)
			add(m, 0, (const char *)sqlite3_column_text(s, 0), note);
	}
	db_finalize(&s);
	return r;
}

int
measure_local(const struct process *process, PGconn *auditor, const struct span_of_time *span,
	      struct measure measures[N_MEASURES], struct err *err)
{
	sqlite3 *db;
	int r;

	if (access(process->database, F_OK) < 0)
		return 0;
	if (!(db = db_open_readonly(process->database, err)))
		return -1;
	r = local_sessions(db, auditor, span, &measures[READINGS], err);
	if (r == 0)
		r = local_surveys(db, span, &measures[SURVEYS], err);
	db_close(&db);
	return r;
}

/* ---- live */

int
measure_latency(struct process *process, struct measure *m, struct err *err)
{
	struct beats *beats = calloc(1, sizeof(*beats));
	struct link *link = link_open(process, "beats", LINK_IN, err);
	int64_t now = clock_mono_us(), until = now + LISTEN_US;
	const struct heard *h = NULL;
	const char *lag;
	int r = -1;

	ASSERT(beats);
	if (link) {
		link_subscribe(link, "beat/");
		for (r = 0; r == 0 && !h && now < until; now = clock_mono_us()) {
			r = beats_listen(link, beats, now + SLICE_US, NULL, err);
			h = beats_of(beats, "realtime-fanout", 1, clock_mono_us());
		}
	}
	lag = h ? strstr(h->beat.counts, " live_lag_ms=") : NULL;
	m->ms = lag ? strtod(lag + strlen(" live_lag_ms="), NULL) : (double)NAN;
	if (!lag)
		(void)snprintf(m->why_not, sizeof(m->why_not), "realtime-fanout is not heard");
	else if (!(m->ms > 0))
		(void)snprintf(m->why_not, sizeof(m->why_not), "no value is live now");
	link_close(&link);
	free(beats);
	return r;
}
