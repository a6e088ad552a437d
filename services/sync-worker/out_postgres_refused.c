/* What Postgres does not take, now or ever. */
#include "services/sync-worker/out_postgres_parts.h"

#include <string.h>

#include "common/clock.h"
#include "common/log.h"
#include "common/pg.h"
#include "services/sync-worker/faults.h"

#define SETUP_MOST_MS 30000  /* a person is about to put it right */

/* Leave off and try again later; `sqlstate` "" when the connection is gone. */
void
sink_back_off(struct sink *s, const char *sqlstate, const char *text)
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

void
sink_lost(struct sink *s)
{
	struct err err;

	(void)pg_err(s->wire.pg, NULL, NULL, &err);
	sink_back_off(s, s->step == CONNECTING ? fault_of_login(err.text) : "", err.text);
}

static void
refuse_all(struct sink *s)
{
	sink_outcome(s, OUTCOME_REFUSED, 0);
	memcpy(s->receipt.sqlstate, s->sqlstate, sizeof(s->sqlstate));
	(void)snprintf(s->receipt.text, sizeof(s->receipt.text), "%s", s->refused);
	s->over = 1;
	sink_query(s, UNDO, "ROLLBACK");
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
	sink_query(s, UNDO, "ROLLBACK");
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
		sink_query(s, UNDO, "ROLLBACK");
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
	sink_query(s, BACK, "ROLLBACK TO readings");
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
	sink_query(s, BACK, "ROLLBACK TO readings");
}

/* Postgres has said no to something. */
void
sink_failed(struct sink *s)
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
		sink_back_off(s, s->sqlstate, err.text);
	else if (s->step == HEAD)
		head_refused(s);
	else if (s->step == UPSERT)
		readings_refused(s);
	else
		refuse_all(s);
}
