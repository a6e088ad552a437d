/*
 * words - the vocabularies of words.def, as numbers and as text
 *
 *	DATA_SOURCE_MOCK, words_text(&words_data_source, DATA_SOURCE_MOCK), ...
 */
#ifndef WORDS_H
#define WORDS_H

#include <stddef.h>
#include <stdint.h>

#include "proto/words.def"

struct words {
	const char *name, *meaning;
	const char *const *texts;
	int n;
};

#define WORDS_DECLARE(vocabulary, meaning) extern const struct words words_##vocabulary;
VOCABULARIES(WORDS_DECLARE)
#undef WORDS_DECLARE

#define W(name, text) DATA_SOURCE_##name,
enum data_source { WORDS_data_source(W) };
#undef W
#define W(name, text) INVALID_##name,
enum invalid { WORDS_invalid(W) };
#undef W
#define W(name, text) GAP_##name,
enum gap_reason { WORDS_gap_reason(W) };
#undef W
#define W(name, text) DEVICE_##name,
enum device_state { WORDS_device_state(W) };
#undef W
#define W(name, text) SESSION_##name,
enum session_status { WORDS_session_status(W) };
#undef W
#define W(name, text) SESSION_TYPE_##name,
enum session_type { WORDS_session_type(W) };
#undef W
#define W(name, text) SUBTYPE_##name,
enum session_subtype { WORDS_session_subtype(W) };
#undef W
#define W(name, text) PHASE_##name,
enum phase { WORDS_phase(W) };
#undef W
#define W(name, text) SURVEY_##name,
enum survey_kind { WORDS_survey_kind(W) };
#undef W
#define W(name, text) SENSATION_##name,
enum sensation { WORDS_sensation(W) };
#undef W
#define W(name, text) SYMPTOM_##name,
enum symptom { WORDS_symptom(W) };
#undef W
#define W(name, text) EVENT_##name,
enum event_type { WORDS_event_type(W) };
#undef W
#define W(name, text) TRIGGER_##name,
enum recovery_trigger { WORDS_recovery_trigger(W) };
#undef W
#define W(name, text) PERFORMANCE_##name,
enum performance { WORDS_performance(W) };
#undef W
#define W(name, text) OUTCOME_##name,
enum outcome { WORDS_outcome(W) };
#undef W
#define W(name, text) PACKING_##name,
enum packing { WORDS_packing(W) };
#undef W
#define W(name, text) LEVEL_##name,
enum level { WORDS_level(W) };
#undef W
#define W(name, text) PROCESS_##name,
enum process_state { WORDS_process_state(W) };
#undef W
#define W(name, text) RAW_##name,
enum raw_what { WORDS_raw_what(W) };
#undef W
#define W(name, text) QUARANTINE_##name,
enum quarantine_action { WORDS_quarantine_action(W) };
#undef W

const char *words_text(const struct words *words, int64_t word);  /* "?" when out of range */
int words_find(const struct words *words, const char *text);      /* -1 when unknown */

/* "a, b, c" for complaints; cut to size. */
const char *words_list(const struct words *words, char *text, size_t size);

#endif
