/*
 * What a Viatom ring recorded: which files are opened for what was missed, what of them is said,
 * while values go on; and everything that can fail on the way.
 */
#include "tests/unit/ring.h"

TEST(a_gap_is_filled_from_the_rings_own_recording)
{
	char said[4000], want[4000] = "";
	struct play p;
	size_t size;
	int i;

	for (i = 3; i < 10; i++)
		(void)snprintf(want + strlen(want), sizeof(want) - strlen(want),
			       i == 7 ? "stored at=%lld 1.%lld motion=0 device=2025-11-23T05:00:%02d "
					"unavailable, "
				      : "stored at=%lld 1.%lld spo2=%d pulse=%d motion=0 device="
					"2025-11-23T05:00:%02d, ",
			       (long long)LOCAL_S - 3600 + 4 * i, (long long)LOCAL_S + 4 * i,
			       i == 7 ? 4 * i : 80 + i, 60 + i, 4 * i);
	for (size = 1; size <= 100; size += size < 12 ? 1 : 29) {
		begin_recall(&p, 8, 40);
		read_blocks(&p, size, said, sizeof(said));
		ok(!strcmp(said, want), "in %zu: %s", size, said);
		/* closed, not read again, and values go on */
		is_str(reply(&p, 0, 0, "", 0), "recalled 8-40");
		is_str(play_wait(&p, CLOCK_SECOND), ASK_17);
		is_str(reply(&p, 0, 0, A_VALUE, 13), SAYS);
		is_int(p.kind->wait_us(p.state, &p.now) > 0, 1);
		play_end(&p);
	}
}

TEST(values_go_on_while_a_recording_is_read)
{
	uint8_t file[200];
	struct play p;

	begin_recall(&p, 8, 40);
	(void)recording(file);
	has_str(reply(&p, 0, 0, "\144\0\0\0", 4), "write 1 aa04fb00000000" "6a");
	p.now.mono_us += CLOCK_SECOND;
	p.now.utc_us += CLOCK_SECOND;
	is_str(reply(&p, 0, 0, file, 20), ASK_17);
	is_str(reply(&p, 0, 0, A_VALUE, 13), SAYS ", write 1 aa04fb01000000" "7c");
	play_end(&p);
}

TEST(a_recording_that_cannot_be_read_is_told_and_left)
{
	static const struct { const char *what, *size, *block; size_t len; const char *says; } rows[] = {
		{"no size", "", NULL, 0, "wrong a stored recording of an impossible size"},
		{"only a header", "\50\0\0\0", NULL, 4, "wrong a stored recording of an impossible size"},
		{"4 GB", "\xff\xff\xff\xff", NULL, 4, "wrong a stored recording of an impossible size"},
		{"an empty block", "\144\0\0\0", "", 4, "wrong a stored recording ends early"},
		{"another version", "\144\0\0\0", "\11_______________________________________", 4,
		 "wrong stored recording: byte 0: version 9"},
	};
	struct play p;
	size_t i;

	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		begin_recall(&p, 8, 40);
		(void)reply(&p, 0, 0, rows[i].size, rows[i].len);
		if (rows[i].block)
			(void)reply(&p, 0, 0, rows[i].block, strlen(rows[i].block));
		ok(strstr(p.said, rows[i].says) && strstr(p.said, "write 1 aa05fa00000000" "21"),
		   "%s: %s", rows[i].what, p.said);
		play_end(&p);
	}
	/* a refused block, or another one than was asked for: the file is closed, and tried again */
	for (i = 0; i < 2; i++) {
		begin_recall(&p, 8, 40);
		(void)reply(&p, 0, 0, "\144\0\0\0", 4);
		is_str(reply(&p, i ? 0 : 1, i ? 7 : 0, "\12\0\0\0", 4),
		       "wrong a stored recording could not be read, write 1 aa05fa00000000" "21");
		has_str(reply(&p, 0, 0, "", 0), "write 1 aa03fc");
		play_end(&p);
	}
}

/* Which of the files is opened for a time that was missed, in s after 05:00:00 of the ring. */
TEST(only_files_that_may_hold_it_are_opened)
{
	static const struct { int from_s, to_s; const char *opens; } rows[] = {
		{-30, -10, "3232323030303000"},          /* before: the one of the evening */
		{10, 20, "30353030303000"},
		{-30, 10, "3232323030303000"},           /* both, one after the other */
		{-8 * 86400, -7 * 86400, NULL},          /* before the first */
	};
	struct play p;
	size_t i;

	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		play_begin(&p, "viatom", 0, 0);
		(void)play_recall(&p, PLAY_UTC_US + rows[i].from_s * CLOCK_SECOND,
				  PLAY_UTC_US + rows[i].to_s * CLOCK_SECOND);
		(void)tell(&p, TOLD);
		(void)reply(&p, 0, 0, A_VALUE, 13);
		if (!rows[i].opens) {
			ok(!strstr(p.said, "aa03"));
		} else if (strstr(p.said, "aa03")) {
			char first[100] = "", *at = strstr(p.said, "aa03");
			(void)snprintf(first, sizeof(first), "%.40s", at);
			(void)play_wait(&p, 20000);
			(void)snprintf(first + strlen(first), sizeof(first) - strlen(first), "%.20s",
				       p.said + strlen("write 1 "));
			has_str(first, rows[i].opens + 2);
		} else {
			ok(0, "%s", p.said);
		}
		play_end(&p);
	}
}

TEST(what_is_missed_is_looked_for_again_every_five_minutes)
{
	struct play p;
	int i, asked = 0;

	play_begin(&p, "viatom", 0, 0);
	(void)tell(&p, "{}");
	(void)play_recall(&p, PLAY_UTC_US, PLAY_UTC_US + 10 * CLOCK_SECOND);
	for (i = 0; i < 1000; i++) {
		if (strstr(p.said, "aa14")) {
			asked++;
			(void)tell(&p, "{}");
		} else if (strstr(p.said, "aa17")) {
			(void)reply(&p, 0, 0, A_VALUE, 13);
		}
		if (!strstr(p.said, "write"))
			(void)play_wait(&p, CLOCK_SECOND);
	}
	ok(asked >= 2 && asked <= 4, "%d", asked);
	play_end(&p);
}

/* Opening is tried three times; a file that breaks off is read again, three times in all; closing
 * is not waited for. */
TEST(what_fails_is_tried_again_but_not_for_ever)
{
	struct play p;
	int i, opened = 1;

	begin_recall(&p, 8, 40);
	for (i = 0; i < 20; i++) {
		(void)reply(&p, 1, 0, "\11\0\0\0", 4);
		opened += !!strstr(p.said, "aa03");
		if (!strstr(p.said, "write"))
			break;
	}
	is_int(opened, 9);
	play_end(&p);
	begin_recall(&p, 8, 40);
	for (i = 0, opened = 0; i < 20; i++) {
		opened++;
		(void)reply(&p, 0, 0, "\144\0\0\0", 4);
		has_str(reply(&p, 1, 0, "\12\0\0\0", 4), "write 1 aa05fa");
		if (!strstr(reply(&p, 0, 0, "", 0), "aa03"))
			break;
		(void)play_wait(&p, 20000);
	}
	is_int(opened, 3);
	play_end(&p);
}

/* Each silence costs values: two of them, and the link is theirs alone. */
TEST(a_ring_that_is_silent_about_files_is_asked_for_values_only)
{
	struct play p;
	int i, opened = 1, values = 0;

	begin_recall(&p, 8, 40);
	for (i = 0; i < 2000; i++) {
		opened += !!strstr(p.said, "aa03");
		if (strstr(p.said, "aa17")) {
			(void)reply(&p, 0, 0, A_VALUE, 13);
			values += !!strstr(p.said, "value");
		} else {
			(void)play_wait(&p, 100000);
		}
	}
	is_int(opened, 2);
	ok(values > 150, "%d", values);
	play_end(&p);
}

TEST(a_recording_that_was_read_is_not_read_again_even_if_closing_fails)
{
	char said[4000];
	struct play p;
	int i;

	for (i = 0; i < 2; i++) {
		begin_recall(&p, 8, 40);
		read_blocks(&p, 100, said, sizeof(said));
		is_str(reply(&p, (unsigned)i, 0, "\3\0\0\0", 4), "recalled 8-40");
		is_str(play_wait(&p, CLOCK_SECOND), ASK_17);
		is_str(reply(&p, 0, 0, A_VALUE, 13), SAYS);
		play_end(&p);
	}
}

/* Two times were missed: what the recording covers is done with, what comes after it is not. */
TEST(what_a_recording_covers_is_no_longer_missed)
{
	char said[4000];
	struct play p;
	int i;

	begin_recall(&p, 0, 8);
	(void)play_recall(&p, PLAY_UTC_US + 12 * CLOCK_SECOND, PLAY_UTC_US + 20 * CLOCK_SECOND);
	(void)play_recall(&p, PLAY_UTC_US + 400 * CLOCK_SECOND, PLAY_UTC_US + 500 * CLOCK_SECOND);
	read_blocks(&p, 100, said, sizeof(said));
	has_str(said, "spo2=81");
	has_str(said, "spo2=84");
	ok(!strstr(said, "spo2=83") && !strstr(said, "spo2=85"), "%s", said);
	/* the list is asked for again, though the file in it has been read: one is still to come */
	for (i = 0; i < 3 && !strstr(p.said, "aa14"); i++)
		(void)reply(&p, 0, 0, "", 0);
	has_str(p.said, "aa14");
	has_str(tell(&p, "{\"FileList\":\"" NAME ",20251123050600\"}"),
		"aa03fc00000f0032303235313132333035303630");
	play_end(&p);
}

/* A ring closes its recording when it is taken off: then it is looked for sooner. */
TEST(a_file_that_does_not_open_after_one_that_did_is_not_taken_for_read)
{
	char said[4000];
	struct play p;
	int i, opened = 0;

	play_begin(&p, "viatom", 0, 0);
	(void)tell(&p, TOLD);
	(void)reply(&p, 0, 0, A_VALUE, 13);
	/* in two files: the one of the evening comes first */
	(void)play_recall(&p, PLAY_UTC_US - 30 * CLOCK_SECOND, PLAY_UTC_US + 100 * CLOCK_SECOND);
	(void)tell(&p, TOLD);
	(void)play_wait(&p, 20000);
	read_blocks(&p, 100, said, sizeof(said));
	has_str(reply(&p, 0, 0, "", 0), "aa03fc");
	(void)play_wait(&p, 20000);
	for (i = 0; i < 20 && (!i || strstr(p.said, "aa03")); i++) {
		opened++;
		(void)reply(&p, 1, 0, "\11\0\0\0", 4);
	}
	ok(!strstr(p.said, "recalled"), "%s", p.said);
	is_int(opened, 9);
	play_end(&p);
}

TEST(off_the_finger_the_list_is_looked_at_every_half_minute)
{
	struct play p;
	int i, asked = 0;

	play_begin(&p, "viatom", 0, 0);
	(void)tell(&p, "{}");
	(void)play_recall(&p, PLAY_UTC_US, PLAY_UTC_US + 10 * CLOCK_SECOND);
	for (i = 0; i < 600; i++) {
		if (strstr(p.said, "aa14")) {
			asked++;
			(void)tell(&p, "{}");
		} else if (strstr(p.said, "aa17")) {
			(void)reply(&p, 0, 0, "\0\0\0\0\0\0\0\x50\0\0\0\0\0", 13);
		}
		if (!strstr(p.said, "write"))
			(void)play_wait(&p, CLOCK_SECOND);
	}
	ok(asked >= 19 && asked <= 21, "%d", asked);
	play_end(&p);
}

TEST(of_many_files_the_newest_are_known)
{
	char told[1200] = "{\"FileList\":\"";
	struct play p;
	int i;

	for (i = 0; i < 40; i++)
		(void)snprintf(told + strlen(told), sizeof(told) - strlen(told), "%s202511%02d%02d0000",
			       i ? "," : "", 20 + i / 20, i % 20);
	(void)snprintf(told + strlen(told), sizeof(told) - strlen(told), "\"}");
	play_begin(&p, "viatom", 0, 0);
	(void)tell(&p, told);
	(void)reply(&p, 0, 0, A_VALUE, 13);
	(void)play_recall(&p, 0, PLAY_UTC_US);
	(void)tell(&p, told);
	(void)play_wait(&p, 20000);
	/* the ninth of 40 is the oldest of 32 */
	has_str(p.said, "write 1 3000");
	(void)reply(&p, 0, 0, "", 0);
	play_end(&p);
}

TEST(a_block_beyond_the_255th_has_its_number)
{
	uint8_t file[400] = {3, 0, 0xE9, 7, 11, 23, 5, 0, 0}, big[4] = {0x90, 1};
	char want[100];
	struct play p;
	unsigned n;

	begin_recall(&p, 8, 40);
	(void)reply(&p, 0, 0, big, 4);
	for (n = 0; n < 300; n++) {
		(void)snprintf(want, sizeof(want), "write 1 aa04fb%02x%02x0000", (n + 1) & 255, (n + 1) >> 8);
		has_str(reply(&p, 0, n, file + n, 1), want);
	}
	has_str(reply(&p, 0, 300 - 256, file, 1), "wrong a stored recording could not be read");
	play_end(&p);
}

int
main(void)
{
	RUN(a_gap_is_filled_from_the_rings_own_recording);
	RUN(values_go_on_while_a_recording_is_read);
	RUN(a_recording_that_cannot_be_read_is_told_and_left);
	RUN(only_files_that_may_hold_it_are_opened);
	RUN(what_is_missed_is_looked_for_again_every_five_minutes);
	RUN(what_fails_is_tried_again_but_not_for_ever);
	RUN(a_ring_that_is_silent_about_files_is_asked_for_values_only);
	RUN(a_recording_that_was_read_is_not_read_again_even_if_closing_fails);
	RUN(what_a_recording_covers_is_no_longer_missed);
	RUN(a_file_that_does_not_open_after_one_that_did_is_not_taken_for_read);
	RUN(off_the_finger_the_list_is_looked_at_every_half_minute);
	RUN(of_many_files_the_newest_are_known);
	RUN(a_block_beyond_the_255th_has_its_number);
	return test_done();
}
