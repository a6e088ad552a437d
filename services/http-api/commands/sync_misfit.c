#include "services/http-api/commands/sync_rows.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Steps of a row that went wrong half way. */
static void
take_back(struct plan *plan, size_t item)
{
	while (plan->n && plan->steps[plan->n - 1].item == item &&
	       plan->steps[plan->n - 1].message != &msg_import)
		free(plan->steps[--plan->n].msg);
}

/* Words quote a caller's names, cut to size: what is no UTF-8 then is left out. */
static void
copy_text(char *to, size_t size, const char *text)
{
	json_t *checked = json_string(text);

	(void)snprintf(to, size, "%s", checked && strlen(text) < size ? text : "");
	json_decref(checked);
}

static int
note(struct plan *plan, const struct problem *problem, size_t item)
{
	json_t *o = json_pack("{s:I, s:s, s:s}", "row", (json_int_t)item + 1, "field", problem->field,
			      "why", problem->detail);

	if (!o)  /* what was wrong is no UTF-8 */
		o = json_pack("{s:I, s:s, s:s}", "row", (json_int_t)item + 1, "field", "", "why",
			      "must be UTF-8");
	if (!plan->misfits)
		plan->misfits = json_array();
	return json_array_append_new(plan->misfits, o);
}

int
sync_misfit(struct batch *b, const json_t *row, size_t item, const struct err *why,
	    struct problem *problem)
{
	char *text = json_dumps(row, JSON_COMPACT | JSON_ENCODE_ANY);
	struct misfit *m;

	(void)problem_from_err(problem, why->code == ENOMEM ? 503 : 422, why);
	problem->row = (long)item + 1;
	if (why->code == ENOMEM || !text || strlen(text) >= sizeof(m->row)) {
		free(text);
		return -1;
	}
	take_back(b->plan, item);
	if ((m = plan_add(b->plan, &msg_misfit, item))) {
		memcpy(m->session_id, b->session_id, sizeof(m->session_id));
		copy_text(m->kind, sizeof(m->kind), b->kind);
		copy_text(m->row, sizeof(m->row), text);
		copy_text(m->field, sizeof(m->field), problem->field);
		copy_text(m->why, sizeof(m->why), problem->detail);
		if (!*m->why)
			copy_text(m->why, sizeof(m->why), "could not be read");
	}
	free(text);
	return m ? note(b->plan, problem, item) : -1;
}
