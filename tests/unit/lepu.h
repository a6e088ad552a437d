/*
 * lepu - frames of Viatom rings, for the tests that play one
 */
#ifndef TEST_LEPU_H
#define TEST_LEPU_H

#include "services/ble-ingest/devices/crc8.h"

/* Seven bytes, data, check byte; how many. */
static size_t __attribute__((unused))
lepu_frame(uint8_t *out, unsigned lead, unsigned cmd, unsigned a, unsigned b, const void *data,
	   size_t len)
{
	const uint8_t head[] = {(uint8_t)lead, (uint8_t)cmd, (uint8_t)~cmd, (uint8_t)a, (uint8_t)b,
				(uint8_t)len, (uint8_t)(len >> 8)};

	memcpy(out, head, sizeof(head));
	if (len)
		memcpy(out + sizeof(head), data, len);
	out[sizeof(head) + len] = crc8(out, sizeof(head) + len);
	return sizeof(head) + len + 1;
}

/* In notifications of 20 bytes. */
__attribute__((unused)) static const char *
lepu_say(struct play *p, unsigned lead, unsigned cmd, unsigned a, unsigned b, const void *data,
	 size_t len)
{
	static uint8_t frame[3000];
	size_t n = lepu_frame(frame, lead, cmd, a, b, data, len), at;

	p->said[0] = '\0';
	for (at = 0; at < n; at += 20)
		(void)play_bytes(p, 0, frame + at, n - at < 20 ? n - at : 20);
	return p->said;
}

#endif
