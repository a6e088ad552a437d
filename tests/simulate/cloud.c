#include "tests/simulate/cloud.h"

#include <czmq.h>
#include <stdlib.h>
#include <uuid/uuid.h>

#include "common/hlc.h"
#include "proto/crate.h"
#include "services/dedupe-auditor/in_sqlite.h"
#include "services/sync-worker/backoff.h"
#include "services/sync-worker/bundle.h"
#include "tests/simulate/keeper.h"
#include "tests/simulate/net.h"
#include "tests/simulate/truth.h"

#define AUDIT_US (5 * MINUTE_US)

struct kept_record {
	char key[RECORD_KEY];
	int64_t hlc;
};

struct kept_session {
	char id[37];
	uint8_t id_bytes[16], user[16];
	struct reading *rows;          /* in the order of their key */
	size_t n_rows, room;
	struct kept_record *records;   /* the session's own row first */
	size_t n_records;
};

struct cloud {
	zhash_t *sessions, *receipts;
	struct bundle_opener *opener;
	struct crate_opener *crate;
	struct backoff backoff[N_WORKERS];
	int64_t audit_us;
	bool content;
};

static void
free_session(void *arg)
{
	struct kept_session *s = arg;

	free(s->rows);
	free(s->records);
	free(s);
}

void
cloud_new(void)
{
	struct cloud *c = calloc(1, sizeof(*c));
	int i;

	c->sessions = zhash_new();
	c->receipts = zhash_new();
	c->opener = bundle_opener_new();
	c->crate = crate_opener_new();
	for (i = 0; i < N_WORKERS; i++)
		c->backoff[i] = (struct backoff){1000, 60000, 0, roll()};
	c->audit_us = world->mono_us + AUDIT_US;
	world->cloud = c;
}

void
cloud_free(void)
{
	zhash_destroy(&world->cloud->sessions);
	zhash_destroy(&world->cloud->receipts);
	bundle_opener_free(&world->cloud->opener);
	crate_opener_free(&world->cloud->crate);
	free(world->cloud);
	world->cloud = NULL;
}

/* ---- what Postgres holds */

static int
order(const struct reading *a, const struct reading *b)
{
	if (a->taken_us != b->taken_us)
		return a->taken_us < b->taken_us ? -1 : 1;
	if (a->epoch != b->epoch)
		return a->epoch < b->epoch ? -1 : 1;
	return a->seq < b->seq ? -1 : a->seq > b->seq;
}

/* 1 new, 0 there before. */
static int
keep_row(struct kept_session *s, const struct reading *row)
{
	size_t low = 0, high = s->n_rows, middle;

	while (low < high) {
		middle = (low + high) / 2;
		if (order(&s->rows[middle], row) < 0)
			low = middle + 1;
		else
			high = middle;
	}
	if (low < s->n_rows && !order(&s->rows[low], row)) {
		if (s->rows[low].motion != row->motion || s->rows[low].spo2 != row->spo2 ||
		    s->rows[low].phase_type != row->phase_type)
			broken("a reading that was sent again is the same (%s, seq %lld)", s->id,
			       (long long)row->seq);
		return 0;
	}
	if (s->n_rows == s->room) {
		s->room = s->room ? 2 * s->room : 256;
		s->rows = realloc(s->rows, s->room * sizeof(*s->rows));
	}
	memmove(&s->rows[low + 1], &s->rows[low], (s->n_rows++ - low) * sizeof(*s->rows));
	s->rows[low] = *row;
	truth_of(row->motion)->arrived = true;
	return 1;
}

static struct kept_record *
find_record(struct kept_session *s, const char *key)
{
	size_t i;

	for (i = 0; i < s->n_records; i++)
		if (!strcmp(s->records[i].key, key))
			return &s->records[i];
	return NULL;
}

static void
keep_record(struct kept_session *s, const char *key, int64_t hlc)
{
	struct kept_record *r = find_record(s, key);

	if (!r) {
		s->records = realloc(s->records, (s->n_records + 1) * sizeof(*s->records));
		r = &s->records[s->n_records++];
		snprintf(r->key, sizeof(r->key), "%s", key);
		r->hlc = -1;
	}
	if (hlc > r->hlc)
		r->hlc = hlc;
}

/* As in_sqlite.c names them. */
static void
record_key(const struct message *m, const union bundle_record *r, char key[RECORD_KEY])
{
	if (m == &msg_survey && r->survey.kind == SURVEY_INTRA)
		snprintf(key, RECORD_KEY, "survey intra %lld",
			 r->survey.phase_number == MSG_NONE ? 0LL : (long long)r->survey.phase_number);
	else if (m == &msg_survey)
		snprintf(key, RECORD_KEY, "survey %s", words_text(&words_survey_kind, r->survey.kind));
	else if (m == &msg_event)
		snprintf(key, RECORD_KEY, "event %s", r->event.id);
	else if (m == &msg_phase_stats)
		snprintf(key, RECORD_KEY, "phase_stats %s %lld",
			 words_text(&words_phase, r->phase_stats.phase_type),
			 (long long)r->phase_stats.phase_number);
	else if (m == &msg_progression)
		snprintf(key, RECORD_KEY, "progression");
	else if (m == &msg_gap)
		snprintf(key, RECORD_KEY, "gap %s %lld %lld", r->gap.device_id, (long long)r->gap.epoch,
			 (long long)r->gap.seq);
	else
		broken("a bundle holds records that are known, not %s", m->name);
}

static int64_t
record_hlc(const struct message *m, const union bundle_record *r)
{
	return m == &msg_survey ? r->survey.hlc : m == &msg_event ? r->event.hlc
	       : m == &msg_phase_stats ? r->phase_stats.hlc
	       : m == &msg_progression ? r->progression.hlc : 0;
}

static struct kept_session *
session_of(struct cloud *c, const struct bundle_content *content)
{
	const char *id = content->bundle->session_id;
	struct kept_session *s = zhash_lookup(c->sessions, id);

	if (s)
		return s;
	s = calloc(1, sizeof(*s));
	snprintf(s->id, sizeof(s->id), "%s", id);
	memcpy(s->id_bytes, content->session_id, 16);
	memcpy(s->user, content->user_id, 16);
	zhash_insert(c->sessions, id, s);
	zhash_freefn(c->sessions, id, free_session);
	return s;
}

/* One transaction: all of it or, when it is here already and new, nothing. */
static void
apply(struct cloud *c, const struct bundle_content *content, struct receipt *receipt)
{
	bool known = zhash_lookup(c->receipts, content->bundle->id) != NULL;
	struct kept_session *s = session_of(c, content);
	struct records records = content->records;
	const struct message *message;
	union bundle_record record;
	char key[RECORD_KEY];
	size_t i;

	receipt->outcome = OUTCOME_DUPLICATE;
	if (known && content->bundle->fresh)
		return;
	keep_record(s, RECORD_SESSION, content->session.hlc);
	while (bundle_next(&records, &message, &record)) {
		record_key(message, &record, key);
		keep_record(s, key, record_hlc(message, &record));
	}
	for (i = 0; i < content->n_rows; i++)
		receipt->added += keep_row(s, &content->rows[i]);
	receipt->seen = (int64_t)content->n_rows - receipt->added;
	if (!known || receipt->added)
		receipt->outcome = OUTCOME_APPLIED;
	zhash_insert(c->receipts, content->bundle->id, c);
}

/* Only what was stamped by a clock that was hours ahead; it comes again when its time has come. */
static void
refuse(struct receipt *receipt, const struct err *why)
{
	if (world->most_utc_us - world->cloud_utc_us <= HLC_AHEAD_US || !strstr(why->text, "ahead"))
		broken("a bundle of local-store's is one that sync-worker takes: %s", why->text);
	receipt->outcome = OUTCOME_REFUSED;
	world->n.refused++;
	net_send(KEEPER, &msg_receipt, receipt);
}

/* 1: its commit came through, and nobody knows. */
static bool
take_bundle(struct cloud *c, const struct bundle *bundle)
{
	struct bundle_content content;
	struct receipt receipt;
	struct err err;

	msg_clear(&msg_receipt, &receipt);
	memcpy(receipt.id, bundle->id, sizeof(receipt.id));
	memcpy(receipt.session_id, bundle->session_id, sizeof(receipt.session_id));
	if (bundle_open(c->opener, bundle, GATEWAY, world->cloud_utc_us + world->mono_us, &content, &err) < 0) {
		refuse(&receipt, &err);
		return false;
	}
	apply(c, &content, &receipt);
	if (one_in(world->weather.unknown)) {
		world->n.commits_unknown++;
		return true;
	}
	net_send(KEEPER, &msg_receipt, &receipt);
	return false;
}

static bool
take_crate(struct cloud *c, const struct crate *crate)
{
	const struct bundle *bundle;
	bool unknown = false;
	struct err err;
	int r;

	if (crate_open(c->crate, crate, &err) < 0)
		broken("a crate of local-store's is one that sync-worker opens: %s", err.text);
	while (!unknown && (r = crate_next(c->crate, GATEWAY, &bundle, &err)) != 0) {
		if (r < 0)
			broken("each bundle of a crate can be taken: %s", err.text);
		unknown = take_bundle(c, bundle);
	}
	return unknown;
}

void
cloud_hear(int worker, const struct message *message, const void *msg)
{
	struct cloud *c = world->cloud;
	int64_t later;

	if (world->weather.cloud_away) {
		later = backoff_next_ms(&c->backoff[worker]) * 1000;
		net_send_again(WORKER + (enum party)worker, message, msg, later + 1000);
		return;
	}
	c->backoff[worker].n_failed = 0;
	if (message == &msg_crate ? take_crate(c, msg) : take_bundle(c, msg))
		net_send_again(WORKER + (enum party)worker, message, msg, SECOND_US);
}

void
cloud_lose(void)
{
	struct kept_session *s;
	size_t from, n;

	for (s = zhash_first(world->cloud->sessions); s; s = zhash_next(world->cloud->sessions)) {
		if (!s->n_rows || !one_in(3))
			continue;
		from = (size_t)up_to((int64_t)s->n_rows);
		n = 1 + (size_t)up_to((int64_t)(s->n_rows - from));
		n = n > 40 ? 40 : n;
		memmove(&s->rows[from], &s->rows[from + n], (s->n_rows - from - n) * sizeof(*s->rows));
		s->n_rows -= n;
		world->n.cloud_lost += n;
	}
	world->cloud->content = false;
}

void
cloud_each(void (*see)(const char *session_id, const struct reading *reading))
{
	struct kept_session *s;
	size_t i;

	for (s = zhash_first(world->cloud->sessions); s; s = zhash_next(world->cloud->sessions))
		for (i = 0; i < s->n_rows; i++)
			see(s->id, &s->rows[i]);
}

/* ---- the auditor */

static int
go_on(void *arg, int fd)
{
	(void)arg;
	(void)fd;
	return 0;
}

static void
ask_again(const struct kept_session *s, const struct finding *f)
{
	struct repair repair = {.from_us = 0, .to_us = 0};
	unsigned i;

	memcpy(repair.session_id, s->id, sizeof(repair.session_id));
	for (i = 0; i < f->n_ranges[MISSING]; i++) {
		repair.from_us = f->ranges[MISSING][i].from_us;
		repair.to_us = f->ranges[MISSING][i].to_us;
		net_send(KEEPER, &msg_repair, &repair);
		world->n.repairs++;
	}
	if (f->n_records[MISSING] && !f->n_ranges[MISSING])
		net_send(KEEPER, &msg_repair, &repair);
}

static void
compare_rows(struct in_sqlite *in, const struct audited *a, const struct kept_session *s,
	     const char *ids, struct finding *finding)
{
	struct row local, cloud = {.is_valid = 1};
	struct err err;
	size_t i = 0;
	int64_t no;
	int take = TAKE_LOCAL | TAKE_CLOUD, r = 0;

	if (sqlite_readings(in, ids, &err) < 0)
		broken("the auditor reads the store: %s", err.text);
	memcpy(cloud.session, s->id_bytes, 16);
	memcpy(cloud.user, s->user, 16);
	for (;;) {
		if (take & TAKE_LOCAL && (r = sqlite_next_reading(in, &no, &local, &err)) > 1)
			broken("the auditor can read each row: %s", err.text);
		if (take & TAKE_LOCAL && r == 1) {
			memcpy(local.session, a->id, 16);
			memcpy(local.user, a->user, 16);
		}
		if (take & TAKE_CLOUD && i <= s->n_rows && i++ < s->n_rows)
			cloud.reading = s->rows[i - 1];
		if (r != 1 && i > s->n_rows)
			break;
		take = compare_step(finding, a->synced, r == 1 ? &local : NULL,
				    i <= s->n_rows ? &cloud : NULL);
	}
	sqlite_stop(in);
}

static void
compare_records(struct in_sqlite *in, struct kept_session *s, const char *ids,
		struct finding *finding)
{
	struct kept_record *kept;
	struct record record;
	struct err err;
	int r;

	if (sqlite_records(in, ids, &err) < 0)
		broken("the auditor reads the store: %s", err.text);
	while ((r = sqlite_next_record(in, &record, &err)) == 1) {
		kept = find_record(s, record.key);
		compare_record(finding, record.key,
			       &(struct record_states){.before = record.hlc, .cloud = kept ? kept->hlc : -1,
						       .after = record.hlc, .settled = record.settled});
	}
	if (r)
		broken("the auditor can read each record: %s", err.text);
	sqlite_stop(in);
}

/* Of what has left only the sum is at hand: when Postgres has fewer, it comes back to be sent again. */
static void
compare_sums(struct in_sqlite *in, const struct audited *a, const struct kept_session *s,
	     const char *ids, struct finding *finding)
{
	struct digest here = a->archived, there = {0};
	uint64_t n_settled = a->archived.count;
	struct audited all = *a;
	struct row row = {.is_valid = 1};
	struct err err;
	int64_t no;
	size_t i;

	if (sqlite_readings(in, ids, &err) < 0)
		broken("the auditor reads the store: %s", err.text);
	while (sqlite_next_reading(in, &no, &row, &err) == 1) {
		memcpy(row.user, a->user, 16);
		digest_add(&here, &row);
		n_settled += row.id <= a->synced;
		audited_span(&all, row.reading.taken_us, row.reading.taken_us);
	}
	sqlite_stop(in);
	row = (struct row){.is_valid = 1};
	memcpy(row.user, s->user, 16);
	for (i = 0; i < s->n_rows; i++) {
		row.reading = s->rows[i];
		digest_add(&there, &row);
	}
	if (here.count == there.count && !digest_equal(&here, &there))
		broken("what has left is what Postgres has: session %s", s->id);
	if (there.count > here.count)
		finding_wrong(finding, "Postgres has more than there ever were");
	else if (there.count < n_settled)
		finding_missing(finding, n_settled - there.count, all.from_us, all.to_us);
	else
		finding->pending += here.count - there.count;
}

static struct kept_session *
kept_of(const struct audited *a, struct kept_session *none)
{
	struct kept_session *s;

	uuid_unparse_lower(a->id, none->id);
	if ((s = zhash_lookup(world->cloud->sessions, none->id)))
		return s;
	memcpy(none->id_bytes, a->id, 16);
	memcpy(none->user, a->user, 16);
	return none;
}

static bool
compare(struct in_sqlite *in, const struct audited *a)
{
	struct kept_session none = {.n_rows = 0}, *s = kept_of(a, &none);
	struct finding finding = {0};
	char ids[60];

	snprintf(ids, sizeof(ids), "[\"%s\"]", s->id);
	if (a->archived.count)
		compare_sums(in, a, s, ids, &finding);
	else
		compare_rows(in, a, s, ids, &finding);
	compare_records(in, s, ids, &finding);
	if (finding.n_wrong + finding.n[EXTRA] + finding.n[CHANGED] + finding.n[DOUBLED] + finding.n_records[EXTRA] +
	    finding.n_records[DOUBLED])
		broken("nothing is in Postgres that is not in SQLite: session %s", s->id);
	if (!world->has_thief && finding.n[MISSING] + finding.n_records[MISSING])
		broken("Postgres has what it gave a receipt for: session %s", s->id);
	ask_again(s, &finding);
	return !finding_differs(&finding) && !finding.pending && !finding.pending_records;
}

int64_t
auditor_wake_us(void)
{
	return world->cloud->audit_us;
}

void
auditor_work(void)
{
	struct cloud *c = world->cloud;
	struct pause pause = {.wait = go_on};
	struct in_sqlite *in;
	struct list list = {0};
	uint64_t n_wrong;
	struct err err;
	size_t i;

	c->audit_us = world->mono_us + (world->calm ? MINUTE_US : AUDIT_US);
	if (!keeper_runs() || world->weather.cloud_away)
		return;
	if (!(in = sqlite_open(KEEPER_FILE, &pause, &err)) || sqlite_begin(in, &err) < 0 ||
	    sqlite_sessions(in, NULL, &list, &n_wrong, &err) < 0 || n_wrong ||
	    sqlite_archived(in, &list, &err) < 0)
		broken("the auditor reads the store: %s", err.text);
	c->content = true;
	for (i = 0; i < list.n; i++)
		c->content &= compare(in, &list.items[i]);
	list_clear(&list);
	sqlite_end(in);
	sqlite_close(&in);
}

bool
auditor_is_content(void)
{
	return world->cloud->content;
}
