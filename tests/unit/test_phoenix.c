/*
 * What a client of Phoenix Channels says and is told, message by message, in both serializers.
 */
#include <stdlib.h>

#include "services/realtime-fanout/phoenix.h"
#include "services/realtime-fanout/phoenix_parts.h"
#include "tests/unit/test.h"

#define USER "11111111-1111-4111-8111-111111111111"
#define S1   "aaaaaaaa-aaaa-5aaa-8aaa-aaaaaaaaaaaa"

static struct person user = {0x1111111111114111, 0x8111111111111111};
static struct rights rights = {.n = 1, .people = &user}, nobody = {.n = 0};
static struct ring *rows;
static struct phoenix *p;
static uint64_t next;

static void
set_up(int arrays)
{
	rows = ring_new(8, 100000);
	p = phoenix_new(arrays);
	next = 1;
}

static void
tear_down(void)
{
	phoenix_free(&p);
	ring_free(&rows);
}

static void
row(double spo2)
{
	struct session session;
	struct sample sample;
	struct text text = {0};
	struct frame frame = {.person = user};

	msg_clear(&msg_session, &session);
	msg_clear(&msg_sample, &sample);
	memcpy(session.id, S1, 37);
	memcpy(session.user_id, USER, 37);
	sample.spo2 = spo2;
	sample.seq = 7;
	phoenix_row(&text, &sample, &session, 1795403600306789);
	frame.text = text.bytes;
	frame.len = (uint32_t)text.len;
	ring_put(rows, &frame);
	text_free(&text);
}

static int
say(const char *text, const char *why)
{
	struct phoenix_said said;
	struct err err;

	if (phoenix_hear(p, text, strlen(text), &said, &err) < 0)
		return -1;
	phoenix_act(p, &said, why);
	return 0;
}

static const char *
hear(const struct rights *as)
{
	static char bytes[32768];
	size_t n = phoenix_next(p, rows, &next, as, bytes, sizeof(bytes) - 1);

	bytes[n] = 0;
	return bytes;
}

#define JOIN(changes) JOIN_TO("a", changes)
#define JOIN_TO(name, changes) "[\"1\",\"1\",\"realtime:" name "\",\"phx_join\",{\"config\":{\"postgres_changes\":[" changes "]}}]"
#define READINGS(more) "{\"event\":\"INSERT\",\"schema\":\"public\",\"table\":\"readings\"" more "}"

TEST(a_join_is_answered_and_rows_follow)
{
	set_up(1);
	is_int(say(JOIN(READINGS("") "," READINGS(",\"filter\":\"spo2=lt.85\"")), NULL), 0);
	is_str(hear(&rights), "[\"1\",\"1\",\"realtime:a\",\"phx_reply\",{\"status\":\"ok\",\"response\":{\"postgres_changes\":["
			      READINGS(",\"id\":1") "," READINGS(",\"filter\":\"spo2=lt.85\",\"id\":2") "]}}]");
	has_str(hear(&rights), "[null,null,\"realtime:a\",\"system\",{\"message\":\"Subscribed to PostgreSQL\",\"status\":\"ok\"");
	is_str(hear(&rights), "");
	row(90);
	row(80);
	has_str(hear(&rights), "[null,null,\"realtime:a\",\"postgres_changes\",{\"ids\":[1],\"data\":{\"schema\":\"public\",\"table\":\"readings\",\"type\":\"INSERT\"");
	has_str(hear(&rights), "\"ids\":[1,2]");
	is_str(hear(&rights), "");
	row(70);
	is_str(hear(&nobody), "");
	tear_down();
}

TEST(the_older_serializer_is_an_object)
{
	set_up(0);
	is_int(say("{\"topic\":\"phoenix\",\"event\":\"heartbeat\",\"payload\":{},\"ref\":\"5\"}", "no token"), 0);
	is_str(hear(&rights), "{\"join_ref\":null,\"ref\":\"5\",\"topic\":\"phoenix\",\"event\":\"phx_reply\",\"payload\":"
			      "{\"status\":\"ok\",\"response\":{}}}");
	tear_down();
}

TEST(what_is_not_served_is_refused_with_a_reason)
{
	static const struct {
		const char *said, *why, *reason;
	} t[] = {
		{JOIN(READINGS("")), "the token has expired", "the token has expired"},
		{JOIN("{\"event\":\"INSERT\",\"schema\":\"public\",\"table\":\"sessions\"}"), NULL, "only INSERTs"},
		{JOIN("{\"event\":\"UPDATE\",\"schema\":\"public\",\"table\":\"readings\"}"), NULL, "only INSERTs"},
		{JOIN("{\"event\":\"INSERT\",\"schema\":\"auth\"}"), NULL, "only INSERTs"},
		{JOIN(READINGS(",\"filter\":\"spo2\"")), NULL, "column=op.value"},
		{JOIN(READINGS(",\"filter\":\"pain=eq.1\"")), NULL, "no such column: pain"},
		{JOIN(READINGS(",\"filter\":\"spo2=is.null\"")), NULL, "one of eq"},
		{"[\"1\",\"2\",\"realtime:a\",\"broadcast\",{}]", NULL, "only postgres_changes"},
	};
	size_t i;

	for (i = 0; i < sizeof(t) / sizeof(t[0]); i++) {
		set_up(1);
		is_int(say(t[i].said, t[i].why), 0);
		has_str(hear(&rights), "\"status\":\"error\"");
		tear_down();
		set_up(1);
		(void)say(t[i].said, t[i].why);
		has_str(hear(&rights), t[i].reason);
		row(90);
		is_str(hear(&rights), "");
		tear_down();
	}
}

TEST(what_is_no_message_ends_it)
{
	static const char *const t[] = {"", "hello", "{}", "[]", "[1,2,3]", "[\"1\",\"1\",5,\"phx_join\",{}]",
		"[\"1\",\"1\",\"\",\"phx_join\",{}]", "[\"123456789012345678901234\",\"1\",\"a\",\"b\",{}]",
		"{\"topic\":\"a\",\"event\":\"b\",\"payload\":{}}"};
	size_t i;

	set_up(1);
	for (i = 0; i < sizeof(t) / sizeof(t[0]); i++)
		is_int(say(t[i], NULL), -1);
	is_int(say("[null,\"1\",\"a\",\"b\",null]", NULL), 0);
	tear_down();
}

TEST(leaving_and_the_end_of_a_token_close_a_channel)
{
	set_up(1);
	(void)say(JOIN(READINGS("")), NULL);
	(void)hear(&rights), (void)hear(&rights);
	(void)say("[\"1\",\"2\",\"realtime:a\",\"phx_leave\",{}]", NULL);
	has_str(hear(&rights), "[\"1\",\"2\",\"realtime:a\",\"phx_reply\"");
	has_str(hear(&rights), "\"phx_close\"");
	row(90);
	is_str(hear(&rights), "");
	(void)say(JOIN(READINGS("")), NULL);
	(void)hear(&rights), (void)hear(&rights);
	phoenix_end(p, "token expired");
	has_str(hear(&rights), "\"message\":\"token expired\",\"status\":\"error\"");
	has_str(hear(&rights), "\"phx_close\"");
	tear_down();
}

static void
say_and_hear(const char *text)
{
	is_int(say(text, NULL), 0);
	(void)hear(&rights), (void)hear(&rights);
}

TEST(who_leaves_and_joins_gets_the_first_row)
{
	set_up(1);
	say_and_hear(JOIN(READINGS("")));
	row(90);
	has_str(hear(&rights), "\"spo2\":90");
	say_and_hear("[\"1\",\"2\",\"realtime:a\",\"phx_leave\",{}]");
	next = ring_next(rows);  /* as whoever has no channel */
	say_and_hear(JOIN(READINGS("")));
	row(91);
	has_str(hear(&rights), "\"spo2\":91");
	is_str(hear(&rights), "");
	tear_down();
}

TEST(a_row_comes_to_each_channel_once_whoever_leaves_or_joins_meanwhile)
{
	static const struct {
		const char *said, *then[3];
	} t[] = {
		{"[\"1\",\"2\",\"realtime:a\",\"phx_leave\",{}]", {"realtime:b", "realtime:c", ""}},
		{"[\"1\",\"2\",\"realtime:c\",\"phx_leave\",{}]", {"realtime:b", "", ""}},
		{JOIN_TO("a", READINGS("")), {"realtime:b", "realtime:c", ""}},
		{JOIN_TO("b", READINGS("")), {"realtime:b", "realtime:c", ""}},
		{JOIN_TO("a", "{\"schema\":\"auth\"}"), {"realtime:b", "realtime:c", ""}},
	};
	size_t i, j;

	for (i = 0; i < sizeof(t) / sizeof(t[0]); i++) {
		set_up(1);
		say_and_hear(JOIN_TO("a", READINGS("")));
		say_and_hear(JOIN_TO("b", READINGS("")));
		say_and_hear(JOIN_TO("c", READINGS("")));
		row(90);
		has_str(hear(&rights), "realtime:a");
		is_int(say(t[i].said, NULL), 0);
		while (phoenix_has(p, rows, ring_next(rows)))  /* the replies */
			(void)hear(&rights);
		for (j = 0; *t[i].then[j]; j++)
			has_str(hear(&rights), t[i].then[j]);
		is_str(hear(&rights), "");
		tear_down();
	}
}

TEST(who_is_too_slow_is_told_how_much_was_missed)
{
	int i;

	set_up(1);
	(void)say(JOIN(READINGS("")), NULL);
	(void)hear(&rights), (void)hear(&rights);
	for (i = 0; i < 20; i++)
		row(80 + i);
	phoenix_skip(p, rows, &next);
	has_str(hear(&rights), "20 changes were missed");
	is_str(hear(&rights), "");
	row(93);
	has_str(hear(&rights), "\"spo2\":93");
	tear_down();
}

TEST(each_operator_compares)
{
	static const struct {
		const char *filter;
		int passes;  /* a row with spo2 90 */
	} t[] = {
		{"spo2=eq.90", 1}, {"spo2=eq.90.0", 1}, {"spo2=eq.9", 0}, {"spo2=neq.90", 0}, {"spo2=neq.91", 1},
		{"spo2=lt.90", 0}, {"spo2=lt.100", 1}, {"spo2=lte.90", 1}, {"spo2=gt.9", 1}, {"spo2=gt.90", 0},
		{"spo2=gte.90", 1}, {"spo2=gte.91", 0}, {"spo2=in.(80,90)", 1}, {"spo2=in.(80,91)", 0}, {"spo2=in.()", 0},
		{"session_id=eq." S1, 1}, {"session_id=eq." USER, 0}, {"user_id=in.(" S1 "," USER ")", 1},
		{"heart_rate=eq.0", 0}, {"heart_rate=neq.0", 0}, {"is_valid=eq.true", 1}, {"", 1},
	};
	struct phoenix_filter filter;
	const struct frame *f;
	struct err err;
	size_t i;

	set_up(1);
	row(90);
	f = ring_at(rows, 1);
	for (i = 0; i < sizeof(t) / sizeof(t[0]); i++) {
		is_int(phoenix_filter_read(t[i].filter, &filter, &err), 0);
		ok(phoenix_filter_passes(&filter, f->text, f->len) == t[i].passes, "%s", t[i].filter);
	}
	tear_down();
}

int
main(void)
{
	RUN(a_join_is_answered_and_rows_follow);
	RUN(the_older_serializer_is_an_object);
	RUN(what_is_not_served_is_refused_with_a_reason);
	RUN(what_is_no_message_ends_it);
	RUN(leaving_and_the_end_of_a_token_close_a_channel);
	RUN(who_leaves_and_joins_gets_the_first_row);
	RUN(a_row_comes_to_each_channel_once_whoever_leaves_or_joins_meanwhile);
	RUN(who_is_too_slow_is_told_how_much_was_missed);
	RUN(each_operator_compares);
	return test_done();
}
