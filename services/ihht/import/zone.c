#include "services/ihht/import/zone.h"

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

#include "services/ihht/import/stamp.h"

static const char folder[] = "/usr/share/zoneinfo";

/* POSIX counts to the west. */
static int
set_offset(const char *name)
{
	long east_s, minutes;
	char text[64];

	if (stamp_offset(name, &east_s) < 0)
		return -1;
	minutes = labs(east_s) / 60;
	(void)snprintf(text, sizeof(text), "<%c%02ld%02ld>%c%02ld:%02ld", *name, minutes / 60, minutes % 60,
		       *name == '-' ? '+' : '-', minutes / 60, minutes % 60);
	return setenv("TZ", text, 1);
}

/* glibc takes a name it does not know for UTC: ask the file. */
static int
is_known(const char *name)
{
	struct stat st;
	char path[300];

	if (!isalpha((unsigned char)*name) || strstr(name, ".."))
		return 0;
	return snprintf(path, sizeof(path), "%s/%s", folder, name) < (int)sizeof(path) &&
	       stat(path, &st) == 0 && S_ISREG(st.st_mode);
}

int
zone_set(const char *name, struct err *err)
{
	if (!name)
		return tzset(), 0;
	if (*name == '+' || *name == '-') {
		if (set_offset(name) < 0)
			return err_set(err, EINVAL, "%s: no offset like +02:00", name);
	} else if (strcmp(name, "UTC") && !is_known(name)) {
		return err_set(err, EINVAL, "%s: no such zone in %s; an offset like +02:00 will do", name,
			       folder);
	} else if (setenv("TZ", name, 1) < 0) {
		return err_set(err, errno, "TZ: %s", strerror(errno));
	}
	tzset();
	return 0;
}

/* Whether clocks there show local_s at `utc_s`. */
static int
shows(int64_t utc_s, int64_t local_s)
{
	time_t t = (time_t)utc_s;
	struct tm tm;

	return localtime_r(&t, &tm) && timegm(&tm) == local_s;
}

static int64_t
instant(int64_t local_s, int is_summer)
{
	time_t t = (time_t)local_s;
	struct tm tm;

	gmtime_r(&t, &tm);
	tm.tm_isdst = is_summer;
	return mktime(&tm);
}

int64_t
zone_utc(int64_t local_s, int64_t after_s)
{
	int64_t early = instant(local_s, 1), late = instant(local_s, 0), swap = early;

	if (early > late) {  /* some zones call their winter the other time */
		early = late;
		late = swap;
	}
	if (!shows(late, local_s) && shows(early, local_s))
		late = early;
	else if (!shows(early, local_s))
		early = late;
	return early > after_s ? early : late;
}

const char *
zone_offset(int64_t utc_s, char text[16])
{
	time_t t = (time_t)utc_s;
	struct tm tm;
	long minutes;

	localtime_r(&t, &tm);
	minutes = labs(tm.tm_gmtoff) / 60;
	(void)snprintf(text, 16, "%c%02u:%02u", tm.tm_gmtoff < 0 ? '-' : '+',
		       (unsigned)(minutes / 60) % 100, (unsigned)(minutes % 60));
	return text;
}
