/*
 * out_stream - what the watchers of a stream have in common, whatever protocol they speak
 *
 * A value goes to the socket at once: asking lws when it can be written to costs two calls of the
 * kernel and a turn of the loop.  What the socket does not take lws keeps, at most one piece; from then
 * on, and while a piece is not the last one, lws says when the watcher's turn is.
 */
#include <errno.h>
#include <sys/socket.h>

#include "common/clock.h"
#include "common/log.h"
#include "fanout.h"

#define BEAT_EVERY_US (15 * CLOCK_SECOND)
#define FAREWELL_S    5                   /* to be told that a token has expired */

void
out_ask(struct fanout *me, struct watcher *w, int64_t now)
{
	clients_wake(&me->clients, w);
	w->waiting = 1;
	w->waiting_mono_us = now;
	lws_callback_on_writable(w->wsi);
}

void
out_offer(struct fanout *me, struct watcher *w)
{
	clients_wake(&me->clients, w);
	if (!w->waiting && !w->ending && (w->leave || clients_has(&me->clients, w)))
		out_ask(me, w, clock_mono_us());
}

static enum lws_write_protocol
how(const struct watcher *w, const struct piece *piece)
{
	int flags = piece->begins ? LWS_WRITE_TEXT : LWS_WRITE_CONTINUATION;

	if (w->kind == CLIENT_SSE)
		return LWS_WRITE_HTTP;
	return (enum lws_write_protocol)(piece->ends ? flags : flags | LWS_WRITE_NO_FIN);
}

int
out_piece(struct fanout *me, struct watcher *w, int64_t now)
{
	char *bytes = me->out + LWS_PRE;
	struct piece piece;

	clients_next(&me->clients, w, now, bytes, &piece);
	if (piece.len && lws_write(w->wsi, (unsigned char *)bytes, piece.len, how(w, &piece)) < 0)
		return -1;
	if (lws_partial_buffered(w->wsi))
		out_ask(me, w, now);
	return 0;
}

void
out_give(struct fanout *me, struct watcher *w, int64_t now)
{
	if (w->waiting || w->ending)
		return;
	if (!w->leave && clients_has(&me->clients, w) && out_piece(me, w, now) < 0)
		out_end(w);
	out_offer(me, w);
	if (!w->waiting && !w->ending)
		clients_rest(&me->clients, w);
}

void
out_end(struct watcher *w)
{
	w->ending = 1;
	lws_set_timeout(w->wsi, PENDING_TIMEOUT_HTTP_CONTENT, LWS_TO_KILL_ASYNC);
}

/* lws reads nothing of a stream of events, and so would be told without end that its watcher has
 * left, or has said what nobody asked it for. */
static int
has_left(const struct watcher *w)
{
	char byte;

	return w->kind == CLIENT_SSE &&
	       (recv(lws_get_socket_fd(w->wsi), &byte, 1, MSG_PEEK | MSG_DONTWAIT) >= 0 ||
		(errno != EAGAIN && errno != EINTR));
}

/* Why a watcher's token holds no longer, NULL: it does. */
static const char *
token_is_over(const struct fanout *me, const struct rights *rights)
{
	if (rights->until_us <= clock_utc_us())
		return "token expired";
	return rights->key && !access_has_key(me->access, rights->key) ? "token's key is gone" : NULL;
}

/* Who has heard nothing for long gets a sign of life; who takes nothing is dropped. */
void
out_look_after(struct fanout *me, struct watcher *w, int64_t now)
{
	int was_leaving = w->leave != NULL;
	const char *over;

	if (has_left(w)) {
		out_end(w);
		return;
	}
	clients_judge(&me->clients, w, now);
	if (!w->leave && (over = token_is_over(me, &w->rights))) {
		clients_expire(&me->clients, w, over);
		was_leaving = 1;
		lws_set_timeout(w->wsi, PENDING_TIMEOUT_HTTP_CONTENT, FAREWELL_S);
		out_offer(me, w);
	}
	if (w->leave && !was_leaving) {
		log_warn("watcher_dropped", "why=\"%s\"", w->leave);
		out_end(w);
	} else if (!w->ending && now - w->told_mono_us >= BEAT_EVERY_US) {
		w->told_mono_us = now;
		w->ping = w->kind != CLIENT_SSE;
		clients_tell_time(&me->clients, w);
		if (!w->waiting)
			out_ask(me, w, now);
	}
}

/* What the kernel holds for one watcher is behind now, and memory: not megabytes. */
void
out_bound(struct lws *wsi)
{
	int bytes = 256 * 1024;

	(void)setsockopt(lws_get_socket_fd(wsi), SOL_SOCKET, SO_SNDBUF, &bytes, sizeof(bytes));
}

void
out_log_stream(const struct watcher *w)
{
	static const char *const paths[] = {OUT_EVENTS_PATH, OUT_LIVE_PATH, OUT_PHOENIX_PATH};

	log_info("request", "route=\"GET %s\" status=%d ms=%lld frames=%llu end=\"%s\"", paths[w->kind],
		 w->kind == CLIENT_SSE ? 200 : 101, (long long)(clock_mono_us() - w->began_mono_us) / 1000,
		 (unsigned long long)w->n_frames, w->leave ? w->leave : "");
}
