#include "proto/columns.h"
#include "proto/records.h"
#include "services/local-store/quarantine/misfits.h"
#include "services/local-store/quarantine/release.h"
#include "tests/unit/store.h"

#define S 1000000LL
#define T (1000 * S)  /* when a test begins */

static const struct outbox_limits limits = {.rows = 10, .open_rows = 100, .in_flight = 4,
					    .wait_us = 0, .resend_us = 5 * S};

struct bench {
	struct rig rig;
	struct outbox *o;
	char id[37];
	struct entry *entry;
	int64_t now;
};

static void
reopen(struct bench *b)
{
	outbox_close(&b->o);
	rig_reload(&b->rig);
	b->o = outbox_open(b->rig.store, b->rig.sessions, "here", &limits, false, &b->rig.err);
	ok(b->o != NULL, "%s", b->rig.err.text);
	is_int(release_resume(&b->rig.life, b->o, &b->rig.err), 0);
	b->entry = store_load_id(b->rig.store, b->rig.sessions, b->id, &b->rig.err);
}

static const struct bundle *
next_bundle(struct bench *b)
{
	const struct message *message;
	const struct bundle *bundle;

	ok(outbox_work(b->o, b->now, &b->rig.err) >= 0, "%s", b->rig.err.text);
	if ((bundle = outbox_next(b->o, b->now, &message)))
		outbox_sent(b->o, b->now);
	return bundle;
}

static void
refuse(struct receipt *r, int64_t record, int64_t seq, const char *sqlstate)
{
	struct refusal refusal;

	msg_clear(&msg_refusal, &refusal);
	if (record >= 0)
		refusal.record = record;
	else {
		refusal.taken_us = NOW_US + seq * S;
		refusal.epoch = 1;
		refusal.seq = seq;
	}
	strcpy(refusal.sqlstate, sqlstate);
	strcpy(refusal.text, "no");
	is_int(records_add(r->quarantined.bytes, sizeof(r->quarantined.bytes), &r->quarantined.len,
			   &msg_refusal, &refusal, NULL), 0);
	r->outcome = OUTCOME_QUARANTINED;
}

static struct receipt
receipt_for(const struct bundle *bundle)
{
	struct receipt r;

	msg_clear(&msg_receipt, &r);
	strcpy(r.id, bundle->id);
	strcpy(r.session_id, bundle->session_id);
	r.outcome = OUTCOME_APPLIED;
	return r;
}

static void
give(struct bench *b, const struct receipt *r, int known)
{
	struct entry *entry;

	b->now += S;
	is_int(store_begin(b->rig.store, &b->rig.err), 0);
	is_int(outbox_receipt(b->o, r, b->now, &entry, &b->rig.err), known);
	is_int(outbox_save(b->o, &b->rig.err), 0);
	is_int(store_commit(b->rig.store, &b->rig.err), 0);
}

static void
applied(struct bench *b)
{
	const struct bundle *bundle;
	struct receipt r;

	while ((bundle = next_bundle(b))) {
		r = receipt_for(bundle);
		give(b, &r, 1);
	}
}

static void
setup(struct bench *b)
{
	memset(b, 0, sizeof(*b));
	b->now = T;
	rig_open(&b->rig);
	strcpy(b->id, rig_start(&b->rig, 1, "ring"));
	reopen(b);
	applied(b);
}

static void
teardown(struct bench *b)
{
	outbox_close(&b->o);
	rig_close(&b->rig);
}

static void
put_rows(struct bench *b, int from, int to)
{
	for (; from <= to; from++)
		rig_put(&b->rig, b->id, NOW_US + from * S, from, 90);
	outbox_head(b->o, store_last_reading(b->rig.store));
}

/* The seqs in a bundle as text: "1 2 4". */
static const char *
seqs(const struct bundle *bundle)
{
	static char text[200];
	struct reading rows[20];
	size_t n = 0, i, used = 0;

	*text = 0;
	if (!bundle)
		return "none";
	if (bundle->columns.len)
		is_int(columns_unpack(&msg_reading, bundle->columns.bytes, bundle->columns.len, rows, 20, &n,
				      NULL), 0);
	for (i = 0; i < n; i++)
		used += (size_t)snprintf(text + used, sizeof(text) - used, "%s%lld", i ? " " : "",
					 (long long)rows[i].seq);
	return text;
}

static struct reply
release(struct bench *b, int64_t action, int64_t entry, const char *changes)
{
	static struct effects fx;
	struct release m;

	msg_clear(&msg_release, &m);
	ids_random(m.request_id);
	m.action = action;
	m.entry = entry;
	strcpy(m.who, "eva");
	strcpy(m.changes, changes);
	effects_clear(&fx, m.request_id);
	is_int(store_begin(b->rig.store, &b->rig.err), 0);
	ok(release_apply(&b->rig.life, b->o, &m, NOW_US, &fx, &b->rig.err) == 0, "%s", b->rig.err.text);
	if (fx.entry)
		outbox_due(b->o, fx.entry);
	is_int(store_commit(b->rig.store, &b->rig.err), 0);
	return fx.reply;
}

static struct quarantine_counts
counts(const struct bench *b)
{
	return *quarantine_counts(outbox_quarantine(b->o));
}

TEST(a_reading_that_is_named_stays_behind_and_the_others_are_settled)
{
	struct bench b;
	struct receipt r;

	setup(&b);
	put_rows(&b, 1, 10);
	r = receipt_for(next_bundle(&b));
	refuse(&r, -1, 4, "23514");
	refuse(&r, -1, 7, "22003");
	give(&b, &r, 1);
	is_int(counts(&b).held, 2);
	is_int(b.entry->synced, 10);
	is_str(seqs(next_bundle(&b)), "none");
	give(&b, &r, 0);  /* the same receipt again */
	is_int(counts(&b).held, 2);
	is_int(rig_sql(&b.rig, "SELECT sum(tries) FROM quarantine"), 2);
	is_int(rig_sql(&b.rig, "SELECT count(*) FROM quarantine q JOIN readings r ON r.id = q.row "
		       "WHERE r.seq IN (4, 7) AND q.kind = 'reading'"), 2);
	teardown(&b);
}

TEST(a_receipt_that_is_lost_over_a_restart_costs_nothing_but_another_one)
{
	struct bench b;
	struct receipt r;

	setup(&b);
	put_rows(&b, 1, 10);
	is_str(seqs(next_bundle(&b)), "1 2 3 4 5 6 7 8 9 10");
	reopen(&b);
	r = receipt_for(next_bundle(&b));
	refuse(&r, -1, 4, "23514");
	give(&b, &r, 1);
	is_int(counts(&b).held, 1);
	reopen(&b);
	is_int(counts(&b).held, 1);
	is_str(seqs(next_bundle(&b)), "none");
	teardown(&b);
}

TEST(rows_in_quarantine_are_left_out_when_their_session_goes_again)
{
	struct bench b;
	struct receipt r;

	setup(&b);
	put_rows(&b, 1, 5);
	r = receipt_for(next_bundle(&b));
	refuse(&r, -1, 2, "23514");
	r.outcome = OUTCOME_REFUSED;  /* too many of them: all of it starts again, without these */
	give(&b, &r, 1);
	is_int(counts(&b).held, 1);
	is_int(b.entry->synced, 0);
	b.now += 61 * S;
	is_str(seqs(next_bundle(&b)), "");  /* its row */
	is_str(seqs(next_bundle(&b)), "1 3 4 5");
	applied(&b);
	is_int(outbox_repair(b.o, b.entry, NOW_US, NOW_US + 100 * S, &b.rig.err), 0);
	is_str(seqs(next_bundle(&b)), "1 3 4 5");
	teardown(&b);
}

TEST(a_replayed_reading_goes_again_also_over_a_restart_and_leaves_when_it_lands)
{
	struct bench b;
	struct receipt r;

	setup(&b);
	put_rows(&b, 1, 5);
	r = receipt_for(next_bundle(&b));
	refuse(&r, -1, 2, "23514");
	refuse(&r, -1, 4, "23514");
	give(&b, &r, 1);
	is_int(release(&b, QUARANTINE_REPLAY, 1, "").ok, 1);
	is_int(counts(&b).replaying, 1);
	reopen(&b);
	r = receipt_for(next_bundle(&b));
	refuse(&r, -1, 2, "23514");  /* too early */
	give(&b, &r, 1);
	is_int(counts(&b).held, 2);
	is_int(counts(&b).replaying, 0);
	is_int(release(&b, QUARANTINE_REPLAY, MSG_NONE, "").added, 2);
	is_str(seqs(next_bundle(&b)), "2 3 4");
	applied(&b);
	b.now += 6 * S;
	applied(&b);
	is_int(counts(&b).held + counts(&b).replaying, 0);
	is_int(rig_sql(&b.rig, "SELECT count(*) FROM quarantine_log WHERE action = 'landed'"), 2);
	is_int(rig_sql(&b.rig, "SELECT count(*) FROM quarantine_log WHERE who = 'eva' AND action = 'replay'"),
	       3);
	teardown(&b);
}

/* A survey in the next bundle; its receipt refuses it. */
static void
refuse_survey(struct bench *b)
{
	struct survey survey;
	struct receipt r;

	msg_clear(&msg_survey, &survey);
	ids_random(survey.request_id);
	strcpy(survey.session_id, b->id);
	survey.kind = SURVEY_PRE;
	survey.clarity = 1;
	is_int(rig_apply(&b->rig, &msg_survey, &survey).ok, 1);
	outbox_due(b->o, b->entry);
	r = receipt_for(next_bundle(b));
	refuse(&r, 1, 0, "23514");
	give(b, &r, 1);
	is_int(counts(b).held, 1);
}

/* How many records the next bundle has besides the session's row; -1: there is none. */
static int
n_records(struct bench *b)
{
	const struct bundle *bundle = next_bundle(b);
	struct records in;
	const struct message *m;
	char record[RECORDS_MAX];
	int n = -1;

	if (!bundle)
		return -1;
	in = (struct records){bundle->records.bytes, bundle->records.bytes + bundle->records.len};
	while (records_next(&in, &m, record, NULL) > 0)
		n++;
	return n;
}

TEST(a_record_that_is_refused_stays_behind_until_it_is_changed)
{
	struct bench b;
	struct survey survey;

	setup(&b);
	refuse_survey(&b);
	outbox_due(b.o, b.entry);
	is_int(n_records(&b), 0);
	b.now += 6 * S;
	applied(&b);
	reopen(&b);
	is_int(n_records(&b), -1);
	is_int(outbox_repair(b.o, b.entry, NOW_US, NOW_US, &b.rig.err), 0);
	is_int(n_records(&b), 0);
	b.now += 6 * S;
	applied(&b);

	/* the person says something else */
	msg_clear(&msg_survey, &survey);
	ids_random(survey.request_id);
	strcpy(survey.session_id, b.id);
	survey.kind = SURVEY_PRE;
	survey.clarity = 2;
	is_int(rig_apply(&b.rig, &msg_survey, &survey).ok, 1);
	outbox_due(b.o, b.entry);
	is_int(n_records(&b), 1);
	b.now += 6 * S;
	applied(&b);
	is_int(counts(&b).held, 0);
	teardown(&b);
}

TEST(a_fix_is_a_newer_version_and_says_what_it_changed)
{
	static const struct {
		const char *changes, *complaint;
	} rows[] = {
		{"", "must be a JSON object"},
		{"[1]", "must be a JSON object"},
		{"{}", "must be a JSON object"},
		{"{\"clarity\": 9}", "survey.clarity: must be from 1 to 5"},
		{"{\"colour\": 9}", "colour"},
		{"{\"kind\": \"post\"}", "cannot be fixed"},
		{"{\"session_id\": null}", "cannot be fixed"},
		{"{\"hlc\": 1}", "cannot be fixed"},
		{"{\"overall_rating\": 5}", "belongs to a post survey only"},
		{"{\"clarity\": 1}", "says already"},
	};
	struct reply reply;
	struct bench b;
	size_t i;

	setup(&b);
	refuse_survey(&b);
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		reply = release(&b, QUARANTINE_FIX, 1, rows[i].changes);
		ok(!reply.ok && strstr(reply.text, rows[i].complaint), "%s: %s", rows[i].changes, reply.text);
	}
	reply = release(&b, QUARANTINE_FIX, 1, "{\"clarity\": 3}");
	ok(reply.ok, "%s", reply.text);
	is_int(rig_sql(&b.rig, "SELECT clarity FROM survey"), 3);
	is_int(rig_sql(&b.rig, "SELECT json_extract(after, '$.clarity') * 10 + json_extract(before, '$.clarity') "
		       "FROM quarantine_log WHERE who = 'eva' AND action = 'fix'"), 31);
	is_int(n_records(&b), 1);
	teardown(&b);
}

TEST(what_happened_is_never_changed_and_a_session_is_never_dropped)
{
	struct bench b;
	struct receipt r;

	setup(&b);
	put_rows(&b, 1, 3);
	r = receipt_for(next_bundle(&b));
	refuse(&r, -1, 2, "23514");
	refuse(&r, 0, 0, "23514");
	give(&b, &r, 1);
	has_str(release(&b, QUARANTINE_FIX, 1, "{\"spo2\": 90}").text, "never changed");
	has_str(release(&b, QUARANTINE_DROP, 2, "").text, "hang on its row");
	has_str(release(&b, QUARANTINE_DROP, MSG_NONE, "").text, "only replay takes all");
	has_str(release(&b, QUARANTINE_DROP, 77, "").text, "no 77 in quarantine");
	has_str(release(&b, QUARANTINE_NONE, 1, "").text, "must be replay, fix or drop");
	is_int(release(&b, QUARANTINE_DROP, 1, "").ok, 1);
	is_int(release(&b, QUARANTINE_DROP, 1, "").ok, 1);
	is_int(rig_sql(&b.rig, "SELECT count(*) FROM quarantine_log"), 1);
	is_int(counts(&b).dropped, 1);
	is_int(rig_sql(&b.rig, "SELECT count(*) FROM readings"), 3);
	teardown(&b);
}

static struct reply
release_misfit(struct bench *b, int64_t action, int64_t no)
{
	struct effects fx;
	struct release m;

	msg_clear(&msg_release, &m);
	effects_clear(&fx, "");
	m.action = action;
	m.misfit = no;
	strcpy(m.who, "anne");
	is_int(store_begin(b->rig.store, &b->rig.err), 0);
	ok(release_apply(&b->rig.life, b->o, &m, NOW_US, &fx, &b->rig.err) == 0, "%s", b->rig.err.text);
	is_int(store_commit(b->rig.store, &b->rig.err), 0);
	return fx.reply;
}

TEST(a_row_of_a_batch_is_kept_once_and_released_on_record)
{
	struct misfit m;
	struct effects fx;
	struct bench b;
	int i;

	setup(&b);
	msg_clear(&msg_misfit, &m);
	strcpy(m.kind, "survey");
	strcpy(m.row, "{}");
	strcpy(m.why, "no");
	for (i = 0; i < 2; i++) {
		effects_clear(&fx, "");
		is_int(misfits_take(b.rig.store, &m, NOW_US, &fx, &b.rig.err), 0);
		is_int(fx.reply.ok, 1);
	}
	is_int(rig_sql(&b.rig, "SELECT count(*) FROM misfits"), 1);
	is_int(quarantine_count(outbox_quarantine(b.o), &b.rig.err), 0);
	is_int(counts(&b).misfits, 1);
	is_int(counts(&b).held, 0);
	is_int(release_misfit(&b, QUARANTINE_DROP, 1).ok, 1);
	is_int(rig_sql(&b.rig, "SELECT count(*) FROM quarantine_log WHERE kind = 'misfit' AND row = 1 AND "
			  "action = 'drop' AND before = '{}' AND who = 'anne'"), 1);
	is_int(release_misfit(&b, QUARANTINE_DROP, 2).ok, 0);
	is_int(quarantine_count(outbox_quarantine(b.o), &b.rig.err), 0);
	is_int(counts(&b).misfits, 0);
	teardown(&b);
}

TEST(what_waited_for_its_sessions_row_goes_when_that_has_landed)
{
	struct bench b;
	struct survey survey;
	struct receipt r;

	setup(&b);
	msg_clear(&msg_survey, &survey);
	ids_random(survey.request_id);
	strcpy(survey.session_id, b.id);
	survey.kind = SURVEY_PRE;
	survey.clarity = 1;
	is_int(rig_apply(&b.rig, &msg_survey, &survey).ok, 1);
	outbox_due(b.o, b.entry);
	r = receipt_for(next_bundle(&b));
	refuse(&r, 0, 0, "23514");
	refuse(&r, 1, 0, "23503");
	give(&b, &r, 1);
	is_int(counts(&b).held, 2);
	outbox_due(b.o, b.entry);  /* its row goes with anything, and now it lands */
	r = receipt_for(next_bundle(&b));
	give(&b, &r, 1);
	is_int(counts(&b).held, 0);
	is_int(counts(&b).replaying, 1);
	is_int(n_records(&b), 1);
	b.now += 6 * S;
	applied(&b);
	is_int(counts(&b).replaying, 0);
	teardown(&b);
}

TEST(a_receipt_that_names_what_is_not_there_changes_nothing)
{
	struct bench b;
	struct receipt r;

	setup(&b);
	put_rows(&b, 1, 3);
	r = receipt_for(next_bundle(&b));
	refuse(&r, -1, 99, "23514");
	refuse(&r, 150, 0, "23514");
	give(&b, &r, 1);
	is_int(counts(&b).held, 0);
	teardown(&b);
}

int
main(void)
{
	RUN(a_reading_that_is_named_stays_behind_and_the_others_are_settled);
	RUN(a_receipt_that_is_lost_over_a_restart_costs_nothing_but_another_one);
	RUN(rows_in_quarantine_are_left_out_when_their_session_goes_again);
	RUN(a_replayed_reading_goes_again_also_over_a_restart_and_leaves_when_it_lands);
	RUN(a_record_that_is_refused_stays_behind_until_it_is_changed);
	RUN(a_fix_is_a_newer_version_and_says_what_it_changed);
	RUN(what_happened_is_never_changed_and_a_session_is_never_dropped);
	RUN(a_row_of_a_batch_is_kept_once_and_released_on_record);
	RUN(what_waited_for_its_sessions_row_goes_when_that_has_landed);
	RUN(a_receipt_that_names_what_is_not_there_changes_nothing);
	return test_done();
}
