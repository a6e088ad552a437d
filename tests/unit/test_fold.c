#include "services/dedupe-auditor/rules/fold.h"

#include "proto/msg.h"
#include "tests/unit/test.h"

#define N MSG_NONE
#define MAX 8

/* Up to eight readings (ms, spo2, signal_strength), and where each goes. */
static const struct {
	const char *what;
	size_t n;
	struct {
		int64_t ms, spo2, signal;
		size_t into;
	} rows[MAX];
	struct fold_sum sum;    /* again, twice, clash, dense */
} tests[] = {
	{"nothing", 0, {{0}}, {0, 0, 0, 0}},
	{"one a second", 3, {{0, 97, 5, 0}, {1000, 97, 5, 1}, {2000, 97, 5, 2}}, {0, 0, 0, 0}},
	{"a batch sent again", 4,
	 {{0, 97, 5, 0}, {0, 97, 5, 0}, {1000, 98, 5, 2}, {1000, 98, 5, 2}}, {2, 0, 0, 0}},
	{"sent three times, signal in the second", 3,
	 {{0, 97, N, 1}, {0, 97, 5, 1}, {0, 97, N, 1}}, {2, 0, 0, 0}},
	{"fed twice, the screen's copy later", 2, {{0, 97, 5, 0}, {7, 97, N, 0}}, {0, 1, 0, 0}},
	{"fed twice, the screen's copy first", 2, {{0, 97, N, 1}, {7, 97, 5, 1}}, {0, 1, 0, 0}},
	{"fed twice by a device without signal", 2, {{0, 97, N, 0}, {7, 97, N, 0}}, {0, 1, 0, 0}},
	{"fed twice and sent again", 4,
	 {{0, 97, N, 2}, {0, 97, N, 2}, {7, 97, 5, 2}, {7, 97, 5, 2}}, {2, 1, 0, 0}},
	{"249.999 ms apart", 2, {{0, 97, 5, 0}, {249, 97, N, 0}}, {0, 1, 0, 0}},
	{"250 ms apart", 2, {{0, 97, 5, 0}, {250, 97, N, 1}}, {0, 0, 0, 0}},
	{"both with a signal: two samples", 2, {{0, 97, 5, 0}, {7, 97, 5, 1}}, {0, 0, 0, 0}},
	{"other values: two samples", 2, {{0, 97, 5, 0}, {7, 96, N, 1}}, {0, 0, 0, 0}},
	{"one time, two values", 2, {{0, 97, 5, 0}, {0, 96, 5, 1}}, {0, 0, 2, 0}},
	{"one time, two values, one again", 3,
	 {{0, 97, 5, 0}, {0, 96, 5, 1}, {0, 97, 5, 0}}, {1, 0, 2, 0}},
	{"no value is a value", 2, {{0, N, 5, 0}, {0, 97, 5, 1}}, {0, 0, 2, 0}},
	{"a clash takes part in nothing else", 3,
	 {{0, 97, 5, 0}, {0, 96, 5, 1}, {7, 97, N, 2}}, {0, 0, 2, 0}},
	{"a sensor that sends ten a second", 4,
	 {{0, 97, N, 0}, {100, 97, N, 1}, {200, 97, N, 2}, {300, 97, N, 3}}, {0, 0, 0, 4}},
	{"the same, sent again", 4,
	 {{0, 97, N, 0}, {100, 97, N, 1}, {100, 97, N, 1}, {200, 97, N, 3}}, {1, 0, 0, 3}},
};

TEST(each_reading_goes_where_it_belongs)
{
	struct legacy_reading rows[MAX];
	struct fold_sum sum;
	size_t into[MAX], i, j;

	for (i = 0; i < sizeof(tests) / sizeof(tests[0]); i++) {
		for (j = 0; j < tests[i].n; j++)
			rows[j] = (struct legacy_reading){
				.time_us = tests[i].rows[j].ms * 1000, .spo2 = tests[i].rows[j].spo2,
				.heart_rate = 60, .signal_strength = tests[i].rows[j].signal, .row = j};
		sum = (struct fold_sum){0};
		readings_fold(rows, tests[i].n, into, &sum);
		for (j = 0; j < tests[i].n; j++)
			ok(into[j] == tests[i].rows[j].into, "%s, row %zu: into %zu", tests[i].what, j,
			   into[j]);
		ok(sum.n_again == tests[i].sum.n_again && sum.n_twice == tests[i].sum.n_twice &&
		   sum.n_clash == tests[i].sum.n_clash && sum.n_dense == tests[i].sum.n_dense,
		   "%s: %lld %lld %lld %lld", tests[i].what, (long long)sum.n_again,
		   (long long)sum.n_twice, (long long)sum.n_clash, (long long)sum.n_dense);
	}
}

TEST(what_stays_does_not_fold_again)
{
	struct legacy_reading rows[MAX];
	struct fold_sum sum;
	size_t into[MAX], i, j, n;

	for (i = 0; i < sizeof(tests) / sizeof(tests[0]); i++) {
		n = 0;
		for (j = 0; j < tests[i].n; j++)
			if (tests[i].rows[j].into == j)
				rows[n++] = (struct legacy_reading){
					.time_us = tests[i].rows[j].ms * 1000,
					.spo2 = tests[i].rows[j].spo2, .heart_rate = 60,
					.signal_strength = tests[i].rows[j].signal, .row = j};
		sum = (struct fold_sum){0};
		readings_fold(rows, n, into, &sum);
		ok(!sum.n_again && !sum.n_twice, "%s", tests[i].what);
	}
}

int
main(void)
{
	RUN(each_reading_goes_where_it_belongs);
	RUN(what_stays_does_not_fold_again);
	return test_done();
}
