/*
 * stream - frames out of bytes that come in pieces of any size
 *
 * Bytes are appended; frames are looked for at the front, and what begins none is passed
 * over and counted.  Bounded: what does not fit pushes out the oldest.
 */
#ifndef STREAM_H
#define STREAM_H

#include <stddef.h>
#include <stdint.h>

#define STREAM_BYTES  2600
#define STREAM_ENOUGH 1000   /* passed over: worth telling though no frame came */

struct stream {
	size_t n, skipped;        /* skipped: since stream_skipped() was asked */
	uint8_t bytes[STREAM_BYTES];
};

/* What is at the front: a frame of so many bytes, STREAM_MORE, or STREAM_NONE. */
#define STREAM_MORE 0
#define STREAM_NONE (-1)
typedef int (*stream_judge)(const uint8_t *bytes, size_t n, const void *context);

/* len <= STREAM_BYTES. */
void stream_add(struct stream *stream, const uint8_t *bytes, size_t len);

/* The next frame is at stream->bytes: its length, or 0.  Take it with stream_drop(). */
size_t stream_frame(struct stream *stream, stream_judge judge, const void *context);
void stream_drop(struct stream *stream, size_t len);

/* How many bytes were no frame, told when the next frame was found or when they are many;
 * so it does not matter how bytes were cut.  0: nothing to tell. */
size_t stream_skipped(struct stream *stream, int has_frame);

void stream_clear(struct stream *stream);

#endif
