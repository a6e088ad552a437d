#include "tests/unit/store.h"

static struct session_phase
phase_of(const char *session, int64_t phase)
{
	struct session_phase m;

	msg_clear(&msg_session_phase, &m);
	ids_random(m.request_id);
	(void)snprintf(m.session_id, sizeof(m.session_id), "%s", session);
	m.phase = phase;
	return m;
}

static struct session_stop
stop_of(const char *session)
{
	struct session_stop m;

	msg_clear(&msg_session_stop, &m);
	ids_random(m.request_id);
	(void)snprintf(m.session_id, sizeof(m.session_id), "%s", session);
	return m;
}

TEST(starting_again_returns_the_running_session)
{
	struct rig rig;
	struct session_start m = rig_start_of(1, "ring");
	struct reply first, again;

	rig_open(&rig);
	first = rig_apply(&rig, &msg_session_start, &m);
	again = rig_apply(&rig, &msg_session_start, &m);
	ok(first.ok && first.added == 1);
	ok(again.ok && again.added == 0 && again.seen == 1);
	is_str(again.session_id, first.session_id);
	rig_reload(&rig);
	again = rig_apply(&rig, &msg_session_start, &m);
	is_str(again.session_id, first.session_id);
	is_int((int64_t)sessions_active(rig.sessions), 1);
	rig_close(&rig);
}

TEST(the_id_is_computed_from_the_local_id)
{
	struct rig rig;
	struct session_start m = rig_start_of(1, "ring");
	struct reply reply;
	ids_uuid id;

	rig_open(&rig);
	strcpy(m.local_session_id, "IHHT_1735689600000_abc123");
	ids_session(m.local_session_id, id);
	reply = rig_apply(&rig, &msg_session_start, &m);
	is_str(reply.session_id, id);
	rig_close(&rig);
}

TEST(every_wrong_start_is_refused_and_says_which_field)
{
	struct rig rig;
	struct session_start m;
	struct session_stop stop;
	struct reply reply;

	rig_open(&rig);
	(void)rig_start(&rig, 1, "ring");
	m = rig_start_of(1, "other");
	reply = rig_apply(&rig, &msg_session_start, &m);
	ok(!reply.ok);
	is_str(reply.field, "user_id");
	has_str(reply.text, "running on ring");
	m = rig_start_of(2, "ring");
	reply = rig_apply(&rig, &msg_session_start, &m);
	ok(!reply.ok);
	is_str(reply.field, "device_id");
	m = rig_start_of(3, "third");
	m.start_us = rig.now_us + 61000000;
	reply = rig_apply(&rig, &msg_session_start, &m);
	ok(!reply.ok);
	is_str(reply.field, "start_us");
	stop = stop_of(sessions_active_on(rig.sessions, "ring")->row.id);
	ok(rig_apply(&rig, &msg_session_stop, &stop).ok);
	m = rig_start_of(2, "ring");
	m.start_us = NOW_US;
	reply = rig_apply(&rig, &msg_session_start, &m);
	ok(!reply.ok, "two sessions of one device would share readings");
	is_str(reply.field, "start_us");
	m.start_us = MSG_NONE;
	ok(rig_apply(&rig, &msg_session_start, &m).ok);
	rig_close(&rig);
}

TEST(a_recording_is_a_session_that_is_over)
{
	struct rig rig;
	struct session_start m = rig_start_of(1, "ring");
	const struct session *row;
	struct reply reply;

	rig_open(&rig);
	(void)rig_start(&rig, 1, "other");  /* the person has a session running: no matter */
	m.start_us = NOW_US - 2000000000;
	m.end_us = NOW_US - 1000000000;
	m.data_source = DATA_SOURCE_MANUAL;
	reply = rig_apply(&rig, &msg_session_start, &m);
	ok(reply.ok && reply.added == 1, "%s", reply.text);
	row = &sessions_by_id(rig.sessions, reply.session_id)->row;
	is_int(row->status, SESSION_COMPLETED);
	is_int(row->end_us, m.end_us);
	is_int((int64_t)sessions_active(rig.sessions), 1);
	ok(sessions_active_on(rig.sessions, "ring") == NULL, "nothing runs on the ring");
	rig_close(&rig);
}

TEST(recordings_come_in_any_order_and_share_no_time)
{
	static const struct { int64_t start, end; int ok; const char *field; } rows[] = {
		{-500, -400, 1, ""}, {-900, -800, 1, ""}, {-700, -600, 1, ""},
		{-800, -700, 1, ""},                          /* end to end */
		{-450, -350, 0, "start_us"}, {-550, -450, 0, "start_us"},
		{-1000, -1, 0, "start_us"}, {-480, -420, 0, "start_us"},
		{-100, -100, 0, "end_us"}, {-100, -101, 0, "end_us"}, {-100, 61, 0, "end_us"},
		{-100, 59, 1, ""}, {61, 62, 0, "start_us"},
	};
	struct rig rig;
	struct session_start m;
	struct reply reply;
	size_t i;

	rig_open(&rig);
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		m = rig_start_of(1, "ring");
		m.data_source = DATA_SOURCE_MANUAL;
		m.start_us = NOW_US + rows[i].start * 1000000;
		m.end_us = NOW_US + rows[i].end * 1000000;
		rig.now_us = NOW_US;
		reply = rig_apply(&rig, &msg_session_start, &m);
		ok(reply.ok == rows[i].ok, "row %zu: %s", i, reply.text);
		is_str(reply.field, rows[i].field);
	}
	rig_close(&rig);
}

TEST(a_recording_that_is_known_grows_and_nothing_else_does)
{
	static const struct { int64_t end; int person, source; int64_t then; const char *says; } rows[] = {
		{-300, 1, DATA_SOURCE_MANUAL, -300, "goes on longer"},
		{-400, 1, DATA_SOURCE_MANUAL, -300, "exists already"},
		{-200, 2, DATA_SOURCE_MANUAL, -300, "exists already"},
		{-200, 1, DATA_SOURCE_MANUAL, -200, "goes on longer"},
		{-50, 1, DATA_SOURCE_MANUAL, -200, "another session within"},
	};
	struct rig rig;
	struct session_start m = rig_start_of(1, "ring"), live;
	const struct entry *entry;
	struct reply reply;
	size_t i;

	rig_open(&rig);
	m.data_source = DATA_SOURCE_MANUAL;
	strcpy(m.local_session_id, "IHHT_1735689600000_abc123");
	m.start_us = NOW_US - 500000000;
	m.end_us = NOW_US - 400000000;
	reply = rig_apply(&rig, &msg_session_start, &m);
	entry = sessions_by_id(rig.sessions, reply.session_id);
	live = rig_start_of(2, "ring");
	live.start_us = NOW_US - 100000000;
	strcpy(live.local_session_id, "IHHT_1735689700000_live00");
	ok(rig_apply(&rig, &msg_session_start, &live).ok);
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		m.end_us = NOW_US + rows[i].end * 1000000;
		strcpy(m.user_id, rig_start_of(rows[i].person, "ring").user_id);
		reply = rig_apply(&rig, &msg_session_start, &m);
		has_str(reply.text, rows[i].says);
		is_int(entry->row.end_us, NOW_US + rows[i].then * 1000000);
	}
	live.end_us = NOW_US;
	has_str(rig_apply(&rig, &msg_session_start, &live).text, "exists already");
	ok(entry_active(sessions_active_on(rig.sessions, "ring")), "what is live is not ended by it");
	rig_close(&rig);
}

TEST(a_phase_begins_once_and_cycles_count_by_themselves)
{
	struct rig rig;
	struct session_phase m;
	struct reply reply;
	const struct session *row;
	char id[37];

	rig_open(&rig);
	strcpy(id, rig_start(&rig, 1, "ring"));
	row = &sessions_by_id(rig.sessions, id)->row;
	m = phase_of(id, PHASE_ALTITUDE);
	ok(rig_apply(&rig, &msg_session_phase, &m).added == 1);
	reply = rig_apply(&rig, &msg_session_phase, &m);
	ok(reply.ok && reply.seen == 1, "the same phase again is no new one");
	is_int(row->current_cycle, 1);
	m = phase_of(id, PHASE_RECOVERY);
	ok(rig_apply(&rig, &msg_session_phase, &m).ok);
	is_int(row->current_cycle, 1);
	m = phase_of(id, PHASE_ALTITUDE);
	ok(rig_apply(&rig, &msg_session_phase, &m).ok);
	is_int(row->current_cycle, 2);
	m = phase_of(id, PHASE_RECOVERY);
	m.at_us = NOW_US - 1;
	reply = rig_apply(&rig, &msg_session_phase, &m);
	ok(!reply.ok);
	is_str(reply.field, "at_us");
	m.phase = PHASE_NONE;
	reply = rig_apply(&rig, &msg_session_phase, &m);
	is_str(reply.field, "phase");
	rig_close(&rig);
}

TEST(a_phase_that_is_asked_for_again_after_the_next_one_does_not_begin_again)
{
	struct session_phase asked[3], *m;
	struct rig rig;
	struct reply reply;
	const struct session *row;
	char id[37];
	int i;

	rig_open(&rig);
	strcpy(id, rig_start(&rig, 1, "ring"));
	asked[0] = phase_of(id, PHASE_ALTITUDE);
	asked[1] = phase_of(id, PHASE_ALTITUDE);  /* by somebody else; it runs */
	asked[2] = phase_of(id, PHASE_RECOVERY);
	for (m = asked; m < asked + 3; m++)
		ok(rig_apply(&rig, &msg_session_phase, m).ok);
	for (i = 0; i < 2; i++, rig_reload(&rig)) {
		row = &sessions_by_id(rig.sessions, id)->row;
		for (m = asked; m < asked + 3; m++) {
			reply = rig_apply(&rig, &msg_session_phase, m);
			ok(reply.ok && reply.seen == 1 && !reply.added, "%s", reply.text);
			is_int(row->current_phase, PHASE_RECOVERY);
			is_int(row->current_cycle, 1);
		}
	}
	is_int(rig_sql(&rig, "SELECT count(*) FROM phases"), 2);
	rig_close(&rig);
}

TEST(a_phase_that_ends_leaves_its_figures)
{
	struct rig rig;
	struct session_phase m;
	struct phase_stats key, stats;
	char id[37];
	int64_t no, t;

	rig_open(&rig);
	strcpy(id, rig_start(&rig, 1, "ring"));
	m = phase_of(id, PHASE_ALTITUDE);
	t = rig.now_us;
	(void)rig_apply(&rig, &msg_session_phase, &m);
	rig_put(&rig, id, t + 1, 1, 82);
	rig_put(&rig, id, t + 2, 2, 90);
	m = phase_of(id, PHASE_RECOVERY);
	(void)rig_apply(&rig, &msg_session_phase, &m);
	msg_clear(&msg_phase_stats, &key);
	strcpy(key.session_id, id);
	key.phase_type = PHASE_ALTITUDE;
	key.phase_number = 1;
	is_int(table_find(store_records(rig.store, RECORD_PHASE_STATS), &key, &no, &stats, &rig.err), 1);
	is_int(stats.min_spo2, 82);
	is_int(stats.max_spo2, 90);
	is_real(stats.avg_spo2, 86);
	is_int(stats.time_below_83, 1);
	is_int(stats.target_min_spo2, 85);
	is_int(stats.spo2_readings_count, 2);
	rig_close(&rig);
}

TEST(stopping_twice_is_stopping_once)
{
	struct rig rig;
	struct session_stop m;
	struct reply reply;
	char id[37];
	int64_t end;

	rig_open(&rig);
	strcpy(id, rig_start(&rig, 1, "ring"));
	rig_put(&rig, id, NOW_US + 1, 1, 88.5);
	m = stop_of(id);
	ok(rig_apply(&rig, &msg_session_stop, &m).added == 1);
	end = sessions_by_id(rig.sessions, id)->row.end_us;
	m.status = SESSION_ABANDONED;
	reply = rig_apply(&rig, &msg_session_stop, &m);
	ok(reply.ok && reply.seen == 1);
	rig_reload(&rig);
	ok(store_load_id(rig.store, rig.sessions, id, &rig.err) != NULL);
	is_int(sessions_by_id(rig.sessions, id)->row.end_us, end);
	is_int(sessions_by_id(rig.sessions, id)->row.status, SESSION_COMPLETED);
	is_int(sessions_by_id(rig.sessions, id)->row.total_readings, 1);
	is_real(sessions_by_id(rig.sessions, id)->row.avg_spo2, 88.5);
	rig_close(&rig);
}

TEST(an_unknown_session_is_named)
{
	struct rig rig;
	struct session_stop m = stop_of("00000000-0000-4000-8000-00000000dead");
	struct reply reply;

	rig_open(&rig);
	reply = rig_apply(&rig, &msg_session_stop, &m);
	ok(!reply.ok);
	is_str(reply.field, "session_id");
	has_str(reply.text, "no such session");
	rig_close(&rig);
}

TEST(stamps_never_go_back_over_a_restart)
{
	struct rig rig;
	int64_t first, second;

	rig_open(&rig);
	is_int(store_begin(rig.store, &rig.err), 0);
	is_int(lifecycle_stamp(&rig.life, NOW_US, &first, &rig.err), 0);
	is_int(store_commit(rig.store, &rig.err), 0);
	rig_reload(&rig);
	is_int(store_begin(rig.store, &rig.err), 0);
	is_int(lifecycle_stamp(&rig.life, NOW_US - 3600000000LL, &second, &rig.err), 0);
	is_int(store_commit(rig.store, &rig.err), 0);
	ok(second > first, "the clock was set back an hour");
	rig_close(&rig);
}

TEST(the_clock_set_back_does_not_lock_a_session)
{
	struct rig rig;
	struct session_phase phase;
	const struct session *row;
	char id[37];

	rig_open(&rig);
	strcpy(id, rig_start(&rig, 1, "ring"));
	row = &sessions_by_id(rig.sessions, id)->row;
	rig.now_us = NOW_US - 3600000000LL;
	phase = phase_of(id, PHASE_ALTITUDE);
	ok(rig_apply(&rig, &msg_session_phase, &phase).added == 1);
	is_int(row->phase_us, row->start_us);
	rig_stop(&rig, id);
	is_int(row->end_us, row->start_us);
	is_int((int64_t)sessions_active(rig.sessions), 0);
	rig_close(&rig);
}

TEST(the_hundred_and_first_cycle_is_refused)
{
	struct rig rig;
	struct session_phase m;
	struct reply reply;
	char id[37];
	int i;

	rig_open(&rig);
	strcpy(id, rig_start(&rig, 1, "ring"));
	for (i = 1; i <= 100; i++) {
		m = phase_of(id, PHASE_ALTITUDE);
		ok(rig_apply(&rig, &msg_session_phase, &m).ok);
		m = phase_of(id, PHASE_RECOVERY);
		ok(rig_apply(&rig, &msg_session_phase, &m).ok);
	}
	m = phase_of(id, PHASE_ALTITUDE);
	reply = rig_apply(&rig, &msg_session_phase, &m);
	ok(!reply.ok);
	is_str(reply.field, "cycle");
	ok(msg_check(&msg_session, &sessions_by_id(rig.sessions, id)->row, &rig.err) == 0, "%s",
	   rig.err.text);
	rig_close(&rig);
}

TEST(a_transition_between_does_not_hide_the_next_cycle)
{
	static const struct { int64_t phase, cycle; } rows[] = {
		{PHASE_ALTITUDE, 1}, {PHASE_TRANSITION, 1}, {PHASE_RECOVERY, 1}, {PHASE_TRANSITION, 1},
		{PHASE_ALTITUDE, 2}, {PHASE_TRANSITION, 2}, {PHASE_ALTITUDE, 2}, {PHASE_RECOVERY, 2}};
	struct rig rig;
	struct session_phase m;
	char id[37];
	size_t i;

	rig_open(&rig);
	strcpy(id, rig_start(&rig, 1, "ring"));
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		m = phase_of(id, rows[i].phase);
		ok(rig_apply(&rig, &msg_session_phase, &m).ok);
		is_int(sessions_by_id(rig.sessions, id)->row.current_cycle, rows[i].cycle);
	}
	rig_close(&rig);
}

static void
find_stats(struct rig *rig, const char *session, int64_t phase, struct phase_stats *stats)
{
	struct phase_stats key;
	int64_t no;

	msg_clear(&msg_phase_stats, &key);
	(void)snprintf(key.session_id, sizeof(key.session_id), "%s", session);
	key.phase_type = phase;
	key.phase_number = 1;
	is_int(table_find(store_records(rig->store, RECORD_PHASE_STATS), &key, &no, stats, &rig->err), 1);
}

TEST(a_mask_lift_counts_in_the_phase_that_runs)
{
	struct rig rig;
	struct session_phase m;
	struct phase_stats stats;
	struct event lift;
	char id[37];
	int i;

	rig_open(&rig);
	strcpy(id, rig_start(&rig, 1, "ring"));
	m = phase_of(id, PHASE_ALTITUDE);
	(void)rig_apply(&rig, &msg_session_phase, &m);
	msg_clear(&msg_event, &lift);
	strcpy(lift.session_id, id);
	lift.event_type = EVENT_MASK_LIFT;
	lift.altitude_phase_number = 1;
	for (i = 0; i < 2; i++) {
		ids_random(lift.request_id);
		ok(rig_apply(&rig, &msg_event, &lift).ok);
	}
	lift.altitude_phase_number = 7;
	ids_random(lift.request_id);
	ok(rig_apply(&rig, &msg_event, &lift).ok, "a phase nobody has begun");
	find_stats(&rig, id, PHASE_ALTITUDE, &stats);
	is_int(stats.end_us, MSG_NONE);
	rig_put(&rig, id, rig.now_us, 1, 88);
	m = phase_of(id, PHASE_RECOVERY);
	(void)rig_apply(&rig, &msg_session_phase, &m);
	find_stats(&rig, id, PHASE_ALTITUDE, &stats);
	is_int(stats.mask_lift_count, 2);
	is_int(stats.min_spo2, 88);
	ok(stats.end_us != MSG_NONE);
	rig_close(&rig);
}

TEST(figures_of_any_length_can_be_sent)
{
	struct rig rig;
	struct session_phase m;
	struct phase_stats stats;
	char id[37];

	rig_open(&rig);
	strcpy(id, rig_start(&rig, 1, "ring"));
	m = phase_of(id, PHASE_RECOVERY);
	(void)rig_apply(&rig, &msg_session_phase, &m);
	rig_put(&rig, id, rig.now_us + 7201000000LL, 1, 97);
	rig.now_us += 7300000000LL;
	rig_stop(&rig, id);
	find_stats(&rig, id, PHASE_RECOVERY, &stats);
	is_int(stats.time_to_95_percent_seconds, 7200);
	rig_close(&rig);
}

TEST(a_damaged_record_is_written_anew)
{
	struct rig rig;
	struct session_phase m;
	struct phase_stats stats;
	char id[37];

	rig_open(&rig);
	strcpy(id, rig_start(&rig, 1, "ring"));
	m = phase_of(id, PHASE_RECOVERY);
	(void)rig_apply(&rig, &msg_session_phase, &m);
	m = phase_of(id, PHASE_TRANSITION);
	(void)rig_apply(&rig, &msg_session_phase, &m);
	(void)rig_sql(&rig, "UPDATE phase_stats SET time_to_95_percent_seconds = 8000");
	m = phase_of(id, PHASE_RECOVERY);
	(void)rig_apply(&rig, &msg_session_phase, &m);
	rig_stop(&rig, id);
	find_stats(&rig, id, PHASE_RECOVERY, &stats);
	is_int(stats.time_to_95_percent_seconds, MSG_NONE);
	is_str(stats.session_id, id);
	rig_close(&rig);
}

int
main(void)
{
	RUN(starting_again_returns_the_running_session);
	RUN(the_id_is_computed_from_the_local_id);
	RUN(every_wrong_start_is_refused_and_says_which_field);
	RUN(a_recording_is_a_session_that_is_over);
	RUN(recordings_come_in_any_order_and_share_no_time);
	RUN(a_recording_that_is_known_grows_and_nothing_else_does);
	RUN(a_phase_begins_once_and_cycles_count_by_themselves);
	RUN(a_phase_that_is_asked_for_again_after_the_next_one_does_not_begin_again);
	RUN(a_phase_that_ends_leaves_its_figures);
	RUN(stopping_twice_is_stopping_once);
	RUN(an_unknown_session_is_named);
	RUN(stamps_never_go_back_over_a_restart);
	RUN(the_clock_set_back_does_not_lock_a_session);
	RUN(the_hundred_and_first_cycle_is_refused);
	RUN(a_transition_between_does_not_hide_the_next_cycle);
	RUN(a_mask_lift_counts_in_the_phase_that_runs);
	RUN(figures_of_any_length_can_be_sent);
	RUN(a_damaged_record_is_written_anew);
	return test_done();
}
