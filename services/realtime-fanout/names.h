/*
 * names - who asked for which device, session or person
 *
 * So a frame is shown to those who asked for what it concerns, and the others are not even looked at: one
 * message to one of a thousand watchers costs what one to one of ten does.
 */
#ifndef NAMES_H
#define NAMES_H

#include "query.h"
#include "ring.h"

#define NAMES_BUCKETS 4096

struct watcher;
struct name {
	struct name *next;
	uint64_t key;
	struct watcher *who;
};

struct names {
	struct name *buckets[NAMES_BUCKETS];
};

/* What the watcher asked for by name: *mine is the caller's, to be freed after names_remove(), and NULL
 * where it named nothing.  Returns how many there are, or -1: no memory. */
int names_add(struct names *names, const struct query *query, struct watcher *who, struct name **mine);
void names_remove(struct names *names, struct name *mine, int n);

/* Tells of everybody who may want the frame, of some more than once. */
void names_tell(const struct names *names, const struct frame *frame,
		void (*tell)(struct watcher *who, void *context), void *context);

#endif
