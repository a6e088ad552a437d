#include "proto/words.h"

#include "tests/unit/test.h"

#define ROW(vocabulary, meaning) &words_##vocabulary,
static const struct words *const all[] = {VOCABULARIES(ROW)};
#define N (sizeof(all) / sizeof(all[0]))

TEST(every_word_is_found_again_by_its_text)
{
	size_t i;
	int w;

	for (i = 0; i < N; i++)
		for (w = 0; w < all[i]->n; w++)
			ok(words_find(all[i], words_text(all[i], w)) == w, "%s %d", all[i]->name, w);
}

TEST(what_is_no_word_is_not_found)
{
	size_t i;

	for (i = 0; i < N; i++) {
		is_int(words_find(all[i], "no such word"), -1);
		is_int(words_find(all[i], " "), -1);
		is_str(words_text(all[i], -1), "?");
		is_str(words_text(all[i], all[i]->n), "?");
		is_str(words_text(all[i], INT64_MAX), "?");
	}
	is_int(words_find(&words_phase, "altitude"), -1);  /* upper and lower case differ */
	is_int(words_find(&words_phase, "ALTITUD"), -1);
	is_int(words_find(&words_phase, "ALTITUDEX"), -1);
}

/* Numbers on the wire and in the stores: append only. */
TEST(the_places_never_change)
{
	is_int(DATA_SOURCE_MANUAL, 3);
	is_int(INVALID_OUT_OF_RANGE, 7);
	is_int(GAP_CLOCK_STEP, 5);
	is_int(DEVICE_OFF, 6);
	is_int(SESSION_TERMINATED, 5);
	is_int(SESSION_TYPE_HRV_CALIBRATION, 2);
	is_int(SUBTYPE_TRAINING, 2);
	is_int(PHASE_WARMUP, 6);
	is_int(SURVEY_POST, 3);
	is_int(SENSATION_NONE, 8);
	is_int(SYMPTOM_BREATHLESS, 21);
	is_int(EVENT_ALTITUDE_PHASE_COMPLETE, 4);
	is_int(TRIGGER_MANUAL, 3);
	is_int(PERFORMANCE_UNSAFE, 5);
	is_int(OUTCOME_REFUSED, 3);
	is_int(PACKING_ZSTD, 1);
	is_int(LEVEL_CRITICAL, 3);
	is_int(PROCESS_WAITING, 2);
	is_str(words_text(&words_data_source, 0), "unknown");
	is_str(words_text(&words_symptom, 15), "light_headed");
}

TEST(a_list_for_complaints_leaves_out_none_and_is_cut_to_size)
{
	char text[100], small[8];

	is_str(words_list(&words_survey_kind, text, sizeof(text)), "pre, intra, post");
	is_str(words_list(&words_packing, text, sizeof(text)), "plain, zstd");
	is_str(words_list(&words_survey_kind, small, sizeof(small)), "pre, in");
	is_str(words_list(&words_survey_kind, small, 1), "");
}

int
main(void)
{
	RUN(every_word_is_found_again_by_its_text);
	RUN(what_is_no_word_is_not_found);
	RUN(the_places_never_change);
	RUN(a_list_for_complaints_leaves_out_none_and_is_cut_to_size);
	return test_done();
}
