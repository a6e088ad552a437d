/*
 * swarm - many watchers in one process, for 66-many-watchers.sh
 *
 *	swarm ihht PORT TOKEN N SECONDS     WebSockets at /live
 *	swarm nats PORT RATE N SECONDS      subscribers of nats-server, and who publishes RATE a second
 *
 * Prints:  deliveries p50_us p99_us  of what came in that time; how old a value is, is looked at in
 * every tenth watcher.  Without arguments it is no benchmark of its own and says nothing.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include "common/clock.h"

#define MOST_DELAYS 2000000
#define BODY        400  /* bytes of a value, as our frames have */

static char buffer[1 << 18];
static int32_t delays[MOST_DELAYS];
static size_t n_delays;
static uint64_t n_got;
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
say(int fd, const char *text)
{
	if (write(fd, text, strlen(text)) < 0)
		perror("swarm: write");
}

static int
watch_ihht(int port, const char *token)
{
	char request[10000];
	int fd = dial(port);

	(void)snprintf(request, sizeof(request), "GET /live HTTP/1.1\r\nHost: 127.0.0.1:%d\r\n"
		       "Authorization: Bearer %s\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
		       "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n",
		       port, token);
	say(fd, request);
	return fd;
}

static int
watch_nats(int port)
{
	int fd = dial(port);

	say(fd, "CONNECT {\"verbose\":false}\r\nSUB live 1\r\n");
	return fd;
}

/* Each value has its time in it; each begins with a word of its own. */
static void
look(const char *bytes, size_t len, const char *word, const char *time, int measured)
{
	const char *p = bytes, *end = bytes + len, *t;
	int64_t now = clock_utc_us();

	while ((p = memmem(p, (size_t)(end - p), word, strlen(word)))) {
		n_got++;
		p += strlen(word);
		if (!measured || n_delays == MOST_DELAYS)
			continue;
		t = memmem(p, (size_t)(end - p), time, strlen(time));
		if (t && t + strlen(time) + 16 <= end)
			delays[n_delays++] = (int32_t)(now - strtoll(t + strlen(time), NULL, 10));
	}
}

static int
by_size(const void *a, const void *b)
{
	return *(const int32_t *)a < *(const int32_t *)b ? -1 : *(const int32_t *)a > *(const int32_t *)b;
}

/* RATE a second, in gulps of a millisecond as a sensor hall would. */
static void
publish(int fd, double rate, int64_t from_us, uint64_t *n)
{
	static char message[BODY + 100];
	uint64_t due = (uint64_t)((double)(clock_mono_us() - from_us) * rate / 1e6);
	int len;

	for (; *n < due; ++*n) {
		len = snprintf(message, sizeof(message), "PUB live %d\r\n{\"taken_us\":%lld,", BODY,
			       (long long)clock_utc_us());
		memset(message + len, 'x', sizeof(message) - (size_t)len);
		len = (int)(strstr(message, "\r\n") - message) + 2 + BODY;
		memcpy(message + len, "\r\n", 3);
		say(fd, message);
	}
}

int
main(int argc, char **argv)
{
	int is_nats = argc == 6 && !strcmp(argv[1], "nats"), publisher = -1, poll = epoll_create1(0), i, n, r;
	int port = argc == 6 ? atoi(argv[2]) : 0, watchers = argc == 6 ? atoi(argv[4]) : 0;
	struct rlimit files = {65536, 65536};
	struct epoll_event events[256];
	int64_t start, end;
	uint64_t n_published = 0;

	if (argc != 6)
		return 0;
	(void)setrlimit(RLIMIT_NOFILE, &files);
	for (i = 0; i < watchers; i++) {
		struct epoll_event event = {.events = EPOLLIN};
		int fd = is_nats ? watch_nats(port) : watch_ihht(port, argv[3]);

		event.data.u64 = (uint64_t)fd | (uint64_t)(i % 10 == 0) << 32;
		(void)epoll_ctl(poll, EPOLL_CTL_ADD, fd, &event);
	}
	if (is_nats) {
		publisher = dial(port);
		say(publisher, "CONNECT {\"verbose\":false}\r\n");
	}
	start = clock_mono_us();
	end = start + (3 + atoi(argv[5])) * CLOCK_SECOND;
	while (clock_mono_us() < end) {
		if (!measuring && clock_mono_us() - start > 3 * CLOCK_SECOND) {
			measuring = 1;
			n_got = n_delays = 0;
			(void)printf("measuring\n");
			(void)fflush(stdout);
		}
		if (publisher >= 0)
			publish(publisher, atof(argv[3]), start, &n_published);
		n = epoll_wait(poll, events, 256, 1);
		for (i = 0; i < n; i++) {
			if ((r = (int)read((int)(uint32_t)events[i].data.u64, buffer, sizeof(buffer))) <= 0) {
				fprintf(stderr, "swarm: a watcher was parted from\n");
				return 1;
			}
			look(buffer, (size_t)r, is_nats ? "MSG live" : "\"type\":\"sample\"", "\"taken_us\":",
			     measuring && events[i].data.u64 >> 32);
		}
	}
	qsort(delays, n_delays, sizeof(*delays), by_size);
	printf("%llu %d %d\n", (unsigned long long)n_got, n_delays ? delays[n_delays / 2] : -1,
	       n_delays ? delays[n_delays * 99 / 100] : -1);
	return 0;
}
