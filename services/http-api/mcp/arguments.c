#include "services/http-api/mcp/arguments.h"

#include <stdio.h>
#include <string.h>

static const struct param *
param_of(const struct param *params, const char *name)
{
	for (; params->name; params++)
		if (!strcmp(params->name, name))
			return params;
	return NULL;
}

const char *
argument(const struct arguments *a, const char *name)
{
	const struct param *p = param_of(a->params, name);
	size_t i;

	for (i = 0; i < a->n; i++)
		if (!strcmp(a->given[i].name, name))
			return a->given[i].text;
	return p ? p->fallback : NULL;
}

void
argument_set(struct arguments *a, const char *name, const char *text)
{
	const struct param *p = param_of(a->params, name);

	ASSERT(p && a->n < ARGUMENTS_MOST);
	a->given[a->n].name = p->name;
	(void)snprintf(a->given[a->n++].text, ARGUMENT_BYTES, "%s", text);
}

static int
unknown(const struct param *params, const char *name, struct problem *problem)
{
	char list[200] = "none";
	size_t used = 0;

	for (; params->name && used < sizeof(list); params++)
		used += (size_t)snprintf(list + used, sizeof(list) - used, "%s%s", used ? ", " : "",
					 params->name);
	return problem_set(problem, 400, name, "no such argument; there are: %s", list);
}

/* A list of names becomes one text with commas: -1 when it is not that, or does not fit. */
static int
join(const json_t *list, char *text)
{
	size_t used = 0, i;
	const json_t *item;

	text[0] = 0;
	json_array_foreach(list, i, item) {
		if (!json_is_string(item) || strchr(json_string_value(item), ',') ||
		    used + json_string_length(item) + 2 > ARGUMENT_BYTES)
			return -1;
		used += (size_t)snprintf(text + used, ARGUMENT_BYTES - used, "%s%s", i ? "," : "",
					 json_string_value(item));
	}
	return 0;
}

static int
text_of(const struct param *p, const json_t *value, char *text)
{
	if (json_is_string(value) && json_string_length(value) < ARGUMENT_BYTES)
		return snprintf(text, ARGUMENT_BYTES, "%s", json_string_value(value)) < 0 ? -1 : 0;
	if (p->kind == PARAM_SESSIONS && json_is_array(value))
		return join(value, text);
	if (p->kind == PARAM_FLAG && json_is_boolean(value))
		return snprintf(text, ARGUMENT_BYTES, "%s", json_is_true(value) ? "true" : "false") < 0 ? -1 : 0;
	if ((p->kind == PARAM_NUMBER || p->kind == PARAM_TIME) && json_is_integer(value))
		return snprintf(text, ARGUMENT_BYTES, "%lld", (long long)json_integer_value(value)) < 0 ? -1 : 0;
	return -1;
}

static int
take(const struct param *p, const json_t *value, struct arguments *a, struct problem *problem)
{
	static const char *const wanted[] = {
		[PARAM_NUMBER] = "a whole number", [PARAM_TIME] = "an ISO 8601 text",
		[PARAM_UUID] = "a UUID", [PARAM_WORD] = "a word", [PARAM_TEXT] = "a text",
		[PARAM_FLAG] = "true or false", [PARAM_CURSOR] = "next_cursor of the result before it",
		[PARAM_SESSIONS] = "a list of sessions, by UUID or local id"};
	char read[PARAM_MAX];

	ASSERT(a->n < ARGUMENTS_MOST);
	if (text_of(p, value, a->given[a->n].text) < 0)
		return problem_set(problem, 400, p->name, "must be %s", wanted[p->kind]);
	if (param_read(p, a->given[a->n].text, read, problem) < 0)
		return p->kind != PARAM_CURSOR ? -1
		     : problem_set(problem, 400, p->name, "must be %s", wanted[p->kind]);
	a->given[a->n++].name = p->name;
	return 0;
}

int
arguments_read(const struct param *params, const char *required, const json_t *object,
	       struct arguments *a, struct problem *problem)
{
	const struct param *p;
	const json_t *value;
	const char *name;

	*a = (struct arguments){.params = params};
	if (object && !json_is_object(object))
		return problem_set(problem, 400, "arguments", "must be an object");
	json_object_foreach((json_t *)object, name, value) {
		if (!(p = param_of(params, name)))
			return unknown(params, name, problem);
		if (!json_is_null(value) && take(p, value, a, problem) < 0)
			return -1;
	}
	if (*required && !argument(a, required))
		return problem_set(problem, 400, required, "must be given");
	return 0;
}
