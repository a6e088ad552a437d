#include "services/ihht/verb.h"

#include <stdarg.h>
#include <stdio.h>

int
verb_usage(const struct verb *verb, const char *format, ...)
{
	va_list args;

	fprintf(stderr, "ihht %s: ", verb->name);
	va_start(args, format);
	vfprintf(stderr, format, args);
	va_end(args);
	fprintf(stderr, "\n`ihht help %s` explains.\n", verb->name);
	return IHHT_USAGE;
}

int
verb_fail(const struct verb *verb, int code, const struct err *err)
{
	fprintf(stderr, "ihht %s: %s\n", verb->name, err->text);
	return code;
}
