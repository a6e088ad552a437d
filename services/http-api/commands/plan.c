#include "services/http-api/commands/plan.h"

#include <stdlib.h>
#include <string.h>

#include "proto/ids.h"
#include "proto/records.h"

void *
plan_step(struct plan *plan, const struct message *message, size_t item)
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
	steps[plan->n++] = (struct step){message, msg, item, 0};
	return msg;
}

void
plan_release(struct plan *plan)
{
	size_t i;

	for (i = 0; i < plan->n; i++)
		free(plan->steps[i].msg);
	free(plan->steps);
	free(plan->pack.msg);
	json_decref(plan->rows);
	json_decref(plan->misfits);
	*plan = (struct plan){0};
}

int
plan_pack(struct plan *plan)
{
	struct pack *pack;
	struct step *step;
	struct err err;

	if (!plan->is_batch || plan->n - plan->n_guards < 2)
		return 0;
	if (!(pack = malloc(sizeof(*pack))))
		return -1;
	plan->pack = (struct step){&msg_pack, pack, 0, 0};
	msg_clear(&msg_pack, pack);
	ids_random(pack->request_id);
	for (step = plan->steps + plan->n_guards; step < plan->steps + plan->n; step++) {
		step->is_packed = step->message != &msg_import;
		if (step->is_packed && records_add(pack->commands.bytes, sizeof(pack->commands.bytes),
						   &pack->commands.len, step->message, step->msg, &err) < 0)
			return -1;
	}
	return 0;
}
