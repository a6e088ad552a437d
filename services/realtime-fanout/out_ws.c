/*
 * out_ws - watchers over WebSocket at /live
 *
 * A message is one frame or several, each on a line of its own.
 */
#include <string.h>

#include "common/clock.h"
#include "fanout.h"

#define PATH            "/live"
#define SILENT_US       (3 * BEAT_EVERY_US)
#define TRY_AGAIN_LATER ((enum lws_close_status)1013)

/* >0: an answer has been written instead of the upgrade. */
static int
confirm(struct fanout *me, struct lws *wsi)
{
	struct query query;
	struct err err;
	int status = out_admit(me, wsi, PATH, &query, &err);

	if (!status)
		return 0;
	(void)out_problem(me, wsi, status, err.text);
	return 1;
}

static int
established(struct fanout *me, struct lws *wsi, struct connection *connection)
{
	struct query query;
	struct err err;

	if (out_admit(me, wsi, PATH, &query, &err))
		return -1;
	connection->watcher = clients_add(&me->clients, CLIENT_WS, wsi, &query, clock_mono_us());
	if (!connection->watcher)
		return -1;
	out_bound(wsi);
	connection->watcher->pinged_mono_us = connection->watcher->heard_mono_us;
	fanout_offer(me, connection->watcher);
	return 0;
}

static int
leave(struct lws *wsi, const char *why)
{
	unsigned char reason[100];
	size_t len = strlen(why);

	memcpy(reason, why, len);
	lws_close_reason(wsi, TRY_AGAIN_LATER, reason, len);
	return -1;
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
	if (w->leave)
		return leave(wsi, w->leave);
	fanout_offer(me, w);
	return 0;
}

int
out_ws(struct fanout *me, struct lws *wsi, enum lws_callback_reasons reason,
       struct connection *connection)
{
	static const char mute[] = "watchers only listen";

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
		lws_close_reason(wsi, LWS_CLOSE_STATUS_POLICY_VIOLATION, (unsigned char *)mute,
				 sizeof(mute) - 1);
		return -1;
	case LWS_CALLBACK_CLOSED:
		/* lws reports connections, too, that never came to have a user */
		if (connection && connection->watcher) {
			clients_remove(&me->clients, connection->watcher, clock_mono_us());
			connection->watcher = NULL;
		}
		return 0;
	default:
		return 0;
	}
}
