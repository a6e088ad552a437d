#include "services/local-store/disk/table.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>

#include "common/db.h"
#include "tests/unit/test.h"

#define SESSION "11111111-1111-5111-8111-111111111111"
#define OTHER   "22222222-2222-5222-8222-222222222222"

static const char *const survey_key[] = {"session_id", "kind", "phase_number", NULL};
static const char *const event_key[] = {"id", NULL};
static const char *const gap_key[] = {"device_id", "epoch", "seq", NULL};

static sqlite3 *
memory(void)
{
	sqlite3 *db = NULL;

	is_int(sqlite3_open(":memory:", &db), SQLITE_OK);
	return db;
}

static void
run(sqlite3 *db, const char *sql)
{
	struct err err = {0};

	ok(db_exec(db, sql, &err) == 0, "%s: %s", sql, err.text);
}

static struct table *
open_on(sqlite3 *db, const struct message *m, const char *const *key)
{
	struct err err = {0};
	struct table *t = table_open(db, m, key, "", &err);

	ok(t != NULL, "%s", err.text);
	return t;
}

static struct survey
survey_of(const char *session, int64_t cycle)
{
	struct survey m;

	msg_clear(&msg_survey, &m);
	(void)snprintf(m.session_id, sizeof(m.session_id), "%s", session);
	m.kind = SURVEY_INTRA;
	m.phase_number = cycle;
	m.clarity = 3;
	m.hlc = 100;
	return m;
}

TEST(every_kind_of_field_comes_back_as_it_was)
{
	sqlite3 *db = memory();
	struct table *t = open_on(db, &msg_survey, survey_key);
	struct survey in = survey_of(SESSION, 2), out;
	struct err err;
	int64_t no = 0;

	in.sensations = 1 | 4;
	in.spo2_value = 83.25;
	strcpy(in.notes_post, "it's \"fine\"; \xc3\xa9");
	strcpy(in.request_id, OTHER);
	is_int(table_put(t, &in, &no, &err), 0);
	is_int(no, 1);
	is_int(table_get(t, no, &out, &err), 1);
	is_str(out.session_id, SESSION);
	is_int(out.kind, SURVEY_INTRA);
	is_int(out.phase_number, 2);
	is_int(out.sensations, 5);
	is_real(out.spo2_value, 83.25);
	is_str(out.notes_post, in.notes_post);
	is_int(out.energy, MSG_NONE);
	ok(isnan(out.hr_value));
	is_int(out.hlc, 100);
	is_str(out.request_id, "");
	is_int(table_get(t, 2, &out, &err), 0);
	ok(table_message(t) == &msg_survey);
	is_int(table_version(t, &in), 100);
	table_close(&t);
	table_close(&t);
	db_close(&db);
}

TEST(the_key_makes_a_record_one_also_with_parts_absent)
{
	sqlite3 *db = memory();
	struct table *t = open_on(db, &msg_survey, survey_key);
	struct survey pre = survey_of(SESSION, MSG_NONE), found;
	struct err err;
	int64_t no, again;

	pre.kind = SURVEY_PRE;
	is_int(table_find(t, &pre, &no, &found, &err), 0);
	is_int(table_put(t, &pre, &no, &err), 0);
	pre.clarity = 5;
	is_int(table_put(t, &pre, &again, &err), 0);
	is_int(again, no);
	is_int(table_find(t, &pre, &no, &found, &err), 1);
	is_int(found.clarity, 5);
	pre.kind = SURVEY_POST;
	is_int(table_find(t, &pre, &no, NULL, &err), 0);
	is_int(table_put(t, &pre, NULL, &err), 0);
	(void)snprintf(pre.session_id, sizeof(pre.session_id), "%s", OTHER);
	is_int(table_find(t, &pre, &no, NULL, &err), 0);
	table_close(&t);
	db_close(&db);
}

TEST(what_postgres_lacks_is_walked_in_order)
{
	sqlite3 *db = memory();
	struct table *t = open_on(db, &msg_survey, survey_key);
	struct survey m;
	struct err err;
	int64_t no;
	int i;

	for (i = 1; i <= 3; i++) {
		m = survey_of(SESSION, i);
		is_int(table_put(t, &m, NULL, &err), 0);
	}
	m = survey_of(OTHER, 1);
	is_int(table_put(t, &m, NULL, &err), 0);
	is_int(table_synced(t, 2, 100, &err), 0);
	is_int(table_unsynced(t, SESSION, 0, &no, &m, &err), 1);
	is_int(no, 1);
	is_int(table_unsynced(t, SESSION, no, &no, &m, &err), 1);
	is_int(no, 3);
	is_int(m.phase_number, 3);
	is_int(table_unsynced(t, SESSION, no, &no, &m, &err), 0);
	m = survey_of(SESSION, 2);
	m.hlc = 101;
	is_int(table_put(t, &m, NULL, &err), 0);
	is_int(table_synced(t, 2, 50, &err), 0);
	is_int(table_unsynced(t, SESSION, 1, &no, &m, &err), 1);
	ok(no == 2, "changed again since, and a late receipt of an older version says nothing");
	table_close(&t);
	db_close(&db);
}

TEST(a_kind_that_never_changes_is_synced_once)
{
	sqlite3 *db = memory();
	struct table *t = open_on(db, &msg_gap, gap_key);
	struct gap gap;
	struct err err;
	int64_t no;

	msg_clear(&msg_gap, &gap);
	gap.pos = gap.seq = 1;
	strcpy(gap.device_id, "ring");
	strcpy(gap.session_id, SESSION);
	is_int(table_version(t, &gap), 0);
	is_int(table_put(t, &gap, NULL, &err), 0);
	is_int(table_unsynced(t, SESSION, 0, &no, &gap, &err), 1);
	is_int(table_synced(t, no, 0, &err), 0);
	is_int(table_unsynced(t, SESSION, 0, &no, &gap, &err), 0);
	table_close(&t);
	db_close(&db);
}

TEST(a_value_that_cannot_be_there_is_named_and_never_believed)
{
	static const struct { const char *set, *field; } rows[] = {
		{"kind = 'odd'", "kind"},           {"kind = ''", NULL},
		{"clarity = 6", "clarity"},         {"clarity = -9223372036854775808", NULL},
		{"clarity = NULL", NULL},           {"hlc = -1", "hlc"},
		{"hlc = NULL", "hlc"},              {"spo2_value = 1e300", "spo2_value"},
		{"spo2_value = 9e999", "spo2_value"}, {"sensations = ''", "sensations"},
		{"sensations = '['", "sensations"}, {"sensations = '[]'", NULL},
		{"sensations = '[\"odd\"]'", "sensations"}, {"sensations = '[]x'", "sensations"},
		{"sensations = 'null'", "sensations"}, {"sensations = '[,]'", "sensations"},
		{"sensations = '[\"'", "sensations"}, {"notes_post = x'ff' || ''", "notes_post"},
		{"notes_post = CAST(x'ff' AS TEXT)", "notes_post"},
		{"notes_post = printf('%2001d', 1)", "notes_post"},
		{"notes_post = printf('%2000d', 1)", NULL},
		{"session_id = ''' OR 1=1; --'", "session_id"},
		{"session_id = printf('%36d', 1)", "session_id"},
		{"session_id = printf('%1000000d', 1)", "session_id"},
		{"session_id = NULL", "session_id"},
		{"at_us = 4102444800000001", "at_us"},
	};
	char sql[200], name[60];
	struct survey in = survey_of(SESSION, 1), out;
	struct table *t;
	struct err err = {0};
	sqlite3 *db;
	size_t i;
	int r;

	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		db = memory();
		t = open_on(db, &msg_survey, survey_key);
		is_int(table_put(t, &in, NULL, &err), 0);
		(void)snprintf(sql, sizeof(sql), "UPDATE survey SET %s", rows[i].set);
		run(db, sql);
		r = table_get(t, 1, &out, &err);
		ok(r == (rows[i].field ? -1 : 1), "%s: %d", rows[i].set, r);
		if (r < 0 && rows[i].field) {
			(void)snprintf(name, sizeof(name), "survey.%s", rows[i].field);
			has_str(err.text, name);
			is_int(err.code, EBADMSG);
		}
		ok(table_get(t, 1, &out, &err) == r, "the query is good for another turn");
		table_close(&t);
		db_close(&db);
	}
}

TEST(a_damaged_record_is_found_empty_and_put_right)
{
	sqlite3 *db = memory();
	struct table *t = open_on(db, &msg_survey, survey_key);
	struct survey in = survey_of(SESSION, 1), out;
	struct err err;
	int64_t no = 0;

	is_int(table_put(t, &in, NULL, &err), 0);
	run(db, "UPDATE survey SET clarity = 77");
	is_int(table_unsynced(t, SESSION, 0, &no, &out, &err), -1);
	is_int(err.code, EBADMSG);
	ok(no == 1, "so that a walk can go on behind it");
	is_int(table_find(t, &in, &no, &out, &err), 1);
	is_str(out.session_id, "");
	is_int(table_put(t, &in, NULL, &err), 0);
	is_int(table_get(t, no, &out, &err), 1);
	table_close(&t);
	db_close(&db);
}

TEST(types_are_sqlites_to_keep)
{
	sqlite3 *db = memory();
	struct table *t = open_on(db, &msg_survey, survey_key);
	struct survey in = survey_of(SESSION, 1);
	struct err err;

	is_int(table_put(t, &in, NULL, &err), 0);
	is_int(db_exec(db, "UPDATE survey SET clarity = 'five'", &err), -1);
	is_int(db_exec(db, "UPDATE survey SET session_id = x'00'", &err), -1);
	is_int(db_exec(db, "INSERT INTO survey (session_id, kind, phase_number, hlc) VALUES ('" SESSION
		       "', 'intra', 1, 1)", &err), -1);
	table_close(&t);
	db_close(&db);
}

TEST(a_file_from_before_a_field_was_added_is_read)
{
	sqlite3 *db = memory();
	struct table *t;
	struct event e;
	struct err err;

	run(db, "CREATE TABLE event (no INTEGER PRIMARY KEY, id TEXT, session_id TEXT, event_type TEXT, "
		"hlc INTEGER, synced_hlc INTEGER NOT NULL DEFAULT -1) STRICT;"
		"INSERT INTO event (id, session_id, event_type, hlc) VALUES ('" OTHER "', '" SESSION
		"', 'mask_lift', 5)");
	t = open_on(db, &msg_event, event_key);
	is_int(table_get(t, 1, &e, &err), 1);
	is_str(e.id, OTHER);
	is_int(e.event_type, EVENT_MASK_LIFT);
	is_int(e.current_altitude_level, MSG_NONE);
	is_str(e.additional_data, "");
	table_close(&t);
	t = open_on(db, &msg_event, event_key);
	table_close(&t);
	db_close(&db);
}

TEST(a_table_that_is_something_else_is_refused)
{
	sqlite3 *db = memory();
	struct err err = {0};

	run(db, "CREATE VIEW survey AS SELECT 1 AS no");
	ok(!table_open(db, &msg_survey, survey_key, "", &err));
	ok(*err.text);
	db_close(&db);
}

int
main(void)
{
	RUN(every_kind_of_field_comes_back_as_it_was);
	RUN(the_key_makes_a_record_one_also_with_parts_absent);
	RUN(what_postgres_lacks_is_walked_in_order);
	RUN(a_kind_that_never_changes_is_synced_once);
	RUN(a_value_that_cannot_be_there_is_named_and_never_believed);
	RUN(a_damaged_record_is_found_empty_and_put_right);
	RUN(types_are_sqlites_to_keep);
	RUN(a_file_from_before_a_field_was_added_is_read);
	RUN(a_table_that_is_something_else_is_refused);
	return test_done();
}
