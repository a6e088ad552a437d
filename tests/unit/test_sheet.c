#include <errno.h>
#include <stdlib.h>

#include "services/ihht/import/sheet.h"
#include "services/ihht/import/zone.h"
#include "tests/unit/test.h"

#define NIGHT 1678139232 /* date -u -d '2023-03-06 21:47:12' +%s */
#define HEAD  "Time,Oxygen Level,Pulse Rate,Motion\n"
#define ROW   "21:47:12 Mar 06 2023,94,67,3\n"

static struct recorded got;

/* Read out of a block of exactly that size. */
static int
read_text(const char *text, enum stamp_order order, int64_t name_s, struct err *err)
{
	size_t len = strlen(text);
	char *exact = malloc(len ? len : 1);
	int r;

	recorded_release(&got);
	memcpy(exact, text, len);
	r = sheet_read(exact, len, order, name_s, &got, err);
	free(exact);
	return r;
}

TEST(both_dialects_and_what_is_made_of_them_are_read)
{
	static const char *const rows[] = {
		HEAD ROW,
		"Time,Oxygen Level,Pulse Rate,Motion,O2 Reminder,PR Reminder\r\n"
		"21:47:12 Mar 06 2023,94,67,3,0,0\r\n",
		"Time,SpO2(%),Pulse Rate(bpm),Motion,SpO2 Reminder,PR Reminder,\n"
		"\"09:47:12PM Mar 06, 2023\",94,67,3,0,0,\n",
		"\xef\xbb\xbf" HEAD ROW,
		"TIME;SpO2;Pulse Rate;Motion\n21:47:12 Mar 06 2023;94;67;3",
		"Time\tOxygen Level\tPulse Rate\tMotion\n21:47:12 Mar 06 2023\t94\t67\t3\n\n\r\n",
		"Motion,Pulse Rate,Time,Oxygen Level\n3,67,21:47:12 Mar 06 2023,94\n",
		"\"Time\",\"Oxygen Level\",\"Pulse Rate\",\"Motion\"\n\"21:47:12 Mar 06 2023\",\"94\",\"67\",\"3\"\n",
		"Time,Oxygen Level,Pulse Rate,Motion,Whatever\n21:47:12 Mar 06 2023, 94 ,67.0,3,x\n",
	};
	struct err err;
	size_t i;

	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		if (!ok(read_text(rows[i], STAMP_UNTOLD, 0, &err) == 0, "row %zu: %s", i, err.text))
			continue;
		is_int((long long)got.n, 1);
		ok(got.rows[0].local_s == NIGHT, "row %zu: %lld", i, (long long)got.rows[0].local_s);
		is_real(got.rows[0].spo2, 94);
		is_real(got.rows[0].heart_rate, 67);
		is_real(got.rows[0].motion, 3);
	}
	is_str(got.ignored, "Whatever");
}

TEST(what_the_rings_write_for_none_is_none)
{
	static const struct { const char *cells; double spo2, heart_rate, motion; } rows[] = {
		{"94,67,3", 94, 67, 3}, {"--,--,--", NAN, NAN, NAN}, {",,", NAN, NAN, NAN},
		{"255,65535,255", NAN, NAN, 255}, {"127,255,0", NAN, NAN, 0}, {"0,0,0", NAN, NAN, 0},
		{"100,500,1000000", 100, 500, 1000000}, {"1,1,1", 1, 1, 1}, {"94.5,67.25,0.5", 94.5, 67.25, 0.5},
		{"94,--,3", 94, NAN, 3}, {"-,67,", NAN, 67, NAN}, {"66,250,3", 66, 250, 3},
	};
	char text[200];
	struct err err;
	size_t i;

	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		(void)snprintf(text, sizeof(text), HEAD "21:47:12 Mar 06 2023,%s\n", rows[i].cells);
		if (!ok(read_text(text, STAMP_UNTOLD, 0, &err) == 0, "%s: %s", rows[i].cells, err.text))
			continue;
		is_real(got.rows[0].spo2, rows[i].spo2);
		is_real(got.rows[0].heart_rate, rows[i].heart_rate);
		is_real(got.rows[0].motion, rows[i].motion);
	}
}

TEST(day_and_month_are_told_by_any_row_by_the_name_or_by_the_person)
{
	static const struct { const char *a, *b; enum stamp_order order; int64_t name_s, first_s; } rows[] = {
		{"06/03/2023", "06/03/2023", STAMP_DAY_FIRST, 0, NIGHT},
		{"03/06/2023", "03/06/2023", STAMP_MONTH_FIRST, 0, NIGHT},
		{"12/03/2023", "13/03/2023", STAMP_UNTOLD, 0, NIGHT + 6 * 86400},
		{"03/12/2023", "03/13/2023", STAMP_UNTOLD, 0, NIGHT + 6 * 86400},
		{"06/03/2023", "06/03/2023", STAMP_UNTOLD, NIGHT, NIGHT},
		{"03/06/2023", "03/06/2023", STAMP_UNTOLD, NIGHT, NIGHT},
		{"03/06/2023", "03/06/2023", STAMP_UNTOLD, NIGHT + 14 * 3600, NIGHT},  /* UTC, far east */
		{"03/03/2023", "03/03/2023", STAMP_UNTOLD, 0, NIGHT - 3 * 86400},
	};
	char text[200];
	struct err err;
	size_t i;

	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		(void)snprintf(text, sizeof(text), HEAD "21:47:12 %s,94,67,3\n21:47:16 %s,94,67,3\n", rows[i].a,
			       rows[i].b);
		if (ok(read_text(text, rows[i].order, rows[i].name_s, &err) == 0, "row %zu: %s", i, err.text))
			ok(got.rows[0].local_s == rows[i].first_s, "row %zu: %lld", i,
			   (long long)(got.rows[0].local_s - NIGHT));
	}
	is_int(read_text(HEAD "21:47:12 06/03/2023,94,67,3\n", STAMP_UNTOLD, 0, &err), -1);
	is_int(err.code, EAGAIN);
	has_str(err.text, "line 2: which is the day and which the month? Say --dates day-first");
	is_int(read_text(HEAD "21:47:12 06/03/2023,94,67,3\n", STAMP_UNTOLD, 1, &err), -1);
}

TEST(a_zone_in_the_file_is_kept)
{
	struct err err;

	is_int(read_text(HEAD "2023-03-06T21:47:12+01:00,94,67,3\n2023-03-06T21:47:16+01:00,94,67,3\n",
			 STAMP_UNTOLD, 0, &err), 0);
	is_int(got.rows[1].utc_s, NIGHT + 4 - 3600);
	is_int(read_text(HEAD "21:47:12 03/06/2023 +01:00,94,67,3\n", STAMP_MONTH_FIRST, 0, &err), 0);
	is_int(got.rows[0].local_s, NIGHT);
	is_int(got.rows[0].utc_s, NIGHT - 3600);
}

TEST(every_wrong_file_is_refused_with_line_column_and_reason)
{
	static const struct { const char *text, *why; } rows[] = {
		{"", "line 1: no column Time: this is no export"},
		{"\xff\xfeT", "line 1: UTF-16"},
		{"hello\n", "line 1: no column Time"},
		{"t_ms,spo2,heart_rate\n0,98,70\n", "line 1: no column Time"},
		{"Time,Pulse Rate\n", "line 1: no column Oxygen Level or SpO2"},
		{"Time,SpO2\n", "line 1: no column Pulse Rate"},
		{"Time,SpO2,Pulse Rate,SpO2(%)\n", "line 1: more than one column Oxygen Level"},
		{"Time,Time,SpO2,Pulse Rate\n", "line 1: more than one column Time"},
		{"Time,Motion,SpO2,Pulse Rate,Motion\n", "line 1: more than one column Motion"},
		{",,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,\n", "line 1: more than 32 columns"},
		{HEAD, "line 2: no rows"},
		{HEAD "\n\n", "line 2: no rows"},
		{HEAD ROW "21:47:16 Mar 06 2023,abc,67,3\n", "line 3, column 2 (Oxygen Level): \"abc\" is no number"},
		{HEAD "21:47:16 Mar 06 2023,101,67,3\n", "line 2, column 2 (Oxygen Level): 101 is beyond 100"},
		{HEAD "21:47:16 Mar 06 2023,-5,67,3\n", "\"-5\" is no number"},
		{HEAD "21:47:16 Mar 06 2023,0x10,67,3\n", "\"0x10\" is no number"},
		{HEAD "21:47:16 Mar 06 2023,9e1,67,3\n", "\"9e1\" is no number"},
		{HEAD "21:47:16 Mar 06 2023,1.2.3,67,3\n", "\"1.2.3\" is no number"},
		{HEAD "21:47:16 Mar 06 2023,94,501,3\n", "line 2, column 3 (Pulse Rate): 501 is beyond 500"},
		{HEAD "21:47:16 Mar 06 2023,94,67,1000001\n", "line 2, column 4 (Motion): 1000001 is beyond 1000000"},
		{HEAD "21:47:16 Mar 06 2023,94,67,\x01\x02\n", "\"\?\?\" is no number"},
		{HEAD "21:47:16 Mar 06 2023,94\n", "line 2: ends before column 3 (Pulse Rate)"},
		{HEAD "21:47:16 Mar 06 2023\n", "line 2: ends before column 2 (Oxygen Level)"},
		{HEAD "21:47:16 Mar 06 2023,94,67,3,0,9\n", "line 2, column 5: the first line has only 4"},
		{HEAD "later,94,67,3\n", "line 2, column 1 (Time): \"later\": no English name of a month"},
		{HEAD "3/6/2023 21:47,94,67,3\n", "no seconds: take the file as the app exported it"},
		{HEAD ROW "\"21:47:16 Mar 06 2023,94,67,3\n", "line 3, column 1: a quote is not closed"},
		{HEAD ROW "21:47:16 Mar 06 2023,94,67,\"3", "line 3, column 4: a quote is not closed"},
		{HEAD "21:47:12 13/03/2023,94,67,3\n21:47:12 03/14/2023,94,67,3\n",
		 "line 3, column 1 (Time): \"21:47:12 03/14/2023\": the month comes first here, and not in a line before"},
		{HEAD "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa,94,67,3\n",
		 "line 2, column 1: a cell of more than 79 bytes"},
	};
	struct err err;
	size_t i;

	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		err = (struct err){0};
		ok(read_text(rows[i].text, STAMP_UNTOLD, 0, &err) == -1, "row %zu was taken", i);
		ok(strstr(err.text, rows[i].why) != NULL, "row %zu: %s", i, err.text);
	}
	is_int(read_text(HEAD "21:47:12 13/03/2023,94,67,3\n", STAMP_MONTH_FIRST, 0, &err), -1);
	has_str(err.text, "the day comes first here, and not as was said");
	is_int(sheet_read(HEAD ROW "21:47:16\0Mar,94,67,3\n", sizeof(HEAD ROW) + 20, STAMP_UNTOLD, 0, &got,
			  &err), -1);
	has_str(err.text, "line 3, column 1: a byte of 0");
}

/* ---- what both formats become */

TEST(the_name_of_a_file_tells_device_and_time)
{
	static const struct { const char *path, *device; int64_t s; } rows[] = {
		{"O2Ring 0009_1678139232000.csv", "O2Ring 0009", NIGHT},
		{"/a_b/c.d/O2Ring 0009_1678139232123.csv", "O2Ring 0009", NIGHT},
		{"O2Ring S_20230306214712.csv", "O2Ring S", NIGHT},
		{"Checkme O2 Max _20230306214712.csv", "Checkme O2 Max", NIGHT},
		{"O2Ring S_20230306214712 (1).csv", "O2Ring S", NIGHT},
		{"O2Ring S_20230306214712(12).csv", "O2Ring S", NIGHT},
		{"20230306214712.vld", "", NIGHT},
		{"20230306214712", "", NIGHT},
		{"export.csv", "export", 0},
		{"O2Ring 0009.csv", "O2Ring 0009", 0},
		{"(1).csv", "", 0},
		{".csv", "", 0},
		{"", "", 0},
		{"0123456789012345678901234567890123456789012345678901234567890123456789.csv",
		 "0123456789012345678901234567890123456789012345678901234567890123", 0},
	};
	char device[65];
	int64_t s;
	size_t i;

	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		recorded_name(rows[i].path, device, &s);
		is_str(device, rows[i].device);
		ok(s == rows[i].s, "%s: %lld", rows[i].path, (long long)s);
	}
}

static void
add_row(int64_t local_s, int64_t utc_s)
{
	struct recorded_row *row = recorded_add(&got);

	row->local_s = local_s;
	row->utc_s = utc_s;
	row->line = (int64_t)got.n + 1;
}

TEST(rows_get_their_instant_and_a_second_only_one)
{
	struct err err;

	recorded_release(&got);
	is_int(zone_set("+01:00", &err), 0);
	add_row(NIGHT, MSG_NONE);
	add_row(NIGHT, MSG_NONE);
	add_row(NIGHT + 4, MSG_NONE);
	add_row(NIGHT + 4, NIGHT + 4 - 3600);
	add_row(NIGHT + 6, NIGHT + 6 - 3600);
	add_row(NIGHT + 100, MSG_NONE);
	is_int(recorded_place(&got, &err), 0);
	is_int((long long)got.n, 4);
	is_int(got.n_repeated, 2);
	is_int(got.step_s, 2);
	is_int(got.rows[0].utc_s, NIGHT - 3600);
	is_int(got.rows[2].utc_s, NIGHT + 6 - 3600);
	is_int(got.rows[3].line, 7);
	recorded_release(&got);
	add_row(NIGHT, MSG_NONE);
	is_int(recorded_place(&got, &err), 0);
	is_int(got.step_s, 60);
}

TEST(time_that_goes_back_is_refused)
{
	struct err err;

	recorded_release(&got);
	is_int(zone_set("UTC", &err), 0);
	add_row(NIGHT, MSG_NONE);
	add_row(NIGHT - 10, MSG_NONE);
	is_int(recorded_place(&got, &err), -1);
	has_str(err.text, "line 3: time goes back by 10 s; where clocks were changed in that night");
}

TEST(an_hour_that_clocks_showed_twice_is_in_order)
{
	const int64_t two = 1761444000;  /* 2025-10-26 02:00:00, read as if UTC */
	struct err err;

	if (zone_set("Europe/Berlin", &err) < 0)
		SKIP("no tzdata here");
	recorded_release(&got);
	add_row(two + 3596, MSG_NONE);
	add_row(two, MSG_NONE);
	add_row(two + 4, MSG_NONE);
	add_row(two + 3600, MSG_NONE);
	if (!ok(recorded_place(&got, &err) == 0, "%s", err.text))
		return;
	is_int(got.rows[1].utc_s - got.rows[0].utc_s, 4);
	is_int(got.rows[3].utc_s - got.rows[2].utc_s, 3596);
}

TEST(a_row_becomes_a_reading_named_by_its_second)
{
	struct recorded_row row = {.local_s = NIGHT, .utc_s = NIGHT - 3600, .spo2 = NAN, .heart_rate = NAN,
				   .motion = 3};
	struct reading reading;

	recorded_reading(&row, &reading);
	is_int(reading.taken_us, (NIGHT - 3600) * 1000000LL);
	is_int(reading.epoch, 1);
	is_int(reading.seq, NIGHT);
	is_int(reading.invalid, INVALID_UNAVAILABLE);
	is_int(reading.data_source, DATA_SOURCE_MANUAL);
	row.heart_rate = 70;
	recorded_reading(&row, &reading);
	is_int(reading.invalid, INVALID_NO);
	is_real(reading.heart_rate, 70);
	is_real(reading.motion, 3);
}

int
main(void)
{
	RUN(both_dialects_and_what_is_made_of_them_are_read);
	RUN(what_the_rings_write_for_none_is_none);
	RUN(day_and_month_are_told_by_any_row_by_the_name_or_by_the_person);
	RUN(a_zone_in_the_file_is_kept);
	RUN(every_wrong_file_is_refused_with_line_column_and_reason);
	RUN(the_name_of_a_file_tells_device_and_time);
	RUN(rows_get_their_instant_and_a_second_only_one);
	RUN(time_that_goes_back_is_refused);
	RUN(an_hour_that_clocks_showed_twice_is_in_order);
	RUN(a_row_becomes_a_reading_named_by_its_second);
	recorded_release(&got);
	return test_done();
}
