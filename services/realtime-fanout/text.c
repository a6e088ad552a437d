#include "text.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/err.h"

void
text_clear(struct text *text)
{
	text->len = 0;
}

void
text_free(struct text *text)
{
	free(text->bytes);
	*text = (struct text){0};
}

/* Where len bytes may be written. */
static char *
room(struct text *text, size_t len)
{
	if (text->len + len > text->size) {
		text->size = (text->len + len) * 2;
		text->bytes = realloc(text->bytes, text->size);
		ASSERT(text->bytes);
	}
	return text->bytes + text->len;
}

void
text_add(struct text *text, const char *bytes, size_t len)
{
	memcpy(room(text, len), bytes, len);
	text->len += len;
}

void
text_put(struct text *text, const char *string)
{
	text_add(text, string, strlen(string));
}

void
text_int(struct text *text, int64_t number)
{
	uint64_t rest = number < 0 ? 0 - (uint64_t)number : (uint64_t)number;
	char digits[24], *p = digits + sizeof(digits);

	do
		*--p = (char)('0' + rest % 10);
	while (rest /= 10);
	if (number < 0)
		*--p = '-';
	text_add(text, p, (size_t)(digits + sizeof(digits) - p));
}

void
text_real(struct text *text, double number)
{
	char digits[32];

	if (!isfinite(number))
		text_put(text, "null");
	else if (fabs(number) < 1e9 && number == (double)(int64_t)number)
		text_int(text, (int64_t)number);
	else {
		(void)snprintf(digits, sizeof(digits), "%.15g", number);
		text_put(text, digits);
	}
}

void
text_json(struct text *text, const char *string)
{
	char code[8];
	size_t n;

	text_add(text, "\"", 1);
	for (; *string; string += n) {
		n = 0;
		while ((unsigned char)string[n] >= ' ' && string[n] != '"' && string[n] != '\\')
			n++;
		text_add(text, string, n);
		if (!n) {
			if ((unsigned char)*string < ' ')
				(void)snprintf(code, sizeof(code), "\\u%04x", *string);
			else
				(void)snprintf(code, sizeof(code), "\\%c", *string);
			text_put(text, code);
			n = 1;
		}
	}
	text_add(text, "\"", 1);
}

void
text_name(struct text *text, const char *name)
{
	if (text->len && text->bytes[text->len - 1] != '{')
		text_add(text, ",", 1);
	text_add(text, "\"", 1);
	text_put(text, name);
	text_add(text, "\":", 2);
}

void
text_member_int(struct text *text, const char *name, int64_t number)
{
	text_name(text, name);
	text_int(text, number);
}

void
text_member_real(struct text *text, const char *name, double number)
{
	text_name(text, name);
	text_real(text, number);
}

void
text_member(struct text *text, const char *name, const char *string)
{
	text_name(text, name);
	if (*string)
		text_json(text, string);
	else
		text_put(text, "null");
}
