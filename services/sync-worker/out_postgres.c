#include "services/sync-worker/out_postgres.h"

#include <stdlib.h>
#include <string.h>
#include <zmq.h>

#include "common/clock.h"
#include "common/fault.h"
#include "common/log.h"
#include "services/sync-worker/out_postgres_parts.h"

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
		sink_send_head(s);
		return;
	}
	sink_send_month(s, at);
}

/* The bundle in hand from the beginning: what was found out about it is forgotten. */
static void
start(struct sink *s)
{
	s->immediate = 0;
	refusals_clear(&s->refusals);
	begin(s);
}

void
sink_outcome(struct sink *s, enum outcome outcome, int64_t added)
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

/* It may not be on disk yet; a write of this person's row would bring it there. */
static void
set_unsynced(struct sink *s)
{
	s->unsynced = true;
	memcpy(s->user_id, s->content->bundle->user_id, sizeof(s->user_id));
}

/* It is committed; which of it?  A commit of nothing writes nothing, and so waits for nothing. */
static void
set_committed(struct sink *s)
{
	if (s->lazy)
		set_unsynced(s);
	else if (!s->known || s->added)
		s->unsynced = false;
	sink_outcome(s, s->halving.n < s->content->n_rows ? OUTCOME_REFUSED
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
	sink_go(s, FREE);
	s->wake_us = INT64_MAX;
	s->content = NULL;
	s->settings.backoff.n_failed = 0;
	breaker_worked(&s->settings.breaker);
	s->why[0] = 0;
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
	sink_send_upsert(s);
}

static void
after_head(struct sink *s)
{
	s->known = s->wire.rows[1] == 0;
	if (s->known)
		set_unsynced(s);  /* another worker's commit, perhaps */
	if (!s->content->n_rows) {
		set_committed(s);
		settle(s);
	} else if (s->known && s->content->bundle->fresh && !s->refusals.n) {
		sink_outcome(s, OUTCOME_DUPLICATE, 0);
		s->over = 1;
		sink_query(s, UNDO, "ROLLBACK");
	} else if (s->copy) {
		sink_send_copy(s);
	} else {
		sink_send_upsert(s);
	}
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
		sink_failed(s);
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
		sink_send_upsert(s);
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
		sink_lost(s);
	else if (r)
		sink_send_setup(s);
}

static void
poll_answers(struct sink *s)
{
	int r = wire_receive(&s->wire);

	if (r < 0)
		sink_lost(s);
	else if (r && s->wire.wants_rows)
		sink_send_rows(s);
	else if (r)
		advance(s);
}

int
sink_step(struct sink *s, struct receipt *receipt)
{
	int had = s->content != NULL;

	if (s->step == AWAY && clock_mono_us() >= s->wake_us)
		sink_connect(s);
	else if (s->step == CONNECTING)
		poll_connecting(s);
	else if (s->step != AWAY)
		poll_answers(s);
	if (s->step != AWAY && s->step != FREE && clock_mono_us() >= s->wake_us)
		sink_back_off(s, "", "Postgres: no answer in time");
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
	sink_query(s, SYNC, sql);
}

void
sink_put(struct sink *s, const struct bundle_content *content, bool more)
{
	ASSERT(s->step == FREE);
	s->content = content;
	s->lazy = more && s->settings.prepare;  /* a pooler may hide that Postgres has died */
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
