#include "services/sync-worker/months.h"
#include "proto/msg.h"
#include "tests/unit/test.h"

TEST(a_time_falls_into_its_month_in_utc)
{
	static const struct {
		int64_t us;
		const char *table;
	} rows[] = {
		{0, "ihht.readings_1970_01"},
		{1420070399999999, "ihht.readings_2014_12"},
		{1420070400000000, "ihht.readings_2015_01"},
		{1709164800000000, "ihht.readings_2024_02"},  /* 29 February */
		{1709251199999999, "ihht.readings_2024_02"},
		{1709251200000000, "ihht.readings_2024_03"},
		{1795403600000000, "ihht.readings_2026_11"},
		{4102444799999999, "ihht.readings_2099_12"},
		{MSG_TIME_MAX, "ihht.readings_2100_01"},
	};
	char name[MONTH_TABLE];
	size_t i;

	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		is_str(month_table(month_of(rows[i].us), name), rows[i].table);
	ok(month_of(MSG_TIME_MAX) < MONTHS_MAX);
}

TEST(a_month_begins_where_the_one_before_ends)
{
	int m;

	for (m = 0; m < 1561; m++) {
		is_int(month_of(month_start_us(m)), m);
		if (m)
			is_int(month_of(month_start_us(m) - 1), m - 1);
	}
}

int
main(void)
{
	RUN(a_time_falls_into_its_month_in_utc);
	RUN(a_month_begins_where_the_one_before_ends);
	return test_done();
}
