#include "services/dedupe-auditor/rules/vocabulary.h"

#include <jansson.h>
#include <string.h>
#include <strings.h>

struct word {
	const char *text;
	int word;
};

static const struct word phases[] = {
	{"ALTITUDE", PHASE_ALTITUDE},     {"HYPOXIC", PHASE_ALTITUDE},
	{"hypoxia", PHASE_ALTITUDE},      {"RECOVERY", PHASE_RECOVERY},
	{"HYPEROXIC", PHASE_RECOVERY},    {"hyperoxia", PHASE_RECOVERY},
	{"TRANSITION", PHASE_TRANSITION}, {"COMPLETED", PHASE_COMPLETED},
	{"TERMINATED", PHASE_COMPLETED},  {"PAUSED", PHASE_PAUSED},
	{"WARMUP", PHASE_WARMUP},         {"", PHASE_NONE},
	{NULL, -1},
};

static const struct word statuses[] = {
	{"active", SESSION_ACTIVE},
	{"completed", SESSION_COMPLETED},
	{"abandoned", SESSION_ABANDONED},
	{"force_ended", SESSION_FORCE_ENDED},
	{"terminated", SESSION_TERMINATED},
	{"", SESSION_NONE},
	{NULL, -1},
};

static const struct word events[] = {
	{"mask_lift", EVENT_MASK_LIFT},
	{"mask_lift_escalated", EVENT_MASK_LIFT},
	{"dial_adjustment", EVENT_DIAL_ADJUSTMENT},
	{"dial_adjustment_confirmed", EVENT_DIAL_ADJUSTMENT},
	{"recovery_complete", EVENT_RECOVERY_COMPLETE},
	{"altitude_phase_complete", EVENT_ALTITUDE_PHASE_COMPLETE},
	{"altitude_complete", EVENT_ALTITUDE_PHASE_COMPLETE},
	{NULL, -1},
};

static int
find(const struct word *word, const char *text)
{
	while (word->text && strcasecmp(word->text, text ? text : "") != 0)
		word++;
	return word->word;
}

int
vocabulary_phase(const char *text)
{
	return find(phases, text);
}

int
vocabulary_status(const char *text)
{
	return find(statuses, text);
}

int
vocabulary_event(const char *text)
{
	return find(events, text);
}

/* 1 when it was not known. */
static int
add_word(const struct words *words, const char *text, int64_t *bits)
{
	int i;

	for (i = 0; i < words->n; i++)
		if (!strcasecmp(words->texts[i], text)) {
			*bits |= (int64_t)1 << i;
			return 0;
		}
	return 1;
}

static int
from_json(const struct words *words, const char *text, int64_t *bits)
{
	json_t *list = json_loads(text, 0, NULL), *item;
	int n_unknown = 0;
	size_t i;

	if (!json_is_array(list)) {
		json_decref(list);
		return -1;
	}
	json_array_foreach(list, i, item) {
		if (json_is_string(item))
			n_unknown += add_word(words, json_string_value(item), bits);
		else
			n_unknown++;
	}
	json_decref(list);
	return n_unknown;
}

static int
from_array(const struct words *words, const char *text, int64_t *bits)
{
	char word[64];
	int n_unknown = 0;
	size_t len;

	if (text[strlen(text) - 1] != '}')
		return -1;
	for (text++; *text && *text != '}'; text += len + (text[len] == ',')) {
		len = strcspn(text, ",}");
		(void)snprintf(word, sizeof(word), "%.*s", (int)len, text);
		if (*word == '"' && len >= 2 && len < sizeof(word)) {
			memmove(word, word + 1, len - 2);
			word[len - 2] = 0;
		}
		n_unknown += add_word(words, word, bits);
	}
	return n_unknown;
}

int
vocabulary_set(const struct words *words, const char *text, int64_t *bits)
{
	*bits = 0;
	if (!text || !*text || !strcmp(text, "null"))
		return 0;
	return *text == '{' ? from_array(words, text, bits) : from_json(words, text, bits);
}
