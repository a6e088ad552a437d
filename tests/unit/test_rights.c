/*
 * Who sees what of a board on which two people train and a third oximeter is worn by nobody known.
 */
#include <stdlib.h>

#include "services/realtime-fanout/clients.h"
#include "services/realtime-fanout/frames.h"
#include "tests/unit/test.h"

#define SECOND 1000000LL
#define ANN    "11111111-1111-4111-8111-111111111111"
#define BOB    "22222222-2222-4222-8222-222222222222"
#define CARL   "33333333-3333-4333-8333-333333333333"
#define S_ANN  "aaaaaaaa-aaaa-5aaa-8aaa-aaaaaaaaaaaa"
#define S_BOB  "bbbbbbbb-bbbb-5bbb-8bbb-bbbbbbbbbbbb"

static struct board board;
static struct clients clients;
static char people[][37] = {BOB, CARL};
static const struct caller ann = {.user_id = ANN, .expires_s = 100},
			   carl = {.user_id = CARL, .expires_s = 100},
			   coach = {.role = ACCESS_COACH, .user_id = CARL, .people = people,
				    .n_people = 2, .expires_s = 100},
			   admin = {.role = ACCESS_ADMIN, .user_id = CARL, .expires_s = 100};

static void
sample(const char *device, int64_t seq, double spo2, int64_t taken_us)
{
	struct sample s;

	msg_clear(&msg_sample, &s);
	(void)snprintf(s.device_id, sizeof(s.device_id), "%s", device);
	s.pos = s.seq = seq;
	s.taken_us = taken_us;
	s.spo2 = spo2;
	board_take(&board, &msg_sample, &s, SECOND);
}

static void
session(const char *id, const char *user, const char *device, int64_t status)
{
	struct session s;

	msg_clear(&msg_session, &s);
	memcpy(s.id, id, 37);
	memcpy(s.user_id, user, 37);
	(void)snprintf(s.device_id, sizeof(s.device_id), "%s", device);
	s.status = status;
	s.start_us = 10 * SECOND;
	board_take(&board, &msg_session, &s, SECOND);
}

static void
set_up(void)
{
	ok(board_init(&board, 77, 1000, 1000000, 10) == 0);
	clients = (struct clients){.board = &board, .max = 8, .lag_us = 3 * SECOND,
				   .stalled_us = 30 * SECOND};
	board.wanted = 1;
	sample("d-ann", 1, 71, 5 * SECOND);  /* before her session: perhaps not hers */
	session(S_ANN, ANN, "d-ann", SESSION_ACTIVE);
	session(S_BOB, BOB, "d-bob", SESSION_ACTIVE);
	sample("d-ann", 2, 81, 11 * SECOND);
	sample("d-bob", 1, 82, 11 * SECOND);
	sample("d-no", 1, 83, 11 * SECOND);
}

static void
tear_down(void)
{
	clients_release(&clients);
	board_release(&board);
}

static struct watcher *
watch(const struct caller *caller, const char *pair)
{
	struct rights rights;
	struct query q;
	struct err err;

	query_init(&q);
	if (pair)
		ok(query_add(&q, pair, &err) == 0, "%s", err.text);
	ok(rights_init(&rights, caller) == 0);
	return clients_add(&clients, CLIENT_WS, NULL, &q, &rights, SECOND);
}

static const char *
read_all(struct watcher *w)
{
	static char got[100000];
	struct piece piece;
	size_t len = 0;

	while (clients_has(&clients, w)) {
		clients_next(&clients, w, SECOND, got + len, &piece);
		len += piece.len;
	}
	got[len] = 0;
	return got;
}

/* What each may find in a text; '+' must be there, '-' must not. */
static void
look(const char *who, const char *text, const char *const *wanted)
{
	for (; *wanted; wanted++)
		ok(!strstr(text, *wanted + 1) == (**wanted == '-'), "%s: %s", who, *wanted);
}

TEST(a_snapshot_holds_what_one_may_see)
{
	static const struct {
		const struct caller *caller;
		const char *pair;
		const char *wanted[9];
	} t[] = {
		{&admin, NULL, {"+" S_ANN, "+" S_BOB, "+\"spo2\":81", "+\"spo2\":82", "+\"spo2\":83", "+71", NULL}},
		{&ann, NULL, {"+" S_ANN, "-" S_BOB, "+\"spo2\":81", "-\"spo2\":82", "-\"spo2\":83", "-71",
			      "+\"device_id\":\"d-bob\"", NULL}},
		{&coach, NULL, {"-" S_ANN, "+" S_BOB, "-\"spo2\":81", "+\"spo2\":82", "-\"spo2\":83", NULL}},
		{&carl, NULL, {"-" S_ANN, "-" S_BOB, "-spo2", "+\"device_id\":\"d-no\"", NULL}},
		{&ann, "session=" S_BOB, {"-" S_ANN, "-" S_BOB, "-spo2", NULL}},
		{&ann, "person=" BOB, {"-" S_ANN, "-" S_BOB, "-spo2", NULL}},
		{&admin, "person=" BOB, {"-" S_ANN, "+" S_BOB, "+\"spo2\":82", "-\"spo2\":81", NULL}},
	};
	size_t i;

	for (i = 0; i < sizeof(t) / sizeof(t[0]); i++) {
		set_up();
		look(t[i].caller->user_id, read_all(watch(t[i].caller, t[i].pair)), t[i].wanted);
		tear_down();
	}
}

static void
happen(void)
{
	struct survey survey;

	sample("d-ann", 3, 91, 12 * SECOND);
	sample("d-ann", 5, 92, 13 * SECOND);   /* and a hole before it */
	sample("d-bob", 2, 93, 12 * SECOND);
	sample("d-no", 2, 94, 12 * SECOND);
	sample("d-ann", 2, 95, 6 * SECOND);    /* recalled, of before her session */
	session(S_BOB, BOB, "d-bob", SESSION_COMPLETED);
	msg_clear(&msg_survey, &survey);
	memcpy(survey.session_id, S_BOB, 37);
	survey.kind = SURVEY_POST;
	survey.clarity = 5;
	board_take(&board, &msg_survey, &survey, SECOND);
}

TEST(of_what_happens_one_gets_what_one_may_see)
{
	static const struct {
		const struct caller *caller;
		const char *wanted[10];
	} t[] = {
		{&admin, {"+:91", "+:92", "+:93", "+:94", "+:95", "+hole", "+completed", "+clarity", NULL}},
		{&ann, {"+:91", "+:92", "-:93", "-:94", "-:95", "+hole", "-completed", "-clarity", "-" BOB, NULL}},
		{&coach, {"-:91", "-:92", "+:93", "-:94", "-:95", "-hole", "+completed", "+clarity", "-" ANN, NULL}},
		{&carl, {"-spo2", "-hole", "-completed", "-clarity", NULL}},
	};
	struct watcher *w[4];
	size_t i;

	set_up();
	for (i = 0; i < 4; i++) {
		w[i] = watch(t[i].caller, NULL);
		(void)read_all(w[i]);
	}
	happen();
	for (i = 0; i < 4; i++)
		look(t[i].caller->user_id, read_all(w[i]), t[i].wanted);
	tear_down();
}

TEST(a_fresh_token_that_opens_more_begins_anew)
{
	struct rights rights;
	struct watcher *w;

	set_up();
	w = watch(&carl, NULL);
	(void)read_all(w);
	ok(rights_init(&rights, &carl) == 0);
	clients_renew(w, &rights);
	is_str(read_all(w), "");
	ok(rights_init(&rights, &coach) == 0);
	clients_renew(w, &rights);
	has_str(read_all(w), S_BOB);
	tear_down();
}

TEST(an_expired_token_is_told_and_ends_it)
{
	struct watcher *w;

	set_up();
	w = watch(&ann, NULL);
	(void)read_all(w);
	clients_expire(&clients, w, "token expired");
	has_str(read_all(w), "\"type\":\"bye\",\"why\":\"token expired\"");
	is_str(w->leave, "token expired");
	is_int(clients.n_dropped, 0);
	tear_down();
}

TEST(people_are_told_apart_by_every_digit)
{
	char other[37];
	size_t i;

	for (i = 0; i < 36; i++) {
		memcpy(other, ANN, 37);
		if (other[i] == '-')
			continue;
		other[i] = other[i] == '7' ? '6' : '7';
		ok(!person_same(person_of(ANN), person_of(other)), "digit %zu", i);
	}
	ok(person_same(person_of(ANN), person_of(ANN)));
	ok(person_same(person_of(""), person_of("00000000-0000-0000-0000-000000000000")));
	ok(person_same(person_of(""), person_of("1111")));
}

int
main(void)
{
	RUN(a_snapshot_holds_what_one_may_see);
	RUN(of_what_happens_one_gets_what_one_may_see);
	RUN(a_fresh_token_that_opens_more_begins_anew);
	RUN(an_expired_token_is_told_and_ends_it);
	RUN(people_are_told_apart_by_every_digit);
	return test_done();
}
