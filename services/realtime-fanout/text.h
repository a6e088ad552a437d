/*
 * text - a text that grows, and the pieces of JSON
 *
 * For the hot path: a frame of numbers and short words costs no allocation.
 */
#ifndef TEXT_H
#define TEXT_H

#include <stddef.h>
#include <stdint.h>

struct text {
	char *bytes;
	size_t len, size;
};

void text_clear(struct text *text);  /* empties it, keeps its memory */
void text_free(struct text *text);

/* Out of memory is a broken promise: what is kept here is bounded by settings. */
void text_add(struct text *text, const char *bytes, size_t len);
void text_put(struct text *text, const char *string);
void text_int(struct text *text, int64_t number);
void text_real(struct text *text, double number);         /* NAN is null */
void text_json(struct text *text, const char *string);    /* quoted and escaped */

/* `,"name":` and the value; the comma is left out after a '{'. */
void text_name(struct text *text, const char *name);
void text_member_int(struct text *text, const char *name, int64_t number);
void text_member_real(struct text *text, const char *name, double number);
void text_member(struct text *text, const char *name, const char *string);  /* "" is null */

#endif
