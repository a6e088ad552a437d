#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "common/clock.h"
#include "services/http-api/mcp/resources.h"
#include "services/http-api/mcp/work.h"
#include "services/http-api/reads/in_gateway.h"

/* ---- errors */

/* What a model can put right: which argument, and what it may be. */
static void
say_tool_error(struct mcp *me, struct ask *ask, const struct problem *problem)
{
	static const char *const ours[][2] = {
		{"id", "session_id"}, {"person", "user_id"}, {"before", "cursor"}, {"after", "cursor"}};
	const char *field = problem->field;
	json_t *text;
	size_t i;

	for (i = 0; i < sizeof(ours) / sizeof(ours[0]); i++)
		if (!strcmp(field, ours[i][0]))
			field = ours[i][1];
	text = *field ? json_sprintf("%s: %s", field, problem->detail) : json_string(problem->detail);
	if (!text)  /* the caller's name for it is no UTF-8 as it was cut */
		text = json_string("an argument has a name that is none");
	me->n_refused++;
	work_answer(ask, json_pack("{s:[{s:s, s:o}], s:b}", "content", "type", "text", "text", text, "isError",
			      1), -1);
}

/* A resource has no arguments that could be put right. */
void
work_give_up(struct mcp *me, struct ask *ask, const struct problem *problem)
{
	struct work *w = ask->work;
	struct rpc_error error;
	int code = problem->status >= 500 ? RPC_INTERNAL
		 : problem->status == 404 && !w->rpc.is_modern ? RPC_NO_RESOURCE : RPC_BAD_PARAMS;

	if (w->form == FORM_TOOL) {
		say_tool_error(me, ask, problem);
		return;
	}
	(void)rpc_refuse(&error, 200, code, "%s", problem->detail);
	work_refuse(me, ask, &error);
}

/* ---- a call, step by step */

static void
ask_step(struct mcp *me, struct ask *ask, int64_t now)
{
	struct work *w = ask->work;
	struct problem problem;
	struct query query;

	if (step_query(&w->call, w->step, me->around.reads, &w->question, &query, &problem) < 0)
		work_give_up(me, ask, &problem);
	else
		postgres_ask(me->around.postgres, &query, ask, now);
}

static json_t *
list_resources(const struct call *call)
{
	json_t *list = argument(&call->arguments, "cursor") ? json_array() : resources_of_schema(), *o;
	json_t *next = json_object_get(call->answers[0], "next");
	const json_t *row;
	size_t i;

	json_array_foreach(json_object_get(call->answers[0], "sessions"), i, row) {
		json_array_append_new(list, resource_of_session(row));
	}
	o = json_pack("{s:o}", "resources", list);
	if (json_is_string(next))
		json_object_set(o, "nextCursor", next);
	return o;
}

/* A real of Postgres has 7 digits: more than 4 places would be noise. */
static void
tidy(json_t *o)
{
	const char *name;
	json_t *part;
	size_t i;

	if (json_is_real(o))
		(void)json_real_set(o, round(json_real_value(o) * 1e4) / 1e4);
	json_object_foreach(o, name, part) {
		tidy(part);
	}
	json_array_foreach(o, i, part) {
		tidy(part);
	}
}

/* The sentence for people, and all of it as text, for clients that know nothing else. */
static json_t *
tool_result(const struct call *call, json_t *structured)
{
	char *text = json_dumps(structured, JSON_COMPACT | JSON_REAL_PRECISION(12));
	json_t *said = json_string(call->said);
	json_t *o = json_pack("{s:[{s:s, s:o}, {s:s, s:s}], s:o, s:b}", "content", "type", "text", "text",
			      said, "type", "text", "text", text, "structuredContent", structured,
			      "isError", 0);

	free(text);
	return o;
}

static void
finish(struct mcp *me, struct ask *ask, int64_t now)
{
	struct work *w = ask->work;
	struct problem problem = {0};
	json_t *o;
	size_t len;
	int status;
	char *health;

	if (w->form == FORM_RESOURCES) {
		work_answer(ask, list_resources(&w->call), WORK_TTL_NOW);
		return;
	}
	health = health_text(me->around.health, postgres_is_up(me->around.postgres), now, &status, &len);
	w->call.health = json_loads(health, 0, NULL);
	free(health);
	w->call.audit = gateway_audit_head(me->around.database);
	o = w->call.tool->compose(&w->call, &problem);
	tidy(o);
	if (!o)
		work_give_up(me, ask, &problem);
	else if (w->form == FORM_RESOURCE)
		work_answer(ask, resource_contents(json_string_value(json_object_get(w->rpc.params, "uri")),
					      o), WORK_TTL_NOW);
	else
		work_answer(ask, tool_result(&w->call, o), -1);
}

void
mcp_answered(struct mcp *me, const struct postgres_answer *a, int64_t now)
{
	struct ask *ask = a->owner;
	struct work *w = ask->work;
	struct problem problem;
	size_t len, n;
	char *text = NULL;

	(void)problem_set(&problem, 500, "", "an answer that is no JSON");
	if (!a->result)
		(void)problem_set(&problem, a->err.code == EAGAIN ? 503 : 500, "", "%s; try again, or ask for "
				  "less", a->err.text);
	else
		text = reads_answer(&w->question, a->result, w->call.utc_us, &len, &n, &problem);
	w->call.answers[w->step] = text ? json_loads(text, 0, NULL) : NULL;
	free(text);
	if (!w->call.answers[w->step] || (w->step == 0 && step_check(&w->call, &problem) < 0))
		work_give_up(me, ask, &problem);
	else if (++w->step < TOOL_STEPS && w->call.tool->steps[w->step].read)
		ask_step(me, ask, now);
	else
		finish(me, ask, now);
}

void
work_begin(struct mcp *me, struct ask *ask, const struct tool *tool, const json_t *arguments,
	   int64_t now)
{
	struct work *w = ask->work;
	struct problem problem;

	w->call.tool = tool;
	w->call.caller = &ask->caller;
	w->call.utc_us = clock_utc_us();
	if (arguments_read(tool->params, tool->required, arguments, &w->call.arguments, &problem) < 0 ||
	    (tool->prepare && tool->prepare(&w->call, &problem) < 0))
		work_give_up(me, ask, &problem);
	else
		ask_step(me, ask, now);
}
