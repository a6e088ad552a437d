/*
 * The older rings of Viatom: vectors in every cut, every bit flipped, what is asked and when,
 * silence, and recordings read while values go on.
 */
#include "proto/vld.h"
#include "tests/unit/play.h"
#include "tests/unit/lepu.h"

#define ASK_INFO "write 1 aa14eb00000000c6"
#define ASK_17   "write 1 aa17e8000000001b"
#define ASK_1B   "write 1 aa1be4000001" "00005e"
#define A_VALUE  "\x61\x48\0\0\0\0\0\x50\0\0\x36\1\0"
#define SAYS     "value spo2=97 pulse=72 pi=5.4 motion=0 battery=80"

static const char *
reply(struct play *p, unsigned status, unsigned packet, const void *data, size_t len)
{
	return lepu_say(p, 0x55, status, packet & 255, packet >> 8, data, len);
}

static const char *
tell(struct play *p, const char *json)
{
	return reply(p, 0, 0, json, strlen(json));
}

static void
ready(struct play *p)
{
	has_str(p->said, ASK_INFO);
	is_str(tell(p, "{}"), ASK_17);
	p->quiet_writes = 1;
}

TEST(every_vector_says_what_it_should_however_it_is_cut)
{
	is_int(play_vectors("viatom", "viatom", ready, 1, 0), 24);
}

static void
ready_for_1b(struct play *p)
{
	ready(p);
	p->quiet_writes = 0;
	(void)reply(p, 1, 0, "\10\0\0\0", 4);
	is_str(play_wait(p, CLOCK_SECOND), ASK_1B);
	p->quiet_writes = 1;
}

TEST(a_ring_without_17_is_asked_for_1B)
{
	is_int(play_vectors("viatom", "viatom_1b", ready_for_1b, 1, 0), 7);
}

TEST(every_flipped_bit_is_refused_and_the_next_reply_is_heard)
{
	uint8_t frame[40];
	struct play p;
	size_t len, bit;

	len = lepu_frame(frame, 0x55, 0, 0, 0, A_VALUE, 13);
	is_int(len, 21);
	for (bit = 0; bit < len * 8; bit++) {
		play_begin(&p, "viatom", 0, 0);
		ready(&p);
		p.said[0] = '\0';
		frame[bit / 8] ^= (uint8_t)(1 << bit % 8);
		ok(!strstr(play_bytes(&p, 0, frame, len), "value"), "bit %zu", bit);
		frame[bit / 8] ^= (uint8_t)(1 << bit % 8);
		has_str(play_wait(&p, 3 * CLOCK_SECOND), "wrong command 17 was not answered");
		p.quiet_writes = 0;
		is_str(play_wait(&p, CLOCK_SECOND), ASK_17);
		has_str(reply(&p, 0, 0, A_VALUE, 13), SAYS);
		play_end(&p);
	}
}

TEST(values_are_asked_for_every_second_with_one_request_in_flight)
{
	struct play p;
	int i;

	play_begin(&p, "viatom", 0, 0);
	is_str(p.said, ASK_INFO);
	is_str(play_wait(&p, CLOCK_SECOND), "");
	is_str(tell(&p, "{\"Model\":\"1652\",\"SoftwareVer\":\"1.5.0\",\"CurBAT\":\"85%\"}"),
	       "about model=1652, about firmware=1.5.0, battery 85, " ASK_17);
	for (i = 0; i < 5; i++) {
		p.now.mono_us += 300000;
		p.now.utc_us += 300000;
		is_str(reply(&p, 0, 0, A_VALUE, 13), SAYS);
		is_int(p.kind->wait_us(p.state, &p.now), 700000);
		is_str(play_wait(&p, 700000), ASK_17);
	}
	/* an answer that took two periods: the next at once, and none is made up for */
	is_str(play_wait(&p, 2500000), "");
	is_str(reply(&p, 0, 0, A_VALUE, 13), SAYS ", " ASK_17);
	is_str(reply(&p, 0, 0, A_VALUE, 13), SAYS);
	is_int(p.kind->wait_us(p.state, &p.now), CLOCK_SECOND);
	play_end(&p);
}

TEST(a_late_reply_answers_nothing_that_is_asked_later)
{
	struct play p;

	play_begin(&p, "viatom", 0, 0);
	ready(&p);
	p.quiet_writes = 0;
	is_str(play_wait(&p, 3 * CLOCK_SECOND), "wrong command 17 was not answered");
	is_str(reply(&p, 0, 0, A_VALUE, 13), "");
	is_str(play_wait(&p, CLOCK_SECOND), ASK_17);
	is_str(reply(&p, 0, 0, A_VALUE, 13), "wrong 21 bytes that are no reply, " SAYS);
	play_end(&p);
}

TEST(what_never_answers_is_a_stranger_and_a_ring_that_did_is_none)
{
	struct play p;
	int i;

	play_begin(&p, "viatom", 0, 0);
	p.quiet_writes = 1;
	is_str(play_wait(&p, 3 * CLOCK_SECOND), "wrong command 14 was not answered");
	(void)play_wait(&p, CLOCK_SECOND);
	is_str(play_wait(&p, 3 * CLOCK_SECOND), "wrong command 17 was not answered");
	(void)play_wait(&p, CLOCK_SECOND);
	is_str(play_wait(&p, 3 * CLOCK_SECOND), "wrong command 17 was not answered, stranger");
	play_end(&p);
	play_begin(&p, "viatom", 0, 0);
	ready(&p);
	for (i = 0; i < 20; i++)
		ok(!strstr(play_wait(&p, 3 * CLOCK_SECOND), "stranger"));
	play_end(&p);
	play_begin(&p, "viatom", 2, 0);
	has_str(p.said, "stranger");
	play_end(&p);
}

TEST(what_is_no_JSON_or_refused_is_told)
{
	static const char padded[] = "{\"Model\":7,\"CurBAT\":\"101%\",\"CurTIME\":\"x\"}\0\0\0";
	static const char *const texts[] = {"", "x", "[]", "{\"a\":", "{}x", "\xff\xfe"};
	struct play p;
	size_t i;

	for (i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		play_begin(&p, "viatom", 0, 0);
		is_str(tell(&p, texts[i]), "wrong what it tells of itself is no JSON object, " ASK_17);
		play_end(&p);
	}
	play_begin(&p, "viatom", 0, 0);
	is_str(reply(&p, 0, 0, padded, sizeof(padded)), ASK_17);
	is_str(reply(&p, 1, 0, "\1\0\0\0", 4), "wrong it refuses command 17: status 1, code 1");
	is_str(play_wait(&p, CLOCK_SECOND), ASK_17);
	is_str(reply(&p, 0, 0, A_VALUE, 11), "wrong values: a reply of 11 bytes, not of 13");
	is_str(play_wait(&p, CLOCK_SECOND), ASK_17);
	is_str(reply(&p, 0, 0, A_VALUE "new", 16), SAYS);
	play_end(&p);
}

/* ---- recordings */

/* 12 records, one in 4 s, from 2025-11-23 05:00:00 on the ring's clock, which is an hour ahead. */
#define LOCAL_S (PLAY_UTC_US / 1000000 + 3600)
#define NAME    "20251123050000"
#define TOLD    "{\"CurTIME\":\"2025-11-23,05:00:40\",\"FileList\":\"20251122220000," NAME "\"}"

static size_t
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

static void
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
static void
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

TEST(names_of_rings_are_known)
{
	static const struct { const char *name, *service; int maker; const char *kind; } rows[] = {
		{"O2Ring 1234", NULL, -1, "viatom"}, {"Checkme_O2", NULL, -1, "viatom"},
		{"Checkme O2 1234", NULL, -1, "viatom"}, {"CheckO2 1", NULL, -1, "viatom"},
		{"SleepU 12", NULL, -1, "viatom"}, {"O2M 1", NULL, -1, "viatom"},
		{"WearO2 1", NULL, -1, "viatom"}, {"KidsO2", NULL, -1, "viatom"},
		{"BabyO2 1", NULL, -1, "viatom"}, {"OxyLink 1", NULL, -1, "viatom"},
		{"Oxylink 1", NULL, -1, "viatom"}, {"CMRing", NULL, -1, "viatom"},
		{"BP2 1", "14839ac4-7d7e-415c-9a42-167340cf2339", -1, "viatom"},
		{"", NULL, 0x36f, "viatom"}, {"", NULL, -1, NULL}, {"Headphones", NULL, 0x4c, NULL},
	};
	const struct device_kind *kind;
	enum device_fit fit;
	size_t i;

	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct advertised seen = {rows[i].name, &rows[i].service, !!rows[i].service,
					  rows[i].maker};

		kind = device_find(&seen, 0, &fit);
		is_str(kind ? kind->name : NULL, rows[i].kind);
		if (kind)
			is_int(fit, rows[i].service || rows[i].maker >= 0 ? FIT_MAYBE : FIT_SURE);
	}
}

int
main(void)
{
	RUN(every_vector_says_what_it_should_however_it_is_cut);
	RUN(a_ring_without_17_is_asked_for_1B);
	RUN(every_flipped_bit_is_refused_and_the_next_reply_is_heard);
	RUN(values_are_asked_for_every_second_with_one_request_in_flight);
	RUN(a_late_reply_answers_nothing_that_is_asked_later);
	RUN(what_never_answers_is_a_stranger_and_a_ring_that_did_is_none);
	RUN(what_is_no_JSON_or_refused_is_told);
	RUN(a_gap_is_filled_from_the_rings_own_recording);
	RUN(values_go_on_while_a_recording_is_read);
	RUN(a_recording_that_cannot_be_read_is_told_and_left);
	RUN(only_files_that_may_hold_it_are_opened);
	RUN(what_is_missed_is_looked_for_again_every_five_minutes);
	RUN(what_fails_is_tried_again_but_not_for_ever);
	RUN(a_recording_that_was_read_is_not_read_again_even_if_closing_fails);
	RUN(what_a_recording_covers_is_no_longer_missed);
	RUN(a_file_that_does_not_open_after_one_that_did_is_not_taken_for_read);
	RUN(off_the_finger_the_list_is_looked_at_every_half_minute);
	RUN(of_many_files_the_newest_are_known);
	RUN(a_block_beyond_the_255th_has_its_number);
	RUN(names_of_rings_are_known);
	return test_done();
}
