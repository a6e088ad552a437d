#include "services/dedupe-auditor/rules/times.h"

#include "tests/unit/test.h"

/* 2025-08-01T12:34:56.789Z */
#define US 1754051696789000LL

TEST(text_is_a_time_in_every_form_the_app_wrote)
{
	static const struct {
		const char *text;
		int r;
		int64_t us;
		int zoneless;
	} rows[] = {
		{"2025-08-01T12:34:56.789Z", 1, US, 0},         /* JavaScript's toISOString() */
		{"2025-08-01 12:34:56.789+00", 1, US, 0},       /* Postgres */
		{"2025-08-01T14:34:56.789+02:00", 1, US, 0},
		{"2025-08-01T09:04:56.789-0330", 1, US, 0},
		{"2025-08-01T12:34:56.789", 1, US, 1},
		{"2025-08-01 12:34:56", 1, US - 789000, 1},     /* SQLite's CURRENT_TIMESTAMP */
		{"2025-08-01", 1, US - 45296789000LL, 1},
		{"1754051696", 1, US - 789000, 0},
		{"1754051696789", 1, US, 0},
		{"1754051696789000", 1, US, 0},
		{"1754051696.789", 1, US, 0},
		{" 1754051696789 ", 1, US, 0},
		{NULL, 0, 0, 0},
		{"", 0, 0, 0},
		{"  ", 0, 0, 0},
		{"0", 0, 0, 0},
		{"yesterday", -1, 0, 0},
		{"2025-02-30T00:00:00Z", -1, 0, 0},
		{"2025-08-01T25:00:00Z", -1, 0, 0},
		{"1969-12-31T23:59:59Z", -1, 0, 0},
		{"2101-01-01T00:00:00Z", -1, 0, 0},
		{"NaN", -1, 0, 0},
		{"-5", -1, 0, 0},
		{"111111111111111111111111111111111111111111111111111111111111111111111111", -1, 0, 0},
	};
	struct legacy_time time;
	struct err err;
	size_t i;

	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		time = (struct legacy_time){0};
		ok(times_text(rows[i].text, &time, &err) == rows[i].r &&
		   time.us == rows[i].us && time.zoneless == rows[i].zoneless,
		   "\"%s\": %lld %d", rows[i].text ? rows[i].text : "NULL", (long long)time.us,
		   time.zoneless);
	}
}

TEST(a_number_is_told_by_its_size)
{
	static const struct {
		double value;
		int r;
		int64_t us;
	} rows[] = {
		{1754051696, 1, 1754051696000000LL},
		{1754051696789, 1, US},
		{1754051696789000, 1, US},
		{1754051696.5, 1, 1754051696500000LL},
		{4102444800, 1, 4102444800000000LL},            /* 2100, seconds */
		{4102444801, -1, 0},
		{100000000000, 1, 100000000000000LL},           /* 1e11: milliseconds, 1973 */
		{99999999999999, -1, 0},                        /* still ms: year 5138 */
		{100000000000000, 1, 100000000000000LL},        /* 1e14: microseconds, 1973 */
		{0, 0, 0},
		{NAN, 0, 0},
		{-1, -1, 0},
		{1e18, -1, 0},
		{INFINITY, -1, 0},
	};
	struct legacy_time time;
	struct err err;
	size_t i;

	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		time = (struct legacy_time){0};
		ok(times_number(rows[i].value, &time, &err) == rows[i].r && time.us == rows[i].us,
		   "%.3f: %lld", rows[i].value, (long long)time.us);
	}
}

int
main(void)
{
	RUN(text_is_a_time_in_every_form_the_app_wrote);
	RUN(a_number_is_told_by_its_size);
	return test_done();
}
