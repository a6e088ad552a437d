#include "services/realtime-fanout/board.h"

#include <stdlib.h>

#include "services/realtime-fanout/frames.h"
#include "test.h"

#define SECOND 1000000LL
#define USER "00000000-0000-4000-8000-00000000000b"

static struct board board;
static int64_t now;

static void
set_up(size_t devices)
{
	now = SECOND;
	ok(board_init(&board, 77, 1000, 1000000, devices) == 0);
	board.wanted = 1;
}

static const char *
last(void)
{
	const struct frame *f = ring_at(board.ring, ring_next(board.ring) - 1);
	static char text[20000];

	(void)snprintf(text, sizeof(text), "%.*s", f ? (int)f->json_len : 0, f ? f->text + f->json_at : "");
	return text;
}

static int
new_frames(void)
{
	static uint64_t before;
	int n = (int)(ring_next(board.ring) - before);

	before = ring_next(board.ring);
	return n;
}

static void
sample(const char *device, int64_t epoch, int64_t seq)
{
	struct sample s;

	msg_clear(&msg_sample, &s);
	(void)snprintf(s.device_id, sizeof(s.device_id), "%s", device);
	s.epoch = epoch;
	s.seq = s.pos = seq;
	s.taken_us = 5 * SECOND;
	s.spo2 = 88;
	board_take(&board, &msg_sample, &s, now);
}

static void
session_in(const char *id, const char *device, int64_t status, int64_t phase)
{
	struct session s;

	msg_clear(&msg_session, &s);
	(void)snprintf(s.id, sizeof(s.id), "00000000-0000-4000-8000-00000000%s", id);
	strcpy(s.user_id, USER);
	(void)snprintf(s.device_id, sizeof(s.device_id), "%s", device);
	s.status = status;
	s.current_phase = phase;
	s.current_cycle = 3;
	board_take(&board, &msg_session, &s, now);
}

static void
session(const char *id, const char *device, int64_t status)
{
	session_in(id, device, status, PHASE_ALTITUDE);
}

static void
beat(const char *process, int64_t started_us, int64_t state, const char *why)
{
	struct beat b;

	msg_clear(&msg_beat, &b);
	(void)snprintf(b.process, sizeof(b.process), "%s", process);
	(void)snprintf(b.why, sizeof(b.why), "%s", why);
	b.instance = 1;
	b.started_us = started_us;
	b.state = state;
	board_take(&board, &msg_beat, &b, now);
}

TEST(a_sample_says_whose_session_and_phase_it_is)
{
	set_up(10);
	sample("d1", 1, 1);
	has_str(last(), "\"session_id\":null,");
	ok(!strstr(last(), "user_id"));
	session("0001", "d1", SESSION_ACTIVE);
	sample("d1", 1, 2);
	has_str(last(), "\"session_id\":\"00000000-0000-4000-8000-000000000001\",\"user_id\":\"" USER "\","
			"\"phase\":\"ALTITUDE\",\"cycle\":3,");
	has_str(last(), "\"spo2\":88,\"heart_rate\":null,\"invalid\":null");
	session_in("0001", "d1", SESSION_ACTIVE, 0);
	sample("d1", 1, 3);
	has_str(last(), "\"phase\":null,");
	ok(!strstr(last(), "\"cycle\""));  /* as in the stores */
	session("0001", "d1", SESSION_COMPLETED);
	sample("d1", 1, 4);
	has_str(last(), "\"session_id\":null,");
	board_release(&board);
}

TEST(a_value_that_never_came_is_told_before_the_next_one)
{
	set_up(10);
	sample("d1", 1, 5);
	(void)new_frames();
	sample("d1", 1, 6);
	is_int(new_frames(), 1);
	sample("d1", 1, 9);
	is_int(new_frames(), 2);
	is_int(board.n_device_holes, 1);
	(void)ring_at(board.ring, 3);
	has_str(ring_at(board.ring, 3)->text, "\"type\":\"hole\",\"of\":\"device\",\"device_id\":\"d1\","
					      "\"from\":7,\"to\":8}");
	sample("d1", 2, 40);  /* another life of the count */
	sample("d1", 2, 1);  /* a recording played again */
	sample("d2", 1, 9);
	is_int(board.n_device_holes, 1);
	board_release(&board);
}

/* As a ring's recording comes after a gap: named by the seconds of its clock, four apart. */
TEST(what_a_device_had_in_its_memory_is_neither_latest_nor_a_hole)
{
	struct sample s;
	int i;

	set_up(10);
	sample("d1", 77, 1);
	msg_clear(&msg_sample, &s);
	strcpy(s.device_id, "d1");
	s.epoch = 1;
	for (i = 0; i < 3; i++) {
		s.seq = s.pos = 1000 + 4 * i;
		s.taken_us = s.device_us = (1 + i) * SECOND;
		s.spo2 = 70;
		board_take(&board, &msg_sample, &s, now);
		has_str(last(), "\"device_seq\":");
		has_str(last(), "\"spo2\":70");
		ok(ring_at(board.ring, ring_next(board.ring) - 1)->type == FRAME_RECALLED);
	}
	is_int(board.n_device_holes, 0);
	sample("d1", 77, 2);
	is_int(board.n_device_holes, 0);
	sample("d1", 77, 5);
	is_int(board.n_device_holes, 1);
	/* a live value may have the device's time, too */
	s.taken_us = 6 * SECOND;
	s.epoch = 77;
	s.seq = 6;
	board_take(&board, &msg_sample, &s, now);
	ok(ring_at(board.ring, ring_next(board.ring) - 1)->type == FRAME_SAMPLE);
	board_release(&board);
}

TEST(a_gap_takes_a_place_in_the_count)
{
	struct gap g;

	set_up(10);
	sample("d1", 1, 1);
	msg_clear(&msg_gap, &g);
	strcpy(g.device_id, "d1");
	g.epoch = 1;
	g.seq = 2;
	board_take(&board, &msg_gap, &g, now);
	has_str(last(), "\"type\":\"gap\",\"device_id\":\"d1\",\"epoch\":1,\"device_seq\":2,");
	sample("d1", 1, 3);
	is_int(board.n_device_holes, 0);
	board_release(&board);
}

TEST(missed_messages_of_the_live_link_are_told_once)
{
	set_up(10);
	board_missed(&board, "live", 4, now);
	has_str(last(), "\"type\":\"hole\",\"of\":\"live\",\"lost\":4}");
	(void)new_frames();
	board_missed(&board, "live", 4, now);
	is_int(new_frames(), 0);
	board_missed(&board, "live", 6, now);
	has_str(last(), "\"lost\":2}");
	ok(!board.ask_again);
	board_release(&board);
}

TEST(after_missed_news_what_is_not_repeated_is_over)
{
	set_up(10);
	session("0001", "d1", SESSION_ACTIVE);
	session("0002", "d2", SESSION_ACTIVE);
	board_missed(&board, "news", 1, now);
	is_int(board.ask_again, 1);
	session("0002", "d2", SESSION_ACTIVE);
	now += 3 * SECOND - 1;
	board_tick(&board, now);
	ok(state_session_of(board.state, "d1") != NULL);
	now++;
	board_tick(&board, now);
	ok(!state_session_of(board.state, "d1"));
	ok(state_session_of(board.state, "d2") != NULL);
	has_str(last(), "\"type\":\"session\",\"id\":\"00000000-0000-4000-8000-000000000001\"");
	has_str(last(), "\"status\":null");
	board_release(&board);
}

TEST(another_run_of_local_store_puts_its_sessions_in_doubt)
{
	set_up(10);
	beat("local-store", 5, PROCESS_READY, "");
	board.ask_again = 0;
	session("0001", "d1", SESSION_ACTIVE);
	beat("local-store", 5, PROCESS_READY, "");
	beat("ble-ingest", 9, PROCESS_READY, "");
	is_int(board.ask_again, 0);
	beat("local-store", 6, PROCESS_READY, "");
	is_int(board.ask_again, 1);
	board_release(&board);
}

TEST(a_process_is_told_when_it_changes_and_when_it_falls_silent)
{
	set_up(10);
	beat("local-store", 5, PROCESS_READY, "");
	has_str(last(), "\"type\":\"process\",\"process\":\"local-store\",\"instance\":1,\"state\":\"ready\",\"why\":null}");
	(void)new_frames();
	beat("local-store", 5, PROCESS_READY, "");
	is_int(new_frames(), 0);
	beat("local-store", 5, PROCESS_WAITING, "no disk");
	has_str(last(), "\"state\":\"waiting\",\"why\":\"no disk\"}");
	now += 3 * SECOND;
	(void)new_frames();
	board_tick(&board, now);
	is_int(new_frames(), 0);
	now += SECOND;
	board_tick(&board, now);
	has_str(last(), "\"state\":\"silent\",\"why\":null}");
	ok(!state_is_up(board.state, "local-store"));
	beat("local-store", 5, PROCESS_WAITING, "no disk");
	ok(state_is_up(board.state, "local-store"));
	has_str(last(), "\"waiting\"");
	board_release(&board);
}

TEST(while_nobody_watches_frames_are_counted_and_not_written)
{
	set_up(10);
	board.wanted = 0;
	sample("d1", 1, 1);
	sample("d1", 1, 2);
	is_int(ring_next(board.ring), 3);
	is_int(ring_first(board.ring), 3);
	is_int(board.scratch.len, 0);
	board_release(&board);
}

TEST(the_device_silent_for_longest_makes_room_and_one_in_a_session_stays)
{
	int i;
	char id[20];

	set_up(3);
	session("0001", "d0", SESSION_ACTIVE);
	for (i = 0; i < 10; i++) {
		now += SECOND;
		(void)snprintf(id, sizeof(id), "d%d", i);
		sample(id, 1, 1);
	}
	ok(state_session_of(board.state, "d0") != NULL);
	sample("d9", 1, 3);
	is_int(board.n_device_holes, 1);   /* d9 is remembered */
	sample("d2", 1, 3);
	is_int(board.n_device_holes, 1);   /* d2 is not */
	session("0001", "d0", SESSION_COMPLETED);
	board_release(&board);
}

TEST(sessions_beyond_the_limit_are_refused_and_counted)
{
	set_up(2);
	session("0001", "d1", SESSION_ACTIVE);
	session("0002", "d2", SESSION_ACTIVE);
	session("0003", "d3", SESSION_ACTIVE);
	is_int(board.n_refused, 1);
	session("0001", "d1", SESSION_COMPLETED);
	session("0003", "d3", SESSION_ACTIVE);
	is_int(board.n_refused, 1);
	board_release(&board);
}

TEST(a_session_that_changes_its_device_leaves_the_old_one)
{
	set_up(10);
	session("0001", "d1", SESSION_ACTIVE);
	session("0001", "d2", SESSION_ACTIVE);
	ok(!state_session_of(board.state, "d1"));
	ok(state_session_of(board.state, "d2") != NULL);
	session("0001", "d2", SESSION_ABANDONED);
	ok(!state_session_of(board.state, "d2"));
	sample("d1", 1, 1);
	board_release(&board);
}

TEST(a_snapshot_tells_all_that_is_so)
{
	struct rights all = {.all = 1};
	struct state_pick none = {.rights = &all};
	struct state_pick one = {.devices = (const char *const[]){"d2"}, .n_devices = 1, .rights = &all};
	struct text text = {0};
	struct synced synced;
	struct place seen;
	uint64_t seq;

	set_up(10);
	session("0001", "d1", SESSION_ACTIVE);
	sample("d1", 1, 1);
	sample("d2", 1, 1);
	beat("http-api", 1, PROCESS_READY, "");
	msg_clear(&msg_synced, &synced);
	strcpy(synced.session_id, "00000000-0000-4000-8000-000000000001");
	synced.readings = 30;
	synced.pending = 12;
	board_take(&board, &msg_synced, &synced, now);
	board_snapshot(&board, &none, 9, now + 2 * SECOND, &text, &seq, &seen);
	text_add(&text, "", 1);
	is_int(seq, 5);
	has_str(text.bytes, "\"now_us\":9,\"seen\":\"5000000.1.~ac086d27f621990f\",\"pending\":12,\"sessions\":[{\"id\":\"00000000-0000-4000-8000-000000000001\"");
	has_str(text.bytes, "\"synced\":30,\"synced_age_ms\":2000}");
	has_str(text.bytes, "\"age_ms\":2000}");
	has_str(text.bytes, "\"points\":[[5],[88],[null]]");
	has_str(text.bytes, "\"processes\":[{\"process\":\"http-api\",\"instance\":1,\"state\":\"ready\",\"why\":null}]");
	text_clear(&text);
	board_snapshot(&board, &one, 9, now, &text, &seq, &seen);
	text_add(&text, "", 1);
	has_str(text.bytes, "\"sessions\":[],\"devices\":[{\"device_id\":\"d2\"");
	ok(!strstr(text.bytes, "\"d1\""));
	text_free(&text);
	board_release(&board);
}

static void
point(const char *data_source, int64_t seq, int64_t at_s, double spo2)
{
	struct sample s;

	msg_clear(&msg_sample, &s);
	strcpy(s.device_id, "d1");
	s.epoch = 1;
	s.seq = s.pos = seq;
	s.taken_us = at_s * SECOND;
	s.spo2 = spo2;
	s.data_source = !strcmp(data_source, "manual") ? DATA_SOURCE_MANUAL : DATA_SOURCE_BLUETOOTH;
	board_take(&board, &msg_sample, &s, now);
}

TEST(a_chart_outlives_a_clock_that_is_set_back)
{
	struct rights all = {.all = 1};
	struct state_pick pick = {.rights = &all};
	struct text text = {0};
	struct place seen;
	uint64_t seq;

	set_up(10);
	point("bluetooth", 1, 1000, 90);
	point("bluetooth", 2, 1003, 91);
	point("bluetooth", 3, 940, 92);
	board_snapshot(&board, &pick, 9, now, &text, &seq, &seen);
	text_add(&text, "", 1);
	has_str(text.bytes, "\"points\":[[936,939,940],[90,91,92],[null,null,null]]");
	text_clear(&text);
	point("manual", 4, 500, 93);
	board_snapshot(&board, &pick, 9, now, &text, &seq, &seen);
	text_add(&text, "", 1);
	has_str(text.bytes, "\"points\":[[500],[93],[null]]");  /* a recording begins again */
	text_free(&text);
	board_release(&board);
}

int
main(void)
{
	RUN(a_sample_says_whose_session_and_phase_it_is);
	RUN(a_value_that_never_came_is_told_before_the_next_one);
	RUN(what_a_device_had_in_its_memory_is_neither_latest_nor_a_hole);
	RUN(a_gap_takes_a_place_in_the_count);
	RUN(missed_messages_of_the_live_link_are_told_once);
	RUN(after_missed_news_what_is_not_repeated_is_over);
	RUN(another_run_of_local_store_puts_its_sessions_in_doubt);
	RUN(a_process_is_told_when_it_changes_and_when_it_falls_silent);
	RUN(while_nobody_watches_frames_are_counted_and_not_written);
	RUN(the_device_silent_for_longest_makes_room_and_one_in_a_session_stays);
	RUN(sessions_beyond_the_limit_are_refused_and_counted);
	RUN(a_session_that_changes_its_device_leaves_the_old_one);
	RUN(a_snapshot_tells_all_that_is_so);
	RUN(a_chart_outlives_a_clock_that_is_set_back);
	return test_done();
}
