/*
 * out_ws - watchers over WebSocket at /live
 *
 * A message is one frame or several, each on a line of its own.  A watcher may say two things: a
 * fresh token, before the one it came with expires, and that it wants to go on after a certain frame.
 */
#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "common/clock.h"
#include "fanout.h"

#define TRY_AGAIN_LATER ((enum lws_close_status)1013)
#define TOKEN_EXPIRED   ((enum lws_close_status)4401)
#define SAID_MAX        (JWT_MAX_BYTES + 200)

static void
forget(struct connection *c)
{
	free(c->said);
	c->said = NULL;
	c->said_len = 0;
}

/* >0: an answer has been written instead of the upgrade. */
static int
confirm(struct fanout *me, struct lws *wsi)
{
	struct query query;
	struct rights rights;
	struct err err;
	int status;

	if (out_is_path(wsi, OUT_PHOENIX_PATH)) {
		status = out_gate(me, wsi, &err);
		return status ? (void)out_problem(me, wsi, status, err.text), 1 : 0;
	}
	status = out_admit(me, wsi, OUT_LIVE_PATH, &query, &rights, &err);
	if (!status) {
		rights_release(&rights);
		return 0;
	}
	(void)out_problem(me, wsi, status, err.text);
	return 1;
}

static int
established(struct fanout *me, struct lws *wsi, struct connection *connection)
{
	struct query query;
	struct rights rights;
	struct err err;

	if (out_is_path(wsi, OUT_PHOENIX_PATH)) {
		if (out_phoenix_begin(me, wsi, connection) < 0)
			return -1;
	} else if (out_admit(me, wsi, OUT_LIVE_PATH, &query, &rights, &err)) {
		return -1;
	} else {
		connection->watcher = clients_add(&me->clients, CLIENT_WS, wsi, &query, &rights,
						  clock_mono_us());
	}
	if (!connection->watcher)
		return -1;
	out_bound(wsi);
	out_offer(me, connection->watcher);
	return 0;
}

static int
leave(struct watcher *w, enum lws_close_status status, const char *why)
{
	unsigned char reason[124];
	size_t len = strnlen(why, 123);

	memcpy(reason, why, len);
	lws_close_reason(w->wsi, status, reason, len);
	w->ending = 1;
	return -1;
}

/* {"type":"token","token":"..."}: the same watcher goes on with a fresh token. */
static int
renew(struct fanout *me, struct watcher *w, const json_t *said, struct err *err)
{
	const char *token = json_string_value(json_object_get(said, "token"));
	struct rights rights;

	if (!token)
		return err_set(err, 0, "token: must be a JSON Web Token");
	if (out_rights(me, token, &rights, err) < 0)
		return -1;
	clients_renew(w, &rights);
	return 0;
}

/* {"type":"resume","after":"RUN.SEQ","seen":"..."}: as ?resume= and &seen= when it came. */
static int
resume(struct watcher *w, const json_t *said, struct err *err)
{
	const char *after = json_string_value(json_object_get(said, "after"));
	const char *seen = json_string_value(json_object_get(said, "seen"));
	struct since from = {0};

	if (!after || query_resume(&from, after, NULL) < 0)
		return err_set(err, 0, "after: must be <run>.<seq>, the id of a frame");
	if (seen && place_read(seen, &from.seen) < 0)
		return err_set(err, 0, "seen: must be <taken_us>.<device_seq>.<device_id> of a value");
	clients_resume(w, &from);
	return 0;
}

static int
obey(struct fanout *me, struct connection *c, struct err *err)
{
	json_t *said = json_loadb(c->said, c->said_len, 0, NULL);
	const char *type = json_string_value(json_object_get(said, "type"));
	int r;

	if (type && !strcmp(type, "token"))
		r = renew(me, c->watcher, said, err);
	else if (type && !strcmp(type, "resume"))
		r = resume(c->watcher, said, err);
	else
		r = err_set(err, 0, "a watcher says {\"type\":\"token\",\"token\":...} or "
			    "{\"type\":\"resume\",\"after\":...}");
	json_decref(said);
	out_offer(me, c->watcher);
	return r;
}

/* A message may come in parts. */
static int
hear(struct fanout *me, struct lws *wsi, struct connection *c, const void *bytes, size_t len)
{
	char *said = NULL;
	struct err err;
	int r;

	if (lws_frame_is_binary(wsi))
		return leave(c->watcher, LWS_CLOSE_STATUS_UNACCEPTABLE_OPCODE, "only text is taken");
	if (c->said_len + len <= SAID_MAX)
		said = realloc(c->said, c->said_len + len + 1);
	if (!said)
		return leave(c->watcher, LWS_CLOSE_STATUS_MESSAGE_TOO_LARGE, "too long a message");
	c->said = said;
	memcpy(said + c->said_len, bytes, len);
	c->said_len += len;
	if (!lws_is_final_fragment(wsi) || lws_remaining_packet_payload(wsi))
		return 0;
	r = c->watcher->kind == CLIENT_PHOENIX ? out_phoenix_hear(me, c, &err) : obey(me, c, &err);
	forget(c);
	return r < 0 ? leave(c->watcher, LWS_CLOSE_STATUS_POLICY_VIOLATION, err.text) : 0;
}

static int
writable(struct fanout *me, struct lws *wsi, struct watcher *w)
{
	int64_t now = clock_mono_us();

	if (w->ending)
		return 0;
	/* not in the middle of a message that takes several pieces */
	if (!w->snapshot_at && w->ping) {
		w->waiting = w->ping = 0;
		w->pinged_mono_us = w->pinged_mono_us ? w->pinged_mono_us : now;
		me->out[LWS_PRE] = '?';  /* of an empty answer lws 4.1.6 would not tell us */
		if (lws_write(wsi, (unsigned char *)me->out + LWS_PRE, 1, LWS_WRITE_PING) < 0)
			return -1;
		out_offer(me, w);
		return 0;
	}
	if (out_piece(me, w, now) < 0)
		return -1;
	if (clients_is_over(&me->clients, w))
		return leave(w, w->rights.until_us <= clock_utc_us() ? TOKEN_EXPIRED
								     : TRY_AGAIN_LATER, w->leave);
	out_offer(me, w);
	return 0;
}

int
out_ws(struct fanout *me, struct lws *wsi, enum lws_callback_reasons reason,
       struct connection *connection, const void *bytes, size_t len)
{
	switch ((int)reason) {
	case LWS_CALLBACK_HTTP_CONFIRM_UPGRADE:
		return confirm(me, wsi);
	case LWS_CALLBACK_ESTABLISHED:
		return established(me, wsi, connection);
	case LWS_CALLBACK_SERVER_WRITEABLE:
		return connection && connection->watcher ? writable(me, wsi, connection->watcher) : -1;
	case LWS_CALLBACK_RECEIVE_PONG:
		if (connection && connection->watcher)
			connection->watcher->pinged_mono_us = 0;
		return 0;
	case LWS_CALLBACK_RECEIVE:
		return connection && connection->watcher ? hear(me, wsi, connection, bytes, len) : -1;
	case LWS_CALLBACK_WS_PEER_INITIATED_CLOSE:
	case LWS_CALLBACK_WS_SERVER_DROP_PROTOCOL:  /* lws itself is about to close it */
		if (connection && connection->watcher)
			connection->watcher->ending = 1;
		return 0;
	case LWS_CALLBACK_CLOSED:
		/* lws reports connections, too, that never came to have a user */
		if (connection && connection->watcher) {
			out_log_stream(connection->watcher);
			clients_remove(&me->clients, connection->watcher, clock_mono_us());
			connection->watcher = NULL;
			forget(connection);
		}
		return 0;
	default:
		return 0;
	}
}
