#include "tests/unit/store.h"

#include "common/hlc.h"
#include "proto/columns.h"
#include "proto/records.h"

#define S 1000000LL
#define T (NOW_US - 1000 * S)  /* when the session began */

static struct session
session_of(const char *local_id, int64_t hlc)
{
	struct session m;

	msg_clear(&msg_session, &m);
	(void)snprintf(m.local_session_id, sizeof(m.local_session_id), "%s", local_id);
	ids_session(local_id, m.id);
	strcpy(m.user_id, "00000000-0000-4000-8000-000000000001");
	strcpy(m.gateway, "there");
	strcpy(m.device_id, "ring");
	m.status = SESSION_COMPLETED;
	m.start_us = T;
	m.end_us = T + 100 * S;
	m.total_readings = 5;
	m.hlc = hlc;
	return m;
}

static struct survey
survey_of(const char *session, int64_t clarity, int64_t hlc)
{
	struct survey m;

	msg_clear(&msg_survey, &m);
	strcpy(m.session_id, session);
	m.kind = SURVEY_PRE;
	m.clarity = clarity;
	m.hlc = hlc;
	return m;
}

static struct restore *
begin(const char *session)
{
	static struct restore m;

	msg_clear(&msg_restore, &m);
	ids_random(m.request_id);
	strcpy(m.session_id, session);
	return &m;
}

static void
add(struct restore *m, const struct message *message, const void *record)
{
	is_int(records_add(m->records.bytes, sizeof(m->records.bytes), &m->records.len, message, record, NULL), 0);
}

static void
add_readings(struct restore *m, int64_t first, size_t n)
{
	struct reading rows[10];
	size_t i, len;

	for (i = 0; i < n; i++)
		rows[i] = rig_reading(T + (first + (int64_t)i) * S, first + (int64_t)i, 90);
	is_int(columns_pack(&msg_reading, rows, n, m->columns.bytes, sizeof(m->columns.bytes), &len, NULL), 0);
	m->columns.len = (uint32_t)len;
	m->count = (int64_t)n;
}

/* Refused, at that field, with words that say `why`; and nothing is there. */
static void
is_refused(struct rig *rig, struct restore *m, const char *field, const char *why)
{
	struct reply reply = rig_apply(rig, &msg_restore, m);

	ok(!reply.ok && strstr(reply.text, why), "%s: %s", why, reply.text);
	is_str(reply.field, field);
}

TEST(what_is_restored_keeps_its_stamps_counts_as_synced_and_again_adds_nothing)
{
	struct session s = session_of("IHHT_1_abc", 77);
	struct survey v = survey_of(s.id, 3, 78);
	struct reply reply;
	struct restore *m;
	struct rig rig;
	int again;

	rig_open(&rig);
	for (again = 0; again < 3; again++) {
		m = begin(s.id);
		add(m, &msg_session, &s);
		add(m, &msg_survey, &v);
		add_readings(m, 1, 5);
		reply = rig_apply(&rig, &msg_restore, m);
		ok(reply.ok, "%s", reply.text);
		is_int(reply.added, again ? 0 : 7);
		is_int(reply.seen, again ? 7 : 0);
		if (again == 1)
			rig_reload(&rig);
	}
	is_int(rig_sql(&rig, "SELECT hlc * 1000 + synced_hlc FROM session"), 77077);
	is_int(rig_sql(&rig, "SELECT hlc * 1000 + synced_hlc FROM survey"), 78078);
	is_int(rig_sql(&rig, "SELECT synced_reading = (SELECT max(id) FROM readings) FROM session"), 1);
	is_int(rig_sql(&rig, "SELECT count(*) FROM stale"), 0);
	is_int(rig_sql(&rig, "SELECT total_readings FROM session"), 5);
	rig_close(&rig);
}

TEST(the_newer_version_wins_whichever_comes_first)
{
	struct session s = session_of("IHHT_1_abc", 77);
	static const struct { int64_t hlc, clarity, kept; } rows[] = {{50, 2, 2}, {40, 4, 2}, {60, 5, 5}, {60, 1, 5}};
	struct restore *m;
	struct survey v;
	struct rig rig;
	size_t i;

	rig_open(&rig);
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		m = begin(s.id);
		v = survey_of(s.id, rows[i].clarity, rows[i].hlc);
		add(m, &msg_session, &s);
		add(m, &msg_survey, &v);
		ok(rig_apply(&rig, &msg_restore, m).ok);
		is_int(rig_sql(&rig, "SELECT clarity FROM survey"), rows[i].kept);
	}
	rig_close(&rig);
}

TEST(a_change_of_ours_that_lost_reaches_postgres_before_it_is_replaced)
{
	struct session s = session_of("IHHT_1_abc", 77);
	struct survey mine = survey_of(s.id, 4, 0), theirs = survey_of(s.id, 2, hlc_next(0, NOW_US + 30 * S));
	struct restore *m;
	struct rig rig;
	int turn;

	rig_open(&rig);
	m = begin(s.id);
	add(m, &msg_session, &s);
	ok(rig_apply(&rig, &msg_restore, m).ok);
	ids_random(mine.request_id);
	ok(rig_apply(&rig, &msg_survey, &mine).ok);
	for (turn = 0; turn < 2; turn++) {
		m = begin(s.id);
		add(m, &msg_session, &s);
		add(m, &msg_survey, &theirs);
		is_str(rig_apply(&rig, &msg_restore, m).field, turn ? "" : "waiting");
		is_int(rig_sql(&rig, "SELECT clarity FROM survey"), turn ? 2 : 4);
		(void)rig_sql(&rig, "UPDATE survey SET synced_hlc = hlc");
	}
	rig_close(&rig);
}

TEST(readings_that_wait_for_postgres_are_not_taken_for_synced)
{
	struct session s = session_of("IHHT_1_abc", 77);
	struct restore *m;
	struct rig rig;

	rig_open(&rig);
	m = begin(s.id);
	add(m, &msg_session, &s);
	add_readings(m, 1, 2);
	ok(rig_apply(&rig, &msg_restore, m).ok);
	rig_put(&rig, s.id, T + 50 * S, 50, 91);
	m = begin(s.id);
	add_readings(m, 3, 2);
	ok(rig_apply(&rig, &msg_restore, m).ok);
	is_int(rig_sql(&rig, "SELECT synced_reading FROM session"), 2);
	is_int(rig_sql(&rig, "SELECT count(*) FROM readings"), 5);
	rig_close(&rig);
}

TEST(what_happens_here_afterwards_is_newer_than_what_was_restored)
{
	int64_t ahead = hlc_next(0, NOW_US + 30 * S);
	struct session s = session_of("IHHT_1_abc", ahead);
	struct survey mine = survey_of(s.id, 4, 0);
	struct restore *m;
	struct rig rig;

	rig_open(&rig);
	m = begin(s.id);
	add(m, &msg_session, &s);
	ok(rig_apply(&rig, &msg_restore, m).ok);
	rig_reload(&rig);
	ids_random(mine.request_id);
	ok(rig_apply(&rig, &msg_survey, &mine).ok);
	ok(rig_sql(&rig, "SELECT hlc FROM survey") > ahead);
	rig_close(&rig);
}

TEST(what_is_not_fit_is_refused_whole)
{
	struct session s = session_of("IHHT_1_abc", 77), bad;
	struct session other = session_of("IHHT_2_abc", 78);
	struct survey v = survey_of(other.id, 3, 79);
	struct event nameless;
	struct restore *m;
	struct rig rig;

	rig_open(&rig);
	m = begin(s.id);
	add_readings(m, 1, 2);
	is_refused(&rig, m, "session_id", "no such session");
	m = begin(s.id);
	add(m, &msg_survey, &v);
	is_refused(&rig, m, "records", "must come first");
	m = begin(s.id);
	add(m, &msg_session, &s);
	add(m, &msg_survey, &v);
	is_refused(&rig, m, "records", "of another session");
	m = begin(s.id);
	add(m, &msg_session, &other);
	is_refused(&rig, m, "records", "is not that of");
	bad = s;
	strcpy(bad.local_session_id, "IHHT_9_abc");
	m = begin(s.id);
	add(m, &msg_session, &bad);
	is_refused(&rig, m, "records", "is not that of");
	bad = s;
	bad.status = SESSION_ACTIVE;
	m = begin(s.id);
	add(m, &msg_session, &bad);
	is_refused(&rig, m, "records", "is not over");
	bad = s;
	bad.hlc = hlc_next(0, NOW_US + 200 * S);
	m = begin(s.id);
	add(m, &msg_session, &bad);
	is_refused(&rig, m, "records", "ahead");
	msg_clear(&msg_event, &nameless);
	strcpy(nameless.session_id, s.id);
	nameless.event_type = EVENT_MASK_LIFT;
	m = begin(s.id);
	add(m, &msg_session, &s);
	add(m, &msg_event, &nameless);
	is_refused(&rig, m, "records", "without id");
	m = begin(s.id);
	add(m, &msg_session, &s);
	m->records.len--;
	is_refused(&rig, m, "records", "beyond the end");
	m = begin(s.id);
	add(m, &msg_session, &s);
	add_readings(m, 1, 2);
	m->columns.len--;
	is_refused(&rig, m, "columns", "");
	is_int(rig_sql(&rig, "SELECT (SELECT count(*) FROM session) + (SELECT count(*) FROM survey) "
		       "+ (SELECT count(*) FROM readings)"), 0);
	rig_close(&rig);
}

TEST(what_is_here_is_not_driven_out)
{
	struct session s = session_of("IHHT_1_abc", 77), twin = session_of("IHHT_2_abc", 78);
	struct session_start running = rig_start_of(2, "strap");
	struct restore *m;
	struct rig rig;

	rig_open(&rig);
	m = begin(s.id);
	add(m, &msg_session, &s);
	ok(rig_apply(&rig, &msg_restore, m).ok);
	m = begin(twin.id);
	add(m, &msg_session, &twin);
	is_refused(&rig, m, "records", "another session within that time");
	strcpy(s.device_id, "strap");
	s.hlc = 99;
	m = begin(s.id);
	add(m, &msg_session, &s);
	is_refused(&rig, m, "records", "of another person, device or time");
	strcpy(running.local_session_id, "IHHT_3_abc");
	ok(rig_apply(&rig, &msg_session_start, &running).ok);
	s = session_of("IHHT_3_abc", INT64_C(1) << 60);
	m = begin(s.id);
	add(m, &msg_session, &s);
	is_refused(&rig, m, "session_id", "runs here");
	rig_close(&rig);
}

int
main(void)
{
	RUN(what_is_restored_keeps_its_stamps_counts_as_synced_and_again_adds_nothing);
	RUN(the_newer_version_wins_whichever_comes_first);
	RUN(a_change_of_ours_that_lost_reaches_postgres_before_it_is_replaced);
	RUN(readings_that_wait_for_postgres_are_not_taken_for_synced);
	RUN(what_happens_here_afterwards_is_newer_than_what_was_restored);
	RUN(what_is_not_fit_is_refused_whole);
	RUN(what_is_here_is_not_driven_out);
	return test_done();
}
