#include "services/local-store/outbox/heaps.h"

#include "tests/unit/test.h"

#define FULL   10
#define SPREAD 30000

static void
add(struct heaps *h, struct entry *entry, int from, int to, int64_t now_us)
{
	struct reading row;
	int i;

	msg_clear(&msg_reading, &row);
	for (i = from; i <= to; i++) {
		row.seq = i;
		ok(heaps_add(h, entry, i, &row, now_us) == 0);
	}
}

TEST(a_full_heap_waits_and_the_next_one_grows)
{
	struct entry a = {.no = 1}, b = {.no = 2};
	struct heaps h;
	struct heap *heap;

	heaps_init(&h, LIVE, FULL, SPREAD);
	add(&h, &a, 1, 12, 5);
	add(&h, &b, 13, 14, 4);
	is_int((int64_t)h.n_rows, 14);
	is_int((int64_t)h.full.n, 1);
	is_int((int64_t)h.growing.n, 2);
	is_int(a.n_heaps, 2);
	ok(h.growing.first == b.heap[LIVE], "the one that was opened first");
	is_int(heaps_first_id(&h, 100), 1);
	heap = h.full.first;
	heaps_take(&h, heap);
	is_int((int64_t)heap->n, FULL);
	is_int(heap->first_id, 1);
	is_int(heap->last_id, 10);
	is_int(heap->rows[9].seq, 10);
	heap_free(&heap);
	is_int(heaps_first_id(&h, 100), 11);
	is_int(a.n_heaps, 1);
	is_int((int64_t)h.n_rows, 4);
	heap = a.heap[LIVE];
	heaps_take(&h, heap);
	ok(!a.heap[LIVE] && !a.n_heaps && h.growing.first == b.heap[LIVE]);
	heap_free(&heap);
	is_int(heaps_first_id(&h, 100), 13);
	is_int(heaps_first_id(&h, 7), 7);
	heaps_release(&h);
}

TEST(full_heaps_are_taken_in_the_order_they_became_full)
{
	static const int64_t first[] = {1, 11, 31, 21};
	struct entry a = {.no = 1}, b = {.no = 2};
	struct heaps h;
	struct heap *heap;
	int i;

	heaps_init(&h, LIVE, FULL, SPREAD);
	add(&h, &a, 1, 20, 0);
	add(&h, &a, 21, 24, 0);
	add(&h, &b, 31, 40, 0);
	heaps_finish(&h, &a);
	for (i = 0; (heap = h.full.first); i++) {
		is_int(heap->first_id, first[i]);
		heaps_take(&h, heap);
		heap_free(&heap);
	}
	is_int(i, 4);
	is_int((int64_t)h.n_rows, 0);
	heaps_release(&h);
}

TEST(of_one_session_all_go_and_of_the_others_none)
{
	struct entry a = {.no = 1}, b = {.no = 2}, c = {.no = 3};
	struct heaps h;

	heaps_init(&h, LIVE, FULL, SPREAD);
	add(&h, &a, 1, 11, 0);
	add(&h, &b, 12, 33, 0);
	add(&h, &c, 34, 34, 0);
	heaps_drop(&h, &b);
	ok(!b.heap[LIVE] && !b.n_heaps);
	is_int((int64_t)h.n_rows, 12);
	is_int((int64_t)h.full.n, 1);
	is_int((int64_t)h.growing.n, 2);
	add(&h, &c, 35, 43, 1);
	ok(h.full.first->entry == &a && h.full.first->next->entry == &c && !h.full.first->next->next);
	add(&h, &b, 44, 44, 1);
	ok(h.growing.first == a.heap[LIVE] && a.heap[LIVE]->next == b.heap[LIVE] && !b.heap[LIVE]->next);
	heaps_drop(&h, &c);
	heaps_drop(&h, &c);
	heaps_release(&h);
}

/* Ages as they come by a clock that may stand still, and by head starts. */
TEST(the_oldest_is_always_first)
{
	enum { N = 200 };
	static struct entry entries[N];
	struct heap *heap, *gone;
	struct heaps h;
	int64_t n = 0;
	int i;

	memset(entries, 0, sizeof(entries));
	heaps_init(&h, LIVE, FULL, SPREAD);
	for (i = 0; i < N; i++) {
		entries[i].no = i + 1;
		add(&h, &entries[i], i + 1, i + 1, i / 3);
		if (i % 5 == 4) {
			gone = i % 2 ? h.growing.first : entries[i].heap[LIVE];
			heaps_take(&h, gone);
			heap_free(&gone);
		}
	}
	for (heap = h.growing.first; heap; heap = heap->next, n++)
		ok(!heap->next || heap->opened_us <= heap->next->opened_us, "heap %d", (int)n);
	is_int(n, N - N / 5);
	is_int(n, (int64_t)h.growing.n);
	heaps_release(&h);
}

TEST(a_head_start_is_given_once_and_among_many_only)
{
	enum { N = 100 };
	static struct entry entries[N];
	struct heap *heap;
	struct heaps h;
	int i, k, early[4] = {0};

	memset(entries, 0, sizeof(entries));
	heaps_init(&h, LIVE, FULL, SPREAD);
	for (i = 0; i < N; i++) {
		entries[i].no = i + 1;
		add(&h, &entries[i], i, i, SPREAD);
	}
	for (i = 0; i < N; i++) {
		if (i < 16)
			is_int(entries[i].heap[LIVE]->opened_us, SPREAD);
		else
			early[entries[i].heap[LIVE]->opened_us * 4 / (SPREAD + 1)]++;
	}
	for (k = 0; k < 4; k++)
		ok(early[k] > 10, "%d in quarter %d", early[k], k);
	for (i = 0; i < N; i++) {
		heap = entries[i].heap[LIVE];
		heaps_take(&h, heap);
		heap_free(&heap);
		add(&h, &entries[i], N + i, N + i, 2 * SPREAD);
		if (i >= 16)
			is_int(entries[i].heap[LIVE]->opened_us, 2 * SPREAD);
	}
	heaps_release(&h);
}

TEST(what_was_live_becomes_late)
{
	struct entry a = {.no = 1}, b = {.no = 2}, c = {.no = 3};
	struct heaps live, late;

	heaps_init(&live, LIVE, FULL, SPREAD);
	heaps_init(&late, LATE, FULL, SPREAD);
	add(&late, &a, 1, 3, 1);
	add(&live, &a, 20, 32, 2);
	add(&live, &b, 33, 34, 2);
	is_int(heaps_first_id_of(&live, &a, 100), 20);
	is_int(heaps_first_id_of(&live, &b, 100), 33);
	is_int(heaps_first_id_of(&live, &b, 30), 30);
	is_int(heaps_first_id_of(&live, &c, 100), 100);
	heaps_move(&live, &late);
	ok(!live.n_rows && !live.growing.n && !live.full.n && !live.growing.first && !live.full.first);
	ok(!a.heap[LIVE] && !b.heap[LIVE] && a.heap[LATE]);
	is_int((int64_t)late.n_rows, 3 + 13 + 2);
	is_int((int64_t)late.full.n, 3);
	is_int((int64_t)late.growing.n, 1);
	is_int(a.n_heaps, 3);
	is_int(heaps_first_id(&late, 100), 1);
	is_int(heaps_first_id_of(&late, &a, 100), 1);
	is_int(heaps_first_id_of(&late, &b, 100), 33);
	add(&live, &a, 40, 40, 3);
	add(&late, &a, 4, 4, 3);
	is_int((int64_t)a.heap[LIVE]->n, 1);
	is_int((int64_t)a.heap[LATE]->n, 4);
	heaps_drop(&late, &a);
	ok(!a.heap[LATE] && a.n_heaps == 1 && late.n_rows == 2);
	heaps_release(&live);
	heaps_release(&late);
}

int
main(void)
{
	RUN(a_full_heap_waits_and_the_next_one_grows);
	RUN(full_heaps_are_taken_in_the_order_they_became_full);
	RUN(of_one_session_all_go_and_of_the_others_none);
	RUN(the_oldest_is_always_first);
	RUN(a_head_start_is_given_once_and_among_many_only);
	RUN(what_was_live_becomes_late);
	return test_done();
}
