#include <errno.h>

#include "services/ihht/import/stamp.h"
#include "tests/unit/test.h"

#define NIGHT 1741299656 /* date -u -d '2025-03-06 22:20:56' +%s */
#define JUNE  1748902856 /* date -u -d '2025-06-02 22:20:56' +%s */
#define NEW   1735689600 /* 2025-01-01 00:00:00 */

TEST(every_form_an_app_writes_is_read)
{
	static const struct { const char *text; int64_t s; } rows[] = {
		{"22:20:56 Mar 06 2025", NIGHT},
		{"10:20:56 PM Mar 06 2025", NIGHT},
		{"10:20:56PM Mar 6, 2025", NIGHT},
		{"10:20:56pm march 6, 2025", NIGHT},
		{"10:20:56\u202fPM Mar 6, 2025", NIGHT},
		{"10:20:56\u00a0PM Mar\u00a06, 2025", NIGHT},
		{"Mar 06 2025 22:20:56", NIGHT},
		{"March 6, 2025, 10:20:56 PM", NIGHT},
		{"6 Mar 2025 22:20:56", NIGHT},
		{"06Mar2025 22:20:56", NIGHT},
		{"22:20:56 2025-03-06", NIGHT},
		{"2025-03-06 22:20:56", NIGHT},
		{"2025/3/6 22:20:56", NIGHT},
		{"2025-03-06T22:20:56", NIGHT},
		{"2025-03-06T22:20:56.999", NIGHT},
		{"  22:20:56   Mar 06 2025  ", NIGHT},
		{"22:20:56 13/03/2025", NIGHT + 7 * 86400},
		{"22:20:56 03/13/2025", NIGHT + 7 * 86400},
		{"22.03.2025 22:20:56", NIGHT + 16 * 86400},
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
		{"22:20:56 06/03/2025", NIGHT, JUNE + 86400, STAMP_UNTOLD},
		{"06.03.2025 22:20:56", NIGHT, JUNE + 86400, STAMP_UNTOLD},
		{"22:20:56 02-06-2025", JUNE, JUNE - 116 * 86400, STAMP_UNTOLD},
		{"22:20:56 03/03/2025", NIGHT - 3 * 86400, NIGHT - 3 * 86400, STAMP_UNTOLD},
		{"22:20:56 13/03/2025", NIGHT + 7 * 86400, NIGHT + 7 * 86400, STAMP_DAY_FIRST},
		{"22:20:56 03/13/2025", NIGHT + 7 * 86400, NIGHT + 7 * 86400, STAMP_MONTH_FIRST},
		{"22:20:56 Mar 06 2025", NIGHT, NIGHT, STAMP_UNTOLD},
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
		{"2025-03-06T22:20:56Z", 0}, {"2025-03-06T22:20:56+01:00", 3600},
		{"2025-03-06T22:20:56+0100", 3600}, {"2025-03-06 22:20:56 +01", 3600},
		{"2025-03-06T22:20:56-05:30", -19800}, {"2025-03-06T22:20:56.5-12:00", -43200},
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
		{"", "no date like 06/03/2025"},
		{"yesterday", "no English name of a month"},
		{"22:20 Mar 06 2025", "no seconds: take the file as the app exported it"},
		{"3/6/2025 22:20", "no seconds"},
		{"22:20:56", "no date like"},
		{"Mar 06 2025", "no time of day"},
		{"22:20:56 22:20:56", "no time of day"},
		{"Mar 06 2025 Mar 06 2025", "no time of day"},
		{"24:00:00 Mar 06 2025", "24:00:00"},
		{"22:60:56 Mar 06 2025", "22:60:56"},
		{"22:20:60 Mar 06 2025", "22:20:60"},
		{"22:2:56 Mar 06 2025", "no time of day"},
		{"22:20:5 Mar 06 2025", "no time of day"},
		{"22:20:561 Mar 06 2025", "no time of day"},
		{"13:20:56 PM Mar 06 2025", "hour 13 with AM or PM"},
		{"00:20:56 AM Mar 06 2025", "hour 0 with AM or PM"},
		{"22:20:56 Ma 06 2025", "no English name"},
		{"22:20:56 Marz 06 2025", "no English name"},
		{"22:20:56 Mai 06 2025", "no English name"},
		{"22:20:56 Mar 2025", "no day after the month"},
		{"22:20:56 Mar 06 25", "no year of four digits"},
		{"22:20:56 06/03/25", "no year of four digits"},
		{"22:20:56 06/03-2025", "no date like"},
		{"22:20:56 06/03/20255", "no year of four digits"},
		{"22:20:56 Feb 29 2025", "no such day"},
		{"22:20:56 30/02/2025", "no such day"},
		{"22:20:56 13/13/2025", "no such day"},
		{"22:20:56 00/03/2025", "no such day"},
		{"22:20:56 2025-13-06", "no such day"},
		{"22:20:56 2025-03-32", "no such day"},
		{"22:20:56 2025-03/06", "no date like 2025-03-06"},
		{"22:20:56 Mar 06 1999", "year 1999: is the clock of the device set?"},
		{"22:20:56 Mar 06 2100", "year 2100"},
		{"2025-03-06T22:20:56X", "something follows"},
		{"2025-03-06T22:20:56+1", "something follows"},
		{"2025-03-06T22:20:56+16:00", "something follows"},
		{"2025-03-06T22:20:56+01:60", "something follows"},
		{"2025-03-06T22:20:56+01:0", "something follows"},
		{"2025-03-06T22:20:56+01:00x", "something follows"},
		{"22:20:56 Mar 06 2025 PM", "something follows"},
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
