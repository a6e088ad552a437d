#include "services/ihht/rows.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

#include "common/clock.h"
#include "common/db.h"
#include "services/ihht/fields.h"

sqlite3_stmt *
rows_select(sqlite3 *db, const struct message *message, const char *extra, const char *where,
	    struct err *err)
{
	char sql[2000];
	int i, n = snprintf(sql, sizeof(sql), "SELECT ");

	for (i = 0; i < message->n_fields; i++)
		if (strcmp(message->fields[i].name, "request_id"))
			n += snprintf(sql + n, sizeof(sql) - (size_t)n, "%s, ", message->fields[i].name);
	n += snprintf(sql + n, sizeof(sql) - (size_t)n, "%s FROM %s WHERE %s", extra, message->name,
		      where);
	ASSERT(n < (int)sizeof(sql));
	return db_prepare(db, sql, err);
}

static int
is_time(const char *name)
{
	size_t n = strlen(name);

	return n > 3 && !strcmp(name + n - 3, "_us");
}

const char *
rows_local_time(int64_t us, char text[32])
{
	time_t seconds = (time_t)(us / CLOCK_SECOND);
	struct tm tm;

	localtime_r(&seconds, &tm);
	(void)strftime(text, 32, "%Y-%m-%d %H:%M:%S", &tm);
	return text;
}

const char *
rows_text(sqlite3_stmt *s, int i)
{
	const char *text = (const char *)sqlite3_column_text(s, i);

	return text ? text : "";
}

int
rows_column(sqlite3_stmt *s, const char *name)
{
	int i;

	for (i = 0; i < sqlite3_column_count(s); i++)
		if (!strcmp(sqlite3_column_name(s, i), name))
			return i;
	ASSERT(!"a column that was asked for");
	return -1;
}

int
rows_is_absent(sqlite3_stmt *s, int i)
{
	return sqlite3_column_type(s, i) == SQLITE_NULL ||
	       (sqlite3_column_type(s, i) == SQLITE_TEXT && !*rows_text(s, i));
}

int
rows_name_length(sqlite3_stmt *s, int i)
{
	const char *name = sqlite3_column_name(s, i);

	return (int)strlen(name) - (is_time(name) ? 3 : 0);
}

void
rows_print(sqlite3_stmt *s, int i)
{
	char when[32];

	if (is_time(sqlite3_column_name(s, i)))
		printf("%s", rows_local_time(sqlite3_column_int64(s, i), when));
	else if (sqlite3_column_type(s, i) == SQLITE_FLOAT)
		printf("%.4g", sqlite3_column_double(s, i));
	else
		printf("%s", rows_text(s, i));
}

/* Sets are kept as text that is a JSON array. */
static int
is_set(const struct message *message, const char *name)
{
	const struct msg_field *field = message ? fields_find(message, name) : NULL;

	return field && field->kind == MSG_SET;
}

static void
add_json(json_t *object, const struct message *message, sqlite3_stmt *s, int i)
{
	const char *name = sqlite3_column_name(s, i), *text = rows_text(s, i);
	char iso[CLOCK_TEXT], shorter[64];
	json_t *value;

	if (rows_is_absent(s, i))
		value = json_null();
	else if (is_time(name))
		value = json_string(clock_text(sqlite3_column_int64(s, i), iso));
	else if (sqlite3_column_type(s, i) == SQLITE_INTEGER)
		value = json_integer(sqlite3_column_int64(s, i));
	else if (sqlite3_column_type(s, i) == SQLITE_FLOAT)
		value = json_real(sqlite3_column_double(s, i));
	else if (!is_set(message, name) || !(value = json_loads(text, 0, NULL)))
		value = json_string(text);
	(void)snprintf(shorter, sizeof(shorter), "%.*s", rows_name_length(s, i), name);
	json_object_set_new(object, shorter, value);
}

json_t *
rows_json(const struct message *message, sqlite3_stmt *s)
{
	json_t *object = json_object();
	int i;

	for (i = 0; i < sqlite3_column_count(s); i++)
		add_json(object, message, s, i);
	return object;
}

void
rows_print_json(json_t *json)
{
	json_dumpf(json, stdout, JSON_INDENT(2) | JSON_REAL_PRECISION(10));
	putchar('\n');
	json_decref(json);
}
