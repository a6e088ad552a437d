/* Rows that say themselves that they are one session: by local id, or by the cloud's id. */
#include <stdlib.h>
#include <string.h>

#include "services/dedupe-auditor/rules/groups.h"
#include "services/dedupe-auditor/rules/texts.h"

/* A phone that was set up anew fetched its sessions from the cloud (D6). */
static void
unite_reimported(struct work *work, size_t row)
{
	const char *id = follow_alias(work, work_session(work, row)->id);
	size_t cloud = work_find(work, LEGACY_CLOUD, id);

	work->rows[row].reimported = 1;
	if (cloud == NOBODY)
		leave_rows(work, "re-imported", &row, 1,
			   "a copy of a session of the cloud that is not there");
	else if (other_text(work_session(work, row)->user_id, work_session(work, cloud)->user_id))
		leave_rows(work, "re-imported", &row, 1,
			   "a copy of a session that is another person's in the cloud");
	else
		work_unite(work, row, cloud, UNITED_ID, "the phone's row has the cloud's id");
}

/* NULL when nothing speaks against one session. */
static const char *
against(struct work *work, const size_t *rows, size_t n, int64_t *spread_us)
{
	const char *user = NULL;
	int64_t least = INT64_MAX, most = INT64_MIN;
	size_t i;

	*spread_us = 0;
	for (i = 0; i < n; i++) {
		const struct legacy_session *s = work_session(work, rows[i]);

		if (other_text(user, s->user_id))
			return "one local id, but rows of two persons";
		if (s->user_id)
			user = s->user_id;
		if (s->start_us != MSG_NONE) {
			least = s->start_us < least ? s->start_us : least;
			most = s->start_us > most ? s->start_us : most;
		}
	}
	*spread_us = most > least ? most - least : 0;
	if (*spread_us > SESSION_MAX_US)
		return texts_format(work->plan->texts, "one local id, but starts %lld min apart",
				    (long long)(*spread_us / (60 * SECOND)));
	return NULL;
}

static int
by_device(const void *a, const void *b, void *arg)
{
	return compare_texts(work_session(arg, *(const size_t *)a)->device_id,
			     work_session(arg, *(const size_t *)b)->device_id);
}

static int
by_user(const void *a, const void *b, void *arg)
{
	return compare_texts(work_session(arg, *(const size_t *)a)->user_id,
			     work_session(arg, *(const size_t *)b)->user_id);
}

/* Neighbours in that order that agree become one; how many pairs did. */
static size_t
unite_equal(struct work *work, size_t *rows, size_t n,
	    int (*order)(const void *, const void *, void *), int user, const char *why)
{
	const struct legacy_session *a, *b;
	size_t i, n_united = 0;

	qsort_r(rows, n, sizeof(*rows), order, work);
	for (i = 1; i < n; i++) {
		a = work_session(work, rows[i - 1]);
		b = work_session(work, rows[i]);
		if (!(user ? same_text(a->user_id, b->user_id)
			   : same_text(a->device_id, b->device_id)))
			continue;
		n_united += work_root(work, rows[i - 1]) != work_root(work, rows[i]);
		work_unite(work, rows[i - 1], rows[i], UNITED_LOCAL_ID, why);
	}
	return n_united;
}

/* Rows of the cloud by device and by person, then the phones' to them. */
static void
unite_run(struct work *work, const size_t *run, size_t n)
{
	size_t *rows, n_cloud = 0, n_united, i;
	int64_t spread_us;
	const char *why = against(work, run, n, &spread_us);

	if (n < 2)
		return;
	if (why) {
		leave_rows(work, "same-local-id", run, n, why);
		return;
	}
	while (n_cloud < n && work_session(work, run[n_cloud])->source == LEGACY_CLOUD)
		n_cloud++;
	rows = texts_room(work->plan->texts, n * sizeof(*rows));
	memcpy(rows, run, n * sizeof(*rows));
	n_united = unite_equal(work, rows, n_cloud, by_device, 0,
			       texts_format(work->plan->texts,
					    "one local id, one device, starts %.3f s apart",
					    (double)spread_us / 1e6));
	n_united += unite_equal(work, rows, n_cloud, by_user, 1,
				texts_format(work->plan->texts, "one local id, one person on two "
					     "devices, starts %.3f s apart",
					     (double)spread_us / 1e6));
	if (n_cloud && n_united + 1 < n_cloud) {
		leave_rows(work, "same-local-id", run, n,
			   "one local id on two devices, and nothing says that it is one person");
		return;
	}
	for (i = 1; i < n; i++)
		if (work_session(work, run[i])->source != LEGACY_CLOUD)
			work_unite(work, run[0], run[i], UNITED_ID,
				   "the phone's row has its local id");
}

void
unite_by_id(struct work *work)
{
	size_t i, n;

	for (i = 0; i < work->legacy->n_sessions; i++)
		if (work_session(work, i)->source != LEGACY_CLOUD && is_uuid(work_session(work, i)->id))
			unite_reimported(work, i);
	for (i = 0; i < work->n_local; i += n) {
		n = 1;
		while (i + n < work->n_local && !strcmp(work->rows[work->by_local[i]].local_id,
							work->rows[work->by_local[i + n]].local_id))
			n++;
		unite_run(work, work->by_local + i, n);
	}
}
