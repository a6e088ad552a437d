#include "services/dedupe-auditor/rules/texts.h"

#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <xxhash.h>

#include "common/err.h"

#define PIECE 65536

struct piece {
	struct piece *before;
	size_t used, size;
	max_align_t bytes[];
};

struct texts {
	struct piece *piece;
	const char **slots;      /* open addressing, at most half full */
	size_t n_slots, n;
};

struct texts *
texts_new(void)
{
	struct texts *texts = calloc(1, sizeof(*texts));

	ASSERT(texts);
	return texts;
}

void
texts_free(struct texts **texts)
{
	struct piece *piece;

	if (!*texts)
		return;
	while ((piece = (*texts)->piece)) {
		(*texts)->piece = piece->before;
		free(piece);
	}
	free((*texts)->slots);
	free(*texts);
	*texts = NULL;
}

void *
texts_room(struct texts *texts, size_t bytes)
{
	struct piece *piece = texts->piece;
	size_t size;
	void *room;

	bytes = (bytes + sizeof(max_align_t) - 1) / sizeof(max_align_t) * sizeof(max_align_t);
	if (!piece || piece->size - piece->used < bytes) {
		size = bytes > PIECE ? bytes : PIECE;
		piece = calloc(1, sizeof(*piece) + size);
		ASSERT(piece);
		piece->size = size;
		piece->before = texts->piece;
		texts->piece = piece;
	}
	room = (char *)piece->bytes + piece->used;
	piece->used += bytes;
	return room;
}

static const char **
find_slot(const struct texts *texts, const char *text)
{
	size_t i = XXH3_64bits(text, strlen(text)) & (texts->n_slots - 1);

	while (texts->slots[i] && strcmp(texts->slots[i], text) != 0)
		i = (i + 1) & (texts->n_slots - 1);
	return &texts->slots[i];
}

static void
grow(struct texts *texts)
{
	const char **old = texts->slots;
	size_t n_old = texts->n_slots, i;

	texts->n_slots = n_old ? n_old * 2 : 256;
	texts->slots = calloc(texts->n_slots, sizeof(*texts->slots));
	ASSERT(texts->slots);
	for (i = 0; i < n_old; i++)
		if (old[i])
			*find_slot(texts, old[i]) = old[i];
	free(old);
}

const char *
texts_once(struct texts *texts, const char *text)
{
	const char **slot;
	size_t len;
	char *kept;

	if (!text || !*text)
		return NULL;
	if (texts->n * 2 >= texts->n_slots)
		grow(texts);
	slot = find_slot(texts, text);
	if (!*slot) {
		len = strlen(text) + 1;
		kept = texts_room(texts, len);
		memcpy(kept, text, len);
		*slot = kept;
		texts->n++;
	}
	return *slot;
}

const char *
texts_format(struct texts *texts, const char *format, ...)
{
	char text[600];
	size_t len;
	char *kept;
	va_list args;

	va_start(args, format);
	(void)vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	len = strlen(text) + 1;
	kept = texts_room(texts, len);
	memcpy(kept, text, len);
	return kept;
}
