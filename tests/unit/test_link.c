#include "proto/link.h"

#include <czmq.h>
#include <errno.h>
#include <stdlib.h>

#include "tests/unit/test.h"
#include "tests/unit/two.h"

static struct process *store, *ingest;

static void
begin(void)
{
	two_run();
	store = new_process("local-store", "");
	ingest = new_process("ble-ingest", "");
}

static void
end(void)
{
	process_close(&store);
	process_close(&ingest);
}

static struct sample
a_sample(int64_t pos)
{
	struct sample s;

	msg_clear(&msg_sample, &s);
	strcpy(s.device_id, "mock-001");
	s.pos = s.seq = pos;
	return s;
}

static struct stored
a_stored(int64_t upto)
{
	return (struct stored){7, upto, 0};
}

/* 1 or 0 when all that is there has been read; bad ones are counted on the way. */
static int
read_one(struct link *link, struct link_frame *frame)
{
	struct err err;
	int r;

	while (readable(link_socket(link), 5000))
		if ((r = link_recv(link, frame, &err)) > 0)
			return 1;
		else if (r == 0)
			return 0;
	return 0;
}

static void
send_sample(struct link *link, int64_t pos)
{
	struct sample s = a_sample(pos);
	struct err err;

	await(link_send(link, &msg_sample, "mock-001", &s, &err) == 1, 5000);
}

TEST(what_is_pushed_is_pulled_whole)
{
	struct err err;
	struct link *in = link_open(store, "samples", LINK_IN, &err);
	struct link *out = link_open(ingest, "samples", LINK_OUT, &err);
	struct link_frame frame;
	int64_t i;

	ok(in && out, "%s", err.text);
	for (i = 1; i <= 3; i++)
		send_sample(out, i);
	for (i = 1; i <= 3; i++) {
		if (!ok(read_one(in, &frame)))
			break;
		ok(frame.message == &msg_sample);
		is_str(frame.topic, "sample/here/mock-001/");
		is_str(frame.gateway, "here");
		is_int(frame.head.version, msg_sample.version);
		is_int(frame.head.run, ingest->run);
		is_int(frame.head.n, i);
		is_int(((const struct sample *)frame.msg)->pos, i);
	}
	is_int(link_recv(in, &frame, &err), 0);
	is_int(link_counts(out)->n_sent, 3);
	is_int(link_counts(in)->n_received, 3);
	is_int(link_counts(in)->n_bad, 0);
	link_close(&out);
	link_close(&in);
	ok(!in && !out);
	link_close(&in);
}

TEST(without_a_reader_a_push_would_block_and_takes_no_number)
{
	struct err err;
	struct link *out = link_open(ingest, "samples", LINK_OUT, &err), *in;
	struct sample s = a_sample(1);
	struct link_frame frame;

	is_int(link_send(out, &msg_sample, "x", &s, &err), 0);
	is_int(link_send(out, &msg_sample, "x", &s, &err), 0);
	is_int(link_counts(out)->n_blocked, 2);
	is_int(link_counts(out)->n_sent, 0);
	in = link_open(store, "samples", LINK_IN, &err);
	send_sample(out, 9);
	ok(read_one(in, &frame));
	is_int(frame.head.n, 1);
	is_int(((const struct sample *)frame.msg)->pos, 9);
	s.pos = 0;
	is_int(link_send(out, &msg_sample, "x", &s, &err), -1);
	has_str(err.text, "sample.pos: must be from 1");
	link_close(&out);
	link_close(&in);
}

TEST(a_full_queue_would_block_and_loses_nothing)
{
	struct process *worker = new_process("sync-worker", "");
	struct err err;
	struct link *out = link_open(store, "bundles", LINK_OUT, &err);
	struct link *in = link_open(worker, "bundles", LINK_IN, &err);
	static struct bundle bundle;
	struct link_frame frame;
	int64_t n = 0, i;
	int r;

	msg_clear(&msg_bundle, &bundle);
	strcpy(bundle.id, "0c9d1f1e-7a58-4c57-9b6e-3b0f6e4f2a11");
	strcpy(bundle.session_id, bundle.id);
	strcpy(bundle.user_id, bundle.id);
	strcpy(bundle.gateway, "here");
	bundle.records.len = 200000;
	memset(bundle.records.bytes, 'x', bundle.records.len);
	await(link_send(out, &msg_bundle, "k", &bundle, &err) == 1, 5000);
	for (n = 1; n < 100; n++)
		if ((r = link_send(out, &msg_bundle, "k", &bundle, &err)) != 1)
			break;
	ok(n >= 4 && n < 40, "%lld in flight", (long long)n);
	is_int(r, 0);
	for (i = 1; i <= n; i++)
		if (!ok(read_one(in, &frame) && frame.head.n == i, "%lld", (long long)i))
			break;
	is_int(link_recv(in, &frame, &err), 0);
	link_close(&out);
	link_close(&in);
	process_close(&worker);
}

/* ---- bytes that are not ours */

static size_t
encode_stored(int64_t run, int64_t n, uint8_t *body, size_t size)
{
	struct stored s = a_stored(n);
	struct msg_head head = {1, run, n};
	struct err err;
	size_t len = 0;

	is_int(msg_encode(&msg_stored, &head, &s, body, size, &len, &err), 0);
	return len;
}

static void
send_parts(void *raw, const char *topic, size_t topic_len, const void *body, size_t len, int n_parts)
{
	zmq_send(raw, topic, topic_len, n_parts > 1 ? ZMQ_SNDMORE : 0);
	for (; n_parts > 1; n_parts--)
		zmq_send(raw, body, len, n_parts > 2 ? ZMQ_SNDMORE : 0);
}

TEST(what_is_not_ours_is_dropped_counted_and_harms_nothing)
{
	static char long_topic[300];
	struct err err;
	struct link *in = link_open(store, "samples", LINK_IN, &err);
	void *raw = raw_socket(ZMQ_PUSH, "samples");
	struct link_frame frame;
	uint8_t body[200];
	struct sample s = a_sample(1);
	struct msg_head head = {1, 5, 1};
	size_t len, i;
	const struct {
		const char *topic;
		size_t topic_len;
		int n_parts;
		size_t len;
		const char *complaint;
	} rows[] = {
		{"sample/here/x/", 14, 1, 0, "samples: not a topic and a body"},
		{"sample/here/x/", 14, 3, 0, "samples: more than a topic and a body"},
		{"sample/here/x/", 14, 9, 0, "samples: more than a topic and a body"},
		{"", 0, 2, 0, "samples: a message that does not travel here"},
		{"sample", 6, 2, 0, "samples: a message that does not travel here"},
		{"/", 1, 2, 0, "samples: a message that does not travel here"},
		{"nonsense/here/x/", 16, 2, 0, "samples: a message that does not travel here"},
		{"beat/here/x/", 12, 2, 0, "samples: a message that does not travel here"},
		{"reading/here/x/", 15, 2, 0, "samples: a message that does not travel here"},
		{"sample\0/here/x/", 15, 2, 0, "samples: a message that does not travel here"},
		{long_topic, 300, 2, 0, "samples: not a topic and a body"},
		{long_topic, 256, 2, 0, "samples: not a topic and a body"},
		{long_topic, 300, 1, 0, "samples: not a topic and a body"},
		{"gap/here/x/", 11, 2, 0, "samples: gap"},
		{"sample/here/x/", 14, 2, 1, "samples: sample: 1 bytes that are no array of scalars"},
		{"sample/here/x/", 14, 2, 7, "samples: sample: 7 bytes that are no array of scalars"},
	};

	memset(long_topic, 'x', sizeof(long_topic));
	memcpy(long_topic, "sample/", 7);
	is_int(msg_encode(&msg_sample, &head, &s, body, sizeof(body), &len, &err), 0);
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		send_parts(raw, rows[i].topic, rows[i].topic_len, body, rows[i].len ? rows[i].len : len,
			   rows[i].n_parts);
		ok(readable(link_socket(in), 5000), "row %zu", i);
		err.text[0] = 0;
		is_int(link_recv(in, &frame, &err), -1);
		has_str(err.text, rows[i].complaint);
		is_int(err.code, EBADMSG);
		is_int(link_counts(in)->n_bad, i + 1);
	}
	send_parts(raw, "sample/here/x/", 14, body, len, 2);
	ok(read_one(in, &frame), "after all this a good one still arrives");
	is_int(link_counts(in)->n_received, 1);
	zmq_close(raw);
	link_close(&in);
}

TEST(a_frame_far_too_large_is_cut_off_at_the_door)
{
	struct err err;
	struct link *in = link_open(store, "samples", LINK_IN, &err);
	void *raw = raw_socket(ZMQ_PUSH, "samples"), *watch = watch_socket(raw);
	struct link_frame frame;
	uint8_t body[200];
	struct sample s = a_sample(77);
	struct msg_head head = {1, 5, 1};
	char *large = calloc(1, 3000000);
	size_t len;

	is_int(msg_encode(&msg_sample, &head, &s, body, sizeof(body), &len, &err), 0);
	send_parts(raw, "sample/here/x/", 14, large, 60000, 2);
	ok(readable(link_socket(in), 5000));
	is_int(link_recv(in, &frame, &err), -1);
	has_str(err.text, "60000 bytes");
	send_parts(raw, "sample/here/x/", 14, large, 3000000, 2);
	ok(has_event(watch, ZMQ_EVENT_DISCONNECTED), "not cut off");
	send_parts(raw, "sample/here/x/", 14, body, len, 2);
	ok(read_one(in, &frame) && ((const struct sample *)frame.msg)->pos == 77);
	is_int(link_counts(in)->n_bad, 1);
	free(large);
	close_watched(raw, watch);
	link_close(&in);
}

/* ---- news: holes and who came */

static void
feed(void *raw, const char *topic, int64_t run, int64_t n)
{
	uint8_t body[100];
	size_t len = encode_stored(run, n, body, sizeof(body));

	send_parts(raw, topic, strlen(topic), body, len, 2);
}

static uint64_t
missed_of(const char *prefix, const int64_t (*sent)[2], size_t n)
{
	struct link_frame frame;
	struct link *in;
	struct err err;
	uint64_t missed;
	char joined[20];
	void *raw;
	size_t i;

	end();
	begin();
	raw = raw_socket(ZMQ_XPUB, "@news");
	in = link_open(ingest, "news", LINK_IN, &err);
	link_subscribe(in, prefix);
	ok(readable(raw, 5000) && zmq_recv(raw, joined, sizeof(joined), 0) > 0, "nobody subscribed");
	for (i = 0; i < n; i++)
		feed(raw, "stored/here/7/", sent[i][0], sent[i][1]);
	for (i = 0; i < n; i++)
		ok(read_one(in, &frame) && frame.head.n == sent[i][1], "%zu", i);
	missed = link_counts(in)->n_missed;
	link_close(&in);
	zmq_close(raw);
	return missed;
}

TEST(a_hole_in_a_sender_s_count_is_seen)
{
	static const int64_t dense[][2] = {{5, 3}, {5, 4}, {5, 5}};
	static const int64_t holes[][2] = {{5, 3}, {5, 4}, {5, 7}, {5, 8}, {5, 10}};
	static const int64_t two[][2] = {{5, 1}, {6, 100}, {5, 2}, {6, 101}, {5, 4}, {6, 102}};
	static const int64_t again[][2] = {{5, 3}, {5, 3}, {5, 2}, {5, 3}, {5, 4}};
	static const int64_t far[][2] = {{5, 1}, {5, MSG_COUNT}};

	is_int(missed_of("", dense, 3), 0);
	is_int(missed_of("", holes, 5), 3);
	is_int(missed_of("stored/", holes, 5), 3);
	is_int(missed_of("", two, 6), 1);
	is_int(missed_of("", again, 5), 0);
	is_int(missed_of("", far, 2), MSG_COUNT - 2);
}

TEST(who_asks_for_less_than_all_of_a_message_sees_no_holes)
{
	static const int64_t holes[][2] = {{5, 3}, {5, 7}};

	is_int(missed_of("stored/here/", holes, 2), 0);
	is_int(missed_of("stored/here/7/", holes, 2), 0);
}

TEST(a_publisher_hears_who_has_come)
{
	struct err err;
	struct link *out = link_open(store, "news", LINK_OUT, &err);
	struct link *in = link_open(ingest, "news", LINK_IN, &err), *other;
	struct stored s = a_stored(3);
	struct link_frame frame;
	char prefix[50];

	is_int(link_joined(out, prefix, sizeof(prefix)), 0);
	link_subscribe(in, "stored/here/");
	ok(readable(link_socket(out), 5000));
	is_int(link_joined(out, prefix, sizeof(prefix)), 1);
	is_str(prefix, "stored/here/");
	is_int(link_joined(out, prefix, sizeof(prefix)), 0);
	other = link_open(ingest, "news", LINK_IN, &err);
	link_subscribe(other, "stored/here/");
	ok(readable(link_socket(out), 5000), "the second with the same wish is heard too");
	is_int(link_joined(out, prefix, 7), 1);
	is_str(prefix, "stored");
	link_subscribe(other, "");
	ok(readable(link_socket(out), 5000));
	is_int(link_joined(out, prefix, sizeof(prefix)), 1);
	is_str(prefix, "");
	is_int(link_send(out, &msg_stored, "7", &s, &err), 1);
	is_int(link_send_to(out, &msg_stored, "there", "7", &s, &err), 1);
	ok(read_one(other, &frame) && read_one(other, &frame));
	is_str(frame.topic, "stored/there/7/");
	is_str(frame.gateway, "there");
	is_int(frame.head.n, 2);
	ok(read_one(in, &frame));
	is_str(frame.topic, "stored/here/7/");
	is_int(link_recv(in, &frame, &err), 0);
	link_close(&in);
	link_close(&other);
	link_close(&out);
}

TEST(raw_bytes_are_what_was_sent)
{
	struct err err;
	struct link *out = link_open(store, "news", LINK_OUT, &err);
	struct link *in = link_open(ingest, "news", LINK_IN, &err);
	struct msg_head head = {1, store->run, 1};
	struct stored s = a_stored(3);
	const uint8_t *body;
	const char *topic;
	uint8_t want[100];
	size_t len, want_len;
	char prefix[9];

	is_int(link_recv_raw(in, &topic, &body, &len, &err), 0);
	link_subscribe(in, "");
	await(link_joined(out, prefix, sizeof(prefix)), 5000);
	is_int(link_send(out, &msg_stored, "7", &s, &err), 1);
	is_int(msg_encode(&msg_stored, &head, &s, want, sizeof(want), &want_len, &err), 0);
	ok(readable(link_socket(in), 5000));
	is_int(link_recv_raw(in, &topic, &body, &len, &err), 1);
	is_str(topic, "stored/here/7/");
	ok(len == want_len && !memcmp(body, want, len));
	link_close(&in);
	link_close(&out);
}

#define RUN_APART(name) (begin(), RUN(name), end())

int
main(void)
{
	if (!two_begin())
		return 1;
	RUN_APART(what_is_pushed_is_pulled_whole);
	RUN_APART(without_a_reader_a_push_would_block_and_takes_no_number);
	RUN_APART(a_full_queue_would_block_and_loses_nothing);
	RUN_APART(what_is_not_ours_is_dropped_counted_and_harms_nothing);
	RUN_APART(a_frame_far_too_large_is_cut_off_at_the_door);
	RUN_APART(a_hole_in_a_sender_s_count_is_seen);
	RUN_APART(who_asks_for_less_than_all_of_a_message_sees_no_holes);
	RUN_APART(a_publisher_hears_who_has_come);
	RUN_APART(raw_bytes_are_what_was_sent);
	two_end();
	return test_done();
}
