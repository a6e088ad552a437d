#include "services/http-api/in_http.h"

#include <arpa/inet.h>
#include <errno.h>
#include <microhttpd.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/queue.h>
#include <sys/socket.h>
#include <unistd.h>

#include "common/clock.h"
#include "common/log.h"
#include "services/http-api/admit.h"

/* How long a connection may stay in one phase, whatever it trickles: against slow senders. */
#define HEAD_US (20 * CLOCK_SECOND)
#define BODY_US (30 * CLOCK_SECOND)
#define SEND_US (60 * CLOCK_SECOND)

#define HEAD_BYTES  (24 * 1024)  /* of request line and headers, and for MHD's own needs */
#define BODIES_MOST 16           /* bodies of full size that may be in memory at once */

struct peer {
	LIST_ENTRY(peer) all;
	int fd;
	int64_t until_us;
};

struct request {
	struct ask ask;  /* first: an ask is its request */
	struct http *http;
	struct MHD_Connection *connection;
	struct peer *peer;
	TAILQ_ENTRY(request) waits;
	int bad_uri, begun, handed, too_large;
	char *body;
	size_t room, dropped;
	struct MHD_Response *response;
	int status;
	size_t sent;
	int64_t since_us;
};

TAILQ_HEAD(requests, request);

struct http {
	struct MHD_Daemon *daemon;
	struct http_limits limits;
	LIST_HEAD(peers, peer) peers;
	struct requests fresh, asleep;  /* not yet taken by http_next(); taken */
	int woken;                      /* MHD_resume_connection() does not make epoll_fd readable */
	size_t bodies;                  /* bytes of all bodies */
	struct http_counts counts;
};

/* ---- connections: a deadline for each phase */

static void
on_connection(void *arg, struct MHD_Connection *connection, void **mine,
	      enum MHD_ConnectionNotificationCode code)
{
	struct http *http = arg;
	struct peer *peer = *mine;

	if (code == MHD_CONNECTION_NOTIFY_CLOSED) {
		if (peer)
			LIST_REMOVE(peer, all);
		free(peer);
		return;
	}
	if (!(*mine = peer = calloc(1, sizeof(*peer))))
		return;
	peer->fd = MHD_get_connection_info(connection, MHD_CONNECTION_INFO_CONNECTION_FD)->connect_fd;
	peer->until_us = clock_mono_us() + HEAD_US;
	LIST_INSERT_HEAD(&http->peers, peer, all);
}

static void
allow(struct request *r, int64_t more_us)
{
	if (r->peer)
		r->peer->until_us = more_us ? clock_mono_us() + more_us : INT64_MAX;
}

static void
end_slow_peers(struct http *http)
{
	int64_t now = clock_mono_us();
	struct peer *peer;

	LIST_FOREACH(peer, &http->peers, all) {
		if (peer->until_us > now)
			continue;
		(void)shutdown(peer->fd, SHUT_RDWR);  /* MHD sees it and closes */
		peer->until_us = INT64_MAX;
	}
}

/* ---- the life of a request */

/* Called with the untouched request line: the only place where a %00 can still be seen. */
static void *
on_uri(void *arg, const char *uri, struct MHD_Connection *connection)
{
	const union MHD_ConnectionInfo *mine =
		MHD_get_connection_info(connection, MHD_CONNECTION_INFO_SOCKET_CONTEXT);
	struct request *r = calloc(1, sizeof(*r));

	if (!r)
		return NULL;
	r->http = arg;
	r->connection = connection;
	r->peer = mine ? mine->socket_context : NULL;
	r->bad_uri = strstr(uri, "%00") || strlen(uri) > 2000;
	r->since_us = clock_mono_us();
	r->http->counts.n_requests++;
	return r;
}

static void
on_completed(void *arg, struct MHD_Connection *connection, void **mine,
	     enum MHD_RequestTerminationCode code)
{
	struct request *r = *mine;

	(void)arg;
	(void)connection;
	if (!r)
		return;
	log_info("request", "route=\"%s %s\" status=%d ms=%lld in=%zu out=%zu%s",
		 r->ask.route ? r->ask.route->method : "?", r->ask.route ? r->ask.route->path : "?",
		 r->status, (long long)(clock_mono_us() - r->since_us) / 1000, r->ask.len, r->sent,
		 code == MHD_REQUEST_TERMINATED_COMPLETED_OK ? "" : " cut=1");
	allow(r, HEAD_US);
	if (r->response)
		MHD_destroy_response(r->response);
	r->http->bodies -= r->room;
	free(r->body);
	free(r);
	*mine = NULL;
}

static enum MHD_Result
send_response(struct request *r)
{
	enum MHD_Result sent = MHD_queue_response(r->connection, (unsigned)r->status, r->response);

	MHD_destroy_response(r->response);
	r->response = NULL;
	allow(r, SEND_US);
	return sent;
}

static void
add_header(struct MHD_Response *response, const char *name, const char *value)
{
	(void)MHD_add_response_header(response, name, value);
}

static void
set_response(struct request *r, int status, char *body, size_t len, const char *type)
{
	if (!body) {  /* out of memory: the status must do */
		status = 500;
		len = 0;
	}
	r->response = MHD_create_response_from_buffer(len, body, MHD_RESPMEM_MUST_FREE);
	ASSERT(r->response);
	r->status = status;
	r->sent = len;
	r->http->counts.n_refused += status >= 400 && status < 500;
	r->http->counts.n_failed += status >= 500;
	add_header(r->response, "Content-Type", type);
	add_header(r->response, "Cache-Control", "no-store");
	add_header(r->response, "X-Content-Type-Options", "nosniff");
}

static void
set_problem(struct request *r, const struct problem *problem)
{
	char seconds[16];
	size_t len;
	char *text = problem_text(problem, &len);

	set_response(r, problem->status, text, len, "application/problem+json");
	if (problem->allow[0])
		add_header(r->response, "Allow", problem->allow);
	(void)snprintf(seconds, sizeof(seconds), "%d", problem->retry_after_s);
	if (problem->retry_after_s)
		add_header(r->response, "Retry-After", seconds);
}

/* ---- head */

struct args_in {
	struct ask *ask;
	struct problem *problem;
};

static enum MHD_Result
take_arg(void *arg, enum MHD_ValueKind kind, const char *name, const char *value)
{
	struct args_in *in = arg;
	struct ask *ask = in->ask;
	size_t i;

	(void)kind;
	if (!route_takes(ask->route, name)) {
		(void)problem_set(in->problem, 400, name, "no such argument; there are:%s",
				  *ask->route->args ? ask->route->args : " none");
		return MHD_NO;
	}
	for (i = 0; i < ask->n_args && strcmp(ask->args[i].name, name); i++)
		;
	if (i < ask->n_args || !value || i == ASK_ARGS) {
		(void)problem_set(in->problem, 400, name, "must be given once, with a value");
		return MHD_NO;
	}
	ask->args[ask->n_args++] = (struct ask_arg){name, value};
	return MHD_YES;
}

static const char *
header(struct request *r, const char *name)
{
	return MHD_lookup_connection_value(r->connection, MHD_HEADER_KIND, name);
}

/* 0, or -1 and why not.  404 and 405 come first, so that they are told without a body. */
static int
check_head(struct request *r, const char *method, const char *path, struct problem *problem)
{
	struct head head = {.host = header(r, "Host"), .origin = header(r, "Origin"),
			    .content_type = header(r, "Content-Type"),
			    .content_encoding = header(r, "Content-Encoding"),
			    .content_length = header(r, "Content-Length")};
	struct args_in in = {&r->ask, problem};

	if (r->bad_uri)
		return problem_set(problem, 400, "", "the address is too long or has a NUL in it");
	if (route_find(method, path, &r->ask.route, r->ask.key, problem) < 0)
		return -1;
	head.has_body = !strcmp(r->ask.route->method, "POST");
	if (admit(&head, r->http->limits.hosts, r->http->limits.body_bytes, problem) < 0)
		return -1;
	problem->status = 0;
	(void)MHD_get_connection_values(r->connection, MHD_GET_ARGUMENT_KIND, take_arg, &in);
	return problem->status ? -1 : 0;
}

static enum MHD_Result
begin(struct request *r, const char *method, const char *path)
{
	struct problem problem;

	r->begun = 1;
	allow(r, BODY_US);
	if (check_head(r, method, path, &problem) == 0)
		return MHD_YES;
	set_problem(r, &problem);
	return send_response(r);
}

/* ---- body */

static int
make_room(struct request *r, size_t need)
{
	size_t room = r->room ? r->room : 2048, most = r->http->limits.body_bytes;
	char *body;

	if (need <= r->room)
		return 0;
	while (room < need)
		room *= 2;
	room = room > most ? most : room;
	if (r->http->bodies + room - r->room > most * BODIES_MOST)
		return -1;
	if (!(body = realloc(r->body, room)))
		return -1;
	r->http->bodies += room - r->room;
	r->body = body;
	r->room = room;
	return 0;
}

/* What is too large is read to its end and refused then, as a sender deaf until it has sent
 * all would not hear us before; but not for ever. */
static enum MHD_Result
take_body(struct request *r, const char *bytes, size_t n)
{
	if (r->too_large || n > r->http->limits.body_bytes - r->ask.len) {
		r->too_large = 413;
		r->dropped += n;
		return r->dropped > 2 * r->http->limits.body_bytes ? MHD_NO : MHD_YES;
	}
	if (make_room(r, r->ask.len + n) < 0) {
		r->too_large = 503;
		return MHD_YES;
	}
	memcpy(r->body + r->ask.len, bytes, n);
	r->ask.len += n;
	r->ask.body = r->body;
	return MHD_YES;
}

static enum MHD_Result
hand_over(struct request *r)
{
	struct problem problem;

	if (r->too_large) {
		(void)problem_set(&problem, r->too_large, "",
				  r->too_large == 413 ? "a body may have %zu bytes"
						      : "too many bodies of up to %zu bytes at once",
				  r->http->limits.body_bytes);
		set_problem(r, &problem);
		return send_response(r);
	}
	r->handed = 1;
	allow(r, 0);
	MHD_suspend_connection(r->connection);
	TAILQ_INSERT_TAIL(&r->http->fresh, r, waits);
	return MHD_YES;
}

static enum MHD_Result
on_request(void *arg, struct MHD_Connection *connection, const char *path, const char *method,
	   const char *version, const char *bytes, size_t *n, void **mine)
{
	struct request *r = *mine;
	enum MHD_Result taken;

	(void)arg;
	(void)connection;
	(void)version;
	if (!r)
		return MHD_NO;  /* out of memory */
	if (!r->begun)
		return begin(r, method, path);
	if (*n) {
		taken = take_body(r, bytes, *n);
		*n = 0;
		return taken;
	}
	if (r->response)
		return send_response(r);
	return r->handed ? MHD_YES : hand_over(r);
}

/* ---- for the caller */

struct ask *
http_next(struct http *http)
{
	struct request *r = TAILQ_FIRST(&http->fresh);

	if (!r)
		return NULL;
	TAILQ_REMOVE(&http->fresh, r, waits);
	TAILQ_INSERT_TAIL(&http->asleep, r, waits);
	return &r->ask;
}

static void
wake(struct request *r)
{
	TAILQ_REMOVE(&r->http->asleep, r, waits);
	MHD_resume_connection(r->connection);
	r->http->woken = 1;
}

void
http_answer(struct ask *ask, int status, char *body, size_t len, const char *location)
{
	struct request *r = (struct request *)ask;

	set_response(r, status, body, len, "application/json");
	if (location)
		add_header(r->response, "Location", location);
	wake(r);
}

void
http_refuse(struct ask *ask, const struct problem *problem)
{
	struct request *r = (struct request *)ask;

	set_problem(r, problem);
	wake(r);
}

const struct http_counts *
http_counts(const struct http *http)
{
	return &http->counts;
}

int
http_fd(const struct http *http)
{
	return MHD_get_daemon_info(http->daemon, MHD_DAEMON_INFO_EPOLL_FD)->epoll_fd;
}

long
http_timeout_ms(const struct http *http, long most_ms)
{
	MHD_UNSIGNED_LONG_LONG ms;

	if (http->woken)
		return 0;
	if (MHD_get_timeout(http->daemon, &ms) == MHD_YES && ms < (unsigned long long)most_ms)
		return (long)ms;
	return most_ms;
}

void
http_run(struct http *http)
{
	end_slow_peers(http);
	http->woken = 0;
	(void)MHD_run(http->daemon);
}

/* ---- open and close */

static void
on_log(void *arg, const char *format, va_list args)
{
	char text[200];

	(void)arg;
	(void)vsnprintf(text, sizeof(text), format, args);
	log_debug("microhttpd", "why=\"%.*s\"", (int)strcspn(text, "\n"), text);
}

static int
listen_on(const struct http_limits *limits, struct err *err)
{
	struct sockaddr_in v4 = {.sin_family = AF_INET, .sin_port = htons((uint16_t)limits->port)};
	struct sockaddr_in6 v6 = {.sin6_family = AF_INET6, .sin6_port = htons((uint16_t)limits->port)};
	int is_v4 = inet_pton(AF_INET, limits->address, &v4.sin_addr) == 1, on = 1, fd;

	if (!is_v4 && inet_pton(AF_INET6, limits->address, &v6.sin6_addr) != 1)
		return err_set(err, EINVAL, "%s: must be an address in numbers", limits->address);
	fd = socket(is_v4 ? AF_INET : AF_INET6, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd < 0)
		return err_set(err, errno, "no socket: %s", strerror(errno));
	(void)setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
	if (bind(fd, is_v4 ? (struct sockaddr *)&v4 : (struct sockaddr *)&v6,
		 is_v4 ? sizeof(v4) : sizeof(v6)) == 0 && listen(fd, 128) == 0)
		return fd;
	(void)err_set(err, errno, "cannot listen on %s port %d: %s", limits->address, limits->port,
		      strerror(errno));
	(void)close(fd);
	return -1;
}

struct http *
http_open(const struct http_limits *limits, struct err *err)
{
	struct http *http = calloc(1, sizeof(*http));
	int fd;

	if (!http) {
		(void)err_set(err, ENOMEM, "out of memory");
		return NULL;
	}
	http->limits = *limits;
	LIST_INIT(&http->peers);
	TAILQ_INIT(&http->fresh);
	TAILQ_INIT(&http->asleep);
	if ((fd = listen_on(limits, err)) < 0) {
		http_close(&http);
		return NULL;
	}
	http->daemon = MHD_start_daemon(
		MHD_USE_EPOLL | MHD_ALLOW_SUSPEND_RESUME | MHD_USE_ERROR_LOG, 0, NULL, NULL,
		on_request, http, MHD_OPTION_LISTEN_SOCKET, fd, MHD_OPTION_EXTERNAL_LOGGER, on_log,
		NULL, MHD_OPTION_CONNECTION_LIMIT, (unsigned)limits->connections,
		MHD_OPTION_CONNECTION_TIMEOUT, (unsigned)(SEND_US / CLOCK_SECOND),
		MHD_OPTION_CONNECTION_MEMORY_LIMIT, (size_t)HEAD_BYTES,
		MHD_OPTION_STRICT_FOR_CLIENT, 1, MHD_OPTION_URI_LOG_CALLBACK, on_uri, http,
		MHD_OPTION_NOTIFY_COMPLETED, on_completed, http, MHD_OPTION_NOTIFY_CONNECTION,
		on_connection, http, MHD_OPTION_END);
	if (http->daemon)
		return http;
	(void)close(fd);
	http_close(&http);
	(void)err_set(err, EIO, "libmicrohttpd did not start");
	return NULL;
}

void
http_close(struct http **http)
{
	struct problem problem;
	struct ask *ask;
	struct request *r;

	if (!*http)
		return;
	(void)problem_set(&problem, 503, "", "this process is stopping");
	while ((ask = http_next(*http)))
		;
	while ((r = TAILQ_FIRST(&(*http)->asleep)))
		http_refuse(&r->ask, &problem);
	if ((*http)->daemon) {
		(void)MHD_run((*http)->daemon);  /* MHD may not stop with sleepers */
		(void)MHD_run((*http)->daemon);
		MHD_stop_daemon((*http)->daemon);
	}
	free(*http);
	*http = NULL;
}
