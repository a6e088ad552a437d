/*
 * in_http - requests in, answers out, nothing waits for anybody
 *
 * A request is handed over when it is whole; its connection then sleeps until it is answered.
 * What is malformed, too large, too slow, for nobody here or from a foreign page never gets
 * that far.  One line per request is logged: the route, never a session's id or a body.
 *
 * libmicrohttpd without threads, its epoll descriptor in the caller's poll; request.c is what it
 * calls.
 */
#ifndef IN_HTTP_H
#define IN_HTTP_H

#include "proto/access.h"
#include "services/http-api/requests/routes.h"

struct http;

struct http_limits {
	const char *address;  /* numeric, IPv4 or IPv6 */
	int port;
	const char *hosts;    /* see admit.h */
	struct access *access;  /* the caller's */
	size_t body_bytes;
	int connections;
};

#define ASK_ARGS 10

struct ask {
	const struct route *route;
	char key[ROUTE_KEY];
	struct ask_arg {
		const char *name, *value;
	} args[ASK_ARGS];
	size_t n_args;
	const char *idempotency_key;  /* NULL: none */
	const char *body;
	size_t len;
	struct caller caller; /* of routes that need one */
	int is_https;         /* so the proxy says */
	void *work;           /* the caller's */
	void (*release)(void *work);  /* once it is answered or gone; NULL: nothing to do */
};

struct http *http_open(const struct http_limits *limits, struct err *err);
void http_close(struct http **http);  /* tells those who still wait that we are stopping */

int http_fd(const struct http *http);                        /* poll it for POLLIN */
long http_timeout_ms(const struct http *http, long most_ms);
void http_run(struct http *http);                            /* on every turn of the loop */

/* The next whole request, NULL when there is none.  It lives until it is answered. */
struct ask *http_next(struct http *http);

/* A header of the request, NULL when it is not there. */
const char *http_header(const struct ask *ask, const char *name);

/* Takes body (malloc'ed JSON; NULL: out of memory). location may be NULL. */
void http_answer(struct ask *ask, int status, char *body, size_t len, const char *location);
/* The same with another Content-Type than JSON, status 200. */
void http_say(struct ask *ask, char *body, size_t len, const char *type);
void http_refuse(struct ask *ask, const struct problem *problem);

/*
 * An answer that is made as it is taken: `read` puts at most `room` bytes of `work` into `to` and
 * says how many.  0: there are none yet, and nothing is asked for until http_stream_go_on().
 * HTTP_STREAM_END is after the last; HTTP_STREAM_BROKEN cuts the connection, so that nobody
 * takes what came for all of it.  The caller of a paused stream is never gone before it goes on.
 */
enum { HTTP_STREAM_END = -1, HTTP_STREAM_BROKEN = -2 };
typedef long http_stream_read(void *work, char *to, size_t room);
void http_stream(struct ask *ask, const char *type, const char *filename, http_stream_read *read);
void http_stream_go_on(struct ask *ask);
/* Before one of these: the answer will set that cookie. */
void http_set_cookie(struct ask *ask, const char *cookie);

struct http_counts {
	unsigned long long n_requests, n_refused, n_failed;  /* all, 4xx, 5xx */
};
const struct http_counts *http_counts(const struct http *http);

#endif
