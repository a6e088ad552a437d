#include "services/realtime-fanout/ring.h"

#include <stdio.h>
#include <stdlib.h>

#include "test.h"

static void
put(struct ring *ring, size_t len)
{
	char text[5000];
	struct frame frame = {.text = text, .len = (uint32_t)len};

	memset(text, (int)('a' + ring_next(ring) % 26), sizeof(text));
	ring_put(ring, &frame);
}

/* Every frame that is there is whole, and none is there that should not. */
static void
check_all(const struct ring *ring)
{
	const struct frame *f;
	uint64_t seq;
	uint32_t i;

	ok(!ring_at(ring, ring_first(ring) - 1));
	ok(!ring_at(ring, ring_next(ring)));
	for (seq = ring_first(ring); seq < ring_next(ring); seq++) {
		if (!ok((f = ring_at(ring, seq)) != NULL, "%llu", (unsigned long long)seq))
			return;
		for (i = 0; i < f->len && f->text[i] == (char)('a' + seq % 26); i++)
			;
		if (!ok(i == f->len, "frame %llu is damaged at %u", (unsigned long long)seq, i))
			return;
	}
}

TEST(a_new_ring_is_empty_and_counts_from_1)
{
	struct ring *ring = ring_new(4, 100);

	is_int(ring_first(ring), 1);
	is_int(ring_next(ring), 1);
	ok(!ring_at(ring, 1));
	ok(!ring_at(ring, 0));
	ring_free(&ring);
	ok(!ring);
}

TEST(the_oldest_goes_when_there_are_too_many)
{
	struct ring *ring = ring_new(4, 1000);
	int i;

	for (i = 0; i < 5; i++)
		put(ring, 10);
	is_int(ring_first(ring), 2);
	is_int(ring_next(ring), 6);
	check_all(ring);
	ring_free(&ring);
}

TEST(the_oldest_goes_when_bytes_run_out)
{
	struct ring *ring = ring_new(100, 100);

	put(ring, 40);
	put(ring, 40);
	put(ring, 40);  /* does not fit behind them: begins at the front again */
	is_int(ring_first(ring), 2);
	check_all(ring);
	put(ring, 50);
	is_int(ring_first(ring), 3);
	check_all(ring);
	ring_free(&ring);
}

TEST(a_frame_too_large_takes_its_number_and_leaves_a_hole)
{
	struct ring *ring = ring_new(100, 100);

	put(ring, 10);
	put(ring, 51);
	is_int(ring_first(ring), 3);
	is_int(ring_next(ring), 3);
	put(ring, 50);
	is_int(ring_next(ring), 4);
	check_all(ring);
	ring_free(&ring);
}

TEST(a_skip_uses_a_number_and_forgets)
{
	struct ring *ring = ring_new(100, 100);

	put(ring, 10);
	ring_skip(ring);
	is_int(ring_first(ring), 3);
	is_int(ring_next(ring), 3);
	put(ring, 10);
	ok(ring_at(ring, 3) != NULL);
	ring_free(&ring);
}

TEST(no_frame_is_ever_damaged_by_another)
{
	struct ring *ring = ring_new(37, 4096);
	int i;

	srand(7);
	for (i = 0; i < 20000; i++) {
		put(ring, 1 + (size_t)rand() % (i % 3 ? 100 : 2048));
		if (i % 1000 == 999)
			ring_skip(ring);
		check_all(ring);
	}
	is_int(ring_next(ring), 20021);
	ring_free(&ring);
}

TEST(a_hash_is_of_the_name_and_0_only_for_none)
{
	is_int(ring_hash(""), 0);
	ok(ring_hash("a") != ring_hash("b"));
	ok(ring_hash("a") == ring_hash("a"));
}

int
main(void)
{
	RUN(a_new_ring_is_empty_and_counts_from_1);
	RUN(the_oldest_goes_when_there_are_too_many);
	RUN(the_oldest_goes_when_bytes_run_out);
	RUN(a_frame_too_large_takes_its_number_and_leaves_a_hole);
	RUN(a_skip_uses_a_number_and_forgets);
	RUN(no_frame_is_ever_damaged_by_another);
	RUN(a_hash_is_of_the_name_and_0_only_for_none);
	return test_done();
}
