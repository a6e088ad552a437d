#include "common/log.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

static char process_name[40] = "?";

void
log_open(const char *process)
{
	(void)snprintf(process_name, sizeof(process_name), "%s", process);
	setvbuf(stderr, NULL, _IOLBF, 0);
}

/* One fprintf, so that lines of several processes in one file do not mix. */
static void
say(const char *level, const char *event, const char *format, va_list args)
{
	struct timespec now;
	char fields[900];
	char *p;

	(void)vsnprintf(fields, sizeof(fields), format, args);
	for (p = fields; *p; p++)
		if ((unsigned char)*p < ' ' || *p == 127)
			*p = ' ';
	clock_gettime(CLOCK_REALTIME, &now);
	fprintf(stderr, "%lld.%03ld %s %s %s%s%s\n", (long long)now.tv_sec,
		now.tv_nsec / 1000000, level, process_name, event, *fields ? " " : "", fields);
}

#define SAY(level)                              \
	do {                                    \
		va_list args;                   \
		va_start(args, fields);         \
		say(level, event, fields, args); \
		va_end(args);                   \
	} while (0)

void
log_error(const char *event, const char *fields, ...)
{
	SAY("error");
}

void
log_warn(const char *event, const char *fields, ...)
{
	SAY("warn");
}

void
log_info(const char *event, const char *fields, ...)
{
	SAY("info");
}

void
log_debug(const char *event, const char *fields, ...)
{
	if (getenv("IHHT_DEBUG"))
		SAY("debug");
}

int
log_often(struct log_often *often, int64_t now_us)
{
	often->n++;
	if (often->said_us && now_us - often->said_us < 60000000)
		return 0;
	often->said_us = now_us;
	return 1;
}
