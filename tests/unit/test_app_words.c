#include "services/ihht/import/app_words.h"

#include "tests/unit/test.h"

/* "name=value" up to NULL; "name=" is null. */
static struct cells
cells_of(const char *const *texts)
{
	static char copies[24][600];
	struct cells row = {0};
	char *equals;

	for (; *texts; texts++) {
		(void)snprintf(copies[row.n], sizeof(copies[0]), "%s", *texts);
		equals = strchr(copies[row.n], '=');
		*equals = 0;
		row.names[row.n] = copies[row.n];
		row.values[row.n] = equals[1] ? equals + 1 : NULL;
		row.n++;
	}
	cells_find(&row, NULL, NULL);
	return row;
}
#define ROW(...) cells_of((const char *const[]){__VA_ARGS__, NULL})

#define MS  "1754051696789"
#define US  1754051696789000LL
#define S   "1754051696"
#define ISO "2025-08-01T12:34:56.789Z"

TEST(a_reading_is_told_with_what_it_has)
{
	struct cells row = ROW("session_id=x", "timestamp=" MS, "spo2=91", "heart_rate=72",
			       "signal_strength=5", "phase_type=HYPOXIC", "cycle_number=2", "fio2_level=7",
			       "data_source=mock", "created_at=" S);
	struct reading r;

	is_int(app_reading(&row, &r), 0);
	is_int(r.taken_us, US);
	is_int(r.epoch, APP_EPOCH);
	is_int(r.seq, US / 1000);
	is_real(r.spo2, 91);
	is_real(r.heart_rate, 72);
	is_int(r.signal_strength, 5);
	is_int(r.phase_type, PHASE_ALTITUDE);
	is_int(r.cycle_number, 2);
	is_int(r.altitude_level, 7);
	is_int(r.data_source, DATA_SOURCE_MOCK);
	is_int(r.invalid, INVALID_NO);
}

TEST(what_a_field_cannot_hold_is_left_out_of_a_reading)
{
	struct cells row = ROW("timestamp=" ISO, "spo2=0", "heart_rate=", "signal_strength=-3",
			       "phase_type=lunch", "cycle_number=0", "fio2_level=16", "data_source=guess");
	struct reading r;
	struct err err;

	is_int(app_reading(&row, &r), 0);
	ok(isnan(r.spo2) && isnan(r.heart_rate));
	is_int(r.invalid, INVALID_UNAVAILABLE);
	is_int(r.signal_strength, MSG_NONE);
	is_int(r.phase_type, PHASE_NONE);
	is_int(r.altitude_level, MSG_NONE);
	is_int(r.data_source, DATA_SOURCE_UNKNOWN);
	is_int(msg_check(&msg_reading, &r, &err), 0);
	row = ROW("timestamp=soon", "spo2=91");
	is_int(app_reading(&row, &r), -1);
}

TEST(a_survey_row_is_two_surveys)
{
	struct cells row = ROW("clarity_pre=3", "energy_pre=9", "stress_pre=", "clarity_post=",
			       "energy_post=", "stress_post=", "notes_post=slept badly", "overall_rating=4",
			       "post_symptoms=[\"tingling\",\"none\"]", "created_at=" S, "updated_at=" S);
	struct survey s;

	msg_clear(&msg_survey, &s);
	is_int(app_survey(&row, SURVEY_PRE, &s), 1);
	is_int(s.clarity, 3);
	is_int(s.energy, MSG_NONE);             /* of another scale */
	is_int(s.at_us, US / 1000000 * 1000000);
	msg_clear(&msg_survey, &s);
	is_int(app_survey(&row, SURVEY_POST, &s), 1);
	is_int(s.overall_rating, 4);
	is_int(s.post_symptoms, 1 << SYMPTOM_TINGLING);
	is_str(s.notes_post, "slept badly");
	row = ROW("clarity_pre=3", "post_symptoms=[]", "notes_post=");
	msg_clear(&msg_survey, &s);
	is_int(app_survey(&row, SURVEY_POST, &s), 0);
}

TEST(an_answer_in_between_is_of_its_phase_or_cycle)
{
	struct cells row = ROW("phase_number=", "cycle_number=2", "clarity=1", "stress=5",
			       "sensations=[\"zen\"]", "timestamp=" MS);
	struct survey s;

	msg_clear(&msg_survey, &s);
	is_int(app_response(&row, &s), 0);
	is_int(s.phase_number, 2);
	is_int(s.sensations, 1 << SENSATION_ZEN);
	is_int(s.at_us, US);
	row = ROW("clarity=1", "timestamp=" MS);
	is_int(app_response(&row, &s), -1);
}

TEST(an_event_needs_a_kind_and_a_time)
{
	struct cells row = ROW("event_type=mask_lift_escalated", "event_timestamp=" MS,
			       "altitude_phase_number=1", "recovery_phase_number=2", "spo2_value=79",
			       "current_altitude_level=11", "additional_data={\"breaths\":2}");
	struct event e;

	msg_clear(&msg_event, &e);
	is_int(app_event(&row, &e), 0);
	is_int(e.event_type, EVENT_MASK_LIFT);
	is_int(e.altitude_phase_number, 1);
	is_int(e.recovery_phase_number, MSG_NONE);      /* only one of them may be told */
	is_int(e.current_altitude_level, 11);
	is_str(e.additional_data, "{\"breaths\":2}");
	row = ROW("event_type=lunch", "event_timestamp=" MS);
	is_int(app_event(&row, &e), -1);
	row = ROW("event_type=mask_lift", "event_timestamp=");
	is_int(app_event(&row, &e), -1);
}

TEST(times_of_one_row_are_of_three_kinds)
{
	struct cells row = ROW("phase_type=altitude", "phase_number=1", "start_time=" MS,
			       "end_time=" ISO, "created_at=" S, "altitude_level=6", "avg_spo2=86.5",
			       "recovery_trigger=time_limit");
	struct phase_stats s;

	msg_clear(&msg_phase_stats, &s);
	is_int(app_phase_stats(&row, &s), 0);
	is_int(s.start_us, US);
	is_int(s.end_us, US);
	is_int(s.phase_type, PHASE_ALTITUDE);
	is_int(s.recovery_trigger, TRIGGER_TIME_LIMIT);
	is_real(s.avg_spo2, 86.5);
	is_int(s.mask_lift_count, 0);
	row = ROW("phase_type=HYPEROXIC", "phase_number=1", "start_time=" ISO, "end_time=" S);
	msg_clear(&msg_phase_stats, &s);
	is_int(app_phase_stats(&row, &s), 0);
	is_int(s.phase_type, PHASE_RECOVERY);
	is_int(s.end_us, MSG_NONE);                     /* before it began */
	row = ROW("phase_type=TRANSITION", "phase_number=1", "start_time=" ISO);
	is_int(app_phase_stats(&row, &s), -1);
}

TEST(notes_are_cut_between_letters)
{
	char text[2100] = "notes_post=";
	const char *const texts[] = {text, NULL};
	struct survey s;
	struct cells row;
	struct err err;

	memset(text + 11, 'a', 499);
	strcpy(text + 11 + 499, "\xc3\xa4\xc3\xa4");
	msg_clear(&msg_survey, &s);
	row = cells_of(texts);
	is_int(app_survey(&row, SURVEY_POST, &s), 1);
	memset(s.session_id, 0, sizeof(s.session_id));
	strcpy(s.session_id, "0b8d6c1e-4f3a-4a51-9a55-0123456789ab");
	is_int(msg_check(&msg_survey, &s, &err), 0);
}

int
main(void)
{
	RUN(a_reading_is_told_with_what_it_has);
	RUN(what_a_field_cannot_hold_is_left_out_of_a_reading);
	RUN(a_survey_row_is_two_surveys);
	RUN(an_answer_in_between_is_of_its_phase_or_cycle);
	RUN(an_event_needs_a_kind_and_a_time);
	RUN(times_of_one_row_are_of_three_kinds);
	RUN(notes_are_cut_between_letters);
	return test_done();
}
