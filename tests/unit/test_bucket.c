#include "services/local-store/outbox/bucket.h"

#include "common/clock.h"
#include "tests/unit/test.h"

TEST(without_a_limit_nothing_waits)
{
	struct bucket b = bucket_new(0, 0);

	bucket_spend(&b, 1000000000, 0);
	is_int(bucket_wait_us(&b, 0), 0);
}

TEST(a_second_is_stored_and_then_it_fills_at_its_rate)
{
	struct bucket b = bucket_new(1000, 0);

	bucket_spend(&b, 999, 0);
	is_int(bucket_wait_us(&b, 0), 0);
	bucket_spend(&b, 1, 0);
	is_int(bucket_wait_us(&b, 0), 1);
	bucket_spend(&b, 500, 0);
	is_int(bucket_wait_us(&b, 0), 500001);
	is_int(bucket_wait_us(&b, 400000), 100001);
	is_int(bucket_wait_us(&b, 500001), 0);
	/* an hour later there is one second's worth, no more */
	bucket_spend(&b, 1000, 3600 * CLOCK_SECOND);
	is_int(bucket_wait_us(&b, 3600 * CLOCK_SECOND), 1);
}

TEST(a_parcel_larger_than_the_bucket_goes_and_is_paid_for)
{
	struct bucket b = bucket_new(100, 0);

	bucket_spend(&b, 1500, 0);
	is_int(bucket_wait_us(&b, 0), 14 * CLOCK_SECOND + 1);
}

TEST(a_clock_that_stands_or_goes_back_gives_nothing)
{
	struct bucket b = bucket_new(100, 5 * CLOCK_SECOND);

	bucket_spend(&b, 200, 5 * CLOCK_SECOND);
	is_int(bucket_wait_us(&b, 5 * CLOCK_SECOND), CLOCK_SECOND + 1);
	is_int(bucket_wait_us(&b, 1 * CLOCK_SECOND), CLOCK_SECOND + 1);
	bucket_spend(&b, 100, 1 * CLOCK_SECOND);
	is_int(bucket_wait_us(&b, 5 * CLOCK_SECOND), 2 * CLOCK_SECOND + 1);
}

/* Whatever the parcels: no more than the rate, a second and one parcel; and no less. */
TEST(over_time_the_rate_is_kept)
{
	static const struct {
		int64_t per_s, parcel;
	} rows[] = {{1, 1}, {3, 1}, {7, 500}, {1000, 1}, {1000, 500}, {1000, 1500}, {999983, 17},
		    {1000000000000, 262144}};
	struct bucket b;
	int64_t now, wait, sent, last;
	size_t i;
	int n;

	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		b = bucket_new(rows[i].per_s, 0);
		for (now = sent = last = n = 0; n < 20000; n++) {
			wait = bucket_wait_us(&b, now);
			now += wait;
			last = sent;
			bucket_spend(&b, rows[i].parcel, now);
			sent += rows[i].parcel;
			if (!ok((double)last <= (double)rows[i].per_s * ((double)now / 1e6 + 1) + 1,
				"%lld a second: %lld at %lld us", (long long)rows[i].per_s, (long long)last,
				(long long)now))
				return;
		}
		ok((double)sent >= (double)rows[i].per_s * (double)now / 1e6 * 0.999, "%lld a second: %lld",
		   (long long)rows[i].per_s, (long long)sent);
	}
}

int
main(void)
{
	RUN(without_a_limit_nothing_waits);
	RUN(a_second_is_stored_and_then_it_fills_at_its_rate);
	RUN(a_parcel_larger_than_the_bucket_goes_and_is_paid_for);
	RUN(a_clock_that_stands_or_goes_back_gives_nothing);
	RUN(over_time_the_rate_is_kept);
	return test_done();
}
