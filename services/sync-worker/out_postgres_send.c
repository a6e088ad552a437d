/* What is sent in each step of a bundle's way. */
#include "services/sync-worker/out_postgres_parts.h"

#include <stdlib.h>
#include <string.h>
#include <zmq.h>

#include "common/clock.h"
#include "common/fault.h"
#include "services/sync-worker/encode.h"

#define COPY_CHUNK    (64 * 1024)

void
sink_go(struct sink *s, enum step step)
{
	s->step = step;
	s->wake_us = clock_mono_us() + s->settings.timeout_ms * 1000;
}

static void
pipeline(struct sink *s, enum step step)
{
	sink_go(s, step);
	wire_pipeline(&s->wire);
}

static void
pipeline_end(struct sink *s)
{
	if (wire_pipeline_end(&s->wire) < 0)
		sink_lost(s);
}

void
sink_query(struct sink *s, enum step step, const char *sql)
{
	sink_go(s, step);
	if (wire_query(&s->wire, sql) < 0)
		sink_lost(s);
}

void
sink_connect(struct sink *s)
{
	breaker_try(&s->settings.breaker);
	sink_go(s, CONNECTING);
	if (wire_open(&s->wire, s->settings.conninfo) < 0)
		sink_lost(s);
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

void
sink_send_setup(struct sink *s)
{
	pipeline(s, SETUP);
	if (s->settings.prepare)
		send_session_settings(s);
	/* before they are needed, and to see that the tables are there */
	wire_sql(&s->wire, "SELECT ihht.readings_month(now()),"
			   " ihht.readings_month(now() + interval '1 month')");
	pipeline_end(s);
}

void
sink_send_month(struct sink *s, int64_t at_us)
{
	pipeline(s, MONTHS);
	values_month(&s->values, at_us);
	wire_statement(&s->wire, DO_MONTH, &s->values);
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

void
sink_send_head(struct sink *s)
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

void
sink_send_upsert(struct sink *s)
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

void
sink_send_copy(struct sink *s)
{
	char sql[400], table[MONTH_TABLE];

	s->copied = 0;
	(void)snprintf(sql, sizeof(sql), "COPY %s %s FROM STDIN (FORMAT binary); COMMIT",
		       month_table(month_of(s->content->rows[0].taken_us), table),
		       statement_copy_columns());
	sink_query(s, COPY, sql);
}

/* As many rows as the socket takes, and after the last one the end. */
void
sink_send_rows(struct sink *s)
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
			sink_lost(s);
			return;
		}
	}
	if (s->copied == c->n_rows && wire_copy(&s->wire, NULL, 0) < 0)
		sink_lost(s);
}
