/*
 * problem_text - as it is sent; apart from problem.c, which ihht has as well, without a web server
 */
#include <jansson.h>
#include <microhttpd.h>
#include <string.h>

#include "proto/msg_json.h"
#include "services/http-api/requests/problem.h"

/* Field names and details may quote a caller's bytes: what is no UTF-8 is left out. */
static void
set_text(json_t *object, const char *name, const char *text)
{
	json_t *value = json_string(text);

	if (value)
		json_object_set_new(object, name, value);
}

char *
problem_text(const struct problem *problem, size_t *len)
{
	json_t *o = json_object();
	char *text;

	set_text(o, "type", "about:blank");
	set_text(o, "title", MHD_get_reason_phrase_for((unsigned)problem->status));
	json_object_set_new(o, "status", json_integer(problem->status));
	set_text(o, "detail", problem->detail);
	if (problem->field[0])
		set_text(o, "field", problem->field);
	if (problem->words)
		json_object_set_new(o, "allowed", words_json(problem->words));
	if (problem->row)
		json_object_set_new(o, "row", json_integer(problem->row));
	if (problem->allow[0])
		set_text(o, "allow", problem->allow);
	text = json_dumps(o, JSON_COMPACT);
	json_decref(o);
	*len = text ? strlen(text) : 0;
	return text;
}
