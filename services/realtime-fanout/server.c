/*
 * server - libwebsockets: its context, its port and the descriptors it watches for us
 */
#include <errno.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>
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

static int
on_file(struct lws *wsi, enum lws_callback_reasons reason, void *user, void *in, size_t len)
{
	struct fanout *me = lws_context_user(lws_get_context(wsi));

	(void)user;
	(void)in;
	(void)len;
	if (reason == LWS_CALLBACK_RAW_RX_FILE)
		me->wake(me, lws_get_opaque_user_data(wsi));
	return 0;
}

static const struct lws_protocols protocols[] = {
	{"live", on_watcher, sizeof(struct connection), 1024, 0, NULL, CLIENTS_PIECE + LWS_PRE},
	{"file", on_file, 0, 0, 0, NULL, 0},
	{0},
};

static void
lws_says(int level, const char *line)
{
	(void)level;
	log_warn("libwebsockets", "says=\"%.*s\"", (int)strcspn(line, "\n"), line);
}

/* lws closes what it adopts, and ZeroMQ closes what is its own: so lws gets a duplicate. */
static struct lws *
adopt(struct lws_vhost *vhost, int fd, void *whose, struct err *err)
{
	lws_adopt_desc_t what = {.vh = vhost, .type = LWS_ADOPT_RAW_FILE_DESC,
				 .vh_prot_name = "file", .opaque = whose};
	struct lws *wsi;

	what.fd.filefd = dup(fd);
	wsi = what.fd.filefd < 0 ? NULL : lws_adopt_descriptor_vhost_via_info(&what);
	if (!wsi)
		err_set(err, errno, "cannot watch a file descriptor: %s", strerror(errno));
	return wsi;
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

int
server_open(struct fanout *me, const char *address, int port, struct err *err)
{
	struct lws_context_creation_info info = {
		.port = port, .iface = address, .protocols = protocols, .user = me,
		.vhost_name = "fanout", .server_string = "realtime-fanout", .gid = -1, .uid = -1,
		.max_http_header_data = 2 * JWT_MAX_BYTES, .max_http_header_pool = 64, .timeout_secs = 10,
		.options = LWS_SERVER_OPTION_EXPLICIT_VHOSTS | LWS_SERVER_OPTION_VALIDATE_UTF8 |
			   LWS_SERVER_OPTION_FAIL_UPON_UNABLE_TO_BIND,
	};
	struct lws_vhost *vhost;
	int i;

	/* lws 4.1.6 would take an IPv4 address for the IPv6 one "::" and listen to the world */
	if (!strchr(address, ':'))
		info.options |= LWS_SERVER_OPTION_DISABLE_IPV6;
	lws_set_log_level(LLL_ERR | LLL_WARN, lws_says);
	limit_files(me->clients.max);
	if (!(me->lws = lws_create_context(&info)))
		return err_set(err, ENOMEM, "libwebsockets does not start");
	if (!(vhost = lws_create_vhost(me->lws, &info)))
		return err_set(err, EADDRINUSE, "cannot listen on %s port %d; see "
			       "realtime-fanout/listen and /port", address, port);
	if (!adopt(vhost, me->signals, &me->signals, err) ||
	    !adopt(vhost, me->tick, &me->tick, err))
		return -1;
	for (i = 0; i < N_LINKS; i++) {
		struct lws *wsi = adopt(vhost, zmq_fd(me->links[i]), me->links[i], err);

		if (!wsi)
			return -1;
		if (i == LIVE)
			me->live = wsi;
		me->more[i] = 1;  /* what came before we looked gives no edge */
	}
	return 0;
}
