#include "services/http-api/commands/refused.h"

#include <stdlib.h>
#include <string.h>

#include "services/http-api/commands/set_apart.h"

void
refused_clear(struct refused *refused)
{
	free(refused->all);
	*refused = (struct refused){0};
}

int
refused_for_itself(const struct plan *plan, const struct step *step, const struct reply *reply)
{
	const struct message *m = step->message;
	int is_start = m == &msg_session_start;

	return plan->is_batch && *reply->field && strcmp(reply->field, "session_id") != 0 &&
	       m != &msg_import && m != &msg_misfit && m != &msg_keyed && m != &msg_session_of &&
	       !(is_start && (!strcmp(reply->field, "user_id") || !strcmp(reply->field, "device_id")));
}

int
refused_has(const struct refused *refused, size_t item)
{
	size_t i;

	for (i = 0; i < refused->n && refused->all[i].item != item; i++)
		;
	return i < refused->n;
}

void
refused_add(struct refused *refused, size_t item, const struct reply *reply)
{
	struct refused_row *more;

	if (refused_has(refused, item))
		return;
	more = realloc(refused->all, (refused->n + 1) * sizeof(*more));
	ASSERT(more);
	refused->all = more;
	more[refused->n++] = (struct refused_row){item, *reply};
}

const struct refused_row *
refused_set_apart(struct refused *refused, struct plan *plan)
{
	const struct refused_row *row;
	struct problem why;

	for (row = refused->all; row < refused->all + refused->n; row++) {
		(void)problem_set(&why, 422, row->reply.field, "%s", row->reply.text);
		if (set_apart(plan, row->item, &why) < 0)
			return row;
	}
	refused->n = 0;
	return NULL;
}
