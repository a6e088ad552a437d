#include "services/http-api/requests/in_http.h"

#include <arpa/inet.h>
#include <errno.h>
#include <microhttpd.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "common/clock.h"
#include "common/log.h"
#include "services/http-api/requests/request.h"

#define HEAD_BYTES (24 * 1024)  /* of request line and headers, and for MHD's own needs */

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

void
request_wake(struct request *r)
{
	TAILQ_REMOVE(&r->http->asleep, r, waits);
	MHD_resume_connection(r->connection);
	r->http->woken = 1;
}

void
http_answer(struct ask *ask, int status, char *body, size_t len, const char *location)
{
	struct request *r = (struct request *)ask;

	request_set_answer(r, status, body, len, "application/json");
	if (location)
		(void)MHD_add_response_header(r->response, "Location", location);
	request_wake(r);
}

void
http_say(struct ask *ask, char *body, size_t len, const char *type)
{
	struct request *r = (struct request *)ask;

	request_set_answer(r, 200, body, len, type);
	request_wake(r);
}

void
http_set_cookie(struct ask *ask, const char *cookie)
{
	((struct request *)ask)->cookie = strdup(cookie);
}

void
http_refuse(struct ask *ask, const struct problem *problem)
{
	struct request *r = (struct request *)ask;

	request_set_problem(r, problem);
	request_wake(r);
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
	peers_end_late(&http->peers, clock_mono_us());
	http->woken = 0;
	(void)MHD_run(http->daemon);
}

/* ---- open and close */

static void
on_connection(void *arg, struct MHD_Connection *connection, void **mine,
	      enum MHD_ConnectionNotificationCode code)
{
	struct http *http = arg;

	if (code == MHD_CONNECTION_NOTIFY_CLOSED)
		peer_free((struct peer **)mine);
	else
		*mine = peer_new(&http->peers, MHD_get_connection_info(connection,
				 MHD_CONNECTION_INFO_CONNECTION_FD)->connect_fd,
				 clock_mono_us() + HEAD_US);
}

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
	TAILQ_INIT(&http->paused);
	if ((fd = listen_on(limits, err)) < 0) {
		http_close(&http);
		return NULL;
	}
	http->daemon = MHD_start_daemon(
		MHD_USE_EPOLL | MHD_ALLOW_SUSPEND_RESUME | MHD_USE_ERROR_LOG, 0, NULL, NULL,
		request_go_on, http, MHD_OPTION_LISTEN_SOCKET, fd, MHD_OPTION_EXTERNAL_LOGGER, on_log,
		NULL, MHD_OPTION_CONNECTION_LIMIT, (unsigned)limits->connections,
		MHD_OPTION_CONNECTION_TIMEOUT, (unsigned)(SEND_US / CLOCK_SECOND),
		MHD_OPTION_CONNECTION_MEMORY_LIMIT, (size_t)HEAD_BYTES,
		MHD_OPTION_STRICT_FOR_CLIENT, 1, MHD_OPTION_URI_LOG_CALLBACK, request_begin, http,
		MHD_OPTION_NOTIFY_COMPLETED, request_end, http, MHD_OPTION_NOTIFY_CONNECTION,
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
	streams_break_off(*http);
	if ((*http)->daemon) {
		(void)MHD_run((*http)->daemon);  /* MHD may not stop with sleepers */
		(void)MHD_run((*http)->daemon);
		MHD_stop_daemon((*http)->daemon);
	}
	free(*http);
	*http = NULL;
}
