/*
 * Commands under way, told what time it is: what is sent when, and what becomes of a plan.
 */
#include "proto/ids.h"
#include "services/http-api/commands/pending.h"
#include "tests/unit/test.h"

#define T0 1000000000LL

/* A plan of n surveys. */
static struct plan
surveys(size_t n)
{
	struct plan plan = {0};
	size_t i;

	for (i = 0; i < n; i++)
		ok(plan_step(&plan, &msg_survey, i) != NULL);
	return plan;
}

/* A batch of n surveys, packed; its rows are n numbers. */
static struct plan
packed(size_t n)
{
	struct plan plan = surveys(n);
	struct survey *survey;
	size_t i;

	plan.is_batch = 1;
	plan.rows = json_array();
	for (i = 0; i < n; i++)
		json_array_append_new(plan.rows, json_integer((json_int_t)i));
	strcpy(plan.kind, "survey");
	for (i = 0; i < n; i++) {
		survey = plan.steps[i].msg;
		strcpy(survey->session_id, "aaaaaaaa-aaaa-5aaa-8aaa-aaaaaaaaaaaa");
	}
	is_int(plan_pack(&plan), 0);
	return plan;
}

static struct reply
reply_to(const struct step *step, int is_ok, int64_t added)
{
	struct reply reply;

	msg_clear(&msg_reply, &reply);
	memcpy(reply.request_id, step->msg, sizeof(reply.request_id));
	reply.ok = is_ok;
	reply.added = added;
	return reply;
}

static size_t
count_due(struct pending *p, int64_t now)
{
	size_t n = 0;

	while (pending_due(p, now))
		n++;
	return n;
}

TEST(a_command_is_sent_again_until_it_is_answered)
{
	struct pending *p = pending_new();
	struct plan plan = surveys(1);
	const struct step *step, *again;
	struct result result;
	struct reply reply;
	int owner;

	pending_add(p, &plan, &owner, T0);
	is_int(plan.n, 0);
	is_int(pending_next_us(p), 0);
	step = pending_due(p, T0);
	if (!ok(step != NULL))
		return;
	ok(pending_due(p, T0) == NULL);
	is_int(pending_next_us(p), T0 + PENDING_AGAIN_US);
	ok(pending_due(p, T0 + PENDING_AGAIN_US - 1) == NULL);
	again = pending_due(p, T0 + PENDING_AGAIN_US);
	ok(again == step);
	is_int(pending_next_us(p), T0 + 3 * PENDING_AGAIN_US);
	ok(pending_due(p, T0 + 3 * PENDING_AGAIN_US - 1) == NULL);
	ok(pending_due(p, T0 + 3 * PENDING_AGAIN_US) == step);
	is_int(pending_ended(p, T0 + PENDING_AGAIN_US, &result), 0);
	reply = reply_to(step, 1, 1);
	is_int(pending_reply(p, &reply, T0), 1);
	is_int(pending_reply(p, &reply, T0), 0);
	is_int(pending_ended(p, T0 + PENDING_AGAIN_US, &result), 1);
	is_int(result.outcome, PENDING_DONE);
	ok(result.owner == &owner);
	is_int(result.added, 1);
	is_int(pending_ended(p, T0, &result), 0);
	is_int(pending_next_us(p), INT64_MAX);
	pending_free(&p);
}

TEST(without_an_answer_it_ends_in_time)
{
	struct pending *p = pending_new();
	struct plan plan = surveys(1);
	struct result result;

	pending_add(p, &plan, NULL, T0);
	ok(pending_due(p, T0) != NULL);
	is_int(pending_ended(p, T0 + PENDING_GIVE_UP_US - 1, &result), 0);
	is_int(pending_ended(p, T0 + PENDING_GIVE_UP_US, &result), 1);
	is_int(result.outcome, PENDING_TIMED_OUT);
	is_int(pending_next_us(p), INT64_MAX);
	plan = surveys(1);
	plan.is_batch = 1;
	pending_add(p, &plan, NULL, T0);
	is_int(pending_ended(p, T0 + PENDING_BATCH_US - 1, &result), 0);
	is_int(pending_ended(p, T0 + PENDING_BATCH_US, &result), 1);
	pending_free(&p);
}

/* Replies come, but too slowly for all of it. */
TEST(a_long_batch_ends_in_time_too)
{
	struct pending *p = pending_new();
	struct plan plan = packed(100);
	struct result result;
	struct reply replies[100];
	int64_t now = T0;
	size_t n;

	for (n = 0; n < 100; n++)
		replies[n] = reply_to(&plan.steps[n], 1, 1);
	pending_add(p, &plan, NULL, T0);
	for (n = 0; !pending_ended(p, now, &result) && n < 100; n++) {
		(void)pending_due(p, now);
		ok(pending_reply(p, &replies[n], now));
		now += PENDING_BATCH_US - 1;
	}
	is_int(result.outcome, PENDING_TIMED_OUT);
	ok(now >= T0 + PENDING_MOST_US && now < T0 + 2 * PENDING_MOST_US);
	pending_free(&p);
}

TEST(many_are_sent_within_a_window)
{
	struct pending *p = pending_new();
	struct plan plan = surveys(PENDING_WINDOW + 10);
	const struct step *steps[PENDING_WINDOW];
	struct result result;
	struct reply reply;
	size_t i, n;

	plan.is_batch = 1;
	pending_add(p, &plan, NULL, T0);
	for (i = 0; i < PENDING_WINDOW; i++)
		steps[i] = pending_due(p, T0);
	ok(pending_due(p, T0) == NULL);
	reply = reply_to(steps[5], 1, 0);   /* not the first: the window stays */
	is_int(pending_reply(p, &reply, T0), 1);
	is_int(pending_reply(p, &reply, T0), 0);  /* repeated */
	ok(pending_due(p, T0) == NULL);
	for (i = 0; i < 5; i++) {
		reply = reply_to(steps[i], 1, 1);
		is_int(pending_reply(p, &reply, T0), 1);
	}
	is_int(count_due(p, T0), 6);
	for (n = 0, i = 6; i < PENDING_WINDOW; i++, n++) {
		reply = reply_to(steps[i], 1, 1);
		is_int(pending_reply(p, &reply, T0), 1);
	}
	is_int(count_due(p, T0), 4);
	is_int(count_due(p, T0 + PENDING_AGAIN_US), 10);
	is_int(pending_ended(p, T0, &result), 0);
	pending_free(&p);
}

TEST(what_is_packed_goes_as_one_until_all_of_it_is_answered)
{
	struct pending *p = pending_new();
	struct plan plan = packed(3);
	const struct step *step, *again;
	struct result result;
	struct reply replies[3];
	size_t i;

	for (i = 0; i < 3; i++)
		replies[i] = reply_to(&plan.steps[i], 1, i != 1);
	pending_add(p, &plan, NULL, T0);
	step = pending_due(p, T0);
	ok(step && step->message == &msg_pack);
	ok(pending_due(p, T0) == NULL);
	is_int(pending_reply(p, &replies[2], T0), 1);
	is_int(pending_reply(p, &replies[0], T0), 1);
	again = pending_due(p, T0 + PENDING_AGAIN_US);
	ok(again == step, "the same again");
	is_int(pending_ended(p, T0, &result), 0);
	is_int(pending_reply(p, &replies[1], T0), 1);
	is_int(pending_ended(p, T0, &result), 1);
	is_int(result.outcome, PENDING_DONE);
	is_int(result.added, 2);
	json_decref(result.misfits);
	pending_free(&p);
}

TEST(of_a_batch_a_refused_row_is_set_apart_and_the_others_are_taken)
{
	struct pending *p = pending_new();
	struct plan plan = packed(3);
	const struct misfit *misfit;
	const struct step *step;
	struct result result;
	struct reply replies[3], reply;
	size_t i;

	for (i = 0; i < 3; i++)
		replies[i] = reply_to(&plan.steps[i], i != 1, i != 1);
	strcpy(replies[1].field, "sensations");
	strcpy(replies[1].text, "none excludes the others");
	pending_add(p, &plan, NULL, T0);
	(void)pending_due(p, T0);
	for (i = 0; i < 3; i++)
		is_int(pending_reply(p, &replies[i], T0), 1);
	is_int(pending_ended(p, T0, &result), 0);
	step = pending_due(p, T0);
	if (!ok(step && step->message == &msg_misfit))
		return;
	misfit = step->msg;
	is_str(misfit->row, "1");
	is_str(misfit->kind, "survey");
	is_str(misfit->field, "sensations");
	is_str(misfit->why, "none excludes the others");
	reply = reply_to(step, 1, 0);
	is_int(pending_reply(p, &reply, T0), 1);
	is_int(pending_ended(p, T0, &result), 1);
	is_int(result.outcome, PENDING_DONE);
	is_int(result.added, 2);
	is_int(json_integer_value(json_object_get(json_array_get(result.misfits, 0), "row")), 2);
	json_decref(result.misfits);
	pending_free(&p);
}

/* Not the row's fault: the caller comes again, and finds nothing in quarantine. */
TEST(what_a_row_cannot_help_refuses_the_batch)
{
	static const struct {
		const char *field, *text;
	} t[] = {{"session_id", "no such session on this gateway: x"}, {"", "not stored: disk full"}};
	struct result result;
	struct reply reply;
	size_t i;

	for (i = 0; i < 2; i++) {
		struct pending *p = pending_new();
		struct plan plan = packed(2);

		reply = reply_to(&plan.steps[1], 0, 0);
		strcpy(reply.field, t[i].field);
		strcpy(reply.text, t[i].text);
		pending_add(p, &plan, NULL, T0);
		(void)pending_due(p, T0);
		is_int(pending_reply(p, &reply, T0), 1);
		is_int(pending_ended(p, T0, &result), 1);
		is_int(result.outcome, PENDING_REFUSED);
		is_int(result.item, 1);
		is_str(result.reply.text, t[i].text);
		json_decref(result.misfits);
		pending_free(&p);
	}
}

TEST(the_first_refusal_ends_it_and_names_its_row)
{
	struct pending *p = pending_new();
	struct plan plan = surveys(3);
	const struct step *step;
	struct result result;
	struct reply reply;

	pending_add(p, &plan, NULL, T0);
	(void)pending_due(p, T0);
	step = pending_due(p, T0);
	reply = reply_to(step, 0, 0);
	strcpy(reply.text, "no");
	is_int(pending_reply(p, &reply, T0), 1);
	ok(pending_due(p, T0 + PENDING_AGAIN_US) == NULL);
	is_int(pending_next_us(p), 0);
	is_int(pending_ended(p, T0, &result), 1);
	is_int(result.outcome, PENDING_REFUSED);
	is_int(result.item, 1);
	is_str(result.reply.text, "no");
	pending_free(&p);
}

/* local-store gives the running session back; a batch that brings another one must not be
 * told that it was stored. */
TEST(a_batch_is_not_given_another_session)
{
	struct pending *p = pending_new();
	struct session_start *start;
	struct plan plan = {.is_batch = 1};
	const struct step *step;
	struct result result;
	struct reply reply;
	int other;

	for (other = 0; other <= 1; other++) {
		start = plan_step(&plan, &msg_session_start, 0);
		strcpy(start->local_session_id, "IHHT_1");
		plan.is_batch = 1;
		pending_add(p, &plan, NULL, T0);
		step = pending_due(p, T0);
		reply = reply_to(step, 1, 0);
		ids_session(other ? "IHHT_2" : "IHHT_1", reply.session_id);
		is_int(pending_reply(p, &reply, T0), 1);
		is_int(pending_ended(p, T0, &result), 1);
		is_int(result.outcome, other ? PENDING_REFUSED : PENDING_DONE);
		is_str(result.reply.field, other ? "user_id" : "");
	}
	pending_free(&p);
}

TEST(readings_are_counted_by_row)
{
	struct pending *p = pending_new();
	struct plan plan = {.is_batch = 1};
	const struct step *step;
	struct result result;
	struct reply reply;

	ok(plan_step(&plan, &msg_import, 0) && plan_step(&plan, &msg_import, 0));
	plan.is_batch = 1;
	pending_add(p, &plan, NULL, T0);
	while ((step = pending_due(p, T0))) {
		reply = reply_to(step, 1, 2500);
		is_int(pending_reply(p, &reply, T0), 1);
	}
	is_int(pending_ended(p, T0, &result), 1);
	is_int(result.added, 5000);
	pending_free(&p);
}

TEST(a_reply_to_somebody_else_is_not_ours)
{
	struct pending *p = pending_new();
	struct plan plan = surveys(1);
	struct reply reply;

	pending_add(p, &plan, NULL, T0);
	msg_clear(&msg_reply, &reply);
	ids_random(reply.request_id);
	is_int(pending_reply(p, &reply, T0), 0);
	pending_free(&p);
}

TEST(nothing_goes_before_its_guards_are_answered)
{
	struct pending *p = pending_new();
	struct plan plan = surveys(5);
	const struct step *one, *two;
	struct result result;
	struct reply reply;
	int owner;

	plan.n_guards = 2;
	pending_add(p, &plan, &owner, T0);
	one = pending_due(p, T0);
	two = pending_due(p, T0);
	if (!ok(one && two && !pending_due(p, T0)))
		return;
	reply = reply_to(two, 1, 0);
	is_int(pending_reply(p, &reply, T0), 1);
	ok(!pending_due(p, T0));
	reply = reply_to(one, 1, 0);
	is_int(pending_reply(p, &reply, T0), 1);
	is_int(count_due(p, T0), 3);
	pending_free(&p);

	p = pending_new();
	plan = surveys(2);
	plan.n_guards = 1;
	pending_add(p, &plan, &owner, T0);
	reply = reply_to(pending_due(p, T0), 0, 0);
	is_int(pending_reply(p, &reply, T0), 1);
	is_int(count_due(p, T0), 0);
	is_int(pending_ended(p, T0, &result), 1);
	is_int(result.outcome, PENDING_REFUSED);
	pending_free(&p);
}

int
main(void)
{
	RUN(nothing_goes_before_its_guards_are_answered);
	RUN(a_command_is_sent_again_until_it_is_answered);
	RUN(without_an_answer_it_ends_in_time);
	RUN(a_long_batch_ends_in_time_too);
	RUN(many_are_sent_within_a_window);
	RUN(what_is_packed_goes_as_one_until_all_of_it_is_answered);
	RUN(of_a_batch_a_refused_row_is_set_apart_and_the_others_are_taken);
	RUN(what_a_row_cannot_help_refuses_the_batch);
	RUN(the_first_refusal_ends_it_and_names_its_row);
	RUN(a_batch_is_not_given_another_session);
	RUN(readings_are_counted_by_row);
	RUN(a_reply_to_somebody_else_is_not_ours);
	return test_done();
}
