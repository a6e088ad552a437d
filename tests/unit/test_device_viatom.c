/*
 * The older rings of Viatom: vectors in every cut, every bit flipped, what is asked and when,
 * and silence.
 */
#include "tests/unit/play.h"
#include "tests/unit/ring.h"

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

TEST(what_it_tells_of_itself_is_asked_once_when_nothing_was_missed)
{
	struct play p;
	int i, asked = 0;

	play_begin(&p, "viatom", 0, 0);
	is_str(tell(&p, "{\"CurBAT\":\"0%\"}"), "battery 0, " ASK_17);
	for (i = 0; i < 1500; i++) {
		asked += !!strstr(p.said, "aa14");
		if (strstr(p.said, "aa17"))
			(void)reply(&p, 0, 0, A_VALUE, 13);
		else
			(void)play_wait(&p, CLOCK_SECOND);
	}
	is_int(asked, 0);
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
	RUN(what_it_tells_of_itself_is_asked_once_when_nothing_was_missed);
	RUN(names_of_rings_are_known);
	return test_done();
}
