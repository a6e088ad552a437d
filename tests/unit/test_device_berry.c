/*
 * Berry Med: frames and packets in every cut, the traps of their versions, and one value a
 * second out of a hundred frames.
 */
#include "tests/unit/play.h"

TEST(every_frame_says_what_it_should_however_it_is_cut)
{
	is_int(play_vectors("berry", "berry_bci", NULL, 1, CLOCK_SECOND), 30);
}

TEST(every_packet_says_what_it_should_however_it_is_cut)
{
	is_int(play_vectors("berry", "berry", NULL, 1, CLOCK_SECOND), 16);
}

/* 25 notifications a second of 4 frames, as a BM1000 sends them. */
TEST(a_hundred_frames_a_second_are_one_value_a_second)
{
	char hex[100];
	struct play p;
	int i, n = 0, spo2;

	play_begin(&p, "berry", 0, 0);
	for (i = 0; i < 25 * 60; i++) {
		spo2 = 60 + i / 25 % 40;
		(void)snprintf(hex, sizeof(hex), "87320548%02x87330548%02x87340548%02x87350548%02x",
			       spo2, spo2, spo2, spo2);
		(void)play_hear(&p, 0, hex);
		n += !!*p.said;
		(void)play_wait(&p, 40000);
		n += !!*p.said;
		if (*p.said)
			ok(atoi(strstr(p.said, "spo2=") + 5) == spo2, "%d: %s", i, p.said);
	}
	is_int(n, 60);
	/* then silence: what was heard since is said, and no more */
	is_str(play_wait(&p, CLOCK_SECOND), "");
	is_int(p.kind->wait_us(p.state, &p.now), INT64_MAX);
	(void)play_hear(&p, 0, "8732054862");
	is_int(p.kind->wait_us(p.state, &p.now), CLOCK_SECOND);
	has_str(play_wait(&p, CLOCK_SECOND), "spo2=98");
	/* asleep for an hour: one value, and none is made up for */
	(void)play_hear(&p, 0, "8732054862");
	has_str(play_wait(&p, 3600 * CLOCK_SECOND), "spo2=98");
	is_int(p.kind->wait_us(p.state, &p.now), CLOCK_SECOND);
	is_str(play_wait(&p, CLOCK_SECOND), "");
	play_end(&p);
}

TEST(every_flipped_bit_of_a_packet_is_refused)
{
	uint8_t bytes[20];
	struct play p;
	size_t bit;

	is_int(play_hex("FFAA07086160484AA600232432C01DFEFF5864C0", bytes, sizeof(bytes)), 20);
	for (bit = 0; bit < 160; bit++) {
		play_begin(&p, "berry", 0, 0);
		p.said[0] = '\0';
		(void)play_bytes(&p, 0, bytes, 20);
		(void)play_wait(&p, CLOCK_SECOND);
		bytes[bit / 8] ^= (uint8_t)(1 << bit % 8);
		(void)play_bytes(&p, 0, bytes, 20);
		bytes[bit / 8] ^= (uint8_t)(1 << bit % 8);
		has_str(p.said, "value");
		is_str(play_wait(&p, CLOCK_SECOND), "");
		play_end(&p);
	}
}

TEST(a_serial_line_that_is_no_oximeter_is_a_stranger)
{
	struct play p;
	int i;

	play_begin(&p, "berry", 0, 0);
	for (i = 0; i < 14; i++) {
		(void)play_hear(&p, 0, "41542B56 45523F0D 0A4F4B0D0A");
		is_str(play_wait(&p, CLOCK_SECOND), "");
	}
	is_str(play_wait(&p, CLOCK_SECOND), "stranger");
	is_str(play_wait(&p, 100 * CLOCK_SECOND), "");
	play_end(&p);
	/* much of it is told */
	play_begin(&p, "berry", 0, 0);
	for (i = 0; i < 100 && !*p.said; i++)
		(void)play_hear(&p, 0, "41542B56 45523F0D 0A4F4B0D0A");
	is_str(p.said, "wrong 1001 bytes that are no frame");
	play_end(&p);
}

int
main(void)
{
	RUN(every_frame_says_what_it_should_however_it_is_cut);
	RUN(every_packet_says_what_it_should_however_it_is_cut);
	RUN(a_hundred_frames_a_second_are_one_value_a_second);
	RUN(every_flipped_bit_of_a_packet_is_refused);
	RUN(a_serial_line_that_is_no_oximeter_is_a_stranger);
	return test_done();
}
