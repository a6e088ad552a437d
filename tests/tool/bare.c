/*
 * bare - the limit of sync-worker: its statements and nothing else
 *
 *	bare CONNINFO copy|insert SESSIONS BUNDLES ROWS
 *
 * Writes the readings of tests/tool/bundles from memory, by blocking calls: `copy` by the
 * statements of sync-worker for fresh bundles, `insert` as apps do it, by INSERT of 100 rows
 * in text with ON CONFLICT DO NOTHING.  Prints readings per second.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <uuid/uuid.h>

#include "common/clock.h"
#include "common/pg.h"
#include "proto/ids.h"
#include "services/sync-worker/encode.h"
#include "services/sync-worker/months.h"
#include "services/sync-worker/statements.h"

#define START_US 1795403600000000LL

struct bare {
	PGconn *pg;
	struct bundle bundle;
	struct bundle_content content;
	struct reading *rows;
	struct values values;
	uint8_t *copy;
	char *sql;
};

static void
must(int r, const struct err *err)
{
	if (r >= 0)
		return;
	fprintf(stderr, "bare: %s\n", err->text);
	exit(1);
}

static void
set_session(struct bare *b, long n)
{
	struct session *s = &b->content.session;

	msg_clear(&msg_session, s);
	(void)snprintf(s->local_session_id, sizeof(s->local_session_id), "IHHT_%lld_%06ld",
		       START_US / 1000, n);
	ids_session(s->local_session_id, s->id);
	(void)snprintf(s->user_id, sizeof(s->user_id), "00000001-0000-4000-8000-%012lx", n & 0xffffff);
	(void)snprintf(s->gateway, sizeof(s->gateway), "bare");
	(void)snprintf(s->device_id, sizeof(s->device_id), "tool-%ld", n);
	s->status = SESSION_ACTIVE;
	s->start_us = START_US;
	s->session_type = SESSION_TYPE_IHHT;
	s->data_source = DATA_SOURCE_MOCK;
	s->hlc = 1;
	(void)uuid_parse(s->user_id, b->content.user_id);
	(void)uuid_parse(s->id, b->content.session_id);
}

static void
set_rows(struct bare *b, long first, size_t n)
{
	size_t i;

	for (i = 0; i < n; i++) {
		struct reading *r = &b->rows[i];

		msg_clear(&msg_reading, r);
		r->taken_us = START_US + (first + (long)i) * CLOCK_SECOND;
		r->epoch = START_US;
		r->seq = first + (long)i + 1;
		r->spo2 = (double)(97 - (first + (long)i) / 7 % 20);
		r->heart_rate = (double)(61 + (first + (long)i) * 13 % 9);
		r->perfusion_index = (double)(50 + (first + (long)i) % 37) / 10;
		r->signal_strength = 80;
		r->battery = 90;
		r->data_source = DATA_SOURCE_MOCK;
		r->phase_type = PHASE_ALTITUDE;
		r->cycle_number = 1;
		r->altitude_level = 6;
	}
	b->content.rows = b->rows;
	b->content.n_rows = n;
	uuid_generate_random(b->content.id);
}

static void
run(struct bare *b, enum statement statement)
{
	struct err err;

	must(pg_expect(b->pg, PQexecPrepared(b->pg, statement_name(statement), b->values.n, b->values.p,
					     b->values.lengths, b->values.binary, 1),
		       statement == DO_MONTH ? PGRES_TUPLES_OK : PGRES_COMMAND_OK, &err), &err);
}

static void
prepare(struct bare *b)
{
	static const Oid types[] = {2950, 2950, 20, 25, 2950};
	struct err err;
	int i;

	for (i = 0; i < N_STATEMENTS; i++)
		must(pg_expect(b->pg, PQprepare(b->pg, statement_name(i), statement_sql(i),
						i >= DO_SESSION && i <= DO_GAP ? 5 : 0, types),
			       PGRES_COMMAND_OK, &err), &err);
	values_month(&b->values, START_US);
	run(b, DO_MONTH);
}

static void
write_copy(struct bare *b)
{
	struct bundle_content *c = &b->content;
	char sql[400], table[MONTH_TABLE];
	union bundle_record record;
	struct err err;
	size_t i, n;

	must(pg_exec(b->pg, "BEGIN", &err), &err);
	values_receipt(&b->values, c);
	run(b, DO_RECEIPT);
	values_supersede(&b->values, c);
	run(b, DO_SUPERSEDE);
	record.session = c->session;
	(void)values_record(&b->values, c, &msg_session, &record);
	run(b, DO_SESSION);
	(void)snprintf(sql, sizeof(sql), "COPY %s %s FROM STDIN (FORMAT binary)",
		       month_table(month_of(START_US), table), statement_copy_columns());
	must(pg_expect(b->pg, PQexec(b->pg, sql), PGRES_COPY_IN, &err), &err);
	n = encode_copy_head(b->copy);
	for (i = 0; i < c->n_rows; i++)
		n += encode_copy_row(c->user_id, c->session_id, &c->rows[i], b->copy + n);
	if (PQputCopyData(b->pg, (char *)b->copy, (int)n) != 1 || PQputCopyEnd(b->pg, NULL) != 1)
		exit(1);
	must(pg_expect(b->pg, PQgetResult(b->pg), PGRES_COMMAND_OK, &err), &err);
	PQclear(PQgetResult(b->pg));
	must(pg_exec(b->pg, "COMMIT", &err), &err);
}

static void
write_inserts(struct bare *b)
{
	const struct bundle_content *c = &b->content;
	struct err err;
	char at[CLOCK_TEXT], *p = b->sql;
	size_t i;

	for (i = 0; i < c->n_rows; i++) {
		const struct reading *r = &c->rows[i];

		if (i % 100 == 0)
			p = b->sql + sprintf(b->sql, "INSERT INTO readings (user_id, session_id, timestamp,"
				" epoch, seq, spo2, heart_rate, perfusion_index, signal_strength, battery,"
				" is_valid, data_source, phase_type, cycle_number, fio2_level) VALUES ");
		p += sprintf(p, "%s('%s','%s','%s',%lld,%lld,%g,%g,%g,80,90,true,'mock','ALTITUDE',1,6)",
			     i % 100 ? "," : "", c->session.user_id, c->session.id,
			     clock_text(r->taken_us, at), (long long)r->epoch, (long long)r->seq, r->spo2,
			     r->heart_rate, r->perfusion_index);
		if (i % 100 == 99 || i + 1 == c->n_rows) {
			strcpy(p, " ON CONFLICT DO NOTHING");
			must(pg_exec(b->pg, b->sql, &err), &err);
		}
	}
}

int
main(int argc, char **argv)
{
	long sessions, bundles, rows, s, i;
	static struct bare b;
	struct err err;
	int64_t start;

	if (argc != 6)
		return 100;
	sessions = atol(argv[3]);
	bundles = atol(argv[4]);
	rows = atol(argv[5]);
	b.content.bundle = &b.bundle;
	strcpy(b.bundle.gateway, "bare");
	b.rows = malloc((size_t)rows * sizeof(*b.rows));
	b.copy = malloc((size_t)rows * ENCODE_ROW + ENCODE_HEAD);
	b.sql = malloc(100 * 300 + 1000);
	b.pg = pg_connect(argv[1], "bare", &err);
	must(b.pg ? 0 : -1, &err);
	prepare(&b);
	start = clock_mono_us();
	for (i = 0; i < bundles; i++)
		for (s = 0; s < sessions; s++) {
			set_session(&b, s);
			set_rows(&b, i * rows, (size_t)rows);
			if (!strcmp(argv[2], "copy"))
				write_copy(&b);
			else
				write_inserts(&b);
		}
	printf("readings_per_s=%.0f\n", (double)(sessions * bundles * rows) * 1e6 /
					(double)(clock_mono_us() - start));
	values_release(&b.values);
	pg_close(&b.pg);
	free(b.rows);
	free(b.copy);
	free(b.sql);
	return 0;
}
