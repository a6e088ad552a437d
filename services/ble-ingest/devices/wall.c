#include "services/ble-ingest/devices/wall.h"

#include <time.h>

#define QUARTER_US (900 * 1000000LL)

int64_t
wall_us(int year, int month, int day, int hour, int minute, int second)
{
	struct tm tm = {.tm_year = year - 1900, .tm_mon = month - 1, .tm_mday = day,
			.tm_hour = hour, .tm_min = minute, .tm_sec = second}, same = tm;
	time_t t;

	if (year < 1970 || year > 2099)
		return WALL_NONE;
	t = timegm(&same);  /* which turns 31 April into 1 May */
	if (same.tm_mon != tm.tm_mon || same.tm_mday != tm.tm_mday || same.tm_hour != tm.tm_hour ||
	    same.tm_min != tm.tm_min || same.tm_sec != tm.tm_sec)
		return WALL_NONE;
	return (int64_t)t * 1000000;
}

int64_t
wall_zone(int64_t wall, int64_t utc_us)
{
	int64_t ahead = wall - utc_us + QUARTER_US / 2;

	return (ahead - (ahead % QUARTER_US + QUARTER_US) % QUARTER_US);
}

int64_t
wall_date_time(const uint8_t b[7])
{
	return wall_us(b[0] | b[1] << 8, b[2], b[3], b[4], b[5], b[6]);
}
