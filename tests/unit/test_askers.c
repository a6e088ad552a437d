#include "services/ble-ingest/askers.h"

#include <stdio.h>

#include "tests/unit/test.h"

TEST(raw_bytes_are_wanted_while_somebody_asks_by_name)
{
	struct askers a = {.n = 0};

	is_int(askers_take(&a, "", 0), 0);
	is_int(askers_take(&a, "sample/", 0), 0);
	is_int(askers_any(&a), 0);
	is_int(askers_take(&a, "raw/", 0), 1);
	is_int(askers_take(&a, "raw/here/one/", 0), 1);
	is_int(askers_take(&a, "raw/", 0), 1);      /* a second one with the same wish */
	is_int(askers_any(&a), 1);
	is_int(askers_take(&a, "raw/", 1), 1);      /* told once, when the last of them has gone */
	is_int(askers_any(&a), 1);
	is_int(askers_take(&a, "raw/here/one/", 1), 1);
	is_int(askers_any(&a), 0);
	is_int(askers_take(&a, "raw/", 1), 1);      /* never came */
	is_int(askers_take(&a, "", 1), 0);
	is_int(askers_any(&a), 0);
}

TEST(more_wishes_than_there_is_room_for_are_never_forgotten)
{
	struct askers a = {.n = 0};
	char prefix[30];
	int i;

	for (i = 0; i <= ASKERS_MOST; i++) {
		(void)snprintf(prefix, sizeof(prefix), "raw/here/%d/", i);
		is_int(askers_take(&a, prefix, 0), 1);
	}
	for (i = 0; i < ASKERS_MOST; i++) {
		(void)snprintf(prefix, sizeof(prefix), "raw/here/%d/", i);
		is_int(askers_take(&a, prefix, 1), 1);
	}
	is_int(a.n, 0);
	is_int(askers_any(&a), 1);
}

int
main(void)
{
	RUN(raw_bytes_are_wanted_while_somebody_asks_by_name);
	RUN(more_wishes_than_there_is_room_for_are_never_forgotten);
	return test_done();
}
