#include "tests/unit/test.h"

#include "proto/schedule.h"

static const struct schedule s = {420, 180};  /* a cycle is 620 s */

static void
is_at(int64_t utc_s, enum phase phase, int64_t into_s, int64_t cycle, int64_t ends_s)
{
	struct schedule_at at = schedule_at(&s, 0, utc_s * 1000000);

	is_int(at.phase, phase);
	is_int(at.phase_us, into_s * 1000000);
	is_int(at.cycle, cycle);
	is_int(at.phase_ends_us, ends_s * 1000000);
}

TEST(the_phases_follow_each_other_to_the_second)
{
	is_at(0, PHASE_ALTITUDE, 0, 1, 420);
	is_at(419, PHASE_ALTITUDE, 419, 1, 420);
	is_at(420, PHASE_TRANSITION, 0, 1, 430);
	is_at(430, PHASE_RECOVERY, 0, 1, 610);
	is_at(609, PHASE_RECOVERY, 179, 1, 610);
	is_at(610, PHASE_TRANSITION, 0, 1, 620);
	is_at(620, PHASE_ALTITUDE, 0, 2, 1040);
}

TEST(the_microsecond_before_the_end_belongs_to_the_phase)
{
	struct schedule_at at = schedule_at(&s, 0, 420 * 1000000LL - 1);

	is_int(at.phase, PHASE_ALTITUDE);
	is_int(at.phase_ends_us, 420 * 1000000LL);
}

TEST(after_the_last_cycle_a_new_session_begins)
{
	struct schedule_at last = schedule_at(&s, 0, (SCHEDULE_CYCLES * 620 - 1) * 1000000LL);
	struct schedule_at first = schedule_at(&s, 0, SCHEDULE_CYCLES * 620 * 1000000LL);

	is_int(last.cycle, SCHEDULE_CYCLES);
	is_int(last.session, 0);
	is_int(first.cycle, 1);
	is_int(first.session, 1);
}

TEST(devices_are_not_in_step)
{
	int64_t now = 1800000000LL * 1000000;
	int altitude = 0;
	unsigned i;

	for (i = 0; i < 100; i++)
		altitude += schedule_at(&s, i, now).phase == PHASE_ALTITUDE;
	ok(altitude > 55 && altitude < 80, "%d of 100; 420 of 620 s are altitude", altitude);
}

TEST(where_a_phase_ends_the_next_one_begins)
{
	int64_t t = 1800000000LL * 1000000 + 123457;
	struct schedule_at at, next;
	int i;

	for (i = 0; i < 50; i++, t = at.phase_ends_us) {
		at = schedule_at(&s, 7, t);
		next = schedule_at(&s, 7, at.phase_ends_us);
		is_int(next.phase_us, 0);
		ok(next.phase != at.phase, "phase %d twice", at.phase);
		is_int(schedule_at(&s, 7, at.phase_ends_us - 1).phase, at.phase);
	}
}

int
main(void)
{
	RUN(the_phases_follow_each_other_to_the_second);
	RUN(the_microsecond_before_the_end_belongs_to_the_phase);
	RUN(after_the_last_cycle_a_new_session_begins);
	RUN(devices_are_not_in_step);
	RUN(where_a_phase_ends_the_next_one_begins);
	return test_done();
}
