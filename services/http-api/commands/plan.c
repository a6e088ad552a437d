#include "services/http-api/commands/plan.h"

#include <stdlib.h>
#include <string.h>

#include "proto/ids.h"

void *
plan_add(struct plan *plan, const struct message *message, size_t item)
{
	struct step *steps = realloc(plan->steps, (plan->n + 1) * sizeof(*steps));
	void *msg = malloc(message->size);

	if (steps)
		plan->steps = steps;
	if (!steps || !msg) {
		free(msg);
		return NULL;
	}
	msg_clear(message, msg);
	ASSERT(!strcmp(message->fields[0].name, "request_id"));
	ids_random(msg);
	steps[plan->n++] = (struct step){message, msg, item};
	return msg;
}

void
plan_release(struct plan *plan)
{
	size_t i;

	for (i = 0; i < plan->n; i++)
		free(plan->steps[i].msg);
	free(plan->steps);
	json_decref(plan->misfits);
	*plan = (struct plan){0};
}
