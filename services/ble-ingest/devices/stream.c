#include "services/ble-ingest/devices/stream.h"

#include <string.h>

#include "common/err.h"

void
stream_drop(struct stream *s, size_t len)
{
	s->n -= len;
	memmove(s->bytes, s->bytes + len, s->n);
}

void
stream_add(struct stream *s, const uint8_t *bytes, size_t len)
{
	size_t over = s->n + len > STREAM_BYTES ? s->n + len - STREAM_BYTES : 0;

	ASSERT(len <= STREAM_BYTES);
	s->skipped += over;
	stream_drop(s, over);
	memcpy(s->bytes + s->n, bytes, len);
	s->n += len;
}

size_t
stream_frame(struct stream *s, stream_judge judge, const void *context)
{
	size_t at = 0;
	int len = STREAM_MORE;

	while (at < s->n && (len = judge(s->bytes + at, s->n - at, context)) == STREAM_NONE)
		at++;
	s->skipped += at;
	stream_drop(s, at);
	return s->n && len > 0 ? (size_t)len : 0;
}

size_t
stream_skipped(struct stream *s, int has_frame)
{
	size_t n = s->skipped;

	if (!n || (!has_frame && n < STREAM_ENOUGH))
		return 0;
	s->skipped = 0;
	return n;
}

void
stream_clear(struct stream *s)
{
	s->n = s->skipped = 0;
}
