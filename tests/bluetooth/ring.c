#include "tests/bluetooth/ring.h"

#include <stdio.h>
#include <string.h>

enum { OPEN = 0x03, BLOCK = 0x04, CLOSE = 0x05, INFO = 0x14, VALUES = 0x17 };
enum { OK, FAILED, NO_COMMAND = 8 };
enum { HEAD = 40, RECORD = 5, BLOCK_BYTES = 57 };  /* so that records are cut by a block's end */

void
ring_init(struct ring *ring)
{
	memset(ring, 0, sizeof(*ring));
	ring->open = -1;
}

void
ring_record(struct ring *ring, time_t now)
{
	if (!ring->is_recording && ring->n_files < RING_FILES) {
		ring->is_recording = 1;
		ring->files[ring->n_files++].from = now;
	}
	if (ring->is_recording)
		ring->files[ring->n_files - 1].to = now + 1;
}

void
ring_end_record(struct ring *ring)
{
	ring->is_recording = 0;
}

static uint8_t
crc8(const uint8_t *bytes, size_t len)
{
	uint8_t crc = 0;
	int i;

	for (; len--; bytes++)
		for (crc ^= *bytes, i = 0; i < 8; i++)
			crc = (uint8_t)(crc << 1 ^ (crc & 0x80 ? 7 : 0));
	return crc;
}

static size_t
frame(uint8_t reply[RING_REPLY], int status, const void *data, size_t len)
{
	memcpy(reply, (uint8_t[]){0x55, (uint8_t)status, (uint8_t)~status, 0, 0, len & 0xff,
				  (uint8_t)(len >> 8)}, 7);
	memcpy(reply + 7, data, len);
	reply[7 + len] = crc8(reply, 7 + len);
	return len + 8;
}

static size_t
refuse(uint8_t reply[RING_REPLY], uint8_t code)
{
	return frame(reply, FAILED, (uint8_t[]){code, 0, 0, 0}, 4);
}

static void
name_of(time_t from, char name[15])
{
	struct tm tm;

	strftime(name, 15, "%Y%m%d%H%M%S", gmtime_r(&from, &tm));
}

static size_t
inform(const struct ring *ring, time_t now, uint8_t reply[RING_REPLY])
{
	char text[RING_REPLY - 8], clock[32], name[15];
	unsigned i, n = ring->n_files - (ring->is_recording ? 1 : 0);
	struct tm tm;
	int len;

	strftime(clock, sizeof(clock), "%Y-%m-%d,%H:%M:%S", gmtime_r(&now, &tm));
	len = snprintf(text, sizeof(text), "{\"CurTIME\":\"%s\",\"FileList\":\"", clock);
	for (i = 0; i < n; i++) {
		name_of(ring->files[i].from, name);
		len += snprintf(text + len, sizeof(text) - (size_t)len, "%s,", name);
	}
	len += snprintf(text + len, sizeof(text) - (size_t)len, "\"}");
	return frame(reply, OK, text, (size_t)len);
}

static size_t
bytes_of(const struct ring *ring, int file)
{
	return HEAD + RECORD * (size_t)(ring->files[file].to - ring->files[file].from);
}

static size_t
open_file(struct ring *ring, const char *wanted, uint8_t reply[RING_REPLY])
{
	char name[15];
	size_t len;
	unsigned i;

	for (i = 0; i < ring->n_files; i++) {
		name_of(ring->files[i].from, name);
		if (strcmp(name, wanted))
			continue;
		ring->open = (int)i;
		len = bytes_of(ring, ring->open);
		return frame(reply, OK, (uint8_t[]){len & 0xff, (uint8_t)(len >> 8), 0, 0}, 4);
	}
	return refuse(reply, FAILED);
}

static void
put_le16(uint8_t *out, size_t value)
{
	out[0] = value & 0xff;
	out[1] = (uint8_t)(value >> 8);
}

/* Byte `at` of a recording of version 3, one record a second. */
static uint8_t
byte_of(const struct ring *ring, size_t at)
{
	static const uint8_t record[RECORD] = {RING_STORED, 77, 0, 3, 0};
	time_t from = ring->files[ring->open].from, length = ring->files[ring->open].to - from;
	uint8_t head[HEAD] = {3, 0};
	struct tm tm;

	if (at >= HEAD)
		return record[(at - HEAD) % RECORD];
	gmtime_r(&from, &tm);
	put_le16(head + 2, (size_t)tm.tm_year + 1900);
	head[4] = (uint8_t)(tm.tm_mon + 1);
	head[5] = (uint8_t)tm.tm_mday;
	head[6] = (uint8_t)tm.tm_hour;
	head[7] = (uint8_t)tm.tm_min;
	head[8] = (uint8_t)tm.tm_sec;
	put_le16(head + 9, bytes_of(ring, ring->open));
	put_le16(head + 13, (size_t)length);
	return head[at];
}

static size_t
give_block(const struct ring *ring, unsigned block, uint8_t reply[RING_REPLY])
{
	size_t size = ring->open < 0 ? 0 : bytes_of(ring, ring->open), n, at = block * (size_t)BLOCK_BYTES;
	uint8_t bytes[BLOCK_BYTES];

	for (n = 0; n < BLOCK_BYTES && at + n < size; n++)
		bytes[n] = byte_of(ring, at + n);
	return n ? frame(reply, OK, bytes, n) : refuse(reply, FAILED);
}

static size_t
measure(uint8_t spo2, uint8_t pulse, uint8_t reply[RING_REPLY])
{
	uint8_t values[13] = {spo2, pulse, [7] = 80, [10] = 54, [11] = 1};

	return frame(reply, OK, values, sizeof(values));
}

size_t
ring_answer(struct ring *ring, const uint8_t *bytes, size_t len, uint8_t spo2, uint8_t pulse,
	    time_t now, uint8_t reply[RING_REPLY], int *measured)
{
	uint8_t *asked = ring->asked;

	if (len && bytes[0] == 0xaa && ring->n_asked != 20)
		ring->n_asked = 0;
	if (ring->n_asked + len > sizeof(ring->asked))
		return ring->n_asked = 0;
	memcpy(asked + ring->n_asked, bytes, len);
	ring->n_asked += len;
	if (ring->n_asked < 8 || ring->n_asked < asked[5] + 8u)
		return 0;
	ring->n_asked = 0;
	*measured = asked[1] == VALUES;
	switch (asked[1]) {
	case VALUES:
		return measure(spo2, pulse, reply);
	case INFO:
		return inform(ring, now, reply);
	case OPEN:
		asked[7 + asked[5]] = 0;        /* was its check byte */
		return open_file(ring, (const char *)asked + 7, reply);
	case BLOCK:
		return give_block(ring, asked[3] | (unsigned)asked[4] << 8, reply);
	case CLOSE:
		ring->open = -1;
		return frame(reply, OK, "", 0);
	default:
		return refuse(reply, NO_COMMAND);
	}
}
