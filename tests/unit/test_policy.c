#include "services/local-store/retention/policy.h"

#include "tests/unit/test.h"

#define MB 1000000LL

TEST(all_shares_together_are_never_more_than_the_cap)
{
	static const int64_t caps[] = {8, 16, 100, 4096, 1000000, 100000000};
	struct shares s;
	size_t i;

	for (i = 0; i < sizeof(caps) / sizeof(caps[0]); i++) {
		s = policy_shares(caps[i] * MB);
		/* the log's index has 32 kB for each 4062 pages of it, and two at least */
		ok(s.file + s.log + (s.log / 4096 / 4062 + 2) * 32768 <= caps[i] * MB, "%lld", (long long)caps[i]);
		ok(s.rows > 0 && s.rows <= s.file - MB && s.log >= 3 * MB, "%lld", (long long)caps[i]);
	}
}

TEST(rows_leave_after_their_time_and_early_from_80_percent_on)
{
	is_int(policy_horizon(30, 79, 100), 70);
	is_int(policy_horizon(30, 80, 100), INT64_MAX);
	is_int(policy_crowded(79), 0);
	is_int(policy_crowded(80), 1);
}

TEST(at_the_cap_there_is_room_for_none)
{
	struct shares s = policy_shares(100 * MB);

	ok(policy_room(&s, 0) > 1000);
	is_int(policy_room(&s, s.rows - 400), 1);
	is_int(policy_room(&s, s.rows), 0);
	is_int(policy_room(&s, s.rows + 1), 0);
	is_int(policy_percent(&s, s.rows), 100);
	is_int(policy_percent(&s, 0), 0);
}

int
main(void)
{
	RUN(all_shares_together_are_never_more_than_the_cap);
	RUN(rows_leave_after_their_time_and_early_from_80_percent_on);
	RUN(at_the_cap_there_is_room_for_none);
	return test_done();
}
