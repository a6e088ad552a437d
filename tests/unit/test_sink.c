#include <stdlib.h>

#include "services/http-api/export/sink.h"
#include "tests/unit/test.h"

static char got[300000];
static size_t n_got;

static int
keep(void *arg, const void *bytes, size_t n, struct err *err)
{
	if (arg)
		return err_set(err, 28, "full");
	memcpy(got + n_got, bytes, n);
	n_got += n;
	got[n_got] = 0;
	return 0;
}

static struct sink sink;

static void
fresh(void *arg)
{
	n_got = 0;
	got[0] = 0;
	sink_init(&sink, keep, arg);
}

TEST(a_real_is_its_shortest_decimal_and_reads_back_as_itself)
{
	static const struct {
		double real;
		const char *text;
	} t[] = {
		{0, "0"}, {97, "97"}, {97.3, "97.3"}, {-0.5, "-0.5"}, {0.001, "0.001"}, {66.25, "66.25"},
		{0.05, "0.05"}, {100, "100"}, {1e15, "1e+15"}, {0.1 + 0.2, "0.30000000000000004"},
		{1.0 / 3, "0.3333333333333333"}, {71.333336, "71.333336"}, {0.0004, "0.0004"}, {5e-324, "4.94065645841247e-324"},
		{1.7976931348623157e308, "1.7976931348623157e+308"},
	};
	size_t i;

	for (i = 0; i < sizeof(t) / sizeof(t[0]); i++) {
		fresh(NULL);
		sink_real(&sink, t[i].real);
		(void)sink_flush(&sink, NULL);
		is_str(got, t[i].text);
		ok(strtod(got, NULL) == t[i].real, "%s", got);
	}
}

TEST(whole_numbers_have_their_limits)
{
	fresh(NULL);
	sink_int(&sink, INT64_MIN);
	sink_text(&sink, " ");
	sink_int(&sink, INT64_MAX);
	sink_text(&sink, " ");
	sink_int(&sink, 0);
	(void)sink_flush(&sink, NULL);
	is_str(got, "-9223372036854775808 9223372036854775807 0");
}

TEST(times_are_to_the_microsecond_in_any_order)
{
	static const struct {
		int64_t us;
		const char *text;
	} t[] = {
		{0, "1970-01-01T00:00:00.000000Z"}, {-1, "1969-12-31T23:59:59.999999Z"},
		{1767225599999999, "2025-12-31T23:59:59.999999Z"}, {1767225600000000, "2026-01-01T00:00:00.000000Z"},
		{1709208000000001, "2024-02-29T12:00:00.000001Z"}, {4102444800000000, "2100-01-01T00:00:00.000000Z"},
		{-86400000000, "1969-12-31T00:00:00.000000Z"},
	};
	size_t i;

	fresh(NULL);
	for (i = 0; i < sizeof(t) / sizeof(t[0]); i++) {
		n_got = 0;
		sink_time(&sink, t[i].us);
		(void)sink_flush(&sink, NULL);
		is_str(got, t[i].text);
	}
}

TEST(json_text_is_escaped_and_always_utf8)
{
	static const struct {
		const char *text, *json;
	} t[] = {
		{"", "\"\""}, {"a\"b\\c/", "\"a\\\"b\\\\c/\""}, {"\n\x01\x7f", "\"\\u000a\\u0001\\u007f\""},
		{"\xc3\x9f \xf0\x9f\x98\x80", "\"\xc3\x9f \xf0\x9f\x98\x80\""},
		{"\xff", "\"\xef\xbf\xbd\""}, {"\xc3", "\"\xef\xbf\xbd\""}, {"\xc0\x80", "\"\xef\xbf\xbd\xef\xbf\xbd\""},
		{"\xed\xa0\x80", "\"\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\""}, {"\xf4\x90\x80\x80x", "\"\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbdx\""},
		{"\xe0\x9f\xbf", "\"\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\""},
	};
	size_t i;

	for (i = 0; i < sizeof(t) / sizeof(t[0]); i++) {
		fresh(NULL);
		sink_json(&sink, t[i].text);
		(void)sink_flush(&sink, NULL);
		is_str(got, t[i].json);
	}
}

TEST(pieces_of_any_size_come_whole)
{
	char *much = malloc(SINK_PIECE * 3);

	memset(much, 'x', SINK_PIECE * 3);
	fresh(NULL);
	sink_text(&sink, "a");
	sink_put(&sink, much, SINK_PIECE * 3);
	sink_put(&sink, much, SINK_PIECE);
	is_int(sink.n_bytes, SINK_PIECE * 4 + 1);
	is_int(sink_flush(&sink, NULL), 0);
	is_int(n_got, SINK_PIECE * 4 + 1);
	ok(got[0] == 'a' && strspn(got + 1, "x") == SINK_PIECE * 4);
	free(much);
}

TEST(the_first_failure_stays)
{
	struct err err = {0};

	fresh(&sink);
	sink_text(&sink, "a");
	is_int(sink_flush(&sink, &err), -1);
	is_str(err.text, "full");
	sink_text(&sink, "b");
	is_int(sink_flush(&sink, &err), -1);
	is_int(n_got, 0);
}

int
main(void)
{
	RUN(a_real_is_its_shortest_decimal_and_reads_back_as_itself);
	RUN(whole_numbers_have_their_limits);
	RUN(times_are_to_the_microsecond_in_any_order);
	RUN(json_text_is_escaped_and_always_utf8);
	RUN(pieces_of_any_size_come_whole);
	RUN(the_first_failure_stays);
	return test_done();
}
