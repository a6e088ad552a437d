#include "services/http-api/commands/set_apart.h"

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
note(struct plan *plan, const struct problem *why)
{
	json_t *o = json_pack("{s:I, s:s, s:s}", "row", (json_int_t)why->row, "field", why->field, "why",
			      why->detail);

	if (!o)  /* what was wrong is no UTF-8 */
		o = json_pack("{s:I, s:s, s:s}", "row", (json_int_t)why->row, "field", "", "why",
			      "must be UTF-8");
	if (!plan->misfits)
		plan->misfits = json_array();
	return json_array_append_new(plan->misfits, o);
}

int
set_apart(struct plan *plan, size_t item, struct problem *why)
{
	const json_t *row = json_is_array(plan->rows) ? json_array_get(plan->rows, item) : plan->rows;
	char *text = json_dumps(row, JSON_COMPACT | JSON_ENCODE_ANY);
	struct misfit *m = NULL;

	why->row = (long)item + 1;
	if (text && strlen(text) < sizeof(m->row) && (m = plan_step(plan, &msg_misfit, item))) {
		memcpy(m->session_id, plan->session_id, sizeof(m->session_id));
		copy_text(m->kind, sizeof(m->kind), plan->kind);
		copy_text(m->row, sizeof(m->row), text);
		copy_text(m->field, sizeof(m->field), why->field);
		copy_text(m->why, sizeof(m->why), why->detail);
		if (!*m->why)
			copy_text(m->why, sizeof(m->why), "could not be read");
	}
	free(text);
	return m ? note(plan, why) : -1;
}

int
set_apart_unread(struct plan *plan, size_t item, const struct err *err, struct problem *why)
{
	(void)problem_from_err(why, err->code == ENOMEM ? 503 : 422, err);
	why->row = (long)item + 1;
	if (err->code == ENOMEM)
		return -1;
	take_back(plan, item);
	return set_apart(plan, item, why);
}
