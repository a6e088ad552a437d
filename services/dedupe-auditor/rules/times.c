#include "services/dedupe-auditor/rules/times.h"

#include <ctype.h>
#include <errno.h>
#include <math.h>
#include <string.h>

#include "common/clock.h"
#include "proto/msg.h"

static int
in_range(int64_t us, struct err *err)
{
	if (us >= MSG_TIME_MIN && us <= MSG_TIME_MAX)
		return 1;
	return err_set(err, EBADMSG, "is no time between 1970 and 2100");
}

int
times_number(double value, struct legacy_time *time, struct err *err)
{
	double us = value < 1e11 ? value * 1e6 : value < 1e14 ? value * 1e3 : value;

	if (isnan(value) || !(fabs(value) > 0))
		return 0;
	if (!(us >= 0 && us <= (double)MSG_TIME_MAX))
		return err_set(err, EBADMSG, "is no time between 1970 and 2100");
	*time = (struct legacy_time){.us = (int64_t)rint(us)};
	return 1;
}

/* "Z", "+02", "-0330", "+02:00" behind the time of day. */
static int
names_zone(const char *text)
{
	const char *clock = strpbrk(text, "Tt ");

	return clock && strpbrk(clock + 1, "Zz+-") != NULL;
}

int
times_text(const char *text, struct legacy_time *time, struct err *err)
{
	char copy[64];
	size_t len;
	int64_t us;

	if (!text)
		return 0;
	while (isspace((unsigned char)*text))
		text++;
	len = strlen(text);
	while (len && isspace((unsigned char)text[len - 1]))
		len--;
	if (!len)
		return 0;
	if (len >= sizeof(copy))
		return err_set(err, EBADMSG, "is no time");
	memcpy(copy, text, len);
	copy[len] = 0;
	if (clock_parse(copy, &us) < 0)
		return err_set(err, EBADMSG, "is no time");
	if (!us)
		return 0;
	if (in_range(us, err) < 0)
		return -1;
	*time = (struct legacy_time){
		.us = us,
		.zoneless = strpbrk(copy, "-:") && !names_zone(copy),
	};
	return 1;
}
