#include "services/dedupe-auditor/rules/vocabulary.h"

#include "tests/unit/test.h"

struct word {
	const char *text;
	int word;
};

static void
check(int (*of)(const char *), const struct word *words, size_t n)
{
	size_t i;

	for (i = 0; i < n; i++)
		ok(of(words[i].text) == words[i].word, "%s is %d",
		   words[i].text ? words[i].text : "NULL", of(words[i].text));
}
#define CHECK(of, words) check(of, words, sizeof(words) / sizeof(words[0]))

TEST(every_word_for_a_phase_is_known)
{
	static const struct word words[] = {
		{"ALTITUDE", PHASE_ALTITUDE}, {"altitude", PHASE_ALTITUDE},
		{"HYPOXIC", PHASE_ALTITUDE}, {"hypoxia", PHASE_ALTITUDE},
		{"RECOVERY", PHASE_RECOVERY}, {"recovery", PHASE_RECOVERY},
		{"HYPEROXIC", PHASE_RECOVERY}, {"TRANSITION", PHASE_TRANSITION},
		{"COMPLETED", PHASE_COMPLETED}, {"TERMINATED", PHASE_COMPLETED},
		{"WARMUP", PHASE_WARMUP}, {NULL, PHASE_NONE}, {"", PHASE_NONE},
		{"lunch", -1}, {"HYPOXI", -1}, {"ALTITUDE ", -1},
	};

	CHECK(vocabulary_phase, words);
}

TEST(every_status_and_event_is_known)
{
	static const struct word statuses[] = {
		{"active", SESSION_ACTIVE}, {"completed", SESSION_COMPLETED},
		{"abandoned", SESSION_ABANDONED}, {"force_ended", SESSION_FORCE_ENDED},
		{"terminated", SESSION_TERMINATED}, {NULL, SESSION_NONE}, {"paused", -1},
	};
	static const struct word events[] = {
		{"mask_lift", EVENT_MASK_LIFT}, {"mask_lift_escalated", EVENT_MASK_LIFT},
		{"dial_adjustment", EVENT_DIAL_ADJUSTMENT},
		{"dial_adjustment_confirmed", EVENT_DIAL_ADJUSTMENT},
		{"recovery_complete", EVENT_RECOVERY_COMPLETE},
		{"altitude_phase_complete", EVENT_ALTITUDE_PHASE_COMPLETE},
		{"altitude_complete", EVENT_ALTITUDE_PHASE_COMPLETE}, {NULL, -1}, {"x", -1},
	};

	CHECK(vocabulary_status, statuses);
	CHECK(vocabulary_event, events);
}

TEST(lists_are_read_in_each_form)
{
	const int64_t zen = 1 << SYMPTOM_ZEN, head = 1 << SYMPTOM_HEADACHE;
	const int64_t light = 1 << SYMPTOM_LIGHT_HEADED;
	const struct {
		const char *text;
		int r;
		int64_t bits;
	} rows[] = {
		{NULL, 0, 0}, {"", 0, 0}, {"null", 0, 0}, {"[]", 0, 0}, {"{}", 0, 0},
		{"[\"zen\", \"headache\"]", 0, zen | head},
		{"{zen,headache}", 0, zen | head},
		{"{\"light_headed\",zen}", 0, light | zen},
		{"[\"light_headed\"]", 0, light},
		{"[\"zen\", \"levitation\"]", 1, zen},
		{"[\"zen\", 7]", 1, zen},
		{"{zen,levitation,flight}", 2, zen},
		{"zen", -1, 0}, {"{zen", -1, 0}, {"[\"zen\"", -1, 0}, {"{", -1, 0},
		{"{\"zen\":1}", 1, 0},
	};
	int64_t bits;
	size_t i;
	int r;

	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		r = vocabulary_set(&words_symptom, rows[i].text, &bits);
		ok(r == rows[i].r && bits == rows[i].bits, "%s: %d %llx",
		   rows[i].text ? rows[i].text : "NULL", r, (unsigned long long)bits);
	}
}

int
main(void)
{
	RUN(every_word_for_a_phase_is_known);
	RUN(every_status_and_event_is_known);
	RUN(lists_are_read_in_each_form);
	return test_done();
}
