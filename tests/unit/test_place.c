#include "services/realtime-fanout/place.h"

#include "services/realtime-fanout/ring.h"
#include "test.h"

TEST(a_place_is_read_as_it_was_written)
{
	const struct place place = {1795403600306000, 17, ring_hash("5a:00:00:00:00:01")};
	struct place again;
	struct text text = {0};

	place_write(&text, &place);
	text_add(&text, "", 1);
	is_int(place_read(text.bytes, &again), 0);
	ok(place_same(&place, &again));
	text_free(&text);
}

TEST(a_device_may_be_named)
{
	struct place place;

	is_int(place_read("1795403600306000.17.a.b~c", &place), 0);
	is_int(place.taken_us, 1795403600306000);
	is_int(place.seq, 17);
	ok(place.device == ring_hash("a.b~c"));
	is_int(place_read("1.2.~00000000000000ff", &place), 0);
	ok(place.device == 255);
	is_int(place_read("1.2.~00000000000000FF", &place), 0);
	ok(place.device == ring_hash("~00000000000000FF"), "that is a name");
}

TEST(what_differs_in_one_thing_is_another_place)
{
	const struct place place = {1, 2, 3};

	ok(place_same(&place, &(struct place){1, 2, 3}));
	ok(!place_same(&place, &(struct place){9, 2, 3}));
	ok(!place_same(&place, &(struct place){1, 9, 3}));
	ok(!place_same(&place, &(struct place){1, 2, 9}));
}

int
main(void)
{
	RUN(a_place_is_read_as_it_was_written);
	RUN(a_device_may_be_named);
	RUN(what_differs_in_one_thing_is_another_place);
	return test_done();
}
