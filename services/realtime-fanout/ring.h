/*
 * ring - the last frames, numbered without a hole, bounded in count and bytes
 *
 * A frame is kept as the text of its SSE event, "id: <run>.<seq>\ndata: <json>\n\n"; a
 * WebSocket takes the json out of the middle.  It is encoded once, for all watchers.
 */
#ifndef RING_H
#define RING_H

#include <stddef.h>
#include <stdint.h>

#include "place.h"
#include "rights.h"

struct frame {
	const char *text;          /* the whole SSE event */
	uint32_t len;
	uint32_t json_at, json_len;
	uint32_t type;             /* a bit of enum frame_type, see frames.h */
	int64_t at_us;             /* clock_mono_us() when it happened */
	uint64_t device, session;  /* ring_hash() of what it concerns, 0: all */
	struct person person;      /* whose data it is */
	struct person wearer;      /* whom it concerns: also of an oximeter's state, which is nobody's data */
	struct place value;        /* of a value in a session, which the store has too */
};

struct ring;
struct ring *ring_new(size_t frames, size_t bytes);  /* NULL: no memory */
void ring_free(struct ring **ring);

uint64_t ring_first(const struct ring *ring);  /* the oldest that is still there */
uint64_t ring_next(const struct ring *ring);   /* the number the next one will get; from 1 */

/* Copies frame->text; older ones make room.  Longer than half the ring: as ring_skip(). */
void ring_put(struct ring *ring, const struct frame *frame);

/* Nobody will ever want the next frame, nor what is older: its number is used up. */
void ring_skip(struct ring *ring);

/* It concerns nobody in particular. */
int frame_is_for_all(const struct frame *frame);

/* NULL when it is not (any more, or yet) there.  Borrowed until the next ring_put(). */
const struct frame *ring_at(const struct ring *ring, uint64_t seq);

uint64_t ring_hash(const char *id);  /* 0 for "" */

#endif
