/*
 * The Pulse Oximeter Service: every vector, every flag, every bit, and the records of a
 * device's memory by its control point.
 */
#include "tests/unit/play.h"

enum { CONTINUOUS, SPOT, FEATURES, CONTROL, CLOCK, BATTERY };
#define NOW_S (PLAY_UTC_US / 1000000)
#define RECORDS "0C00"  /* features: storage and timestamps */

TEST(every_vector_says_what_it_should)
{
	is_int(play_vectors("plx", "plx", NULL, 0, 0), 114);
}

TEST(payloads_of_real_devices_say_what_their_source_saw)
{
	struct play_payload row;
	struct play p;
	char want[100];
	FILE *f = play_payloads("plx_1822");
	int n = 0;

	if (!f)
		SKIP("../shared/data is not here");
	while (play_payload(f, &row)) {
		play_begin(&p, "plx", 0, 0);
		(void)play_hear(&p, strstr(row.extra, "char=2a5e") ? SPOT : CONTINUOUS, row.hex);
		(void)snprintf(want, sizeof(want), "value spo2=%s pulse=%s ", row.spo2, row.pulse);
		if (strstr(row.extra, "expect=not_a_valid_measurement"))
			has_str(p.said, "out_of_range");
		else
			has_str(p.said, want);
		play_end(&p);
		n++;
	}
	fclose(f);
	ok(n >= 3, "%d rows", n);
}

TEST(any_prefix_of_a_measurement_is_one_or_is_wrong)
{
	static const char whole[] = "1FDEF3CAF3CAF35AF5D4F3B2F22001000000 7AE3";
	uint8_t bytes[20];
	struct play p;
	size_t len;

	is_int(play_hex(whole, bytes, sizeof(bytes)), 20);
	play_begin(&p, "plx", 0, 0);
	for (len = 0; len < 20; len++) {
		p.said[0] = '\0';
		has_str(play_bytes(&p, CONTINUOUS, bytes, len), "wrong continuous");
		p.said[0] = '\0';
		has_str(play_bytes(&p, SPOT, bytes, len), len < 19 ? "wrong spot-check" : "value");
	}
	play_end(&p);
}

TEST(a_device_without_any_measurement_is_left)
{
	struct play p;

	play_begin(&p, "plx", 1u << CONTINUOUS | 1u << SPOT, 0);
	is_str(p.said, "stranger");
	play_end(&p);
	play_begin(&p, "plx", 1u << CONTINUOUS, 0);
	is_str(p.said, "");
	play_end(&p);
}

/* ---- stored records */

/* A spot check of `second` after PLAY_UTC_US, by a clock that is `ahead` of UTC. */
static const char *
record(struct play *p, int second, int64_t ahead_s, int spo2)
{
	char text[CLOCK_TEXT], hex[100];
	int y, mo, d, h, mi, s;

	clock_text((NOW_S + second + ahead_s) * 1000000, text);
	if (sscanf(text, "%d-%d-%dT%d:%d:%d", &y, &mo, &d, &h, &mi, &s) != 6)
		return "";
	(void)snprintf(hex, sizeof(hex), "03%02X004800%02X%02X%02X%02X%02X%02X%02X2002", spo2,
		       y & 255, y >> 8, mo, d, h, mi, s);
	return play_hear(p, SPOT, hex);
}

static void
begin_with_records(struct play *p, int64_t zone_us)
{
	play_begin(p, "plx", 0, zone_us);
	(void)play_hear(p, FEATURES, RECORDS);
}

TEST(what_was_missed_is_asked_for_once_and_given_without_doubles)
{
	char want[100];
	struct play p;

	begin_with_records(&p, 0);
	is_str(play_recall(&p, PLAY_UTC_US + 10 * CLOCK_SECOND, PLAY_UTC_US + 20 * CLOCK_SECOND),
	       "write 3 0401");
	is_str(play_hear(&p, CONTROL, "05000500"), "write 3 0101");
	is_str(record(&p, 9, 0, 90), "");
	is_str(record(&p, 10, 0, 91), "");
	(void)snprintf(want, sizeof(want), "stored at=%lld %lld000000.1 spo2=92 pulse=72 status=0x220 "
		       "device=2025-11-23T04:00:11", (long long)NOW_S + 11, (long long)NOW_S + 11);
	is_str(record(&p, 11, 0, 92), want);
	has_str(record(&p, 19, 0, 93), "spo2=93");
	is_str(record(&p, 20, 0, 94), "");
	is_str(play_hear(&p, CONTROL, "06000101"), "recalled 10-20");
	is_str(play_wait(&p, 3600 * CLOCK_SECOND), "");
	/* and a fresh measurement is one of now again */
	has_str(play_hear(&p, SPOT, "0061004800"), "value spo2=97");
	play_end(&p);
}

TEST(a_record_has_the_same_name_whenever_it_is_fetched)
{
	char first[300];
	struct play p;
	int i;

	for (i = 0; i < 2; i++) {
		begin_with_records(&p, 3600 * CLOCK_SECOND);
		/* the second time the machine's zone is wrong, but the device tells its time,
		 * a few seconds off */
		if (i) {
			p.now.utc_us += 5000 * CLOCK_SECOND;
			(void)play_hear(&p, CLOCK, "E9070B17061722000000");
		}
		(void)play_recall(&p, PLAY_UTC_US, PLAY_UTC_US + 60 * CLOCK_SECOND);
		(void)play_hear(&p, CONTROL, "05000300");
		has_str(record(&p, 30, 3600, 92), "stored at=");
		has_str(record(&p, 30, 3600, 93), ".2 spo2=93");
		if (!i)
			(void)snprintf(first, sizeof(first), "%.299s", p.said);
		is_str(p.said, first);
		has_str(record(&p, 31, 3600, 93), ".1 spo2=93");
		play_end(&p);
	}
}

TEST(the_zone_is_a_whole_quarter_of_an_hour)
{
	static const struct { int shows_s, zone_s; } rows[] = {
		{0, 0}, {449, 0}, {451, 900}, {-449, 0}, {-451, -900}, {3600, 3600},
		{3600 + 120, 3600}, {20700, 20700}, {-12600, -12600}, {-12600 - 300, -12600},
	};
	char text[CLOCK_TEXT], hex[30];
	int y, mo, d, h, mi, s;
	struct play p;
	size_t i;

	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		begin_with_records(&p, 77 * 3600 * CLOCK_SECOND);
		clock_text((NOW_S + rows[i].shows_s) * 1000000, text);
		if (sscanf(text, "%d-%d-%dT%d:%d:%d", &y, &mo, &d, &h, &mi, &s) != 6)
			continue;
		(void)snprintf(hex, sizeof(hex), "%02X%02X%02X%02X%02X%02X%02X000000", y & 255, y >> 8,
			       mo, d, h, mi, s);
		(void)play_hear(&p, CLOCK, hex);
		(void)play_recall(&p, PLAY_UTC_US - 1, PLAY_UTC_US + 1);
		(void)play_hear(&p, CONTROL, "05000100");
		has_str(record(&p, 0, rows[i].zone_s, 92), "stored at=1763870400 ");
		play_end(&p);
	}
}

TEST(nothing_is_asked_of_a_device_that_keeps_or_dates_nothing)
{
	static const char *const features[] = {"0000", "0400", "0800", "A300"};
	struct play p;
	size_t i;

	for (i = 0; i < sizeof(features) / sizeof(features[0]); i++) {
		play_begin(&p, "plx", 0, 0);
		is_str(play_recall(&p, 1, PLAY_UTC_US), "");
		is_str(play_hear(&p, FEATURES, features[i]), "");
		play_end(&p);
	}
	play_begin(&p, "plx", 1u << CONTROL, 0);
	is_str(play_hear(&p, FEATURES, RECORDS), "");
	is_str(play_recall(&p, 1, PLAY_UTC_US), "");
	play_end(&p);
	play_begin(&p, "plx", 0, 0);
	is_str(play_recall(&p, 1, PLAY_UTC_US), "");
	is_str(play_hear(&p, FEATURES, RECORDS), "write 3 0401");
	play_end(&p);
}

/* What the control point may answer, to the count and to the report. */
TEST(every_answer_of_the_control_point_ends_in_rest_or_in_words)
{
	static const struct { const char *to_count, *said, *to_report, *end; } rows[] = {
		{"05000000", "recalled 0-1", NULL, NULL},
		{"06000406", "recalled 0-1", NULL, NULL},
		{"06000402", "write 3 0101", "06000106", "recalled 0-1"},
		{"06000402", "write 3 0101", "06000101", "recalled 0-1"},
		{"06000403", "wrong it refuses to give stored records: code 3", NULL, NULL},
		{"06000404", "wrong it refuses to give stored records: code 4", NULL, NULL},
		{"06000405", "wrong it refuses to give stored records: code 5", NULL, NULL},
		{"06000408", "wrong it refuses to give stored records: code 8", NULL, NULL},
		{"06000409", "wrong it refuses to give stored records: code 9", NULL, NULL},
		{"05000201", "write 3 0101", "06000101", "wrong it has 258 stored records and gave 0"},
		{"05000201", "write 3 0101", "06000106", "wrong it has 258 stored records and gave 0"},
		{"05000201", "write 3 0101", "06000107",
		 "wrong it refuses to give stored records: code 7"},
	};
	struct play p;
	size_t i;

	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		begin_with_records(&p, 0);
		(void)play_recall(&p, PLAY_UTC_US, PLAY_UTC_US + CLOCK_SECOND);
		is_str(play_hear(&p, CONTROL, rows[i].to_count), rows[i].said);
		if (rows[i].to_report)
			is_str(play_hear(&p, CONTROL, rows[i].to_report), rows[i].end);
		is_int(p.kind->wait_us(p.state, &p.now), INT64_MAX);
		is_str(play_recall(&p, PLAY_UTC_US, PLAY_UTC_US + CLOCK_SECOND), "write 3 0401");
		play_end(&p);
	}
}

TEST(an_answer_to_something_else_is_wrong_and_changes_nothing)
{
	static const char *const answers[] = {
		"", "06", "060001", "06000101", "06000501", "05", "050002", "01010000", "FF00FF00",
	};
	struct play p;
	size_t i;

	begin_with_records(&p, 0);
	(void)play_recall(&p, 1, 2);
	for (i = 0; i < sizeof(answers) / sizeof(answers[0]); i++)
		is_str(play_hear(&p, CONTROL, answers[i]),
		       "wrong record control point: not an answer to what was asked");
	is_str(play_hear(&p, CONTROL, "05000100"), "write 3 0101");
	is_str(play_hear(&p, CONTROL, "05000100"),
	       "wrong record control point: not an answer to what was asked");
	play_end(&p);
}

TEST(silence_is_asked_again_three_times_and_then_let_go)
{
	struct play p;

	begin_with_records(&p, 0);
	(void)play_recall(&p, 1, 2);
	is_str(play_wait(&p, 29 * CLOCK_SECOND), "");
	is_int(p.kind->wait_us(p.state, &p.now), CLOCK_SECOND);
	is_str(play_wait(&p, CLOCK_SECOND), "write 3 0401");
	is_str(play_wait(&p, 30 * CLOCK_SECOND), "write 3 0401");
	is_str(play_wait(&p, 30 * CLOCK_SECOND), "wrong no answer from the record control point");
	is_int(p.kind->wait_us(p.state, &p.now), INT64_MAX);
	/* records that come keep a report alive */
	(void)play_recall(&p, 1, PLAY_UTC_US * 2);
	(void)play_hear(&p, CONTROL, "05000900");
	is_str(play_wait(&p, 29 * CLOCK_SECOND), "");
	has_str(record(&p, 0, 0, 92), "stored");
	is_str(play_wait(&p, 29 * CLOCK_SECOND), "");
	play_end(&p);
}

TEST(what_is_missed_during_a_report_is_asked_for_after_it)
{
	struct play p;

	begin_with_records(&p, 0);
	(void)play_recall(&p, PLAY_UTC_US, PLAY_UTC_US + 10 * CLOCK_SECOND);
	is_str(play_recall(&p, PLAY_UTC_US + 20 * CLOCK_SECOND, PLAY_UTC_US + 30 * CLOCK_SECOND), "");
	(void)play_hear(&p, CONTROL, "05000200");
	has_str(record(&p, 5, 0, 92), "stored");
	is_str(record(&p, 15, 0, 92), "");
	is_str(play_hear(&p, CONTROL, "06000101"), "recalled 0-10, write 3 0401");
	(void)play_hear(&p, CONTROL, "05000200");
	is_str(record(&p, 5, 0, 92), "");
	has_str(record(&p, 25, 0, 92), "stored");
	is_str(play_hear(&p, CONTROL, "06000101"), "recalled 20-30");
	play_end(&p);
}

TEST(eight_stretches_can_be_missed_and_of_more_the_last_ones)
{
	struct play p;
	int i;

	begin_with_records(&p, 0);
	p.kind->heard(p.state, FEATURES, (const uint8_t *)"\0\0", 2, &p.now);  /* not yet */
	for (i = 0; i < 10; i++)
		(void)play_recall(&p, PLAY_UTC_US + (10 * i - 1) * CLOCK_SECOND,
				  PLAY_UTC_US + (10 * i + 1) * CLOCK_SECOND);
	(void)play_hear(&p, FEATURES, RECORDS);
	(void)play_hear(&p, CONTROL, "05000A00");
	for (i = 0; i < 10; i++)
		ok(!strstr(record(&p, 10 * i, 0, 92), "stored") == (i < 2), "%d", i);
	is_str(play_hear(&p, CONTROL, "06000101"), "recalled 19-21, recalled 29-31, recalled 39-41, "
	       "recalled 49-51, recalled 59-61, recalled 69-71, recalled 79-81, recalled 89-91");
	play_end(&p);
}

TEST(a_record_that_cannot_be_placed_is_told)
{
	struct play p;

	begin_with_records(&p, 0);
	(void)play_recall(&p, 1, PLAY_UTC_US * 2);
	(void)play_hear(&p, CONTROL, "05000200");
	is_str(play_hear(&p, SPOT, "0061004800"), "wrong a stored record without a time");
	is_str(play_hear(&p, SPOT, "1161004800E8070101012213"), "wrong a stored record without a time");
	play_end(&p);
	/* from storage, though nobody asked: it was heard when it was new */
	play_begin(&p, "plx", 0, 0);
	is_str(record(&p, 5, 0, 92), "");
	play_end(&p);
}

int
main(void)
{
	RUN(every_vector_says_what_it_should);
	RUN(payloads_of_real_devices_say_what_their_source_saw);
	RUN(any_prefix_of_a_measurement_is_one_or_is_wrong);
	RUN(a_device_without_any_measurement_is_left);
	RUN(what_was_missed_is_asked_for_once_and_given_without_doubles);
	RUN(a_record_has_the_same_name_whenever_it_is_fetched);
	RUN(the_zone_is_a_whole_quarter_of_an_hour);
	RUN(nothing_is_asked_of_a_device_that_keeps_or_dates_nothing);
	RUN(every_answer_of_the_control_point_ends_in_rest_or_in_words);
	RUN(an_answer_to_something_else_is_wrong_and_changes_nothing);
	RUN(silence_is_asked_again_three_times_and_then_let_go);
	RUN(what_is_missed_during_a_report_is_asked_for_after_it);
	RUN(eight_stretches_can_be_missed_and_of_more_the_last_ones);
	RUN(a_record_that_cannot_be_placed_is_told);
	return test_done();
}
