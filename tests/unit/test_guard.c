/*
 * Who may have what done: which questions go in front of a plan, and which plans are refused.
 */
#include <stdlib.h>

#include "services/http-api/commands/guard.h"
#include "tests/unit/test.h"

#define ME    "11111111-1111-4111-8111-111111111111"
#define HER   "22222222-2222-4222-8222-222222222222"
#define OTHER "33333333-3333-4333-8333-333333333333"
#define S1    "aaaaaaaa-aaaa-5aaa-8aaa-aaaaaaaaaaaa"
#define S2    "bbbbbbbb-bbbb-5bbb-8bbb-bbbbbbbbbbbb"

static char people[][37] = {HER};
static const struct caller admin = {.role = ACCESS_ADMIN}, me = {.user_id = ME},
			   coach = {.role = ACCESS_COACH, .user_id = ME, .people = people,
				    .n_people = 1};

static const struct route route = {.name = "addSurvey"};

static int
guard(const struct caller *caller, struct plan *plan, struct problem *problem)
{
	const struct ask ask = {.route = &route, .caller = *caller};

	return guard_plan(&ask, plan, problem);
}

static void
add_survey(struct plan *plan, const char *session_id)
{
	struct survey *survey = plan_step(plan, &msg_survey, plan->n);

	memcpy(survey->session_id, session_id, 37);
}

static void
add_start(struct plan *plan, const char *user_id)
{
	struct session_start *start = plan_step(plan, &msg_session_start, plan->n);

	memcpy(start->user_id, user_id, 37);
}

TEST(a_session_is_asked_about_once_before_all_else)
{
	struct plan plan = {.is_batch = 1};
	struct problem problem;
	const struct session_of *question;

	add_survey(&plan, S1);
	add_survey(&plan, S2);
	add_survey(&plan, S1);
	is_int(guard(&coach, &plan, &problem), 0);
	is_int(plan.n, 5);
	is_int(plan.n_guards, 2);
	is_int(plan.is_batch, 1);
	ok(plan.steps[0].message == &msg_session_of && plan.steps[1].message == &msg_session_of);
	ok(plan.steps[2].message == &msg_survey);
	question = plan.steps[0].msg;
	is_str(question->session_id, S1);
	is_str(question->people, ME " " HER);
	is_str(((const struct session_of *)plan.steps[1].msg)->session_id, S2);
	ok(strcmp(question->request_id, plan.steps[1].msg) != 0, "each is a request of its own");
	plan_release(&plan);
}

TEST(an_admin_is_not_asked_about)
{
	struct plan plan = {0};
	struct problem problem;

	add_survey(&plan, S1);
	add_start(&plan, OTHER);
	is_int(guard(&admin, &plan, &problem), 0);
	is_int(plan.n, 2);
	is_int(plan.n_guards, 0);
	plan_release(&plan);
}

TEST(a_session_begins_only_for_whom_the_caller_acts)
{
	static const struct {
		const struct caller *caller;
		const char *user_id;
		int status;  /* 0: may */
	} t[] = {
		{&me, ME, 0},      {&me, HER, 403},    {&coach, ME, 0},
		{&coach, HER, 0},  {&coach, OTHER, 403}, {&admin, OTHER, 0},
	};
	struct problem problem;
	size_t i;

	for (i = 0; i < sizeof(t) / sizeof(t[0]); i++) {
		struct plan plan = {0};

		add_survey(&plan, S1);
		add_start(&plan, t[i].user_id);
		problem.status = 0;
		is_int(guard(t[i].caller, &plan, &problem), t[i].status ? -1 : 0);
		is_int(problem.status, t[i].status);
		if (t[i].status)
			is_int(plan.n, 0);
		plan_release(&plan);
	}
}

TEST(of_a_batch_the_row_is_named)
{
	struct plan plan = {.is_batch = 1};
	struct problem problem;

	add_start(&plan, ME);
	add_start(&plan, OTHER);
	is_int(guard(&me, &plan, &problem), -1);
	is_str(problem.field, "user_id");
	is_int(problem.row, 2);
}

TEST(all_people_of_a_coach_fit)
{
	struct caller many = {.role = ACCESS_COACH, .user_id = ME, .n_people = ACCESS_PEOPLE};
	struct plan plan = {0};
	struct problem problem;
	size_t i;

	many.people = calloc(ACCESS_PEOPLE, sizeof(*many.people));
	for (i = 0; i < ACCESS_PEOPLE; i++)
		memcpy(many.people[i], HER, 37);
	add_survey(&plan, S1);
	is_int(guard(&many, &plan, &problem), 0);
	is_int(strlen(((const struct session_of *)plan.steps[0].msg)->people), 37 * (ACCESS_PEOPLE + 1) - 1);
	plan_release(&plan);
	free(many.people);
}

/* The question that goes in front of a request under that key. */
static struct keyed
question(const struct caller *caller, const char *key, const char *path, const char *body)
{
	struct ask ask = {.route = &route, .caller = *caller, .idempotency_key = key, .body = body,
			  .len = strlen(body)};
	struct plan plan = {0};
	struct problem problem;
	struct keyed keyed = {0};

	memcpy(ask.key, path, strlen(path));
	add_start(&plan, caller->user_id);
	is_int(guard_plan(&ask, &plan, &problem), 0);
	if (ok(plan.n == 2 && plan.n_guards == 1 && plan.steps[0].message == &msg_keyed))
		keyed = *(struct keyed *)plan.steps[0].msg;
	plan_release(&plan);
	return keyed;
}

TEST(a_key_stands_for_one_request_of_one_caller)
{
	static const struct {
		const struct caller *caller;
		const char *key, *path, *body;
		int same_key, same_digest;
	} t[] = {
		{&me, "k", "a", "{}", 1, 1},
		{&coach, "k", "a", "{}", 1, 1},  /* the same person */
		{&me, "k", "a", "{ }", 1, 0},
		{&me, "k", "b", "{}", 1, 0},
		{&me, "K", "a", "{}", 0, 1},
		{&admin, "k", "a", "{}", 0, 1},
	};
	struct keyed first = question(&me, "k", "a", "{}"), k;
	size_t i;

	for (i = 0; i < sizeof(t) / sizeof(t[0]); i++) {
		k = question(t[i].caller, t[i].key, t[i].path, t[i].body);
		ok((strcmp(k.key, first.key) == 0) == t[i].same_key, "%zu: %s", i, k.key);
		ok((k.digest == first.digest) == t[i].same_digest, "%zu", i);
		ok(strcmp(k.request_id, first.request_id) != 0, "%zu: each is a request of its own", i);
	}
}

int
main(void)
{
	RUN(a_session_is_asked_about_once_before_all_else);
	RUN(an_admin_is_not_asked_about);
	RUN(a_session_begins_only_for_whom_the_caller_acts);
	RUN(of_a_batch_the_row_is_named);
	RUN(all_people_of_a_coach_fit);
	RUN(a_key_stands_for_one_request_of_one_caller);
	return test_done();
}
