#include "services/sync-worker/backoff.h"
#include "tests/unit/test.h"

static struct backoff
fresh(uint64_t seed)
{
	return (struct backoff){.first_ms = 1000, .most_ms = 300000, .random = seed};
}

TEST(no_wait_is_longer_than_its_place_in_the_row_allows)
{
	int64_t most[] = {1000, 2000, 4000, 8000, 16000, 32000, 64000, 128000, 256000, 300000, 300000};
	struct backoff b;
	uint64_t seed;
	int64_t ms;
	size_t i;

	for (seed = 0; seed < 500; seed++)
		for (b = fresh(seed), i = 0; i < sizeof(most) / sizeof(most[0]); i++) {
			ms = backoff_next_ms(&b);
			ok(ms >= 0 && ms <= most[i], "seed %d, failure %d: %lld ms", (int)seed, (int)i,
			   (long long)ms);
		}
}

TEST(every_length_up_to_the_most_is_about_as_likely)
{
	int buckets[4] = {0}, i;
	struct backoff b;

	for (i = 0; i < 4000; i++) {
		b = fresh((uint64_t)i * 77);
		b.n_failed = 3;  /* up to 8000 */
		buckets[backoff_next_ms(&b) / 2001]++;
	}
	for (i = 0; i < 4; i++)
		ok(buckets[i] > 850 && buckets[i] < 1150, "quarter %d: %d of 4000", i, buckets[i]);
}

TEST(two_workers_do_not_come_back_together)
{
	struct backoff a = fresh(1), b = fresh(2);
	int i, same = 0;

	for (i = 0; i < 20; i++)
		same += backoff_next_ms(&a) == backoff_next_ms(&b);
	ok(same <= 1, "%d of 20", same);
}

TEST(the_same_seed_gives_the_same_waits)
{
	struct backoff a = fresh(7), b = fresh(7);
	int i;

	for (i = 0; i < 20; i++)
		is_int(backoff_next_ms(&a), backoff_next_ms(&b));
}

TEST(success_begins_the_row_anew)
{
	struct backoff b = fresh(3);
	int i;

	for (i = 0; i < 12; i++)
		(void)backoff_next_ms(&b);
	b.n_failed = 0;
	ok(backoff_next_ms(&b) <= 1000);
}

TEST(a_thousand_failures_do_not_overflow)
{
	struct backoff b = fresh(4);
	int64_t ms;
	int i;

	for (i = 0; i < 1000; i++) {
		ms = backoff_next_ms(&b);
		ok(ms >= 0 && ms <= 300000);
	}
}

int
main(void)
{
	RUN(no_wait_is_longer_than_its_place_in_the_row_allows);
	RUN(every_length_up_to_the_most_is_about_as_likely);
	RUN(two_workers_do_not_come_back_together);
	RUN(the_same_seed_gives_the_same_waits);
	RUN(success_begins_the_row_anew);
	RUN(a_thousand_failures_do_not_overflow);
	return test_done();
}
