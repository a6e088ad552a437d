/*
 * The O2Ring S: vectors in every cut, the greeting, a real ring's reply, and silence.
 */
#include "tests/unit/play.h"
#include "tests/unit/lepu.h"

#define ASK_04 "write 1 a504fb000300002e"

static const char *
reply(struct play *p, unsigned cmd, unsigned flag, const void *data, size_t len)
{
	return lepu_say(p, 0xa5, cmd, flag, 0, data, len);
}

/* As little as a ring may tell of itself. */
static const char *
tell(struct play *p)
{
	uint8_t data[38] = {'A', 0, 5, 0, 1};

	memcpy(data + 9, "2D010001X", 9);
	return reply(p, 0xe1, 1, data, sizeof(data));
}

static void
ready(struct play *p)
{
	(void)play_wait(p, 20000);
	(void)reply(p, 0xff, 1, "", 0);
	is_str(p->said, "write 1 a510ef0001010000" "11");
	is_str(reply(p, 0x10, 1, "", 0), "write 1 a5e11e00020000bf");
	is_str(tell(p), "about firmware=1.0.5.0, about branch=2D010001, " ASK_04);
	p->quiet_writes = 1;
}

TEST(every_vector_says_what_it_should_however_it_is_cut)
{
	is_int(play_vectors("oxyii", "oxyii", ready, 1, 0), 23);
}

/* Of the sources, with the time put in: 2025-11-23T04:00:00Z is 692286C0, little-endian. */
TEST(what_is_too_short_to_be_read_is_told)
{
	static const uint8_t zeros[37];
	struct play p;

	play_begin(&p, "oxyii", 0, 0);
	ready(&p);
	is_str(reply(&p, 4, 1, "\0\0\0\0\2\1\x61\x24\x48\0\0\2\0\x58", 14),
	       "value spo2=97 pulse=72 pi=3.6 motion=2 battery=88");
	play_end(&p);
	play_begin(&p, "oxyii", 0, 0);
	p.quiet_writes = 1;
	(void)play_wait(&p, 20000);
	(void)reply(&p, 0xff, 1, "", 0);
	(void)reply(&p, 0x10, 1, "", 0);
	is_str(reply(&p, 0xe1, 1, zeros, 37), "wrong what it tells of itself has 37 bytes, not 38");
	play_end(&p);
}

TEST(the_greeting_is_what_the_ring_expects)
{
	struct play p;

	play_begin(&p, "oxyii", 0, 0);
	is_str(p.said, "write 1 a5ff00000010000068158872091cb098c8c7da04");
	is_str(play_wait(&p, 20000), "write 1 c5179a8b");
	play_end(&p);
}

TEST(a_ring_that_does_not_greet_back_is_asked_all_the_same)
{
	struct play p;

	play_begin(&p, "oxyii", 0, 0);
	(void)play_wait(&p, 20000);
	is_str(play_wait(&p, CLOCK_SECOND), "");
	has_str(play_wait(&p, CLOCK_SECOND), "write 1 a510ef");
	has_str(reply(&p, 0x10, 1, "", 0), "write 1 a5e11e");
	(void)tell(&p);
	has_str(p.said, "write 1 a504fb");
	play_end(&p);
}

TEST(a_ring_that_never_answers_is_a_stranger)
{
	struct play p;
	int i;

	play_begin(&p, "oxyii", 0, 0);
	p.quiet_writes = 1;
	for (i = 0; i < 14 && !strstr(p.said, "stranger"); i++)
		(void)play_wait(&p, CLOCK_SECOND);
	ok(i > 10 && i < 14, "%d s", i);
	play_end(&p);
	play_begin(&p, "oxyii", 0, 0);
	ready(&p);
	for (i = 0; i < 60; i++)
		ok(!strstr(play_wait(&p, CLOCK_SECOND), "stranger"));
	play_end(&p);
	play_begin(&p, "oxyii", 1, 0);
	has_str(p.said, "stranger");
	play_end(&p);
}

TEST(a_ring_that_wants_to_go_on_encrypted_is_left)
{
	uint8_t key[20] = {0xc2 ^ 1, 0xa7 ^ 16};
	struct play p;

	play_begin(&p, "oxyii", 0, 0);
	p.quiet_writes = 1;
	is_str(reply(&p, 0xff, 1, key, sizeof(key)),
	       "wrong it wants to go on encrypted, which is not known here, stranger");
	play_end(&p);
	/* some answer with 16 bytes or with another thing, and go on as they are */
	play_begin(&p, "oxyii", 0, 0);
	p.quiet_writes = 1;
	is_str(reply(&p, 0xff, 1, key, 16), "");
	play_end(&p);
	play_begin(&p, "oxyii", 0, 0);
	p.quiet_writes = 1;
	key[1] = 0;
	is_str(reply(&p, 0xff, 1, key, 20), "");
	play_end(&p);
}

TEST(a_payload_of_a_real_ring_says_what_its_source_saw)
{
	struct play_payload row;
	uint8_t bytes[500];
	char want[200];
	struct play p;
	FILE *f = play_payloads("oxyii_o2ring_s");
	int n = 0;

	if (!f)
		SKIP("../shared/data is not here");
	while (play_payload(f, &row)) {
		play_begin(&p, "oxyii", 0, 0);
		ready(&p);
		(void)reply(&p, 4, 1, bytes, play_hex(row.hex, bytes, sizeof(bytes)));
		(void)snprintf(want, sizeof(want), "value spo2=%s pulse=%s pi=0.5 motion=2 battery=92",
			       row.spo2, row.pulse);
		is_str(p.said, want);
		play_end(&p);
		n++;
	}
	fclose(f);
	ok(n >= 1, "%d rows", n);
}

TEST(every_flipped_bit_is_refused)
{
	uint8_t frame[40];
	struct play p;
	size_t len, bit;

	len = lepu_frame(frame, 0xa5, 4, 1, 3, "\0\0\0\0\2\1\x61\x24\x48\0\0\2\0\x58", 14);
	for (bit = 0; bit < len * 8; bit++) {
		play_begin(&p, "oxyii", 0, 0);
		ready(&p);
		p.said[0] = '\0';
		frame[bit / 8] ^= (uint8_t)(1 << bit % 8);
		is_str(play_bytes(&p, 0, frame, len), "");
		frame[bit / 8] ^= (uint8_t)(1 << bit % 8);
		play_end(&p);
	}
}

int
main(void)
{
	RUN(every_vector_says_what_it_should_however_it_is_cut);
	RUN(what_is_too_short_to_be_read_is_told);
	RUN(the_greeting_is_what_the_ring_expects);
	RUN(a_ring_that_does_not_greet_back_is_asked_all_the_same);
	RUN(a_ring_that_never_answers_is_a_stranger);
	RUN(a_ring_that_wants_to_go_on_encrypted_is_left);
	RUN(a_payload_of_a_real_ring_says_what_its_source_saw);
	RUN(every_flipped_bit_is_refused);
	return test_done();
}
