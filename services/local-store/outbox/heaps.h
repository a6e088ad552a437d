/*
 * heaps - readings gathered by session, until there are enough for a bundle
 *
 * A session has one heap that grows; when that is full it waits, oldest first, to be taken
 * away.  Live readings and late ones are in heaps of their own.  Memory only, no clock and no
 * disk.
 */
#ifndef HEAPS_H
#define HEAPS_H

#include "services/local-store/sessions.h"

struct heap {
	struct entry *entry;
	struct reading *rows;
	size_t n, room;
	int64_t first_id, last_id;   /* readings.id */
	int64_t opened_us;
	struct heap *next, **prev;   /* of its list: those that grow by age, full ones in order */
};

struct heap_list {
	struct heap *first, **end;
	size_t n;
};

struct heaps {
	enum lane lane;                     /* which of entry->heap is in here */
	size_t full_rows;                   /* with so many a heap is full */
	int64_t spread_us;                  /* when many begin together: see heaps_add() */
	struct heap_list growing, full;
	int64_t youngest_us;                /* opened_us of the last that grows */
	size_t n_rows;
};

void heaps_init(struct heaps *heaps, enum lane lane, size_t full_rows, int64_t spread_us);
void heaps_release(struct heaps *heaps);  /* the sessions are going too, or have gone */

/*
 * A thousand sessions that began together would all be due together, every 30 seconds, and
 * watchers would feel it: among many, the first heap of each is taken for up to spread_us
 * older than it is, by its number.  -1: out of memory.
 */
int heaps_add(struct heaps *heaps, struct entry *entry, int64_t id, const struct reading *row,
	      int64_t now_us);

/* It is full, whatever it holds: nothing is added to it. */
void heaps_finish(struct heaps *heaps, struct entry *entry);

/* Out of its list.  The caller frees it. */
void heaps_take(struct heaps *heaps, struct heap *heap);
void heap_free(struct heap **heap);

/* All of that session's are gone. */
void heaps_drop(struct heaps *heaps, struct entry *entry);

/* All of them become `to`'s, and are full. */
void heaps_move(struct heaps *heaps, struct heaps *to);

/* The least id in any, or in those of one session; `otherwise` when all are greater. */
int64_t heaps_first_id(const struct heaps *heaps, int64_t otherwise);
int64_t heaps_first_id_of(const struct heaps *heaps, const struct entry *entry, int64_t otherwise);

#endif
