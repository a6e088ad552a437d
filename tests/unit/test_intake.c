#include "tests/unit/test.h"

#include "services/local-store/intake.h"

TEST(positions_in_order_are_new)
{
	struct heard h = {.spool = 7, .known = true, .upto = 10};

	is_int(intake_pos(&h, 11), INTAKE_NEW);
	is_int(intake_pos(&h, 12), INTAKE_NEW);
	is_int(h.upto, 12);
	ok(h.touched);
	ok(!h.hole);
}

TEST(what_was_heard_before_is_seen_and_answered)
{
	struct heard h = {.known = true, .upto = 10};

	is_int(intake_pos(&h, 10), INTAKE_SEEN);
	is_int(intake_pos(&h, 1), INTAKE_SEEN);
	is_int(h.upto, 10);
	ok(h.touched, "a sender that hears nothing would never stop");
}

TEST(a_hole_stops_the_count_and_is_told_once)
{
	struct heard h = {.known = true, .upto = 10};

	is_int(intake_pos(&h, 12), INTAKE_HOLE);
	ok(h.hole && h.touched);
	is_int(h.upto, 10);
	h.told = true;
	h.hole = h.touched = false;
	is_int(intake_pos(&h, 13), INTAKE_HOLE);
	ok(!h.hole && !h.touched, "16000 frames after a hole are not 16000 complaints");
	is_int(intake_pos(&h, 11), INTAKE_NEW);
	ok(!h.told, "the next hole is told again");
}

TEST(what_has_been_told_is_not_owed)
{
	struct heard h = {.known = true, .upto = 10};

	is_int(intake_pos(&h, 11), INTAKE_NEW);
	is_int(intake_pos(&h, 13), INTAKE_HOLE);
	intake_told(&h);
	is_int(h.saved, 11);
	ok(!h.touched && !h.hole && h.told);
}

TEST(an_unknown_spool_must_first_say_where_it_starts)
{
	struct heard h = {.known = false};

	is_int(intake_pos(&h, 1), INTAKE_HOLE);
	is_int(intake_pos(&h, 500), INTAKE_HOLE);
	is_int(intake_resume(&h, 500), 0);
	is_int(intake_pos(&h, 500), INTAKE_NEW);
	is_int(h.upto, 500);
}

TEST(a_resume_before_what_is_known_takes_nothing_back)
{
	struct heard h = {.known = true, .upto = 100};

	is_int(intake_resume(&h, 50), 0);
	is_int(h.upto, 100);
	is_int(intake_pos(&h, 50), INTAKE_SEEN);
	is_int(intake_pos(&h, 101), INTAKE_NEW);
}

TEST(a_resume_beyond_what_is_known_counts_what_is_gone)
{
	struct heard h = {.known = true, .upto = 100, .told = true};

	is_int(intake_resume(&h, 151), 50);
	is_int(h.upto, 150);
	is_int(intake_pos(&h, 151), INTAKE_NEW);
}

TEST(a_reading_gets_the_phase_of_its_own_time)
{
	struct span spans[] = {{1000, PHASE_ALTITUDE, 1, 6}, {2000, PHASE_RECOVERY, 1, 6},
			       {3000, PHASE_ALTITUDE, 2, 7}};
	struct entry entry = {.spans = spans, .n_spans = 3, .row.starting_altitude_level = 5};
	static const struct { int64_t at, phase, cycle, level; } rows[] = {
		{999, PHASE_NONE, MSG_NONE, 5}, {1000, PHASE_ALTITUDE, 1, 6},
		{1999, PHASE_ALTITUDE, 1, 6},   {2000, PHASE_RECOVERY, 1, 6},
		{9999, PHASE_ALTITUDE, 2, 7}};
	struct sample sample;
	struct reading reading;
	size_t i;

	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		msg_clear(&msg_sample, &sample);
		sample.taken_us = rows[i].at;
		sample.spo2 = 83.5;
		sample.status = 0x20;
		sample.rr = 812;
		intake_reading(&sample, &entry, sample.taken_us, &reading);
		is_int(reading.phase_type, rows[i].phase);
		is_int(reading.cycle_number, rows[i].cycle);
		is_int(reading.altitude_level, rows[i].level);
		is_real(reading.spo2, 83.5);
		is_int(reading.status, 0x20);
		is_int(reading.rr, 812);
		ok(isnan(reading.heart_rate), "absent stays absent");
	}
}

int
main(void)
{
	RUN(positions_in_order_are_new);
	RUN(what_was_heard_before_is_seen_and_answered);
	RUN(a_hole_stops_the_count_and_is_told_once);
	RUN(what_has_been_told_is_not_owed);
	RUN(an_unknown_spool_must_first_say_where_it_starts);
	RUN(a_resume_before_what_is_known_takes_nothing_back);
	RUN(a_resume_beyond_what_is_known_counts_what_is_gone);
	RUN(a_reading_gets_the_phase_of_its_own_time);
	return test_done();
}
