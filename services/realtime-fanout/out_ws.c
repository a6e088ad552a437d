/*
 * out_ws - watchers over WebSocket at /live
 *
 * A message is one frame or several, each on a line of its own.  A watcher may say one thing: a
 * fresh token, before the one it came with expires.
 */
#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "common/clock.h"
#include "fanout.h"

#define PATH            "/live"
#define SILENT_US       (3 * BEAT_EVERY_US)
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
	status = out_admit(me, wsi, PATH, &query, &rights, &err);
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
	} else if (out_admit(me, wsi, PATH, &query, &rights, &err)) {
		return -1;
	} else {
		connection->watcher = clients_add(&me->clients, CLIENT_WS, wsi, &query, &rights,
						  clock_mono_us());
	}
	if (!connection->watcher)
		return -1;
	out_bound(wsi);
	connection->watcher->pinged_mono_us = connection->watcher->heard_mono_us;
	fanout_offer(me, connection->watcher);
	return 0;
}

static int
leave(struct lws *wsi, enum lws_close_status status, const char *why)
{
	unsigned char reason[124];
	size_t len = strnlen(why, 123);

	memcpy(reason, why, len);
	lws_close_reason(wsi, status, reason, len);
	return -1;
}

/* {"type":"token","token":"..."}: the same watcher goes on with a fresh token. */
static int
renew(struct fanout *me, struct connection *c, struct err *err)
{
	json_t *said = json_loadb(c->said, c->said_len, 0, NULL);
	const char *type = json_string_value(json_object_get(said, "type"));
	const char *token = json_string_value(json_object_get(said, "token"));
	struct rights rights;
	int r = -1;

	if (!type || strcmp(type, "token") || !token)
		(void)err_set(err, 0, "a watcher only says {\"type\":\"token\",\"token\":...}");
	else
		r = out_rights(me, token, &rights, err);
	json_decref(said);
	if (r < 0)
		return -1;
	clients_renew(c->watcher, &rights);
	fanout_offer(me, c->watcher);
	return 0;
}

/* A message may come in parts. */
static int
hear(struct fanout *me, struct lws *wsi, struct connection *c, const void *bytes, size_t len)
{
	char *said = NULL;
	struct err err;
	int r;

	if (c->said_len + len <= SAID_MAX)
		said = realloc(c->said, c->said_len + len + 1);
	if (!said)
		return leave(wsi, LWS_CLOSE_STATUS_MESSAGE_TOO_LARGE, "too long a message");
	c->said = said;
	memcpy(said + c->said_len, bytes, len);
	c->said_len += len;
	if (!lws_is_final_fragment(wsi) || lws_remaining_packet_payload(wsi))
		return 0;
	r = c->watcher->kind == CLIENT_PHOENIX ? out_phoenix_hear(me, c, &err) : renew(me, c, &err);
	forget(c);
	return r < 0 ? leave(wsi, LWS_CLOSE_STATUS_POLICY_VIOLATION, err.text) : 0;
}

static enum lws_write_protocol
how(const struct piece *piece)
{
	int flags = piece->begins ? LWS_WRITE_TEXT : LWS_WRITE_CONTINUATION;

	return (enum lws_write_protocol)(piece->ends ? flags : flags | LWS_WRITE_NO_FIN);
}

static int
writable(struct fanout *me, struct lws *wsi, struct watcher *w)
{
	int64_t now = clock_mono_us();
	unsigned char *out = (unsigned char *)me->out + LWS_PRE;
	struct piece piece;

	/* not in the middle of a message that takes several pieces */
	if (!w->snapshot_at && now - w->pinged_mono_us >= BEAT_EVERY_US) {
		w->waiting = 0;
		w->pinged_mono_us = now;
		if (lws_write(wsi, out, 0, LWS_WRITE_PING) < 0)
			return -1;
		fanout_offer(me, w);
		return 0;
	}
	clients_next(&me->clients, w, now, (char *)out, &piece);
	if (piece.len && lws_write(wsi, out, piece.len, how(&piece)) < 0)
		return -1;
	me->busy_us += clock_mono_us() - now;
	if (w->leave && !(w->kind == CLIENT_PHOENIX && clients_has(&me->clients, w)))
		return leave(wsi, w->rights.until_us <= clock_utc_us() ? TOKEN_EXPIRED
								      : TRY_AGAIN_LATER, w->leave);
	fanout_offer(me, w);
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
			connection->watcher->heard_mono_us = clock_mono_us();
		return 0;
	case LWS_CALLBACK_RECEIVE:
		return connection && connection->watcher ? hear(me, wsi, connection, bytes, len) : -1;
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
