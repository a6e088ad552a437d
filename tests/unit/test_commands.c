#include "tests/unit/store.h"

#include "proto/columns.h"

static struct survey
survey_of(const char *session, int64_t kind)
{
	struct survey m;

	msg_clear(&msg_survey, &m);
	ids_random(m.request_id);
	(void)snprintf(m.session_id, sizeof(m.session_id), "%s", session);
	m.kind = kind;
	m.clarity = 3;
	return m;
}

static struct event
event_of(const char *session)
{
	struct event m;

	msg_clear(&msg_event, &m);
	ids_random(m.request_id);
	(void)snprintf(m.session_id, sizeof(m.session_id), "%s", session);
	m.event_type = EVENT_MASK_LIFT;
	return m;
}

TEST(the_same_survey_again_changes_nothing_another_replaces_it)
{
	struct rig rig;
	struct survey m, kept;
	struct reply reply;
	int64_t no;

	rig_open(&rig);
	m = survey_of(rig_start(&rig, 1, "ring"), SURVEY_PRE);
	ok(rig_apply(&rig, &msg_survey, &m).added == 1);
	ids_random(m.request_id);
	reply = rig_apply(&rig, &msg_survey, &m);
	ok(reply.ok && reply.seen == 1);
	m.clarity = 5;
	reply = rig_apply(&rig, &msg_survey, &m);
	ok(reply.ok && reply.added == 1);
	is_int(table_find(store_records(rig.store, RECORD_SURVEY), &m, &no, &kept, &rig.err), 1);
	is_int(kept.clarity, 5);
	rig_close(&rig);
}

TEST(every_wrong_survey_is_refused_and_says_which_field)
{
	static const struct { int kind; int64_t phase; int64_t sensations, symptoms, rating;
			      const char *notes, *field; } rows[] = {
		{SURVEY_NONE, MSG_NONE, 0, 0, MSG_NONE, "", "kind"},
		{SURVEY_INTRA, MSG_NONE, 0, 0, MSG_NONE, "", "phase_number"},
		{SURVEY_PRE, 1, 0, 0, MSG_NONE, "", "phase_number"},
		{SURVEY_POST, MSG_NONE, 1, 0, MSG_NONE, "", "sensations"},
		{SURVEY_PRE, MSG_NONE, 0, 1, MSG_NONE, "", "post_symptoms"},
		{SURVEY_PRE, MSG_NONE, 0, 0, 4, "", "overall_rating"},
		{SURVEY_INTRA, 1, 0, 0, MSG_NONE, "fine", "notes_post"},
		{SURVEY_INTRA, 1, 1 << SENSATION_NONE | 1, 0, MSG_NONE, "", "sensations"},
		{SURVEY_POST, MSG_NONE, 0, 1 << SYMPTOM_NONE | 1, MSG_NONE, "", "post_symptoms"},
	};
	struct rig rig;
	struct survey m;
	struct reply reply;
	char id[37];
	size_t i;

	rig_open(&rig);
	strcpy(id, rig_start(&rig, 1, "ring"));
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		m = survey_of(id, rows[i].kind);
		m.phase_number = rows[i].phase;
		m.sensations = rows[i].sensations;
		m.post_symptoms = rows[i].symptoms;
		m.overall_rating = rows[i].rating;
		strcpy(m.notes_post, rows[i].notes);
		reply = rig_apply(&rig, &msg_survey, &m);
		ok(!reply.ok, "row %zu", i);
		is_str(reply.field, rows[i].field);
	}
	rig_close(&rig);
}

TEST(one_event_is_one_row_however_often_it_is_told)
{
	struct rig rig;
	struct event m;
	struct entry *entry;
	struct reply reply;

	rig_open(&rig);
	m = event_of(rig_start(&rig, 1, "ring"));
	ok(rig_apply(&rig, &msg_event, &m).added == 1);
	rig_reload(&rig);  /* the reply was lost in a crash: the same request comes again */
	reply = rig_apply(&rig, &msg_event, &m);
	ok(reply.ok && reply.seen == 1, "%s", reply.text);
	entry = sessions_by_id(rig.sessions, m.session_id);
	is_int(entry->row.total_mask_lifts, 1);
	ids_random(m.request_id);
	ok(rig_apply(&rig, &msg_event, &m).added == 1);
	is_int(entry->row.total_mask_lifts, 2);
	rig_close(&rig);
}

TEST(every_wrong_event_is_refused_and_says_which_field)
{
	struct rig rig;
	struct event m, good;
	struct reply reply;

	rig_open(&rig);
	good = event_of(rig_start(&rig, 1, "ring"));
	m = good;
	m.event_type = EVENT_NONE;
	reply = rig_apply(&rig, &msg_event, &m);
	is_str(reply.field, "event_type");
	m = good;
	m.altitude_phase_number = m.recovery_phase_number = 1;
	reply = rig_apply(&rig, &msg_event, &m);
	is_str(reply.field, "recovery_phase_number");
	m = good;
	strcpy(m.additional_data, "[1]");
	reply = rig_apply(&rig, &msg_event, &m);
	is_str(reply.field, "additional_data");
	strcpy(m.additional_data, "{\"a\":");
	reply = rig_apply(&rig, &msg_event, &m);
	is_str(reply.field, "additional_data");
	rig_close(&rig);
}

TEST(a_progression_belongs_to_the_person_of_its_session)
{
	struct rig rig;
	struct progression m, kept;
	struct reply reply;
	int64_t no;

	rig_open(&rig);
	msg_clear(&msg_progression, &m);
	ids_random(m.request_id);
	strcpy(m.session_id, rig_start(&rig, 1, "ring"));
	m.current_altitude_level = 6;
	m.recommended_altitude_level = 7;
	strcpy(m.user_id, "00000000-0000-4000-8000-000000000002");
	reply = rig_apply(&rig, &msg_progression, &m);
	ok(!reply.ok);
	is_str(reply.field, "user_id");
	m.user_id[0] = 0;
	ok(rig_apply(&rig, &msg_progression, &m).ok);
	is_int(table_find(store_records(rig.store, RECORD_PROGRESSION), &m, &no, &kept, &rig.err), 1);
	is_str(kept.user_id, "00000000-0000-4000-8000-000000000001");
	rig_close(&rig);
}

TEST(an_import_again_adds_nothing)
{
	static struct import m;
	struct reading rows[3] = {rig_reading(NOW_US + 1, 1, 90), rig_reading(NOW_US + 2, 2, 91.4),
				  rig_reading(NOW_US + 2, 2, 91.4)};
	struct rig rig;
	struct reply reply;
	size_t len;

	rig_open(&rig);
	msg_clear(&msg_import, &m);
	ids_random(m.request_id);
	strcpy(m.session_id, rig_start(&rig, 1, "ring"));
	m.count = 3;
	is_int(columns_pack(&msg_reading, rows, 3, m.columns.bytes, sizeof(m.columns.bytes), &len,
			    &rig.err), 0);
	m.columns.len = (uint32_t)len;
	reply = rig_apply(&rig, &msg_import, &m);
	is_int(reply.added, 2);
	is_int(reply.seen, 1);
	reply = rig_apply(&rig, &msg_import, &m);
	is_int(reply.added, 0);
	is_int(reply.seen, 3);
	m.columns.len--;
	reply = rig_apply(&rig, &msg_import, &m);
	ok(!reply.ok);
	is_str(reply.field, "columns");
	is_int(store_last_reading(rig.store), 2);
	rig_close(&rig);
}

TEST(an_import_tells_the_source_and_again_changes_nothing)
{
	static struct import m;
	struct reading row = rig_reading(NOW_US + 1, 1, 90);
	struct rig rig;
	struct entry *entry;
	size_t len;
	int64_t hlc;

	rig_open(&rig);
	msg_clear(&msg_import, &m);
	ids_random(m.request_id);
	strcpy(m.session_id, rig_start(&rig, 1, "ring"));
	m.count = 1;
	is_int(columns_pack(&msg_reading, &row, 1, m.columns.bytes, sizeof(m.columns.bytes), &len,
			    &rig.err), 0);
	m.columns.len = (uint32_t)len;
	(void)rig_apply(&rig, &msg_import, &m);
	entry = sessions_by_id(rig.sessions, m.session_id);
	is_int(entry->row.data_source, DATA_SOURCE_MOCK);
	ok(entry->stale, "its figures are to be counted again");
	hlc = entry->row.hlc;
	ok(sessions_take_stale(rig.sessions) == entry);
	(void)rig_apply(&rig, &msg_import, &m);
	is_int(entry->row.hlc, hlc);
	ok(!entry->stale);
	rig_close(&rig);
}

TEST(an_imported_reading_gets_the_phase_of_its_time_unless_it_brings_one)
{
	static struct import m;
	struct reading rows[3] = {rig_reading(NOW_US + 1, 1, 90), rig_reading(NOW_US + 1500000, 2, 91),
				  rig_reading(NOW_US + 1600000, 3, 92)};
	struct session_phase phase;
	struct rig rig;
	size_t len;

	rig_open(&rig);
	msg_clear(&msg_import, &m);
	ids_random(m.request_id);
	strcpy(m.session_id, rig_start(&rig, 1, "ring"));
	msg_clear(&msg_session_phase, &phase);
	ids_random(phase.request_id);
	strcpy(phase.session_id, m.session_id);
	phase.phase = PHASE_ALTITUDE;
	phase.altitude_level = 6;
	phase.at_us = NOW_US + 1000000;
	ok(rig_apply(&rig, &msg_session_phase, &phase).ok);
	rows[2].phase_type = PHASE_RECOVERY;
	m.count = 3;
	is_int(columns_pack(&msg_reading, rows, 3, m.columns.bytes, sizeof(m.columns.bytes), &len,
			    &rig.err), 0);
	m.columns.len = (uint32_t)len;
	is_int(rig_apply(&rig, &msg_import, &m).added, 3);
	is_int(rig_sql(&rig, "SELECT phase_type FROM readings WHERE seq = 1"), PHASE_NONE);
	is_int(rig_sql(&rig, "SELECT phase_type * 100 + cycle_number * 10 + altitude_level "
		       "FROM readings WHERE seq = 2"), PHASE_ALTITUDE * 100 + 16);
	is_int(rig_sql(&rig, "SELECT phase_type FROM readings WHERE seq = 3 AND altitude_level IS NULL"),
	       PHASE_RECOVERY);
	rig_close(&rig);
}

TEST(a_command_without_a_request_is_refused)
{
	struct rig rig;
	struct event m;
	struct reply reply;

	rig_open(&rig);
	m = event_of(rig_start(&rig, 1, "ring"));
	m.request_id[0] = 0;
	reply = rig_apply(&rig, &msg_event, &m);
	ok(!reply.ok, "two such events would be one row");
	is_str(reply.field, "request_id");
	is_int(rig_sql(&rig, "SELECT count(*) FROM event"), 0);
	rig_close(&rig);
}

int
main(void)
{
	RUN(the_same_survey_again_changes_nothing_another_replaces_it);
	RUN(every_wrong_survey_is_refused_and_says_which_field);
	RUN(one_event_is_one_row_however_often_it_is_told);
	RUN(every_wrong_event_is_refused_and_says_which_field);
	RUN(a_progression_belongs_to_the_person_of_its_session);
	RUN(an_import_again_adds_nothing);
	RUN(an_import_tells_the_source_and_again_changes_nothing);
	RUN(an_imported_reading_gets_the_phase_of_its_time_unless_it_brings_one);
	RUN(a_command_without_a_request_is_refused);
	return test_done();
}
