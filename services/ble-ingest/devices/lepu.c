#include "services/ble-ingest/devices/lepu.h"

#include "common/clock.h"
#include "services/ble-ingest/devices/crc8.h"

#define AROUND    8                     /* bytes of a frame that are no data */
#define PIECE     20
#define PIECE_US  20000
#define REPLY_US  (3 * CLOCK_SECOND)
#define SILENT_US CLOCK_SECOND          /* for a late reply to pass */

static int
judge(const uint8_t *b, size_t n, const void *context)
{
	const struct lepu *l = context;
	size_t len;

	if (b[0] != l->lead || (n > 2 && (b[1] ^ b[2]) != 0xff))
		return STREAM_NONE;
	if (n < AROUND - 1)
		return STREAM_MORE;
	len = b[5] | (size_t)b[6] << 8;
	if (len > l->most)
		return STREAM_NONE;
	if (n < len + AROUND)
		return STREAM_MORE;
	return crc8(b, len + AROUND - 1) == b[len + AROUND - 1] ? (int)len + AROUND : STREAM_NONE;
}

void
lepu_ask(struct lepu *l, const struct lepu_head *head, const uint8_t *data, size_t len,
	 size_t most, const struct source_now *now)
{
	uint8_t *o = l->out;

	ASSERT(len <= LEPU_MOST_ASKED && most <= LEPU_MOST_DATA && !l->in_flight);
	o[0] = head->lead;
	o[1] = head->cmd;
	o[2] = (uint8_t)~head->cmd;
	o[3] = head->two[0];
	o[4] = head->two[1];
	o[5] = (uint8_t)len;
	o[6] = (uint8_t)(len >> 8);
	if (len)
		memcpy(o + 7, data, len);
	o[7 + len] = crc8(o, 7 + len);
	l->out_len = len + AROUND;
	l->out_said = 0;
	l->chunk_us = now->mono_us;
	l->in_flight = 1;
	l->most = most;
	l->until_us = now->mono_us + (l->reply_us ? l->reply_us : REPLY_US);
}

int
lepu_is_free(const struct lepu *l, const struct source_now *now)
{
	return !l->in_flight && now->mono_us >= l->until_us;
}

void
lepu_heard(struct lepu *l, const uint8_t *bytes, size_t len)
{
	if (l->in_flight)
		stream_add(&l->in, bytes, len);
	else
		l->in.skipped += len;
}

int
lepu_reply(struct lepu *l, struct say *s, struct lepu_reply *out)
{
	size_t len = l->in_flight ? stream_frame(&l->in, judge, l) : 0, skipped;

	while (len && l->reply_cmd != LEPU_ANY && l->in.bytes[1] != l->reply_cmd) {
		stream_drop(&l->in, len);
		len = stream_frame(&l->in, judge, l);
	}
	if ((skipped = stream_skipped(&l->in, len > 0)))
		say_wrong(s, "%zu bytes that are no reply", skipped);
	if (!len)
		return 0;
	out->head = (struct lepu_head){l->in.bytes[0], l->in.bytes[1],
				       {l->in.bytes[3], l->in.bytes[4]}};
	out->len = len - AROUND;
	out->data = l->in.bytes + AROUND - 1;
	/* whatever follows in the buffer answers nothing */
	l->in.skipped += l->in.n - len;
	l->in.n = 0;
	l->in_flight = 0;
	l->out_said = l->out_len;
	l->until_us = 0;
	return 1;
}

int
lepu_is_late(struct lepu *l, const struct source_now *now)
{
	if (!l->in_flight || now->mono_us < l->until_us)
		return 0;
	l->in.skipped += l->in.n;
	l->in.n = 0;
	l->in_flight = 0;
	l->out_said = l->out_len;
	l->until_us = now->mono_us + SILENT_US;
	return 1;
}

void
lepu_write(struct lepu *l, struct say *s, const struct source_now *now)
{
	size_t n = l->out_len - l->out_said;

	if (!n || now->mono_us < l->chunk_us)
		return;
	n = n < PIECE ? n : PIECE;
	say_write(s, l->port, l->out + l->out_said, n, 0);
	l->out_said += n;
	l->chunk_us = now->mono_us + PIECE_US;
}

int64_t
lepu_wait_us(const struct lepu *l, const struct source_now *now)
{
	int64_t at = l->out_said < l->out_len ? l->chunk_us : l->until_us;

	if (!l->in_flight && now->mono_us >= l->until_us)
		return INT64_MAX;
	return at > now->mono_us ? at - now->mono_us : 0;
}
