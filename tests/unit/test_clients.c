#include "services/realtime-fanout/clients.h"

#include <jansson.h>
#include <stdlib.h>

#include "services/realtime-fanout/frames.h"
#include "test.h"

#define RUN_ID 1795403600306000
#define SECOND 1000000LL

static struct board board;
static struct clients clients;
static int64_t now;
static char got[4 * CLIENTS_PIECE + 1];

static void
set_up(size_t frames, size_t bytes)
{
	now = SECOND;
	ok(board_init(&board, RUN_ID, frames, bytes, 100) == 0);
	clients = (struct clients){.board = &board, .max = 4, .lag_us = 3 * SECOND,
				   .stalled_us = 30 * SECOND};
}

static void
tear_down(void)
{
	clients_release(&clients);
	board_release(&board);
}

static void
take(const char *device, int64_t seq)
{
	struct sample s;

	msg_clear(&msg_sample, &s);
	(void)snprintf(s.device_id, sizeof(s.device_id), "%s", device);
	s.seq = seq;
	s.pos = seq;
	s.taken_us = RUN_ID;
	s.spo2 = 97.5;
	board_take(&board, &msg_sample, &s, now);
}

static struct watcher *
watch(enum client_kind kind, const char *pair)
{
	struct rights rights = {.all = 1, .until_us = INT64_MAX};
	struct query q;
	struct err err;

	query_init(&q);
	if (pair)
		ok(query_add(&q, pair, &err) == 0);
	return clients_add(&clients, kind, NULL, &q, &rights, now);
}

/* All that it gets until there is no more. */
static const char *
read_all(struct watcher *w)
{
	struct piece piece;
	size_t len = 0;
	int first = 1;

	while (clients_has(&clients, w) && !w->leave) {
		if (w->kind == CLIENT_WS && !first && len && got[len - 1] != '\n')
			got[len++] = '\n';
		do {
			clients_next(&clients, w, now, got + len, &piece);
			len += piece.len;
		} while (!piece.ends);
		first = 0;
	}
	got[len] = 0;
	return got;
}

static int
count(const char *text, const char *what)
{
	int n = 0;

	for (; (text = strstr(text, what)); text++)
		n++;
	return n;
}

TEST(a_new_watcher_gets_a_snapshot_and_then_what_follows)
{
	struct watcher *w;

	set_up(100, 100000);
	take("d1", 1);
	w = watch(CLIENT_WS, NULL);
	is_int(count(read_all(w), "\"type\":\"snapshot\""), 1);
	has_str(got, "{\"seq\":1,\"type\":\"snapshot\",\"run\":\"1795403600306000\"");
	has_str(got, "\"spo2\":97.5");
	take("d1", 2);
	take("d1", 3);
	has_str(read_all(w), "{\"seq\":2,\"type\":\"sample\"");
	is_int(count(got, "\n"), 1);
	is_str(read_all(w), "");
	tear_down();
}

TEST(every_line_of_a_websocket_is_json)
{
	char *line, *rest;
	struct watcher *w;
	json_t *json;
	int i;

	set_up(100, 100000);
	w = watch(CLIENT_WS, NULL);
	for (i = 1; i < 20; i++)
		take(i % 2 ? "d\"1\\\n" : "d2", i);
	(void)read_all(w);
	for (line = strtok_r(got, "\n", &rest), i = 0; line; line = strtok_r(NULL, "\n", &rest), i++) {
		json = json_loads(line, JSON_REJECT_DUPLICATES, NULL);
		ok(json != NULL, "%s", line);
		json_decref(json);
	}
	/* 19 samples, a snapshot, and 17 holes: each device takes every other number */
	is_int(i, 37);
	tear_down();
}

TEST(an_sse_event_has_an_id_and_ends_with_an_empty_line)
{
	struct watcher *w;

	set_up(100, 100000);
	w = watch(CLIENT_SSE, "types=sample");
	(void)read_all(w);
	take("d1", 1);
	(void)read_all(w);
	ok(!strncmp(got, "id: 1795403600306000.1\ndata: {\"seq\":1,", 38), "%s", got);
	is_str(got + strlen(got) - 3, "}\n\n");
	tear_down();
}

TEST(who_resumes_gets_exactly_what_was_missed)
{
	struct watcher *w;
	int i;

	set_up(100, 100000);
	board.wanted = 1;
	for (i = 1; i <= 10; i++)
		take("d1", i);
	w = watch(CLIENT_WS, "resume=1795403600306000.7");
	is_int(count(read_all(w), "\"type\":\"sample\""), 3);
	is_int(count(got, "snapshot"), 0);
	has_str(got, "{\"seq\":7,\"type\":\"resumed\"");
	has_str(got, "{\"seq\":8,");
	is_int(clients.n_holes, 0);
	w = watch(CLIENT_WS, "resume=1795403600306000.10");
	is_int(count(read_all(w), "\"seq\""), 1);
	has_str(got, "resumed");
	tear_down();
}

/* resume, what the hole says */
static const char *const resumes[][2] = {
	{"resume=1795403600306000.2", "\"from\":3,\"to\":20,\"why\":\"gone\""},
	{"resume=1795403600305999.19", "\"from\":null,\"to\":null,\"why\":\"restart\",\"from_us\":null,\"to_us\":"},
	{"resume=1795403600306000.21", "\"from\":null,\"to\":null,\"why\":\"restart\""},
};

TEST(who_cannot_resume_is_told_and_gets_a_snapshot)
{
	struct watcher *w;
	const char *hole;
	size_t i;

	set_up(10, 100000);
	board.wanted = 1;
	for (i = 1; i <= 20; i++)
		take("d1", (int64_t)i);
	for (i = 0; i < 3; i++) {
		w = watch(CLIENT_SSE, resumes[i][0]);
		hole = strstr(read_all(w), resumes[i][1]);
		ok(hole && strstr(hole, "snapshot"), "%s: %s", resumes[i][0], got);
		is_int(count(got, "\"type\":\"sample\""), 0);
		clients_remove(&clients, w, now);
	}
	is_int(clients.n_holes, 3);
	tear_down();
}

TEST(who_falls_behind_skips_to_now_and_is_told)
{
	struct watcher *w;
	const char *hole;

	set_up(100, 100000);
	w = watch(CLIENT_WS, NULL);
	(void)read_all(w);
	take("d1", 1);
	take("d1", 2);
	now += 3 * SECOND + 1;
	take("d1", 3);
	hole = strstr(read_all(w), "{\"seq\":3,\"type\":\"hole\",\"of\":\"frames\",\"from\":1,\"to\":3,\"why\":\"slow\",");
	ok(hole && strstr(hole, "{\"seq\":3,\"type\":\"snapshot\""), "%s", got);
	take("d1", 4);
	has_str(read_all(w), "{\"seq\":4,\"type\":\"sample\"");
	ok(!w->leave);
	tear_down();
}

TEST(who_falls_behind_twice_within_a_minute_must_go)
{
	struct watcher *w;
	int i;

	set_up(100, 100000);
	w = watch(CLIENT_WS, NULL);
	(void)read_all(w);
	for (i = 1; i <= 2; i++) {
		take("d1", i);
		now += 4 * SECOND;
		(void)read_all(w);
	}
	is_str(w->leave, "too slow");
	has_str(got, "\"type\":\"bye\",\"why\":\"too slow\"");
	is_int(clients.n_dropped, 1);
	tear_down();
}

TEST(who_falls_behind_again_after_a_minute_may_stay)
{
	struct watcher *w;
	int i;

	set_up(100, 100000);
	w = watch(CLIENT_WS, NULL);
	(void)read_all(w);
	for (i = 1; i <= 2; i++) {
		take("d1", i);
		now += 61 * SECOND;
		(void)read_all(w);
	}
	ok(!w->leave);
	is_int(clients.n_holes, 2);
	tear_down();
}

TEST(who_is_overtaken_by_the_ring_is_told_too)
{
	struct watcher *w;
	int i;

	set_up(8, 100000);
	w = watch(CLIENT_WS, NULL);
	(void)read_all(w);
	for (i = 1; i <= 20; i++)
		take("d1", i);
	has_str(read_all(w), "\"from\":1,\"to\":20,\"why\":\"slow\"");
	tear_down();
}

TEST(what_a_filter_leaves_out_makes_nobody_slow)
{
	struct watcher *w;
	int i;

	set_up(8, 100000);
	w = watch(CLIENT_WS, "device=d1");
	(void)read_all(w);
	for (i = 1; i <= 20; i++) {
		take("d2", i);
		ok(!clients_has(&clients, w));  /* as on each tick */
	}
	now += 10 * SECOND;
	take("d1", 1);
	is_int(count(read_all(w), "\"type\":\"sample\""), 1);
	is_int(clients.n_holes, 0);
	tear_down();
}

TEST(one_that_takes_nothing_is_given_up_after_the_time_set)
{
	struct watcher *w;

	set_up(8, 100000);
	w = watch(CLIENT_WS, NULL);
	w->waiting = 1;
	w->waiting_mono_us = now;
	clients_judge(&clients, w, now + 30 * SECOND - 1);
	ok(!w->leave);
	clients_judge(&clients, w, now + 30 * SECOND);
	is_str(w->leave, "stalled");
	is_int(clients.n_dropped, 1);
	tear_down();
}

TEST(there_is_room_for_so_many_and_no_more)
{
	int i;

	set_up(8, 100000);
	for (i = 0; i < 4; i++)
		ok(watch(CLIENT_WS, NULL) != NULL);
	ok(watch(CLIENT_WS, NULL) == NULL);
	clients_remove(&clients, clients.all[1], now);
	ok(watch(CLIENT_SSE, NULL) != NULL);
	tear_down();
}

TEST(a_large_snapshot_comes_in_pieces_and_whole)
{
	struct watcher *w;
	json_t *json;
	char id[65];
	int i;

	set_up(1000, 1000000);
	for (i = 0; i < 100; i++) {
		(void)snprintf(id, sizeof(id), "%060d", i);
		take(id, 1);
	}
	w = watch(CLIENT_WS, NULL);
	json = json_loads(read_all(w), 0, NULL);
	ok(strlen(got) > CLIENTS_PIECE && json);
	is_int(json_array_size(json_object_get(json, "devices")), 100);
	is_int(w->snapshot_at, 0);
	json_decref(json);
	tear_down();
}

/* As on each wake: whoever is awake and has nothing to read falls asleep if it may. */
static void
pass(void)
{
	size_t i;

	clients_stir(&clients);
	for (i = clients.n_awake; i-- > 0;)
		if (!clients_has(&clients, clients.all[i]))
			clients_rest(&clients, clients.all[i]);
}

TEST(who_asked_by_name_sleeps_until_it_is_concerned)
{
	struct watcher *w;
	int i;

	set_up(8, 100000);
	w = watch(CLIENT_WS, "device=d1");
	(void)read_all(w);
	pass();
	is_int(clients.n_awake, 0);
	for (i = 1; i <= 20; i++) {
		take("d2", i);
		pass();
		is_int(clients.n_awake, 0);
	}
	now += 10 * SECOND;
	take("d1", 1);
	take("d2", 21);
	pass();
	is_int(clients.n_awake, 1);
	is_int(count(read_all(w), "\"type\":\"sample\""), 1);
	has_str(got, "{\"seq\":21,");
	is_int(clients.n_holes, 0);
	tear_down();
}

TEST(who_watches_all_never_sleeps)
{
	struct watcher *w;

	set_up(8, 100000);
	w = watch(CLIENT_WS, NULL);
	(void)read_all(w);
	pass();
	is_int(clients.n_awake, 1);
	tear_down();
}

TEST(a_sleeper_whom_the_ring_overtook_is_told)
{
	struct watcher *w;
	int i;

	set_up(8, 100000);
	w = watch(CLIENT_WS, "device=d1");
	(void)read_all(w);
	pass();
	for (i = 1; i <= 20; i++)  /* all within one wake */
		take(i == 3 ? "d1" : "d2", i);
	pass();
	is_int(clients.n_awake, 1);
	has_str(read_all(w), "\"from\":1,\"to\":21,\"why\":\"slow\"");
	tear_down();
}

TEST(what_concerns_nobody_in_particular_wakes_all)
{
	struct beat beat;
	struct watcher *w;

	set_up(8, 100000);
	w = watch(CLIENT_WS, "session=00000000-0000-5000-8000-000000000001");
	(void)read_all(w);
	take("d1", 1);
	pass();
	is_int(clients.n_awake, 0);
	msg_clear(&msg_beat, &beat);
	strcpy(beat.process, "local-store");
	beat.instance = 1;
	board_take(&board, &msg_beat, &beat, now);
	pass();
	is_int(clients.n_awake, 1);
	has_str(read_all(w), "{\"seq\":2,\"type\":\"process\"");
	tear_down();
}

TEST(who_leaves_asleep_takes_its_name_along)
{
	struct watcher *w[3];
	int i;

	set_up(8, 100000);
	for (i = 0; i < 3; i++) {
		w[i] = watch(CLIENT_WS, i == 1 ? "device=d2" : "device=d1");
		(void)read_all(w[i]);
	}
	pass();
	clients_remove(&clients, w[0], now);
	take("d1", 1);
	pass();
	is_int(clients.n, 2);
	is_int(clients.n_awake, 1);
	ok(clients.all[0] == w[2]);
	tear_down();
}

#define PERSON "11111111-1111-4111-8111-111111111111"

TEST(who_watches_a_person_hears_of_the_oximeter_they_wear)
{
	struct session session;
	struct device device;
	struct watcher *w;

	set_up(8, 100000);
	w = watch(CLIENT_WS, "person=" PERSON);
	(void)read_all(w);
	msg_clear(&msg_session, &session);
	strcpy(session.id, "00000000-0000-5000-8000-000000000001");
	strcpy(session.user_id, PERSON);
	strcpy(session.device_id, "d1");
	session.status = SESSION_ACTIVE;
	board_take(&board, &msg_session, &session, now);
	(void)read_all(w);
	pass();
	is_int(clients.n_awake, 0);
	msg_clear(&msg_device, &device);
	strcpy(device.device_id, "d2");
	device.state = DEVICE_LOST;
	board_take(&board, &msg_device, &device, now);
	pass();
	is_int(clients.n_awake, 0);
	strcpy(device.device_id, "d1");
	board_take(&board, &msg_device, &device, now);
	pass();
	has_str(read_all(w), "\"type\":\"device\",\"device_id\":\"d1\"");
	tear_down();
}

TEST(a_sleeper_is_told_the_time_behind_the_last_frame)
{
	struct watcher *w;

	set_up(100, 100000);
	w = watch(CLIENT_WS, "device=d1");
	(void)read_all(w);
	pass();
	take("d2", 1);
	take("d2", 2);
	pass();
	clients_tell_time(&clients, w);
	has_str(read_all(w), "{\"seq\":2,\"type\":\"time\",\"now_us\":");
	tear_down();
}

TEST(who_asks_to_resume_later_gets_it_again)
{
	struct since since = {.run = RUN_ID, .seq = 2};
	struct watcher *w;
	int i;

	set_up(3, 100000);
	w = watch(CLIENT_WS, NULL);
	for (i = 1; i <= 4; i++)
		take("d1", i);
	(void)read_all(w);
	clients_resume(w, &since);
	is_int(count(read_all(w), "\"type\":\"sample\""), 2);
	has_str(got, "{\"seq\":2,\"type\":\"resumed\"");
	since.seq = 0;
	clients_resume(w, &since);
	has_str(read_all(w), "\"from\":1,\"to\":4,\"why\":\"gone\"");
	since.run--;
	clients_resume(w, &since);
	has_str(read_all(w), "\"from\":null,\"to\":null,\"why\":\"restart\"");
	tear_down();
}

TEST(who_may_see_others_now_and_resumes_gets_both)
{
	struct rights rights = {.until_us = INT64_MAX};
	struct since since = {.run = RUN_ID, .seq = 1};
	struct watcher *w;

	set_up(100, 100000);
	w = watch(CLIENT_WS, NULL);
	(void)read_all(w);
	take("d1", 1);
	take("d1", 2);
	clients_renew(w, &rights);
	clients_resume(w, &since);
	has_str(read_all(w), "\"type\":\"resumed\"");
	has_str(strstr(got, "resumed"), "\"type\":\"snapshot\"");
	is_int(clients.n_holes, 0);
	tear_down();
}

TEST(what_is_said_during_playback_has_no_number)
{
	struct watcher *w;

	set_up(100, 100000);
	clients.past = (struct replay_house){&board, in_store_new("/nowhere"), 100, 3 * SECOND};
	w = watch(CLIENT_WS, "resume=1.5.1795403600306000.1.d1");
	ok(w->replay != NULL);
	clients_tell_time(&clients, w);
	has_str(read_all(w), "{\"seq\":0,\"type\":\"time\"");
	in_store_free(&clients.past.store);
	tear_down();
}

TEST(who_resumes_before_its_snapshot_has_gone_gets_none)
{
	struct since since = {.run = RUN_ID, .seq = 1};
	struct watcher *w;

	set_up(100, 100000);
	board.wanted = 1;
	take("d1", 1);
	take("d1", 2);
	w = watch(CLIENT_WS, NULL);
	clients_resume(w, &since);
	is_int(count(read_all(w), "snapshot"), 0);
	is_int(count(got, "\"type\":\"sample\""), 1);
	tear_down();
}

TEST(nothing_comes_between_the_pieces_of_a_message)
{
	struct piece piece;
	struct watcher *w;
	char id[65];
	int i;

	set_up(1000, 1000000);
	for (i = 0; i < 100; i++) {
		(void)snprintf(id, sizeof(id), "%060d", i);
		take(id, 1);
	}
	w = watch(CLIENT_WS, NULL);
	clients_next(&clients, w, now, got, &piece);
	ok(piece.begins && !piece.ends);
	clients_expire(&clients, w, "token expired");
	do {
		clients_next(&clients, w, now, got, &piece);
		ok(!piece.begins && !clients_is_over(&clients, w));
	} while (!piece.ends);
	clients_next(&clients, w, now, got, &piece);
	got[piece.len] = 0;
	has_str(got, "\"type\":\"bye\",\"why\":\"token expired\"");
	ok(clients_is_over(&clients, w));
	tear_down();
}

TEST(one_that_answers_no_ping_is_given_up)
{
	struct watcher *w;

	set_up(8, 100000);
	w = watch(CLIENT_WS, NULL);
	clients_judge(&clients, w, now + 100 * SECOND);
	ok(!w->leave);  /* nobody has asked it */
	w->pinged_mono_us = now;
	clients_judge(&clients, w, now + 45 * SECOND - 1);
	ok(!w->leave);
	clients_judge(&clients, w, now + 45 * SECOND);
	is_str(w->leave, "silent");
	is_int(clients.n_dropped, 1);
	tear_down();
}

int
main(void)
{
	RUN(a_new_watcher_gets_a_snapshot_and_then_what_follows);
	RUN(every_line_of_a_websocket_is_json);
	RUN(an_sse_event_has_an_id_and_ends_with_an_empty_line);
	RUN(who_resumes_gets_exactly_what_was_missed);
	RUN(who_cannot_resume_is_told_and_gets_a_snapshot);
	RUN(who_falls_behind_skips_to_now_and_is_told);
	RUN(who_falls_behind_twice_within_a_minute_must_go);
	RUN(who_falls_behind_again_after_a_minute_may_stay);
	RUN(who_is_overtaken_by_the_ring_is_told_too);
	RUN(what_a_filter_leaves_out_makes_nobody_slow);
	RUN(one_that_takes_nothing_is_given_up_after_the_time_set);
	RUN(there_is_room_for_so_many_and_no_more);
	RUN(a_large_snapshot_comes_in_pieces_and_whole);
	RUN(who_asked_by_name_sleeps_until_it_is_concerned);
	RUN(who_watches_all_never_sleeps);
	RUN(a_sleeper_whom_the_ring_overtook_is_told);
	RUN(what_concerns_nobody_in_particular_wakes_all);
	RUN(who_leaves_asleep_takes_its_name_along);
	RUN(who_watches_a_person_hears_of_the_oximeter_they_wear);
	RUN(a_sleeper_is_told_the_time_behind_the_last_frame);
	RUN(who_asks_to_resume_later_gets_it_again);
	RUN(who_may_see_others_now_and_resumes_gets_both);
	RUN(what_is_said_during_playback_has_no_number);
	RUN(who_resumes_before_its_snapshot_has_gone_gets_none);
	RUN(nothing_comes_between_the_pieces_of_a_message);
	RUN(one_that_answers_no_ping_is_given_up);
	return test_done();
}
