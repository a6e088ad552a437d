#include "proto/words.h"

#include <stdio.h>
#include <string.h>

#define W(name, text) text,
#define WORDS_DEFINE(vocabulary, what)                                            \
	static const char *const vocabulary##_texts[] = {WORDS_##vocabulary(W)};  \
	const struct words words_##vocabulary = {                                 \
		#vocabulary, what, vocabulary##_texts,                            \
		(int)(sizeof(vocabulary##_texts) / sizeof(vocabulary##_texts[0]))};
VOCABULARIES(WORDS_DEFINE)

const char *
words_text(const struct words *words, int64_t word)
{
	return word >= 0 && word < words->n ? words->texts[word] : "?";
}

int
words_find(const struct words *words, const char *text)
{
	int i;

	for (i = 0; i < words->n; i++)
		if (!strcmp(words->texts[i], text))
			return i;
	return -1;
}

const char *
words_list(const struct words *words, char *text, size_t size)
{
	size_t used = 0;
	int i;

	text[0] = 0;
	for (i = 0; i < words->n && used < size; i++)
		if (*words->texts[i])
			used += (size_t)snprintf(text + used, size - used, "%s%s",
						 used ? ", " : "", words->texts[i]);
	return text;
}
