#include "tests/unit/store.h"

#include "services/local-store/recount.h"

/* A reading of it, late, as samples.c does it. */
static void
put_late(struct rig *rig, const char *session, int64_t taken_us, int64_t seq, double spo2)
{
	struct entry *entry;

	rig_put(rig, session, taken_us, seq, spo2);
	entry = sessions_by_id(rig->sessions, session);
	is_int(store_begin(rig->store, &rig->err), 0);
	is_int(recount_late(&rig->life, entry, &rig->err), 0);
	is_int(store_commit(rig->store, &rig->err), 0);
}

static int
recount_next(struct rig *rig)
{
	struct entry *entry = sessions_take_stale(rig->sessions);

	if (!entry)
		return 0;
	is_int(store_begin(rig->store, &rig->err), 0);
	is_int(recount_session(&rig->life, entry, rig->now_us, &rig->err), 0);
	is_int(store_commit(rig->store, &rig->err), 0);
	return 1;
}

TEST(late_readings_are_counted_again)
{
	struct rig rig;
	struct entry *entry;
	char id[37];

	rig_open(&rig);
	strcpy(id, rig_start(&rig, 1, "ring"));
	rig.now_us += 60000000;
	rig_stop(&rig, id);
	put_late(&rig, id, NOW_US + 5, 1, 77);
	entry = sessions_by_id(rig.sessions, id);
	is_int(entry->row.total_readings, 0);
	is_int(recount_next(&rig), 1);
	is_int(entry->row.total_readings, 1);
	is_real(entry->row.min_spo2, 77);
	is_int(recount_next(&rig), 0);
	rig_close(&rig);
}

TEST(what_is_to_be_counted_again_survives_a_crash)
{
	struct rig rig;
	char id[37];

	rig_open(&rig);
	strcpy(id, rig_start(&rig, 1, "ring"));
	rig.now_us += 60000000;
	rig_stop(&rig, id);
	put_late(&rig, id, NOW_US + 5, 1, 77);
	rig_reload(&rig);
	is_int(store_load_stale(rig.store, rig.sessions, &rig.err), 0);
	is_int(recount_next(&rig), 1);
	is_int(sessions_by_id(rig.sessions, id)->row.total_readings, 1);
	rig_reload(&rig);
	is_int(store_load_stale(rig.store, rig.sessions, &rig.err), 0);
	is_int(recount_next(&rig), 0);
	rig_close(&rig);
}

TEST(each_phase_gets_the_readings_of_its_time)
{
	struct rig rig;
	struct session_phase m;
	struct entry *entry;
	char id[37];
	int i;

	rig_open(&rig);
	strcpy(id, rig_start(&rig, 1, "ring"));
	for (i = 0; i < 2; i++) {
		msg_clear(&msg_session_phase, &m);
		ids_random(m.request_id);
		strcpy(m.session_id, id);
		m.phase = i ? PHASE_RECOVERY : PHASE_ALTITUDE;
		m.at_us = NOW_US + i * 10000000;
		rig.now_us = m.at_us;
		ok(rig_apply(&rig, &msg_session_phase, &m).ok);
	}
	entry = sessions_by_id(rig.sessions, id);
	put_late(&rig, id, NOW_US + 1000000, 1, 80);
	put_late(&rig, id, NOW_US + 9999999, 2, 82);
	put_late(&rig, id, NOW_US + 10000000, 3, 96);
	is_int(recount_next(&rig), 1);
	is_int(entry->phase.n, 1);
	is_int(entry->whole.n, 3);
	is_int(rig_sql(&rig, "SELECT spo2_readings_count FROM phase_stats WHERE phase_type = 'ALTITUDE'"), 2);
	is_int(rig_sql(&rig, "SELECT min_spo2 FROM phase_stats WHERE phase_type = 'ALTITUDE'"), 80);
	rig_close(&rig);
}

TEST(a_restart_counts_what_runs)
{
	struct rig rig;
	struct session_phase m;
	struct entry *entry;
	char id[37];

	rig_open(&rig);
	strcpy(id, rig_start(&rig, 1, "ring"));
	rig_put(&rig, id, NOW_US + 5, 1, 97);
	msg_clear(&msg_session_phase, &m);
	ids_random(m.request_id);
	strcpy(m.session_id, id);
	m.phase = PHASE_ALTITUDE;
	rig.now_us = NOW_US + 10;
	ok(rig_apply(&rig, &msg_session_phase, &m).ok);
	rig_put(&rig, id, NOW_US + 10, 2, 80);
	rig_reload(&rig);
	is_int(recount_running(&rig.life, &rig.err), 0);
	entry = sessions_by_id(rig.sessions, id);
	is_int(entry->whole.n, 2);
	is_real(entry->whole.max_spo2, 97);
	is_int(entry->phase.n, 1);
	is_real(entry->phase.max_spo2, 80);
	rig_close(&rig);
}

/* Altitude, 10 s; a pause, 20 s; altitude again, 5 s; recovery. */
TEST(a_phase_with_a_pause_in_it_is_one)
{
	static const struct { int64_t phase, at_s, paused, done_s; } steps[] = {
		{PHASE_ALTITUDE, 0, PHASE_NONE, -1},
		{PHASE_PAUSED, 10, PHASE_ALTITUDE, 10},
		{PHASE_ALTITUDE, 30, PHASE_NONE, 10},
		{PHASE_RECOVERY, 35, PHASE_NONE, -1},
	};
	struct rig rig;
	struct session_phase m;
	struct session *row;
	char id[37];
	size_t i;

	rig_open(&rig);
	strcpy(id, rig_start(&rig, 1, "ring"));
	for (i = 0; i < sizeof(steps) / sizeof(steps[0]); i++) {
		msg_clear(&msg_session_phase, &m);
		ids_random(m.request_id);
		strcpy(m.session_id, id);
		m.phase = steps[i].phase;
		rig.now_us = NOW_US + steps[i].at_s * 1000000;
		ok(rig_apply(&rig, &msg_session_phase, &m).ok);
		row = &sessions_by_id(rig.sessions, id)->row;
		is_int(row->current_cycle, 1);
		is_int(row->phase_us, NOW_US + steps[i].at_s * 1000000);
		is_int(row->paused_phase, steps[i].paused);
		is_int(row->phase_done_us, steps[i].done_s < 0 ? MSG_NONE : steps[i].done_s * 1000000);
		rig_put(&rig, id, row->phase_us + 1, (int64_t)i + 1, 90 - (double)i);
	}
	while (recount_next(&rig))
		;
	is_int(rig_sql(&rig, "SELECT count(*) FROM phase_stats WHERE phase_type = 'ALTITUDE'"), 1);
	is_int(rig_sql(&rig, "SELECT spo2_readings_count FROM phase_stats WHERE phase_type = 'ALTITUDE'"), 2);
	is_int(rig_sql(&rig, "SELECT max_spo2 FROM phase_stats WHERE phase_type = 'ALTITUDE'"), 90);
	is_int(rig_sql(&rig, "SELECT min_spo2 FROM phase_stats WHERE phase_type = 'ALTITUDE'"), 88);
	is_int(rig_sql(&rig, "SELECT end_us - start_us FROM phase_stats WHERE phase_type = 'ALTITUDE'"), 35000000);
	rig_close(&rig);
}

int
main(void)
{
	RUN(a_phase_with_a_pause_in_it_is_one);
	RUN(late_readings_are_counted_again);
	RUN(what_is_to_be_counted_again_survives_a_crash);
	RUN(each_phase_gets_the_readings_of_its_time);
	RUN(a_restart_counts_what_runs);
	return test_done();
}
