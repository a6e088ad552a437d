#include "ring.h"

#include <stdlib.h>
#include <string.h>
#include <xxhash.h>

struct ring {
	struct frame *frames;  /* the one numbered seq is at seq % n_frames */
	size_t n_frames;
	char *bytes;
	size_t size, at;       /* at: where the next text goes */
	uint64_t first, next;
};

struct ring *
ring_new(size_t frames, size_t bytes)
{
	struct ring *ring = calloc(1, sizeof(*ring));

	if (!ring)
		return NULL;
	ring->frames = calloc(frames, sizeof(*ring->frames));
	ring->bytes = malloc(bytes);
	ring->n_frames = frames;
	ring->size = bytes;
	ring->first = ring->next = 1;
	if (!ring->frames || !ring->bytes)
		ring_free(&ring);
	return ring;
}

void
ring_free(struct ring **ring)
{
	if (!*ring)
		return;
	free((*ring)->frames);
	free((*ring)->bytes);
	free(*ring);
	*ring = NULL;
}

uint64_t
ring_first(const struct ring *ring)
{
	return ring->first;
}

uint64_t
ring_next(const struct ring *ring)
{
	return ring->next;
}

static struct frame *
slot(const struct ring *ring, uint64_t seq)
{
	return &ring->frames[seq % ring->n_frames];
}

const struct frame *
ring_at(const struct ring *ring, uint64_t seq)
{
	return seq >= ring->first && seq < ring->next ? slot(ring, seq) : NULL;
}

int
frame_is_for_all(const struct frame *frame)
{
	return !frame->device && !frame->session && !(frame->wearer.high | frame->wearer.low);
}

/* Lets go of the oldest frames that lie where `len` bytes at ring->at will go. */
static void
make_room(struct ring *ring, size_t len)
{
	const char *from, *to;
	const struct frame *old;

	if (ring->at + len > ring->size) {
		/* texts never wrap: the oldest ones behind `at` go with the end of the buffer */
		while (ring->first < ring->next && slot(ring, ring->first)->text >= ring->bytes + ring->at)
			ring->first++;
		ring->at = 0;
	}
	from = ring->bytes + ring->at;
	to = from + len;
	if (ring->next - ring->first == ring->n_frames)
		ring->first++;
	while (ring->first < ring->next) {
		old = slot(ring, ring->first);
		if (old->text >= to || old->text + old->len <= from)
			break;
		ring->first++;
	}
}

void
ring_put(struct ring *ring, const struct frame *frame)
{
	struct frame *mine;

	if (frame->len > ring->size / 2) {
		ring_skip(ring);
		return;
	}
	make_room(ring, frame->len);
	mine = slot(ring, ring->next);
	*mine = *frame;
	mine->text = ring->bytes + ring->at;
	memcpy(ring->bytes + ring->at, frame->text, frame->len);
	ring->at += frame->len;
	ring->next++;
}

void
ring_skip(struct ring *ring)
{
	ring->first = ++ring->next;
	ring->at = 0;
}

uint64_t
ring_hash(const char *id)
{
	return *id ? XXH64(id, strlen(id), 0) | 1 : 0;
}
