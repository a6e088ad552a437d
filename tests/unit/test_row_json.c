/*
 * Rows of Postgres as JSON: what each kind of column becomes, whatever stands in it.
 */
#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "common/err.h"
#include "services/http-api/reads/row_json.h"
#include "tests/unit/test.h"

static const struct shape shape = {
	.name = "Test", .columns = (const struct column[]){
	{"text", COLUMN_TEXT, 0, "", NULL, NULL, NULL}, {"uuid", COLUMN_UUID, 0, "", NULL, NULL, NULL},
	{"time", COLUMN_TIME, 0, "", NULL, NULL, NULL}, {"int", COLUMN_INT, 0, "", NULL, NULL, NULL},
	{"real", COLUMN_REAL, 0, "", NULL, NULL, NULL}, {"bool", COLUMN_BOOL, 0, "", NULL, NULL, NULL},
	{"word", COLUMN_WORD, 0, "", NULL, NULL, NULL}, {"any", COLUMN_ANY, 0, "", NULL, NULL, NULL},
	{NULL, 0, 0, NULL, NULL, NULL, NULL}}};
enum { TEXT, UUID, TIME, INT, REAL, BOOL, WORD, ANY, N_COLUMNS };

/* One row with `value` in that column (NULL: null everywhere). */
static PGresult *
row_with(int column, const char *value)
{
	static PGresAttDesc columns[N_COLUMNS];
	PGresult *result = PQmakeEmptyPGresult(NULL, PGRES_TUPLES_OK);
	int i;

	for (i = 0; i < N_COLUMNS; i++)
		columns[i].name = (char *)(uintptr_t)shape.columns[i].name;
	ASSERT(PQsetResultAttrs(result, N_COLUMNS, columns));
	for (i = 0; i < N_COLUMNS; i++)
		ASSERT(PQsetvalue(result, 0, i, value && i == column ? (char *)(uintptr_t)value : NULL,
				  value && i == column ? (int)strlen(value) : -1));
	return result;
}

/* The row in a block of just the room that was said, so that a byte more is seen. */
static char *
print(const PGresult *result)
{
	size_t room = row_json_room(&shape, result, 0), n;
	char *block = malloc(room), *text;

	ASSERT(block);
	n = (size_t)(row_json_print(&shape, result, 0, block) - block);
	ok(n <= room, "%zu of %zu bytes", n, room);
	text = strndup(block, n);
	free(block);
	return text;
}

static char *
member(int column, const char *value)
{
	PGresult *result = row_with(column, value);
	char *all = print(result), *text;
	json_t *row = json_loads(all, 0, NULL);

	ok(row != NULL, "JSON: %s", all);
	text = json_dumps(json_object_get(row, shape.columns[column].name), JSON_ENCODE_ANY | JSON_COMPACT | JSON_REAL_PRECISION(12));
	json_decref(row);
	free(all);
	PQclear(result);
	return text;
}

TEST(each_kind_of_column_becomes_its_json)
{
	static const struct {
		int column;
		const char *value, *json;
	} t[] = {
		{TEXT, "mock-1", "\"mock-1\""},
		{TEXT, "", "\"\""},
		{TEXT, "a\"b\\c/d", "\"a\\\"b\\\\c/d\""},
		{TEXT, "\b\f\n\r\t\x01\x1f\x7f", "\"\\b\\f\\n\\r\\t\\u0001\\u001F\x7f\""},
		{TEXT, "Zo\xc3\xab \xf0\x9f\x98\xb7", "\"Zo\xc3\xab \xf0\x9f\x98\xb7\""},
		{TEXT, "null", "\"null\""},
		{UUID, "3ebd7d88-dfdd-55f6-aacf-2ea5aef85bf0", "\"3ebd7d88-dfdd-55f6-aacf-2ea5aef85bf0\""},
		{TIME, "2026-01-02 03:04:05+00", "\"2026-01-02T03:04:05+00:00\""},
		{TIME, "2026-01-02 03:04:05.00006+00", "\"2026-01-02T03:04:05.00006+00:00\""},
		{TIME, "infinity", "\"infinity\""},
		{TIME, "-infinity", "\"-infinity\""},
		{INT, "-9007199254740992", "-9007199254740992"},
		{REAL, "97.3", "97.3"},
		{REAL, "-0.5", "-0.5"},
		{REAL, "1e+20", "1e20"},
		{REAL, "NaN", "\"NaN\""},
		{REAL, "-Infinity", "\"-Infinity\""},
		{BOOL, "t", "true"},
		{BOOL, "f", "false"},
		{WORD, "no_finger", "\"no_finger\""},
		{ANY, "{\"a\": [1, null]}", "{\"a\":[1,null]}"},
	};
	char *text;
	size_t i;

	for (i = 0; i < sizeof(t) / sizeof(t[0]); i++) {
		text = member(t[i].column, t[i].value);
		is_str(text, t[i].json);
		free(text);
	}
}

TEST(text_that_grows_sixfold_has_room)
{
	char value[101] = "", *text;

	memset(value, 1, sizeof(value) - 1);
	text = member(TEXT, value);
	is_int(strlen(text), 6 * 100 + 2);
	free(text);
}

TEST(what_is_null_is_null)
{
	PGresult *result = row_with(0, NULL);
	char *text = print(result);

	is_str(text, "{\"text\":null,\"uuid\":null,\"time\":null,\"int\":null,\"real\":null,\"bool\":null,"
	       "\"word\":null,\"any\":null}");
	free(text);
	PQclear(result);
}

TEST(a_cursor_holds_times_in_us_and_text_in_hex)
{
	static const struct {
		int column;
		const char *value, *cursor;
	} t[] = {
		{TIME, "2024-11-23 05:33:20.000001+00", "1732340000000001..."},
		{INT, "-7", ".-7.."},
		{TEXT, "m\xff-", "..6dff2d."},
		{UUID, "3ebd7d88-dfdd-55f6-aacf-2ea5aef85bf0", "...3ebd7d88-dfdd-55f6-aacf-2ea5aef85bf0"},
	};
	static const char *const columns[] = {"time", "int", "text", "uuid", NULL};
	PGresult *result;
	char *text;
	size_t i;

	for (i = 0; i < sizeof(t) / sizeof(t[0]); i++) {
		result = row_with(t[i].column, t[i].value);
		text = row_json_cursor(&shape, columns, result, 0);
		is_str(text, t[i].cursor);
		free(text);
		PQclear(result);
	}
}

int
main(void)
{
	RUN(each_kind_of_column_becomes_its_json);
	RUN(text_that_grows_sixfold_has_room);
	RUN(what_is_null_is_null);
	RUN(a_cursor_holds_times_in_us_and_text_in_hex);
	return test_done();
}
