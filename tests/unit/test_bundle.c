#include "services/sync-worker/bundle.h"

#include <stdlib.h>
#include <zstd.h>

#include "common/hlc.h"
#include "proto/columns.h"
#include "proto/ids.h"
#include "tests/unit/test.h"

#define NOW     1795403600000000
#define USER    "00000001-0000-4000-8000-000000000001"
#define OTHER   "00000009-0000-4000-8000-000000000009"
#define SESSION "00000002-0000-4000-8000-000000000002"

static struct bundle_opener *opener;
static struct bundle *bundle;
static struct bundle_content content;
static struct reading rows[300];

static struct session
a_session(void)
{
	struct session s;

	msg_clear(&msg_session, &s);
	strcpy(s.id, SESSION);
	strcpy(s.local_session_id, "IHHT_1795403600000_abcdef");
	strcpy(s.user_id, USER);
	strcpy(s.gateway, "home");
	strcpy(s.device_id, "dev");
	s.status = SESSION_ACTIVE;
	s.hlc = hlc_next(0, NOW);
	return s;
}

static void
add(const struct message *message, const void *msg)
{
	struct err err;

	ok(records_add(bundle->records.bytes, sizeof(bundle->records.bytes), &bundle->records.len,
		       message, msg, &err) == 0, "%s", err.text);
}

static void
begin(const struct session *s)
{
	struct session own = a_session();

	msg_clear(&msg_bundle, bundle);
	strcpy(bundle->gateway, "home");
	strcpy(bundle->user_id, USER);
	strcpy(bundle->session_id, SESSION);
	add(&msg_session, s ? s : &own);
}

static void
add_rows(size_t n)
{
	size_t i, len;
	struct err err;

	for (i = 0; i < n; i++) {
		msg_clear(&msg_reading, &rows[i]);
		rows[i].taken_us = NOW + (int64_t)i * 1000000;
		rows[i].seq = (int64_t)i + 1;
		rows[i].spo2 = 90;
	}
	ok(columns_pack(&msg_reading, rows, n, bundle->columns.bytes, sizeof(bundle->columns.bytes),
			&len, &err) == 0);
	bundle->columns.len = (uint32_t)len;
	bundle->readings = (int64_t)n;
}

static void
seal(void)
{
	ids_bundle(bundle->gateway, bundle->records.bytes, bundle->records.len,
		   bundle->columns.bytes, bundle->columns.len, bundle->id);
}

static const char *
open_it(const char *gateway)
{
	static struct err err;

	err.text[0] = 0;
	return bundle_open(opener, bundle, gateway, NOW, &content, &err) < 0 ? err.text : "";
}

/* ---- good ones */

TEST(a_bundle_comes_out_as_it_went_in)
{
	union bundle_record record;
	const struct message *message;
	struct event e;

	begin(NULL);
	msg_clear(&msg_event, &e);
	strcpy(e.session_id, SESSION);
	e.event_type = EVENT_MASK_LIFT;
	add(&msg_event, &e);
	add_rows(300);
	seal();
	is_str(open_it("home"), "");
	is_int(content.n_rows, 300);
	is_int(content.rows[299].seq, 300);
	is_str(content.session.local_session_id, "IHHT_1795403600000_abcdef");
	is_int(bundle_next(&content.records, &message, &record), 1);
	ok(message == &msg_event && record.event.event_type == EVENT_MASK_LIFT);
	is_int(bundle_next(&content.records, &message, &record), 0);
}

TEST(a_bundle_may_be_without_readings)
{
	begin(NULL);
	seal();
	is_str(open_it("home"), "");
	is_int(content.n_rows, 0);
}

static void
squeeze(uint8_t *bytes, uint32_t *len)
{
	static uint8_t packed[262144];
	size_t n = ZSTD_compress(packed, sizeof(packed), bytes, *len, 3);

	memcpy(bytes, packed, n);
	*len = (uint32_t)n;
}

TEST(a_packed_bundle_is_the_same_bundle)
{
	begin(NULL);
	add_rows(300);
	seal();
	bundle->packing = PACKING_ZSTD;
	squeeze(bundle->records.bytes, &bundle->records.len);
	squeeze(bundle->columns.bytes, &bundle->columns.len);
	is_str(open_it("home"), "");
	is_int(content.n_rows, 300);
	is_real(content.rows[7].spo2, 90);
}

TEST(rows_are_put_in_the_order_of_their_key_and_each_is_kept_once)
{
	struct reading mixed[5];
	struct err err;
	size_t len, i;

	begin(NULL);
	add_rows(3);
	mixed[0] = rows[2];
	mixed[1] = rows[0];
	mixed[2] = rows[2];
	mixed[3] = rows[1];
	mixed[4] = rows[0];
	mixed[4].epoch = 5;
	ok(columns_pack(&msg_reading, mixed, 5, bundle->columns.bytes,
			sizeof(bundle->columns.bytes), &len, &err) == 0);
	bundle->columns.len = (uint32_t)len;
	bundle->readings = 5;
	seal();
	is_str(open_it("home"), "");
	is_int(content.n_rows, 4);
	is_int(content.rows[0].epoch, 0);
	is_int(content.rows[1].epoch, 5);
	for (i = 1; i < content.n_rows; i++)
		ok(content.rows[i - 1].taken_us <= content.rows[i].taken_us);
}

/* ---- bad ones: a row each */

static void other_session(struct session *s) { strcpy(s->id, OTHER); }
static void other_user(struct session *s) { strcpy(s->user_id, OTHER); }
static void other_gateway(struct session *s) { strcpy(s->gateway, "away"); }
static void no_status(struct session *s) { s->status = SESSION_NONE; }
static void far_ahead(struct session *s) { s->hlc = hlc_next(0, NOW + 61000000); }

TEST(a_session_row_that_is_not_the_bundles_is_refused)
{
	static const struct {
		void (*spoil)(struct session *);
		const char *complaint;
	} bad[] = {
		{other_session, "bundle: the session's row is of another session"},
		{other_user, "bundle: the session's row is of another person"},
		{other_gateway, "bundle: the session's row is of another gateway"},
		{no_status, "session.status: absent"},
		{far_ahead, "session.hlc: the gateway's clock is more than 60 s ahead"},
	};
	struct session s;
	size_t i;

	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		s = a_session();
		bad[i].spoil(&s);
		begin(&s);
		seal();
		is_str(open_it("home"), bad[i].complaint);
	}
}

static void
an_event(const char *session_id, int64_t hlc)
{
	struct event e;

	msg_clear(&msg_event, &e);
	strcpy(e.session_id, session_id);
	e.event_type = EVENT_MASK_LIFT;
	e.hlc = hlc;
	add(&msg_event, &e);
}

static void foreign_event(void) { an_event(OTHER, 1); }
static void future_event(void) { an_event(SESSION, hlc_next(0, NOW + 61000000)); }

static void
foreign_stats(void)
{
	struct phase_stats p;

	msg_clear(&msg_phase_stats, &p);
	strcpy(p.session_id, OTHER);
	p.phase_number = 1;
	add(&msg_phase_stats, &p);
}

static void
foreign_progression(void)
{
	struct progression p;

	msg_clear(&msg_progression, &p);
	strcpy(p.session_id, SESSION);
	strcpy(p.user_id, OTHER);
	add(&msg_progression, &p);
}

static void
a_survey(const char *session_id, int64_t kind, int64_t phase)
{
	struct survey s;

	msg_clear(&msg_survey, &s);
	strcpy(s.session_id, session_id);
	s.kind = kind;
	s.phase_number = phase;
	add(&msg_survey, &s);
}

static void foreign_survey(void) { a_survey(OTHER, SURVEY_PRE, MSG_NONE); }
static void no_kind(void) { a_survey(SESSION, SURVEY_NONE, MSG_NONE); }
static void no_phase(void) { a_survey(SESSION, SURVEY_INTRA, MSG_NONE); }

static void
foreign_gap(void)
{
	struct gap g;

	msg_clear(&msg_gap, &g);
	g.pos = g.seq = 1;
	strcpy(g.device_id, "dev");
	strcpy(g.session_id, OTHER);
	add(&msg_gap, &g);
}

static void
a_second_session(void)
{
	struct session s = a_session();

	add(&msg_session, &s);
}

static void
a_command(void)
{
	struct session_stop stop;

	msg_clear(&msg_session_stop, &stop);
	strcpy(stop.request_id, OTHER);
	strcpy(stop.session_id, SESSION);
	add(&msg_session_stop, &stop);
}

TEST(a_record_that_is_not_the_sessions_is_refused)
{
	static const struct {
		void (*put)(void);
		const char *complaint;
	} bad[] = {
		{foreign_event, "bundle: a event of another session"},
		{future_event, "event.hlc: the gateway's clock is more than 60 s ahead"},
		{foreign_stats, "bundle: a phase_stats of another session"},
		{foreign_progression, "bundle: a progression of another person"},
		{foreign_survey, "bundle: a survey of another session"},
		{no_kind, "survey.kind: absent"},
		{no_phase, "survey.phase_number: absent"},
		{foreign_gap, "bundle: a gap of another session"},
		{a_second_session, "bundle: session is no record of a session"},
		{a_command, "bundle: session_stop is no record of a session"},
	};
	size_t i;

	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		begin(NULL);
		bad[i].put();
		seal();
		is_str(open_it("home"), bad[i].complaint);
	}
}

static void not_first(void) { bundle->records.len = 0; an_event(SESSION, 1); seal(); }
static void no_records(void) { bundle->records.len = 0; seal(); }
static void cut_off(void) { bundle->records.len--; seal(); }
static void one_more(void) { bundle->readings++; }
static void one_less(void) { bundle->readings--; }
static void foreign_id(void) { strcpy(bundle->id, OTHER); }
static void bit_flipped(void) { bundle->columns.bytes[bundle->columns.len - 1] ^= 1; }
static void torn_columns(void) { bundle->columns.len /= 2; seal(); }
static void no_zstd(void) { bundle->packing = PACKING_ZSTD; }

/* 2 MB of zeros in some bytes */
static void
a_bomb(void)
{
	size_t size = 2 << 20;
	void *zeros = calloc(1, size);

	squeeze(bundle->records.bytes, &bundle->records.len);
	bundle->packing = PACKING_ZSTD;
	bundle->columns.len = (uint32_t)ZSTD_compress(bundle->columns.bytes,
						      sizeof(bundle->columns.bytes), zeros, size, 3);
	free(zeros);
}

TEST(a_bundle_that_is_not_what_it_says_is_refused)
{
	static const struct {
		void (*spoil)(void);
		const char *complaint;
	} bad[] = {
		{not_first, "bundle: the first record is no session"},
		{no_records, "bundle: the first record is no session"},
		{cut_off, "records: a length beyond the end"},
		{one_more, "bundle.readings: says 11 rows and has 10"},
		{one_less, "bundle: reading columns: 10 rows, more than 9"},
		{foreign_id, "bundle.id: not that of its content"},
		{bit_flipped, "bundle.id: not that of its content"},
		{torn_columns, "bundle: reading columns: column"},
		{no_zstd, "bundle.records: zstd: "},
		{a_bomb, "bundle.columns: zstd: Destination buffer is too small"},
	};
	size_t i;

	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		begin(NULL);
		add_rows(10);
		seal();
		bad[i].spoil();
		has_str(open_it("home"), bad[i].complaint);
	}
}

TEST(a_bundle_from_another_gateway_than_it_says_is_refused)
{
	begin(NULL);
	seal();
	is_str(open_it("away"), "bundle.gateway: not the sender's");
	is_str(open_it(""), "bundle.gateway: not the sender's");
}

TEST(no_truncation_is_taken)
{
	uint32_t n;

	begin(NULL);
	an_event(SESSION, 1);
	add_rows(20);
	for (n = bundle->records.len; n-- > 0;) {
		bundle->records.len = n;
		seal();
		/* whole records may be missing: that is another bundle, and right */
		ok(*open_it("home") || content.n_rows == 20);
	}
	begin(NULL);
	add_rows(20);
	for (n = bundle->columns.len; n-- > 0;) {
		bundle->columns.len = n;
		seal();
		ok(*open_it("home"), "columns cut to %u bytes", n);
	}
}

int
main(void)
{
	opener = bundle_opener_new();
	bundle = malloc(sizeof(*bundle));
	RUN(a_bundle_comes_out_as_it_went_in);
	RUN(a_bundle_may_be_without_readings);
	RUN(a_packed_bundle_is_the_same_bundle);
	RUN(rows_are_put_in_the_order_of_their_key_and_each_is_kept_once);
	RUN(a_session_row_that_is_not_the_bundles_is_refused);
	RUN(a_record_that_is_not_the_sessions_is_refused);
	RUN(a_bundle_that_is_not_what_it_says_is_refused);
	RUN(a_bundle_from_another_gateway_than_it_says_is_refused);
	RUN(no_truncation_is_taken);
	bundle_opener_free(&opener);
	free(bundle);
	return test_done();
}
