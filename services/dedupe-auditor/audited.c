#include "services/dedupe-auditor/audited.h"

#include <stdlib.h>
#include <string.h>

void
list_clear(struct list *list)
{
	size_t i;

	for (i = 0; i < list->n; i++)
		free(list->items[i].finding);
	free(list->items);
	free(list->by_no);
	memset(list, 0, sizeof(*list));
}

struct audited *
list_add(struct list *list, const uint8_t id[16])
{
	struct audited *a;

	if (list->n == list->room) {
		list->room = list->room ? list->room * 2 : 64;
		list->items = reallocarray(list->items, list->room, sizeof(*list->items));
		ASSERT(list->items);
	}
	a = &list->items[list->n++];
	memset(a, 0, sizeof(*a));
	memcpy(a->id, id, 16);
	return a;
}

static int
by_id(const void *a, const void *b)
{
	return memcmp(((const struct audited *)a)->id, ((const struct audited *)b)->id, 16);
}

static int
by_no(const void *a, const void *b)
{
	int64_t x = (*(struct audited *const *)a)->no, y = (*(struct audited *const *)b)->no;

	return x < y ? -1 : x > y;
}

void
list_sort(struct list *list)
{
	size_t i;

	if (list->n)
		qsort(list->items, list->n, sizeof(*list->items), by_id);
	list->by_no = reallocarray(list->by_no, list->n + 1, sizeof(struct audited *));
	ASSERT(list->by_no);
	list->n_by_no = 0;
	for (i = 0; i < list->n; i++)
		if (list->items[i].no)
			list->by_no[list->n_by_no++] = &list->items[i];
	if (list->n_by_no)
		qsort(list->by_no, list->n_by_no, sizeof(struct audited *), by_no);
}

struct audited *
list_find(const struct list *list, const uint8_t id[16])
{
	struct audited key;

	memcpy(key.id, id, 16);
	return list->n ? bsearch(&key, list->items, list->n, sizeof(key), by_id) : NULL;
}

struct audited *
list_find_no(const struct list *list, int64_t no)
{
	struct audited key = {.no = no}, *at = &key, **found;

	found = list->n_by_no
			? bsearch(&at, list->by_no, list->n_by_no, sizeof(at), by_no) : NULL;
	return found ? *found : NULL;
}

struct finding *
audited_finding(struct audited *a)
{
	if (!a->finding)
		a->finding = calloc(1, sizeof(*a->finding));
	ASSERT(a->finding);
	return a->finding;
}

void
audited_span(struct audited *a, int64_t from_us, int64_t to_us)
{
	if (!a->to_us || from_us < a->from_us)
		a->from_us = from_us;
	if (!a->to_us || to_us > a->to_us)
		a->to_us = to_us;
}

int
audited_digests_agree(const struct audited *a)
{
	return a->no && !a->n_quarantined && a->cloud.count >= a->n_settled && digest_equal(&a->cloud, &a->local_then) &&
	       (digest_equal(&a->cloud_records, &a->settled_records) ||
		digest_equal(&a->cloud_records, &a->local_records));
}

enum verdict
audited_verdict(const struct audited *a)
{
	if (a->finding && finding_differs(a->finding))
		return DIFFERENT;
	if (a->finding && a->finding->quarantined)
		return QUARANTINED;
	if (audited_pending(a))
		return PENDING;
	if (a->finding)
		return a->finding->pending_records ? PENDING : EQUAL;
	return digest_equal(&a->cloud_records, &a->local_records) ? EQUAL : PENDING;
}

uint64_t
audited_pending(const struct audited *a)
{
	return a->finding ? a->finding->pending : a->local.count - a->cloud.count;
}
