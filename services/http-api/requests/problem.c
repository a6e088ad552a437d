#include "services/http-api/requests/problem.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

int
problem_set(struct problem *problem, int status, const char *field, const char *format, ...)
{
	va_list args;

	*problem = (struct problem){.status = status};
	(void)snprintf(problem->field, sizeof(problem->field), "%s", field);
	va_start(args, format);
	(void)vsnprintf(problem->detail, sizeof(problem->detail), format, args);
	va_end(args);
	if (status == 503)
		problem->retry_after_s = 2;
	return -1;
}

int
problem_from_err(struct problem *problem, int status, const struct err *err)
{
	const char *colon = strstr(err->text, ": ");
	const char *dot = colon ? memchr(err->text, '.', (size_t)(colon - err->text)) : NULL;

	(void)problem_set(problem, status, "", "%s", err->text);
	if (dot)
		(void)snprintf(problem->field, sizeof(problem->field), "%.*s",
			       (int)(colon - dot - 1), dot + 1);
	return -1;
}
