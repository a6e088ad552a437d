/*
 * texts - texts and small arrays that live and die together
 */
#ifndef TEXTS_H
#define TEXTS_H

#include <stddef.h>

struct texts;
struct texts *texts_new(void);
void texts_free(struct texts **texts);

/* The same pointer for the same text, however often it comes.  NULL for NULL and "". */
const char *texts_once(struct texts *texts, const char *text);

/* Zeroed, aligned for anything. */
void *texts_room(struct texts *texts, size_t bytes);

__attribute__((format(printf, 2, 3)))
const char *texts_format(struct texts *texts, const char *format, ...);

#endif
