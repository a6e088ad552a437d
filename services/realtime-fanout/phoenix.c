#include "phoenix.h"

#include <stdlib.h>
#include <string.h>

#include "phoenix_parts.h"

#define CHANNELS      16
#define SUBSCRIPTIONS 8    /* of one channel */
#define OUT_MOST      65536  /* replies that wait: who asks and does not read is done */

struct channel {
	char topic[200], join_ref[24];
	int n;
	struct phoenix_filter filters[SUBSCRIPTIONS];
	int ids[SUBSCRIPTIONS];
};

struct phoenix {
	int arrays;
	int n_ids;                /* given to subscriptions so far */
	size_t n;
	struct channel *channels[CHANNELS];
	size_t next_channel;      /* of the row at *next: who may get it still */
	struct text out;          /* replies, one a line */
	size_t out_at;
};

struct phoenix *
phoenix_new(int arrays)
{
	struct phoenix *p = calloc(1, sizeof(*p));

	if (p)
		p->arrays = arrays;
	return p;
}

void
phoenix_free(struct phoenix **phoenix)
{
	if (!*phoenix)
		return;
	while ((*phoenix)->n)
		free((*phoenix)->channels[--(*phoenix)->n]);
	text_free(&(*phoenix)->out);
	free(*phoenix);
	*phoenix = NULL;
}

/* ---- messages out */

static void
put_opt(struct text *text, const char *string)
{
	if (*string)
		text_json(text, string);
	else
		text_put(text, "null");
}

static void
begin(const struct phoenix *p, struct text *text, const char *join_ref, const char *ref,
      const char *topic, const char *event)
{
	text_put(text, p->arrays ? "[" : "{\"join_ref\":");
	put_opt(text, join_ref);
	text_put(text, p->arrays ? "," : ",\"ref\":");
	put_opt(text, ref);
	text_put(text, p->arrays ? "," : ",\"topic\":");
	text_json(text, topic);
	text_put(text, p->arrays ? "," : ",\"event\":");
	text_json(text, event);
	text_put(text, p->arrays ? "," : ",\"payload\":");
}

static void
end(const struct phoenix *p, struct text *text)
{
	text_put(text, p->arrays ? "]" : "}");
}

/* Queues one; payload is JSON. */
static void
queue(struct phoenix *p, const char *join_ref, const char *ref, const char *topic,
      const char *event, const char *payload)
{
	if (p->out_at == p->out.len) {
		p->out_at = 0;
		text_clear(&p->out);
	}
	if (p->out.len > OUT_MOST)
		return;
	begin(p, &p->out, join_ref, ref, topic, event);
	text_put(&p->out, payload);
	end(p, &p->out);
	text_put(&p->out, "\n");
}

static void
reply(struct phoenix *p, const struct phoenix_said *said, const char *status, json_t *response)
{
	json_t *payload = json_pack("{s:s, s:o}", "status", status, "response", response);
	char *text = json_dumps(payload, JSON_COMPACT);

	if (text)
		queue(p, said->join_ref, said->ref, said->topic, "phx_reply", text);
	free(text);
	json_decref(payload);
}

static void
refuse(struct phoenix *p, const struct phoenix_said *said, const char *why)
{
	reply(p, said, "error", json_pack("{s:s}", "reason", why));
}

/* What the client hands to its `system` callback. */
static void
tell(struct phoenix *p, const struct channel *c, const char *status, const char *message)
{
	const char *name = strchr(c->topic, ':');
	json_t *payload = json_pack("{s:s, s:s, s:s, s:s}", "message", message, "status", status,
				    "extension", "postgres_changes", "channel",
				    name ? name + 1 : c->topic);
	char *text = json_dumps(payload, JSON_COMPACT);

	if (text)
		queue(p, "", "", c->topic, "system", text);
	free(text);
	json_decref(payload);
}

/* ---- channels */

static size_t
find(const struct phoenix *p, const char *topic)
{
	size_t i;

	for (i = 0; i < p->n && strcmp(p->channels[i]->topic, topic); i++)
		;
	return i;
}

/* Those behind it move up: who had the row stays below next_channel, who had not above it. */
static void
drop(struct phoenix *p, size_t i)
{
	free(p->channels[i]);
	memmove(p->channels + i, p->channels + i + 1, (--p->n - i) * sizeof(*p->channels));
	p->next_channel -= i < p->next_channel;
}

static const char *
text_of(const json_t *object, const char *name)
{
	const char *text = json_string_value(json_object_get(object, name));

	return text ? text : "";
}

static int
is_or_any(const char *text, const char *wanted)
{
	return !strcmp(text, wanted) || !strcmp(text, "*") || !*text;
}

/* The subscription as it was asked for, with its id; NULL: see err. */
static json_t *
subscribe(struct phoenix *p, struct channel *c, const json_t *wish, struct err *err)
{
	json_t *done;

	if (c->n == SUBSCRIPTIONS)
		return err_set(err, EBADMSG, "at most %d subscriptions in a channel", SUBSCRIPTIONS), NULL;
	if (!is_or_any(text_of(wish, "schema"), "public") ||
	    !is_or_any(text_of(wish, "table"), "readings") ||
	    (strcasecmp(text_of(wish, "event"), "INSERT") && strcmp(text_of(wish, "event"), "*")))
		return err_set(err, EBADMSG, "only INSERTs on public.readings are told here"), NULL;
	if (phoenix_filter_read(text_of(wish, "filter"), &c->filters[c->n], err) < 0)
		return NULL;
	c->ids[c->n++] = ++p->n_ids;
	done = json_deep_copy(wish);
	json_object_set_new(done, "id", json_integer(p->n_ids));
	return done;
}

static json_t *
subscribe_all(struct phoenix *p, struct channel *c, const json_t *wishes, struct err *err)
{
	json_t *done = json_array(), *one;
	const json_t *wish;
	size_t i;

	json_array_foreach(wishes, i, wish) {
		if (!(one = subscribe(p, c, wish, err))) {
			json_decref(done);
			return NULL;
		}
		json_array_append_new(done, one);
	}
	return done;
}

static void
join(struct phoenix *p, const struct phoenix_said *said)
{
	const json_t *config = json_object_get(said->payload, "config");
	size_t i = find(p, said->topic);
	struct channel *c;
	json_t *done;
	struct err err;

	if (i == CHANNELS || !(c = calloc(1, sizeof(*c)))) {
		refuse(p, said, "too many channels");
		return;
	}
	(void)snprintf(c->topic, sizeof(c->topic), "%s", said->topic);
	(void)snprintf(c->join_ref, sizeof(c->join_ref), "%s", said->join_ref);
	done = subscribe_all(p, c, json_object_get(config, "postgres_changes"), &err);
	if (!done) {
		refuse(p, said, err.text);
		free(c);
		if (i < p->n)
			drop(p, i);
		return;
	}
	if (i < p->n)
		free(p->channels[i]);  /* joined again, in its place: it has had what it had */
	else
		p->n++;
	p->channels[i] = c;
	reply(p, said, "ok", json_pack("{s:o}", "postgres_changes", done));
	if (c->n)
		tell(p, c, "ok", "Subscribed to PostgreSQL");
}

static void
leave(struct phoenix *p, const struct phoenix_said *said)
{
	size_t i = find(p, said->topic);

	reply(p, said, "ok", json_object());
	if (i == p->n)
		return;
	queue(p, p->channels[i]->join_ref, p->channels[i]->join_ref, said->topic, "phx_close", "{}");
	drop(p, i);
}

void
phoenix_end(struct phoenix *p, const char *why)
{
	struct channel *c;

	while (p->n) {
		c = p->channels[p->n - 1];
		tell(p, c, "error", why);
		queue(p, c->join_ref, c->join_ref, c->topic, "phx_close", "{}");
		drop(p, p->n - 1);
	}
}

/* ---- messages in */

static int
take_parts(struct phoenix_said *said, int arrays)
{
	static const char *const names[] = {"join_ref", "ref", "topic", "event"};
	const char **texts[] = {&said->join_ref, &said->ref, &said->topic, &said->event};
	const json_t *one;
	size_t i;

	for (i = 0; i < 4; i++) {
		one = arrays ? json_array_get(said->all, i) : json_object_get(said->all, names[i]);
		*texts[i] = json_is_string(one) ? json_string_value(one) : "";
		if (one && !json_is_string(one) && !json_is_null(one))
			return -1;
	}
	said->payload = arrays ? json_array_get(said->all, 4) : json_object_get(said->all, "payload");
	return *said->topic && *said->event && strlen(said->topic) < 200 &&
	       strlen(said->join_ref) < 24 && strlen(said->ref) < 24 ? 0 : -1;
}

int
phoenix_hear(const struct phoenix *p, const char *bytes, size_t len, struct phoenix_said *said,
	     struct err *err)
{
	*said = (struct phoenix_said){.all = json_loadb(bytes, len, JSON_REJECT_DUPLICATES, NULL)};
	if (!said->all || (p->arrays ? !json_is_array(said->all) : !json_is_object(said->all)) ||
	    take_parts(said, p->arrays) < 0) {
		json_decref(said->all);
		return err_set(err, EBADMSG, "not a message of Phoenix Channels");
	}
	said->token = text_of(said->payload, "access_token");
	return 0;
}

void
phoenix_act(struct phoenix *p, struct phoenix_said *said, const char *why)
{
	if (!strcmp(said->topic, "phoenix") && !strcmp(said->event, "heartbeat"))
		reply(p, said, "ok", json_object());
	else if (!strcmp(said->event, "phx_leave"))
		leave(p, said);
	else if (!strcmp(said->event, "phx_join") && why)
		refuse(p, said, why);
	else if (!strcmp(said->event, "phx_join"))
		join(p, said);
	else if (!strcmp(said->event, "access_token") && why)
		phoenix_end(p, why);
	else if (strcmp(said->event, "access_token") != 0)
		refuse(p, said, "only postgres_changes are served here");
	json_decref(said->all);
}

/* ---- rows */

int
phoenix_listens(const struct phoenix *p)
{
	return p->n > 0;
}

int
phoenix_has(const struct phoenix *p, const struct ring *rows, uint64_t next)
{
	return p->out_at < p->out.len || (p->n && next < ring_next(rows));
}

static size_t
take_reply(struct phoenix *p, char *bytes, size_t size)
{
	const char *line = p->out.bytes + p->out_at;
	size_t len = (size_t)((const char *)memchr(line, '\n', p->out.len - p->out_at) - line);

	p->out_at += len + 1;
	ASSERT(len <= size);  /* names are bounded, and so is what they are put into */
	memcpy(bytes, line, len);
	return len;
}

/* The message for that channel, empty when no subscription of it wants the row. */
static void
write_change(const struct phoenix *p, const struct channel *c, const struct frame *row,
	     struct text *text)
{
	int i, n = 0;

	for (i = 0; i < c->n; i++) {
		if (!phoenix_filter_passes(&c->filters[i], row->text, row->len))
			continue;
		if (!n++) {
			begin(p, text, "", "", c->topic, "postgres_changes");
			text_put(text, "{\"ids\":[");
		}
		text_put(text, n > 1 ? "," : "");
		text_int(text, c->ids[i]);
	}
	if (!n)
		return;
	text_put(text, "],\"data\":{\"schema\":\"public\",\"table\":\"readings\",\"type\":\"INSERT\","
		 "\"errors\":null,\"columns\":");
	text_put(text, phoenix_columns);
	text_put(text, ",");
	text_add(text, row->text + 1, row->len - 1);  /* without its { */
	text_put(text, "}}");
	end(p, text);
}

void
phoenix_skip(struct phoenix *p, const struct ring *rows, uint64_t *next)
{
	uint64_t n = ring_next(rows) - *next;
	char message[100];
	size_t i;

	(void)snprintf(message, sizeof(message), "%llu changes were missed: too slow",
		       (unsigned long long)n);
	for (i = 0; i < p->n; i++)
		tell(p, p->channels[i], "error", message);
	*next = ring_next(rows);
	p->next_channel = 0;
}

size_t
phoenix_next(struct phoenix *p, const struct ring *rows, uint64_t *next,
	     const struct rights *rights, char *bytes, size_t size)
{
	static struct text text;
	const struct frame *row;

	if (p->out_at < p->out.len)
		return take_reply(p, bytes, size);
	for (; (row = ring_at(rows, *next)); ++*next, p->next_channel = 0) {
		if (!rights_may(rights, row->person))
			continue;
		while (p->next_channel < p->n) {
			text_clear(&text);
			write_change(p, p->channels[p->next_channel++], row, &text);
			if (!text.len || text.len > size)
				continue;
			memcpy(bytes, text.bytes, text.len);
			return text.len;
		}
	}
	return 0;
}
