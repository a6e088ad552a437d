/*
 * out_http - what is not a stream: who may come in, answers, problems
 */
#include <string.h>

#include "common/clock.h"
#include "common/log.h"
#include "fanout.h"
#include "own_metrics.h"

#define HEALTH "/health"
#define METRICS "/metrics"

/* ---- the log of requests: never what stands behind the ?, nor who asked */

static void
out_log(struct lws *wsi, int status)
{
	static const char *const paths[] = {OUT_EVENTS_PATH, OUT_LIVE_PATH, OUT_PHOENIX_PATH, HEALTH, METRICS};
	const char *path = "?";
	size_t i;

	for (i = 0; i < sizeof(paths) / sizeof(paths[0]); i++)
		if (out_is_path(wsi, paths[i]))
			path = paths[i];
	log_info("request", "route=\"%s %s\" status=%d",
		 lws_hdr_total_length(wsi, WSI_TOKEN_GET_URI) > 0 ? "GET" : "?", path, status);
}

/* ---- plain answers */

static const char *
title_of(int status)
{
	switch (status) {
	case 400:
		return "Bad Request";
	case 401:
		return "Unauthorized";
	case 403:
		return "Forbidden";
	case 404:
		return "Not Found";
	case 405:
		return "Method Not Allowed";
	case 426:
		return "Upgrade Required";
	case 503:
		return "Service Unavailable";
	default:
		return "OK";
	}
}

int
out_header(struct lws *wsi, const char *name, const char *value, unsigned char **p, unsigned char *end)
{
	return lws_add_http_header_by_name(wsi, (const unsigned char *)name,
					   (const unsigned char *)value, (int)strlen(value), p, end);
}

static int
answer(struct fanout *me, struct lws *wsi, int status, const char *type, const struct text *body)
{
	unsigned char *start = (unsigned char *)me->out + LWS_PRE, *p = start;
	unsigned char *end = start + CLIENTS_PIECE;

	me->n_requests++;
	me->n_refused += status >= 400;
	out_log(wsi, status);
	if (body->len > CLIENTS_PIECE ||
	    lws_add_http_common_headers(wsi, (unsigned)status, type, body->len, &p, end) ||
	    out_header(wsi, "cache-control:", "no-store", &p, end) ||
	    (status == 405 && out_header(wsi, "allow:", "GET", &p, end)) ||
	    (status == 426 && out_header(wsi, "upgrade:", "websocket", &p, end)) ||
	    (status == 503 && out_header(wsi, "retry-after:", "5", &p, end)) ||
	    lws_finalize_write_http_header(wsi, start, &p, end))
		return -1;
	memcpy(start, body->bytes, body->len);
	if (lws_write(wsi, start, body->len, LWS_WRITE_HTTP_FINAL) < 0)
		return -1;
	return lws_http_transaction_completed(wsi) ? -1 : 0;
}

int
out_problem(struct fanout *me, struct lws *wsi, int status, const char *detail)
{
	struct text body = {0};
	int r;

	text_put(&body, "{");
	text_member(&body, "type", "about:blank");
	text_member(&body, "title", title_of(status));
	text_member_int(&body, "status", status);
	text_member(&body, "detail", detail);
	text_put(&body, "}\n");
	r = answer(me, wsi, status, "application/problem+json", &body);
	text_free(&body);
	return r;
}

static int
health(struct fanout *me, struct lws *wsi)
{
	struct text body = {0};
	int r;

	text_put(&body, "{");
	text_member(&body, "status", *me->why ? "waiting" : "ok");
	text_member(&body, "why", me->why);
	text_member_int(&body, "watchers", (int64_t)me->clients.n);
	text_member_int(&body, "frames", (int64_t)me->board.n_frames);
	text_member_int(&body, "run", me->board.run);
	text_put(&body, "}\n");
	r = answer(me, wsi, 200, "application/json", &body);
	text_free(&body);
	return r;
}

static int
metrics(struct fanout *me, struct lws *wsi)
{
	char counts[COUNTS_MAX];
	struct text body = {0};
	int r;

	fanout_counts(me, counts);
	own_metrics_write(&body, me->process, counts);
	r = answer(me, wsi, 200, OWN_METRICS_TYPE, &body);
	text_free(&body);
	return r;
}

/* ---- who may come in */

/* A page of another origin must not read along: the browser tells where it is from. */
static int
is_foreign(const struct fanout *me, struct lws *wsi)
{
	char origin[300], host[300];
	const char *at;

	if (lws_hdr_total_length(wsi, WSI_TOKEN_ORIGIN) <= 0)
		return 0;
	if (lws_hdr_copy(wsi, origin, sizeof(origin), WSI_TOKEN_ORIGIN) < 0 ||
	    lws_hdr_copy(wsi, host, sizeof(host), WSI_TOKEN_HOST) < 0)
		return 1;
	at = strstr(origin, "://");
	return (!at || strcasecmp(at + 3, host)) && !access_origin(me->access, origin);
}

int
out_allow_origin(struct fanout *me, struct lws *wsi, unsigned char **p, unsigned char *end)
{
	char origin[300];

	if (lws_hdr_copy(wsi, origin, sizeof(origin), WSI_TOKEN_ORIGIN) <= 0 ||
	    !access_origin(me->access, origin))
		return 0;
	return out_header(wsi, "access-control-allow-origin:", origin, p, end) ||
	       out_header(wsi, "vary:", "Origin", p, end);
}

/* ---- who asks */

int
out_rights(struct fanout *me, const char *token, struct rights *rights, struct err *err)
{
	struct caller caller;
	int r;

	if (access_check(me->access, token, clock_utc_us(), &caller, err) < 0)
		return -1;
	r = rights_init(rights, &caller);
	caller_release(&caller);
	return r == 0 ? 0 : err_set(err, ENOMEM, "out of memory");
}

/* A browser's WebSocket and EventSource can send no header, so the address may have it; apikey is
 * what Supabase's client calls it. */
static int
token_in_address(struct fanout *me, struct lws *wsi)
{
	char *room = me->token;
	const char *value = lws_get_urlarg_by_name(wsi, "access_token=", room, sizeof(me->token));

	if (!value)
		value = lws_get_urlarg_by_name(wsi, "apikey=", room, sizeof(me->token));
	if (value)
		memmove(room, value, strlen(value) + 1);  /* it points behind the name */
	return value != NULL;
}

int
out_token(struct fanout *me, struct lws *wsi)
{
	static char header[JWT_MAX_BYTES + 100];

	if (lws_hdr_copy(wsi, header, sizeof(header), WSI_TOKEN_HTTP_AUTHORIZATION) > 0)
		return access_token(header, NULL, me->token, sizeof(me->token));
	if (token_in_address(me, wsi))
		return 1;
	return lws_hdr_copy(wsi, header, sizeof(header), WSI_TOKEN_HTTP_COOKIE) > 0 &&
	       access_token(NULL, header, me->token, sizeof(me->token));
}

static int
identify(struct fanout *me, struct lws *wsi, struct rights *rights, struct err *err)
{
	if (out_token(me, wsi))
		return out_rights(me, me->token, rights, err);
	return err_set(err, EACCES, "a token is needed: Authorization: Bearer, access_token= or the "
		       "cookie; `ihht token` makes one");
}

/* Also from Last-Event-ID; one that we cannot have sent is like one of another run. */
static void
read_last_id(struct lws *wsi, struct query *query)
{
	static const char name[] = "last-event-id:";
	char id[120];

	if (lws_hdr_custom_copy(wsi, id, sizeof(id), name, sizeof(name) - 1) > 0 &&
	    query_resume(&query->resume, id, NULL) < 0)
		query->resume.run = 1;
}

/* Longer than any other parameter, and read elsewhere. */
static int
is_token(struct lws *wsi, int i)
{
	static char pair[JWT_MAX_BYTES + 100];

	return lws_hdr_copy_fragment(wsi, pair, sizeof(pair), WSI_TOKEN_HTTP_URI_ARGS, i) > 0 &&
	       (!strncmp(pair, "access_token=", 13) || !strncmp(pair, "apikey=", 7));
}

static int
read_query(struct lws *wsi, struct query *query, struct err *err)
{
	char pair[200];
	int i, len;

	query_init(query);
	read_last_id(wsi, query);
	for (i = 0; (len = lws_hdr_fragment_length(wsi, WSI_TOKEN_HTTP_URI_ARGS, i)) > 0; i++) {
		if (is_token(wsi, i))
			continue;
		if (lws_hdr_copy_fragment(wsi, pair, sizeof(pair), WSI_TOKEN_HTTP_URI_ARGS, i) < 0)
			return err_set(err, EINVAL, "a parameter is longer than %zu bytes",
				       sizeof(pair) - 1);
		if (query_add(query, pair, err) < 0)
			return -1;
	}
	return 0;
}

int
out_is_path(struct lws *wsi, const char *path)
{
	char uri[200];

	return lws_hdr_copy(wsi, uri, sizeof(uri), WSI_TOKEN_GET_URI) > 0 && !strcmp(uri, path);
}

int
out_gate(struct fanout *me, struct lws *wsi, struct err *err)
{
	if (is_foreign(me, wsi))
		return err_set(err, 0, "a page of another origin may not watch; serve it from this "
			       "one, let the proxy pass Host on, or name it in access/origins"), 403;
	if (me->clients.n >= me->clients.max)
		return err_set(err, 0, "%zu are watching, which is the limit: see "
			       "realtime-fanout/watchers in ihht.conf", me->clients.n), 503;
	return 0;
}

int
out_admit(struct fanout *me, struct lws *wsi, const char *path, struct query *query,
	  struct rights *rights, struct err *err)
{
	int status;

	if (!out_is_path(wsi, path))
		return err_set(err, 0, "there are " HEALTH ", " METRICS ", " OUT_EVENTS_PATH " (SSE), " OUT_LIVE_PATH " and "
			       OUT_PHOENIX_PATH " (WebSocket)"), 404;
	if ((status = out_gate(me, wsi, err)))
		return status;
	if (read_query(wsi, query, err) < 0)
		return 400;
	return identify(me, wsi, rights, err) < 0 ? 401 : 0;
}

int
out_http(struct fanout *me, struct lws *wsi, struct query *query, struct rights *rights,
	 int *close)
{
	struct err err;
	int status;

	if (lws_hdr_total_length(wsi, WSI_TOKEN_GET_URI) <= 0)
		*close = out_problem(me, wsi, 405, "only GET");
	else if (out_is_path(wsi, HEALTH))
		*close = health(me, wsi);
	else if (out_is_path(wsi, METRICS))
		*close = metrics(me, wsi);
	else if (out_is_path(wsi, OUT_LIVE_PATH) || out_is_path(wsi, OUT_PHOENIX_PATH))
		*close = out_problem(me, wsi, 426, "this speaks WebSocket; for plain HTTP "
				     "there is " OUT_EVENTS_PATH);
	else if ((status = out_admit(me, wsi, OUT_EVENTS_PATH, query, rights, &err)))
		*close = out_problem(me, wsi, status, err.text);
	else
		return 0;
	return 1;
}
