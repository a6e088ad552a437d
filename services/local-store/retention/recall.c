#include "services/local-store/retention/recall.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <uuid/uuid.h>

#include "common/clock.h"
#include "common/fault.h"
#include "common/log.h"

#define BLOCK 64

int
recall_read(const char *folder, const struct session *session, const struct part *part,
	    struct archive *archive, struct err *err)
{
	char name[ARCHIVE_NAME];

	if (archive_load(folder, archive_name(session, part->number, name), archive, err) < 0)
		return 0;
	if (strcmp(archive->sha256, part->sha256) != 0)
		(void)err_set(err, EBADMSG, "%s/%s: is not the file that was written", folder, name);
	return strcmp(archive->sha256, part->sha256) == 0;
}

/* The same, and what is wrong is said. */
static int
read_part(struct lifecycle *life, const struct entry *entry, const struct part *part, struct archive *archive)
{
	struct err why;

	if (recall_read(life->archive, &entry->row, part, archive, &why))
		return 1;
	life->counts.files_damaged++;
	if (log_often(&life->damaged_often, clock_mono_us())) {
		log_warn("archive_damaged", "why=\"%s\" count=%llu", why.text,
			 (unsigned long long)life->damaged_often.n);
		life->damaged_often.n = 0;
	}
	return 0;
}

/* They are in Postgres: unless others of the session wait to go there, all of it is. */
static int
settle(struct lifecycle *life, struct entry *entry, int64_t first, int64_t last, int64_t now_us,
       struct err *err)
{
	int waits = first ? store_waits(life->store, entry, first, err) : 1;

	if (waits)
		return waits < 0 ? -1 : 0;
	entry->synced = entry->arrived = entry->scanned = last;
	return store_put_sync(life->store, entry, entry_active(entry) ? "syncing" : "completed", now_us, err);
}

static int
put_rows(struct lifecycle *life, struct entry *entry, const struct archive *a, int64_t now_us, struct err *err)
{
	struct kept some[BLOCK];
	int64_t first = 0, last = 0;
	size_t i, k, n, added = 0;

	for (i = 0; i < a->n; i += n) {
		n = a->n - i < BLOCK ? a->n - i : BLOCK;
		for (k = 0; k < n; k++)
			some[k] = (struct kept){.entry = entry, .reading = a->rows[i + k]};
		if (store_put_readings(life->store, some, n, err) < 0)
			return -1;
		for (k = 0; k < n; k++) {
			added += some[k].id != 0;
			first = first ? first : some[k].id;
			last = some[k].id ? some[k].id : last;
		}
	}
	return settle(life, entry, first, last, now_us, err) < 0 ? -1 : (int)added;
}

static int
bring_back(struct lifecycle *life, struct entry *entry, struct part *part, const struct archive *a,
	   int64_t now_us, struct err *err)
{
	int added;

	if (store_begin(life->store, err) < 0 || (added = put_rows(life, entry, a, now_us, err)) < 0)
		return -1;
	FAULT("local-store.recalled");
	part->state = PART_BACK;
	part->gone = (struct digest){0};
	part->at_us = now_us;
	entry->n_archived--;
	life->counts.readings_recalled += (uint64_t)added;
	return store_put_part(life->store, part, err) < 0 ? -1 : added;
}

int
recall_span(struct lifecycle *life, struct entry *entry, int64_t from_us, int64_t to_us,
	    int64_t now_us, struct err *err)
{
	struct archive *a = NULL;
	struct part part = {0};
	int r = 0, added, sum = 0;

	while (entry->n_archived && (r = store_part(life->store, entry->no, part.number, &part, err)) > 0) {
		if (part.to_us < from_us || part.from_us > to_us)
			continue;
		a = a ? a : malloc(sizeof(*a));
		ASSERT(a);
		if (!read_part(life, entry, &part, a))
			continue;
		if ((added = bring_back(life, entry, &part, a, now_us, err)) < 0) {
			r = -1;
			break;
		}
		sum += added;
	}
	free(a);
	return r < 0 ? -1 : sum;
}

int
recall_rows(struct lifecycle *life, const struct kept *rows, size_t n, int64_t now_us, struct err *err)
{
	const struct kept *row = rows, *end = rows + n, *first;
	int64_t from_us, to_us;

	while (row < end) {
		from_us = INT64_MAX;
		to_us = 0;
		for (first = row; row < end && row->entry == first->entry; row++) {
			from_us = row->reading.taken_us < from_us ? row->reading.taken_us : from_us;
			to_us = row->reading.taken_us > to_us ? row->reading.taken_us : to_us;
		}
		if (recall_span(life, first->entry, from_us, to_us, now_us, err) < 0)
			return -1;
	}
	return 0;
}

int
recall_each(struct lifecycle *life, struct entry *entry,
	    void (*take)(void *arg, const struct reading *reading), void *arg, struct err *err)
{
	struct archive *a;
	struct part part = {0};
	size_t i;
	int r;

	if (!entry->n_archived)
		return 0;
	a = malloc(sizeof(*a));
	ASSERT(a);
	while ((r = store_part(life->store, entry->no, part.number, &part, err)) > 0) {
		if (!read_part(life, entry, &part, a))
			continue;
		/* some of it is still here: then all of it is */
		if (part.state == PART_LEAVING && bring_back(life, entry, &part, a, clock_utc_us(), err) < 0) {
			r = -1;
			break;
		}
		for (i = 0; part.state == PART_ARCHIVED && i < a->n; i++)
			take(arg, &a->rows[i]);
	}
	free(a);
	return r;
}

int
recall_returned(struct lifecycle *life, struct entry *entry, const struct reading *reading, struct err *err)
{
	struct row row = {.reading = *reading, .is_valid = !reading->invalid};
	struct part part = {0};
	int r;

	if (!entry->n_archived)
		return 0;
	while ((r = store_part(life->store, entry->no, part.number, &part, err)) > 0)
		if (reading->taken_us >= part.from_us && reading->taken_us <= part.to_us && part.gone.count)
			break;
	if (r <= 0)
		return r;
	(void)uuid_parse(entry->row.user_id, row.user);
	digest_remove(&part.gone, &row);
	if (!part.gone.count) {
		part.state = PART_BACK;
		entry->n_archived--;
	}
	return store_put_part(life->store, &part, err);
}
