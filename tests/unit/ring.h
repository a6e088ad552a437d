/*
 * ring - a Viatom ring of the older kind, played
 */
#ifndef TEST_RING_H
#define TEST_RING_H

#include "tests/unit/play.h"
#include "tests/unit/lepu.h"

#define ASK_INFO "write 1 aa14eb00000000c6"
#define ASK_17   "write 1 aa17e8000000001b"
#define ASK_1B   "write 1 aa1be4000001" "00005e"
#define A_VALUE  "\x61\x48\0\0\0\0\0\x50\0\0\x36\1\0"
#define SAYS     "value spo2=97 pulse=72 pi=5.4 motion=0 battery=80"

__attribute__((unused)) static const char *
reply(struct play *p, unsigned status, unsigned packet, const void *data, size_t len)
{
	return lepu_say(p, 0x55, status, packet & 255, packet >> 8, data, len);
}

__attribute__((unused)) static const char *
tell(struct play *p, const char *json)
{
	return reply(p, 0, 0, json, strlen(json));
}

/* 12 records, one in 4 s, from 2025-11-23 05:00:00 on the ring's clock, which is an hour ahead. */
#define LOCAL_S (PLAY_UTC_US / 1000000 + 3600)
#define NAME    "20251123050000"
#define TOLD    "{\"CurTIME\":\"2025-11-23,05:00:40\",\"FileList\":\"20251122220000," NAME "\"}"

__attribute__((unused)) static size_t
recording(uint8_t file[200])
{
	size_t i;

	memset(file, 0, 200);
	memcpy(file, "\3\0\xE9\7\13\27\5\0\0", 9);
	file[9] = 40 + 12 * 5;
	file[13] = 48;
	for (i = 0; i < 12; i++) {
		file[40 + i * 5] = (uint8_t)(80 + i);
		file[41 + i * 5] = (uint8_t)(60 + i);
	}
	file[40 + 7 * 5] = 0xff;
	file[41 + 7 * 5] = file[42 + 7 * 5] = 0xff;
	return 40 + 12 * 5;
}

__attribute__((unused)) static void
begin_recall(struct play *p, int64_t from_s, int64_t to_s)
{
	play_begin(p, "viatom", 0, 7 * 3600 * CLOCK_SECOND);
	(void)tell(p, TOLD);
	is_str(reply(p, 0, 0, A_VALUE, 13), SAYS);
	(void)play_recall(p, PLAY_UTC_US + from_s * CLOCK_SECOND, PLAY_UTC_US + to_s * CLOCK_SECOND);
	/* the list may have grown since */
	is_str(p->said, ASK_INFO);
	has_str(tell(p, TOLD), "write 1 aa03fc00000f003230323531313233303530303");
	/* 20 bytes, and the rest 20 ms later */
	is_int(p->kind->wait_us(p->state, &p->now), 20000);
	has_str(play_wait(p, 20000), "write 1 3000");
}

/* What is read in blocks of `size`, and what it says of the records. */
__attribute__((unused)) static void
read_blocks(struct play *p, size_t size, char *said, size_t room)
{
	uint8_t file[200], big[4] = {0};
	size_t len = recording(file), at;
	unsigned n = 0;

	*said = '\0';
	big[0] = (uint8_t)len;
	has_str(reply(p, 0, 0, big, 4), "write 1 aa04fb00000000" "6a");
	for (at = 0; at < len; at += size, n++) {
		(void)reply(p, 0, n, file + at, len - at < size ? len - at : size);
		if (strstr(p->said, "write"))
			*strstr(p->said, "write") = '\0';
		(void)snprintf(said + strlen(said), room - strlen(said), "%.2000s", p->said);
	}
}

#endif
