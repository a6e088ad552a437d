#include "common/hlc.h"
#include "tests/unit/test.h"

#define MS(ms) ((int64_t)(ms) << 16)

TEST(a_stamp_is_the_wall_clock_and_sorts_as_a_number)
{
	is_int(hlc_next(0, 1795403600306789), MS(1795403600306));
	is_int(hlc_us(MS(1795403600306) | 65535), 1795403600306000);
	ok(hlc_next(0, 2000) > hlc_next(0, 1999));
}

TEST(stamps_go_on_when_the_clock_stands_still_or_goes_back)
{
	int64_t last = hlc_next(0, 5000);

	is_int(hlc_next(last, 5000), MS(5) + 1);
	is_int(hlc_next(last, 5999), MS(5) + 1);
	is_int(hlc_next(last, 1000), MS(5) + 1);
	is_int(hlc_next(last, 6000), MS(6));
	is_int(hlc_next(MS(5) | 65535, 5000), MS(6));
}

TEST(another_stamp_moves_ours_forward_and_never_back)
{
	is_int(hlc_merge(MS(5), MS(7), 7000), MS(7));
	is_int(hlc_merge(MS(7), MS(5), 7000), MS(7));
	is_int(hlc_merge(MS(7), MS(7), 7000), MS(7));
}

TEST(a_stamp_more_than_sixty_seconds_ahead_is_refused)
{
	is_int(hlc_merge(0, MS(61000), 1000000), MS(61000));
	is_int(hlc_merge(0, MS(61000) | 65535, 1000000), MS(61000) | 65535);
	is_int(hlc_merge(0, MS(61001), 1000000), -1);
	is_int(hlc_merge(0, INT64_MAX, 1000000), -1);
}

int
main(void)
{
	RUN(a_stamp_is_the_wall_clock_and_sorts_as_a_number);
	RUN(stamps_go_on_when_the_clock_stands_still_or_goes_back);
	RUN(another_stamp_moves_ours_forward_and_never_back);
	RUN(a_stamp_more_than_sixty_seconds_ahead_is_refused);
	return test_done();
}
