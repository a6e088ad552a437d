/*
 * command - the verbs that ask local-store to do something: session start, phase and stop,
 * survey, event, progression.  They differ only in their message and in which of its fields
 * may be given by place.
 */
#include <errno.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "proto/msg_json.h"
#include "services/ihht/client.h"
#include "services/ihht/fields.h"
#include "services/ihht/find.h"
#include "services/ihht/verb.h"

union command {
	struct session_start start;
	struct session_phase phase;
	struct session_stop stop;
	struct survey survey;
	struct event event;
	struct progression progression;
};

/* Fields by place; the first one names the topic. */
static const struct {
	const struct message *message;
	const char *by_place[4];
} forms[] = {
	{&msg_session_start, {"user_id", "device_id"}},
	{&msg_session_phase, {"session_id", "phase"}},
	{&msg_session_stop, {"session_id"}},
	{&msg_survey, {"kind", "session_id"}},
	{&msg_event, {"session_id", "event_type"}},
	{&msg_progression, {"session_id", "current_altitude_level", "recommended_altitude_level"}},
};

static const char *const *
places(const struct message *message)
{
	size_t i = 0;

	while (forms[i].message != message)
		i++;
	return forms[i].by_place;
}

/* People name a session as they see it; the message needs its id. */
static int
set_place(struct ihht *me, const struct message *message, const char *name, const char *text,
	  void *msg, struct err *err)
{
	ids_uuid id;

	if (strcmp(name, "session_id"))
		return fields_set(message, name, text, msg, err);
	if (find_session(me->process, text, id, err) < 0)
		return -1;
	return fields_set(message, name, id, msg, err);
}

static int
fill(struct ihht *me, const struct verb *verb, int argc, char **argv, void *msg)
{
	const char *const *place = places(verb->message);
	struct err err;
	int i;

	msg_clear(verb->message, msg);
	for (i = 0; place[i]; i++) {
		if (i >= argc || strchr(argv[i], '='))
			return verb_usage(verb, "needs %s", verb->arguments);
		if (set_place(me, verb->message, place[i], argv[i], msg, &err) == 0)
			continue;
		if (err.code == EINVAL)
			return verb_usage(verb, "%s", err.text);
		return verb_fail(verb, err.code == ENOENT ? IHHT_UNWELL : PROCESS_TRY_AGAIN, &err);
	}
	for (; i < argc; i++)
		if (fields_set(verb->message, NULL, argv[i], msg, &err) < 0)
			return verb_usage(verb, "%s", err.text);
	return 0;
}

/* The request id is made later, by client_ask(): the check here must not miss it. */
static int
check(const struct verb *verb, void *msg)
{
	const struct msg_field *id = &verb->message->fields[0];
	struct err err;

	if (msg_absent(id, msg))
		ids_random((char *)msg + id->offset);
	return msg_check(verb->message, msg, &err) < 0 ? verb_usage(verb, "%s", err.text) : 0;
}

static int
print_reply(const struct ihht *me, const struct verb *verb, const struct reply *reply)
{
	json_t *json;

	if (me->json) {
		json = msg_json(&msg_reply, reply);
		json_dumpf(json, stdout, JSON_COMPACT | JSON_REAL_PRECISION(10));
		putchar('\n');
		json_decref(json);
	} else if (reply->ok) {
		printf("%s%s%s\n", reply->text, *reply->session_id ? "  session " : "",
		       reply->session_id);
	} else {
		fprintf(stderr, "ihht %s: refused: %s%s%s\n", verb->name, reply->field,
			*reply->field ? ": " : "", reply->text);
	}
	return reply->ok ? IHHT_OK : IHHT_UNWELL;
}

int
command_run(struct ihht *me, const struct verb *verb, int argc, char **argv)
{
	const struct msg_field *key;
	struct client *client;
	union command command;
	struct reply reply;
	struct err err;
	int r;

	if ((r = fill(me, verb, argc, argv, &command)) || (r = check(verb, &command)))
		return r;
	key = fields_find(verb->message, "session_id");
	if (!key)
		key = fields_find(verb->message, "device_id");
	if (!(client = client_open(me->process, &err)))
		return verb_fail(verb, PROCESS_TRY_AGAIN, &err);
	r = client_ask(client, verb->message, msg_str(key, &command), &command, -1, &reply, &err);
	client_close(&client);
	if (r < 0)
		return verb_fail(verb, PROCESS_TRY_AGAIN, &err);
	return print_reply(me, verb, &reply);
}
