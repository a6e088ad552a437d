#include "services/sync-worker/breaker.h"

#include "tests/unit/test.h"

TEST(it_opens_after_so_many_failures_in_a_row_and_rests)
{
	struct breaker b = {.most_failures = 3, .rest_ms = 10000};

	is_int(breaker_failed_ms(&b), 0);
	is_int(breaker_failed_ms(&b), 0);
	is_int(b.state, BREAKER_CLOSED);
	is_int(breaker_failed_ms(&b), 10000);
	is_int(b.state, BREAKER_OPEN);
	is_int((int64_t)b.n_opened, 1);
}

TEST(a_success_in_between_starts_the_count_again)
{
	struct breaker b = {.most_failures = 2, .rest_ms = 10000};

	is_int(breaker_failed_ms(&b), 0);
	breaker_worked(&b);
	is_int(breaker_failed_ms(&b), 0);
	is_int(b.state, BREAKER_CLOSED);
}

TEST(one_try_decides)
{
	struct breaker b = {.most_failures = 1, .rest_ms = 10000};

	is_int(breaker_failed_ms(&b), 10000);
	breaker_try(&b);
	is_int(b.state, BREAKER_TRYING);
	is_int(breaker_failed_ms(&b), 10000);
	is_int(b.state, BREAKER_OPEN);
	is_int((int64_t)b.n_opened, 1);  /* it has not been closed */
	breaker_try(&b);
	breaker_worked(&b);
	is_int(b.state, BREAKER_CLOSED);
	breaker_try(&b);
	is_int(b.state, BREAKER_CLOSED);
	is_int(breaker_failed_ms(&b), 10000);
	is_int((int64_t)b.n_opened, 2);
}

int
main(void)
{
	RUN(it_opens_after_so_many_failures_in_a_row_and_rests);
	RUN(a_success_in_between_starts_the_count_again);
	RUN(one_try_decides);
	return test_done();
}
