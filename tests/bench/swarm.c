/*
 * swarm - many watchers in one process, of ours or of a peer, for the benches of the live stream
 *
 *	swarm PEER PORT TOKEN|RATE N SECONDS
 *
 *	ihht       WebSockets at /live, which feed sends values to; with TOKEN
 *	ihht-one   the same, each for one device of feed
 *	nats       subscribers of nats-server; a process of our own publishes RATE a second, as feed does,
 *	           to the next ones as well
 *	nats-one   the same, each has its own subject
 *	nats-link  nats-one where what is published comes over a ZeroMQ link first, as it does to us
 *	mqtt       MQTT over TCP, of mosquitto
 *	ws         WebSockets of peer.mjs, which sends on what one says
 *
 * With STALLED in the environment so many more watch and never read.  Prints:  deliveries p50_us p99_us lost
 * Counted is, in each watcher, from the newest frame that any has when measuring begins to the newest
 * that any has when it ends: lost are those that it got not, or not in order (the ...-one get
 * some only and are not judged).  How old a value is, is looked at in every tenth.  Without arguments it
 * is no benchmark of its own and says nothing.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>
#include <zmq.h>

#include "common/clock.h"

#define MOST_DELAYS 2000000
#define BODY        400  /* bytes of a value, as our frames have */
#define FEED_DEVICE "5a:00:00:00:%02x:%02x"

#define WORD        "{\"seq\":"
#define TYPE        ",\"type\":\""
#define SAMPLE      "sample\","
#define TIME        "\"taken_us\":"
#define LONGEST     (sizeof(WORD TYPE SAMPLE) + 20)  /* what a frame begins with */

struct watcher {
	int fd, measured;
	uint64_t last;       /* frame */
	char tail[LONGEST];  /* of what was read: the beginning of a frame */
	size_t n_tail;
};

static char buffer[LONGEST + (1 << 18) + 1];
static struct watcher *all;
static uint64_t newest, first;  /* frame of any watcher; the last one before measuring */
static int32_t delays[MOST_DELAYS];
static size_t n_delays;
static uint64_t n_got, n_lost;
static int measuring;

static int
dial(int port)
{
	struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons((uint16_t)port),
				 .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	int fd = socket(AF_INET, SOCK_STREAM, 0), one = 1;

	if (fd < 0 || connect(fd, (struct sockaddr *)&to, sizeof(to)) < 0) {
		perror("swarm: connect");
		exit(1);
	}
	(void)setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
	return fd;
}

static void
say(int fd, const char *bytes, size_t len)
{
	if (write(fd, bytes, len) != (ssize_t)len)
		perror("swarm: write");
}

/* Asks for a WebSocket; the answer is read with the rest. */
static int
ask(int port, const char *path, const char *more)
{
	char request[10000];
	int fd = dial(port);

	(void)snprintf(request, sizeof(request), "GET %s HTTP/1.1\r\nHost: 127.0.0.1:%d\r\n%s"
		       "Upgrade: websocket\r\nConnection: Upgrade\r\n"
		       "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n",
		       path, port, more);
	say(fd, request, strlen(request));
	return fd;
}

/* The same; returns when the other side has agreed. */
static int
upgrade(int port, const char *path, const char *more)
{
	char request[1000] = "";
	int fd = ask(port, path, more);
	size_t n = 0;

	while (n < sizeof(request) - 1 && read(fd, request + n, 1) == 1) {
		request[++n] = 0;
		if (n >= 4 && !strcmp(request + n - 4, "\r\n\r\n"))
			break;
	}
	if (strncmp(request, "HTTP/1.1 101", 12)) {
		fprintf(stderr, "swarm: no WebSocket: %.60s\n", request);
		exit(1);
	}
	return fd;
}

/* A client's frame, whose mask of zeros leaves the bytes as they are. */
static void
say_frame(int fd, const char *bytes, size_t len)
{
	char frame[BODY + 8] = {(char)0x81, (char)(0x80 | 126), (char)(len >> 8), (char)len};

	memcpy(frame + 8, bytes, len);
	say(fd, frame, len + 8);
}

static int
watch_ihht(int port, int i, const char *token)
{
	char header[9000];

	(void)i;
	(void)snprintf(header, sizeof(header), "Authorization: Bearer %s\r\n", token);
	return ask(port, "/live", header);
}

static int
watch_ihht_one(int port, int i, const char *token)
{
	char header[9000], path[100];

	(void)snprintf(header, sizeof(header), "Authorization: Bearer %s\r\n", token);
	(void)snprintf(path, sizeof(path), "/live?types=sample&device=" FEED_DEVICE,
		       i >> 8, i & 255);
	return ask(port, path, header);
}

static int
watch_nats(int port, int i, const char *rate)
{
	static const char hello[] = "CONNECT {\"verbose\":false}\r\nSUB live 1\r\n";
	int fd = dial(port);

	(void)i, (void)rate;
	say(fd, hello, strlen(hello));
	return fd;
}

static int
watch_nats_one(int port, int i, const char *rate)
{
	char text[100];
	int fd = dial(port);

	(void)rate;
	(void)snprintf(text, sizeof(text), "CONNECT {\"verbose\":false}\r\nSUB live.%d 1\r\n", i);
	say(fd, text, strlen(text));
	return fd;
}

static int
watch_ws(int port, int i, const char *rate)
{
	(void)i, (void)rate;
	return upgrade(port, "/", "");
}

/* Plain TCP: Debian's mosquitto opens no WebSocket on every machine, and this costs it less. */
static int
watch_mqtt(int port, int i, const char *rate)
{
	static const char subscribe[] = {(char)0x82, 9, 0, 1, 0, 4, 'l', 'i', 'v', 'e', 0};
	char hello[20] = {0x10, 18, 0, 4, 'M', 'Q', 'T', 'T', 4, 2, 0, 0, 0, 6};
	int fd = dial(port);

	(void)rate;
	for (int k = 19; k >= 14; k--, i /= 10)  /* a name of its own */
		hello[k] = (char)('0' + i % 10);
	say(fd, hello, sizeof(hello));
	say(fd, subscribe, sizeof(subscribe));
	return fd;
}

static void
tell_nats(int fd, const char *body, uint64_t n, int watchers)
{
	char text[BODY + 100];

	(void)n, (void)watchers;
	(void)snprintf(text, sizeof(text), "PUB live %d\r\n%s\r\n", BODY, body);
	say(fd, text, strlen(text));
}

static void
tell_nats_one(int fd, const char *body, uint64_t n, int watchers)
{
	char text[BODY + 100];

	(void)snprintf(text, sizeof(text), "PUB live.%d %d\r\n%s\r\n", (int)(n % (uint64_t)watchers), BODY, body);
	say(fd, text, strlen(text));
}

static void
tell_ws(int fd, const char *body, uint64_t n, int watchers)
{
	(void)n, (void)watchers;
	say_frame(fd, body, BODY);
}

static void
tell_mqtt(int fd, const char *body, uint64_t n, int watchers)
{
	char packet[BODY + 9] = {0x30, (char)((BODY + 6) % 128 | 128), (BODY + 6) / 128, 0, 4, 'l', 'i', 'v', 'e'};

	(void)n, (void)watchers;
	memcpy(packet + 9, body, BODY);
	say(fd, packet, sizeof(packet));
}

static const struct peer {
	const char *name;
	int (*watch)(int port, int i, const char *argument);
	void (*tell)(int fd, const char *body, uint64_t n, int watchers);  /* NULL: others do */
	int gets_all, is_linked;
} peers[] = {
	{"ihht", watch_ihht, NULL, 1, 0},
	{"ihht-one", watch_ihht_one, NULL, 0, 0},
	{"nats", watch_nats, tell_nats, 1, 0},
	{"nats-one", watch_nats_one, tell_nats_one, 0, 0},
	{"nats-link", watch_nats_one, tell_nats_one, 0, 1},
	{"mqtt", watch_mqtt, tell_mqtt, 1, 0},
	{"ws", watch_ws, tell_ws, 1, 0},
};

static void
take_time(const char *p, const char *end)
{
	const char *t = memmem(p, (size_t)(end - p), TIME, strlen(TIME));

	if (n_delays < MOST_DELAYS && t && t + strlen(TIME) + 16 <= end)
		delays[n_delays++] = (int32_t)(clock_utc_us() - strtoll(t + strlen(TIME), NULL, 10));
}

static void
take_frame(struct watcher *w, uint64_t seq, const char *p, const char *end, int gets_all)
{
	int is_sample = !strncmp(p, SAMPLE, strlen(SAMPLE));

	if (gets_all && measuring && w->last && seq != w->last + 1)
		n_lost += seq > w->last ? seq - w->last - 1 : 1;
	w->last = seq;
	newest = seq > newest ? seq : newest;
	if (!measuring || seq <= first || !is_sample)
		return;
	n_got++;
	if (w->measured)
		take_time(p, end);
}

/* A frame's beginning may come in two reads: then it is kept for the next. */
static void
look(struct watcher *w, const char *bytes, const char *end, int gets_all)
{
	const char *p = bytes, *next;
	uint64_t seq;
	char *after;

	while ((next = memmem(p, (size_t)(end - p), WORD, strlen(WORD)))) {
		p = next;
		if ((size_t)(end - p) < LONGEST)
			break;
		seq = strtoull(p + strlen(WORD), &after, 10);
		p = after;
		if (!strncmp(p, TYPE, strlen(TYPE)))
			take_frame(w, seq, p + strlen(TYPE), end, gets_all);
	}
	if (!next && (size_t)(end - p) >= strlen(WORD))
		p = end - strlen(WORD) + 1;
	w->n_tail = (size_t)(end - p);
	memcpy(w->tail, p, w->n_tail);
}

static int
by_size(const void *a, const void *b)
{
	return *(const int32_t *)a < *(const int32_t *)b ? -1 : *(const int32_t *)a > *(const int32_t *)b;
}

/* Where what is published goes: to a peer, or over a link. */
struct outlet {
	const struct peer *peer;
	int fd, watchers;
	void *link;
};

static void
let_out(const struct outlet *out, const char *body, uint64_t n)
{
	if (out->link)
		(void)zmq_send(out->link, body, BODY, 0);
	else
		out->peer->tell(out->fd, body, n, out->watchers);
}

/* RATE a second, in gulps of a millisecond as a sensor hall would. */
static uint64_t
publish(const struct outlet *out, double rate, int64_t from_us, uint64_t n)
{
	uint64_t due = (uint64_t)((double)(clock_mono_us() - from_us) * rate / 1e6);
	char body[BODY + 1];

	for (; n < due; n++) {
		memset(body, 'x', BODY);
		body[BODY] = 0;
		body[snprintf(body, BODY, WORD "%llu" TYPE SAMPLE TIME "%lld", (unsigned long long)n + 1,
			      (long long)clock_utc_us())] = ',';
		let_out(out, body, n);
	}
	return n;
}

/* What the peer tells the publisher is read and not looked at. */
static int
is_gone(struct pollfd *peer, int timeout_ms)
{
	return poll(peer, 1, timeout_ms) > 0 && read(peer->fd, buffer, sizeof(buffer)) <= 0;
}

/* Both until the watchers are gone. */
static int
play_feed(const struct outlet *out, double rate)
{
	struct pollfd peer = {.fd = out->fd, .events = POLLIN};
	int64_t start = clock_mono_us();
	pid_t watching = getppid();
	uint64_t n = 0;

	while (getppid() == watching) {
		n = publish(out, rate, start, n);
		if (is_gone(&peer, 1))
			return 1;
	}
	return 0;
}

static int
play_bridge(const struct outlet *out, void *link)
{
	struct pollfd peer = {.fd = out->fd, .events = POLLIN};
	pid_t watching = getppid();
	char body[BODY + 1];
	uint64_t n = 0;

	while (getppid() == watching) {
		if (zmq_recv(link, body, BODY, 0) != BODY)
			return 1;
		body[BODY] = 0;
		out->peer->tell(out->fd, body, n++, out->watchers);
		if (is_gone(&peer, 0))
			return 1;
	}
	return 0;
}

static const char *
link_path(void)
{
	static char path[60];

	if (!*path)
		(void)snprintf(path, sizeof(path), "/tmp/swarm.%d", (int)getpid());
	return path;
}

/* PUB at one end, SUB at the other, as our own links. */
static void *
open_link(int is_source, const char *endpoint)
{
	void *link = zmq_socket(zmq_ctx_new(), is_source ? ZMQ_PUB : ZMQ_SUB);

	if (!link || (is_source ? zmq_bind(link, endpoint) : zmq_connect(link, endpoint)) < 0) {
		fprintf(stderr, "swarm: %s: %s\n", endpoint, zmq_strerror(zmq_errno()));
		_exit(1);
	}
	if (!is_source)
		(void)zmq_setsockopt(link, ZMQ_SUBSCRIBE, "", 0);
	return link;
}

/* In processes of their own, as ble-ingest is: returns how many it started. */
static int
start_feed(const struct peer *peer, int port, const char *rate, int watchers, pid_t pids[2])
{
	struct outlet out = {peer, -1, watchers, NULL};
	char endpoint[80];
	int n = 0;

	if (!peer->tell)
		return 0;
	(void)snprintf(endpoint, sizeof(endpoint), "ipc://%s", link_path());
	if (!(pids[n++] = fork())) {
		if (peer->is_linked)
			out.link = open_link(1, endpoint);
		else
			out.fd = peer->watch(port, watchers + 100000, rate);
		_exit(play_feed(&out, atof(rate)));
	}
	if (peer->is_linked && !(pids[n++] = fork())) {
		out.fd = peer->watch(port, watchers + 100000, rate);
		_exit(play_bridge(&out, open_link(0, endpoint)));
	}
	return n;
}

/* Every tenth is measured. */
static int
watch_all(const struct peer *peer, int port, const char *argument, int watchers)
{
	int poll = epoll_create1(0), stalled = getenv("STALLED") ? atoi(getenv("STALLED")) : 0, i;

	all = calloc((size_t)watchers, sizeof(*all));
	for (i = 0; i < watchers; i++) {
		struct epoll_event event = {.events = EPOLLIN, .data.ptr = &all[i]};

		all[i] = (struct watcher){.fd = peer->watch(port, i, argument), .measured = i % 10 == 0};
		(void)epoll_ctl(poll, EPOLL_CTL_ADD, all[i].fd, &event);
	}
	while (stalled-- > 0)
		(void)peer->watch(port, i++, argument);
	return poll;
}

static int
read_one(const struct peer *peer, struct watcher *w)
{
	char *from = buffer + LONGEST;
	ssize_t r = read(w->fd, from, sizeof(buffer) - LONGEST - 1);

	if (r <= 0) {
		fprintf(stderr, "swarm: a watcher was parted from\n");
		return -1;
	}
	from[r] = 0;
	memcpy(from - w->n_tail, w->tail, w->n_tail);
	look(w, from - w->n_tail, from + r, peer->gets_all);
	return 0;
}

static int
read_all(const struct peer *peer, int poll)
{
	struct epoll_event events[256];
	int n = epoll_wait(poll, events, 256, 1), i;

	for (i = 0; i < n; i++)
		if (read_one(peer, events[i].data.ptr) < 0)
			return -1;
	return 0;
}

static int
has_all(int watchers, uint64_t frame)
{
	int i;

	for (i = 0; i < watchers && all[i].last >= frame; i++)
		;
	return i == watchers;
}

/* What is newer than the end is taken back: some have it, and some not yet. */
static int
come_to_one_end(const struct peer *peer, int poll, int watchers)
{
	uint64_t end = newest;
	int64_t limit = clock_mono_us() + 30 * CLOCK_SECOND;
	int i;

	while (!has_all(watchers, end) && clock_mono_us() < limit)
		if (read_all(peer, poll) < 0)
			return -1;
	for (i = 0; i < watchers; i++) {
		n_got -= all[i].last > end ? all[i].last - end : 0;
		n_lost += all[i].last < end ? end - all[i].last : 0;
	}
	return 0;
}

static int
measure(const struct peer *peer, int port, const char *argument, int watchers, int seconds)
{
	int poll = watch_all(peer, port, argument, watchers);
	int64_t start = clock_mono_us(), end = start + (3 + seconds) * CLOCK_SECOND;
	pid_t feed[2];
	int n_feed = start_feed(peer, port, argument, watchers, feed), r = 0;

	while (r == 0 && clock_mono_us() < end) {
		if (!measuring && clock_mono_us() - start > 3 * CLOCK_SECOND) {
			measuring = 1;
			first = newest;
			(void)printf("measuring\n");
			(void)fflush(stdout);
		}
		r = read_all(peer, poll);
	}
	if (r == 0 && peer->gets_all && newest)
		r = come_to_one_end(peer, poll, watchers);
	while (n_feed-- > 0)
		(void)kill(feed[n_feed], SIGKILL);
	(void)unlink(link_path());
	return r < 0;
}

int
main(int argc, char **argv)
{
	struct rlimit files;
	size_t i;

	if (argc != 6)
		return 0;
	(void)getrlimit(RLIMIT_NOFILE, &files);
	files.rlim_cur = files.rlim_max;
	(void)setrlimit(RLIMIT_NOFILE, &files);
	for (i = 0; i < sizeof(peers) / sizeof(peers[0]); i++)
		if (!strcmp(argv[1], peers[i].name))
			break;
	if (i == sizeof(peers) / sizeof(peers[0]) ||
	    measure(&peers[i], atoi(argv[2]), argv[3], atoi(argv[4]), atoi(argv[5])))
		return 1;
	qsort(delays, n_delays, sizeof(*delays), by_size);
	printf("%llu %d %d %llu\n", (unsigned long long)n_got, n_delays ? delays[n_delays / 2] : -1,
	       n_delays ? delays[n_delays * 99 / 100] : -1, (unsigned long long)n_lost);
	return 0;
}
