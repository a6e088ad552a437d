/*
 * out_sse - watchers over Server-Sent Events at /events
 *
 * An event is one frame, its id "<run>.<seq>": a browser that reconnects sends the last one
 * back by itself as Last-Event-ID.
 */
#include <string.h>

#include "common/clock.h"
#include "fanout.h"

static int
begin(struct fanout *me, struct lws *wsi, struct connection *connection, const struct query *query,
      struct rights *rights)
{
	unsigned char bytes[LWS_PRE + 1024], *start = bytes + LWS_PRE, *p = start;
	unsigned char *end = bytes + sizeof(bytes);

	if (lws_add_http_common_headers(wsi, HTTP_STATUS_OK, "text/event-stream",
					LWS_ILLEGAL_HTTP_CONTENT_LEN, &p, end) ||
	    out_header(wsi, "cache-control:", "no-store", &p, end) ||
	    out_header(wsi, "x-accel-buffering:", "no", &p, end) ||
	    out_allow_origin(me, wsi, &p, end) ||
	    lws_finalize_write_http_header(wsi, start, &p, end)) {
		rights_release(rights);
		return -1;
	}
	lws_set_timeout(wsi, NO_PENDING_TIMEOUT, 0);
	lws_http_headers_detach(wsi);  /* or there are as many streams as tables of headers: 64 */
	connection->watcher = clients_add(&me->clients, CLIENT_SSE, wsi, query, rights,
					  clock_mono_us());
	if (!connection->watcher)
		return -1;
	out_bound(wsi);
	out_offer(me, connection->watcher);
	return 0;
}

static int
request(struct fanout *me, struct lws *wsi, struct connection *connection)
{
	struct query query;
	struct rights rights;
	int r;

	return out_http(me, wsi, &query, &rights, &r) ? r
						      : begin(me, wsi, connection, &query, &rights);
}

static int
writable(struct fanout *me, struct watcher *w)
{
	if (w->ending)
		return 0;
	if (out_piece(me, w, clock_mono_us()) < 0 || clients_is_over(&me->clients, w))
		return -1;
	out_offer(me, w);
	return 0;
}

int
out_sse(struct fanout *me, struct lws *wsi, enum lws_callback_reasons reason,
	struct connection *connection)
{
	switch ((int)reason) {
	case LWS_CALLBACK_HTTP:
		return request(me, wsi, connection);
	case LWS_CALLBACK_HTTP_WRITEABLE:
		return connection && connection->watcher ? writable(me, connection->watcher) : 0;
	case LWS_CALLBACK_CLOSED_HTTP:
		/* lws reports connections, too, that never came to have a user */
		if (connection && connection->watcher) {
			out_log_stream(connection->watcher);
			clients_remove(&me->clients, connection->watcher, clock_mono_us());
			connection->watcher = NULL;
		}
		return 0;
	default:
		return 0;
	}
}
