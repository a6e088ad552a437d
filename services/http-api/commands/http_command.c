#include "services/http-api/commands/http_command.h"

#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "proto/ids.h"
#include "proto/msg_json.h"
#include "services/http-api/requests/body.h"
#include "services/http-api/commands/sync_batch.h"

/* ---- in */

#define KEY_MOST 200  /* bytes */

/* The caller's key as the id of the request: the same key again is the same request. */
static int
take_key(const struct ask *ask, json_t *body, struct problem *problem)
{
	ids_uuid id;

	if (json_object_get(body, "request_id"))
		return problem_set(problem, 422, "request_id", "is said by Idempotency-Key");
	ids_keyed(ask->caller.user_id, ask->idempotency_key, id);
	json_object_set_new(body, "request_id", json_string(id));
	return 0;
}

/* Puts what the path says, and a request_id where none is given, beside the body's fields. */
static int
complete(const struct ask *ask, json_t *body, const char *request_id, struct problem *problem)
{
	const json_t *own = json_object_get(body, "session_id");
	json_t *extra = json_object_get(body, "additional_data");
	char id[37], *text;

	if (json_object_get(body, "hlc"))
		return problem_set(problem, 422, "hlc", "is not a caller's to set");
	if (ask->route->phase) {
		if (json_object_get(body, "phase"))
			return problem_set(problem, 422, "phase", "is said by the path");
		json_object_set_new(body, "phase",
				    json_string(words_text(&words_phase, ask->route->phase)));
	}
	if (ask->idempotency_key && take_key(ask, body, problem) < 0)
		return -1;
	if (!json_object_get(body, "request_id"))
		json_object_set_new(body, "request_id", json_string(request_id));
	if (json_is_object(extra) && (text = json_dumps(extra, JSON_COMPACT))) {
		json_object_set_new(body, "additional_data", json_string(text));
		free(text);
	}
	if (!*ask->key)
		return 0;
	if (sync_batch_session(ask->key, id) < 0)
		return problem_set(problem, 404, "id", "no such session");
	if (own && (!json_is_string(own) || strcmp(json_string_value(own), id)))
		return problem_set(problem, 422, "session_id", "must be the session of the path");
	json_object_set_new(body, "session_id", json_string(id));
	return 0;
}

static const struct words *
words_of(const struct message *message, const char *field)
{
	int i;

	for (i = 0; i < message->n_fields; i++)
		if (!strcmp(message->fields[i].name, field))
			return message->fields[i].words;
	return NULL;
}

static int
plan_one(const struct ask *ask, json_t *body, struct plan *plan, struct problem *problem)
{
	void *msg = plan_step(plan, ask->route->message, 0);
	char request_id[37];
	struct err err;

	if (!msg)
		return problem_set(problem, 503, "", "out of memory");
	memcpy(request_id, msg, sizeof(request_id));
	if (complete(ask, body, request_id, problem) < 0)
		return -1;
	if (msg_from_json(ask->route->message, body, NULL, msg, &err) == 0)
		return 0;
	(void)problem_from_err(problem, 422, &err);
	problem->words = words_of(ask->route->message, problem->field);
	return -1;
}

int
command_plan(const struct ask *ask, struct plan *plan, struct problem *problem)
{
	const char *key = ask->idempotency_key;
	json_t *body;
	int r;

	if (key && (!*key || strlen(key) > KEY_MOST))
		return problem_set(problem, 400, "Idempotency-Key", "must be 1 to %d bytes", KEY_MOST);
	if (!(body = body_read(ask->body, ask->len, problem)))
		return -1;
	r = ask->route->kind == ROUTE_BATCH ? sync_batch_read(body, plan, problem)
					    : plan_one(ask, body, plan, problem);
	if (r < 0)
		plan_release(plan);
	json_decref(body);
	return r;
}

/* ---- out */

static char *
dump(json_t *object, size_t *len)
{
	char *text = json_dumps(object, JSON_COMPACT);

	json_decref(object);
	*len = text ? strlen(text) : 0;
	return text;
}

char *
command_nothing_new(size_t *len)
{
	return dump(json_pack("{s:s}", "status", "already_synced"), len);
}

/* local-store names the field; what kind of refusal it is follows from that. */
static int
status_of(const struct reply *reply)
{
	if (!strcmp(reply->field, "session_id") && !strncmp(reply->text, "no such session", 15))
		return 404;
	if (!strcmp(reply->field, "user_id") || !strcmp(reply->field, "device_id"))
		return 409;
	return 422;
}

/* Row by row: what could be read is on disk, and the rest is set apart. */
static json_t *
row_outcomes(const struct result *result)
{
	json_t *rows = json_array(), *misfit, *row;
	size_t i;

	for (i = 0; i < result->n_rows; i++)
		json_array_append_new(rows, json_pack("{s:I, s:s}", "row", (json_int_t)i + 1, "outcome",
						      "taken"));
	json_array_foreach(result->misfits, i, misfit) {
		row = json_array_get(rows, (size_t)json_integer_value(json_object_get(misfit, "row")) - 1);
		json_object_update(row, misfit);
		json_object_set_new(row, "outcome", json_string("quarantined"));
	}
	return rows;
}

static char *
batch_answer(const struct result *result, size_t *len)
{
	json_t *o = json_object();

	if (result->added)
		json_object_set_new(o, "synced", json_integer((json_int_t)result->added));
	else
		json_object_set_new(o, "status", json_string("already_synced"));
	if (result->misfits)
		json_object_set(o, "quarantined", result->misfits);
	if (result->tell_rows)
		json_object_set_new(o, "rows", row_outcomes(result));
	return dump(o, len);
}

char *
command_answer(const struct result *result, int *status, size_t *len, char *location,
	       size_t size, struct problem *problem)
{
	const struct reply *reply = &result->reply;
	int is_start = result->message == &msg_session_start;

	*location = 0;
	*status = 200;
	if (result->outcome == PENDING_TIMED_OUT) {
		(void)problem_set(problem, 503, "", "local-store did not answer in time; what was asked "
				  "may have been done or not: ask again%s",
				  result->is_batch ? "" : " with the same request_id");
		return NULL;
	}
	if (result->outcome == PENDING_REFUSED) {
		(void)problem_set(problem, status_of(reply), reply->field, "%s", reply->text);
		if (result->is_batch && result->message != &msg_import && result->message != &msg_keyed)
			problem->row = (long)result->item + 1;
		return NULL;
	}
	if (result->is_batch)
		return batch_answer(result, len);
	if (is_start && reply->added) {
		*status = 201;
		(void)snprintf(location, size, "/api/sessions/%s", reply->session_id);
	}
	return dump(json_pack("{s:s, s:s, s:I, s:I, s:s}", "request_id", reply->request_id,
			      "session_id", reply->session_id, "added", (json_int_t)reply->added,
			      "seen", (json_int_t)reply->seen, "text", reply->text), len);
}
