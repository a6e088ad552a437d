#include "tests/unit/test.h"

#include "services/ble-ingest/bluez/talk.h"

#define S 1000000LL

/*
 * A kind that says what it hears, a letter each: v value, B one with a battery, m one in demo
 * mode, s stored, r all recalled of the first stretch, b battery, w write, W write with response, x wrong, ! stranger, a about.
 */
struct parrot {
	char heard[40];
	size_t len;
	unsigned present;
	int n_recalled;
	int64_t from_us[8], to_us[8], zone_us;
};
static struct parrot *parrot;  /* of the running link */

static void
begin(void *state, unsigned present, int64_t zone_us, const struct source_now *now)
{
	(void)now;
	parrot = state;
	parrot->present = present;
	parrot->zone_us = zone_us;
}

static void
heard(void *state, unsigned port, const uint8_t *bytes, size_t len, const struct source_now *now)
{
	struct parrot *p = state;

	(void)port;
	(void)now;
	memcpy(p->heard + p->len, bytes, len);
	p->len += len;
}

static int
next(void *state, const struct source_now *now, struct device_said *out)
{
	struct parrot *p = state;
	char c;

	if (!p->len)
		return 0;
	c = p->heard[0];
	memmove(p->heard, p->heard + 1, --p->len);
	memset(out, 0, sizeof(*out));
	if (strchr("vBms", c)) {
		out->kind = c == 's' ? SAID_STORED : SAID_VALUE;
		msg_clear(&msg_sample, &out->sample);
		out->sample.taken_us = c == 's' ? 5 * S : now->utc_us;
		out->sample.epoch = out->sample.seq = c == 's' ? 77 : 0;
		out->sample.battery = c == 'B' ? 33 : MSG_NONE;
		out->is_mock = c == 'm';
		return 1;
	}
	if (c == 'r') {
		out->kind = SAID_RECALLED;
		out->recalled.from_us = p->from_us[0];
		out->recalled.to_us = p->to_us[0];
		return 1;
	}
	out->kind = c == 'b' ? SAID_BATTERY : c == 'x' ? SAID_WRONG : c == '!' ? SAID_STRANGER
		  : c == 'a' ? SAID_ABOUT : SAID_WRITE;
	if (c == 'b')
		out->battery = 42;
	if (c == 'x')
		memcpy(out->wrong, "not so", 7);
	if (out->kind == SAID_WRITE) {
		out->write.port = 3;
		out->write.with_response = c == 'W';
		out->write.len = 1;
		out->write.bytes[0] = (uint8_t)c;
	}
	return 1;
}

static int64_t
wait_us(const void *state, const struct source_now *now)
{
	(void)state;
	return now->mono_us;
}

static void
recall(void *state, int64_t from_us, int64_t to_us, const struct source_now *now)
{
	struct parrot *p = state;

	(void)now;
	p->from_us[p->n_recalled] = from_us;
	p->to_us[p->n_recalled++] = to_us;
}

static const struct device_kind kind = {
	.name = "parrot", .state_bytes = sizeof(struct parrot), .begin = begin, .heard = heard,
	.next = next, .wait_us = wait_us, .recall = recall,
}, plain = {
	.name = "plain", .state_bytes = sizeof(struct parrot), .begin = begin, .heard = heard,
	.next = next,
};

static struct talk talk;

/* What comes of it, a letter each: g gap, v value, s stored, b battery, ! stranger. */
static const char *
hear(const char *what, int64_t at_us)
{
	struct source_now now = {at_us, at_us};
	static char said[40];
	struct taken taken;
	enum talk_said s;
	size_t n = 0;

	talk_heard(&talk, 0, (const uint8_t *)what, strlen(what), &now);
	while ((s = talk_next(&talk, &now, &taken)) != TALK_NOTHING)
		said[n++] = s == TALK_VALUE ? 'v' : s == TALK_BATTERY ? 'b' : s == TALK_STRANGER ? '!'
			  : taken.kind == TAKEN_GAP ? 'g' : 's';
	said[n] = '\0';
	return said;
}

static void
connect(const struct device_kind *to, int64_t at_us)
{
	struct source_now now = {at_us, at_us};

	talk_begin(&talk, to, 5, 3600 * S, &now);
}

TEST(what_it_says_is_what_comes)
{
	talk_init(&talk);
	is_int(talk.battery, MSG_NONE);
	is_int(talk.source, DATA_SOURCE_BLUETOOTH);
	connect(&kind, S);
	is_int(parrot->present, 5);
	is_int(parrot->zone_us, 3600 * S);
	is_str(hear("vsbax", 2 * S), "vsb");
	is_int(talk.battery, 42);
	is_str(hear("Bv", 2 * S), "vv");
	is_int(talk.battery, 33);
	is_int(talk.n_wrong, 1);
	is_str(talk.wrong, "not so");
	is_str(hear("!", 2 * S), "!");
	talk_release(&talk);
}

TEST(demo_values_are_mock_and_others_are_bluetooth)
{
	struct source_now now = {S, S};
	struct taken taken;

	talk_init(&talk);
	connect(&kind, S);
	talk_heard(&talk, 0, (const uint8_t *)"mvs", 3, &now);
	is_int(talk_next(&talk, &now, &taken), TALK_VALUE);
	is_int(taken.kind, TAKEN_SAMPLE);
	is_int(taken.sample.data_source, DATA_SOURCE_MOCK);
	is_int(talk.source, DATA_SOURCE_MOCK);
	is_int(talk_next(&talk, &now, &taken), TALK_VALUE);
	is_int(taken.sample.data_source, DATA_SOURCE_BLUETOOTH);
	is_int(talk_next(&talk, &now, &taken), TALK_TAKEN);
	is_int(taken.sample.data_source, DATA_SOURCE_BLUETOOTH);
	is_int(taken.sample.seq, 77);
	talk_release(&talk);
}

TEST(an_interruption_is_a_gap_before_the_next_value)
{
	struct source_now now = {30 * S, 30 * S};
	struct taken taken;

	talk_init(&talk);
	connect(&kind, S);
	is_str(hear("v", 2 * S), "v");
	talk_end(&talk, GAP_DEVICE_SILENT);
	talk_end(&talk, GAP_LINK_LOST);      /* the first reason stays */
	connect(&kind, 20 * S);
	is_str(hear("b", 21 * S), "b");
	is_int(parrot->n_recalled, 0);       /* nobody knows yet how long it is */
	talk_heard(&talk, 0, (const uint8_t *)"v", 1, &now);
	is_int(talk_next(&talk, &now, &taken), TALK_TAKEN);
	is_int(taken.kind, TAKEN_GAP);
	is_int(taken.gap.from_us, 2 * S);
	is_int(taken.gap.to_us, 30 * S);
	is_int(taken.gap.reason, GAP_DEVICE_SILENT);
	is_int(taken.gap.lost, MSG_NONE);
	is_int(talk_wait_us(&talk, &now), 0);
	is_int(talk_next(&talk, &now, &taken), TALK_VALUE);
	is_int(taken.sample.taken_us, 30 * S);
	is_str(hear("v", 31 * S), "v");
	talk_release(&talk);
}

TEST(the_first_value_ever_has_no_gap_before_it)
{
	talk_init(&talk);
	talk_end(&talk, GAP_LINK_LOST);
	connect(&kind, S);
	is_str(hear("v", 2 * S), "v");
	talk_release(&talk);
}

TEST(what_was_known_from_an_earlier_life_is_where_a_gap_begins)
{
	struct source_now now = {9 * S, 9 * S};
	struct taken taken;

	talk_init(&talk);
	talk_knew(&talk, 0);
	talk_knew(&talk, 7 * S);
	talk_end(&talk, GAP_DEVICE_SILENT);  /* silent since we are here, lost before */
	connect(&kind, S);
	talk_heard(&talk, 0, (const uint8_t *)"v", 1, &now);
	is_int(talk_next(&talk, &now, &taken), TALK_TAKEN);
	is_int(taken.gap.from_us, 7 * S);
	is_int(taken.gap.reason, GAP_LINK_LOST);
	is_int(talk_next(&talk, &now, &taken), TALK_VALUE);
	talk_knew(&talk, 8 * S);             /* too late */
	is_str(hear("v", 10 * S), "v");
	talk_release(&talk);
}

TEST(a_clock_that_went_back_makes_no_gap)
{
	talk_init(&talk);
	connect(&kind, S);
	is_str(hear("v", 9 * S), "v");
	talk_end(&talk, GAP_LINK_LOST);
	connect(&kind, S);
	is_str(hear("v", 5 * S), "v");
	is_str(hear("v", 6 * S), "v");
	talk_release(&talk);
}

TEST(what_was_missed_is_recalled_and_again_on_the_next_link)
{
	talk_init(&talk);
	connect(&kind, S);
	(void)hear("v", 2 * S);
	talk_end(&talk, GAP_LINK_LOST);
	connect(&kind, 10 * S);
	is_str(hear("vs", 11 * S), "gvs");
	is_int(parrot->n_recalled, 1);
	is_int(parrot->from_us[0], 2 * S);
	is_int(parrot->to_us[0], 11 * S);
	talk_end(&talk, GAP_LINK_LOST);      /* perhaps it had more to tell */
	connect(&kind, 20 * S);
	is_int(parrot->n_recalled, 1);
	is_int(parrot->from_us[0], 2 * S);
	is_str(hear("v", 21 * S), "gv");
	is_int(parrot->n_recalled, 2);
	is_int(parrot->from_us[1], 11 * S);
	is_str(hear("r", 22 * S), "");       /* of the first, that was all */
	talk_end(&talk, GAP_LINK_LOST);
	connect(&kind, 21 * S + TALK_RECALL_US);
	is_int(parrot->n_recalled, 1);
	is_int(parrot->from_us[0], 11 * S);
	talk_end(&talk, GAP_LINK_LOST);      /* a day later nobody has it any more */
	connect(&kind, 21 * S + TALK_RECALL_US + 1);
	is_int(parrot->n_recalled, 0);
	talk_release(&talk);
}

TEST(only_the_last_stretches_are_recalled_again)
{
	int i;

	talk_init(&talk);
	for (i = 0; i < TALK_MISSED + 2; i++) {
		connect(&kind, 10 * i * S);
		(void)hear("v", (10 * i + 1) * S);
		talk_end(&talk, GAP_LINK_LOST);
	}
	connect(&kind, 1000 * S);
	is_int(parrot->n_recalled, TALK_MISSED);
	is_int(parrot->from_us[TALK_MISSED - 1], (10 * TALK_MISSED + 1) * S);
	talk_release(&talk);
}

TEST(a_kind_without_a_memory_is_not_asked)
{
	talk_init(&talk);
	talk_knew(&talk, S);
	connect(&plain, 2 * S);
	is_str(hear("v", 3 * S), "gv");
	is_int(talk.n_missed, 0);
	is_int(talk_wait_us(&talk, &(struct source_now){0, 0}), INT64_MAX);
	talk_release(&talk);
}

TEST(writes_wait_for_each_other)
{
	const struct talk_write *w;

	talk_init(&talk);
	connect(&kind, S);
	ok(!talk_write(&talk));
	(void)hear("wW", 2 * S);
	ok((w = talk_write(&talk)) && w->bytes[0] == 'w' && !w->with_response && w->port == 3);
	ok(!talk_write(&talk));
	(void)hear("w", 2 * S);
	ok(!talk_write(&talk));
	talk_written(&talk);
	ok((w = talk_write(&talk)) && w->bytes[0] == 'W' && w->with_response && w->len == 1);
	talk_written(&talk);
	talk_written(&talk);
	ok(talk_write(&talk) != NULL);
	talk_written(&talk);
	ok(!talk_write(&talk));
	talk_release(&talk);
}

TEST(writes_end_with_the_link_and_too_many_are_counted)
{
	talk_init(&talk);
	connect(&kind, S);
	(void)hear("wwwwwwww", 2 * S);
	is_int(talk.n_wrong, 0);
	(void)hear("w", 2 * S);
	is_int(talk.n_wrong, 1);
	ok(talk_write(&talk) != NULL);
	talk_end(&talk, GAP_LINK_LOST);
	ok(!talk.kind && !talk.state);
	talk_written(&talk);                 /* its answer, late */
	connect(&kind, 3 * S);
	ok(!talk_write(&talk));
	(void)hear("w", 4 * S);
	ok(talk_write(&talk) != NULL);
	talk_release(&talk);
}

TEST(without_a_link_nothing_is_heard)
{
	talk_init(&talk);
	is_str(hear("v", S), "");
	is_int(talk_wait_us(&talk, &(struct source_now){0, 0}), INT64_MAX);
}

int
main(void)
{
	RUN(what_it_says_is_what_comes);
	RUN(demo_values_are_mock_and_others_are_bluetooth);
	RUN(an_interruption_is_a_gap_before_the_next_value);
	RUN(the_first_value_ever_has_no_gap_before_it);
	RUN(what_was_known_from_an_earlier_life_is_where_a_gap_begins);
	RUN(a_clock_that_went_back_makes_no_gap);
	RUN(what_was_missed_is_recalled_and_again_on_the_next_link);
	RUN(only_the_last_stretches_are_recalled_again);
	RUN(a_kind_without_a_memory_is_not_asked);
	RUN(writes_wait_for_each_other);
	RUN(writes_end_with_the_link_and_too_many_are_counted);
	RUN(without_a_link_nothing_is_heard);
	return test_done();
}
