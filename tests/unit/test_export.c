#include "services/http-api/export/export_words.h"
#include "tests/unit/any_export.h"
#include "tests/unit/test.h"

#define AT 1767225600000000  /* 2026-01-01T00:00:00Z */

static struct bytes out;
static struct sink sink;

static struct session
some_session(const char *device_id)
{
	struct session s;

	msg_clear(&msg_session, &s);
	strcpy(s.id, "11111111-0000-5000-8000-000000000001");
	strcpy(s.user_id, "8d1f4c5e-2f0b-5f6e-9d0f-3b0b6a0e7c11");
	strcpy(s.local_session_id, "IHHT_1");
	strcpy(s.gateway, "gw");
	strcpy(s.device_id, device_id);
	s.status = SESSION_COMPLETED;
	s.start_us = AT;
	s.data_source = DATA_SOURCE_BLUETOOTH;
	return s;
}

static struct reading
some_reading(int64_t seq, double spo2)
{
	struct reading r;

	msg_clear(&msg_reading, &r);
	r.taken_us = AT + seq * 500000;
	r.epoch = 1;
	r.seq = seq;
	r.spo2 = spo2;
	r.data_source = DATA_SOURCE_BLUETOOTH;
	return r;
}

static struct export *
begin(const char *format, const char *table)
{
	out.n = 0;
	sink_init(&sink, export_keep, &out);
	return export_new(export_format(format), table ? table_find(table) : NULL, &export_any_about, &sink);
}

static const char *
end(struct export *x)
{
	struct err err = {0};

	ok(export_end(x, &err) == 0, "%s", err.text);
	export_free(&x);
	bytes_add(&out, "", 1);
	out.n--;
	return (const char *)out.at;
}

TEST(every_name_is_a_format_or_a_table)
{
	int i;

	for (i = 0; i < export_formats.n; i++)
		ok(export_format(export_formats.texts[i]) != NULL, "%s", export_formats.texts[i]);
	for (i = 0; i < export_tables.n; i++)
		is_str(tables[i].name, export_tables.texts[i]);
	is_int(export_tables.n, N_TABLES);
	ok(!export_format("xls") && !table_find("people"));
}

TEST(nothing_is_a_whole_file_in_every_format_but_edf)
{
	const struct format *format;
	struct export *x;
	int i;

	for (i = 0; i < export_formats.n; i++) {
		format = export_format(export_formats.texts[i]);
		if (format == &format_edf)
			continue;
		x = begin(format->name, format->shape == SHAPE_TABLES ? "gaps" : NULL);
		(void)end(x);
		ok(!export_wrong(format, &out), "%s: %s", format->name, export_wrong(format, &out));
	}
}

TEST(text_in_csv_is_quoted_and_never_a_formula)
{
	static const struct {
		const char *text, *cell;
	} t[] = {
		{"plain", "plain"}, {"a,b", "\"a,b\""}, {"a\"b", "\"a\"\"b\""}, {"a\r\nb", "\"a\r\nb\""},
		{"=1+1", "'=1+1"}, {"+1", "'+1"}, {"-1", "'-1"}, {"@x", "'@x"}, {"\t=1", "'\t=1"},
		{"=1,2", "\"'=1,2\""}, {"a=1", "a=1"}, {"\x01z", "\xef\xbf\xbdz"}, {"\xff", "\xef\xbf\xbd"},
		{"\xc3\x9f", "\xc3\x9f"},
	};
	char want[200];
	struct session s;
	struct export *x;
	size_t i;

	for (i = 0; i < sizeof(t) / sizeof(t[0]); i++) {
		s = some_session(t[i].text);
		x = begin("csv", "sessions");
		export_session(x, &s);
		(void)snprintf(want, sizeof(want), ",gw,%s,completed,", t[i].cell);
		has_str(end(x), want);
	}
}

TEST(absent_is_null_with_its_reason_and_zero_is_zero)
{
	struct session s = some_session("ox");
	struct reading none = some_reading(1, NAN), zero = some_reading(2, 0);
	struct export *x = begin("csv", "readings");

	none.invalid = INVALID_NO_FINGER;
	zero.battery = 0;
	export_session(x, &s);
	export_row(x, &msg_reading, &none);
	export_row(x, &msg_reading, &zero);
	has_str(end(x), "ox,2026-01-01T00:00:00.500000Z,1,1,,,,,,,,,false,no_finger,bluetooth,,,,\r\n");
	has_str((const char *)out.at, "ox,2026-01-01T00:00:01.000000Z,1,2,,0,,,,,0,,true,,bluetooth,,,,\r\n");
}

TEST(edf_keeps_readings_that_share_a_second_and_says_when_there_are_too_many)
{
	struct session s = some_session("a \"b\" \xc3\x9f");
	struct export *x = begin("edf", NULL);
	struct reading r;
	struct err err = {0};
	int round, i;

	for (round = 0; round == 0 || export_again(x); round++) {
		export_session(x, &s);
		for (i = 0; i < 10; i++) {
			r = some_reading(i + 1, 90);
			r.taken_us = AT + i / 4;
			export_row(x, &msg_reading, &r);
		}
	}
	is_int(round, 2);
	(void)end(x);
	ok(!export_wrong(&format_edf, &out), "%s", export_wrong(&format_edf, &out));
	has_str((const char *)out.at, "Startdate 01-JAN-2026 11111111-0000-5000-8000-000000000001 X a_\"b\"__");

	x = begin("edf", NULL);
	for (round = 0; round == 0 || export_again(x); round++) {
		export_session(x, &s);
		for (i = 0; i < 1001; i++) {
			r = some_reading(i + 1, 90);
			r.taken_us = AT;
			export_row(x, &msg_reading, &r);
		}
	}
	is_int(export_end(x, &err), -1);
	is_int(err.code, EXPORT_CANNOT);
	is_str(err.text, "the session has more than 1000 readings in one second");
	export_free(&x);
}

TEST(the_dictionary_has_every_column)
{
	json_t *json, *list;
	int i;

	out.n = 0;
	sink_init(&sink, export_keep, &out);
	export_dictionary(&sink, &export_any_about);
	(void)sink_flush(&sink, NULL);
	json = json_loadb((const char *)out.at, out.n, JSON_REJECT_DUPLICATES, NULL);
	ok(json != NULL);
	list = json_object_get(json, "tables");
	is_int(json_array_size(list), N_TABLES);
	for (i = 0; i < N_TABLES; i++)
		is_int(json_array_size(json_object_get(json_object_get(json_array_get(list, (size_t)i), "tableSchema"), "columns")),
		       tables[i].n_columns);
	json_decref(json);
}

int
main(void)
{
	RUN(every_name_is_a_format_or_a_table);
	RUN(nothing_is_a_whole_file_in_every_format_but_edf);
	RUN(text_in_csv_is_quoted_and_never_a_formula);
	RUN(absent_is_null_with_its_reason_and_zero_is_zero);
	RUN(edf_keeps_readings_that_share_a_second_and_says_when_there_are_too_many);
	RUN(the_dictionary_has_every_column);
	bytes_release(&out);
	return test_done();
}
