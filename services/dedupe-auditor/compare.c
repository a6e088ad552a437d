#include "services/dedupe-auditor/compare.h"

#include <stdio.h>
#include <string.h>

const char *
difference_text(enum difference difference)
{
	static const char *const texts[N_DIFFERENCES] = {"missing", "extra", "changed", "doubled"};

	return texts[difference];
}

static struct row_key
key_of(const struct row *row)
{
	return (struct row_key){row->reading.taken_us, row->reading.epoch, row->reading.seq};
}

static int
compare_key(const struct row *row, const struct row_key *y)
{
	const struct reading *x = &row->reading;

	if (x->taken_us != y->taken_us)
		return x->taken_us < y->taken_us ? -1 : 1;
	if (x->epoch != y->epoch)
		return x->epoch < y->epoch ? -1 : 1;
	return x->seq < y->seq ? -1 : x->seq > y->seq;
}

static int
is_last(const struct finding *f, const struct row *row)
{
	return f->has_last && row && !compare_key(row, &f->last);
}

/* Adjacent rows make one range; a row that is all right in between ends it. */
static void
note(struct finding *f, enum difference d, const struct row *row, uint32_t changed)
{
	int64_t at = row->reading.taken_us;
	unsigned *n = &f->n_ranges[d];
	struct range *r;

	f->n[d]++;
	if (!(f->open & 1u << d) && *n < FINDING_RANGES)
		f->ranges[d][(*n)++] = (struct range){.from_us = at, .to_us = at};
	r = &f->ranges[d][*n - 1];
	r->from_us = at < r->from_us ? at : r->from_us;
	r->to_us = at > r->to_us ? at : r->to_us;
	r->count++;
	r->columns |= changed;
	f->open |= 1u << d;
}

/* It is known to be missing, and why. */
static void
note_quarantine(struct finding *f, int quarantine)
{
	f->quarantined += quarantine == 1;
	f->dropped += quarantine == 2;
}

static int
local_only(struct finding *f, int64_t synced, const struct row *row)
{
	if (row->quarantine)
		note_quarantine(f, row->quarantine);
	else if (row->id > synced)
		f->pending++;
	else
		note(f, MISSING, row, 0);
	return TAKE_LOCAL;
}

static int
both(struct finding *f, const struct row *local, const struct row *cloud)
{
	uint32_t changed = digest_differing(local, cloud);

	if (changed)
		note(f, CHANGED, cloud, changed);
	else
		f->open = 0;
	return TAKE_LOCAL | TAKE_CLOUD;
}

int
compare_step(struct finding *f, int64_t synced, const struct row *local, const struct row *cloud)
{
	struct row_key of_cloud;
	int order = -1, take;

	ASSERT(local || cloud);
	if (is_last(f, cloud)) {
		note(f, DOUBLED, cloud, 0);
		return TAKE_CLOUD;
	}
	if (is_last(f, local)) {
		note(f, DOUBLED, local, 0);
		finding_wrong(f, "SQLite: readings has the same reading twice");
		return TAKE_LOCAL;
	}
	if (cloud) {
		of_cloud = key_of(cloud);
		order = local ? compare_key(local, &of_cloud) : 1;
	}
	if (order < 0) {
		take = local_only(f, synced, local);
	} else if (order > 0) {
		note(f, EXTRA, cloud, 0);
		take = TAKE_CLOUD;
	} else {
		take = both(f, local, cloud);
	}
	f->last = take & TAKE_CLOUD ? of_cloud : key_of(local);
	f->has_last = 1;
	return take;
}

static void
note_record(struct finding *f, enum difference d, const char *key)
{
	unsigned at = f->n_record_notes;

	f->n_records[d]++;
	if (at < FINDING_RECORDS)
		f->n_record_notes++;
	else if (!strcmp(key, RECORD_SESSION))
		at--;  /* all else hangs on it: named whatever else there is */
	else
		return;
	f->records[at].difference = d;
	(void)snprintf(f->records[at].key, FINDING_KEY, "%s", key);
}

void
compare_record(struct finding *f, const char *key, const struct record_states *s)
{
	if (s->quarantine && s->cloud < s->before) {
		note_quarantine(f, s->quarantine);
	} else if (s->cloud < 0) {
		if (s->before >= 0 && s->settled)
			note_record(f, MISSING, key);
		else
			f->pending_records++;
	} else if (s->after < 0) {
		note_record(f, EXTRA, key);
	} else if ((s->settled && s->cloud < s->before) || s->cloud > s->after) {
		note_record(f, CHANGED, key);
	} else if (s->cloud < s->after) {
		f->pending_records++;
	}
}

void
finding_missing(struct finding *f, uint64_t count, int64_t from_us, int64_t to_us)
{
	f->n[MISSING] += count;
	f->ranges[MISSING][0] = (struct range){.from_us = from_us, .to_us = to_us, .count = count};
	f->n_ranges[MISSING] = 1;
}

void
finding_wrong(struct finding *f, const char *text)
{
	if (!f->n_wrong++)
		(void)snprintf(f->wrong, sizeof(f->wrong), "%s", text);
}

int
finding_differs(const struct finding *f)
{
	int d;

	for (d = 0; d < N_DIFFERENCES; d++)
		if (f->n[d] || f->n_records[d])
			return 1;
	return f->n_wrong > 0;
}
