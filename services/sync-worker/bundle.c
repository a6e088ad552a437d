#include "services/sync-worker/bundle.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <uuid/uuid.h>
#include <zstd.h>

#include "common/hlc.h"
#include "proto/columns.h"
#include "proto/ids.h"

#define MAX_ROWS    100000
#define MAX_RECORDS (sizeof(((struct bundle *)0)->records.bytes))
#define MAX_COLUMNS (sizeof(((struct bundle *)0)->columns.bytes))

struct bundle_opener {
	ZSTD_DCtx *zstd;
	struct reading *rows;
	size_t room;
	uint8_t records[MAX_RECORDS], columns[MAX_COLUMNS];  /* inflated */
};

struct bytes {
	const uint8_t *p;
	size_t len;
};

struct bundle_opener *
bundle_opener_new(void)
{
	struct bundle_opener *opener = calloc(1, sizeof(*opener));

	ASSERT(opener);
	opener->zstd = ZSTD_createDCtx();
	ASSERT(opener->zstd);
	return opener;
}

void
bundle_opener_free(struct bundle_opener **opener)
{
	if (!*opener)
		return;
	ZSTD_freeDCtx((*opener)->zstd);
	free((*opener)->rows);
	free(*opener);
	*opener = NULL;
}

static int
inflate(struct bundle_opener *opener, const char *what, struct bytes *bytes, uint8_t *out,
	size_t size, struct err *err)
{
	size_t n;

	if (!bytes->len)
		return 0;
	n = ZSTD_decompressDCtx(opener->zstd, out, size, bytes->p, bytes->len);
	if (ZSTD_isError(n))
		return err_set(err, EBADMSG, "bundle.%s: zstd: %s", what, ZSTD_getErrorName(n));
	*bytes = (struct bytes){out, n};
	return 0;
}

/* ---- records */

static int
check_session(const struct bundle *bundle, const struct session *s, struct err *err)
{
	if (strcmp(s->id, bundle->session_id))
		return err_set(err, EBADMSG, "bundle: the session's row is of another session");
	if (strcmp(s->user_id, bundle->user_id))
		return err_set(err, EBADMSG, "bundle: the session's row is of another person");
	if (strcmp(s->gateway, bundle->gateway))
		return err_set(err, EBADMSG, "bundle: the session's row is of another gateway");
	if (s->status == SESSION_NONE)
		return err_set(err, EBADMSG, "session.status: absent");
	return 0;
}

/* Of which session a record is, and whose; "" where it does not say. */
static int
owner_of(const struct message *message, const union bundle_record *r, const char **session_id,
	 const char **user_id, int64_t *hlc)
{
	*user_id = "";
	*hlc = 0;
	if (message == &msg_survey)
		*session_id = r->survey.session_id, *hlc = r->survey.hlc;
	else if (message == &msg_event)
		*session_id = r->event.session_id, *hlc = r->event.hlc;
	else if (message == &msg_phase_stats)
		*session_id = r->phase_stats.session_id, *hlc = r->phase_stats.hlc;
	else if (message == &msg_progression)
		*session_id = r->progression.session_id, *user_id = r->progression.user_id,
		*hlc = r->progression.hlc;
	else if (message == &msg_gap)
		*session_id = r->gap.session_id;
	else
		return -1;
	return 0;
}

static int
check_hlc(const char *what, int64_t hlc, int64_t now_us, struct err *err)
{
	if (hlc_us(hlc) > now_us + HLC_AHEAD_US)
		return err_set(err, EBADMSG, "%s.hlc: the gateway's clock is more than %lld s ahead",
			       what, HLC_AHEAD_US / 1000000);
	return 0;
}

static int
check_record(const struct bundle *bundle, const struct message *message,
	     const union bundle_record *record, int64_t now_us, struct err *err)
{
	const char *session_id, *user_id;
	int64_t hlc;

	if (owner_of(message, record, &session_id, &user_id, &hlc) < 0)
		return err_set(err, EBADMSG, "bundle: %s is no record of a session", message->name);
	if (*session_id && strcmp(session_id, bundle->session_id))
		return err_set(err, EBADMSG, "bundle: a %s of another session", message->name);
	if (*user_id && strcmp(user_id, bundle->user_id))
		return err_set(err, EBADMSG, "bundle: a %s of another person", message->name);
	if (message == &msg_survey && record->survey.kind == SURVEY_NONE)
		return err_set(err, EBADMSG, "survey.kind: absent");
	if (message == &msg_survey && record->survey.kind == SURVEY_INTRA &&
	    record->survey.phase_number == MSG_NONE)
		return err_set(err, EBADMSG, "survey.phase_number: absent");
	return check_hlc(message->name, hlc, now_us, err);
}

static int
open_records(struct bytes in, int64_t now_us, struct bundle_content *c, struct err *err)
{
	struct records records = {in.p, in.p + in.len};
	const struct message *message;
	union bundle_record record;
	int r;

	r = records_next(&records, &message, &record, err);
	if (r <= 0 || message != &msg_session)
		return r < 0 ? -1 : err_set(err, EBADMSG, "bundle: the first record is no session");
	c->session = record.session;
	c->records = records;
	if (check_session(c->bundle, &c->session, err) < 0 ||
	    check_hlc("session", c->session.hlc, now_us, err) < 0)
		return -1;
	while ((r = records_next(&records, &message, &record, err)) > 0)
		if (check_record(c->bundle, message, &record, now_us, err) < 0)
			return -1;
	return r;
}

int
bundle_next(struct records *records, const struct message **message, union bundle_record *record)
{
	int r = records_next(records, message, record, NULL);

	ASSERT(r >= 0);
	return r;
}

/* ---- readings */

static int
by_key(const void *a, const void *b)
{
	const struct reading *x = a, *y = b;

	if (x->taken_us != y->taken_us)
		return x->taken_us < y->taken_us ? -1 : 1;
	if (x->epoch != y->epoch)
		return x->epoch < y->epoch ? -1 : 1;
	return x->seq < y->seq ? -1 : x->seq > y->seq;
}

/* Sorted, as two workers that insert in different orders could wait for each other for ever.
 * Bundles come sorted unless clocks were set back. */
static size_t
sort_rows(struct reading *rows, size_t n)
{
	size_t i, kept;

	for (i = 1; i < n && by_key(&rows[i - 1], &rows[i]) < 0; i++)
		;
	if (i >= n)
		return n;
	qsort(rows, n, sizeof(*rows), by_key);
	for (i = kept = 1; i < n; i++)
		if (by_key(&rows[kept - 1], &rows[i]))
			rows[kept++] = rows[i];
	return kept;
}

static int
open_readings(struct bundle_opener *opener, struct bytes in, struct bundle_content *c,
	      struct err *err)
{
	size_t want = (size_t)c->bundle->readings, n = 0;

	ASSERT(want <= MAX_ROWS);
	if (want > opener->room) {
		free(opener->rows);
		opener->rows = malloc(want * sizeof(*opener->rows));
		ASSERT(opener->rows);
		opener->room = want;
	}
	if (in.len && columns_unpack(&msg_reading, in.p, in.len, opener->rows, want, &n, err) < 0)
		return err_in(err, "bundle");
	if (n != want)
		return err_set(err, EBADMSG, "bundle.readings: says %zu rows and has %zu", want, n);
	c->rows = opener->rows;
	c->n_rows = sort_rows(opener->rows, n);
	return 0;
}

int
bundle_open(struct bundle_opener *opener, const struct bundle *bundle, const char *gateway,
	    int64_t now_us, struct bundle_content *content, struct err *err)
{
	struct bytes records = {bundle->records.bytes, bundle->records.len};
	struct bytes columns = {bundle->columns.bytes, bundle->columns.len};
	ids_uuid id;

	memset(content, 0, sizeof(*content));
	content->bundle = bundle;
	if (strcmp(gateway, bundle->gateway))
		return err_set(err, EBADMSG, "bundle.gateway: not the sender's");
	if (uuid_parse(bundle->id, content->id) < 0 ||
	    uuid_parse(bundle->user_id, content->user_id) < 0 ||
	    uuid_parse(bundle->session_id, content->session_id) < 0)
		return err_set(err, EBADMSG, "bundle: an id is no UUID");
	if (bundle->packing == PACKING_ZSTD &&
	    (inflate(opener, "records", &records, opener->records, MAX_RECORDS, err) < 0 ||
	     inflate(opener, "columns", &columns, opener->columns, MAX_COLUMNS, err) < 0))
		return -1;
	ids_bundle(bundle->gateway, records.p, records.len, columns.p, columns.len, id);
	if (strcmp(id, bundle->id))
		return err_set(err, EBADMSG, "bundle.id: not that of its content");
	return open_records(records, now_us, content, err) < 0 ||
	       open_readings(opener, columns, content, err) < 0 ? -1 : 0;
}
