#include "tests/unit/test.h"

#include "services/ble-ingest/bluez/choose.h"

#define A "aa:bb:cc:00:00:01"
#define B "aa:bb:cc:00:00:02"

static const struct {
	const char *pick, *allow, *deny, *id, *name;
	int takes;
} rows[] = {
	{"all", "", "", A, "O2Ring 1234", 1},
	{"all", "", "", A, "", 1},
	{"all", " , ,", "", A, "", 1},
	{"all", A, "", A, "", 1},
	{"all", A, "", B, "", 0},
	{"all", "AA:BB:CC:00:00:01", "", A, "", 1},
	{"all", "x, " A " ,y", "", A, "", 1},
	{"all", "aa:bb:cc:*", "", A, "", 1},
	{"all", "o2ring*", "", A, "O2Ring 1234", 1},
	{"all", "o2ring", "", A, "O2Ring 1234", 0},
	{"all", "O2Ring 1234", "", A, "O2Ring 1234", 1},
	{"all", "*", "", A, "", 1},
	{"all", "?", "", A, "", 0},
	{"all", "", A, A, "", 0},
	{"all", "", A, B, "", 1},
	{"all", "", "o2*", A, "O2Ring", 0},
	{"all", "", "o2*", A, "", 1},
	{"all", A, A, A, "", 0},
	{"listed", A, "", A, "", 1},
	{"listed", A, "", B, "", 0},
	{"listed", "*", B, B, "", 0},
	{"first", "", "", A, "", 1},
	{"first", B, "", A, "", 0},
	{"first", "", A, A, "", 0},
};

TEST(allow_deny_and_pick_decide)
{
	struct choose c;
	size_t i;

	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		ok(choose_init(&c, rows[i].pick, rows[i].allow, rows[i].deny, NULL) == 0);
		ok(choose_take(&c, rows[i].id, rows[i].name) == rows[i].takes,
		   "row %zu: %s allow \"%s\" deny \"%s\"", i, rows[i].pick, rows[i].allow,
		   rows[i].deny);
	}
}

TEST(the_first_one_stays_the_first)
{
	struct choose c;

	(void)choose_init(&c, "first", "", "", NULL);
	is_int(choose_take(&c, B, ""), 1);
	is_int(choose_take(&c, A, ""), 0);
	is_int(choose_take(&c, B, ""), 1);
	choose_forget(&c, A);
	is_int(choose_take(&c, A, ""), 0);
	choose_forget(&c, B);
	is_int(choose_take(&c, A, ""), 1);
	is_int(choose_take(&c, B, ""), 0);
}

TEST(one_that_is_refused_is_not_the_first)
{
	struct choose c;

	(void)choose_init(&c, "first", "", A, NULL);
	is_int(choose_take(&c, A, ""), 0);
	is_int(choose_take(&c, B, ""), 1);
}

TEST(what_cannot_be_meant_is_refused)
{
	static char many[CHOOSE_MOST * 2 + 3], longest[65], longer[66];
	static const struct { const char *pick, *allow, *deny, *why; } bad[] = {
		{"listed", "", "", "ble-ingest/pick is listed, but ble-ingest/allow is empty"},
		{"listed", " ,", "", "ble-ingest/allow is empty"},
		{"all", "aa:bb:cc:00:00", "", "ble-ingest/allow: \"aa:bb:cc:00:00\" is no address"},
		{"all", "aa:bb:cc:00:00:001", "", "is no address"},
		{"all", "", "x,aa:bb:cc:00:00:0g", "ble-ingest/deny: \"aa:bb:cc:00:00:0g\" is no"},
		{"all", "aabb:cc:00:00:01:", "", "is no address"},
		{"all", many, "", "ble-ingest/allow: 65 entries, at most 64"},
		{"all", "", longer, "ble-ingest/deny: entry 1 has more than 63 bytes"},
	};
	struct choose c;
	struct err err;
	size_t i;

	for (i = 0; i < CHOOSE_MOST + 1; i++)
		memcpy(many + 2 * i, "a,", 2);
	memset(longer, 'a', 64);
	memset(longest, 'a', 63);
	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		ok(choose_init(&c, bad[i].pick, bad[i].allow, bad[i].deny, &err) < 0, "row %zu", i);
		has_str(err.text, bad[i].why);
	}
	many[CHOOSE_MOST * 2] = '\0';
	is_int(choose_init(&c, "all", many, longest, &err), 0);
}

int
main(void)
{
	RUN(allow_deny_and_pick_decide);
	RUN(the_first_one_stays_the_first);
	RUN(one_that_is_refused_is_not_the_first);
	RUN(what_cannot_be_meant_is_refused);
	return test_done();
}
