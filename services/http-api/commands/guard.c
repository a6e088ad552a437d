#include "services/http-api/commands/guard.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <xxhash.h>

#include "proto/ids.h"

#define DIGEST_BITS (MSG_COUNT - 1)

static const char *
session_of(const struct step *step)
{
	const struct msg_field *f;

	for (f = step->message->fields; f < step->message->fields + step->message->n_fields; f++)
		if (!strcmp(f->name, "session_id"))
			return msg_str(f, step->msg);
	return "";
}

/* The caller and, for a coach, their people. */
static void
write_people(const struct caller *caller, char *people, size_t size)
{
	size_t i, n = (size_t)snprintf(people, size, "%s", caller->user_id);

	for (i = 0; i < caller->n_people; i++)
		n += (size_t)snprintf(people + n, size - n, " %s", caller->people[i]);
	ASSERT(n < size);
}

static int
is_asked(const struct plan *guards, const char *session_id)
{
	size_t i;

	for (i = 0; i < guards->n; i++)
		if (!strcmp(session_of(&guards->steps[i]), session_id))
			return 1;
	return 0;
}

static int
guard_step(const struct caller *caller, const struct step *step, struct plan *guards,
	   struct problem *problem)
{
	const char *session_id = session_of(step);
	struct session_of *question;

	if (step->message == &msg_session_start) {
		if (caller_may(caller, ((const struct session_start *)step->msg)->user_id))
			return 0;
		(void)problem_set(problem, 403, "user_id", "may not be somebody whom you do not act for");
		problem->row = guards->is_batch ? (long)step->item + 1 : 0;
		return -1;
	}
	if (is_asked(guards, session_id) || (step->message == &msg_misfit && !*session_id))
		return 0;
	if (!(question = plan_step(guards, &msg_session_of, step->item)))
		return problem_set(problem, 503, "", "out of memory");
	memcpy(question->session_id, session_id, sizeof(question->session_id));
	write_people(caller, question->people, sizeof(question->people));
	return 0;
}

static int64_t
digest(const struct ask *ask)
{
	uint64_t hash = XXH3_64bits(ask->route->name, strlen(ask->route->name));

	hash = XXH3_64bits_withSeed(ask->key, strlen(ask->key), hash);
	return (int64_t)(XXH3_64bits_withSeed(ask->body, ask->len, hash) & DIGEST_BITS);
}

static int
guard_key(const struct ask *ask, struct plan *guards, struct problem *problem)
{
	struct keyed *keyed = plan_step(guards, &msg_keyed, 0);

	if (!keyed)
		return problem_set(problem, 503, "", "out of memory");
	ids_keyed(ask->caller.user_id, ask->idempotency_key, keyed->key);
	keyed->digest = digest(ask);
	return 0;
}

/* The guards' steps go in front of the plan's. */
static int
join(struct plan *guards, struct plan *plan)
{
	struct step *steps = malloc((guards->n + plan->n) * sizeof(*steps));

	if (!steps)
		return -1;
	memcpy(steps, guards->steps, guards->n * sizeof(*steps));
	memcpy(steps + guards->n, plan->steps, plan->n * sizeof(*steps));
	free(guards->steps);
	free(plan->steps);
	plan->steps = steps;
	plan->n_guards = guards->n;
	plan->n += guards->n;
	return 0;
}

int
guard_plan(const struct ask *ask, struct plan *plan, struct problem *problem)
{
	struct plan guards = {.is_batch = plan->is_batch};
	size_t i;

	if (!plan->n)
		return 0;
	if (ask->idempotency_key && guard_key(ask, &guards, problem) < 0)
		goto fail;
	for (i = 0; ask->caller.role != ACCESS_ADMIN && i < plan->n; i++)
		if (guard_step(&ask->caller, &plan->steps[i], &guards, problem) < 0)
			goto fail;
	if (!guards.n || join(&guards, plan) == 0)
		return 0;
	(void)problem_set(problem, 503, "", "out of memory");
fail:
	plan_release(&guards);
	plan_release(plan);
	return -1;
}
