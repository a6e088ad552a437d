#include "services/http-api/reads/row_json.h"

#include <ctype.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "common/clock.h"
#include "common/err.h"

static const char hex[] = "0123456789abcdef";

#define ESCAPED 6  /* bytes of \u001f, the longest that a byte of text becomes */

size_t
row_json_room(const struct shape *shape, const PGresult *result, int row)
{
	const struct column *c = shape->columns;
	size_t room = 2;
	int i;

	for (i = 0; c[i].name; i++)
		room += strlen(c[i].name) + sizeof("\"\":null,+00:00") +
			ESCAPED * (size_t)PQgetlength(result, row, i);
	return room;
}

static char *
put_text(char *to, const char *text)
{
	static const char plain[] = "\b\f\n\r\t\"\\", escaped[] = "bfnrt\"\\";
	const char *known;

	*to++ = '"';
	for (; *text; text++) {
		if ((unsigned char)*text >= ' ' && *text != '"' && *text != '\\') {
			*to++ = *text;
		} else if ((known = strchr(plain, *text))) {
			*to++ = '\\';
			*to++ = escaped[known - plain];
		} else {
			to = stpcpy(to, "\\u00");
			*to++ = hex[(unsigned char)*text >> 4];
			*to++ = hex[*text & 15];
		}
	}
	*to++ = '"';
	return to;
}

/* "2026-01-02 03:04:05.6+00" as ISO 8601; "infinity" as it is. */
static char *
put_time(char *to, const char *text)
{
	char *begin = to;
	size_t n = strlen(text);

	to = put_text(to, text);
	if (n < 11 || text[10] != ' ')
		return to;
	begin[11] = 'T';
	if (strcmp(text + n - 3, "+00") != 0)
		return to;
	return stpcpy(to - 1, ":00\"");
}

/* NaN and Infinity are no numbers of JSON. */
static char *
put_number(char *to, const char *text)
{
	return isdigit((unsigned char)text[*text == '-']) ? stpcpy(to, text) : put_text(to, text);
}

static char *
put_value(char *to, enum column_kind kind, const char *text)
{
	switch (kind) {
	case COLUMN_TEXT:
	case COLUMN_UUID:
	case COLUMN_WORD:
		return put_text(to, text);
	case COLUMN_TIME:
		return put_time(to, text);
	case COLUMN_INT:
	case COLUMN_REAL:
		return put_number(to, text);
	case COLUMN_BOOL:
		return stpcpy(to, *text == 't' ? "true" : "false");
	case COLUMN_ANY:  /* JSON as it is */
		return stpcpy(to, text);
	case COLUMN_WORDS:
	case COLUMN_ROW:
	case COLUMN_ROWS:
	case COLUMN_COMPUTED:
	case COLUMN_COMPUTED_LIST:
		break;
	}
	ASSERT(!"a column that Postgres gives as JSON");
	return to;
}

char *
row_json_print(const struct shape *shape, const PGresult *result, int row, char *to)
{
	const struct column *c = shape->columns;
	int i;

	*to++ = '{';
	for (i = 0; c[i].name; i++) {
		if (i)
			*to++ = ',';
		*to++ = '"';
		to = stpcpy(to, c[i].name);
		to = stpcpy(to, "\":");
		to = PQgetisnull(result, row, i) ? stpcpy(to, "null")
						 : put_value(to, c[i].kind, PQgetvalue(result, row, i));
	}
	*to++ = '}';
	return to;
}

/* ---- cursors: times in us, text in hex, as it may have any byte */

static int
find_column(const struct shape *shape, const char *name)
{
	int i;

	for (i = 0; strcmp(shape->columns[i].name, name); i++)
		;
	return i;
}

static char *
put_key(char *to, enum column_kind kind, const char *text)
{
	int64_t us;

	if (kind == COLUMN_TIME && clock_parse(text, &us) == 0)
		return to + sprintf(to, "%" PRId64, us);
	if (kind != COLUMN_TEXT)
		return stpcpy(to, text);
	for (; *text; text++) {
		*to++ = hex[(unsigned char)*text >> 4];
		*to++ = hex[*text & 15];
	}
	return to;
}

char *
row_json_cursor(const struct shape *shape, const char *const *columns, const PGresult *result,
		int row)
{
	size_t room = 1;
	const char *const *name;
	char *text, *to;
	int i;

	for (name = columns; *name; name++)
		room += 2 * (size_t)PQgetlength(result, row, find_column(shape, *name)) + 24;
	if (!(text = to = malloc(room)))
		return NULL;
	for (name = columns; *name; name++) {
		if (name > columns)
			*to++ = '.';
		i = find_column(shape, *name);
		to = put_key(to, shape->columns[i].kind, PQgetvalue(result, row, i));
	}
	*to = 0;
	return text;
}
