#include "services/sync-worker/out_postgres.h"

#include <stdlib.h>
#include <string.h>
#include <zmq.h>

#include "common/clock.h"
#include "common/fault.h"
#include "common/log.h"
#include "common/pg.h"
#include "services/sync-worker/encode.h"
#include "services/sync-worker/faults.h"
#include "services/sync-worker/months.h"
#include "services/sync-worker/refusals.h"
#include "services/sync-worker/wire.h"

#define COPY_CHUNK    (64 * 1024)
#define SETUP_MOST_MS 30000  /* a person is about to put it right */

/*
 * What is under way.  A bundle goes
 *	MONTHS   when a partition of it is not known to be there
 *	HEAD     begin, receipt, session, records; then a savepoint, or without readings commit
 *	COPY     fresh readings straight into their partition, and commit
 *	UPSERT   other readings: those that are not there yet; after the last of them commit
 *	SYNC     nothing: a commit that waits for the disk
 * A COPY that is refused (a reading was there already) is rolled back to the savepoint (BACK)
 * and its readings go the other way.  A bundle that is not fresh is written also when its
 * receipt is there: it may be a repair, of rows that Postgres has lost since.
 *
 * Rows that Postgres will never take do not hold the others.  A record that is refused is
 * known by its place among the statements: all is rolled back (UNDO) and begun again without
 * it.  Readings go in one statement, so the bad ones are found by trying parts (halving.h),
 * each refusal rolled back to the savepoint.
 */
enum step { AWAY, CONNECTING, SETUP, FREE, MONTHS, HEAD, COPY, UPSERT, BACK, UNDO, SYNC };

struct sink {
	struct sink_settings settings;
	struct wire wire;
	enum step step;
	int64_t wake_us;                  /* AWAY: try again; else: give up waiting */
	char why[300];
	struct sink_counts counts;
	uint8_t months[MONTHS_MAX];       /* 1: its partition is there */

	const struct bundle_content *content;  /* NULL: none in hand */
	int copy;                         /* this bundle may go by COPY */
	bool lazy;                        /* its commit need not wait for the disk */
	bool unsynced;                    /* there may be such commits */
	char user_id[37];                 /* whose bundle was the last */
	int known;                        /* its receipt was there before */
	int over;                         /* and is settled after UNDO; receipt says how */
	int immediate;                    /* constraints speak at once, not at the commit */
	int session_at, records_at;       /* first statement of HEAD for it, for them */
	size_t copied;
	int64_t added;                    /* since the savepoint */
	struct halving halving;           /* which readings to try now */
	struct reading *part;             /* those of them, when it is not all */
	struct refusals refusals;
	char sqlstate[6];                 /* of what was refused last, and in words */
	char refused[200];
	struct receipt receipt;
	struct values values;
};

/* ---- when it does not go on */

/* Leave off and try again later; `sqlstate` "" when the connection is gone. */
static void
back_off(struct sink *s, const char *sqlstate, const char *text)
{
	int64_t ms = backoff_next_ms(&s->settings.backoff);
	int64_t rest_ms = breaker_failed_ms(&s->settings.breaker);
	size_t n;

	s->counts.needs_person = fault_of(sqlstate, "") == FAULT_SETUP;
	if (s->counts.needs_person) {
		ms = ms < SETUP_MOST_MS ? ms : SETUP_MOST_MS;
		(void)snprintf(s->why, sizeof(s->why), "%.230s; %s", text, fault_cure(sqlstate));
	} else {
		(void)snprintf(s->why, sizeof(s->why), "%s", text);
	}
	ms = ms > rest_ms ? ms : rest_ms;
	n = strlen(s->why);
	if (rest_ms)
		(void)snprintf(s->why + n, sizeof(s->why) - n, "; failed %lld times, left alone for %.1f s",
			       (long long)s->settings.breaker.n_failed, (double)ms / 1000);
	if (s->counts.postgres_up || s->settings.backoff.n_failed == 1)
		log_warn("postgres_away", "retry_ms=%lld why=\"%s\"", (long long)ms, s->why);
	s->counts.n_retries++;
	s->counts.n_forgotten += s->unsynced;
	s->unsynced = false;
	s->counts.postgres_up = 0;
	memset(s->months, 0, sizeof(s->months));
	wire_close(&s->wire);
	s->step = AWAY;
	s->wake_us = clock_mono_us() + ms * 1000;
}

static void
lost(struct sink *s)
{
	struct err err;

	(void)pg_err(s->wire.pg, NULL, NULL, &err);
	back_off(s, s->step == CONNECTING ? fault_of_login(err.text) : "", err.text);
}

static void
go(struct sink *s, enum step step)
{
	s->step = step;
	s->wake_us = clock_mono_us() + s->settings.timeout_ms * 1000;
}

/* ---- what is sent in each step */

static void
pipeline(struct sink *s, enum step step)
{
	go(s, step);
	wire_pipeline(&s->wire);
}

static void
pipeline_end(struct sink *s)
{
	if (wire_pipeline_end(&s->wire) < 0)
		lost(s);
}

static void
query(struct sink *s, enum step step, const char *sql)
{
	go(s, step);
	if (wire_query(&s->wire, sql) < 0)
		lost(s);
}

static void
start_connecting(struct sink *s)
{
	breaker_try(&s->settings.breaker);
	go(s, CONNECTING);
	if (wire_open(&s->wire, s->settings.conninfo) < 0)
		lost(s);
}

/* What one session of the server keeps; a pooler shares sessions, so there none of it. */
static void
send_session_settings(struct sink *s)
{
	char text[80];
	int i;

	(void)snprintf(text, sizeof(text), "SET statement_timeout = %lld",
		       (long long)s->settings.timeout_ms);
	wire_sql(&s->wire, text);
	wire_sql(&s->wire, "SET jit = off");
	wire_sql(&s->wire, "SET plan_cache_mode = force_generic_plan");
	/* a receipt promises a commit that is on disk */
	wire_sql(&s->wire, "SELECT set_config('synchronous_commit', 'on', false)"
			   " WHERE current_setting('synchronous_commit') = 'off'");
	for (i = 0; i < N_STATEMENTS; i++)
		wire_prepare(&s->wire, i);
}

static void
send_setup(struct sink *s)
{
	pipeline(s, SETUP);
	if (s->settings.prepare)
		send_session_settings(s);
	/* before they are needed, and to see that the tables are there */
	wire_sql(&s->wire, "SELECT ihht.readings_month(now()),"
			   " ihht.readings_month(now() + interval '1 month')");
	pipeline_end(s);
}

static void
send_record(struct sink *s, const struct message *message, const union bundle_record *record)
{
	enum statement statement = values_record(&s->values, s->content, message, record);

	wire_statement(&s->wire, statement, &s->values);
}

/* The session's row and what it does to the person's other one. */
static void
send_session(struct sink *s)
{
	union bundle_record record = {.session = s->content->session};

	if (s->content->session.status == SESSION_ACTIVE) {
		values_supersede(&s->values, s->content);
		wire_statement(&s->wire, DO_SUPERSEDE, &s->values);
		s->records_at++;
	}
	send_record(s, &msg_session, &record);
	s->records_at++;
}

static void
send_head(struct sink *s)
{
	struct records records = s->content->records;
	const struct message *message;
	union bundle_record record;
	size_t place;

	pipeline(s, HEAD);
	wire_sql(&s->wire, "BEGIN");
	values_receipt(&s->values, s->content);
	wire_statement(&s->wire, DO_RECEIPT, &s->values);
	if (s->immediate)
		wire_sql(&s->wire, "SET CONSTRAINTS ALL IMMEDIATE");
	if (s->lazy || !s->settings.prepare)
		wire_sql(&s->wire, s->lazy ? "SET LOCAL synchronous_commit = off"
					   : "SET LOCAL synchronous_commit = on");
	s->session_at = s->records_at = 2 + s->immediate + (s->lazy || !s->settings.prepare);
	if (!refusals_has_record(&s->refusals, 0))
		send_session(s);
	for (place = 1; bundle_next(&records, &message, &record); place++)
		if (!refusals_has_record(&s->refusals, place))
			send_record(s, message, &record);
	wire_sql(&s->wire, s->content->n_rows ? "SAVEPOINT readings" : "COMMIT");
	pipeline_end(s);
}

/* The readings to try now, without those that are known to be bad. */
static const struct reading *
part(struct sink *s, size_t to, size_t *n)
{
	const struct halving *h = &s->halving;
	const struct reading *rows = s->content->rows;
	size_t from = h->in, i, end;

	*n = 0;
	if (!h->n_found) {
		*n = to - from;
		return rows + from;
	}
	s->part = reallocarray(s->part, s->content->n_rows, sizeof(*s->part));
	ASSERT(s->part);
	for (i = 0; from < to; i++) {
		end = i < h->n_found && h->found[i] < to ? h->found[i] : to;
		if (end < from)
			continue;
		memcpy(s->part + *n, rows + from, (end - from) * sizeof(*rows));
		*n += end - from;
		from = end + (end < to);
	}
	return s->part;
}

static void
send_upsert(struct sink *s)
{
	const struct reading *rows;
	size_t to, n;
	int last = halving_next(&s->halving, &to);

	rows = part(s, to, &n);
	pipeline(s, UPSERT);
	if (n) {
		values_readings(&s->values, s->content, rows, n);
		wire_statement(&s->wire, DO_READINGS, &s->values);
	}
	FAULT("sync-worker.applied");
	if (last)
		wire_sql(&s->wire, "COMMIT");
	pipeline_end(s);
}

static void
send_copy(struct sink *s)
{
	char sql[400], table[MONTH_TABLE];

	s->copied = 0;
	(void)snprintf(sql, sizeof(sql), "COPY %s %s FROM STDIN (FORMAT binary); COMMIT",
		       month_table(month_of(s->content->rows[0].taken_us), table),
		       statement_copy_columns());
	query(s, COPY, sql);
}

/* As many rows as the socket takes, and after the last one the end. */
static void
send_rows(struct sink *s)
{
	static uint8_t chunk[COPY_CHUNK];
	const struct bundle_content *c = s->content;
	size_t n;

	FAULT("sync-worker.applied");
	while (s->copied < c->n_rows && !(s->wire.events & ZMQ_POLLOUT)) {
		n = s->copied ? 0 : encode_copy_head(chunk);
		while (s->copied < c->n_rows && n + ENCODE_ROW <= sizeof(chunk))
			n += encode_copy_row(c->user_id, c->session_id, &c->rows[s->copied++],
					     chunk + n);
		if (wire_copy(&s->wire, chunk, n) < 0) {
			lost(s);
			return;
		}
	}
	if (s->copied == c->n_rows && wire_copy(&s->wire, NULL, 0) < 0)
		lost(s);
}

/* ---- a bundle's way */

/* The first month of the bundle whose partition may be missing, -1 when none. */
static int64_t
unknown_month(const struct sink *s)
{
	const struct bundle_content *c = s->content;
	int64_t until = -1;
	size_t i;
	int month;

	for (i = 0; i < c->n_rows; i++) {
		if (c->rows[i].taken_us < until)
			continue;
		month = month_of(c->rows[i].taken_us);
		if (!s->months[month])
			return c->rows[i].taken_us;
		until = month_start_us(month + 1);
		if (c->rows[c->n_rows - 1].taken_us < until)
			break;
	}
	return -1;
}

static int
is_one_month(const struct bundle_content *c)
{
	return month_of(c->rows[0].taken_us) == month_of(c->rows[c->n_rows - 1].taken_us);
}

static void
begin(struct sink *s)
{
	int64_t at = unknown_month(s);

	s->over = 0;
	s->added = 0;
	halving_start(&s->halving, s->content->n_rows, 0);
	if (at < 0) {
		send_head(s);
		return;
	}
	pipeline(s, MONTHS);
	values_month(&s->values, at);
	wire_statement(&s->wire, DO_MONTH, &s->values);
	pipeline_end(s);
}

/* The bundle in hand from the beginning: what was found out about it is forgotten. */
static void
start(struct sink *s)
{
	s->immediate = 0;
	refusals_clear(&s->refusals);
	begin(s);
}

static void
set_outcome(struct sink *s, enum outcome outcome, int64_t added)
{
	const struct bundle *b = s->content->bundle;

	msg_clear(&msg_receipt, &s->receipt);
	memcpy(s->receipt.id, b->id, sizeof(b->id));
	memcpy(s->receipt.session_id, b->session_id, sizeof(b->session_id));
	s->receipt.outcome = outcome;
	s->receipt.added = added;
	s->receipt.seen = outcome == OUTCOME_REFUSED
				  ? 0 : b->readings - added - (int64_t)s->halving.n_found;
	refusals_put(&s->refusals, &s->receipt);
}

/* It is committed; which of it?  A commit of nothing writes nothing, and so waits for nothing. */
static void
set_committed(struct sink *s)
{
	s->unsynced = s->lazy || (s->unsynced && s->known && !s->added);
	set_outcome(s, s->halving.n < s->content->n_rows ? OUTCOME_REFUSED
		    : s->refusals.n ? OUTCOME_QUARANTINED
		    : s->known && !s->added ? OUTCOME_DUPLICATE : OUTCOME_APPLIED, s->added);
	if (s->receipt.outcome != OUTCOME_REFUSED)
		return;
	memcpy(s->receipt.sqlstate, s->sqlstate, sizeof(s->sqlstate));
	(void)snprintf(s->receipt.text, sizeof(s->receipt.text), "more than %d rows, the last: %s",
		       REFUSALS_MOST, s->refused);
}

/* The bundle's fate is known, and with Postgres: the next one may come. */
static void
settle(struct sink *s)
{
	go(s, FREE);
	s->wake_us = INT64_MAX;
	s->content = NULL;
	s->settings.backoff.n_failed = 0;
	breaker_worked(&s->settings.breaker);
	s->why[0] = 0;
}

/* A bad reading stands alone.  With too many of them what comes after waits. */
static void
found(struct sink *s)
{
	const struct halving *h = &s->halving;

	refusals_add_reading(&s->refusals, &s->content->rows[h->found[h->n_found - 1]], s->sqlstate,
			     s->refused);
	if (refusals_full(&s->refusals))
		halving_cut(&s->halving);
}

static void
after_upsert(struct sink *s)
{
	int last = !s->halving.bad;

	if (s->wire.n_results > last)  /* without a reading left there was only the commit */
		s->added += s->wire.rows[0];
	if (last) {
		set_committed(s);
		settle(s);
		return;
	}
	halving_taken(&s->halving);
	send_upsert(s);
}

static void
after_head(struct sink *s)
{
	s->known = s->wire.rows[1] == 0;
	s->unsynced |= s->known;  /* another worker's commit, perhaps */
	if (!s->content->n_rows) {
		set_committed(s);
		settle(s);
	} else if (s->known && s->content->bundle->fresh && !s->refusals.n) {
		set_outcome(s, OUTCOME_DUPLICATE, 0);
		s->over = 1;
		query(s, UNDO, "ROLLBACK");
	} else if (s->copy) {
		send_copy(s);
	} else {
		send_upsert(s);
	}
}

/* ---- what is refused */

static void
refuse_all(struct sink *s)
{
	set_outcome(s, OUTCOME_REFUSED, 0);
	memcpy(s->receipt.sqlstate, s->sqlstate, sizeof(s->sqlstate));
	(void)snprintf(s->receipt.text, sizeof(s->receipt.text), "%s", s->refused);
	s->over = 1;
	query(s, UNDO, "ROLLBACK");
}

/* Which record the refused statement of HEAD was for; -1 none. */
static int
refused_place(const struct sink *s, size_t *place)
{
	struct records records = s->content->records;
	const struct message *message;
	union bundle_record record;
	int at = s->records_at;

	*place = 0;
	if (s->wire.n_results < s->records_at)
		return s->wire.n_results < s->session_at ? -1 : 0;
	while (bundle_next(&records, &message, &record))
		if (!refusals_has_record(&s->refusals, ++*place) && at++ == s->wire.n_results)
			return 0;
	return -1;
}

/* Without its session's row no record can come: they need not be tried one by one. */
static void
refuse_orphans(struct sink *s)
{
	struct records records = s->content->records;
	const struct message *message;
	union bundle_record record;
	size_t place;

	for (place = 1; bundle_next(&records, &message, &record); place++)
		if (!refusals_full(&s->refusals) && !refusals_has_record(&s->refusals, place))
			refusals_add_record(&s->refusals, place, s->sqlstate, s->refused);
}

/* The commit was refused: a constraint that speaks late is made to speak at once. */
static void
late(struct sink *s)
{
	if (s->immediate) {
		refuse_all(s);
		return;
	}
	s->immediate = 1;
	query(s, UNDO, "ROLLBACK");
}

static void
head_refused(struct sink *s)
{
	size_t place;

	if (refused_place(s, &place) < 0) {
		if (wire_in_transaction(&s->wire))
			refuse_all(s);
		else
			late(s);
		return;
	}
	if (place && refusals_has_record(&s->refusals, 0) && !strcmp(s->sqlstate, "23503")) {
		refuse_orphans(s);
	} else {
		refusals_add_record(&s->refusals, place, s->sqlstate, s->refused);
	}
	if (refusals_full(&s->refusals))
		refuse_all(s);
	else
		query(s, UNDO, "ROLLBACK");
}

static void
readings_refused(struct sink *s)
{
	struct halving *h = &s->halving;

	if (!wire_in_transaction(&s->wire)) {
		late(s);
		return;
	}
	s->added = 0;
	if (halving_refused(h))
		found(s);
	query(s, BACK, "ROLLBACK TO readings");
}

/* The other way, and perhaps the bad ones are looked for. */
static void
copy_refused(struct sink *s, int of_rows)
{
	s->counts.n_copy_fallbacks++;
	s->copy = 0;
	if (!wire_in_transaction(&s->wire)) {
		late(s);
		return;
	}
	if (of_rows && strcmp(s->sqlstate, "23505") != 0)
		halving_start(&s->halving, s->content->n_rows, 1);
	query(s, BACK, "ROLLBACK TO readings");
}

/* Postgres has said no to something. */
static void
failed(struct sink *s)
{
	const char *constraint = PQresultErrorField(s->wire.error, PG_DIAG_CONSTRAINT_NAME);
	const char *said = PQresultErrorField(s->wire.error, PG_DIAG_MESSAGE_PRIMARY);
	enum fault fault;
	struct err err;

	(void)pg_err(s->wire.pg, s->wire.error, s->sqlstate, &err);
	(void)snprintf(s->refused, sizeof(s->refused), "%s", said ? said : "");
	fault = fault_of(s->sqlstate, constraint ? constraint : "");
	if (s->step == COPY)
		copy_refused(s, fault == FAULT_REFUSE);
	else if (s->step == SETUP || s->step == UNDO || s->step == BACK || s->step == SYNC || fault != FAULT_REFUSE)
		back_off(s, s->sqlstate, err.text);
	else if (s->step == HEAD)
		head_refused(s);
	else if (s->step == UPSERT)
		readings_refused(s);
	else
		refuse_all(s);
}

static void
after_setup(struct sink *s)
{
	s->counts.postgres_up = 1;
	s->counts.needs_person = 0;
	s->why[0] = 0;
	log_info("connected", "retries=%llu", (unsigned long long)s->counts.n_retries);
	if (s->content)
		start(s);
	else
		settle(s);
}

/* All answers of the step are here. */
static void
advance(struct sink *s)
{
	if (s->wire.error) {
		failed(s);
		return;
	}
	switch (s->step) {
	case SETUP:
		after_setup(s);
		break;
	case MONTHS:
		s->months[month_of(unknown_month(s))] = 1;
		begin(s);
		break;
	case HEAD:
		FAULT("sync-worker.begun");
		after_head(s);
		break;
	case COPY:
		s->added = s->wire.rows[0];
		set_committed(s);
		settle(s);
		break;
	case UPSERT:
		after_upsert(s);
		break;
	case BACK:
		send_upsert(s);
		break;
	case UNDO:
		if (s->over)
			settle(s);
		else
			begin(s);
		break;
	case SYNC:
		s->unsynced = false;
		settle(s);
		break;
	case AWAY:
	case CONNECTING:
	case FREE:
		break;
	}
}

static void
poll_connecting(struct sink *s)
{
	int r = wire_connecting(&s->wire);

	if (r < 0)
		lost(s);
	else if (r)
		send_setup(s);
}

static void
poll_answers(struct sink *s)
{
	int r = wire_receive(&s->wire);

	if (r < 0)
		lost(s);
	else if (r && s->wire.wants_rows)
		send_rows(s);
	else if (r)
		advance(s);
}

int
sink_step(struct sink *s, struct receipt *receipt)
{
	int had = s->content != NULL;

	if (s->step == AWAY && clock_mono_us() >= s->wake_us)
		start_connecting(s);
	else if (s->step == CONNECTING)
		poll_connecting(s);
	else if (s->step != AWAY)
		poll_answers(s);
	if (s->step != AWAY && s->step != FREE && clock_mono_us() >= s->wake_us)
		back_off(s, "", "Postgres: no answer in time");
	if (!had || s->content)
		return 0;
	*receipt = s->receipt;
	return 1;
}

/* ---- the caller's side */

struct sink *
sink_open(const struct sink_settings *settings)
{
	struct sink *s = calloc(1, sizeof(*s));

	ASSERT(s);
	s->settings = *settings;
	s->wire.prepared = settings->prepare;
	s->step = AWAY;
	(void)snprintf(s->why, sizeof(s->why), "Postgres: not connected yet");
	return s;
}

void
sink_close(struct sink **sink)
{
	if (!*sink)
		return;
	wire_close(&(*sink)->wire);
	values_release(&(*sink)->values);
	free((*sink)->part);
	free(*sink);
	*sink = NULL;
}

int
sink_fd(const struct sink *s)
{
	return s->wire.pg ? PQsocket(s->wire.pg) : -1;
}

short
sink_events(const struct sink *s)
{
	return s->wire.events;
}

int64_t
sink_wake_us(const struct sink *s)
{
	return s->wake_us;
}

int
sink_is_free(const struct sink *s)
{
	return s->step == FREE;
}

bool
sink_is_on_disk(const struct sink *s)
{
	return !s->unsynced;
}

void
sink_sync(struct sink *s)
{
	char sql[200];

	ASSERT(s->step == FREE);
	(void)snprintf(sql, sizeof(sql), "BEGIN; %sUPDATE public.sync_heads SET rev = rev WHERE user_id = '%s'; COMMIT",
		       s->settings.prepare ? "" : "SET LOCAL synchronous_commit = on; ", s->user_id);
	query(s, SYNC, sql);
}

void
sink_put(struct sink *s, const struct bundle_content *content, bool more)
{
	ASSERT(s->step == FREE);
	s->content = content;
	s->lazy = more && s->settings.prepare;  /* a pooler may hide that Postgres has died */
	memcpy(s->user_id, content->bundle->user_id, sizeof(s->user_id));
	s->copy = content->bundle->fresh && content->n_rows && is_one_month(content);
	start(s);
}

const char *
sink_why(const struct sink *s)
{
	return s->why;
}

const struct sink_counts *
sink_counts(const struct sink *s)
{
	return &s->counts;
}

const struct breaker *
sink_breaker(const struct sink *s)
{
	return &s->settings.breaker;
}
