#include "services/local-store/outbox/heaps.h"

#include <stdlib.h>

#define CROWD 16  /* so many that grow are spread over the waiting time */

void
heaps_init(struct heaps *h, enum lane lane, size_t full_rows, int64_t spread_us)
{
	*h = (struct heaps){.lane = lane, .full_rows = full_rows, .spread_us = spread_us};
	h->growing.end = &h->growing.first;
	h->full.end = &h->full.first;
}

static void
free_list(struct heap_list *list)
{
	struct heap *heap;

	while ((heap = list->first)) {
		list->first = heap->next;
		heap_free(&heap);
	}
}

void
heaps_release(struct heaps *h)
{
	free_list(&h->growing);
	free_list(&h->full);
}

void
heap_free(struct heap **heap)
{
	if (!*heap)
		return;
	free((*heap)->rows);
	free(*heap);
	*heap = NULL;
}

static void
insert(struct heap_list *list, struct heap **at, struct heap *heap)
{
	heap->next = *at;
	heap->prev = at;
	if (heap->next)
		heap->next->prev = &heap->next;
	else
		list->end = &heap->next;
	*at = heap;
	list->n++;
}

static void
unlink_from(struct heap_list *list, struct heap *heap)
{
	*heap->prev = heap->next;
	if (heap->next)
		heap->next->prev = heap->prev;
	else
		list->end = heap->prev;
	list->n--;
}

/* By age; mostly it is the youngest, and goes to the end. */
static void
insert_growing(struct heaps *h, struct heap *heap)
{
	struct heap **at = &h->growing.first;

	if (!h->growing.n || heap->opened_us >= h->youngest_us)
		at = h->growing.end;
	while (*at && (*at)->opened_us <= heap->opened_us)
		at = &(*at)->next;
	insert(&h->growing, at, heap);
	if (!heap->next)
		h->youngest_us = heap->opened_us;
}

static int64_t
head_start_us(const struct heaps *h, struct entry *entry)
{
	if (entry->had_head_start || h->growing.n < CROWD)
		return 0;
	entry->had_head_start = true;
	return entry->no * 7919 % 1000 * h->spread_us / 1000;
}

static struct heap *
open_heap(struct heaps *h, struct entry *entry, int64_t id, int64_t now_us)
{
	struct heap *heap = calloc(1, sizeof(*heap));

	if (!heap)
		return NULL;
	heap->entry = entry;
	heap->first_id = id;
	heap->opened_us = now_us - head_start_us(h, entry);
	entry->heap[h->lane] = heap;
	entry->n_heaps++;
	insert_growing(h, heap);
	return heap;
}

static int
make_room(struct heap *heap)
{
	size_t room = heap->room ? heap->room * 2 : 32;
	struct reading *grown = realloc(heap->rows, room * sizeof(*grown));

	if (!grown)
		return -1;
	heap->rows = grown;
	heap->room = room;
	return 0;
}

int
heaps_add(struct heaps *h, struct entry *entry, int64_t id, const struct reading *row,
	  int64_t now_us)
{
	struct heap *heap = entry->heap[h->lane];

	if (!heap)
		heap = open_heap(h, entry, id, now_us);
	if (!heap || (heap->n == heap->room && make_room(heap) < 0))
		return -1;
	ASSERT(!heap->n || id > heap->last_id);
	heap->rows[heap->n++] = *row;
	heap->last_id = id;
	h->n_rows++;
	if (heap->n == h->full_rows)
		heaps_finish(h, entry);
	return 0;
}

void
heaps_finish(struct heaps *h, struct entry *entry)
{
	struct heap *heap = entry->heap[h->lane];

	if (!heap)
		return;
	unlink_from(&h->growing, heap);
	insert(&h->full, h->full.end, heap);
	entry->heap[h->lane] = NULL;
}

void
heaps_take(struct heaps *h, struct heap *heap)
{
	if (heap->entry->heap[h->lane] == heap) {
		unlink_from(&h->growing, heap);
		heap->entry->heap[h->lane] = NULL;
	} else
		unlink_from(&h->full, heap);
	h->n_rows -= heap->n;
	heap->entry->n_heaps--;
}

void
heaps_drop(struct heaps *h, struct entry *entry)
{
	struct heap *heap, *next;

	heaps_finish(h, entry);
	for (heap = h->full.first; heap; heap = next) {
		next = heap->next;
		if (heap->entry != entry)
			continue;
		heaps_take(h, heap);
		heap_free(&heap);
	}
}

void
heaps_move(struct heaps *h, struct heaps *to)
{
	struct heap *heap;

	while (h->growing.first)
		heaps_finish(h, h->growing.first->entry);
	while ((heap = h->full.first)) {
		unlink_from(&h->full, heap);
		insert(&to->full, to->full.end, heap);
	}
	to->n_rows += h->n_rows;
	h->n_rows = 0;
}

/* Of any session when entry is NULL. */
static int64_t
least_id(const struct heap_list *list, const struct entry *entry, int64_t least)
{
	const struct heap *heap;

	for (heap = list->first; heap; heap = heap->next)
		if (heap->first_id < least && (!entry || heap->entry == entry))
			least = heap->first_id;
	return least;
}

int64_t
heaps_first_id(const struct heaps *h, int64_t otherwise)
{
	return least_id(&h->full, NULL, least_id(&h->growing, NULL, otherwise));
}

int64_t
heaps_first_id_of(const struct heaps *h, const struct entry *entry, int64_t otherwise)
{
	const struct heap *grows = entry->heap[h->lane];

	if (grows && grows->first_id < otherwise)
		otherwise = grows->first_id;
	return entry->n_heaps ? least_id(&h->full, entry, otherwise) : otherwise;
}
