#include "services/sync-worker/months.h"

#include <stdio.h>
#include <time.h>

int
month_of(int64_t utc_us)
{
	time_t s = utc_us / 1000000;
	struct tm tm;

	(void)gmtime_r(&s, &tm);
	return (tm.tm_year - 70) * 12 + tm.tm_mon;
}

int64_t
month_start_us(int month)
{
	struct tm tm = {.tm_year = 70 + month / 12, .tm_mon = month % 12, .tm_mday = 1};

	return (int64_t)timegm(&tm) * 1000000;
}

const char *
month_table(int month, char name[MONTH_TABLE])
{
	(void)snprintf(name, MONTH_TABLE, "ihht.readings_%04d_%02d", 1970 + month / 12,
		       month % 12 + 1);
	return name;
}
