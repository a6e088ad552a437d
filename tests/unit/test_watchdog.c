#include "services/local-store/watchdog.h"

#include "tests/unit/test.h"

#define SECOND 1000000LL
#define MINUTE (60 * SECOND)
#define BEGAN  1800000000000000LL

static const struct watchdog_limits limits = {
	.unsynced_warn_s = 300, .unsynced_critical_s = 1800, .failing_percent = 5, .clock_s = 2,
	.disk_percent = 80, .archive_bytes = 200000000,
};

struct run {
	struct watchdog dog;
	struct watchdog_facts facts;
	struct alert told[N_RULES];
	size_t n;
};

static void
begin(struct run *run)
{
	memset(run, 0, sizeof(*run));
	run->facts = (struct watchdog_facts){.mono_us = 5 * SECOND, .utc_us = BEGAN, .disk_used = 0.5};
	watchdog_init(&run->dog, &limits, &run->facts);
}

/* So much later it looks again; how many were told. */
static size_t
later(struct run *run, int64_t us)
{
	run->facts.mono_us += us;
	run->facts.utc_us += us;
	return run->n = watchdog_look(&run->dog, &run->facts, run->told);
}

static void
told(struct run *run, const char *name, int64_t level, const char *part)
{
	if (!ok(run->n == 1, "%zu told", run->n))
		return;
	is_str(run->told[0].name, name);
	is_int(run->told[0].level, level);
	has_str(run->told[0].text, part);
	is_int(run->told[0].at_us, run->facts.utc_us);
	is_int(msg_check(&msg_alert, &run->told[0], NULL), 0);
}

TEST(a_row_that_waits_too_long_is_told_twice_and_then_over)
{
	struct run run;

	begin(&run);
	run.facts.oldest_us = BEGAN;
	is_int(later(&run, 300 * SECOND), 0);
	later(&run, SECOND);
	told(&run, "unsynced", LEVEL_WARN, "5 minutes old");
	is_int(later(&run, SECOND), 0);
	is_int(later(&run, 57 * SECOND), 0);
	later(&run, 2 * SECOND);
	told(&run, "unsynced", LEVEL_WARN, "6 minutes old");
	later(&run, 1440 * SECOND);
	told(&run, "unsynced", LEVEL_CRITICAL, "30 minutes old");
	run.facts.oldest_us = 0;
	later(&run, SECOND);
	told(&run, "unsynced", LEVEL_INFO, "over");
	is_int(later(&run, 2 * MINUTE), 0);
}

TEST(a_row_from_the_future_is_not_old)
{
	struct run run;

	begin(&run);
	run.facts.oldest_us = BEGAN + 60 * MINUTE;
	is_int(later(&run, MINUTE), 0);
}

TEST(failures_count_by_the_last_ten_minutes)
{
	struct run run;
	int i;

	begin(&run);
	run.facts.n_arrived = 1000;
	run.facts.n_failed = 500;   /* before it looked for the first time */
	is_int(later(&run, 0), 0);
	run.facts.n_arrived += 18;
	run.facts.n_failed += 1;
	is_int(later(&run, SECOND), 0);  /* too few to tell */
	run.facts.n_arrived += 1;
	is_int(later(&run, SECOND), 0);  /* 1 of 20: 5 %, not more */
	run.facts.n_failed += 1;
	later(&run, SECOND);
	told(&run, "failing", LEVEL_WARN, "10 %");
	for (i = 0; i < 9; i++)
		later(&run, MINUTE);
	told(&run, "failing", LEVEL_WARN, "10 %");
	later(&run, MINUTE);
	later(&run, MINUTE);
	is_int(run.dog.level[RULE_FAILING], LEVEL_NONE);
}

TEST(only_a_backlog_that_grows_for_ten_minutes_is_told)
{
	struct run run;
	int i;

	begin(&run);
	for (i = 0; i < 10; i++) {
		run.facts.pending = 100 + i;
		is_int(later(&run, i ? MINUTE : 0), 0);
	}
	run.facts.pending = 1000;
	later(&run, MINUTE);
	told(&run, "backlog", LEVEL_WARN, "to 1000 readings");
	run.facts.pending = 999;
	later(&run, MINUTE);
	told(&run, "backlog", LEVEL_INFO, "over");

	begin(&run);
	for (i = 0; i < 30; i++) {  /* up and down */
		run.facts.pending = 100 + i + (i % 5 == 4 ? -20 : 0);
		is_int(later(&run, MINUTE), 0);
	}
}

TEST(a_clock_that_is_set_is_told_and_then_taken_as_right)
{
	static const int64_t steps[] = {3 * SECOND, -3 * SECOND, 7200 * SECOND, -7200 * SECOND};
	struct run run;
	size_t i;

	for (i = 0; i < sizeof(steps) / sizeof(steps[0]); i++) {
		begin(&run);
		run.facts.utc_us += steps[i];
		later(&run, SECOND);
		told(&run, "clock", LEVEL_WARN, steps[i] < 0 ? "by -" : "by +");
		later(&run, 4 * MINUTE);
		told(&run, "clock", LEVEL_WARN, "timedatectl");
		later(&run, MINUTE);
		told(&run, "clock", LEVEL_INFO, "over");
		is_int(later(&run, 10 * MINUTE), 0);
	}
	begin(&run);
	run.facts.utc_us += 2 * SECOND;
	is_int(later(&run, SECOND), 0);
	run.facts.utc_us -= 2 * SECOND;
	is_int(later(&run, SECOND), 0);
}

TEST(a_disk_that_fills_is_told)
{
	struct run run;

	begin(&run);
	run.facts.disk_used = 0.80;
	is_int(later(&run, SECOND), 0);
	run.facts.disk_used = 0.81;
	later(&run, SECOND);
	told(&run, "disk", LEVEL_WARN, "81 %");
	run.facts.disk_used = 0.96;
	later(&run, SECOND);
	told(&run, "disk", LEVEL_CRITICAL, "96 %");
	run.facts.disk_used = -1;
	later(&run, SECOND);
	told(&run, "disk", LEVEL_INFO, "over");
}

TEST(a_database_near_its_cap_is_told_step_by_step)
{
	static const struct {
		int64_t percent, level;
		const char *part;
	} steps[] = {
		{50, LEVEL_WARN, "holds 50 % of what it may: see local-store/keep-days"},
		{80, LEVEL_WARN, "leaves it early"},
		{95, LEVEL_CRITICAL, "waits for Postgres"},
		{100, LEVEL_CRITICAL, "no new reading is taken"},
		{49, LEVEL_INFO, "over"},
	};
	struct run run;
	size_t i;

	begin(&run);
	run.facts.database_percent = 49;
	is_int(later(&run, SECOND), 0);
	for (i = 0; i < sizeof(steps) / sizeof(*steps); i++) {
		run.facts.database_percent = steps[i].percent;
		later(&run, SECOND);
		told(&run, "database", steps[i].level, steps[i].part);
		ok(later(&run, SECOND) == 0, "a step is told once");
	}
}

TEST(an_archive_that_grows_is_told_step_by_step)
{
	static const struct {
		int64_t bytes, level;
		const char *part;
	} steps[] = {
		{100000000, LEVEL_WARN, "hold 100 MB, 50 % of"},
		{160000000, LEVEL_WARN, "80 % of"},
		{190000000, LEVEL_CRITICAL, "95 % of"},
		{400000000, LEVEL_CRITICAL, "200 % of local-store/alert-archive-mb"},
		{1000, LEVEL_INFO, "over"},
	};
	struct run run;
	size_t i;

	begin(&run);
	run.facts.archive_bytes = 99999999;
	is_int(later(&run, SECOND), 0);
	for (i = 0; i < sizeof(steps) / sizeof(*steps); i++) {
		run.facts.archive_bytes = steps[i].bytes;
		later(&run, SECOND);
		told(&run, "archive_size", steps[i].level, steps[i].part);
	}
	run.dog.limits.archive_bytes = 0;
	run.facts.archive_bytes = INT64_MAX / 200;
	ok(later(&run, SECOND) == 0, "0: no matter");
}

TEST(rows_that_cannot_leave_are_told)
{
	struct run run;

	begin(&run);
	run.facts.archive_why = "";
	is_int(later(&run, SECOND), 0);
	run.facts.archive_why = "/archive: No space left on device";
	later(&run, SECOND);
	told(&run, "archive", LEVEL_WARN, "rows cannot leave the database as they should: /archive: No space");
	run.facts.archive_why = NULL;
	later(&run, SECOND);
	told(&run, "archive", LEVEL_INFO, "over");
}

int
main(void)
{
	RUN(a_row_that_waits_too_long_is_told_twice_and_then_over);
	RUN(a_row_from_the_future_is_not_old);
	RUN(failures_count_by_the_last_ten_minutes);
	RUN(only_a_backlog_that_grows_for_ten_minutes_is_told);
	RUN(a_clock_that_is_set_is_told_and_then_taken_as_right);
	RUN(a_disk_that_fills_is_told);
	RUN(a_database_near_its_cap_is_told_step_by_step);
	RUN(an_archive_that_grows_is_told_step_by_step);
	RUN(rows_that_cannot_leave_are_told);
	return test_done();
}
