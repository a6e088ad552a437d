/* Stretches of a session that go again, as somebody asked for them. */
#include "services/local-store/outbox/outbox_parts.h"

#include <errno.h>
#include <string.h>

int
outbox_repair(struct outbox *o, struct entry *entry, int64_t from_us, int64_t to_us,
	      struct err *err)
{
	if (outbox_replay(o, entry, from_us, to_us, err) < 0)
		return -1;
	return store_unsync(o->store, entry, err);
}

int
outbox_replay(struct outbox *o, struct entry *entry, int64_t from_us, int64_t to_us,
	      struct err *err)
{
	struct repair_job *job;

	for (job = o->repairs; job < o->repairs + o->n_repairs; job++)
		if (job->entry == entry && job->from_us == from_us && job->to_us == to_us)
			return 0;  /* asked again before its turn came */
	if (o->n_repairs == MAX_REPAIRS)
		return err_set(err, ENOBUFS, "%d repairs wait already", MAX_REPAIRS);
	o->repairs[o->n_repairs++] = (struct repair_job){entry, from_us, to_us, 0};
	entry->n_shipped++;  /* keeps it in hand */
	return 0;
}

/* Goes on after these rows: many may have been taken at one time. */
static void
advance_repair(struct repair_job *job, const struct reading *rows, size_t n)
{
	int64_t last_us = rows[n - 1].taken_us;
	size_t same = 0;

	while (same < n && rows[n - 1 - same].taken_us == last_us)
		same++;
	job->skip = same + (last_us == job->from_us ? job->skip : 0);
	job->from_us = last_us;
}

int
outbox_repair_next(struct outbox *o, struct err *err)
{
	struct repair_job *job = &o->repairs[0];
	struct sqlite3_stmt *range;
	struct shipment *sh;
	size_t n = 0, skip = job->skip;
	int64_t id, no;
	int r = 0;

	outbox_out_of_order(o, job->entry, o->live.end);  /* some of these may be yet to go */
	if (outbox_mark(o, err) < 0)
		return -1;
	range = store_range(o->store, job->entry->no, job->from_us, job->to_us);
	while (n < o->limits.rows && (r = store_next(range, &id, &no, &o->rows[n], err)) > 0)
		if (skip)
			skip--;
		else if ((r = quarantine_has_reading(o->quarantine, id, err)) < 0)
			break;
		else
			n += !r;
	store_enough(range);
	if (r < 0 || (r = outbox_ship(o, job->entry, o->rows, n, false, &sh, err)) < 0)
		return -1;
	if (r > 0 && n) {
		sh->lane = LATE;
		sh->from_us = o->rows[0].taken_us;
		sh->to_us = o->rows[n - 1].taken_us;
	}
	if (r > 0 && n == o->limits.rows) {
		advance_repair(job, o->rows, n);
		return 0;
	}
	job->entry->n_shipped--;
	memmove(job, job + 1, --o->n_repairs * sizeof(*job));
	return 0;
}
