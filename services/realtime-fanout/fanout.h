/*
 * fanout - what main.c, server.c, in_links.c and the out_ files share
 */
#ifndef FANOUT_H
#define FANOUT_H

#include <ev.h>
#include <libwebsockets.h>

#include "clients.h"
#include "common/jwt.h"
#include "proto/access.h"
#include "proto/process.h"

/* What wakes us, besides the watchers: the links first. */
enum { LIVE, NEWS, BEATS, N_LINKS, TICK = N_LINKS, SIGNALS, N_SOURCES };

struct fanout {
	int signals;
	struct process *process;
	struct access *access;
	struct link *links[N_LINKS];
	int more[N_LINKS];                /* to be read on the tick */
	struct ev_loop *loop;
	ev_io sources[N_SOURCES];
	int tick;                         /* a timerfd */
	int64_t tick_us;
	int64_t cpu_us, busy_us;          /* ours at the last wake, and spent on it */
	struct lws_context *lws;
	struct board board;
	struct clients clients;
	lws_sorted_usec_list_t second;
	void (*wake)(struct fanout *me, int source);
	const char *why;                  /* what we wait for, "" when nothing */
	int64_t lag_us;                   /* the most of a value since the last beat */
	uint64_t n_requests, n_refused;   /* all; that got a 4xx or 5xx */
	char out[LWS_PRE + CLIENTS_PIECE];
	char token[JWT_MAX_BYTES + 2];    /* of the request that is looked at */
};

/* What lws keeps for one connection. */
struct connection {
	struct watcher *watcher;
	char *said;        /* what a WebSocket client is saying: a message in parts */
	size_t said_len;
};

/* Listens, and makes the loop that wakes us: me->wake() is told by which source. */
int server_open(struct fanout *me, const char *address, int port, struct err *err);
void server_close(struct fanout *me);

/* The links; what they bring goes to the board when in_links_wake() is told by which source. */
int in_links_open(struct fanout *me, struct err *err);
void in_links_subscribe(struct fanout *me);
void in_links_wake(struct fanout *me, int source);
void in_links_close(struct fanout *me);

/* The counts of a beat, and of the metrics: name=value pairs. */
#define COUNTS_MAX 700
void fanout_counts(const struct fanout *me, char counts[COUNTS_MAX]);

/* Callbacks of lws, for the reasons of each. */
int out_sse(struct fanout *me, struct lws *wsi, enum lws_callback_reasons reason,
	    struct connection *connection);
int out_ws(struct fanout *me, struct lws *wsi, enum lws_callback_reasons reason,
	   struct connection *connection, const void *bytes, size_t len);

#define OUT_EVENTS_PATH  "/events"
#define OUT_LIVE_PATH    "/live"
#define OUT_PHOENIX_PATH "/realtime/v1/websocket"
int out_is_path(struct lws *wsi, const char *path);
/* May a stream begin for that page, and is there room?  0, or the status and err. */
int out_gate(struct fanout *me, struct lws *wsi, struct err *err);

/* Before a stream begins: 0, *query and *rights (to be released), or the HTTP status of a problem
 * and err. */
int out_admit(struct fanout *me, struct lws *wsi, const char *path, struct query *query,
	      struct rights *rights, struct err *err);
/* Whose data a token opens: 0, or -1 and why none. */
int out_rights(struct fanout *me, const char *token, struct rights *rights, struct err *err);
/* A stream begins on this socket: bounds what the kernel keeps for it. */
void out_bound(struct lws *wsi);
/* Writes now what there is for it, not in a callback of lws; the rest when lws says so. */
void out_give(struct fanout *me, struct watcher *watcher, int64_t mono_us);
/* Asks lws to call when the watcher can be written to; if there is anything for it. */
void out_ask(struct fanout *me, struct watcher *watcher, int64_t mono_us);
void out_offer(struct fanout *me, struct watcher *watcher);
/* Writes one piece of it, if there is any; -1: that socket is dead. */
int out_piece(struct fanout *me, struct watcher *watcher, int64_t mono_us);
/* Once a second: who has heard nothing for long gets a sign of life, who takes nothing has to go. */
void out_look_after(struct fanout *me, struct watcher *watcher, int64_t mono_us);
/* Parts from a watcher without a word, soon. */
void out_end(struct watcher *watcher);

/* A plain request: 1 answered, *close is for lws; 0: it wants the events of *query. */
int out_http(struct fanout *me, struct lws *wsi, struct query *query, struct rights *rights,
	     int *close);
/* The token of a request into me->token; 0: there is none. */
int out_token(struct fanout *me, struct lws *wsi);

/* A client of Supabase: -1 is for lws. */
int out_phoenix_begin(struct fanout *me, struct lws *wsi, struct connection *connection);
/* What it said is whole in connection->said; -1 and why it has to go. */
int out_phoenix_hear(struct fanout *me, struct connection *connection, struct err *err);

/* A stream has ended: its line in the log. */
void out_log_stream(const struct watcher *watcher);

/* For an answer that a page of a listed origin may read. */
int out_allow_origin(struct fanout *me, struct lws *wsi, unsigned char **p, unsigned char *end);
int out_header(struct lws *wsi, const char *name, const char *value, unsigned char **p,
	       unsigned char *end);
/* Answers with a problem document (RFC 9457); what to return to lws. */
int out_problem(struct fanout *me, struct lws *wsi, int status, const char *detail);

#endif
