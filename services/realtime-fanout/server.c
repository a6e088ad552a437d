/*
 * server - the loop, libwebsockets in it with its port, and the descriptors it watches for us
 */
#include <errno.h>
#include <string.h>
#include <sys/resource.h>
#include <zmq.h>

#include "common/log.h"
#include "fanout.h"
#include "proto/link.h"

static int
on_watcher(struct lws *wsi, enum lws_callback_reasons reason, void *user, void *in, size_t len)
{
	struct fanout *me = lws_context_user(lws_get_context(wsi));
	int r = out_sse(me, wsi, reason, user);

	return r ? r : out_ws(me, wsi, reason, user, in, len);
}

static void
on_source(struct ev_loop *loop, ev_io *source, int events)
{
	struct fanout *me = ev_userdata(loop);

	(void)events;
	me->wake(me, (int)(source - me->sources));
}

static const struct lws_protocols protocols[] = {
	{"live", on_watcher, sizeof(struct connection), 1024, 0, NULL, CLIENTS_PIECE + LWS_PRE},
	{0},
};

static void
lws_says(int level, const char *line)
{
	(void)level;
	log_warn("libwebsockets", "says=\"%.*s\"", (int)strcspn(line, "\n"), line);
}

static int
zmq_fd(const struct link *link)
{
	size_t size = sizeof(int);
	int fd = -1;

	(void)zmq_getsockopt(link_socket(link), ZMQ_FD, &fd, &size);
	return fd;
}

/* lws makes tables for as many descriptors as the limit allows: a million here and there. */
static void
limit_files(size_t watchers)
{
	struct rlimit limit;

	if (getrlimit(RLIMIT_NOFILE, &limit) < 0)
		return;
	if (limit.rlim_cur > watchers + 100)
		limit.rlim_cur = watchers + 100;
	(void)setrlimit(RLIMIT_NOFILE, &limit);
}

static void
watch(struct fanout *me, int source, int fd)
{
	ev_io_init(&me->sources[source], on_source, fd, EV_READ);
	ev_io_start(me->loop, &me->sources[source]);
}

static void
watch_all(struct fanout *me)
{
	int i;

	ev_set_userdata(me->loop, me);
	watch(me, SIGNALS, me->signals);
	watch(me, TICK, me->tick);
	for (i = 0; i < N_LINKS; i++) {
		watch(me, i, zmq_fd(me->links[i]));
		me->more[i] = 1;  /* what came before we looked gives no edge */
	}
}

int
server_open(struct fanout *me, const char *address, int port, struct err *err)
{
	struct lws_context_creation_info info = {
		.port = port, .iface = address, .protocols = protocols, .user = me,
		.vhost_name = "fanout", .server_string = "realtime-fanout", .gid = -1, .uid = -1,
		.max_http_header_data = 2 * JWT_MAX_BYTES, .max_http_header_pool = 64, .timeout_secs = 10,
		.foreign_loops = (void **)&me->loop,
		.options = LWS_SERVER_OPTION_EXPLICIT_VHOSTS | LWS_SERVER_OPTION_VALIDATE_UTF8 |
			   LWS_SERVER_OPTION_FAIL_UPON_UNABLE_TO_BIND | LWS_SERVER_OPTION_LIBEV,
	};

	/* lws 4.1.6 would take an IPv4 address for the IPv6 one "::" and listen to the world */
	if (!strchr(address, ':'))
		info.options |= LWS_SERVER_OPTION_DISABLE_IPV6;
	lws_set_log_level(LLL_ERR | LLL_WARN, lws_says);
	limit_files(me->clients.max);
	if (!(me->loop = ev_loop_new(EVBACKEND_EPOLL | EVFLAG_NOENV)))
		return err_set(err, errno, "epoll: %s", strerror(errno));
	if (!(me->lws = lws_create_context(&info)))
		return err_set(err, ENOMEM, "libwebsockets does not start: is its plugin for libev "
			       "installed (Debian: libwebsockets-evlib-ev)?");
	if (!lws_create_vhost(me->lws, &info))
		return err_set(err, EADDRINUSE, "cannot listen on %s port %d; see "
			       "realtime-fanout/listen and /port", address, port);
	watch_all(me);
	return 0;
}

void
server_close(struct fanout *me)
{
	if (me->lws)
		lws_context_destroy(me->lws);
	if (me->loop)
		ev_loop_destroy(me->loop);
}
