#include "services/local-store/recount.h"

#include <stdlib.h>

#include "services/local-store/figures.h"
#include "services/local-store/retention/recall.h"

int
recount_late(struct lifecycle *life, struct entry *entry, struct err *err)
{
	if (entry->stale)
		return 0;
	sessions_stale(life->sessions, entry);
	return store_put_stale(life->store, entry, true, err);
}

/* The phase a reading counts for: that of its time.  Where the clock was set back its time does not
 * tell, but the reading has its phase with it. */
static size_t
span_index(const struct entry *entry, const struct reading *reading)
{
	size_t i = entry->n_spans;
	const struct span *span;

	for (; i > 0; i--) {
		span = &entry->spans[i - 1];
		if (!entry->most_behind_us ? span->from_us <= reading->taken_us
					   : span->phase == reading->phase_type &&
						     span->cycle == reading->cycle_number)
			break;
	}
	return i;
}

struct count {
	const struct entry *entry;
	struct totals *whole, *phases;  /* phases[0]: before the first */
};

static void
count_one(void *arg, const struct reading *reading)
{
	struct count *c = arg;

	totals_add(c->whole, reading);
	totals_add(&c->phases[span_index(c->entry, reading)], reading);
}

/* No reading of it was taken earlier. */
static int64_t
earliest_us(const struct entry *entry)
{
	return entry->row.start_us - entry->most_behind_us;
}

/* What has left the store counts like the rest. */
static int
count_again(struct lifecycle *life, struct entry *entry, struct count *count, struct err *err)
{
	int64_t to = entry->row.end_us == MSG_NONE ? MSG_TIME_MAX : entry->row.end_us, id, no;
	struct sqlite3_stmt *rows;
	struct reading reading;
	int r;

	if (recall_each(life, entry, count_one, count, err) < 0)
		return -1;
	rows = store_range(life->store, entry->no, earliest_us(entry), to);
	while ((r = store_next(rows, &id, &no, &reading, err)) > 0)
		count_one(count, &reading);
	return r;
}

/* A phase that was interrupted is one: its figures stand with its first span.  Gives its end. */
static int64_t
join_spans(const struct entry *entry, size_t first, struct totals *phases)
{
	int64_t end = MSG_NONE;
	size_t i;

	for (i = first; i < entry->n_spans; i++) {
		if (entry_phase_began(entry, i) != first)
			continue;
		if (i > first)
			totals_join(&phases[first + 1], &phases[i + 1]);
		end = i + 1 < entry->n_spans ? entry->spans[i + 1].from_us : entry->row.end_us;
	}
	return end;
}

static int
put_again(struct lifecycle *life, struct entry *entry, struct totals *phases, int64_t now_us,
	  struct err *err)
{
	size_t i;
	int64_t end;

	for (i = 0; i < entry->n_spans; i++) {
		if (entry_phase_began(entry, i) != i)
			continue;
		end = join_spans(entry, i, phases);
		if (end != MSG_NONE &&
		    lifecycle_put_phase(life, entry, &entry->spans[i], &phases[i + 1], end,
					TRIGGER_NONE, now_us, err) < 0)
			return -1;
	}
	if (entry_active(entry))
		return 0;
	figures_session(&entry->whole, &entry->row);
	return lifecycle_touch(life, entry, now_us, err);
}

int
recount_session(struct lifecycle *life, struct entry *entry, int64_t now_us, struct err *err)
{
	struct totals *phases = calloc(entry->n_spans + 1, sizeof(*phases));
	struct count count = {entry, &entry->whole, phases};
	size_t i;
	int r;

	ASSERT(phases);
	totals_clear(&entry->whole);
	for (i = 0; i <= entry->n_spans; i++)
		totals_clear(&phases[i]);
	r = count_again(life, entry, &count, err);
	entry->phase = phases[entry->n_spans];
	if (r == 0)
		r = put_again(life, entry, phases, now_us, err);
	free(phases);
	return r < 0 ? -1 : store_put_stale(life->store, entry, false, err);
}

/* Of a session that runs. */
static void
count_running(void *arg, const struct reading *reading)
{
	struct entry *entry = arg;

	totals_add(&entry->whole, reading);
	if (entry->n_spans && span_index(entry, reading) == entry->n_spans)
		totals_add(&entry->phase, reading);
}

int
recount_running(struct lifecycle *life, struct err *err)
{
	int64_t from_us = INT64_MAX, id, no;
	struct entry *entry = NULL;
	struct sqlite3_stmt *rows;
	struct reading reading;
	int r;

	while ((entry = sessions_next(life->sessions, entry))) {
		if (!entry_active(entry))
			continue;
		if (earliest_us(entry) < from_us)
			from_us = earliest_us(entry);
		if (recall_each(life, entry, count_running, entry, err) < 0)
			return -1;
	}
	if (from_us == INT64_MAX)
		return 0;
	if (store_commit(life->store, err) < 0)
		return -1;
	rows = store_since(life->store, from_us);
	while ((r = store_next(rows, &id, &no, &reading, err)) > 0)
		if ((entry = sessions_by_no(life->sessions, no)))
			count_running(entry, &reading);
	return r;
}
