/*
 * legacy - a row as the app writes it, into one of our messages
 *
 * Names may be camelCase or snake_case, ours or the app's (a table says which is which).
 * Times may be ISO 8601 text or seconds, milliseconds or microseconds since 1970.  Words are
 * taken in any case, and old vocabularies are mapped: HYPOXIC and hypoxia are ALTITUDE,
 * HYPEROXIC is RECOVERY, and so on.  Lists may be JSON inside text, numbers 97 or 97.0.
 */
#ifndef LEGACY_H
#define LEGACY_H

#include <jansson.h>

#include "proto/msg.h"

struct legacy_name {
	const char *from;  /* in snake_case */
	const char *to;    /* our field; NULL: known, and not wanted */
};

/*
 * Fills a cleared *msg.  When a field is given under several names, ours counts first, then the
 * order of `names` (ends with from NULL).  -1 and "message.name: what would be right", by
 * the name the caller used.
 */
int legacy_take(const struct message *message, const struct legacy_name *names,
		const json_t *object, void *msg, struct err *err);

/* The value under a name in snake_case or camelCase, NULL when absent or null. */
const json_t *legacy_find(const json_t *object, const char *name);

/* 0, or -1: no time. */
int legacy_time(const json_t *value, int64_t *utc_us);

#endif
