#include "common/err.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* A text that was cut ends with a whole character: what travels in messages is UTF-8. */
static void
keep(struct err *err, const char *text, int len)
{
	size_t n = len < 0 ? 0 : (size_t)len, size = sizeof(err->text);

	if (n >= size)
		for (n = size - 1; n && ((unsigned char)text[n] & 0xc0) == 0x80; n--)
			;
	memcpy(err->text, text, n);
	err->text[n] = 0;
}

int
err_set(struct err *err, int code, const char *format, ...)
{
	char text[sizeof(err->text) + 1];  /* apart, as the arguments may be in err itself */
	va_list args;
	int n;

	if (!err)
		return -1;
	err->code = code;
	va_start(args, format);
	n = vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	keep(err, text, n);
	return -1;
}

int
err_in(struct err *err, const char *format, ...)
{
	char where[sizeof(err->text)], text[sizeof(err->text) + 1];
	va_list args;

	if (!err)
		return -1;
	va_start(args, format);
	(void)vsnprintf(where, sizeof(where), format, args);
	va_end(args);
	keep(err, text, snprintf(text, sizeof(text), "%s: %s", where, err->text));
	return -1;
}

void
err_broken_promise(const char *promise, const char *file, int line)
{
	fprintf(stderr, "%s:%d: broken promise: %s\n", file, line, promise);
	abort();
}
