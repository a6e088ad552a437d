#include <errno.h>

#include "services/ihht/import/stamp.h"
#include "tests/unit/test.h"

#define NIGHT 1678139232 /* date -u -d '2023-03-06 21:47:12' +%s */
#define JUNE  1685742432 /* date -u -d '2023-06-02 21:47:12' +%s */
#define NEW   1735689600 /* 2025-01-01 00:00:00 */

TEST(every_form_an_app_writes_is_read)
{
	static const struct { const char *text; int64_t s; } rows[] = {
		{"21:47:12 Mar 06 2023", NIGHT},
		{"09:47:12 PM Mar 06 2023", NIGHT},
		{"09:47:12PM Mar 6, 2023", NIGHT},
		{"09:47:12pm march 6, 2023", NIGHT},
		{"09:47:12\u202fPM Mar 6, 2023", NIGHT},
		{"09:47:12\u00a0PM Mar\u00a06, 2023", NIGHT},
		{"Mar 06 2023 21:47:12", NIGHT},
		{"March 6, 2023, 09:47:12 PM", NIGHT},
		{"6 Mar 2023 21:47:12", NIGHT},
		{"06Mar2023 21:47:12", NIGHT},
		{"21:47:12 2023-03-06", NIGHT},
		{"2023-03-06 21:47:12", NIGHT},
		{"2023/3/6 21:47:12", NIGHT},
		{"2023-03-06T21:47:12", NIGHT},
		{"2023-03-06T21:47:12.999", NIGHT},
		{"  21:47:12   Mar 06 2023  ", NIGHT},
		{"21:47:12 13/03/2023", NIGHT + 7 * 86400},
		{"21:47:12 03/13/2023", NIGHT + 7 * 86400},
		{"22.03.2023 21:47:12", NIGHT + 16 * 86400},
		{"12:00:00 AM Jan 01 2025", NEW},
		{"12:00:01 PM Jan 01 2025", NEW + 43201},
		{"0:00:00 Jan 1 2025", NEW},
		{"9:05:07 Jan 1 2025", NEW + 9 * 3600 + 307},
		{"23:59:59 Dec 31 2024", NEW - 1},
		{"00:00:00 Feb 29 2024", 1709164800},
	};
	struct stamp stamp;
	struct err err;
	size_t i;

	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		if (!ok(stamp_read(rows[i].text, &stamp, &err) == 0, "%s: %s", rows[i].text, err.text))
			continue;
		ok(stamp.local_s == rows[i].s, "%s: %lld", rows[i].text, (long long)stamp.local_s);
		ok(stamp.month_first_s == stamp.local_s && !stamp.has_zone, "%s", rows[i].text);
	}
}

TEST(what_does_not_tell_day_from_month_is_both)
{
	static const struct { const char *text; int64_t day, month; enum stamp_order order; } rows[] = {
		{"21:47:12 06/03/2023", NIGHT, JUNE + 86400, STAMP_UNTOLD},
		{"06.03.2023 21:47:12", NIGHT, JUNE + 86400, STAMP_UNTOLD},
		{"21:47:12 02-06-2023", JUNE, JUNE - 116 * 86400, STAMP_UNTOLD},
		{"21:47:12 03/03/2023", NIGHT - 3 * 86400, NIGHT - 3 * 86400, STAMP_UNTOLD},
		{"21:47:12 13/03/2023", NIGHT + 7 * 86400, NIGHT + 7 * 86400, STAMP_DAY_FIRST},
		{"21:47:12 03/13/2023", NIGHT + 7 * 86400, NIGHT + 7 * 86400, STAMP_MONTH_FIRST},
		{"21:47:12 Mar 06 2023", NIGHT, NIGHT, STAMP_UNTOLD},
	};
	struct stamp stamp;
	struct err err;
	size_t i;

	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		ok(stamp_read(rows[i].text, &stamp, &err) == 0, "%s: %s", rows[i].text, err.text);
		ok(stamp.local_s == rows[i].day && stamp.month_first_s == rows[i].month &&
		   stamp.order == rows[i].order, "%s: %lld %lld %d", rows[i].text,
		   (long long)stamp.local_s, (long long)stamp.month_first_s, (int)stamp.order);
	}
}

TEST(a_zone_that_is_written_is_known)
{
	static const struct { const char *text; long east_s; } rows[] = {
		{"2023-03-06T21:47:12Z", 0}, {"2023-03-06T21:47:12+01:00", 3600},
		{"2023-03-06T21:47:12+0100", 3600}, {"2023-03-06 21:47:12 +01", 3600},
		{"2023-03-06T21:47:12-05:30", -19800}, {"2023-03-06T21:47:12.5-12:00", -43200},
	};
	struct stamp stamp;
	struct err err;
	size_t i;

	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		if (ok(stamp_read(rows[i].text, &stamp, &err) == 0, "%s: %s", rows[i].text, err.text))
			ok(stamp.has_zone && stamp.east_s == rows[i].east_s && stamp.local_s == NIGHT,
			   "%s: %ld", rows[i].text, stamp.east_s);
}

TEST(what_is_no_date_is_refused_with_the_reason)
{
	static const struct { const char *text, *why; } rows[] = {
		{"", "no date like 06/03/2023"},
		{"yesterday", "no English name of a month"},
		{"21:47 Mar 06 2023", "no seconds: take the file as the app exported it"},
		{"3/6/2023 21:47", "no seconds"},
		{"21:47:12", "no date like"},
		{"Mar 06 2023", "no time of day"},
		{"21:47:12 21:47:12", "no time of day"},
		{"Mar 06 2023 Mar 06 2023", "no time of day"},
		{"24:00:00 Mar 06 2023", "24:00:00"},
		{"21:60:12 Mar 06 2023", "21:60:12"},
		{"21:47:60 Mar 06 2023", "21:47:60"},
		{"21:4:12 Mar 06 2023", "no time of day"},
		{"21:47:1 Mar 06 2023", "no time of day"},
		{"21:47:121 Mar 06 2023", "no time of day"},
		{"13:47:12 PM Mar 06 2023", "hour 13 with AM or PM"},
		{"00:47:12 AM Mar 06 2023", "hour 0 with AM or PM"},
		{"21:47:12 Ma 06 2023", "no English name"},
		{"21:47:12 Marz 06 2023", "no English name"},
		{"21:47:12 Mai 06 2023", "no English name"},
		{"21:47:12 Mar 2023", "no day after the month"},
		{"21:47:12 Mar 06 25", "no year of four digits"},
		{"21:47:12 06/03/25", "no year of four digits"},
		{"21:47:12 06/03-2023", "no date like"},
		{"21:47:12 06/03/20235", "no year of four digits"},
		{"21:47:12 Feb 29 2023", "no such day"},
		{"21:47:12 30/02/2023", "no such day"},
		{"21:47:12 13/13/2023", "no such day"},
		{"21:47:12 00/03/2023", "no such day"},
		{"21:47:12 2023-13-06", "no such day"},
		{"21:47:12 2023-03-32", "no such day"},
		{"21:47:12 2023-03/06", "no date like 2023-03-06"},
		{"21:47:12 Mar 06 1999", "year 1999: is the clock of the device set?"},
		{"21:47:12 Mar 06 2100", "year 2100"},
		{"2023-03-06T21:47:12X", "something follows"},
		{"2023-03-06T21:47:12+1", "something follows"},
		{"2023-03-06T21:47:12+16:00", "something follows"},
		{"2023-03-06T21:47:12+01:60", "something follows"},
		{"2023-03-06T21:47:12+01:0", "something follows"},
		{"2023-03-06T21:47:12+01:00x", "something follows"},
		{"21:47:12 Mar 06 2023 PM", "something follows"},
		{"\xe2\x80", "no date like"},
	};
	struct stamp stamp = {.local_s = -7};
	struct err err;
	size_t i;

	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		err = (struct err){0};
		ok(stamp_read(rows[i].text, &stamp, &err) == -1, "\"%s\" was taken", rows[i].text);
		ok(strstr(err.text, rows[i].why) != NULL, "\"%s\": %s", rows[i].text, err.text);
		is_int(err.code, EBADMSG);
	}
	is_int(stamp.local_s, -7);
}

int
main(void)
{
	RUN(every_form_an_app_writes_is_read);
	RUN(what_does_not_tell_day_from_month_is_both);
	RUN(a_zone_that_is_written_is_known);
	RUN(what_is_no_date_is_refused_with_the_reason);
	return test_done();
}
