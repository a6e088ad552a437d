#include "tests/unit/test.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "services/ble-ingest/inflow.h"

#define BYTES 8192  /* 85 slots */

static char folder[] = "/tmp/ihht-inflow.XXXXXX";
static char path[64];
static int64_t knew[2];

static unsigned
two(const void *self)
{
	(void)self;
	return 2;
}

static const char *
name(const void *self, unsigned device)
{
	static const char *const names[] = {"a", "b", "late"};

	(void)self;
	return names[device];
}

static void
is_known(void *self, unsigned device, int64_t last_us)
{
	(void)self;
	knew[device] = last_us;
}

static int
never(const void *self)
{
	(void)self;
	return 0;
}

static const struct source source = {
	.n_devices = two, .device_id = name, .knew = is_known, .can_wait = never};

static struct spool *
open_spool(void)
{
	struct spool_found found;
	struct err err = {0, ""};
	struct spool *s = spool_open(path, BYTES, &found, &err);

	ok(s, "%s", err.text);
	return s;
}

static struct spool *
fresh(struct inflow **in)
{
	struct spool *s;

	(void)unlink(path);
	s = open_spool();
	*in = inflow_new(&source, NULL, s);
	return s;
}

static int
put(struct inflow *in, unsigned device, int64_t taken_us)
{
	struct taken t = {.kind = TAKEN_SAMPLE, .device = device};

	msg_clear(&msg_sample, &t.sample);
	t.sample.taken_us = taken_us;
	return inflow_put(in, &t, NULL);
}

static void
end(struct inflow **in, struct spool **s)
{
	inflow_free(in);
	spool_close(s);
}

TEST(values_get_their_device_and_number)
{
	struct inflow *in;
	struct spool *s = fresh(&in);
	union spool_out out;

	is_int(put(in, 1, 10), 0);
	is_int(put(in, 0, 11), 0);
	is_int(put(in, 1, 12), 0);
	(void)spool_get(s, 3, &out);
	is_str(out.sample.device_id, "b");
	is_int(out.sample.seq, 2);
	is_int((int64_t)inflow_counts(in)->n_samples, 3);
	end(&in, &s);
}

TEST(it_knows_how_devices_do_and_when_a_value_came)
{
	struct taken t = {.kind = TAKEN_DEVICE, .device = 1};
	struct source_now now = {.mono_us = 5, .utc_us = 5};
	struct inflow *in;
	struct spool *s = fresh(&in);

	is_int(inflow_value_age_us(in), -1);
	is_int(inflow_in_state(in, DEVICE_STREAMING), 0);
	msg_clear(&msg_device, &t.state);
	t.state.state = DEVICE_STREAMING;
	is_int(inflow_put(in, &t, NULL), 0);
	t.device = 0;
	t.state.state = DEVICE_LOST;
	is_int(inflow_put(in, &t, NULL), 0);
	is_int(inflow_in_state(in, DEVICE_STREAMING), 1);
	is_int(inflow_in_state(in, DEVICE_LOST), 1);
	inflow_look(in, &now);
	is_int(put(in, 1, 10), 0);
	now.mono_us = 12;
	inflow_look(in, &now);
	is_int(inflow_value_age_us(in), 7);
	end(&in, &s);
}

TEST(a_device_may_appear_later)
{
	struct inflow *in;
	struct spool *s = fresh(&in);
	union spool_out out;

	is_int(put(in, 2, 10), 0);
	(void)spool_get(s, 1, &out);
	is_str(out.sample.device_id, "late");
	is_int(inflow_devices(in), 3);
	end(&in, &s);
}

TEST(the_source_hears_when_each_device_was_last_heard)
{
	struct inflow *in;
	struct spool *s = fresh(&in);

	is_int(knew[1], 0);
	put(in, 1, 77);
	end(&in, &s);
	s = open_spool();
	in = inflow_new(&source, NULL, s);
	is_int(knew[0], 0);
	is_int(knew[1], 77);
	end(&in, &s);
}

TEST(what_comes_while_the_spool_is_full_is_one_gap_for_each_device)
{
	struct inflow *in;
	struct spool *s = fresh(&in);
	const struct message *m;
	union spool_out out;
	int64_t t;

	for (t = 1; t <= 200; t++)
		is_int(put(in, (unsigned)(t % 2), t), 0);
	is_int(spool_head(s), 84);  /* one slot is kept for the gap */
	is_int((int64_t)inflow_counts(in)->n_lost, 116);
	spool_ack(s, 5);
	put(in, 1, 201);
	is_int(spool_head(s), 84);  /* not before a good part is free */
	spool_ack(s, 40);
	put(in, 1, 203);
	put(in, 0, 204);
	put(in, 1, 205);
	is_int(spool_head(s), 89);
	m = spool_get(s, 85, &out);
	ok(m == &msg_gap);
	is_str(out.gap.device_id, "b");
	is_int(out.gap.reason, GAP_SPOOL_FULL);
	is_int(out.gap.from_us, 83);
	is_int(out.gap.to_us, 203);
	is_int(out.gap.lost, 59);
	is_int(out.gap.seq, 43);
	m = spool_get(s, 86, &out);
	ok(m == &msg_sample);
	is_int(out.sample.taken_us, 203);
	is_int(out.sample.seq, 44);
	m = spool_get(s, 87, &out);
	ok(m == &msg_gap);
	is_str(out.gap.device_id, "a");
	is_int(out.gap.lost, 58);
	m = spool_get(s, 89, &out);
	ok(m == &msg_sample);
	is_int((int64_t)inflow_counts(in)->n_gaps, 2);
	end(&in, &s);
}

TEST(a_gap_that_finds_the_spool_full_is_part_of_the_loss)
{
	struct inflow *in;
	struct spool *s = fresh(&in);
	struct taken t = {.kind = TAKEN_GAP, .device = 0};
	union spool_out out;
	int64_t i;

	for (i = 1; i <= 84; i++)
		put(in, 0, i);
	msg_clear(&msg_gap, &t.gap);
	t.gap.from_us = 84;
	t.gap.to_us = 100;
	t.gap.lost = 15;
	is_int(inflow_put(in, &t, NULL), 0);
	put(in, 0, 100);
	spool_ack(s, 84);
	put(in, 0, 101);
	(void)spool_get(s, 85, &out);
	is_int(out.gap.lost, 16);
	is_int(out.gap.from_us, 84);
	end(&in, &s);
}

TEST(a_value_beyond_its_limits_is_refused_and_counted)
{
	struct inflow *in;
	struct spool *s = fresh(&in);
	struct taken t = {.kind = TAKEN_SAMPLE};
	struct err err;

	msg_clear(&msg_sample, &t.sample);
	t.sample.heart_rate = 501;
	is_int(inflow_put(in, &t, &err), -1);
	has_str(err.text, "sample.heart_rate");
	is_int((int64_t)inflow_counts(in)->n_refused, 1);
	is_int(spool_head(s), 0);
	end(&in, &s);
}

TEST(how_a_device_is_doing_is_remembered)
{
	struct inflow *in;
	struct spool *s = fresh(&in);
	struct taken t = {.kind = TAKEN_DEVICE, .device = 1};

	ok(!inflow_device(in, 1));
	msg_clear(&msg_device, &t.state);
	t.state.state = DEVICE_LOST;
	is_int(inflow_put(in, &t, NULL), 0);
	ok(inflow_device(in, 1) && inflow_device(in, 1)->state == DEVICE_LOST);
	is_str(inflow_device(in, 1)->device_id, "b");
	is_int(spool_head(s), 0);
	end(&in, &s);
}

int
main(void)
{
	char lock[80];

	if (!mkdtemp(folder))
		return 1;
	(void)snprintf(path, sizeof(path), "%s/spool", folder);
	RUN(values_get_their_device_and_number);
	RUN(it_knows_how_devices_do_and_when_a_value_came);
	RUN(a_device_may_appear_later);
	RUN(the_source_hears_when_each_device_was_last_heard);
	RUN(what_comes_while_the_spool_is_full_is_one_gap_for_each_device);
	RUN(a_gap_that_finds_the_spool_full_is_part_of_the_loss);
	RUN(a_value_beyond_its_limits_is_refused_and_counted);
	RUN(how_a_device_is_doing_is_remembered);
	(void)snprintf(lock, sizeof(lock), "%s.lock", path);
	(void)unlink(lock);
	(void)unlink(path);
	(void)rmdir(folder);
	return test_done();
}
