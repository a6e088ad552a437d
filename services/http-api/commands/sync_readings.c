#include "services/http-api/commands/sync_readings.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <xxhash.h>

#include "proto/columns.h"
#include "services/http-api/commands/legacy.h"
#include "services/http-api/commands/set_apart.h"
#include "services/http-api/commands/sync_batch.h"

#define DIGEST_BITS     (MSG_COUNT - 1)

static const struct legacy_name reading_names[] = {
	{"timestamp", "taken_us"}, {"device_time", "device_us"}, {"phase", "phase_type"},
	{"fio2_level", NULL}, {"is_valid", NULL}, {"id", NULL}, {"user_id", NULL},
	{"device_id", NULL}, {"session_id", NULL}, {"local_session_id", NULL},
	{"created_at", NULL}, {"updated_at", NULL}, {"synced", NULL}, {"hrv_rmssd", NULL},
	{"hrv_type", NULL}, {"hrv_interval_count", NULL}, {"hrv_data_quality", NULL},
	{"hrv_confidence", NULL}, {NULL, NULL}};

/* Of what was measured, not of what is known about it: see sync_batch.h. */
static int64_t
digest(const struct reading *r)
{
	const double reals[] = {r->spo2, r->heart_rate, r->perfusion_index, r->motion};
	const int64_t ints[] = {r->signal_strength, r->battery, r->status, r->device_us, r->invalid};
	struct {
		double reals[4];
		int64_t ints[5];
	} what;
	int64_t seq;
	size_t i;

	for (i = 0; i < 4; i++)  /* one NAN, one 0 */
		what.reals[i] = isnan(reals[i]) ? (double)NAN : reals[i] + 0.0;
	memcpy(what.ints, ints, sizeof(ints));
	seq = (int64_t)(XXH3_64bits(&what, sizeof(what)) & DIGEST_BITS);
	return seq ? seq : 1;
}

static int
read_validity(const json_t *row, int *valid, struct err *err)
{
	const json_t *v = legacy_find(row, "is_valid");

	*valid = !v || json_is_true(v) || (json_is_integer(v) && json_integer_value(v) == 1);
	return *valid || json_is_false(v) || (json_is_integer(v) && json_integer_value(v) == 0)
		       ? 0 : err_set(err, EBADMSG, "reading.is_valid: must be true or false");
}

static int
check_session(const json_t *row, const char *session_id, struct err *err)
{
	const char *const names[] = {"session_id", "local_session_id"};
	const json_t *v;
	char id[37];
	size_t i;

	for (i = 0; i < 2; i++)
		if ((v = legacy_find(row, names[i])) &&
		    (!json_is_string(v) || sync_batch_session(json_string_value(v), id) < 0 ||
		     strcmp(id, session_id)))
			return err_set(err, EBADMSG, "reading.%s: is not the session of this batch",
				       names[i]);
	return 0;
}

/* fio2_level is the dial; in older rows it is 16, a default in % that says nothing of it. */
static int
read_level(const json_t *row, struct reading *r, struct err *err)
{
	const json_t *v = legacy_find(row, "fio2_level");
	double level = json_number_value(v);

	if (!v || level == 16)
		return 0;
	if (!json_is_number(v) || rint(level) != level || level < 0 || level > 11)
		return err_set(err, EBADMSG, "reading.fio2_level: must be from 0 to 11");
	if (r->altitude_level == MSG_NONE)
		r->altitude_level = (int64_t)level;
	return 0;
}

/* The app says 0 where we say absent. */
static void
clear_unmeasured(struct reading *r, int valid)
{
	if (!(r->spo2 > 0) || !valid)
		r->spo2 = NAN;
	if (!(r->heart_rate > 0) || !valid)
		r->heart_rate = NAN;
	if (isnan(r->spo2) && isnan(r->heart_rate) && r->invalid == INVALID_NO)
		r->invalid = INVALID_UNAVAILABLE;
}

static int
take_reading(const json_t *row, const char *session_id, int64_t epoch, struct reading *r,
	     struct err *err)
{
	int valid, own = legacy_find(row, "seq") != NULL;

	msg_clear(&msg_reading, r);
	r->seq = 1;  /* for the check; below it becomes what it should be */
	if (legacy_take(&msg_reading, reading_names, row, r, err) < 0 ||
	    read_validity(row, &valid, err) < 0 || read_level(row, r, err) < 0 ||
	    check_session(row, session_id, err) < 0)
		return -1;
	if (own != (legacy_find(row, "epoch") != NULL))
		return err_set(err, EBADMSG, "reading.seq: must be given together with epoch");
	clear_unmeasured(r, valid);
	if (!own) {
		r->epoch = epoch;
		r->seq = digest(r);
	}
	return 0;
}

/* ---- many */

static int
by_identity(const void *a, const void *b)
{
	const struct reading *x = a, *y = b;

	if (x->taken_us != y->taken_us)
		return x->taken_us < y->taken_us ? -1 : 1;
	if (x->epoch != y->epoch)
		return x->epoch < y->epoch ? -1 : 1;
	return (x->seq > y->seq) - (x->seq < y->seq);
}

/* In order of time, which also packs best, each once; of doubles one stays. */
static size_t
sort_unique(struct reading *rows, size_t n)
{
	size_t i, kept = 0;

	qsort(rows, n, sizeof(*rows), by_identity);
	for (i = 0; i < n; i++)
		if (!kept || by_identity(&rows[kept - 1], &rows[i]))
			rows[kept++] = rows[i];
	return kept;
}

/* All of them in one message, and so in one transaction.  A body of 2 MB always fits. */
static int
add_import(const struct reading *rows, size_t n, const char *session_id, struct plan *plan,
	   struct problem *problem)
{
	struct import *import = plan_step(plan, &msg_import, 0);
	struct err err;
	size_t len;

	if (!import)
		return problem_set(problem, 503, "", "out of memory");
	if (columns_pack(&msg_reading, rows, n, import->columns.bytes, sizeof(import->columns.bytes),
			 &len, &err) < 0)
		return problem_set(problem, 413, "data", PLAN_TOO_LARGE);
	import->columns.len = (uint32_t)len;
	import->count = (int64_t)n;
	memcpy(import->session_id, session_id, sizeof(import->session_id));
	return 0;
}

/* Those that can be read, in front; how many.  -1: see problem. */
static long
take_all(struct batch *b, const json_t *data, size_t n, struct reading *rows,
	 struct problem *problem)
{
	int64_t epoch = (int64_t)(XXH3_64bits(b->session_id, strlen(b->session_id)) & DIGEST_BITS);
	long taken = 0;
	struct err err;
	size_t i;

	for (i = 0; i < n; i++) {
		const json_t *row = json_is_array(data) ? json_array_get(data, i) : data;

		if (take_reading(row, b->session_id, epoch, &rows[taken], &err) == 0)
			taken++;
		else if (set_apart_unread(b->plan, i, &err, problem) < 0)
			return -1;
	}
	return taken;
}

int
sync_readings(struct batch *b, const json_t *data, struct problem *problem)
{
	size_t n = json_is_array(data) ? json_array_size(data) : 1;
	struct reading *rows;
	long taken;

	if (!n)
		return 0;
	if (!(rows = malloc(n * sizeof(*rows))))
		return problem_set(problem, 503, "", "out of memory");
	taken = take_all(b, data, n, rows, problem);
	n = taken > 0 ? sort_unique(rows, (size_t)taken) : 0;
	if (taken >= 0 && n)
		taken = add_import(rows, n, b->session_id, b->plan, problem);
	free(rows);
	return taken < 0 ? -1 : 0;
}
