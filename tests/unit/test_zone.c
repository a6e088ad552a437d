#include <errno.h>
#include <stdlib.h>

#include "services/ihht/import/stamp.h"
#include "services/ihht/import/zone.h"
#include "tests/unit/test.h"

/* "2023-03-06 21:47:12" as if UTC */
static int64_t
at(const char *text)
{
	struct stamp stamp = {.local_s = 0};
	struct err err;

	ok(stamp_read(text, &stamp, &err) == 0, "%s: %s", text, err.text);
	return stamp.local_s;
}

static int
has_names(void)
{
	struct err err;

	return zone_set("Europe/Berlin", &err) == 0;
}

TEST(an_offset_is_the_same_all_year)
{
	static const struct { const char *name; int64_t east_s; const char *shown; } rows[] = {
		{"+02:00", 7200, "+02:00"}, {"-05:30", -19800, "-05:30"}, {"+0545", 20700, "+05:45"},
		{"+02", 7200, "+02:00"}, {"-00:30", -1800, "-00:30"}, {"+14:00", 50400, "+14:00"},
		{"UTC", 0, "+00:00"},
	};
	int64_t june = at("2025-06-02 02:30:00"), march = at("2025-03-30 02:30:00");
	char text[16];
	struct err err;
	size_t i;

	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		ok(zone_set(rows[i].name, &err) == 0, "%s: %s", rows[i].name, err.text);
		is_int(zone_utc(june, INT64_MIN), june - rows[i].east_s);
		is_int(zone_utc(march, INT64_MIN), march - rows[i].east_s);
		is_str(zone_offset(june, text), rows[i].shown);
	}
}

TEST(what_is_no_zone_is_refused)
{
	static const char *const rows[] = {"", "Europe", "Europe/Nowhere", "../UTC", "/etc/passwd", "+",
					   "+2", "+16:00", "+02:60", "+02:00x", "+ab", "CEST+1", "2"};
	struct err err;
	size_t i;

	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		err = (struct err){0};
		ok(zone_set(rows[i], &err) == -1 && err.code == EINVAL, "\"%s\" was taken", rows[i]);
	}
}

TEST(a_named_zone_knows_summer_and_winter)
{
	static const struct { const char *zone, *local, *utc; } rows[] = {
		{"Europe/Berlin", "2025-01-15 12:00:00", "2025-01-15 11:00:00"},
		{"Europe/Berlin", "2025-07-15 12:00:00", "2025-07-15 10:00:00"},
		{"America/New_York", "2025-01-15 12:00:00", "2025-01-15 17:00:00"},
		{"America/New_York", "2025-07-15 12:00:00", "2025-07-15 16:00:00"},
		{"Asia/Kathmandu", "2025-07-15 12:00:00", "2025-07-15 06:15:00"},
		{"Europe/Dublin", "2025-07-15 12:00:00", "2025-07-15 11:00:00"},
		{"Europe/Dublin", "2025-01-15 12:00:00", "2025-01-15 12:00:00"},
		{"Australia/Sydney", "2025-01-15 12:00:00", "2025-01-15 01:00:00"},
	};
	struct err err;
	size_t i;

	if (!has_names())
		SKIP("no tzdata here");
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		is_int(zone_set(rows[i].zone, &err), 0);
		ok(zone_utc(at(rows[i].local), INT64_MIN) == at(rows[i].utc), "%s %s: %lld s off",
		   rows[i].zone, rows[i].local,
		   (long long)(zone_utc(at(rows[i].local), INT64_MIN) - at(rows[i].utc)));
	}
}

TEST(an_hour_that_comes_twice_is_told_by_what_was_before)
{
	struct err err;

	if (!has_names())
		SKIP("no tzdata here");
	is_int(zone_set("Europe/Berlin", &err), 0);
	is_int(zone_utc(at("2025-10-26 02:30:00"), INT64_MIN), at("2025-10-26 00:30:00"));
	is_int(zone_utc(at("2025-10-26 02:30:00"), at("2025-10-26 00:29:59")), at("2025-10-26 00:30:00"));
	is_int(zone_utc(at("2025-10-26 02:30:00"), at("2025-10-26 00:30:00")), at("2025-10-26 01:30:00"));
	is_int(zone_utc(at("2025-10-26 02:00:00"), at("2025-10-26 00:59:58")), at("2025-10-26 01:00:00"));
	is_int(zone_utc(at("2025-10-26 03:00:00"), INT64_MIN), at("2025-10-26 02:00:00"));
}

TEST(an_hour_that_is_skipped_goes_on_from_before)
{
	struct err err;

	if (!has_names())
		SKIP("no tzdata here");
	is_int(zone_set("Europe/Berlin", &err), 0);
	is_int(zone_utc(at("2025-03-30 01:59:59"), INT64_MIN), at("2025-03-30 00:59:59"));
	is_int(zone_utc(at("2025-03-30 02:00:00"), INT64_MIN), at("2025-03-30 01:00:00"));
	is_int(zone_utc(at("2025-03-30 03:00:00"), INT64_MIN), at("2025-03-30 01:00:00"));
}

int
main(void)
{
	RUN(an_offset_is_the_same_all_year);
	RUN(what_is_no_zone_is_refused);
	RUN(a_named_zone_knows_summer_and_winter);
	RUN(an_hour_that_comes_twice_is_told_by_what_was_before);
	RUN(an_hour_that_is_skipped_goes_on_from_before);
	return test_done();
}
