/* Which messages zmq-sniffer shows: a condition read wrong shows too much or hides trouble. */
#include "services/zmq-sniffer/filter.h"
#include "tests/unit/test.h"

static struct sample sample;

static void
make_sample(void)
{
	msg_clear(&msg_sample, &sample);
	strcpy(sample.device_id, "mock-001");
	sample.taken_us = 1795403600000000;
	sample.spo2 = 84.5;
	sample.battery = 70;
	sample.invalid = INVALID_NO;
	sample.data_source = DATA_SOURCE_MOCK;
}

static int
shows(const char *text)
{
	struct filter filter = {0};
	struct err err = {0};

	make_sample();
	if (!ok(filter_add(&filter, text, &err) == 0, "%s: %s", text, err.text))
		return -1;
	return filter_matches(&filter, &msg_sample, &sample);
}

TEST(every_sign_does_what_it_says)
{
	static const struct {
		const char *text;
		int want;
	} rows[] = {
		{"spo2<85", 1},        {"spo2<84.5", 0},      {"spo2<=84.5", 1},   {"spo2<=84", 0},
		{"spo2>84", 1},        {"spo2>84.5", 0},      {"spo2>=84.5", 1},   {"spo2>=85", 0},
		{"spo2=84.5", 1},      {"spo2=84", 0},        {"spo2!=84", 1},     {"spo2!=84.5", 0},
		{"battery=70", 1},     {"battery>70", 0},     {"device_id=mock-001", 1},
		{"device_id=mock-00", 0}, {"device_id!=mock-002", 1}, {"data_source=mock", 1},
		{"data_source!=mock", 0}, {"data_source=manual", 0},
		{"taken_us=1795403600000000", 1}, {"taken_us>=2026-11-23T03:13:20Z", 1},
		{"taken_us<2026-11-23T03:13:20Z", 0},
	};
	size_t i;

	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		ok(shows(rows[i].text) == rows[i].want, "%s", rows[i].text);
}

TEST(an_empty_value_asks_whether_the_field_is_there)
{
	is_int(shows("heart_rate="), 1);
	is_int(shows("heart_rate!="), 0);
	is_int(shows("spo2="), 0);
	is_int(shows("spo2!="), 1);
	is_int(shows("invalid="), 1);
	is_int(shows("device_id="), 0);
}

TEST(an_absent_value_meets_no_comparison)
{
	is_int(shows("heart_rate<500"), 0);
	is_int(shows("heart_rate!=60"), 0);
	is_int(shows("status<5"), 0);
	is_int(shows("status!=5"), 0);
}

TEST(all_conditions_must_hold)
{
	is_int(shows("spo2<85,device_id=mock-001"), 1);
	is_int(shows("spo2<85,device_id=mock-002"), 0);
	is_int(shows("spo2>85,device_id=mock-001"), 0);
}

TEST(a_message_without_the_field_is_not_shown)
{
	struct filter filter = {0};
	struct stored stored;

	msg_clear(&msg_stored, &stored);
	is_int(filter_add(&filter, "spo2!=3", NULL), 0);
	is_int(filter_matches(&filter, &msg_stored, &stored), 0);
}

TEST(a_field_is_compared_as_what_it_is_in_each_message)
{
	struct filter filter = {0};
	struct session session;

	/* status: bits in sample, a word in session */
	msg_clear(&msg_session, &session);
	session.status = SESSION_ACTIVE;
	make_sample();
	sample.status = 1;
	is_int(filter_add(&filter, "status=active", NULL), 0);
	is_int(filter_matches(&filter, &msg_session, &session), 1);
	is_int(filter_matches(&filter, &msg_sample, &sample), 0);
}

TEST(a_set_is_asked_for_one_of_its_words)
{
	struct filter filter = {0}, other = {0};
	struct survey survey;

	msg_clear(&msg_survey, &survey);
	survey.sensations = 1 << SENSATION_ZEN | 1 << SENSATION_SLEEPY;
	is_int(filter_add(&filter, "sensations=sleepy", NULL), 0);
	is_int(filter_matches(&filter, &msg_survey, &survey), 1);
	is_int(filter_add(&other, "sensations=trembling", NULL), 0);
	is_int(filter_matches(&other, &msg_survey, &survey), 0);
}

TEST(every_wrong_condition_is_told_what_would_be_right)
{
	static const struct {
		const char *text, *want;
	} rows[] = {
		{"", "write FIELD=VALUE"},
		{"spo2", "write FIELD=VALUE"},
		{"<85", "write FIELD=VALUE"},
		{"spo2!85", "write FIELD=VALUE"},
		{"spo2<85,", "write FIELD=VALUE"},
		{"colour=red", "colour: no message has such a field"},
		{"spo2<x", "spo2: needs a number"},
		{"spo2<", "spo2: needs a number"},
		{"spo2=8 5", "spo2: needs a number"},
		{"taken_us>yesterday", "taken_us: needs a number"},
		{"device_id<a", "device_id: has no order"},
		{"outcome=fine", "outcome: must be one of applied, duplicate, refused"},
		{"outcome<refused", "outcome: has no order"},
		{"columns=x", "columns: is bytes"},
		{"a_field_name_that_is_longer_than_any_field_could_ever_be=1", "too long"},
	};
	struct filter filter;
	struct err err;
	size_t i;

	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		filter = (struct filter){0};
		err = (struct err){0};
		ok(filter_add(&filter, rows[i].text, &err) == -1, "%s", rows[i].text);
		has_str(err.text, rows[i].want);
	}
}

TEST(there_is_room_for_sixteen_conditions_and_no_more)
{
	struct filter filter = {0};
	struct err err;
	int i;

	for (i = 0; i < FILTER_MAX; i++)
		is_int(filter_add(&filter, "spo2<85", NULL), 0);
	is_int(filter_add(&filter, "spo2<85", &err), -1);
	has_str(err.text, "more than 16");
}

int
main(void)
{
	RUN(every_sign_does_what_it_says);
	RUN(an_empty_value_asks_whether_the_field_is_there);
	RUN(an_absent_value_meets_no_comparison);
	RUN(all_conditions_must_hold);
	RUN(a_message_without_the_field_is_not_shown);
	RUN(a_field_is_compared_as_what_it_is_in_each_message);
	RUN(a_set_is_asked_for_one_of_its_words);
	RUN(every_wrong_condition_is_told_what_would_be_right);
	RUN(there_is_room_for_sixteen_conditions_and_no_more);
	return test_done();
}
