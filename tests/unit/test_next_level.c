#include "tests/unit/test.h"

#include "proto/msg.h"
#include "services/http-api/figures/next_level.h"

#define DAY (86400LL * 1000000)
#define NOW (20000 * DAY)

static struct next_level next;

/* Sessions of these dials, newest first (-1 ends them), the newest ended `days` ago. */
static int64_t
after(int64_t days, const int *levels)
{
	struct past_session past[30];
	size_t n = 0;

	for (; levels[n] >= 0; n++)
		past[n] = (struct past_session){.end_us = NOW - (days + (int64_t)n) * DAY,
						.level = levels[n], .min_spo2 = 86, .avg_spo2 = 88,
						.completion = 1};
	next_level(past, n, NOW, &next);
	return next.level;
}
#define LEVELS(...) (const int[]){__VA_ARGS__, -1}

TEST(rest_lowers_the_dial)
{
	static const struct {
		int days, last, want;
	} rows[] = {{0, 8, 8}, {3, 8, 8}, {4, 8, 7}, {7, 8, 7}, {8, 8, 6}, {14, 8, 6}, {15, 8, 5},
		    {30, 8, 5}, {31, 8, 7}, {31, 9, 8}, {59, 3, 5}, {31, 4, 5}, {60, 8, 6}, {60, 10, 7},
		    {60, 0, 2}, {400, 6, 6}, {4, 0, 0}, {30, 2, 0}, {0, 11, 10}, {-5, 7, 7}};
	size_t i;

	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		ok(after(rows[i].days, LEVELS(rows[i].last)) == rows[i].want,
		   "after %d days from %d it is %d, not %d", rows[i].days, rows[i].last, (int)next.level,
		   rows[i].want);
}

TEST(a_trend_moves_it_by_one)
{
	is_int(after(0, LEVELS(6, 6, 6, 6, 6)), 7);
	is_str(next.trend, "plateau");
	is_int(after(0, LEVELS(6, 6, 6, 6)), 6);
	is_str(next.trend, "stable");
	is_int(after(0, LEVELS(6, 6, 6, 6, 6, 9, 9, 9)), 7);      /* a plateau and nothing else */
	is_int(after(0, LEVELS(4, 5, 5, 6, 6, 7)), 3);
	is_str(next.trend, "declining");
	is_int(after(0, LEVELS(8, 7, 7, 6, 6, 5)), 8);
	is_str(next.trend, "improving");
	is_int(after(0, LEVELS(4, 5)), 4);
	is_str(next.trend, "unknown");
	is_int(after(5, LEVELS(10, 10, 10, 10, 10)), 10);          /* -1 +1 */
	is_int(after(20, LEVELS(4, 5, 5, 6, 6, 7)), 1);            /* -3 -1, but no more than 3 down */
}

TEST(without_a_history_it_is_six)
{
	next_level(NULL, 0, NOW, &next);
	is_int(next.level, 6);
	ok(next.recalibrate && next.days == MSG_NONE);
	is_str(next.confidence, "none");
	is_str((after(1, LEVELS(5)), next.confidence), "low");
	is_str((after(1, LEVELS(5, 4, 5, 4, 5)), next.confidence), "medium");
	is_str((after(1, LEVELS(5, 4, 5, 4, 5, 4, 5, 4, 5, 4, 9, 9, 9)), next.confidence), "high");
}

/* Beside the dial: how the last one went. */
TEST(the_last_session_is_scored)
{
	static const struct {
		struct past_session s;
		int score, performance;
	} rows[] = {
		{{.min_spo2 = 86, .avg_spo2 = 90, .completion = 1}, 100, PERFORMANCE_EXCELLENT},
		{{.min_spo2 = 86, .avg_spo2 = 88, .completion = 0.8}, 85, PERFORMANCE_EXCELLENT},
		{{.min_spo2 = 86, .avg_spo2 = 87, .completion = 1, .lifts = 2}, 60, PERFORMANCE_GOOD},
		{{.min_spo2 = 83, .avg_spo2 = 87, .completion = 0, .lifts = 1}, 50, PERFORMANCE_MAINTAIN},
		{{.min_spo2 = 80, .avg_spo2 = 88, .completion = 1, .lifts = 3}, 20, PERFORMANCE_STRUGGLE},
		{{.min_spo2 = 79, .avg_spo2 = 85, .completion = 1, .lifts = 3}, 0, PERFORMANCE_UNSAFE},
		{{.min_spo2 = 86, .avg_spo2 = 91, .completion = 1, .is_calibration = 1}, 80,
		 PERFORMANCE_EXCELLENT}};
	size_t i;

	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		next_level(&rows[i].s, 1, NOW, &next);
		ok(next.score == rows[i].score && next.performance == rows[i].performance,
		   "row %zu: %d, %d", i, (int)next.score, (int)next.performance);
	}
	next_level(&(struct past_session){.min_spo2 = NAN, .avg_spo2 = NAN}, 1, NOW, &next);
	is_int(next.score, MSG_NONE);
}

TEST(a_long_rest_or_hard_decline_asks_for_a_new_calibration)
{
	struct past_session past[6] = {{.level = 4, .lifts = 4, .end_us = NOW},
				       {.level = 5, .lifts = 4, .end_us = NOW}, {.level = 5}, {.level = 6},
				       {.level = 6}, {.level = 7}};

	(void)after(30, LEVELS(5));
	ok(!next.recalibrate);
	(void)after(31, LEVELS(5));
	ok(next.recalibrate);
	next_level(past, 6, NOW, &next);
	ok(next.recalibrate);
	past[0].lifts = 3;
	next_level(past, 6, NOW, &next);
	ok(!next.recalibrate);
}

int
main(void)
{
	RUN(rest_lowers_the_dial);
	RUN(a_trend_moves_it_by_one);
	RUN(without_a_history_it_is_six);
	RUN(the_last_session_is_scored);
	RUN(a_long_rest_or_hard_decline_asks_for_a_new_calibration);
	return test_done();
}
